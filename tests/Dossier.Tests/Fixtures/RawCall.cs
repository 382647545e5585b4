using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Dossier.Tests.Fixtures;

/// <summary>
/// One call of the health service in frames of HTTP/2 that are put together here: a client that does not care what sizes the server
/// says it takes. (HttpClient refuses such a request itself.)
/// </summary>
internal static class RawCall
{
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte Reset = 3;
    private const byte Settings = 4;
    private const byte GoAway = 7;
    private const byte Continuation = 9;
    private const byte EndStream = 1;
    private const byte EndHeaders = 4;
    private const int LargestFrame = 16_384;

    /// <summary>Calls with headers of so many bytes, names and values together.</summary>
    /// <returns>It was answered with data; false if it was refused in any way.</returns>
    public static async Task<bool> IsAnsweredAsync(Uri address, int headerBytes)
    {
        List<(string Name, string Value)> headers =
        [
            (":method", "POST"), (":scheme", "http"), (":authority", address.Authority), (":path", "/grpc.health.v1.Health/Check"),
            ("te", "trailers"), ("content-type", "application/grpc"),
        ];
        for (var left = headerBytes - headers.Sum(Size); left > 0; left = headerBytes - headers.Sum(Size))
        {
            headers.Add(("x-filling", new string('x', Math.Min(left > 8_100 ? 8_000 : left, left) - "x-filling".Length)));
        }

        var block = headers.SelectMany(header => new byte[] { 0 }.Concat(Text(header.Name)).Concat(Text(header.Value))).ToArray();

        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
        await stream.WriteAsync(Frame(Settings, 0, 0, []));
        var parts = block.Chunk(LargestFrame).ToList();
        for (var part = 0; part < parts.Count; part++)
        {
            await stream.WriteAsync(Frame(part == 0 ? Headers : Continuation, part == parts.Count - 1 ? EndHeaders : (byte)0, 1, parts[part]));
        }

        await stream.WriteAsync(Frame(Data, EndStream, 1, new byte[5]));
        return await IsAnsweredAsync(stream);
    }

    private static int Size((string Name, string Value) header) => header.Name.Length + header.Value.Length;

    private static async Task<bool> IsAnsweredAsync(NetworkStream stream)
    {
        var head = new byte[9];
        try
        {
            while (true)
            {
                await stream.ReadExactlyAsync(head).AsTask().WaitAsync(DossierProcess.Patience);
                var body = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
                await stream.ReadExactlyAsync(body).AsTask().WaitAsync(DossierProcess.Patience);
                switch (head[3])
                {
                    case Data:
                        return true;
                    case Reset or GoAway:
                    case Headers when (head[4] & EndStream) != 0:
                        return false;
                }
            }
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>A literal without Huffman: its length with a prefix of 7 bits, and its bytes.</summary>
    private static IEnumerable<byte> Text(string text)
    {
        if (text.Length < 127)
        {
            return [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
        }

        var length = new List<byte> { 127 };
        var rest = text.Length - 127;
        for (; rest >= 128; rest >>= 7)
        {
            length.Add((byte)((rest & 127) | 128));
        }

        return [.. length, (byte)rest, .. Encoding.ASCII.GetBytes(text)];
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] body)
    {
        var frame = new byte[9 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, body.Length << 8);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        body.CopyTo(frame, 9);
        return frame;
    }
}
