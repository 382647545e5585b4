-- oldest program: 0.1.0
-- Actions that left or were about to: confirmed by the guard, or reported by who did them. `content` is a dossier.v1.ActionRecord.
-- `state` 1 under way, 2 sent, 3 suppressed, 4 failed; that an action under way has lapsed follows from the clock.
CREATE TABLE action (
    customer       TEXT    NOT NULL,
    id             TEXT    NOT NULL,
    state          INTEGER NOT NULL,
    system         TEXT    NOT NULL,
    under_way_time INTEGER,
    action_time    INTEGER,
    update_time    INTEGER NOT NULL,
    sequence       INTEGER NOT NULL,
    content        BLOB    NOT NULL,
    PRIMARY KEY (customer, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX action_newest ON action (id, customer);
