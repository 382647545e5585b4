using Dossier.Host;
using Dossier.Registry;
using Dossier.Sources;
using Dossier.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Dossier.Dossiers;

/// <summary>What people and systems say of keys: linked, or not this customer's whatever a source says.</summary>
public sealed class KeyLinking(Mutations mutations, CustomerReader reader, SourceCatalogue sources, DossierOptions options)
{
    public async Task<LinkCustomerKeyResponse> LinkAsync(LinkCustomerKeyRequest request, Caller caller, Budget budget, CancellationToken gone)
    {
        var (mutation, key) = Check(nameof(V1.DossierService.DossierServiceBase.LinkCustomerKey), request.Customer, request.Key, request.RequestId,
            request.Without(copy => copy.RequestId = ""), request.ValidateOnly, caller);
        if (await mutations.SavedAsync(mutation, Replay(mutation, key), gone) is { } saved)
        {
            return new LinkCustomerKeyResponse { Link = saved.Answer, RegistrySequence = saved.Sequence };
        }

        if (key.KeyCase == CustomerKey.KeyOneofCase.Interaction)
        {
            await FindInteractionAsync(key, budget, gone);
        }

        await KnowAsync(mutation.Customer, budget, gone);
        var outcome = await mutations.RunAsync(mutation, session => Change(session, mutation, key, KeyLink.Types.State.Linked, link => RefuseLinked(mutation, link)), Replay(mutation, key), gone);
        return new LinkCustomerKeyResponse { Link = outcome.Answer, RegistrySequence = outcome.Sequence };
    }

    public async Task<UnlinkCustomerKeyResponse> UnlinkAsync(UnlinkCustomerKeyRequest request, Caller caller, CancellationToken gone)
    {
        var (mutation, key) = Check(nameof(V1.DossierService.DossierServiceBase.UnlinkCustomerKey), request.Customer, request.Key, request.RequestId,
            request.Without(copy => copy.RequestId = ""), request.ValidateOnly, caller, request.Etag);
        var outcome = await mutations.RunAsync(
            mutation, session => Change(session, mutation, key, KeyLink.Types.State.Unlinked, link => RefuseStale(mutation, link, request.Etag)), Replay(mutation, key), gone);
        return new UnlinkCustomerKeyResponse { Link = outcome.Answer, RegistrySequence = outcome.Sequence };
    }

    private (Mutation Mutation, CustomerKey Key) Check(
        string method, string name, CustomerKey? asked, string requestId, IMessage content, bool validateOnly, Caller caller, string? etag = null)
    {
        var violations = new Violations();
        var customer = Requests.Customer(name, "customer", violations);
        var id = Requests.RequestId(requestId, violations);
        var key = Keys.Normalise(asked, "key", options.Phone.DefaultCountry, violations);
        if (key?.KeyCase == CustomerKey.KeyOneofCase.CustomerNumber)
        {
            violations.Add("key.customer_number", "cannot be linked: a customer has one number");
        }

        if (etag is { Length: 0 })
        {
            violations.Add("etag", "is required: the link's etag, as GetDossier gives it in customer.keys");
        }

        caller.RequireAgent(violations);
        violations.Throw();
        return (new Mutation(caller.System, caller.Agent, method, id, Mutation.FingerprintOf(method, content), customer, validateOnly), key!);
    }

    /// <summary>A key cannot be linked to a customer whom nobody knows.</summary>
    private async Task KnowAsync(string customer, Budget budget, CancellationToken gone)
    {
        var reading = await reader.ReadAsync(new ReadingRequest { Customer = customer, Blocks = _ => [], ForChange = true }, budget, gone);
        reading.ThrowIfUnknown();
    }

    /// <summary>An agent's word about an interaction that nobody stores would be a word about nothing.</summary>
    private async Task FindInteractionAsync(CustomerKey key, Budget budget, CancellationToken gone)
    {
        ResourceNames.TryStoredInteraction(key.Interaction, out var source, out var storeId);
        var store = sources.Find(source) ?? throw Refusal.ResourceNotFound(key.Interaction);
        if (store.Queries is { TakesInteractions: false })
        {
            throw Refusal.InvalidField("key.interaction", $"{ResourceNames.Source(source)} takes no linked interactions: its query file does not name @interaction_ids");
        }

        var keys = new KeySet();
        keys.Add(KeyType.Interaction, Keys.Encode(key));
        var read = await store.ReadAsync(new SourceQuery { Keys = keys, Blocks = ["interaction"], InteractionId = storeId }, budget.Left, gone);
        if (!read.Answered("interaction"))
        {
            throw Refusal.SourceUnreachable(source);
        }

        if (!read.Facts.Interactions.Exists(found => found.Id == storeId))
        {
            throw Refusal.ResourceNotFound(key.Interaction);
        }
    }

    private static PendingChange<KeyLink> Change(
        RegistryWriting session, Mutation mutation, CustomerKey key, KeyLink.Types.State state, Action<KeyLinkRow?> refuse)
    {
        var (type, value) = ((long)Keys.TypeOf(key), Keys.Encode(key));
        var before = session.Key(mutation.Customer, type, value);
        refuse(before);
        session.PutKey(
            mutation.Customer, type, value, key.SocialId?.Handle ?? before?.Handle, (long)state, before?.Shared == true && before.Linked,
            ResourceNames.System(mutation.System), mutation.Agent, session.LastKeyRevision(mutation.Customer, type, value) + 1);
        var after = session.Key(mutation.Customer, type, value)!;
        return new PendingChange<KeyLink>(
            after.ToMessage(Keys.Decode),
            new RegistryChange(
                state == KeyLink.Types.State.Linked ? ChangeKind.KeyLinked : ChangeKind.KeyUnlinked,
                ResourceNames.Customer(mutation.Customer), after.Revision, 0, [], []),
            sequence => session.InsertKeyRevision(after, after.State, sequence));
    }

    /// <summary>The answer as it was given first, whatever has become of the link since.</summary>
    private static Func<RegistrySession, RequestRow, KeyLink> Replay(Mutation mutation, CustomerKey key) => (session, row) => new KeyLinkRow
    {
        Customer = mutation.Customer,
        KeyType = (long)Keys.TypeOf(key),
        KeyValue = Keys.Encode(key),
        Handle = key.SocialId?.Handle,
        State = (long)(row.Method == nameof(V1.DossierService.DossierServiceBase.LinkCustomerKey) ? KeyLink.Types.State.Linked : KeyLink.Types.State.Unlinked),
        Shared = session.Key(mutation.Customer, (long)Keys.TypeOf(key), Keys.Encode(key))?.Shared == true,
        Origin = ResourceNames.System(mutation.System),
        Agent = mutation.Agent,
        LinkTime = row.CreateTime,
        Revision = row.Revision,
    }.ToMessage(Keys.Decode);

    private static void RefuseLinked(Mutation mutation, KeyLinkRow? link)
    {
        if (link is { Linked: true } && link.Origin.StartsWith("systems/", StringComparison.Ordinal))
        {
            throw new DossierException(
                StatusCode.FailedPrecondition,
                ErrorReason.KeyAlreadyLinked,
                $"The key is linked to {ResourceNames.Customer(mutation.Customer)} already.",
                metadata: new Dictionary<string, string>(StringComparer.Ordinal) { ["etag"] = KeyLinks.Etag(link) });
        }
    }

    private static void RefuseStale(Mutation mutation, KeyLinkRow? link, string etag)
    {
        if (link is not { Linked: true })
        {
            throw Refusal.ResourceNotFound($"The link of this key to {ResourceNames.Customer(mutation.Customer)}");
        }

        if (KeyLinks.Etag(link) != etag)
        {
            throw Refusal.EtagMismatch("The link", KeyLinks.Etag(link));
        }
    }
}
