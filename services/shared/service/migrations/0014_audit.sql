-- Readings of people, and refusals of authenticated callers. Changes have events instead.
CREATE TABLE audit (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('reading', 'refusal')),
    actor TEXT NOT NULL,
    actor_role TEXT NOT NULL,
    actor_for TEXT NOT NULL,
    method TEXT NOT NULL,
    -- The resource that was read, or empty.
    resource TEXT NOT NULL,
    -- The reason of the refusal, or empty.
    reason TEXT NOT NULL,
    -- Equal readings or refusals of a caller within a minute are one row.
    records_count BIGINT NOT NULL CHECK (records_count > 0),
    -- Microseconds UTC.
    first_time BIGINT NOT NULL,
    last_time BIGINT NOT NULL CHECK (last_time >= first_time)
);

-- Days for which records are kept, by kind and from a day on: the newest row that has begun decides.
CREATE TABLE retention_policy (
    kind TEXT NOT NULL CHECK (kind IN ('audit_record', 'stored_answer', 'person')),
    start_date TEXT NOT NULL,
    days BIGINT NOT NULL CHECK (days > 0),
    decision TEXT NOT NULL,
    PRIMARY KEY (kind, start_date)
);
INSERT INTO retention_policy (kind, start_date, days, decision) VALUES
    ('audit_record', '2014-01-01', 2557, 'Decision of the project: 7 years'),
    ('stored_answer', '2014-01-01', 30, 'Decision of the project: 30 days'),
    ('person', '2014-01-01', 2922, 'Decision of the project: 8 years without a change: the longest case and 2 years');
