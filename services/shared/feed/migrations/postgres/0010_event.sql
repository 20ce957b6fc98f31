-- What happened, in the order of its keys. Written once and never changed: the triggers see to it.
CREATE TABLE event (
    -- Grows with every event; it has no meaning of its own. Keys of concurrent transactions commit in any order, so readers never go by it.
    key BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    -- The full name of the payload's message.
    type TEXT NOT NULL,
    resource TEXT COLLATE "C" NOT NULL,
    resource_version BIGINT NOT NULL,
    -- Microseconds UTC, as is recorded.
    happened BIGINT NOT NULL,
    recorded BIGINT NOT NULL,
    actor TEXT NOT NULL,
    request_id TEXT NOT NULL,
    traceparent TEXT NOT NULL,
    payload BYTEA NOT NULL,
    UNIQUE (resource, resource_version)
);

-- The place of each event in the order that readers see. The sequencer alone fills it, after the events are committed. No foreign key: it would
-- lock, and so rewrite, each event's row; the statement that inserts here selects from event.
CREATE TABLE event_position (
    position BIGINT NOT NULL PRIMARY KEY,
    event_key BIGINT NOT NULL UNIQUE
);

-- Events that have no position yet: written with the event, taken away by the sequencer, so that finding them costs the same however many
-- events there are. Rows come and go all the time, so the table is cleaned early.
CREATE TABLE event_unsequenced (
    event_key BIGINT NOT NULL PRIMARY KEY
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME;
END;
$$;
-- Statement triggers, so that a change is refused even where it meets no row, and TRUNCATE too.
CREATE TRIGGER event_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER event_position_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON event_position
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The history that positions count in: one row. A restore replaces it.
CREATE TABLE epoch (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    id TEXT NOT NULL,
    -- Microseconds UTC.
    start_time BIGINT NOT NULL
);

-- How far this service has applied the feeds of others. It moves in the transaction that applies the events.
CREATE TABLE cursor (
    source TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- As the other service gave it; empty before the first event.
    cursor TEXT NOT NULL,
    position BIGINT NOT NULL
);
