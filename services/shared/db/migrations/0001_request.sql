-- Requests that were answered: the same id gets the same answer. Inserted first in its transaction, so that two at once see each other.
CREATE TABLE request (
    -- Actor, role, and the hub or school for which it acts: the ids of two callers are separate.
    caller TEXT NOT NULL,
    request_id TEXT NOT NULL,
    method TEXT NOT NULL,
    body_sha256 BLOB NOT NULL,
    -- NULL until the request is answered, and once the answer is deleted.
    answer BLOB,
    -- Microseconds UTC.
    create_time BIGINT NOT NULL,
    PRIMARY KEY (caller, request_id)
);
CREATE INDEX request_create_time ON request (create_time) WHERE answer IS NOT NULL;
