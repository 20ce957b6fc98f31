-- The register that is served: one row, there from the beginning, so that an import always has a row to lock. Version 0 is before the first
-- import.
CREATE TABLE register (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (name = 'register'),
    version BIGINT NOT NULL CHECK (version >= 0),
    as_of_date TEXT COLLATE "C" NOT NULL,
    extract_sha256 TEXT NOT NULL,
    links_sha256 TEXT NOT NULL,
    rows_count BIGINT NOT NULL,
    reason_in_count BIGINT NOT NULL,
    reason_closed_count BIGINT NOT NULL,
    reason_proposed_to_open_count BIGINT NOT NULL,
    reason_not_state_funded_count BIGINT NOT NULL,
    reason_phase_not_counted_count BIGINT NOT NULL,
    reason_no_region_count BIGINT NOT NULL,
    link_rows_count BIGINT NOT NULL,
    links_count BIGINT NOT NULL,
    link_rows_unknown_urn_count BIGINT NOT NULL,
    link_rows_other_count BIGINT NOT NULL,
    open_date_blank_count BIGINT NOT NULL,
    -- Every row of the extract has exactly one reason.
    CHECK (
        rows_count = reason_in_count + reason_closed_count + reason_proposed_to_open_count + reason_not_state_funded_count
            + reason_phase_not_counted_count + reason_no_region_count
    ),
    CHECK (open_date_blank_count <= reason_in_count)
);
INSERT INTO register VALUES ('register', 0, '', '', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

-- Every school that any extract listed, as the newest one that did describes it.
CREATE TABLE school (
    urn BIGINT NOT NULL PRIMARY KEY CHECK (urn BETWEEN 100000 AND 999999),
    school_name TEXT NOT NULL,
    old_la_code TEXT COLLATE "C" NOT NULL,
    new_la_code TEXT COLLATE "C" NOT NULL,
    la_name TEXT NOT NULL,
    region_code TEXT COLLATE "C" NOT NULL,
    type_code BIGINT NOT NULL,
    type_group_code BIGINT NOT NULL,
    status_code BIGINT NOT NULL CHECK (status_code BETWEEN 1 AND 4),
    phase_code BIGINT NOT NULL CHECK (phase_code BETWEEN 0 AND 7),
    education_phase BIGINT NOT NULL CHECK (education_phase BETWEEN 0 AND 3),
    open_date TEXT COLLATE "C" NOT NULL,
    close_date TEXT COLLATE "C" NOT NULL,
    register_reason BIGINT NOT NULL CHECK (register_reason BETWEEN 1 AND 6),
    fsm_permille BIGINT CHECK (fsm_permille BETWEEN 0 AND 1000),
    listed BOOLEAN NOT NULL,
    version BIGINT NOT NULL CHECK (version > 0),
    -- A row that is in has what it is counted by.
    CHECK (register_reason <> 1 OR (region_code <> '' AND education_phase <> 0))
);

-- Who descends from whom. Only links between two schools that the newest extract lists.
CREATE TABLE school_link (
    predecessor_urn BIGINT NOT NULL REFERENCES school (urn),
    successor_urn BIGINT NOT NULL REFERENCES school (urn),
    kind BIGINT NOT NULL CHECK (kind BETWEEN 1 AND 3),
    -- Empty means always, and sorts before every day.
    established_date TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (predecessor_urn, successor_urn),
    CHECK (predecessor_urn <> successor_urn)
);
CREATE INDEX school_link_successor ON school_link (successor_urn);
