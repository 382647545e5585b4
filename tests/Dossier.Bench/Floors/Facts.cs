using Dossier.Agreements;
using Dossier.Dossiers;
using Dossier.Registry;
using Dossier.Sources;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dossier.Bench.Floors;

/// <summary>
/// What a reference program has read of one customer, and the answer that comes of it: the very message that the service gives, for the
/// same sections. What the service computes of the facts (attention, the state of agreements) is computed by the same pure functions.
/// So what differs between the programs is how they come to the facts.
/// </summary>
internal sealed class Facts(string customer)
{
    /// <summary>What GetDossier is asked for: 5-6 KB of who it is, the last 20 interactions, invoices, notices and live agreements.</summary>
    public static readonly Section[] Sections = [Section.Customer, Section.Interactions, Section.Agreements, Section.Invoices, Section.DunningNotices];

    public const int MostInteractions = 20;
    public const int MostItems = 200;
    private static readonly TimeZoneInfo Zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Amsterdam");

    public string Customer { get; } = customer;

    public long Sequence { get; set; }

    public List<KeyLinkRow> Links { get; } = [];

    public List<AgreementRow> Agreements { get; } = [];

    public List<AcknowledgementRow> Acknowledgements { get; } = [];

    public List<ActionRow> Actions { get; } = [];

    public Customer Who { get; set; } = new();

    public List<Interaction> Letters { get; } = [];

    public List<Interaction> Calls { get; } = [];

    public List<Interaction> Conversations { get; } = [];

    public List<Invoice> Invoices { get; } = [];

    public List<DunningNotice> Notices { get; } = [];

    /// <summary>The keys of the customer's own by which stores are read.</summary>
    public IEnumerable<string> Keys(KeyType type) => Links.Where(link => link.Exclusive && link.Type == type).Select(link => link.KeyValue);

    public IEnumerable<SocialId> SocialIds() => Keys(KeyType.SocialId).Select(value => Sources.Keys.Decode(KeyType.SocialId, value).SocialId);

    public GetDossierResponse ToAnswer(DateTimeOffset now)
    {
        Who.Name = ResourceNames.Customer(Customer);
        Who.Keys.AddRange(Links.Select(link => link.ToMessage(Sources.Keys.Decode)));
        var dossier = new V1.Dossier
        {
            Name = ResourceNames.DossierOf(Customer),
            Customer = Who,
            AssembleTime = Timestamp.FromDateTimeOffset(now),
            RegistrySequence = Sequence,
        };
        dossier.Agreements.AddRange(AgreementContent.JoinAll(Agreements, Acknowledgements)
            .Select(agreement => AgreementRules.At(agreement, now)).Where(agreement => AgreementRules.IsLive(agreement, now)).Take(50));
        dossier.Invoices.AddRange(Invoices.Take(MostItems));
        dossier.DunningNotices.AddRange(Notices.Take(MostItems));
        var actions = Actions.Select(row => ActionContent.At(row, now)).ToList();
        dossier.ActionsUnderWay.AddRange(ActionContent.UnderWay(actions));
        dossier.RecentActions.AddRange(ActionContent.Lately(actions, now));

        // Each store's own order stays: the sort is stable, and the stores stand in the order of their names.
        dossier.Interactions.AddRange(Letters.Concat(Calls).Concat(Conversations).OrderByDescending(one => one.OccurTime.Seconds).ThenByDescending(one => one.OccurTime.Nanos).Take(MostInteractions));
        dossier.Attention.AddRange(Attention.Lines(dossier, now, Zone));
        AddSources(dossier, now);
        return new GetDossierResponse { Dossier = dossier };
    }

    private void AddSources(V1.Dossier dossier, DateTimeOffset now)
    {
        dossier.Sources.Add(Source(
            "administration",
            now,
            Of(Section.Customer, 1),
            Of(Section.Interactions, dossier.Interactions.Count(one => one.Source == "sources/administration"), Letters.Count),
            Of(Section.Invoices, Math.Min(Invoices.Count, MostItems)),
            Of(Section.DunningNotices, Math.Min(Notices.Count, MostItems))));
        dossier.Sources.Add(Source("telephony", now, Of(Section.Interactions, dossier.Interactions.Count(one => one.Source == "sources/telephony"), Calls.Count)));
        dossier.Sources.Add(Source(
            "webcare", now, Of(Section.Customer, 0), Of(Section.Interactions, dossier.Interactions.Count(one => one.Source == "sources/webcare"), Conversations.Count)));
        dossier.Sources.Add(Source("registry", now, Of(Section.Agreements, dossier.Agreements.Count)));
    }

    private static SourceStatus Source(string name, DateTimeOffset now, params SectionStatus[] sections) => new()
    {
        Source = ResourceNames.Source(name),
        State = SourceState.Ok,
        AsOf = Timestamp.FromDateTimeOffset(now),
        Elapsed = new Duration { Nanos = 1_000_000 },
        Sections = { sections },
    };

    private static SectionStatus Of(Section section, int shown, int given = 0) => new() { Section = section, State = SourceState.Ok, ItemCount = shown, More = given > shown };
}
