using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Google.Protobuf;
using Grpc.Core;
using Npgsql;

namespace Dossier.Tests.ConformanceTests;

/// <summary>Zammad and Open Klant by their own tables: nobody here wrote a line of code for them.</summary>
[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class ForeignStoreTests(ForeignStores stores) : IClassFixture<ForeignStores>
{
    private DossierHost Host => stores.Host;

    [ServerFact]
    public async Task Every_source_is_read_without_a_fault_by_the_rights_that_its_permissions_file_gives()
    {
        foreach (var customer in Enumerable.Range(1042, 9))
        {
            Assert.Empty((await Host.OpenAsync($"{customer}", possible: true)).Unreachable);
        }

        var sources = (await Host.Dossiers.ListSourcesAsync(new ListSourcesRequest())).Sources;
        Assert.Equal(["administration", "open-klant", "registry", "repair-shop", "zammad"], sources.Select(source => source.Name["sources/".Length..]).Order());
        Assert.All(sources, source => Assert.Equal((source.Name, SourceState.Ok, ""), (source.Name, source.State, source.LastFailure)));
    }

    [ServerFact]
    public async Task Marloes_tickets_stand_in_her_dossier_without_those_that_were_merged_or_removed()
    {
        var dossier = await Host.OpenAsync("1042");

        Assert.Equal(["107", "102", "106", "101", "105"], dossier.Interactions.Of("zammad"));
        var ticket = dossier.Interactions.One("zammad", "101");
        Assert.Equal(
            ("email", Direction.Inbound, false, "Twee facturen voor augustus 🤔", "Ticket 67101, closed", "Daan Visser", "Klantenservice::Facturen", "Marloes de Wit"),
            (ticket.Channel, ticket.Direction, ticket.Public, ticket.Subject, ticket.Summary, ticket.Agent, ticket.Team, ticket.Participant));
        Assert.Equal(("2026-08-11T17:42:00.123000Z", "2026-08-13T09:30:00.250000Z"), (ForeignReading.Moment(ticket.OccurTime), ForeignReading.Moment(ticket.EndTime)));
        Assert.Equal(("note", ""), (dossier.Interactions.One("zammad", "107").Channel, dossier.Interactions.One("zammad", "107").Agent));
        Assert.Equal(("phone", ""), (dossier.Interactions.One("zammad", "102").Channel, dossier.Interactions.One("zammad", "102").Subject));
        Assert.Equal(("email", Direction.Outbound), (dossier.Interactions.One("zammad", "105").Channel, dossier.Interactions.One("zammad", "105").Direction));
        Assert.Equal(("facebook", true), (dossier.Interactions.One("zammad", "106").Channel, dossier.Interactions.One("zammad", "106").Public));
    }

    [ServerFact]
    public async Task Articles_are_text_in_their_order_and_an_internal_note_is_marked_and_never_public()
    {
        var interactions = await Host.AllAsync("1042", 50);

        var messages = interactions.One("zammad", "101").Messages;
        Assert.Equal(
            [
                "1001 Customer Marloes de Wit: Hoi,\nik heb twee facturen gekregen, allebei € 27,50.\nDat klopt toch niet? <boos> 🤔",
                "1002 Company Daan Visser: [internal] Niet aan de klant zeggen: fout in de verlenging.",
                "1004 Customer Marloes de Wit: 1 < 2 & dat <blijft> zo staan",
                "1003 Company Daan Visser: De tweede factuur (202608-004217) hoef je niet te betalen.\nGroet, Daan & team",
            ],
            messages.Select(Line));
        Assert.All(messages, message => Assert.False(message.Public));
        Assert.Equal(
            [("1010 Customer Marloes de Wit: Wie heeft ook twee facturen?", true), ("1011 Company Daan Visser: [internal] Privébericht gestuurd", false)],
            interactions.One("zammad", "106").Messages.Select(message => (Line(message), message.Public)));
        Assert.Equal(
            ["1007 Customer Marloes de Wit: Klant zegt via Facebook afspraak te hebben over factuur aug.", "1008 System : Uw vraag is ontvangen."],
            interactions.One("zammad", "102").Messages.Select(Line));
        Assert.Empty(interactions.One("zammad", "107").Messages);
    }

    [ServerFact]
    public async Task Marloes_klantcontacten_stand_in_her_dossier_and_what_is_confidential_shows_only_that_it_took_place()
    {
        var dossier = await Host.OpenAsync("1042");
        var interactions = await Host.AllAsync("1042", 50);

        Assert.Equal([Contact(3), Contact(2), Contact(4), Contact(1)], dossier.Interactions.Of("open-klant"));
        var mail = interactions.One("open-klant", Contact(1));
        Assert.Equal(
            ("email", Direction.Inbound, "Twee facturen voor augustus 🤔", "Zoë Ünal", "Klantcontactcentrum", "Marloes de Wit"),
            (mail.Channel, mail.Direction, mail.Subject, mail.Agent, mail.Team, mail.Participant));
        Assert.Equal("2026-08-11T17:42:00.123456Z", ForeignReading.Moment(mail.OccurTime));
        Assert.Equal(
            [
                "Customer Marloes de Wit: Ik heb twee facturen gekregen, allebei € 27,50.",
                "Company Zoë Ünal: De tweede hoeft u niet te betalen.",
                "System : [internal] Terugbellen: Binnen vier werkuren (te verwerken)",
            ],
            mail.Messages.Select(message => Line(message)[(message.Id.Length + 1)..]));
        var call = interactions.One("open-klant", Contact(2));
        Assert.Equal(("phone", "Company Zoë Ünal: Klant zegt een afspraak te hebben."), (call.Channel, Line(Assert.Single(call.Messages))[(call.Messages[0].Id.Length + 1)..]));
        Assert.Equal((mail.Name, RelatedInteraction.Types.Relation.Precedes), (Assert.Single(call.Related).Interaction, call.Related[0].Relation));
        Assert.Equal(("contact-form", "M de Wit"), (interactions.One("open-klant", Contact(4)).Channel, interactions.One("open-klant", Contact(4)).Participant));

        var secret = interactions.One("open-klant", Contact(3));
        Assert.Equal(("shop", "Vertrouwelijk", "", 0), (secret.Channel, secret.Subject, secret.Summary, secret.Messages.Count));
        foreach (var hidden in new[] { "Schuldhulp", "Mag niemand zien", "Ook niet", "Geheim", "Vorige houder", "Termijnregeling", "Niet doorgeven" })
        {
            Assert.DoesNotContain(hidden, dossier.ToString() + string.Concat(interactions), StringComparison.Ordinal);
        }
    }

    [ServerFact]
    public async Task Youssef_whom_Zammad_knows_by_a_telephone_number_alone_is_found_by_the_number_that_administration_gives()
    {
        var interactions = await Host.AllAsync("1043", 50);

        Assert.Equal(["111"], interactions.Of("zammad"));
        Assert.Equal("1012 Customer Youssef El Amrani: Belt over 202609-004388", Line(Assert.Single(interactions.One("zammad", "111").Messages)));
        Assert.Equal(["5"], interactions.Of("repair-shop"));
        Assert.Empty(interactions.Of("open-klant"));
    }

    [ServerFact]
    public async Task Sixty_tickets_contacts_and_visits_come_completely_and_in_order_over_pages()
    {
        var interactions = await Host.AllAsync("1047", 7);
        Assert.Equal(interactions, await Host.AllAsync("1047", 50));
        Assert.Equal(interactions, await Host.AllAsync("1047", 1, 13, 200, 2));

        var numbers = Enumerable.Range(1, 60).Reverse().ToList();
        Assert.Equal(numbers.Select(number => $"{200 + number}"), interactions.Of("zammad"));
        Assert.Equal(numbers.Select(number => $"{100 + number}"), interactions.Of("repair-shop"));
        Assert.Equal(
            numbers.Select(number => (Day: number / 2, Id: $"e1000000-0000-4000-8000-{number * 7919 % 1000:D12}")).OrderByDescending(contact => contact.Day).ThenByDescending(contact => contact.Id, StringComparer.Ordinal).Select(contact => contact.Id),
            interactions.Of("open-klant"));
        Assert.Equal(interactions.OrderByDescending(interaction => interaction.OccurTime.ToDateTimeOffset()).Select(interaction => interaction.OccurTime), interactions.Select(interaction => interaction.OccurTime));
        Assert.Equal(interactions.Count, interactions.Select(interaction => interaction.Name).Distinct().Count());
        foreach (var number in numbers)
        {
            Assert.Equal([$"Vraag {number}", $"Antwoord {number}"], interactions.One("zammad", $"{200 + number}").Messages.Select(message => message.Text));
            Assert.Equal($"Koekje in de gleuf {number}", Assert.Single(interactions.One("repair-shop", $"{100 + number}").Messages).Text);
        }

        Assert.All(interactions.Where(interaction => interaction.Source == "sources/zammad"), ticket => Assert.Equal(("Noëlle Çelik", "Zoë"), (ticket.Participant, ticket.Agent)));
        Assert.All(interactions.Where(interaction => interaction.Source == "sources/open-klant"), contact => Assert.Equal("Noëlle Çelik", contact.Participant));
    }

    [ServerFact]
    public async Task Each_interaction_is_read_by_its_name_as_it_was_listed()
    {
        foreach (var customer in new[] { "1042", "1043", "1045" })
        {
            foreach (var listed in await Host.AllAsync(customer, 50))
            {
                Assert.Equal(listed, (await Host.Dossiers.GetInteractionAsync(new GetInteractionRequest { Name = listed.Name })).Interaction);
            }
        }
    }

    [ServerFact]
    public async Task A_merged_ticket_is_there_for_who_names_it_and_a_removed_or_foreign_one_is_not()
    {
        Assert.Equal("Nogmaals: dubbele factuur", (await Host.Dossiers.GetInteractionAsync(Named("1042", "zammad", "103"))).Interaction.Subject);
        foreach (var name in new[] { Named("1042", "zammad", "104"), Named("1042", "zammad", "111"), Named("1042", "zammad", "geen"), Named("1042", "open-klant", Contact(6)), Named("1042", "open-klant", "x"), Named("1043", "repair-shop", "1") })
        {
            Assert.Equal(StatusCode.NotFound, (await Refused.ByAsync(async () => await Host.Dossiers.GetInteractionAsync(name))).Code);
        }
    }

    [ServerFact]
    public async Task A_telephone_number_opens_its_owners_dossier_and_a_shared_one_nobodys()
    {
        var own = await Host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = new CustomerKey { Phone = "06 0000 1042" }, View = DossierView.Full });
        Assert.Equal(("customers/1042", "Marloes de Wit"), (Assert.Single(own.Candidates).Customer, own.Dossier.Customer.DisplayName));
        Assert.Contains("101", own.Dossier.Interactions.Of("zammad"));

        var shared = await Host.Dossiers.LookUpDossierAsync(new LookUpDossierRequest { Key = new CustomerKey { Phone = "+31 35 000 1045" } });
        Assert.Equal(["customers/1045", "customers/1046"], shared.Candidates.Select(candidate => candidate.Customer));
        Assert.All(shared.Candidates, candidate => Assert.Equal(MatchGrade.Possible, candidate.Grade));
        Assert.Null(shared.Dossier);
    }

    [ServerFact]
    public async Task What_only_a_shared_number_finds_is_possible_and_never_certain()
    {
        var dossier = await Host.OpenAsync("1045");
        Assert.Equal($"121 | 6 | {Contact(5)}", Three(dossier.Interactions));
        Assert.Empty(dossier.PossibleInteractions);

        var asked = await Host.OpenAsync("1045", possible: true);
        Assert.Equal($"121 | 6 | {Contact(5)}", Three(asked.Interactions));
        Assert.Equal("122 | 7 | ", Three(asked.PossibleInteractions));

        var other = await Host.OpenAsync("1046", possible: true);
        Assert.Equal($"122 | 7 | {Contact(5)}", Three(other.Interactions));
        Assert.Equal("121 | 6 | ", Three(other.PossibleInteractions));

        static string Three(IReadOnlyCollection<Interaction> interactions) => string.Join(
            " | ", new[] { "zammad", "repair-shop", "open-klant" }.Select(source => string.Join(' ', interactions.Of(source))));
    }

    [ServerFact]
    public async Task A_citizen_service_number_is_nowhere_and_finds_nobody()
    {
        var answers = new List<IMessage>();
        foreach (var customer in new[] { "1042", "1047" })
        {
            answers.Add(await Host.OpenAsync(customer, possible: true));
            answers.AddRange(await Host.AllAsync(customer, 200));
            answers.Add(await Host.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest { Keys = { new CustomerKey { CustomerNumber = customer } } }));
        }

        foreach (var number in new[] { "999990019", "999990020" })
        {
            Assert.All(answers, answer => Assert.Equal(-1, answer.ToByteArray().AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(number))));
            Assert.Empty((await Host.Dossiers.ResolveCustomerAsync(new ResolveCustomerRequest { Keys = { new CustomerKey { CustomerNumber = number } } })).Candidates);
            Assert.Equal(StatusCode.NotFound, (await Refused.ByAsync(async () => await Host.OpenAsync(number))).Code);
        }

        Assert.Equal(0L, Ask(stores.OpenKlant, "open_klant", "SELECT COUNT(*) FROM klantinteracties_partijidentificator WHERE partij_identificator_object_id LIKE '99999%'"));
        Assert.Equal(7L, Ask(stores.OpenKlant, "open_klant", "SELECT COUNT(*) FROM klantinteracties_partijidentificator"));
    }

    [ServerFact]
    public void The_roles_read_what_the_files_read_and_nothing_else()
    {
        foreach (var statement in new[]
        {
            "SELECT password FROM users", "SELECT note FROM users", "SELECT * FROM ticket_articles", "UPDATE tickets SET title = 'x'", "SELECT nextval('tickets_id_seq')",
        })
        {
            IsRefused(stores.Zammad, "zammad", statement);
        }

        foreach (var statement in new[]
        {
            "SELECT interne_notitie FROM klantinteracties_partij", "DELETE FROM klantinteracties_internetaak", "CREATE TABLE klantinteracties_mine (id integer)",
        })
        {
            IsRefused(stores.OpenKlant, "open_klant", statement);
        }

        static void IsRefused(PostgresDatabase database, string reader, string statement)
        {
            var refused = Assert.Throws<PostgresException>(() => Ask(database, reader, "SET transaction_read_only = off; " + statement));
            Assert.Equal((statement, PostgresErrorCodes.InsufficientPrivilege), (statement, refused.SqlState));
        }
    }

    [ServerFact]
    public async Task A_ticket_that_nobody_is_known_by_is_a_customers_by_an_agents_word() => await IsLinkedAndUnlinkedAsync("zammad", "131");

    [ServerFact]
    public async Task A_klantcontact_without_betrokkene_is_a_customers_by_an_agents_word() => await IsLinkedAndUnlinkedAsync("open-klant", Contact(7));

    [ServerFact]
    public async Task A_visit_by_an_unknown_client_is_a_customers_by_an_agents_word() => await IsLinkedAndUnlinkedAsync("repair-shop", "8");

    private async Task IsLinkedAndUnlinkedAsync(string source, string id)
    {
        var before = (await Host.AllAsync("1050", 50)).Select(listed => listed.Name).ToList();
        var key = new CustomerKey { Interaction = $"sources/{source}/interactions/{id}" };
        var linked = await Host.Dossiers.LinkCustomerKeyAsync(new LinkCustomerKeyRequest { Customer = "customers/1050", Key = key, RequestId = Agreed.NewId() }, DossierHost.As("webcare"));

        var dossier = await Host.OpenAsync("1050");
        var listed = (await Host.AllAsync("1050", 2)).One(source, id);
        Assert.Equal([id], dossier.Interactions.Of(source).Where(own => own == id));
        Assert.Equal(listed, (await Host.Dossiers.GetInteractionAsync(new GetInteractionRequest { Name = listed.Name })).Interaction);

        await Host.Dossiers.UnlinkCustomerKeyAsync(
            new UnlinkCustomerKeyRequest { Customer = "customers/1050", Key = key, Etag = linked.Link.Etag, RequestId = Agreed.NewId() }, DossierHost.As("webcare"));
        Assert.Equal(before, (await Host.AllAsync("1050", 50)).Select(again => again.Name));
    }

    [ServerFact]
    public async Task Tables_without_what_is_optional_are_read_by_the_same_files()
    {
        // A plain Zammad has no customer number, an Open Klant before migration 0042 no `reactie`. The first is found by mail.
        using var folder = TemporaryFolder.WithStores();
        using var zammad = ForeignStores.Of("zammad", "ALTER TABLE users DROP COLUMN customer_number");
        using var openKlant = ForeignStores.Of("open-klant", "ALTER TABLE klantinteracties_klantcontact DROP COLUMN reactie");
        await using var host = await ForeignStores.StartAsync(folder.Path, zammad, openKlant);

        var interactions = await host.AllAsync("1042", 50);
        Assert.Equal(["107", "102", "106", "101", "105"], interactions.Of("zammad"));
        Assert.Equal(2, interactions.One("open-klant", Contact(1)).Messages.Count);
        Assert.Empty((await host.OpenAsync("1042")).Unreachable);
    }

    [ServerFact]
    public async Task A_product_that_renamed_a_column_disables_its_own_source_and_says_which()
    {
        using var folder = TemporaryFolder.WithStores();
        using var zammad = ForeignStores.Of("zammad");
        zammad.Execute("ALTER TABLE tickets RENAME COLUMN title TO subject");
        await using var host = await ForeignStores.StartAsync(folder.Path, zammad, stores.OpenKlant);

        var dossier = await host.OpenAsync("1042");
        Assert.Equal(["sources/zammad"], dossier.Unreachable);
        Assert.Equal(4, dossier.Interactions.Of("open-klant").Count());
        var source = (await host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = "sources/zammad" })).Source;
        Assert.Equal(SourceState.Disabled, source.State);
        Assert.Contains("db/sources/zammad/queries.postgres.sql: block 'interaction", source.LastFailure, StringComparison.Ordinal);
        Assert.Contains("title", source.LastFailure, StringComparison.Ordinal);
    }

    private static string Contact(int number) => $"e0000000-0000-4000-8000-{number:D12}";

    private static string Line(InteractionMessage message) => $"{message.Id} {message.Author} {message.AuthorName}: {message.Text}";

    private static GetInteractionRequest Named(string customer, string source, string id) => new() { Name = $"customers/{customer}/sources/{source}/interactions/{id}" };

    private static object? Ask(PostgresDatabase database, string reader, string statement)
    {
        using var connection = new NpgsqlConnection(database.For(ForeignStores.Reader + reader));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        return command.ExecuteScalar();
    }
}
