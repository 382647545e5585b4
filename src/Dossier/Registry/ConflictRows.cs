using Dossier.V1;
using Google.Protobuf;
using State = Dossier.V1.Conflict.Types.State;

namespace Dossier.Registry;

/// <summary>A conflict as it was seen last.</summary>
public sealed record ConflictRow
{
    public string Customer { get; init; } = "";

    public string Id { get; init; } = "";

    public long Kind { get; init; }

    public string Owner { get; init; } = "";

    public long State { get; init; }

    public long Revision { get; init; }

    public Moment FirstSeenTime { get; init; }

    public Moment LastSeenTime { get; init; }

    public string Fingerprint { get; init; } = "";

    public byte[] Content { get; init; } = [];

    public string? Note { get; init; }

    public string Name => ResourceNames.Conflict(Customer, Id);

    public bool IsOpen => State == (long)V1.Conflict.Types.State.Open;

    /// <summary>The conflict as it is told; a note that was blanked stays empty.</summary>
    public Conflict ToMessage()
    {
        var conflict = Conflict.Parser.ParseFrom(Content);
        conflict.Name = Name;
        conflict.Etag = AgreementContent.Etag(Name, Revision);
        if (conflict.Resolution is { } resolution)
        {
            resolution.Note = Note ?? "";
        }

        return conflict;
    }

    /// <summary>A conflict as it lies in the registry: the message without its note, which is free text.</summary>
    public static ConflictRow Of(Conflict conflict, string fingerprint, long revision)
    {
        ResourceNames.TryConflict(conflict.Name, out var customer, out var id);
        ResourceNames.TrySystem(conflict.Owner, out var owner);
        var content = conflict.Clone();
        content.Name = content.Etag = "";
        var note = content.Resolution?.Note;
        if (content.Resolution is { } resolution)
        {
            resolution.Note = "";
        }

        return new ConflictRow
        {
            Customer = customer,
            Id = id,
            Kind = (long)conflict.Kind,
            Owner = owner,
            State = (long)conflict.State,
            Revision = revision,
            FirstSeenTime = conflict.FirstSeenTime.ToMicros(),
            LastSeenTime = conflict.LastSeenTime.ToMicros(),
            Fingerprint = fingerprint,
            Content = content.ToByteArray(),
            Note = note,
        };
    }

    /// <summary>Closed by a person, or by facts where nobody is named.</summary>
    public ConflictRow Closed(string system, string agent, string note, long now)
    {
        var conflict = ToMessage();
        conflict.State = V1.Conflict.Types.State.Closed;
        conflict.Resolution = new ConflictResolution
        {
            System = system.Length > 0 ? ResourceNames.System(system) : "",
            Agent = agent,
            Note = note,
            CloseTime = Moments.FromMicros(now),
        };
        return Of(conflict, Fingerprint, Revision + 1);
    }
}

/// <summary>How many conflicts of a kind are open for one owner.</summary>
public sealed class OpenConflictsRow
{
    public long Kind { get; init; }

    public string Owner { get; init; } = "";

    public long Number { get; init; }
}

/// <summary>Which instance sweeps, and how far it is.</summary>
public sealed class SweepLeaseRow
{
    public string Owner { get; init; } = "";

    public Moment UntilTime { get; init; }

    /// <summary>The customer after whom it goes on; empty between two sweeps.</summary>
    public string Position { get; init; } = "";

    public Moment? CompleteTime { get; init; }
}
