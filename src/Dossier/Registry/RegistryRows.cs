using Dossier.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dossier.Registry;

/// <summary>Moments of the registry: whole microseconds since 1970, finer input is cut off.</summary>
public static class Moments
{
    private static readonly long EpochTicks = DateTimeOffset.UnixEpoch.Ticks;

    public static long ToMicros(this Timestamp time) => (time.Seconds * 1_000_000) + (time.Nanos / 1_000);

    // Cut off towards the past, as a Timestamp's nanos are: before 1970 a division would cut towards 1970.
    public static long ToMicros(this DateTimeOffset time) => (time.UtcTicks / 10) - (EpochTicks / 10);

    public static long? ToMicrosOrNull(DateTimeOffset? time) => time?.ToMicros();

    public static Timestamp FromMicros(long micros)
    {
        var seconds = Math.DivRem(micros, 1_000_000, out var rest);
        return rest >= 0
            ? new Timestamp { Seconds = seconds, Nanos = (int)rest * 1_000 }
            : new Timestamp { Seconds = seconds - 1, Nanos = (int)(rest + 1_000_000) * 1_000 };
    }

    public static DateTimeOffset ToMoment(long micros) => new(EpochTicks + (micros * 10), TimeSpan.Zero);

    public static Timestamp CutToMicros(Timestamp time) => FromMicros(time.ToMicros());
}

public sealed class RequestRow
{
    public string Method { get; init; } = "";

    public byte[] Fingerprint { get; init; } = [];

    public string Name { get; init; } = "";

    public long Revision { get; init; }

    public long Sequence { get; init; }

    public Moment CreateTime { get; init; }
}

public sealed class AgreementRow
{
    public string Customer { get; init; } = "";

    public string Id { get; init; } = "";

    public byte[] Content { get; init; } = [];

    public string? FreeText { get; init; }
}

/// <summary>One stored revision.</summary>
public sealed class RevisionRow
{
    public string Customer { get; init; } = "";

    public string Id { get; init; } = "";

    public long Revision { get; init; }

    public long Sequence { get; init; }

    public string System { get; init; } = "";

    public string Agent { get; init; } = "";

    public Moment ChangeTime { get; init; }

    public byte[] Content { get; init; } = [];

    public string? FreeText { get; init; }
}

/// <summary>An action that left or was about to.</summary>
public sealed class ActionRow
{
    public string Customer { get; init; } = "";

    public string Id { get; init; } = "";

    public long State { get; init; }

    public long Sequence { get; init; }

    public byte[] Content { get; init; } = [];
}

/// <summary>One change of the registry, by identifiers.</summary>
public sealed class ChangeRow
{
    public long Sequence { get; init; }

    public long Kind { get; init; }

    public string Customer { get; init; } = "";

    public string Resource { get; init; } = "";

    public long Revision { get; init; }

    public long BindingRevision { get; init; }

    public string System { get; init; } = "";

    public string EffectKinds { get; init; } = "";

    public string ObligedSystems { get; init; } = "";

    public string OriginSystem { get; init; } = "";

    public Moment ChangeTime { get; init; }

    public long FirstSequence { get; init; }

    /// <summary>The changes of one request have the same.</summary>
    public long Group => FirstSequence == 0 ? Sequence : FirstSequence;
}

/// <summary>How many acknowledgements a system owes.</summary>
public sealed class OwedRow
{
    public string System { get; init; } = "";

    public long Pending { get; init; }

    public long Overdue { get; init; }
}

public sealed class AcknowledgementRow
{
    public string Customer { get; init; } = "";

    public string Id { get; init; } = "";

    public long BindingRevision { get; init; }

    public string System { get; init; } = "";

    public Moment DueTime { get; init; }

    public long Outcome { get; init; }

    public Moment? OutcomeTime { get; init; }

    public string? EvidenceId { get; init; }

    public string? Reason { get; init; }
}

public sealed class KeyLinkRow
{
    public string Customer { get; init; } = "";

    public long KeyType { get; init; }

    public string KeyValue { get; init; } = "";

    public string? Handle { get; init; }

    public long State { get; init; }

    public bool Shared { get; init; }

    /// <summary>Somebody said so; <see cref="Shared"/> also follows from the links of others.</summary>
    public bool ToldShared { get; init; }

    public string Origin { get; init; } = "";

    public string Agent { get; init; } = "";

    public Moment LinkTime { get; init; }

    public long Revision { get; init; }

    public bool Linked => State == (long)KeyLink.Types.State.Linked;

    public bool Exclusive => Linked && !Shared;

    public KeyType Type => (KeyType)KeyType;
}

/// <summary>What a change row records of a change, for the feed.</summary>
public enum ChangeKind
{
    AgreementCreated = 1,
    AgreementWithdrawn = 2,
    KeyLinked = 3,
    KeyUnlinked = 4,

    /// <summary>A source told of a key, or of one that others have too.</summary>
    KeyLearned = 5,

    /// <summary>The source that told of a key no longer does.</summary>
    KeyForgotten = 6,
    SourcePaused = 7,
    SourceResumed = 8,
    AgreementApproved = 9,
    AgreementRejected = 10,
    AgreementSuperseded = 11,
    AgreementFulfilled = 12,
    AgreementUpdated = 13,
    AgreementAcknowledged = 14,
    ActionConfirmed = 15,
    ActionReported = 16,

    /// <summary>Facts contradict each other: for the first time, or again after the conflict was closed.</summary>
    ConflictOpened = 17,

    /// <summary>An open conflict has other evidence.</summary>
    ConflictChanged = 18,

    /// <summary>The facts of a conflict are gone.</summary>
    ConflictClosed = 19,

    /// <summary>A person closed a conflict.</summary>
    ConflictResolved = 20,

    /// <summary>Subjects that were PENDING have been found: a revision that changes nothing that binds.</summary>
    SubjectsVerified = 21,
}

/// <summary>A source that people have paused.</summary>
public sealed class SourcePauseRow
{
    public bool Paused { get; init; }

    public string Source { get; init; } = "";

    /// <summary>Null: until it is resumed.</summary>
    public Moment? UntilTime { get; init; }

    public string System { get; init; } = "";

    public string Agent { get; init; } = "";

    public Moment PauseTime { get; init; }

    public long Revision { get; init; }

    public SourcePause ToMessage() => new()
    {
        Source = ResourceNames.Source(Source),
        Paused = Paused,
        UntilTime = UntilTime is { } until ? Moments.FromMicros(until.Micros) : null,
        System = ResourceNames.System(System),
        Agent = Agent,
        PauseTime = Moments.FromMicros(PauseTime.Micros),
    };
}
