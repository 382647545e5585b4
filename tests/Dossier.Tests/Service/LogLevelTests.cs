using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>How much is logged is for whoever runs the service to say.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class LogLevelTests
{
    [Theory]
    [InlineData(null, false)]
    [InlineData("Information", true)]
    public async Task A_refused_call_is_logged_where_the_settings_ask_for_it(string? level, bool logged)
    {
        using var folder = TemporaryFolder.WithStores();
        (string, string)[] environment = level is null ? [] : [("Logging__LogLevel__Dossier", level)];
        await using var service = await DossierProcess.StartAsync(folder.Path, environment);

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/none-such/dossier" }));
        var (ended, _) = await service.TerminateAsync();

        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
        Assert.Equal(logged, ended.Output.Contains("was refused: NotFound", StringComparison.Ordinal));
        Assert.DoesNotContain("none-such", ended.Output + ended.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Default")]
    [InlineData("Grpc")]
    [InlineData("Grpc.AspNetCore.Server")]
    [InlineData("Grpc.AspNetCore.Server.ServerCallHandler")]
    public async Task Nothing_can_be_set_that_has_the_library_log_whose_dossier_was_asked_for(string category)
    {
        using var folder = TemporaryFolder.WithStores();
        await using var service = await DossierProcess.StartAsync(folder.Path, ($"Logging__LogLevel__{category}", "Trace"));

        await Assert.ThrowsAsync<RpcException>(async () => await service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/none-such/dossier" }));
        await service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" });
        var (ended, _) = await service.TerminateAsync();

        Assert.DoesNotContain("none-such", ended.Output + ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("customers/", ended.Output + ended.Error, StringComparison.Ordinal);
    }
}
