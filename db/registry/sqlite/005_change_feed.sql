-- oldest program: 0.1.0
-- What the change feed filters and groups by: the system that made the agreement, and the first sequence of the request that made
-- the change; 0 where it is not known, which is the change's own.
ALTER TABLE change ADD COLUMN origin_system TEXT NOT NULL DEFAULT '';
ALTER TABLE change ADD COLUMN first_sequence INTEGER NOT NULL DEFAULT 0;
UPDATE change SET origin_system = coalesce((
    SELECT a.origin_system FROM agreement a
    WHERE a.customer = change.customer AND change.resource = 'customers/' || a.customer || '/agreements/' || a.id), '');
