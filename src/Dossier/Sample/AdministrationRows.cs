namespace Dossier.Sample;

/// <summary>The generated customers as administration knows them: every one of the 500, with account, connection and keys.</summary>
internal static class AdministrationRows
{
    private static readonly (string Kind, string Name, int Cents)[] Consumer =
    [
        ("SIM", "Sim Only 5 GB", 1950), ("SIM", "Sim Only 20 GB", 2750), ("SIM", "Sim Only Onbeperkt", 3250), ("INT", "Internet 200", 3995),
        ("INT", "Internet & TV 500", 4500), ("INT", "Internet & TV 1000", 5250),
    ];

    private static readonly (string Kind, string Name, int Cents)[] Company =
        [("ZAK", "Zakelijk Internet & Bellen", 13750), ("ZAK", "Zakelijk Mobiel, vijf simkaarten", 9900)];

    /// <summary>The number of a customer's invoice of one month, or of the second one where the month was billed twice.</summary>
    public static string InvoiceNumber(int customer, DateOnly day, bool second = false) =>
        $"{day:yyyyMM}-{customer + (second ? 20000 : 10000):D6}";

    public static void Insert(InsertBlocks inserts)
    {
        var letters = new LetterRows(inserts);
        foreach (var person in Population.All)
        {
            var dice = Dice.For(person.Number, "administration");
            var since = new DateOnly(2024, 1, 1).AddMonths(dice.Between(0, dice.Percent(70) ? 14 : 29));
            Debtor(inserts, dice, person, since);
            var (kind, name, cents) = dice.Pick(person.Business ? Company : Consumer);
            var payBy = dice.Weighted([45, 40, 15]) switch { 0 => "direct-debit", 1 => "ideal", _ => "transfer" };
            var connection = $"{kind}-{person.Number:D6}";
            var iban = payBy == "direct-debit" ? Iban(person.Number) : null;
            inserts.Row("administration_account", person.Account, person.Id, payBy, iban, Day(since));
            inserts.Row("administration_connection", person.Id, Day(since), connection, person.Account, name, "active", null);
            new BillingRows(inserts, letters, dice, person, new Subscription(connection, name, cents, payBy, since)).Insert();
            letters.Contacts(dice, person);
        }
    }

    public static string Day(DateOnly day) => day.ToString("yyyy-MM-dd");

    private static void Debtor(InsertBlocks inserts, Dice dice, SamplePerson person, DateOnly since)
    {
        inserts.Row("administration_debtor", person.Id, person.Business ? "ZAKELIJK" : "PARTICULIER",
            person.Business ? null : person.First, person.Business ? null : person.Particle, person.Business ? null : person.Surname,
            person.Company, person.Street, person.HouseNumber, person.Postcode, person.Town.Name, person.Number % 97 == 0 ? 1 : 0,
            Day(since));
        if (person.Business)
        {
            inserts.Row("administration_contact_person", person.Id, 1, person.FullName, "eigenaar");
        }
        else if (person.Number % 61 == 0)
        {
            inserts.Row("administration_representative", person.Id, dice.Pick(["BEWIND", "CURATELE", "VOLMACHT"]),
                "Kantoor Voorbeeld " + person.Town.Name, "Stationsplein", "1", $"{person.Town.Postcode} SS", person.Town.Name, Day(since));
        }

        if (person.EmailKnown)
        {
            inserts.Row("administration_contact_point", person.Id, "EMAIL", person.Email);
        }

        if (person.MobileKnown)
        {
            inserts.Row("administration_contact_point", person.Id, "PHONE", person.Mobile);
        }

        if (person.Landline is not null)
        {
            inserts.Row("administration_contact_point", person.Id, "PHONE", person.Landline);
        }
    }

    /// <summary>A number that passes the check (remainder 1 of 97) at a bank that does not exist: TEST.</summary>
    private static string Iban(int number)
    {
        var remainder = 0;
        foreach (var sign in $"TEST{number:D10}NL00")
        {
            remainder = char.IsAsciiDigit(sign) ? ((remainder * 10) + (sign - '0')) % 97 : ((remainder * 100) + (sign - 'A' + 10)) % 97;
        }

        return $"NL{98 - remainder:D2}TEST{number:D10}";
    }
}

/// <summary>What a generated customer pays for each month.</summary>
internal sealed record Subscription(string Connection, string Name, int Cents, string PayBy, DateOnly Since);
