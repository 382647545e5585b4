namespace Dossier.Cli.Printing;

/// <summary>Who may be behind a key, and keys themselves.</summary>
internal static class CandidatePage
{
    /// <summary>The answer to a look-up: the dossier, or who it may be.</summary>
    public static void Print(Screen screen, LookUpDossierResponse answer)
    {
        if (answer.Dossier is not null)
        {
            new DossierPage(screen).Print(answer.Dossier);
            return;
        }
        Print(screen, answer.Candidates);
        if (answer.Candidates.Count > 0)
        {
            screen.Line("Nobody is certain enough to open a dossier: ask, then open it with "
                + Example.Of("dossier get CUSTOMER") + ".");
        }
    }

    public static void Print(Screen screen, IReadOnlyList<Candidate> candidates)
    {
        if (candidates.Count == 0)
        {
            screen.Line("Nobody was found.");
            return;
        }
        var table = Screen.Table("customer", "sure", "name", "place", "by");
        foreach (var candidate in candidates)
        {
            var number = candidate.Customer.Length > 0 ? Names.Short(candidate.Customer) : "(no customer number)";
            var grade = candidate.Grade == MatchGrade.Unspecified ? MatchGrade.Possible : candidate.Grade;
            table.Row(number, Words.Phrase(grade), candidate.DisplayName, candidate.Place, string.Join(", ", candidate.MatchedKeys.Select(Key)));
        }
        screen.Write(table);
    }

    public static void Print(Screen screen, KeyLink link, string customer, string what)
    {
        screen.Line($"{Key(link.Key)} {what} customer {Names.Short(customer)}{(link.Shared ? "; other customers have it too" : "")}.");
        if (link.Etag.Length > 0)
        {
            screen.Line($"etag {link.Etag}");
        }
    }

    public static string Key(CustomerKey? key) => key?.KeyCase switch
    {
        CustomerKey.KeyOneofCase.CustomerNumber => $"customer number {key.CustomerNumber}",
        CustomerKey.KeyOneofCase.BillingAccount => $"billing account {key.BillingAccount}",
        CustomerKey.KeyOneofCase.Email => $"email {key.Email}",
        CustomerKey.KeyOneofCase.Phone => $"phone {key.Phone}",
        CustomerKey.KeyOneofCase.SocialId => $"{key.SocialId.Platform}/{key.SocialId.Page}/{key.SocialId.Id}"
            + (key.SocialId.Handle.Length > 0 ? $" ({key.SocialId.Handle})" : ""),
        CustomerKey.KeyOneofCase.Interaction => $"interaction {Names.Short(key.Interaction)}",
        _ => "a key of a kind that this program does not know",
    };
}
