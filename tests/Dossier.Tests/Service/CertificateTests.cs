using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>What a system's certificate is known by: a name that an authority vouches for, a pinned certificate, or both at once.</summary>
public sealed class CertificateTests : IAsyncLifetime
{
    private static readonly Action<SubjectAlternativeNameBuilder> Desk = names => names.AddDnsName("Desk.Company.Example");
    private readonly GuardedHost host = new();
    private readonly X509Certificate2 pinned;

    public CertificateTests()
    {
        pinned = host.Authority.Issue("both", names => names.AddDnsName("both.company.example"));
        host.More.AddRange(
        [
            "--Systems:desk:Certificates:0=dns:desk.company.example", "--Systems:desk:Scopes:0=operate",
            "--Systems:both:Certificates:0=dns:both.company.example", "--Systems:both:Scopes:0=operate",
            $"--Systems:both:Thumbprints:0={pinned.GetCertHashString(HashAlgorithmName.SHA256)}",
        ]);
    }

    public Task InitializeAsync() => host.InitializeAsync();

    public Task DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task A_DNS_name_is_known_in_capitals_or_not_beside_other_names()
    {
        Assert.Null(await RefusedAsync(host.Authority.Issue("any", Desk)));
        Assert.Null(await RefusedAsync(host.Authority.Issue("any", names =>
        {
            names.AddEmailAddress("desk@company.example");
            names.AddIpAddress(System.Net.IPAddress.Loopback);
            names.AddDnsName("other.company.example");
            names.AddDnsName("desk.company.example");
        })));
    }

    [Fact]
    public async Task A_name_is_known_whole_and_from_the_authority_alone()
    {
        Assert.Contains("not in the list", await RefusedAsync(host.Authority.Issue("any", names => names.AddDnsName("a.desk.company.example"))), StringComparison.Ordinal);
        Assert.Contains("not in the list", await RefusedAsync(host.Authority.Issue("any", names => names.AddDnsName("*.company.example"))), StringComparison.Ordinal);
        Assert.Contains("not in the list", await RefusedAsync(host.Authority.Issue("desk.company.example", names => names.AddUri(new Uri("dns:desk.company.example")))), StringComparison.Ordinal);
        Assert.Contains("not from the configured authority", await RefusedAsync(host.Foreign.Issue("any", Desk)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_is_not_for_clients_proves_nobody()
    {
        Assert.Contains("not from the configured authority", await RefusedAsync(host.Authority.Issue("any", Desk, usage: "1.3.6.1.5.5.7.3.1")), StringComparison.Ordinal);
        Assert.Null(await RefusedAsync(host.Authority.Issue("any", Desk, usage: "1.3.6.1.5.5.7.3.2")));
    }

    [Fact]
    public async Task A_system_that_names_both_needs_the_name_and_the_very_certificate()
    {
        Assert.Null(await RefusedAsync(pinned));
        Assert.Contains("not in the list", await RefusedAsync(host.Authority.Issue("both", names => names.AddDnsName("both.company.example"))), StringComparison.Ordinal);
    }

    /// <summary>Why the caller is refused; null if it is not.</summary>
    private async Task<string?> RefusedAsync(X509Certificate2 certificate)
    {
        using var channel = host.Connect(certificate);
        try
        {
            await new DossierService.DossierServiceClient(channel).ListSourcesAsync(new ListSourcesRequest());
            return null;
        }
        catch (RpcException refused) when (refused.StatusCode == StatusCode.Unauthenticated)
        {
            return refused.Status.Detail;
        }
    }
}
