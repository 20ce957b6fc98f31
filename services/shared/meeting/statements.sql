-- The SQL statements of `meeting` as the databases get them, by the function that runs them. Generated; a test compares.

-- mark::page_store::draft_page
SELECT mark.meeting, mark.mark_date, mark.person, CAST(0 AS BIGINT) AS number, meeting.parent, mark.subject, mark.urn, mark.kind,
CAST(NULL AS TEXT) AS reason, CAST(NULL AS BIGINT) AS record_time FROM draft_mark mark JOIN meeting ON meeting.id = mark.meeting JOIN meeting_parent parent ON parent.id = meeting.parent
WHERE ($1 = '' OR ((parent.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = parent.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = parent.hub AND closed.end_date < $3) THEN parent.hub
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
WHERE member.parent = parent.id AND (member.end_date IS NULL OR member.end_date = parent.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), parent.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = parent.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR mark.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND ($5 = '' OR mark.subject = $5) AND ($6 = '' OR mark.person IN (SELECT same.id FROM person asked JOIN person same ON same.current_id = asked.current_id WHERE asked.id = $6)) AND (mark.meeting, mark.mark_date, mark.person) > ($7, $8, $9)
ORDER BY mark.meeting, mark.mark_date, mark.person LIMIT $10;

-- mark::page_store::draft_page_of_meeting
SELECT parent.parent_id, page.meeting IS NOT NULL AS has_child, page.* FROM (SELECT shown.id AS parent_id FROM meeting shown JOIN meeting_parent parent ON parent.id = shown.parent
WHERE shown.id = $6 AND shown.parent = $5 AND ($1 = '' OR ((parent.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = parent.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = parent.hub AND closed.end_date < $3) THEN parent.hub
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
WHERE member.parent = parent.id AND (member.end_date IS NULL OR member.end_date = parent.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), parent.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = parent.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR EXISTS (
SELECT 1 FROM meeting_subject member WHERE member.parent = parent.id AND member.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)))) AS parent LEFT JOIN (SELECT mark.meeting, mark.mark_date, mark.person, CAST(0 AS BIGINT) AS number, meeting.parent, mark.subject, mark.urn, mark.kind,
CAST(NULL AS TEXT) AS reason, CAST(NULL AS BIGINT) AS record_time FROM draft_mark mark JOIN meeting ON meeting.id = mark.meeting JOIN meeting_parent parent ON parent.id = meeting.parent
WHERE ($1 = '' OR ((parent.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = parent.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = parent.hub AND closed.end_date < $3) THEN parent.hub
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
WHERE member.parent = parent.id AND (member.end_date IS NULL OR member.end_date = parent.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), parent.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = parent.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR mark.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND mark.meeting = $6 AND ($7 = '' OR mark.subject = $7) AND ($8 = '' OR mark.person IN (SELECT same.id FROM person asked JOIN person same ON same.current_id = asked.current_id WHERE asked.id = $8)) AND (mark.meeting, mark.mark_date, mark.person) > ($9, $10, $11)
ORDER BY mark.meeting, mark.mark_date, mark.person LIMIT $12) AS page ON TRUE ORDER BY page.mark_date, page.person;

-- mark::page_store::mark_page_of_meeting
SELECT parent.parent_id, page.meeting IS NOT NULL AS has_child, page.* FROM (SELECT shown.id AS parent_id FROM meeting shown JOIN meeting_parent parent ON parent.id = shown.parent
WHERE shown.id = $6 AND shown.parent = $5 AND ($1 = '' OR ((parent.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = parent.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = parent.hub AND closed.end_date < $3) THEN parent.hub
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
WHERE member.parent = parent.id AND (member.end_date IS NULL OR member.end_date = parent.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), parent.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = parent.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR EXISTS (
SELECT 1 FROM meeting_subject member WHERE member.parent = parent.id AND member.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)))) AS parent LEFT JOIN (SELECT mark.meeting, mark.mark_date, mark.person, mark.number, meeting.parent, mark.subject, mark.urn, mark.kind, mark.reason, mark.record_time FROM mark mark JOIN meeting ON meeting.id = mark.meeting JOIN meeting_parent parent ON parent.id = meeting.parent
WHERE ($1 = '' OR ((parent.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = parent.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = parent.hub AND closed.end_date < $3) THEN parent.hub
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
WHERE member.parent = parent.id AND (member.end_date IS NULL OR member.end_date = parent.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), parent.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = parent.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR mark.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND mark.meeting = $6 AND ($7 = '' OR mark.subject = $7) AND ($8 = '' OR mark.person IN (SELECT same.id FROM person asked JOIN person same ON same.current_id = asked.current_id WHERE asked.id = $8)) AND ($9 OR NOT EXISTS (
SELECT 1 FROM mark later
WHERE later.meeting = mark.meeting AND later.mark_date = mark.mark_date AND later.person = mark.person AND later.number = mark.number + 1)) AND (mark.meeting, mark.mark_date, mark.person, mark.number) > ($10, $11, $12, $13)
ORDER BY mark.meeting, mark.mark_date, mark.person, mark.number LIMIT $14) AS page ON TRUE ORDER BY page.mark_date, page.person, page.number;

-- mark::page_store::mark_page_of_person
SELECT mark.meeting, mark.mark_date, mark.person, mark.number, meeting.parent, mark.subject, mark.urn, mark.kind, mark.reason, mark.record_time FROM mark mark JOIN meeting ON meeting.id = mark.meeting JOIN meeting_parent parent ON parent.id = meeting.parent
WHERE ($1 = '' OR ((parent.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = parent.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = parent.hub AND closed.end_date < $3) THEN parent.hub
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
WHERE member.parent = parent.id AND (member.end_date IS NULL OR member.end_date = parent.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), parent.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = parent.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR mark.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND mark.person IN (SELECT same.id FROM person asked JOIN person same ON same.current_id = asked.current_id WHERE asked.id = $5) AND ($6 OR NOT EXISTS (
SELECT 1 FROM mark later
WHERE later.meeting = mark.meeting AND later.mark_date = mark.mark_date AND later.person = mark.person AND later.number = mark.number + 1)) AND (mark.meeting, mark.mark_date, mark.person, mark.number) > ($7, $8, $9, $10)
ORDER BY mark.meeting, mark.mark_date, mark.person, mark.number LIMIT $11;

-- mark::page_store::mark_page_of_subject
SELECT mark.meeting, mark.mark_date, mark.person, mark.number, meeting.parent, mark.subject, mark.urn, mark.kind, mark.reason, mark.record_time FROM mark mark JOIN meeting ON meeting.id = mark.meeting JOIN meeting_parent parent ON parent.id = meeting.parent
WHERE ($1 = '' OR ((parent.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = parent.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = parent.hub AND closed.end_date < $3) THEN parent.hub
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
WHERE member.parent = parent.id AND (member.end_date IS NULL OR member.end_date = parent.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), parent.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = parent.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR mark.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND mark.subject = $5 AND ($6 = '' OR mark.person IN (SELECT same.id FROM person asked JOIN person same ON same.current_id = asked.current_id WHERE asked.id = $6)) AND ($7 OR NOT EXISTS (
SELECT 1 FROM mark later
WHERE later.meeting = mark.meeting AND later.mark_date = mark.mark_date AND later.person = mark.person AND later.number = mark.number + 1)) AND (mark.meeting, mark.mark_date, mark.person, mark.number) > ($8, $9, $10, $11)
ORDER BY mark.meeting, mark.mark_date, mark.person, mark.number LIMIT $12;

-- mark::store::attended_days
-- SQLite
SELECT DISTINCT mark.subject, mark.mark_date FROM mark
WHERE mark.subject IN (?, ?) AND mark.mark_date BETWEEN $3 AND $4
AND mark.kind IN ('attended', 'part', 'substituted') AND NOT EXISTS (
SELECT 1 FROM mark later
WHERE later.meeting = mark.meeting AND later.mark_date = mark.mark_date AND later.person = mark.person AND later.number = mark.number + 1);
-- PostgreSQL
SELECT DISTINCT mark.subject, mark.mark_date FROM mark
WHERE mark.subject IN ($1, $2) AND mark.mark_date BETWEEN $3 AND $4
AND mark.kind IN ('attended', 'part', 'substituted') AND NOT EXISTS (
SELECT 1 FROM mark later
WHERE later.meeting = mark.meeting AND later.mark_date = mark.mark_date AND later.person = mark.person AND later.number = mark.number + 1);

-- mark::store::draft_delete
DELETE FROM draft_mark WHERE meeting = $1;

-- mark::store::draft_persons_count_list
SELECT mark_date, COUNT(*) FROM draft_mark
WHERE meeting = $1 AND kind IN ('attended', 'part', 'substituted') GROUP BY mark_date ORDER BY mark_date;

-- mark::store::draft_replace
-- SQLite
INSERT INTO draft_mark (meeting, meeting_state, mark_date, person, subject, urn, kind) VALUES (?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?);
-- PostgreSQL
INSERT INTO draft_mark (meeting, meeting_state, mark_date, person, subject, urn, kind) VALUES ($1, $2, $3, $4, $5, $6, $7), ($8, $9, $10, $11, $12, $13, $14);

-- mark::store::find_evidence
SELECT mark.mark_date, mark.meeting, member.entitlement
FROM meeting JOIN mark ON mark.meeting = meeting.id
JOIN meeting_subject member ON member.parent = meeting.parent AND member.subject = mark.subject
WHERE meeting.parent = $1 AND ($2 = '' OR meeting.id = $2) AND ($3 = '' OR mark.subject = $3)
AND mark.mark_date > $4 AND mark.kind IN ('attended', 'part', 'substituted') AND member.entitlement IS NOT NULL AND NOT EXISTS (
SELECT 1 FROM mark later
WHERE later.meeting = mark.meeting AND later.mark_date = mark.mark_date AND later.person = mark.person AND later.number = mark.number + 1) ORDER BY mark.mark_date, mark.subject, mark.meeting LIMIT 1;

-- mark::store::find_last_mark_date
SELECT MAX(mark.mark_date) FROM mark JOIN meeting ON meeting.id = mark.meeting
WHERE meeting.parent = $1 AND ($2 = '' OR mark.subject = $2);

-- mark::store::find_last_mark_date_of_person
SELECT MAX(mark.mark_date) FROM mark JOIN meeting ON meeting.id = mark.meeting
WHERE meeting.parent = $1 AND mark.person IN (SELECT same.id FROM person asked JOIN person same ON same.current_id = asked.current_id WHERE asked.id = $2);

-- mark::store::find_newest_mark
SELECT mark.meeting, mark.mark_date, mark.person, mark.number, meeting.parent, mark.subject, mark.urn, mark.kind, mark.reason, mark.record_time FROM mark JOIN meeting ON meeting.id = mark.meeting
WHERE mark.meeting = $1 AND mark.mark_date = $2 AND mark.person IN (SELECT same.id FROM person asked JOIN person same ON same.current_id = asked.current_id WHERE asked.id = $3) ORDER BY mark.number DESC, mark.person LIMIT 1;

-- mark::store::known_person_list
-- SQLite
SELECT asked.id, asked.current_id, known.erased, employment.start_date, employment.urn
FROM person asked JOIN person known ON known.id = asked.current_id
LEFT JOIN person_employment employment ON employment.person = known.id
WHERE asked.id IN (?, ?) ORDER BY asked.id, employment.start_date;
-- PostgreSQL
SELECT asked.id, asked.current_id, known.erased, employment.start_date, employment.urn
FROM person asked JOIN person known ON known.id = asked.current_id
LEFT JOIN person_employment employment ON employment.person = known.id
WHERE asked.id IN ($1, $2) ORDER BY asked.id, employment.start_date;

-- mark::store::mark_insert
-- SQLite
INSERT INTO mark (meeting, meeting_state, mark_date, person, number, subject, urn, kind, reason, record_time) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
-- PostgreSQL
INSERT INTO mark (meeting, meeting_state, mark_date, person, number, subject, urn, kind, reason, record_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10), ($11, $12, $13, $14, $15, $16, $17, $18, $19, $20);

-- mark::store::persons_count
SELECT COUNT(*) FROM mark
WHERE mark.meeting = $1 AND mark.mark_date = $2 AND mark.kind IN ('attended', 'part', 'substituted') AND NOT EXISTS (
SELECT 1 FROM mark later
WHERE later.meeting = mark.meeting AND later.mark_date = mark.mark_date AND later.person = mark.person AND later.number = mark.number + 1);

-- store::expected_insert
-- SQLite
INSERT INTO meeting_expected (meeting, subject) VALUES (?, ?), (?, ?);
-- PostgreSQL
INSERT INTO meeting_expected (meeting, subject) VALUES ($1, $2), ($3, $4);

-- store::expected_replace
DELETE FROM meeting_expected WHERE meeting = $1;

-- store::find_meeting
-- SQLite
SELECT meeting.id, meeting.parent, meeting.kind, meeting.start_date, meeting.end_date, meeting.host_urn, meeting.venue, meeting.hub,
meeting.persons_max_count, meeting.state, meeting.register_state, meeting.register_date, meeting.register_time, meeting.cancel_reason,
meeting.version,
(SELECT group_concat(expected.subject, ' ')
FROM meeting_expected expected WHERE expected.meeting = meeting.id) AS expected FROM meeting JOIN meeting_parent parent ON parent.id = meeting.parent WHERE ($1 = '' OR ((parent.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = parent.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = parent.hub AND closed.end_date < $3) THEN parent.hub
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
WHERE member.parent = parent.id AND (member.end_date IS NULL OR member.end_date = parent.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), parent.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = parent.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR EXISTS (
SELECT 1 FROM meeting_subject member WHERE member.parent = parent.id AND member.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up))) AND meeting.id = $6 AND meeting.parent = $5;
-- PostgreSQL
SELECT meeting.id, meeting.parent, meeting.kind, meeting.start_date, meeting.end_date, meeting.host_urn, meeting.venue, meeting.hub,
meeting.persons_max_count, meeting.state, meeting.register_state, meeting.register_date, meeting.register_time, meeting.cancel_reason,
meeting.version,
(SELECT string_agg(expected.subject, ' ')
FROM meeting_expected expected WHERE expected.meeting = meeting.id) AS expected FROM meeting JOIN meeting_parent parent ON parent.id = meeting.parent WHERE ($1 = '' OR ((parent.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = parent.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = parent.hub AND closed.end_date < $3) THEN parent.hub
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
WHERE member.parent = parent.id AND (member.end_date IS NULL OR member.end_date = parent.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), parent.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = parent.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR EXISTS (
SELECT 1 FROM meeting_subject member WHERE member.parent = parent.id AND member.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up))) AND meeting.id = $6 AND meeting.parent = $5;

-- store::find_meeting_for_update
-- SQLite
SELECT meeting.id, meeting.parent, meeting.kind, meeting.start_date, meeting.end_date, meeting.host_urn, meeting.venue, meeting.hub,
meeting.persons_max_count, meeting.state, meeting.register_state, meeting.register_date, meeting.register_time, meeting.cancel_reason,
meeting.version,
(SELECT group_concat(expected.subject, ' ')
FROM meeting_expected expected WHERE expected.meeting = meeting.id) AS expected FROM meeting WHERE meeting.id = $2 AND meeting.parent = $1;
-- PostgreSQL
SELECT meeting.id, meeting.parent, meeting.kind, meeting.start_date, meeting.end_date, meeting.host_urn, meeting.venue, meeting.hub,
meeting.persons_max_count, meeting.state, meeting.register_state, meeting.register_date, meeting.register_time, meeting.cancel_reason,
meeting.version,
(SELECT string_agg(expected.subject, ' ')
FROM meeting_expected expected WHERE expected.meeting = meeting.id) AS expected FROM meeting WHERE meeting.id = $2 AND meeting.parent = $1 FOR UPDATE;

-- store::find_parent_for_share
-- SQLite
SELECT parent.id, parent.academic_year, parent.end_date, parent.hub, CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = parent.hub AND closed.end_date < $3) THEN parent.hub
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
WHERE member.parent = parent.id AND (member.end_date IS NULL OR member.end_date = parent.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), parent.hub) END AS current_hub FROM meeting_parent parent
WHERE parent.id = $5 AND ($1 = '' OR ((parent.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = parent.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = parent.hub AND closed.end_date < $3) THEN parent.hub
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
WHERE member.parent = parent.id AND (member.end_date IS NULL OR member.end_date = parent.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), parent.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = parent.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR EXISTS (
SELECT 1 FROM meeting_subject member WHERE member.parent = parent.id AND member.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)));
-- PostgreSQL
SELECT parent.id, parent.academic_year, parent.end_date, parent.hub, CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = parent.hub AND closed.end_date < $3) THEN parent.hub
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
WHERE member.parent = parent.id AND (member.end_date IS NULL OR member.end_date = parent.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), parent.hub) END AS current_hub FROM meeting_parent parent
WHERE parent.id = $5 AND ($1 = '' OR ((parent.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = parent.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = parent.hub AND closed.end_date < $3) THEN parent.hub
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
WHERE member.parent = parent.id AND (member.end_date IS NULL OR member.end_date = parent.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), parent.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = parent.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR EXISTS (
SELECT 1 FROM meeting_subject member WHERE member.parent = parent.id AND member.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up))) FOR SHARE OF parent;

-- store::leadership_list
SELECT person.current_id, leader.start_date, leader.end_date
FROM meeting_leader leader JOIN person ON person.id = leader.person WHERE leader.parent = $1 ORDER BY leader.start_date;

-- store::meeting_insert
INSERT INTO meeting (id, parent, kind, start_date, end_date, host_urn, venue, hub, persons_max_count, state, register_state, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- store::meeting_list_to_come_for_update
-- SQLite
SELECT meeting.id, meeting.parent, meeting.kind, meeting.start_date, meeting.end_date, meeting.host_urn, meeting.venue, meeting.hub,
meeting.persons_max_count, meeting.state, meeting.register_state, meeting.register_date, meeting.register_time, meeting.cancel_reason,
meeting.version,
(SELECT group_concat(expected.subject, ' ')
FROM meeting_expected expected WHERE expected.meeting = meeting.id) AS expected FROM meeting WHERE meeting.parent = $1 AND meeting.state = 'planned' AND meeting.start_date > $2
ORDER BY meeting.id;
-- PostgreSQL
SELECT meeting.id, meeting.parent, meeting.kind, meeting.start_date, meeting.end_date, meeting.host_urn, meeting.venue, meeting.hub,
meeting.persons_max_count, meeting.state, meeting.register_state, meeting.register_date, meeting.register_time, meeting.cancel_reason,
meeting.version,
(SELECT string_agg(expected.subject, ' ')
FROM meeting_expected expected WHERE expected.meeting = meeting.id) AS expected FROM meeting WHERE meeting.parent = $1 AND meeting.state = 'planned' AND meeting.start_date > $2
ORDER BY meeting.id FOR UPDATE;

-- store::meeting_page
-- SQLite
SELECT meeting.id, meeting.parent, meeting.kind, meeting.start_date, meeting.end_date, meeting.host_urn, meeting.venue, meeting.hub,
meeting.persons_max_count, meeting.state, meeting.register_state, meeting.register_date, meeting.register_time, meeting.cancel_reason,
meeting.version,
(SELECT group_concat(expected.subject, ' ')
FROM meeting_expected expected WHERE expected.meeting = meeting.id) AS expected FROM meeting JOIN meeting_parent parent ON parent.id = meeting.parent WHERE ($1 = '' OR ((parent.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = parent.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = parent.hub AND closed.end_date < $3) THEN parent.hub
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
WHERE member.parent = parent.id AND (member.end_date IS NULL OR member.end_date = parent.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), parent.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = parent.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR EXISTS (
SELECT 1 FROM meeting_subject member WHERE member.parent = parent.id AND member.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up))) AND TRUE AND ($5 = '' OR meeting.hub = $5) AND ($6 = '' OR meeting.kind = $6) AND ($7 = '' OR meeting.state = $7)
AND ($8 = '' OR meeting.end_date >= $8) AND ($9 = '' OR meeting.start_date <= $9)
AND ($10 = '' OR (meeting.state = 'planned' AND meeting.end_date < $10))
AND meeting.id > $11
ORDER BY meeting.id LIMIT $12;
-- PostgreSQL
SELECT meeting.id, meeting.parent, meeting.kind, meeting.start_date, meeting.end_date, meeting.host_urn, meeting.venue, meeting.hub,
meeting.persons_max_count, meeting.state, meeting.register_state, meeting.register_date, meeting.register_time, meeting.cancel_reason,
meeting.version,
(SELECT string_agg(expected.subject, ' ')
FROM meeting_expected expected WHERE expected.meeting = meeting.id) AS expected FROM meeting JOIN meeting_parent parent ON parent.id = meeting.parent WHERE ($1 = '' OR ((parent.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = parent.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = parent.hub AND closed.end_date < $3) THEN parent.hub
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
WHERE member.parent = parent.id AND (member.end_date IS NULL OR member.end_date = parent.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), parent.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = parent.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR EXISTS (
SELECT 1 FROM meeting_subject member WHERE member.parent = parent.id AND member.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up))) AND TRUE AND ($5 = '' OR meeting.hub = $5) AND ($6 = '' OR meeting.kind = $6) AND ($7 = '' OR meeting.state = $7)
AND ($8 = '' OR meeting.end_date >= $8) AND ($9 = '' OR meeting.start_date <= $9)
AND ($10 = '' OR (meeting.state = 'planned' AND meeting.end_date < $10))
AND meeting.id > $11
ORDER BY meeting.id LIMIT $12;

-- store::meeting_page
-- SQLite
SELECT parent.parent_id, page.id IS NOT NULL AS has_child, page.* FROM (SELECT parent.id AS parent_id FROM meeting_parent parent WHERE parent.id = $5 AND ($1 = '' OR ((parent.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = parent.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = parent.hub AND closed.end_date < $3) THEN parent.hub
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
WHERE member.parent = parent.id AND (member.end_date IS NULL OR member.end_date = parent.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), parent.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = parent.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR EXISTS (
SELECT 1 FROM meeting_subject member WHERE member.parent = parent.id AND member.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)))) AS parent LEFT JOIN (SELECT meeting.id, meeting.parent, meeting.kind, meeting.start_date, meeting.end_date, meeting.host_urn, meeting.venue, meeting.hub,
meeting.persons_max_count, meeting.state, meeting.register_state, meeting.register_date, meeting.register_time, meeting.cancel_reason,
meeting.version,
(SELECT group_concat(expected.subject, ' ')
FROM meeting_expected expected WHERE expected.meeting = meeting.id) AS expected FROM meeting JOIN meeting_parent parent ON parent.id = meeting.parent WHERE ($1 = '' OR ((parent.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = parent.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = parent.hub AND closed.end_date < $3) THEN parent.hub
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
WHERE member.parent = parent.id AND (member.end_date IS NULL OR member.end_date = parent.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), parent.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = parent.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR EXISTS (
SELECT 1 FROM meeting_subject member WHERE member.parent = parent.id AND member.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up))) AND meeting.parent = $5 AND ($6 = '' OR meeting.hub = $6) AND ($7 = '' OR meeting.kind = $7) AND ($8 = '' OR meeting.state = $8)
AND ($9 = '' OR meeting.end_date >= $9) AND ($10 = '' OR meeting.start_date <= $10)
AND ($11 = '' OR (meeting.state = 'planned' AND meeting.end_date < $11))
AND meeting.id > $12
ORDER BY meeting.id LIMIT $13) AS page ON TRUE ORDER BY page.id;
-- PostgreSQL
SELECT parent.parent_id, page.id IS NOT NULL AS has_child, page.* FROM (SELECT parent.id AS parent_id FROM meeting_parent parent WHERE parent.id = $5 AND ($1 = '' OR ((parent.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = parent.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = parent.hub AND closed.end_date < $3) THEN parent.hub
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
WHERE member.parent = parent.id AND (member.end_date IS NULL OR member.end_date = parent.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), parent.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = parent.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR EXISTS (
SELECT 1 FROM meeting_subject member WHERE member.parent = parent.id AND member.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)))) AS parent LEFT JOIN (SELECT meeting.id, meeting.parent, meeting.kind, meeting.start_date, meeting.end_date, meeting.host_urn, meeting.venue, meeting.hub,
meeting.persons_max_count, meeting.state, meeting.register_state, meeting.register_date, meeting.register_time, meeting.cancel_reason,
meeting.version,
(SELECT string_agg(expected.subject, ' ')
FROM meeting_expected expected WHERE expected.meeting = meeting.id) AS expected FROM meeting JOIN meeting_parent parent ON parent.id = meeting.parent WHERE ($1 = '' OR ((parent.hub = $1 OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = parent.hub AND ended.end_date < $3)) AND CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = parent.hub AND closed.end_date < $3) THEN parent.hub
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
WHERE member.parent = parent.id AND (member.end_date IS NULL OR member.end_date = parent.end_date)) chosen
WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), parent.hub) END = $1))
AND ($4 = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
JOIN meeting_leader led ON led.person = same.id
WHERE asking.id = $4 AND led.parent = parent.id AND COALESCE(led.end_date, $3) >= $3)) AND ($2 <= 0 OR EXISTS (
SELECT 1 FROM meeting_subject member WHERE member.parent = parent.id AND member.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up))) AND meeting.parent = $5 AND ($6 = '' OR meeting.hub = $6) AND ($7 = '' OR meeting.kind = $7) AND ($8 = '' OR meeting.state = $8)
AND ($9 = '' OR meeting.end_date >= $9) AND ($10 = '' OR meeting.start_date <= $10)
AND ($11 = '' OR (meeting.state = 'planned' AND meeting.end_date < $11))
AND meeting.id > $12
ORDER BY meeting.id LIMIT $13) AS page ON TRUE ORDER BY page.id;

-- store::meeting_update
UPDATE meeting SET kind = $1, start_date = $2, end_date = $3, host_urn = $4, venue = $5, hub = $6,
persons_max_count = $7, state = $8, register_state = $9, register_date = $10,
register_time = $11, cancel_reason = $12, version = $13
WHERE id = $14;

-- store::membership_list
SELECT subject, urn, start_date, end_date FROM meeting_subject WHERE parent = $1 ORDER BY subject, start_date;
