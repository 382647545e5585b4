using Dapper;

namespace Dossier.Registry;

/// <summary>What of one customer is asked.</summary>
/// <param name="Customer">Whose.</param>
/// <param name="Agreements">Agreements with their acknowledgements, and actions.</param>
/// <param name="Conflicts">Conflicts as they were seen; with agreements only.</param>
public readonly record struct CustomerAsked(string Customer, bool Agreements, bool Conflicts)
{
    private static readonly string[] Least = ["sequence", "keys_of_customer", "knows_customer"];
    private static readonly string[] Bound = ["sequence", "keys_of_customer", "agreements_of_customer", "acknowledgements_of_customer", "actions_of_customer"];
    private static readonly string[] All = [.. Bound, "conflicts_of_customer"];

    /// <summary>In the order in which the rows are read.</summary>
    internal IReadOnlyList<string> Statements => !Agreements ? Least : Conflicts ? All : Bound;

    internal object Parameters => Agreements ? new { customer = Customer, before_id = (string?)null, limit = CustomerRows.Most } : new { customer = Customer };
}

/// <summary>What the registry keeps of one customer, in one state of it.</summary>
public sealed class CustomerRows
{
    /// <summary>The most agreements, and the most actions, that one reading takes.</summary>
    public const int Most = 200;

    public required long Sequence { get; init; }

    /// <summary>There is something of the customer.</summary>
    public required bool IsKnown { get; init; }

    public required IReadOnlyList<KeyLinkRow> Links { get; init; }

    public IEnumerable<AgreementRow> Agreements { get; init; } = [];

    public IEnumerable<AcknowledgementRow> Acknowledgements { get; init; } = [];

    public IReadOnlyList<ActionRow> Actions { get; init; } = [];

    public IReadOnlyList<ConflictRow> Conflicts { get; init; } = [];

    /// <summary>Statement by statement.</summary>
    internal static CustomerRows Of(RegistrySession session, CustomerAsked asked)
    {
        var sequence = session.Sequence();
        var links = session.KeysOf(asked.Customer);
        if (!asked.Agreements)
        {
            return new CustomerRows { Sequence = sequence, Links = links, IsKnown = links.Count > 0 || session.KnowsCustomer(asked.Customer) };
        }

        var agreements = session.AgreementsOf(asked.Customer, null, Most).AsList();
        return new CustomerRows
        {
            Sequence = sequence,
            Links = links,
            IsKnown = links.Count > 0 || agreements.Count > 0,
            Agreements = agreements,
            Acknowledgements = agreements.Count > 0 ? session.AcknowledgementsOf(asked.Customer) : [],
            Actions = session.Actions(asked.Customer, null, Most),
            Conflicts = asked.Conflicts ? session.ConflictsOf(asked.Customer) : [],
        };
    }

    /// <summary>All at once.</summary>
    internal static CustomerRows Of(SqlMapper.GridReader rows, CustomerAsked asked)
    {
        var sequence = rows.ReadSingle<long>();
        var links = rows.Read<KeyLinkRow>().AsList();
        if (!asked.Agreements)
        {
            return new CustomerRows { Sequence = sequence, Links = links, IsKnown = rows.ReadSingle<bool>() };
        }

        var agreements = rows.Read<AgreementRow>().AsList();
        return new CustomerRows
        {
            Sequence = sequence,
            Links = links,
            IsKnown = links.Count > 0 || agreements.Count > 0,
            Agreements = agreements,
            Acknowledgements = rows.Read<AcknowledgementRow>(),
            Actions = rows.Read<ActionRow>().AsList(),
            Conflicts = asked.Conflicts ? rows.Read<ConflictRow>().AsList() : [],
        };
    }

    /// <summary>The same without a thread that waits.</summary>
    internal static async Task<CustomerRows> OfAsync(SqlMapper.GridReader rows, CustomerAsked asked)
    {
        var sequence = await rows.ReadSingleAsync<long>();
        var links = (await rows.ReadAsync<KeyLinkRow>()).AsList();
        if (!asked.Agreements)
        {
            return new CustomerRows { Sequence = sequence, Links = links, IsKnown = await rows.ReadSingleAsync<bool>() };
        }

        var agreements = (await rows.ReadAsync<AgreementRow>()).AsList();
        return new CustomerRows
        {
            Sequence = sequence,
            Links = links,
            IsKnown = links.Count > 0 || agreements.Count > 0,
            Agreements = agreements,
            Acknowledgements = await rows.ReadAsync<AcknowledgementRow>(),
            Actions = (await rows.ReadAsync<ActionRow>()).AsList(),
            Conflicts = asked.Conflicts ? (await rows.ReadAsync<ConflictRow>()).AsList() : [],
        };
    }
}
