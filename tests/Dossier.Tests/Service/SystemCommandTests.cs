using Dossier.Cli;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Google.Protobuf;

namespace Dossier.Tests.ServiceTests;

/// <summary>The commands with which systems take over, follow and replace agreements, and confirm and report what they send.</summary>
public sealed class SystemCommandTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder folder = TemporaryFolder.Empty();
    private DossierHost host = null!;

    public async Task InitializeAsync() => host = await Patient.StartAsync();

    public async Task DisposeAsync() => await host.DisposeAsync();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task What_is_pending_goes_out_as_csv_and_comes_back_line_by_line()
    {
        var credited = await AgreeAsync("1042", "202608-004217");
        var other = await AgreeAsync("1043", "202609-004388");

        var mine = await RunAsync("pending --mine --csv --system webcare");
        var theirs = await RunAsync("pending --mine --csv --system shop");
        Assert.Equal((0, 0), (mine.ExitCode, theirs.ExitCode));
        Assert.Equal("agreement,binding_revision,system,due_time,overdue,said,made_by,what,outcome,evidence_id,reason", Lines(mine)[0]);
        Assert.Contains(Lines(mine), line => line.StartsWith($"{Short(credited)},1,administration,", StringComparison.Ordinal));
        Assert.Single(Lines(theirs));

        await File.WriteAllTextAsync(
            folder["ack.csv"],
            "agreement,binding_revision,outcome,evidence_id,reason,remark\n"
            + $"{Short(credited)},1,APPLIED,CN-1,,\"done, at last\"\n"
            + $"{Short(other)},7,received,,,\n"
            + "1043/01a11f76-33ab-72a4-a391-a7debae3acba,,rejected,,no,\n"
            + $"{Short(other)},,received,,,\n"
            + $"{Short(other)},1,,,,nothing yet\n");
        var said = await RunAsync($"ack --csv {folder["ack.csv"]} --system administration");

        Assert.Equal((5, ""), (said.ExitCode, said.Error));
        Assert.Equal("line,agreement,result,sync_state,error", Lines(said)[0]);
        Assert.StartsWith($"2,{Short(credited)},APPLIED,IN_SYNC,", Lines(said)[1], StringComparison.Ordinal);
        Assert.StartsWith($"3,{Short(other)},refused,,", Lines(said)[2], StringComparison.Ordinal);
        Assert.Contains("RESOURCE_NOT_FOUND", Lines(said)[3], StringComparison.Ordinal);
        Assert.StartsWith($"5,{Short(other)},RECEIVED,PENDING,", Lines(said)[4], StringComparison.Ordinal);
        Assert.Equal($"6,{Short(other)},left out,,", Lines(said)[5]);
        Assert.Equal(AgreementState.Fulfilled, (await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = credited })).Agreement.State);
    }

    [Theory]
    [InlineData("ack.csv:2: outcome done", "1043/ID,,done,,\n")]
    [InlineData("ack.csv:2: evidence_id", "1043/ID,,APPLIED,,\n")]
    [InlineData("ack.csv:2: reason", "1043/ID,,REJECTED,,\n")]
    [InlineData("ack.csv:2: binding_revision", "1043/ID,0,RECEIVED,,\n")]
    [InlineData("ack.csv:1: there are no lines", "")]
    [InlineData("ack.csv: no line says an outcome", "1043/ID,1,,,\n")]
    [InlineData("ack.csv:2: outcome : choose from", "1043/ID,1,,CN-1,\n")]
    [InlineData("ack.csv:2: the last line does not end", "1043/ID,,RECEIVED,,")]
    public async Task A_file_of_acknowledgements_that_is_wrong_sends_nothing(string expected, string line)
    {
        await File.WriteAllTextAsync(folder["ack.csv"], "agreement,binding_revision,outcome,evidence_id,reason\n" + line);

        var ran = await RunAsync($"ack --csv {folder["ack.csv"]} --system administration");

        Assert.Equal((2, ""), (ran.ExitCode, ran.Output));
        Assert.Contains(expected, ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agreement_is_replaced_in_one_step_and_both_are_shown()
    {
        var old = await AgreeAsync("1042", "202608-004217");

        var ran = await RunAsync($"supersede {Short(old)} --dunning-block --reason disputed --until 2026-12-01 --whole-customer --why langer --informed-by phone --system webcare");

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.Contains($"In place of {Short(old)}, which is SUPERSEDED.", ran.Output, StringComparison.Ordinal);
        Assert.Equal(AgreementState.Superseded, (await host.Agreements.GetAgreementAsync(new GetAgreementRequest { Name = old })).Agreement.State);
        Assert.Equal(2, (await RunAsync($"supersede {Short(old)} --whole-customer --why x --not-informed")).ExitCode);
    }

    [Fact]
    public async Task A_decision_is_confirmed_and_reported_and_an_agreement_in_between_holds_it_back()
    {
        const string Check = "check-action 1043 --action send-dunning-notice --stage reminder --channel letter --invoice 202609-004388=27.50@BA-001043 --json";
        var first = Decision(await RunAsync(Check));
        var second = Decision(await RunAsync(Check));

        var confirmed = await RunAsync($"confirm {first}");
        await AgreeAsync("1043", "202609-004388");
        var held = await RunAsync($"confirm {second}");
        var sent = await RunAsync($"report {first} --outcome sent --evidence PRINT-1");
        var again = await RunAsync($"confirm {first}");

        Assert.Equal((0, 10, 0, 5), (confirmed.ExitCode, held.ExitCode, sent.ExitCode, again.ExitCode));
        Assert.Contains("Confirmed: it may leave now", confirmed.Output, StringComparison.Ordinal);
        Assert.Contains("Not confirmed", held.Output, StringComparison.Ordinal);
        Assert.Contains("recorded as SENT", sent.Output, StringComparison.Ordinal);
        Assert.Contains("ACTION_ENDED", again.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync($"report {first} --outcome lapsed")).ExitCode);
    }

    [Fact]
    public async Task A_watch_prints_a_line_for_each_change_and_goes_on_from_its_token_file()
    {
        var made = await AgreeAsync("1042", "202608-004217");
        var file = folder["watch.token"];

        var first = await WatchAsync($"watch 1042 --from beginning --resume-file {file}", 1);
        var second = await AgreeAsync("1042", "202608-003184");
        var next = await WatchAsync($"watch 1042 --resume-file {file} --json", 1);

        Assert.Contains($"CREATED       {Short(made)}  revision 1 (1 binds)  by webcare", Assert.Single(first), StringComparison.Ordinal);
        var message = JsonParser.Default.Parse<WatchAgreementsResponse>(Assert.Single(next, line => line.Contains("changes", StringComparison.Ordinal)));
        Assert.Equal(second, Assert.Single(message.Changes).Agreement);
        Assert.Equal(message.ResumeToken, (await File.ReadAllTextAsync(file)).Trim());
    }

    [Theory]
    [InlineData(5, "RESUME_TOKEN_INVALID", "watch --from nonsense")]
    [InlineData(5, "SEQUENCE_NOT_REACHED", "watch --from 999999")]
    [InlineData(2, "--effect", "watch --effect dance")]
    public async Task A_watch_that_cannot_begin_says_why(int exitCode, string reason, string typed)
    {
        var ran = await RunAsync(typed);

        Assert.Equal((exitCode, ""), (ran.ExitCode, ran.Output));
        Assert.Contains(reason, ran.Error, StringComparison.Ordinal);
    }

    /// <summary>Runs the real command until it has printed so many changes, and ends it as Ctrl-C does.</summary>
    private async Task<List<string>> WatchAsync(string typed, int changes)
    {
        await using var command = CliProcess.Start([.. typed.Split(' '), "--address", host.Address]);
        await Eventually.TrueAsync(() => Task.FromResult(command.Lines.Count(line => line.Contains("CREATED", StringComparison.Ordinal)) >= changes), "the change is printed");
        Assert.Equal(0, await command.InterruptAsync());
        return [.. command.Lines];
    }

    private async Task<string> AgreeAsync(string customer, string invoice)
    {
        var request = Agreed.Create(customer, new Effect { CreditInvoice = new CreditInvoice(), Subjects = { Agreed.Invoice(invoice) } });
        return (await host.Agreements.CreateAgreementAsync(request, DossierHost.As("webcare", "daan"))).Agreement.Name;
    }

    private static string Decision(Ended ran) => JsonParser.Default.Parse<CheckActionResponse>(ran.Output).Decision.DecisionId;

    private static string Short(string name) => $"{name.Split('/')[1]}/{name.Split('/')[3]}";

    private static string[] Lines(Ended ran) => ran.Output.TrimEnd('\n').Split('\n');

    private async Task<Ended> RunAsync(string typed)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await DossierCommand.RunAsync([.. typed.Split(' '), "--address", host.Address, "--timeout", "30s"], output, error);
        return new Ended(exitCode, output.ToString(), error.ToString());
    }
}
