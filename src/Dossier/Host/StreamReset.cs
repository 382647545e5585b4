using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace Dossier.Host;

/// <summary>
/// Breaks off the stream of a caller who does not read. The call must not end while its message is still being written: Kestrel keeps the
/// stream's place for a later call of the same connection, and the write's own end then broke that call off or made it hang (about one watch in three
/// that was resumed on its connection).
/// </summary>
internal static class StreamReset
{
    // HTTP/2's word for it, which gRPC's clients show as RESOURCE_EXHAUSTED.
    private const int EnhanceYourCalm = 0xb;

    /// <param name="sending">The message that was left unread: its write ends with the stream.</param>
    /// <param name="call">Whose.</param>
    public static async Task AfterAsync(Task sending, ServerCallContext call)
    {
        call.GetHttpContext().Features.GetRequiredFeature<IHttpResetFeature>().Reset(EnhanceYourCalm);
        await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
