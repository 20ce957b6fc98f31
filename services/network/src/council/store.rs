//! Rows of meetings and decisions.

use db::{Error, JsonText, Tx, sql};
use name::{CouncilMeetingId, DecisionId, HubId, PersonId};
use server::ApiError;
use time::{AcademicYear, Date};

use super::{
    Decision, DecisionKind, Meeting, Term, list_decisions::DecisionFilter, list_meetings::MeetingKey, rotation::Candidate,
};
use crate::school::column::DayOrBlank;

macro_rules! meeting_columns {
    () => {
        "meeting_id, academic_year, term, meeting_date, present_persons, present_hubs"
    };
}

#[derive(sqlx::FromRow)]
struct MeetingRow {
    meeting_id: CouncilMeetingId,
    academic_year: AcademicYear,
    term: Term,
    meeting_date: Date,
    present_persons: JsonText<Vec<PersonId>>,
    present_hubs: JsonText<Vec<HubId>>,
    chair: Option<PersonId>,
}

impl From<MeetingRow> for Meeting {
    fn from(row: MeetingRow) -> Self {
        Self {
            id: row.meeting_id,
            academic_year: row.academic_year,
            term: row.term,
            date: row.meeting_date,
            present_persons: row.present_persons.0,
            present_hubs: row.present_hubs.0,
            chair: row.chair,
        }
    }
}

/// One of these persons who does not exist, if any.
pub(super) async fn find_unknown_person(tx: &mut Tx<'_>, ids: &[PersonId]) -> Result<Option<PersonId>, Error> {
    if ids.is_empty() {
        return Ok(None);
    }
    let known: Vec<(PersonId,)> =
        sql!(tx, "SELECT person_id FROM person WHERE person_id IN (:ids)", ids = [id in ids => id]).fetch_all().await?;
    Ok(ids.iter().find(|id| !known.iter().any(|(known,)| known == *id)).cloned())
}

/// False when the id or the term is taken.
pub(super) async fn meeting_insert(tx: &mut Tx<'_>, meeting: &Meeting) -> Result<bool, Error> {
    let inserted = sql!(
        tx,
        concat!(
            "INSERT INTO council_meeting (",
            meeting_columns!(),
            ")
             VALUES (:id, :academic_year, :term, :date, :present_persons, :present_hubs)
             ON CONFLICT DO NOTHING"
        ),
        id = meeting.id,
        academic_year = meeting.academic_year,
        term = meeting.term,
        date = meeting.date,
        present_persons = JsonText(&meeting.present_persons),
        present_hubs = JsonText(&meeting.present_hubs),
    );
    Ok(inserted.execute().await? == 1)
}

/// The meeting of a term.
pub(super) async fn find_meeting_of_term(
    tx: &mut Tx<'_>,
    year: AcademicYear,
    term: Term,
) -> Result<Option<CouncilMeetingId>, Error> {
    let meeting = sql!(tx, "SELECT meeting_id FROM council_meeting WHERE academic_year = :year AND term = :term", year, term);
    let row: Option<(CouncilMeetingId,)> = meeting.fetch_optional().await?;
    Ok(row.map(|(id,)| id))
}

pub(super) async fn meeting_exists(tx: &mut Tx<'_>, id: &CouncilMeetingId) -> Result<bool, Error> {
    let exists = sql!(tx, "SELECT EXISTS (SELECT 1 FROM council_meeting WHERE meeting_id = :id)", id);
    let (exists,): (bool,) = exists.fetch_one().await?;
    Ok(exists)
}

/// A page in order of day and id.
pub(super) async fn meeting_page(
    tx: &mut Tx<'_>,
    year: Option<AcademicYear>,
    after: Option<&MeetingKey>,
    limit: i64,
) -> Result<Vec<Meeting>, Error> {
    let page = sql!(
        tx,
        concat!(
            "SELECT ",
            meeting_columns!(),
            ", (SELECT chair.holder_person FROM appointment chair
                WHERE chair.role = 8 AND chair.start_date <= meeting_date
                    AND (chair.end_date IS NULL OR chair.end_date >= meeting_date)) AS chair
             FROM council_meeting
             WHERE (meeting_date, meeting_id) > (:after_date, :after_id) AND (CAST(:year AS TEXT) IS NULL OR academic_year = :year)
             ORDER BY meeting_date, meeting_id LIMIT :limit"
        ),
        after_date = DayOrBlank(after.map(|(date, _)| *date)),
        after_id = after.map_or("", |(_, id)| id.as_str()),
        year,
        limit,
    );
    let rows: Vec<MeetingRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The chair of the Council on a day.
pub(super) async fn find_chair(tx: &mut Tx<'_>, day: Date) -> Result<Option<PersonId>, Error> {
    let chair = sql!(
        tx,
        "SELECT holder_person FROM appointment WHERE role = 8 AND start_date <= :day AND (end_date IS NULL OR end_date >= :day)",
        day,
    );
    let row: Option<(PersonId,)> = chair.fetch_optional().await?;
    Ok(row.map(|(person,)| person))
}

/// The members of the Council on a day who lead a hub or assist its lead on that day, once for each office, with the last chairs that began before it.
pub(super) async fn candidate_list(tx: &mut Tx<'_>, day: Date) -> Result<Vec<Candidate>, Error> {
    #[derive(sqlx::FromRow)]
    struct CandidateRow {
        person: PersonId,
        hub: HubId,
        region_code: String,
        region_chaired: Option<Date>,
        hub_chaired: Option<Date>,
        office_start: Date,
    }
    let candidates = sql!(
        tx,
        "SELECT member_person.current_id AS person, office.hub, hub.region_code, office.start_date AS office_start,
             (SELECT MAX(chair.start_date) FROM appointment chair JOIN hub other ON other.hub_id = chair.hub
              WHERE chair.role = 8 AND chair.start_date < :day AND other.region_code = hub.region_code) AS region_chaired,
             (SELECT MAX(chair.start_date) FROM appointment chair
              WHERE chair.role = 8 AND chair.start_date < :day AND chair.hub = office.hub) AS hub_chaired
         FROM appointment member
             JOIN person member_person ON member_person.person_id = member.holder_person
             JOIN person office_person ON office_person.current_id = member_person.current_id
             JOIN appointment office ON office.holder_person = office_person.person_id
             JOIN hub ON hub.hub_id = office.hub
         WHERE member.role = 7 AND member.start_date <= :day AND (member.end_date IS NULL OR member.end_date >= :day)
             AND office.role IN (1, 4) AND office.start_date <= :day AND (office.end_date IS NULL OR office.end_date >= :day)",
        day,
    );
    let rows: Vec<CandidateRow> = candidates.fetch_all().await?;
    let candidate = |row| {
        let CandidateRow { person, hub, region_code, region_chaired, hub_chaired, office_start } = row;
        Candidate { person, hub, region_code, region_chaired, hub_chaired, office_start }
    };
    Ok(rows.into_iter().map(candidate).collect())
}

macro_rules! decision_columns {
    () => {
        "decision_id, kind, text, start_date"
    };
}

#[derive(sqlx::FromRow)]
struct DecisionRow {
    decision_id: DecisionId,
    kind: DecisionKind,
    text: String,
    start_date: Date,
}

impl From<DecisionRow> for Decision {
    fn from(row: DecisionRow) -> Self {
        Self { id: row.decision_id, kind: row.kind, text: row.text, start: row.start_date }
    }
}

/// False when the id is taken.
pub(super) async fn decision_insert(tx: &mut Tx<'_>, decision: &Decision) -> Result<bool, Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO council_decision (decision_id, meeting_id, kind, text, start_date) VALUES (:id, :meeting, :kind, :text, :start)
         ON CONFLICT (decision_id) DO NOTHING",
        id = decision.id,
        meeting = decision.id.meeting(),
        kind = decision.kind,
        text = decision.text,
        start = decision.start,
    );
    Ok(inserted.execute().await? == 1)
}

/// Checks that the Council's decisions are recorded. DECISION_UNKNOWN when one is not.
pub(crate) async fn decision_check<'d>(
    tx: &mut Tx<'_>,
    ids: impl IntoIterator<Item = &'d DecisionId>,
) -> Result<(), service::Error> {
    for id in ids {
        let exists = sql!(tx, "SELECT EXISTS (SELECT 1 FROM council_decision WHERE decision_id = :id)", id);
        let (exists,): (bool,) = exists.fetch_one().await?;
        if !exists {
            return Err(ApiError::decision_unknown(id).into());
        }
    }
    Ok(())
}

/// A page in order of name.
pub(super) async fn decision_page(
    tx: &mut Tx<'_>,
    filter: &DecisionFilter,
    after: Option<&DecisionId>,
    limit: i64,
) -> Result<Vec<Decision>, Error> {
    let page = sql!(
        tx,
        concat!(
            "SELECT ",
            decision_columns!(),
            " FROM council_decision
             WHERE decision_id > :after
                 AND (CAST(:meeting AS TEXT) IS NULL OR meeting_id = :meeting)
                 AND (CAST(:kind AS BIGINT) IS NULL OR kind = :kind)
             ORDER BY decision_id LIMIT :limit"
        ),
        after = after.map(ToString::to_string).unwrap_or_default(),
        meeting = filter.meeting,
        kind = filter.kind,
        limit,
    );
    let rows: Vec<DecisionRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}
