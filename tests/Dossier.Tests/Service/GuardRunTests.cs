using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Dossier.Cli;
using Dossier.Tests.Fixtures;
using Dossier.V1;

namespace Dossier.Tests.ServiceTests;

/// <summary><c>dossier guard-run</c> over the running service: what a nightly job gives it, and what it finds in the files afterwards.</summary>
public sealed class GuardRunTests(SharedHost shared) : IClassFixture<SharedHost>, IDisposable
{
    private const string Head = "letter_id,customer,action,stage,subject_type,subject_id,account,amount,currency,amount_as_of,planned_time,channel\n";

    private readonly TemporaryFolder folder = TemporaryFolder.Empty();

    private DossierHost Host => shared.Host;

    private string Letters => folder["letters.csv"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_night_goes_from_letters_to_verdicts_to_confirmations_to_reports()
    {
        await using var host = await Patient.StartAsync();
        await host.Agreements.CreateAgreementAsync(
            Agreed.Create("1043", new Effect { CreditInvoice = new CreditInvoice(), Subjects = { Agreed.Invoice("202609-004388") } }), DossierHost.As("webcare", "daan"));
        Write(
            "L1,1043,send-dunning-notice,reminder,invoice,202609-004388,BA-001043,27.50,EUR,,,letter",
            "L2,1043,SEND_DUNNING_NOTICE,REMINDER,INVOICE,202609-003201,BA-001043,27.50,EUR,,,letter",
            "\"L3\",1043,send-dunning-notice,demand,billing-account,BA-001043,,55.00,EUR,2026-10-09T08:00+02:00,2026-10-09T12:00+02:00,letter",
            "\"L,\"\"4\",1043,send-dunning-notice,reminder,invoice,202609-003201,BA-001043,27.50,EUR,,,letter",
            "\"L,\"\"4\",1043,send-dunning-notice,reminder,invoice,202609-004388,BA-001043,27.50,EUR,,,letter");

        var check = await RunAsync(host, Letters);
        Assert.Equal((0, ""), (check.ExitCode, check.Error));
        Assert.Contains("4 letters", check.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', check.Output);
        var verdicts = Rows("letters.verdicts.csv");
        Assert.Equal("letter_id,customer,verdict,allowed_amount,reasons,decision_id", verdicts[0]);
        Assert.Equal(["L1,1043,BLOCK,", "L2,1043,ALLOW,", "L3,1043,REDUCE,27.50", "\"L,\"\"4\",1043,BLOCK"], verdicts.Skip(1).Select(row => Start(row, 4)));
        Assert.Contains("EFFECT_BLOCKS CREDIT_INVOICE 1043/", verdicts[1], StringComparison.Ordinal);

        // Something is agreed between the judging and the sending.
        await host.Agreements.CreateAgreementAsync(
            Agreed.Create("1043", new Effect { CreditInvoice = new CreditInvoice(), Subjects = { Agreed.Invoice("202609-003201") } }), DossierHost.As("webcare", "daan"));
        var confirm = await RunAsync(host, $"{Letters} --confirm");
        Assert.Equal((0, ""), (confirm.ExitCode, confirm.Error));
        var confirmed = Rows("letters.confirmed.csv");
        Assert.Equal("letter_id,customer,confirmed,verdict,allowed_amount,reasons,decision_id", confirmed[0]);
        Assert.Equal(["L2,1043,no,BLOCK", "L3,1043,no,BLOCK"], confirmed.Skip(1).Select(row => Start(row, 4)));

        await File.WriteAllTextAsync(folder["sent.csv"], "letter_id,outcome,evidence_id,action_time\nL1,suppressed,,\nL2,SENT,PRINT-2,\nL3,failed,,\n");
        for (var night = 0; night < 2; night++)
        {
            File.Delete(folder["letters.reported.csv"]);
            var report = await RunAsync(host, $"{Letters} --report {folder["sent.csv"]}");
            Assert.Equal((0, ""), (report.ExitCode, report.Error));
            Assert.Equal(["L1,1043,yes", "L2,1043,yes", "L3,1043,yes"], Rows("letters.reported.csv").Skip(1).Select(row => Start(row, 3)));

            // What was sent against an agreement says so, and the same night reported twice is recorded once.
            var actions = (await host.Guard.ListActionsAsync(new ListActionsRequest { Parent = "customers/1043" })).Actions;
            Assert.Equal([ActionState.Sent, ActionState.Suppressed, ActionState.Failed], actions.Select(action => action.State).Order());
            Assert.Equal("PRINT-2", Assert.Single(actions, action => action.Against.Count > 0).EvidenceId);
        }
    }

    [Fact]
    public async Task What_nobody_judged_is_reported_as_a_fact_and_reported_twice_is_recorded_once()
    {
        Write("U1,2003,send-dunning-notice,reminder,invoice,N-1,BA-002003,1.00,EUR,,,letter");
        await File.WriteAllTextAsync(folder["sent.csv"], "letter_id,outcome,evidence_id,action_time\nU1,sent,PRINT-9,\n");

        for (var night = 0; night < 2; night++)
        {
            File.Delete(folder["letters.reported.csv"]);
            Assert.Equal((0, ""), await EndAsync($"{Letters} --report {folder["sent.csv"]}"));
            Assert.StartsWith("U1,2003,yes,customers/2003/actions/", Rows("letters.reported.csv")[1], StringComparison.Ordinal);
        }

        Assert.Equal("PRINT-9", Assert.Single((await Host.Guard.ListActionsAsync(new ListActionsRequest { Parent = "customers/2003" })).Actions).EvidenceId);
    }

    [Fact]
    public async Task More_letters_than_one_batch_holds_and_more_lines_than_a_decision_id_holds_are_judged_and_confirmed()
    {
        var many = Enumerable.Range(0, 1_002).Select(number => $"M{number},1043,send-dunning-notice,reminder,invoice,N-{number},BA-001043,1.00,EUR,,,letter");
        var wide = Enumerable.Range(0, 200).Select(number => $"WIDE,1043,send-dunning-notice,reminder,invoice,W-{number},BA-001043,1.00,EUR,,,letter");
        Write([.. wide, .. many]);

        Assert.Equal((0, ""), await EndAsync(Letters));
        Assert.Equal((0, ""), await EndAsync($"{Letters} --confirm --json"));

        var rows = Rows("letters.confirmed.csv");
        Assert.Equal(1_004, rows.Count);
        Assert.All(rows.Skip(1), row => Assert.Contains(",1043,yes,ALLOW,", row, StringComparison.Ordinal));
        Assert.StartsWith("WIDE,", rows[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_is_away_leaves_unknown_and_exit_code_4_and_resume_asks_for_the_rest_alone()
    {
        Write([.. Enumerable.Range(0, 3).Select(number => $"R{number},1043,send-dunning-notice,reminder,invoice,N-{number},BA-001043,1.00,EUR,,,letter")]);

        var away = await RunAsync(NobodyListens(), Letters);
        Assert.Equal(4, away.ExitCode);
        Assert.Contains("3 of 3 without an answer", away.Error, StringComparison.Ordinal);
        Assert.All(Rows("letters.verdicts.csv").Skip(1), row => Assert.Contains(",UNKNOWN,,UNAVAILABLE: ", row, StringComparison.Ordinal));
        Assert.Equal(0, (await RunAsync(NobodyListens(), $"{Letters} --resume --max-unknown 100%")).ExitCode);
        Assert.Equal(0, (await RunAsync(NobodyListens(), $"{Letters} --resume --max-unknown 3")).ExitCode);
        Assert.Equal(4, (await RunAsync(NobodyListens(), $"{Letters} --resume --max-unknown 99.9%")).ExitCode);

        // One row was judged, one is UNKNOWN, and the command was killed in the middle of the third.
        await File.WriteAllTextAsync(folder["letters.verdicts.csv"], "letter_id,customer,verdict,allowed_amount,reasons,decision_id\nR0,1043,BLOCK,,as it was,token\nR1,1043,UNKNOWN,,,\nR2,10");
        Assert.Equal((0, ""), await EndAsync($"{Letters} --resume"));
        Assert.Equal(["R0,1043,BLOCK", "R1,1043,ALLOW", "R2,1043,ALLOW"], Rows("letters.verdicts.csv").Skip(1).Select(row => Start(row, 3)));
        Assert.Contains("as it was,token", Rows("letters.verdicts.csv")[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_judged_is_on_the_disk_when_the_command_is_killed_or_interrupted_over_the_next_batch(bool killed)
    {
        await using var service = await ScriptedService.StartAsync();
        using var hanging = new ManualResetEventSlim();
        var batches = 0;
        service.Script.CheckBatch = request =>
        {
            if (Interlocked.Increment(ref batches) > 1)
            {
                hanging.Wait();
            }

            return new CheckActionBatchResponse { Results = { request.Actions.Select(_ => new CheckActionResult { Decision = new Decision { Verdict = Verdict.Block, DecisionId = "kept" } }) } };
        };
        Write([.. Enumerable.Range(0, 1_500).Select(number => $"K{number},1043,send-dunning-notice,reminder,invoice,N-{number},BA-001043,1.00,EUR,,,letter")]);

        await using (var command = CliProcess.Start(["guard-run", Letters, "--address", service.Address, "--timeout", "10m"]))
        {
            await Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref batches) > 1), "the second batch is asked");
            if (!killed)
            {
                Assert.Equal(1, await command.InterruptAsync());
                Assert.Contains("error: cancelled", command.Errors);
            }
        }

        hanging.Set();
        Assert.Equal(1_001, Rows("letters.verdicts.csv").Count);
        Assert.Equal((0, ""), await EndAsync($"{Letters} --resume"));
        var rows = Rows("letters.verdicts.csv");
        Assert.Equal(Enumerable.Range(0, 1_500).Select(number => $"K{number},1043,{(number < 1_000 ? "BLOCK" : "ALLOW")}"), rows.Skip(1).Select(row => Start(row, 3)));
    }

    [Fact]
    public async Task A_letter_that_the_service_refuses_is_unknown_and_stops_no_other()
    {
        Write(
            "S1,1043,send-dunning-notice,reminder,customer,1042,,1.00,EUR,,,letter",
            "S2,1043,send-dunning-notice,reminder,invoice,N-1,BA-001043,1.00,EUR,,,letter");

        Assert.Equal(4, (await EndAsync(Letters)).ExitCode);
        Assert.Equal(["S1,1043,UNKNOWN", "S2,1043,ALLOW"], Rows("letters.verdicts.csv").Skip(1).Select(row => Start(row, 3)));
    }

    [Fact]
    public async Task A_file_of_answers_that_is_there_already_is_never_overwritten_unasked()
    {
        Write("T1,1043,send-dunning-notice,reminder,invoice,N-1,BA-001043,1.00,EUR,,,letter");
        await File.WriteAllTextAsync(folder["letters.verdicts.csv"], "kept");

        var ran = await RunAsync(Host, Letters);

        Assert.Equal(2, ran.ExitCode);
        Assert.Contains("--resume", ran.Error, StringComparison.Ordinal);
        Assert.Equal("kept", await File.ReadAllTextAsync(folder["letters.verdicts.csv"]));
    }

    [Theory]
    [InlineData("letters.csv:1: ", "")]
    [InlineData("letters.csv:1: there are no lines", Head)]
    [InlineData("letters.csv:1: without the column stage", "letter_id,customer,action\nA,1043,contact\n")]
    [InlineData("letters.csv:1: an unknown column chanel", "letter_id,customer,action,stage,subject_type,subject_id,account,amount,currency,amount_as_of,planned_time,chanel\n")]
    [InlineData("letters.csv:1: the column stage stands there twice", "letter_id,customer,action,stage,stage\n")]
    [InlineData("semicolons", "letter_id;customer;action\n")]
    [InlineData("letters.csv:3: 13 cells where the head has 12", Head + Good + "B,1043,send-dunning-notice,reminder,invoice,N-1,BA-1,27,50,EUR,,,letter\n")]
    [InlineData("letters.csv:3: amount 27,50: write it with a decimal point", Head + Good + "B,1043,send-dunning-notice,reminder,invoice,N-1,BA-1,\"27,50\",EUR,,,letter\n")]
    [InlineData("letters.csv:3: amount -1", Head + Good + "B,1043,send-dunning-notice,reminder,invoice,N-1,BA-1,-1,EUR,,,letter\n")]
    [InlineData("letters.csv:3: currency eur", Head + Good + "B,1043,send-dunning-notice,reminder,invoice,N-1,BA-1,1,eur,,,letter\n")]
    [InlineData("letters.csv:3: action dance", Head + Good + "B,1043,dance,reminder,invoice,N-1,BA-1,1,EUR,,,letter\n")]
    [InlineData("letters.csv:3: stage : choose", Head + Good + "B,1043,send-dunning-notice,,invoice,N-1,BA-1,1,EUR,,,letter\n")]
    [InlineData("letters.csv:3: account: invoice N-1 needs the account", Head + Good + "B,1043,send-dunning-notice,reminder,invoice,N-1,,1,EUR,,,letter\n")]
    [InlineData("letters.csv:3: planned_time morgen", Head + Good + "B,1043,send-dunning-notice,reminder,invoice,N-1,BA-1,1,EUR,,morgen,letter\n")]
    [InlineData("letters.csv:3: customer is another one than on line 2", Head + Good + "A,1042,send-dunning-notice,reminder,invoice,N-2,BA-1,1,EUR,,,letter\n")]
    [InlineData("letters.csv:3: the last line does not end", Head + Good + "B,1043,send-dunning-notice,reminder,invoice,N-1,BA-1,1,EUR,,,let")]
    [InlineData("letters.csv:3: the last line does not end", Head + Good + "B,1043,send-dun")]
    [InlineData("letters.csv:3: a quote that is not closed", Head + Good + "\"B,1043,send-dunning-notice,reminder,invoice,N-1,BA-1,1,EUR,,,letter\n")]
    [InlineData("letters.csv:3: a quote in the middle", Head + Good + "B\"B,1043,send-dunning-notice,reminder,invoice,N-1,BA-1,1,EUR,,,letter\n")]
    public async Task A_file_that_is_wrong_is_one_line_with_file_and_line_and_nothing_is_sent_or_lost(string expected, string text)
    {
        await File.WriteAllTextAsync(Letters, text);
        var judged = "letter_id,customer,verdict,allowed_amount,reasons,decision_id\nA,1043,BLOCK,,,token\n";
        await File.WriteAllTextAsync(folder["letters.verdicts.csv"], judged);

        // Nobody listens there: a command that sent something would end with 4.
        var ran = await RunAsync(NobodyListens(), $"{Letters} --resume");

        Assert.Equal((2, ""), (ran.ExitCode, ran.Output));
        Assert.Contains(expected, ran.Error, StringComparison.Ordinal);
        Assert.Equal(1, ran.Error.Count(c => c == '\n'));
        Assert.Equal(judged, await File.ReadAllTextAsync(folder["letters.verdicts.csv"]));
    }

    [Fact]
    public async Task Utf_8_is_read_with_and_without_a_byte_order_mark_and_nothing_else()
    {
        var text = Head + "É1,1043,send-dunning-notice,reminder,invoice,N-1,BA-001043,1.00,EUR,,,letter\r\n";
        foreach (var encoding in new[] { new UTF8Encoding(true), new UTF8Encoding(false) })
        {
            await File.WriteAllTextAsync(Letters, text, encoding);
            Assert.Equal((0, ""), await EndAsync($"{Letters} --out {folder[$"{encoding.GetPreamble().Length}.csv"]}"));
            Assert.StartsWith("É1,1043,ALLOW,", Rows($"{encoding.GetPreamble().Length}.csv")[1], StringComparison.Ordinal);
        }

        foreach (var (encoding, line) in new (Encoding, int)[] { (Encoding.Unicode, 1), (Encoding.BigEndianUnicode, 1), (new UnicodeEncoding(false, false), 2), (Encoding.Latin1, 2) })
        {
            await File.WriteAllTextAsync(Letters, text, encoding);
            var ran = await RunAsync(Host, Letters);
            Assert.Equal(2, ran.ExitCode);
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"letters.csv:{line}: "), ran.Error, StringComparison.Ordinal);
            Assert.Contains("UTF-8", ran.Error, StringComparison.Ordinal);
        }
    }

    private const string Good = "A,1043,send-dunning-notice,reminder,invoice,N-0,BA-1,1,EUR,,,letter\n";

    private void Write(params string[] lines) => File.WriteAllText(Letters, Head + string.Concat(lines.Select(line => line + "\n")));

    private List<string> Rows(string file)
    {
        var text = File.ReadAllText(folder[file]);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        return [.. text.TrimEnd('\n').Split('\n')];
    }

    private static string Start(string row, int cells) => string.Join(',', row.Split(',').Take(cells));

    private async Task<(int ExitCode, string Error)> EndAsync(string typed)
    {
        var ran = await RunAsync(Host, typed);
        return (ran.ExitCode, ran.Error);
    }

    private static Task<Ended> RunAsync(DossierHost host, string typed) => RunAsync(host.Address, typed);

    private static async Task<Ended> RunAsync(string address, string typed)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await DossierCommand.RunAsync(["guard-run", .. typed.Split(' '), "--address", address, "--timeout", "30s", "--system", "administration"], output, error);
        return new Ended(exitCode, output.ToString(), error.ToString());
    }

    private static string NobodyListens()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"http://{listener.LocalEndpoint}";
    }
}
