//! A hub's waiting list for a programme: who of it is offered a place, whose offer lapses, and who is passed over.

use db::{Error, Tx, sql};
use time::{Date, Instant};

use super::{ROWS_MAX, application::columns, row::ApplicationRow};
use crate::domain::{
    Application, ApplicationId, HubId, Phase, PlaceOrder, Places, ProgrammeId, RoundId, RoundProgramme, School, Urn,
};

/// Whether the school of a waiting application, or one that descends from it, may take part on a day, as `Ground::check` asks when an offer is
/// accepted. The three after the day say whether the programme takes each phase, as the contract numbers them.
macro_rules! may_take_part {
    ($day:literal, $primary:literal, $secondary:literal, $all_through:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM (",
            mirror::descendants!("waiting.urn", $day),
            ") heir JOIN school ON school.urn = heir.urn
             WHERE school.listed AND school.register_reason = 1 AND CASE school.education_phase WHEN 1 THEN ",
            $primary,
            " WHEN 2 THEN ",
            $secondary,
            " WHEN 3 THEN ",
            $all_through,
            " ELSE FALSE END)"
        )
    };
}

/// How many offers of these places stand. The places are held, so that it stays so.
pub(crate) async fn offers_standing_count(tx: &mut Tx<'_>, places: &Places, now: Instant) -> Result<i64, Error> {
    let (count,): (i64,) = sql!(tx, conn => sqlx::query_as(
        "SELECT COUNT(*) FROM application
         WHERE round = $1 AND hub = $2 AND programme = $3 AND state = 'offered' AND offer_expire_time > $4")
        .bind(places.round.as_str()).bind(places.hub.as_str()).bind(places.programme.as_str()).bind(now.micros())
        .fetch_one(conn).await)?;
    Ok(count)
}

/// Who is offered places: the first so many of those that wait, and of the submitted ones too if they are asked for. Whose school may not take part
/// today is passed over: it could not accept, and the place would stand idle until its offer lapsed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice<'a> {
    pub(crate) programme: &'a RoundProgramme,
    pub(crate) today: Date,
    pub(crate) order: PlaceOrder,
    pub(crate) submitted_too: bool,
    pub(crate) count: i64,
    pub(crate) expire: Instant,
}

/// Offers places, in one statement, and gives the applications in the order in which they were chosen. The places are held.
pub(crate) async fn application_offer(tx: &mut Tx<'_>, places: &Places, choice: Choice<'_>) -> Result<Vec<Application>, Error> {
    if choice.count == 0 {
        return Ok(Vec::new());
    }
    let takes = takes(choice.programme);
    let by_coldness = choice.order == PlaceOrder::PriorityThenSubmission;
    // The state is asked twice: what was chosen may be withdrawn by another transaction before it is written.
    let rows: Vec<ApplicationRow> = sql!(tx, conn => sqlx::query_as(concat!(
        "UPDATE application SET state = 'offered', offer_expire_time = $4, version = version + 1
         WHERE state IN ('waitlisted', 'submitted') AND id IN (
             SELECT waiting.id FROM application waiting
             WHERE waiting.round = $1 AND waiting.hub = $2 AND waiting.programme = $3
               AND (waiting.state = 'waitlisted' OR (waiting.state = 'submitted' AND $5))
               AND ", may_take_part!("$8", "$9", "$10", "$11"), "
             ORDER BY CASE WHEN $6 THEN COALESCE(waiting.coldness_ppm, -1) ELSE 0 END DESC, waiting.queue_number
             LIMIT $7)
         RETURNING ", columns!()))
        .bind(places.round.as_str()).bind(places.hub.as_str()).bind(places.programme.as_str()).bind(choice.expire.micros())
        .bind(choice.submitted_too).bind(by_coldness).bind(choice.count.min(ROWS_MAX)).bind(choice.today.to_string())
        .bind(takes[0]).bind(takes[1]).bind(takes[2]).fetch_all(conn).await)?;
    let mut offered: Vec<Application> = rows.into_iter().map(Into::into).collect();
    // Neither database promises the order of what it returns.
    offered.sort_by_key(|application| {
        let coldness = application.coldness.as_ref().map_or(-1, |coldness| coldness.ppm);
        (if by_coldness { -coldness } else { 0 }, application.queue_number)
    });
    Ok(offered)
}

/// Those on the waiting list whose schools may not take part today, at most `ROWS_MAX` of them in order of their queue numbers, each with its school if
/// the register lists it.
pub(crate) async fn passed_over_list(
    tx: &mut Tx<'_>,
    places: &Places,
    programme: &RoundProgramme,
    today: Date,
) -> Result<Vec<(ApplicationId, Option<School>)>, Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        id: String,
        urn: i64,
        old_la_code: Option<String>,
        education_phase: Option<i64>,
        register_reason: Option<i64>,
    }
    let takes = takes(programme);
    let rows: Vec<Row> = sql!(tx, conn => sqlx::query_as(concat!(
        "SELECT waiting.id, waiting.urn, own.old_la_code, own.education_phase, own.register_reason
         FROM application waiting LEFT JOIN school own ON own.urn = waiting.urn AND own.listed
         WHERE waiting.round = $1 AND waiting.hub = $2 AND waiting.programme = $3 AND waiting.state = 'waitlisted'
           AND NOT ", may_take_part!("$5", "$6", "$7", "$8"), "
         ORDER BY waiting.queue_number LIMIT $4"))
        .bind(places.round.as_str()).bind(places.hub.as_str()).bind(places.programme.as_str()).bind(ROWS_MAX)
        .bind(today.to_string()).bind(takes[0]).bind(takes[1]).bind(takes[2]).fetch_all(conn).await)?;
    let school = |row: Row| {
        let own = row.old_la_code.zip(row.education_phase).zip(row.register_reason);
        let own = own.map(|((code, phase), reason)| School::of(Urn::trusted(row.urn), code, phase, reason));
        (ApplicationId::trusted(row.id), own)
    };
    Ok(rows.into_iter().map(school).collect())
}

fn takes(programme: &RoundProgramme) -> [bool; 3] {
    [Phase::Primary, Phase::Secondary, Phase::AllThrough].map(|phase| programme.takes(phase))
}

/// Puts submitted applications on the waiting list, at most `ROWS_MAX` of them, and gives them in order of their queue numbers.
pub(crate) async fn application_waitlist(tx: &mut Tx<'_>, places: &Places) -> Result<Vec<Application>, Error> {
    let rows: Vec<ApplicationRow> = sql!(tx, conn => sqlx::query_as(concat!(
        "UPDATE application SET state = 'waitlisted', version = version + 1
         WHERE state = 'submitted' AND id IN (
             SELECT id FROM application WHERE round = $1 AND hub = $2 AND programme = $3 AND state = 'submitted'
             ORDER BY queue_number LIMIT $4)
         RETURNING ", columns!()))
        .bind(places.round.as_str()).bind(places.hub.as_str()).bind(places.programme.as_str()).bind(ROWS_MAX)
        .fetch_all(conn).await)?;
    Ok(queued(rows))
}

/// Lets offers lapse that were to be answered before now, at most `ROWS_MAX` of them. The places are held.
pub(crate) async fn application_lapse(tx: &mut Tx<'_>, places: &Places, now: Instant) -> Result<Vec<Application>, Error> {
    let rows: Vec<ApplicationRow> = sql!(tx, conn => sqlx::query_as(concat!(
        "UPDATE application SET state = 'lapsed', version = version + 1
         WHERE state = 'offered' AND id IN (
             SELECT id FROM application
             WHERE round = $1 AND hub = $2 AND programme = $3 AND state = 'offered' AND offer_expire_time <= $4
             ORDER BY queue_number LIMIT $5)
         RETURNING ", columns!()))
        .bind(places.round.as_str()).bind(places.hub.as_str()).bind(places.programme.as_str()).bind(now.micros()).bind(ROWS_MAX)
        .fetch_all(conn).await)?;
    Ok(queued(rows))
}

fn queued(rows: Vec<ApplicationRow>) -> Vec<Application> {
    let mut applications: Vec<Application> = rows.into_iter().map(Into::into).collect();
    applications.sort_by_key(|application| application.queue_number);
    applications
}

/// Where offers are to lapse: at most so many rounds, hubs and programmes, in this order. `round` is empty for all.
pub(crate) async fn lapse_list(
    tx: &mut Tx<'_>,
    round: &str,
    now: Instant,
    limit: i64,
) -> Result<Vec<(RoundId, HubId, ProgrammeId)>, Error> {
    let rows: Vec<(String, String, String)> = sql!(tx, conn => sqlx::query_as(
        "SELECT DISTINCT round, hub, programme FROM application
         WHERE state = 'offered' AND offer_expire_time <= $2 AND ($1 = '' OR round = $1)
         ORDER BY round, hub, programme LIMIT $3")
        .bind(round).bind(now.micros()).bind(limit).fetch_all(conn).await)?;
    let typed = |(round, hub, programme)| (RoundId::trusted(round), HubId::trusted(hub), ProgrammeId::trusted(programme));
    Ok(rows.into_iter().map(typed).collect())
}
