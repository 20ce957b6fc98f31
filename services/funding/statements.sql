-- The SQL statements of `funding` as the databases get them, by the function that runs them. Generated; a test compares.

-- batch::store::batch_by_id
SELECT id, hub, state, entitlements_count, amount_pence, creator, create_time, approver, approve_time, releaser, release_time,
cancel_reason, version FROM batch WHERE id = $1;

-- batch::store::batch_by_id_for_update
-- SQLite
SELECT id, hub, state, entitlements_count, amount_pence, creator, create_time, approver, approve_time, releaser, release_time,
cancel_reason, version FROM batch WHERE id = $1;
-- PostgreSQL
SELECT id, hub, state, entitlements_count, amount_pence, creator, create_time, approver, approve_time, releaser, release_time,
cancel_reason, version FROM batch WHERE id = $1 FOR UPDATE;

-- batch::store::batch_insert
INSERT INTO batch (id, hub, state, entitlements_count, amount_pence, creator, create_time, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- batch::store::batch_page
SELECT id, hub, state, entitlements_count, amount_pence, creator, create_time, approver, approve_time, releaser, release_time,
cancel_reason, version FROM batch WHERE ($1 IS NULL OR state = $1) AND id > $2 ORDER BY id LIMIT $3;

-- batch::store::batch_update
UPDATE batch SET state = $1, approver = $2, approve_time = $3, releaser = $4,
release_time = $5, cancel_reason = $6, version = $7
WHERE id = $8;

-- batch::store::batch_update_totals
UPDATE batch SET entitlements_count = $1, amount_pence = $2 WHERE id = $3;

-- budget::store::budget_allocate
INSERT INTO budget (hub, financial_year, allocated_pence, committed_pence, spent_pence, version) VALUES ($1, $2, $3, 0, 0, 1)
ON CONFLICT (hub, financial_year) DO UPDATE
SET allocated_pence = budget.allocated_pence + excluded.allocated_pence, version = budget.version + 1
RETURNING hub, financial_year, allocated_pence, committed_pence, spent_pence, version;

-- budget::store::budget_by_id
SELECT hub, financial_year, allocated_pence, committed_pence, spent_pence, version FROM budget
WHERE ($1 = '' OR hub = $1) AND hub = $2 AND financial_year = $3;

-- budget::store::budget_commit
UPDATE budget SET committed_pence = committed_pence + $3
WHERE hub = $1 AND financial_year = $2 AND allocated_pence - committed_pence - spent_pence >= $3
AND NOT ($4 AND EXISTS (
SELECT 1 FROM entitlement waiting
WHERE waiting.hub = $1 AND waiting.financial_year = $2 AND waiting.state = 'unfunded'));

-- budget::store::budget_list_fundable
SELECT budget.hub, budget.financial_year FROM budget
WHERE budget.allocated_pence - budget.committed_pence - budget.spent_pence >= (
SELECT waiting.amount_pence FROM entitlement waiting
WHERE waiting.hub = budget.hub AND waiting.financial_year = budget.financial_year AND waiting.state = 'unfunded'
ORDER BY waiting.accept_time, waiting.id LIMIT 1)
ORDER BY budget.hub, budget.financial_year LIMIT $1;

-- budget::store::budget_page
SELECT hub, financial_year, allocated_pence, committed_pence, spent_pence, version FROM budget
WHERE ($1 = '' OR hub = $1) AND ($2 IS NULL OR hub = $2)
AND ($3 IS NULL OR financial_year = $3)
AND (financial_year, hub) > ($4, $5)
ORDER BY financial_year, hub LIMIT $6;

-- budget::store::budget_release
UPDATE budget SET committed_pence = committed_pence - $3 WHERE hub = $1 AND financial_year = $2;

-- budget::store::budget_reverse_allocation
UPDATE budget SET allocated_pence = allocated_pence - $3, version = version + 1
WHERE hub = $1 AND financial_year = $2 AND allocated_pence - committed_pence - spent_pence >= $3;

-- budget::store::budget_reverse_payment
UPDATE budget SET committed_pence = committed_pence + $3, spent_pence = spent_pence - $3
WHERE hub = $1 AND financial_year = $2;

-- budget::store::budget_spend
-- SQLite
SELECT hub FROM budget
WHERE (hub, financial_year) IN (SELECT hub, financial_year FROM entitlement WHERE batch = $1)
ORDER BY hub, financial_year;
-- PostgreSQL
SELECT hub FROM budget
WHERE (hub, financial_year) IN (SELECT hub, financial_year FROM entitlement WHERE batch = $1)
ORDER BY hub, financial_year FOR UPDATE;

-- budget::store::budget_spend
UPDATE budget SET committed_pence = committed_pence - paid.amount_pence, spent_pence = spent_pence + paid.amount_pence
FROM (SELECT hub, financial_year, CAST(SUM(amount_pence) AS BIGINT) AS amount_pence
FROM entitlement WHERE batch = $1 GROUP BY hub, financial_year) paid
WHERE budget.hub = paid.hub AND budget.financial_year = paid.financial_year;

-- claim::store::claim_delete
DELETE FROM entitlement_claim WHERE entitlement = $1;

-- claim::store::claim_insert_all
-- SQLite
INSERT INTO entitlement_claim (kind, urn, entitlement) VALUES (?, ?, ?), (?, ?, ?) ON CONFLICT (kind, urn) DO NOTHING;
-- PostgreSQL
INSERT INTO entitlement_claim (kind, urn, entitlement) VALUES ($1, $2, $3), ($4, $5, $6) ON CONFLICT (kind, urn) DO NOTHING;

-- claim::store::find_claimant
SELECT MIN(entitlement) FROM entitlement_claim WHERE kind = $3 AND urn IN ($1, $2);

-- entitlement::store::entitlement_assign_batch
-- SQLite
UPDATE entitlement SET batch = $1, version = version + 1
WHERE state = 'payable' AND batch IS NULL AND review IS NULL AND id IN (
SELECT id FROM entitlement
WHERE state = 'payable' AND batch IS NULL AND review IS NULL AND ($2 IS NULL OR hub = $2)
ORDER BY accept_time, id LIMIT $3 )
RETURNING amount_pence;
-- PostgreSQL
UPDATE entitlement SET batch = $1, version = version + 1
WHERE state = 'payable' AND batch IS NULL AND review IS NULL AND id IN (
SELECT id FROM entitlement
WHERE state = 'payable' AND batch IS NULL AND review IS NULL AND ($2 IS NULL OR hub = $2)
ORDER BY accept_time, id LIMIT $3 FOR UPDATE)
RETURNING amount_pence;

-- entitlement::store::entitlement_basis
SELECT line.urn, policy.id AS policy, policy.amount_pence, policy.needs_two_sources,
EXISTS (SELECT 1 FROM entitlement other
WHERE other.id <> $1 AND other.state NOT IN ('released', 'refused')
AND other.urn IN (WITH RECURSIVE relative (urn) AS (
SELECT $2
UNION
SELECT CASE link.predecessor_urn WHEN relative.urn THEN link.successor_urn ELSE link.predecessor_urn END
FROM relative JOIN school_link link ON link.predecessor_urn = relative.urn OR link.successor_urn = relative.urn
WHERE link.established_date <= $3)
SELECT relative.urn FROM relative)
UNION ALL
SELECT 1 FROM participation paid
WHERE paid.id <> $1 AND paid.subsidy_paid_date IS NOT NULL
AND paid.urn IN (WITH RECURSIVE relative (urn) AS (
SELECT $2
UNION
SELECT CASE link.predecessor_urn WHEN relative.urn THEN link.successor_urn ELSE link.predecessor_urn END
FROM relative JOIN school_link link ON link.predecessor_urn = relative.urn OR link.successor_urn = relative.urn
WHERE link.established_date <= $3)
SELECT relative.urn FROM relative)) AS has_relatives
FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT $2
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $4)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $4)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line
LEFT JOIN policy ON policy.kind = $5 AND policy.programme = $6 AND policy.start_date <= $7 AND (policy.end_date IS NULL OR policy.end_date >= $7) AND NOT EXISTS (
SELECT 1 FROM policy later
WHERE later.kind = policy.kind AND later.programme = policy.programme
AND later.start_date > policy.start_date AND later.start_date <= $7)
ORDER BY line.urn LIMIT $8;

-- entitlement::store::entitlement_by_id
SELECT participation.id, participation.urn, participation.hub, participation.programme, participation.first_academic_year,
participation.accept_event, participation.accept_time, participation.agreement_event, participation.agreement_date,
participation.agreement_time, participation.agreement_actor, participation.attendance_event, participation.attendance_date,
participation.attendance_time, participation.attendance_actor, participation.other_attendance_event,
participation.other_attendance_date, participation.other_attendance_time, participation.other_attendance_actor,
participation.moved_years_count, participation.resume_event, participation.resume_date, participation.resume_time,
participation.end_event, participation.end_date, participation.end_time, participation.is_imported,
participation.subsidy_paid_date, entitlement.policy, entitlement.amount_pence, entitlement.needs_two_sources, entitlement.state, entitlement.review, entitlement.conflicting,
entitlement.payee_kind, entitlement.payee_reference, entitlement.payee_time, entitlement.batch, entitlement.transfer,
entitlement.is_released_for_good, entitlement.decision_reason, entitlement.version
FROM participation JOIN entitlement ON entitlement.id = participation.id WHERE ($1 = '' OR entitlement.hub = $1) AND ($2 = 0 OR entitlement.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND entitlement.id = $4;

-- entitlement::store::entitlement_clear_batch
UPDATE entitlement SET batch = NULL, version = version + 1 WHERE batch = $1;

-- entitlement::store::entitlement_insert
INSERT INTO entitlement (id, kind, urn, hub, financial_year, policy, amount_pence, needs_two_sources, accept_time, state, review, conflicting,
payee_kind, payee_reference, payee_time, transfer, is_released_for_good, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
$13, $14, $15, $16, $17, $18);

-- entitlement::store::entitlement_list_of_batch
-- SQLite
SELECT participation.id, participation.urn, participation.hub, participation.programme, participation.first_academic_year,
participation.accept_event, participation.accept_time, participation.agreement_event, participation.agreement_date,
participation.agreement_time, participation.agreement_actor, participation.attendance_event, participation.attendance_date,
participation.attendance_time, participation.attendance_actor, participation.other_attendance_event,
participation.other_attendance_date, participation.other_attendance_time, participation.other_attendance_actor,
participation.moved_years_count, participation.resume_event, participation.resume_date, participation.resume_time,
participation.end_event, participation.end_date, participation.end_time, participation.is_imported,
participation.subsidy_paid_date, entitlement.policy, entitlement.amount_pence, entitlement.needs_two_sources, entitlement.state, entitlement.review, entitlement.conflicting,
entitlement.payee_kind, entitlement.payee_reference, entitlement.payee_time, entitlement.batch, entitlement.transfer,
entitlement.is_released_for_good, entitlement.decision_reason, entitlement.version
FROM participation JOIN entitlement ON entitlement.id = participation.id WHERE entitlement.batch = $1 ORDER BY entitlement.id;
-- PostgreSQL
SELECT participation.id, participation.urn, participation.hub, participation.programme, participation.first_academic_year,
participation.accept_event, participation.accept_time, participation.agreement_event, participation.agreement_date,
participation.agreement_time, participation.agreement_actor, participation.attendance_event, participation.attendance_date,
participation.attendance_time, participation.attendance_actor, participation.other_attendance_event,
participation.other_attendance_date, participation.other_attendance_time, participation.other_attendance_actor,
participation.moved_years_count, participation.resume_event, participation.resume_date, participation.resume_time,
participation.end_event, participation.end_date, participation.end_time, participation.is_imported,
participation.subsidy_paid_date, entitlement.policy, entitlement.amount_pence, entitlement.needs_two_sources, entitlement.state, entitlement.review, entitlement.conflicting,
entitlement.payee_kind, entitlement.payee_reference, entitlement.payee_time, entitlement.batch, entitlement.transfer,
entitlement.is_released_for_good, entitlement.decision_reason, entitlement.version
FROM participation JOIN entitlement ON entitlement.id = participation.id WHERE entitlement.batch = $1 ORDER BY entitlement.id FOR UPDATE;

-- entitlement::store::entitlement_list_refused
-- SQLite
SELECT participation.id, participation.urn, participation.hub, participation.programme, participation.first_academic_year,
participation.accept_event, participation.accept_time, participation.agreement_event, participation.agreement_date,
participation.agreement_time, participation.agreement_actor, participation.attendance_event, participation.attendance_date,
participation.attendance_time, participation.attendance_actor, participation.other_attendance_event,
participation.other_attendance_date, participation.other_attendance_time, participation.other_attendance_actor,
participation.moved_years_count, participation.resume_event, participation.resume_date, participation.resume_time,
participation.end_event, participation.end_date, participation.end_time, participation.is_imported,
participation.subsidy_paid_date, entitlement.policy, entitlement.amount_pence, entitlement.needs_two_sources, entitlement.state, entitlement.review, entitlement.conflicting,
entitlement.payee_kind, entitlement.payee_reference, entitlement.payee_time, entitlement.batch, entitlement.transfer,
entitlement.is_released_for_good, entitlement.decision_reason, entitlement.version
FROM participation JOIN entitlement ON entitlement.id = participation.id WHERE entitlement.conflicting = $1 AND entitlement.state = 'refused' AND participation.evidence_status <> 'lapsed'
ORDER BY entitlement.accept_time, entitlement.id LIMIT $2;
-- PostgreSQL
SELECT participation.id, participation.urn, participation.hub, participation.programme, participation.first_academic_year,
participation.accept_event, participation.accept_time, participation.agreement_event, participation.agreement_date,
participation.agreement_time, participation.agreement_actor, participation.attendance_event, participation.attendance_date,
participation.attendance_time, participation.attendance_actor, participation.other_attendance_event,
participation.other_attendance_date, participation.other_attendance_time, participation.other_attendance_actor,
participation.moved_years_count, participation.resume_event, participation.resume_date, participation.resume_time,
participation.end_event, participation.end_date, participation.end_time, participation.is_imported,
participation.subsidy_paid_date, entitlement.policy, entitlement.amount_pence, entitlement.needs_two_sources, entitlement.state, entitlement.review, entitlement.conflicting,
entitlement.payee_kind, entitlement.payee_reference, entitlement.payee_time, entitlement.batch, entitlement.transfer,
entitlement.is_released_for_good, entitlement.decision_reason, entitlement.version
FROM participation JOIN entitlement ON entitlement.id = participation.id WHERE entitlement.conflicting = $1 AND entitlement.state = 'refused' AND participation.evidence_status <> 'lapsed'
ORDER BY entitlement.accept_time, entitlement.id LIMIT $2 FOR UPDATE;

-- entitlement::store::entitlement_list_unfunded
-- SQLite
SELECT participation.id, participation.urn, participation.hub, participation.programme, participation.first_academic_year,
participation.accept_event, participation.accept_time, participation.agreement_event, participation.agreement_date,
participation.agreement_time, participation.agreement_actor, participation.attendance_event, participation.attendance_date,
participation.attendance_time, participation.attendance_actor, participation.other_attendance_event,
participation.other_attendance_date, participation.other_attendance_time, participation.other_attendance_actor,
participation.moved_years_count, participation.resume_event, participation.resume_date, participation.resume_time,
participation.end_event, participation.end_date, participation.end_time, participation.is_imported,
participation.subsidy_paid_date, entitlement.policy, entitlement.amount_pence, entitlement.needs_two_sources, entitlement.state, entitlement.review, entitlement.conflicting,
entitlement.payee_kind, entitlement.payee_reference, entitlement.payee_time, entitlement.batch, entitlement.transfer,
entitlement.is_released_for_good, entitlement.decision_reason, entitlement.version
FROM participation JOIN entitlement ON entitlement.id = participation.id WHERE entitlement.hub = $1 AND entitlement.financial_year = $2 AND entitlement.state = 'unfunded'
ORDER BY entitlement.accept_time, entitlement.id LIMIT $3;
-- PostgreSQL
SELECT participation.id, participation.urn, participation.hub, participation.programme, participation.first_academic_year,
participation.accept_event, participation.accept_time, participation.agreement_event, participation.agreement_date,
participation.agreement_time, participation.agreement_actor, participation.attendance_event, participation.attendance_date,
participation.attendance_time, participation.attendance_actor, participation.other_attendance_event,
participation.other_attendance_date, participation.other_attendance_time, participation.other_attendance_actor,
participation.moved_years_count, participation.resume_event, participation.resume_date, participation.resume_time,
participation.end_event, participation.end_date, participation.end_time, participation.is_imported,
participation.subsidy_paid_date, entitlement.policy, entitlement.amount_pence, entitlement.needs_two_sources, entitlement.state, entitlement.review, entitlement.conflicting,
entitlement.payee_kind, entitlement.payee_reference, entitlement.payee_time, entitlement.batch, entitlement.transfer,
entitlement.is_released_for_good, entitlement.decision_reason, entitlement.version
FROM participation JOIN entitlement ON entitlement.id = participation.id WHERE entitlement.hub = $1 AND entitlement.financial_year = $2 AND entitlement.state = 'unfunded'
ORDER BY entitlement.accept_time, entitlement.id LIMIT $3 FOR UPDATE;

-- entitlement::store::entitlement_page
SELECT participation.id, participation.urn, participation.hub, participation.programme, participation.first_academic_year,
participation.accept_event, participation.accept_time, participation.agreement_event, participation.agreement_date,
participation.agreement_time, participation.agreement_actor, participation.attendance_event, participation.attendance_date,
participation.attendance_time, participation.attendance_actor, participation.other_attendance_event,
participation.other_attendance_date, participation.other_attendance_time, participation.other_attendance_actor,
participation.moved_years_count, participation.resume_event, participation.resume_date, participation.resume_time,
participation.end_event, participation.end_date, participation.end_time, participation.is_imported,
participation.subsidy_paid_date, entitlement.policy, entitlement.amount_pence, entitlement.needs_two_sources, entitlement.state, entitlement.review, entitlement.conflicting,
entitlement.payee_kind, entitlement.payee_reference, entitlement.payee_time, entitlement.batch, entitlement.transfer,
entitlement.is_released_for_good, entitlement.decision_reason, entitlement.version
FROM participation JOIN entitlement ON entitlement.id = participation.id WHERE ($1 = '' OR entitlement.hub = $1) AND ($2 = 0 OR entitlement.urn IN (WITH RECURSIVE up (urn) AS (
SELECT $2
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up)) AND ($4 IS NULL OR entitlement.hub = $4)
AND ($5 = 0 OR entitlement.urn IN (SELECT line.urn FROM (SELECT either.urn, MAX(either.descends) AS descends
FROM (SELECT down.urn, 1 AS descends FROM (WITH RECURSIVE down (urn) AS (
SELECT $5
UNION
SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT down.urn FROM down) down
UNION ALL
SELECT up.urn, 0 AS descends FROM (WITH RECURSIVE up (urn) AS (
SELECT $5
UNION
SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE NOT link.is_split AND link.established_date <= $3)
SELECT up.urn FROM up) up) either
GROUP BY either.urn) line)) AND ($6 IS NULL OR entitlement.state = $6)
AND ($7 IS NULL OR entitlement.batch = $7)
AND ($8 IS NULL OR entitlement.financial_year = $8)
AND ($9 IS NULL OR entitlement.review = $9) AND entitlement.id > $10
ORDER BY entitlement.id LIMIT $11;

-- entitlement::store::entitlement_pay
UPDATE entitlement SET state = 'paid', transfer = $1 || '-' || id, version = version + 1 WHERE batch = $1;

-- entitlement::store::entitlement_update
UPDATE entitlement SET state = $1, review = $2, conflicting = $3, payee_kind = $4,
payee_reference = $5, payee_time = $6, batch = $7, transfer = $8, is_released_for_good = $9,
decision_reason = $10, version = $11
WHERE id = $12 AND version = $11 - 1;

-- entitlement::store::find_entitlement_for_update
-- SQLite
SELECT participation.id, participation.urn, participation.hub, participation.programme, participation.first_academic_year,
participation.accept_event, participation.accept_time, participation.agreement_event, participation.agreement_date,
participation.agreement_time, participation.agreement_actor, participation.attendance_event, participation.attendance_date,
participation.attendance_time, participation.attendance_actor, participation.other_attendance_event,
participation.other_attendance_date, participation.other_attendance_time, participation.other_attendance_actor,
participation.moved_years_count, participation.resume_event, participation.resume_date, participation.resume_time,
participation.end_event, participation.end_date, participation.end_time, participation.is_imported,
participation.subsidy_paid_date, entitlement.policy, entitlement.amount_pence, entitlement.needs_two_sources, entitlement.state, entitlement.review, entitlement.conflicting,
entitlement.payee_kind, entitlement.payee_reference, entitlement.payee_time, entitlement.batch, entitlement.transfer,
entitlement.is_released_for_good, entitlement.decision_reason, entitlement.version
FROM participation JOIN entitlement ON entitlement.id = participation.id WHERE entitlement.id = $1;
-- PostgreSQL
SELECT participation.id, participation.urn, participation.hub, participation.programme, participation.first_academic_year,
participation.accept_event, participation.accept_time, participation.agreement_event, participation.agreement_date,
participation.agreement_time, participation.agreement_actor, participation.attendance_event, participation.attendance_date,
participation.attendance_time, participation.attendance_actor, participation.other_attendance_event,
participation.other_attendance_date, participation.other_attendance_time, participation.other_attendance_actor,
participation.moved_years_count, participation.resume_event, participation.resume_date, participation.resume_time,
participation.end_event, participation.end_date, participation.end_time, participation.is_imported,
participation.subsidy_paid_date, entitlement.policy, entitlement.amount_pence, entitlement.needs_two_sources, entitlement.state, entitlement.review, entitlement.conflicting,
entitlement.payee_kind, entitlement.payee_reference, entitlement.payee_time, entitlement.batch, entitlement.transfer,
entitlement.is_released_for_good, entitlement.decision_reason, entitlement.version
FROM participation JOIN entitlement ON entitlement.id = participation.id WHERE entitlement.id = $1 FOR UPDATE;

-- ledger::store::account_by_id
SELECT account.id, account.kind, account.hub, account.financial_year,
CAST(COALESCE((SELECT SUM(transfer.amount_pence) FROM transfer
WHERE transfer.credit_account = account.id AND transfer.post_date <= $2), 0)
- COALESCE((SELECT SUM(transfer.amount_pence) FROM transfer
WHERE transfer.debit_account = account.id AND transfer.post_date <= $2), 0) AS BIGINT) AS balance_pence
FROM account WHERE account.id = $1;

-- ledger::store::account_insert
INSERT INTO account (id, kind, hub, financial_year)
VALUES ($1, 'free', $4, $5), ($2, 'committed', $4, $5),
($3, 'paid', $4, $5)
ON CONFLICT (id) DO NOTHING;

-- ledger::store::account_page
SELECT account.id, account.kind, account.hub, account.financial_year,
CAST(COALESCE((SELECT SUM(transfer.amount_pence) FROM transfer
WHERE transfer.credit_account = account.id AND transfer.post_date <= $3), 0)
- COALESCE((SELECT SUM(transfer.amount_pence) FROM transfer
WHERE transfer.debit_account = account.id AND transfer.post_date <= $3), 0) AS BIGINT) AS balance_pence
FROM account WHERE ($1 IS NULL OR account.hub = $1) AND ($2 IS NULL OR account.financial_year = $2)
AND account.id > $4
ORDER BY account.id LIMIT $5;

-- ledger::store::transfer_by_id
SELECT id, debit_account, credit_account, amount_pence, kind, post_time, entitlement, batch, payee_kind, payee_reference, settles,
reverses, actor, request_id, COALESCE((SELECT written.reason FROM transfer_reason written WHERE written.transfer = transfer.id), '') AS reason FROM transfer WHERE id = $1;

-- ledger::store::transfer_by_ids
-- SQLite
SELECT id, debit_account, credit_account, amount_pence, kind, post_time, entitlement, batch, payee_kind, payee_reference, settles,
reverses, actor, request_id, COALESCE((SELECT written.reason FROM transfer_reason written WHERE written.transfer = transfer.id), '') AS reason, post_date FROM transfer WHERE id IN (?, ?) ORDER BY id;
-- PostgreSQL
SELECT id, debit_account, credit_account, amount_pence, kind, post_time, entitlement, batch, payee_kind, payee_reference, settles,
reverses, actor, request_id, COALESCE((SELECT written.reason FROM transfer_reason written WHERE written.transfer = transfer.id), '') AS reason, post_date FROM transfer WHERE id IN ($1, $2) ORDER BY id;

-- ledger::store::transfer_carrier_page
SELECT id, (SELECT MAX(event.resource) FROM event
WHERE event.resource BETWEEN 'transfers/' || COALESCE(transfer.batch, transfer.id) AND 'transfers/' || transfer.id
AND event.type = 'mathshubs.funding.v1.TransfersPosted') AS carrier
FROM transfer WHERE id > $1 ORDER BY id LIMIT $2;

-- ledger::store::transfer_insert
INSERT INTO transfer (id, debit_account, credit_account, amount_pence, kind, post_date, post_time, entitlement, batch, payee_kind,
payee_reference, settles, reverses, actor, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
$11, $12, $13, $14, $15);

-- ledger::store::transfer_insert_batch
INSERT INTO transfer (id, debit_account, credit_account, amount_pence, kind, post_date, post_time, entitlement, batch, payee_kind,
payee_reference, settles, actor, request_id)
SELECT $1 || '-' || id, 'committed-' || financial_year || '-' || hub, 'paid-' || financial_year || '-' || hub, amount_pence,
'post', $2, $3, id, batch, payee_kind, payee_reference, transfer, $4, $5
FROM entitlement WHERE batch = $1 AND state = 'payable' AND review IS NULL
RETURNING id, debit_account, credit_account, amount_pence, kind, post_time, entitlement, batch, payee_kind, payee_reference, settles,
reverses, actor, request_id, '' AS reason;

-- ledger::store::transfer_page
SELECT id, debit_account, credit_account, amount_pence, kind, post_time, entitlement, batch, payee_kind, payee_reference, settles,
reverses, actor, request_id, COALESCE((SELECT written.reason FROM transfer_reason written WHERE written.transfer = transfer.id), '') AS reason FROM transfer
WHERE ($1 IS NULL OR debit_account = $1 OR credit_account = $1)
AND ($2 IS NULL OR entitlement = $2) AND ($3 IS NULL OR batch = $3)
AND (post_time, id) > ($4, $5)
ORDER BY post_time, id LIMIT $6;

-- ledger::store::transfer_reason_insert
INSERT INTO transfer_reason (transfer, reason) VALUES ($1, $2);

-- ledger::store::transfers_posted
SELECT payload FROM event WHERE resource = $1 AND type = 'mathshubs.funding.v1.TransfersPosted';

-- ledger::verify::budget_balances
SELECT hub, financial_year, allocated_pence - committed_pence - spent_pence AS available_pence, committed_pence, spent_pence,
CAST(COALESCE((SELECT SUM(amount_pence) FROM transfer WHERE credit_account = 'free-' || financial_year || '-' || hub), 0)
- COALESCE((SELECT SUM(amount_pence) FROM transfer WHERE debit_account = 'free-' || financial_year || '-' || hub), 0)
AS BIGINT) AS free_balance_pence,
CAST(COALESCE((SELECT SUM(amount_pence) FROM transfer WHERE credit_account = 'committed-' || financial_year || '-' || hub), 0)
- COALESCE((SELECT SUM(amount_pence) FROM transfer WHERE debit_account = 'committed-' || financial_year || '-' || hub), 0)
AS BIGINT) AS committed_balance_pence,
CAST(COALESCE((SELECT SUM(amount_pence) FROM transfer WHERE credit_account = 'paid-' || financial_year || '-' || hub), 0)
- COALESCE((SELECT SUM(amount_pence) FROM transfer WHERE debit_account = 'paid-' || financial_year || '-' || hub), 0)
AS BIGINT) AS paid_balance_pence
FROM budget
WHERE (hub, financial_year) > ($1, $2)
ORDER BY hub, financial_year LIMIT $3;

-- ledger::verify::grant
SELECT CAST(COALESCE((SELECT SUM(amount_pence) FROM transfer WHERE debit_account = 'grant'), 0)
- COALESCE((SELECT SUM(amount_pence) FROM transfer WHERE credit_account = 'grant'), 0) AS BIGINT),
CAST(COALESCE((SELECT SUM(allocated_pence) FROM budget), 0) AS BIGINT);

-- participation::store::attendance_delete
DELETE FROM attendance WHERE participation = $1 AND attendance_date = $2;

-- participation::store::attendance_insert
INSERT INTO attendance (participation, attendance_date, event, happened, actor)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (participation, attendance_date) DO NOTHING;

-- participation::store::attendance_list
SELECT attendance_date, event, happened, actor FROM attendance WHERE participation = $1 ORDER BY attendance_date;

-- participation::store::find_participation_for_update
-- SQLite
SELECT participation.id, participation.urn, participation.hub, participation.programme, participation.first_academic_year,
participation.accept_event, participation.accept_time, participation.agreement_event, participation.agreement_date,
participation.agreement_time, participation.agreement_actor, participation.attendance_event, participation.attendance_date,
participation.attendance_time, participation.attendance_actor, participation.other_attendance_event,
participation.other_attendance_date, participation.other_attendance_time, participation.other_attendance_actor,
participation.moved_years_count, participation.resume_event, participation.resume_date, participation.resume_time,
participation.end_event, participation.end_date, participation.end_time, participation.is_imported,
participation.subsidy_paid_date FROM participation WHERE id = $1;
-- PostgreSQL
SELECT participation.id, participation.urn, participation.hub, participation.programme, participation.first_academic_year,
participation.accept_event, participation.accept_time, participation.agreement_event, participation.agreement_date,
participation.agreement_time, participation.agreement_actor, participation.attendance_event, participation.attendance_date,
participation.attendance_time, participation.attendance_actor, participation.other_attendance_event,
participation.other_attendance_date, participation.other_attendance_time, participation.other_attendance_actor,
participation.moved_years_count, participation.resume_event, participation.resume_date, participation.resume_time,
participation.end_event, participation.end_date, participation.end_time, participation.is_imported,
participation.subsidy_paid_date FROM participation WHERE id = $1 FOR UPDATE;

-- participation::store::participation_insert
INSERT INTO participation (id, urn, hub, programme, first_academic_year, first_date, accept_event, accept_time, is_imported,
subsidy_paid_date, evidence_status)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,
$10, $11)
ON CONFLICT (id) DO NOTHING;

-- participation::store::participation_list_without_entitlement
-- SQLite
SELECT participation.id, participation.urn, participation.hub, participation.programme, participation.first_academic_year,
participation.accept_event, participation.accept_time, participation.agreement_event, participation.agreement_date,
participation.agreement_time, participation.agreement_actor, participation.attendance_event, participation.attendance_date,
participation.attendance_time, participation.attendance_actor, participation.other_attendance_event,
participation.other_attendance_date, participation.other_attendance_time, participation.other_attendance_actor,
participation.moved_years_count, participation.resume_event, participation.resume_date, participation.resume_time,
participation.end_event, participation.end_date, participation.end_time, participation.is_imported,
participation.subsidy_paid_date FROM participation
WHERE participation.evidence_status <> 'lapsed' AND NOT participation.is_imported
AND NOT EXISTS (SELECT 1 FROM entitlement WHERE entitlement.id = participation.id)
AND EXISTS (
SELECT 1 FROM policy
WHERE policy.kind = 'release_subsidy' AND policy.programme = participation.programme
AND policy.start_date <= participation.first_date AND (policy.end_date IS NULL OR policy.end_date >= participation.first_date) AND NOT EXISTS (
SELECT 1 FROM policy later
WHERE later.kind = policy.kind AND later.programme = policy.programme
AND later.start_date > policy.start_date AND later.start_date <= participation.first_date))
ORDER BY participation.accept_time, participation.id LIMIT $1;
-- PostgreSQL
SELECT participation.id, participation.urn, participation.hub, participation.programme, participation.first_academic_year,
participation.accept_event, participation.accept_time, participation.agreement_event, participation.agreement_date,
participation.agreement_time, participation.agreement_actor, participation.attendance_event, participation.attendance_date,
participation.attendance_time, participation.attendance_actor, participation.other_attendance_event,
participation.other_attendance_date, participation.other_attendance_time, participation.other_attendance_actor,
participation.moved_years_count, participation.resume_event, participation.resume_date, participation.resume_time,
participation.end_event, participation.end_date, participation.end_time, participation.is_imported,
participation.subsidy_paid_date FROM participation
WHERE participation.evidence_status <> 'lapsed' AND NOT participation.is_imported
AND NOT EXISTS (SELECT 1 FROM entitlement WHERE entitlement.id = participation.id)
AND EXISTS (
SELECT 1 FROM policy
WHERE policy.kind = 'release_subsidy' AND policy.programme = participation.programme
AND policy.start_date <= participation.first_date AND (policy.end_date IS NULL OR policy.end_date >= participation.first_date) AND NOT EXISTS (
SELECT 1 FROM policy later
WHERE later.kind = policy.kind AND later.programme = policy.programme
AND later.start_date > policy.start_date AND later.start_date <= participation.first_date))
ORDER BY participation.accept_time, participation.id LIMIT $1 FOR UPDATE;

-- participation::store::participation_update
UPDATE participation SET agreement_event = $1, agreement_date = $2, agreement_time = $3,
agreement_actor = $4, attendance_event = $5, attendance_date = $6,
attendance_time = $7, attendance_actor = $8, other_attendance_event = $9,
other_attendance_date = $10, other_attendance_time = $11,
other_attendance_actor = $12, moved_years_count = $13, resume_event = $14,
resume_date = $15, resume_time = $16, end_event = $17, end_date = $18, end_time = $19,
evidence_status = $20
WHERE id = $21;

-- payee::store::payee_list_succeeded
WITH RECURSIVE path (id, from_urn, urn) AS (
SELECT id, CAST(SUBSTR(payee_reference, 9) AS BIGINT), CAST(SUBSTR(payee_reference, 9) AS BIGINT)
FROM entitlement WHERE payee_kind = 'school' AND batch = $1
UNION
SELECT path.id, path.from_urn, link.successor_urn FROM path JOIN school_link link ON link.predecessor_urn = path.urn
WHERE link.established_date <= $2
AND NOT EXISTS (
SELECT 1 FROM school WHERE school.urn = path.urn AND school.listed AND school.status_code NOT IN (2, 4))),
path_end (id, from_urn, urn) AS (
SELECT path.id, path.from_urn, path.urn FROM path
WHERE NOT EXISTS (
SELECT 1 FROM path further JOIN school_link link ON link.successor_urn = further.urn
WHERE further.id = path.id AND link.predecessor_urn = path.urn)),
successor (id, urn) AS (
SELECT one_end.id, one_end.urn
FROM (SELECT path_end.id, path_end.from_urn, MIN(path_end.urn) AS urn FROM path_end
GROUP BY path_end.id, path_end.from_urn HAVING COUNT(*) = 1) one_end
WHERE one_end.urn <> one_end.from_urn
AND NOT EXISTS (
SELECT 1 FROM path JOIN school_link link ON link.predecessor_urn = path.urn
WHERE path.id = one_end.id AND link.is_split AND link.established_date <= $2)
AND NOT EXISTS (SELECT 1 FROM school WHERE school.urn = one_end.urn AND school.listed AND school.status_code NOT IN (1, 3))) SELECT successor.id, successor.urn FROM successor ORDER BY successor.id;

-- policy::store::find_policy
SELECT policy.id, policy.kind, policy.programme, policy.amount_pence, policy.start_date, policy.end_date, policy.decision,
policy.needs_two_sources,
(SELECT MIN(later.start_date) FROM policy later
WHERE later.kind = policy.kind AND later.programme = policy.programme AND later.start_date > policy.start_date) AS later_date
FROM policy WHERE policy.id = $1;

-- policy::store::policy_insert
INSERT INTO policy (id, kind, programme, amount_pence, start_date, end_date, decision, needs_two_sources)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- policy::store::policy_page
SELECT policy.id, policy.kind, policy.programme, policy.amount_pence, policy.start_date, policy.end_date, policy.decision,
policy.needs_two_sources,
(SELECT MIN(later.start_date) FROM policy later
WHERE later.kind = policy.kind AND later.programme = policy.programme AND later.start_date > policy.start_date) AS later_date
FROM policy WHERE policy.id > $1 ORDER BY policy.id LIMIT $2;

-- review::store::answer_delete
DELETE FROM review_answer WHERE entitlement = $1 AND review = $2;

-- review::store::answer_insert
INSERT INTO review_answer (entitlement, review, other) VALUES ($1, $2, $3)
ON CONFLICT (entitlement, review, other) DO NOTHING;

-- review::store::question_raise
UPDATE entitlement SET review = $2, conflicting = $3, version = version + 1
WHERE id = $1 AND review IS NULL AND state NOT IN ('released', 'refused') AND NOT EXISTS (
SELECT 1 FROM review_answer answer
WHERE answer.entitlement = $1 AND answer.review = $2 AND answer.other = $4);

-- review::store::question_withdraw
UPDATE entitlement SET review = NULL, version = version + 1 WHERE id = $1 AND review = $2;

-- review::store::review_change_list
WITH RECURSIVE
live (id, urn) AS (SELECT id, urn FROM entitlement live WHERE state NOT IN ('released', 'refused') AND TRUE
UNION ALL SELECT id, urn FROM participation live WHERE subsidy_paid_date IS NOT NULL AND TRUE),
up (id, urn, is_split) AS (
SELECT id, urn, FALSE FROM live
UNION
SELECT up.id, link.predecessor_urn, up.is_split OR link.is_split
FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE link.established_date <= $1),
down (id, urn) AS (
SELECT id, urn FROM live
UNION
SELECT down.id, link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $1),
line (id, urn) AS (SELECT id, urn FROM up WHERE NOT is_split UNION SELECT id, urn FROM down),
path (id, from_urn, urn) AS (
SELECT id, CAST(SUBSTR(payee_reference, 9) AS BIGINT), CAST(SUBSTR(payee_reference, 9) AS BIGINT)
FROM entitlement WHERE payee_kind = 'school' AND state IN ('committed', 'payable') AND id IN (SELECT id FROM live)
UNION
SELECT path.id, path.from_urn, link.successor_urn FROM path JOIN school_link link ON link.predecessor_urn = path.urn
WHERE link.established_date <= $1
AND NOT EXISTS (
SELECT 1 FROM school WHERE school.urn = path.urn AND school.listed AND school.status_code NOT IN (2, 4))),
path_end (id, from_urn, urn) AS (
SELECT path.id, path.from_urn, path.urn FROM path
WHERE NOT EXISTS (
SELECT 1 FROM path further JOIN school_link link ON link.successor_urn = further.urn
WHERE further.id = path.id AND link.predecessor_urn = path.urn)),
successor (id, urn) AS (
SELECT one_end.id, one_end.urn
FROM (SELECT path_end.id, path_end.from_urn, MIN(path_end.urn) AS urn FROM path_end
GROUP BY path_end.id, path_end.from_urn HAVING COUNT(*) = 1) one_end
WHERE one_end.urn <> one_end.from_urn
AND NOT EXISTS (
SELECT 1 FROM path JOIN school_link link ON link.predecessor_urn = path.urn
WHERE path.id = one_end.id AND link.is_split AND link.established_date <= $1)
AND NOT EXISTS (SELECT 1 FROM school WHERE school.urn = one_end.urn AND school.listed AND school.status_code NOT IN (1, 3))),
question (id, review, other) AS (
SELECT one.id, 'merger', other.id FROM line one JOIN line other ON other.urn = one.urn AND other.id <> one.id
UNION
SELECT up.id, 'split', origin.id FROM up JOIN live origin ON origin.urn = up.urn AND origin.id <> up.id
WHERE up.is_split
UNION
SELECT live.id, 'lapsed', live.id FROM live
JOIN entitlement ON entitlement.id = live.id JOIN participation ON participation.id = live.id
WHERE participation.evidence_status <> 'proven' AND (participation.evidence_status <> 'one_source' OR entitlement.needs_two_sources)
AND entitlement.state IN ('payable', 'paid')
UNION
SELECT path.id, 'payee', path.id FROM path
JOIN school ON school.urn = path.urn AND school.listed AND school.status_code = 2
WHERE path.urn = path.from_urn AND NOT EXISTS (SELECT 1 FROM successor WHERE successor.id = path.id))
SELECT question.id, question.review, question.other FROM question
JOIN entitlement asked ON asked.id = question.id AND asked.review IS NULL
WHERE NOT EXISTS (
SELECT 1 FROM review_answer answer
WHERE answer.entitlement = question.id AND answer.review = question.review AND answer.other = question.other)
UNION ALL
SELECT asked.id, asked.review, NULL FROM live JOIN entitlement asked ON asked.id = live.id AND asked.review IS NOT NULL
WHERE NOT EXISTS (
SELECT 1 FROM question
WHERE question.id = asked.id AND question.review = asked.review
AND question.other = CASE WHEN asked.review IN ('merger', 'split') THEN asked.conflicting ELSE asked.id END)
ORDER BY 1, 2, 3 LIMIT $2;

-- review::store::review_change_list_of_relatives
WITH RECURSIVE
live (id, urn) AS (SELECT id, urn FROM entitlement live WHERE state NOT IN ('released', 'refused') AND live.urn IN (WITH RECURSIVE relative (urn) AS (
SELECT $1
UNION
SELECT CASE link.predecessor_urn WHEN relative.urn THEN link.successor_urn ELSE link.predecessor_urn END
FROM relative JOIN school_link link ON link.predecessor_urn = relative.urn OR link.successor_urn = relative.urn
WHERE link.established_date <= $2)
SELECT relative.urn FROM relative)
UNION ALL SELECT id, urn FROM participation live WHERE subsidy_paid_date IS NOT NULL AND live.urn IN (WITH RECURSIVE relative (urn) AS (
SELECT $1
UNION
SELECT CASE link.predecessor_urn WHEN relative.urn THEN link.successor_urn ELSE link.predecessor_urn END
FROM relative JOIN school_link link ON link.predecessor_urn = relative.urn OR link.successor_urn = relative.urn
WHERE link.established_date <= $2)
SELECT relative.urn FROM relative)),
up (id, urn, is_split) AS (
SELECT id, urn, FALSE FROM live
UNION
SELECT up.id, link.predecessor_urn, up.is_split OR link.is_split
FROM up JOIN school_link link ON link.successor_urn = up.urn
WHERE link.established_date <= $2),
down (id, urn) AS (
SELECT id, urn FROM live
UNION
SELECT down.id, link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
WHERE NOT link.is_split AND link.established_date <= $2),
line (id, urn) AS (SELECT id, urn FROM up WHERE NOT is_split UNION SELECT id, urn FROM down),
path (id, from_urn, urn) AS (
SELECT id, CAST(SUBSTR(payee_reference, 9) AS BIGINT), CAST(SUBSTR(payee_reference, 9) AS BIGINT)
FROM entitlement WHERE payee_kind = 'school' AND state IN ('committed', 'payable') AND id IN (SELECT id FROM live)
UNION
SELECT path.id, path.from_urn, link.successor_urn FROM path JOIN school_link link ON link.predecessor_urn = path.urn
WHERE link.established_date <= $2
AND NOT EXISTS (
SELECT 1 FROM school WHERE school.urn = path.urn AND school.listed AND school.status_code NOT IN (2, 4))),
path_end (id, from_urn, urn) AS (
SELECT path.id, path.from_urn, path.urn FROM path
WHERE NOT EXISTS (
SELECT 1 FROM path further JOIN school_link link ON link.successor_urn = further.urn
WHERE further.id = path.id AND link.predecessor_urn = path.urn)),
successor (id, urn) AS (
SELECT one_end.id, one_end.urn
FROM (SELECT path_end.id, path_end.from_urn, MIN(path_end.urn) AS urn FROM path_end
GROUP BY path_end.id, path_end.from_urn HAVING COUNT(*) = 1) one_end
WHERE one_end.urn <> one_end.from_urn
AND NOT EXISTS (
SELECT 1 FROM path JOIN school_link link ON link.predecessor_urn = path.urn
WHERE path.id = one_end.id AND link.is_split AND link.established_date <= $2)
AND NOT EXISTS (SELECT 1 FROM school WHERE school.urn = one_end.urn AND school.listed AND school.status_code NOT IN (1, 3))),
question (id, review, other) AS (
SELECT one.id, 'merger', other.id FROM line one JOIN line other ON other.urn = one.urn AND other.id <> one.id
UNION
SELECT up.id, 'split', origin.id FROM up JOIN live origin ON origin.urn = up.urn AND origin.id <> up.id
WHERE up.is_split
UNION
SELECT live.id, 'lapsed', live.id FROM live
JOIN entitlement ON entitlement.id = live.id JOIN participation ON participation.id = live.id
WHERE participation.evidence_status <> 'proven' AND (participation.evidence_status <> 'one_source' OR entitlement.needs_two_sources)
AND entitlement.state IN ('payable', 'paid')
UNION
SELECT path.id, 'payee', path.id FROM path
JOIN school ON school.urn = path.urn AND school.listed AND school.status_code = 2
WHERE path.urn = path.from_urn AND NOT EXISTS (SELECT 1 FROM successor WHERE successor.id = path.id))
SELECT question.id, question.review, question.other FROM question
JOIN entitlement asked ON asked.id = question.id AND asked.review IS NULL
WHERE NOT EXISTS (
SELECT 1 FROM review_answer answer
WHERE answer.entitlement = question.id AND answer.review = question.review AND answer.other = question.other)
UNION ALL
SELECT asked.id, asked.review, NULL FROM live JOIN entitlement asked ON asked.id = live.id AND asked.review IS NOT NULL
WHERE NOT EXISTS (
SELECT 1 FROM question
WHERE question.id = asked.id AND question.review = asked.review
AND question.other = CASE WHEN asked.review IN ('merger', 'split') THEN asked.conflicting ELSE asked.id END)
ORDER BY 1, 2, 3 LIMIT $3;
