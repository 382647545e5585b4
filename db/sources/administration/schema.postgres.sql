-- Administration: billing, payments, dunning and correspondence, by debtor. Amounts are whole cents. What a dossier reads is one
-- range of a primary key that starts with the debtor, in the order in which it is shown. Ids collate by byte, so that an index
-- serves every read whatever the database's own collation.
CREATE TABLE debtor (
    debtor_no    text COLLATE "C" NOT NULL PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('PARTICULIER', 'ZAKELIJK')),
    first_name   text,
    particle     text,
    surname      text,
    company_name text,
    street       text NOT NULL,
    house_no     text NOT NULL,
    postcode     text NOT NULL,
    city         text NOT NULL,
    secret       boolean NOT NULL,
    since        date NOT NULL,
    CHECK (CASE kind WHEN 'ZAKELIJK' THEN company_name IS NOT NULL ELSE first_name IS NOT NULL AND surname IS NOT NULL END)
);

CREATE VIEW debtor_card AS
SELECT debtor_no, kind, city, secret,
    coalesce(company_name, first_name || coalesce(' ' || particle, '') || ' ' || surname) AS display_name
FROM debtor;

CREATE TABLE contact_person (
    debtor_no text COLLATE "C" NOT NULL REFERENCES debtor (debtor_no),
    seq       integer NOT NULL,
    name      text NOT NULL,
    role      text,
    PRIMARY KEY (debtor_no, seq)
);

-- Who acts for a debtor; letters go there.
CREATE TABLE representative (
    debtor_no text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES debtor (debtor_no),
    ground    text NOT NULL CHECK (ground IN ('BEWIND', 'CURATELE', 'ERFGENAAM', 'VOLMACHT')),
    name      text NOT NULL,
    street    text NOT NULL,
    house_no  text NOT NULL,
    postcode  text NOT NULL,
    city      text NOT NULL,
    since     date NOT NULL
);

-- Mail addresses in lower case, telephone numbers in E.164. A household may share one.
CREATE TABLE contact_point (
    debtor_no text COLLATE "C" NOT NULL REFERENCES debtor (debtor_no),
    medium    text COLLATE "C" NOT NULL CHECK (medium IN ('EMAIL', 'PHONE')),
    value     text COLLATE "C" NOT NULL,
    PRIMARY KEY (debtor_no, medium, value)
);
CREATE INDEX contact_point_by_value ON contact_point (medium, value, debtor_no);

CREATE TABLE account (
    account_no text COLLATE "C" NOT NULL PRIMARY KEY,
    debtor_no  text COLLATE "C" NOT NULL REFERENCES debtor (debtor_no),
    pay_by     text NOT NULL CHECK (pay_by IN ('ideal', 'direct-debit', 'transfer')),
    iban       text,
    opened_on  date NOT NULL
);
CREATE INDEX account_by_debtor ON account (debtor_no, account_no);

CREATE TABLE connection (
    debtor_no     text COLLATE "C" NOT NULL REFERENCES debtor (debtor_no),
    starts_on     date NOT NULL,
    connection_no text COLLATE "C" NOT NULL UNIQUE,
    account_no    text COLLATE "C" NOT NULL REFERENCES account (account_no),
    description   text NOT NULL,
    state         text NOT NULL CHECK (state IN ('active', 'ended', 'suspended')),
    ends_on       date,
    PRIMARY KEY (debtor_no, starts_on, connection_no)
);

CREATE TABLE invoice (
    debtor_no   text COLLATE "C" NOT NULL REFERENCES debtor (debtor_no),
    dated       date NOT NULL,
    invoice_no  text COLLATE "C" NOT NULL UNIQUE,
    account_no  text COLLATE "C" NOT NULL REFERENCES account (account_no),
    credits     text COLLATE "C",
    is_credit   boolean NOT NULL,
    due         date,
    period_from date,
    period_to   date,
    net_cents   bigint NOT NULL,
    vat_cents   bigint NOT NULL,
    total_cents bigint NOT NULL CHECK (total_cents = net_cents + vat_cents),
    open_cents  bigint NOT NULL,
    PRIMARY KEY (debtor_no, dated, invoice_no)
);

CREATE TABLE invoice_line (
    invoice_no    text COLLATE "C" NOT NULL REFERENCES invoice (invoice_no),
    line_no       integer NOT NULL,
    line_id       text COLLATE "C" NOT NULL UNIQUE,
    connection_no text COLLATE "C",
    description   text NOT NULL,
    monthly       boolean NOT NULL,
    period_from   date,
    period_to     date,
    vat_cents     bigint NOT NULL,
    total_cents   bigint NOT NULL,
    PRIMARY KEY (invoice_no, line_no)
);

CREATE TABLE receipt (
    debtor_no    text COLLATE "C" NOT NULL REFERENCES debtor (debtor_no),
    booked_on    date NOT NULL,
    receipt_no   text COLLATE "C" NOT NULL UNIQUE,
    method       text NOT NULL,
    amount_cents bigint NOT NULL,
    returned_on  date,
    return_code  text,
    PRIMARY KEY (debtor_no, booked_on, receipt_no)
);

CREATE TABLE receipt_item (
    receipt_no text COLLATE "C" NOT NULL REFERENCES receipt (receipt_no),
    invoice_no text COLLATE "C" NOT NULL REFERENCES invoice (invoice_no),
    cents      bigint NOT NULL,
    PRIMARY KEY (receipt_no, invoice_no)
);

-- Level 1 reminds, 2 demands, 3 announces collection costs.
CREATE TABLE dunning (
    debtor_no    text COLLATE "C" NOT NULL REFERENCES debtor (debtor_no),
    issued_on    date NOT NULL,
    dunning_no   text COLLATE "C" NOT NULL UNIQUE,
    level        integer NOT NULL CHECK (level IN (1, 2, 3)),
    delivered_on date,
    sent_by      text NOT NULL CHECK (sent_by IN ('letter', 'email')),
    asked_cents  bigint NOT NULL,
    fee_cents    bigint NOT NULL,
    PRIMARY KEY (debtor_no, issued_on, dunning_no)
);

CREATE TABLE dunning_item (
    dunning_no text COLLATE "C" NOT NULL REFERENCES dunning (dunning_no),
    invoice_no text COLLATE "C" NOT NULL REFERENCES invoice (invoice_no),
    PRIMARY KEY (dunning_no, invoice_no)
);

-- Letters and mails that administration sent, and letters and portal forms that it received.
CREATE TABLE correspondence (
    debtor_no     text COLLATE "C" NOT NULL REFERENCES debtor (debtor_no),
    written_at    timestamptz NOT NULL,
    document_no   text COLLATE "C" NOT NULL UNIQUE,
    way           text NOT NULL CHECK (way IN ('IN', 'UIT')),
    medium        text NOT NULL,
    registered_at timestamptz NOT NULL,
    subject       text NOT NULL,
    remark        text,
    clerk         text,
    department    text NOT NULL,
    person        text,
    reply_to      text COLLATE "C",
    PRIMARY KEY (debtor_no, written_at, document_no)
);

CREATE TABLE correspondence_text (
    document_no text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES correspondence (document_no),
    body        text NOT NULL
);
