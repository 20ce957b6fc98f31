-- The SQL statements of `network` as the databases get them, by the function that runs them. Generated; a test compares.

-- appointment::store::appointment_by_id_for_update
-- SQLite
SELECT appointment_id, role, seat, hub, holder_person, holder_urn, start_date, end_date, remit, region_code, version FROM appointment WHERE appointment_id = $1;
-- PostgreSQL
SELECT appointment_id, role, seat, hub, holder_person, holder_urn, start_date, end_date, remit, region_code, version FROM appointment WHERE appointment_id = $1 FOR NO KEY UPDATE;

-- appointment::store::appointment_insert
INSERT INTO appointment (body, appointment_id, role, seat, hub, holder_person, holder_urn, start_date, end_date, remit, region_code, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- appointment::store::appointment_page
SELECT appointment_id, role, seat, hub, holder_person, holder_urn, start_date, end_date, remit, region_code, version FROM appointment
WHERE (body, role, seat, start_date) > ($1, $2, $3, $4)
AND (CAST($5 AS TEXT) IS NULL OR body = $5)
AND (CAST($6 AS BIGINT) IS NULL OR role = $6)
AND (CAST($7 AS TEXT) IS NULL OR holder_person IN (
SELECT same.person_id FROM person same
WHERE same.current_id = (SELECT one.current_id FROM person one WHERE one.person_id = $7)))
AND (CAST($8 AS BIGINT) IS NULL OR holder_urn = $8)
AND ($9 = '' OR (start_date <= $9 AND (end_date IS NULL OR end_date >= $9)))
ORDER BY body, role, seat, start_date LIMIT $10;

-- appointment::store::appointment_update
UPDATE appointment SET end_date = $1, version = $2 WHERE appointment_id = $3;

-- appointment::store::find_open_appointment
SELECT appointment_id FROM appointment
WHERE holder_person IN (SELECT person_id FROM person WHERE current_id = $1) AND (end_date IS NULL OR end_date >= $2)
ORDER BY start_date, appointment_id LIMIT 1;

-- appointment::store::find_overlapping
SELECT appointment_id FROM appointment
WHERE body = $1 AND role = $2 AND seat = $3
AND (CAST($4 AS TEXT) IS NULL OR start_date <= $4) AND (end_date IS NULL OR end_date >= $5)
ORDER BY start_date LIMIT 1;

-- appointment::store::may_chair
SELECT EXISTS (SELECT 1 FROM appointment
WHERE holder_person IN (SELECT person_id FROM person WHERE current_id = $1) AND body = $2 AND role IN (1, 4)
AND start_date <= $3 AND (end_date IS NULL OR end_date >= $3))
AND EXISTS (SELECT 1 FROM appointment
WHERE holder_person IN (SELECT person_id FROM person WHERE current_id = $1) AND role = 7
AND start_date <= $3 AND (end_date IS NULL OR end_date >= $3));

-- appointment::store::person_for_share
-- SQLite
SELECT person_id, erased FROM person WHERE person_id = (SELECT current_id FROM person WHERE person_id = $1);
-- PostgreSQL
SELECT person_id, erased FROM person WHERE person_id = (SELECT current_id FROM person WHERE person_id = $1)
FOR SHARE;

-- appointment::store::seat_lock
-- SQLite
SELECT only_row FROM appointment_lock;
-- PostgreSQL
SELECT only_row FROM appointment_lock FOR UPDATE;

-- choice::store::choice_exists_after
SELECT EXISTS (SELECT 1 FROM hub_choice WHERE hub = $1 AND start_date > $2);

-- choice::store::choice_insert
INSERT INTO hub_choice (urn, start_date, hub, end_date, version) VALUES ($1, $2, $3, $4, $5);

-- choice::store::choice_insert_all
-- SQLite
INSERT INTO hub_choice (urn, start_date, hub, end_date, version) VALUES (?, ?, ?, ?, ?), (?, ?, ?, ?, ?);
-- PostgreSQL
INSERT INTO hub_choice (urn, start_date, hub, end_date, version) VALUES ($1, $2, $3, $4, $5), ($6, $7, $8, $9, $10);

-- choice::store::choice_page
SELECT urn, start_date, hub, end_date, version FROM hub_choice
WHERE (urn, start_date) > ($4, $5)
AND ($6 = 0 OR urn IN (SELECT line.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT $6
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT $6
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line))
AND (CAST($7 AS TEXT) IS NULL OR hub = $7)
AND ($8 = '' OR (start_date <= $8 AND (end_date IS NULL OR end_date >= $8)))
AND ($1 = '' OR hub = $1) AND ($2 = 0 OR urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up))
ORDER BY urn, start_date LIMIT $9;

-- choice::store::choice_update
UPDATE hub_choice SET hub = $1, end_date = $2, version = $3 WHERE urn = $4 AND start_date = $5;

-- choice::store::choice_update_all
-- SQLite
INSERT INTO hub_choice (urn, start_date, hub, end_date, version) VALUES (?, ?, ?, ?, ?), (?, ?, ?, ?, ?)
ON CONFLICT (urn, start_date) DO UPDATE SET hub = excluded.hub, end_date = excluded.end_date, version = excluded.version;
-- PostgreSQL
INSERT INTO hub_choice (urn, start_date, hub, end_date, version) VALUES ($1, $2, $3, $4, $5), ($6, $7, $8, $9, $10)
ON CONFLICT (urn, start_date) DO UPDATE SET hub = excluded.hub, end_date = excluded.end_date, version = excluded.version;

-- choice::store::find_newest_choice
SELECT urn, start_date, hub, end_date, version FROM hub_choice WHERE urn = $1 AND end_date IS NULL;

-- choice::store::newest_choice_list
-- SQLite
SELECT urn, start_date, hub, end_date, version FROM hub_choice WHERE end_date IS NULL AND urn IN (?, ?) ORDER BY urn;
-- PostgreSQL
SELECT urn, start_date, hub, end_date, version FROM hub_choice WHERE end_date IS NULL AND urn IN ($1, $2) ORDER BY urn;

-- choice::store::school_list_for_move
-- SQLite
SELECT urn, old_la_code FROM school WHERE listed AND old_la_code IN (?, ?) ORDER BY urn;
-- PostgreSQL
SELECT urn, old_la_code FROM school WHERE listed AND old_la_code IN ($1, $2) ORDER BY urn FOR NO KEY UPDATE;

-- choice::store::school_list_for_move
-- SQLite
SELECT urn, old_la_code FROM school WHERE listed AND urn IN (?, ?) ORDER BY urn;
-- PostgreSQL
SELECT urn, old_la_code FROM school WHERE listed AND urn IN ($1, $2) ORDER BY urn FOR NO KEY UPDATE;

-- council::store::candidate_list
SELECT member_person.current_id AS person, office.hub, hub.region_code, office.start_date AS office_start,
(SELECT MAX(chair.start_date) FROM appointment chair JOIN hub other ON other.hub_id = chair.hub
WHERE chair.role = 8 AND chair.start_date < $1 AND other.region_code = hub.region_code) AS region_chaired,
(SELECT MAX(chair.start_date) FROM appointment chair
WHERE chair.role = 8 AND chair.start_date < $1 AND chair.hub = office.hub) AS hub_chaired
FROM appointment member
JOIN person member_person ON member_person.person_id = member.holder_person
JOIN person office_person ON office_person.current_id = member_person.current_id
JOIN appointment office ON office.holder_person = office_person.person_id
JOIN hub ON hub.hub_id = office.hub
WHERE member.role = 7 AND member.start_date <= $1 AND (member.end_date IS NULL OR member.end_date >= $1)
AND office.role IN (1, 4) AND office.start_date <= $1 AND (office.end_date IS NULL OR office.end_date >= $1);

-- council::store::decision_check
SELECT EXISTS (SELECT 1 FROM council_decision WHERE decision_id = $1);

-- council::store::decision_insert
INSERT INTO council_decision (decision_id, meeting_id, kind, text, start_date) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (decision_id) DO NOTHING;

-- council::store::decision_page
SELECT decision_id, kind, text, start_date FROM council_decision
WHERE decision_id > $1
AND (CAST($2 AS TEXT) IS NULL OR meeting_id = $2)
AND (CAST($3 AS BIGINT) IS NULL OR kind = $3)
ORDER BY decision_id LIMIT $4;

-- council::store::find_chair
SELECT holder_person FROM appointment WHERE role = 8 AND start_date <= $1 AND (end_date IS NULL OR end_date >= $1);

-- council::store::find_meeting_of_term
SELECT meeting_id FROM council_meeting WHERE academic_year = $1 AND term = $2;

-- council::store::find_unknown_person
-- SQLite
SELECT person_id FROM person WHERE person_id IN (?, ?);
-- PostgreSQL
SELECT person_id FROM person WHERE person_id IN ($1, $2);

-- council::store::meeting_exists
SELECT EXISTS (SELECT 1 FROM council_meeting WHERE meeting_id = $1);

-- council::store::meeting_insert
INSERT INTO council_meeting (meeting_id, academic_year, term, meeting_date, present_persons, present_hubs)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING;

-- council::store::meeting_page
SELECT meeting_id, academic_year, term, meeting_date, present_persons, present_hubs, (SELECT chair.holder_person FROM appointment chair
WHERE chair.role = 8 AND chair.start_date <= meeting_date
AND (chair.end_date IS NULL OR chair.end_date >= meeting_date)) AS chair
FROM council_meeting
WHERE (meeting_date, meeting_id) > ($1, $2) AND (CAST($3 AS TEXT) IS NULL OR academic_year = $3)
ORDER BY meeting_date, meeting_id LIMIT $4;

-- hub::store::find_unknown_hub
-- SQLite
SELECT hub_id FROM hub WHERE hub_id IN (?, ?);
-- PostgreSQL
SELECT hub_id FROM hub WHERE hub_id IN ($1, $2);

-- hub::store::hub_by_id
SELECT hub_id, display_name, region_code, start_date, end_date, old_la_codes, contact_address, incubation_start_date, incubated_by, version,
CAST($1 AS TEXT) AS as_of,
(SELECT lead.holder_urn FROM appointment lead
WHERE lead.body = hub.hub_id AND lead.role = 2
AND lead.start_date <= CASE WHEN hub.start_date > $1 THEN hub.start_date ELSE $1 END
AND (lead.end_date IS NULL OR lead.end_date >= CASE WHEN hub.start_date > $1 THEN hub.start_date ELSE $1 END)
ORDER BY lead.seat LIMIT 1) AS lead_school_urn FROM hub WHERE hub_id = $2;

-- hub::store::hub_by_id_for_share
-- SQLite
SELECT hub_id, display_name, region_code, start_date, end_date, old_la_codes, contact_address, incubation_start_date, incubated_by, version,
CAST($1 AS TEXT) AS as_of,
(SELECT lead.holder_urn FROM appointment lead
WHERE lead.body = hub.hub_id AND lead.role = 2
AND lead.start_date <= CASE WHEN hub.start_date > $1 THEN hub.start_date ELSE $1 END
AND (lead.end_date IS NULL OR lead.end_date >= CASE WHEN hub.start_date > $1 THEN hub.start_date ELSE $1 END)
ORDER BY lead.seat LIMIT 1) AS lead_school_urn FROM hub WHERE hub_id = $2;
-- PostgreSQL
SELECT hub_id, display_name, region_code, start_date, end_date, old_la_codes, contact_address, incubation_start_date, incubated_by, version,
CAST($1 AS TEXT) AS as_of,
(SELECT lead.holder_urn FROM appointment lead
WHERE lead.body = hub.hub_id AND lead.role = 2
AND lead.start_date <= CASE WHEN hub.start_date > $1 THEN hub.start_date ELSE $1 END
AND (lead.end_date IS NULL OR lead.end_date >= CASE WHEN hub.start_date > $1 THEN hub.start_date ELSE $1 END)
ORDER BY lead.seat LIMIT 1) AS lead_school_urn FROM hub WHERE hub_id = $2 FOR SHARE;

-- hub::store::hub_by_id_for_update
-- SQLite
SELECT hub_id, display_name, region_code, start_date, end_date, old_la_codes, contact_address, incubation_start_date, incubated_by, version,
CAST($1 AS TEXT) AS as_of,
(SELECT lead.holder_urn FROM appointment lead
WHERE lead.body = hub.hub_id AND lead.role = 2
AND lead.start_date <= CASE WHEN hub.start_date > $1 THEN hub.start_date ELSE $1 END
AND (lead.end_date IS NULL OR lead.end_date >= CASE WHEN hub.start_date > $1 THEN hub.start_date ELSE $1 END)
ORDER BY lead.seat LIMIT 1) AS lead_school_urn FROM hub WHERE hub_id = $2;
-- PostgreSQL
SELECT hub_id, display_name, region_code, start_date, end_date, old_la_codes, contact_address, incubation_start_date, incubated_by, version,
CAST($1 AS TEXT) AS as_of,
(SELECT lead.holder_urn FROM appointment lead
WHERE lead.body = hub.hub_id AND lead.role = 2
AND lead.start_date <= CASE WHEN hub.start_date > $1 THEN hub.start_date ELSE $1 END
AND (lead.end_date IS NULL OR lead.end_date >= CASE WHEN hub.start_date > $1 THEN hub.start_date ELSE $1 END)
ORDER BY lead.seat LIMIT 1) AS lead_school_urn FROM hub WHERE hub_id = $2 FOR NO KEY UPDATE;

-- hub::store::hub_insert
INSERT INTO hub (hub_id, display_name, region_code, start_date, end_date, old_la_codes, contact_address, incubation_start_date,
incubated_by, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (hub_id) DO NOTHING;

-- hub::store::hub_page
SELECT hub_id, display_name, region_code, start_date, end_date, old_la_codes, contact_address, incubation_start_date, incubated_by, version,
CAST($1 AS TEXT) AS as_of,
(SELECT lead.holder_urn FROM appointment lead
WHERE lead.body = hub.hub_id AND lead.role = 2
AND lead.start_date <= CASE WHEN hub.start_date > $1 THEN hub.start_date ELSE $1 END
AND (lead.end_date IS NULL OR lead.end_date >= CASE WHEN hub.start_date > $1 THEN hub.start_date ELSE $1 END)
ORDER BY lead.seat LIMIT 1) AS lead_school_urn FROM hub WHERE hub_id > $2 ORDER BY hub_id LIMIT $3;

-- hub::store::hub_update
UPDATE hub SET display_name = $1, end_date = $2, old_la_codes = $3,
contact_address = $4, incubation_start_date = $5, incubated_by = $6, version = $7
WHERE hub_id = $8;

-- hub::store::local_hub_list
SELECT * FROM (SELECT hub_id, display_name, region_code, start_date, end_date, old_la_codes, contact_address, incubation_start_date, incubated_by, version,
CAST($4 AS TEXT) AS as_of,
(SELECT lead.holder_urn FROM appointment lead
WHERE lead.body = hub.hub_id AND lead.role = 2
AND lead.start_date <= CASE WHEN hub.start_date > $4 THEN hub.start_date ELSE $4 END
AND (lead.end_date IS NULL OR lead.end_date >= CASE WHEN hub.start_date > $4 THEN hub.start_date ELSE $4 END)
ORDER BY lead.seat LIMIT 1) AS lead_school_urn,
EXISTS (SELECT 1 FROM hub_choice choice
WHERE choice.urn = $5 AND choice.hub = hub.hub_id AND choice.start_date <= $6
AND (choice.end_date IS NULL OR choice.end_date >= $6) AND ($1 = '' OR choice.hub = $1) AND ($2 = 0 OR choice.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up))) AS is_chosen,
(start_date <= $6 AND (end_date IS NULL OR end_date >= $6) AND old_la_codes LIKE '%"' || $7 || '"%') AS serves
FROM hub) near
WHERE is_chosen OR serves
ORDER BY CASE WHEN is_chosen THEN 0 ELSE 1 END, hub_id LIMIT $8;

-- lineage::store::lineage_by_urn
WITH RECURSIVE
judged (as_of) AS (SELECT CASE WHEN $1 = '' THEN as_of_date ELSE $1 END FROM register),
older (urn) AS (
SELECT CAST($2 AS BIGINT)
UNION
SELECT predecessor_urn FROM older JOIN school_link ON successor_urn = older.urn CROSS JOIN judged
WHERE established_date <= judged.as_of),
newer (urn) AS (
SELECT CAST($2 AS BIGINT)
UNION
SELECT successor_urn FROM newer JOIN school_link ON predecessor_urn = newer.urn CROSS JOIN judged
WHERE established_date <= judged.as_of),
family (urn) AS (SELECT urn FROM older UNION SELECT urn FROM newer)
SELECT school.*, judged.as_of,
school.urn IN (SELECT urn FROM older) AS is_older, school.urn IN (SELECT urn FROM newer) AS is_newer,
link.predecessor_urn AS link_predecessor_urn, link.kind AS link_kind,
link.established_date AS link_established_date
FROM school CROSS JOIN judged
LEFT JOIN school_link AS link ON link.successor_urn = school.urn AND link.established_date <= judged.as_of
AND link.predecessor_urn IN (SELECT urn FROM family)
WHERE school.urn IN (SELECT urn FROM family)
ORDER BY school.urn, link.predecessor_urn
LIMIT $3;

-- lineage::store::link_all
SELECT predecessor_urn, successor_urn, kind, established_date FROM school_link ORDER BY predecessor_urn, successor_urn;

-- lineage::store::link_delete
-- SQLite
DELETE FROM school_link WHERE (predecessor_urn, successor_urn) IN (VALUES (?, ?), (?, ?));
-- PostgreSQL
DELETE FROM school_link WHERE (predecessor_urn, successor_urn) IN (VALUES ($1, $2), ($3, $4));

-- lineage::store::link_write
-- SQLite
INSERT INTO school_link (predecessor_urn, successor_urn, kind, established_date) VALUES (?, ?, ?, ?), (?, ?, ?, ?)
ON CONFLICT (predecessor_urn, successor_urn)
DO UPDATE SET kind = excluded.kind, established_date = excluded.established_date;
-- PostgreSQL
INSERT INTO school_link (predecessor_urn, successor_urn, kind, established_date) VALUES ($1, $2, $3, $4), ($5, $6, $7, $8)
ON CONFLICT (predecessor_urn, successor_urn)
DO UPDATE SET kind = excluded.kind, established_date = excluded.established_date;

-- lineage::store::pending_link_count
SELECT COUNT(*), MIN(first_import_time) FROM pending_link;

-- lineage::store::pending_link_delete
DELETE FROM pending_link WHERE importer <> $5 AND (predecessor_urn, successor_urn) IN (VALUES ($1, $2), ($3, $4));

-- lineage::store::pending_link_page
SELECT pending.*, link.kind AS current_kind, link.established_date AS current_established_date
FROM pending_link pending LEFT JOIN school_link link
ON link.predecessor_urn = pending.predecessor_urn AND link.successor_urn = pending.successor_urn
WHERE (pending.predecessor_urn, pending.successor_urn) > ($1, $2)
ORDER BY pending.predecessor_urn, pending.successor_urn LIMIT $3;

-- lineage::store::pending_link_replace
-- SQLite
INSERT INTO pending_link (predecessor_urn, successor_urn, kind, established_date, importer, import_time, first_import_time)
VALUES (?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?);
-- PostgreSQL
INSERT INTO pending_link (predecessor_urn, successor_urn, kind, established_date, importer, import_time, first_import_time)
VALUES ($1, $2, $3, $4, $5, $6, $7), ($8, $9, $10, $11, $12, $13, $14);

-- lineage::store::pending_link_replace
DELETE FROM pending_link;

-- lineage::store::pending_link_replace
SELECT predecessor_urn, successor_urn, first_import_time FROM pending_link;

-- person::store::address_key
INSERT INTO address_key (name, key) VALUES ('address_key', $1) ON CONFLICT (name) DO NOTHING;

-- person::store::address_key
SELECT key FROM address_key;

-- person::store::details_update
UPDATE person SET display_name = $1, email_address = $2, address_hash = $3,
change_time = $4, version = $5
WHERE person_id = $6;

-- person::store::find_person
SELECT p.person_id, p.hub, p.urn, p.display_name, p.email_address, p.erased, p.version, e.start_date, e.urn AS employment_urn,
(($1 = '' OR p.hub = $1) AND ($2 = 0 OR p.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up))) AS is_owned,
EXISTS (SELECT 1 FROM person own WHERE own.current_id = p.person_id AND ($1 = '' OR own.hub = $1) AND ($2 = 0 OR own.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up))) AS is_known,
($2 <> 0 AND e.urn IS NOT NULL AND e.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AS is_own_school
FROM person p LEFT JOIN employment e ON e.person = p.person_id
WHERE p.person_id = (SELECT current_id FROM person WHERE person_id = $4)
AND EXISTS (
SELECT 1 FROM person own
WHERE own.current_id = p.person_id AND ((($1 = '' OR own.hub = $1) AND ($2 = 0 OR own.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)))
OR ($1 <> '' AND EXISTS (
SELECT 1 FROM hub_choice choice
WHERE choice.urn = own.urn AND choice.hub = $1 AND choice.start_date <= $3
AND (choice.end_date IS NULL OR choice.end_date >= $3)))))
ORDER BY e.start_date;

-- person::store::find_person_for_update
-- SQLite
SELECT merged_into FROM person WHERE person_id = $1;
-- PostgreSQL
SELECT merged_into FROM person WHERE person_id = $1 FOR NO KEY UPDATE;

-- person::store::find_person_for_update
SELECT p.person_id, p.hub, p.urn, p.display_name, p.email_address, p.erased, p.version, e.start_date, e.urn AS employment_urn,
(($1 = '' OR p.hub = $1) AND ($2 = 0 OR p.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up))) AS is_owned,
EXISTS (SELECT 1 FROM person own WHERE own.current_id = p.person_id AND ($1 = '' OR own.hub = $1) AND ($2 = 0 OR own.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up))) AS is_known,
($2 <> 0 AND e.urn IS NOT NULL AND e.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AS is_own_school
FROM person p LEFT JOIN employment e ON e.person = p.person_id
WHERE p.person_id = $4 ORDER BY e.start_date;

-- person::store::find_person_of_address
SELECT current_id FROM person WHERE hub = $1 AND urn = $2 AND address_hash = $3;

-- person::store::find_unchanged_person
SELECT person_id FROM person
WHERE display_name IS NOT NULL AND change_time < $1
AND NOT EXISTS (
SELECT 1 FROM person same JOIN appointment ON appointment.holder_person = same.person_id
WHERE same.current_id = person.person_id AND (appointment.end_date IS NULL OR appointment.end_date >= $2))
ORDER BY change_time LIMIT 1;

-- person::store::match_page
SELECT p.person_id, p.hub, p.urn, other.person_id AS other_id, other.hub AS other_hub, other.urn AS other_urn
FROM person p JOIN person other ON other.address_hash = p.address_hash AND other.person_id > p.person_id
WHERE p.merged_into IS NULL AND other.merged_into IS NULL AND p.person_id >= $1
AND (p.person_id, other.person_id) > ($1, $2)
ORDER BY p.person_id, other.person_id LIMIT $3;

-- person::store::merging_lock
-- SQLite
SELECT name FROM address_key;
-- PostgreSQL
SELECT name FROM address_key FOR NO KEY UPDATE;

-- person::store::person_erase
UPDATE person SET display_name = NULL, email_address = NULL, address_hash = NULL, erased = TRUE, change_time = $1,
version = CASE WHEN person_id = $2 THEN $3 ELSE version END
WHERE current_id = $2;

-- person::store::person_insert
INSERT INTO person (person_id, hub, urn, display_name, email_address, address_hash, erased, change_time, version)
VALUES ($1, $2, $3, $4, $5, $6, FALSE, $7, $8)
ON CONFLICT (hub, urn, address_hash) DO NOTHING;

-- person::store::person_merge
INSERT INTO employment (person, start_date, urn) SELECT $1, start_date, urn FROM employment WHERE person = $2
ON CONFLICT (person, start_date) DO NOTHING;

-- person::store::person_merge
UPDATE person SET merged_into = $1, display_name = NULL, email_address = NULL, change_time = $2
WHERE current_id = $3;

-- person::store::person_records
SELECT kind, id, part, resource, content FROM (SELECT 'person' AS kind, same.person_id AS id, '-' AS part, 'persons/' || same.person_id AS resource,
'was recorded by ' || CASE WHEN same.hub <> '' THEN 'hubs/' || same.hub
WHEN same.urn <> 0 THEN 'schools/' || CAST(same.urn AS TEXT)
ELSE 'NCETM' END
|| CASE WHEN same.merged_into IS NOT NULL THEN '; merged into persons/' || same.merged_into
WHEN same.erased THEN '; name and address are erased'
ELSE '; with name and address' END AS content
FROM person asked JOIN person same ON same.current_id = asked.current_id WHERE asked.person_id = $1
UNION ALL
SELECT 'employment', employment.person, employment.start_date, 'persons/' || employment.person,
'teaches at schools/' || CAST(employment.urn AS TEXT) || ' from ' || employment.start_date
FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN employment ON employment.person = same.person_id
WHERE asked.person_id = $1
UNION ALL
SELECT 'appointment', appointment.appointment_id, '-', 'appointments/' || appointment.appointment_id,
'is ' || CASE appointment.role WHEN 1 THEN 'a hub lead' WHEN 4 THEN 'an assistant hub lead' WHEN 5 THEN 'a cohort lead'
WHEN 6 THEN 'a community lead' WHEN 7 THEN 'a member of the Council'
ELSE 'the chair of the Council' END
|| COALESCE(' (hubs/' || appointment.hub || ')', '') || ', seat ' || appointment.seat || ', from ' || appointment.start_date
|| COALESCE(' to ' || appointment.end_date, '') || COALESCE('; remit: ' || appointment.remit, '')
FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN appointment ON appointment.holder_person = same.person_id
WHERE asked.person_id = $1
UNION ALL
SELECT 'meeting', meeting.meeting_id, same.person_id, 'councilMeetings/' || meeting.meeting_id,
'was present at the meeting of ' || meeting.meeting_date
FROM person asked JOIN person same ON same.current_id = asked.current_id
JOIN council_meeting meeting ON meeting.present_persons LIKE '%"' || same.person_id || '"%'
WHERE asked.person_id = $1) record
WHERE (kind, id, part) > ($2, $3, $4)
ORDER BY kind, id, part LIMIT $5;

-- person::store::report_put
INSERT INTO employment (person, start_date, urn) SELECT $1, $2, urn FROM school WHERE urn = $3
ON CONFLICT (person, start_date) DO UPDATE SET urn = excluded.urn;

-- person::store::version_update
UPDATE person SET change_time = $1, version = $2 WHERE person_id = $3;

-- priority::store::priority_exists
SELECT priority_id FROM priority WHERE priority_id = $1;

-- priority::store::priority_insert
INSERT INTO priority (priority_id, display_name, start_date, end_date, decision) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (priority_id) DO NOTHING;

-- priority::store::priority_page
SELECT priority_id, display_name, start_date, end_date, decision FROM priority
WHERE priority_id > $1 AND (CAST($2 AS TEXT) IS NULL OR (start_date <= $2 AND (end_date IS NULL OR end_date >= $2)))
ORDER BY priority_id LIMIT $3;

-- programme::store::find_reference
SELECT resource, year FROM (
SELECT 'reachPublications/' || publication_id AS resource, academic_year AS year FROM reach_figure
WHERE programme = $1 AND academic_year >= $2 AND (CAST($3 AS TEXT) IS NULL OR academic_year <= $3)
UNION ALL
SELECT resource, CASE WHEN first_year < $2 THEN CAST($2 AS TEXT) ELSE first_year END FROM programme_reference
WHERE programme_id = $1 AND (last_year IS NULL OR last_year >= $2)
AND (CAST($3 AS TEXT) IS NULL OR first_year <= $3)) reference
ORDER BY year, resource LIMIT 1;

-- programme::store::programme_by_id
SELECT programme.programme_id, programme.display_name, programme.kind, programme.recurrence, programme.priority_id,
terms.version, terms.start_date, terms.decision, terms.offer
FROM programme
LEFT JOIN programme_terms terms ON terms.programme_id = programme.programme_id
AND NOT EXISTS (SELECT 1 FROM programme_terms newer
WHERE newer.programme_id = terms.programme_id AND newer.start_date = terms.start_date AND newer.version > terms.version) WHERE programme.programme_id = $1 ORDER BY terms.start_date;

-- programme::store::programme_ids
SELECT programme_id FROM programme ORDER BY programme_id;

-- programme::store::programme_insert
INSERT INTO programme (programme_id, display_name, kind, recurrence, priority_id, terms_count)
VALUES ($1, $2, $3, $4, $5, 0) ON CONFLICT (programme_id) DO NOTHING;

-- programme::store::programme_page
SELECT programme.programme_id, programme.display_name, programme.kind, programme.recurrence, programme.priority_id,
terms.version, terms.start_date, terms.decision, terms.offer
FROM programme
LEFT JOIN programme_terms terms ON terms.programme_id = programme.programme_id
AND NOT EXISTS (SELECT 1 FROM programme_terms newer
WHERE newer.programme_id = terms.programme_id AND newer.start_date = terms.start_date AND newer.version > terms.version)
AND (CAST($1 AS TEXT) IS NULL OR (terms.start_date <= $1 AND NOT EXISTS (SELECT 1 FROM programme_terms later
WHERE later.programme_id = terms.programme_id AND later.start_date > terms.start_date AND later.start_date <= $1)))
WHERE programme.programme_id IN (
SELECT listed.programme_id FROM programme listed
WHERE listed.programme_id > $4 AND (CAST($2 AS BIGINT) IS NULL OR listed.kind = CAST($2 AS BIGINT))
AND (CAST($3 AS TEXT) IS NULL OR listed.priority_id = $3)
AND (CAST($1 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM programme_terms offered
WHERE offered.programme_id = listed.programme_id AND offered.start_date <= $1 AND offered.offer IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM programme_terms later
WHERE later.programme_id = offered.programme_id AND later.start_date <= $1
AND (later.start_date, later.version) > (offered.start_date, offered.version))))
ORDER BY listed.programme_id LIMIT $5)
ORDER BY programme.programme_id, terms.start_date;

-- programme::store::reference_clear
DELETE FROM programme_reference WHERE source = $1;

-- programme::store::references_replace
-- SQLite
INSERT INTO programme_reference (resource, programme_id, source, first_year, last_year) VALUES (?, ?, ?, ?, ?), (?, ?, ?, ?, ?);
-- PostgreSQL
INSERT INTO programme_reference (resource, programme_id, source, first_year, last_year) VALUES ($1, $2, $3, $4, $5), ($6, $7, $8, $9, $10);

-- programme::store::references_replace
DELETE FROM programme_reference WHERE resource = $1;

-- programme::store::terms_count_take
UPDATE programme SET terms_count = terms_count + 1 WHERE programme_id = $1 RETURNING terms_count - 1 AS terms_count;

-- programme::store::terms_insert
INSERT INTO programme_terms (programme_id, version, start_date, decision, offer)
VALUES ($1, $2, $3, $4, $5);

-- reach::figure_store::area_insert
-- SQLite
INSERT INTO cold_area (publication_id, position, old_la_code, new_la_code, region_code, programme, education_phase, stage,
schools_count, schools_never_reached_count, region_schools_count, region_schools_never_reached_count, coldness_ppm,
rank)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
-- PostgreSQL
INSERT INTO cold_area (publication_id, position, old_la_code, new_la_code, region_code, programme, education_phase, stage,
schools_count, schools_never_reached_count, region_schools_count, region_schools_never_reached_count, coldness_ppm,
rank)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14), ($15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28);

-- reach::figure_store::area_page
SELECT parent.parent_id, page.position IS NOT NULL AS has_child, page.* FROM (SELECT publication_id AS parent_id FROM reach_publication
WHERE publication_id = $1 OR CAST($1 AS TEXT) IS NULL ORDER BY number DESC LIMIT 1) AS parent LEFT JOIN (SELECT cold_area.*, CASE WHEN rank = 0 THEN 2147483647 ELSE rank END AS rank_key FROM cold_area
WHERE publication_id = (SELECT publication_id AS parent_id FROM reach_publication
WHERE publication_id = $1 OR CAST($1 AS TEXT) IS NULL ORDER BY number DESC LIMIT 1)
AND (programme, education_phase, CASE WHEN rank = 0 THEN 2147483647 ELSE rank END, position)
> ($2, $3, $4, $5)
AND (CAST($6 AS TEXT) IS NULL OR programme = $6)
AND (CAST($7 AS BIGINT) = 0 OR education_phase = $7)
ORDER BY programme, education_phase, CASE WHEN rank = 0 THEN 2147483647 ELSE rank END, position LIMIT $8) AS page ON TRUE ORDER BY page.programme, page.education_phase, page.rank_key, page.position;

-- reach::figure_store::figure_insert
-- SQLite
INSERT INTO reach_figure (publication_id, position, academic_year, geographic_level, region_code, old_la_code, new_la_code,
programme, education_phase, stage, state, schools_count, schools_reached_count, schools_reached_new_count,
schools_reached_permille, schools_reached_since_201415_count, schools_reached_since_201415_permille)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
-- PostgreSQL
INSERT INTO reach_figure (publication_id, position, academic_year, geographic_level, region_code, old_la_code, new_la_code,
programme, education_phase, stage, state, schools_count, schools_reached_count, schools_reached_new_count,
schools_reached_permille, schools_reached_since_201415_count, schools_reached_since_201415_permille)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17), ($18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34);

-- reach::figure_store::figure_page
SELECT parent.parent_id, page.position IS NOT NULL AS has_child, page.* FROM (SELECT publication_id AS parent_id FROM reach_publication
WHERE publication_id = $1 OR CAST($1 AS TEXT) IS NULL ORDER BY number DESC LIMIT 1) AS parent LEFT JOIN (SELECT * FROM reach_figure
WHERE publication_id = (SELECT publication_id AS parent_id FROM reach_publication
WHERE publication_id = $1 OR CAST($1 AS TEXT) IS NULL ORDER BY number DESC LIMIT 1) AND position > $2
AND (CAST($3 AS TEXT) IS NULL OR academic_year = $3)
AND (CAST($4 AS BIGINT) IS NULL OR geographic_level = $4)
AND (CAST($5 AS TEXT) IS NULL OR programme = $5)
ORDER BY position LIMIT $6) AS page ON TRUE ORDER BY page.position;

-- reach::store::find_last_true_on
SELECT MAX(true_on_date) FROM reach_publication;

-- reach::store::publication_approve
UPDATE reach_publication
SET state = 2, approve_time = $1, approver = $2, approving_body = $3,
version = version + 1,
superseded_publication_id = (
SELECT earlier.publication_id FROM reach_publication earlier
WHERE earlier.state = 2 AND earlier.academic_year = reach_publication.academic_year AND NOT EXISTS (
SELECT 1 FROM reach_publication later WHERE later.superseded_publication_id = earlier.publication_id))
WHERE publication_id = $4 AND state = 1 AND figures_sha256 = $5
RETURNING superseded_publication_id;

-- reach::store::publication_by_ref
SELECT publication_id, number, academic_year, true_on_date, known_on_date, register_as_of_date, content_sha256,
policy_id, publish_time, publisher, approve_time, approver, approving_body,
superseded_publication_id, feed_positions, figures_count, cold_areas_count, figures_sha256, version FROM reach_publication
WHERE publication_id = $1 OR CAST($1 AS TEXT) IS NULL ORDER BY number DESC LIMIT 1;

-- reach::store::publication_insert
INSERT INTO reach_publication (publication_id, number, state, academic_year, true_on_date, known_on_date,
register_as_of_date, content_sha256, policy_id, publish_time, publisher, figures_count,
cold_areas_count, figures_sha256, version, feed_positions)
VALUES ($1, $2, 1, $3, $4, $5, $6, $7,
$8, $9, $10, $11, $12,
$13, $14,
$15);

-- reach::store::publication_lock
-- PostgreSQL only
LOCK TABLE reach_publication IN SHARE ROW EXCLUSIVE MODE;

-- reach::store::publication_next_number
SELECT COALESCE(MAX(number), 0) + 1 FROM reach_publication;

-- reach::store::publication_page
SELECT publication_id, number, academic_year, true_on_date, known_on_date, register_as_of_date, content_sha256,
policy_id, publish_time, publisher, approve_time, approver, approving_body,
superseded_publication_id, feed_positions, figures_count, cold_areas_count, figures_sha256, version FROM reach_publication WHERE number < $1 ORDER BY number DESC LIMIT $2;

-- reach_policy::store::find_reach_policy_of_start
SELECT policy_id FROM reach_policy WHERE start_date = $1;

-- reach_policy::store::find_reach_policy_on
SELECT policy_id, start_date, decision, coldness_stage, prior_schools_count, ranked_schools_min_count, fact_kinds FROM reach_policy WHERE start_date <= $1 ORDER BY start_date DESC LIMIT 1;

-- reach_policy::store::reach_policy_insert
INSERT INTO reach_policy (policy_id, start_date, decision, coldness_stage, prior_schools_count, ranked_schools_min_count, fact_kinds)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING;

-- reach_policy::store::reach_policy_page
SELECT policy_id, start_date, decision, coldness_stage, prior_schools_count, ranked_schools_min_count, fact_kinds FROM reach_policy WHERE start_date > $1 ORDER BY start_date LIMIT $2;

-- register::store::register_current
SELECT register.*, (SELECT COUNT(*) FROM pending_link) AS pending_links_count, counted.kind AS count_kind, counted.name AS count_name, counted.rows_count AS count_rows_count
FROM register LEFT JOIN register_count AS counted ON TRUE ORDER BY counted.place;

-- register::store::register_current_for_update
UPDATE register SET version = version;

-- register::store::register_mark_demonstration
UPDATE register SET demonstration = TRUE;

-- register::store::register_update
-- SQLite
INSERT INTO register_count (kind, place, name, rows_count) VALUES (?, ?, ?, ?), (?, ?, ?, ?);
-- PostgreSQL
INSERT INTO register_count (kind, place, name, rows_count) VALUES ($1, $2, $3, $4), ($5, $6, $7, $8);

-- register::store::register_update
DELETE FROM register_count;

-- register::store::register_update
UPDATE register SET version = $1, as_of_date = $2, extract_sha256 = $3, links_sha256 = $4,
rows_count = $5, reason_in_count = $6, reason_closed_count = $7,
reason_proposed_to_open_count = $8, reason_not_state_funded_count = $9,
reason_phase_not_counted_count = $10, reason_no_region_count = $11,
reason_unknown_status_count = $12, reason_unknown_phase_count = $13,
texts_repaired_count = $14, link_rows_count = $15, links_count = $16,
link_rows_unknown_urn_count = $17, link_rows_other_count = $18,
link_rows_undirected_count = $19, open_date_blank_count = $20,
generated = $21, new_la_code_column_missing = $22,
new_la_code_from_table_count = $23, new_la_code_unknown_count = $24;

-- school::store::school_all
SELECT urn, school_name, old_la_code, former_old_la_code, new_la_code, la_name, region_code, type_code, type_group_code, status_code,
phase_code, education_phase, open_date, close_date, register_reason, fsm_permille, low_age, high_age, postcode, easting_metres, northing_metres,
listed, version FROM school ORDER BY urn;

-- school::store::school_by_urn
SELECT urn, school_name, old_la_code, former_old_la_code, new_la_code, la_name, region_code, type_code, type_group_code, status_code,
phase_code, education_phase, open_date, close_date, register_reason, fsm_permille, low_age, high_age, postcode, easting_metres, northing_metres,
listed, version FROM school WHERE urn = $1;

-- school::store::school_is_listed_for_update
-- SQLite
SELECT listed FROM school WHERE urn = $1;
-- PostgreSQL
SELECT listed FROM school WHERE urn = $1 FOR NO KEY UPDATE;

-- school::store::school_page
SELECT school.*, register.version AS register_version FROM school CROSS JOIN register
WHERE urn > $1 AND ($2 = '' OR region_code = $2)
AND ($3 = '' OR old_la_code = $3)
AND (CAST($4 AS BIGINT) = 0 OR education_phase = CAST($4 AS BIGINT))
AND (CAST($5 AS BIGINT) IS NULL OR (register_reason = CAST($5 AS BIGINT) AND listed))
ORDER BY urn LIMIT $6;

-- school::store::school_write
-- SQLite
INSERT INTO school (urn, school_name, old_la_code, former_old_la_code, new_la_code, la_name, region_code, type_code, type_group_code, status_code,
phase_code, education_phase, open_date, close_date, register_reason, fsm_permille, low_age, high_age, postcode, easting_metres, northing_metres,
listed, version)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (urn) DO UPDATE SET school_name = excluded.school_name, old_la_code = excluded.old_la_code,
former_old_la_code = excluded.former_old_la_code, new_la_code = excluded.new_la_code,
la_name = excluded.la_name, region_code = excluded.region_code, type_code = excluded.type_code,
type_group_code = excluded.type_group_code, status_code = excluded.status_code,
phase_code = excluded.phase_code, education_phase = excluded.education_phase,
open_date = excluded.open_date, close_date = excluded.close_date,
register_reason = excluded.register_reason, fsm_permille = excluded.fsm_permille,
low_age = excluded.low_age, high_age = excluded.high_age, postcode = excluded.postcode,
easting_metres = excluded.easting_metres, northing_metres = excluded.northing_metres, listed = excluded.listed,
version = excluded.version;
-- PostgreSQL
INSERT INTO school (urn, school_name, old_la_code, former_old_la_code, new_la_code, la_name, region_code, type_code, type_group_code, status_code,
phase_code, education_phase, open_date, close_date, register_reason, fsm_permille, low_age, high_age, postcode, easting_metres, northing_metres,
listed, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23), ($24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46)
ON CONFLICT (urn) DO UPDATE SET school_name = excluded.school_name, old_la_code = excluded.old_la_code,
former_old_la_code = excluded.former_old_la_code, new_la_code = excluded.new_la_code,
la_name = excluded.la_name, region_code = excluded.region_code, type_code = excluded.type_code,
type_group_code = excluded.type_group_code, status_code = excluded.status_code,
phase_code = excluded.phase_code, education_phase = excluded.education_phase,
open_date = excluded.open_date, close_date = excluded.close_date,
register_reason = excluded.register_reason, fsm_permille = excluded.fsm_permille,
low_age = excluded.low_age, high_age = excluded.high_age, postcode = excluded.postcode,
easting_metres = excluded.easting_metres, northing_metres = excluded.northing_metres, listed = excluded.listed,
version = excluded.version;
