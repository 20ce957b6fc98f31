-- Calls that wait for a second person, and those that were decided.
CREATE TABLE pending_change (
    id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('pending', 'confirmed', 'rejected')),
    -- `mathshubs.funding.v1.EntitlementService/SetPayee`.
    method TEXT NOT NULL,
    -- The encoded request.
    request BLOB NOT NULL,
    proposer TEXT NOT NULL,
    proposer_role TEXT NOT NULL,
    proposer_for TEXT NOT NULL,
    -- The second person; empty while the change is pending.
    decider TEXT NOT NULL CHECK ((decider = '') = (state = 'pending')),
    decider_role TEXT NOT NULL,
    decider_for TEXT NOT NULL,
    -- The id of the hub and the URN of the school that the change concerns, empty and 0 when it concerns none.
    hub TEXT NOT NULL,
    urn BIGINT NOT NULL,
    -- Microseconds UTC.
    create_time BIGINT NOT NULL,
    expire_time BIGINT NOT NULL,
    decide_time BIGINT CHECK ((decide_time IS NULL) = (state = 'pending')),
    CONSTRAINT pending_change_second_person CHECK (state <> 'confirmed' OR decider <> proposer)
);
CREATE INDEX pending_change_pending ON pending_change (id) WHERE state = 'pending';
