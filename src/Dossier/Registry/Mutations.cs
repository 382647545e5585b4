using System.Security.Cryptography;
using System.Text;
using Dossier.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Dossier.Registry;

/// <summary>One change that a system asks for, and by what it is known again.</summary>
/// <param name="System">The calling system, from its authenticated identity: request ids belong to it.</param>
/// <param name="Agent">The agent in whose name it is asked.</param>
/// <param name="Method">The method's name.</param>
/// <param name="RequestId">The caller's id, a UUID in lower case.</param>
/// <param name="Fingerprint">SHA-256 over method and request without its request_id.</param>
/// <param name="Customer">The customer whose row is locked.</param>
/// <param name="ValidateOnly">Say what would happen and store nothing.</param>
public sealed record Mutation(
    string System, string Agent, string Method, string RequestId, byte[] Fingerprint, string Customer, bool ValidateOnly)
{
    /// <summary>SHA-256 over the method and the request as we serialise it, its request_id taken out.</summary>
    public static byte[] FingerprintOf(string method, IMessage requestWithoutId)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(method));
        hash.AppendData([0]);
        hash.AppendData(requestWithoutId.ToByteArray());
        return hash.GetHashAndReset();
    }
}

/// <summary>What became of a mutation: its answer is rebuilt from name and revision.</summary>
public sealed record Outcome<T>(T Answer, long Sequence);

/// <summary>
/// Carries a change out in one transaction: the customer's lock, the request row, what the feature does, and last the
/// counter, the change row and the request row. Only success is saved, so a refused call may be mended and repeated with
/// its id, and a retry of what succeeded gets the first answer, whatever has changed since.
/// </summary>
public sealed class Mutations(RegistryDatabase registry, WriterLane lane)
{
    /// <param name="mutation">What is asked.</param>
    /// <param name="apply">Checks etag, state and clock, writes, and tells what changed; gets the sequence-taking function, to call last.</param>
    /// <param name="replay">Rebuilds the answer from the saved name and revision.</param>
    /// <param name="caller">The caller went away.</param>
    public async Task<Outcome<T>> RunAsync<T>(
        Mutation mutation,
        Func<RegistryWriting, PendingChange<T>> apply,
        Func<RegistrySession, RequestRow, T> replay,
        CancellationToken caller)
    {
        try
        {
            return mutation.ValidateOnly
                ? await registry.WriteAsync(session => Tried(session, mutation, apply), commit: false, caller)
                : await lane.RunAsync(mutation.Customer, $"{mutation.System} {mutation.RequestId}", session => Once(session, mutation, apply, replay), caller);
        }
        catch (DossierException lost) when (lost.Reason == ErrorReason.RegistryUnavailable && !mutation.ValidateOnly)
        {
            // Lost during COMMIT means unknown, not failed: the request row knows.
            if (await SavedAsync(mutation, replay, caller) is { } saved)
            {
                return saved;
            }

            throw;
        }
    }

    /// <summary>The first answer to a request that has succeeded before; null if it has not.</summary>
    /// <exception cref="DossierException">The id was used for other content, or the registry cannot be read.</exception>
    public async Task<Outcome<T>?> SavedAsync<T>(Mutation mutation, Func<RegistrySession, RequestRow, T> replay, CancellationToken caller) =>
        mutation.ValidateOnly
            ? null
            : await registry.ReadAsync(session => Saved(session, mutation, replay), caller);

    /// <summary>What would happen.</summary>
    private static Outcome<T> Tried<T>(RegistryWriting session, Mutation mutation, Func<RegistryWriting, PendingChange<T>> apply)
    {
        session.LockCustomer(mutation.Customer);
        return new Outcome<T>(apply(session).Answer, session.Sequence());
    }

    private static Staged<Outcome<T>> Once<T>(
        RegistryWriting session, Mutation mutation, Func<RegistryWriting, PendingChange<T>> apply, Func<RegistrySession, RequestRow, T> replay)
    {
        session.LockCustomer(mutation.Customer);
        if (Saved(session, mutation, replay) is { } saved)
        {
            return new Staged<Outcome<T>>(0, (_, _) => saved);
        }

        var pending = apply(session);
        var changes = pending.Changes.ToList();
        return new Staged<Outcome<T>>(changes.Count, (writing, before) =>
        {
            var sequence = before;
            foreach (var (change, write) in changes)
            {
                sequence++;
                write?.Invoke(sequence);
                writing.InsertChange(sequence, change, mutation.Customer, mutation.System, before + 1);
            }

            writing.InsertRequest(
                mutation.System, mutation.RequestId, mutation.Method, mutation.Fingerprint, pending.Change.Name, pending.SavedRevision ?? pending.Change.Revision, sequence);
            return new Outcome<T>(pending.Answer, sequence);
        });
    }

    private static Outcome<T>? Saved<T>(RegistrySession session, Mutation mutation, Func<RegistrySession, RequestRow, T> replay)
    {
        if (session.Request(mutation.System, mutation.RequestId) is not { } row)
        {
            return null;
        }

        return row.Method == mutation.Method && row.Fingerprint.AsSpan().SequenceEqual(mutation.Fingerprint)
            ? new Outcome<T>(replay(session, row), row.Sequence)
            : throw new DossierException(
                StatusCode.AlreadyExists,
                ErrorReason.RequestIdReused,
                "request_id was used by this system for another request. Use a new UUID for new content.");
    }
}

/// <summary>A change that is written but for what needs its sequence.</summary>
/// <param name="Answer">What the caller gets.</param>
/// <param name="Change">For the change row.</param>
/// <param name="WriteRevision">Writes the rows that carry the sequence.</param>
public sealed record PendingChange<T>(T Answer, RegistryChange Change, Action<long>? WriteRevision = null)
{
    /// <summary>What else changed in the same transaction, each with a sequence of its own, after the first.</summary>
    public IReadOnlyList<(RegistryChange Change, Action<long>? Write)> Also { get; init; } = [];

    /// <summary>The request said what was so already: it is remembered, and nothing changes.</summary>
    public bool Unchanged { get; init; }

    /// <summary>The revision from which the answer is rebuilt, where it is not that of the first change.</summary>
    public long? SavedRevision { get; init; }

    public IEnumerable<(RegistryChange Change, Action<long>? Write)> Changes => Unchanged ? [] : Also.Prepend((Change, WriteRevision));
}
