using System.CommandLine;

namespace Dossier.Cli.Commands;

/// <summary>The options that make up a new agreement: what it does, what the customer was told, and where it comes from.</summary>
internal sealed class AgreementOptions
{
    private readonly EffectOptions _effects;
    private readonly Option<string?> _wordingNl = Arg.Text("--wording-nl", "What the customer was told, in Dutch", "text");
    private readonly Option<string?> _wordingEn = Arg.Text("--wording-en", "What the customer was told, in English", "text");
    private readonly Option<string?> _effective = Arg.Text(
        "--effective", "From when it holds: 2026-08-11T20:21+02:00; now if not given", "moment");
    private readonly Option<string?> _channelMade = Arg.Text("--channel-made", "The channel in which it was agreed, for example facebook", "slug");
    private readonly Option<string?> _interaction = Arg.Text("--interaction", "The interaction in which it was agreed: 1042/SOURCE/ID or in full", "name");

    public AgreementOptions(Command command, GlobalOptions globals)
    {
        _effects = new EffectOptions(command, globals);
        foreach (var option in new[] { _wordingNl, _wordingEn, _effective, _channelMade, _interaction })
        {
            command.Options.Add(option);
        }
    }

    public Agreement Read(ParseResult line, string customer)
    {
        var agreement = new Agreement
        {
            Origin = new Origin
            {
                Channel = line.GetValue(_channelMade) ?? "",
                Interaction = line.GetValue(_interaction) is { } name ? Names.Interaction(name) : "",
            },
            EffectiveTime = line.GetValue(_effective) is { } moment ? Moments.ParseMoment(moment, "--effective") : null,
        };
        agreement.Effects.AddRange(_effects.Read(line, customer));
        foreach (var (language, option) in new[] { ("nl", _wordingNl), ("en", _wordingEn) })
        {
            if (line.GetValue(option) is { } text)
            {
                agreement.CustomerWording.Add(new LocalizedText { Language = language, Text = text });
            }
        }

        return agreement;
    }
}
