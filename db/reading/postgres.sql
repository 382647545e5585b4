-- What stands around the blocks of one read on PostgreSQL: one command, one round trip.

-- REPEATABLE READ: all blocks see one state.
-- name: begin
BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY

-- A block without a LIMIT costs a bounded read; one row more than the service takes shows that there were more.
-- name: block
SELECT * FROM (
{block}
) AS block LIMIT 10001

-- The registry's own word that it changed; the channel is that of insert_change.
-- name: listen
LISTEN dossier_change

-- ROLLBACK, not COMMIT: a setting that a block changes with set_config() must not outlive it.
-- name: end
ROLLBACK
