-- Policies, budgets, entitlements, batches and the ledger. Instants are microseconds UTC, days are YYYY-MM-DD, money is pence.

CREATE TABLE policy (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('release_subsidy')),
    programme TEXT NOT NULL,
    amount_pence BIGINT NOT NULL CHECK (amount_pence > 0),
    -- Both days are included. A policy without a last day is in force until the day before another of its kind and programme starts.
    start_date TEXT NOT NULL,
    end_date TEXT,
    decision TEXT NOT NULL CHECK (decision <> ''),
    -- Money becomes payable only when two identities recorded agreement and attendance.
    needs_two_sources BOOLEAN NOT NULL,
    CONSTRAINT policy_days CHECK (end_date IS NULL OR end_date >= start_date)
);
CREATE INDEX policy_programme ON policy (kind, programme, start_date);

-- The trigger locks this row, so that the second of two concurrent inserts sees the first.
CREATE TABLE policy_lock (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1)
);
INSERT INTO policy_lock (only_row) VALUES (1);

-- only sqlite
-- SQLite has one writer, so no lock is needed.
CREATE TRIGGER policy_refuse_overlap BEFORE INSERT ON policy
WHEN EXISTS (
    SELECT 1 FROM policy other
    WHERE other.kind = new.kind AND other.programme = new.programme
      AND (new.end_date IS NULL OR other.start_date <= new.end_date)
      AND CASE WHEN other.end_date IS NOT NULL THEN other.end_date >= new.start_date
          -- A policy without an end is followed by the next that starts later; a new one cannot start between the two.
          ELSE new.start_date <= other.start_date OR new.start_date < (
              SELECT MIN(later.start_date) FROM policy later
              WHERE later.kind = other.kind AND later.programme = other.programme AND later.start_date > other.start_date) END)
BEGIN SELECT RAISE(ABORT, 'policy_overlap'); END;
CREATE TRIGGER policy_refuse_update BEFORE UPDATE ON policy BEGIN SELECT RAISE(ABORT, 'policies are only ever added'); END;
CREATE TRIGGER policy_refuse_delete BEFORE DELETE ON policy BEGIN SELECT RAISE(ABORT, 'policies are only ever added'); END;
-- end
-- only postgres
-- Under READ COMMITTED each statement of a trigger sees rows that were committed before it began: after the lock, the second of two concurrent inserts sees
-- the first.
CREATE FUNCTION policy_refuse_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM policy_lock FOR UPDATE;
    IF EXISTS (
        SELECT 1 FROM policy other
        WHERE other.kind = new.kind AND other.programme = new.programme
          AND (new.end_date IS NULL OR other.start_date <= new.end_date)
          AND CASE WHEN other.end_date IS NOT NULL THEN other.end_date >= new.start_date
              -- A policy without an end is followed by the next that starts later; a new one cannot start between the two.
              ELSE new.start_date <= other.start_date OR new.start_date < (
                  SELECT MIN(later.start_date) FROM policy later
                  WHERE later.kind = other.kind AND later.programme = other.programme AND later.start_date > other.start_date) END)
    THEN
        RAISE EXCEPTION 'policy_overlap' USING ERRCODE = 'exclusion_violation';
    END IF;
    RETURN new;
END;
$$;
CREATE TRIGGER policy_refuse_overlap BEFORE INSERT ON policy FOR EACH ROW EXECUTE FUNCTION policy_refuse_overlap();
CREATE TRIGGER policy_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON policy FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- end

-- Sums of the ledger's transfers, kept so that one conditional UPDATE can commit the last money of a budget.
CREATE TABLE budget (
    hub TEXT NOT NULL,
    financial_year TEXT NOT NULL,
    -- Far below the range of 64-bit sums.
    allocated_pence BIGINT NOT NULL CHECK (allocated_pence BETWEEN 0 AND 1000000000000000),
    committed_pence BIGINT NOT NULL CHECK (committed_pence >= 0),
    spent_pence BIGINT NOT NULL CHECK (spent_pence >= 0),
    -- Counts allocations and their reversals.
    version BIGINT NOT NULL,
    PRIMARY KEY (hub, financial_year),
    CONSTRAINT budget_never_below_zero CHECK (allocated_pence - committed_pence - spent_pence >= 0)
);

-- Mirror of enrolment's accepted places and imported participations: facts, and the events that prove them. Only the consumer writes it.
CREATE TABLE participation (
    id TEXT NOT NULL PRIMARY KEY,
    urn BIGINT NOT NULL,
    hub TEXT NOT NULL,
    programme TEXT NOT NULL,
    first_academic_year TEXT NOT NULL,
    -- The first day of that year; the policy of that day applies.
    first_date TEXT NOT NULL,
    accept_event TEXT NOT NULL,
    accept_time BIGINT NOT NULL,
    agreement_event TEXT,
    agreement_date TEXT,
    agreement_time BIGINT,
    -- The identity that recorded it, like the actors below.
    agreement_actor TEXT,
    -- The earliest attendance.
    attendance_event TEXT,
    attendance_date TEXT,
    attendance_time BIGINT,
    attendance_actor TEXT,
    -- The earliest attendance that another identity recorded.
    other_attendance_event TEXT,
    other_attendance_date TEXT,
    other_attendance_time BIGINT,
    other_attendance_actor TEXT,
    -- Academic years by which deferrals moved the first year, and the resumption that moved it last.
    moved_years_count BIGINT CHECK (moved_years_count > 0),
    resume_event TEXT,
    resume_date TEXT,
    resume_time BIGINT,
    end_event TEXT,
    -- The last day; NULL where the place was given back before the year.
    end_date TEXT,
    end_time BIGINT,
    -- An imported participation of earlier years is never paid. Its subsidy was paid on this day, if one was.
    is_imported BOOLEAN NOT NULL,
    subsidy_paid_date TEXT,
    -- Derived from the facts, for a policy that needs two sources.
    evidence_status TEXT NOT NULL CHECK (evidence_status IN ('open', 'one_source', 'proven', 'lapsed')),
    CONSTRAINT participation_subsidy CHECK (subsidy_paid_date IS NULL OR is_imported),
    CONSTRAINT participation_agreement CHECK ((agreement_event IS NULL) = (agreement_date IS NULL) AND (agreement_event IS NULL) = (agreement_time IS NULL)
        AND (agreement_event IS NULL) = (agreement_actor IS NULL)),
    CONSTRAINT participation_attendance CHECK ((attendance_event IS NULL) = (attendance_date IS NULL) AND (attendance_event IS NULL) = (attendance_time IS NULL)
        AND (attendance_event IS NULL) = (attendance_actor IS NULL)),
    CONSTRAINT participation_other_attendance CHECK ((other_attendance_event IS NULL) = (other_attendance_date IS NULL)
        AND (other_attendance_event IS NULL) = (other_attendance_time IS NULL) AND (other_attendance_event IS NULL) = (other_attendance_actor IS NULL)
        AND (other_attendance_actor IS NULL OR other_attendance_actor <> attendance_actor)),
    CONSTRAINT participation_move CHECK ((moved_years_count IS NULL) = (resume_event IS NULL) AND (moved_years_count IS NULL) = (resume_date IS NULL)
        AND (moved_years_count IS NULL) = (resume_time IS NULL)),
    CONSTRAINT participation_end CHECK ((end_event IS NULL) = (end_time IS NULL) AND (end_date IS NULL OR end_event IS NOT NULL))
);
CREATE INDEX participation_programme ON participation (programme, first_date);
CREATE INDEX participation_subsidy_paid ON participation (urn) WHERE subsidy_paid_date IS NOT NULL;

-- Days on which schools attended, as enrolment tells them; a correction takes a day away. The facts of a participation are the earliest of these.
CREATE TABLE attendance (
    participation TEXT NOT NULL,
    attendance_date TEXT NOT NULL,
    event TEXT NOT NULL,
    -- Microseconds UTC.
    happened BIGINT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (participation, attendance_date)
);

CREATE TABLE account (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('grant', 'free', 'committed', 'paid')),
    hub TEXT,
    financial_year TEXT,
    CONSTRAINT account_owner CHECK ((kind = 'grant') = (hub IS NULL) AND (kind = 'grant') = (financial_year IS NULL))
);
INSERT INTO account (id, kind) VALUES ('grant', 'grant');

-- Batches of payments. One person creates a batch, another approves it, a third releases it.
CREATE TABLE batch (
    id TEXT NOT NULL PRIMARY KEY,
    -- NULL for all hubs.
    hub TEXT,
    state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'released', 'cancelled')),
    entitlements_count BIGINT NOT NULL,
    amount_pence BIGINT NOT NULL,
    creator TEXT NOT NULL,
    create_time BIGINT NOT NULL,
    approver TEXT,
    approve_time BIGINT,
    releaser TEXT,
    release_time BIGINT,
    cancel_reason TEXT,
    version BIGINT NOT NULL,
    CONSTRAINT batch_approved CHECK ((approver IS NULL) = (approve_time IS NULL) AND (state NOT IN ('approved', 'released') OR approver IS NOT NULL)),
    CONSTRAINT batch_released CHECK ((releaser IS NULL) = (release_time IS NULL) AND (state = 'released') = (releaser IS NOT NULL)),
    CONSTRAINT batch_cancelled CHECK ((state = 'cancelled') = (cancel_reason IS NOT NULL)),
    CONSTRAINT batch_creator_approver CHECK (approver <> creator),
    CONSTRAINT batch_creator_releaser CHECK (releaser <> creator),
    CONSTRAINT batch_approver_releaser CHECK (releaser <> approver)
);

-- Movements of money, added and never changed. A transfer is settled at most once and reversed at most once.
CREATE TABLE transfer (
    id TEXT NOT NULL PRIMARY KEY,
    debit_account TEXT NOT NULL REFERENCES account (id),
    credit_account TEXT NOT NULL REFERENCES account (id),
    amount_pence BIGINT NOT NULL CHECK (amount_pence > 0),
    kind TEXT NOT NULL CHECK (kind IN ('allocate', 'commit', 'post', 'release', 'reverse')),
    -- The day of the time, in Europe/London.
    post_date TEXT NOT NULL,
    post_time BIGINT NOT NULL,
    -- An entitlement has the id of its participation.
    entitlement TEXT REFERENCES participation (id),
    batch TEXT REFERENCES batch (id),
    payee_kind TEXT CHECK (payee_kind IN ('school', 'trust', 'authority')),
    payee_reference TEXT,
    settles TEXT UNIQUE REFERENCES transfer (id),
    reverses TEXT UNIQUE REFERENCES transfer (id),
    actor TEXT NOT NULL,
    request_id TEXT NOT NULL,
    CONSTRAINT transfer_moves CHECK (debit_account <> credit_account),
    CONSTRAINT transfer_settles CHECK ((kind IN ('post', 'release')) = (settles IS NOT NULL)),
    CONSTRAINT transfer_reverses CHECK ((kind = 'reverse') = (reverses IS NOT NULL)),
    CONSTRAINT transfer_entitlement CHECK (CASE kind WHEN 'allocate' THEN entitlement IS NULL WHEN 'reverse' THEN TRUE ELSE entitlement IS NOT NULL END),
    CONSTRAINT transfer_post CHECK ((kind = 'post') = (batch IS NOT NULL) AND (kind = 'post') = (payee_kind IS NOT NULL) AND (kind = 'post') = (payee_reference IS NOT NULL))
);
-- Covering indexes for balances.
CREATE INDEX transfer_debit ON transfer (debit_account, post_date, amount_pence);
CREATE INDEX transfer_credit ON transfer (credit_account, post_date, amount_pence);
CREATE INDEX transfer_order ON transfer (post_time, id);
CREATE INDEX transfer_of_entitlement ON transfer (entitlement);
CREATE INDEX transfer_of_batch ON transfer (batch);
-- only sqlite
CREATE TRIGGER transfer_refuse_update BEFORE UPDATE ON transfer BEGIN SELECT RAISE(ABORT, 'transfers are only ever added'); END;
CREATE TRIGGER transfer_refuse_delete BEFORE DELETE ON transfer BEGIN SELECT RAISE(ABORT, 'transfers are only ever added'); END;
-- end
-- only postgres
CREATE TRIGGER transfer_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- end

-- Texts that people wrote: the decision of an allocation, the reason of a reversal. A row can be erased; the transfer stays.
CREATE TABLE transfer_reason (
    transfer TEXT NOT NULL PRIMARY KEY REFERENCES transfer (id),
    reason TEXT NOT NULL CHECK (reason <> '')
);

CREATE TABLE entitlement (
    id TEXT NOT NULL PRIMARY KEY REFERENCES participation (id),
    kind TEXT NOT NULL CHECK (kind IN ('release_subsidy')),
    urn BIGINT NOT NULL,
    hub TEXT NOT NULL,
    financial_year TEXT NOT NULL,
    policy TEXT NOT NULL REFERENCES policy (id),
    -- Of the policy, like the next.
    amount_pence BIGINT NOT NULL CHECK (amount_pence > 0),
    needs_two_sources BOOLEAN NOT NULL,
    -- The order of funding.
    accept_time BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('unfunded', 'committed', 'payable', 'paid', 'released', 'refused')),
    review TEXT CHECK (review IN ('merger', 'split', 'lapsed', 'payee')),
    conflicting TEXT REFERENCES participation (id),
    payee_kind TEXT NOT NULL CHECK (payee_kind IN ('school', 'trust', 'authority')),
    payee_reference TEXT NOT NULL,
    -- Since when it is the payee.
    payee_time BIGINT NOT NULL,
    batch TEXT REFERENCES batch (id),
    -- The transfer that committed its money, until it is settled; once paid, the payment.
    transfer TEXT UNIQUE REFERENCES transfer (id),
    -- A person released it: no evidence reinstates it.
    is_released_for_good BOOLEAN NOT NULL,
    -- The reason of the newest decision of a person.
    decision_reason TEXT CHECK (decision_reason <> ''),
    version BIGINT NOT NULL,
    CONSTRAINT entitlement_holds CHECK ((state IN ('committed', 'payable', 'paid')) = (transfer IS NOT NULL)),
    CONSTRAINT entitlement_in_batch CHECK ((batch IS NULL OR state IN ('payable', 'paid')) AND (state <> 'paid' OR batch IS NOT NULL)),
    CONSTRAINT entitlement_refused CHECK (state <> 'refused' OR conflicting IS NOT NULL),
    CONSTRAINT entitlement_for_good CHECK (NOT is_released_for_good OR state = 'released')
);
CREATE INDEX entitlement_hub ON entitlement (hub, id);
CREATE INDEX entitlement_urn ON entitlement (urn, id);
CREATE INDEX entitlement_of_batch ON entitlement (batch, id);
CREATE INDEX entitlement_conflicting ON entitlement (conflicting) WHERE state = 'refused';
CREATE INDEX entitlement_unfunded ON entitlement (hub, financial_year, accept_time, id) WHERE state = 'unfunded';
CREATE INDEX entitlement_payable ON entitlement (accept_time, id) WHERE state = 'payable';

-- One entitlement of a kind for each school lineage: an entitlement claims every URN of the lineage.
CREATE TABLE entitlement_claim (
    kind TEXT NOT NULL,
    urn BIGINT NOT NULL,
    entitlement TEXT NOT NULL REFERENCES participation (id),
    PRIMARY KEY (kind, urn)
);
CREATE INDEX entitlement_claim_entitlement ON entitlement_claim (entitlement);

-- Review questions that were answered with KEEP, so that none is raised twice. Questions that are due are not stored: they are computed from links,
-- participations and entitlements, so that none is lost.
CREATE TABLE review_answer (
    entitlement TEXT NOT NULL REFERENCES entitlement (id),
    review TEXT NOT NULL CHECK (review IN ('merger', 'split', 'lapsed', 'payee')),
    -- The other entitlement of the lineage, or the imported participation whose subsidy was paid; the entitlement itself if the question is about one
    -- entitlement.
    other TEXT NOT NULL REFERENCES participation (id),
    PRIMARY KEY (entitlement, review, other)
);
