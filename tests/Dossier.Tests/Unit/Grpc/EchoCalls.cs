using Dossier.Tests.Fixtures;
using Grpc.Core;

namespace Dossier.Tests.Unit.StandIns;

/// <summary>One whole call of each kind.</summary>
internal static class EchoCalls
{
    public static async Task CallAsync(Echo.EchoClient client, MethodType kind, EchoRequest request, CallOptions options)
    {
        switch (kind)
        {
            case MethodType.Unary:
                await client.SayAsync(request, options);
                break;
            case MethodType.ServerStreaming:
                using (var call = client.Repeat(request, options))
                {
                    await foreach (var reply in call.ResponseStream.ReadAllAsync())
                    {
                        Assert.Equal(request.Text, reply.Text);
                    }
                }

                break;
            case MethodType.ClientStreaming:
                using (var call = client.Gather(options))
                {
                    await call.RequestStream.WriteAsync(request);
                    await call.RequestStream.CompleteAsync();
                    await call;
                }

                break;
            default:
                using (var call = client.Talk(options))
                {
                    await call.RequestStream.WriteAsync(request);
                    await call.RequestStream.CompleteAsync();
                    await foreach (var reply in call.ResponseStream.ReadAllAsync())
                    {
                        Assert.Equal(request.Text, reply.Text);
                    }
                }

                break;
        }
    }
}
