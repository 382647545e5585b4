using System.Text.Json;
using Dossier.Bench.Floors;
using Dossier.Bench.Load;
using Dossier.Bench.Seeding;
using Npgsql;

namespace Dossier.Bench.Peers;

/// <summary>
/// Peer 3: PostGraphile 5 over the four PostgreSQL databases, and one GraphQL query with the same facts. It cannot look a customer's keys
/// up and then read by them in one query, so the query is given them: that work is spared it.
/// </summary>
internal static class PostGraphile
{
    private const string Version = "5";

    /// <summary>Where it is installed: below the folder in which the bench was started.</summary>
    public static string Folder { get; } = Path.GetFullPath(Path.Combine("artifacts", "bench-tools"));

    private static string Source => Path.Combine(AppContext.BaseDirectory, "Peers", "PostGraphile");

    private static string Query { get; } = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Peers", "PostGraphile", "dossier.graphql"));

    public static string ServerIn(string folder) => Path.Combine(folder, "server.mjs");

    public static async Task InstallAsync(CancellationToken stop)
    {
        Directory.CreateDirectory(Folder);
        foreach (var file in Directory.EnumerateFiles(Source, "*.mjs"))
        {
            File.Copy(file, Path.Combine(Folder, Path.GetFileName(file)), overwrite: true);
        }

        if (Directory.Exists(Path.Combine(Folder, "node_modules", "postgraphile")))
        {
            return;
        }

        if (!Tools.IsThere("npm"))
        {
            throw new InvalidOperationException("PostGraphile needs Node (node and npm). Install it, or leave it out: --only floor1 floor2 dossier ef rest");
        }

        await Console.Error.WriteLineAsync($"Installing postgraphile@{Version} with npm into {Folder} …");
        var (code, output) = await Tools.RunAsync("npm", ["install", "--no-fund", "--no-audit", "--no-package-lock", "--prefix", Folder, $"postgraphile@{Version}"], null, stop);
        if (code != 0)
        {
            throw new InvalidOperationException($"npm ended with {code}: {output}");
        }
    }

    /// <summary>The addresses as node-postgres takes them.</summary>
    public static IReadOnlyDictionary<string, string> Environment(StoreAddresses stores)
    {
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["WEBCARE"] = Url(stores.Webcare),
            ["TELEPHONY"] = Url(stores.Telephony),
            ["ADMINISTRATION"] = Url(stores.Administration),
            ["REGISTRY"] = Url(stores.Registry),
            ["CONNECTIONS"] = $"{StoreAddresses.Connections}",
            ["NODE_ENV"] = "production",
            ["GRAPHILE_ENV"] = "production",
        };

        static string Url(string address)
        {
            var parts = new NpgsqlConnectionStringBuilder(address);
            var login = Uri.EscapeDataString(parts.Username ?? "postgres") + (parts.Password is { Length: > 0 } password ? ":" + Uri.EscapeDataString(password) : "");
            return $"postgres://{login}@{parts.Host}:{parts.Port}/{Uri.EscapeDataString(parts.Database ?? "")}";
        }
    }

    public static string Question(string number) => JsonSerializer.Serialize(new
    {
        query = Query,
        variables = new { customer = number, phone = "060" + number, social = Crowd.Social(number) },
    });

    public static Answer Read(JsonElement answer)
    {
        if (answer.TryGetProperty("errors", out var errors))
        {
            throw new InvalidOperationException($"postgraphile: {errors}");
        }

        var data = answer.GetProperty("data");
        var debtor = data.GetProperty("debtor");
        var threads = Nodes(data.GetProperty("profile").GetProperty("contact").GetProperty("threads")).Count();
        var invoices = Nodes(debtor.GetProperty("invoices")).ToList();
        return new Answer(
            threads + Nodes(data.GetProperty("calls")).Count() + Nodes(debtor.GetProperty("correspondences")).Count(),
            invoices.Count,
            invoices.Sum(invoice => Nodes(invoice.GetProperty("lines")).Count()),
            Nodes(debtor.GetProperty("dunnings")).Count(),
            Nodes(data.GetProperty("agreements")).Count());
    }

    private static JsonElement.ArrayEnumerator Nodes(JsonElement connection) => connection.GetProperty("nodes").EnumerateArray();
}
