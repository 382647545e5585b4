using Dossier.Cli;
using Dossier.Tests.Fixtures;
using Dossier.V1;

namespace Dossier.Tests.ServiceTests;

/// <summary><c>dossier demo</c>: the story of customer 1043, to its end, in parts, and again.</summary>
public sealed class DemoTests : IAsyncLifetime
{
    private const string Invoice = "202609-004388";

    private DossierHost host = null!;

    public async Task InitializeAsync() => host = await Patient.StartAsync();

    public async Task DisposeAsync() => await host.DisposeAsync();

    [Fact]
    public async Task The_demo_plays_the_whole_story_and_played_again_it_changes_nothing()
    {
        var played = await PlayAsync("demo");

        AssertHeard(
            played, "1. TELEPHONY", "2. ADMINISTRATION", "3. WEBCARE", "4. ADMINISTRATION", "5. ADMINISTRATION", "6. TELEPHONY", "BLOCK", "ALLOW", "REDUCE", "27.50",
            "U hoeft factuur 202609-004388 niet te betalen", "Confirmed: it may leave now", "under way since", "is recorded as SENT", "An agreement forbade it: 1043/",
            ", made by webcare", "administration: received, due", "FULFILLED by itself", "IN_SYNC", "C202610-000118", "action after agreement");
        var agreement = Assert.Single(await AgreementsAsync());
        Assert.Equal((AgreementState.Fulfilled, SyncState.InSync), (agreement.State, agreement.SyncState));
        Assert.Equal("C202610-000118", Assert.Single(agreement.Acknowledgements).EvidenceId);
        var email = Assert.Single(await ActionsAsync());
        Assert.Equal((ActionState.Sent, "email", Verdict.Allow), (email.State, email.Action.Channel, email.Verdict));
        Assert.Equal(agreement.Name, Assert.Single(email.Against));
        Assert.Contains(Assert.Single(await ConflictsAsync()).Evidence, evidence => evidence.Resource == email.Name);

        var stood = await StandsAsync();
        foreach (var typed in new[] { "demo", "demo --until-agreed", "demo" })
        {
            AssertHeard(await PlayAsync(typed), "This has been played before, to its end", "BLOCK", "REDUCE", "is recorded as SENT");
            Assert.Equal(stood, await StandsAsync());
        }
    }

    [Theory]
    [InlineData("1. TELEPHONY")]
    [InlineData("2. ADMINISTRATION")]
    [InlineData("Confirmed: it may leave now")]
    [InlineData("3. WEBCARE")]
    [InlineData("4. ADMINISTRATION")]
    [InlineData("is recorded as SENT")]
    [InlineData("5. ADMINISTRATION")]
    [InlineData("RECEIVED")]
    [InlineData("APPLIED")]
    [InlineData("6. TELEPHONY")]
    public async Task A_demo_that_was_broken_off_anywhere_is_played_on_to_the_same_end(string at)
    {
        using var output = new BrokenOff(at);
        using var error = new StringWriter();
        Assert.Equal(ExitCode.Unexpected, await DossierCommand.RunAsync(["demo", "--address", host.Address, "--timeout", "30s"], output, error));
        Assert.Equal("error: cancelled", error.ToString().Trim());

        AssertHeard(await PlayAsync("demo"), "5. ADMINISTRATION", "6. TELEPHONY", "action after agreement");

        var agreement = Assert.Single(await AgreementsAsync());
        Assert.Equal((AgreementState.Fulfilled, SyncState.InSync), (agreement.State, agreement.SyncState));
        var email = Assert.Single(await ActionsAsync());
        Assert.Contains(Assert.Single(await ConflictsAsync()).Evidence, evidence => evidence.Resource == email.Name);
    }

    [Fact]
    public async Task Until_administration_takes_it_over_the_story_can_be_taken_back_and_played_again()
    {
        var first = await PlayAsync("demo --until-agreed");
        Assert.DoesNotContain("5. ADMINISTRATION", first, StringComparison.Ordinal);
        Assert.Equal([AgreementState.Active], (await AgreementsAsync()).Select(agreement => agreement.State));

        AssertHeard(await PlayAsync("demo --until-agreed"), "and the story goes on from it");
        AssertHeard(await PlayAsync("demo --until-agreed --reset"), "has been withdrawn", "1. TELEPHONY, before anything is agreed", "left lately");
        Assert.Equal([AgreementState.Active, AgreementState.Withdrawn], (await AgreementsAsync()).Select(agreement => agreement.State).Order());

        await PlayAsync("demo --reset");
        Assert.Equal([AgreementState.Fulfilled, AgreementState.Withdrawn, AgreementState.Withdrawn], (await AgreementsAsync()).Select(agreement => agreement.State).Order());
        Assert.Single(await ActionsAsync());
        Assert.Single(await ConflictsAsync());
    }

    [Fact]
    public async Task A_story_that_was_played_to_its_end_is_not_taken_back_and_the_refusal_says_what_to_do()
    {
        await PlayAsync("demo");
        var stood = await StandsAsync();

        var refused = await RunAsync("demo", "--reset");

        Assert.Equal((ExitCode.Refused, ""), (refused.ExitCode, refused.Output));
        Assert.Single(refused.Error.TrimEnd().Split('\n'));
        Assert.All(
            new[] { "FULFILLED", "cannot be taken back", "stop the service", "data folder (DataDirectory" },
            said => Assert.Contains(said, refused.Error, StringComparison.Ordinal));
        Assert.Equal(stood, await StandsAsync());
    }

    [Theory]
    [InlineData("demo", "look-up", "check-action", "agree", "pending", "ack", "conflicts", "resolve")]
    [InlineData("demo --until-agreed", "look-up", "check-action", "agree", "agreement", "demo")]
    public async Task Every_command_that_the_demo_prints_can_be_pasted(string typed, params string[] expected)
    {
        var demo = await PlayAsync(typed);
        var printed = demo.Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith("$ ", StringComparison.Ordinal)).Distinct().ToList();
        Assert.All(expected, verb => Assert.Contains(printed, line => Words(line)[1] == verb));

        foreach (var line in printed)
        {
            var words = Words(line);
            Assert.EndsWith("dossier", words[0], StringComparison.Ordinal);
            var ran = await RunAsync(words[1..]);
            Assert.True(ran.ExitCode is 0 or 10 or 12, $"{line} ends with {ran.ExitCode}: {ran.Error}");
        }

        await PlayAsync(typed);
    }

    private static void AssertHeard(string played, params string[] said) => Assert.All(said, text => Assert.Contains(text, played, StringComparison.Ordinal));

    /// <summary>Plays, and it must end with the letter that is not sent.</summary>
    private async Task<string> PlayAsync(string typed)
    {
        var ran = await RunAsync(typed.Split(' '));
        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.Equal($"The letter on invoice {Invoice} was not sent.", ran.Lines[^1]);
        return ran.Output;
    }

    private Task<Typed> RunAsync(params string[] args) => Typed.RunAsync([.. args, "--address", host.Address, "--timeout", "30s"]);

    private async Task<IReadOnlyList<Agreement>> AgreementsAsync() =>
        (await host.Agreements.ListAgreementsAsync(new ListAgreementsRequest { Parent = "customers/1043" })).Agreements;

    private async Task<IReadOnlyList<ActionRecord>> ActionsAsync() =>
        (await host.Guard.ListActionsAsync(new ListActionsRequest { Parent = "customers/1043" })).Actions;

    private async Task<IReadOnlyList<Conflict>> ConflictsAsync() => (await host.Agreements.ListConflictsAsync(new ListConflictsRequest
    {
        Parent = "customers/1043",
        Kinds = { Conflict.Types.Kind.ActionAfterAgreement },
        State = Conflict.Types.State.Open,
    })).Conflicts;

    /// <summary>Everything that a demo can change.</summary>
    private async Task<string> StandsAsync() =>
        string.Join('\n', (await AgreementsAsync()).Select(one => one.ToString()).Concat((await ActionsAsync()).Select(one => one.ToString())).Concat((await ConflictsAsync()).Select(one => one.Etag)));

    /// <summary>The words of a printed command line, as a shell takes them apart.</summary>
    private static string[] Words(string line) =>
        [.. line["$ ".Length..].Split('"').SelectMany((part, index) => index % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>Where it is printed, Ctrl-C.</summary>
    private sealed class BrokenOff(string at) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.Contains(at, StringComparison.Ordinal) is true)
            {
                throw new OperationCanceledException();
            }
        }
    }
}
