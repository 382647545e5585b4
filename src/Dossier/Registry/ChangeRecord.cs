namespace Dossier.Registry;

/// <summary>
/// The access record of a call that changes, which is committed with the change itself: a caller who leaves in that moment, a deadline that
/// passes, or a kill, leaves no change without one. A call that changes several customers leaves one for each.
/// </summary>
internal sealed class ChangeRecord(Func<string, AccessRow> row)
{
    private static readonly AsyncLocal<ChangeRecord?> OfCall = new();
    private readonly HashSet<string> committed = new(StringComparer.Ordinal);

    /// <summary>That of the call that runs; null where nobody has called.</summary>
    public static ChangeRecord? Current => OfCall.Value;

    /// <summary>From here on, in this call.</summary>
    /// <param name="row">The record of a customer by number.</param>
    public static ChangeRecord Begin(Func<string, AccessRow> row) => OfCall.Value = new ChangeRecord(row);

    /// <summary>What is to be committed with a change of the customer; null if one of this call was committed already.</summary>
    public AccessRow? For(string customer)
    {
        lock (committed)
        {
            return committed.Contains(customer) ? null : row(customer);
        }
    }

    public void IsCommitted(string customer)
    {
        lock (committed)
        {
            committed.Add(customer);
        }
    }

    public bool Has(string customer)
    {
        lock (committed)
        {
            return committed.Contains(customer);
        }
    }
}
