-- Telephony: the call centre's switch. It knows numbers as a Dutch telephone shows them (0600001042) and moments as unix seconds.
CREATE TABLE known_caller (
    caller_id   INTEGER NOT NULL PRIMARY KEY,
    number      TEXT NOT NULL,
    name        TEXT NOT NULL,
    customer_no TEXT,
    noted_by    TEXT,
    noted_at    INTEGER NOT NULL
);
CREATE INDEX known_caller_by_number ON known_caller (number, name, customer_no);

-- `number` is the customer's side, whoever called; null for a withheld number.
CREATE TABLE call (
    call_id        TEXT NOT NULL PRIMARY KEY,
    number         TEXT,
    way            TEXT NOT NULL CHECK (way IN ('IN', 'OUT')),
    started_at     INTEGER NOT NULL,
    waited_s       INTEGER NOT NULL,
    ended_at       INTEGER NOT NULL,
    wrapped_at     INTEGER NOT NULL,
    queue          TEXT NOT NULL,
    agent          TEXT,
    caller_name    TEXT,
    reason         TEXT NOT NULL,
    outcome        TEXT NOT NULL CHECK (outcome IN ('SOLVED', 'OPEN', 'CALL_BACK', 'HUNG_UP', 'NO_ANSWER')),
    put_through_to TEXT,
    note           TEXT,
    earlier_call   TEXT,
    earlier_is     TEXT CHECK (earlier_is IN ('SAME', 'FROM', 'CALLED_BACK'))
) WITHOUT ROWID;
CREATE INDEX call_by_number ON call (number, started_at, call_id);
