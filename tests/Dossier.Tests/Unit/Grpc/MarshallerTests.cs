using System.Buffers;
using System.Text;
using Dossier.Tests.Fixtures;
using Google.Protobuf;
using Grpc.Core;

namespace Dossier.Tests.Unit.StandIns;

public class MarshallerTests
{
    private static readonly Marshaller<string> OverArrays = Marshallers.Create(Encoding.UTF8.GetBytes, Encoding.UTF8.GetString);

    private static readonly Marshaller<EchoReply> OverContexts = Marshallers.Create<EchoReply>(
        (message, context) =>
        {
            context.SetPayloadLength(message.CalculateSize());
            message.WriteTo(context.GetBufferWriter());
            context.Complete();
        },
        context => EchoReply.Parser.ParseFrom(context.PayloadAsReadOnlySequence()));

    [Fact]
    public void A_marshaller_over_arrays_also_works_over_contexts()
    {
        var target = new Target();
        OverArrays.ContextualSerializer("grüße", target);
        Assert.Equal("grüße"u8.ToArray(), target.Payload);
        Assert.Equal("grüße", OverArrays.ContextualDeserializer(new Source("grüße"u8.ToArray())));
    }

    [Fact]
    public void A_marshaller_over_contexts_also_works_over_arrays()
    {
        var message = new EchoReply { Text = new string('x', 5000), Number = 7 };
        var bytes = OverContexts.Serializer(message);
        Assert.Equal(message.ToByteArray(), bytes);
        Assert.Equal(message, OverContexts.Deserializer(bytes));
    }

    [Fact]
    public void A_serializer_over_contexts_may_hand_over_an_array()
    {
        var marshaller = new Marshaller<string>(
            (text, context) => context.Complete(Encoding.ASCII.GetBytes(text)),
            context => Encoding.ASCII.GetString(context.PayloadAsNewBuffer()));
        Assert.Equal("abc"u8.ToArray(), marshaller.Serializer("abc"));
        Assert.Equal("abc", marshaller.Deserializer("abc"u8.ToArray()));
    }

    [Fact]
    public void A_serializer_may_write_in_pieces_without_telling_the_size()
    {
        var marshaller = new Marshaller<string>(
            (text, context) =>
            {
                var writer = context.GetBufferWriter();
                foreach (var c in text)
                {
                    writer.Write([(byte)c]);
                }

                context.Complete();
            },
            context => $"{context.PayloadLength}");
        Assert.Equal("abcdefghij"u8.ToArray(), marshaller.Serializer("abcdefghij"));
        Assert.Equal("3", marshaller.Deserializer([1, 2, 3]));
    }

    [Fact]
    public void A_serializer_that_does_not_finish_is_an_error()
    {
        var marshaller = new Marshaller<string>((_, _) => { }, _ => "");
        Assert.Throws<InvalidOperationException>(() => marshaller.Serializer("abc"));
        var twice = new Marshaller<string>(
            (_, context) =>
            {
                context.Complete([]);
                context.Complete([]);
            },
            _ => "");
        Assert.Throws<InvalidOperationException>(() => twice.Serializer("abc"));
    }

    [Fact]
    public void Strings_travel_as_utf8()
    {
        Assert.Equal("grüße"u8.ToArray(), Marshallers.StringMarshaller.Serializer("grüße"));
        Assert.Equal("grüße", Marshallers.StringMarshaller.Deserializer("grüße"u8.ToArray()));
    }

    [Fact]
    public void Half_a_marshaller_is_none()
    {
        Assert.Throws<ArgumentNullException>(() => new Marshaller<string>(null!, Encoding.UTF8.GetString));
        Assert.Throws<ArgumentNullException>(() => new Marshaller<string>(Encoding.UTF8.GetBytes, null!));
        Assert.Throws<ArgumentNullException>(() => new Marshaller<string>(null!, context => ""));
        Assert.Throws<ArgumentNullException>(() => new Marshaller<string>((_, _) => { }, null!));
    }

    [Fact]
    public void A_context_that_implements_nothing_says_so()
    {
        Assert.Throws<NotImplementedException>(() => new Bare().Complete());
        Assert.Throws<NotImplementedException>(() => new Bare().Complete([]));
        Assert.Throws<NotImplementedException>(() => new Bare().GetBufferWriter());
        new Bare().SetPayloadLength(5);
        Assert.Throws<NotImplementedException>(() => new BareSource().PayloadAsNewBuffer());
        Assert.Throws<NotImplementedException>(() => new BareSource().PayloadAsReadOnlySequence());
    }

    [Fact]
    public void A_method_knows_its_name_on_the_wire()
    {
        var method = new Method<string, EchoReply>(MethodType.ServerStreaming, "dossier.Cases", "List", OverArrays, OverContexts);
        Assert.Equal("/dossier.Cases/List", method.FullName);
        Assert.Equal("dossier.Cases", method.ServiceName);
        Assert.Equal("List", method.Name);
        Assert.Equal(MethodType.ServerStreaming, method.Type);
        Assert.Same(OverArrays, method.RequestMarshaller);
        Assert.Same(OverContexts, method.ResponseMarshaller);
        Assert.Equal(method.FullName, ((IMethod)method).FullName);
    }

    [Fact]
    public void The_kinds_of_call_have_the_numbers_that_the_official_client_was_compiled_with()
        => Assert.Equal(
            ["Unary", "ClientStreaming", "ServerStreaming", "DuplexStreaming"],
            Enumerable.Range(0, 4).Select(number => $"{(MethodType)number}"));

    [Fact]
    public void A_method_needs_all_its_parts()
    {
        Assert.Throws<ArgumentNullException>(() => new Method<string, string>(MethodType.Unary, null!, "m", OverArrays, OverArrays));
        Assert.Throws<ArgumentNullException>(() => new Method<string, string>(MethodType.Unary, "s", null!, OverArrays, OverArrays));
        Assert.Throws<ArgumentNullException>(() => new Method<string, string>(MethodType.Unary, "s", "m", null!, OverArrays));
        Assert.Throws<ArgumentNullException>(() => new Method<string, string>(MethodType.Unary, "s", "m", OverArrays, null!));
    }

    private sealed class Bare : SerializationContext;

    private sealed class BareSource : DeserializationContext
    {
        public override int PayloadLength => 0;
    }

    private sealed class Target : SerializationContext
    {
        public byte[]? Payload { get; private set; }

        public override void Complete(byte[] payload) => Payload = payload;
    }

    private sealed class Source(byte[] payload) : DeserializationContext
    {
        public override int PayloadLength => payload.Length;

        public override byte[] PayloadAsNewBuffer() => payload;
    }
}
