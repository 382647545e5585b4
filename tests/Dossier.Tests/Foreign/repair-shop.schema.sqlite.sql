-- An invented repair shop, unlike every other store: moments are milliseconds since 1970, days are days since 1970, and
-- statuses, channels and directions are numbers without a list anywhere in the store.
CREATE TABLE client (
    client_no  INTEGER NOT NULL PRIMARY KEY,
    shown_name TEXT NOT NULL,
    town       TEXT,
    dealer_ref TEXT,              -- the company's customer number, as the dealer noted it
    tel        INTEGER,           -- 31600001042
    mail       TEXT
);
CREATE INDEX client_by_dealer_ref ON client (dealer_ref);
CREATE INDEX client_by_tel ON client (tel);
CREATE INDEX client_by_mail ON client (mail COLLATE NOCASE);

-- kind: 1 at the counter, 2 telephone, 3 parcel, 4 mail, 9 unknown. way: 0 the client came, 1 the shop went. stage: 10 taken in,
-- 20 at work, 30 waiting for parts, 40 ready, 50 collected, 99 cancelled.
CREATE TABLE visit (
    visit_no   INTEGER NOT NULL PRIMARY KEY,
    client_no  INTEGER NOT NULL REFERENCES client (client_no),
    kind       INTEGER NOT NULL,
    way        INTEGER,
    stage      INTEGER NOT NULL,
    started_ms INTEGER NOT NULL,
    left_ms    INTEGER,
    typed_ms   INTEGER NOT NULL,
    complaint  TEXT,
    diagnosis  TEXT,
    mechanic   INTEGER,
    follows    INTEGER
);
CREATE INDEX visit_by_client ON visit (client_no, started_ms, visit_no);

CREATE TABLE mechanic (
    mechanic_no INTEGER NOT NULL PRIMARY KEY,
    nick        TEXT NOT NULL
);

-- by: 0 the client, 1 the shop, 2 the machine that tests.
CREATE TABLE line (
    visit_no INTEGER NOT NULL REFERENCES visit (visit_no),
    line_no  INTEGER NOT NULL,
    by       INTEGER NOT NULL,
    said_ms  INTEGER NOT NULL,
    said     TEXT,
    PRIMARY KEY (visit_no, line_no)
) WITHOUT ROWID;

-- state: 0 with the client, 1 in the shop, 2 scrapped.
CREATE TABLE device (
    serial     TEXT NOT NULL PRIMARY KEY,
    client_no  INTEGER NOT NULL REFERENCES client (client_no),
    model      TEXT NOT NULL,
    state      INTEGER NOT NULL,
    bought_day INTEGER,
    gone_day   INTEGER
) WITHOUT ROWID;
CREATE INDEX device_by_client ON device (client_no, bought_day, serial);
