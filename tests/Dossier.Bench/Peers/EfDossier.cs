using Dossier.Bench.Floors;
using Dossier.Registry;
using Dossier.Sources;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Dossier.Bench.Peers;

/// <summary>
/// Peer 1: EF Core 10 as its documentation advises for reading: pooled contexts, AsNoTracking, split queries (each collection its own
/// statement, so that no row is repeated), limits in the query, indexes that fit. Over the same gRPC, into the same messages; the
/// registry first, for the keys, then the stores beside each other.
/// </summary>
internal sealed class EfDossier(
    IDbContextFactory<AdministrationContext> administrations,
    IDbContextFactory<TelephonyContext> telephonies,
    IDbContextFactory<WebcareContext> webcares,
    IDbContextFactory<RegistryContext> registries) : DossierService.DossierServiceBase
{
    public static void AddTo(IServiceCollection services, StoreAddresses stores)
    {
        services.AddPooledDbContextFactory<AdministrationContext>(options => Use(options, stores.Administration));
        services.AddPooledDbContextFactory<TelephonyContext>(options => Use(options, stores.Telephony));
        services.AddPooledDbContextFactory<WebcareContext>(options => Use(options, stores.Webcare));
        services.AddPooledDbContextFactory<RegistryContext>(options => Use(options, stores.Registry));
        services.AddSingleton<EfDossier>();

        void Use(DbContextOptionsBuilder options, string address)
        {
            options.UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking).EnableThreadSafetyChecks(false);
            if (stores.IsSqlite)
            {
                options.UseSqlite(address + ";Mode=ReadOnly", sqlite => sqlite.UseQuerySplittingBehavior(QuerySplittingBehavior.SplitQuery));
            }
            else
            {
                // Npgsql's own documentation advises automatic preparation for EF Core.
                options.UseNpgsql(
                    $"{address};Maximum Pool Size={StoreAddresses.Connections};Max Auto Prepare=100;Auto Prepare Min Usages=2",
                    npgsql => npgsql.UseQuerySplittingBehavior(QuerySplittingBehavior.SplitQuery));
            }
        }
    }

    public override async Task<GetDossierResponse> GetDossier(GetDossierRequest request, ServerCallContext context)
    {
        var facts = new Facts(request.Name["customers/".Length..^"/dossier".Length]);
        await ReadRegistryAsync(facts, context.CancellationToken);
        await Task.WhenAll(
            ReadAdministrationAsync(facts, context.CancellationToken),
            ReadTelephonyAsync(facts, context.CancellationToken),
            ReadWebcareAsync(facts, context.CancellationToken));
        return facts.ToAnswer(TimeProvider.System.GetUtcNow());
    }

    private async Task ReadRegistryAsync(Facts facts, CancellationToken stop)
    {
        await using var db = await registries.CreateDbContextAsync(stop);
        facts.Sequence = await db.Counters.Select(counter => counter.Value).SingleAsync(stop);
        var links = await db.Links.Where(link => link.Customer == facts.Customer)
            .OrderBy(link => link.KeyType).ThenBy(link => link.KeyValue)
            .Select(link => new
            {
                Link = link,
                Shared = link.Shared || db.Links.Any(other => other.KeyType == link.KeyType && other.KeyValue == link.KeyValue && other.State == 1 && other.Customer != link.Customer),
            })
            .ToListAsync(stop);
        facts.Links.AddRange(links.Select(row => new KeyLinkRow
        {
            Customer = row.Link.Customer, KeyType = row.Link.KeyType, KeyValue = row.Link.KeyValue, Handle = row.Link.Handle, State = row.Link.State, Shared = row.Shared,
            ToldShared = row.Link.Shared, Origin = row.Link.Origin, Agent = row.Link.Agent, LinkTime = Micros(row.Link.LinkTime), Revision = row.Link.Revision,
        }));
        facts.Agreements.AddRange(await db.Agreements.Where(agreement => agreement.Customer == facts.Customer)
            .OrderByDescending(agreement => agreement.Id)
            .Join(
                db.Revisions,
                agreement => new { agreement.Customer, agreement.Id, agreement.Revision },
                revision => new { revision.Customer, revision.Id, revision.Revision },
                (agreement, revision) => new AgreementRow { Customer = agreement.Customer, Id = agreement.Id, Content = revision.Content, FreeText = revision.FreeText })
            .Take(Facts.MostItems)
            .ToListAsync(stop));
        var said = await db.Acknowledgements.Where(row => row.Customer == facts.Customer)
            .Where(row => db.Agreements.Any(agreement => agreement.Customer == row.Customer && agreement.Id == row.Id && agreement.BindingRevision == row.BindingRevision))
            .OrderBy(row => row.Id).ThenBy(row => row.System)
            .ToListAsync(stop);
        facts.Acknowledgements.AddRange(said.Select(row => new AcknowledgementRow
        {
            Customer = row.Customer, Id = row.Id, BindingRevision = row.BindingRevision, System = row.System, DueTime = Micros(row.DueTime), Outcome = row.Outcome,
            OutcomeTime = row.OutcomeTime is { } time ? Micros(time) : null, EvidenceId = row.EvidenceId, Reason = row.Reason,
        }));
        var actions = await db.Actions.Where(action => action.Customer == facts.Customer).OrderByDescending(action => action.Id).Take(Facts.MostItems).ToListAsync(stop);
        facts.Actions.AddRange(actions.Select(row => new ActionRow { Customer = row.Customer, Id = row.Id, State = row.State, Sequence = row.Sequence, Content = row.Content }));
    }

    private async Task ReadAdministrationAsync(Facts facts, CancellationToken stop)
    {
        await using var db = await administrations.CreateDbContextAsync(stop);
        var debtor = await db.Debtors.Include(row => row.ContactPersons.OrderBy(person => person.Seq)).Include(row => row.Representative)
            .SingleAsync(row => row.DebtorNo == facts.Customer, stop);
        facts.Who = Messages.Customer(debtor);
        var invoices = await db.Invoices.Include(invoice => invoice.Lines.OrderBy(line => line.LineNo))
            .Where(invoice => invoice.DebtorNo == facts.Customer)
            .OrderByDescending(invoice => invoice.Dated).ThenByDescending(invoice => invoice.InvoiceNo)
            .Take(Facts.MostItems + 1)
            .ToListAsync(stop);
        facts.Invoices.AddRange(invoices.Select(Messages.Invoice));
        var notices = await db.Dunnings.Include(notice => notice.Items)
            .Where(notice => notice.DebtorNo == facts.Customer)
            .OrderByDescending(notice => notice.IssuedOn).ThenByDescending(notice => notice.DunningNo)
            .Take(Facts.MostItems + 1)
            .ToListAsync(stop);
        facts.Notices.AddRange(notices.Select(Messages.Notice));
        var letters = await db.Correspondence.Where(letter => letter.DebtorNo == facts.Customer)
            .OrderByDescending(letter => letter.WrittenAt).ThenByDescending(letter => letter.DocumentNo)
            .Take(Facts.MostInteractions + 1)
            .ToListAsync(stop);
        facts.Letters.AddRange(letters.Select(letter => Messages.Letter(facts.Customer, letter)));
    }

    private async Task ReadTelephonyAsync(Facts facts, CancellationToken stop)
    {
        await using var db = await telephonies.CreateDbContextAsync(stop);
        var phones = facts.Keys(KeyType.Phone).Select(phone => Keys.Spell(phone, "national", "31")).ToArray();
        var calls = await db.Calls.Where(call => phones.Contains(call.Number))
            .OrderByDescending(call => call.StartedAt).ThenByDescending(call => call.CallId)
            .Take(Facts.MostInteractions + 1)
            .ToListAsync(stop);
        facts.Calls.AddRange(calls.Select(call => Messages.Call(facts.Customer, call)));
    }

    private async Task ReadWebcareAsync(Facts facts, CancellationToken stop)
    {
        await using var db = await webcares.CreateDbContextAsync(stop);
        var emails = facts.Keys(KeyType.Email).ToArray();
        // EF Core makes SQL's lower() of it.
#pragma warning disable CA1304, CA1311
        var persons = (await db.Contacts.Where(contact => emails.Contains(contact.Email!.ToLower())).Select(contact => contact.ContactId).ToListAsync(stop)).ToHashSet();
#pragma warning restore CA1304, CA1311
        foreach (var social in facts.SocialIds())
        {
            persons.UnionWith(await db.Profiles
                .Where(profile => profile.Network == social.Platform && profile.Page == social.Page && profile.ExternalId == social.Id)
                .Select(profile => profile.ContactId)
                .ToListAsync(stop));
        }

        var conversations = await db.Conversations.Include(thread => thread.Contact)
            .Where(thread => persons.Contains(thread.ContactId))
            .OrderByDescending(thread => thread.OpenedAt).ThenByDescending(thread => thread.ThreadId)
            .Take(Facts.MostInteractions + 1)
            .ToListAsync(stop);
        facts.Conversations.AddRange(conversations.Select(thread => Messages.Conversation(facts.Customer, thread)));
    }

    private static Moment Micros(System.DateTime moment) => new DateTimeOffset(moment).ToMicros();
}
