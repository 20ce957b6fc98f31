-- The files of this folder, in the order of their names, count the cells of reach from the typed tables of the lake (../SCHEMA.md), by the definitions of ../README.md.
-- This first one has the measured years, and the schools of each by the registers.
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
-- Output: cells, the last view of the last file. An academic year is the calendar year in which it begins: 2018 is 2018/19.
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
