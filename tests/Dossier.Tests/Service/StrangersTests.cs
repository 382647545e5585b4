using Dossier.Tests.Fixtures;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>Who proves nothing costs as little as can be.</summary>
public sealed class StrangersTests
{
    private static readonly Marshaller<byte[]> Raw = Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes);

    [Fact]
    public async Task Of_who_proves_nothing_no_message_is_read()
    {
        var guarded = new GuardedHost();
        await guarded.InitializeAsync();
        try
        {
            using var channel = guarded.Connect(null);
            var method = new Method<byte[], byte[]>(MethodType.Unary, "dossier.v1.GuardService", "CheckActionBatch", Raw, Raw);
            var metadata = new (string Reason, Metadata Shown)[]
            {
                ("CREDENTIALS_MISSING", []), ("CREDENTIALS_INVALID", new Metadata { { "x-dossier-key", "dsk_none" } }), ("CREDENTIALS_INVALID", GuardedHost.ByToken("x")),
            };
            foreach (var (reason, shown) in metadata)
            {
                // It is longer than any message may be, which would be said first if it had been read.
                var refused = await Refused.ByAsync(async () => await channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(shown), new byte[LimitOptions.LargestMessage + 1]));

                Assert.Equal((StatusCode.Unauthenticated, reason), (refused.Code, refused.Reason));
            }
        }
        finally
        {
            await guarded.DisposeAsync();
        }
    }
}
