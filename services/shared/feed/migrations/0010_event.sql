-- Events. Triggers prevent changes and deletions.
CREATE TABLE event (
    -- Grows with every event. On PostgreSQL keys of concurrent transactions commit in any order, so readers use positions.
-- only sqlite
    key INTEGER NOT NULL PRIMARY KEY,
-- end
-- only postgres
    key BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
-- end
    id TEXT NOT NULL UNIQUE,
    -- Full name of the payload's message.
    type TEXT NOT NULL,
    resource TEXT NOT NULL,
    resource_version BIGINT NOT NULL,
    -- Microseconds UTC, like `recorded`.
    happened BIGINT NOT NULL,
    recorded BIGINT NOT NULL,
    -- Id of the person or program that did it; the service's name for its own changes. The table `actor` has the subject.
    actor TEXT NOT NULL,
    -- Empty for the service itself.
    actor_role TEXT NOT NULL,
    -- The hub or school for which the actor acted, or empty.
    actor_for TEXT NOT NULL,
    -- The second person, or empty.
    confirmer TEXT NOT NULL CHECK (confirmer <> actor),
    confirmer_role TEXT NOT NULL,
    confirmer_for TEXT NOT NULL,
    request_id TEXT NOT NULL,
    traceparent TEXT NOT NULL,
    payload BLOB NOT NULL,
    UNIQUE (resource, resource_version)
);
-- only sqlite
CREATE TRIGGER event_refuse_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END;
CREATE TRIGGER event_refuse_delete BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END;
-- end

-- The position of each event in the order that readers see, and its link in the chain of hashes. On PostgreSQL only the sequencer writes it, after the
-- events are committed. Without a foreign key, which would lock and so rewrite each event's row; the sequencer inserts only what it has read from event.
CREATE TABLE event_position (
    position INTEGER NOT NULL PRIMARY KEY,
    event_key BIGINT NOT NULL UNIQUE,
    -- SHA-256 over the previous hash, the position and the event; `src/chain.rs` has the bytes.
    hash BLOB NOT NULL CHECK (LENGTH(hash) = 32)
);
-- only sqlite
CREATE TRIGGER event_position_refuse_update BEFORE UPDATE ON event_position BEGIN SELECT RAISE(ABORT, 'positions are only ever added'); END;
CREATE TRIGGER event_position_refuse_delete BEFORE DELETE ON event_position BEGIN SELECT RAISE(ABORT, 'positions are only ever added'); END;
-- end

-- only sqlite
-- There is one writer, so its order is the order of the feed: it inserts each event with its position and hash, in one statement for all events of a commit.
CREATE VIEW event_with_position AS
    SELECT place.position, place.hash, event.id, event.type, event.resource, event.resource_version, event.happened, event.recorded, event.actor,
           event.actor_role, event.actor_for, event.confirmer, event.confirmer_role, event.confirmer_for, event.request_id, event.traceparent,
           event.payload
    FROM event_position place JOIN event ON event.key = place.event_key;
CREATE TRIGGER event_with_position_insert INSTEAD OF INSERT ON event_with_position BEGIN
    INSERT INTO event (key, id, type, resource, resource_version, happened, recorded, actor, actor_role, actor_for, confirmer, confirmer_role,
                       confirmer_for, request_id, traceparent, payload)
    VALUES (new.position, new.id, new.type, new.resource, new.resource_version, new.happened, new.recorded, new.actor, new.actor_role, new.actor_for,
            new.confirmer, new.confirmer_role, new.confirmer_for, new.request_id, new.traceparent, new.payload);
    INSERT INTO event_position (position, event_key, hash) VALUES (new.position, new.position, new.hash);
END;
-- end

-- Events without a position: inserted with the event, deleted by the sequencer, so that the cost of finding them does not depend on the number of events.
-- Always empty on SQLite. Rows come and go all the time, so PostgreSQL vacuums the table early.
CREATE TABLE event_unsequenced (
    event_key BIGINT NOT NULL PRIMARY KEY
-- only sqlite
);
-- end
-- only postgres
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME;
END;
$$;
-- Statement triggers, so that a change fails even when it affects no row, and TRUNCATE too.
CREATE TRIGGER event_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER event_position_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON event_position
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- end

-- The history to which positions belong: one row. A restore replaces it.
CREATE TABLE epoch (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    id TEXT NOT NULL,
    -- Microseconds UTC.
    start_time BIGINT NOT NULL
);

-- Progress in the feeds of other services. A row changes in the transaction that applies the events.
CREATE TABLE cursor (
    source TEXT NOT NULL PRIMARY KEY,
    -- Given by the other service; empty before the first event.
    cursor TEXT NOT NULL,
    position BIGINT NOT NULL
);
