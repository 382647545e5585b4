using System.Globalization;
using System.Net.Sockets;
using Dossier.Host;
using Dossier.Sources;

namespace Dossier.Deployment;

/// <summary>What the service leans on beside its databases: the issuer of tokens, the telemetry backend, the machine's limits.</summary>
internal static class ReachCheck
{
    private const long FewFiles = 4_096;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task<IReadOnlyList<Finding>> IssuerAsync(JwtOptions jwt, CancellationToken stop)
    {
        if (jwt.Issuer.Length == 0)
        {
            return [];
        }

        using var http = new HttpClient { Timeout = Patience };
        try
        {
            var read = await TokenProof.ReadAsync(jwt, http, stop);
            return
            [
                read.Issuer != jwt.Issuer
                    ? new Finding("issuer", FindingLevel.Wrong, $"{jwt.Issuer} calls itself {read.Issuer}: every token is refused. Set Jwt:Issuer to the name that stands in its tokens (iss)")
                    : read.SigningKeys.Count == 0
                        ? new Finding("issuer", FindingLevel.Wrong, $"{jwt.Issuer} tells no keys: every token is refused. Its discovery document must lead to them (jwks_uri)")
                        : new Finding("issuer", FindingLevel.Fine, $"{jwt.Issuer} answers, with {read.SigningKeys.Count} {(read.SigningKeys.Count == 1 ? "key" : "keys")}"),
            ];
        }
        catch (Exception unread) when (!stop.IsCancellationRequested)
        {
            return [new Finding("issuer", FindingLevel.Wrong, $"the keys of {jwt.Issuer} cannot be read ({unread.GetBaseException().Message.TrimEnd('.')}): callers with tokens are refused. Does the issuer run, and may this machine reach it?")];
        }
    }

    /// <param name="endpoints">The variables that are set, and what they say.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task<IReadOnlyList<Finding>> TelemetryAsync(IEnumerable<(string Variable, string Value)> endpoints, CancellationToken stop)
    {
        var findings = await Task.WhenAll(endpoints.Select(endpoint => TelemetryAsync(endpoint.Variable, endpoint.Value, stop)));
        return findings.Length == 0 ? [new Finding("telemetry", FindingLevel.Note, "nothing leaves: OTEL_EXPORTER_OTLP_ENDPOINT is not set here")] : findings;
    }

    /// <summary>How many files and connections a process may have open; a service that is started from here inherits it.</summary>
    public static IEnumerable<Finding> OpenFiles() => OperatingSystem.IsLinux() && OpenFiles(File.ReadLines("/proc/self/limits")) is { } found ? [found] : [];

    internal static Finding? OpenFiles(IEnumerable<string> limits) =>
        limits.FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal))?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [_, _, _, _, var hard, ..] ? null
        : long.TryParse(hard, NumberStyles.None, CultureInfo.InvariantCulture, out var most) && most < FewFiles
            ? new Finding("limits", FindingLevel.Warning, $"a process may have {most} files and connections open here: callers above that are refused. Raise it for the service (ulimit -Hn, LimitNOFILE=65536)")
            : new Finding("limits", FindingLevel.Fine, $"a process may have {hard} files and connections open");

    private static async Task<Finding> TelemetryAsync(string variable, string value, CancellationToken stop)
    {
        if (!Uri.TryCreate(value, UriKind.Absolute, out var address) || address.Port < 1)
        {
            return new Finding("telemetry", FindingLevel.Wrong, $"{variable} '{value}' is not an address: write it as http://collector:4317");
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(Patience);
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync(address.DnsSafeHost, address.Port, patience.Token);
            return new Finding("telemetry", FindingLevel.Fine, $"{address.GetLeftPart(UriPartial.Authority)} listens ({variable})");
        }
        catch (Exception unreached) when (unreached is SocketException or OperationCanceledException && !stop.IsCancellationRequested)
        {
            var why = unreached is SocketException ? unreached.Message.TrimEnd('.') : "no answer";
            return new Finding("telemetry", FindingLevel.Warning, $"{address.GetLeftPart(UriPartial.Authority)} ({variable}): {why}. The service works, and its traces and metrics are lost: does the collector run?");
        }
    }
}
