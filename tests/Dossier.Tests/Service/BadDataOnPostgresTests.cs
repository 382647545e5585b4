using Dossier.Tests.Fixtures;
using Dossier.V1;

namespace Dossier.Tests.ServiceTests;

/// <summary>Values that PostgreSQL has and its driver has no room for.</summary>
[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class BadDataOnPostgresTests : IDisposable
{
    private readonly PostgresDatabase database = PostgresDatabase.Empty();

    public void Dispose() => database.Dispose();

    [ServerFact]
    public async Task What_the_driver_cannot_read_costs_its_block_and_not_the_store()
    {
        const string Odd = """
            -- name: invoices
            SELECT 'odd' AS number, 'INVOICE' AS type, date '2026-08-01' AS invoice_date, numeric 'NaN' AS total, 'EUR' AS currency
            WHERE @customer_number::text IS NOT NULL LIMIT @limit;

            -- name: products
            SELECT 'fiber' AS id, 'Fiber' AS display_name WHERE @customer_number::text IS NOT NULL LIMIT @limit
            """;
        using var settings = new SourceSettings().AddFile("odd", "telephony", Odd);
        settings.Set("odd", "Provider", "PostgreSql").Set("odd", "ConnectionString", database.Owner).Set("odd", "Deadline", "00:00:02");
        await using var host = await settings.StartAsync();

        var dossier = await host.GetAsync("1042");

        var odd = Assert.Single(dossier.Sources, source => source.Source == "sources/odd");
        Assert.Equal(SourceState.Partial, odd.State);
        Assert.Contains(dossier.Products, product => product.Id == "fiber");
        Assert.DoesNotContain(dossier.Invoices, invoice => invoice.Number == "odd");
    }
}
