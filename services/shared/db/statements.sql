-- The SQL statements of `db` as the databases get them, by the function that runs them. Generated; a test compares.

-- requests::request_answer_delete_before
UPDATE request SET answer = NULL WHERE (caller, request_id) IN
(SELECT caller, request_id FROM request WHERE create_time < $1 AND answer IS NOT NULL ORDER BY create_time LIMIT 1000);

-- requests::request_answers_write
-- SQLite
UPDATE request SET answer = given.column3 FROM (VALUES (?, ?, ?), (?, ?, ?)) AS given
WHERE request.caller = given.column1 AND request.request_id = given.column2;
-- PostgreSQL
UPDATE request SET answer = given.column3 FROM (VALUES ($1, $2, $3), ($4, $5, $6)) AS given
WHERE request.caller = given.column1 AND request.request_id = given.column2;

-- requests::request_begin
INSERT INTO request (caller, request_id, method, body_sha256, create_time) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (caller, request_id) DO NOTHING;

-- requests::request_begin
SELECT method, body_sha256, answer FROM request WHERE caller = $1 AND request_id = $2;

-- requests::request_forget_before
DELETE FROM request WHERE (caller, request_id) IN
(SELECT caller, request_id FROM request WHERE create_time < $1 AND answer IS NOT NULL ORDER BY create_time LIMIT 1000);
