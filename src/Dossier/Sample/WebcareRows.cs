namespace Dossier.Sample;

/// <summary>The generated customers as webcare knows them: people with profiles, and the conversations they had.</summary>
internal sealed class WebcareRows(InsertBlocks inserts)
{
    private const string Page = "voorbeeldtelecom";
    private static readonly string[] Agents = ["Daan", "Samira", "Lotte", "Joris", "Esra"];
    private int contacts = 1000;
    private int threads = 10000;

    public static void Insert(InsertBlocks inserts)
    {
        var rows = new WebcareRows(inserts);
        foreach (var person in Population.All)
        {
            rows.Person(person, [.. Contact.Of(person).Where(contact => contact.Store == "webcare")], isCustomer: true);
        }

        foreach (var stranger in Population.KnownToWebcareOnly)
        {
            var channel = stranger.Number % 2 == 0 ? "facebook" : "instagram";
            rows.Person(stranger, [Contact.Once(stranger, channel)], isCustomer: false);
        }
    }

    private void Person(SamplePerson person, IReadOnlyList<Contact> conversations, bool isCustomer)
    {
        if (conversations.Count == 0)
        {
            return;
        }

        var dice = Dice.For(person.Number, "webcare");
        var contactId = ++contacts;
        var wrote = conversations.Any(conversation => conversation.Channel is "email" or "chat");
        var email = wrote || (isCustomer && dice.Percent(30)) ? char.ToUpperInvariant(person.Email[0]) + person.Email[1..] : null;
        var noted = isCustomer && (person.Business || dice.Percent(65)) ? person.Id : null;
        inserts.Row("webcare_contact", contactId, person.DisplayName, dice.Percent(50) ? person.Town.Name : null, email, noted);
        foreach (var network in conversations.Select(conversation => conversation.Channel).Distinct(StringComparer.Ordinal))
        {
            Profile(person, contactId, network);
        }

        var ids = new Dictionary<Contact, string>(ReferenceEqualityComparer.Instance);
        foreach (var conversation in conversations)
        {
            var id = $"cnv-{++threads:D6}";
            ids.Add(conversation, id);
            var earlier = conversation.Earlier is { } before && ids.TryGetValue(before, out var known) ? known : null;
            Conversation(dice, person, contactId, id, conversation, earlier);
        }
    }

    private void Profile(SamplePerson person, int contactId, string network)
    {
        switch (network)
        {
            case "facebook":
                inserts.Row("webcare_profile", network, Page, $"6155000000{person.Number}", contactId, null);
                break;
            case "instagram":
                inserts.Row("webcare_profile", network, Page, $"1784100000{person.Number}", contactId, "klant." + person.Id);
                break;
            case "whatsapp":
                inserts.Row("webcare_profile", network, Page, person.Mobile[1..], contactId, person.First);
                break;
            default:
                break;
        }
    }

    private void Conversation(Dice dice, SamplePerson person, int contactId, string id, Contact conversation, string? earlier)
    {
        var (channel, topic) = (conversation.Channel, conversation.Topic);
        var agent = dice.Pick(Agents);
        var onPage = channel switch { "facebook" => dice.Percent(60), "instagram" => dice.Percent(30), _ => false };

        // Webcare answers first in about 20 minutes; a mail waits for hours.
        var answered = conversation.At + (channel == "email" ? dice.Between(2 * 3600, 20 * 3600) : dice.Between(4 * 60, 36 * 60));
        var closed = answered + dice.Between(6 * 60, 40 * 60);
        var solved = conversation.Solved && closed <= Contact.LastMoment;
        var outcome = solved ? topic.Solved : topic.Open;
        inserts.Row("webcare_thread", id, contactId, channel, "customer", onPage ? 1 : 0, Moment(conversation.At),
            closed <= Contact.LastMoment ? Moment(closed) : null, Moment(conversation.At + dice.Between(2, 12)), topic.Subject,
            closed <= Contact.LastMoment ? outcome : null, agent, "webcare", solved ? 1 : 0, earlier, earlier is null ? null : "earlier");

        var invoice = AdministrationRows.InvoiceNumber(person.Number, Contact.Day(conversation.At));
        var ask = string.Format(conversation.Earlier is null ? topic.Ask : topic.Again, invoice);
        var first = onPage
            ? $"Hoi {person.First}, vervelend! Stuur je ons een privébericht met je klantnummer en postcode? ^{agent}"
            : $"Hoi {person.First}, ik zoek het voor je uit. Een moment! {agent}";
        Post(id, 1, conversation.At, person.FullName, "customer", onPage, ask);
        Post(id, 2, answered, agent, "webcare", onPage, first);
        Post(id, 3, closed, agent, "webcare", false, solved
            ? $"Uitgezocht. {outcome} Fijne dag! {agent}"
            : $"Het lukt me niet om dit zelf op te lossen. {outcome} {agent}");
        if (dice.Percent(solved ? 35 : 15))
        {
            var thanks = solved ? "Top, dankjewel! 👍" : "Oké… ik wacht af.";
            Post(id, 4, closed + dice.Between(60, 1800), person.FullName, "customer", false, thanks);
        }
    }

    private void Post(string thread, int part, long at, string name, string author, bool onPage, string text)
    {
        if (at <= Contact.LastMoment)
        {
            inserts.Row("webcare_post", thread, Moment(at), $"{thread}.{part}", author, name, onPage ? 1 : 0, text);
        }
    }

    private static string Moment(long at) => DateTimeOffset.FromUnixTimeSeconds(at).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
}
