-- The SQL statements of `feed` as the databases get them, by the function that runs them. Generated; a test compares.

-- store::cursor_advance
UPDATE cursor SET cursor = $3, position = $4 WHERE source = $1 AND cursor = $2;

-- store::cursor_begin
INSERT INTO cursor (source, cursor, position) VALUES ($1, '', 0) ON CONFLICT (source) DO NOTHING;

-- store::cursor_clear
UPDATE cursor SET cursor = '', position = 0 WHERE source = $1;

-- store::epoch_begin
INSERT INTO epoch (only_row, id, start_time) VALUES (1, $1, $2) ON CONFLICT (only_row) DO NOTHING;

-- store::epoch_replace
UPDATE epoch SET id = $1, start_time = $2;

-- store::event_page
SELECT epoch.id AS epoch, page.position, event.id, event.type, event.resource, event.resource_version, event.happened,
event.recorded, event.actor, event.actor_role, event.actor_for, event.confirmer, event.confirmer_role, event.confirmer_for,
event.request_id, event.traceparent, event.payload, page.hash
FROM (SELECT place.position, place.event_key, place.hash, LENGTH(sized.payload) AS bytes,
SUM(LENGTH(sized.payload) + 512) OVER (ORDER BY place.position) AS bytes_so_far
FROM (SELECT position, event_key, hash FROM event_position WHERE position > $1 ORDER BY position LIMIT $2) place
JOIN event sized ON sized.key = place.event_key) page
JOIN event ON event.key = page.event_key
CROSS JOIN epoch
WHERE page.bytes_so_far <= $3 OR page.bytes_so_far = page.bytes + 512
ORDER BY page.position;

-- store::event_without_position
SELECT MAX(page.key), MIN(CASE WHEN place.event_key IS NULL AND waiting.event_key IS NULL THEN page.id END)
FROM (SELECT key, id FROM event WHERE key > $1 ORDER BY key LIMIT $2) page
LEFT JOIN event_position place ON place.event_key = page.key
LEFT JOIN event_unsequenced waiting ON waiting.event_key = page.key;

-- store::find_cursor
SELECT cursor, position FROM cursor WHERE source = $1;

-- store::find_event_id
SELECT event.id FROM event_position place JOIN event ON event.key = place.event_key WHERE place.position = $1;

-- store::find_position
SELECT event_key, hash FROM event_position WHERE position = $1;

-- store::head
SELECT epoch.id AS epoch, COALESCE(place.position, 0) AS position, COALESCE(event.id, '') AS event_id, place.hash
FROM epoch
LEFT JOIN event_position place ON place.position = (SELECT MAX(position) FROM event_position)
LEFT JOIN event ON event.key = place.event_key;

-- store::postgres::event_insert_postgres
-- PostgreSQL only
WITH inserted AS (
INSERT INTO event (id, type, resource, resource_version, happened, recorded, actor, actor_role, actor_for, confirmer, confirmer_role,
confirmer_for, request_id, traceparent, payload)
SELECT id, type, resource, resource_version, happened, recorded, actor, actor_role, actor_for, confirmer, confirmer_role,
confirmer_for, request_id, traceparent, payload
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[],
$10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::bytea[])
WITH ORDINALITY
AS new (id, type, resource, resource_version, happened, recorded, actor, actor_role, actor_for, confirmer, confirmer_role,
confirmer_for, request_id, traceparent, payload, ordinal)
ORDER BY ordinal
RETURNING key)
INSERT INTO event_unsequenced (event_key) SELECT key FROM inserted;

-- store::postgres::sequence_batch
-- PostgreSQL only
SELECT pg_advisory_xact_lock($1);

-- store::postgres::sequence_batch
-- PostgreSQL only
WITH placed AS (
INSERT INTO event_position (position, event_key, hash)
SELECT position, event_key, hash FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS new (position, event_key, hash))
SELECT pg_notify($4, $5);

-- store::postgres::sequence_batch
-- PostgreSQL only
WITH taken AS (
DELETE FROM event_unsequenced
WHERE event_key = ANY (ARRAY(SELECT event_key FROM event_unsequenced ORDER BY event_key LIMIT $1))
RETURNING event_key),
turned AS (
SELECT key, id, type, resource, resource_version, happened, recorded, actor, actor_role, actor_for, confirmer, confirmer_role,
confirmer_for, request_id, traceparent, sha256(payload) AS payload_sha256,
MAX(key) OVER (PARTITION BY resource ORDER BY resource_version) AS turn
FROM event WHERE key = ANY (ARRAY(SELECT event_key FROM taken)))
SELECT (SELECT position FROM event_position ORDER BY position DESC LIMIT 1) AS head_position,
(SELECT hash FROM event_position ORDER BY position DESC LIMIT 1) AS head_hash,
key, id, type, resource, resource_version, happened, recorded, actor, actor_role, actor_for, confirmer, confirmer_role,
confirmer_for, request_id, traceparent, payload_sha256
FROM turned ORDER BY turn, resource_version;

-- store::postgres::sequence_status
-- PostgreSQL only
SELECT EXISTS (SELECT 1 FROM event_unsequenced), (SELECT COALESCE(MAX(position), 0) FROM event_position);

-- store::sqlite::event_part_insert_sqlite
-- SQLite only
INSERT INTO event_with_position (position, hash, id, type, resource, resource_version, happened, recorded, actor, actor_role, actor_for,
confirmer, confirmer_role, confirmer_for, request_id, traceparent, payload)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
