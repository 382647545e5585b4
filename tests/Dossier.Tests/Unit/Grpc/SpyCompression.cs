using System.IO.Compression;
using Grpc.Net.Compression;

namespace Dossier.Tests.Unit.StandIns;

/// <summary>Counts how often a compression provider was used.</summary>
internal sealed class SpyCompression(ICompressionProvider inner) : ICompressionProvider
{
    private int _compressed;
    private int _decompressed;

    public string EncodingName => inner.EncodingName;

    public int Compressed => _compressed;

    public int Decompressed => _decompressed;

    public static SpyCompression Of(string encoding) => new(encoding == "gzip"
        ? new GzipCompressionProvider(CompressionLevel.Fastest)
        : new DeflateCompressionProvider(CompressionLevel.Fastest));

    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel)
    {
        Interlocked.Increment(ref _compressed);
        return inner.CreateCompressionStream(stream, compressionLevel);
    }

    public Stream CreateDecompressionStream(Stream stream)
    {
        Interlocked.Increment(ref _decompressed);
        return inner.CreateDecompressionStream(stream);
    }
}
