using Dossier.V1;
using Grpc.Core;

namespace Dossier;

/// <summary>One wrong field of a request.</summary>
/// <param name="Field">Path of the field, for example <c>agreement.effects[0].credit_amount.amount</c>.</param>
/// <param name="Description">What is wrong and what would be right; never repeats personal data.</param>
public readonly record struct FieldViolation(string Field, string Description);

/// <summary>
/// Every refusal that a caller is meant to see: a code, a published reason and a sentence. Host/StatusMap turns it into
/// what goes over the wire; anything else that is thrown becomes INTERNAL there.
/// </summary>
public sealed class DossierException(
    StatusCode code,
    ErrorReason reason,
    string message,
    IReadOnlyList<FieldViolation>? fields = null,
    IReadOnlyDictionary<string, string>? metadata = null,
    Exception? cause = null) : Exception(message, cause)
{
    public StatusCode Code { get; } = code;

    public ErrorReason Reason { get; } = reason;

    public IReadOnlyList<FieldViolation> Fields { get; } = fields ?? [];

    public IReadOnlyDictionary<string, string> Metadata { get; } = metadata ?? new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>Collects every wrong field of a request, so that all are named at once.</summary>
public sealed class Violations
{
    // A list of 4 MiB may have four million wrong elements: what nobody reads is not kept.
    private const int MostKept = 100;
    private readonly List<FieldViolation> fields = [];
    private ErrorReason reason = ErrorReason.InvalidField;

    public bool Any => Count > 0;

    public int Count { get; private set; }

    public void Add(string field, string description, ErrorReason because = ErrorReason.InvalidField)
    {
        // A request that is wrong in several ways keeps its plain reason only if no field has a reason of its own.
        if (because != ErrorReason.InvalidField)
        {
            reason = because;
        }

        if (++Count <= MostKept)
        {
            fields.Add(new FieldViolation(field, description));
        }
    }

    public void Throw()
    {
        if (Any)
        {
            throw ToException();
        }
    }

    public DossierException ToException() => new(
        StatusCode.InvalidArgument,
        reason,
        "The request is not valid: " + string.Join("; ", fields.Take(5).Select(violation => $"{violation.Field}: {violation.Description}"))
            + (Count > 5 ? $"; and {Count - 5} more." : "."),
        fields);
}

/// <summary>The refusals that more than one feature gives.</summary>
public static class Refusal
{
    public static DossierException InvalidField(string field, string description, ErrorReason reason = ErrorReason.InvalidField)
    {
        var violations = new Violations();
        violations.Add(field, description, reason);
        return violations.ToException();
    }

    public static DossierException CustomerNotFound(string customer) => new(
        StatusCode.NotFound,
        ErrorReason.CustomerNotFound,
        $"No source and no registry entry knows {ResourceNames.Customer(customer)}, and all that could have answered did.");

    public static DossierException ResourceNotFound(string name) => new(
        StatusCode.NotFound, ErrorReason.ResourceNotFound, $"{name} is not there.");

    public static DossierException SourceUnreachable(string source) => new(
        StatusCode.Unavailable,
        ErrorReason.SourceUnreachable,
        $"{ResourceNames.Source(source)} could not be read. GetSource says why.",
        metadata: new Dictionary<string, string>(StringComparer.Ordinal) { ["source"] = ResourceNames.Source(source) });

    public static DossierException SourcesIncomplete(string customer, IEnumerable<string> unreachable)
    {
        var names = string.Join(",", unreachable);
        return new(
            StatusCode.Unavailable,
            ErrorReason.SourcesIncomplete,
            $"Whether {ResourceNames.Customer(customer)} exists is not known: {names} did not answer. Try again.",
            metadata: new Dictionary<string, string>(StringComparer.Ordinal) { ["unreachable"] = names });
    }

    public static DossierException RegistryUnavailable(Exception? cause = null) => new(
        StatusCode.Unavailable,
        ErrorReason.RegistryUnavailable,
        "The registry cannot be reached. Try again; repeat a change with the same request_id.",
        cause: cause);

    public static DossierException SequenceNotReached(long asked, long present) => new(
        StatusCode.FailedPrecondition,
        ErrorReason.SequenceNotReached,
        $"min_registry_sequence {asked} has not been given out by this registry; it stands at {present}.",
        metadata: new Dictionary<string, string>(StringComparer.Ordinal) { ["registry_sequence"] = $"{present}" });

    public static DossierException EtagMismatch(string name, string etag) => new(
        StatusCode.Aborted,
        ErrorReason.EtagMismatch,
        $"{name} has changed since it was read. Read it again and decide again.",
        metadata: new Dictionary<string, string>(StringComparer.Ordinal) { ["etag"] = etag });
}
