-- What happened, in the order of its keys. Written once and never changed: the triggers see to it.
CREATE TABLE event (
    -- Grows with every event; it has no meaning of its own.
    key INTEGER NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    -- The full name of the payload's message.
    type TEXT NOT NULL,
    resource TEXT NOT NULL,
    resource_version BIGINT NOT NULL,
    -- Microseconds UTC, as is recorded.
    happened BIGINT NOT NULL,
    recorded BIGINT NOT NULL,
    actor TEXT NOT NULL,
    request_id TEXT NOT NULL,
    traceparent TEXT NOT NULL,
    payload BLOB NOT NULL,
    UNIQUE (resource, resource_version)
);
CREATE TRIGGER event_refuse_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END;
CREATE TRIGGER event_refuse_delete BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END;

-- The place of each event in the order that readers see.
CREATE TABLE event_position (
    position INTEGER NOT NULL PRIMARY KEY,
    event_key BIGINT NOT NULL UNIQUE
);
CREATE TRIGGER event_position_refuse_update BEFORE UPDATE ON event_position BEGIN SELECT RAISE(ABORT, 'positions are only ever added'); END;
CREATE TRIGGER event_position_refuse_delete BEFORE DELETE ON event_position BEGIN SELECT RAISE(ABORT, 'positions are only ever added'); END;

-- There is one writer, so the order in which it writes is the order: each event gets its position with its row.
CREATE TRIGGER event_sequence AFTER INSERT ON event BEGIN INSERT INTO event_position (position, event_key) VALUES (new.key, new.key); END;

-- Events that have no position yet: always empty here.
CREATE TABLE event_unsequenced (
    event_key BIGINT NOT NULL PRIMARY KEY
);

-- The history that positions count in: one row. A restore replaces it.
CREATE TABLE epoch (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    id TEXT NOT NULL,
    -- Microseconds UTC.
    start_time BIGINT NOT NULL
);

-- How far this service has applied the feeds of others. It moves in the transaction that applies the events.
CREATE TABLE cursor (
    source TEXT NOT NULL PRIMARY KEY,
    -- As the other service gave it; empty before the first event.
    cursor TEXT NOT NULL,
    position BIGINT NOT NULL
);
