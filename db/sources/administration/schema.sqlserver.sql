-- Administration: billing, payments, dunning and correspondence, by debtor. Amounts are whole cents. What a dossier reads is
-- clustered by debtor: one read is one range.
CREATE TABLE debtor (
    debtor_no    varchar(64)   COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT debtor_key PRIMARY KEY CLUSTERED,
    kind         varchar(11)   NOT NULL CHECK (kind IN ('PARTICULIER', 'ZAKELIJK')),
    first_name   nvarchar(100) NULL,
    particle     nvarchar(30)  NULL,
    surname      nvarchar(100) NULL,
    company_name nvarchar(200) NULL,
    street       nvarchar(100) NOT NULL,
    house_no     nvarchar(20)  NOT NULL,
    postcode     nvarchar(10)  NOT NULL,
    city         nvarchar(100) NOT NULL,
    secret       bit           NOT NULL,
    since        date          NOT NULL,
    CHECK ((kind = 'ZAKELIJK' AND company_name IS NOT NULL) OR (kind <> 'ZAKELIJK' AND first_name IS NOT NULL AND surname IS NOT NULL))
);

-- A view must begin its batch; in a string it is one of its own, whoever runs this file.
EXEC (N'CREATE VIEW debtor_card AS
SELECT debtor_no, kind, city, secret,
    coalesce(company_name, first_name + coalesce(N'' '' + particle, N'''') + N'' '' + surname) AS display_name
FROM dbo.debtor');

CREATE TABLE contact_person (
    debtor_no varchar(64)   COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES debtor (debtor_no),
    seq       int           NOT NULL,
    name      nvarchar(200) NOT NULL,
    role      nvarchar(100) NULL,
    CONSTRAINT contact_person_key PRIMARY KEY CLUSTERED (debtor_no, seq)
);

-- Who acts for a debtor; letters go there.
CREATE TABLE representative (
    debtor_no varchar(64)   COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT representative_key PRIMARY KEY CLUSTERED
        REFERENCES debtor (debtor_no),
    ground    varchar(9)    NOT NULL CHECK (ground IN ('BEWIND', 'CURATELE', 'ERFGENAAM', 'VOLMACHT')),
    name      nvarchar(200) NOT NULL,
    street    nvarchar(100) NOT NULL,
    house_no  nvarchar(20)  NOT NULL,
    postcode  nvarchar(10)  NOT NULL,
    city      nvarchar(100) NOT NULL,
    since     date          NOT NULL
);

-- Mail addresses in lower case, telephone numbers in E.164. A household may share one. nvarchar: a varchar turns what its
-- code page lacks into a look-alike, and two mail addresses would become one.
CREATE TABLE contact_point (
    debtor_no varchar(64)   COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES debtor (debtor_no),
    medium    varchar(5)    COLLATE Latin1_General_100_BIN2 NOT NULL CHECK (medium IN ('EMAIL', 'PHONE')),
    value     nvarchar(254) COLLATE Latin1_General_100_BIN2 NOT NULL,
    CONSTRAINT contact_point_key PRIMARY KEY CLUSTERED (debtor_no, medium, value)
);
CREATE INDEX contact_point_by_value ON contact_point (medium, value, debtor_no);

CREATE TABLE account (
    account_no varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT account_key PRIMARY KEY NONCLUSTERED,
    debtor_no  varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES debtor (debtor_no),
    pay_by     varchar(12) NOT NULL CHECK (pay_by IN ('ideal', 'direct-debit', 'transfer')),
    iban       varchar(34) NULL,
    opened_on  date        NOT NULL
);
CREATE UNIQUE CLUSTERED INDEX account_by_debtor ON account (debtor_no, account_no);

CREATE TABLE connection (
    debtor_no     varchar(64)   COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES debtor (debtor_no),
    starts_on     date          NOT NULL,
    connection_no varchar(64)   COLLATE Latin1_General_100_BIN2 NOT NULL UNIQUE NONCLUSTERED,
    account_no    varchar(64)   COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES account (account_no),
    description   nvarchar(200) NOT NULL,
    state         varchar(9)    NOT NULL CHECK (state IN ('active', 'ended', 'suspended')),
    ends_on       date          NULL,
    CONSTRAINT connection_key PRIMARY KEY CLUSTERED (debtor_no, starts_on, connection_no)
);

CREATE TABLE invoice (
    debtor_no   varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES debtor (debtor_no),
    dated       date        NOT NULL,
    invoice_no  varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL UNIQUE NONCLUSTERED,
    account_no  varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES account (account_no),
    credits     varchar(64) COLLATE Latin1_General_100_BIN2 NULL,
    is_credit   bit         NOT NULL,
    due         date        NULL,
    period_from date        NULL,
    period_to   date        NULL,
    net_cents   bigint      NOT NULL,
    vat_cents   bigint      NOT NULL,
    total_cents bigint      NOT NULL,
    open_cents  bigint      NOT NULL,
    CHECK (total_cents = net_cents + vat_cents),
    CONSTRAINT invoice_key PRIMARY KEY CLUSTERED (debtor_no, dated, invoice_no)
);

CREATE TABLE invoice_line (
    invoice_no    varchar(64)   COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES invoice (invoice_no),
    line_no       int           NOT NULL,
    line_id       varchar(64)   COLLATE Latin1_General_100_BIN2 NOT NULL UNIQUE NONCLUSTERED,
    connection_no varchar(64)   COLLATE Latin1_General_100_BIN2 NULL,
    description   nvarchar(200) NOT NULL,
    monthly       bit           NOT NULL,
    period_from   date          NULL,
    period_to     date          NULL,
    vat_cents     bigint        NOT NULL,
    total_cents   bigint        NOT NULL,
    CONSTRAINT invoice_line_key PRIMARY KEY CLUSTERED (invoice_no, line_no)
);

CREATE TABLE receipt (
    debtor_no    varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES debtor (debtor_no),
    booked_on    date        NOT NULL,
    receipt_no   varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL UNIQUE NONCLUSTERED,
    method       varchar(32) NOT NULL,
    amount_cents bigint      NOT NULL,
    returned_on  date        NULL,
    return_code  varchar(32) NULL,
    CONSTRAINT receipt_key PRIMARY KEY CLUSTERED (debtor_no, booked_on, receipt_no)
);

CREATE TABLE receipt_item (
    receipt_no varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES receipt (receipt_no),
    invoice_no varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES invoice (invoice_no),
    cents      bigint      NOT NULL,
    CONSTRAINT receipt_item_key PRIMARY KEY CLUSTERED (receipt_no, invoice_no)
);

-- Level 1 reminds, 2 demands, 3 announces collection costs.
CREATE TABLE dunning (
    debtor_no    varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES debtor (debtor_no),
    issued_on    date        NOT NULL,
    dunning_no   varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL UNIQUE NONCLUSTERED,
    level        tinyint     NOT NULL CHECK (level IN (1, 2, 3)),
    delivered_on date        NULL,
    sent_by      varchar(6)  NOT NULL CHECK (sent_by IN ('letter', 'email')),
    asked_cents  bigint      NOT NULL,
    fee_cents    bigint      NOT NULL,
    CONSTRAINT dunning_key PRIMARY KEY CLUSTERED (debtor_no, issued_on, dunning_no)
);

CREATE TABLE dunning_item (
    dunning_no varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES dunning (dunning_no),
    invoice_no varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES invoice (invoice_no),
    CONSTRAINT dunning_item_key PRIMARY KEY CLUSTERED (dunning_no, invoice_no)
);

-- Letters and mails that administration sent, and letters and portal forms that it received.
CREATE TABLE correspondence (
    debtor_no     varchar(64)   COLLATE Latin1_General_100_BIN2 NOT NULL REFERENCES debtor (debtor_no),
    written_at    datetimeoffset(0) NOT NULL,
    document_no   varchar(64)   COLLATE Latin1_General_100_BIN2 NOT NULL UNIQUE NONCLUSTERED,
    way           varchar(3)    NOT NULL CHECK (way IN ('IN', 'UIT')),
    medium        varchar(32)   NOT NULL,
    registered_at datetimeoffset(0) NOT NULL,
    subject       nvarchar(400) NOT NULL,
    remark        nvarchar(max) NULL,
    clerk         nvarchar(100) NULL,
    department    nvarchar(100) NOT NULL,
    person        nvarchar(200) NULL,
    reply_to      varchar(64)   COLLATE Latin1_General_100_BIN2 NULL,
    CONSTRAINT correspondence_key PRIMARY KEY CLUSTERED (debtor_no, written_at, document_no)
);

CREATE TABLE correspondence_text (
    document_no varchar(64)   COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT correspondence_text_key PRIMARY KEY CLUSTERED
        REFERENCES correspondence (document_no),
    body        nvarchar(max) NOT NULL
);
