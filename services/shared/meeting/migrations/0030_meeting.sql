-- Meetings below the parents of a service, for example Work Groups. The service's own migration has the three views that the statements of meetings read:
-- meeting_parent (id, hub, academic_year, end_date), the parents: end_date is the last day, or NULL;
-- meeting_leader (parent, person, start_date, end_date), the days on which persons lead a parent: end_date as above;
-- meeting_subject (parent, subject, urn, entitlement, start_date, end_date), the days on which subjects, with their schools, belong to a parent: end_date as above,
-- entitlement is the resource name of the entitlement that an attendance on these days can prove, or NULL.

CREATE TABLE meeting (
    id TEXT NOT NULL PRIMARY KEY,
    parent TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('group', 'support_visit', 'peer_visit', 'residential')),
    -- Both days belong to the meeting.
    start_date TEXT NOT NULL,
    end_date TEXT NOT NULL CHECK (end_date >= start_date),
    host_urn BIGINT,
    -- Empty when the host school says enough.
    venue TEXT NOT NULL,
    hub TEXT NOT NULL,
    -- Most persons of a day; 0 for no limit.
    persons_max_count BIGINT NOT NULL CHECK (persons_max_count >= 0),
    state TEXT NOT NULL CHECK (state IN ('planned', 'held', 'cancelled')),
    register_state TEXT NOT NULL CHECK (register_state IN ('none', 'draft', 'final')),
    -- The day in London on which the register was last taken.
    register_date TEXT CHECK (register_date >= start_date),
    -- When the final register was taken, microseconds UTC.
    register_time BIGINT,
    cancel_reason TEXT,
    version BIGINT NOT NULL,
    -- For the marks, each of which refers to a state.
    UNIQUE (id, state),
    CONSTRAINT meeting_held CHECK ((state = 'held') = (register_state = 'final')),
    CONSTRAINT meeting_cancelled CHECK ((state = 'cancelled') = (cancel_reason IS NOT NULL) AND (state <> 'cancelled' OR register_state = 'none')),
    CONSTRAINT meeting_register CHECK ((register_date IS NULL) = (register_state = 'none') AND (register_time IS NULL) = (register_state <> 'final')),
    CONSTRAINT meeting_place CHECK (host_urn IS NOT NULL OR (venue <> '' AND kind IN ('group', 'residential')))
);
-- Pages of a parent's meetings.
CREATE UNIQUE INDEX meeting_of_parent ON meeting (parent, id);
-- Meetings at a school.
CREATE INDEX meeting_host ON meeting (host_urn, start_date) WHERE host_urn IS NOT NULL;

-- The subjects that are expected at a meeting. Without rows, all that belong to the parent on the day.
CREATE TABLE meeting_expected (
    meeting TEXT NOT NULL REFERENCES meeting (id),
    subject TEXT NOT NULL,
    PRIMARY KEY (meeting, subject)
);

-- Final registers and their corrections. Of a meeting, day and person, the mark with the largest number counts.
CREATE TABLE mark (
    meeting TEXT NOT NULL,
    meeting_state TEXT NOT NULL CHECK (meeting_state = 'held'),
    mark_date TEXT NOT NULL,
    person TEXT NOT NULL,
    number BIGINT NOT NULL CHECK (number >= 1),
    subject TEXT NOT NULL,
    -- The school of the subject.
    urn BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('attended', 'part', 'absent_with_notice', 'absent', 'substituted')),
    -- Of a correction; NULL for a mark of the register.
    reason TEXT CHECK (reason <> ''),
    -- Microseconds UTC.
    record_time BIGINT NOT NULL,
    PRIMARY KEY (meeting, mark_date, person, number),
    FOREIGN KEY (meeting, meeting_state) REFERENCES meeting (id, state),
    CONSTRAINT mark_corrected CHECK (number = 1 OR reason IS NOT NULL)
);
-- Pages of the marks of a subject, and its attendance on a day.
CREATE INDEX mark_subject ON mark (subject, meeting, mark_date, person, number);
-- Pages of the marks of a person.
CREATE INDEX mark_person ON mark (person, meeting, mark_date, number);
-- only sqlite
CREATE TRIGGER mark_refuse_update BEFORE UPDATE ON mark BEGIN SELECT RAISE(ABORT, 'marks are only ever added'); END;
CREATE TRIGGER mark_refuse_delete BEFORE DELETE ON mark BEGIN SELECT RAISE(ABORT, 'marks are only ever added'); END;
-- end
-- only postgres
CREATE TRIGGER mark_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON mark FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- end

-- The marks of a register that is a draft. They have no effect, and the next register replaces them.
CREATE TABLE draft_mark (
    meeting TEXT NOT NULL,
    meeting_state TEXT NOT NULL CHECK (meeting_state = 'planned'),
    mark_date TEXT NOT NULL,
    person TEXT NOT NULL,
    subject TEXT NOT NULL,
    urn BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('attended', 'part', 'absent_with_notice', 'absent', 'substituted')),
    PRIMARY KEY (meeting, mark_date, person),
    FOREIGN KEY (meeting, meeting_state) REFERENCES meeting (id, state)
);
CREATE INDEX draft_mark_person ON draft_mark (person);
