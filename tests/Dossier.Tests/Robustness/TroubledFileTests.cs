using Dossier.Tests.ServiceTests;
using Dossier.V1;

namespace Dossier.Tests.RobustnessTests;

/// <summary>
/// The same of a store in a SQLite file. (Files that are deleted, replaced, cut or filled with nonsense: StoreFaultTests and
/// BrokenStoresTests.)
/// </summary>
[Collection(Alone.Name)]
public sealed class TroubledFileTests
{
    private const string Seen = "CREATE VIEW seen AS SELECT thread_id AS id, opened_at AS occur_time, channel, topic AS subject, agent, team, on_page AS public FROM thread";

    private const string SeenOtherwise = """
        BEGIN; DROP VIEW seen;
        CREATE VIEW seen AS SELECT team, agent, on_page AS public, topic AS subject, channel, opened_at AS occur_time, thread_id AS id FROM thread; COMMIT
        """;

    [Fact]
    public async Task A_file_that_somebody_writes_to_for_long_is_unreachable_and_back_when_he_is_done()
    {
        await using var service = await TroubledService.OnFileAsync(hurried: true);
        var file = (TroubledFile)service.Store;

        // Who got a place late has no time left to wait for the lock.
        await service.StrikeAsync(file.Lock, file.Unlock, new Trouble([SourceState.Unreachable, SourceState.TimedOut], SourceState.Unreachable, "", Breaker: true));
    }

    [Fact]
    public async Task A_block_that_computes_for_ever_is_timed_out_and_does_not_go_on()
    {
        await using var service = await TroubledService.OnFileAsync("CREATE TABLE flood (n INTEGER NOT NULL); INSERT INTO flood VALUES (0)", Flooded("max(n)", "HAVING count(*) > 0"), hurried: true);
        await service.StrikeAsync(
            () => service.Store.Execute("UPDATE flood SET n = 1000000000000"), () => service.Store.Execute("UPDATE flood SET n = 0"), Trouble.Silent);
    }

    [Fact]
    public async Task A_store_that_gives_a_million_rows_is_read_no_further_than_the_limit_and_says_which_block()
    {
        await using var service = await TroubledService.OnFileAsync("CREATE TABLE flood (n INTEGER NOT NULL); INSERT INTO flood VALUES (0)", Flooded("n"));
        await service.StrikeAsync(
            () => service.Store.Execute("UPDATE flood SET n = 1000000"),
            () => service.Store.Execute("UPDATE flood SET n = 0"),
            Trouble.Partly("block 'messages' gives more than 10000 rows"));
    }

    [Fact]
    public async Task A_null_where_the_contract_has_none_costs_its_block_alone()
    {
        await using var service = await TroubledService.OnFileAsync();
        await service.StrikeAsync(
            () => service.Store.Execute("""
                BEGIN; ALTER TABLE thread RENAME TO kept;
                CREATE VIEW thread AS SELECT thread_id, contact_id, NULL AS channel, opened_by, on_page, opened_at, closed_at, stored_at, topic, summary, agent, team, previous_thread, previous_is FROM kept;
                COMMIT
                """),
            () => service.Store.Execute("BEGIN; DROP VIEW thread; ALTER TABLE kept RENAME TO thread; COMMIT"),
            Trouble.Partly("block 'interactions'"));
    }

    [Fact]
    public async Task A_value_of_another_type_costs_its_block_alone()
    {
        await using var service = await TroubledService.OnFileAsync("CREATE TABLE kept AS SELECT thread_id, opened_at FROM thread");
        await service.StrikeAsync(
            () => service.Store.Execute("UPDATE thread SET opened_at = 'gisteren'"),
            () => service.Store.Execute("UPDATE thread SET opened_at = (SELECT opened_at FROM kept WHERE kept.thread_id = thread.thread_id)"),
            Trouble.Partly("block 'interactions'"));
    }

    [Fact]
    public async Task A_column_that_was_renamed_costs_the_blocks_that_name_it()
    {
        await using var service = await TroubledService.OnFileAsync();
        await service.StrikeAsync(
            () => service.Store.Execute("ALTER TABLE thread RENAME COLUMN topic TO about"),
            () => service.Store.Execute("ALTER TABLE thread RENAME COLUMN about TO topic"),
            Trouble.Partly("block 'interactions': SQLite Error 1: 'no such column: thread.topic'"));
    }

    [Fact]
    public async Task A_table_that_was_renamed_costs_the_blocks_that_name_it()
    {
        await using var service = await TroubledService.OnFileAsync();
        await service.StrikeAsync(
            () => service.Store.Execute("ALTER TABLE post RENAME TO article"),
            () => service.Store.Execute("ALTER TABLE article RENAME TO post"),
            Trouble.Partly("block 'messages': SQLite Error 1: 'no such table: post'"));
    }

    [Fact]
    public async Task A_view_that_is_replaced_with_its_columns_in_another_order_is_read_rightly_at_once()
    {
        await using var service = await TroubledService.OnFileAsync(Seen, queries => TroubledStoreTests.Replaced(queries, "interactions", """
            SELECT seen.* FROM seen
            JOIN thread ON thread.thread_id = seen.id
            JOIN profile ON profile.contact_id = thread.contact_id
            WHERE (profile.network, profile.page, profile.external_id) IN (
                SELECT value ->> '$.platform', value ->> '$.page', value ->> '$.id' FROM json_each(@social_ids))
            ORDER BY occur_time DESC, seen.id DESC LIMIT @limit
            """));
        service.Store.Execute(SeenOtherwise);
        await service.CallAsync(TroubledService.Calls, dossier => Assert.Equal(SourceState.Ok, TroubledService.StateOf(dossier)));
        await service.AssertAsBeforeAsync();
    }

    /// <summary>The messages come from a block without a LIMIT, counted as far as stands in a table.</summary>
    private static Func<string, string> Flooded(string number, string having = "") => queries => TroubledStoreTests.Replaced(queries, "messages", $"""
        WITH RECURSIVE counted(n) AS (SELECT 1 WHERE (SELECT n FROM flood) > 0 UNION ALL SELECT n + 1 FROM counted WHERE n < (SELECT n FROM flood))
        SELECT (SELECT min(thread_id) FROM thread) AS interaction_id, CAST({number} AS TEXT) AS id, '2026-08-01T10:00:00Z' AS occur_time,
            'CUSTOMER' AS author, 'bulk' AS author_name, 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' AS text, 1 AS public
        FROM counted
        WHERE json_array_length(@emails) >= 0 {having}
        """);
}
