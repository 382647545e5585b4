using System.Text;

namespace Dossier.Sample;

/// <summary>The 500 generated customers. None of them exists: postcodes end in SA, SD or SS, mobiles begin with +31 6 00.</summary>
internal static class Population
{
    public const int First = 2001;
    public const int Last = 2500;

    // People who are no customer: one store knows them, and gives them no customer number.
    private const int FirstStranger = 9001;
    private const int WebcareStrangers = 30;
    private const int TelephonyStrangers = 20;

    private static readonly string[] FirstNames =
    [
        "Aïsha", "Bas", "Carlijn", "Daniël", "Eline", "Femke", "Gijs", "Hülya", "Ilse", "Joëlle", "Koen", "Loïs", "Mehmet", "Naïma",
        "Oscar", "Päivi", "Quinten", "René", "Saïd", "Truus", "Ümit", "Veerle", "Wiebe", "Xander", "Yara", "Zoë", "Anne-Fleur",
        "Jan-Peter", "IJsbrand", "Chloé", "Søren", "Łucja", "Nguyệt", "Raphaël", "Marieke", "Thijs", "Fenna", "Driss", "Geert", "Noortje",
    ];

    private static readonly (string? Particle, string Surname)[] Surnames =
    [
        ("van der", "Meulen"), ("de", "Vries"), (null, "IJsselstein"), ("van 't", "Hof"), ("van den", "Akker"), (null, "Yılmaz"),
        (null, "Jansen"), ("'t", "Lam"), ("ten", "Brink"), (null, "Wójcik"), (null, "Peeters"), ("van", "IJzendoorn"), (null, "Bakker"),
        ("op den", "Camp"), (null, "Müller"), (null, "Hoekstra"), ("de la", "Fuente"), (null, "Benali"), ("in 't", "Veld"), (null, "Çetin"),
        (null, "Dijkstra"), ("van de", "Wiel"), (null, "Öztürk"), ("te", "Riele"), (null, "Nguyễn"), (null, "Vermeulen"),
        ("der", "Kinderen"), (null, "Håkansson"), ("van", "Oss"), (null, "Sjöberg"), (null, "Ramdin"), ("von", "Düren"), (null, "Smit"),
        ("uit den", "Bogaard"),
    ];

    private static readonly string[] Trades = ["Fietsenmaker", "Kapsalon", "Bloemenhuis", "Garage", "Eetcafé", "Drukkerij", "Boekhandel"];
    private static readonly string[] Inventions = ["'t Verzinsel", "Denkbeeld", "Zogenaamd", "Alsof", "Quasi", "Fictie", "De Luchtbel"];

    private static readonly string[] Streets =
    [
        "Zonnebloemstraat", "Prinsenhof", "Spoorlaan", "Kastanjedreef", "Molenpad", "'t Zand", "IJsbaanweg", "Schoolplein", "Vissersdijk",
        "Waterland", "Burgemeestersplein", "Akkerstraat",
    ];

    private static readonly Town[] Towns =
    [
        new("Utrecht", 3511, "30"), new("Amersfoort", 3811, "33"), new("'s-Hertogenbosch", 5211, "73"), new("Groningen", 9711, "50"),
        new("IJmuiden", 1971, "255"), new("Eindhoven", 5611, "40"), new("Zwolle", 8011, "38"), new("Middelburg", 4331, "118"),
        new("Den Haag", 2511, "70"), new("Leeuwarden", 8911, "58"), new("Nijmegen", 6511, "24"), new("Almere", 1311, "36"),
    ];

    private static readonly Lazy<List<SamplePerson>> Everybody = new(Generate);

    public static IReadOnlyList<SamplePerson> All => Everybody.Value;

    public static IEnumerable<SamplePerson> KnownToWebcareOnly => Enumerable.Range(FirstStranger, WebcareStrangers).Select(One);

    public static IEnumerable<SamplePerson> KnownToTelephonyOnly =>
        Enumerable.Range(FirstStranger + WebcareStrangers, TelephonyStrangers).Select(One);

    /// <summary>Neighbouring numbers that are one household: one address and landline, and every third time one mail address.</summary>
    public static bool SharesHome(int number) => number % 20 == 6;

    private static List<SamplePerson> Generate()
    {
        var people = new List<SamplePerson>(Last - First + 1);
        for (var number = First; number <= Last; number++)
        {
            var person = One(number);
            people.Add(SharesHome(number) ? MoveIn(person, people[^1]) : person);
        }

        return people;
    }

    private static SamplePerson One(int number)
    {
        var dice = Dice.For(number, "person");
        var first = dice.Pick(FirstNames);
        var (particle, surname) = dice.Pick(Surnames);
        var town = dice.Pick(Towns);
        var business = number % 25 == 0;
        return new SamplePerson
        {
            Number = number,
            Business = business,
            First = first,
            Particle = particle,
            Surname = surname,
            Company = business ? $"{dice.Pick(Trades)} {dice.Pick(Inventions)}" : null,
            Street = dice.Pick(Streets),
            HouseNumber = dice.Between(1, 180).ToString(),
            Postcode = $"{town.Postcode + dice.Below(9)} {dice.Pick(["SA", "SD", "SS"])}",
            Town = town,
            Mobile = $"+3160000{number}",
            Landline = business || number % 20 == 5 || dice.Percent(15) ? Landline(town, number) : null,
            Email = $"{Ascii(first)}.{Ascii(surname)}.{number}@example.org",
            EmailKnown = business || dice.Percent(82),
            MobileKnown = business || dice.Percent(88),
        };
    }

    private static SamplePerson MoveIn(SamplePerson person, SamplePerson host) => person with
    {
        Particle = host.Particle,
        Surname = host.Surname,
        Street = host.Street,
        HouseNumber = host.HouseNumber,
        Postcode = host.Postcode,
        Town = host.Town,
        Landline = host.Landline,
        Email = host.Number % 3 == 0 ? host.Email : $"{Ascii(person.First)}.{Ascii(host.Surname)}.{person.Number}@example.org",
        EmailKnown = host.Number % 3 == 0 ? host.EmailKnown : person.EmailKnown,
    };

    /// <summary>A number in the town's area that starts with 0, as no subscriber's number does.</summary>
    private static string Landline(Town town, int number) => "+31" + town.Area + number.ToString().PadLeft(9 - town.Area.Length, '0');

    private static string Ascii(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var letter in name)
        {
            var plain = char.ToLowerInvariant(letter) switch
            {
                'ï' or 'ı' => 'i',
                'ë' or 'é' or 'ệ' => 'e',
                'ü' => 'u',
                'ä' or 'å' => 'a',
                'ö' or 'ó' or 'ø' => 'o',
                'ł' => 'l',
                'ç' => 'c',
                'ễ' => 'e',
                var other => other,
            };
            if (plain is (>= 'a' and <= 'z') or '-')
            {
                text.Append(plain);
            }
        }

        return text.ToString();
    }
}
