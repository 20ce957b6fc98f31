-- The SQL statements of `service` as the databases get them, by the function that runs them. Generated; a test compares.

-- actors::actor_erase
UPDATE actor SET issuer = NULL, subject = NULL WHERE issuer = $1 AND subject = $2 RETURNING id;

-- actors::actor_upsert
INSERT INTO actor (id, issuer, subject, create_time) VALUES ($1, $2, $3, $4)
ON CONFLICT (issuer, subject) DO NOTHING;

-- actors::actor_upsert
SELECT id FROM actor WHERE issuer = $1 AND subject = $2;

-- approval::store::pending_change_by_id
SELECT id, state, method, request, proposer, proposer_role, proposer_for, decider, decider_role, decider_for, hub, urn,
create_time, expire_time, decide_time
FROM pending_change WHERE id = $4 AND ($1 = '' OR hub = $1) AND ($2 = 0 OR urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up));

-- approval::store::pending_change_decide
UPDATE pending_change SET state = $1, decider = $2, decider_role = $3, decider_for = $4, decide_time = $5
WHERE id = $6 AND state = 'pending';

-- approval::store::pending_change_insert
INSERT INTO pending_change (id, state, method, request, proposer, proposer_role, proposer_for, decider, decider_role, decider_for,
hub, urn, create_time, expire_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, '', '', '', $8, $9, $10, $11);

-- approval::store::pending_change_oldest
SELECT MIN(create_time) FROM pending_change WHERE state = 'pending' AND expire_time > $1;

-- approval::store::pending_change_page
SELECT id, state, method, request, proposer, proposer_role, proposer_for, decider, decider_role, decider_for, hub, urn,
create_time, expire_time, decide_time
FROM pending_change
WHERE state = 'pending' AND expire_time > $4 AND id > $5 AND ($1 = '' OR hub = $1) AND ($2 = 0 OR urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) ORDER BY id LIMIT $6;

-- approval::store::request_delete_before
UPDATE pending_change SET request = $1
WHERE id IN (SELECT id FROM pending_change
WHERE length(request) > 0 AND COALESCE(decide_time, expire_time) < $2 ORDER BY id LIMIT 1000);

-- audit::store::audit_delete_before
DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE id < $1 AND last_time < $2 ORDER BY id LIMIT 1000);

-- audit::store::audit_insert
INSERT INTO audit (id, kind, actor, actor_role, actor_for, method, resource, reason, records_count, first_time, last_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10);

-- audit::store::audit_page
-- SQLite
SELECT page.id, page.kind, page.first_time, page.last_time, page.actor, page.actor_role, page.actor_for, actor.issuer, actor.subject,
page.confirmer, page.confirmer_role, page.confirmer_for, page.action, page.resource, page.reason, page.records_count
FROM (SELECT * FROM (
SELECT id, 'change' AS kind, recorded AS first_time, NULL AS last_time, actor, actor_role,
actor_for, confirmer, confirmer_role, confirmer_for, type AS action, resource, '' AS reason,
1 AS records_count
FROM event
WHERE id > $1 AND id >= $2 AND id < $3 AND ($4 = '' OR resource = $4)
AND ($5 = '' OR actor = $5 OR confirmer = $5)
ORDER BY id LIMIT $6) change
UNION ALL
SELECT * FROM (
SELECT id, kind, first_time, last_time, actor, actor_role, actor_for, '' AS confirmer, '' AS confirmer_role,
'' AS confirmer_for, method AS action, resource, reason, records_count
FROM audit
WHERE id > $1 AND id >= $2 AND id < $3 AND ($4 = '' OR resource = $4)
AND ($5 = '' OR actor = $5)
ORDER BY id LIMIT $6) other) page
LEFT JOIN actor ON actor.id = page.actor
ORDER BY page.id LIMIT $6;
-- PostgreSQL
SELECT page.id, page.kind, page.first_time, page.last_time, page.actor, page.actor_role, page.actor_for, actor.issuer, actor.subject,
page.confirmer, page.confirmer_role, page.confirmer_for, page.action, page.resource, page.reason, page.records_count
FROM (SELECT * FROM (
SELECT id, 'change' AS kind, recorded AS first_time, CAST(NULL AS BIGINT) AS last_time, actor, actor_role,
actor_for, confirmer, confirmer_role, confirmer_for, type AS action, resource, '' AS reason,
CAST(1 AS BIGINT) AS records_count
FROM event
WHERE id > $1 AND id >= $2 AND id < $3 AND ($4 = '' OR resource = $4)
AND ($5 = '' OR actor = $5 OR confirmer = $5)
ORDER BY id LIMIT $6) change
UNION ALL
SELECT * FROM (
SELECT id, kind, first_time, last_time, actor, actor_role, actor_for, '' AS confirmer, '' AS confirmer_role,
'' AS confirmer_for, method AS action, resource, reason, records_count
FROM audit
WHERE id > $1 AND id >= $2 AND id < $3 AND ($4 = '' OR resource = $4)
AND ($5 = '' OR actor = $5)
ORDER BY id LIMIT $6) other) page
LEFT JOIN actor ON actor.id = page.actor
ORDER BY page.id LIMIT $6;

-- audit::store::audit_repeat
UPDATE audit SET records_count = records_count + $1, last_time = CASE WHEN last_time < $2 THEN $2 ELSE last_time END
WHERE id = $3;

-- audit::store::retention_days
SELECT days FROM retention_policy WHERE kind = $1 AND start_date <= $2 ORDER BY start_date DESC LIMIT 1;

-- person_record::store::mirrored_person_records
SELECT kind, id, part, resource, content FROM (SELECT 'person' AS kind, same.id AS id, '-' AS part, 'persons/' || same.id AS resource,
CASE WHEN same.id <> same.current_id THEN 'is an id that means persons/' || same.current_id
WHEN same.erased THEN 'is known as an id; name and address are erased'
ELSE 'is known as an id' END AS content
FROM person asked JOIN person same ON same.current_id = asked.current_id WHERE asked.id = $1
UNION ALL
SELECT 'employment', employment.person, employment.start_date, 'persons/' || employment.person, 'teaches at schools/' || CAST(employment.urn AS TEXT) || ' from ' || employment.start_date
FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN person_employment employment ON employment.person = same.id
WHERE asked.id = $1
UNION ALL
SELECT 'appointment', appointment.id, '-', 'appointments/' || appointment.id,
'is appointed ' || COALESCE('at hubs/' || appointment.hub, 'to the Council') || ' from ' || appointment.start_date
|| COALESCE(' to ' || appointment.end_date, '')
FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN person_appointment appointment ON appointment.person = same.id
WHERE asked.id = $1) record
WHERE (kind, id, part) > ($2, $3, $4)
ORDER BY kind, id, part LIMIT $5;
