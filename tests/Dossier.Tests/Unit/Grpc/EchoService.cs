using System.Collections.Concurrent;
using Dossier.Tests.Fixtures;
using Grpc.Core;

namespace Dossier.Tests.Unit.StandIns;

/// <summary>What the echo service saw of the calls it served.</summary>
internal sealed class EchoLog
{
    public ConcurrentQueue<Metadata.Entry> RequestHeaders { get; } = new();

    public ConcurrentQueue<string> Steps { get; } = new();

    public ConcurrentQueue<string> Encodings { get; } = new();

    public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Waiting { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public DateTime Deadline { get; set; }

    public string Method { get; set; } = "";

    public string Host { get; set; } = "";

    public string Peer { get; set; } = "";

    public bool PeerIsAuthenticated { get; set; }
}

/// <summary>The echo service of echo.proto.</summary>
internal sealed class EchoService(EchoLog log) : Echo.EchoBase
{
    public override async Task<EchoReply> Say(EchoRequest request, ServerCallContext context)
    {
        await StartAsync(context);
        await EndAsync(request.Ending, context);
        return new EchoReply { Text = request.Text, Number = 1 };
    }

    public override async Task Repeat(EchoRequest request, IServerStreamWriter<EchoReply> responseStream, ServerCallContext context)
    {
        await StartAsync(context);
        for (var i = 1; i <= request.Times; i++)
        {
            responseStream.WriteOptions = new WriteOptions(i < request.Times ? WriteFlags.BufferHint : default);
            await responseStream.WriteAsync(new EchoReply { Text = request.Text, Number = i }, context.CancellationToken);
        }

        await EndAsync(request.Ending, context);
    }

    public override async Task<EchoReply> Gather(IAsyncStreamReader<EchoRequest> requestStream, ServerCallContext context)
    {
        await StartAsync(context);
        var reply = new EchoReply();
        while (await requestStream.MoveNext())
        {
            reply.Text += requestStream.Current.Text;
            reply.Number++;
            await EndAsync(requestStream.Current.Ending, context);
        }

        return reply;
    }

    public override async Task Talk(
        IAsyncStreamReader<EchoRequest> requestStream, IServerStreamWriter<EchoReply> responseStream, ServerCallContext context)
    {
        await StartAsync(context);
        var number = 0;
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            await EndAsync(request.Ending, context);
            await responseStream.WriteAsync(new EchoReply { Text = request.Text, Number = ++number });
        }
    }

    private async Task StartAsync(ServerCallContext context)
    {
        log.Steps.Enqueue("handler");
        foreach (var entry in context.RequestHeaders)
        {
            log.RequestHeaders.Enqueue(entry);
        }

        log.Deadline = context.Deadline;
        log.Method = context.Method;
        log.Host = context.Host;
        log.Peer = context.Peer;
        log.PeerIsAuthenticated = context.AuthContext.IsPeerAuthenticated;
        if (context.RequestHeaders.GetValue("no-compress") is not null)
        {
            context.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        }

        var headers = new Metadata { { "Greeting", "hello" }, { "greeting-bin", [0, 255, 1] } };
        await context.WriteResponseHeadersAsync(headers);
        context.ResponseTrailers.Add("farewell", "bye");
        context.ResponseTrailers.Add("farewell-bin", [255, 0, 1]);
    }

    private async Task EndAsync(Ending ending, ServerCallContext context)
    {
        switch (ending)
        {
            case Ending.RpcException:
                var trailers = new Metadata { { "why", "because" }, { "why-bin", [1, 2, 3] } };
                throw new RpcException(new Status(StatusCode.FailedPrecondition, "Not today: 100 % full, äöü"), trailers);
            case Ending.Status:
                context.Status = new Status(StatusCode.DataLoss, "Gone");
                break;
            case Ending.Crash:
                throw new InvalidOperationException("A secret");
            case Ending.Cancelled:
                await using (context.CancellationToken.Register(() => log.Cancelled.TrySetResult()))
                {
                    log.Waiting.TrySetResult();
                    await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
                }

                break;
        }
    }
}
