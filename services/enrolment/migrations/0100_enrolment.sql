-- Rounds, places, applications and their outcomes. Instants are microseconds UTC, days are YYYY-MM-DD.

CREATE TABLE round (
    id TEXT NOT NULL PRIMARY KEY,
    display_name TEXT NOT NULL,
    academic_year TEXT NOT NULL,
    -- Both days belong to the window.
    window_start_date TEXT NOT NULL,
    window_end_date TEXT NOT NULL CHECK (window_end_date >= window_start_date),
    offer_days_count BIGINT NOT NULL CHECK (offer_days_count BETWEEN 1 AND 90),
    -- JSON: only ever read and written together with the round, which is one statement so.
    programmes TEXT NOT NULL,
    place_order_policies TEXT NOT NULL,
    -- Set when the round is cancelled, which only an unused one can be.
    cancel_reason TEXT CHECK (cancel_reason <> ''),
    -- The number that the next submission gets, under the lock of this row.
    next_queue_number BIGINT NOT NULL CHECK (next_queue_number >= 1),
    version BIGINT NOT NULL,
    CONSTRAINT round_cancelled_unused CHECK (cancel_reason IS NULL OR next_queue_number = 1)
);

-- The programmes of a round again, as keys: what places or applications refer to cannot be taken out of a round.
CREATE TABLE round_programme (
    round TEXT NOT NULL REFERENCES round (id),
    programme TEXT NOT NULL,
    PRIMARY KEY (round, programme)
);

-- Never oversold, and no place that is kept goes to another school: acceptance is one conditional UPDATE of the counts, and the CHECKs refuse what it would let through.
CREATE TABLE places (
    round TEXT NOT NULL,
    hub TEXT NOT NULL,
    programme TEXT NOT NULL,
    places_count BIGINT NOT NULL CHECK (places_count >= 0),
    accepted_count BIGINT NOT NULL,
    -- Of these, the ones of schools of the coldest authorities: cold_permille of those that are ranked.
    cold_accepted_count BIGINT NOT NULL CHECK (cold_accepted_count BETWEEN 0 AND accepted_count),
    cold_permille BIGINT NOT NULL,
    -- Places that are kept for these schools.
    reserved_count BIGINT NOT NULL CHECK (reserved_count BETWEEN 0 AND places_count),
    -- The next day on which the policy of the round changes the two; a job asks whether it has come.
    reserve_change_date TEXT,
    -- Counts changes of places_count and of reserved_count; an acceptance makes no new version.
    version BIGINT NOT NULL,
    PRIMARY KEY (round, hub, programme),
    FOREIGN KEY (round, programme) REFERENCES round_programme (round, programme),
    CONSTRAINT places_never_oversold CHECK (accepted_count >= 0 AND accepted_count <= places_count),
    CONSTRAINT places_reserved CHECK (accepted_count - cold_accepted_count <= places_count - reserved_count)
);

CREATE TABLE application (
    id TEXT NOT NULL PRIMARY KEY,
    round TEXT NOT NULL,
    urn BIGINT NOT NULL,
    hub TEXT NOT NULL,
    programme TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'submitted', 'offered', 'accepted', 'waitlisted', 'declined', 'lapsed', 'withdrawn')),
    queue_number BIGINT,
    -- How cold its area was, and all that says which figure that is. Absent when none was published at submission.
    coldness_ppm BIGINT,
    coldness_old_la_code TEXT,
    coldness_education_phase BIGINT,
    reach_publication TEXT,
    -- The rank of the authority, 0 when it has none, and the number of ranked authorities.
    coldness_rank BIGINT,
    coldness_ranked_count BIGINT,
    submit_time BIGINT,
    -- Exclusive.
    offer_expire_time BIGINT,
    participation TEXT,
    -- The hub that the school's lineage had chosen at submission, or for a draft when it was drafted. Absent when it had chosen none.
    chosen_hub TEXT,
    -- A school has at most 20 drafts in a round: each has one of the numbers.
    draft_number BIGINT CHECK (draft_number BETWEEN 1 AND 20),
    -- Number of URNs that it claimed at submission; a place is taken only if it still has all these claims.
    claims_count BIGINT NOT NULL,
    withdraw_reason TEXT,
    version BIGINT NOT NULL,
    FOREIGN KEY (round, programme) REFERENCES round_programme (round, programme),
    UNIQUE (round, queue_number),
    UNIQUE (round, urn, draft_number),
    CONSTRAINT application_draft CHECK ((state = 'draft') = (draft_number IS NOT NULL)),
    CONSTRAINT application_queued CHECK (state IN ('draft', 'withdrawn') OR (queue_number IS NOT NULL AND submit_time IS NOT NULL)),
    CONSTRAINT application_coldness CHECK ((coldness_ppm IS NULL) = (reach_publication IS NULL)
        AND (coldness_ppm IS NULL) = (coldness_old_la_code IS NULL) AND (coldness_ppm IS NULL) = (coldness_education_phase IS NULL)
        AND (coldness_ppm IS NULL) = (coldness_rank IS NULL) AND (coldness_ppm IS NULL) = (coldness_ranked_count IS NULL)),
    CONSTRAINT application_offered CHECK (state NOT IN ('offered', 'accepted') OR offer_expire_time IS NOT NULL),
    CONSTRAINT application_accepted CHECK (state <> 'accepted' OR participation IS NOT NULL)
);
-- Pages, and the waiting list of a hub.
CREATE UNIQUE INDEX application_round ON application (round, id);
CREATE INDEX application_queue ON application (round, hub, programme, state, queue_number);
-- Offers that lapse.
CREATE INDEX application_offer ON application (offer_expire_time) WHERE state = 'offered';

CREATE TABLE participation (
    id TEXT NOT NULL PRIMARY KEY,
    -- The application that got the place. Absent when it was imported.
    round TEXT,
    application TEXT UNIQUE REFERENCES application (id),
    urn BIGINT NOT NULL,
    hub TEXT NOT NULL,
    programme TEXT NOT NULL,
    first_academic_year TEXT NOT NULL,
    years_count BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('enrolled', 'active', 'deferred', 'completed', 'withdrawn', 'cancelled')),
    year_number BIGINT NOT NULL,
    years_completed_count BIGINT NOT NULL,
    -- JSON, because they are read and written with the row only: the first day of each interruption, and the day on which the years went on.
    deferrals TEXT NOT NULL,
    -- Academic years by which interruptions have moved the year that is open or comes next.
    deferred_years_count BIGINT NOT NULL CHECK (deferred_years_count >= 0),
    -- The last day that was recorded: of a start, a completion or the end.
    last_date TEXT,
    -- The day in London on which the place was accepted. Absent when it was imported.
    accept_date TEXT,
    agreement_sign_date TEXT CHECK (agreement_sign_date >= accept_date),
    -- The document that was signed, and its version.
    agreement_document TEXT,
    agreement_document_version TEXT,
    -- Of the days in the table of attendances.
    first_attendance_date TEXT,
    last_attendance_date TEXT,
    withdraw_reason TEXT,
    -- Of an imported one: where it comes from, in words, and the fields of its row, with which a row that comes again is compared.
    import_source TEXT,
    import_row TEXT,
    version BIGINT NOT NULL,
    CONSTRAINT participation_origin CHECK ((round IS NULL) = (import_source IS NOT NULL) AND (application IS NULL) = (import_source IS NOT NULL)
        AND (accept_date IS NULL) = (import_source IS NOT NULL) AND (import_row IS NULL) = (import_source IS NULL)),
    CONSTRAINT participation_years CHECK (years_completed_count >= 0 AND year_number - years_completed_count BETWEEN 0 AND 1 AND year_number <= years_count),
    CONSTRAINT participation_deferred CHECK (state <> 'deferred' OR year_number >= 1),
    CONSTRAINT participation_completed CHECK (state <> 'completed' OR years_completed_count = years_count),
    CONSTRAINT participation_agreed CHECK ((agreement_sign_date IS NULL) = (agreement_document IS NULL)
        AND (agreement_sign_date IS NULL) = (agreement_document_version IS NULL)),
    CONSTRAINT participation_attended CHECK ((first_attendance_date IS NULL) = (last_attendance_date IS NULL)
        AND (first_attendance_date IS NULL OR first_attendance_date <= last_attendance_date))
);
CREATE INDEX participation_hub ON participation (hub, id);
CREATE INDEX participation_urn ON participation (urn, id);

-- One live application per school lineage, programme and span, and one place in each span: an application claims its URN and every URN of its lineage,
-- and so does an imported participation.
CREATE TABLE school_claim (
    programme TEXT NOT NULL,
    -- The academic year where the programme is yearly; empty where a school takes part once for ever.
    span TEXT NOT NULL,
    urn BIGINT NOT NULL,
    -- An application or an imported participation has the claim.
    application TEXT REFERENCES application (id),
    participation TEXT REFERENCES participation (id),
    -- First day of the round's academic year: a claim without a place gives way to a later round's from then on.
    year_start_date TEXT NOT NULL,
    has_place BOOLEAN NOT NULL,
    PRIMARY KEY (programme, span, urn),
    CONSTRAINT school_claim_one CHECK ((application IS NULL) <> (participation IS NULL)),
    CONSTRAINT school_claim_imported CHECK (participation IS NULL OR has_place)
);
CREATE INDEX school_claim_application ON school_claim (application);
-- Of an import.
CREATE INDEX school_claim_participation ON school_claim (participation);
CREATE INDEX school_claim_urn ON school_claim (urn);

-- Specialists, as the service specialists tells: the nominations that are selected, and the years of their cohorts.
CREATE TABLE specialist (
    nomination TEXT NOT NULL PRIMARY KEY,
    cohort TEXT NOT NULL,
    person TEXT NOT NULL,
    -- The hub of the nomination.
    hub TEXT NOT NULL
);
CREATE INDEX specialist_person ON specialist (person);
CREATE TABLE cohort_year (
    cohort TEXT NOT NULL,
    -- The programme of the cohort, of which its specialists lead groups.
    programme TEXT NOT NULL,
    academic_year TEXT NOT NULL,
    -- Its specialists may lead Work Groups in this year.
    leads_groups BOOLEAN NOT NULL,
    is_last BOOLEAN NOT NULL,
    PRIMARY KEY (cohort, academic_year)
);

-- Work Groups, each of one academic year. Never overfull: a school joins by one conditional UPDATE of schools_count, and a CHECK refuses more.
CREATE TABLE work_group (
    id TEXT NOT NULL PRIMARY KEY,
    -- The hub that formed it.
    hub TEXT NOT NULL,
    programme TEXT NOT NULL,
    academic_year TEXT NOT NULL,
    -- The year of the programme in which its schools are.
    year_number BIGINT NOT NULL CHECK (year_number BETWEEN 1 AND 3),
    leader TEXT NOT NULL,
    leader_start_date TEXT NOT NULL,
    -- The terms of the programme that decide its shape, and the shape.
    terms_version BIGINT NOT NULL,
    leader_kind TEXT NOT NULL CHECK (leader_kind IN ('mastery_specialist', 'local_leader')),
    schools_min_count BIGINT NOT NULL CHECK (schools_min_count >= 1),
    schools_max_count BIGINT NOT NULL CHECK (schools_max_count >= schools_min_count),
    meetings_count BIGINT NOT NULL,
    support_visits_per_term_count BIGINT NOT NULL,
    -- Memberships without a last day.
    schools_count BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'ended')),
    end_date TEXT,
    version BIGINT NOT NULL,
    UNIQUE (id, academic_year),
    CONSTRAINT work_group_never_overfull CHECK (schools_count BETWEEN 0 AND schools_max_count),
    CONSTRAINT work_group_ended CHECK ((state = 'ended') = (end_date IS NOT NULL) AND (state = 'open' OR schools_count = 0))
);
CREATE INDEX work_group_hub ON work_group (hub, id);
CREATE INDEX work_group_leader ON work_group (leader, academic_year);

-- The earlier leaders of Work Groups, each for some days. The present one is in the row of the group.
CREATE TABLE former_leader (
    work_group TEXT NOT NULL REFERENCES work_group (id),
    start_date TEXT NOT NULL,
    leader TEXT NOT NULL,
    -- Last day.
    end_date TEXT NOT NULL CHECK (end_date >= start_date),
    PRIMARY KEY (work_group, start_date)
);
CREATE INDEX former_leader_person ON former_leader (leader);

-- The days of participations in Work Groups.
CREATE TABLE membership (
    participation TEXT NOT NULL REFERENCES participation (id),
    academic_year TEXT NOT NULL,
    start_date TEXT NOT NULL,
    work_group TEXT NOT NULL,
    -- Last day; absent while there is none.
    end_date TEXT CHECK (end_date >= start_date),
    PRIMARY KEY (participation, academic_year, start_date),
    FOREIGN KEY (work_group, academic_year) REFERENCES work_group (id, academic_year)
);
-- A participation is in one open group of an academic year.
CREATE UNIQUE INDEX membership_open ON membership (participation, academic_year) WHERE end_date IS NULL;
CREATE INDEX membership_work_group ON membership (work_group);

-- A participation is in one group on a day.
-- only sqlite
CREATE TRIGGER membership_refuse_overlap BEFORE INSERT ON membership
WHEN EXISTS (
    SELECT 1 FROM membership other
    WHERE other.participation = new.participation AND other.academic_year = new.academic_year
      AND (new.end_date IS NULL OR other.start_date <= new.end_date) AND (other.end_date IS NULL OR other.end_date >= new.start_date))
BEGIN SELECT RAISE(ABORT, 'membership_overlap'); END;
-- Days only ever become fewer, so that an update makes no overlap.
CREATE TRIGGER membership_refuse_longer BEFORE UPDATE ON membership
WHEN new.participation <> old.participation OR new.academic_year <> old.academic_year OR new.start_date < old.start_date
    OR (old.end_date IS NOT NULL AND (new.end_date IS NULL OR new.end_date > old.end_date))
BEGIN SELECT RAISE(ABORT, 'a membership only ever ends earlier'); END;
-- end
-- only postgres
-- After the lock of the participation, the second of two concurrent inserts sees the first.
CREATE FUNCTION membership_refuse_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM participation WHERE id = new.participation FOR UPDATE;
    IF EXISTS (
        SELECT 1 FROM membership other
        WHERE other.participation = new.participation AND other.academic_year = new.academic_year
          AND (new.end_date IS NULL OR other.start_date <= new.end_date) AND (other.end_date IS NULL OR other.end_date >= new.start_date))
    THEN
        RAISE EXCEPTION 'membership_overlap' USING ERRCODE = 'exclusion_violation';
    END IF;
    RETURN new;
END;
$$;
CREATE TRIGGER membership_refuse_overlap BEFORE INSERT ON membership FOR EACH ROW EXECUTE FUNCTION membership_refuse_overlap();
CREATE FUNCTION membership_refuse_longer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a membership only ever ends earlier';
END;
$$;
-- Days only ever become fewer, so that an update makes no overlap.
CREATE TRIGGER membership_refuse_longer BEFORE UPDATE ON membership FOR EACH ROW
WHEN (new.participation <> old.participation OR new.academic_year <> old.academic_year OR new.start_date < old.start_date
    OR (old.end_date IS NOT NULL AND (new.end_date IS NULL OR new.end_date > old.end_date)))
EXECUTE FUNCTION membership_refuse_longer();
-- end

-- A school attended a meeting of its Work Group. A day counts once.
CREATE TABLE attendance (
    participation TEXT NOT NULL REFERENCES participation (id),
    attendance_date TEXT NOT NULL,
    PRIMARY KEY (participation, attendance_date)
);

-- The teachers who lead the work of a school in its programme, each for some days.
CREATE TABLE lead_participant (
    participation TEXT NOT NULL REFERENCES participation (id),
    start_date TEXT NOT NULL,
    person TEXT NOT NULL,
    -- Last day; absent while there is none.
    end_date TEXT CHECK (end_date >= start_date),
    PRIMARY KEY (participation, start_date, person)
);
CREATE UNIQUE INDEX lead_participant_open ON lead_participant (participation, person) WHERE end_date IS NULL;
CREATE INDEX lead_participant_person ON lead_participant (person);

-- The views that the crate `meeting` reads: Work Groups have meetings, and their members attend.
CREATE VIEW meeting_parent AS
    SELECT work_group.id, work_group.hub, work_group.academic_year, work_group.end_date FROM work_group;
CREATE VIEW meeting_leader AS
    SELECT work_group.id AS parent, work_group.leader AS person, work_group.leader_start_date AS start_date, work_group.end_date FROM work_group
    UNION ALL
    SELECT former_leader.work_group, former_leader.leader, former_leader.start_date, former_leader.end_date FROM former_leader;
-- An entitlement has the id of its participation. An attendance of the first academic year proves it; an imported participation has none.
CREATE VIEW meeting_subject AS
    SELECT membership.work_group AS parent, membership.participation AS subject, participation.urn,
        CASE WHEN participation.import_source IS NULL AND membership.academic_year = participation.first_academic_year
            THEN 'entitlements/' || participation.id END AS entitlement,
        membership.start_date, membership.end_date
    FROM membership JOIN participation ON participation.id = membership.participation;
