-- The programmes of each year, the classes of schools that may take part in them, and the schools of each denominator.

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
