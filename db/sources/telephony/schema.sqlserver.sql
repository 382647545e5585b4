-- With sqlcmd: option -I, which the filtered and computed indexes need.
-- Telephony: the call centre's switch. It knows numbers as a Dutch telephone shows them (0600001042).
CREATE TABLE known_caller (
    caller_id   int           NOT NULL CONSTRAINT known_caller_key PRIMARY KEY CLUSTERED,
    number      varchar(20)   COLLATE Latin1_General_100_BIN2 NOT NULL,
    name        nvarchar(200) NOT NULL,
    customer_no varchar(64)   COLLATE Latin1_General_100_BIN2 NULL,
    noted_by    nvarchar(100) NULL,
    noted_at    datetimeoffset(0) NOT NULL
);
CREATE INDEX known_caller_by_number ON known_caller (number) INCLUDE (name, customer_no);

-- `number` is the customer's side, whoever called; null for a withheld number. Call ids rise with time, so that new rows
-- stand at the end of the table.
CREATE TABLE call (
    call_id        varchar(64)   COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT call_key PRIMARY KEY CLUSTERED,
    number         varchar(20)   COLLATE Latin1_General_100_BIN2 NULL,
    way            varchar(3)    NOT NULL CHECK (way IN ('IN', 'OUT')),
    started_at     datetimeoffset(0) NOT NULL,
    waited_s       int           NOT NULL,
    ended_at       datetimeoffset(0) NOT NULL,
    wrapped_at     datetimeoffset(0) NOT NULL,
    queue          nvarchar(100) NOT NULL,
    agent          nvarchar(100) NULL,
    caller_name    nvarchar(200) NULL,
    reason         nvarchar(400) NOT NULL,
    outcome        varchar(9)    NOT NULL CHECK (outcome IN ('SOLVED', 'OPEN', 'CALL_BACK', 'HUNG_UP', 'NO_ANSWER')),
    put_through_to nvarchar(100) NULL,
    note           nvarchar(max) NULL,
    earlier_call   varchar(64)   COLLATE Latin1_General_100_BIN2 NULL,
    earlier_is     varchar(11)   NULL CHECK (earlier_is IN ('SAME', 'FROM', 'CALLED_BACK'))
);
-- Withheld numbers are never asked for.
CREATE INDEX call_by_number ON call (number, started_at, call_id) WHERE number IS NOT NULL;
