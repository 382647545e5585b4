using System.IO.Compression;
using System.Text;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Dossier.Tests.Unit.StandIns;

public class CompressionTests
{
    private static readonly byte[] Text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("the same again and again ", 200)));

    public static TheoryData<string, byte> Encodings => new() { { "gzip", 0x1F }, { "deflate", 0x78 } };

    [Theory]
    [MemberData(nameof(Encodings))]
    public void What_is_compressed_comes_back(string encoding, byte firstByte)
    {
        var provider = Provider(encoding);
        Assert.Equal(encoding, provider.EncodingName);
        var compressed = Compress(provider, CompressionLevel.SmallestSize);
        Assert.Equal(firstByte, compressed[0]);
        Assert.InRange(compressed.Length, 1, Text.Length / 10);
        using var decompressed = new MemoryStream();
        using (var stream = provider.CreateDecompressionStream(new MemoryStream(compressed)))
        {
            stream.CopyTo(decompressed);
        }

        Assert.Equal(Text, decompressed.ToArray());
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void The_level_of_the_call_wins_over_the_default(string encoding, byte firstByte)
    {
        var byDefault = Compress(Provider(encoding), null);
        Assert.Equal(firstByte, byDefault[0]);
        Assert.True(byDefault.Length > Text.Length, "The default level of this provider is none.");
        Assert.True(Compress(Provider(encoding), CompressionLevel.Fastest).Length < Text.Length);
    }

    [Fact]
    public void The_states_of_a_connection_have_their_numbers()
        => Assert.Equal(
            ["Idle", "Connecting", "Ready", "TransientFailure", "Shutdown"],
            Enumerable.Range(0, 5).Select(number => $"{(ConnectivityState)number}"));

    private static ICompressionProvider Provider(string encoding) => encoding == "gzip"
        ? new GzipCompressionProvider(CompressionLevel.NoCompression)
        : new DeflateCompressionProvider(CompressionLevel.NoCompression);

    private static byte[] Compress(ICompressionProvider provider, CompressionLevel? level)
    {
        using var target = new MemoryStream();
        using (var stream = provider.CreateCompressionStream(target, level))
        {
            stream.Write(Text);
        }

        Assert.True(target.CanWrite, "The target stays open.");
        return target.ToArray();
    }
}
