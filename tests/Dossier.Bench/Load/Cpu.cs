using System.Globalization;
using Npgsql;

namespace Dossier.Bench.Load;

/// <summary>What processes have used of the processor, as Linux counts it: user and system, in hundredths of a second.</summary>
internal static class Cpu
{
    private const double TicksPerSecond = 100;

    public static TimeSpan Of(int process) => Read(process) is { } stat ? TimeSpan.FromSeconds(stat.Own / TicksPerSecond) : TimeSpan.Zero;

    /// <summary>A process and all that it started: those that are alive, and those that it has seen end.</summary>
    public static TimeSpan OfAll(int process) => TimeSpan.FromSeconds(Tree(process).Sum(one => one.Stat.Own + one.Stat.Ended) / TicksPerSecond);

    /// <summary>A process and all that it started and that are alive.</summary>
    public static IReadOnlyList<int> All(int process) => [.. Tree(process).Select(one => one.Id)];

    private static List<(int Id, Stat Stat)> Tree(int process)
    {
        var stats = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id != 0)
            .Select(id => (Id: id, Stat: Read(id)))
            .Where(one => one.Stat is not null)
            .ToDictionary(one => one.Id, one => one.Stat!);
        return [.. stats.Where(one => IsOf(one.Key)).Select(one => (one.Key, one.Value))];

        bool IsOf(int id) => id == process || (stats.TryGetValue(id, out var stat) && stat.Parent > 1 && IsOf(stat.Parent));
    }

    /// <summary>The process of a PostgreSQL server from which all others of it come; null if it runs elsewhere.</summary>
    public static async Task<int?> OfServerAsync(string connectionString, CancellationToken stop)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(stop);
        var backend = connection.ProcessID;
        return Read(backend) is { } stat && Name(backend).StartsWith("postgres", StringComparison.Ordinal) ? stat.Parent : null;
    }

    private static string Name(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/comm");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static Stat? Read(int process)
    {
        try
        {
            // The name, in brackets, may hold blanks. Behind it: state, parent, …, user, system, and the two of ended children.
            var text = File.ReadAllText($"/proc/{process}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return new Stat(int.Parse(fields[1], CultureInfo.InvariantCulture), Ticks(11) + Ticks(12), Ticks(13) + Ticks(14));

            long Ticks(int place) => long.Parse(fields[place], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It has ended.
            return null;
        }
    }

    private sealed record Stat(int Parent, long Own, long Ended);
}
