using Spectre.Console;

namespace Dossier.Cli.Printing;

/// <summary>Contacts with a customer, and what was said in them.</summary>
internal sealed class InteractionPage(Screen screen)
{
    /// <summary>A table of contacts; under it the newest conversations that came with messages.</summary>
    public void Print(IReadOnlyList<Interaction> interactions, int conversations = int.MaxValue)
    {
        if (interactions.Count == 0)
        {
            screen.Line("No contacts.");
            return;
        }
        // Two lines each, so that it fits a terminal of 80 columns.
        var table = Screen.Table("when", "channel", "what it was about, and what came of it");
        foreach (var interaction in interactions)
        {
            var handled = HandledBy(interaction);
            table.AddRow(
                Screen.Cell(Moments.Moment(interaction.OccurTime)),
                Screen.Lines(interaction.Channel + (interaction.Public ? " (public)" : ""), FromWhom(interaction.Direction)),
                Screen.Lines(About(interaction), (handled.Length > 0 ? $"by {handled}; " : "") + Names.Short(interaction.Name)));
        }
        screen.Write(table);
        var spoken = interactions.Where(interaction => interaction.Messages.Count > 0).ToList();
        foreach (var interaction in spoken.Take(conversations))
        {
            screen.Line();
            screen.Line($"{interaction.Channel}, {Moments.Moment(interaction.OccurTime)}, {Names.Short(interaction.Name)}:");
            PrintMessages(interaction, indent: 2);
        }
        if (spoken.Count > conversations)
        {
            screen.Line();
            screen.Line($"{spoken.Count - conversations} more conversations have messages: "
                + Example.Of($"dossier interactions {Names.Short(interactions[0].Name).Split('/')[0]} --messages"));
        }
    }

    public void PrintOne(Interaction interaction)
    {
        screen.Write(Screen.Cell($"{interaction.Channel}, {Moments.Moment(interaction.OccurTime)}", Screen.Bold));
        var facts = Screen.Facts();
        facts.Row("interaction", interaction.Name);
        facts.Row("about", About(interaction));
        facts.Row("direction", $"{FromWhom(interaction.Direction)}{(interaction.Public ? ", in public" : "")}");
        facts.Row("handled by", HandledBy(interaction));
        facts.Row("customer", interaction.Participant);
        facts.Row("ended", Moments.Moment(interaction.EndTime));
        facts.Row("stored", Moments.Moment(interaction.RecordTime));
        foreach (var related in interaction.Related)
        {
            facts.Row("related", $"{Words.Phrase(related.Relation)} {Names.Short(related.Interaction)}");
        }
        screen.Write(facts);
        if (interaction.Messages.Count > 0)
        {
            screen.Heading("What was said");
            PrintMessages(interaction);
        }
    }

    public void PrintMessages(Interaction interaction, int indent = 0, int? width = null)
    {
        var table = Screen.Facts(3);
        foreach (var message in interaction.Messages)
        {
            table.Row(Moments.Brief(message.OccurTime), Author(message), message.Text);
        }
        screen.Write(table, indent, width);
    }

    public static string About(Interaction interaction) =>
        string.Join(": ", new[] { interaction.Subject, interaction.Summary }.Where(text => text.Length > 0));

    private static string HandledBy(Interaction interaction) =>
        string.Join(", ", new[] { interaction.Agent, interaction.Team }.Where(text => text.Length > 0));

    private static string Author(InteractionMessage message)
    {
        var side = message.Author switch
        {
            InteractionMessage.Types.Author.Customer => "customer",
            InteractionMessage.Types.Author.Company => "company",
            InteractionMessage.Types.Author.System => "machine",
            _ => "?",
        };
        return (message.AuthorName.Length > 0 ? $"{message.AuthorName} ({side})" : side) + (message.Public ? ", public" : "");
    }

    private static string FromWhom(Direction direction) => direction switch
    {
        Direction.Inbound => "from the customer",
        Direction.Outbound => "to the customer",
        _ => "",
    };
}
