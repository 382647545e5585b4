using System.Collections.Frozen;
using System.Threading.RateLimiting;
using Dossier.Database;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Host;

/// <summary>
/// How many calls run at once, in all and of one system, by what they do: one that is over is answered at once, before anything is read
/// for it. What runs is finished in time, where a queue would make every call late; and a dunning run that asks too much leaves the
/// agents their dossiers.
/// </summary>
public sealed class Admission : IDisposable
{
    /// <summary>What a call does, as far as its limit goes.</summary>
    public const string Reads = "reads";
    public const string Lists = "lists";
    public const string Changes = "changes";
    public const string Checks = "checks";
    public const string Watches = "watches";
    public const string Questions = "questions";

    /// <summary>The kind of each method.</summary>
    public static readonly FrozenDictionary<string, string> KindOfMethods = Scopes.OfMethods.ToFrozenDictionary(
        method => method.Key,
        method => method.Value switch
        {
            Scopes.DossierRead => Reads,
            Scopes.AgreementsRead or Scopes.Operate or Scopes.Privacy => Lists,
            Scopes.Guard => Checks,
            Scopes.Watch => Watches,
            _ => Changes,
        },
        StringComparer.Ordinal);

    /// <summary>The streams of those who need not say who they are; a single question of health is always answered, for probes.</summary>
    private static readonly FrozenSet<string> OpenToAll = FrozenSet.Create(
        StringComparer.Ordinal, "/grpc.health.v1.Health/Watch", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");

    private readonly FrozenDictionary<string, Gate> gates;
    private readonly Gate questions = new(Questions, LimitOptions.OpenQuestions, LimitOptions.OpenQuestions, [""]);

    public Admission(DossierOptions options)
    {
        var limits = options.Limits;
        var kinds = new[]
        {
            new Gate(Reads, limits.Reads, limits.PerCaller, options.Systems.Keys),
            new Gate(Lists, limits.Lists, limits.PerCaller, options.Systems.Keys),
            new Gate(Changes, limits.Changes, limits.PerCaller, options.Systems.Keys),
            new Gate(Checks, limits.Checks, limits.PerCaller, options.Systems.Keys),
            new Gate(Watches, limits.Watchers, limits.WatchersPerCaller, options.Systems.Keys),
        };
        gates = KindOfMethods.ToFrozenDictionary(method => method.Key, method => kinds.First(gate => gate.Kind == method.Value), StringComparer.Ordinal);
    }

    /// <summary>Calls that have a place.</summary>
    public long InUse => gates.Values.Distinct().Sum(gate => gate.InUse);

    /// <summary>Whether calls of the method wait for their turn (<see cref="FairShare"/>). A change waits for the disk, in a group with others: it holds no core, and would hold up the group.</summary>
    public static bool TakesTurns(string method) => KindOfMethods.TryGetValue(method, out var kind) && kind is not (Changes or Watches);

    /// <summary>A place for a call, or its refusal. Dispose the place when the call has ended.</summary>
    /// <param name="method">As HTTP/2 names it: <c>/dossier.v1.DossierService/GetDossier</c>.</param>
    /// <param name="system">The configured system that calls.</param>
    public Place Enter(string method, string system) => gates.TryGetValue(method, out var gate) ? gate.Enter(system) : default;

    /// <summary>A place for a stream that everybody may open; null for any other call, which takes none here.</summary>
    public Place? EnterOpen(string method) => OpenToAll.Contains(method) ? questions.Enter("") : null;

    public void Dispose()
    {
        questions.Dispose();
        foreach (var gate in gates.Values.Distinct())
        {
            gate.Dispose();
        }
    }

    /// <summary>A call's place of its system and of all; or why it has none.</summary>
    public readonly struct Place(RateLimitLease? own, RateLimitLease? common, Full? full) : IDisposable
    {
        public DossierException? Refusal => full?.Refusal;

        /// <summary>The refusal as it goes over the wire.</summary>
        public WrittenRefusal? Written => full?.Written;

        public void Dispose()
        {
            common?.Dispose();
            own?.Dispose();
        }
    }

    /// <summary>
    /// What is said where there is no place, made once: writing it anew took a tenth of the managed code of a refusal, and at thrice the load
    /// most answers are refusals.
    /// </summary>
    public sealed class Full(DossierException refusal)
    {
        public DossierException Refusal { get; } = refusal;

        public WrittenRefusal Written { get; } = StatusMap.Write(refusal);
    }

    /// <summary>The places for calls of one kind.</summary>
    private sealed class Gate : IDisposable
    {
        private readonly ConcurrencyLimiter common;
        private readonly FrozenDictionary<string, (ConcurrencyLimiter Places, Full Full)> own;
        private readonly Full full;
        private readonly int all;
        private readonly Lock entering = new();

        public Gate(string kind, int all, int ofOne, IEnumerable<string> systems)
        {
            Kind = kind;
            this.all = all;
            common = Limiter(all);
            full = Refusing("service", all, "");
            var most = Math.Min(all, ofOne);
            own = systems.ToFrozenDictionary(
                system => system, system => (Limiter(most), Refusing("caller", most, $"of {ResourceNames.System(system)} ")), StringComparer.Ordinal);
        }

        public string Kind { get; }

        public long InUse => all - common.GetStatistics()!.CurrentAvailablePermits;

        // Its system's place first: one that has all of its own takes none of the others'. One at a time: a place that is given back in the
        // next moment, because there is none of all, would have another be told that its own system has too many.
        public Place Enter(string system)
        {
            lock (entering)
            {
                var mine = own[system].Places.AttemptAcquire();
                if (!mine.IsAcquired)
                {
                    mine.Dispose();
                    return Refuse(system, own[system].Full);
                }

                var ours = common.AttemptAcquire();
                if (ours.IsAcquired)
                {
                    return new Place(mine, ours, null);
                }

                ours.Dispose();
                mine.Dispose();
            }

            return Refuse(system, full);
        }

        public void Dispose()
        {
            common.Dispose();
            foreach (var (places, _) in own.Values)
            {
                places.Dispose();
            }
        }

        private static ConcurrencyLimiter Limiter(int places) => new(new ConcurrencyLimiterOptions { PermitLimit = places, QueueLimit = 0 });

        private Place Refuse(string system, Full why)
        {
            Telemetry.CallRejected(Kind, system, why.Refusal.Metadata["limit"]);
            return new Place(null, null, why);
        }

        private Full Refusing(string limit, int places, string whose)
        {
            var message = $"{places} {Kind} {whose}run at once, and no more are taken.";
            var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["kind"] = Kind, ["limit"] = limit };
            return new Full(Kind == Watches
                ? new DossierException(StatusCode.ResourceExhausted, ErrorReason.TooManyWatchers, $"{message} End one first.", metadata: metadata)
                : new DossierException(StatusCode.ResourceExhausted, ErrorReason.TooManyCalls, $"{message} Try again in a moment.", metadata: metadata));
        }
    }
}
