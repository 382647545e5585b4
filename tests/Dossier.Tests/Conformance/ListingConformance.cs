using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Dossier.Tests.ConformanceTests;

/// <summary>What the stores hold is read the same on every vendor: every page, every interaction, every section, every subject.</summary>
/// <typeparam name="TServers">The vendor's databases.</typeparam>
public abstract class ListingConformance<TServers>(SampleHosts<TServers> hosts) : IClassFixture<SampleHosts<TServers>>
    where TServers : Servers, new()
{
    // 2100 has more than a thousand calls, 2200 as many conversations; 2172 has interactions in all three stores.
    private static readonly string[] Busy = ["2100", "2200"];
    private readonly Dictionary<string, List<Interaction>> references = new(StringComparer.Ordinal);

    [ServerFact]
    public async Task Pages_of_every_size_give_every_interaction_once_and_in_order()
    {
        foreach (var customer in Busy.Append("2172"))
        {
            var reference = await ReferenceAsync(customer);
            foreach (var sizes in (int[][])[[200], [50], [7], [3, 50, 1, 200, 17, 2]])
            {
                Assert.Equal(reference, await hosts.Host.ListAsync(Of(customer), sizes));
            }
        }

        Assert.Equal(await ReferenceAsync("2172"), await hosts.Host.ListAsync(Of("2172"), 1));
    }

    [ServerFact]
    public async Task Pages_of_one_give_what_larger_ones_give()
    {
        foreach (var customer in Busy)
        {
            var reference = await ReferenceAsync(customer);
            var request = Of(customer);
            request.PageSize = 1;
            for (var page = 0; page < 150; page++)
            {
                var answer = await hosts.Host.Dossiers.ListInteractionsAsync(request);
                Assert.Equal(reference[page], Assert.Single(answer.Interactions));
                request.PageToken = answer.NextPageToken;
            }
        }
    }

    [ServerFact]
    public async Task Messages_come_with_their_interactions()
    {
        foreach (var customer in (string[])["2200", "2172", "1042", "1047"])
        {
            var request = new ListInteractionsRequest { Parent = $"customers/{customer}", IncludeMessages = true };
            var reference = await hosts.Sqlite.ListAsync(request.Clone(), 200);
            Assert.Contains(reference, interaction => interaction.Messages.Count > 1);
            Assert.Equal(reference, await hosts.Host.ListAsync(request, 40));
        }
    }

    [ServerFact]
    public async Task Time_and_channels_bound_a_listing()
    {
        foreach (var customer in Busy.Append("2172"))
        {
            var all = await ReferenceAsync(customer);
            foreach (var (from, to) in ((int, int)[])[(all.Count * 2 / 3, all.Count / 3), (all.Count - 1, 0), (all.Count / 2, (all.Count / 2) - 1)])
            {
                var request = Of(customer);
                (request.StartTime, request.EndTime) = (all[from].OccurTime, all[to].OccurTime);
                var within = all.Where(interaction => interaction.OccurTime >= request.StartTime && interaction.OccurTime < request.EndTime).ToList();
                Assert.Equal(within, await hosts.Host.ListAsync(request.Clone(), 200));
                Assert.Equal(within, await hosts.Host.ListAsync(request, 33));
            }

            // The rarest channels lie behind a thousand others.
            var rare = all.GroupBy(interaction => interaction.Channel).OrderBy(channel => channel.Count()).Take(2).Select(channel => channel.Key).ToList();
            var filtered = Of(customer);
            filtered.Channels.AddRange(rare);
            Assert.Equal(all.Where(interaction => rare.Contains(interaction.Channel)), await hosts.Host.ListAsync(filtered, 5));
        }

        var nothing = Of("2100");
        nothing.EndTime = new Timestamp { Seconds = 1 };
        Assert.Empty(await hosts.Host.ListAsync(nothing, 200));
    }

    [ServerFact]
    public async Task Every_interaction_is_read_by_its_name_with_its_messages()
    {
        foreach (var customer in (string[])["2100", "2200", "2172", "1042", "1047", "1051"])
        {
            var all = await ReferenceAsync(customer);
            foreach (var interaction in all.Where((_, index) => index % Math.Max(1, all.Count / 12) == 0))
            {
                var request = new GetInteractionRequest { Name = interaction.Name };
                var reference = (await hosts.Sqlite.Dossiers.GetInteractionAsync(request)).Interaction;
                Assert.Equal(interaction.Name, reference.Name);
                Assert.Equal(reference, (await hosts.Host.Dossiers.GetInteractionAsync(request)).Interaction);
            }
        }
    }

    [ServerFact]
    public async Task Every_section_may_be_read_alone()
    {
        foreach (var section in System.Enum.GetValues<Section>().Where(section => section != Section.Unspecified))
        {
            foreach (var customer in (string[])["1042", "1044", "1050", "2172"])
            {
                Assert.Equal(Bare(await hosts.Sqlite.GetAsync(customer, section)), Bare(await hosts.Host.GetAsync(customer, section)));
            }
        }
    }

    [ServerFact]
    public async Task A_households_telephone_finds_the_same_possible_interactions()
    {
        foreach (var customer in (string[])["1045", "1046"])
        {
            var request = new GetDossierRequest { Name = $"customers/{customer}/dossier", InteractionCount = 200, IncludePossibleInteractions = true };
            var reference = (await hosts.Sqlite.Dossiers.GetDossierAsync(request)).Dossier;
            var dossier = (await hosts.Host.Dossiers.GetDossierAsync(request)).Dossier;

            Assert.Equal(2, reference.PossibleInteractions.Count(interaction => interaction.Source == "sources/telephony"));
            Assert.Equal(reference.PossibleInteractions, dossier.PossibleInteractions);
            Assert.Equal(reference.Interactions, dossier.Interactions);
            Assert.Empty(dossier.PossibleInteractions.Select(interaction => interaction.Name).Intersect(dossier.Interactions.Select(interaction => interaction.Name)));
        }
    }

    [ServerFact]
    public async Task Subjects_are_looked_up_in_the_source_that_owns_them()
    {
        var whole = await hosts.Host.GetAsync("1044");
        var line = whole.Invoices.SelectMany(invoice => invoice.Lines).First();
        var invoice = whole.Invoices.First(invoice => invoice.Lines.Contains(line));
        var subjects = (Subject[])
        [
            new() { Type = SubjectType.Invoice, Id = invoice.Number },
            new() { Type = SubjectType.InvoiceLine, Id = line.Id },
            new() { Type = SubjectType.BillingAccount, Id = "BA-001044" },
            new() { Type = SubjectType.Product, Id = whole.Products[0].Id },
            Agreed.Whole("1044"),
        ];
        foreach (var subject in subjects)
        {
            var request = Agreed.Create("1044", new Effect { DunningBlock = new DunningBlock { Reason = DunningBlock.Types.Reason.Disputed }, Subjects = { subject } });
            request.ValidateOnly = true;
            var reference = (await hosts.Sqlite.Agreements.CreateAgreementAsync(request, Calls.Webcare)).Agreement.Effects[0].Subjects[0];
            Assert.Equal(Verification.Verified, reference.Verification);
            Assert.Equal(reference, (await hosts.Host.Agreements.CreateAgreementAsync(request, Calls.Webcare)).Agreement.Effects[0].Subjects[0]);
        }

        foreach (var (customer, id, reason) in ((string, string, string)[])
            [("1042", invoice.Number, "SUBJECT_OF_OTHER_CUSTOMER"), ("1044", "no-such-invoice", "SUBJECT_NOT_FOUND"), ("1044", invoice.Number.ToUpperInvariant() + "x", "SUBJECT_NOT_FOUND")])
        {
            Assert.Equal(reason, (await Refused.ByAsync(async () => await hosts.Host.Agreements.CreateAgreementAsync(StoryTests.CreditOf(customer, id), Calls.Webcare))).Reason);
        }
    }

    private static ListInteractionsRequest Of(string customer) => new() { Parent = $"customers/{customer}" };

    private static string Bare(V1.Dossier dossier)
    {
        Assert.Empty(dossier.Unreachable);
        var bare = new V1.Dossier
        {
            Customer = dossier.Customer?.Clone(),
            Attention = { dossier.Attention },
            Interactions = { dossier.Interactions },
            Agreements = { dossier.Agreements },
            Conflicts = { dossier.Conflicts },
            Products = { dossier.Products },
            Invoices = { dossier.Invoices },
            DunningNotices = { dossier.DunningNotices },
            Payments = { dossier.Payments },
        };
        foreach (var conflict in bare.Conflicts)
        {
            (conflict.FirstSeenTime, conflict.LastSeenTime) = (null, null);
        }

        foreach (var link in bare.Customer?.Keys ?? [])
        {
            link.LinkTime = null;
        }

        return JsonFormatter.Default.Format(bare) + string.Join(' ', dossier.Sources.Select(source => $"{source.Source} {source.State} {source.Sections}"));
    }

    private async Task<List<Interaction>> ReferenceAsync(string customer)
    {
        if (!references.TryGetValue(customer, out var reference))
        {
            references.Add(customer, reference = await hosts.Sqlite.ListAsync(Of(customer), 200));
        }

        return reference;
    }
}

public sealed class SqliteListingTests(SampleHosts<SqliteServers> hosts) : ListingConformance<SqliteServers>(hosts);

[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class PostgresListingTests(SampleHosts<PostgresServers> hosts) : ListingConformance<PostgresServers>(hosts);

[NeedsServer(SqlServerServers.Variable, alsoInCI: false)]
public sealed class SqlServerListingTests(SampleHosts<SqlServerServers> hosts) : ListingConformance<SqlServerServers>(hosts);
