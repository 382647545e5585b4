using System.Text.Json;
using Dossier.Host;
using Dossier.Tests.Fixtures;
using Dossier.V1;

namespace Dossier.Tests.ServiceTests;

/// <summary>Who read or changed what of a customer, as <c>dossier accesses</c> tells it; and the keys that <c>dossier keys</c> makes.</summary>
public sealed class AccessesCommandTests
{
    [Fact]
    public async Task The_accesses_of_a_customer_are_shown_the_newest_first_with_who_why_and_what()
    {
        await using var host = await Patient.StartAsync(("Purposes:only-bills:Sections:0", "INVOICES"));
        string[] Accesses(params string[] more) => ["accesses", "1042", "--address", host.Address, .. more];
        Assert.Equal("Nobody has read or changed anything of this customer.\n", (await Typed.RunAsync(Accesses())).Output);
        var metadata = DossierHost.As("telephony", "fatima");
        metadata.Add("x-dossier-purpose", "only-bills");
        await host.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" }, metadata);
        var change = host.Agreements.CreateAgreementAsync(Agreed.Remark("1042", "x"), DossierHost.As("webcare", "daan"));
        await change;
        await host.GetAsync("1043");

        // Whoever asks for them leaves a record too: those are not counted.
        Typed table = null!;
        List<string> Of(string method) => [.. table.Lines.Where(line => line.Contains(method, StringComparison.Ordinal))];
        await Eventually.TrueAsync(
            async () => (table = await Typed.RunAsync(Accesses())) is { ExitCode: 0 } && Of("CreateAgreement").Count > 0 && Of("GetDossier").Count > 0, "both are recorded");
        var read = Assert.Single(Of("GetDossier"));
        var changed = Assert.Single(Of("CreateAgreement"));
        Assert.All(["telephony", "fatima", "only-bills", "invoices"], word => Assert.Contains(word, read, StringComparison.Ordinal));
        Assert.DoesNotContain("interactions", read, StringComparison.Ordinal);
        Assert.All(["webcare", "daan", "service", "agreements", change.GetTrailers().GetValue("x-dossier-trace")!], word => Assert.Contains(word, changed, StringComparison.Ordinal));
        Assert.True(table.Lines.ToList().IndexOf(changed) < table.Lines.ToList().IndexOf(read), table.Output);
        Assert.All(["time", "system", "agent", "purpose", "method", "sections", "trace"], word => Assert.Contains(word, table.Lines[0], StringComparison.Ordinal));

        var json = JsonDocument.Parse((await Typed.RunAsync(Accesses("--json"))).Output).RootElement.GetProperty("accessRecords").EnumerateArray()
            .Where(record => record.GetProperty("method").GetString() != "AccessService/ListAccessRecords").ToList();
        Assert.Equal(["AgreementService/CreateAgreement", "DossierService/GetDossier"], json.Select(record => record.GetProperty("method").GetString()));
        Assert.All(json, record => Assert.Equal("customers/1042", record.GetProperty("customer").GetString()));
        Assert.Equal(("systems/telephony", "fatima"), (json[1].GetProperty("system").GetString(), json[1].GetProperty("agent").GetString()));

        var one = await Typed.RunAsync(Accesses("--limit", "1"));
        Assert.Contains("There are more: --limit.", one.Lines);
        Assert.DoesNotContain("GetDossier", one.Output, StringComparison.Ordinal);
        var none = await Typed.RunAsync(Accesses("--limit", "0"));
        Assert.Equal((2, ""), (none.ExitCode, none.Output));
        Assert.Contains("--limit must be 1 or more", none.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_accesses_than_a_page_holds_are_all_shown_and_no_more_than_are_asked_for()
    {
        await using var host = await Patient.StartAsync();
        foreach (var some in Enumerable.Range(0, 210).Chunk(42))
        {
            await Task.WhenAll(some.Select(_ => host.GetAsync("1043", Section.Invoices)));
        }

        async Task<int> ShownAsync(int limit)
        {
            var ran = await Typed.RunAsync("accesses", "1043", "--address", host.Address, "--limit", $"{limit}", "--json");
            return JsonDocument.Parse(ran.Output).RootElement.GetProperty("accessRecords").GetArrayLength();
        }

        await Eventually.TrueAsync(async () => await ShownAsync(1_000) >= 210, "every read has its record");
        Assert.Equal(205, await ShownAsync(205));
    }

    [Fact]
    public async Task A_new_key_is_printed_beside_the_setting_that_holds_its_hash()
    {
        var made = await Typed.RunAsync("keys", "new", "webcare");

        Assert.Equal((0, ""), (made.ExitCode, made.Error));
        Assert.Matches("^key       dsk_[A-Za-z0-9_-]{43}$", made.Lines[0]);
        Assert.Equal($"setting   Systems:webcare:Keys:0 = {Authentication.HashOf(made.Lines[0][10..])}", made.Lines[1]);
        Assert.Contains("It is not shown again", made.Output.ReplaceLineEndings(" "), StringComparison.Ordinal);
        var wrong = await Typed.RunAsync("keys", "new", "Web care");
        Assert.Equal((2, ""), (wrong.ExitCode, wrong.Output));
        Assert.Contains("a system is 1-32 of [a-z0-9-]", wrong.Error, StringComparison.Ordinal);
    }
}
