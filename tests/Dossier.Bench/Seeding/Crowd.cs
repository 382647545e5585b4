using System.Threading.Channels;
using Dossier.Sample;

namespace Dossier.Bench.Seeding;

/// <summary>
/// As many customers as are asked for, equal every time: 3 conversations with 5 messages, 4 calls, 12 invoices with lines, 2 notices
/// with their letters and 3 payments each, and 2 agreements. None of them exists: mobiles begin with +31 6 0, mail ends in example.org.
/// </summary>
internal static class Crowd
{
    private const int First = 1_000_001;
    private const int ChunkSize = 500;
    private const string Page = "voorbeeldtelecom";
    private static readonly DateOnly FirstMonth = new(2025, 10, 1);
    private static readonly string[] FirstNames = ["Aïsha", "Bas", "Carlijn", "Daniël", "Eline", "Femke", "Gijs", "Hülya", "Ilse", "Koen", "Łucja", "Mehmet", "Nguyệt", "Wiebe", "Zoë"];
    private static readonly string[] Surnames = ["de Vries", "Jansen", "van 't Hof", "IJsselstein", "Yılmaz", "Wójcik", "Peeters", "Benali", "Müller", "Nguyễn", "ten Brink", "Smit"];
    private static readonly string[] Towns = ["Utrecht", "Amersfoort", "'s-Hertogenbosch", "Groningen", "IJmuiden", "Eindhoven", "Zwolle", "Middelburg"];
    private static readonly string[] Agents = ["Daan", "Samira", "Lotte", "Joris", "Esra", "fatima", "kees", "ruben"];
    private static readonly string[] Subjects = ["Factuur hoger dan verwacht", "Dubbele factuur", "Betaling niet verwerkt", "Betaling in delen", "Levering modem", "Storing"];

    public static string NumberOf(int index) => $"{First + index}";

    public static string Account(string number) => "BA-" + number;

    public static string Email(string number) => $"klant.{number}@example.org";

    public static string Phone(string number) => "+3160" + number;

    public static string Social(string number) => "61550" + number;

    public static string Invoice(string number, int month) => $"{FirstMonth.AddMonths(month):yyyyMM}-{number}";

    /// <summary>Generates the rows of one store on a thread of its own, a few chunks ahead of whoever writes them.</summary>
    public static ChannelReader<SeedChunk> Chunks(string store, int customers, CancellationToken stop)
    {
        var ready = Channel.CreateBounded<SeedChunk>(4);
        _ = Task.Run(
            async () =>
            {
                try
                {
                    for (var first = 0; first < customers; first += ChunkSize)
                    {
                        var chunk = new SeedChunk(store) { Customers = Math.Min(ChunkSize, customers - first) };
                        for (var index = first; index < first + chunk.Customers; index++)
                        {
                            Add(store, chunk, index);
                        }

                        await ready.Writer.WriteAsync(chunk, stop);
                    }

                    ready.Writer.Complete();
                }
                catch (Exception failed)
                {
                    ready.Writer.Complete(failed);
                }
            },
            CancellationToken.None);
        return ready.Reader;
    }

    private static void Add(string store, SeedChunk chunk, int index)
    {
        var number = NumberOf(index);
        var dice = Dice.For(First + index, store);
        switch (store)
        {
            case "webcare":
                Webcare(chunk, dice, index, number);
                break;
            case "telephony":
                Telephony(chunk, dice, number);
                break;
            case "administration":
                Administration(chunk, dice, number);
                break;
            default:
                CrowdAgreements.Add(chunk, index, number);
                break;
        }
    }

    private static (string First, string Surname) Name(string number)
    {
        var dice = Dice.For(int.Parse(number), "name");
        return (dice.Pick(FirstNames), dice.Pick(Surnames));
    }

    private static string FullName(string number) => Name(number) is var (first, surname) ? $"{first} {surname}" : "";

    /// <summary>Some moment of the year before 8 October 2026, in office hours.</summary>
    private static DateTime Moment(Dice dice) =>
        new DateTime(2025, 10, 8, 8, 0, 0, DateTimeKind.Utc).AddDays(dice.Below(364)).AddSeconds(dice.Below(9 * 3600));

    private static void Webcare(SeedChunk chunk, Dice dice, int index, string number)
    {
        var (contact, name) = ((long)index + 1, FullName(number));
        chunk.Add(SeedTables.Contact, contact, name, dice.Pick(Towns), Email(number), number);
        chunk.Add(SeedTables.Profile, "facebook", Page, Social(number), contact, null);
        for (var count = 1; count <= 3; count++)
        {
            var id = $"cnv-{number}-{count}";
            var (opened, agent, subject) = (Moment(dice), dice.Pick(Agents), dice.Pick(Subjects));
            var invoice = Invoice(number, dice.Below(12));
            chunk.Add(
                SeedTables.Thread, id, contact, dice.Percent(40) ? "facebook" : "email", "customer", false, opened, opened.AddMinutes(95), opened.AddSeconds(4), subject,
                "Uitgezocht en uitgelegd.", agent, "webcare", dice.Percent(80), null, null);
            for (var part = 1; part <= 5; part++)
            {
                var customer = part % 2 == 1;
                chunk.Add(
                    SeedTables.Post, id, opened.AddMinutes(19 * (part - 1)), $"{id}.{part}", customer ? "customer" : "webcare", customer ? name : agent, false,
                    customer ? $"Hallo, het gaat over factuur {invoice}. {subject}, hoe zit dat? ({part})" : $"Hoi, ik zoek het voor je uit. Een moment! {agent}");
            }
        }
    }

    private static void Telephony(SeedChunk chunk, Dice dice, string number)
    {
        var (phone, name) = ("060" + number, FullName(number));
        var first = Moment(dice);
        chunk.Add(SeedTables.KnownCaller, phone, name, number, dice.Pick(Agents), first);
        for (var count = 1; count <= 4; count++)
        {
            var started = count == 1 ? first : Moment(dice);
            var (waited, lasted, subject) = (dice.Between(15, 900), dice.Between(90, 1100), dice.Pick(Subjects));
            chunk.Add(
                SeedTables.Call, $"{started:yyyyMMdd}-{number}-{count}", phone, "IN", started, (long)waited, started.AddSeconds(waited + lasted), started.AddSeconds(waited + lasted + 60),
                "klantenservice", dice.Pick(Agents), name, subject, dice.Percent(70) ? "SOLVED" : "OPEN", null, $"Klant belt over {Invoice(number, dice.Below(12))}. {subject}.", null, null);
        }
    }

    private static void Administration(SeedChunk chunk, Dice dice, string number)
    {
        var (first, surname) = Name(number);
        var (account, connection, since) = (Account(number), "INT-" + number, new DateOnly(2023, 1, 1).AddDays(dice.Below(700)));
        chunk.Add(
            SeedTables.Debtor, number, "PARTICULIER", first, null, surname, null, "Zonnebloemstraat", $"{dice.Between(1, 180)}", $"{dice.Between(1000, 9999)} SA", dice.Pick(Towns), false, since);
        chunk.Add(SeedTables.ContactPoint, number, "EMAIL", Email(number));
        chunk.Add(SeedTables.ContactPoint, number, "PHONE", Phone(number));
        chunk.Add(SeedTables.Account, account, number, "direct-debit", null, since);
        chunk.Add(SeedTables.Connection, number, since, connection, account, "Internet 200", "active", null);
        for (var month = 0; month < 12; month++)
        {
            var (from, id) = (FirstMonth.AddMonths(month), Invoice(number, month));
            var dated = from.AddDays(int.Parse(number) % 21);
            var usage = dice.Percent(25) ? dice.Between(1, 24) * 25L : 0;
            var (total, vat) = (2750 + usage, Vat(2750) + Vat(usage));
            chunk.Add(
                SeedTables.Invoice, number, dated, id, account, null, false, dated.AddDays(14), from, from.AddMonths(1).AddDays(-1), total - vat, vat, total, month < 10 ? 0L : total);
            Line(chunk, id, 1, connection, "Internet 200", true, from, 2750);
            if (usage > 0)
            {
                Line(chunk, id, 2, connection, "Gebruik buiten de bundel", false, from, usage);
            }

            if (month % 4 == 1)
            {
                chunk.Add(SeedTables.Receipt, number, dated.AddDays(10), "P" + id, "direct-debit", total, null, null);
                chunk.Add(SeedTables.ReceiptItem, "P" + id, id, total);
            }

            if (month is 4 or 10)
            {
                Notice(chunk, number, id, dated.AddDays(21), total);
            }
        }
    }

    private static void Line(SeedChunk chunk, string invoice, long line, string connection, string text, bool monthly, DateOnly from, long cents) => chunk.Add(
        SeedTables.InvoiceLine, invoice, line, $"{invoice}-{line}", connection, text, monthly, from, from.AddMonths(1).AddDays(-1), Vat(cents), cents);

    private static void Notice(SeedChunk chunk, string number, string invoice, DateOnly issued, long cents)
    {
        var (id, letter, written) = ($"H{invoice}-1", $"UIT-{invoice}", issued.ToDateTime(new TimeOnly(7, 15), DateTimeKind.Utc));
        chunk.Add(SeedTables.Dunning, number, issued, id, 1L, issued.AddDays(2), "letter", cents, 0L);
        chunk.Add(SeedTables.DunningItem, id, invoice);
        chunk.Add(SeedTables.Correspondence, number, written, letter, "UIT", "letter", written, $"Herinnering factuur {invoice}", null, null, "debiteuren", null, null);
        chunk.Add(SeedTables.CorrespondenceText, letter, $"Wij hebben de betaling van factuur {invoice} nog niet ontvangen. Wilt u het bedrag binnen 14 dagen overmaken?");
    }

    // 21 % in the price.
    private static long Vat(long cents) => ((cents * 21) + 60) / 121;
}
