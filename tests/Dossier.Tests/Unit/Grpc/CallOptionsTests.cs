using Grpc.Core;

namespace Dossier.Tests.Unit.StandIns;

public class CallOptionsTests
{
    private static readonly DateTime Soon = new(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly CallCredentials Token = CallCredentials.FromInterceptor((_, _) => Task.CompletedTask);

    [Fact]
    public void Nothing_is_set_to_begin_with()
    {
        var options = default(CallOptions);
        Assert.Null(options.Headers);
        Assert.Null(options.Deadline);
        Assert.Equal(CancellationToken.None, options.CancellationToken);
        Assert.Null(options.WriteOptions);
        Assert.Null(options.PropagationToken);
        Assert.Null(options.Credentials);
        Assert.False(options.IsWaitForReady);
        Assert.Equal(options, new CallOptions(null));
    }

    [Fact]
    public void The_constructor_sets_what_it_is_given()
    {
        using var source = new CancellationTokenSource();
        var headers = new Metadata();
        var write = new WriteOptions(WriteFlags.NoCompress);
        var options = new CallOptions(headers, Soon, source.Token, write, null, Token);
        Assert.Same(headers, options.Headers);
        Assert.Equal(Soon, options.Deadline);
        Assert.Equal(source.Token, options.CancellationToken);
        Assert.Same(write, options.WriteOptions);
        Assert.Same(Token, options.Credentials);
    }

    [Fact]
    public void Each_with_method_changes_one_thing_in_a_copy()
    {
        using var source = new CancellationTokenSource();
        var headers = new Metadata();
        var write = new WriteOptions(WriteFlags.BufferHint);
        var before = default(CallOptions);
        var after = before.WithHeaders(headers).WithDeadline(Soon).WithCancellationToken(source.Token)
            .WithWriteOptions(write).WithCredentials(Token).WithWaitForReady();
        Assert.Equal(default, before);
        Assert.Same(headers, after.Headers);
        Assert.Equal(Soon, after.Deadline);
        Assert.Equal(source.Token, after.CancellationToken);
        Assert.Same(write, after.WriteOptions);
        Assert.Same(Token, after.Credentials);
        Assert.True(after.IsWaitForReady);
        Assert.False(after.WithWaitForReady(false).IsWaitForReady);
        Assert.Null(after.WithPropagationToken(null!).PropagationToken);
        Assert.Same(headers, after.WithWaitForReady(false).Headers);
    }

    [Fact]
    public void Write_flags_have_the_numbers_of_the_protocol_core()
    {
        Assert.Equal(1, (int)WriteFlags.BufferHint);
        Assert.Equal(2, (int)WriteFlags.NoCompress);
        Assert.Equal(default, WriteOptions.Default.Flags);
        Assert.Equal(default, new WriteOptions().Flags);
        Assert.Equal(WriteFlags.NoCompress, new WriteOptions(WriteFlags.NoCompress).Flags);
    }

    [Fact]
    public void What_a_handler_hands_on_can_be_chosen()
    {
        Assert.True(ContextPropagationOptions.Default.IsPropagateDeadline);
        Assert.True(ContextPropagationOptions.Default.IsPropagateCancellation);
        var options = new ContextPropagationOptions(propagateDeadline: false);
        Assert.False(options.IsPropagateDeadline);
        Assert.True(options.IsPropagateCancellation);
        Assert.False(new ContextPropagationOptions(propagateCancellation: false).IsPropagateCancellation);
    }
}
