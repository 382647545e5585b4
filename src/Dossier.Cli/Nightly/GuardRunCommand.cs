using System.CommandLine;
using System.Text.Json;
using Dossier.Cli.Commands;
using Dossier.Cli.Printing;

namespace Dossier.Cli.Nightly;

/// <summary><c>dossier guard-run</c>: the guard for a nightly batch, as steps of a job that exchange CSV files.</summary>
internal sealed class GuardRunCommand : Verb
{
    private readonly Argument<string> _letters = new("file") { Description = $"The letters, a CSV file: {string.Join(',', LetterFile.Columns)}, and if wanted {string.Join(',', LetterFile.Optional)}" };
    private readonly Option<string?> _out = Arg.Text("--out", "Where the answers go; beside the file if not given: .verdicts.csv, .confirmed.csv or .reported.csv", "file");
    private readonly Option<bool> _confirm = Arg.Flag("--confirm", "Just before sending: asks again, under the customer's lock, for every letter with ALLOW or REDUCE");
    private readonly Option<string?> _report = Arg.Text("--report", "After sending: records what happened, a CSV file with letter_id,outcome,evidence_id,action_time", "file");
    private readonly Option<string?> _verdicts = Arg.Text("--verdicts", "With --confirm and --report: the file of verdicts; beside the letters if not given", "file");
    private readonly Option<bool> _resume = Arg.Flag("--resume", "Goes on with the file of answers: asks only for what is missing or UNKNOWN there");
    private readonly Option<string> _maxUnknown = new("--max-unknown")
    {
        Description = "More letters without an answer than this, a number or a percentage, give exit code 4",
        DefaultValueFactory = _ => "0",
        HelpName = "number|n%",
    };

    public GuardRunCommand(GlobalOptions globals) : base(globals, "guard-run",
        "Asks the guard for a whole file of letters, confirms them before they leave and reports them afterwards. Exit code 4: too many UNKNOWN.",
        "dossier guard-run letters.csv --system administration --max-unknown 0.5%",
        "dossier guard-run letters.csv --resume --system administration",
        "dossier guard-run letters.csv --confirm --system administration",
        "dossier guard-run letters.csv --report sent.csv --system administration")
    {
        Arguments.Add(_letters);
        foreach (Option option in new Option[] { _out, _confirm, _report, _verdicts, _resume, _maxUnknown })
        {
            Options.Add(option);
        }
    }

    protected override async Task<int> RunAsync(Session session, ParseResult line, CancellationToken cancellation)
    {
        var path = line.GetValue(_letters)!;
        var (confirm, report) = (line.GetValue(_confirm), line.GetValue(_report));
        if (confirm && report is not null)
        {
            throw CommandException.Usage("--confirm comes before sending and --report after it: one at a time");
        }

        if (line.GetValue(_verdicts) is not null && !confirm && report is null)
        {
            throw CommandException.Usage("--verdicts belongs to --confirm and --report; where verdicts are written to is --out");
        }

        var most = MaxUnknown.Parse(line.GetValue(_maxUnknown)!);
        var letters = LetterFile.Read(path);
        var (step, suffix) = (confirm, report) switch
        {
            (true, _) => ("confirm", ".confirmed.csv"),
            (_, not null) => ("report", ".reported.csv"),
            _ => ("check", ".verdicts.csv"),
        };
        var answers = line.GetValue(_out) ?? Path.ChangeExtension(path, suffix);
        var verdicts = line.GetValue(_verdicts) ?? Path.ChangeExtension(path, ".verdicts.csv");
        var run = new RunFiles(answers, verdicts, line.GetValue(_resume));
        var ended = step switch
        {
            "confirm" => await ConfirmRun.RunAsync(session, letters, run, cancellation),
            "report" => await ReportRun.RunAsync(session, letters, report!, run, cancellation),
            _ => await CheckRun.RunAsync(session, letters, run, cancellation),
        };
        session.Answer(() => Json(step, answers, ended), screen => Print(screen, answers, ended));
        if (most.IsExceededBy(ended.Unanswered, ended.Letters))
        {
            session.Warn($"{ended.Unanswered} of {ended.Letters} without an answer: they must not leave now; --resume asks for them again");
            return ExitCode.NoAnswer;
        }

        return ended.Refused > 0 ? ExitCode.Refused : ExitCode.Fine;
    }

    private static void Print(Screen screen, string answers, RunEnded ended)
    {
        var table = Screen.Table("answer", "letters");
        foreach (var (answer, count) in ended.Answers)
        {
            table.Row(answer, $"{count:N0}");
        }

        screen.Write(table);
        screen.Line();
        screen.Line($"{ended.Letters:N0} letters; one line each in {answers}");
    }

    private static string Json(string step, string answers, RunEnded ended) => JsonSerializer.Serialize(new
    {
        step,
        letters = ended.Letters,
        answers = ended.Answers.ToDictionary(pair => pair.Answer, pair => pair.Count),
        unanswered = ended.Unanswered,
        refused = ended.Refused,
        @out = answers,
    });
}

/// <summary>The files of a step beside the letters.</summary>
internal sealed record RunFiles(string Answers, string Verdicts, bool Resume);

/// <summary>How a step ended.</summary>
/// <param name="Letters">How many letters it was about.</param>
/// <param name="Answers">How often each answer was given.</param>
/// <param name="Unanswered">How many have none.</param>
/// <param name="Refused">How many were refused for good.</param>
internal sealed record RunEnded(int Letters, IReadOnlyList<(string Answer, int Count)> Answers, int Unanswered, int Refused)
{
    public static RunEnded Of(int letters, IEnumerable<string> answers, Func<string, bool> unanswered, Func<string, bool> refused)
    {
        var counts = answers.GroupBy(answer => answer, StringComparer.Ordinal).Select(group => (Answer: group.Key, Count: group.Count()))
            .OrderByDescending(pair => pair.Count).ThenBy(pair => pair.Answer, StringComparer.Ordinal).ToList();
        return new RunEnded(letters, counts, Sum(unanswered), Sum(refused));

        int Sum(Func<string, bool> which) => counts.Where(pair => which(pair.Answer)).Sum(pair => pair.Count);
    }
}
