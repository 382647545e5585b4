using Dossier.Agreements;
using Dossier.Host;
using Dossier.Registry;
using Dossier.Sources;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dossier.Dossiers;

/// <summary>Which part of a dossier is wanted.</summary>
/// <param name="Answer">The sections of the answer.</param>
/// <param name="Read">The sections to read: conflicts and attention follow from others.</param>
/// <param name="InteractionCount">How many interactions.</param>
/// <param name="WithKeys">The customer's keys too.</param>
public sealed record DossierScope(IReadOnlySet<Section> Answer, IReadOnlySet<Section> Read, int InteractionCount, bool WithKeys)
{
    private static readonly Section[] Told = [Section.Customer, Section.Agreements, Section.Invoices, Section.DunningNotices, Section.Interactions];

    public static DossierScope Brief(int count) => new(
        new HashSet<Section> { Section.Customer, Section.Interactions },
        new HashSet<Section>(Told) { Section.Conflicts },
        count == 0 ? 5 : count,
        WithKeys: false);

    public static DossierScope Full(int count)
    {
        var all = System.Enum.GetValues<Section>().Where(section => section != Section.Unspecified).ToHashSet();
        return new DossierScope(all, all, count == 0 ? 20 : count, WithKeys: true);
    }

    public static DossierScope Of(IEnumerable<Section> sections, int count)
    {
        var answer = sections.ToHashSet();
        var read = answer.ToHashSet();
        if (answer.Contains(Section.Conflicts))
        {
            read.UnionWith([Section.Agreements, Section.Invoices, Section.DunningNotices]);
        }

        if (answer.Contains(Section.Messages))
        {
            answer.Add(Section.Interactions);
            read.Add(Section.Interactions);
        }

        return new DossierScope(answer, read, count == 0 ? 20 : count, WithKeys: answer.Contains(Section.Customer));
    }
}

/// <summary>Reads all sources and puts one dossier together.</summary>
public sealed class Assembler(
    CustomerReader reader, RegistryDatabase registry, RegistryIdentity identity, DossierOptions options, TimeZoneInfo zone, TimeProvider clock, ILogger<Assembler> log)
{
    public async Task<V1.Dossier> AssembleAsync(
        string customer, DossierScope scope, bool possible, long minSequence, Permitted permitted, Budget budget, CancellationToken caller)
    {
        var reading = await reader.ReadAsync(
            new ReadingRequest
            {
                Customer = customer,
                Blocks = store => SectionBlocks.Of(store, scope.Read),
                Limit = scope.InteractionCount + 1,
                Agreements = scope.Read.Contains(Section.Agreements) && permitted.Allows(Section.Agreements, SourceStates.RegistryName),
                Conflicts = scope.Read.Contains(Section.Conflicts),
                Permitted = permitted,
                Shared = possible,
                MinSequence = minSequence,
            },
            budget,
            caller);
        reading.ThrowIfUnknown();

        var now = clock.GetUtcNow();
        var dossier = new V1.Dossier
        {
            Name = ResourceNames.DossierOf(customer),
            AssembleTime = Timestamp.FromDateTimeOffset(now),
            RegistrySequence = reading.Registry.Sequence,
            Unreachable = { reading.Unreachable },
        };
        Fill(dossier, reading, scope, permitted, now);
        if (scope.Read.Contains(Section.Conflicts) && permitted.Allows(Section.Conflicts, SourceStates.RegistryName))
        {
            await ContradictAsync(dossier, reading, permitted, budget, now, caller);
        }

        dossier.Attention.AddRange(Attention.Lines(dossier, now, zone));
        var states = SourceStates.Of(reading, scope.Answer, permitted, dossier);
        dossier.Sources.AddRange(states);
        Trim(dossier, scope);
        Telemetry.DossierGiven(dossier.Unreachable.Count > 0);
        return dossier;
    }

    private void Fill(V1.Dossier dossier, CustomerReading reading, DossierScope scope, Permitted permitted, DateTimeOffset now)
    {
        var facts = reading.Reads.Select(read => read.Facts).ToList();
        if (reading.Reads.Where(read => permitted.Allows(Section.Customer, read.Store.Name)).ToList() is { Count: > 0 } identified)
        {
            dossier.Customer = Merge.Customer(reading.Customer, identified, reading.Registry.Links, scope.WithKeys);
        }

        dossier.Agreements.AddRange(reading.Registry.Agreements
            .Select(agreement => AgreementRules.At(agreement, now))
            .Where(agreement => AgreementRules.IsLive(agreement, now)));
        dossier.Invoices.AddRange(Merge.Invoices(facts));
        dossier.DunningNotices.AddRange(facts.SelectMany(source => source.DunningNotices.Take(ChannelStore.SectionLimit))
            .OrderByDescending(notice => Days.Number(notice.IssueDate)));
        dossier.Payments.AddRange(facts.SelectMany(source => source.Payments.Take(ChannelStore.SectionLimit))
            .OrderByDescending(payment => Days.Number(payment.PaymentDate)));
        dossier.Products.AddRange(facts.SelectMany(source => source.Products.Take(ChannelStore.SectionLimit)));
        var actions = reading.Registry.Actions.Select(row => ActionContent.At(row, now)).ToList();
        dossier.ActionsUnderWay.AddRange(ActionContent.UnderWay(actions));
        dossier.RecentActions.AddRange(ActionContent.Lately(actions, now));
        var page = InteractionPage.Take(reading, scope.InteractionCount, InteractionFilter.None, previous: null);
        dossier.Interactions.AddRange(page.Interactions);
        dossier.NextPageToken = page.Next is { } next
            ? (next with { Query = InteractionPage.Query(reading.Customer, InteractionFilter.None), Epoch = identity.Epoch }).Encode(identity.SigningKey)
            : "";

        // What a key of the customer's own has found is certain, whatever else finds it.
        var certain = facts.SelectMany(source => source.Interactions.Select(found => (source.Source, found.Id))).ToHashSet();
        foreach (var read in reading.SharedReads)
        {
            dossier.PossibleInteractions.AddRange(read.Facts.Interactions
                .Where(found => !certain.Contains((read.Facts.Source, found.Id)))
                .Take(scope.InteractionCount)
                .Select(found => Merge.Named(reading.Customer, read.Facts, found)));
        }
    }

    /// <summary>
    /// Shows what contradicts, with what is known of each conflict; and remembers what is new of it, so that it can be resolved by the
    /// name and etag that are shown, and listed for whoever must solve it. What is remembered is everybody's: a caller who may see only a part
    /// of the facts is shown what contradicts in that part, and changes nothing.
    /// </summary>
    private async Task ContradictAsync(V1.Dossier dossier, CustomerReading reading, Permitted permitted, Budget budget, DateTimeOffset now, CancellationToken caller)
    {
        var seen = Sightings.Of(reading, options.Systems.Keys, now, zone);
        var stored = reading.Registry.Conflicts;
        if (reading.Registry.State == SourceState.Ok && SeenConflicts.Differ(seen, stored) && Sightings.IsWhole(reading, permitted))
        {
            try
            {
                stored = await registry.SeeAsync(reading.Customer, seen, budget.Share(0.25, registry.Deadline), caller);
            }
            catch (DossierException down)
            {
                Log.ConflictsNotRemembered(log, down.InnerException?.Message ?? down.Message);
            }
        }

        dossier.Conflicts.AddRange(SeenConflicts.Told(seen, stored, now));
    }

    private static void Trim(V1.Dossier dossier, DossierScope scope)
    {
        void Unless(Section section, Action clear)
        {
            if (!scope.Answer.Contains(section))
            {
                clear();
            }
        }

        Unless(Section.Customer, () => dossier.Customer = null);
        Unless(Section.Interactions, () =>
        {
            dossier.Interactions.Clear();
            dossier.NextPageToken = "";
        });
        Unless(Section.Agreements, () =>
        {
            dossier.Agreements.Clear();
            dossier.ActionsUnderWay.Clear();
            dossier.RecentActions.Clear();
        });
        while (dossier.Agreements.Count > SourceStates.MostAgreements)
        {
            dossier.Agreements.RemoveAt(dossier.Agreements.Count - 1);
        }

        Unless(Section.Conflicts, dossier.Conflicts.Clear);
        Unless(Section.Products, dossier.Products.Clear);
        Unless(Section.Invoices, dossier.Invoices.Clear);
        Unless(Section.DunningNotices, dossier.DunningNotices.Clear);
        Unless(Section.Payments, dossier.Payments.Clear);
    }
}
