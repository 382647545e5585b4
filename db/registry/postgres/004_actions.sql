-- oldest program: 0.1.0
-- Actions that left or were about to: confirmed by the guard, or reported by who did them. `content` is a dossier.v1.ActionRecord.
-- `state` 1 under way, 2 sent, 3 suppressed, 4 failed; that an action under way has lapsed follows from the clock.
CREATE TABLE action (
    customer         text COLLATE "C" NOT NULL,
    id               text COLLATE "C" NOT NULL,
    state            integer NOT NULL,
    system           text COLLATE "C" NOT NULL,
    under_way_time   timestamptz,
    action_time      timestamptz,
    update_time      timestamptz NOT NULL,
    sequence         bigint NOT NULL,
    content          bytea NOT NULL,
    PRIMARY KEY (customer, id)
);
CREATE INDEX action_newest ON action (id, customer);
