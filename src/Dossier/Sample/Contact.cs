namespace Dossier.Sample;

/// <summary>One contact that a generated customer sought, whichever store holds it.</summary>
/// <param name="At">When, in unix seconds.</param>
/// <param name="Channel">phone, email, whatsapp, web-portal, facebook, instagram, chat or letter.</param>
/// <param name="Topic">What about.</param>
/// <param name="Solved">Whether it was solved there.</param>
/// <param name="Earlier">The contact on the same matter that did not solve it.</param>
internal sealed record Contact(long At, string Channel, Topic Topic, bool Solved, Contact? Earlier)
{
    /// <summary>The days on which something happens: 8 April 2025 up to and including 8 October 2026.</summary>
    public static readonly DateOnly FirstDay = new(2025, 4, 8);

    public static readonly DateOnly LastDay = new(2026, 10, 8);

    /// <summary>Nothing in the stores is later than this moment: 8 October 2026, 21:00 UTC.</summary>
    public static readonly long LastMoment = new DateTimeOffset(LastDay.ToDateTime(new TimeOnly(21, 0)), TimeSpan.Zero).ToUnixTimeSeconds();

    // Over 1,000 in one store for these two; everybody else has between none and about twenty.
    private const int Busy = 1060;

    private static readonly string[] Channels = ["phone", "email", "whatsapp", "web-portal", "facebook", "instagram", "chat", "letter"];
    private static readonly int[] Mix = [35, 20, 15, 12, 5, 3, 6, 4];

    public string Store => Channel switch
    {
        "phone" => "telephony",
        "web-portal" or "letter" => "administration",
        _ => "webcare",
    };

    /// <summary>All contacts of one customer, oldest first.</summary>
    public static IReadOnlyList<Contact> Of(SamplePerson person)
    {
        var dice = Dice.For(person.Number, "contacts");
        var contacts = new List<Contact>();
        if (person.Number is 2100 or 2200)
        {
            var channel = person.Number == 2100 ? "phone" : "whatsapp";
            for (var count = 0; count < Busy; count++)
            {
                // Every tenth starts in the same second as the one before it: pages must not lose or repeat it.
                var contact = New(dice, channel, null);
                contacts.Add(count % 10 == 9 ? contact with { At = contacts[^1].At } : contact);
            }
        }

        // One in eight never seeks contact; there only administration knows them.
        var wanted = dice.Percent(12) ? 0 : dice.Between(1, 7) + (dice.Percent(20) ? dice.Between(3, 12) : 0);
        for (var count = 0; count < wanted; count++)
        {
            var contact = New(dice, Channels[dice.Weighted(Mix)], null);
            contacts.Add(contact);
            while (!contact.Solved && dice.Percent(60) && New(dice, Channels[dice.Weighted(Mix)], contact) is { } again
                && Day(again.At) <= LastDay)
            {
                contacts.Add(contact = again);
            }
        }

        return [.. contacts.OrderBy(contact => contact.At)];
    }

    /// <summary>The one contact of somebody who is no customer.</summary>
    public static Contact Once(SamplePerson person, string channel) => New(Dice.For(person.Number, "contacts"), channel, null);

    public static DateOnly Day(long at) => DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeSeconds(at).UtcDateTime);

    private static Contact New(Dice dice, string channel, Contact? earlier)
    {
        var day = earlier is null
            ? FirstDay.AddDays(dice.Below(LastDay.DayNumber - FirstDay.DayNumber + 1))
            : Day(earlier.At).AddDays(dice.Between(1, 9));
        day = day.DayOfWeek switch
        {
            DayOfWeek.Saturday => day.AddDays(-1),
            DayOfWeek.Sunday => day.AddDays(earlier is null ? -2 : 1),
            _ => day,
        };
        if (day < FirstDay)
        {
            day = FirstDay;
        }

        // Office hours are 9 to 17:30 in Amsterdam, 7 or 8 UTC; webcare goes on into the evening.
        var minutes = channel is "phone" or "letter" ? dice.Between(8 * 60, (15 * 60) + 29) : dice.Between(7 * 60, 19 * 60);
        var at = new DateTimeOffset(day.ToDateTime(new TimeOnly(minutes / 60, minutes % 60, dice.Below(60))), TimeSpan.Zero);
        var solved = dice.Percent(channel switch { "phone" => 60, "web-portal" or "letter" => 45, _ => 90 });
        var topic = earlier?.Topic ?? Topic.Throw(dice);
        return new Contact(Math.Max(at.ToUnixTimeSeconds(), (earlier?.At ?? 0) + 3600), channel, topic, solved, earlier);
    }
}
