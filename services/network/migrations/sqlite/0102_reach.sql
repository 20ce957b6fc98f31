-- Sets of reach figures, in the order of `number`.
CREATE TABLE reach_publication (
    publication_id TEXT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    -- 1 provisional, 2 final.
    state BIGINT NOT NULL CHECK (state BETWEEN 1 AND 2),
    academic_year TEXT NOT NULL,
    true_on_date TEXT NOT NULL,
    known_on_date TEXT NOT NULL,
    register_as_of_date TEXT NOT NULL,
    content_sha256 TEXT NOT NULL,
    coldness_prior_schools_count BIGINT NOT NULL CHECK (coldness_prior_schools_count >= 0),
    publish_time BIGINT NOT NULL,
    publisher TEXT NOT NULL,
    approve_time BIGINT,
    approver TEXT,
    approving_body TEXT,
    superseded_publication_id TEXT REFERENCES reach_publication (publication_id),
    -- One line `source epoch position` for each feed, in order of source.
    feed_positions TEXT NOT NULL,
    figures_count BIGINT NOT NULL,
    cold_areas_count BIGINT NOT NULL,
    version BIGINT NOT NULL CHECK (version > 0),
    -- Four eyes: nobody makes final what they published.
    CHECK (approver <> publisher),
    CHECK ((state = 2) = (approver IS NOT NULL)),
    CHECK ((state = 2) = (approve_time IS NOT NULL)),
    CHECK ((state = 2) = (approving_body IS NOT NULL)),
    CHECK (superseded_publication_id IS NULL OR (state = 2 AND superseded_publication_id <> publication_id))
);

-- The figures of a publication. Absent numbers are `x` or `z`, as the state says.
CREATE TABLE reach_figure (
    publication_id TEXT NOT NULL REFERENCES reach_publication (publication_id),
    position BIGINT NOT NULL,
    academic_year TEXT NOT NULL,
    geographic_level BIGINT NOT NULL CHECK (geographic_level BETWEEN 1 AND 3),
    region_code TEXT NOT NULL,
    old_la_code TEXT NOT NULL,
    new_la_code TEXT NOT NULL,
    programme TEXT NOT NULL,
    education_phase BIGINT NOT NULL CHECK (education_phase BETWEEN 0 AND 3),
    stage BIGINT NOT NULL CHECK (stage BETWEEN 1 AND 4),
    state BIGINT NOT NULL CHECK (state BETWEEN 1 AND 4),
    schools_count BIGINT,
    schools_reached_count BIGINT,
    schools_reached_new_count BIGINT,
    schools_reached_permille BIGINT CHECK (schools_reached_permille BETWEEN 0 AND 1000),
    schools_reached_since_201415_count BIGINT,
    schools_reached_since_201415_permille BIGINT CHECK (schools_reached_since_201415_permille BETWEEN 0 AND 1000),
    PRIMARY KEY (publication_id, position),
    -- One figure for one question.
    UNIQUE (publication_id, academic_year, geographic_level, region_code, old_la_code, programme, education_phase, stage),
    CHECK (schools_reached_count <= schools_count),
    CHECK (schools_reached_new_count <= schools_reached_count),
    CHECK (schools_reached_since_201415_count <= schools_count)
);

-- The areas of a publication.
CREATE TABLE cold_area (
    publication_id TEXT NOT NULL REFERENCES reach_publication (publication_id),
    position BIGINT NOT NULL,
    old_la_code TEXT NOT NULL,
    new_la_code TEXT NOT NULL,
    region_code TEXT NOT NULL,
    programme TEXT NOT NULL,
    education_phase BIGINT NOT NULL CHECK (education_phase BETWEEN 1 AND 3),
    stage BIGINT NOT NULL CHECK (stage BETWEEN 1 AND 4),
    schools_count BIGINT NOT NULL CHECK (schools_count > 0),
    schools_never_reached_count BIGINT NOT NULL CHECK (schools_never_reached_count BETWEEN 0 AND schools_count),
    region_schools_count BIGINT NOT NULL CHECK (region_schools_count >= schools_count),
    region_schools_never_reached_count BIGINT NOT NULL CHECK (region_schools_never_reached_count BETWEEN 0 AND region_schools_count),
    coldness_ppm BIGINT NOT NULL CHECK (coldness_ppm BETWEEN 0 AND 1000000),
    -- 0 when the area is too small to be ranked.
    rank BIGINT NOT NULL CHECK ((rank = 0) = (schools_count < 10)),
    PRIMARY KEY (publication_id, position),
    -- One answer for whoever selects by it, whatever the stage.
    UNIQUE (publication_id, old_la_code, programme, education_phase)
);
