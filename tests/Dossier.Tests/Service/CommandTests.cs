using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Dossier.Cli;
using Dossier.Tests.Fixtures;
using Dossier.V1;
using Google.Protobuf;

namespace Dossier.Tests.ServiceTests;

/// <summary>The <c>dossier</c> command against the running service: what it prints, what it hands to programs, and its exit codes.</summary>
public sealed class CommandTests
{
    [Theory]
    [InlineData("get 1042", "Marloes de Wit", "202608-004217", "facebook", "Kan niets terugvinden")]
    [InlineData("get 1042 --brief", "Marloes de Wit")]
    [InlineData("look-up --phone +31600001043", "Youssef El Amrani", "1043")]
    [InlineData("look-up --phone 0600001043 --full", "Youssef El Amrani", "202609-004388")]
    [InlineData("interactions 1042", "facebook", "phone", "letter")]
    [InlineData("interactions 1042 --channel facebook --messages", "die hoef je dus niet te betalen")]
    [InlineData("find --phone +31600001043", "1043", "Youssef El Amrani")]
    [InlineData("find --email familie.ijzerman@example.org", "1045", "1046")]
    [InlineData("agreements 1051", "ACTIVE", "1051/", "administrator")]
    [InlineData("sources", "administration", "registry", "telephony", "webcare", "OK")]
    [InlineData("source webcare", "webcare", "OK")]
    [InlineData("health", "SERVING")]
    public async Task A_question_is_answered_with_what_a_person_looks_for(string typed, params string[] expected)
    {
        await using var host = await DossierHost.StartAsync();

        var ran = await RunAsync(host, typed);

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.All(expected, text => Assert.Contains(text, ran.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_conflict_is_listed_closed_with_a_note_and_listed_no_more()
    {
        await using var host = await DossierHost.StartAsync();
        Assert.Equal(0, (await RunAsync(host, "get 1042")).ExitCode);

        var open = await RunAsync(host, "conflicts 1042");
        Assert.Equal((0, ""), (open.ExitCode, open.Error));
        Assert.All(new[] { "duplicate charge", "administration must solve it", "202608-004217" }, text => Assert.Contains(text, open.Output, StringComparison.Ordinal));
        var conflict = Assert.Single((await JsonAsync(host, "conflicts --kind duplicate-charge --owner administration", ListConflictsResponse.Parser)).Conflicts);

        var closed = await RunAsync(host, $"resolve {conflict.Name} --note Teruggeboekt --system administration --agent sanne");
        Assert.Equal((0, ""), (closed.ExitCode, closed.Error));
        Assert.Contains("sanne (administration): Teruggeboekt", closed.Output, StringComparison.Ordinal);
        Assert.Equal("No conflicts.", (await RunAsync(host, "conflicts 1042 --open")).Output.Trim());
        var csv = (await RunAsync(host, "conflicts --all --csv")).Output.Trim().Split('\n');
        Assert.Equal(2, csv.Length);
        Assert.StartsWith("name,kind,state,owner,", csv[0], StringComparison.Ordinal);
        Assert.StartsWith($"{conflict.Name},DUPLICATE_CHARGE,CLOSED,administration,", csv[1], StringComparison.Ordinal);
        Assert.EndsWith(",sanne (administration),Teruggeboekt", csv[1].TrimEnd(), StringComparison.Ordinal);

        Assert.NotEqual(0, (await RunAsync(host, $"resolve {conflict.Name} --note Nogmaals")).ExitCode);
        Assert.NotEqual(0, (await RunAsync(host, "resolve 1042/000000000000000000000000 --note Niets")).ExitCode);
        Assert.NotEqual(0, (await RunAsync(host, "conflicts --open --all")).ExitCode);
    }

    [Fact]
    public async Task Json_is_the_answer_of_the_contract_and_nothing_else()
    {
        await using var host = await DossierHost.StartAsync();

        var dossier = (await JsonAsync(host, "get 1042", GetDossierResponse.Parser)).Dossier;
        Assert.Equal(("customers/1042/dossier", "Marloes de Wit"), (dossier.Name, dossier.Customer.DisplayName));
        Assert.Equal(4, dossier.Sources.Count);
        Assert.Contains(dossier.Invoices, invoice => invoice.Number == "202608-004217" && invoice.Total.Equals(StoryTests.Eur(27.50m)));
        Assert.Equal("customers/1043", Assert.Single((await JsonAsync(host, "look-up --phone +31600001043", LookUpDossierResponse.Parser)).Candidates).Customer);
        var listed = await JsonAsync(host, "interactions 2200 --all", ListInteractionsResponse.Parser);
        Assert.True(listed.Interactions.Count > 1000);
        Assert.Empty(listed.NextPageToken);
        Assert.Equal(listed.Interactions.Count, listed.Interactions.Select(interaction => interaction.Name).Distinct().Count());
        Assert.Equal(
            ["customers/1045", "customers/1046"],
            (await JsonAsync(host, "find --email familie.ijzerman@example.org", ResolveCustomerResponse.Parser)).Candidates.Select(candidate => candidate.Customer).Order());
        Assert.Equal(4, (await JsonAsync(host, "sources", ListSourcesResponse.Parser)).Sources.Count);
        var decided = await JsonAsync(host, "check-action 1043 --action contact --contact-purpose service --channel email", CheckActionResponse.Parser);
        Assert.Equal(Verdict.Allow, decided.Decision.Verdict);
    }

    [Fact]
    public async Task An_agreement_is_made_seen_by_all_and_taken_back()
    {
        await using var host = await DossierHost.StartAsync();
        const string Agree = "agree 1042 --credit-invoice 202608-004217 --channel-made facebook --effective 2026-08-11T20:21+02:00 --system webcare --agent daan";

        var tried = await JsonAsync(host, $"{Agree} --validate-only", CreateAgreementResponse.Parser);
        Assert.Equal(AgreementState.Active, tried.Agreement.State);
        Assert.Empty((await JsonAsync(host, "agreements 1042", ListAgreementsResponse.Parser)).Agreements);

        var id = Guid.NewGuid().ToString();
        var made = await JsonAsync(host, $"{Agree} --request-id {id}", CreateAgreementResponse.Parser);
        Assert.Equal(made, await JsonAsync(host, $"{Agree} --request-id {id}", CreateAgreementResponse.Parser));
        Assert.Equal(("systems/webcare", "daan", "facebook"), (made.Agreement.Origin.System, made.Agreement.Origin.Agent, made.Agreement.Origin.Channel));
        Assert.Equal(made.Agreement, Assert.Single((await JsonAsync(host, "agreements 1042 --state active", ListAgreementsResponse.Parser)).Agreements));
        Assert.Contains("CREDIT_INVOICE", (await RunAsync(host, "get 1042")).Output.Replace(' ', '_'), StringComparison.OrdinalIgnoreCase);

        var name = made.Agreement.Name.Replace("customers/", "", StringComparison.Ordinal).Replace("agreements/", "", StringComparison.Ordinal);
        var withdrawn = await RunAsync(host, $"withdraw {name} --not-informed --reason vergissing");
        Assert.Equal((0, ""), (withdrawn.ExitCode, withdrawn.Error));
        var after = Assert.Single((await JsonAsync(host, "agreements 1042", ListAgreementsResponse.Parser)).Agreements);
        Assert.Equal((AgreementState.Withdrawn, "vergissing", false), (after.State, after.End.Reason, after.End.CustomerInformed.Informed));

        var again = await RunAsync(host, $"withdraw {name} --not-informed --reason vergissing");
        Assert.Equal(5, again.ExitCode);
        Assert.Contains("STATE_NOT_ALLOWED", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_nobody_can_say_to_which_account_an_invoice_belongs_there_is_no_verdict()
    {
        using var folder = TemporaryFolder.WithStores();
        await using var host = await DossierHost.StartAsync(folder.Path);
        File.Delete(folder["administration.db"]);

        var ran = await RunAsync(host, "check-action 1043 --action add-fee --invoice 202609-004388=27.50");

        Assert.Equal(4, ran.ExitCode);
        Assert.Contains("administration (UNREACHABLE)", ran.Error, StringComparison.Ordinal);
        Assert.True(ran.Error.Contains("not every source could be read. There is no verdict: treat it as UNKNOWN", StringComparison.Ordinal), ran.Error);
    }

    [Fact]
    public async Task The_verdict_of_check_action_is_its_exit_code()
    {
        await using var host = await DossierHost.StartAsync();
        const string Letter = "check-action 1043 --action send-dunning-notice --stage reminder --channel letter";

        Assert.Equal((0, "ALLOW"), await VerdictAsync($"{Letter} --invoice 202609-004388=27.50"));
        Assert.Equal(0, (await RunAsync(host, "agree 1043 --credit-invoice 202609-004388 --system webcare")).ExitCode);
        Assert.Equal((10, "BLOCK"), await VerdictAsync($"{Letter} --invoice 202609-004388=27.50"));
        Assert.Equal((0, "ALLOW"), await VerdictAsync($"{Letter} --invoice 202609-003201=27.50"));
        Assert.Equal((12, "REDUCE"), await VerdictAsync($"{Letter} --account BA-001043=55.00"));
        Assert.Equal(0, (await RunAsync(host, "agree 1043 --refund 5.00 --invoice 202609-003201 --system webcare")).ExitCode);
        Assert.Equal((11, "REVIEW"), await VerdictAsync("check-action 1043 --action collect-payment --invoice 202609-003201=27.50"));

        async Task<(int ExitCode, string Word)> VerdictAsync(string typed)
        {
            var person = await RunAsync(host, typed);
            var program = await RunAsync(host, typed + " --json");
            Assert.Equal((person.ExitCode, ""), (program.ExitCode, program.Error));
            var word = JsonParser.Default.Parse<CheckActionResponse>(program.Output).Decision.Verdict.Word();
            Assert.Contains(word, person.Output, StringComparison.Ordinal);
            return (person.ExitCode, word);
        }
    }

    [Fact]
    public async Task A_dossier_without_one_source_is_an_answer_with_a_warning()
    {
        await using var host = await DossierHost.StartAsync();
        File.Delete(host.FileOf("webcare"));

        var ran = await RunAsync(host, "get 1042");
        var json = await RunAsync(host, "get 1042 --json");

        Assert.Equal(0, ran.ExitCode);
        Assert.Contains("webcare", OneLine(ran.Error), StringComparison.Ordinal);
        Assert.Contains("Marloes de Wit", ran.Output, StringComparison.Ordinal);
        Assert.Equal(["sources/webcare"], JsonParser.Default.Parse<GetDossierResponse>(json.Output).Dossier.Unreachable);
    }

    [Theory]
    [InlineData(3, "CUSTOMER_NOT_FOUND", "get 9999")]
    [InlineData(3, "RESOURCE_NOT_FOUND", "agreement 1042/01a11f76-33ab-72a4-a391-a7debae3acba")]
    [InlineData(5, "SUBJECT_OF_OTHER_CUSTOMER", "agree 1042 --credit-invoice 202609-004388")]
    [InlineData(5, "SUBJECT_NOT_FOUND", "agree 1042 --credit-invoice 202601-000001")]
    [InlineData(5, "x-dossier-system", "get 1042 --system nobody")]
    [InlineData(5, "page_token", "interactions 1042 --page-token nonsense")]
    public async Task What_the_service_refuses_is_one_line_with_its_reason_and_an_exit_code(int exitCode, string reason, string typed)
    {
        await using var host = await DossierHost.StartAsync();

        var ran = await RunAsync(host, typed);

        Assert.Equal((exitCode, ""), (ran.ExitCode, ran.Output));
        Assert.Contains(reason, OneLine(ran.Error), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("get")]
    [InlineData("gett 1042")]
    [InlineData("get 1042 --nonsense")]
    [InlineData("agree 1042")]
    [InlineData("agree 1042 --credit-amount ten --ground goodwill --whole-customer")]
    [InlineData("withdraw 1042/01a11f76-33ab-72a4-a391-a7debae3acba --reason vergissing")]
    [InlineData("check-action 1043 --action dance")]
    [InlineData("find")]
    [InlineData("get 1042 --address nonsense")]
    [InlineData("get 1042 --timeout soon")]
    public async Task A_command_that_is_typed_wrongly_sends_nothing_and_says_what_to_type(string typed)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();

        // Nothing listens here: a command that sent something would say so, and end with 4.
        var exitCode = await DossierCommand.RunAsync([.. typed.Split(' '), .. typed.Contains("--address") ? [] : new[] { "--address", NobodyListens() }], output, error);

        Assert.Equal((2, ""), (exitCode, output.ToString()));
        OneLine(error.ToString());
    }

    [Fact]
    public async Task A_service_that_cannot_be_reached_is_one_line_that_says_how_to_start_it()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var address = NobodyListens();

        var exitCode = await DossierCommand.RunAsync(["get", "1042", "--address", address], output, error);

        Assert.Equal((4, ""), (exitCode, output.ToString()));
        Assert.Contains(address, OneLine(error.ToString()), StringComparison.Ordinal);
        Assert.Contains("dotnet run --project src/Dossier", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_does_not_answer_in_time_is_one_line_and_exit_code_4()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var output = new StringWriter();
        using var error = new StringWriter();

        var exitCode = await DossierCommand.RunAsync(["get", "1042", "--address", $"http://{silent.LocalEndpoint}", "--timeout", "300ms"], output, error);

        Assert.Equal((4, ""), (exitCode, output.ToString()));
        Assert.Contains("--timeout", OneLine(error.ToString()), StringComparison.Ordinal);
    }

    private static async Task<T> JsonAsync<T>(DossierHost host, string typed, MessageParser<T> parser)
        where T : IMessage<T>
    {
        var ran = await RunAsync(host, typed + " --json");
        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        using var document = JsonDocument.Parse(ran.Output);
        return parser.ParseJson(ran.Output);
    }

    private static Task<Ended> RunAsync(DossierHost host, string typed) => RunAsync(host, typed.Split(' '));

    private static async Task<Ended> RunAsync(DossierHost host, string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await DossierCommand.RunAsync([.. args, "--address", host.Address, "--timeout", "30s"], output, error);
        return new Ended(exitCode, output.ToString(), error.ToString());
    }

    private static string NobodyListens()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"http://{listener.LocalEndpoint}";
    }

    private static string OneLine(string error)
    {
        var line = error.TrimEnd('\n', '\r');
        Assert.DoesNotContain('\n', line);
        Assert.NotEmpty(line);
        return line;
    }
}
