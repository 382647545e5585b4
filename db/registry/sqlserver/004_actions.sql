-- oldest program: 0.1.0
-- Actions that left or were about to: confirmed by the guard, or reported by who did them. `content` is a dossier.v1.ActionRecord.
-- `state` 1 under way, 2 sent, 3 suppressed, 4 failed; that an action under way has lapsed follows from the clock.
CREATE TABLE action (
    customer       varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    id             varchar(36) COLLATE Latin1_General_100_BIN2 NOT NULL,
    state          int NOT NULL,
    system         varchar(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    under_way_time datetimeoffset(6) NULL,
    action_time    datetimeoffset(6) NULL,
    update_time    datetimeoffset(6) NOT NULL,
    sequence       bigint NOT NULL,
    content        varbinary(max) NOT NULL,
    CONSTRAINT action_key PRIMARY KEY CLUSTERED (customer, id)
);
CREATE INDEX action_newest ON action (id, customer);
