-- Counts the cells of reach from the typed tables of the lake (../SCHEMA.md), by the definitions of ../README.md.
--
-- The text is for DuckDB and for Spark; tests/independent/count_cells.py runs it by either. It reads tables of the lake by their names. Before it is run, each
-- parameter is replaced by a literal, so that engines skip parts of files by it:
--
--   :true_on               date, the day on which the figures are true; the newest academic year is the one of this day
--   :known_on              date, the last day whose records count
--   :enrolment_position    number, the position of the last event of enrolment that counts
--   :network_position      number, the position of the last event of network that counts
--   :specialists_position  number, the position of the last event of specialists that counts
--   :first_year            number, the first academic year
--   :type_group_codes      numbers with commas between them, the type groups of state-funded schools
--
-- Output: cells, the last view. An academic year is the calendar year in which it begins: 2018 is 2018/19.
-- `-- materialise` before a view: its rows are used several times, so an engine should compute them once.
-- `-- must be empty` before a view: each of its rows is a fault, and then the cells are not valid.

------------------------------------------------------------------------------------------------------------------------------------
-- Years and phases
------------------------------------------------------------------------------------------------------------------------------------

-- A row is a number from 0 to 9.
CREATE OR REPLACE TEMP VIEW digit AS
SELECT n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS numbers (n);

-- A row is a measured academic year with its 1 September.
CREATE OR REPLACE TEMP VIEW measured_year AS
SELECT :first_year + 10 * tens.n + units.n AS academic_year, MAKE_DATE(:first_year + 10 * tens.n + units.n, 9, 1) AS first_day
FROM digit AS tens CROSS JOIN digit AS units
WHERE MAKE_DATE(:first_year + 10 * tens.n + units.n, 9, 1) <= :true_on;

-- A row is a phase by which schools are counted, with its name in the contracts.
CREATE OR REPLACE TEMP VIEW phase AS
SELECT education_phase, contract_name
FROM (VALUES
    ('Primary', 'EDUCATION_PHASE_PRIMARY'), ('Secondary', 'EDUCATION_PHASE_SECONDARY'), ('All-through', 'EDUCATION_PHASE_ALL_THROUGH')
) AS phases (education_phase, contract_name);

-- A row is a phase by which schools are counted, and a code of GIAS that belongs to it: 3 and 5 are middle schools, deemed primary and secondary.
CREATE OR REPLACE TEMP VIEW code_of_phase AS
SELECT phase_code, education_phase
FROM (VALUES (2, 'Primary'), (3, 'Primary'), (4, 'Secondary'), (5, 'Secondary'), (7, 'All-through')) AS codes (phase_code, education_phase);

------------------------------------------------------------------------------------------------------------------------------------
-- The register
------------------------------------------------------------------------------------------------------------------------------------

-- A row is a range of positions whose parts, schools and links, take effect together: with an import, or with a later confirmation of links, which
-- belongs to the import before it. Parts after the last end have no effect.
-- materialise
CREATE OR REPLACE TEMP VIEW batch AS
SELECT
    COALESCE(LAG(event_position) OVER (ORDER BY event_position), 0) AS after_position,
    event_position AS end_position,
    CAST(SUM(is_import) OVER (ORDER BY event_position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS INT) AS import_number,
    is_import,
    as_of_date
FROM (
    SELECT event_position, event_recorded_date, 1 AS is_import, register_as_of_date AS as_of_date FROM network_register_imported
    UNION ALL
    SELECT event_position, event_recorded_date, 0 AS is_import, CAST(NULL AS DATE) AS as_of_date FROM network_links_confirmed
) AS batch_end
WHERE event_position <= :network_position AND event_recorded_date <= :known_on;

-- A row is an import of the register.
CREATE OR REPLACE TEMP VIEW import AS
SELECT import_number, as_of_date FROM batch WHERE is_import = 1;

-- A row is a school as an import described it last.
CREATE OR REPLACE TEMP VIEW school_described AS
SELECT *
FROM (
    SELECT
        school.*,
        batch.import_number,
        ROW_NUMBER() OVER (PARTITION BY urn, batch.import_number ORDER BY event_position DESC, schools_number_in_list DESC) AS newest_first
    FROM network_schools_recorded_schools AS school
    JOIN batch ON school.event_position > batch.after_position AND school.event_position <= batch.end_position
) AS described
WHERE newest_first = 1;

-- A row is a school as it is described from one import until the last one before the next description.
-- `is_placed`: it lies in a region of England and has a phase by which it is counted. `is_known`: it is in the register, by known codes.
-- An unknown age is -1.
-- materialise
CREATE OR REPLACE TEMP VIEW school_version AS
SELECT
    school.urn,
    school.import_number AS from_import,
    COALESCE(LEAD(school.import_number) OVER (PARTITION BY school.urn ORDER BY school.import_number) - 1, 2147483647) AS until_import,
    school.region_code,
    school.old_la_code,
    phase.education_phase,
    school.type_group_code,
    school.phase_code,
    COALESCE(school.low_age, -1) AS low_age,
    COALESCE(school.high_age, -1) AS high_age,
    school.status_code,
    school.open_date,
    school.close_date,
    school.register_reason = 'REGISTER_REASON_IN' AS is_in_by_status,
    school.listed AND school.register_reason NOT IN ('REGISTER_REASON_UNKNOWN_STATUS', 'REGISTER_REASON_UNKNOWN_PHASE') AS is_known,
    school.region_code IN (
        'E12000001', 'E12000002', 'E12000003', 'E12000004', 'E12000005', 'E12000006', 'E12000007', 'E12000008', 'E12000009'
    ) AS is_in_england,
    school.type_group_code IN (:type_group_codes) AS is_state_funded
FROM school_described AS school
LEFT JOIN phase ON phase.contract_name = school.education_phase;

-- A row is an import that does not say of every state-funded school when it opened, and the day before which it does not say if all of them were open. A
-- school with a closing day was closed from then on in any case.
-- materialise
CREATE OR REPLACE TEMP VIEW import_undated AS
SELECT import.import_number, MAX(COALESCE(school.close_date, DATE '9999-12-31')) AS undated_until
FROM import
JOIN school_version AS school ON import.import_number BETWEEN school.from_import AND school.until_import
WHERE school.is_known AND school.is_in_england AND school.education_phase IS NOT NULL AND school.is_state_funded
    AND school.status_code <> 4 AND school.open_date IS NULL
GROUP BY import.import_number;

-- A row is a measured year with the import of its denominator, and how that covers the year's 1 September. `Status`: the import is of the day. `Nearest`: it is
-- the nearest within 30 days, the earlier one on a tie. `Dates`: it is the nearest later one that dates all schools which may have been open. `Uncovered`: there is none of
-- these, and the import is the newest one. Of several imports of one day the last one counts.
-- materialise
CREATE OR REPLACE TEMP VIEW year_register AS
SELECT academic_year, first_day, import_number, coverage
FROM (
    SELECT
        candidate.*,
        ROW_NUMBER() OVER (
            PARTITION BY academic_year
            ORDER BY
                CASE coverage WHEN 'Status' THEN 1 WHEN 'Nearest' THEN 2 WHEN 'Dates' THEN 3 ELSE 4 END,
                CASE WHEN coverage = 'Nearest' THEN distance_days END,
                CASE WHEN coverage <> 'Uncovered' THEN as_of_date END,
                import_number DESC
        ) AS best_first
    FROM (
        SELECT
            year.academic_year,
            year.first_day,
            import.import_number,
            import.as_of_date,
            ABS(EXTRACT(DOY FROM import.as_of_date) - EXTRACT(DOY FROM year.first_day)) AS distance_days,
            CASE
                WHEN import.as_of_date = year.first_day THEN 'Status'
                -- 30 days before and after 1 September are in the same calendar year.
                WHEN EXTRACT(YEAR FROM import.as_of_date) = year.academic_year
                    AND ABS(EXTRACT(DOY FROM import.as_of_date) - EXTRACT(DOY FROM year.first_day)) <= 30 THEN 'Nearest'
                WHEN import.as_of_date > year.first_day AND COALESCE(undated.undated_until <= year.first_day, TRUE) THEN 'Dates'
                ELSE 'Uncovered'
            END AS coverage
        FROM measured_year AS year
        CROSS JOIN import
        LEFT JOIN import_undated AS undated ON undated.import_number = import.import_number
    ) AS candidate
) AS ranked
WHERE best_first = 1;

-- A row is an authority that ended, one that took over its area or a part of it, and the first day of that one. `is_split`: all that took over were parts of this one
-- authority, so that each school of them lay in it before. (The table of the crate `geography`.)
CREATE OR REPLACE TEMP VIEW reorganisation AS
SELECT predecessor, successor, first_day, is_split
FROM (VALUES
    ('875', '895', DATE '2009-04-01', TRUE), -- Cheshire: Cheshire East
    ('875', '896', DATE '2009-04-01', TRUE), -- Cheshire: Cheshire West and Chester
    ('909', '942', DATE '2023-04-01', TRUE), -- Cumbria: Cumberland
    ('909', '943', DATE '2023-04-01', TRUE), -- Cumbria: Westmorland and Furness
    ('928', '940', DATE '2021-04-01', TRUE), -- Northamptonshire: North Northamptonshire
    ('928', '941', DATE '2021-04-01', TRUE), -- Northamptonshire: West Northamptonshire
    ('820', '822', DATE '2009-04-01', TRUE), -- Bedfordshire: Bedford
    ('820', '823', DATE '2009-04-01', TRUE), -- Bedfordshire: Central Bedfordshire
    ('835', '838', DATE '2019-04-01', FALSE), -- Dorset: Dorset
    ('835', '839', DATE '2019-04-01', FALSE), -- Dorset: Bournemouth, Christchurch and Poole
    ('836', '839', DATE '2019-04-01', FALSE), -- Poole: Bournemouth, Christchurch and Poole
    ('837', '839', DATE '2019-04-01', FALSE) -- Bournemouth: Bournemouth, Christchurch and Poole
) AS reorganisations (predecessor, successor, first_day, is_split);

-- A row is an authority by its code in the register of a year, and another one in which its schools are located on 1 September: in years whose register is of another time.
-- Before a split it is the undivided authority, after it the part with the most schools. Where authorities were joined, it is the later one in earlier years too, because
-- no code tells from which of them a school came. So an authority and those that replaced it never appear together.
CREATE OR REPLACE TEMP VIEW authority_of_day AS
SELECT year.academic_year, reorganisation.successor AS register_la_code, reorganisation.predecessor AS old_la_code
FROM year_register AS year
JOIN reorganisation ON reorganisation.is_split AND reorganisation.first_day > year.first_day
WHERE year.coverage IN ('Dates', 'Uncovered')
UNION ALL
SELECT academic_year, predecessor AS register_la_code, successor AS old_la_code
FROM (
    SELECT
        year.academic_year, reorganisation.predecessor, reorganisation.successor,
        ROW_NUMBER() OVER (
            PARTITION BY year.academic_year, reorganisation.predecessor
            ORDER BY COALESCE(registered.schools_count, 0) DESC, reorganisation.successor
        ) AS largest_first
    FROM year_register AS year
    JOIN reorganisation ON reorganisation.first_day <= year.first_day OR NOT reorganisation.is_split
    LEFT JOIN (
        SELECT import.import_number, school.old_la_code, COUNT(*) AS schools_count
        FROM import
        JOIN school_version AS school ON import.import_number BETWEEN school.from_import AND school.until_import
        GROUP BY import.import_number, school.old_la_code
    ) AS registered ON registered.import_number = year.import_number AND registered.old_la_code = reorganisation.successor
    WHERE year.coverage IN ('Dates', 'Uncovered')
) AS part
WHERE largest_first = 1;

-- A row is a school of an English region in a measured year, open on 1 September; in a year that is not covered, any that is known.
-- `is_in_total`: it is in the denominator of the total, which has the state-funded primary, secondary and all-through schools.
CREATE OR REPLACE TEMP VIEW open_school AS
SELECT
    year.academic_year, coverage, urn, region_code, COALESCE(authority.old_la_code, school.old_la_code) AS old_la_code,
    education_phase, type_group_code, phase_code, low_age, high_age,
    education_phase IS NOT NULL AND CASE WHEN coverage = 'Status' THEN is_in_by_status ELSE is_state_funded END AS is_in_total
FROM year_register AS year
JOIN school_version AS school ON year.import_number BETWEEN school.from_import AND school.until_import
LEFT JOIN authority_of_day AS authority ON authority.academic_year = year.academic_year AND authority.register_la_code = school.old_la_code
WHERE school.is_known AND school.is_in_england
    -- Status codes: 2 is closed, 4 is proposed to open. A school is closed from its closing day on, and open from its opening day on.
    AND CASE year.coverage
        WHEN 'Status' THEN is_in_by_status OR status_code NOT IN (2, 4)
        WHEN 'Nearest' THEN
            COALESCE(close_date > first_day, status_code <> 2) AND COALESCE(open_date <= first_day, status_code <> 4)
        WHEN 'Dates' THEN
            COALESCE(close_date > first_day, status_code <> 2) AND COALESCE(open_date <= first_day, FALSE) AND status_code <> 4
        ELSE TRUE
    END;

------------------------------------------------------------------------------------------------------------------------------------
-- The programmes
------------------------------------------------------------------------------------------------------------------------------------

-- A row is a programme in a measured year in which schools could take part: the year of a round or of imported participations, and the following years that its
-- schools continue. It has the programme's phases by one round or participation.
-- materialise
CREATE OR REPLACE TEMP VIEW round_played AS
SELECT round.programme, round.academic_year + digit.n AS academic_year, round.education_phases
FROM (
    SELECT programme, education_phases, years_count, CAST(SUBSTRING(round_academic_year, 1, 4) AS INT) AS academic_year
    FROM (
        SELECT
            round_academic_year, event_position,
            ROW_NUMBER() OVER (PARTITION BY round_name ORDER BY event_position DESC) AS newest_first
        FROM (
            SELECT round_name, round_academic_year, event_position, event_recorded_date FROM enrolment_round_created
            UNION ALL
            SELECT round_name, round_academic_year, event_position, event_recorded_date FROM enrolment_round_updated
        ) AS change
        WHERE event_position <= :enrolment_position AND event_recorded_date <= :known_on
    ) AS version
    JOIN (
        SELECT event_position, programme, education_phases, years_count FROM enrolment_round_created_round_programmes
        UNION ALL
        SELECT event_position, programme, education_phases, years_count FROM enrolment_round_updated_round_programmes
    ) AS of_round ON of_round.event_position = version.event_position
    WHERE newest_first = 1
    UNION
    SELECT
        programme_programme AS programme, programme_education_phases AS education_phases, programme_years_count AS years_count,
        CAST(SUBSTRING(participation_first_academic_year, 1, 4) AS INT) AS academic_year
    FROM enrolment_participation_imported
    WHERE event_position <= :enrolment_position AND event_recorded_date <= :known_on
) AS round
JOIN digit ON digit.n < GREATEST(round.years_count, 1)
JOIN measured_year ON measured_year.academic_year = round.academic_year + digit.n;

-- One row where the schools of specialists count, by the policy of the Council that is in force on the day; else none.
CREATE OR REPLACE TEMP VIEW specialist_policy AS
SELECT reach_policy_name
FROM (
    SELECT
        reach_policy_name, reach_policy_fact_kinds,
        ROW_NUMBER() OVER (ORDER BY reach_policy_start_date DESC, event_position DESC) AS newest_first
    FROM network_reach_policy_created
    WHERE event_position <= :network_position AND event_recorded_date <= :known_on AND reach_policy_start_date <= :true_on
) AS begun
WHERE newest_first = 1 AND ARRAY_CONTAINS(reach_policy_fact_kinds, 'REACH_FACT_KIND_SPECIALIST');

-- A row is a cohort of specialists whose schools count in its programme, in its first academic year.
-- materialise
CREATE OR REPLACE TEMP VIEW cohort AS
SELECT cohort.cohort_name, cohort.cohort_programme AS programme, cohort.cohort_education_phase AS contract_phase, year.academic_year, year.first_day
FROM specialists_cohort_created AS cohort
CROSS JOIN specialist_policy
JOIN measured_year AS year ON year.academic_year = CAST(SUBSTRING(cohort.cohort_first_academic_year, 1, 4) AS INT)
WHERE cohort.event_position <= :specialists_position AND cohort.event_recorded_date <= :known_on;

-- A row is a programme in a year in which schools could take part, by a round or by a cohort.
CREATE OR REPLACE TEMP VIEW played AS
SELECT academic_year, programme FROM round_played
UNION
SELECT academic_year, programme FROM cohort;

-- A row is a phase in which a programme was played in a year.
CREATE OR REPLACE TEMP VIEW played_phase AS
SELECT round_played.academic_year, round_played.programme, phase.education_phase
FROM round_played JOIN phase ON ARRAY_CONTAINS(round_played.education_phases, phase.contract_name)
UNION
SELECT cohort.academic_year, cohort.programme, phase.education_phase
FROM cohort JOIN phase ON phase.contract_name = cohort.contract_phase;

-- A row is a programme in a year in which schools could take part, with its terms: of those that have begun on 1 September, the newest. It has none, and
-- `has_terms` is false, before the catalogue and while the programme is withdrawn.
CREATE OR REPLACE TEMP VIEW programme_terms AS
SELECT academic_year, programme, has_terms, type_group_codes, phase_codes, from_age, to_age
FROM (
    SELECT
        played.academic_year,
        played.programme,
        COALESCE(NOT terms.terms_withdrawn, FALSE) AS has_terms,
        terms.terms_eligibility_type_group_codes AS type_group_codes,
        terms.terms_eligibility_phase_codes AS phase_codes,
        terms.terms_eligibility_ages_from_age AS from_age,
        terms.terms_eligibility_ages_to_age AS to_age,
        ROW_NUMBER() OVER (
            PARTITION BY played.academic_year, played.programme
            ORDER BY terms.terms_start_date DESC NULLS LAST, CAST(SPLIT_PART(terms.terms_name, '/', 4) AS INT) DESC NULLS LAST
        ) AS newest_first
    FROM played
    LEFT JOIN (
        SELECT * FROM network_programme_terms_added WHERE event_position <= :network_position AND event_recorded_date <= :known_on
    ) AS terms
        ON SPLIT_PART(terms.terms_name, '/', 2) = played.programme AND terms.terms_start_date <= MAKE_DATE(played.academic_year, 9, 1)
) AS begun
WHERE newest_first = 1;

-- A row is a class of schools that a programme takes in a year: by its terms, else state-funded schools of the phases of its rounds.
-- materialise
CREATE OR REPLACE TEMP VIEW programme_class AS
SELECT terms.academic_year, terms.programme, class.type_group_code, class.phase_code, class.low_age, class.high_age
FROM programme_terms AS terms
CROSS JOIN (SELECT DISTINCT type_group_code, phase_code, low_age, high_age, is_state_funded FROM school_version) AS class
LEFT JOIN code_of_phase AS code ON code.phase_code = class.phase_code
LEFT JOIN played_phase AS played
    ON played.academic_year = terms.academic_year AND played.programme = terms.programme AND played.education_phase = code.education_phase
WHERE CASE WHEN terms.has_terms
    THEN ARRAY_CONTAINS(terms.type_group_codes, CAST(class.type_group_code AS BIGINT))
        AND ARRAY_CONTAINS(terms.phase_codes, CAST(class.phase_code AS BIGINT))
        AND (terms.from_age IS NULL OR (class.low_age BETWEEN 0 AND terms.from_age AND class.high_age >= terms.to_age))
    ELSE class.is_state_funded AND played.education_phase IS NOT NULL
END;

-- A row is a school of a measured year that is in the denominator of the total or of a programme.
-- materialise
CREATE OR REPLACE TEMP VIEW year_school AS
SELECT school.*
FROM open_school AS school
LEFT JOIN (SELECT DISTINCT academic_year, type_group_code, phase_code, low_age, high_age FROM programme_class) AS class
    ON class.academic_year = school.academic_year AND class.type_group_code = school.type_group_code
    AND class.phase_code = school.phase_code AND class.low_age = school.low_age AND class.high_age = school.high_age
WHERE school.is_in_total OR class.academic_year IS NOT NULL;

------------------------------------------------------------------------------------------------------------------------------------
-- Lineage
------------------------------------------------------------------------------------------------------------------------------------

-- A row is a current link from a school to one that descends from it, and the first academic year on whose 1 September it holds; 0 for a link without a day,
-- which always holds. In one batch all removals come before all additions.
-- materialise
CREATE OR REPLACE TEMP VIEW link AS
SELECT
    predecessor_urn AS predecessor,
    successor_urn AS successor,
    COALESCE(
        CAST(EXTRACT(YEAR FROM established_date) AS INT)
            + CASE WHEN established_date > MAKE_DATE(CAST(EXTRACT(YEAR FROM established_date) AS INT), 9, 1) THEN 1 ELSE 0 END,
        0
    ) AS from_year
FROM (
    SELECT
        change.*,
        ROW_NUMBER() OVER (
            PARTITION BY predecessor_urn, successor_urn
            ORDER BY batch.end_position DESC, is_added DESC, change.event_position DESC, number_in_list DESC
        ) AS newest_first
    FROM (
        SELECT event_position, removed_school_links_number_in_list AS number_in_list, predecessor_urn, successor_urn, established_date, 0 AS is_added
        FROM network_school_links_recorded_removed_school_links
        UNION ALL
        SELECT event_position, school_links_number_in_list AS number_in_list, predecessor_urn, successor_urn, established_date, 1 AS is_added
        FROM network_school_links_recorded_school_links
        -- A link of another kind is no descent.
        WHERE kind NOT IN ('LINK_KIND_OTHER', 'LINK_KIND_UNSPECIFIED')
    ) AS change
    JOIN batch ON change.event_position > batch.after_position AND change.event_position <= batch.end_position
) AS ranked
WHERE newest_first = 1 AND is_added = 1 AND predecessor_urn <> successor_urn;

-- A row of `descent_N` is a school and one that descends from it by at most N links, and the first year in which all links of one path hold. Each view has the paths
-- of the one before, and all joins of two of them. (Spark's recursion cannot drop duplicates, and links of real registers form cycles.)
-- materialise
CREATE OR REPLACE TEMP VIEW descent_2 AS
SELECT predecessor, successor, MIN(from_year) AS from_year
FROM (
    SELECT predecessor, successor, from_year FROM link
    UNION ALL
    SELECT older.predecessor, newer.successor, GREATEST(older.from_year, newer.from_year)
    FROM link AS older JOIN link AS newer ON newer.predecessor = older.successor
) AS path
GROUP BY predecessor, successor;

-- materialise
CREATE OR REPLACE TEMP VIEW descent_4 AS
SELECT predecessor, successor, MIN(from_year) AS from_year
FROM (
    SELECT predecessor, successor, from_year FROM descent_2
    UNION ALL
    SELECT older.predecessor, newer.successor, GREATEST(older.from_year, newer.from_year)
    FROM descent_2 AS older JOIN descent_2 AS newer ON newer.predecessor = older.successor
) AS path
GROUP BY predecessor, successor;

-- materialise
CREATE OR REPLACE TEMP VIEW descent_8 AS
SELECT predecessor, successor, MIN(from_year) AS from_year
FROM (
    SELECT predecessor, successor, from_year FROM descent_4
    UNION ALL
    SELECT older.predecessor, newer.successor, GREATEST(older.from_year, newer.from_year)
    FROM descent_4 AS older JOIN descent_4 AS newer ON newer.predecessor = older.successor
) AS path
GROUP BY predecessor, successor;

-- materialise
CREATE OR REPLACE TEMP VIEW descent_16 AS
SELECT predecessor, successor, MIN(from_year) AS from_year
FROM (
    SELECT predecessor, successor, from_year FROM descent_8
    UNION ALL
    SELECT older.predecessor, newer.successor, GREATEST(older.from_year, newer.from_year)
    FROM descent_8 AS older JOIN descent_8 AS newer ON newer.predecessor = older.successor
) AS path
GROUP BY predecessor, successor;

-- A row is a path of more than 16 links that leads to another school, or to one in an earlier year. Then the lineage needs one view more.
-- must be empty
CREATE OR REPLACE TEMP VIEW descent_too_long AS
SELECT path.predecessor, link.successor, GREATEST(path.from_year, link.from_year) AS from_year
FROM descent_16 AS path
JOIN link ON link.predecessor = path.successor
LEFT JOIN descent_16 AS known ON known.predecessor = path.predecessor AND known.successor = link.successor
WHERE known.from_year IS NULL OR known.from_year > GREATEST(path.from_year, link.from_year);

------------------------------------------------------------------------------------------------------------------------------------
-- Facts
------------------------------------------------------------------------------------------------------------------------------------

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
            first_year + LEAST(GREATEST(years_count, 1), 10) - 1 AS last_year,
            CAST(EXTRACT(YEAR FROM end_date) AS INT) + CASE WHEN EXTRACT(MONTH FROM end_date) >= 9 THEN 1 ELSE 0 END AS ended_year
        FROM (
            SELECT
                COALESCE(NULLIF(participation_application, ''), participation_name) AS participation,
                withdraw_date AS end_date, event_position, event_recorded_date,
                CAST(SUBSTRING(participation_first_academic_year, 1, 4) AS INT) AS first_year, participation_years_count AS years_count
            FROM enrolment_participation_withdrawn
            UNION ALL
            SELECT
                participation_name AS participation, withdraw_date AS end_date, event_position, event_recorded_date,
                CAST(SUBSTRING(participation_first_academic_year, 1, 4) AS INT) AS first_year, participation_years_count AS years_count
            FROM enrolment_participation_imported
            UNION ALL
            SELECT
                COALESCE(NULLIF(participation_application, ''), participation_name) AS participation,
                completion_date AS end_date, event_position, event_recorded_date,
                CAST(SUBSTRING(participation_first_academic_year, 1, 4) AS INT) AS first_year, participation_years_count AS years_count
            FROM enrolment_year_completed
            WHERE participation_state = 'PARTICIPATION_STATE_COMPLETED'
        ) AS event
        WHERE event_position <= :enrolment_position AND event_recorded_date <= :known_on AND end_date <= :true_on
    ) AS ended
    WHERE ended_year <= last_year
) AS any_ending
GROUP BY participation;

-- A row is a school with a place in a programme that began in a year, and the last year in which it is enrolled by it. An imported participation has no day of
-- acceptance: it is enrolled from the first day of its first year on.
CREATE OR REPLACE TEMP VIEW place AS
SELECT
    school, programme,
    CAST(SUBSTRING(first_academic_year, 1, 4) AS INT) AS first_year,
    MAX(LEAST(CAST(SUBSTRING(first_academic_year, 1, 4) AS INT) + LEAST(GREATEST(years_count, 1), 10) - 1, ended_year - 1)) AS last_year
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
GROUP BY school, programme, first_academic_year;

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
    SELECT DISTINCT school, programme, 'Enrolled' AS stage, measured_year.academic_year
    FROM place JOIN measured_year ON measured_year.academic_year BETWEEN place.first_year AND place.last_year
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

------------------------------------------------------------------------------------------------------------------------------------
-- Counting
------------------------------------------------------------------------------------------------------------------------------------

-- A row is a school of a measured year, and a URN whose facts count for it: its own, and those of its predecessors by links that hold on 1 September. In a year that
-- is not covered, facts count under the newest URNs of their lineage alone, and under their own where none of these is in the year.
-- materialise
CREATE OR REPLACE TEMP VIEW counts_for AS
WITH
uncovered_heir AS (
    SELECT year.academic_year, family.predecessor AS fact_urn, family.successor AS urn
    FROM year_register AS year
    JOIN descent_16 AS family ON family.from_year <= year.academic_year
    JOIN year_school AS school ON school.academic_year = year.academic_year AND school.urn = family.successor
    LEFT JOIN (SELECT predecessor, MIN(from_year) AS from_year FROM link GROUP BY predecessor) AS next
        ON next.predecessor = family.successor AND next.from_year <= year.academic_year
    WHERE year.coverage = 'Uncovered' AND next.predecessor IS NULL
)
SELECT school.academic_year, descent.predecessor AS fact_urn, school.urn
FROM year_school AS school
JOIN descent_16 AS descent ON descent.successor = school.urn AND descent.from_year <= school.academic_year
WHERE school.coverage <> 'Uncovered' AND descent.predecessor <> descent.successor
UNION ALL
SELECT academic_year, urn AS fact_urn, urn FROM year_school WHERE coverage <> 'Uncovered'
UNION ALL
SELECT DISTINCT academic_year, fact_urn, urn FROM uncovered_heir
UNION ALL
SELECT school.academic_year, school.urn AS fact_urn, school.urn
FROM year_school AS school
LEFT JOIN (SELECT DISTINCT academic_year, fact_urn FROM uncovered_heir) AS heir
    ON heir.academic_year = school.academic_year AND heir.fact_urn = school.urn
WHERE school.coverage = 'Uncovered' AND heir.fact_urn IS NULL;

-- A row is a school of a measured year that came to a stage of a programme in that year or an earlier one, with the first and the last of these years.
-- materialise
CREATE OR REPLACE TEMP VIEW reached AS
SELECT
    school.academic_year, school.urn, fact.programme, fact.stage,
    MIN(fact.academic_year) AS first_reached_year, MAX(fact.academic_year) AS last_reached_year
FROM fact
JOIN counts_for AS school ON school.fact_urn = fact.urn AND fact.academic_year <= school.academic_year
GROUP BY school.academic_year, school.urn, fact.programme, fact.stage;

-- A row is a place and phase in a measured year, a programme, and the number of schools that are in its denominator and are of one class. The programme is null
-- for the total, whose phases are those in which any programme is played.
CREATE OR REPLACE TEMP VIEW denominator AS
SELECT school.academic_year, class.programme, school.region_code, school.old_la_code, school.education_phase, school.schools_count
FROM (
    SELECT academic_year, region_code, old_la_code, education_phase, type_group_code, phase_code, low_age, high_age, COUNT(*) AS schools_count
    FROM year_school
    WHERE coverage <> 'Uncovered'
    GROUP BY academic_year, region_code, old_la_code, education_phase, type_group_code, phase_code, low_age, high_age
) AS school
JOIN programme_class AS class
    ON class.academic_year = school.academic_year AND class.type_group_code = school.type_group_code
    AND class.phase_code = school.phase_code AND class.low_age = school.low_age AND class.high_age = school.high_age
UNION ALL
SELECT school.academic_year, CAST(NULL AS STRING) AS programme, school.region_code, school.old_la_code, school.education_phase, COUNT(*) AS schools_count
FROM year_school AS school
JOIN (SELECT DISTINCT academic_year, education_phase FROM played_phase) AS played
    ON played.academic_year = school.academic_year AND played.education_phase = school.education_phase
WHERE school.coverage <> 'Uncovered' AND school.is_in_total
GROUP BY school.academic_year, school.region_code, school.old_la_code, school.education_phase;

-- A row is a school of a denominator that came to a stage, as in `reached`. In the total, where the programme is null, a school is there once.
CREATE OR REPLACE TEMP VIEW numerator AS
SELECT
    school.academic_year, reached.programme, school.region_code, school.old_la_code, school.education_phase, reached.stage,
    reached.first_reached_year, reached.last_reached_year
FROM reached
JOIN year_school AS school ON school.academic_year = reached.academic_year AND school.urn = reached.urn
JOIN programme_class AS class
    ON class.academic_year = school.academic_year AND class.programme = reached.programme AND class.type_group_code = school.type_group_code
    AND class.phase_code = school.phase_code AND class.low_age = school.low_age AND class.high_age = school.high_age
UNION ALL
SELECT
    school.academic_year, CAST(NULL AS STRING) AS programme, school.region_code, school.old_la_code, school.education_phase, reached.stage,
    reached.first_reached_year, reached.last_reached_year
FROM (
    SELECT academic_year, urn, stage, MIN(first_reached_year) AS first_reached_year, MAX(last_reached_year) AS last_reached_year
    FROM reached
    GROUP BY academic_year, urn, stage
) AS reached
JOIN year_school AS school ON school.academic_year = reached.academic_year AND school.urn = reached.urn
JOIN (SELECT DISTINCT academic_year, education_phase FROM played_phase) AS played
    ON played.academic_year = school.academic_year AND played.education_phase = school.education_phase
WHERE school.is_in_total;

-- A row is a stage.
CREATE OR REPLACE TEMP VIEW stage AS
SELECT stage FROM (VALUES ('Applied'), ('Enrolled'), ('Active'), ('Completed')) AS stages (stage);

-- A row is the numbers of reached schools of a year, programme, place, phase and stage, as in `cells`.
CREATE OR REPLACE TEMP VIEW counted AS
SELECT
    numerator.academic_year, programme, region_code, old_la_code, education_phase, stage,
    -- Adding it to a denominator makes no difference, and where there is none, null remains.
    CASE WHEN year.coverage = 'Uncovered' THEN NULL ELSE 0 END AS schools_count,
    SUM(CASE WHEN last_reached_year = numerator.academic_year THEN 1 ELSE 0 END) AS reached_count,
    SUM(CASE WHEN first_reached_year = numerator.academic_year THEN 1 ELSE 0 END) AS reached_new_count,
    COUNT(*) AS reached_since_count
FROM numerator
JOIN year_register AS year ON year.academic_year = numerator.academic_year
GROUP BY numerator.academic_year, programme, region_code, old_la_code, education_phase, stage, year.coverage;

-- A row is a cell: the counts of a year, programme, place, phase and stage. The programme is null for the total, the phase is null for 16 plus institutions, and
-- `schools_count` is null in a year that is not covered. Each combination of the others has a row for each stage. Each row has the days for which it was counted.
CREATE OR REPLACE TEMP VIEW cells AS
SELECT
    :true_on AS true_on_date,
    :known_on AS known_on_date,
    CAST(academic_year AS INT) AS academic_year,
    programme,
    region_code,
    old_la_code,
    education_phase,
    stage,
    CAST(SUM(schools_count) AS INT) AS schools_count,
    CAST(SUM(reached_count) AS INT) AS reached_count,
    CAST(SUM(reached_new_count) AS INT) AS reached_new_count,
    CAST(SUM(reached_since_count) AS INT) AS reached_since_count
FROM (
    SELECT
        academic_year, programme, region_code, old_la_code, education_phase, stage.stage,
        schools_count, 0 AS reached_count, 0 AS reached_new_count, 0 AS reached_since_count
    FROM denominator CROSS JOIN stage
    UNION ALL
    SELECT
        academic_year, programme, region_code, old_la_code, education_phase, stage.stage,
        schools_count,
        CASE WHEN counted.stage = stage.stage THEN reached_count ELSE 0 END AS reached_count,
        CASE WHEN counted.stage = stage.stage THEN reached_new_count ELSE 0 END AS reached_new_count,
        CASE WHEN counted.stage = stage.stage THEN reached_since_count ELSE 0 END AS reached_since_count
    FROM counted CROSS JOIN stage
) AS part
GROUP BY academic_year, programme, region_code, old_la_code, education_phase, stage;
