using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>Files that come and go under a running load: nothing fails that need not, and nothing acknowledged is lost.</summary>
public sealed class ComingAndGoingTests
{
    private const int Turns = 12;

    [Fact]
    public async Task Every_dossier_comes_whole_or_without_the_store_that_is_gone_just_then()
    {
        await using var host = await Patient.StartAsync();
        var whole = await host.GetAsync("1042");
        var without = whole.Interactions.Where(interaction => interaction.Source != "sources/telephony").ToList();
        using var stop = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 4).Select(async _ =>
        {
            var dossiers = new List<V1.Dossier>();
            while (!stop.IsCancellationRequested)
            {
                dossiers.Add(await host.GetAsync("1042"));
            }

            return dossiers;
        }).ToList();

        for (var turn = 0; turn < Turns; turn++)
        {
            using (turn % 3 == 0 ? StoreFault.MovedAway(host, "telephony")
                : turn % 3 == 1 ? StoreFault.Replaced(host, "telephony", (path, _) => File.Copy(host.FileOf("webcare"), path))
                : StoreFault.Cut(host, "telephony", length => length / 2))
            {
                await host.GetAsync("1043");
            }

            await host.GetAsync("1043");
        }

        await stop.CancelAsync();
        var all = (await Task.WhenAll(callers)).SelectMany(dossiers => dossiers).ToList();
        Assert.All(all, dossier =>
        {
            if (dossier.Unreachable.Count == 0)
            {
                Assert.Equal(whole.Interactions, dossier.Interactions);
            }
            else
            {
                Assert.Equal(["sources/telephony"], dossier.Unreachable);
                Assert.Equal(without, dossier.Interactions.Where(interaction => interaction.Source != "sources/telephony"));
                Assert.Equal(whole.Invoices, dossier.Invoices);
            }
        });
        Assert.Contains(all, dossier => dossier.Unreachable.Count > 0);
        Assert.Equal(whole.Interactions, (await Soon.BecomesAsync(() => host.GetAsync("1042"), dossier => dossier.Unreachable.Count == 0)).Interactions);
    }

    [Fact]
    public async Task Every_agreement_that_was_acknowledged_is_there_once_after_the_registry_came_and_went()
    {
        await using var host = await Patient.StartAsync();
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 4).Select(async writer =>
        {
            var acknowledged = new List<string>();
            while (!stop.IsCancellationRequested)
            {
                // The same id until it is acknowledged, as a caller does who was told UNAVAILABLE.
                var request = Agreed.Remark("2090", $"{writer}-{acknowledged.Count}");
                for (var done = false; !done;)
                {
                    try
                    {
                        await host.Agreements.CreateAgreementAsync(request, DossierHost.As("webcare", "daan"));
                        acknowledged.Add(request.Agreement.Effects[0].Remark.Text);
                        done = true;
                    }
                    catch (RpcException refused) when (refused.StatusCode == StatusCode.Unavailable)
                    {
                        Assert.Equal("REGISTRY_UNAVAILABLE", Refused.Of(refused).Reason);
                        await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
                    }
                }
            }

            return acknowledged;
        }).ToList();

        for (var turn = 0; turn < Turns; turn++)
        {
            using (StoreFault.MovedAway(host, "registry"))
            {
                await host.GetAsync("1043");
            }

            await Soon.BecomesAsync(async () => (await host.GetAsync("1043")).Unreachable.Count == 0);
        }

        await stop.CancelAsync();
        var acknowledged = (await Task.WhenAll(writers)).SelectMany(texts => texts).ToList();
        Assert.NotEmpty(acknowledged);
        var stored = new List<string>();
        var list = new ListAgreementsRequest { Parent = "customers/2090", PageSize = 200 };
        do
        {
            var page = await host.Agreements.ListAgreementsAsync(list);
            stored.AddRange(page.Agreements.Select(agreement => agreement.Effects[0].Remark.Text));
            list.PageToken = page.NextPageToken;
        }
        while (list.PageToken.Length > 0);

        Assert.Equal(acknowledged.Order(StringComparer.Ordinal), stored.Order(StringComparer.Ordinal));
        Assert.Equal(Rows.One(host, "SELECT value FROM change_counter"), Rows.Count(host, "change"));
    }
}
