using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dossier.V1;
using Kind = Dossier.V1.Conflict.Types.Kind;

namespace Dossier.Agreements;

/// <summary>Facts that contradict each other, found by pure functions, with evidence from both sides.</summary>
public static partial class Conflicts
{
    private const string BillingSystem = "administration";

    /// <summary>As many of one sort are told: who has more has a fault in his data, 200 equal charges are 19,900 pairs.</summary>
    public const int MostOfAKind = 100;

    // Of which several may show the same conflict.
    private const int MostSeen = 2_000;

    /// <param name="facts">Of one customer.</param>
    /// <param name="cut">Takes the kinds of which there are more than are told: what is not among them may be there all the same.</param>
    public static IReadOnlyList<Conflict> Find(Facts facts, ISet<Kind>? cut = null) =>
    [
        .. Bounded(BillsAgainstAgreements(facts), cut, Kind.BillContradictsAgreement)
            .Concat(Bounded(ActionsAfterAgreements(facts), cut, Kind.ActionAfterAgreement))
            .Concat(Bounded(DuplicateCharges(facts), cut, Kind.DuplicateCharge))
            .Concat(Bounded(Contradictions(facts), cut, Kind.AgreementsContradict))
            .Concat(Bounded(Mismatches(facts), cut, Kind.AmountMismatch))
            .Concat(Bounded(UnknownSubjects(facts), cut, Kind.SubjectUnknown))
            .Concat(Bounded(Unacknowledged(facts), cut, Kind.AcknowledgementOverdue, Kind.AcknowledgementRejected))
            .Concat(Bounded(Uninformed(facts), cut, Kind.CustomerNotInformed))
            .GroupBy(conflict => conflict.Name, StringComparer.Ordinal)
            .Select(Joined),
    ];

    /// <summary>The kinds that a reading can judge: what it does not find of them is not there.</summary>
    /// <param name="registry">The registry answered.</param>
    /// <param name="bills">Every source of invoices answered with all that it has.</param>
    /// <param name="notices">The same of dunning notices, and of actions that were reported.</param>
    /// <param name="subjects">Every PENDING subject could be looked up.</param>
    public static IReadOnlySet<Kind> Judged(bool registry, bool bills, bool notices, bool subjects)
    {
        var judged = new HashSet<Kind>();
        void If(bool known, params Kind[] kinds) => judged.UnionWith(known ? kinds : []);
        If(registry, Kind.AcknowledgementOverdue, Kind.AcknowledgementRejected, Kind.CustomerNotInformed);
        If(bills, Kind.DuplicateCharge);
        If(registry && bills, Kind.BillContradictsAgreement, Kind.AmountMismatch, Kind.AgreementsContradict);
        If(registry && bills && notices, Kind.ActionAfterAgreement);
        If(registry && subjects, Kind.SubjectUnknown);
        return judged;
    }

    /// <summary>By what a conflict is known to be another matter: a hash of its evidence, in whatever order that was found.</summary>
    public static string Fingerprint(Conflict conflict) => Hash(string.Join(
        '\n', conflict.Evidence.Select(evidence => $"{evidence.Source}|{evidence.Resource}|{evidence.Text}").Order(StringComparer.Ordinal)));

    private static IEnumerable<Conflict> Bounded(IEnumerable<Conflict> found, ISet<Kind>? cut, params Kind[] kinds)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var seen = 0;
        foreach (var conflict in found)
        {
            if (++seen > MostSeen || (names.Add(conflict.Name) && names.Count > MostOfAKind))
            {
                cut?.UnionWith(kinds);
                yield break;
            }

            yield return conflict;
        }
    }

    /// <summary>What several agreements or effects show is one conflict, with the evidence of all.</summary>
    private static Conflict Joined(IEnumerable<Conflict> same)
    {
        var one = same.First().Clone();
        one.Evidence.Clear();
        one.Evidence.AddRange(same.SelectMany(conflict => conflict.Evidence).Distinct());
        return one;
    }

    /// <summary>A credited invoice still stands: closes on a credit note that names it, not on an open amount of 0.</summary>
    private static IEnumerable<Conflict> BillsAgainstAgreements(Facts facts)
    {
        foreach (var agreement in facts.Agreements.Where(agreement => AgreementRules.Binds(agreement, facts.Now, facts.Zone)))
        {
            foreach (var number in CreditedInvoices(agreement))
            {
                if (facts.Credited.Contains(number) || facts.Invoice(number) is not { } invoice)
                {
                    continue;
                }

                yield return Make(
                    facts.Customer,
                    Kind.BillContradictsAgreement,
                    facts.OwnerOf(invoice.Source),
                    [new SubjectRef { Type = SubjectType.Invoice, Id = number }],
                    [
                        new ConflictEvidence { Source = ResourceNames.Registry, Resource = agreement.Name, Text = $"Agreed that nothing is owed of invoice {number}." },
                        new ConflictEvidence { Source = invoice.Source, Resource = number, Text = $"Invoice of {Text(invoice.Total)} stands without a credit note; {Text(invoice.OpenAmount)} open." },
                    ]);
            }
        }
    }

    private static IEnumerable<string> CreditedInvoices(Agreement agreement) => agreement.Effects
        .Where(effect => effect.KindCase == Effect.KindOneofCase.CreditInvoice)
        .SelectMany(effect => effect.Subjects)
        .Where(subject => subject.Type == SubjectType.Invoice)
        .Select(subject => subject.Id);

    private static Conflict Make(
        string customer, Kind kind, string owner, IReadOnlyList<SubjectRef> subjects, IReadOnlyList<ConflictEvidence> evidence, string also = "") => new()
    {
        Name = ResourceNames.Conflict(customer, Hash($"{kind}|{string.Join('|', subjects.Select(subject => $"{(int)subject.Type}:{subject.Id}").Order(StringComparer.Ordinal))}|{also}")),
        Kind = kind,
        Owner = ResourceNames.System(owner),
        Subjects = { subjects },
        Evidence = { evidence },
    };

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 12));

    /// <summary>systems/webcare as webcare.</summary>
    private static string NameOf(string resource) => resource[(resource.LastIndexOf('/') + 1)..];

    private static string Text(Google.Type.Money? money) => money is null ? "an unknown amount" : Text(money.ToDecimal(), money.CurrencyCode);

    private static string Text(decimal amount, string currency) => string.Create(CultureInfo.InvariantCulture, $"{currency} {amount:0.00}");

    /// <summary>What is known of one customer.</summary>
    public sealed record Facts
    {
        public required string Customer { get; init; }

        /// <summary>As they are now, with what systems have said.</summary>
        public required IReadOnlyList<Agreement> Agreements { get; init; }

        public IReadOnlyList<Invoice> Invoices { get; init; } = [];

        public IReadOnlyList<DunningNotice> Notices { get; init; } = [];

        public IReadOnlyList<ActionRecord> Actions { get; init; } = [];

        /// <summary>Subjects that were looked up again and are not this customer's.</summary>
        public IReadOnlyList<UnknownSubject> Unknown { get; init; } = [];

        /// <summary>The calling systems: a source of the same name is theirs.</summary>
        public IReadOnlyCollection<string> Systems { get; init; } = [];

        public required DateTimeOffset Now { get; init; }

        public required TimeZoneInfo Zone { get; init; }

        /// <summary>Invoices that a credit note names.</summary>
        internal IReadOnlySet<string> Credited => field ??= CreditNotes.Select(note => note.Corrects).ToHashSet(StringComparer.Ordinal);

        internal IEnumerable<Invoice> CreditNotes => Invoices.Where(invoice => invoice.Type == V1.Invoice.Types.Type.CreditNote && invoice.Corrects.Length > 0);

        internal Invoice? Invoice(string number) => Invoices.FirstOrDefault(candidate => candidate.Number == number);

        internal string OwnerOf(string source) => NameOf(source) is var name && Systems.Contains(name) ? name : BillingSystem;
    }

    /// <summary>A subject of an agreement that its source does not know as this customer's.</summary>
    public sealed record UnknownSubject(string Agreement, SubjectRef Subject, bool OfOtherCustomer);
}
