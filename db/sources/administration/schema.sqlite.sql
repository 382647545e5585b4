-- Administration: billing, payments, dunning and correspondence, by debtor. Amounts are whole cents, days are text, and moments
-- are text in UTC without a zone (2026-08-27 07:15:00). What a dossier reads is clustered by debtor: one read is one range.
CREATE TABLE debtor (
    debtor_no    TEXT NOT NULL PRIMARY KEY,
    kind         TEXT NOT NULL CHECK (kind IN ('PARTICULIER', 'ZAKELIJK')),
    first_name   TEXT,
    particle     TEXT,
    surname      TEXT,
    company_name TEXT,
    street       TEXT NOT NULL,
    house_no     TEXT NOT NULL,
    postcode     TEXT NOT NULL,
    city         TEXT NOT NULL,
    secret       INTEGER NOT NULL CHECK (secret IN (0, 1)),
    since        TEXT NOT NULL,
    CHECK (CASE kind WHEN 'ZAKELIJK' THEN company_name IS NOT NULL ELSE first_name IS NOT NULL AND surname IS NOT NULL END)
) WITHOUT ROWID;

CREATE VIEW debtor_card AS
SELECT debtor_no, kind, city, secret,
    coalesce(company_name, first_name || coalesce(' ' || particle, '') || ' ' || surname) AS display_name
FROM debtor;

CREATE TABLE contact_person (
    debtor_no TEXT NOT NULL REFERENCES debtor (debtor_no),
    seq       INTEGER NOT NULL,
    name      TEXT NOT NULL,
    role      TEXT,
    PRIMARY KEY (debtor_no, seq)
) WITHOUT ROWID;

-- Who acts for a debtor; letters go there.
CREATE TABLE representative (
    debtor_no TEXT NOT NULL PRIMARY KEY REFERENCES debtor (debtor_no),
    ground    TEXT NOT NULL CHECK (ground IN ('BEWIND', 'CURATELE', 'ERFGENAAM', 'VOLMACHT')),
    name      TEXT NOT NULL,
    street    TEXT NOT NULL,
    house_no  TEXT NOT NULL,
    postcode  TEXT NOT NULL,
    city      TEXT NOT NULL,
    since     TEXT NOT NULL
) WITHOUT ROWID;

-- Mail addresses in lower case, telephone numbers in E.164. A household may share one.
CREATE TABLE contact_point (
    debtor_no TEXT NOT NULL REFERENCES debtor (debtor_no),
    medium    TEXT NOT NULL CHECK (medium IN ('EMAIL', 'PHONE')),
    value     TEXT NOT NULL,
    PRIMARY KEY (debtor_no, medium, value)
) WITHOUT ROWID;
CREATE INDEX contact_point_by_value ON contact_point (medium, value, debtor_no);

CREATE TABLE account (
    account_no TEXT NOT NULL PRIMARY KEY,
    debtor_no  TEXT NOT NULL REFERENCES debtor (debtor_no),
    pay_by     TEXT NOT NULL CHECK (pay_by IN ('ideal', 'direct-debit', 'transfer')),
    iban       TEXT,
    opened_on  TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX account_by_debtor ON account (debtor_no, account_no);

CREATE TABLE connection (
    debtor_no     TEXT NOT NULL REFERENCES debtor (debtor_no),
    starts_on     TEXT NOT NULL,
    connection_no TEXT NOT NULL UNIQUE,
    account_no    TEXT NOT NULL REFERENCES account (account_no),
    description   TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('active', 'ended', 'suspended')),
    ends_on       TEXT,
    PRIMARY KEY (debtor_no, starts_on, connection_no)
) WITHOUT ROWID;

CREATE TABLE invoice (
    debtor_no   TEXT NOT NULL REFERENCES debtor (debtor_no),
    dated       TEXT NOT NULL,
    invoice_no  TEXT NOT NULL UNIQUE,
    account_no  TEXT NOT NULL REFERENCES account (account_no),
    credits     TEXT,
    is_credit   INTEGER NOT NULL CHECK (is_credit IN (0, 1)),
    due         TEXT,
    period_from TEXT,
    period_to   TEXT,
    net_cents   INTEGER NOT NULL,
    vat_cents   INTEGER NOT NULL,
    total_cents INTEGER NOT NULL CHECK (total_cents = net_cents + vat_cents),
    open_cents  INTEGER NOT NULL,
    PRIMARY KEY (debtor_no, dated, invoice_no)
) WITHOUT ROWID;

CREATE TABLE invoice_line (
    invoice_no    TEXT NOT NULL REFERENCES invoice (invoice_no),
    line_no       INTEGER NOT NULL,
    line_id       TEXT NOT NULL UNIQUE,
    connection_no TEXT,
    description   TEXT NOT NULL,
    monthly       INTEGER NOT NULL CHECK (monthly IN (0, 1)),
    period_from   TEXT,
    period_to     TEXT,
    vat_cents     INTEGER NOT NULL,
    total_cents   INTEGER NOT NULL,
    PRIMARY KEY (invoice_no, line_no)
) WITHOUT ROWID;

CREATE TABLE receipt (
    debtor_no    TEXT NOT NULL REFERENCES debtor (debtor_no),
    booked_on    TEXT NOT NULL,
    receipt_no   TEXT NOT NULL UNIQUE,
    method       TEXT NOT NULL,
    amount_cents INTEGER NOT NULL,
    returned_on  TEXT,
    return_code  TEXT,
    PRIMARY KEY (debtor_no, booked_on, receipt_no)
) WITHOUT ROWID;

CREATE TABLE receipt_item (
    receipt_no TEXT NOT NULL REFERENCES receipt (receipt_no),
    invoice_no TEXT NOT NULL REFERENCES invoice (invoice_no),
    cents      INTEGER NOT NULL,
    PRIMARY KEY (receipt_no, invoice_no)
) WITHOUT ROWID;

-- Level 1 reminds, 2 demands, 3 announces collection costs.
CREATE TABLE dunning (
    debtor_no    TEXT NOT NULL REFERENCES debtor (debtor_no),
    issued_on    TEXT NOT NULL,
    dunning_no   TEXT NOT NULL UNIQUE,
    level        INTEGER NOT NULL CHECK (level IN (1, 2, 3)),
    delivered_on TEXT,
    sent_by      TEXT NOT NULL CHECK (sent_by IN ('letter', 'email')),
    asked_cents  INTEGER NOT NULL,
    fee_cents    INTEGER NOT NULL,
    PRIMARY KEY (debtor_no, issued_on, dunning_no)
) WITHOUT ROWID;

CREATE TABLE dunning_item (
    dunning_no TEXT NOT NULL REFERENCES dunning (dunning_no),
    invoice_no TEXT NOT NULL REFERENCES invoice (invoice_no),
    PRIMARY KEY (dunning_no, invoice_no)
) WITHOUT ROWID;

-- Letters and mails that administration sent, and letters and portal forms that it received.
CREATE TABLE correspondence (
    debtor_no     TEXT NOT NULL REFERENCES debtor (debtor_no),
    written_at    TEXT NOT NULL,
    document_no   TEXT NOT NULL UNIQUE,
    way           TEXT NOT NULL CHECK (way IN ('IN', 'UIT')),
    medium        TEXT NOT NULL,
    registered_at TEXT NOT NULL,
    subject       TEXT NOT NULL,
    remark        TEXT,
    clerk         TEXT,
    department    TEXT NOT NULL,
    person        TEXT,
    reply_to      TEXT,
    PRIMARY KEY (debtor_no, written_at, document_no)
) WITHOUT ROWID;

CREATE TABLE correspondence_text (
    document_no TEXT NOT NULL PRIMARY KEY REFERENCES correspondence (document_no),
    body        TEXT NOT NULL
) WITHOUT ROWID;
