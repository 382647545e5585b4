using Dossier.Cli;
using Dossier.Cli.Commands;
using Dossier.Cli.Demonstration;
using Dossier.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Dossier.Cli.Tests;

/// <summary>Every failure is one line and an exit code that a script can rely on.</summary>
public sealed class CliErrorTests
{
    private static readonly Uri Address = new("http://127.0.0.1:5080");

    [Theory]
    [InlineData(StatusCode.NotFound, 3)]
    [InlineData(StatusCode.Unavailable, 4)]
    [InlineData(StatusCode.DeadlineExceeded, 4)]
    [InlineData(StatusCode.ResourceExhausted, 4)]
    [InlineData(StatusCode.InvalidArgument, 5)]
    [InlineData(StatusCode.FailedPrecondition, 5)]
    [InlineData(StatusCode.Aborted, 5)]
    [InlineData(StatusCode.AlreadyExists, 5)]
    [InlineData(StatusCode.PermissionDenied, 5)]
    [InlineData(StatusCode.Internal, 1)]
    [InlineData(StatusCode.Cancelled, 1)]
    public void A_status_has_its_exit_code(StatusCode status, int expected) => Assert.Equal(expected, ExitCode.Of(status));

    [Theory]
    [InlineData(Verdict.Allow, 0)]
    [InlineData(Verdict.Block, 10)]
    [InlineData(Verdict.Review, 11)]
    [InlineData(Verdict.Reduce, 12)]
    [InlineData(Verdict.Unknown, 13)]
    [InlineData(Verdict.Unspecified, 13)]
    [InlineData((Verdict)99, 13)]
    public void A_verdict_has_its_exit_code_and_only_ALLOW_is_zero(Verdict verdict, int expected) => Assert.Equal(expected, ExitCode.Of(verdict));

    [Fact]
    public void A_refusal_tells_reason_bad_fields_and_trace_in_one_line()
    {
        var details = new Google.Rpc.Status
        {
            Details =
            {
                Any.Pack(new BadRequest
                {
                    FieldViolations =
                    {
                        new BadRequest.Types.FieldViolation { Field = "agreement.effects[0].refund.amount", Description = "must be above zero" },
                        new BadRequest.Types.FieldViolation { Field = "request_id", Description = "is not a \u001b[31mUUID\nerror: fake" },
                    },
                }),
            },
        };
        var trailers = new Metadata
        {
            { "dossier-reason", "INVALID_FIELD" },
            { "x-dossier-trace", "4bf92f3577b34da6a3ce929d0e0e4736" },
            { "grpc-status-details-bin", details.ToByteArray() },
        };
        Assert.Equal(
            "error: Some fields are wrong. (INVALID_FIELD): agreement.effects[0].refund.amount: must be above zero; "
            + "request_id: is not a [31mUUID error: fake [trace 4bf92f3577b34da6a3ce929d0e0e4736]",
            LineOf(StatusCode.InvalidArgument, "Some fields are wrong.", trailers));
    }

    [Fact]
    public void The_current_etag_is_told_when_a_change_was_too_late()
    {
        var details = new Google.Rpc.Status { Details = { Any.Pack(new ErrorInfo { Metadata = { ["etag"] = "\"7\"" } }) } };
        var trailers = new Metadata { { "dossier-reason", "ETAG_MISMATCH" }, { "grpc-status-details-bin", details.ToByteArray() } };
        Assert.Equal("error: It has changed. (ETAG_MISMATCH) {etag \"7\"}", LineOf(StatusCode.Aborted, "It has changed.", trailers));
    }

    [Fact]
    public void Details_that_cannot_be_read_do_not_hide_the_error()
    {
        var trailers = new Metadata { { "dossier-reason", "INTERNAL" }, { "grpc-status-details-bin", new byte[] { 0xFF, 0xFF } } };
        Assert.Equal("error: It failed. (INTERNAL)", LineOf(StatusCode.Internal, "It failed.", trailers));
    }

    [Fact]
    public void A_change_without_an_answer_names_the_request_id_to_repeat_it_with()
    {
        var line = ErrorLine.Of(new RpcException(new Grpc.Core.Status(StatusCode.DeadlineExceeded, "")), Address, TimeSpan.FromSeconds(5), "0199-id");
        Assert.Contains("within 5s", line, StringComparison.Ordinal);
        Assert.Contains("--request-id 0199-id", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_is_not_there_tells_how_to_start_it()
    {
        var (code, output, error) = await RunAsync("get", "1042", "--address", "http://127.0.0.1:1");
        Assert.Equal(ExitCode.NoAnswer, code);
        Assert.Equal("", output);
        Assert.Contains("cannot be reached at http://127.0.0.1:1/", error, StringComparison.Ordinal);
        Assert.Contains("dotnet run --project src/Dossier", error, StringComparison.Ordinal);
        Assert.Contains("--address", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_that_was_never_sent_is_not_called_uncertain()
    {
        var (code, _, error) = await RunAsync("link", "1042", "--phone", "+31600009999", "--address", "http://127.0.0.1:1");
        Assert.Equal(ExitCode.NoAnswer, code);
        Assert.DoesNotContain("may or may not", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_guard_that_does_not_answer_means_do_not_act()
    {
        var (code, _, error) = await RunAsync(
            "check-action", "1043", "--action", "add-fee", "--invoice", "N=1.00@A", "--address", "http://127.0.0.1:1");
        Assert.Equal(ExitCode.NoAnswer, code);
        Assert.Contains("do not act now", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-such-command")]
    [InlineData("get")]
    [InlineData("get 1042 --no-such-option")]
    [InlineData("get 1042 --address not-a-url")]
    [InlineData("get 1042 --address ftp://example.org")]
    [InlineData("get 1042 --timeout 5")]
    [InlineData("interactions 1042 --page-size many")]
    [InlineData("demo --json")]
    public async Task Wrong_usage_is_one_line_and_exit_code_2(string line)
    {
        var (code, output, error) = await RunAsync(line.Split(' '));
        Assert.Equal(ExitCode.Usage, code);
        Assert.Equal("", output);
        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Help_shows_an_example_of_every_command_and_the_exit_codes()
    {
        var (code, root, _) = await RunAsync("--help");
        Assert.Equal(ExitCode.Fine, code);
        Assert.Contains("check-action: BLOCK", root, StringComparison.Ordinal);
        foreach (var command in DossierCommand.Parse("--help").RootCommandResult.Command.Subcommands)
        {
            var (_, help, _) = await RunAsync(command.Name, "--help");
            Assert.Contains($"Examples:{Environment.NewLine}  dossier {command.Name}", help, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Help_shows_commands_as_they_are_typed()
    {
        var (_, root, _) = await RunAsync("--help");
        Assert.Contains(" get <customer> ", root, StringComparison.Ordinal);
        Assert.Contains(" traces [trace] ", root, StringComparison.Ordinal);
        Assert.Contains(" conflicts [customer] ", root, StringComparison.Ordinal);
        var (_, pause, _) = await RunAsync("source", "pause", "--help");
        Assert.Contains(" dossier source pause <source> [options]", pause, StringComparison.Ordinal);

        // What stands below a command is named where the command is listed.
        foreach (var command in DossierCommand.Parse("--help").RootCommandResult.Command.Subcommands)
        {
            Assert.All(command.Subcommands, below => Assert.Contains(below.Name, command.Description, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_example_in_help_can_be_typed()
    {
        foreach (var verb in Verbs(DossierCommand.Parse("--help").RootCommandResult.Command))
        {
            Assert.NotEmpty(verb.Examples);
            foreach (var example in verb.Examples)
            {
                var words = System.CommandLine.Parsing.CommandLineParser.SplitCommandLine(example).Skip(1).ToArray();
                Assert.True(DossierCommand.Parse(words).Errors.Count == 0, example);
            }
        }
    }

    private static IEnumerable<Verb> Verbs(System.CommandLine.Command command) =>
        command.Subcommands.OfType<Verb>().Concat(command.Subcommands.SelectMany(Verbs));

    [Fact]
    public void Health_is_read_from_the_wire()
    {
        Assert.Equal("SERVING", HealthCommand.StateOf([0x08, 0x01]));
        Assert.Equal("NOT_SERVING", HealthCommand.StateOf([0x12, 0x01, 0x41, 0x08, 0x02]));
        Assert.Equal("UNKNOWN", HealthCommand.StateOf([]));
        Assert.Equal([0x0A, 0x02, 0x61, 0x62], HealthCommand.Request("ab"));
    }

    [Fact]
    public void The_demos_request_id_follows_from_the_agreement_before()
    {
        var first = StoryFacts.RequestId("");
        Assert.Equal(first, StoryFacts.RequestId(""));
        Assert.NotEqual(first, StoryFacts.RequestId("customers/1043/agreements/0199"));
        Assert.Equal('8', first[14]);
        Assert.True(Guid.TryParse(first, out _));
    }

    [Fact]
    public void The_demo_says_why_it_cannot_be_played()
    {
        var missing = Assert.Throws<CommandException>(() => StoryFacts.Of(new LookUpDossierResponse()));
        Assert.Equal(ExitCode.Refused, missing.ExitCode);
        Assert.Contains("does not show the sample data", missing.Message, StringComparison.Ordinal);

        var unread = Assert.Throws<CommandException>(() => StoryFacts.Of(new LookUpDossierResponse { Unreachable = { "sources/webcare" } }));
        Assert.Equal(ExitCode.NoAnswer, unread.ExitCode);
        Assert.Contains("webcare", unread.Message, StringComparison.Ordinal);
    }

    private static string LineOf(StatusCode code, string message, Metadata trailers) =>
        ErrorLine.Of(new RpcException(new Grpc.Core.Status(code, message), trailers), Address, TimeSpan.FromSeconds(5), sentRequestId: null);

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await DossierCommand.RunAsync(args, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
