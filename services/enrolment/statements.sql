-- The SQL statements of `enrolment` as the databases get them, by the function that runs them. Generated; a test compares.

-- application::claim::claim_insert
-- SQLite
INSERT INTO school_claim (programme, span, urn, application, year_start_date, has_place) VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?)
ON CONFLICT (programme, span, urn) DO UPDATE SET application = excluded.application, year_start_date = excluded.year_start_date
WHERE NOT school_claim.has_place AND school_claim.year_start_date <= $13
AND school_claim.year_start_date < excluded.year_start_date;
-- PostgreSQL
INSERT INTO school_claim (programme, span, urn, application, year_start_date, has_place) VALUES ($1, $2, $3, $4, $5, $6), ($7, $8, $9, $10, $11, $12)
ON CONFLICT (programme, span, urn) DO UPDATE SET application = excluded.application, year_start_date = excluded.year_start_date
WHERE NOT school_claim.has_place AND school_claim.year_start_date <= $13
AND school_claim.year_start_date < excluded.year_start_date;

-- application::claim::claim_keep
-- SQLite
UPDATE school_claim SET has_place = TRUE WHERE application = $1;
-- PostgreSQL
WITH locked AS (SELECT programme, urn FROM school_claim WHERE application = $1 ORDER BY programme, urn FOR UPDATE)
UPDATE school_claim SET has_place = TRUE WHERE application = $1
AND (programme, urn) IN (SELECT programme, urn FROM locked);

-- application::claim::claim_release
-- SQLite
DELETE FROM school_claim WHERE application IN (?, ?);
-- PostgreSQL
WITH locked AS (SELECT programme, urn FROM school_claim WHERE application IN ($1, $2) ORDER BY programme, urn FOR UPDATE)
DELETE FROM school_claim WHERE application IN ($1, $2)
AND (programme, urn) IN (SELECT programme, urn FROM locked);

-- application::claim::claim_release_imported
DELETE FROM school_claim WHERE participation = $1;

-- application::claim::find_claimant
SELECT other.round, other.id FROM school_claim claim JOIN application other ON other.id = claim.application
WHERE claim.programme = $4 AND claim.span = $5 AND other.id <> $6 AND ($7 = 0 OR claim.urn IN (SELECT line.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT $7
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT $7
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line)) AND ($1 = '' OR other.hub = $1) AND ($2 = 0 OR other.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) ORDER BY claim.urn LIMIT 1;

-- application::store::application_insert
INSERT INTO application (id, round, urn, hub, chosen_hub, programme, state, claims_count, version, draft_number)
WITH RECURSIVE draft (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM draft WHERE number < $1)
SELECT $2, $3, $4, $5, CAST($6 AS TEXT), $7, $8, $9, $10, MIN(draft.number) FROM draft
WHERE NOT EXISTS (
SELECT 1 FROM application other
WHERE other.round = $3 AND other.urn = $4 AND other.draft_number = draft.number)
HAVING MIN(draft.number) IS NOT NULL;

-- application::store::application_page
-- SQLite
SELECT parent.parent_id, page.id IS NOT NULL AS has_child, page.* FROM (SELECT id AS parent_id FROM round WHERE id = $4 UNION ALL SELECT '-' WHERE $4 = '-') AS parent LEFT JOIN (SELECT page.*, closing.close_date AS closing_date,
(SELECT '[' || group_concat(link.successor_urn, ',') || ']'
FROM school_link link WHERE link.predecessor_urn = page.closing_urn) AS closing_successors FROM (SELECT found.* FROM (SELECT id, round, urn, hub, programme, state, queue_number, coldness_ppm, coldness_old_la_code, coldness_education_phase,
reach_publication, coldness_rank, coldness_ranked_count, submit_time, offer_expire_time, participation, chosen_hub, claims_count, withdraw_reason, version, CASE WHEN state IN ('draft', 'submitted', 'waitlisted', 'offered') THEN CASE WHEN EXISTS (SELECT 1 FROM school own WHERE own.urn = application.urn AND NOT (own.listed AND own.status_code = 1 AND own.close_date IS NULL)) THEN (SELECT CASE WHEN SUM(CASE WHEN (here.listed AND here.status_code = 1 AND here.close_date IS NULL) THEN 1 ELSE 0 END) = 0 THEN CAST(substr(MAX(CASE WHEN (NOT here.listed OR here.status_code IN (2, 3) OR here.close_date IS NOT NULL) THEN CASE WHEN here.status_code = 2 THEN '0' ELSE '1' END || COALESCE(here.close_date, '9999-99-99') || CAST(here.urn AS TEXT) END), 12) AS BIGINT) END
FROM (WITH RECURSIVE down (urn) AS (
SELECT application.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) line JOIN school here ON here.urn = line.urn) END END AS closing_urn
FROM application
WHERE ($1 = '' OR hub = $1) AND ($2 = 0 OR urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND ($4 = '-' OR round = $4) AND ($5 = '' OR hub = $5) AND ($6 = '' OR state = $6)
AND ($7 = 0 OR urn IN (SELECT line.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT $7
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT $7
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line)) AND id > $9) found
WHERE NOT $8 OR found.closing_urn IS NOT NULL
ORDER BY found.id LIMIT $10) page LEFT JOIN school closing ON closing.urn = page.closing_urn) AS page ON TRUE ORDER BY page.id;
-- PostgreSQL
SELECT parent.parent_id, page.id IS NOT NULL AS has_child, page.* FROM (SELECT id AS parent_id FROM round WHERE id = $4 UNION ALL SELECT '-' WHERE $4 = '-') AS parent LEFT JOIN (SELECT page.*, closing.close_date AS closing_date,
(SELECT '[' || string_agg(CAST(link.successor_urn AS TEXT), ',') || ']'
FROM school_link link WHERE link.predecessor_urn = page.closing_urn) AS closing_successors FROM (SELECT found.* FROM (SELECT id, round, urn, hub, programme, state, queue_number, coldness_ppm, coldness_old_la_code, coldness_education_phase,
reach_publication, coldness_rank, coldness_ranked_count, submit_time, offer_expire_time, participation, chosen_hub, claims_count, withdraw_reason, version, CASE WHEN state IN ('draft', 'submitted', 'waitlisted', 'offered') THEN CASE WHEN EXISTS (SELECT 1 FROM school own WHERE own.urn = application.urn AND NOT (own.listed AND own.status_code = 1 AND own.close_date IS NULL)) THEN (SELECT CASE WHEN SUM(CASE WHEN (here.listed AND here.status_code = 1 AND here.close_date IS NULL) THEN 1 ELSE 0 END) = 0 THEN CAST(substr(MAX(CASE WHEN (NOT here.listed OR here.status_code IN (2, 3) OR here.close_date IS NOT NULL) THEN CASE WHEN here.status_code = 2 THEN '0' ELSE '1' END || COALESCE(here.close_date, '9999-99-99') || CAST(here.urn AS TEXT) END), 12) AS BIGINT) END
FROM (WITH RECURSIVE down (urn) AS (
SELECT application.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) line JOIN school here ON here.urn = line.urn) END END AS closing_urn
FROM application
WHERE ($1 = '' OR hub = $1) AND ($2 = 0 OR urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND ($4 = '-' OR round = $4) AND ($5 = '' OR hub = $5) AND ($6 = '' OR state = $6)
AND ($7 = 0 OR urn IN (SELECT line.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT $7
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT $7
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line)) AND id > $9) found
WHERE NOT $8 OR found.closing_urn IS NOT NULL
ORDER BY found.id LIMIT $10) page LEFT JOIN school closing ON closing.urn = page.closing_urn) AS page ON TRUE ORDER BY page.id;

-- application::store::application_update
UPDATE application SET state = $1, queue_number = $2, coldness_ppm = $3,
coldness_old_la_code = $4, coldness_education_phase = $5,
reach_publication = $6, coldness_rank = $7, coldness_ranked_count = $8,
submit_time = $9, participation = $10, chosen_hub = $11,
claims_count = $12, withdraw_reason = $13, version = $14, draft_number = NULL
WHERE id = $15 AND version = $14 - 1;

-- application::store::find_application
SELECT id, round, urn, hub, programme, state, queue_number, coldness_ppm, coldness_old_la_code, coldness_education_phase,
reach_publication, coldness_rank, coldness_ranked_count, submit_time, offer_expire_time, participation, chosen_hub, claims_count, withdraw_reason, version FROM application WHERE ($1 = '' OR hub = $1) AND ($2 = 0 OR urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND round = $4 AND id = $5;

-- application::store::find_application_and_eligibility
SELECT application.*, round.*, member.urn AS school_urn, member.old_la_code AS school_old_la_code, member.education_phase AS school_education_phase, member.region_code AS school_region_code, member.status_code AS school_status_code, member.type_group_code AS school_type_group_code, member.phase_code AS school_phase_code, member.low_age AS school_low_age, member.high_age AS school_high_age, hub.start_date AS hub_start_date, hub.end_date AS hub_end_date, CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = application.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = application.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT application.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT application.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = application.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END AS chosen_hub_today FROM (SELECT id, round, urn, hub, programme, state, queue_number, coldness_ppm, coldness_old_la_code, coldness_education_phase,
reach_publication, coldness_rank, coldness_ranked_count, submit_time, offer_expire_time, participation, chosen_hub, claims_count, withdraw_reason, version FROM application WHERE ($1 = '' OR hub = $1) AND ($2 = 0 OR urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND round = $4 AND id = $5) application JOIN (SELECT id AS round_id, display_name AS round_display_name, academic_year AS round_academic_year,
window_start_date AS round_window_start_date, window_end_date AS round_window_end_date,
offer_days_count AS round_offer_days_count, programmes AS round_programmes,
place_order_policies AS round_place_order_policies, cancel_reason AS round_cancel_reason, version AS round_version FROM round) round ON round.round_id = application.round
LEFT JOIN (WITH RECURSIVE down (urn) AS (
SELECT (SELECT urn FROM application WHERE round = $4 AND id = $5)
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) successor ON TRUE
LEFT JOIN school member ON member.urn = successor.urn AND member.listed
LEFT JOIN hub ON hub.id = application.hub
ORDER BY successor.urn LIMIT $6;

-- application::store::find_application_and_round
SELECT application.*, round.* FROM (SELECT id, round, urn, hub, programme, state, queue_number, coldness_ppm, coldness_old_la_code, coldness_education_phase,
reach_publication, coldness_rank, coldness_ranked_count, submit_time, offer_expire_time, participation, chosen_hub, claims_count, withdraw_reason, version FROM application WHERE ($1 = '' OR hub = $1) AND ($2 = 0 OR urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND round = $4 AND id = $5) application JOIN (SELECT id AS round_id, display_name AS round_display_name, academic_year AS round_academic_year,
window_start_date AS round_window_start_date, window_end_date AS round_window_end_date,
offer_days_count AS round_offer_days_count, programmes AS round_programmes,
place_order_policies AS round_place_order_policies, cancel_reason AS round_cancel_reason, version AS round_version FROM round) round ON round.round_id = application.round;

-- application::store::find_application_for_update
-- SQLite
SELECT id, round, urn, hub, programme, state, queue_number, coldness_ppm, coldness_old_la_code, coldness_education_phase,
reach_publication, coldness_rank, coldness_ranked_count, submit_time, offer_expire_time, participation, chosen_hub, claims_count, withdraw_reason, version FROM application WHERE ($1 = '' OR hub = $1) AND ($2 = 0 OR urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND round = $4 AND id = $5;
-- PostgreSQL
SELECT id, round, urn, hub, programme, state, queue_number, coldness_ppm, coldness_old_la_code, coldness_education_phase,
reach_publication, coldness_rank, coldness_ranked_count, submit_time, offer_expire_time, participation, chosen_hub, claims_count, withdraw_reason, version FROM application WHERE ($1 = '' OR hub = $1) AND ($2 = 0 OR urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND round = $4 AND id = $5 FOR UPDATE;

-- application::store::find_school_and_choice
SELECT school.urn AS school_urn, school.old_la_code AS school_old_la_code, school.education_phase AS school_education_phase, school.region_code AS school_region_code, school.status_code AS school_status_code, school.type_group_code AS school_type_group_code, school.phase_code AS school_phase_code, school.low_age AS school_low_age, school.high_age AS school_high_age, CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = $1) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = $1)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
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
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $2 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = $1 AND choice.start_date <= $2 ORDER BY choice.start_date DESC LIMIT 1) END AS chosen_hub FROM school WHERE urn = $1 AND listed;

-- application::submission_basis::submission_basis
SELECT line.urn, area.coldness_ppm, area.old_la_code AS coldness_old_la_code, area.education_phase AS coldness_education_phase,
area.reach_publication, area.rank AS coldness_rank,
(SELECT COUNT(*) FROM cold_area ranked
WHERE ranked.reach_publication = area.reach_publication AND ranked.programme = $4
AND ranked.education_phase = area.education_phase AND ranked.rank > 0) AS coldness_ranked_count, hub.start_date AS hub_start_date, hub.end_date AS hub_end_date, CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = $1) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = $1)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
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
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $2 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = $1 AND choice.start_date <= $2 ORDER BY choice.start_date DESC LIMIT 1) END AS chosen_hub_today, member.urn AS school_urn, member.old_la_code AS school_old_la_code, member.education_phase AS school_education_phase, member.region_code AS school_region_code, member.status_code AS school_status_code, member.type_group_code AS school_type_group_code, member.phase_code AS school_phase_code, member.low_age AS school_low_age, member.high_age AS school_high_age
FROM (SELECT either.urn, MAX(either.descends) AS descends
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
GROUP BY either.urn) line
LEFT JOIN school member ON member.urn = line.urn AND line.descends = 1 AND member.listed
LEFT JOIN hub ON hub.id = $3
LEFT JOIN (
SELECT figure.reach_publication, figure.old_la_code, figure.education_phase, figure.coldness_ppm, figure.rank
FROM school
CROSS JOIN reach_publication publication
JOIN cold_area figure ON figure.reach_publication = publication.name
AND figure.old_la_code IN (school.old_la_code, school.former_old_la_code) AND figure.programme = $4
AND figure.education_phase = CASE school.education_phase WHEN $5 THEN $6
ELSE school.education_phase END
WHERE school.urn = $1 AND publication.true_on_date <= $2 AND publication.known_on_date <= $2
AND (publication.is_final OR CAST($7 AS BOOLEAN))
ORDER BY publication.true_on_date DESC, publication.known_on_date DESC, publication.position DESC,
CASE figure.old_la_code WHEN school.old_la_code THEN 0 ELSE 1 END
LIMIT 1) area ON TRUE
ORDER BY line.urn LIMIT $8;

-- application::waiting_list::application_lapse
UPDATE application SET state = 'lapsed', version = version + 1
WHERE state = 'offered' AND id IN (
SELECT id FROM application
WHERE round = $1 AND hub = $2 AND programme = $3 AND state = 'offered' AND offer_expire_time <= $4
ORDER BY queue_number LIMIT $5)
RETURNING id, round, urn, hub, programme, state, queue_number, coldness_ppm, coldness_old_la_code, coldness_education_phase,
reach_publication, coldness_rank, coldness_ranked_count, submit_time, offer_expire_time, participation, chosen_hub, claims_count, withdraw_reason, version;

-- application::waiting_list::application_offer
UPDATE application SET state = 'offered', offer_expire_time = $1, version = version + 1
WHERE state IN ('waitlisted', 'submitted') AND id IN (
SELECT candidate.id FROM (
SELECT cold.* FROM (SELECT waiting.id, waiting.queue_number,
CASE WHEN $6 THEN COALESCE(waiting.coldness_ppm, -1) ELSE 0 END AS priority
FROM application waiting
WHERE waiting.round = $2 AND waiting.hub = $3 AND waiting.programme = $4
AND (waiting.state = 'waitlisted' OR (waiting.state = 'submitted' AND $5))
AND COALESCE(waiting.coldness_rank > 0 AND (waiting.coldness_rank - 1) * 1000 < $7 * waiting.coldness_ranked_count, FALSE) AND EXISTS (SELECT 1 FROM (WITH RECURSIVE down (urn) AS (
SELECT waiting.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $10)
SELECT down.urn FROM down) successor JOIN school ON school.urn = successor.urn JOIN class_verdict verdict ON verdict.eligibility = $11 AND verdict.type_group_code = school.type_group_code AND verdict.phase_code = school.phase_code AND verdict.low_age = school.low_age AND verdict.high_age = school.high_age WHERE verdict.is_eligible AND school.listed AND school.status_code IN (1, 3) AND school.region_code <> '') ORDER BY priority DESC, waiting.queue_number LIMIT $8) cold
UNION ALL
SELECT other.* FROM (SELECT waiting.id, waiting.queue_number,
CASE WHEN $6 THEN COALESCE(waiting.coldness_ppm, -1) ELSE 0 END AS priority
FROM application waiting
WHERE waiting.round = $2 AND waiting.hub = $3 AND waiting.programme = $4
AND (waiting.state = 'waitlisted' OR (waiting.state = 'submitted' AND $5))
AND NOT COALESCE(waiting.coldness_rank > 0 AND (waiting.coldness_rank - 1) * 1000 < $7 * waiting.coldness_ranked_count, FALSE) AND EXISTS (SELECT 1 FROM (WITH RECURSIVE down (urn) AS (
SELECT waiting.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $10)
SELECT down.urn FROM down) successor JOIN school ON school.urn = successor.urn JOIN class_verdict verdict ON verdict.eligibility = $11 AND verdict.type_group_code = school.type_group_code AND verdict.phase_code = school.phase_code AND verdict.low_age = school.low_age AND verdict.high_age = school.high_age WHERE verdict.is_eligible AND school.listed AND school.status_code IN (1, 3) AND school.region_code <> '') ORDER BY priority DESC, waiting.queue_number LIMIT $9) other) candidate
ORDER BY candidate.priority DESC, candidate.queue_number LIMIT $8)
RETURNING id, round, urn, hub, programme, state, queue_number, coldness_ppm, coldness_old_la_code, coldness_education_phase,
reach_publication, coldness_rank, coldness_ranked_count, submit_time, offer_expire_time, participation, chosen_hub, claims_count, withdraw_reason, version;

-- application::waiting_list::application_waitlist
UPDATE application SET state = 'waitlisted', version = version + 1
WHERE state = 'submitted' AND id IN (
SELECT id FROM application WHERE round = $1 AND hub = $2 AND programme = $3 AND state = 'submitted'
ORDER BY queue_number LIMIT $4)
RETURNING id, round, urn, hub, programme, state, queue_number, coldness_ppm, coldness_old_la_code, coldness_education_phase,
reach_publication, coldness_rank, coldness_ranked_count, submit_time, offer_expire_time, participation, chosen_hub, claims_count, withdraw_reason, version;

-- application::waiting_list::lapse_list
SELECT round, hub, programme FROM application
WHERE state = 'offered' AND offer_expire_time <= $1 AND ($3 = '' OR round = $3)
UNION
SELECT round, hub, programme FROM places WHERE reserve_change_date <= $2 AND ($3 = '' OR round = $3)
ORDER BY round, hub, programme LIMIT $4;

-- application::waiting_list::offers_open
SELECT COUNT(*), COALESCE(SUM(CASE WHEN COALESCE(coldness_rank > 0 AND (coldness_rank - 1) * 1000 < $1 * coldness_ranked_count, FALSE) THEN 1 ELSE 0 END), 0) FROM application
WHERE round = $2 AND hub = $3 AND programme = $4 AND state = 'offered' AND offer_expire_time > $5;

-- application::waiting_list::passed_over_list
SELECT waiting.id, own.urn AS school_urn, own.old_la_code AS school_old_la_code, own.education_phase AS school_education_phase, own.region_code AS school_region_code, own.status_code AS school_status_code, own.type_group_code AS school_type_group_code, own.phase_code AS school_phase_code, own.low_age AS school_low_age, own.high_age AS school_high_age FROM application waiting LEFT JOIN school own ON own.urn = waiting.urn AND own.listed
WHERE waiting.round = $1 AND waiting.hub = $2 AND waiting.programme = $3 AND waiting.state = 'waitlisted'
AND NOT EXISTS (SELECT 1 FROM (WITH RECURSIVE down (urn) AS (
SELECT waiting.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $5)
SELECT down.urn FROM down) successor JOIN school ON school.urn = successor.urn JOIN class_verdict verdict ON verdict.eligibility = $6 AND verdict.type_group_code = school.type_group_code AND verdict.phase_code = school.phase_code AND verdict.low_age = school.low_age AND verdict.high_age = school.high_age WHERE verdict.is_eligible AND school.listed AND school.status_code IN (1, 3) AND school.region_code <> '')
ORDER BY waiting.queue_number LIMIT $4;

-- attendance::store::attendance_bounds
SELECT MIN(attendance_date), MAX(attendance_date) FROM attendance WHERE participation = $1;

-- attendance::store::attendance_delete
DELETE FROM attendance WHERE participation = $1 AND attendance_date = $2;

-- attendance::store::attendance_insert
-- SQLite
INSERT INTO attendance (participation, attendance_date) VALUES (?, ?), (?, ?);
-- PostgreSQL
INSERT INTO attendance (participation, attendance_date) VALUES ($1, $2), ($3, $4);

-- attendance::store::attendance_list
-- SQLite
SELECT participation, attendance_date FROM attendance
WHERE participation IN (?, ?) AND attendance_date BETWEEN $3 AND $4;
-- PostgreSQL
SELECT participation, attendance_date FROM attendance
WHERE participation IN ($1, $2) AND attendance_date BETWEEN $3 AND $4;

-- attendance::store::participations_lock
-- SQLite
SELECT id FROM participation WHERE id IN (?, ?) ORDER BY id;
-- PostgreSQL
SELECT id FROM participation WHERE id IN ($1, $2) ORDER BY id FOR UPDATE;

-- attendance::store::person_records
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
WHERE asked.id = $1 UNION ALL SELECT 'mark', mark.meeting, mark.mark_date || '-' || CAST(mark.number AS TEXT), 'workGroups/' || meeting.parent || '/meetings/' || mark.meeting,
'is marked ' || mark.kind || ' on ' || mark.mark_date || ' for participations/' || mark.subject || COALESCE(': ' || mark.reason, '')
FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN mark ON mark.person = same.id
JOIN meeting ON meeting.id = mark.meeting
WHERE asked.id = $1
UNION ALL
SELECT 'mark-draft', draft_mark.meeting, draft_mark.mark_date, 'workGroups/' || meeting.parent || '/meetings/' || draft_mark.meeting,
'is marked ' || draft_mark.kind || ' on ' || draft_mark.mark_date || ' for participations/' || draft_mark.subject || ' in a draft'
FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN draft_mark ON draft_mark.person = same.id
JOIN meeting ON meeting.id = draft_mark.meeting
WHERE asked.id = $1 UNION ALL
SELECT 'lead-participant', lead.participation, lead.start_date, 'participations/' || lead.participation,
'is a lead participant from ' || lead.start_date || COALESCE(' to ' || lead.end_date, '')
FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN lead_participant lead ON lead.person = same.id
WHERE asked.id = $1
UNION ALL
SELECT 'leader', leader.parent, leader.start_date, 'workGroups/' || leader.parent,
'leads from ' || leader.start_date || COALESCE(' to ' || leader.end_date, '')
FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN meeting_leader leader ON leader.person = same.id
WHERE asked.id = $1
UNION ALL
SELECT 'specialist', REPLACE(specialist.nomination, specialist.cohort || '/nominations/', ''), '-', specialist.nomination,
'is a specialist, nominated by hubs/' || specialist.hub
FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN specialist ON specialist.person = same.id
WHERE asked.id = $1) record
WHERE (kind, id, part) > ($2, $3, $4)
ORDER BY kind, id, part LIMIT $5;

-- history::store::claim_insert_imported
-- SQLite
INSERT INTO school_claim (programme, span, urn, participation, year_start_date, has_place) VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?)
ON CONFLICT (programme, span, urn) DO NOTHING;
-- PostgreSQL
INSERT INTO school_claim (programme, span, urn, participation, year_start_date, has_place) VALUES ($1, $2, $3, $4, $5, $6), ($7, $8, $9, $10, $11, $12)
ON CONFLICT (programme, span, urn) DO NOTHING;

-- history::store::claim_list
-- SQLite
SELECT claim.programme, claim.span, claim.urn, application.round, claim.application, claim.participation
FROM school_claim claim LEFT JOIN application ON application.id = claim.application
WHERE claim.urn IN (?, ?);
-- PostgreSQL
SELECT claim.programme, claim.span, claim.urn, application.round, claim.application, claim.participation
FROM school_claim claim LEFT JOIN application ON application.id = claim.application
WHERE claim.urn IN ($1, $2);

-- history::store::hub_list
-- SQLite
SELECT id FROM hub WHERE id IN (?, ?);
-- PostgreSQL
SELECT id FROM hub WHERE id IN ($1, $2);

-- history::store::imported_row_list
-- SQLite
SELECT programme, urn, first_academic_year, id, import_row FROM participation
WHERE import_row IS NOT NULL AND urn IN (?, ?);
-- PostgreSQL
SELECT programme, urn, first_academic_year, id, import_row FROM participation
WHERE import_row IS NOT NULL AND urn IN ($1, $2);

-- history::store::participation_insert_imported
-- SQLite
INSERT INTO participation (id, urn, hub, programme, first_academic_year, years_count, state, year_number, years_completed_count,
deferrals, deferred_years_count, last_date, version, import_source, import_row)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
-- PostgreSQL
INSERT INTO participation (id, urn, hub, programme, first_academic_year, years_count, state, year_number, years_completed_count,
deferrals, deferred_years_count, last_date, version, import_source, import_row)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15), ($16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30);

-- lead_participant::store::lead_participant_end
UPDATE lead_participant SET end_date = $3
WHERE participation = $4 AND end_date IS NULL AND person IN ($1, $2);

-- lead_participant::store::lead_participant_insert
-- SQLite
INSERT INTO lead_participant (participation, start_date, person) VALUES (?, ?, ?), (?, ?, ?);
-- PostgreSQL
INSERT INTO lead_participant (participation, start_date, person) VALUES ($1, $2, $3), ($4, $5, $6);

-- lead_participant::store::lead_participant_list
SELECT participation, start_date, person, end_date FROM lead_participant
WHERE participation = $1 ORDER BY start_date, person;

-- lead_participant::store::lead_participant_page
SELECT parent.parent_id, page.participation IS NOT NULL AS has_child, page.* FROM (SELECT id AS parent_id FROM participation WHERE id = $4 AND ($1 = '' OR COALESCE(CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = participation.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = participation.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = participation.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END, participation.hub) = $1) AND ($2 = 0 OR participation.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up))) AS parent LEFT JOIN (SELECT participation, start_date, person, end_date FROM lead_participant
WHERE participation = $4 AND (start_date, person) > ($5, $6)
ORDER BY start_date, person LIMIT $7) AS page ON TRUE ORDER BY page.start_date, page.person;

-- leader::store::cohort_year_put
-- SQLite
INSERT INTO cohort_year (cohort, programme, academic_year, leads_groups, is_last) VALUES (?, ?, ?, ?, ?), (?, ?, ?, ?, ?)
ON CONFLICT (cohort, academic_year)
DO UPDATE SET programme = excluded.programme, leads_groups = excluded.leads_groups, is_last = excluded.is_last;
-- PostgreSQL
INSERT INTO cohort_year (cohort, programme, academic_year, leads_groups, is_last) VALUES ($1, $2, $3, $4, $5), ($6, $7, $8, $9, $10)
ON CONFLICT (cohort, academic_year)
DO UPDATE SET programme = excluded.programme, leads_groups = excluded.leads_groups, is_last = excluded.is_last;

-- leader::store::leader_by_id
SELECT EXISTS (SELECT 1 FROM specialist) AS specialist_known,
EXISTS (SELECT 1 FROM specialist JOIN person same ON same.id = specialist.person
WHERE same.current_id = $1 AND EXISTS (SELECT 1 FROM cohort_year training WHERE training.cohort = specialist.cohort AND training.programme = $2
AND ((training.leads_groups AND training.academic_year = $3) OR (training.is_last AND training.academic_year < $3)))) AS leads_groups,
EXISTS (SELECT 1 FROM specialist JOIN person same ON same.id = specialist.person
WHERE same.current_id = $1 AND EXISTS (SELECT 1 FROM cohort_year passed WHERE passed.cohort = specialist.cohort AND passed.is_last AND passed.academic_year < $3)) AS has_completed,
EXISTS (SELECT 1 FROM person_appointment appointment JOIN person same ON same.id = appointment.person
WHERE same.current_id = $1 AND appointment.start_date <= $4 AND (appointment.end_date IS NULL OR appointment.end_date >= $4)) AS is_appointed;

-- leader::store::specialist_delete
DELETE FROM specialist WHERE nomination = $1;

-- leader::store::specialist_delete_all
DELETE FROM cohort_year;

-- leader::store::specialist_delete_all
DELETE FROM specialist;

-- leader::store::specialist_put
INSERT INTO specialist (nomination, cohort, person, hub) VALUES ($1, $2, $3, $4)
ON CONFLICT (nomination) DO UPDATE SET person = excluded.person, hub = excluded.hub;

-- membership::store::find_last_start_date
SELECT MAX(start_date) FROM membership WHERE work_group = $1 AND start_date <= $2;

-- membership::store::member_list
SELECT membership.participation, membership.academic_year, membership.start_date, membership.work_group, participation.urn, membership.end_date
FROM membership JOIN participation ON participation.id = membership.participation WHERE membership.work_group = $1 AND membership.end_date IS NULL ORDER BY membership.participation;

-- membership::store::membership_delete
DELETE FROM membership WHERE participation = $1 AND academic_year = $2 AND start_date = $3;

-- membership::store::membership_end_all
DELETE FROM membership WHERE work_group = $1 AND start_date > $2;

-- membership::store::membership_end_all
UPDATE membership SET end_date = $1 WHERE work_group = $2 AND (end_date IS NULL OR end_date > $1);

-- membership::store::membership_insert
-- SQLite
INSERT INTO membership (participation, academic_year, start_date, work_group, end_date) VALUES (?, ?, ?, ?, ?), (?, ?, ?, ?, ?);
-- PostgreSQL
INSERT INTO membership (participation, academic_year, start_date, work_group, end_date) VALUES ($1, $2, $3, $4, $5), ($6, $7, $8, $9, $10);

-- membership::store::membership_list
-- SQLite
SELECT membership.participation, membership.academic_year, membership.start_date, membership.work_group, participation.urn, membership.end_date
FROM membership JOIN participation ON participation.id = membership.participation WHERE membership.participation IN (?, ?) AND membership.academic_year = $3
ORDER BY membership.participation, membership.start_date;
-- PostgreSQL
SELECT membership.participation, membership.academic_year, membership.start_date, membership.work_group, participation.urn, membership.end_date
FROM membership JOIN participation ON participation.id = membership.participation WHERE membership.participation IN ($1, $2) AND membership.academic_year = $3
ORDER BY membership.participation, membership.start_date;

-- membership::store::membership_list_after
SELECT membership.participation, membership.academic_year, membership.start_date, membership.work_group, participation.urn, membership.end_date
FROM membership JOIN participation ON participation.id = membership.participation WHERE membership.participation = $1 AND (membership.end_date IS NULL OR membership.end_date > $2)
ORDER BY membership.academic_year, membership.start_date;

-- membership::store::membership_page
SELECT membership.participation, membership.academic_year, membership.start_date, membership.work_group, participation.urn, membership.end_date
FROM membership JOIN participation ON participation.id = membership.participation JOIN work_group ON work_group.id = membership.work_group
WHERE ($1 = '' OR ((work_group.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = work_group.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = work_group.hub AND closed.end_date < $3) THEN work_group.hub
ELSE COALESCE((SELECT chosen.hub FROM (SELECT CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = member.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = member.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT member.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT member.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = member.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END AS hub FROM meeting_subject member
WHERE member.parent = work_group.id AND (member.end_date IS NULL OR member.end_date = work_group.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), work_group.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = work_group.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR participation.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND ($5 = '' OR membership.work_group = $5)
AND ($6 = '' OR membership.participation = $6)
AND ($7 = '' OR (membership.start_date <= $7 AND (membership.end_date IS NULL OR membership.end_date >= $7)))
AND (membership.participation, membership.academic_year, membership.start_date) > ($8, $9, $10)
ORDER BY membership.participation, membership.academic_year, membership.start_date LIMIT $11;

-- membership::store::membership_update
UPDATE membership SET end_date = $1
WHERE participation = $2 AND academic_year = $3 AND start_date = $4;

-- participation::store::attended_update
-- SQLite
UPDATE participation SET version = given.column2, first_attendance_date = given.column3, last_attendance_date = given.column4
FROM (VALUES (?, ?, ?, ?), (?, ?, ?, ?)) AS given WHERE participation.id = given.column1;
-- PostgreSQL
UPDATE participation SET version = given.column2, first_attendance_date = given.column3, last_attendance_date = given.column4
FROM (VALUES ($1, $2, $3, $4), ($5, $6, $7, $8)) AS given WHERE participation.id = given.column1;

-- participation::store::chosen_hub_list
SELECT school.urn, CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = school.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = school.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT school.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT school.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = school.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END AS hub FROM school WHERE school.urn IN ($1, $2);

-- participation::store::find_participation
SELECT id, round, application, urn, hub, programme, first_academic_year, years_count, state, year_number, years_completed_count,
deferrals, deferred_years_count, last_date, accept_date, agreement_sign_date, agreement_document, agreement_document_version, first_attendance_date, last_attendance_date,
withdraw_reason, import_source, version, COALESCE(CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = participation.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = participation.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = participation.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END, participation.hub) AS current_hub FROM participation WHERE ($1 = '' OR COALESCE(CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = participation.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = participation.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = participation.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END, participation.hub) = $1) AND ($2 = 0 OR participation.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND id = $4;

-- participation::store::find_participation_for_update
-- SQLite
SELECT id, round, application, urn, hub, programme, first_academic_year, years_count, state, year_number, years_completed_count,
deferrals, deferred_years_count, last_date, accept_date, agreement_sign_date, agreement_document, agreement_document_version, first_attendance_date, last_attendance_date,
withdraw_reason, import_source, version, COALESCE(CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = participation.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = participation.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = participation.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END, participation.hub) AS current_hub FROM participation WHERE ($1 = '' OR COALESCE(CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = participation.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = participation.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = participation.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END, participation.hub) = $1) AND ($2 = 0 OR participation.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND id = $4;
-- PostgreSQL
SELECT id, round, application, urn, hub, programme, first_academic_year, years_count, state, year_number, years_completed_count,
deferrals, deferred_years_count, last_date, accept_date, agreement_sign_date, agreement_document, agreement_document_version, first_attendance_date, last_attendance_date,
withdraw_reason, import_source, version, COALESCE(CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = participation.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = participation.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = participation.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END, participation.hub) AS current_hub FROM participation WHERE ($1 = '' OR COALESCE(CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = participation.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = participation.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = participation.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END, participation.hub) = $1) AND ($2 = 0 OR participation.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND id = $4 FOR UPDATE;

-- participation::store::participation_insert
INSERT INTO participation (id, round, application, urn, hub, programme, first_academic_year, years_count, state, year_number, years_completed_count,
deferrals, deferred_years_count, last_date, accept_date, agreement_sign_date, agreement_document, agreement_document_version, first_attendance_date, last_attendance_date,
withdraw_reason, import_source, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
$11, $12, $13, $14, $15, $16, $17, $18,
$19, $20, $21, $22, $23);

-- participation::store::participation_list
SELECT id, round, application, urn, hub, programme, first_academic_year, years_count, state, year_number, years_completed_count,
deferrals, deferred_years_count, last_date, accept_date, agreement_sign_date, agreement_document, agreement_document_version, first_attendance_date, last_attendance_date,
withdraw_reason, import_source, version, COALESCE(CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = participation.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = participation.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $5)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $5)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $5 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = participation.urn AND choice.start_date <= $5 ORDER BY choice.start_date DESC LIMIT 1) END, participation.hub) AS current_hub FROM participation WHERE ($3 = '' OR COALESCE(CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = participation.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = participation.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $5)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $5)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $5 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = participation.urn AND choice.start_date <= $5 ORDER BY choice.start_date DESC LIMIT 1) END, participation.hub) = $3) AND ($4 = 0 OR participation.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $4
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $5)
SELECT up.urn FROM up)) AND id IN ($1, $2) ORDER BY id;

-- participation::store::participation_page
-- SQLite
SELECT page.*, closing.close_date AS closing_date,
(SELECT '[' || group_concat(link.successor_urn, ',') || ']'
FROM school_link link WHERE link.predecessor_urn = page.closing_urn) AS closing_successors FROM (SELECT found.* FROM (SELECT id, round, application, urn, hub, programme, first_academic_year, years_count, state, year_number, years_completed_count,
deferrals, deferred_years_count, last_date, accept_date, agreement_sign_date, agreement_document, agreement_document_version, first_attendance_date, last_attendance_date,
withdraw_reason, import_source, version, COALESCE(CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = participation.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = participation.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = participation.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END, participation.hub) AS current_hub, CASE WHEN participation.state IN ('enrolled', 'active', 'deferred') THEN CASE WHEN EXISTS (SELECT 1 FROM school own WHERE own.urn = participation.urn AND NOT (own.listed AND own.status_code = 1 AND own.close_date IS NULL)) THEN (SELECT CASE WHEN SUM(CASE WHEN (here.listed AND here.status_code = 1 AND here.close_date IS NULL) THEN 1 ELSE 0 END) = 0 THEN CAST(substr(MAX(CASE WHEN (NOT here.listed OR here.status_code IN (2, 3) OR here.close_date IS NOT NULL) THEN CASE WHEN here.status_code = 2 THEN '0' ELSE '1' END || COALESCE(here.close_date, '9999-99-99') || CAST(here.urn AS TEXT) END), 12) AS BIGINT) END
FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) line JOIN school here ON here.urn = line.urn) END END AS closing_urn,
(SELECT membership.work_group FROM membership
WHERE membership.participation = participation.id AND membership.academic_year = $4
AND (membership.end_date IS NULL OR membership.end_date >= $3)
ORDER BY membership.start_date LIMIT 1) AS present_group,
($3 >= $6 AND participation.state IN ('enrolled', 'active')
AND $5 - CAST(substr(participation.first_academic_year, 1, 4) AS BIGINT) - participation.deferred_years_count
BETWEEN participation.years_completed_count AND participation.years_count - 1 AND NOT EXISTS (SELECT 1 FROM membership
WHERE membership.participation = participation.id AND membership.academic_year = $4
AND (membership.end_date IS NULL OR membership.end_date >= $3))
AND EXISTS (SELECT 1 FROM programme_terms terms
WHERE terms.programme = participation.programme AND terms.work_group_shape IS NOT NULL
AND terms.version = (SELECT newest.version FROM programme_terms newest
WHERE newest.programme = participation.programme
AND newest.start_date <= CAST(CAST(substr(participation.first_academic_year, 1, 4) AS BIGINT)
+ participation.deferred_years_count AS TEXT) || '-09-01'
ORDER BY newest.start_date DESC, newest.version DESC LIMIT 1))) AS lacks_group,
CASE WHEN participation.state IN ('enrolled', 'active')
AND $5 - CAST(substr(participation.first_academic_year, 1, 4) AS BIGINT) - participation.deferred_years_count
BETWEEN participation.years_completed_count AND participation.years_count - 1 THEN (SELECT CASE WHEN COUNT(*) = 2 AND MAX(CASE WHEN EXISTS (SELECT 1 FROM mark WHERE mark.subject = participation.id AND mark.meeting = meeting.id AND mark.kind IN ('attended', 'part', 'substituted') AND NOT EXISTS (
SELECT 1 FROM mark later
WHERE later.meeting = mark.meeting AND later.mark_date = mark.mark_date AND later.person = mark.person AND later.number = mark.number + 1)) THEN 1 ELSE 0 END) = 0 THEN '[' || MIN('["' || meeting.start_date || '","' || meeting.parent || '","' || meeting.id || '"]') || ',' || MAX('["' || meeting.start_date || '","' || meeting.parent || '","' || meeting.id || '"]') || ']' END
FROM (SELECT meeting.id, meeting.parent, meeting.start_date FROM membership JOIN meeting ON meeting.parent = membership.work_group AND meeting.start_date >= membership.start_date
AND (membership.end_date IS NULL OR meeting.start_date <= membership.end_date)
WHERE membership.participation = participation.id AND membership.academic_year = $4 AND meeting.state = 'held' AND meeting.kind IN ('group', 'residential') AND (NOT EXISTS (SELECT 1 FROM meeting_expected named WHERE named.meeting = meeting.id)
OR EXISTS (SELECT 1 FROM meeting_expected named WHERE named.meeting = meeting.id AND named.subject = participation.id)) ORDER BY meeting.start_date DESC, meeting.parent DESC, meeting.id DESC LIMIT 2) meeting) END AS missed,
CASE WHEN participation.state IN ('enrolled', 'active') THEN (SELECT member.work_group
FROM membership member JOIN work_group ON work_group.id = member.work_group
WHERE member.participation = participation.id AND member.academic_year = $7 AND member.start_date <= $9
AND (member.end_date IS NULL OR member.end_date >= $9) AND work_group.support_visits_per_term_count > 0
AND NOT EXISTS (SELECT 1 FROM membership JOIN meeting ON meeting.parent = membership.work_group AND meeting.start_date >= membership.start_date
AND (membership.end_date IS NULL OR meeting.start_date <= membership.end_date)
WHERE membership.participation = participation.id AND membership.academic_year = $7 AND meeting.state = 'held' AND meeting.kind IN ('support_visit', 'peer_visit')
AND meeting.start_date BETWEEN $8 AND $10 AND (meeting.host_urn IN (SELECT line.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line) OR EXISTS (SELECT 1 FROM mark WHERE mark.subject = participation.id AND mark.meeting = meeting.id AND mark.kind IN ('attended', 'part', 'substituted') AND NOT EXISTS (
SELECT 1 FROM mark later
WHERE later.meeting = mark.meeting AND later.mark_date = mark.mark_date AND later.person = mark.person AND later.number = mark.number + 1)))) AND NOT EXISTS (SELECT 1 FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN meeting visit ON visit.host_urn = line.urn JOIN work_group visiting ON visiting.id = visit.parent
WHERE visiting.programme = participation.programme AND visit.state = 'held' AND visit.kind = 'peer_visit'
AND visit.start_date BETWEEN $8 AND $10) LIMIT 1) END AS unvisited_group,
CASE WHEN participation.state IN ('enrolled', 'active', 'deferred') THEN (SELECT MIN('["' || meeting.end_date || '","' || meeting.parent || '","' || meeting.id || '"]') FROM membership JOIN meeting ON meeting.parent = membership.work_group AND meeting.start_date >= membership.start_date
AND (membership.end_date IS NULL OR meeting.start_date <= membership.end_date)
WHERE membership.participation = participation.id AND meeting.state = 'planned' AND meeting.end_date < $3 AND (NOT EXISTS (SELECT 1 FROM meeting_expected named WHERE named.meeting = meeting.id)
OR EXISTS (SELECT 1 FROM meeting_expected named WHERE named.meeting = meeting.id AND named.subject = participation.id)) AND (meeting.kind <> 'support_visit' OR meeting.host_urn IN (SELECT line.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line))) END AS overdue,
CASE WHEN participation.state IN ('enrolled', 'active')
AND $5 - CAST(substr(participation.first_academic_year, 1, 4) AS BIGINT) - participation.deferred_years_count
BETWEEN participation.years_completed_count AND participation.years_count - 1 THEN (SELECT '["' || member.work_group || '","' || COALESCE(known.id, work_group.leader) || '"]'
FROM membership member JOIN work_group ON work_group.id = member.work_group
LEFT JOIN person recorded ON recorded.id = work_group.leader LEFT JOIN person known ON known.id = recorded.current_id
WHERE member.participation = participation.id AND member.academic_year = $4 AND member.end_date IS NULL
AND COALESCE(known.erased, TRUE)) END AS leaderless FROM (SELECT given.id AS candidate FROM participation given WHERE given.hub = $1 AND given.id > $21
UNION
SELECT moved.id FROM (SELECT kin.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT choice.urn FROM hub_choice choice WHERE choice.hub = $1
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT choice.urn FROM hub_choice choice WHERE choice.hub = $1
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) kin) line JOIN participation moved ON moved.urn = line.urn WHERE moved.id > $21) hub_line
JOIN participation ON participation.id = hub_line.candidate WHERE ($1 = '' OR COALESCE(CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = participation.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = participation.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = participation.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END, participation.hub) = $1) AND ($2 = 0 OR participation.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND ($18 = '' OR first_academic_year = $18) AND ($19 = '' OR state = $19)
AND ($20 = 0 OR participation.urn IN (SELECT line.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT $20
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT $20
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line)) AND id > $21) found
WHERE (NOT $11 OR ($12 AND found.closing_urn IS NOT NULL) OR ($13 AND found.lacks_group)
OR ($14 AND found.missed IS NOT NULL) OR ($15 AND found.unvisited_group IS NOT NULL)
OR ($16 AND found.overdue IS NOT NULL) OR ($17 AND found.leaderless IS NOT NULL)) ORDER BY found.id LIMIT $22) page LEFT JOIN school closing ON closing.urn = page.closing_urn ORDER BY page.id;
-- PostgreSQL
SELECT page.*, closing.close_date AS closing_date,
(SELECT '[' || string_agg(CAST(link.successor_urn AS TEXT), ',') || ']'
FROM school_link link WHERE link.predecessor_urn = page.closing_urn) AS closing_successors FROM (SELECT found.* FROM (SELECT id, round, application, urn, hub, programme, first_academic_year, years_count, state, year_number, years_completed_count,
deferrals, deferred_years_count, last_date, accept_date, agreement_sign_date, agreement_document, agreement_document_version, first_attendance_date, last_attendance_date,
withdraw_reason, import_source, version, COALESCE(CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = participation.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = participation.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = participation.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END, participation.hub) AS current_hub, CASE WHEN participation.state IN ('enrolled', 'active', 'deferred') THEN CASE WHEN EXISTS (SELECT 1 FROM school own WHERE own.urn = participation.urn AND NOT (own.listed AND own.status_code = 1 AND own.close_date IS NULL)) THEN (SELECT CASE WHEN SUM(CASE WHEN (here.listed AND here.status_code = 1 AND here.close_date IS NULL) THEN 1 ELSE 0 END) = 0 THEN CAST(substr(MAX(CASE WHEN (NOT here.listed OR here.status_code IN (2, 3) OR here.close_date IS NOT NULL) THEN CASE WHEN here.status_code = 2 THEN '0' ELSE '1' END || COALESCE(here.close_date, '9999-99-99') || CAST(here.urn AS TEXT) END), 12) AS BIGINT) END
FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) line JOIN school here ON here.urn = line.urn) END END AS closing_urn,
(SELECT membership.work_group FROM membership
WHERE membership.participation = participation.id AND membership.academic_year = $4
AND (membership.end_date IS NULL OR membership.end_date >= $3)
ORDER BY membership.start_date LIMIT 1) AS present_group,
($3 >= $6 AND participation.state IN ('enrolled', 'active')
AND $5 - CAST(substr(participation.first_academic_year, 1, 4) AS BIGINT) - participation.deferred_years_count
BETWEEN participation.years_completed_count AND participation.years_count - 1 AND NOT EXISTS (SELECT 1 FROM membership
WHERE membership.participation = participation.id AND membership.academic_year = $4
AND (membership.end_date IS NULL OR membership.end_date >= $3))
AND EXISTS (SELECT 1 FROM programme_terms terms
WHERE terms.programme = participation.programme AND terms.work_group_shape IS NOT NULL
AND terms.version = (SELECT newest.version FROM programme_terms newest
WHERE newest.programme = participation.programme
AND newest.start_date <= CAST(CAST(substr(participation.first_academic_year, 1, 4) AS BIGINT)
+ participation.deferred_years_count AS TEXT) || '-09-01'
ORDER BY newest.start_date DESC, newest.version DESC LIMIT 1))) AS lacks_group,
CASE WHEN participation.state IN ('enrolled', 'active')
AND $5 - CAST(substr(participation.first_academic_year, 1, 4) AS BIGINT) - participation.deferred_years_count
BETWEEN participation.years_completed_count AND participation.years_count - 1 THEN (SELECT CASE WHEN COUNT(*) = 2 AND MAX(CASE WHEN EXISTS (SELECT 1 FROM mark WHERE mark.subject = participation.id AND mark.meeting = meeting.id AND mark.kind IN ('attended', 'part', 'substituted') AND NOT EXISTS (
SELECT 1 FROM mark later
WHERE later.meeting = mark.meeting AND later.mark_date = mark.mark_date AND later.person = mark.person AND later.number = mark.number + 1)) THEN 1 ELSE 0 END) = 0 THEN '[' || MIN('["' || meeting.start_date || '","' || meeting.parent || '","' || meeting.id || '"]') || ',' || MAX('["' || meeting.start_date || '","' || meeting.parent || '","' || meeting.id || '"]') || ']' END
FROM (SELECT meeting.id, meeting.parent, meeting.start_date FROM membership JOIN meeting ON meeting.parent = membership.work_group AND meeting.start_date >= membership.start_date
AND (membership.end_date IS NULL OR meeting.start_date <= membership.end_date)
WHERE membership.participation = participation.id AND membership.academic_year = $4 AND meeting.state = 'held' AND meeting.kind IN ('group', 'residential') AND (NOT EXISTS (SELECT 1 FROM meeting_expected named WHERE named.meeting = meeting.id)
OR EXISTS (SELECT 1 FROM meeting_expected named WHERE named.meeting = meeting.id AND named.subject = participation.id)) ORDER BY meeting.start_date DESC, meeting.parent DESC, meeting.id DESC LIMIT 2) meeting) END AS missed,
CASE WHEN participation.state IN ('enrolled', 'active') THEN (SELECT member.work_group
FROM membership member JOIN work_group ON work_group.id = member.work_group
WHERE member.participation = participation.id AND member.academic_year = $7 AND member.start_date <= $9
AND (member.end_date IS NULL OR member.end_date >= $9) AND work_group.support_visits_per_term_count > 0
AND NOT EXISTS (SELECT 1 FROM membership JOIN meeting ON meeting.parent = membership.work_group AND meeting.start_date >= membership.start_date
AND (membership.end_date IS NULL OR meeting.start_date <= membership.end_date)
WHERE membership.participation = participation.id AND membership.academic_year = $7 AND meeting.state = 'held' AND meeting.kind IN ('support_visit', 'peer_visit')
AND meeting.start_date BETWEEN $8 AND $10 AND (meeting.host_urn IN (SELECT line.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line) OR EXISTS (SELECT 1 FROM mark WHERE mark.subject = participation.id AND mark.meeting = meeting.id AND mark.kind IN ('attended', 'part', 'substituted') AND NOT EXISTS (
SELECT 1 FROM mark later
WHERE later.meeting = mark.meeting AND later.mark_date = mark.mark_date AND later.person = mark.person AND later.number = mark.number + 1)))) AND NOT EXISTS (SELECT 1 FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN meeting visit ON visit.host_urn = line.urn JOIN work_group visiting ON visiting.id = visit.parent
WHERE visiting.programme = participation.programme AND visit.state = 'held' AND visit.kind = 'peer_visit'
AND visit.start_date BETWEEN $8 AND $10) LIMIT 1) END AS unvisited_group,
CASE WHEN participation.state IN ('enrolled', 'active', 'deferred') THEN (SELECT MIN('["' || meeting.end_date || '","' || meeting.parent || '","' || meeting.id || '"]') FROM membership JOIN meeting ON meeting.parent = membership.work_group AND meeting.start_date >= membership.start_date
AND (membership.end_date IS NULL OR meeting.start_date <= membership.end_date)
WHERE membership.participation = participation.id AND meeting.state = 'planned' AND meeting.end_date < $3 AND (NOT EXISTS (SELECT 1 FROM meeting_expected named WHERE named.meeting = meeting.id)
OR EXISTS (SELECT 1 FROM meeting_expected named WHERE named.meeting = meeting.id AND named.subject = participation.id)) AND (meeting.kind <> 'support_visit' OR meeting.host_urn IN (SELECT line.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line))) END AS overdue,
CASE WHEN participation.state IN ('enrolled', 'active')
AND $5 - CAST(substr(participation.first_academic_year, 1, 4) AS BIGINT) - participation.deferred_years_count
BETWEEN participation.years_completed_count AND participation.years_count - 1 THEN (SELECT '["' || member.work_group || '","' || COALESCE(known.id, work_group.leader) || '"]'
FROM membership member JOIN work_group ON work_group.id = member.work_group
LEFT JOIN person recorded ON recorded.id = work_group.leader LEFT JOIN person known ON known.id = recorded.current_id
WHERE member.participation = participation.id AND member.academic_year = $4 AND member.end_date IS NULL
AND COALESCE(known.erased, TRUE)) END AS leaderless FROM (SELECT given.id AS candidate FROM participation given WHERE given.hub = $1 AND given.id > $21
UNION
SELECT moved.id FROM (SELECT kin.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT choice.urn FROM hub_choice choice WHERE choice.hub = $1
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT choice.urn FROM hub_choice choice WHERE choice.hub = $1
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) kin) line JOIN participation moved ON moved.urn = line.urn WHERE moved.id > $21) hub_line
JOIN participation ON participation.id = hub_line.candidate WHERE ($1 = '' OR COALESCE(CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = participation.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = participation.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = participation.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END, participation.hub) = $1) AND ($2 = 0 OR participation.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND ($18 = '' OR first_academic_year = $18) AND ($19 = '' OR state = $19)
AND ($20 = 0 OR participation.urn IN (SELECT line.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT $20
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT $20
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line)) AND id > $21) found
WHERE (NOT $11 OR ($12 AND found.closing_urn IS NOT NULL) OR ($13 AND found.lacks_group)
OR ($14 AND found.missed IS NOT NULL) OR ($15 AND found.unvisited_group IS NOT NULL)
OR ($16 AND found.overdue IS NOT NULL) OR ($17 AND found.leaderless IS NOT NULL)) ORDER BY found.id LIMIT $22) page LEFT JOIN school closing ON closing.urn = page.closing_urn ORDER BY page.id;

-- participation::store::participation_page
-- SQLite
SELECT page.*, closing.close_date AS closing_date,
(SELECT '[' || group_concat(link.successor_urn, ',') || ']'
FROM school_link link WHERE link.predecessor_urn = page.closing_urn) AS closing_successors FROM (SELECT found.* FROM (SELECT id, round, application, urn, hub, programme, first_academic_year, years_count, state, year_number, years_completed_count,
deferrals, deferred_years_count, last_date, accept_date, agreement_sign_date, agreement_document, agreement_document_version, first_attendance_date, last_attendance_date,
withdraw_reason, import_source, version, COALESCE(CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = participation.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = participation.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = participation.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END, participation.hub) AS current_hub, CASE WHEN participation.state IN ('enrolled', 'active', 'deferred') THEN CASE WHEN EXISTS (SELECT 1 FROM school own WHERE own.urn = participation.urn AND NOT (own.listed AND own.status_code = 1 AND own.close_date IS NULL)) THEN (SELECT CASE WHEN SUM(CASE WHEN (here.listed AND here.status_code = 1 AND here.close_date IS NULL) THEN 1 ELSE 0 END) = 0 THEN CAST(substr(MAX(CASE WHEN (NOT here.listed OR here.status_code IN (2, 3) OR here.close_date IS NOT NULL) THEN CASE WHEN here.status_code = 2 THEN '0' ELSE '1' END || COALESCE(here.close_date, '9999-99-99') || CAST(here.urn AS TEXT) END), 12) AS BIGINT) END
FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) line JOIN school here ON here.urn = line.urn) END END AS closing_urn,
(SELECT membership.work_group FROM membership
WHERE membership.participation = participation.id AND membership.academic_year = $4
AND (membership.end_date IS NULL OR membership.end_date >= $3)
ORDER BY membership.start_date LIMIT 1) AS present_group,
($3 >= $6 AND participation.state IN ('enrolled', 'active')
AND $5 - CAST(substr(participation.first_academic_year, 1, 4) AS BIGINT) - participation.deferred_years_count
BETWEEN participation.years_completed_count AND participation.years_count - 1 AND NOT EXISTS (SELECT 1 FROM membership
WHERE membership.participation = participation.id AND membership.academic_year = $4
AND (membership.end_date IS NULL OR membership.end_date >= $3))
AND EXISTS (SELECT 1 FROM programme_terms terms
WHERE terms.programme = participation.programme AND terms.work_group_shape IS NOT NULL
AND terms.version = (SELECT newest.version FROM programme_terms newest
WHERE newest.programme = participation.programme
AND newest.start_date <= CAST(CAST(substr(participation.first_academic_year, 1, 4) AS BIGINT)
+ participation.deferred_years_count AS TEXT) || '-09-01'
ORDER BY newest.start_date DESC, newest.version DESC LIMIT 1))) AS lacks_group,
CASE WHEN participation.state IN ('enrolled', 'active')
AND $5 - CAST(substr(participation.first_academic_year, 1, 4) AS BIGINT) - participation.deferred_years_count
BETWEEN participation.years_completed_count AND participation.years_count - 1 THEN (SELECT CASE WHEN COUNT(*) = 2 AND MAX(CASE WHEN EXISTS (SELECT 1 FROM mark WHERE mark.subject = participation.id AND mark.meeting = meeting.id AND mark.kind IN ('attended', 'part', 'substituted') AND NOT EXISTS (
SELECT 1 FROM mark later
WHERE later.meeting = mark.meeting AND later.mark_date = mark.mark_date AND later.person = mark.person AND later.number = mark.number + 1)) THEN 1 ELSE 0 END) = 0 THEN '[' || MIN('["' || meeting.start_date || '","' || meeting.parent || '","' || meeting.id || '"]') || ',' || MAX('["' || meeting.start_date || '","' || meeting.parent || '","' || meeting.id || '"]') || ']' END
FROM (SELECT meeting.id, meeting.parent, meeting.start_date FROM membership JOIN meeting ON meeting.parent = membership.work_group AND meeting.start_date >= membership.start_date
AND (membership.end_date IS NULL OR meeting.start_date <= membership.end_date)
WHERE membership.participation = participation.id AND membership.academic_year = $4 AND meeting.state = 'held' AND meeting.kind IN ('group', 'residential') AND (NOT EXISTS (SELECT 1 FROM meeting_expected named WHERE named.meeting = meeting.id)
OR EXISTS (SELECT 1 FROM meeting_expected named WHERE named.meeting = meeting.id AND named.subject = participation.id)) ORDER BY meeting.start_date DESC, meeting.parent DESC, meeting.id DESC LIMIT 2) meeting) END AS missed,
CASE WHEN participation.state IN ('enrolled', 'active') THEN (SELECT member.work_group
FROM membership member JOIN work_group ON work_group.id = member.work_group
WHERE member.participation = participation.id AND member.academic_year = $7 AND member.start_date <= $9
AND (member.end_date IS NULL OR member.end_date >= $9) AND work_group.support_visits_per_term_count > 0
AND NOT EXISTS (SELECT 1 FROM membership JOIN meeting ON meeting.parent = membership.work_group AND meeting.start_date >= membership.start_date
AND (membership.end_date IS NULL OR meeting.start_date <= membership.end_date)
WHERE membership.participation = participation.id AND membership.academic_year = $7 AND meeting.state = 'held' AND meeting.kind IN ('support_visit', 'peer_visit')
AND meeting.start_date BETWEEN $8 AND $10 AND (meeting.host_urn IN (SELECT line.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line) OR EXISTS (SELECT 1 FROM mark WHERE mark.subject = participation.id AND mark.meeting = meeting.id AND mark.kind IN ('attended', 'part', 'substituted') AND NOT EXISTS (
SELECT 1 FROM mark later
WHERE later.meeting = mark.meeting AND later.mark_date = mark.mark_date AND later.person = mark.person AND later.number = mark.number + 1)))) AND NOT EXISTS (SELECT 1 FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN meeting visit ON visit.host_urn = line.urn JOIN work_group visiting ON visiting.id = visit.parent
WHERE visiting.programme = participation.programme AND visit.state = 'held' AND visit.kind = 'peer_visit'
AND visit.start_date BETWEEN $8 AND $10) LIMIT 1) END AS unvisited_group,
CASE WHEN participation.state IN ('enrolled', 'active', 'deferred') THEN (SELECT MIN('["' || meeting.end_date || '","' || meeting.parent || '","' || meeting.id || '"]') FROM membership JOIN meeting ON meeting.parent = membership.work_group AND meeting.start_date >= membership.start_date
AND (membership.end_date IS NULL OR meeting.start_date <= membership.end_date)
WHERE membership.participation = participation.id AND meeting.state = 'planned' AND meeting.end_date < $3 AND (NOT EXISTS (SELECT 1 FROM meeting_expected named WHERE named.meeting = meeting.id)
OR EXISTS (SELECT 1 FROM meeting_expected named WHERE named.meeting = meeting.id AND named.subject = participation.id)) AND (meeting.kind <> 'support_visit' OR meeting.host_urn IN (SELECT line.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line))) END AS overdue,
CASE WHEN participation.state IN ('enrolled', 'active')
AND $5 - CAST(substr(participation.first_academic_year, 1, 4) AS BIGINT) - participation.deferred_years_count
BETWEEN participation.years_completed_count AND participation.years_count - 1 THEN (SELECT '["' || member.work_group || '","' || COALESCE(known.id, work_group.leader) || '"]'
FROM membership member JOIN work_group ON work_group.id = member.work_group
LEFT JOIN person recorded ON recorded.id = work_group.leader LEFT JOIN person known ON known.id = recorded.current_id
WHERE member.participation = participation.id AND member.academic_year = $4 AND member.end_date IS NULL
AND COALESCE(known.erased, TRUE)) END AS leaderless FROM participation WHERE ($1 = '' OR COALESCE(CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = participation.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = participation.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = participation.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END, participation.hub) = $1) AND ($2 = 0 OR participation.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND ($18 = '' OR first_academic_year = $18) AND ($19 = '' OR state = $19)
AND ($20 = 0 OR participation.urn IN (SELECT line.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT $20
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT $20
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line)) AND id > $21) found
WHERE (NOT $11 OR ($12 AND found.closing_urn IS NOT NULL) OR ($13 AND found.lacks_group)
OR ($14 AND found.missed IS NOT NULL) OR ($15 AND found.unvisited_group IS NOT NULL)
OR ($16 AND found.overdue IS NOT NULL) OR ($17 AND found.leaderless IS NOT NULL)) ORDER BY found.id LIMIT $22) page LEFT JOIN school closing ON closing.urn = page.closing_urn ORDER BY page.id;
-- PostgreSQL
SELECT page.*, closing.close_date AS closing_date,
(SELECT '[' || string_agg(CAST(link.successor_urn AS TEXT), ',') || ']'
FROM school_link link WHERE link.predecessor_urn = page.closing_urn) AS closing_successors FROM (SELECT found.* FROM (SELECT id, round, application, urn, hub, programme, first_academic_year, years_count, state, year_number, years_completed_count,
deferrals, deferred_years_count, last_date, accept_date, agreement_sign_date, agreement_document, agreement_document_version, first_attendance_date, last_attendance_date,
withdraw_reason, import_source, version, COALESCE(CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = participation.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = participation.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = participation.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END, participation.hub) AS current_hub, CASE WHEN participation.state IN ('enrolled', 'active', 'deferred') THEN CASE WHEN EXISTS (SELECT 1 FROM school own WHERE own.urn = participation.urn AND NOT (own.listed AND own.status_code = 1 AND own.close_date IS NULL)) THEN (SELECT CASE WHEN SUM(CASE WHEN (here.listed AND here.status_code = 1 AND here.close_date IS NULL) THEN 1 ELSE 0 END) = 0 THEN CAST(substr(MAX(CASE WHEN (NOT here.listed OR here.status_code IN (2, 3) OR here.close_date IS NOT NULL) THEN CASE WHEN here.status_code = 2 THEN '0' ELSE '1' END || COALESCE(here.close_date, '9999-99-99') || CAST(here.urn AS TEXT) END), 12) AS BIGINT) END
FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) line JOIN school here ON here.urn = line.urn) END END AS closing_urn,
(SELECT membership.work_group FROM membership
WHERE membership.participation = participation.id AND membership.academic_year = $4
AND (membership.end_date IS NULL OR membership.end_date >= $3)
ORDER BY membership.start_date LIMIT 1) AS present_group,
($3 >= $6 AND participation.state IN ('enrolled', 'active')
AND $5 - CAST(substr(participation.first_academic_year, 1, 4) AS BIGINT) - participation.deferred_years_count
BETWEEN participation.years_completed_count AND participation.years_count - 1 AND NOT EXISTS (SELECT 1 FROM membership
WHERE membership.participation = participation.id AND membership.academic_year = $4
AND (membership.end_date IS NULL OR membership.end_date >= $3))
AND EXISTS (SELECT 1 FROM programme_terms terms
WHERE terms.programme = participation.programme AND terms.work_group_shape IS NOT NULL
AND terms.version = (SELECT newest.version FROM programme_terms newest
WHERE newest.programme = participation.programme
AND newest.start_date <= CAST(CAST(substr(participation.first_academic_year, 1, 4) AS BIGINT)
+ participation.deferred_years_count AS TEXT) || '-09-01'
ORDER BY newest.start_date DESC, newest.version DESC LIMIT 1))) AS lacks_group,
CASE WHEN participation.state IN ('enrolled', 'active')
AND $5 - CAST(substr(participation.first_academic_year, 1, 4) AS BIGINT) - participation.deferred_years_count
BETWEEN participation.years_completed_count AND participation.years_count - 1 THEN (SELECT CASE WHEN COUNT(*) = 2 AND MAX(CASE WHEN EXISTS (SELECT 1 FROM mark WHERE mark.subject = participation.id AND mark.meeting = meeting.id AND mark.kind IN ('attended', 'part', 'substituted') AND NOT EXISTS (
SELECT 1 FROM mark later
WHERE later.meeting = mark.meeting AND later.mark_date = mark.mark_date AND later.person = mark.person AND later.number = mark.number + 1)) THEN 1 ELSE 0 END) = 0 THEN '[' || MIN('["' || meeting.start_date || '","' || meeting.parent || '","' || meeting.id || '"]') || ',' || MAX('["' || meeting.start_date || '","' || meeting.parent || '","' || meeting.id || '"]') || ']' END
FROM (SELECT meeting.id, meeting.parent, meeting.start_date FROM membership JOIN meeting ON meeting.parent = membership.work_group AND meeting.start_date >= membership.start_date
AND (membership.end_date IS NULL OR meeting.start_date <= membership.end_date)
WHERE membership.participation = participation.id AND membership.academic_year = $4 AND meeting.state = 'held' AND meeting.kind IN ('group', 'residential') AND (NOT EXISTS (SELECT 1 FROM meeting_expected named WHERE named.meeting = meeting.id)
OR EXISTS (SELECT 1 FROM meeting_expected named WHERE named.meeting = meeting.id AND named.subject = participation.id)) ORDER BY meeting.start_date DESC, meeting.parent DESC, meeting.id DESC LIMIT 2) meeting) END AS missed,
CASE WHEN participation.state IN ('enrolled', 'active') THEN (SELECT member.work_group
FROM membership member JOIN work_group ON work_group.id = member.work_group
WHERE member.participation = participation.id AND member.academic_year = $7 AND member.start_date <= $9
AND (member.end_date IS NULL OR member.end_date >= $9) AND work_group.support_visits_per_term_count > 0
AND NOT EXISTS (SELECT 1 FROM membership JOIN meeting ON meeting.parent = membership.work_group AND meeting.start_date >= membership.start_date
AND (membership.end_date IS NULL OR meeting.start_date <= membership.end_date)
WHERE membership.participation = participation.id AND membership.academic_year = $7 AND meeting.state = 'held' AND meeting.kind IN ('support_visit', 'peer_visit')
AND meeting.start_date BETWEEN $8 AND $10 AND (meeting.host_urn IN (SELECT line.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line) OR EXISTS (SELECT 1 FROM mark WHERE mark.subject = participation.id AND mark.meeting = meeting.id AND mark.kind IN ('attended', 'part', 'substituted') AND NOT EXISTS (
SELECT 1 FROM mark later
WHERE later.meeting = mark.meeting AND later.mark_date = mark.mark_date AND later.person = mark.person AND later.number = mark.number + 1)))) AND NOT EXISTS (SELECT 1 FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN meeting visit ON visit.host_urn = line.urn JOIN work_group visiting ON visiting.id = visit.parent
WHERE visiting.programme = participation.programme AND visit.state = 'held' AND visit.kind = 'peer_visit'
AND visit.start_date BETWEEN $8 AND $10) LIMIT 1) END AS unvisited_group,
CASE WHEN participation.state IN ('enrolled', 'active', 'deferred') THEN (SELECT MIN('["' || meeting.end_date || '","' || meeting.parent || '","' || meeting.id || '"]') FROM membership JOIN meeting ON meeting.parent = membership.work_group AND meeting.start_date >= membership.start_date
AND (membership.end_date IS NULL OR meeting.start_date <= membership.end_date)
WHERE membership.participation = participation.id AND meeting.state = 'planned' AND meeting.end_date < $3 AND (NOT EXISTS (SELECT 1 FROM meeting_expected named WHERE named.meeting = meeting.id)
OR EXISTS (SELECT 1 FROM meeting_expected named WHERE named.meeting = meeting.id AND named.subject = participation.id)) AND (meeting.kind <> 'support_visit' OR meeting.host_urn IN (SELECT line.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line))) END AS overdue,
CASE WHEN participation.state IN ('enrolled', 'active')
AND $5 - CAST(substr(participation.first_academic_year, 1, 4) AS BIGINT) - participation.deferred_years_count
BETWEEN participation.years_completed_count AND participation.years_count - 1 THEN (SELECT '["' || member.work_group || '","' || COALESCE(known.id, work_group.leader) || '"]'
FROM membership member JOIN work_group ON work_group.id = member.work_group
LEFT JOIN person recorded ON recorded.id = work_group.leader LEFT JOIN person known ON known.id = recorded.current_id
WHERE member.participation = participation.id AND member.academic_year = $4 AND member.end_date IS NULL
AND COALESCE(known.erased, TRUE)) END AS leaderless FROM participation WHERE ($1 = '' OR COALESCE(CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = participation.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = participation.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = participation.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END, participation.hub) = $1) AND ($2 = 0 OR participation.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND ($18 = '' OR first_academic_year = $18) AND ($19 = '' OR state = $19)
AND ($20 = 0 OR participation.urn IN (SELECT line.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT $20
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT $20
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line)) AND id > $21) found
WHERE (NOT $11 OR ($12 AND found.closing_urn IS NOT NULL) OR ($13 AND found.lacks_group)
OR ($14 AND found.missed IS NOT NULL) OR ($15 AND found.unvisited_group IS NOT NULL)
OR ($16 AND found.overdue IS NOT NULL) OR ($17 AND found.leaderless IS NOT NULL)) ORDER BY found.id LIMIT $22) page LEFT JOIN school closing ON closing.urn = page.closing_urn ORDER BY page.id;

-- participation::store::participation_update
UPDATE participation SET state = $1, year_number = $2, years_completed_count = $3,
deferrals = $4, deferred_years_count = $5, last_date = $6, withdraw_reason = $7, version = $8, agreement_sign_date = $9,
agreement_document = $10, agreement_document_version = $11,
first_attendance_date = $12, last_attendance_date = $13
WHERE id = $14;

-- places::store::cold_accepted_count
SELECT COUNT(*) FROM application
WHERE round = $1 AND hub = $2 AND programme = $3 AND state = 'accepted' AND COALESCE(coldness_rank > 0 AND (coldness_rank - 1) * 1000 < $4 * coldness_ranked_count, FALSE);

-- places::store::find_places_for_update
-- SQLite
SELECT round, hub, programme, places_count, accepted_count, cold_accepted_count, cold_permille, reserved_count, reserve_change_date, version FROM places
WHERE round = $1 AND hub = $2 AND programme = $3;
-- PostgreSQL
SELECT round, hub, programme, places_count, accepted_count, cold_accepted_count, cold_permille, reserved_count, reserve_change_date, version FROM places
WHERE round = $1 AND hub = $2 AND programme = $3 FOR UPDATE;

-- places::store::hub_authority_list
SELECT hub.id, hub.start_date, hub.end_date, authority.old_la_code
FROM hub LEFT JOIN hub_authority authority ON authority.hub = hub.id ORDER BY hub.id, authority.old_la_code;

-- places::store::place_free
UPDATE places SET accepted_count = accepted_count - 1,
cold_accepted_count = cold_accepted_count - CASE WHEN COALESCE($4 > 0 AND ($4 - 1) * 1000 < cold_permille * $5, FALSE) THEN 1 ELSE 0 END
WHERE round = $1 AND hub = $2 AND programme = $3 RETURNING round, hub, programme, places_count, accepted_count, cold_accepted_count, cold_permille, reserved_count, reserve_change_date, version;

-- places::store::place_take
UPDATE places SET accepted_count = accepted_count + 1,
cold_accepted_count = cold_accepted_count + CASE WHEN COALESCE($5 > 0 AND ($5 - 1) * 1000 < cold_permille * $6, FALSE) THEN 1 ELSE 0 END
WHERE round = $1 AND hub = $2 AND programme = $3 AND accepted_count < places_count
AND (reserve_change_date IS NULL OR reserve_change_date > $4)
AND (accepted_count - cold_accepted_count < places_count - reserved_count OR COALESCE($5 > 0 AND ($5 - 1) * 1000 < cold_permille * $6, FALSE));

-- places::store::places_insert
INSERT INTO places (round, hub, programme, places_count, accepted_count, cold_accepted_count, cold_permille, reserved_count, reserve_change_date, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8,
$9, $10)
ON CONFLICT (round, hub, programme) DO NOTHING;

-- places::store::places_of_programme
SELECT round, hub, programme, places_count, accepted_count, cold_accepted_count, cold_permille, reserved_count, reserve_change_date, version FROM places WHERE round = $1 AND programme = $2 ORDER BY hub;

-- places::store::places_page
SELECT parent.parent_id, page.hub IS NOT NULL AS has_child, page.* FROM (SELECT id AS parent_id FROM round WHERE id = $3 UNION ALL SELECT '-' WHERE $3 = '-') AS parent LEFT JOIN (SELECT round, hub, programme, places_count, accepted_count, cold_accepted_count, cold_permille, reserved_count, reserve_change_date, version FROM places
WHERE ($1 = '' OR hub = $1) AND $2 = 0 AND ($3 = '-' OR round = $3)
AND ($4 = '' OR hub = $4) AND (round, hub, programme) > ($5, $6, $7)
ORDER BY round, hub, programme LIMIT $8) AS page ON TRUE ORDER BY page.round, page.hub, page.programme;

-- places::store::places_update
UPDATE places SET places_count = $1, cold_accepted_count = $2, cold_permille = $3,
reserved_count = $4, reserve_change_date = $5, version = $6
WHERE round = $7 AND hub = $8 AND programme = $9;

-- places::store::reserve_review
-- SQLite
UPDATE places SET reserve_change_date = $1 WHERE round = $2;
-- PostgreSQL
WITH locked AS (SELECT hub, programme FROM places WHERE round = $2 ORDER BY hub, programme FOR UPDATE)
UPDATE places SET reserve_change_date = $1 WHERE round = $2
AND (hub, programme) IN (SELECT hub, programme FROM locked);

-- places::store::school_group_list
WITH RECURSIVE
reached (urn) AS (
SELECT urn FROM participation WHERE programme = $1 AND state <> 'cancelled'
UNION
SELECT link.successor_urn FROM reached JOIN school_link link ON link.predecessor_urn = reached.urn
WHERE NOT link.is_split AND link.established_date <= $2),
chooser (urn) AS (SELECT DISTINCT urn FROM hub_choice WHERE start_date <= $2),
later (chooser, urn) AS (
SELECT urn, urn FROM chooser
UNION
SELECT later.chooser, link.successor_urn FROM later JOIN school_link link ON link.predecessor_urn = later.urn
WHERE NOT link.is_split AND link.established_date <= $2),
earlier (chooser, urn) AS (
SELECT urn, urn FROM chooser
UNION
SELECT earlier.chooser, link.predecessor_urn FROM earlier JOIN school_link link ON link.successor_urn = earlier.urn
WHERE NOT link.is_split AND link.established_date <= $2),
line (chooser, urn, descends) AS (
SELECT either.chooser, either.urn, MAX(either.descends)
FROM (SELECT chooser, urn, 1 AS descends FROM earlier UNION ALL SELECT chooser, urn, 0 AS descends FROM later) either
GROUP BY either.chooser, either.urn),
choice (urn, hub, number) AS (
SELECT line.urn, made.hub,
ROW_NUMBER() OVER (PARTITION BY line.urn ORDER BY made.start_date DESC, line.descends DESC, made.urn DESC)
FROM line JOIN hub_choice made ON made.urn = line.chooser WHERE made.start_date <= $2)
SELECT choice.hub, school.old_la_code, COUNT(*) AS schools_count,
SUM(CASE WHEN reached.urn IS NULL THEN 1 ELSE 0 END) AS schools_never_reached_count
FROM school JOIN class_verdict verdict ON verdict.eligibility = $3 AND verdict.type_group_code = school.type_group_code AND verdict.phase_code = school.phase_code AND verdict.low_age = school.low_age AND verdict.high_age = school.high_age LEFT JOIN choice ON choice.urn = school.urn AND choice.number = 1
LEFT JOIN reached ON reached.urn = school.urn
WHERE verdict.is_eligible AND school.listed AND school.status_code IN (1, 3) AND school.region_code <> '' GROUP BY choice.hub, school.old_la_code;

-- round::store::fifth_list
-- SQLite
WITH wanted (programme, eligibility, phase_of_all_through) AS (VALUES (?, ?, ?), (?, ?, ?)),
ranking AS (
SELECT wanted.programme, wanted.eligibility, wanted.phase_of_all_through,
(SELECT publication.name FROM reach_publication publication
WHERE publication.true_on_date <= $7 AND publication.known_on_date <= $7
AND (publication.is_final OR CAST($9 AS BOOLEAN))
AND EXISTS (
SELECT 1 FROM cold_area area
WHERE area.reach_publication = publication.name AND area.programme = wanted.programme)
ORDER BY publication.true_on_date DESC, publication.known_on_date DESC, publication.position DESC LIMIT 1) AS reach_publication
FROM wanted),
ranked AS (
SELECT ranking.programme, area.education_phase, COUNT(*) AS ranked_count
FROM ranking JOIN cold_area area ON area.reach_publication = ranking.reach_publication AND area.programme = ranking.programme
WHERE area.rank > 0 GROUP BY ranking.programme, area.education_phase),
judged AS (
SELECT ranking.programme, ranking.reach_publication, ranking.eligibility, school.old_la_code, school.former_old_la_code,
school.type_group_code, school.phase_code, school.low_age, school.high_age,
CASE school.education_phase WHEN $8 THEN ranking.phase_of_all_through ELSE school.education_phase END AS phase
FROM ranking CROSS JOIN school WHERE school.listed AND school.status_code IN (1, 3) AND school.region_code <> ''),
placed AS (
SELECT judged.programme, judged.reach_publication, COALESCE(own.old_la_code, former.old_la_code, judged.old_la_code) AS old_la_code,
COALESCE(own.rank, former.rank, 0) AS rank, COALESCE(ranked.ranked_count, 0) AS ranked_count
FROM judged JOIN class_verdict verdict ON verdict.eligibility = judged.eligibility AND verdict.type_group_code = judged.type_group_code AND verdict.phase_code = judged.phase_code AND verdict.low_age = judged.low_age AND verdict.high_age = judged.high_age LEFT JOIN cold_area own ON own.reach_publication = judged.reach_publication AND own.old_la_code = judged.old_la_code
AND own.programme = judged.programme AND own.education_phase = judged.phase
LEFT JOIN cold_area former ON former.reach_publication = judged.reach_publication AND former.old_la_code = judged.former_old_la_code
AND former.programme = judged.programme AND former.education_phase = judged.phase
LEFT JOIN ranked ON ranked.programme = judged.programme AND ranked.education_phase = judged.phase
WHERE verdict.is_eligible)
SELECT fifth.programme, fifth.coldness_fifth, fifth.reach_publication, COUNT(*) AS schools_count,
COUNT(DISTINCT fifth.old_la_code) AS authorities_count
FROM (SELECT placed.programme, placed.reach_publication, placed.old_la_code, CASE WHEN placed.rank > placed.ranked_count THEN 5 WHEN placed.rank > 0 THEN (placed.rank - 1) * 5 / placed.ranked_count + 1 ELSE 0 END AS coldness_fifth FROM placed) fifth
GROUP BY fifth.programme, fifth.coldness_fifth, fifth.reach_publication
ORDER BY fifth.programme, fifth.coldness_fifth;
-- PostgreSQL
WITH wanted (programme, eligibility, phase_of_all_through) AS (VALUES ($1, $2, $3), ($4, $5, $6)),
ranking AS (
SELECT wanted.programme, wanted.eligibility, wanted.phase_of_all_through,
(SELECT publication.name FROM reach_publication publication
WHERE publication.true_on_date <= $7 AND publication.known_on_date <= $7
AND (publication.is_final OR CAST($9 AS BOOLEAN))
AND EXISTS (
SELECT 1 FROM cold_area area
WHERE area.reach_publication = publication.name AND area.programme = wanted.programme)
ORDER BY publication.true_on_date DESC, publication.known_on_date DESC, publication.position DESC LIMIT 1) AS reach_publication
FROM wanted),
ranked AS (
SELECT ranking.programme, area.education_phase, COUNT(*) AS ranked_count
FROM ranking JOIN cold_area area ON area.reach_publication = ranking.reach_publication AND area.programme = ranking.programme
WHERE area.rank > 0 GROUP BY ranking.programme, area.education_phase),
judged AS (
SELECT ranking.programme, ranking.reach_publication, ranking.eligibility, school.old_la_code, school.former_old_la_code,
school.type_group_code, school.phase_code, school.low_age, school.high_age,
CASE school.education_phase WHEN $8 THEN ranking.phase_of_all_through ELSE school.education_phase END AS phase
FROM ranking CROSS JOIN school WHERE school.listed AND school.status_code IN (1, 3) AND school.region_code <> ''),
placed AS (
SELECT judged.programme, judged.reach_publication, COALESCE(own.old_la_code, former.old_la_code, judged.old_la_code) AS old_la_code,
COALESCE(own.rank, former.rank, 0) AS rank, COALESCE(ranked.ranked_count, 0) AS ranked_count
FROM judged JOIN class_verdict verdict ON verdict.eligibility = judged.eligibility AND verdict.type_group_code = judged.type_group_code AND verdict.phase_code = judged.phase_code AND verdict.low_age = judged.low_age AND verdict.high_age = judged.high_age LEFT JOIN cold_area own ON own.reach_publication = judged.reach_publication AND own.old_la_code = judged.old_la_code
AND own.programme = judged.programme AND own.education_phase = judged.phase
LEFT JOIN cold_area former ON former.reach_publication = judged.reach_publication AND former.old_la_code = judged.former_old_la_code
AND former.programme = judged.programme AND former.education_phase = judged.phase
LEFT JOIN ranked ON ranked.programme = judged.programme AND ranked.education_phase = judged.phase
WHERE verdict.is_eligible)
SELECT fifth.programme, fifth.coldness_fifth, fifth.reach_publication, COUNT(*) AS schools_count,
COUNT(DISTINCT fifth.old_la_code) AS authorities_count
FROM (SELECT placed.programme, placed.reach_publication, placed.old_la_code, CASE WHEN placed.rank > placed.ranked_count THEN 5 WHEN placed.rank > 0 THEN (placed.rank - 1) * 5 / placed.ranked_count + 1 ELSE 0 END AS coldness_fifth FROM placed) fifth
GROUP BY fifth.programme, fifth.coldness_fifth, fifth.reach_publication
ORDER BY fifth.programme, fifth.coldness_fifth;

-- round::store::programme_insert
-- SQLite
INSERT INTO round_programme (round, programme) VALUES (?, ?), (?, ?) ON CONFLICT (round, programme) DO NOTHING;
-- PostgreSQL
INSERT INTO round_programme (round, programme) VALUES ($1, $2), ($3, $4) ON CONFLICT (round, programme) DO NOTHING;

-- round::store::progress_list
SELECT judged.hub, judged.programme, judged.state, judged.coldness_fifth, COUNT(*) AS applications_count
FROM (SELECT hub, programme, state, CASE WHEN coldness_rank > coldness_ranked_count THEN 5 WHEN coldness_rank > 0 THEN (coldness_rank - 1) * 5 / coldness_ranked_count + 1 ELSE 0 END AS coldness_fifth FROM application
WHERE ($1 = '' OR hub = $1) AND ($2 = 0 OR urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND round = $4 AND ($5 = '' OR programme = $5)) judged
GROUP BY judged.hub, judged.programme, judged.state, judged.coldness_fifth
ORDER BY judged.programme, judged.hub, judged.coldness_fifth, judged.state;

-- round::store::queue_number_take
UPDATE round SET next_queue_number = next_queue_number + CASE WHEN cancel_reason IS NULL THEN 1 ELSE 0 END
WHERE id = $4 AND EXISTS (
SELECT 1 FROM application WHERE ($1 = '' OR application.hub = $1) AND ($2 = 0 OR application.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND application.round = $4 AND application.id = $5)
RETURNING next_queue_number - 1 AS queue_number, id AS round_id, display_name AS round_display_name, academic_year AS round_academic_year,
window_start_date AS round_window_start_date, window_end_date AS round_window_end_date,
offer_days_count AS round_offer_days_count, programmes AS round_programmes,
place_order_policies AS round_place_order_policies, cancel_reason AS round_cancel_reason, version AS round_version;

-- round::store::round_by_id
SELECT id AS round_id, display_name AS round_display_name, academic_year AS round_academic_year,
window_start_date AS round_window_start_date, window_end_date AS round_window_end_date,
offer_days_count AS round_offer_days_count, programmes AS round_programmes,
place_order_policies AS round_place_order_policies, cancel_reason AS round_cancel_reason, version AS round_version FROM round WHERE id = $1;

-- round::store::round_by_id_for_update
-- SQLite
SELECT id AS round_id, display_name AS round_display_name, academic_year AS round_academic_year,
window_start_date AS round_window_start_date, window_end_date AS round_window_end_date,
offer_days_count AS round_offer_days_count, programmes AS round_programmes,
place_order_policies AS round_place_order_policies, cancel_reason AS round_cancel_reason, version AS round_version FROM round WHERE id = $1;
-- PostgreSQL
SELECT id AS round_id, display_name AS round_display_name, academic_year AS round_academic_year,
window_start_date AS round_window_start_date, window_end_date AS round_window_end_date,
offer_days_count AS round_offer_days_count, programmes AS round_programmes,
place_order_policies AS round_place_order_policies, cancel_reason AS round_cancel_reason, version AS round_version FROM round WHERE id = $1 FOR UPDATE;

-- round::store::round_cancel
UPDATE round SET cancel_reason = $1, version = $2 WHERE id = $3 AND next_queue_number = 1;

-- round::store::round_insert
INSERT INTO round (id, display_name, academic_year, window_start_date, window_end_date, offer_days_count, programmes,
place_order_policies, version, next_queue_number)
VALUES ($1, $2, $3, $4, $5, $6, $7,
$8, $9, 1)
ON CONFLICT (id) DO NOTHING;

-- round::store::round_page
SELECT id AS round_id, display_name AS round_display_name, academic_year AS round_academic_year,
window_start_date AS round_window_start_date, window_end_date AS round_window_end_date,
offer_days_count AS round_offer_days_count, programmes AS round_programmes,
place_order_policies AS round_place_order_policies, cancel_reason AS round_cancel_reason, version AS round_version FROM round WHERE id > $1 ORDER BY id LIMIT $2;

-- round::store::round_update
DELETE FROM round_programme WHERE round = $3 AND programme NOT IN ($1, $2);

-- round::store::round_update
UPDATE round SET display_name = $1, window_start_date = $2, window_end_date = $3,
offer_days_count = $4, programmes = $5, place_order_policies = $6,
version = $7
WHERE id = $8;

-- work_group::store::find_work_group
SELECT id, hub, programme, academic_year, year_number, leader, leader_start_date, terms_version, leader_kind, schools_min_count, schools_max_count,
meetings_count, support_visits_per_term_count, schools_count, state, end_date, version, CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = work_group.hub AND closed.end_date < $3) THEN work_group.hub
ELSE COALESCE((SELECT chosen.hub FROM (SELECT CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = member.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = member.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT member.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT member.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = member.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END AS hub FROM meeting_subject member
WHERE member.parent = work_group.id AND (member.end_date IS NULL OR member.end_date = work_group.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), work_group.hub) END AS current_hub, COALESCE((SELECT recorded.current_id FROM person recorded WHERE recorded.id = work_group.leader), work_group.leader) AS present_leader FROM work_group WHERE ($1 = '' OR ((work_group.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = work_group.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = work_group.hub AND closed.end_date < $3) THEN work_group.hub
ELSE COALESCE((SELECT chosen.hub FROM (SELECT CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = member.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = member.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT member.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT member.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = member.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END AS hub FROM meeting_subject member
WHERE member.parent = work_group.id AND (member.end_date IS NULL OR member.end_date = work_group.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), work_group.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = work_group.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR EXISTS (SELECT 1 FROM membership own JOIN participation ON participation.id = own.participation
WHERE own.work_group = work_group.id AND participation.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up))) AND id = $5;

-- work_group::store::find_work_group_for_update
-- SQLite
SELECT id, hub, programme, academic_year, year_number, leader, leader_start_date, terms_version, leader_kind, schools_min_count, schools_max_count,
meetings_count, support_visits_per_term_count, schools_count, state, end_date, version, CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = work_group.hub AND closed.end_date < $3) THEN work_group.hub
ELSE COALESCE((SELECT chosen.hub FROM (SELECT CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = member.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = member.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT member.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT member.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = member.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END AS hub FROM meeting_subject member
WHERE member.parent = work_group.id AND (member.end_date IS NULL OR member.end_date = work_group.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), work_group.hub) END AS current_hub, COALESCE((SELECT recorded.current_id FROM person recorded WHERE recorded.id = work_group.leader), work_group.leader) AS present_leader FROM work_group WHERE ($1 = '' OR ((work_group.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = work_group.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = work_group.hub AND closed.end_date < $3) THEN work_group.hub
ELSE COALESCE((SELECT chosen.hub FROM (SELECT CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = member.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = member.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT member.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT member.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = member.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END AS hub FROM meeting_subject member
WHERE member.parent = work_group.id AND (member.end_date IS NULL OR member.end_date = work_group.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), work_group.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = work_group.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR EXISTS (SELECT 1 FROM membership own JOIN participation ON participation.id = own.participation
WHERE own.work_group = work_group.id AND participation.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up))) AND id = $5;
-- PostgreSQL
SELECT id, hub, programme, academic_year, year_number, leader, leader_start_date, terms_version, leader_kind, schools_min_count, schools_max_count,
meetings_count, support_visits_per_term_count, schools_count, state, end_date, version, CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = work_group.hub AND closed.end_date < $3) THEN work_group.hub
ELSE COALESCE((SELECT chosen.hub FROM (SELECT CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = member.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = member.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT member.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT member.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = member.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END AS hub FROM meeting_subject member
WHERE member.parent = work_group.id AND (member.end_date IS NULL OR member.end_date = work_group.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), work_group.hub) END AS current_hub, COALESCE((SELECT recorded.current_id FROM person recorded WHERE recorded.id = work_group.leader), work_group.leader) AS present_leader FROM work_group WHERE ($1 = '' OR ((work_group.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = work_group.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = work_group.hub AND closed.end_date < $3) THEN work_group.hub
ELSE COALESCE((SELECT chosen.hub FROM (SELECT CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = member.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = member.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT member.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT member.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = member.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END AS hub FROM meeting_subject member
WHERE member.parent = work_group.id AND (member.end_date IS NULL OR member.end_date = work_group.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), work_group.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = work_group.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR EXISTS (SELECT 1 FROM membership own JOIN participation ON participation.id = own.participation
WHERE own.work_group = work_group.id AND participation.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up))) AND id = $5 FOR UPDATE;

-- work_group::store::former_leader_insert
INSERT INTO former_leader (work_group, start_date, leader, end_date) VALUES ($1, $2, $3, $4);

-- work_group::store::lock_groups
-- SQLite
SELECT id FROM work_group
WHERE id IN (SELECT work_group FROM membership WHERE participation IN (?, ?) AND end_date IS NULL UNION ALL SELECT $3)
ORDER BY id;
-- PostgreSQL
SELECT id FROM work_group
WHERE id IN (SELECT work_group FROM membership WHERE participation IN ($1, $2) AND end_date IS NULL UNION ALL SELECT $3)
ORDER BY id FOR UPDATE;

-- work_group::store::lock_groups_after
-- SQLite
SELECT id FROM work_group
WHERE id IN (SELECT work_group FROM membership WHERE participation = $1 AND (end_date IS NULL OR end_date > $2))
ORDER BY id;
-- PostgreSQL
SELECT id FROM work_group
WHERE id IN (SELECT work_group FROM membership WHERE participation = $1 AND (end_date IS NULL OR end_date > $2))
ORDER BY id FOR UPDATE;

-- work_group::store::seat_free
UPDATE work_group SET schools_count = schools_count - 1, version = version + 1 WHERE id = $1;

-- work_group::store::seat_take
UPDATE work_group SET schools_count = schools_count + 1, version = version + 1
WHERE id = $1 AND state = 'open' AND schools_count < schools_max_count;

-- work_group::store::work_group_insert
INSERT INTO work_group (id, hub, programme, academic_year, year_number, leader, leader_start_date, terms_version, leader_kind, schools_min_count, schools_max_count,
meetings_count, support_visits_per_term_count, schools_count, state, end_date, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,
$10, $11, $12, $13, $14, $15, $16, $17);

-- work_group::store::work_group_next_version
UPDATE work_group SET version = version + 1 WHERE id = $1;

-- work_group::store::work_group_page
SELECT id, hub, programme, academic_year, year_number, leader, leader_start_date, terms_version, leader_kind, schools_min_count, schools_max_count,
meetings_count, support_visits_per_term_count, schools_count, state, end_date, version, CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = work_group.hub AND closed.end_date < $3) THEN work_group.hub
ELSE COALESCE((SELECT chosen.hub FROM (SELECT CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = member.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = member.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT member.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT member.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = member.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END AS hub FROM meeting_subject member
WHERE member.parent = work_group.id AND (member.end_date IS NULL OR member.end_date = work_group.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), work_group.hub) END AS current_hub, COALESCE((SELECT recorded.current_id FROM person recorded WHERE recorded.id = work_group.leader), work_group.leader) AS present_leader FROM work_group
WHERE ($1 = '' OR ((work_group.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = work_group.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = work_group.hub AND closed.end_date < $3) THEN work_group.hub
ELSE COALESCE((SELECT chosen.hub FROM (SELECT CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = member.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = member.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT member.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT member.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = member.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END AS hub FROM meeting_subject member
WHERE member.parent = work_group.id AND (member.end_date IS NULL OR member.end_date = work_group.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), work_group.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = work_group.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR EXISTS (SELECT 1 FROM membership own JOIN participation ON participation.id = own.participation
WHERE own.work_group = work_group.id AND participation.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up))) AND ($5 = '' OR ((work_group.hub = $5 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = work_group.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = work_group.hub AND closed.end_date < $3) THEN work_group.hub
ELSE COALESCE((SELECT chosen.hub FROM (SELECT CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = member.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = member.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT member.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT member.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = member.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END AS hub FROM meeting_subject member
WHERE member.parent = work_group.id AND (member.end_date IS NULL OR member.end_date = work_group.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), work_group.hub) END = $5)) AND ($6 = '' OR programme = $6) AND ($7 = '' OR academic_year = $7)
AND ($8 = '' OR state = $8)
AND ($9 = '' OR leader IN (SELECT same.id FROM person asked JOIN person same ON same.current_id = asked.current_id
WHERE asked.id = $9))
AND ($10 = 0 OR EXISTS (SELECT 1 FROM membership listed JOIN participation ON participation.id = listed.participation
WHERE listed.work_group = work_group.id AND ($10 = 0 OR participation.urn IN (SELECT line.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT $10
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT $10
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line))))
AND id > $11
ORDER BY id LIMIT $12;

-- work_group::store::work_group_update
UPDATE work_group SET leader = $1, leader_start_date = $2, schools_count = $3, state = $4,
end_date = $5, version = $6
WHERE id = $7;

-- work_group_proposal::store::candidate_list
SELECT teaching.person, teaching.urn, school.easting_metres, school.northing_metres, school.old_la_code, school.region_code FROM (SELECT lead.person, MIN(lead.hub) AS hub, (SELECT employment.urn FROM person_employment employment
WHERE employment.person = lead.person AND employment.start_date <= $4 ORDER BY employment.start_date DESC LIMIT 1) AS urn
FROM (SELECT same.current_id AS person, specialist.hub FROM specialist JOIN person same ON same.id = specialist.person
WHERE ($5 = 'local_leader' AND EXISTS (SELECT 1 FROM cohort_year passed WHERE passed.cohort = specialist.cohort AND passed.is_last AND passed.academic_year < $6)) OR ($5 = 'mastery_specialist' AND EXISTS (SELECT 1 FROM cohort_year training WHERE training.cohort = specialist.cohort AND training.programme = $7
AND ((training.leads_groups AND training.academic_year = $6) OR (training.is_last AND training.academic_year < $6))))
UNION ALL
SELECT same.current_id, appointment.hub FROM person_appointment appointment JOIN person same ON same.id = appointment.person
WHERE $5 = 'local_leader' AND appointment.start_date <= $4 AND (appointment.end_date IS NULL OR appointment.end_date >= $4)) lead
GROUP BY lead.person) teaching
JOIN person ON person.id = teaching.person AND NOT person.erased
JOIN school ON school.urn = teaching.urn
WHERE (teaching.hub = $1 OR school.urn IN (SELECT kin.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT choice.urn FROM hub_choice choice WHERE choice.hub = $1
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT choice.urn FROM hub_choice choice WHERE choice.hub = $1
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) kin)) AND ($1 = '' OR COALESCE(CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = school.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = school.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT school.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT school.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = school.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END, teaching.hub) = $1) AND ($2 = 0 OR school.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND NOT EXISTS (SELECT 1 FROM work_group JOIN person led ON led.id = work_group.leader
WHERE led.current_id = teaching.person AND work_group.programme = $7 AND work_group.academic_year = $6
AND work_group.state = 'open')
ORDER BY teaching.person LIMIT $8;

-- work_group_proposal::store::unplaced_list
SELECT participation.id, participation.urn, school.easting_metres, school.northing_metres, school.old_la_code, school.region_code FROM participation JOIN school ON school.urn = participation.urn
WHERE (participation.hub = $1 OR participation.urn IN (SELECT kin.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT choice.urn FROM hub_choice choice WHERE choice.hub = $1
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT choice.urn FROM hub_choice choice WHERE choice.hub = $1
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) kin)) AND ($1 = '' OR COALESCE(CASE WHEN (EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = participation.urn) OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = participation.urn)) THEN (SELECT choice.hub FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT participation.urn
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT participation.urn
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= $3 ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = participation.urn AND choice.start_date <= $3 ORDER BY choice.start_date DESC LIMIT 1) END, participation.hub) = $1) AND ($2 = 0 OR participation.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND participation.programme = $4 AND CAST(SUBSTR(participation.first_academic_year, 1, 4) AS BIGINT) + participation.deferred_years_count = $5
AND participation.state IN ('enrolled', 'active') AND participation.years_completed_count < $6
AND participation.years_count >= $6
AND NOT EXISTS (SELECT 1 FROM membership WHERE membership.participation = participation.id
AND membership.academic_year = $7 AND membership.end_date IS NULL)
ORDER BY participation.id LIMIT $8;
