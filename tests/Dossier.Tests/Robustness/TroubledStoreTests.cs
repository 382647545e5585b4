using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;

namespace Dossier.Tests.RobustnessTests;

/// <summary>
/// Each trouble that a store can have, with 16 callers: every dossier comes before its deadline and says what is missing, nothing
/// is invented, nothing piles up, and the source is back soon after.
/// </summary>
[Collection(Alone.Name)]
[NeedsServer(PostgresDatabase.Variable, alsoInCI: true)]
public sealed class TroubledStoreTests
{
    /// <summary>A view of a store whose tables nobody else knows, for what its owner may do to it.</summary>
    private const string Seen = """
        CREATE VIEW seen AS SELECT thread_id AS id, opened_at AS occur_time, channel, topic AS subject, agent, team, on_page AS public FROM thread
        """;

    private const string SeenOtherwise = """
        BEGIN; DROP VIEW seen;
        CREATE VIEW seen AS SELECT team, agent, on_page AS public, topic AS subject, channel, opened_at AS occur_time, thread_id AS id FROM thread; COMMIT
        """;

    [ServerFact]
    public async Task A_store_that_refuses_connections_is_unreachable_and_back_when_it_listens_again()
    {
        await using var service = await TroubledService.StartAsync();
        await service.StrikeAsync(service.Server.Proxy.Refuse, service.Server.Proxy.Restore, Trouble.Refused("Connection refused"));
    }

    [ServerFact]
    public async Task A_store_that_falls_silent_is_timed_out_and_back_when_it_speaks_again()
    {
        await using var service = await TroubledService.StartAsync(hurried: true);
        await service.StrikeAsync(service.Server.Proxy.Freeze, service.Server.Proxy.Restore, Trouble.Silent);
    }

    [ServerFact]
    public async Task A_store_that_was_silent_and_has_lost_its_connections_is_back_too()
    {
        await using var service = await TroubledService.StartAsync(hurried: true);
        await service.StrikeAsync(
            service.Server.Proxy.Freeze,
            () =>
            {
                service.Server.Proxy.Reset();
                service.Server.Proxy.Restore();
            },
            Trouble.Silent);
    }

    [ServerFact]
    public async Task A_store_that_answers_byte_by_byte_is_timed_out_and_back_when_it_is_fast_again()
    {
        await using var service = await TroubledService.StartAsync(hurried: true);
        await service.StrikeAsync(() => service.Server.Proxy.Drip(1), service.Server.Proxy.Restore, Trouble.Silent);
    }

    [ServerFact]
    public async Task A_store_that_gives_row_after_row_too_slowly_is_timed_out()
    {
        await using var service = await TroubledService.StartAsync("CREATE TABLE flood (n int NOT NULL); INSERT INTO flood VALUES (0)", Flooded("|| pg_sleep(0.02)::text"), hurried: true);
        await service.StrikeAsync(
            () => service.Store.Execute("UPDATE flood SET n = 1000"), () => service.Store.Execute("UPDATE flood SET n = 0"), Trouble.Silent);
    }

    [ServerFact]
    public async Task A_store_that_gives_a_million_rows_is_read_no_further_than_the_limit_and_says_which_block()
    {
        await using var service = await TroubledService.StartAsync("CREATE TABLE flood (n int NOT NULL); INSERT INTO flood VALUES (0)", Flooded(""));
        await service.StrikeAsync(
            () => service.Store.Execute("UPDATE flood SET n = 1000000"),
            () => service.Store.Execute("UPDATE flood SET n = 0"),
            Trouble.Partly("block 'messages' gives more than 10000 rows"));
    }

    [ServerFact]
    public async Task A_store_that_hangs_up_in_the_middle_of_an_answer_is_not_half_read()
    {
        await using var service = await TroubledService.StartAsync();
        // How far each connection comes is chance: some answers fit, others end in a block or before the first.
        await service.StrikeAsync(
            () => service.Server.Proxy.CutAfter(3_000), service.Server.Proxy.Restore, new Trouble([SourceState.Ok, SourceState.Partial, SourceState.Unreachable], null, "FAILED", Breaker: null));
    }

    [ServerFact]
    public async Task A_store_that_hangs_up_before_anybody_is_let_in_is_unreachable()
    {
        await using var service = await TroubledService.StartAsync();
        await service.StrikeAsync(() => service.Server.Proxy.CutAfter(20), service.Server.Proxy.Restore, Trouble.Refused("FAILED"));
    }

    [ServerFact]
    public async Task A_login_that_is_refused_is_unreachable_and_back_when_it_is_let_in_again()
    {
        await using var service = await TroubledService.StartAsync();
        await service.StrikeAsync(
            () => service.Store.Execute($"ALTER ROLE {service.Server.Login} NOLOGIN; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{service.Server.Login}'"),
            () => service.Store.Execute($"ALTER ROLE {service.Server.Login} LOGIN"),
            Trouble.Refused("28000"));
    }

    [ServerFact]
    public async Task A_null_where_the_contract_has_none_costs_its_block_alone()
    {
        await using var service = await TroubledService.StartAsync("ALTER TABLE thread ALTER COLUMN channel DROP NOT NULL; CREATE TABLE kept AS SELECT thread_id, channel FROM thread");
        await service.StrikeAsync(
            () => service.Store.Execute("UPDATE thread SET channel = NULL"),
            () => service.Store.Execute("UPDATE thread SET channel = kept.channel FROM kept WHERE kept.thread_id = thread.thread_id"),
            Trouble.Partly("block 'interactions'"));
    }

    [ServerFact]
    public async Task A_column_of_another_type_costs_its_block_alone()
    {
        await using var service = await TroubledService.StartAsync();
        await service.StrikeAsync(
            () => service.Store.Execute("ALTER TABLE thread RENAME COLUMN on_page TO kept; ALTER TABLE thread ADD COLUMN on_page text NOT NULL DEFAULT 'perhaps'"),
            () => service.Store.Execute("ALTER TABLE thread DROP COLUMN on_page; ALTER TABLE thread RENAME COLUMN kept TO on_page"),
            Trouble.Partly("block 'interactions'"));
    }

    [ServerFact]
    public async Task A_column_that_was_dropped_costs_the_blocks_that_name_it()
    {
        await using var service = await TroubledService.StartAsync("CREATE TABLE kept AS SELECT thread_id, topic FROM thread");
        await service.StrikeAsync(
            () => service.Store.Execute("ALTER TABLE thread DROP COLUMN topic"),
            () => service.Store.Execute("ALTER TABLE thread ADD COLUMN topic text; UPDATE thread SET topic = kept.topic FROM kept WHERE kept.thread_id = thread.thread_id"),
            Trouble.Partly("42703"));
    }

    [ServerFact]
    public async Task A_table_that_was_renamed_costs_the_blocks_that_name_it()
    {
        await using var service = await TroubledService.StartAsync();
        await service.StrikeAsync(
            () => service.Store.Execute("ALTER TABLE post RENAME TO article"),
            () => service.Store.Execute("ALTER TABLE article RENAME TO post"),
            Trouble.Partly("block 'messages': 42P01"));
    }

    [ServerFact]
    public async Task A_view_that_is_replaced_with_its_columns_in_another_order_is_read_rightly_at_once()
    {
        await using var service = await TroubledService.StartAsync(Seen, queries => Replaced(queries, "interactions", """
            SELECT seen.* FROM seen
            JOIN thread ON thread.thread_id = seen.id
            JOIN profile ON profile.contact_id = thread.contact_id
            JOIN jsonb_to_recordset(@social_ids::jsonb) AS s(platform text, page text, id text)
                ON s.platform = profile.network AND s.page = profile.page AND s.id = profile.external_id
            ORDER BY occur_time DESC, seen.id DESC LIMIT @limit
            """));
        service.Store.Execute(SeenOtherwise);
        await service.CallAsync(TroubledService.Calls, dossier => Assert.Equal(SourceState.Ok, TroubledService.StateOf(dossier)));
        await service.AssertAsBeforeAsync();
    }

    /// <summary>The messages come from a block without a LIMIT, as many as stand in a table.</summary>
    private static Func<string, string> Flooded(string each) => queries => Replaced(queries, "messages", $"""
        SELECT (SELECT min(thread_id) FROM thread) AS interaction_id, (generate_series(1, (SELECT n FROM flood)) {each})::text AS id, now() AS occur_time,
            'CUSTOMER' AS author, 'bulk' AS author_name, repeat('x', 100) AS text, true AS public
        WHERE cardinality(@emails) >= 0
        """);

    internal static string Replaced(string queries, string block, string statement)
    {
        var start = queries.IndexOf($"-- name: {block}\n", StringComparison.Ordinal);
        var next = queries.IndexOf("-- name: ", start + 5, StringComparison.Ordinal);
        return $"{queries[..start]}-- name: {block}\n{statement};\n\n{queries[next..]}";
    }
}
