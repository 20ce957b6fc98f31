-- Facts: the stages to which schools came in each year.

-- A row is a participation whose place was given back, and the day: the stated one, else that of the event. Here and below a participation has the name of its
-- application, or its own one if it was imported.
CREATE OR REPLACE TEMP VIEW given_back AS
SELECT participation, COALESCE(MAX(stated_date), MIN(event_happened_date)) AS given_back_date
FROM (
    SELECT application_name AS participation, CAST(NULL AS DATE) AS stated_date, event_happened_date, event_position, event_recorded_date
    FROM enrolment_application_withdrawn
    UNION ALL
    SELECT
        COALESCE(NULLIF(participation_application, ''), participation_name) AS participation, withdraw_date AS stated_date,
        event_happened_date, event_position, event_recorded_date
    FROM enrolment_participation_cancelled
) AS event
WHERE event_position <= :enrolment_position AND event_recorded_date <= :known_on
GROUP BY participation;

-- A row is a participation that ended before its last planned year, and the first year in which it is not enrolled any more: the first
-- 1 September on or after the day on which the place was given back, or after the day on which the school left or completed.
-- materialise
CREATE OR REPLACE TEMP VIEW ending AS
SELECT participation, MIN(ended_year) AS ended_year
FROM (
    SELECT
        participation,
        CAST(EXTRACT(YEAR FROM given_back_date) AS INT)
            + CASE WHEN given_back_date > MAKE_DATE(CAST(EXTRACT(YEAR FROM given_back_date) AS INT), 9, 1) THEN 1 ELSE 0 END AS ended_year
    FROM given_back
    WHERE given_back_date <= :true_on
    UNION ALL
    SELECT participation, ended_year
    FROM (
        SELECT
            participation,
            first_year + LEAST(GREATEST(years_count, 1), 10) - 1 + COALESCE(deferred_years_count, 0) AS last_year,
            CAST(EXTRACT(YEAR FROM end_date) AS INT) + CASE WHEN EXTRACT(MONTH FROM end_date) >= 9 THEN 1 ELSE 0 END AS ended_year
        FROM (
            SELECT
                COALESCE(NULLIF(participation_application, ''), participation_name) AS participation,
                withdraw_date AS end_date, event_position, event_recorded_date,
                CAST(SUBSTRING(participation_first_academic_year, 1, 4) AS INT) AS first_year, participation_years_count AS years_count,
                participation_deferred_years_count AS deferred_years_count
            FROM enrolment_participation_withdrawn
            UNION ALL
            SELECT
                participation_name AS participation, withdraw_date AS end_date, event_position, event_recorded_date,
                CAST(SUBSTRING(participation_first_academic_year, 1, 4) AS INT) AS first_year, participation_years_count AS years_count,
                participation_deferred_years_count AS deferred_years_count
            FROM enrolment_participation_imported
            UNION ALL
            SELECT
                COALESCE(NULLIF(participation_application, ''), participation_name) AS participation,
                completion_date AS end_date, event_position, event_recorded_date,
                CAST(SUBSTRING(participation_first_academic_year, 1, 4) AS INT) AS first_year, participation_years_count AS years_count,
                participation_deferred_years_count AS deferred_years_count
            FROM enrolment_year_completed
            WHERE participation_state = 'PARTICIPATION_STATE_COMPLETED'
        ) AS event
        WHERE event_position <= :enrolment_position AND event_recorded_date <= :known_on AND end_date <= :true_on
    ) AS ended
    WHERE ended_year <= last_year
) AS any_ending
GROUP BY participation;

-- A row is an interruption of a participation: the first year that began during it, and the year in which the participation was resumed, which is null while that is
-- not true on the day.
-- materialise
CREATE OR REPLACE TEMP VIEW deferral AS
SELECT
    participation,
    CAST(EXTRACT(YEAR FROM defer_date) AS INT)
        + CASE WHEN defer_date > MAKE_DATE(CAST(EXTRACT(YEAR FROM defer_date) AS INT), 9, 1) THEN 1 ELSE 0 END AS first_year_begun,
    CASE WHEN resume_date <= :true_on
        THEN CAST(EXTRACT(YEAR FROM resume_date) AS INT) - CASE WHEN EXTRACT(MONTH FROM resume_date) < 9 THEN 1 ELSE 0 END END AS resumed_year,
    CASE WHEN resume_date <= :true_on THEN deferred_years_count ELSE 0 END AS deferred_years_count
FROM (
    SELECT
        participation, defer_date,
        LEAD(resume_date) OVER (PARTITION BY participation ORDER BY event_position) AS resume_date,
        LEAD(deferred_years_count) OVER (PARTITION BY participation ORDER BY event_position) AS deferred_years_count
    FROM (
        SELECT
            COALESCE(NULLIF(participation_application, ''), participation_name) AS participation, defer_date, CAST(NULL AS DATE) AS resume_date,
            participation_deferred_years_count AS deferred_years_count, event_position, event_recorded_date
        FROM enrolment_participation_deferred
        UNION ALL
        SELECT
            COALESCE(NULLIF(participation_application, ''), participation_name) AS participation, CAST(NULL AS DATE) AS defer_date, resume_date,
            participation_deferred_years_count AS deferred_years_count, event_position, event_recorded_date
        FROM enrolment_participation_resumed
    ) AS event
    WHERE event_position <= :enrolment_position AND event_recorded_date <= :known_on
) AS change
WHERE defer_date IS NOT NULL;

-- A row is a school with a place in a programme that began in a year, and the last year in which it is enrolled by it. A participation that was interrupted has a
-- row of its own, with its name. An imported participation has no day of acceptance: it is enrolled from the first day of its first year on.
CREATE OR REPLACE TEMP VIEW place AS
SELECT
    school, programme,
    CAST(SUBSTRING(first_academic_year, 1, 4) AS INT) AS first_year, moved.participation AS interrupted,
    MAX(LEAST(
        CAST(SUBSTRING(first_academic_year, 1, 4) AS INT) + LEAST(GREATEST(years_count, 1), 10) - 1 + COALESCE(moved.moved_years_count, 0), ended_year - 1
    )) AS last_year
FROM (
    SELECT
        application_name AS participation, participation_school AS school, participation_programme AS programme,
        participation_first_academic_year AS first_academic_year, participation_years_count AS years_count
    FROM enrolment_place_accepted
    WHERE event_position <= :enrolment_position AND event_recorded_date <= :known_on AND event_happened_date <= :true_on
    UNION ALL
    SELECT
        participation_name AS participation, participation_school AS school, participation_programme AS programme,
        participation_first_academic_year AS first_academic_year, participation_years_count AS years_count
    FROM enrolment_participation_imported
    WHERE event_position <= :enrolment_position AND event_recorded_date <= :known_on
) AS accepted
LEFT JOIN ending ON ending.participation = accepted.participation
LEFT JOIN (SELECT participation, MAX(deferred_years_count) AS moved_years_count FROM deferral GROUP BY participation) AS moved
    ON moved.participation = accepted.participation
GROUP BY school, programme, first_academic_year, moved.participation;

-- A row is a school that is enrolled in a measured year: in its first year, and in the later ones in which its participation was not interrupted on 1 September, or was
-- resumed since.
CREATE OR REPLACE TEMP VIEW enrolled AS
SELECT DISTINCT place.school, place.programme, measured_year.academic_year
FROM place
JOIN measured_year ON measured_year.academic_year BETWEEN place.first_year AND place.last_year
LEFT JOIN deferral
    ON deferral.participation = place.interrupted AND measured_year.academic_year > place.first_year
    AND measured_year.academic_year >= deferral.first_year_begun AND measured_year.academic_year < COALESCE(deferral.resumed_year, 9999)
WHERE deferral.participation IS NULL;

-- A row is a year that an imported participation took up.
CREATE OR REPLACE TEMP VIEW imported_year AS
SELECT
    imported.participation_school AS school, imported.participation_programme AS programme, year.start_date, year.completion_date,
    CAST(SUBSTRING(year.academic_year, 1, 4) AS INT) AS academic_year
FROM enrolment_participation_imported AS imported
JOIN enrolment_participation_imported_years AS year ON year.event_position = imported.event_position
WHERE imported.event_position <= :enrolment_position AND imported.event_recorded_date <= :known_on;

-- A row is a nomination that ended: it was taken back, gave way to another one, or was passed over; and the day.
CREATE OR REPLACE TEMP VIEW nomination_ending AS
SELECT nomination_name, MIN(event_happened_date) AS end_date
FROM (
    SELECT nomination_name, nomination_state, event_happened_date, event_position, event_recorded_date FROM specialists_nomination_withdrawn
    UNION ALL
    SELECT nomination_name, nomination_state, event_happened_date, event_position, event_recorded_date FROM specialists_nomination_lapsed
    UNION ALL
    SELECT nomination_name, nomination_state, event_happened_date, event_position, event_recorded_date FROM specialists_nomination_overridden
) AS event
WHERE event_position <= :specialists_position AND event_recorded_date <= :known_on AND event_happened_date <= :true_on
    AND nomination_state <> 'NOMINATION_STATE_SELECTED'
GROUP BY nomination_name;

-- A row is a stage that the school of a specialist reached: Applied with the nomination, also when it ended later, and Enrolled with the selection, unless the
-- nomination had ended by 1 September.
CREATE OR REPLACE TEMP VIEW specialist_fact AS
SELECT nominated.nomination_school AS school, cohort.programme, 'Applied' AS stage, cohort.academic_year
FROM specialists_specialist_nominated AS nominated
JOIN cohort ON cohort.cohort_name = CONCAT('cohorts/', SPLIT_PART(nominated.nomination_name, '/', 2))
WHERE event_position <= :specialists_position AND event_recorded_date <= :known_on AND event_happened_date <= :true_on
UNION
SELECT selected.nomination_school AS school, cohort.programme, 'Enrolled' AS stage, cohort.academic_year
FROM specialists_specialist_selected AS selected
JOIN cohort ON cohort.cohort_name = CONCAT('cohorts/', SPLIT_PART(selected.nomination_name, '/', 2))
LEFT JOIN nomination_ending AS ending ON ending.nomination_name = selected.nomination_name
WHERE event_position <= :specialists_position AND event_recorded_date <= :known_on AND event_happened_date <= :true_on
    AND COALESCE(ending.end_date > cohort.first_day, TRUE);

-- A row is a stage that a school reached in a year of a programme, and that was true on the day. (A fact of several kinds is there several times, and makes no difference.)
-- materialise
CREATE OR REPLACE TEMP VIEW fact AS
SELECT CAST(SUBSTRING(school, 9) AS INT) AS urn, programme, stage, fact.academic_year
FROM (
    SELECT application_school AS school, application_programme AS programme, 'Applied' AS stage, CAST(SUBSTRING(academic_year, 1, 4) AS INT) AS academic_year
    FROM enrolment_application_submitted
    WHERE event_position <= :enrolment_position AND event_recorded_date <= :known_on AND event_happened_date <= :true_on
    GROUP BY application_school, application_programme, academic_year
    UNION ALL
    SELECT school, programme, 'Enrolled' AS stage, academic_year FROM enrolled
    UNION ALL
    SELECT participation_school, participation_programme, 'Active' AS stage, CAST(SUBSTRING(academic_year, 1, 4) AS INT)
    FROM enrolment_year_started
    WHERE event_position <= :enrolment_position AND event_recorded_date <= :known_on AND start_date <= :true_on
    GROUP BY participation_school, participation_programme, academic_year
    UNION ALL
    SELECT participation_school, participation_programme, 'Completed' AS stage, CAST(SUBSTRING(academic_year, 1, 4) AS INT)
    FROM enrolment_year_completed
    WHERE event_position <= :enrolment_position AND event_recorded_date <= :known_on AND completion_date <= :true_on
    GROUP BY participation_school, participation_programme, academic_year
    UNION ALL
    SELECT school, programme, 'Active' AS stage, academic_year FROM imported_year WHERE start_date <= :true_on
    UNION ALL
    SELECT school, programme, 'Completed' AS stage, academic_year FROM imported_year WHERE completion_date <= :true_on
    UNION ALL
    SELECT school, programme, stage, academic_year FROM specialist_fact
) AS fact
JOIN measured_year ON measured_year.academic_year = fact.academic_year;
