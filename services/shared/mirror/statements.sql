-- The SQL statements of `mirror` as the databases get them, by the function that runs them. Generated; a test compares.

-- programme::class_list
SELECT DISTINCT type_group_code, phase_code, low_age, high_age FROM school;

-- programme::find_programme_of_year
SELECT programme.id, programme.display_name, programme.is_yearly, terms.version, terms.eligibility, terms.years, terms.work_group_shape
FROM programme JOIN programme_terms terms ON terms.programme = programme.id
WHERE programme.id = $1 AND terms.start_date <= $2
ORDER BY terms.start_date DESC, terms.version DESC LIMIT 1;

-- programme::judge_new_classes
SELECT DISTINCT type_group_code, phase_code, low_age, high_age FROM school
EXCEPT SELECT type_group_code, phase_code, low_age, high_age FROM class_verdict;

-- programme::judge_new_classes
SELECT definition FROM eligibility ORDER BY key;

-- programme::programme_put
INSERT INTO programme (id, display_name, is_yearly) VALUES ($1, $2, $3)
ON CONFLICT (id) DO UPDATE SET display_name = excluded.display_name, is_yearly = excluded.is_yearly;

-- programme::terms_put
INSERT INTO eligibility (key, definition) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING;

-- programme::terms_put
INSERT INTO programme_terms (programme, version, start_date, eligibility, years, work_group_shape)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (programme, version) DO UPDATE SET start_date = excluded.start_date, eligibility = excluded.eligibility,
years = excluded.years, work_group_shape = excluded.work_group_shape;

-- programme::verdict_insert
-- SQLite
INSERT INTO class_verdict (eligibility, type_group_code, phase_code, low_age, high_age, is_eligible) VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?)
ON CONFLICT (eligibility, type_group_code, phase_code, low_age, high_age) DO NOTHING;
-- PostgreSQL
INSERT INTO class_verdict (eligibility, type_group_code, phase_code, low_age, high_age, is_eligible) VALUES ($1, $2, $3, $4, $5, $6), ($7, $8, $9, $10, $11, $12)
ON CONFLICT (eligibility, type_group_code, phase_code, low_age, high_age) DO NOTHING;

-- read::find_hub
SELECT id, start_date, end_date FROM hub WHERE id = $1;

-- read::find_person_for_update
-- SQLite
SELECT p.current_id, p.erased,
(SELECT e.urn FROM person_employment e WHERE e.person = p.id AND e.start_date <= $1 ORDER BY e.start_date DESC LIMIT 1) AS urn
FROM person p WHERE p.id = (SELECT asked.current_id FROM person asked WHERE asked.id = $2);
-- PostgreSQL
SELECT p.current_id, p.erased,
(SELECT e.urn FROM person_employment e WHERE e.person = p.id AND e.start_date <= $1 ORDER BY e.start_date DESC LIMIT 1) AS urn
FROM person p WHERE p.id = (SELECT asked.current_id FROM person asked WHERE asked.id = $2)
FOR NO KEY UPDATE OF p;

-- read::find_school
SELECT school.urn AS school_urn, school.old_la_code AS school_old_la_code, school.education_phase AS school_education_phase, school.region_code AS school_region_code, school.status_code AS school_status_code, school.type_group_code AS school_type_group_code, school.phase_code AS school_phase_code, school.low_age AS school_low_age, school.high_age AS school_high_age FROM school WHERE urn = $1 AND listed;

-- read::find_school_end
SELECT close_date, status_code = 2 AS is_closed FROM school WHERE urn = $1 AND listed;

-- read::find_unknown_decision
-- SQLite
SELECT decision_id FROM council_decision WHERE decision_id IN (?, ?);
-- PostgreSQL
SELECT decision_id FROM council_decision WHERE decision_id IN ($1, $2);

-- read::hub_exists
SELECT id FROM hub WHERE id = $1;

-- read::lineage
SELECT line.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT $1
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $2)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT $1
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $2)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line ORDER BY line.urn LIMIT $3;

-- read::lineages
-- SQLite
WITH RECURSIVE
up (school, urn) AS (
SELECT urn, urn FROM school WHERE urn IN (?, ?)
UNION
SELECT up.school, link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3),
down (school, urn) AS (
SELECT school, urn FROM up WHERE school = urn
UNION
SELECT down.school, link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT school, urn FROM up UNION SELECT school, urn FROM down ORDER BY 1, 2 LIMIT $4;
-- PostgreSQL
WITH RECURSIVE
up (school, urn) AS (
SELECT urn, urn FROM school WHERE urn IN ($1, $2)
UNION
SELECT up.school, link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3),
down (school, urn) AS (
SELECT school, urn FROM up WHERE school = urn
UNION
SELECT down.school, link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT school, urn FROM up UNION SELECT school, urn FROM down ORDER BY 1, 2 LIMIT $4;

-- write::appointment_put
INSERT INTO person_appointment (id, person, hub, start_date, end_date) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE SET end_date = excluded.end_date;

-- write::area_insert
-- SQLite
INSERT INTO cold_area (reach_publication, old_la_code, programme, education_phase, schools_count,
schools_never_reached_count, region_schools_count, region_schools_never_reached_count, coldness_ppm, rank)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
-- PostgreSQL
INSERT INTO cold_area (reach_publication, old_la_code, programme, education_phase, schools_count,
schools_never_reached_count, region_schools_count, region_schools_never_reached_count, coldness_ppm, rank)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10), ($11, $12, $13, $14, $15, $16, $17, $18, $19, $20);

-- write::begin
DELETE FROM cold_area;

-- write::begin
DELETE FROM council_decision;

-- write::begin
DELETE FROM hub_choice;

-- write::begin
DELETE FROM person_appointment;

-- write::begin
DELETE FROM programme;

-- write::begin
DELETE FROM programme_terms;

-- write::begin
DELETE FROM reach_publication;

-- write::begin
DELETE FROM school_link_staged;

-- write::begin
DELETE FROM school_staged;

-- write::begin
INSERT INTO school_link_staged (predecessor_urn, successor_urn, is_removed, is_split, established_date)
SELECT predecessor_urn, successor_urn, TRUE, is_split, established_date FROM school_link;

-- write::begin
INSERT INTO school_staged (urn, old_la_code, former_old_la_code, education_phase, region_code, status_code, type_group_code, phase_code, low_age, high_age,
easting_metres, northing_metres, close_date, listed) SELECT urn, old_la_code, former_old_la_code, education_phase, region_code, status_code, type_group_code, phase_code, low_age, high_age,
easting_metres, northing_metres, close_date, FALSE FROM school;

-- write::choice_put_all
-- SQLite
INSERT INTO hub_choice (urn, start_date, hub) VALUES (?, ?, ?), (?, ?, ?)
ON CONFLICT (urn, start_date) DO UPDATE SET hub = excluded.hub;
-- PostgreSQL
INSERT INTO hub_choice (urn, start_date, hub) VALUES ($1, $2, $3), ($4, $5, $6)
ON CONFLICT (urn, start_date) DO UPDATE SET hub = excluded.hub;

-- write::decision_put
INSERT INTO council_decision (decision_id) VALUES ($1) ON CONFLICT (decision_id) DO NOTHING;

-- write::hub_put
-- SQLite
INSERT INTO hub_authority (hub, old_la_code) VALUES (?, ?), (?, ?);
-- PostgreSQL
INSERT INTO hub_authority (hub, old_la_code) VALUES ($1, $2), ($3, $4);

-- write::hub_put
DELETE FROM hub_authority WHERE hub = $1;

-- write::hub_put
INSERT INTO hub (id, start_date, end_date) VALUES ($1, $2, $3)
ON CONFLICT (id) DO UPDATE SET start_date = excluded.start_date, end_date = excluded.end_date;

-- write::link_stage
-- SQLite
INSERT INTO school_link_staged (predecessor_urn, successor_urn, is_removed, is_split, established_date) VALUES (?, ?, ?, ?, ?), (?, ?, ?, ?, ?)
ON CONFLICT (predecessor_urn, successor_urn, is_removed) DO UPDATE SET is_split = excluded.is_split,
established_date = excluded.established_date;
-- PostgreSQL
INSERT INTO school_link_staged (predecessor_urn, successor_urn, is_removed, is_split, established_date) VALUES ($1, $2, $3, $4, $5), ($6, $7, $8, $9, $10)
ON CONFLICT (predecessor_urn, successor_urn, is_removed) DO UPDATE SET is_split = excluded.is_split,
established_date = excluded.established_date;

-- write::person_merge
UPDATE person SET current_id = $1 WHERE current_id = $2 OR id = $2;

-- write::person_put_all
-- SQLite
DELETE FROM person_employment WHERE person IN (?, ?);
-- PostgreSQL
DELETE FROM person_employment WHERE person IN ($1, $2);

-- write::person_put_all
-- SQLite
INSERT INTO person (id, current_id, erased) VALUES (?, ?, ?), (?, ?, ?)
ON CONFLICT (id) DO UPDATE SET current_id = excluded.current_id, erased = excluded.erased;
-- PostgreSQL
INSERT INTO person (id, current_id, erased) VALUES ($1, $2, $3), ($4, $5, $6)
ON CONFLICT (id) DO UPDATE SET current_id = excluded.current_id, erased = excluded.erased;

-- write::person_put_all
-- SQLite
INSERT INTO person_employment (person, start_date, urn) VALUES (?, ?, ?), (?, ?, ?);
-- PostgreSQL
INSERT INTO person_employment (person, start_date, urn) VALUES ($1, $2, $3), ($4, $5, $6);

-- write::publication_approve
UPDATE reach_publication SET is_final = TRUE WHERE name = $1;

-- write::publication_insert
INSERT INTO reach_publication (name, position, publish_time, true_on_date, known_on_date, is_final)
VALUES ($1, $2, $3, $4, $5, FALSE);

-- write::register_apply
DELETE FROM school_link WHERE (predecessor_urn, successor_urn) IN
(SELECT predecessor_urn, successor_urn FROM school_link_staged WHERE is_removed);

-- write::register_apply
DELETE FROM school_link_staged;

-- write::register_apply
DELETE FROM school_staged;

-- write::register_apply
INSERT INTO school (urn, old_la_code, former_old_la_code, education_phase, region_code, status_code, type_group_code, phase_code, low_age, high_age,
easting_metres, northing_metres, close_date, listed) SELECT urn, old_la_code, former_old_la_code, education_phase, region_code, status_code, type_group_code, phase_code, low_age, high_age,
easting_metres, northing_metres, close_date, listed FROM school_staged WHERE TRUE ON CONFLICT (urn) DO UPDATE SET old_la_code = excluded.old_la_code, former_old_la_code = excluded.former_old_la_code,
education_phase = excluded.education_phase, region_code = excluded.region_code, status_code = excluded.status_code,
type_group_code = excluded.type_group_code, phase_code = excluded.phase_code, low_age = excluded.low_age,
high_age = excluded.high_age, easting_metres = excluded.easting_metres, northing_metres = excluded.northing_metres,
close_date = excluded.close_date, listed = excluded.listed;

-- write::register_apply
INSERT INTO school_link (predecessor_urn, successor_urn, is_split, established_date)
SELECT predecessor_urn, successor_urn, is_split, established_date FROM school_link_staged WHERE NOT is_removed
ON CONFLICT (predecessor_urn, successor_urn) DO UPDATE SET is_split = excluded.is_split,
established_date = excluded.established_date;

-- write::school_stage
-- SQLite
INSERT INTO school_staged (urn, old_la_code, former_old_la_code, education_phase, region_code, status_code, type_group_code, phase_code, low_age, high_age,
easting_metres, northing_metres, close_date, listed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (urn) DO UPDATE SET old_la_code = excluded.old_la_code, former_old_la_code = excluded.former_old_la_code,
education_phase = excluded.education_phase, region_code = excluded.region_code, status_code = excluded.status_code,
type_group_code = excluded.type_group_code, phase_code = excluded.phase_code, low_age = excluded.low_age,
high_age = excluded.high_age, easting_metres = excluded.easting_metres, northing_metres = excluded.northing_metres,
close_date = excluded.close_date, listed = excluded.listed;
-- PostgreSQL
INSERT INTO school_staged (urn, old_la_code, former_old_la_code, education_phase, region_code, status_code, type_group_code, phase_code, low_age, high_age,
easting_metres, northing_metres, close_date, listed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14), ($15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28) ON CONFLICT (urn) DO UPDATE SET old_la_code = excluded.old_la_code, former_old_la_code = excluded.former_old_la_code,
education_phase = excluded.education_phase, region_code = excluded.region_code, status_code = excluded.status_code,
type_group_code = excluded.type_group_code, phase_code = excluded.phase_code, low_age = excluded.low_age,
high_age = excluded.high_age, easting_metres = excluded.easting_metres, northing_metres = excluded.northing_metres,
close_date = excluded.close_date, listed = excluded.listed;
