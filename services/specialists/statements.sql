-- The SQL statements of `specialists` as the databases get them, by the function that runs them. Generated; a test compares.

-- cohort::store::cohort_by_id
SELECT id, display_name, number, education_phase, programme, terms, first_academic_year, window_start_date, window_end_date,
years, provisional_figures_count, rankings_count, select_time, version FROM cohort WHERE id = $1;

-- cohort::store::cohort_by_id_for_share
-- SQLite
SELECT id, display_name, number, education_phase, programme, terms, first_academic_year, window_start_date, window_end_date,
years, provisional_figures_count, rankings_count, select_time, version FROM cohort WHERE id = $1;
-- PostgreSQL
SELECT id, display_name, number, education_phase, programme, terms, first_academic_year, window_start_date, window_end_date,
years, provisional_figures_count, rankings_count, select_time, version FROM cohort WHERE id = $1 FOR SHARE;

-- cohort::store::cohort_by_id_for_update
-- SQLite
SELECT id, display_name, number, education_phase, programme, terms, first_academic_year, window_start_date, window_end_date,
years, provisional_figures_count, rankings_count, select_time, version FROM cohort WHERE id = $1;
-- PostgreSQL
SELECT id, display_name, number, education_phase, programme, terms, first_academic_year, window_start_date, window_end_date,
years, provisional_figures_count, rankings_count, select_time, version FROM cohort WHERE id = $1 FOR UPDATE;

-- cohort::store::cohort_insert
INSERT INTO cohort (id, display_name, number, education_phase, programme, terms, first_academic_year, window_start_date, window_end_date,
years, provisional_figures_count, rankings_count, select_time, version, last_academic_year)
VALUES ($1, $2, $3, $4, $5, $6, $7,
$8, $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT DO NOTHING;

-- cohort::store::cohort_page
SELECT id, display_name, number, education_phase, programme, terms, first_academic_year, window_start_date, window_end_date,
years, provisional_figures_count, rankings_count, select_time, version FROM cohort WHERE id > $1 ORDER BY id LIMIT $2;

-- cohort::store::cohort_ranked
UPDATE cohort SET rankings_count = rankings_count + 1, version = version + 1 WHERE id = $1;

-- cohort::store::cohort_selected
UPDATE cohort SET select_time = $1, version = version + 1 WHERE id = $2 AND select_time IS NULL;

-- cohort::store::find_cohort_of_nomination_for_update
-- SQLite
SELECT id, display_name, number, education_phase, programme, terms, first_academic_year, window_start_date, window_end_date,
years, provisional_figures_count, rankings_count, select_time, version FROM cohort WHERE id = $4 AND EXISTS (
SELECT 1 FROM nomination WHERE ($1 = '' OR nomination.hub = $1) AND ($2 = 0 OR nomination.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND nomination.cohort = $4 AND nomination.id = $5);
-- PostgreSQL
SELECT id, display_name, number, education_phase, programme, terms, first_academic_year, window_start_date, window_end_date,
years, provisional_figures_count, rankings_count, select_time, version FROM cohort WHERE id = $4 AND EXISTS (
SELECT 1 FROM nomination WHERE ($1 = '' OR nomination.hub = $1) AND ($2 = 0 OR nomination.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND nomination.cohort = $4 AND nomination.id = $5) FOR UPDATE;

-- nomination::live_store::has_live_nomination
SELECT EXISTS (SELECT 1 FROM nomination WHERE is_live AND person IN (SELECT same.id FROM person same WHERE same.current_id = $1));

-- nomination::live_store::has_other_live_nomination
SELECT EXISTS (
SELECT 1 FROM nomination n
JOIN person mine ON mine.id = n.person
JOIN person same ON same.current_id = mine.current_id
JOIN nomination other ON other.person = same.id
WHERE n.id = $1 AND n.is_live AND other.id <> n.id AND other.is_live);

-- nomination::live_store::nomination_lapse
SELECT (n.is_live AND EXISTS (
SELECT 1 FROM person mine
JOIN person same ON same.current_id = mine.current_id
JOIN nomination other ON other.person = same.id
JOIN cohort of_other ON of_other.id = other.cohort
WHERE mine.id = n.person AND other.id <> n.id AND other.is_live
AND ((other.state = 'selected' AND of_other.last_academic_year >= $3)
OR (other.state = 'submitted' AND of_other.first_academic_year > $3))
AND ((other.state = 'selected' AND n.state <> 'selected')
OR (other.state = n.state AND (other.submit_time, other.id) < (n.submit_time, n.id))))) AS is_duplicate, n.id, n.cohort, n.urn, n.hub, n.person, n.state, n.submit_time, n.select_time, n.overrides_count,
o.outcome AS override_outcome, o.reason AS override_reason, o.actor AS override_actor, o.override_time,
n.withdraw_reason, n.version, e.ranking_number, e.rank, e.old_la_code, e.schools_count,
e.schools_never_reached_count, e.region_schools_count, e.region_schools_never_reached_count, e.score_ppm,
r.reach_publication, r.score_weights, w.prior_schools_count, w.area_permille, w.region_permille
FROM nomination n
JOIN cohort c ON c.id = n.cohort
LEFT JOIN nomination_override o ON o.nomination = n.id AND o.number = n.overrides_count
LEFT JOIN ranking_entry e ON e.cohort = n.cohort AND e.ranking_number = c.rankings_count AND e.nomination = n.id
LEFT JOIN ranking r ON r.cohort = e.cohort AND r.number = e.ranking_number
LEFT JOIN score_weights w ON w.version = r.score_weights
WHERE n.id IN ($1, $2) ORDER BY n.id;

-- nomination::live_store::nomination_lapse
UPDATE nomination SET state = 'not_selected', is_live = FALSE, version = version + 1
WHERE person IN (SELECT same.id FROM person same WHERE same.current_id = $1) AND state = 'submitted'
AND cohort IN (SELECT id FROM cohort WHERE first_academic_year <= $2)
RETURNING id;

-- nomination::live_store::nomination_release
UPDATE nomination SET is_live = FALSE
WHERE person IN (SELECT same.id FROM person same WHERE same.current_id = $1) AND is_live AND state = 'selected'
AND cohort IN (SELECT id FROM cohort WHERE last_academic_year < $2);

-- nomination::store::find_nomination
SELECT (n.is_live AND EXISTS (
SELECT 1 FROM person mine
JOIN person same ON same.current_id = mine.current_id
JOIN nomination other ON other.person = same.id
JOIN cohort of_other ON of_other.id = other.cohort
WHERE mine.id = n.person AND other.id <> n.id AND other.is_live
AND ((other.state = 'selected' AND of_other.last_academic_year >= $6)
OR (other.state = 'submitted' AND of_other.first_academic_year > $6))
AND ((other.state = 'selected' AND n.state <> 'selected')
OR (other.state = n.state AND (other.submit_time, other.id) < (n.submit_time, n.id))))) AS is_duplicate, n.id, n.cohort, n.urn, n.hub, n.person, n.state, n.submit_time, n.select_time, n.overrides_count,
o.outcome AS override_outcome, o.reason AS override_reason, o.actor AS override_actor, o.override_time,
n.withdraw_reason, n.version, e.ranking_number, e.rank, e.old_la_code, e.schools_count,
e.schools_never_reached_count, e.region_schools_count, e.region_schools_never_reached_count, e.score_ppm,
r.reach_publication, r.score_weights, w.prior_schools_count, w.area_permille, w.region_permille
FROM nomination n
JOIN cohort c ON c.id = n.cohort
LEFT JOIN nomination_override o ON o.nomination = n.id AND o.number = n.overrides_count
LEFT JOIN ranking_entry e ON e.cohort = n.cohort AND e.ranking_number = c.rankings_count AND e.nomination = n.id
LEFT JOIN ranking r ON r.cohort = e.cohort AND r.number = e.ranking_number
LEFT JOIN score_weights w ON w.version = r.score_weights
WHERE ($1 = '' OR n.hub = $1) AND ($2 = 0 OR n.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND n.cohort = $4 AND n.id = $5;

-- nomination::store::nomination_first
SELECT (n.is_live AND EXISTS (
SELECT 1 FROM person mine
JOIN person same ON same.current_id = mine.current_id
JOIN nomination other ON other.person = same.id
JOIN cohort of_other ON of_other.id = other.cohort
WHERE mine.id = n.person AND other.id <> n.id AND other.is_live
AND ((other.state = 'selected' AND of_other.last_academic_year >= $1)
OR (other.state = 'submitted' AND of_other.first_academic_year > $1))
AND ((other.state = 'selected' AND n.state <> 'selected')
OR (other.state = n.state AND (other.submit_time, other.id) < (n.submit_time, n.id))))) AS is_duplicate, n.id, n.cohort, n.urn, n.hub, n.person, n.state, n.submit_time, n.select_time, n.overrides_count,
o.outcome AS override_outcome, o.reason AS override_reason, o.actor AS override_actor, o.override_time,
n.withdraw_reason, n.version, e.ranking_number, e.rank, e.old_la_code, e.schools_count,
e.schools_never_reached_count, e.region_schools_count, e.region_schools_never_reached_count, e.score_ppm,
r.reach_publication, r.score_weights, w.prior_schools_count, w.area_permille, w.region_permille
FROM nomination n
JOIN cohort c ON c.id = n.cohort
LEFT JOIN nomination_override o ON o.nomination = n.id AND o.number = n.overrides_count
LEFT JOIN ranking_entry e ON e.cohort = n.cohort AND e.ranking_number = c.rankings_count AND e.nomination = n.id
LEFT JOIN ranking r ON r.cohort = e.cohort AND r.number = e.ranking_number
LEFT JOIN score_weights w ON w.version = r.score_weights
WHERE n.cohort = $2 AND n.state = 'submitted' AND ($3 = '' OR n.hub = $3) AND e.rank IS NOT NULL AND NOT (n.is_live AND EXISTS (
SELECT 1 FROM person mine
JOIN person same ON same.current_id = mine.current_id
JOIN nomination other ON other.person = same.id
JOIN cohort of_other ON of_other.id = other.cohort
WHERE mine.id = n.person AND other.id <> n.id AND other.is_live
AND ((other.state = 'selected' AND of_other.last_academic_year >= $1)
OR (other.state = 'submitted' AND of_other.first_academic_year > $1))
AND ((other.state = 'selected' AND n.state <> 'selected')
OR (other.state = n.state AND (other.submit_time, other.id) < (n.submit_time, n.id))))) ORDER BY e.rank LIMIT $4;

-- nomination::store::nomination_insert
INSERT INTO nomination (id, cohort, urn, hub, person, state, submit_time, overrides_count, version, is_live)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, TRUE)
ON CONFLICT (person) WHERE is_live DO NOTHING;

-- nomination::store::nomination_page
SELECT parent.parent_id, page.id IS NOT NULL AS has_child, page.* FROM (SELECT id AS parent_id FROM cohort WHERE id = $4) AS parent LEFT JOIN (SELECT (n.is_live AND EXISTS (
SELECT 1 FROM person mine
JOIN person same ON same.current_id = mine.current_id
JOIN nomination other ON other.person = same.id
JOIN cohort of_other ON of_other.id = other.cohort
WHERE mine.id = n.person AND other.id <> n.id AND other.is_live
AND ((other.state = 'selected' AND of_other.last_academic_year >= $8)
OR (other.state = 'submitted' AND of_other.first_academic_year > $8))
AND ((other.state = 'selected' AND n.state <> 'selected')
OR (other.state = n.state AND (other.submit_time, other.id) < (n.submit_time, n.id))))) AS is_duplicate, n.id, n.cohort, n.urn, n.hub, n.person, n.state, n.submit_time, n.select_time, n.overrides_count,
o.outcome AS override_outcome, o.reason AS override_reason, o.actor AS override_actor, o.override_time,
n.withdraw_reason, n.version, e.ranking_number, e.rank, e.old_la_code, e.schools_count,
e.schools_never_reached_count, e.region_schools_count, e.region_schools_never_reached_count, e.score_ppm,
r.reach_publication, r.score_weights, w.prior_schools_count, w.area_permille, w.region_permille
FROM nomination n
JOIN cohort c ON c.id = n.cohort
LEFT JOIN nomination_override o ON o.nomination = n.id AND o.number = n.overrides_count
LEFT JOIN ranking_entry e ON e.cohort = n.cohort AND e.ranking_number = c.rankings_count AND e.nomination = n.id
LEFT JOIN ranking r ON r.cohort = e.cohort AND r.number = e.ranking_number
LEFT JOIN score_weights w ON w.version = r.score_weights
WHERE ($1 = '' OR n.hub = $1) AND ($2 = 0 OR n.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND n.cohort = $4 AND ($5 = '' OR n.hub = $5) AND ($6 = 0 OR n.urn IN (SELECT line.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
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
AND ($7 = '' OR n.state = $7) AND n.id > $9
ORDER BY n.id LIMIT $10) AS page ON TRUE ORDER BY page.id;

-- nomination::store::nomination_select
UPDATE nomination SET state = 'selected', select_time = $3, version = version + 1
WHERE state = 'submitted' AND id IN ($1, $2) RETURNING id;

-- nomination::store::nomination_update
UPDATE nomination SET state = $1, select_time = $2, overrides_count = $3,
withdraw_reason = $4, version = $5,
is_live = $1 IN ('submitted', 'selected') AND EXISTS (
SELECT 1 FROM cohort WHERE cohort.id = nomination.cohort AND cohort.last_academic_year >= $6)
WHERE id = $7 AND version = $8;

-- nomination::store::override_insert
INSERT INTO nomination_override (nomination, number, outcome, reason, actor, override_time)
VALUES ($1, $2, $3, $4, $5, $6);

-- nomination::store::person_records
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
WHERE asked.id = $1 UNION ALL
SELECT 'nomination', n.id, '-', 'cohorts/' || n.cohort || '/nominations/' || n.id,
'was nominated by schools/' || CAST(n.urn AS TEXT) || ' through hubs/' || n.hub || '; ' || n.state
|| COALESCE(': ' || n.withdraw_reason, '')
FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN nomination n ON n.person = same.id
WHERE asked.id = $1
UNION ALL
SELECT 'nomination-override', n.id, CAST(o.number AS TEXT), 'cohorts/' || n.cohort || '/nominations/' || n.id,
'decision ' || CAST(o.number AS TEXT) || ': ' || o.outcome || ': ' || o.reason
FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN nomination n ON n.person = same.id
JOIN nomination_override o ON o.nomination = n.id
WHERE asked.id = $1
UNION ALL
SELECT 'ranking-entry', n.id, CAST(e.ranking_number AS TEXT), 'cohorts/' || n.cohort || '/nominations/' || n.id,
'has rank ' || CAST(e.rank AS TEXT) || ' in ranking ' || CAST(e.ranking_number AS TEXT)
FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN nomination n ON n.person = same.id
JOIN ranking_entry e ON e.cohort = n.cohort AND e.nomination = n.id
WHERE asked.id = $1) record
WHERE (kind, id, part) > ($2, $3, $4)
ORDER BY kind, id, part LIMIT $5;

-- nomination::store::unranked_count
SELECT COUNT(*) FROM nomination n JOIN cohort c ON c.id = n.cohort
WHERE n.cohort = $1 AND n.state = 'submitted' AND NOT EXISTS (
SELECT 1 FROM ranking_entry e
WHERE e.cohort = n.cohort AND e.ranking_number = c.rankings_count AND e.nomination = n.id);

-- ranking::store::candidates
SELECT n.id, n.urn, n.submit_time, n.person, area.old_la_code, area.schools_count,
area.schools_never_reached_count, area.region_schools_count, area.region_schools_never_reached_count
FROM nomination n
LEFT JOIN school ON school.urn = n.urn
LEFT JOIN cold_area own ON own.reach_publication = $1 AND own.old_la_code = school.old_la_code
AND own.programme = $2 AND own.education_phase = $3
AND own.schools_count > 0 AND own.region_schools_count > 0
LEFT JOIN cold_area area ON area.reach_publication = $1
AND area.old_la_code = COALESCE(own.old_la_code, school.former_old_la_code)
AND area.programme = $2 AND area.education_phase = $3
AND area.schools_count > 0 AND area.region_schools_count > 0
WHERE n.cohort = $4 AND n.state = 'submitted' AND n.id > $5
ORDER BY n.id LIMIT $6;

-- ranking::store::entry_insert
-- SQLite
INSERT INTO ranking_entry (cohort, ranking_number, nomination, rank, old_la_code, schools_count,
schools_never_reached_count, region_schools_count, region_schools_never_reached_count, score_ppm)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
-- PostgreSQL
INSERT INTO ranking_entry (cohort, ranking_number, nomination, rank, old_la_code, schools_count,
schools_never_reached_count, region_schools_count, region_schools_never_reached_count, score_ppm)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10), ($11, $12, $13, $14, $15, $16, $17, $18, $19, $20);

-- ranking::store::find_publication
SELECT publication.name FROM reach_publication publication
WHERE publication.publish_time < $1 AND publication.true_on_date <= $2 AND publication.known_on_date <= $2
AND (publication.is_final OR CAST($3 AS BOOLEAN))
AND EXISTS (
SELECT 1 FROM cold_area area
WHERE area.reach_publication = publication.name AND area.programme = $4 AND area.education_phase = $5)
ORDER BY publication.true_on_date DESC, publication.known_on_date DESC, publication.position DESC LIMIT 1;

-- ranking::store::ranking_insert
INSERT INTO ranking (cohort, number, rank_time, actor, reach_publication, score_weights, nominations_count, scored_count)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- ranking::store::ranking_page
SELECT parent.parent_id, page.number IS NOT NULL AS has_child, page.* FROM (SELECT id AS parent_id FROM cohort WHERE id = $1) AS parent LEFT JOIN (SELECT cohort, number, rank_time, actor, reach_publication, score_weights, nominations_count, scored_count
FROM ranking WHERE cohort = $1 AND number > $2 ORDER BY number LIMIT $3) AS page ON TRUE ORDER BY page.number;

-- score_weights::store::find_score_weights_last
SELECT version, start_date, decision, prior_schools_count, area_permille, region_permille FROM score_weights ORDER BY version DESC LIMIT 1;

-- score_weights::store::find_score_weights_on
SELECT version, start_date, decision, prior_schools_count, area_permille, region_permille FROM score_weights WHERE start_date <= $1 ORDER BY version DESC LIMIT 1;

-- score_weights::store::score_weights_insert
INSERT INTO score_weights (version, start_date, decision, prior_schools_count, area_permille, region_permille)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (version) DO NOTHING;

-- score_weights::store::score_weights_page
SELECT version, start_date, decision, prior_schools_count, area_permille, region_permille FROM score_weights WHERE version > $1 ORDER BY version LIMIT $2;
