using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dossier.Deployment;
using Dossier.Host;
using Dossier.Sources;
using Dossier.Tests.Fixtures;
using Dossier.V1;

namespace Dossier.Tests.UnitTests;

/// <summary>What was found of a client certificate is kept, and no longer than it holds.</summary>
public sealed class CertificateProofTests
{
    [Fact]
    public void An_authority_that_has_ended_vouches_for_nobody_any_more()
    {
        var authority = new Authority("Company CA");
        using var folder = TemporaryFolder.Empty();
        using var ending = authority.Ending(TimeSpan.FromHours(1));
        File.WriteAllText(folder["authority.pem"], ending.ExportCertificatePem());
        var clock = new Clock();
        using var proof = new CertificateProof(Options(folder["authority.pem"]), clock);
        using var caller = authority.Issue("any", names => names.AddDnsName("crm.example"));

        Assert.Equal("crm", proof.SystemOf(caller));
        Assert.Equal("crm", proof.SystemOf(caller));
        clock.Ahead = TimeSpan.FromHours(2);
        var refused = Assert.Throws<DossierException>(() => proof.SystemOf(caller));

        Assert.Equal("The client certificate is not from the configured authority.", refused.Message);
    }

    [Fact]
    public void One_name_may_stand_for_two_systems_that_have_certificates_of_their_own()
    {
        var authority = new Authority("Company CA");
        using var folder = TemporaryFolder.Empty();
        File.WriteAllText(folder["authority.pem"], authority.Certificate.ExportCertificatePem());
        using var one = authority.Issue("one", names => names.AddDnsName("crm.example"));
        using var other = authority.Issue("other", names => names.AddDnsName("crm.example"));
        var options = Options(folder["authority.pem"]);
        options.Systems["crm"].Thumbprints.Add(one.GetCertHashString(HashAlgorithmName.SHA256));
        options.Systems["billing"] = new SystemOptions { Certificates = ["dns:crm.example"], Thumbprints = [other.GetCertHashString(HashAlgorithmName.SHA256)], Scopes = ["guard"] };
        using var proof = new CertificateProof(options);

        Assert.Equal(("crm", "billing"), (proof.SystemOf(one), proof.SystemOf(other)));
    }

    [Fact]
    public void An_authority_that_another_one_issued_vouches_where_the_file_holds_both_and_doctor_says_so()
    {
        var root = new Authority("Company root");
        var issuing = new Authority("Company issuing", root);
        using var folder = TemporaryFolder.Empty();
        using var caller = issuing.Issue("any", names => names.AddDnsName("crm.example"));
        string Refused(params Authority[] authorities)
        {
            File.WriteAllText(folder["authority.pem"], string.Join('\n', authorities.Select(authority => authority.Certificate.ExportCertificatePem())));
            using var proof = new CertificateProof(Options(folder["authority.pem"]));
            return Record.Exception(() => Assert.Equal("crm", proof.SystemOf(caller)))?.Message ?? "";
        }

        Finding Found() => Assert.Single(FilesCheck.Authorities(Options(folder["authority.pem"]).Tls, TimeProvider.System.GetUtcNow()));

        Assert.Equal("", Refused(root, issuing));
        Assert.Equal(FindingLevel.Fine, Found().Level);
        Assert.Equal("The client certificate is not from the configured authority.", Refused(issuing));
        Assert.Equal((FindingLevel.Wrong, true), (Found().Level, Found().Text.StartsWith("Tls:ClientAuthority lacks CN=Company root, who issued CN=Company issuing", StringComparison.Ordinal)));
        Assert.Equal("The client certificate is not from the configured authority.", Refused(root));
    }

    [Fact]
    public void A_refusal_by_a_clock_that_was_ahead_does_not_outlive_it()
    {
        var authority = new Authority("Company CA");
        using var folder = TemporaryFolder.Empty();
        using var ending = authority.Ending(TimeSpan.FromHours(1));
        File.WriteAllText(folder["authority.pem"], ending.ExportCertificatePem());
        var clock = new Clock { Ahead = TimeSpan.FromHours(2) };
        using var proof = new CertificateProof(Options(folder["authority.pem"]), clock);
        using var caller = authority.Issue("any", names => names.AddDnsName("crm.example"));
        Assert.Throws<DossierException>(() => proof.SystemOf(caller));

        clock.Ahead = TimeSpan.Zero;

        Assert.Equal("crm", proof.SystemOf(caller));
    }

    [Theory]
    [InlineData(new byte[] { 0x0c, 0x01, 0x41 })]
    [InlineData(new byte[] { 0x30, 0x03, 0x82, 0x01, 0xff })]
    [InlineData(new byte[] { 0x30, 0x7f })]
    public void A_certificate_whose_names_cannot_be_read_is_nobodys(byte[] names)
    {
        using var folder = TemporaryFolder.Empty();
        File.WriteAllText(folder["authority.pem"], new Authority("Company CA").Certificate.ExportCertificatePem());
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=stranger", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509Extension("2.5.29.17", names, critical: false));
        using var shown = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        using var proof = new CertificateProof(Options(folder["authority.pem"]));

        var refused = Assert.Throws<DossierException>(() => proof.SystemOf(shown));

        Assert.Equal((ErrorReason.CredentialsInvalid, "The client certificate is not in the list of any system."), (refused.Reason, refused.Message));
    }

    private static DossierOptions Options(string authority)
    {
        var options = new DossierOptions();
        options.Tls.ClientAuthority = authority;
        options.Systems["crm"] = new SystemOptions { Certificates = ["dns:crm.example"], Scopes = ["guard"] };
        return options;
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;
    }
}
