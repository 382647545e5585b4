-- oldest program: 0.1.0
-- What the change feed filters and groups by: the system that made the agreement, and the first sequence of the request that made
-- the change; 0 where it is not known, which is the change's own.
ALTER TABLE change ADD
    origin_system varchar(32) COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT change_origin DEFAULT '',
    first_sequence bigint NOT NULL CONSTRAINT change_first DEFAULT 0;
-- A batch that adds a column cannot name it: this is one of its own.
EXEC(N'UPDATE c SET origin_system = a.origin_system
FROM change c INNER JOIN agreement a ON a.customer = c.customer AND c.resource = ''customers/'' + a.customer + ''/agreements/'' + a.id');
