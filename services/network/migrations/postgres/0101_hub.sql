-- Maths Hubs.
CREATE TABLE hub (
    hub_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    display_name TEXT NOT NULL,
    lead_school_urn BIGINT NOT NULL REFERENCES school (urn),
    start_date TEXT COLLATE "C" NOT NULL,
    end_date TEXT COLLATE "C",
    version BIGINT NOT NULL CHECK (version > 0),
    CHECK (end_date >= start_date)
);

-- Which school chose which hub from when to when.
CREATE TABLE hub_choice (
    urn BIGINT NOT NULL REFERENCES school (urn),
    start_date TEXT COLLATE "C" NOT NULL,
    hub_id TEXT COLLATE "C" NOT NULL REFERENCES hub (hub_id),
    -- NULL while it is the newest.
    end_date TEXT COLLATE "C",
    version BIGINT NOT NULL CHECK (version > 0),
    PRIMARY KEY (urn, start_date),
    CHECK (end_date >= start_date)
);
-- A school has one newest choice, however many choose at once.
CREATE UNIQUE INDEX hub_choice_newest ON hub_choice (urn) WHERE end_date IS NULL;
CREATE INDEX hub_choice_hub ON hub_choice (hub_id, urn, start_date);
