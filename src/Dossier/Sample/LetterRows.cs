namespace Dossier.Sample;

/// <summary>What administration sent to the generated customers, and what it received from them.</summary>
internal sealed class LetterRows(InsertBlocks inserts)
{
    private static readonly string[] Clerks = ["Sanne Kuiper", "Theo Bos-Rademaker", "Rachida Amrani", "Willem ten Have"];
    private static readonly string[] Stages = ["Betalingsherinnering", "Aanmaning", "14-dagenbrief"];
    private readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);

    public void Dunning(SamplePerson person, string invoice, int level, DateOnly issued, string channel, int cents)
    {
        var amount = $"€ {cents / 100},{cents % 100:D2}";
        var text = level switch
        {
            1 => $"Beste {person.DisplayName}, wij hebben uw betaling van {amount} voor factuur {invoice} nog niet ontvangen. "
                + "Wilt u het bedrag binnen zeven dagen betalen?",
            2 => $"Geachte {person.DisplayName}, factuur {invoice} van {amount} staat nog open. "
                + "Wij verzoeken u nogmaals dit bedrag te betalen.",
            _ => $"Wij hebben uw betaling van {amount} nog niet ontvangen. Betaalt u niet binnen vijftien dagen nadat deze brief bij u is "
                + "bezorgd, dan bent u € 40,00 incassokosten verschuldigd.",
        };
        var at = Seconds(issued, 6, 30);
        Letter(person, at, at, "UIT", channel, $"{Stages[level - 1]} factuur {invoice}", null, null, "debiteuren", text, null);
    }

    /// <summary>Letters and portal forms of a customer. Of 100, administration answers 45 in time, 35 late and 20 never.</summary>
    public void Contacts(Dice dice, SamplePerson person)
    {
        foreach (var contact in Contact.Of(person).Where(contact => contact.Store == "administration"))
        {
            var topic = contact.Topic;
            var invoice = AdministrationRows.InvoiceNumber(person.Number, Contact.Day(contact.At));
            var letter = contact.Channel == "letter";

            // A letter lies in the post and in a tray for days before anyone scans it.
            var registered = contact.At + (letter ? dice.Between(1, 4) * 86400 : dice.Between(1, 40));
            if (registered > Contact.LastMoment)
            {
                continue;
            }

            var asked = string.Format(contact.Earlier is null ? topic.Ask : topic.Again, invoice);
            var clerk = dice.Pick(Clerks);
            var answered = contact.Solved ? contact.At + (dice.Between(2, 9) * 86400)
                : dice.Percent(64) ? contact.At + (dice.Between(16, 60) * 86400) : long.MaxValue;
            var waits = answered > Contact.LastMoment;
            var number = Letter(person, contact.At, registered, "IN", contact.Channel, topic.Subject,
                waits ? "Nog te beantwoorden." : null, clerk, "klantadministratie", asked, null);
            if (!waits)
            {
                var channel = letter ? "letter" : "email";
                var text = $"Beste {person.DisplayName}, dank voor uw bericht. {topic.Solved} Met vriendelijke groet, {clerk}";
                Letter(person, answered, answered, "UIT", channel, "Uw vraag: " + topic.Subject.ToLowerInvariant(), topic.Solved, clerk,
                    "klantadministratie", text, number);
            }
        }
    }

    private string Letter(SamplePerson person, long written, long registered, string way, string medium, string subject, string? remark,
        string? clerk, string department, string text, string? replyTo)
    {
        var series = $"{way}-{Contact.Day(written):yyyy}";
        var count = numbers.GetValueOrDefault(series, 10000) + 1;
        numbers[series] = count;
        var number = $"{series}-{count:D6}";
        inserts.Row("administration_correspondence", person.Id, Moment(written), number, way, medium, Moment(registered), subject, remark,
            clerk, department, person.FullName, replyTo);
        inserts.Row("administration_correspondence_text", number, text);
        return number;
    }

    private static long Seconds(DateOnly day, int hour, int minute) =>
        new DateTimeOffset(day.ToDateTime(new TimeOnly(hour, minute)), TimeSpan.Zero).ToUnixTimeSeconds();

    private static string Moment(long at) => DateTimeOffset.FromUnixTimeSeconds(at).ToString("yyyy-MM-dd HH:mm:ss");
}
