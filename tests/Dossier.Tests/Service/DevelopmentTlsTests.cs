using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Dossier.Host;
using Dossier.Tests.Fixtures;
using Microsoft.Extensions.Logging;

namespace Dossier.Tests.ServiceTests;

/// <summary><c>--dev-tls</c>: TLS beside the plain port, for clients that insist on it.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class DevelopmentTlsTests
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task The_start_says_where_TLS_is_and_whom_to_trust_and_both_ports_serve_without_credentials()
    {
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(new Launch(folder.Path, ["--dev-tls", "--Listen", "http://127.0.0.1:0", "--DataDirectory", folder.Path], []));

        var command = service.Output.Split('\n').Select(line => line.Trim()).Single(line => line.StartsWith("./dossier health ", StringComparison.Ordinal)).Split(' ')[1..];
        var (address, authority) = (command[2], command[4]);
        Assert.Equal(folder[Path.Combine("dev-tls", "authority.pem")], authority);
        Assert.Contains($"With TLS, for development, on {address}: trust {authority}\n", service.Output, StringComparison.Ordinal);
        Assert.Equal((0, $"SERVING at {address}/\n"), await EndAsync(command));
        Assert.Equal(0, (await EndAsync("get", "1042", "--address", address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal), "--authority", authority)).ExitCode);
        Assert.Equal(0, (await EndAsync("get", "1042", "--address", service.Address)).ExitCode);
        foreach (var (wrong, said) in new[]
        {
            (address, "does not trust the certificate that is shown at"), (address.Replace("https", "http", StringComparison.Ordinal), "is it https there"),
            (service.Address.Replace("http", "https", StringComparison.Ordinal), "is it http there"),
        })
        {
            var ran = await Typed.RunAsync(["get", "1042", "--address", wrong, "--timeout", "30s"]);
            Assert.True(ran.ExitCode == 4, ran.Error);
            Assert.Contains(said, ran.Error, StringComparison.Ordinal);
            Assert.Contains(new Uri(wrong).Authority, ran.Error, StringComparison.Ordinal);
        }

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder[Path.Combine("dev-tls", "key.pem")]));
        }

        // What clients were told to trust stays as it is.
        var before = await File.ReadAllTextAsync(authority);
        await service.TerminateAsync();
        await using var again = await service.RestartAsync();
        Assert.Equal(before, await File.ReadAllTextAsync(authority));
    }

    [Theory]
    [InlineData(59, null, true)]
    [InlineData(61, null, false)]
    [InlineData(200, null, false)]
    [InlineData(0, "authority.pem", false)]
    [InlineData(0, "certificate.pem", false)]
    [InlineData(0, "key.pem", false)]
    public void A_certificate_is_kept_until_it_is_near_its_end_or_damaged(int days, string? damaged, bool kept)
    {
        using var folder = TemporaryFolder.Empty();
        var first = DevelopmentCertificate.Ready(folder.Path, Now);
        var before = File.ReadAllText(first.Certificate);
        if (damaged is not null)
        {
            File.WriteAllText(folder[Path.Combine("dev-tls", damaged)], "x");
        }

        var later = Now.AddDays(days);
        using var certificate = X509Certificate2.CreateFromPemFile(DevelopmentCertificate.Ready(folder.Path, later).Certificate, first.Key);

        Assert.Equal(kept, before == File.ReadAllText(first.Certificate));
        Assert.True(certificate.NotAfter.ToUniversalTime() > later.UtcDateTime.AddDays(30));

        // Clients in other languages do not look at the subject's name.
        Assert.Equal(["localhost"], certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateDnsNames());
        Assert.Equal([folder["dev-tls"]], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task A_key_of_another_certificate_stops_the_start_with_words_and_changes_nothing_while_running()
    {
        using var folder = TemporaryFolder.Empty();
        var other = DevelopmentCertificate.Ready(folder["other"], Now).Key;
        var files = DevelopmentCertificate.Ready(folder.Path, Now);
        var log = new Lines();
        var stopped = Assert.Throws<InvalidOperationException>(() => new Tls(new TlsOptions { Certificate = files.Certificate, Key = other }, log).Current());
        Assert.Contains("Tls:Certificate and Tls:Key cannot be used", stopped.Message, StringComparison.Ordinal);

        var running = new Tls(files, log);
        var shown = running.Current();
        File.Copy(other, files.Key, overwrite: true);
        await Eventually.TrueAsync(() => Task.FromResult(running.Current() == shown && !log.Written.IsEmpty), "the certificate that was shown is kept, with a line in the log");
    }

    private sealed class Lines : ILogger<Tls>
    {
        public ConcurrentQueue<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Written.Enqueue(formatter(state, exception));
    }

    private static async Task<(int ExitCode, string Output)> EndAsync(params string[] typed) =>
        await Typed.RunAsync([.. typed, "--timeout", "30s"]) is var ran ? (ran.ExitCode, ran.Output) : default;
}
