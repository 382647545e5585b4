namespace Dossier.Sample;

/// <summary>What a generated contact is about, and what is said then. <c>{0}</c> is the number of an invoice.</summary>
internal sealed record Topic(string Subject, string Team, string Ask, string Again, string Solved, string Open)
{
    /// <summary>Mostly money; some about an offer (shop), some about delivery (installation), some about the network.</summary>
    private static readonly int[] Weights = [16, 10, 14, 10, 8, 4, 8, 5, 8, 7, 10];

    private static readonly Topic[] All =
    [
        new("Factuur hoger dan verwacht", "klantenservice",
            "Mijn factuur {0} is hoger dan anders. Waar komt dat door?", "Ik vroeg eerder al naar factuur {0}, en wacht nog op uitleg.",
            "Verschil uitgelegd: gebruik buiten de bundel.", "Verschil niet te verklaren, doorgezet naar administratie."),
        new("Dubbele factuur", "klantenservice",
            "Ik heb twee facturen voor dezelfde maand, {0} is de tweede. Klopt dat wel? 🤔",
            "Nog steeds twee facturen, {0} staat nog open bij jullie.",
            "Dubbel door een verlenging, creditfactuur aangevraagd.", "Ziet er dubbel uit, kan ik niet zelf crediteren."),
        new("Betaling niet verwerkt", "klantenservice",
            "Ik heb factuur {0} betaald en krijg toch een herinnering.", "Weer een herinnering voor {0}, terwijl ik betaald heb!",
            "Betaling gevonden en afgeletterd.", "Betaling niet te zien, gevraagd om een afschrift."),
        new("Betaling in delen", "klantenservice",
            "Kan ik factuur {0} in twee delen betalen?", "Hoe staat het met mijn verzoek om {0} in delen te betalen?",
            "Uitstel van twee weken afgesproken.", "Verzoek doorgezet naar debiteuren."),
        new("Automatische incasso", "klantenservice",
            "Waarom is factuur {0} niet automatisch afgeschreven?", "De incasso van {0} is wéér niet gelukt.",
            "Rekeningnummer aangepast.", "Machtiging lijkt niet geldig, uitzoeken bij administratie."),
        new("Prijsverhoging", "klantenservice",
            "Jullie prijs is omhoog. Mag dat zomaar, midden in mijn contract?", "Ik kreeg nog geen antwoord over de prijsverhoging.",
            "Indexering uitgelegd.", "Klant is het niet eens, klacht aangemaakt."),
        new("Aanbieding voor nieuwe klanten", "winkel",
            "Ik zag een aanbieding van € 10,00 korting. Geldt die ook voor mij?",
            "De korting uit de winkel staat nog niet op mijn factuur.",
            "Aanbieding toegepast bij verlenging.", "Verwezen naar de winkel, die moet het inboeken."),
        new("Verlengen", "verkoop",
            "Mijn contract loopt af. Wat kost verlengen?", "Ik zou een voorstel krijgen voor de verlenging.",
            "Verlengd, bevestiging per mail.", "Bedenktijd, belt zelf terug."),
        new("Levering modem", "installatie",
            "Mijn modem zou gisteren komen. Waar blijft hij? 📦", "Nog altijd geen modem ontvangen…",
            "Pakket gevonden, komt morgen.", "Pakket zoek, vervoerder zoekt het uit."),
        new("Afspraak monteur", "installatie",
            "De monteur is niet gekomen. Wanneer nu wel?", "Voor de tweede keer vrij genomen en geen monteur gezien.",
            "Nieuwe afspraak gemaakt.", "Planning kan ik niet inzien, installatie belt terug."),
        new("Storing", "techniek",
            "Sinds vanmorgen geen internet. Is er een storing?", "Internet valt nog steeds een paar keer per dag weg.",
            "Modem opnieuw gestart, lijn is goed.", "Lijnmeting ingepland."),
    ];

    public static Topic Throw(Dice dice) => All[dice.Weighted(Weights)];
}
