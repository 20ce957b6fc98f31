-- Cells: the numbers of schools that facts count for.

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
