using Dossier.Guard;
using Dossier.Tests.Fixtures;
using Dossier.V1;

namespace Dossier.Tests.UnitTests;

/// <summary>The decision table as people read it, in README.md.</summary>
internal static class WrittenTable
{
    public const EffectKind UnknownEffect = (EffectKind)99;
    public const ActionKind UnknownAction = (ActionKind)99;

    /// <summary>What the table says of an effect and an action, in its own words; `same` is what stands to its left.</summary>
    public static IReadOnlyDictionary<(EffectKind Effect, ActionKind Action), string> Cells { get; } = Read();

    private static Dictionary<(EffectKind, ActionKind), string> Read()
    {
        var rows = SourceTree.Table(Repository.Read("README.md"), "| in force, covering the subject |");
        var actions = rows[0].Skip(1).Select(cell => Plain(cell).Split(' ')[0]).Select(word => System.Enum.GetValues<ActionKind>().Single(kind => kind.Word() == word)).ToList();
        var cells = new Dictionary<(EffectKind, ActionKind), string>();
        foreach (var row in rows.Skip(1))
        {
            var name = Plain(row[0]);
            var unknown = name == "kind or action not known or not set";
            var effects = unknown ? [EffectKind.Unspecified, UnknownEffect] : new[] { System.Enum.Parse<EffectKind>(name) };
            for (var column = 1; column < row.Length; column++)
            {
                var cell = Plain(row[column]) == "same" ? row[column] = row[column - 1] : row[column];
                foreach (var effect in effects)
                {
                    cells.Add((effect, actions[column - 1]), Plain(cell));
                }
            }

            foreach (var effect in effects)
            {
                cells.Add((effect, ActionKind.Unspecified), "REVIEW");
                cells.Add((effect, UnknownAction), "REVIEW");
            }
        }

        return cells;
    }

    private static string Plain(string cell) => cell.Replace("`", "", StringComparison.Ordinal).Replace("*", "", StringComparison.Ordinal).Trim();
}

public sealed class DecisionTableTests
{
    public static TheoryData<EffectKind, ActionKind> Cells
    {
        get
        {
            var cells = new TheoryData<EffectKind, ActionKind>();
            foreach (var (effect, action) in WrittenTable.Cells.Keys)
            {
                cells.Add(effect, action);
            }

            return cells;
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void Every_cell_of_the_written_table_is_what_the_function_gives(EffectKind effect, ActionKind action)
    {
        var written = WrittenTable.Cells[(effect, action)];
        Rule? rule = written switch
        {
            "ALLOW" => Rule.Allow,
            "REDUCE" => Rule.Reduce,
            "REVIEW" => Rule.Review,
            "BLOCK" => Rule.Block,
            "BLOCK until an instalment is due, then REVIEW" => Rule.BlockUntilInstalmentDue,
            _ when written.StartsWith("REVIEW over its channel", StringComparison.Ordinal) => Rule.ReviewOverChannel,
            _ when written.StartsWith("BLOCK over its channel", StringComparison.Ordinal) => Rule.BlockContact,
            _ => null,
        };
        Assert.Equal(rule, DecisionTable.Of(effect, action));
    }

    [Fact]
    public void Every_effect_and_every_action_of_the_contract_is_in_the_written_table()
    {
        var effects = System.Enum.GetValues<EffectKind>();
        var actions = System.Enum.GetValues<ActionKind>();
        foreach (var effect in effects)
        {
            foreach (var action in actions)
            {
                Assert.Contains((effect, action), WrittenTable.Cells);
            }
        }

        Assert.Equal((effects.Length + 1) * (actions.Length + 1), WrittenTable.Cells.Count);
    }

    [Fact]
    public void Every_action_of_the_contract_is_known_and_no_other() => Assert.All(
        System.Enum.GetValues<ActionKind>().Append(WrittenTable.UnknownAction),
        action => Assert.Equal(action != ActionKind.Unspecified && System.Enum.IsDefined(action), DecisionTable.Knows(action)));
}
