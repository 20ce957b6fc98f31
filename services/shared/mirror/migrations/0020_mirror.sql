-- What a service keeps of the network's feed. Filled by its consumer only, in the transaction that moves the cursor.

CREATE TABLE hub (
    id TEXT NOT NULL PRIMARY KEY,
    -- First and last day on which it stands alone; absent where the network names none.
    start_date TEXT,
    end_date TEXT
);

CREATE TABLE school (
    urn BIGINT NOT NULL PRIMARY KEY,
    old_la_code TEXT NOT NULL,
    -- Of the authority to which it belonged before a reorganisation; empty when none is known.
    former_old_la_code TEXT NOT NULL,
    -- As the contract numbers them; 0 when the programme does not count the phase.
    education_phase BIGINT NOT NULL,
    register_reason BIGINT NOT NULL,
    listed BOOLEAN NOT NULL
);

-- Descent, from the older school to the newer. A split is kept, and nothing is guessed from it.
CREATE TABLE school_link (
    predecessor_urn BIGINT NOT NULL,
    successor_urn BIGINT NOT NULL,
    is_split BOOLEAN NOT NULL,
    -- From when it holds; empty, which sorts before every day, when it holds always.
    established_date TEXT NOT NULL,
    PRIMARY KEY (predecessor_urn, successor_urn)
);
CREATE INDEX school_link_successor ON school_link (successor_urn);

-- Parts of an import that is not complete yet: they take effect together, or not at all.
CREATE TABLE school_staged (
    urn BIGINT NOT NULL PRIMARY KEY,
    old_la_code TEXT NOT NULL,
    former_old_la_code TEXT NOT NULL,
    education_phase BIGINT NOT NULL,
    register_reason BIGINT NOT NULL,
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

-- Publications of reach that are complete, in the order in which the network published them.
CREATE TABLE reach_publication (
    name TEXT NOT NULL PRIMARY KEY,
    -- Position of its event in the network's feed: a later publication has a larger one.
    position BIGINT NOT NULL UNIQUE,
    publish_time BIGINT NOT NULL,
    true_on_date TEXT NOT NULL,
    known_on_date TEXT NOT NULL
);
-- The newest by what it is true of.
CREATE INDEX reach_publication_newest ON reach_publication (true_on_date, known_on_date, position);

-- How little areas were reached, publication by publication; one that is not in the table above is not complete, and counts for nothing.
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
    PRIMARY KEY (reach_publication, old_la_code, programme, education_phase)
);
