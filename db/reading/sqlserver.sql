-- What stands around the blocks of one read on SQL Server: one command, one round trip.

-- A guest gives way: it waits for locks half its deadline and is the victim of deadlocks. Snapshot reads where the database
-- has them. ROWCOUNT: a block without a limit costs a bounded read; one row more than the service takes shows that there were more.
-- name: begin
SET LOCK_TIMEOUT {lock_timeout};
SET DEADLOCK_PRIORITY LOW;
SET XACT_ABORT OFF;
SET NOCOUNT ON;
SET ROWCOUNT 10001;
IF EXISTS (SELECT 1 FROM sys.databases WHERE database_id = DB_ID() AND snapshot_isolation_state = 1)
    SET TRANSACTION ISOLATION LEVEL SNAPSHOT;
ELSE
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
BEGIN TRANSACTION

-- name: end
ROLLBACK TRANSACTION

-- name: recover
IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION
