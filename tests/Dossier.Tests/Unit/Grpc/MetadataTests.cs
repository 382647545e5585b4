using System.Text;
using Grpc.Core;

namespace Dossier.Tests.Unit.StandIns;

public class MetadataTests
{
    [Fact]
    public void A_key_is_taken_to_lower_case()
    {
        var metadata = new Metadata { { "X-Request-ID", "1" }, { "Trace-BIN", [1] } };
        Assert.Equal(["x-request-id", "trace-bin"], metadata.Select(entry => entry.Key));
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("with:colon")]
    [InlineData("schlüssel")]
    [InlineData("line\nbreak")]
    [InlineData("a/b")]
    public void A_key_takes_letters_digits_and_three_signs_only(string key)
    {
        Assert.Throws<ArgumentException>(() => new Metadata.Entry(key, "value"));
        Assert.Throws<ArgumentException>(() => new Metadata.Entry(key + "-bin", [1]));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("0.9_z-")]
    public void Any_of_the_allowed_signs_may_stand_in_a_key(string key)
        => Assert.Equal(key, new Metadata.Entry(key, "value").Key);

    [Fact]
    public void A_binary_value_needs_a_binary_key_and_a_text_value_must_not_have_one()
    {
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("key", [1, 2]));
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("key-bin", "text"));
        Assert.Throws<ArgumentException>(() => new Metadata().Add("KEY-Bin", "text"));
        Assert.Equal("-bin", Metadata.BinaryHeaderSuffix);
    }

    [Fact]
    public void Neither_key_nor_value_may_be_null()
    {
        Assert.Throws<ArgumentNullException>(() => new Metadata.Entry(null!, "value"));
        Assert.Throws<ArgumentNullException>(() => new Metadata.Entry("key", (string)null!));
        Assert.Throws<ArgumentNullException>(() => new Metadata.Entry("key-bin", (byte[])null!));
        Assert.Throws<ArgumentNullException>(() => new Metadata().Add(null!));
    }

    [Fact]
    public void A_text_entry_also_gives_its_bytes()
    {
        var entry = new Metadata.Entry("key", "value");
        Assert.False(entry.IsBinary);
        Assert.Equal("value", entry.Value);
        Assert.Equal("value"u8.ToArray(), entry.ValueBytes);
        Assert.Contains("value", entry.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_binary_entry_has_no_text()
    {
        var entry = new Metadata.Entry("key-bin", [0, 255]);
        Assert.True(entry.IsBinary);
        Assert.Equal([0, 255], entry.ValueBytes);
        Assert.Throws<InvalidOperationException>(() => entry.Value);
        Assert.Contains("key-bin", entry.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_binary_entry_cannot_be_changed_from_outside()
    {
        byte[] bytes = [1, 2, 3];
        var entry = new Metadata.Entry("key-bin", bytes);
        bytes[0] = 9;
        entry.ValueBytes[1] = 9;
        Assert.Equal([1, 2, 3], entry.ValueBytes);
    }

    [Fact]
    public void The_last_entry_of_a_key_wins_and_all_of_them_can_be_had()
    {
        var metadata = new Metadata { { "a", "1" }, { "b", "2" }, { "a", "3" }, { "c-bin", [4] } };
        Assert.Equal("3", metadata.GetValue("a"));
        Assert.Equal("3", metadata.Get("a")!.Value);
        Assert.Equal(["1", "3"], metadata.GetAll("a").Select(entry => entry.Value));
        Assert.Equal([4], metadata.GetValueBytes("c-bin"));
        Assert.Equal("2", Encoding.ASCII.GetString(metadata.GetValueBytes("b")!));
    }

    [Fact]
    public void A_key_that_is_not_there_gives_null()
    {
        var metadata = new Metadata { { "a", "1" } };
        Assert.Null(metadata.Get("b"));
        Assert.Null(metadata.GetValue("b"));
        Assert.Null(metadata.GetValueBytes("b-bin"));
        Assert.Empty(metadata.GetAll("b"));
    }

    [Fact]
    public void It_is_a_list()
    {
        var first = new Metadata.Entry("a", "1");
        var second = new Metadata.Entry("b", "2");
        var metadata = new Metadata { second };
        metadata.Insert(0, first);
        Assert.Equal(2, metadata.Count);
        Assert.Same(first, metadata[0]);
        Assert.Equal(1, metadata.IndexOf(second));
        Assert.Contains(first, metadata);
        var array = new Metadata.Entry?[3];
        metadata.CopyTo(array!, 1);
        Assert.Equal([null, first, second], array);
        metadata[0] = second;
        metadata.RemoveAt(1);
        Assert.False(metadata.Remove(first));
        Assert.True(metadata.Remove(second));
        metadata.Add(first);
        metadata.Clear();
        Assert.Empty(metadata);
        Assert.False(metadata.IsReadOnly);
    }

    [Fact]
    public void The_shared_empty_one_cannot_be_changed()
    {
        var entry = new Metadata.Entry("a", "1");
        Assert.Empty(Metadata.Empty);
        Assert.True(Metadata.Empty.IsReadOnly);
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add(entry));
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("a", "1"));
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Insert(0, entry));
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Remove(entry));
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.RemoveAt(0));
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Clear());
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty[0] = entry);
    }
}
