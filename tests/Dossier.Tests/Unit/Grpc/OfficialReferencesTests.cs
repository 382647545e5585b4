using System.Reflection;
using Dossier.Tests.Fixtures;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Compression;

namespace Dossier.Tests.Unit.StandIns;

/// <summary>The official server and client find in our assemblies everything they reference.</summary>
public class OfficialReferencesTests
{
    private static readonly Assembly Server = typeof(GrpcServiceOptions).Assembly;
    private static readonly Assembly Client = typeof(GrpcChannel).Assembly;
    private static readonly Assembly CoreApi = typeof(Metadata).Assembly;
    private static readonly Assembly NetCommon = typeof(ICompressionProvider).Assembly;
    private static readonly HashSet<string> Ours = new(StringComparer.Ordinal) { "Grpc.Core.Api", "Grpc.Net.Common" };

    [Fact]
    public void Every_member_that_the_official_server_references_is_there() => AssertComplete(Server, atLeast: 90);

    [Fact]
    public void Every_member_that_the_official_client_references_is_there() => AssertComplete(Client, atLeast: 90);

    [Fact]
    public void Every_member_that_generated_code_references_is_there() => AssertComplete(typeof(Echo).Assembly, atLeast: 20);

    // Loading a type checks that it overrides every abstract member and implements every interface.
    [Fact]
    public void Every_type_of_the_official_server_loads() => Assert.NotEmpty(Server.GetTypes());

    [Fact]
    public void Every_type_of_the_official_client_loads() => Assert.NotEmpty(Client.GetTypes());

    [Fact]
    public void Every_method_of_the_official_server_compiles() => Assert.Empty(JitCheck.Failures(Server));

    [Fact]
    public void Every_method_of_the_official_client_compiles() => Assert.Empty(JitCheck.Failures(Client));

    [Fact]
    public void The_identities_are_those_that_the_official_server_and_client_ask_for()
    {
        using var server = new AssemblyReader(Server);
        using var client = new AssemblyReader(Client);
        var asked = server.References().Concat(client.References()).Where(name => Ours.Contains(name.Name!)).ToList();
        Assert.Equal(4, asked.Count);
        Assert.All(asked, name =>
        {
            var given = (name.Name == "Grpc.Core.Api" ? CoreApi : NetCommon).GetName();
            Assert.Equal(name.Name, given.Name);
            Assert.Equal(name.Version, given.Version);
            Assert.Equal(name.GetPublicKeyToken(), given.GetPublicKeyToken());
        });
    }

    [Fact]
    public void The_identities_are_those_of_version_2()
    {
        Assert.Equal("Grpc.Core.Api, Version=2.0.0.0, Culture=neutral, PublicKeyToken=d754f35622e28bad", CoreApi.FullName);
        Assert.Equal("Grpc.Net.Common, Version=2.0.0.0, Culture=neutral, PublicKeyToken=d754f35622e28bad", NetCommon.FullName);
        Assert.Equal(Server.GetName().GetPublicKey(), CoreApi.GetName().GetPublicKey());
        Assert.Equal(Server.GetName().GetPublicKey(), NetCommon.GetName().GetPublicKey());
        Assert.Equal("2.0.0.0", VersionInfo.CurrentAssemblyVersion);
        Assert.Equal("2.85.0", VersionInfo.CurrentVersion);
    }

    [Fact]
    public void A_member_that_is_not_there_is_reported()
    {
        using var user = new AssemblyReader(Server);
        using var other = new AssemblyReader(typeof(OfficialReferencesTests).Assembly);
        var missing = user.Uses(Ours).Except(other.Offers("Grpc.AspNetCore.Server"), StringComparer.Ordinal).ToList();
        Assert.Contains("Grpc.Core.Api | Grpc.Core.Metadata", missing);
        Assert.Contains("Grpc.Core.Api | Grpc.Core.Metadata::Void Add(String, String)", missing);
    }

    private static void AssertComplete(Assembly user, int atLeast)
    {
        using var users = new AssemblyReader(user);
        using var coreApi = new AssemblyReader(CoreApi);
        using var netCommon = new AssemblyReader(NetCommon);
        var used = users.Uses(Ours).Distinct(StringComparer.Ordinal).ToList();
        Assert.True(used.Count >= atLeast, $"Only {used.Count} references found: the reader itself is broken.");
        var name = user.GetName().Name!;
        var offered = coreApi.Offers(name).Concat(netCommon.Offers(name));
        Assert.Empty(used.Except(offered, StringComparer.Ordinal));
    }
}
