using System.Text.RegularExpressions;
using Dossier.Cli.Csv;

namespace Dossier.Cli.Nightly;

/// <summary>One letter (or collection, or call) of a run: what the lines of one letter_id ask together.</summary>
internal sealed record Letter(string Id, PlannedAction Action)
{
    public string Customer => Names.Short(Action.Customer);
}

/// <summary>The actions of a nightly batch, one subject a line; read as a whole and refused as a whole.</summary>
internal static partial class LetterFile
{
    public static readonly string[] Columns =
        ["letter_id", "customer", "action", "stage", "subject_type", "subject_id", "account", "amount", "currency", "amount_as_of", "planned_time"];

    /// <summary>Only some actions need them: how it goes out, why the customer is contacted, the invoice that holds an invoice line.</summary>
    public static readonly string[] Optional = ["channel", "purpose", "invoice"];

    private const int MostSubjects = 200;

    // What must be the same on every line of a letter.
    private static readonly string[] OfTheLetter = ["customer", "action", "stage", "planned_time", "channel", "purpose"];

    /// <summary>The letters, in the order of their first lines.</summary>
    public static IReadOnlyList<Letter> Read(string path)
    {
        var file = CsvFile.Read(path, Columns, Optional);
        if (file.Lines.Count == 0)
        {
            throw CommandException.Usage($"{file.Name}:1: there are no lines below the head: nothing to judge");
        }

        var letters = new Dictionary<string, (CsvLine First, Letter Letter)>(StringComparer.Ordinal);
        var mistakes = new List<string>();
        foreach (var line in file.Lines)
        {
            try
            {
                Add(line, letters);
            }
            catch (CommandException wrong)
            {
                mistakes.Add(line.Mistake(wrong.Message));
            }
        }

        Mistakes.Throw(mistakes);
        return [.. letters.Values.Select(read => read.Letter)];
    }

    private static void Add(CsvLine line, Dictionary<string, (CsvLine First, Letter Letter)> letters)
    {
        var id = line["letter_id"];
        if (!Identifier().IsMatch(id))
        {
            throw CommandException.Usage($"letter_id {id}: 1-64 characters without control characters");
        }

        if (!letters.TryGetValue(id, out var known))
        {
            known = (line, new Letter(id, Action(line)));
            letters.Add(id, known);
        }
        else if (OfTheLetter.FirstOrDefault(column => line[column] != known.First[column]) is { } other)
        {
            throw CommandException.Usage($"{other} is another one than on line {known.First.Number}, which is the same letter {id}");
        }

        if (Subject(line) is { } subject)
        {
            known.Letter.Action.Subjects.Add(known.Letter.Action.Subjects.Count < MostSubjects
                ? subject
                : throw CommandException.Usage($"letter {id} has more than {MostSubjects} lines"));
        }
        else if (known.Letter.Action.Action != ActionKind.Contact)
        {
            throw CommandException.Usage("subject_type and subject_id: say what it is about (contact alone may leave them empty)");
        }
    }

    private static PlannedAction Action(CsvLine line)
    {
        var action = new PlannedAction
        {
            Customer = Names.Customer(line["customer"]),
            Action = Words.Parse<ActionKind>(line["action"], "action"),
            Channel = line["channel"],
        };
        if (action.Action == ActionKind.SendDunningNotice || line["stage"].Length > 0)
        {
            action.Stage = Words.Parse<DunningStage>(line["stage"], "stage");
        }

        if (line["purpose"].Length > 0)
        {
            action.Purpose = Words.Parse<ContactPurpose>(line["purpose"], "purpose");
        }

        if (line["planned_time"].Length > 0)
        {
            action.PlannedTime = Moments.ParseMoment(line["planned_time"], "planned_time");
        }

        return action;
    }

    private static ActionSubject? Subject(CsvLine line)
    {
        if (line["subject_type"].Length + line["subject_id"].Length == 0)
        {
            return null;
        }

        if (!Identifier().IsMatch(line["subject_id"]))
        {
            throw CommandException.Usage($"subject_id {line["subject_id"]}: 1-64 characters without control characters");
        }

        var subject = new ActionSubject { Type = Words.Parse<SubjectType>(line["subject_type"], "subject_type"), Id = line["subject_id"] };
        if (subject.Type == SubjectType.InvoiceLine)
        {
            subject.Parents.Add(Parent(line, "invoice", SubjectType.Invoice));
        }

        if (subject.Type is SubjectType.InvoiceLine or SubjectType.Invoice)
        {
            subject.Parents.Add(Parent(line, "account", SubjectType.BillingAccount));
        }

        if (line["amount"].Length > 0)
        {
            subject.Amount = Amount(line["amount"], line["currency"]);
            subject.AmountAsOf = line["amount_as_of"].Length > 0 ? Moments.ParseMoment(line["amount_as_of"], "amount_as_of") : null;
        }

        return subject;
    }

    private static SubjectRef Parent(CsvLine line, string column, SubjectType type) => Identifier().IsMatch(line[column])
        ? new SubjectRef { Type = type, Id = line[column] }
        : throw CommandException.Usage($"{column}: {Words.Of(Words.Parse<SubjectType>(line["subject_type"], "subject_type"))} {line["subject_id"]} needs the {column} that holds it");

    private static Money Amount(string amount, string currency)
    {
        if (amount.Contains(',', StringComparison.Ordinal))
        {
            throw CommandException.Usage($"amount {amount}: write it with a decimal point and without thousands separators, as 27.50");
        }

        if (!Written().IsMatch(amount))
        {
            throw CommandException.Usage($"amount {amount}: write it as 27.50, not negative, at most two decimals");
        }

        return Currency().IsMatch(currency)
            ? decimal.Parse(amount).ToMoney(currency)
            : throw CommandException.Usage($"currency {currency}: three capital letters, for example EUR");
    }

    [GeneratedRegex(@"\A[^\p{C}]{1,64}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Identifier();

    [GeneratedRegex(@"\A[0-9]{1,10}(\.[0-9]{1,2})?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Written();

    [GeneratedRegex(@"\A[A-Z]{3}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Currency();
}
