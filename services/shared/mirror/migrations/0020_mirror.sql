-- A service's copy of what it needs of the network. Only the consumer of the network's feed writes it, in the transaction that advances the cursor.

CREATE TABLE hub (
    id TEXT NOT NULL PRIMARY KEY,
    -- First and last day on which it is open; absent where the network names none.
    start_date TEXT,
    end_date TEXT
);

-- The authorities that a hub serves. Schools choose hubs across these boundaries.
CREATE TABLE hub_authority (
    hub TEXT NOT NULL,
    old_la_code TEXT NOT NULL,
    PRIMARY KEY (hub, old_la_code)
);

-- The hubs that schools chose, each from a day. The newest choice that has begun counts.
CREATE TABLE hub_choice (
    urn BIGINT NOT NULL,
    start_date TEXT NOT NULL,
    hub TEXT NOT NULL,
    PRIMARY KEY (urn, start_date)
);
-- For the schools of a hub.
CREATE INDEX hub_choice_hub ON hub_choice (hub, urn);

-- Decisions of the Council, under their names: a policy rests on one of them.
CREATE TABLE council_decision (
    decision_id TEXT NOT NULL PRIMARY KEY
);

CREATE TABLE school (
    urn BIGINT NOT NULL PRIMARY KEY,
    old_la_code TEXT NOT NULL,
    -- Code of the authority to which it belonged before a reorganisation; empty when none is known.
    former_old_la_code TEXT NOT NULL,
    -- Number of the contract's enum; 0 when the programme does not count the phase.
    education_phase BIGINT NOT NULL,
    -- Empty when the school lies in no region of England.
    region_code TEXT NOT NULL,
    -- Codes of GIAS, as the network gives them.
    status_code BIGINT NOT NULL,
    type_group_code BIGINT NOT NULL,
    phase_code BIGINT NOT NULL,
    -- Statutory ages in years; -1 when the register does not say, so that a join can compare them.
    low_age BIGINT NOT NULL,
    high_age BIGINT NOT NULL,
    -- On the National Grid; both absent when the register does not say.
    easting_metres BIGINT,
    northing_metres BIGINT,
    -- The day on which it closes, or closed; absent when the register does not say.
    close_date TEXT,
    listed BOOLEAN NOT NULL
);

-- Programmes of the catalogue.
CREATE TABLE programme (
    id TEXT NOT NULL PRIMARY KEY,
    display_name TEXT NOT NULL,
    -- A school and its lineage may take part once in every academic year, and not once for ever.
    is_yearly BOOLEAN NOT NULL
);

-- The terms of programmes. Of one first day, the newest version counts.
CREATE TABLE programme_terms (
    programme TEXT NOT NULL,
    version BIGINT NOT NULL,
    start_date TEXT NOT NULL,
    -- JSON, read with the row. NULL when the programme is withdrawn.
    eligibility TEXT,
    -- JSON, read with the row: meetings and support visits of each year, the first first.
    years TEXT NOT NULL,
    -- JSON, read with the row. NULL when the programme has no Work Groups.
    work_group_shape TEXT,
    PRIMARY KEY (programme, version)
);

-- Each eligibility that terms had, under its key. Rows are never deleted, because rounds keep the eligibility by which they were announced.
CREATE TABLE eligibility (
    key TEXT NOT NULL PRIMARY KEY,
    -- JSON, read with the row.
    definition TEXT NOT NULL
);

-- Verdicts of the crate `eligibility`: whether open schools of a class may take part. One row for each eligibility and each class of schools.
CREATE TABLE class_verdict (
    eligibility TEXT NOT NULL,
    type_group_code BIGINT NOT NULL,
    phase_code BIGINT NOT NULL,
    low_age BIGINT NOT NULL,
    high_age BIGINT NOT NULL,
    is_eligible BOOLEAN NOT NULL,
    PRIMARY KEY (eligibility, type_group_code, phase_code, low_age, high_age)
);

-- Descent, from the older school to the newer. Splits are kept, and lineages leave them out.
CREATE TABLE school_link (
    predecessor_urn BIGINT NOT NULL,
    successor_urn BIGINT NOT NULL,
    is_split BOOLEAN NOT NULL,
    -- First day of the link; empty, which sorts before every day, when it always held.
    established_date TEXT NOT NULL,
    PRIMARY KEY (predecessor_urn, successor_urn)
);
CREATE INDEX school_link_successor ON school_link (successor_urn);

-- Parts of an import that is not complete. They take effect together.
CREATE TABLE school_staged (
    urn BIGINT NOT NULL PRIMARY KEY,
    old_la_code TEXT NOT NULL,
    former_old_la_code TEXT NOT NULL,
    education_phase BIGINT NOT NULL,
    region_code TEXT NOT NULL,
    status_code BIGINT NOT NULL,
    type_group_code BIGINT NOT NULL,
    phase_code BIGINT NOT NULL,
    low_age BIGINT NOT NULL,
    high_age BIGINT NOT NULL,
    -- On the National Grid; both absent when the register does not say.
    easting_metres BIGINT,
    northing_metres BIGINT,
    -- The day on which it closes, or closed; absent when the register does not say.
    close_date TEXT,
    listed BOOLEAN NOT NULL
);
CREATE TABLE school_link_staged (
    predecessor_urn BIGINT NOT NULL,
    successor_urn BIGINT NOT NULL,
    is_removed BOOLEAN NOT NULL,
    is_split BOOLEAN NOT NULL,
    established_date TEXT NOT NULL,
    PRIMARY KEY (predecessor_urn, successor_urn, is_removed)
);

-- Persons, without name and address.
CREATE TABLE person (
    id TEXT NOT NULL PRIMARY KEY,
    -- The record into which it was merged, or its own id.
    current_id TEXT NOT NULL,
    erased BOOLEAN NOT NULL
);
CREATE INDEX person_current_id ON person (current_id);

-- The schools where a person teaches, each to the day before the next.
CREATE TABLE person_employment (
    person TEXT NOT NULL,
    start_date TEXT NOT NULL,
    urn BIGINT NOT NULL,
    PRIMARY KEY (person, start_date)
);

-- Appointments that persons hold, to seats of hubs and of the Council.
CREATE TABLE person_appointment (
    id TEXT NOT NULL PRIMARY KEY,
    person TEXT NOT NULL,
    -- Absent for members of the Council.
    hub TEXT,
    start_date TEXT NOT NULL,
    -- Last day; absent while there is none.
    end_date TEXT
);
CREATE INDEX person_appointment_person ON person_appointment (person);

-- Publications of reach that are complete, in the order in which the network published them.
CREATE TABLE reach_publication (
    name TEXT NOT NULL PRIMARY KEY,
    -- Position of its event in the network's feed: a later publication has a larger position.
    position BIGINT NOT NULL UNIQUE,
    publish_time BIGINT NOT NULL,
    true_on_date TEXT NOT NULL,
    known_on_date TEXT NOT NULL,
    -- Another account than the publisher's has approved it.
    is_final BOOLEAN NOT NULL
);
-- For the newest publication by the day of which it is true.
CREATE INDEX reach_publication_newest ON reach_publication (true_on_date, known_on_date, position);

-- Figures of areas by publication. Rows of a publication that is not in the table above are incomplete and have no effect.
CREATE TABLE cold_area (
    reach_publication TEXT NOT NULL,
    old_la_code TEXT NOT NULL,
    programme TEXT NOT NULL,
    education_phase BIGINT NOT NULL,
    schools_count BIGINT NOT NULL,
    schools_never_reached_count BIGINT NOT NULL,
    region_schools_count BIGINT NOT NULL,
    region_schools_never_reached_count BIGINT NOT NULL,
    coldness_ppm BIGINT NOT NULL,
    -- 1 is the coldest of its programme and phase; 0 when the area has too few schools to be ranked.
    rank BIGINT NOT NULL,
    PRIMARY KEY (reach_publication, old_la_code, programme, education_phase)
);
