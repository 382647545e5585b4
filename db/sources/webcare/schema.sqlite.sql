-- Webcare: conversations on social media, in messaging and by mail. It knows people, not customers: a customer number is
-- there only if an agent noted one. Moments are ISO 8601 text in UTC; mail addresses stand as the person typed them.
CREATE TABLE contact (
    contact_id   INTEGER NOT NULL PRIMARY KEY,
    display_name TEXT NOT NULL,
    town         TEXT,
    email        TEXT,
    customer_no  TEXT
);
CREATE INDEX contact_by_mail ON contact (lower(email));
CREATE INDEX contact_by_customer ON contact (customer_no);

-- A person on one page or account of a network. Facebook gives no handle.
CREATE TABLE profile (
    network     TEXT NOT NULL,
    page        TEXT NOT NULL,
    external_id TEXT NOT NULL,
    contact_id  INTEGER NOT NULL REFERENCES contact (contact_id),
    handle      TEXT,
    PRIMARY KEY (network, page, external_id)
) WITHOUT ROWID;
CREATE INDEX profile_by_contact ON profile (contact_id, network, page, external_id, handle);

CREATE TABLE thread (
    thread_id       TEXT NOT NULL PRIMARY KEY,
    contact_id      INTEGER NOT NULL REFERENCES contact (contact_id),
    channel         TEXT NOT NULL,
    opened_by       TEXT NOT NULL CHECK (opened_by IN ('customer', 'webcare')),
    on_page         INTEGER NOT NULL CHECK (on_page IN (0, 1)),
    opened_at       TEXT NOT NULL,
    closed_at       TEXT,
    stored_at       TEXT NOT NULL,
    topic           TEXT NOT NULL,
    summary         TEXT,
    agent           TEXT,
    team            TEXT NOT NULL,
    solved          INTEGER NOT NULL CHECK (solved IN (0, 1)),
    previous_thread TEXT,
    previous_is     TEXT CHECK (previous_is IN ('earlier', 'handed over', 'answered'))
) WITHOUT ROWID;
CREATE INDEX thread_by_contact ON thread (contact_id, opened_at, thread_id);

-- Clustered by conversation: what was said in one is one range.
CREATE TABLE post (
    thread_id   TEXT NOT NULL REFERENCES thread (thread_id),
    posted_at   TEXT NOT NULL,
    post_id     TEXT NOT NULL,
    author      TEXT NOT NULL CHECK (author IN ('customer', 'webcare', 'bot')),
    author_name TEXT,
    on_page     INTEGER NOT NULL CHECK (on_page IN (0, 1)),
    body        TEXT NOT NULL,
    PRIMARY KEY (thread_id, posted_at, post_id)
) WITHOUT ROWID;
