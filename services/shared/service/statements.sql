-- The SQL statements of `service` as the databases get them, by the function that runs them. Generated; a test compares.

-- actors::actor_upsert
INSERT INTO actor (id, issuer, subject, create_time) VALUES ($1, $2, $3, $4)
ON CONFLICT (issuer, subject) DO NOTHING;

-- actors::actor_upsert
SELECT id FROM actor WHERE issuer = $1 AND subject = $2;

-- approval::store::pending_change_by_id
SELECT id, state, method, request, proposer, proposer_role, proposer_for, decider, decider_role, decider_for, hub, school,
create_time, expire_time, decide_time
FROM pending_change WHERE id = $1;

-- approval::store::pending_change_decide
UPDATE pending_change SET state = $1, decider = $2, decider_role = $3, decider_for = $4, decide_time = $5
WHERE id = $6 AND state = 'pending';

-- approval::store::pending_change_insert
INSERT INTO pending_change (id, state, method, request, proposer, proposer_role, proposer_for, decider, decider_role, decider_for,
hub, school, create_time, expire_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, '', '', '', $8, $9, $10, $11);

-- approval::store::pending_change_page
SELECT id, state, method, request, proposer, proposer_role, proposer_for, decider, decider_role, decider_for, hub, school,
create_time, expire_time, decide_time
FROM pending_change
WHERE state = 'pending' AND expire_time > $1 AND id > $2 AND ($3 = '' OR hub = $3) AND ($4 = '' OR school = $4)
ORDER BY id LIMIT $5;
