using System.Data.Common;
using Dossier.Database;
using Dossier.V1;

namespace Dossier.Registry;

/// <summary>A mutation as it lies in its transaction: all but the rows that carry its sequences.</summary>
/// <param name="Changes">How many sequences it takes.</param>
/// <param name="Finish">Writes those rows and gives the answer; gets the sequence before its first, which is the present one if it takes none.</param>
public sealed record Staged<T>(int Changes, Func<RegistryWriting, long, T> Finish);

/// <summary>
/// Commits the mutations of many callers in one transaction. While one group commits the next one gathers; a caller who is alone
/// waits for nobody. The customers' rows are locked first, in order; then each mutation is done behind a savepoint, and one that refuses
/// is undone and dropped; then the counter is raised once by all that are left, and their change and request rows are written; and only
/// after the commit does anybody get an answer. A customer is in a group once: what one mutation has written is not whole for the
/// next one before its sequence is known. (A bump for each mutation as it came deadlocked between two instances; with this order: none.)
/// </summary>
public sealed class WriterLane(RegistryDatabase registry)
{
    private readonly Lock gate = new();
    private readonly List<Member> waiting = [];
    private bool running;

    /// <summary>Carries one mutation out, in a transaction of its own or together with others.</summary>
    /// <param name="customer">The customer whose row is locked.</param>
    /// <param name="request">By what a repeated request is known; two of the same are never in one group. Null for one that may be repeated.</param>
    /// <param name="work">Checks and writes; more than once if the transaction is tried again.</param>
    /// <param name="caller">The caller went away: what has not begun is not done.</param>
    /// <exception cref="DossierException">The work refused, or the registry cannot be written.</exception>
    public async Task<T> RunAsync<T>(string customer, string? request, Func<RegistryWriting, Staged<T>> work, CancellationToken caller)
    {
        var member = new Member<T>(customer, request, ChangeRecord.Current, work);
        lock (gate)
        {
            waiting.Add(member);
            if (!running)
            {
                running = true;

                // Whoever comes first does not carry the others out in his own trace and with his own deadline.
                using (ExecutionContext.SuppressFlow())
                {
                    _ = Task.Run(DrainAsync, CancellationToken.None);
                }
            }
        }

        using var waits = CallOf.WaitElsewhere();
        try
        {
            return await registry.Use.ShowAsync(RegistryUse.Change, () => member.Answer.WaitAsync(registry.Deadline, caller));
        }
        catch (TimeoutException late)
        {
            throw Refusal.RegistryUnavailable(late);
        }
        finally
        {
            // Has no effect on what has begun: that is committed or not, and its request row knows.
            member.Leave();
        }
    }

    private async Task DrainAsync()
    {
        while (true)
        {
            List<Member> group;
            lock (gate)
            {
                group = Next();
                if (group.Count == 0)
                {
                    running = false;
                    return;
                }
            }

            await CommitAsync(group);
        }
    }

    /// <summary>Takes the next group out of those who wait: each customer and each request once. A repeated request finds its answer in the next one.</summary>
    private List<Member> Next()
    {
        var group = new List<Member>();
        var customers = new HashSet<string>(StringComparer.Ordinal);
        var requests = new HashSet<string>(StringComparer.Ordinal);
        waiting.RemoveAll(member =>
        {
            // Whoever comes later for a customer stays behind those who came before.
            var free = customers.Add(member.Customer) && (member.Request is not { } request || requests.Add(request));
            return member.Left || (free && group.Count < registry.Group && member.Begin(group));
        });
        return group;
    }

    private async Task CommitAsync(List<Member> group)
    {
        try
        {
            await registry.WriteAsync(session => Write(session, group), commit: true, CancellationToken.None);
        }
        catch (DossierException down) when (group.Count > 1 && down.InnerException is LaneException { Failure: LaneFailure.Failed })
        {
            // Something in it that the database refuses, a fault of ours in one of them, or a commit of which nobody knows: each asks for its request row first.
            await OneByOneAsync(group);
            return;
        }
        catch (Exception failed)
        {
            group.ForEach(member => member.Fail(failed));
            return;
        }

        group.ForEach(member => member.Complete());
    }

    private async Task OneByOneAsync(List<Member> group)
    {
        Exception? down = null;
        foreach (var member in group)
        {
            if (down is not null)
            {
                member.Fail(down);
                continue;
            }

            try
            {
                await registry.WriteAsync(session => Write(session, [member]), commit: true, CancellationToken.None);
                member.Complete();
            }
            catch (Exception failed)
            {
                member.Fail(failed);

                // A registry that does not answer would cost each of the others its whole deadline.
                down = failed.InnerException is LaneException { Failure: not LaneFailure.Failed } ? failed : null;
            }
        }
    }

    private static bool Write(RegistryWriting session, List<Member> group)
    {
        foreach (var customer in group.Select(member => member.Customer).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            session.LockCustomer(customer);
        }

        var alone = group.Count == 1;
        foreach (var member in group)
        {
            member.Stage(session, alone);
        }

        var changes = group.Sum(member => member.Changes);
        var records = group.Where(member => member.Changes > 0).Select(member => member.Record).OfType<AccessRow>().ToList();
        if (records.Count > 0)
        {
            session.InsertAccesses(records);
        }

        var sequence = changes > 0 ? session.Advance(changes) - changes : session.Sequence();
        foreach (var member in group)
        {
            member.Finish(session, sequence);
            sequence += member.Changes;
        }

        return true;
    }

    private abstract class Member(string customer, string? request, ChangeRecord? record)
    {
        private int state;

        /// <summary>The access record that is committed with it; null if its call has one of that customer.</summary>
        public AccessRow? Record { get; } = record?.For(customer);

        public string Customer => customer;

        public string? Request => request;

        /// <summary>0 for one that refused.</summary>
        public int Changes { get; protected set; }

        public bool Left => Volatile.Read(ref state) == 2;

        public bool Begin(List<Member> group)
        {
            if (Interlocked.CompareExchange(ref state, 1, 0) == 0)
            {
                group.Add(this);
            }

            return true;
        }

        public void Leave() => Interlocked.CompareExchange(ref state, 2, 0);

        public abstract void Stage(RegistryWriting session, bool alone);

        public abstract void Finish(RegistryWriting session, long before);

        public void Complete()
        {
            if (Changes > 0 && Record is not null)
            {
                record!.IsCommitted(customer);
                Telemetry.AccessRecorded(1);
            }

            Answered();
        }

        protected abstract void Answered();

        public abstract void Fail(Exception failed);
    }

    private sealed class Member<T>(string customer, string? request, ChangeRecord? record, Func<RegistryWriting, Staged<T>> work) : Member(customer, request, record)
    {
        private readonly TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Staged<T>? staged;
        private DossierException? refused;
        private T? finished;

        public Task<T> Answer => answer.Task;

        public override void Stage(RegistryWriting session, bool alone)
        {
            (staged, refused, Changes) = (null, null, 0);
            if (alone)
            {
                staged = work(session);
                Changes = staged.Changes;
                return;
            }

            session.Save();
            try
            {
                staged = work(session);
                Changes = staged.Changes;
                session.Keep();
            }
            catch (DossierException no)
            {
                session.Undo();
                refused = no;
            }
        }

        public override void Finish(RegistryWriting session, long before) => finished = staged is null ? default : staged.Finish(session, before);

        protected override void Answered()
        {
            if (refused is not null)
            {
                answer.TrySetException(refused);
            }
            else
            {
                answer.TrySetResult(finished!);
            }
        }

        // Nobody may be waiting any more; then nobody looks at it, and that is no fault.
        public override void Fail(Exception failed)
        {
            answer.TrySetException(failed);
            _ = answer.Task.Exception;
        }
    }
}
