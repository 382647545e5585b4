-- With sqlcmd: option -I, which the filtered and computed indexes need.
-- Webcare: conversations on social media, in messaging and by mail. It knows people, not customers: a customer number is
-- there only if an agent noted one. Mail addresses stand as the person typed them. Keys that people or networks choose
-- are nvarchar: a varchar turns what its code page lacks into a look-alike, and two people would become one.
CREATE TABLE contact (
    contact_id   int           NOT NULL CONSTRAINT contact_key PRIMARY KEY CLUSTERED,
    display_name nvarchar(200) NOT NULL,
    town         nvarchar(100) NULL,
    email        nvarchar(254) NULL,
    customer_no  varchar(64)   COLLATE Latin1_General_100_BIN2 NULL,
    email_lower  AS CAST(LOWER(email) AS nvarchar(254)) COLLATE Latin1_General_100_BIN2 PERSISTED
);
CREATE INDEX contact_by_mail ON contact (email_lower) INCLUDE (customer_no, display_name, town);
-- Most people are never matched with a customer.
CREATE INDEX contact_by_customer ON contact (customer_no) WHERE customer_no IS NOT NULL;

-- A person on one page or account of a network. Facebook gives no handle.
CREATE TABLE profile (
    network     nvarchar(32)  COLLATE Latin1_General_100_BIN2 NOT NULL,
    page        nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    external_id nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    contact_id  int           NOT NULL CONSTRAINT profile_contact REFERENCES contact (contact_id),
    handle      nvarchar(128) NULL,
    CONSTRAINT profile_key PRIMARY KEY CLUSTERED (network, page, external_id)
);
CREATE INDEX profile_by_contact ON profile (contact_id, network, page, external_id) INCLUDE (handle);

-- Clustered by person, newest last: a page of somebody's conversations is one range.
CREATE TABLE thread (
    thread_id       varchar(64)   COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT thread_key PRIMARY KEY NONCLUSTERED,
    contact_id      int           NOT NULL CONSTRAINT thread_contact REFERENCES contact (contact_id),
    channel         varchar(32)   NOT NULL,
    opened_by       varchar(8)    NOT NULL CHECK (opened_by IN ('customer', 'webcare')),
    on_page         bit           NOT NULL,
    opened_at       datetimeoffset(3) NOT NULL,
    closed_at       datetimeoffset(3) NULL,
    stored_at       datetimeoffset(3) NOT NULL,
    topic           nvarchar(400) NOT NULL,
    summary         nvarchar(max) NULL,
    agent           nvarchar(100) NULL,
    team            nvarchar(100) NOT NULL,
    solved          bit           NOT NULL,
    previous_thread varchar(64)   COLLATE Latin1_General_100_BIN2 NULL,
    previous_is     varchar(11)   NULL CHECK (previous_is IN ('earlier', 'handed over', 'answered'))
);
CREATE UNIQUE CLUSTERED INDEX thread_by_contact ON thread (contact_id, opened_at, thread_id);

-- Clustered by conversation: what was said in one is one range.
CREATE TABLE post (
    thread_id   varchar(64)   COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT post_thread REFERENCES thread (thread_id),
    posted_at   datetimeoffset(3) NOT NULL,
    post_id     varchar(64)   COLLATE Latin1_General_100_BIN2 NOT NULL,
    author      varchar(8)    NOT NULL CHECK (author IN ('customer', 'webcare', 'bot')),
    author_name nvarchar(200) NULL,
    on_page     bit           NOT NULL,
    body        nvarchar(max) NOT NULL,
    CONSTRAINT post_key PRIMARY KEY CLUSTERED (thread_id, posted_at, post_id)
);
