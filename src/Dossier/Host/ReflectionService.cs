using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;

namespace Dossier.Host;

/// <summary>grpc.reflection.v1: the contract as this process serves it, for grpcurl and the like.</summary>
public sealed class ReflectionService : ServerReflection.ServerReflectionBase
{
    private static readonly string[] Services =
    [
        "dossier.v1.DossierService", "dossier.v1.AgreementService", "dossier.v1.GuardService", "dossier.v1.AccessService", "dossier.v1.TraceService", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
    ];

    private readonly Dictionary<string, FileDescriptor> files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileDescriptor> symbols = new(StringComparer.Ordinal);

    private readonly Drain drain;

    public ReflectionService(Drain drain)
    {
        this.drain = drain;
        foreach (var file in new[]
        {
            V1.DossierServiceReflection.Descriptor, V1.AgreementServiceReflection.Descriptor, V1.GuardServiceReflection.Descriptor, V1.AccessServiceReflection.Descriptor, V1.TraceServiceReflection.Descriptor, V1.ErrorsReflection.Descriptor,
            Grpc.Health.V1.HealthReflection.Descriptor, Grpc.Reflection.V1.ReflectionReflection.Descriptor,
        })
        {
            Add(file);
        }
    }

    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream, IServerStreamWriter<ServerReflectionResponse> responseStream, ServerCallContext context)
    {
        // Who keeps a stream open and asks nothing would hold up the end of the service for 30 s.
        var ending = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var told = drain.Ending.UnsafeRegister(static ending => ((TaskCompletionSource)ending!).TrySetResult(), ending);
        while (true)
        {
            var next = requestStream.MoveNext(context.CancellationToken);
            await Task.WhenAny(next, ending.Task);
            if (drain.Ending.IsCancellationRequested || !await next)
            {
                return;
            }

            var request = requestStream.Current;
            var response = Answer(request);
            response.ValidHost = request.Host;
            response.OriginalRequest = request;
            await responseStream.WriteAsync(response, context.CancellationToken);
        }
    }

    private ServerReflectionResponse Answer(ServerReflectionRequest request) => request.MessageRequestCase switch
    {
        ServerReflectionRequest.MessageRequestOneofCase.ListServices => new ServerReflectionResponse
        {
            ListServicesResponse = new ListServiceResponse { Service = { Services.Select(name => new ServiceResponse { Name = name }) } },
        },
        ServerReflectionRequest.MessageRequestOneofCase.FileByFilename => File(files.GetValueOrDefault(request.FileByFilename), request.FileByFilename),
        ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol =>
            File(symbols.GetValueOrDefault(request.FileContainingSymbol.TrimStart('.')), request.FileContainingSymbol),

        // proto3 has no extensions here.
        ServerReflectionRequest.MessageRequestOneofCase.FileContainingExtension => Missing(request.FileContainingExtension.ContainingType),
        ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType => symbols.ContainsKey(request.AllExtensionNumbersOfType.TrimStart('.'))
            ? new ServerReflectionResponse { AllExtensionNumbersResponse = new ExtensionNumberResponse { BaseTypeName = request.AllExtensionNumbersOfType } }
            : Missing(request.AllExtensionNumbersOfType),
        _ => new ServerReflectionResponse
        {
            ErrorResponse = new ErrorResponse { ErrorCode = (int)StatusCode.InvalidArgument, ErrorMessage = "message_request is not set." },
        },
    };

    /// <summary>The file and all that it imports, so that one answer is enough.</summary>
    private static ServerReflectionResponse File(FileDescriptor? file, string asked)
    {
        if (file is null)
        {
            return Missing(asked);
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        var response = new FileDescriptorResponse();
        Collect(file);
        return new ServerReflectionResponse { FileDescriptorResponse = response };

        void Collect(FileDescriptor next)
        {
            if (seen.Add(next.Name))
            {
                response.FileDescriptorProto.Add(next.SerializedData);
                foreach (var import in next.Dependencies)
                {
                    Collect(import);
                }
            }
        }
    }

    private static ServerReflectionResponse Missing(string asked) => new()
    {
        ErrorResponse = new ErrorResponse { ErrorCode = (int)StatusCode.NotFound, ErrorMessage = $"'{asked}' is not known here." },
    };

    private void Add(FileDescriptor file)
    {
        if (!files.TryAdd(file.Name, file))
        {
            return;
        }

        foreach (var import in file.Dependencies)
        {
            Add(import);
        }

        foreach (var service in file.Services)
        {
            symbols[service.FullName] = file;
            foreach (var method in service.Methods)
            {
                symbols[method.FullName] = file;
            }
        }

        foreach (var value in file.EnumTypes)
        {
            symbols[value.FullName] = file;
        }

        foreach (var message in file.MessageTypes)
        {
            Add(message, file);
        }
    }

    private void Add(MessageDescriptor message, FileDescriptor file)
    {
        symbols[message.FullName] = file;
        foreach (var nested in message.NestedTypes)
        {
            Add(nested, file);
        }

        foreach (var value in message.EnumTypes)
        {
            symbols[value.FullName] = file;
        }
    }
}
