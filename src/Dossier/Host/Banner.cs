using System.Globalization;

namespace Dossier.Host;

/// <summary>What a person reads at the start.</summary>
internal static class Banner
{
    public const string Help = """
        Dossier: one current customer dossier, one registry of agreements, one guard, over gRPC.

          dotnet run --project src/Dossier                                   the sample company, on 127.0.0.1:5080
          dotnet run --project src/Dossier -- --Listen http://127.0.0.1:5081 on another port
          dotnet run --project src/Dossier -- --DataDirectory elsewhere      with its files in another folder
          dotnet run --project src/Dossier -- --dev-tls                      with TLS too, on the next port, with a certificate made here

        Settings come from appsettings.json in the current folder, from environment variables (DOSSIER_Listen,
        DOSSIER_Sources__webcare__ConnectionString) and from the command line (--Listen). README.md lists all of them.
        Traces, metrics and logs go out by OTLP as soon as OTEL_EXPORTER_OTLP_ENDPOINT is set.
        """;

    private static string Reach(DossierOptions options) => string.Join(
        ", ",
        new[]
        {
            Settings.IsSecure(options.Listen) ? "gRPC: HTTP/2 with TLS" : "gRPC: HTTP/2 without TLS, this machine only",
            Authentication.IsConfigured(options) ? "callers prove who they are" : "",
        }.Where(part => part.Length > 0));

    private static string Development(DossierOptions options, IReadOnlyList<string> addresses)
    {
        if (!options.Tls.Development)
        {
            return "";
        }

        var (address, trust) = (addresses.First(Settings.IsSecure), DevelopmentCertificate.AuthorityIn(options.DataDirectory));
        return $"{Environment.NewLine}With TLS, for development, on {address}: trust {trust}{Environment.NewLine}  ./dossier health --address {address} --authority {trust}";
    }

    /// <param name="options">The settings.</param>
    /// <param name="addresses">Where it listens, its own address first: not the setting, whose port may be 0.</param>
    /// <param name="started">What was found and made.</param>
    /// <param name="clock">The clock that it shows.</param>
    public static string Of(DossierOptions options, IReadOnlyList<string> addresses, Started started, TimeProvider clock)
    {
        var address = addresses[0];
        var tls = Development(options, addresses) + (options.Metrics.Listen.Length > 0 ? $"{Environment.NewLine}Metrics for who fetches them: {addresses[^1]}/metrics" : "");
        var zone = TimeZoneInfo.FindSystemTimeZoneById(options.TimeZone);
        var now = TimeZoneInfo.ConvertTime(clock.GetUtcNow(), zone).ToString("dddd d MMMM yyyy HH:mm", CultureInfo.InvariantCulture);
        if (!started.Sample)
        {
            return $"""
                Dossier listens on {address} ({Reach(options)}).{tls}
                Sources: {string.Join(", ", options.Sources.Keys.Order(StringComparer.Ordinal))}. Clock: {now} {options.TimeZone}.
                """;
        }

        var there = address == new DossierOptions().Listen ? "" : $" --address {address}";
        var data = started.CreatedStores.Count > 0 ? $"created {string.Join(", ", started.CreatedStores)} in" : "found again in";
        if (Settings.IsSecure(options.Listen))
        {
            there += " --authority FILE";
        }

        if (Authentication.IsConfigured(options))
        {
            // The demo calls as three systems of the sample, without credentials.
            return $"""
                Dossier listens on {address} ({Reach(options)}).{tls}
                Sample data: {data} {Path.GetFullPath(started.DataDirectory)}
                Clock: {now} {options.TimeZone}, as the sample data needs; it runs on from there.
                Next, in another terminal, with a key of one of its systems in a file:
                  ./dossier get 1042{there} --key-file FILE
                  ./dossier look-up --phone +31600001043{there} --key-file FILE
                """;
        }

        return $"""
            Dossier listens on {address} ({Reach(options)}).{tls}
            Sample data: {data} {Path.GetFullPath(started.DataDirectory)}
            Clock: {now} {options.TimeZone}, as the sample data needs; it runs on from there.
            Next, in another terminal:
              ./dossier get 1042{there}
              ./dossier look-up --phone +31600001043{there}
              ./dossier demo{there}
            """;
    }
}
