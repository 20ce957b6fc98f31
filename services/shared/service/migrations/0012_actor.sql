-- The persons and programs that changed something. Events name them by id, so that a subject, which can be a name or an address, is erased here alone.
CREATE TABLE actor (
    id TEXT NOT NULL PRIMARY KEY,
    -- Issuer and subject of the tokens; both NULL once they are erased.
    issuer TEXT,
    subject TEXT,
    -- Microseconds UTC.
    create_time BIGINT NOT NULL,
    UNIQUE (issuer, subject),
    CHECK ((issuer IS NULL) = (subject IS NULL))
);
