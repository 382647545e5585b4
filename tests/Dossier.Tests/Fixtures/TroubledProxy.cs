using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace Dossier.Tests.Fixtures;

/// <summary>
/// A TCP proxy on 127.0.0.1 in front of a PostgreSQL server, or of any other, that can be given every trouble of a network and taken out of it: what
/// a caller sees is what a real server, a real driver and real sockets make of it.
/// </summary>
public sealed class TroubledProxy : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);
    private readonly ConcurrentDictionary<Pair, byte> pairs = new();
    private readonly CancellationTokenSource over = new();
    private readonly NpgsqlConnectionStringBuilder server;
    private readonly int port;
    private Socket? listener;
    private volatile Trouble trouble = new(Kind.None, 0);

    private TroubledProxy(string connectionString)
    {
        server = new NpgsqlConnectionStringBuilder(connectionString);
        port = Listen(0);
        ConnectionString = new NpgsqlConnectionStringBuilder(connectionString) { Host = "127.0.0.1", Port = port }.ConnectionString;
    }

    private enum Kind
    {
        None,
        Frozen,
        Dripping,
        Cutting,
        Keeping,
    }

    /// <summary>Where it listens.</summary>
    public int Port => port;

    /// <summary>The server's connection string, through the proxy.</summary>
    public string ConnectionString { get; }

    /// <summary>Connections that clients hold now.</summary>
    public int Open => pairs.Count;

    public static TroubledProxy Before(string connectionString) => new(connectionString);

    /// <summary>In front of whatever listens there.</summary>
    public static TroubledProxy Before(int port) => new($"Host=127.0.0.1;Port={port}");

    /// <summary>Nobody listens any more, and what was open is reset.</summary>
    public void Refuse()
    {
        listener!.Dispose();
        Reset();
    }

    /// <summary>Silent: connections are accepted and bytes are taken, both ways, and nothing comes out.</summary>
    public void Freeze() => Become(new Trouble(Kind.Frozen, 0));

    /// <summary>The client gets so many bytes of an answer in a millisecond, at most.</summary>
    public void Drip(int bytes) => Become(new Trouble(Kind.Dripping, bytes));

    /// <summary>Each connection is reset after so many bytes of answers.</summary>
    public void CutAfter(int bytes) => Become(new Trouble(Kind.Cutting, bytes));

    /// <summary>A connection is reset in the place of an answer with that text: what was asked is done, and nobody hears of it.</summary>
    public void CutAt(string text) => Become(new Trouble(Kind.Keeping, 0) { Text = Encoding.UTF8.GetBytes(text) });

    /// <summary>The trouble is over; what was held goes on its way.</summary>
    public void Restore()
    {
        Become(new Trouble(Kind.None, 0));
        if (listener is not { IsBound: true } || listener.SafeHandle.IsClosed)
        {
            Listen(port);
        }
    }

    /// <summary>Resets every connection, as a server that is restarted does.</summary>
    public void Reset()
    {
        foreach (var pair in pairs.Keys)
        {
            pair.Reset();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        listener!.Dispose();
        Become(new Trouble(Kind.None, 0));
        Reset();
        over.Dispose();
    }

    private void Become(Trouble next)
    {
        var before = trouble;
        trouble = next;
        before.Ended.TrySetResult();
    }

    private int Listen(int wanted)
    {
        listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        listener.Bind(new IPEndPoint(IPAddress.Loopback, wanted));
        listener.Listen(512);
        _ = AcceptAsync(listener);
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }

    private async Task AcceptAsync(Socket from)
    {
        try
        {
            while (true)
            {
                var client = await from.AcceptAsync(over.Token);
                client.NoDelay = true;
                _ = CarryAsync(client);
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Refusing, or over.
        }
    }

    private async Task CarryAsync(Socket client)
    {
        var upstream = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var pair = new Pair(client, upstream);
        pairs.TryAdd(pair, 0);
        try
        {
            while (trouble is { Kind: Kind.Frozen } frozen)
            {
                await frozen.Ended.Task;
            }

            await upstream.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port), over.Token);
            await Task.WhenAny(PumpAsync(pair, client, upstream, toClient: false), PumpAsync(pair, upstream, client, toClient: true));
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The other side sees it at once.
        }
        finally
        {
            pairs.TryRemove(pair, out _);
            client.Dispose();
            upstream.Dispose();
        }
    }

    private async Task PumpAsync(Pair pair, Socket from, Socket to, bool toClient)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, SocketFlags.None) is var read and > 0)
            {
                await SendAsync(pair, to, buffer.AsMemory(0, read), toClient);
            }

            // A silent network does not tell that somebody hung up.
            while (trouble is { Kind: Kind.Frozen } frozen)
            {
                await frozen.Ended.Task;
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // The pair ends.
        }
    }

    private async Task SendAsync(Pair pair, Socket to, ReadOnlyMemory<byte> bytes, bool toClient)
    {
        while (bytes.Length > 0)
        {
            var now = trouble;
            var part = bytes.Length;
            if (now.Kind == Kind.Frozen)
            {
                await now.Ended.Task;
                continue;
            }

            if (now.Kind == Kind.Dripping && toClient)
            {
                part = Math.Min(part, now.Bytes);
                await Task.WhenAny(Task.Delay(Tick, TimeProvider.System), now.Ended.Task);
            }
            else if (now.Kind == Kind.Cutting && toClient)
            {
                part = Math.Min(part, pair.Allow(now));
                if (part == 0)
                {
                    pair.Reset();
                    return;
                }
            }

            else if (now.Kind == Kind.Keeping && toClient && bytes.Span.IndexOf(now.Text) >= 0)
            {
                pair.Reset();
                return;
            }

            await to.SendAsync(bytes[..part], SocketFlags.None);
            bytes = bytes[part..];
        }
    }

    private sealed record Trouble(Kind Kind, int Bytes)
    {
        public byte[] Text { get; init; } = [];

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Pair(Socket client, Socket upstream)
    {
        private Trouble? cutBy;
        private int left;

        /// <summary>How many bytes may still pass; what passes next is taken off by the next call.</summary>
        public int Allow(Trouble cutting)
        {
            if (!ReferenceEquals(cutBy, cutting))
            {
                (cutBy, left) = (cutting, cutting.Bytes);
            }

            var now = Math.Min(left, 64);
            left -= now;
            return now;
        }

        public void Reset()
        {
            foreach (var socket in new[] { client, upstream })
            {
                try
                {
                    socket.LingerState = new LingerOption(enable: true, 0);
                }
                catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
                {
                    // It is closed already.
                }

                socket.Dispose();
            }
        }
    }
}
