using Dossier.Tests.Fixtures;
using Dossier.V1;

namespace Dossier.Tests.ServiceTests;

/// <summary>A source with a broken query file is DISABLED, GetSource says file, block and what is wrong, and the rest serves.</summary>
public sealed class QueryFileTests(QueryFileTests.Broken broken) : IClassFixture<QueryFileTests.Broken>
{
    private const string Good = "SELECT connection_no AS id, description AS display_name FROM connection WHERE debtor_no = @customer_number LIMIT @limit";

    /// <summary>Name of the source, its file, and the words that its failure must say.</summary>
    private static readonly (string Name, string? File, string[] Words)[] Files =
    [
        ("surplus", $"-- name: products\n{Good.Replace("FROM", ", state AS colour FROM", StringComparison.Ordinal)}", ["surplus.sql", "products", "colour"]),
        ("missing", "-- name: products\nSELECT connection_no AS id FROM connection WHERE debtor_no = @customer_number", ["missing.sql", "products", "display_name"]),
        ("twice", "-- name: products\nSELECT connection_no AS id, 'a' AS display_name, 'b' AS display_name FROM connection WHERE debtor_no = @customer_number", ["twice.sql", "products", "display_name"]),
        ("unknown-block", $"-- name: products\n{Good};\n\n-- name: colours\nSELECT 1 AS colour", ["unknown-block.sql", "colours"]),
        ("writes", $"-- name: products\n{Good};\n-- name: payments\nDELETE FROM receipt", ["writes.sql", "payments", "SELECT or WITH"]),
        ("two", $"-- name: products\n{Good}; DELETE FROM receipt", ["two.sql", "products", "more than one statement"]),
        ("parameter", $"-- name: products\n{Good} OFFSET @offset", ["parameter.sql", "products", "@offset"]),
        ("no-block", "SELECT 1", ["no-block.sql", "-- name:"]),
        ("empty", "-- nothing here\n", ["empty.sql", "no block"]),
        ("hollow", "-- name: products\n-- SELECT 1\n", ["hollow.sql", "products", "no statement"]),
        ("repeated", $"-- name: products\n{Good}\n-- name: products\n{Good}", ["repeated.sql", "products", "twice"]),
        ("absent", null, ["absent.sql", "not there"]),
    ];

    public static TheoryData<string> Names => [.. Files.Select(file => file.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Its_source_says_which_file_and_block_and_what_is_wrong(string name)
    {
        var source = (await broken.Host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = $"sources/{name}" })).Source;

        Assert.Equal(SourceState.Disabled, source.State);
        Assert.StartsWith("DISABLED: ", source.LastFailure, StringComparison.Ordinal);
        Assert.All(Files.Single(file => file.Name == name).Words, word => Assert.Contains(word, source.LastFailure, StringComparison.Ordinal));
        Assert.NotNull(source.LastFailureTime);
    }

    [Fact]
    public async Task The_rest_serves_and_every_broken_source_is_listed()
    {
        var dossier = await broken.Host.GetAsync("1042");

        var states = dossier.Sources.ToDictionary(source => source.Source["sources/".Length..], source => source.State);
        Assert.All(Files, file => Assert.Equal(SourceState.Disabled, states[file.Name]));
        Assert.All((string[])["administration", "registry", "telephony", "webcare"], name => Assert.Equal(SourceState.Ok, states[name]));
        Assert.Equal(Files.Select(file => $"sources/{file.Name}").Append("sources/sneaky").Order(), dossier.Unreachable.Order());
        Assert.Equal(9, dossier.Interactions.Count);
    }

    [Fact]
    public async Task A_statement_that_writes_behind_a_with_is_stopped_by_the_store_itself()
    {
        var source = (await broken.Host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = "sources/sneaky" })).Source;

        Assert.NotEqual(SourceState.Ok, source.State);
        Assert.Contains("'payments'", source.LastFailure, StringComparison.Ordinal);
        Assert.Contains("readonly", source.LastFailure, StringComparison.Ordinal);
        var dossier = await broken.Host.GetAsync("1042");
        Assert.NotEmpty(dossier.Payments);
        Assert.All(dossier.Payments, payment => Assert.Equal("sources/administration", payment.Source));
    }

    [Fact]
    public async Task A_value_of_another_type_fails_its_block_and_is_not_repeated()
    {
        const string Odd = "-- name: payments\nSELECT receipt_no AS id, 'geheim-' || debtor_no AS payment_date, 1 AS amount, 'EUR' AS currency FROM receipt WHERE debtor_no = @customer_number LIMIT @limit";
        using var settings = new SourceSettings().AddFile("odd", "administration", Odd);
        await using var host = await settings.StartAsync();

        var dossier = await host.GetAsync("1042");

        Assert.Equal(SourceState.Unreachable, dossier.Sources.Single(source => source.Source == "sources/odd").State);
        Assert.NotEmpty(dossier.Payments);
        var failure = (await host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = "sources/odd" })).Source.LastFailure;
        Assert.Contains("'payments'", failure, StringComparison.Ordinal);
        Assert.Contains("'payment_date'", failure, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_of_a_source_that_make_no_sense_disable_it_alone()
    {
        using var settings = new SourceSettings()
            .Add("oracle", "webcare", "db/sources/webcare/queries.sqlite.sql").Set("oracle", "Provider", "Oracle")
            .Add("spelled", "telephony", "db/sources/telephony/queries.sqlite.sql").Set("spelled", "KeySpellings:phone:0", "german")
            .Add("crowded", "telephony", "db/sources/telephony/queries.sqlite.sql").Set("crowded", "MaxConnections", "0");
        await using var host = await settings.StartAsync();

        var dossier = await host.GetAsync("1042");

        Assert.Equal(["sources/crowded", "sources/oracle", "sources/spelled"], dossier.Unreachable.Order());
        foreach (var (name, word) in ((string, string)[])[("oracle", "Provider"), ("spelled", "KeySpellings"), ("crowded", "MaxConnections")])
        {
            var source = (await host.Dossiers.GetSourceAsync(new GetSourceRequest { Name = $"sources/{name}" })).Source;
            Assert.Equal(SourceState.Disabled, source.State);
            Assert.Contains(word, source.LastFailure, StringComparison.Ordinal);
        }
    }

    /// <summary>One service with every broken file.</summary>
    public sealed class Broken : IAsyncLifetime, IDisposable
    {
        private readonly SourceSettings settings = new();

        public DossierHost Host { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            foreach (var (name, file, _) in Files)
            {
                if (file is null)
                {
                    settings.Add(name, "administration", Path.Combine(settings.DataDirectory, name + ".sql"));
                }
                else
                {
                    settings.AddFile(name, "administration", file);
                }
            }

            settings.AddFile("sneaky", "administration", "-- name: payments\nWITH old AS (SELECT 1) DELETE FROM receipt WHERE debtor_no = @customer_number RETURNING receipt_no AS id, booked_on AS payment_date, 1 AS amount, 'EUR' AS currency");
            Host = await settings.StartAsync();
        }

        public async Task DisposeAsync() => await Host.DisposeAsync();

        public void Dispose() => settings.Dispose();
    }
}
