-- Cohorts, weights, nominations and rankings. Instants are microseconds UTC, days are YYYY-MM-DD.

CREATE TABLE cohort (
    id TEXT NOT NULL PRIMARY KEY,
    display_name TEXT NOT NULL,
    number BIGINT NOT NULL CHECK (number BETWEEN 1 AND 999),
    -- Number of the contract's enum: primary or secondary.
    education_phase BIGINT NOT NULL CHECK (education_phase IN (1, 2)),
    programme TEXT NOT NULL,
    -- JSON: the version and the eligibility of the programme's terms.
    terms TEXT NOT NULL,
    -- Written 2019/20, which sorts in the order of the years.
    first_academic_year TEXT NOT NULL,
    last_academic_year TEXT NOT NULL CHECK (last_academic_year >= first_academic_year),
    -- Both days belong to the window.
    window_start_date TEXT NOT NULL,
    window_end_date TEXT NOT NULL CHECK (window_end_date >= window_start_date),
    -- JSON, because they are read and written with the cohort only.
    years TEXT NOT NULL,
    -- Figures that nobody has approved count too.
    provisional_figures_count BOOLEAN NOT NULL,
    -- Number of the newest ranking; 0 before the first.
    rankings_count BIGINT NOT NULL CHECK (rankings_count >= 0),
    -- Instant of the first selection; after it the cohort cannot be ranked again.
    select_time BIGINT,
    version BIGINT NOT NULL,
    UNIQUE (programme, education_phase, number)
);

CREATE TABLE score_weights (
    version BIGINT NOT NULL PRIMARY KEY CHECK (version >= 1),
    start_date TEXT NOT NULL,
    decision TEXT NOT NULL,
    prior_schools_count BIGINT NOT NULL CHECK (prior_schools_count >= 0),
    area_permille BIGINT NOT NULL CHECK (area_permille >= 0),
    region_permille BIGINT NOT NULL CHECK (region_permille >= 0),
    CONSTRAINT score_weights_whole CHECK (area_permille + region_permille = 1000)
);
-- only sqlite
CREATE TRIGGER score_weights_refuse_update BEFORE UPDATE ON score_weights BEGIN SELECT RAISE(ABORT, 'weights cannot be changed or deleted'); END;
CREATE TRIGGER score_weights_refuse_delete BEFORE DELETE ON score_weights BEGIN SELECT RAISE(ABORT, 'weights cannot be changed or deleted'); END;
-- end
-- only postgres
CREATE TRIGGER score_weights_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON score_weights FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- end

CREATE TABLE nomination (
    id TEXT NOT NULL PRIMARY KEY,
    cohort TEXT NOT NULL REFERENCES cohort (id),
    urn BIGINT NOT NULL,
    hub TEXT NOT NULL,
    -- The id as it was when the person was nominated; the mirror says which record it means today.
    person TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('submitted', 'selected', 'not_selected', 'withdrawn')),
    submit_time BIGINT NOT NULL,
    select_time BIGINT,
    -- Number of the newest override; 0 without any.
    overrides_count BIGINT NOT NULL CHECK (overrides_count >= 0),
    withdraw_reason TEXT,
    version BIGINT NOT NULL,
    -- True while it is submitted, and while it is selected and the years of its cohort are not over. The end of the years is noticed at the next nomination
    -- of the person.
    is_live BOOLEAN NOT NULL,
    CONSTRAINT nomination_live_state CHECK (NOT is_live OR state IN ('submitted', 'selected')),
    CONSTRAINT nomination_submitted CHECK (state <> 'submitted' OR is_live),
    CONSTRAINT nomination_selected CHECK (state <> 'selected' OR select_time IS NOT NULL),
    CONSTRAINT nomination_withdrawn CHECK (state <> 'withdrawn' OR withdraw_reason IS NOT NULL)
);
-- A person has one live nomination in all cohorts together; two when network merged two records with one each.
CREATE UNIQUE INDEX nomination_live ON nomination (person) WHERE is_live;
-- For pages of a cohort's nominations.
CREATE UNIQUE INDEX nomination_cohort ON nomination (cohort, id);
-- For the scope of a person, and for the nominations of a person.
CREATE INDEX nomination_person ON nomination (person);

-- Decisions against the order. A later decision does not replace an earlier one; the newest has the largest number.
CREATE TABLE nomination_override (
    nomination TEXT NOT NULL REFERENCES nomination (id),
    number BIGINT NOT NULL CHECK (number >= 1),
    outcome TEXT NOT NULL CHECK (outcome IN ('selected', 'not_selected')),
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    override_time BIGINT NOT NULL,
    PRIMARY KEY (nomination, number)
);
-- only sqlite
CREATE TRIGGER nomination_override_refuse_update BEFORE UPDATE ON nomination_override BEGIN SELECT RAISE(ABORT, 'decisions cannot be changed or deleted'); END;
CREATE TRIGGER nomination_override_refuse_delete BEFORE DELETE ON nomination_override BEGIN SELECT RAISE(ABORT, 'decisions cannot be changed or deleted'); END;
-- end
-- only postgres
CREATE TRIGGER nomination_override_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON nomination_override FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- end

-- Every ranking; with its entries, all inputs of its scores.
CREATE TABLE ranking (
    cohort TEXT NOT NULL REFERENCES cohort (id),
    number BIGINT NOT NULL CHECK (number >= 1),
    rank_time BIGINT NOT NULL,
    actor TEXT NOT NULL,
    -- Both absent when there were no figures; then the order is that of submission.
    reach_publication TEXT,
    score_weights BIGINT REFERENCES score_weights (version),
    nominations_count BIGINT NOT NULL,
    scored_count BIGINT NOT NULL,
    PRIMARY KEY (cohort, number),
    CONSTRAINT ranking_basis CHECK ((reach_publication IS NULL) = (score_weights IS NULL)),
    CONSTRAINT ranking_scored CHECK (scored_count BETWEEN 0 AND nominations_count AND (reach_publication IS NOT NULL OR scored_count = 0))
);
-- only sqlite
CREATE TRIGGER ranking_refuse_update BEFORE UPDATE ON ranking BEGIN SELECT RAISE(ABORT, 'rankings cannot be changed or deleted'); END;
CREATE TRIGGER ranking_refuse_delete BEFORE DELETE ON ranking BEGIN SELECT RAISE(ABORT, 'rankings cannot be changed or deleted'); END;
-- end
-- only postgres
CREATE TRIGGER ranking_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ranking FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- end

-- Without foreign keys: thousands are inserted with their ranking, under the lock of the cohort, and each lookup would cost time.
CREATE TABLE ranking_entry (
    cohort TEXT NOT NULL,
    ranking_number BIGINT NOT NULL,
    nomination TEXT NOT NULL,
    rank BIGINT NOT NULL CHECK (rank >= 1),
    -- Figures of the school's authority, and the score. All absent when there were no figures.
    old_la_code TEXT,
    schools_count BIGINT,
    schools_never_reached_count BIGINT,
    region_schools_count BIGINT,
    region_schools_never_reached_count BIGINT,
    score_ppm BIGINT,
    PRIMARY KEY (cohort, ranking_number, nomination),
    UNIQUE (cohort, ranking_number, rank),
    CONSTRAINT ranking_entry_whole CHECK (
        (score_ppm IS NULL) = (old_la_code IS NULL) AND (score_ppm IS NULL) = (schools_count IS NULL)
        AND (score_ppm IS NULL) = (schools_never_reached_count IS NULL) AND (score_ppm IS NULL) = (region_schools_count IS NULL)
        AND (score_ppm IS NULL) = (region_schools_never_reached_count IS NULL))
);
-- only sqlite
CREATE TRIGGER ranking_entry_refuse_update BEFORE UPDATE ON ranking_entry BEGIN SELECT RAISE(ABORT, 'rankings cannot be changed or deleted'); END;
CREATE TRIGGER ranking_entry_refuse_delete BEFORE DELETE ON ranking_entry BEGIN SELECT RAISE(ABORT, 'rankings cannot be changed or deleted'); END;
-- end
-- only postgres
CREATE TRIGGER ranking_entry_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ranking_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- end
