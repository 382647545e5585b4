using System.Buffers;

namespace Grpc.Core;

/// <summary>Collects a message in memory, for a marshaller over contexts that is asked for an array.</summary>
internal sealed class ArraySerializationContext : SerializationContext, IBufferWriter<byte>
{
    private byte[] _buffer = [];
    private int _written;
    private bool _complete;

    public override void Complete(byte[] payload)
    {
        _buffer = Guard.NotNull(payload, nameof(payload));
        _written = payload.Length;
        Complete();
    }

    public override void Complete()
    {
        if (_complete)
        {
            throw new InvalidOperationException("The message is complete already.");
        }

        _complete = true;
    }

    public override void SetPayloadLength(int payloadLength) => EnsureRoom(payloadLength);

    public override IBufferWriter<byte> GetBufferWriter() => this;

    public void Advance(int count) => _written += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureRoom(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public byte[] ToArray()
    {
        if (!_complete)
        {
            throw new InvalidOperationException("The serializer did not complete the message.");
        }

        return _buffer.Length == _written ? _buffer : _buffer.AsSpan(0, _written).ToArray();
    }

    private void EnsureRoom(int count)
    {
        if (_buffer.Length - _written < count)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _written + count));
        }
    }
}

/// <summary>Serves a message from an array, for a marshaller over contexts that is given one.</summary>
internal sealed class ArrayDeserializationContext(byte[] payload) : DeserializationContext
{
    private readonly byte[] _payload = Guard.NotNull(payload, nameof(payload));

    public override int PayloadLength => _payload.Length;

    public override byte[] PayloadAsNewBuffer() => (byte[])_payload.Clone();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => new(_payload);
}
