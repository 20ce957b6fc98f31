//! A hub's waiting list for a programme: statements that offer places, let offers lapse, and find applications that are passed over.

use db::{Error, Tx, sql};
use mirror::{School, SchoolRow};
use name::{HubId, ProgrammeId};
use time::{Date, Instant};

use super::{
    rules::{Application, ApplicationId},
    store::{ApplicationRow, columns},
};
use crate::{
    places::{OffersDue, OpenOffers, Places, store::is_cold},
    round::{PlaceOrder, RoundId, RoundProgramme},
};

/// Most rows that one statement changes.
const ROWS_MAX: i64 = 1_000;

/// Whether the school of a waiting application, or one of its successors, is eligible today, as `Eligibility::check_school` asks when an offer is
/// accepted. The verdicts are those of the crate `eligibility`.
macro_rules! is_eligible {
    () => {
        concat!(
            "EXISTS (SELECT 1 FROM (",
            mirror::descendants!("waiting.urn", ":today"),
            ") successor JOIN school ON school.urn = successor.urn ",
            mirror::join_verdict!("school", ":eligibility"),
            " WHERE verdict.is_eligible AND ",
            mirror::is_open!("school"),
            ")"
        )
    };
}

/// Waiting applications of the coldest authorities, or of the others after `NOT `, in the order in which they are offered places.
macro_rules! candidates {
    ($not:literal) => {
        concat!(
            "SELECT waiting.id, waiting.queue_number,
                 CASE WHEN :by_coldness THEN COALESCE(waiting.coldness_ppm, -1) ELSE 0 END AS priority
             FROM application waiting
             WHERE waiting.round = :round AND waiting.hub = :hub AND waiting.programme = :programme
               AND (waiting.state = 'waitlisted' OR (waiting.state = 'submitted' AND :with_submitted))
               AND ",
            $not,
            is_cold!("waiting.coldness_rank", "waiting.coldness_ranked_count", ":cold_permille"),
            " AND ",
            is_eligible!(),
            " ORDER BY priority DESC, waiting.queue_number"
        )
    };
}

/// Open offers of these places. The places are locked, so that it stays so.
pub(super) async fn offers_open(tx: &mut Tx<'_>, places: &Places, now: Instant) -> Result<OpenOffers, Error> {
    let open = sql!(
        tx,
        concat!(
            "SELECT COUNT(*), COALESCE(SUM(CASE WHEN ",
            is_cold!("coldness_rank", "coldness_ranked_count", ":cold_permille"),
            " THEN 1 ELSE 0 END), 0) FROM application
             WHERE round = :round AND hub = :hub AND programme = :programme AND state = 'offered' AND offer_expire_time > :now"
        ),
        cold_permille = places.cold_permille,
        round = places.round,
        hub = places.hub,
        programme = places.programme,
        now,
    );
    let (count, cold_count): (i64, i64) = open.fetch_one().await?;
    Ok(OpenOffers { count, cold_count })
}

/// Which applications are offered places: the first `due.count` of the waiting ones, and of the submitted ones too if `with_submitted`; no more than
/// `due.others_count` of schools for which no place is kept. A school that may not take part today is passed over: it could not accept, and the place would
/// stay idle until its offer lapsed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selection<'a> {
    pub(super) programme: &'a RoundProgramme,
    pub(super) today: Date,
    pub(super) order: PlaceOrder,
    pub(super) with_submitted: bool,
    pub(super) due: OffersDue,
    pub(super) expire: Instant,
}

/// Offers places, in one statement, and gives the applications in the order in which they were selected. The places are locked.
pub(super) async fn application_offer(
    tx: &mut Tx<'_>,
    places: &Places,
    selection: Selection<'_>,
) -> Result<Vec<Application>, Error> {
    if selection.due.count == 0 {
        return Ok(Vec::new());
    }
    let by_coldness = selection.order == PlaceOrder::PriorityThenSubmission;
    // The state is checked twice: another transaction may withdraw a selected application before it is written.
    let offered = sql!(
        tx,
        concat!(
            "UPDATE application SET state = 'offered', offer_expire_time = :expire, version = version + 1
             WHERE state IN ('waitlisted', 'submitted') AND id IN (
                 SELECT candidate.id FROM (
                     SELECT cold.* FROM (",
            candidates!(""),
            " LIMIT :count) cold
                     UNION ALL
                     SELECT other.* FROM (",
            candidates!("NOT "),
            " LIMIT :others_count) other) candidate
                 ORDER BY candidate.priority DESC, candidate.queue_number LIMIT :count)
             RETURNING ",
            columns!()
        ),
        expire = selection.expire,
        round = places.round,
        hub = places.hub,
        programme = places.programme,
        with_submitted = selection.with_submitted,
        by_coldness,
        cold_permille = places.cold_permille,
        count = selection.due.count.min(ROWS_MAX),
        others_count = selection.due.others_count.min(ROWS_MAX),
        today = selection.today,
        eligibility = selection.programme.eligibility.key(),
    );
    let rows: Vec<ApplicationRow> = offered.fetch_all().await?;
    let mut offered: Vec<Application> = rows.into_iter().map(Into::into).collect();
    // Neither database promises the order of returned rows.
    offered.sort_by_key(|application| {
        let coldness = application.coldness.as_ref().map_or(-1, |coldness| coldness.ppm);
        (if by_coldness { -coldness } else { 0 }, application.queue_number)
    });
    Ok(offered)
}

/// Waiting applications whose schools may not take part today, at most `ROWS_MAX` in order of their queue numbers, each with its school if the register
/// lists it.
pub(super) async fn passed_over_list(
    tx: &mut Tx<'_>,
    places: &Places,
    programme: &RoundProgramme,
    today: Date,
) -> Result<Vec<(ApplicationId, Option<School>)>, Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        id: ApplicationId,
        #[sqlx(flatten)]
        school: SchoolRow,
    }
    let passed_over = sql!(
        tx,
        concat!(
            "SELECT waiting.id, ",
            mirror::school_columns!("own"),
            " FROM application waiting LEFT JOIN school own ON own.urn = waiting.urn AND own.listed
             WHERE waiting.round = :round AND waiting.hub = :hub AND waiting.programme = :programme AND waiting.state = 'waitlisted'
               AND NOT ",
            is_eligible!(),
            "
             ORDER BY waiting.queue_number LIMIT :rows_max"
        ),
        round = places.round,
        hub = places.hub,
        programme = places.programme,
        rows_max = ROWS_MAX,
        today,
        eligibility = programme.eligibility.key(),
    );
    let rows: Vec<Row> = passed_over.fetch_all().await?;
    Ok(rows.into_iter().map(|row| (row.id, row.school.school())).collect())
}

/// Puts submitted applications on the waiting list, at most `ROWS_MAX`, and gives them in order of their queue numbers.
pub(super) async fn application_waitlist(tx: &mut Tx<'_>, places: &Places) -> Result<Vec<Application>, Error> {
    let waitlisted = sql!(
        tx,
        concat!(
            "UPDATE application SET state = 'waitlisted', version = version + 1
             WHERE state = 'submitted' AND id IN (
                 SELECT id FROM application WHERE round = :round AND hub = :hub AND programme = :programme AND state = 'submitted'
                 ORDER BY queue_number LIMIT :rows_max)
             RETURNING ",
            columns!()
        ),
        round = places.round,
        hub = places.hub,
        programme = places.programme,
        rows_max = ROWS_MAX,
    );
    Ok(queued(waitlisted.fetch_all().await?))
}

/// Lets offers lapse that expired before now, at most `ROWS_MAX`. The places are locked.
pub(super) async fn application_lapse(tx: &mut Tx<'_>, places: &Places, now: Instant) -> Result<Vec<Application>, Error> {
    let lapsed = sql!(
        tx,
        concat!(
            "UPDATE application SET state = 'lapsed', version = version + 1
             WHERE state = 'offered' AND id IN (
                 SELECT id FROM application
                 WHERE round = :round AND hub = :hub AND programme = :programme AND state = 'offered' AND offer_expire_time <= :now
                 ORDER BY queue_number LIMIT :rows_max)
             RETURNING ",
            columns!()
        ),
        round = places.round,
        hub = places.hub,
        programme = places.programme,
        now,
        rows_max = ROWS_MAX,
    );
    Ok(queued(lapsed.fetch_all().await?))
}

fn queued(rows: Vec<ApplicationRow>) -> Vec<Application> {
    let mut applications: Vec<Application> = rows.into_iter().map(Into::into).collect();
    applications.sort_by_key(|application| application.queue_number);
    applications
}

/// Rounds, hubs and programmes with expired offers, or whose kept places change by today, at most `limit`, in this order. `round` is `None` for all rounds.
pub(super) async fn lapse_list(
    tx: &mut Tx<'_>,
    round: Option<&RoundId>,
    now: Instant,
    limit: i64,
) -> Result<Vec<(RoundId, HubId, ProgrammeId)>, Error> {
    let expired = sql!(
        tx,
        "SELECT round, hub, programme FROM application
         WHERE state = 'offered' AND offer_expire_time <= :now AND (:round = '' OR round = :round)
         UNION
         SELECT round, hub, programme FROM places WHERE reserve_change_date <= :today AND (:round = '' OR round = :round)
         ORDER BY round, hub, programme LIMIT :limit",
        now,
        today = now.date(),
        round = round.map_or("", RoundId::as_str),
        limit,
    );
    expired.fetch_all().await
}
