using Dossier.Tests.Fixtures;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;

namespace Dossier.Tests.ServiceTests;

/// <summary>grpc.reflection.v1: a tool that knows nothing of the contract can call the service.</summary>
public sealed class ReflectionTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private readonly ServerReflection.ServerReflectionClient reflection = new(shared.Host.Channel);

    [Fact]
    public async Task Services_are_listed()
    {
        var answer = await AskAsync(new ServerReflectionRequest { Host = "here", ListServices = "" });

        Assert.Equal(
            ["dossier.v1.AccessService", "dossier.v1.AgreementService", "dossier.v1.DossierService", "dossier.v1.GuardService", "dossier.v1.TraceService", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"],
            answer.ListServicesResponse.Service.Select(service => service.Name).Order(StringComparer.Ordinal));
        Assert.Equal("here", answer.ValidHost);
    }

    [Theory]
    [InlineData("dossier.v1.DossierService")]
    [InlineData("dossier.v1.DossierService.GetDossier")]
    [InlineData("dossier.v1.GetDossierResponse")]
    public async Task A_symbol_gives_its_file_and_all_that_it_imports(string symbol)
    {
        var files = Files(await AskAsync(new ServerReflectionRequest { FileContainingSymbol = symbol }));

        Assert.Equal("dossier/v1/dossier_service.proto", files[0].Name);
        Assert.Equal(
            [
                "dossier/v1/action.proto", "dossier/v1/agreement.proto", "dossier/v1/dossier.proto", "dossier/v1/dossier_service.proto", "dossier/v1/key.proto", "dossier/v1/source.proto",
                "google/protobuf/duration.proto", "google/protobuf/timestamp.proto", "google/type/date.proto", "google/type/money.proto",
            ],
            files.Select(file => file.Name).Order(StringComparer.Ordinal));
        Assert.All(files.SelectMany(file => file.Dependency), import => Assert.Contains(files, file => file.Name == import));
    }

    [Theory]
    [InlineData("dossier.v1.Agreement", "dossier/v1/agreement.proto")]
    [InlineData("dossier.v1.DunningBlock.Reason", "dossier/v1/agreement.proto")]
    [InlineData("dossier.v1.ErrorReason", "dossier/v1/errors.proto")]
    [InlineData("google.type.Money", "google/type/money.proto")]
    [InlineData("google.rpc.Status", "google/rpc/status.proto")]
    [InlineData("grpc.health.v1.Health", "grpc/health/v1/health.proto")]
    public async Task Every_symbol_of_the_contract_is_known(string symbol, string file)
    {
        Assert.Equal(file, Files(await AskAsync(new ServerReflectionRequest { FileContainingSymbol = symbol }))[0].Name);
    }

    [Fact]
    public async Task A_file_is_found_by_its_name()
    {
        var files = Files(await AskAsync(new ServerReflectionRequest { FileByFilename = "dossier/v1/guard_service.proto" }));

        Assert.Equal("dossier/v1/guard_service.proto", files[0].Name);
        Assert.Contains(files, file => file.Name == "google/rpc/status.proto");
    }

    [Fact]
    public async Task What_is_not_known_is_an_answer_and_the_stream_goes_on()
    {
        using var call = reflection.ServerReflectionInfo();
        ServerReflectionRequest[] unknown =
        [
            new() { FileContainingSymbol = "dossier.v1.Nothing" },
            new() { FileContainingSymbol = "" },
            new() { FileByFilename = "nothing.proto" },
            new() { FileContainingExtension = new ExtensionRequest { ContainingType = "dossier.v1.Dossier", ExtensionNumber = 7 } },
        ];
        foreach (var request in unknown)
        {
            await call.RequestStream.WriteAsync(request);
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal((int)StatusCode.NotFound, call.ResponseStream.Current.ErrorResponse.ErrorCode);
            Assert.Equal(request, call.ResponseStream.Current.OriginalRequest);
        }

        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "*" });
        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal(7, call.ResponseStream.Current.ListServicesResponse.Service.Count);
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
    }

    private static List<FileDescriptorProto> Files(ServerReflectionResponse answer) =>
        [.. answer.FileDescriptorResponse.FileDescriptorProto.Select(file => FileDescriptorProto.Parser.ParseFrom(file))];

    private async Task<ServerReflectionResponse> AskAsync(ServerReflectionRequest request)
    {
        using var call = reflection.ServerReflectionInfo();
        await call.RequestStream.WriteAsync(request);
        await call.RequestStream.CompleteAsync();
        Assert.True(await call.ResponseStream.MoveNext());
        return call.ResponseStream.Current;
    }
}
