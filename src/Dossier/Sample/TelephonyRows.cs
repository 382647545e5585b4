namespace Dossier.Sample;

/// <summary>The generated customers as telephony knows them: numbers as a Dutch telephone shows them, and calls.</summary>
internal sealed class TelephonyRows(InsertBlocks inserts)
{
    private static readonly string[] Agents = ["fatima", "kees", "ruben", "joost", "anouk", "murat"];
    private readonly Dictionary<DateOnly, int> callsOfDay = [];

    public static void Insert(InsertBlocks inserts)
    {
        var rows = new TelephonyRows(inserts);
        foreach (var person in Population.All)
        {
            rows.Person(person, [.. Contact.Of(person).Where(contact => contact.Store == "telephony")], isCustomer: true);
        }

        foreach (var stranger in Population.KnownToTelephonyOnly)
        {
            rows.Person(stranger, [Contact.Once(stranger, "phone")], isCustomer: false);
        }
    }

    private void Person(SamplePerson person, IReadOnlyList<Contact> calls, bool isCustomer)
    {
        var dice = Dice.For(person.Number, "telephony");
        var ids = new Dictionary<Contact, string>(ReferenceEqualityComparer.Instance);
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var call in calls)
        {
            // The two with over 1,000 calls or chats use one number of their own; others now and then the landline, or withhold it.
            var busy = person.Number is 2100 or 2200;
            var landline = !busy && person.Landline is not null && dice.Percent(50);
            var number = !busy && dice.Percent(3) ? null : National(landline ? person.Landline! : person.Mobile);
            if (number is not null && known.Add(number) && (busy || dice.Percent(80)))
            {
                var noted = isCustomer && (busy || dice.Percent(80));
                inserts.Row("telephony_known_caller", number, person.FullName, noted ? person.Id : null,
                    noted ? dice.Pick(Agents) : null, call.At + 300);
            }

            var id = CallId(Contact.Day(call.At));
            ids.Add(call, id);
            var earlier = call.Earlier is { } before && ids.TryGetValue(before, out var same) ? same : null;
            Call(dice, person, id, number, call, earlier);
        }
    }

    private void Call(Dice dice, SamplePerson person, string id, string? number, Contact call, string? earlier)
    {
        var topic = call.Topic;
        var agent = dice.Pick(Agents);
        var waited = dice.Percent(25) ? dice.Between(300, 1100) : dice.Between(15, 290);
        var hungUp = !call.Solved && dice.Percent(15);
        var ended = call.At + waited + (hungUp ? 5 : dice.Between(150, 1100));
        var invoice = AdministrationRows.InvoiceNumber(person.Number, Contact.Day(call.At));
        var asked = string.Format(call.Earlier is null ? topic.Ask : topic.Again, invoice);
        inserts.Row("telephony_call", id, number, "IN", call.At, waited, ended, ended + dice.Between(20, 120),
            person.Business ? "zakelijk" : topic.Team, hungUp ? null : agent, person.FullName, topic.Subject,
            call.Solved ? "SOLVED" : hungUp ? "HUNG_UP" : "OPEN",
            !call.Solved && !hungUp && dice.Percent(30) ? "administratie" : null,
            hungUp ? null : $"Klant: “{asked}” {(call.Solved ? topic.Solved : topic.Open)}",
            earlier, earlier is null ? null : "SAME");

        // Some open matters get a call back, on the same line.
        if (!call.Solved && !hungUp && number is not null && dice.Percent(20))
        {
            var back = ended + dice.Between(1200, 5400);
            var reached = dice.Percent(70);
            inserts.Row("telephony_call", CallId(Contact.Day(back)), number, "OUT", back, 0, back + (reached ? dice.Between(90, 600) : 25),
                back + 700, topic.Team, agent, person.FullName, topic.Subject, reached ? "SOLVED" : "NO_ANSWER", null,
                reached ? $"Teruggebeld. {topic.Solved}" : "Teruggebeld, niet opgenomen.", id, "CALLED_BACK");
        }
    }

    private string CallId(DateOnly day)
    {
        var count = callsOfDay.GetValueOrDefault(day);
        callsOfDay[day] = count + 1;
        return $"{day:yyyyMMdd}-{10000 + count}";
    }

    private static string National(string number) => "0" + number["+31".Length..];
}
