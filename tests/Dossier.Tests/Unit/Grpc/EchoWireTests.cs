using System.Collections.Concurrent;
using Dossier.Tests.Fixtures;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Dossier.Tests.Unit.StandIns;

/// <summary>Compression, credentials and interceptors between the official server and client, over a real socket.</summary>
public sealed class EchoWireTests
{
    private const string LongText = "the same again and again and again and again and again and again and again and again";

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Messages_are_compressed_both_ways(string encoding)
    {
        var server = SpyCompression.Of(encoding);
        var client = SpyCompression.Of(encoding);
        await using var host = await EchoHost.StartAsync(options =>
        {
            options.CompressionProviders = [server];
            options.ResponseCompressionAlgorithm = encoding;
        });
        using var call = host.Client(options => options.CompressionProviders = [client]).Talk(Encoding(encoding));
        for (var i = 0; i < 3; i++)
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = LongText });
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal(LongText, call.ResponseStream.Current.Text);
        }

        Assert.Equal([encoding], host.Log.Encodings);
        Assert.Equal((3, 3), (client.Compressed, server.Decompressed));
        Assert.Equal((3, 3), (server.Compressed, client.Decompressed));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Both_encodings_are_there_unless_others_are_set(string encoding)
    {
        await using var host = await EchoHost.StartAsync(options => options.ResponseCompressionAlgorithm = encoding);
        Assert.Equal(LongText, (await host.Client().SayAsync(new EchoRequest { Text = LongText }, Encoding(encoding))).Text);
        Assert.Equal([encoding], host.Log.Encodings);
    }

    [Fact]
    public async Task A_write_option_turns_compression_off_for_a_message()
    {
        var server = SpyCompression.Of("gzip");
        var client = SpyCompression.Of("gzip");
        await using var host = await EchoHost.StartAsync(options =>
        {
            options.CompressionProviders = [server];
            options.ResponseCompressionAlgorithm = "gzip";
        });
        var headers = Encoding("gzip");
        headers.Add("no-compress", "1");
        var options = new CallOptions(headers).WithWriteOptions(new WriteOptions(WriteFlags.NoCompress));
        using var call = host.Client(o => o.CompressionProviders = [client]).SayAsync(new EchoRequest { Text = LongText }, options);
        Assert.Equal(LongText, (await call).Text);
        Assert.Equal((0, 0, 0, 0), (client.Compressed, server.Decompressed, server.Compressed, client.Decompressed));
    }

    [Fact]
    public async Task Call_credentials_are_added_to_the_headers_in_order()
    {
        await using var host = await EchoHost.StartAsync();
        var seen = new List<string>();
        var first = CallCredentials.FromInterceptor((context, metadata) => Add(context, metadata, "first"));
        var second = CallCredentials.FromInterceptor((context, metadata) => Add(context, metadata, "second"));
        var client = host.Client(options => options.UnsafeUseInsecureChannelCallCredentials = true);
        var options = new CallOptions(credentials: CallCredentials.Compose(first, second));
        await client.SayAsync(new EchoRequest(), options);
        Assert.Equal("first, second", Assert.Single(host.Log.RequestHeaders, entry => entry.Key == "token").Value);
        Assert.Equal([$"{host.Address}/dossier.tests.echo.Echo Say", $"{host.Address}/dossier.tests.echo.Echo Say"], seen);

        Task Add(AuthInterceptorContext context, Metadata metadata, string value)
        {
            seen.Add($"{context.ServiceUrl} {context.MethodName}");
            metadata.Add("token", value);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Credentials_of_the_channel_may_say_that_there_are_none()
    {
        await using var host = await EchoHost.StartAsync();
        var client = host.Client(options => options.Credentials = ChannelCredentials.Insecure);
        Assert.Equal("a", (await client.SayAsync(new EchoRequest { Text = "a" })).Text);
    }

    [Fact]
    public async Task A_plain_text_channel_refuses_secure_credentials()
    {
        await using var host = await EchoHost.StartAsync();
        Assert.Throws<InvalidOperationException>(() => host.Open(options => options.Credentials = ChannelCredentials.SecureSsl));
    }

    [Theory]
    [InlineData(MethodType.Unary)]
    [InlineData(MethodType.ServerStreaming)]
    [InlineData(MethodType.ClientStreaming)]
    [InlineData(MethodType.DuplexStreaming)]
    public async Task Interceptors_of_client_and_server_run_in_order(MethodType kind)
    {
        var steps = new ConcurrentQueue<string>();
        Action<string> log = steps.Enqueue;
        await using var host = await EchoHost.StartAsync(options =>
        {
            options.Interceptors.Add<NamedInterceptor>("server 1", log);
            options.Interceptors.Add<NamedInterceptor>("server 2", log);
        });
        var invoker = host.Open().Intercept(new NamedInterceptor("client 1", log), new NamedInterceptor("client 2", log));
        await EchoCalls.CallAsync(new Echo.EchoClient(invoker), kind, new EchoRequest { Text = "a", Times = 1 }, default);
        Assert.Equal(
            [
                $"client 1 {kind}", $"client 2 {kind}", $"server 1 {kind} after nobody", $"server 2 {kind} after server 1",
                "server 2 out", "server 1 out",
            ],
            steps);
    }

    // The header by which a caller chooses the encoding of its messages; the client takes it off again.
    private static Metadata Encoding(string encoding) => new() { { "grpc-internal-encoding-request", encoding } };
}
