//! Rules of applications, and the years of participations.

use crate::fixture::*;
use proto::enrolment::v1::{self as pb, PlaceOrder};
use tonic_types::StatusExt;

#[tokio::test]
async fn the_window_is_open_from_its_first_microsecond_to_its_last() {
    for database in db::testing::databases().await {
        let fixture = Fixture::open(&database).await;
        let ncetm = fixture.ncetm();
        // It ends on the night on which the clocks go back: the last day has 25 hours.
        let window = pb::Round {
            window_start_date: "2018-05-02".to_owned(),
            window_end_date: "2018-10-28".to_owned(),
            ..round(PlaceOrder::Submission)
        };
        ncetm.create_round("2018", window).await.unwrap();
        let draft = async |urn| ncetm.draft(urn, NORTH).await.unwrap().name;
        let (first, second, third) = (draft(100_001).await, draft(100_002).await, draft(100_003).await);
        fixture.clock.move_to(day("2018-05-02").start().plus_micros(-1));
        assert_eq!(reason(ncetm.submit(&first).await), "WINDOW_CLOSED");
        fixture.clock.move_to(day("2018-05-02").start());
        assert_eq!(ncetm.submit(&first).await.unwrap().queue_number, 1);
        fixture.clock.move_to(day("2018-10-28").end().plus_micros(-1));
        assert_eq!(ncetm.submit(&second).await.unwrap().queue_number, 2, "a refusal gives its number back");
        fixture.clock.move_to(day("2018-10-28").end());
        assert_eq!(reason(ncetm.submit(&third).await), "WINDOW_CLOSED");
    }
}

#[tokio::test]
async fn a_window_ends_with_the_academic_year_at_the_latest_so_that_every_applicant_can_get_a_place() {
    for database in db::testing::databases().await {
        let fixture = Fixture::open(&database).await;
        let ncetm = fixture.ncetm();
        let until = |day: &str| pb::Round { window_end_date: day.to_owned(), ..round(PlaceOrder::Submission) };
        let refused = ncetm.create_round("2018", until("2019-09-01")).await.unwrap_err();
        let said =
            "round.window_end_date: must not lie after 2019-08-31, the last day of 2018/19, from which on no place is given";
        assert_eq!(refused.message(), said);
        let created = ncetm.create_round("2018", until("2019-08-31")).await.unwrap();
        ncetm.set_places(NORTH, 1, "").await.unwrap();
        let later = pb::Round { window_end_date: "2019-09-01".to_owned(), ..created };
        let request = pb::UpdateRoundRequest { request_id: ncetm.request_id(), round: Some(later) };
        assert_eq!(ncetm.rounds.clone().update_round(request).await.unwrap_err().message(), said);
        let lead = fixture.hub_lead(NORTH);
        let draft = lead.draft(100_001, NORTH).await.unwrap().name;
        fixture.clock.move_to(day("2019-08-31").end().plus_micros(-1));
        lead.submit(&draft).await.unwrap();
        lead.offer(NORTH, 0).await.unwrap();
        lead.accept(&draft).await.expect("the last to apply are still in time");
    }
}

#[tokio::test]
async fn a_draft_is_judged_by_the_rules_of_the_moment_of_its_submission() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::PriorityThenSubmission, 2).await;
        let (ncetm, lead) = (fixture.ncetm(), fixture.hub_lead(NORTH));
        // Drafted in a window that takes primary schools, when nothing is known of the area.
        let early = lead.draft(100_001, NORTH).await.unwrap().name;
        let late = lead.draft(100_002, NORTH).await.unwrap().name;
        fixture.clock.move_to(day("2018-07-31").end());
        assert_eq!(reason(lead.submit(&early).await), "WINDOW_CLOSED", "a draft in time does not count");
        // The round opens again, to the night on which the clocks go back. The school is a secondary school at first.
        fixture.schools(&[(100_001, 2, 1)]).await;
        let change = async |change: fn(&mut pb::Round)| {
            let read = ncetm.rounds.clone().get_round(pb::GetRoundRequest { name: ROUND.to_owned() }).await;
            let mut round = read.unwrap().into_inner().round.unwrap();
            change(&mut round);
            let request = pb::UpdateRoundRequest { request_id: ncetm.request_id(), round: Some(round) };
            ncetm.rounds.clone().update_round(request).await.expect("the round can be changed");
        };
        change(|round| {
            round.window_start_date = "2018-10-01".to_owned();
            round.window_end_date = "2018-10-28".to_owned();
        })
        .await;
        assert_eq!(reason(lead.submit(&early).await), "WINDOW_CLOSED", "the next window has not begun");
        fixture.clock.move_to(day("2018-10-01").start());
        let refused = lead.submit(&early).await.unwrap_err();
        assert_eq!(refused.get_details_error_info().unwrap().metadata["why"], "phase_not_of_programme");
        fixture.schools(&[(100_001, 1, 1)]).await;
        fixture.coldness(&[("800", 1, 400_000)]).await;
        let submitted = lead.submit(&early).await.unwrap();
        assert_eq!(
            (submitted.queue_number, submitted.coldness_ppm),
            (1, Some(400_000)),
            "neither comes from the day of the draft"
        );
        // 23:59:59.999 on the last day, which has 25 hours.
        let last_millisecond = day("2018-10-28").end().plus_micros(-1_000);
        fixture.clock.move_to(last_millisecond);
        let submitted = lead.submit(&late).await.unwrap();
        assert_eq!((submitted.queue_number, submitted.submit_time), (2, Some(last_millisecond.to_proto())));
    }
}

#[tokio::test]
async fn a_school_has_one_live_application_in_all_hubs_and_under_all_its_urns() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 5).await;
        fixture.ncetm().set_places(SOUTH, 5, "").await.unwrap();
        fixture.link(100_001, 100_002, false, "2018-04-01").await;
        fixture.link(100_011, 100_012, false, "2018-06-01").await;
        fixture.link(100_021, 100_022, true, "2018-04-01").await;
        let (north, south) = (fixture.hub_lead(NORTH), fixture.hub_lead(SOUTH));
        let old = north.apply(100_001, NORTH).await.unwrap();
        assert_eq!(reason(south.apply(100_001, SOUTH).await), "SCHOOL_HAS_APPLIED", "the same school to another hub");
        assert_eq!(reason(south.apply(100_002, SOUTH).await), "SCHOOL_HAS_APPLIED", "the academy that it became");
        north.apply(100_011, NORTH).await.unwrap();
        south.apply(100_012, SOUTH).await.expect("a link that is dated later does not count yet");
        north.apply(100_021, NORTH).await.unwrap();
        south.apply(100_022, SOUTH).await.expect("after a split nothing is guessed");
        north.withdraw(&old.name).await.unwrap();
        south.apply(100_002, SOUTH).await.expect("what was taken back stands in nobody's way");
        assert_eq!(reason(north.apply(100_001, NORTH).await), "SCHOOL_HAS_APPLIED");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_concurrent_applications_of_one_lineage_one_succeeds() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 5).await;
        // A merger of nine into one.
        for urn in 100_001..=100_009 {
            fixture.link(urn, 100_010, false, "2018-04-01").await;
        }
        let ncetm = fixture.ncetm();
        let mut tasks = Vec::new();
        for urn in 100_001..=100_010 {
            let name = ncetm.draft(urn, if urn % 2 == 0 { NORTH } else { SOUTH }).await.unwrap().name;
            let ncetm = ncetm.clone();
            tasks.push(tokio::spawn(async move { ncetm.submit(&name).await }));
        }
        let mut submitted = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => submitted += 1,
                refused => assert_eq!(reason(refused), "SCHOOL_HAS_APPLIED"),
            }
        }
        assert_eq!(submitted, 1);
    }
}

#[tokio::test]
async fn a_school_without_a_place_may_apply_for_the_next_year_and_a_school_that_took_part_may_not() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 1).await;
        let ncetm = fixture.ncetm();
        let taken = ncetm.apply(100_001, NORTH).await.unwrap().name;
        let waits = ncetm.apply(100_002, NORTH).await.unwrap().name;
        ncetm.offer(NORTH, 0).await.unwrap();
        ncetm.accept(&taken).await.unwrap();
        let next = pb::Round {
            academic_year: "2019/20".to_owned(),
            window_end_date: "2019-07-31".to_owned(),
            ..round(PlaceOrder::Submission)
        };
        ncetm.create_round("2019", next).await.unwrap();
        let again = ncetm.draft_in("rounds/2019", 100_002, NORTH).await.unwrap().name;
        let once_more = ncetm.draft_in("rounds/2019", 100_001, NORTH).await.unwrap().name;
        fixture.clock.move_to(day("2018-08-31").end().plus_micros(-1));
        assert_eq!(reason(ncetm.submit(&again).await), "SCHOOL_HAS_APPLIED", "it still waits for this September");
        fixture.clock.move_to(noon("2019-05-01"));
        ncetm.submit(&again).await.expect("the year that it waited for has begun");
        assert_eq!(reason(ncetm.submit(&once_more).await), "SCHOOL_HAS_APPLIED");
        // A late offer of the old round cannot be accepted in addition.
        let places = ncetm.places().await.unwrap().remove(0);
        ncetm.set_places(NORTH, 2, &places.etag).await.unwrap();
        ncetm.offer(NORTH, 0).await.unwrap();
        assert_eq!(reason(ncetm.accept(&waits).await), "SCHOOL_HAS_APPLIED");
    }
}

#[tokio::test]
async fn an_ineligible_school_gets_the_reason() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 1).await;
        fixture.schools(&[(200_001, 1, 2), (200_002, 2, 1), (200_003, 1, 1)]).await;
        fixture.sql("UPDATE school SET listed = FALSE WHERE urn = 200003").await;
        let ncetm = fixture.ncetm();
        let why = |result: pb::Application| result.name;
        use tonic_types::StatusExt;
        for (urn, expected) in [(200_001, "closed"), (200_002, "phase_not_of_programme")] {
            let status = ncetm.draft(urn, NORTH).await.map(why).unwrap_err();
            let info = status.get_details_error_info().unwrap();
            assert_eq!((info.reason.as_str(), info.metadata["why"].as_str()), ("SCHOOL_NOT_ELIGIBLE", expected));
        }
        assert_eq!(reason(ncetm.draft(200_003, NORTH).await), "NOT_FOUND");
        assert_eq!(reason(ncetm.draft(999_999, NORTH).await), "NOT_FOUND");
        assert_eq!(reason(ncetm.draft(100_001, "hubs/nowhere").await), "NOT_FOUND");
        let status = ncetm.draft(5, "north").await.unwrap_err();
        let fields = status.get_details_bad_request().unwrap().field_violations;
        let named: Vec<_> = fields.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(named, ["application.school", "application.hub"], "all that is wrong is said at once");
    }
}

#[tokio::test]
async fn a_hub_lead_sees_the_hubs_own_cases_only_and_a_school_its_own() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 5).await;
        fixture.ncetm().set_places(SOUTH, 5, "").await.unwrap();
        let (north, south) = (fixture.hub_lead(NORTH), fixture.hub_lead(SOUTH));
        let own = north.apply(100_001, NORTH).await.unwrap().name;
        let other = south.apply(100_002, SOUTH).await.unwrap().name;
        assert_eq!(reason(north.draft(100_003, SOUTH).await), "APPLICATION_NOT_OWN");
        assert_eq!(reason(fixture.school(100_001).draft(100_003, NORTH).await), "APPLICATION_NOT_OWN");
        assert_eq!(north.applications().await.unwrap().len(), 1);
        assert_eq!(fixture.ncetm().applications().await.unwrap().len(), 2);
        assert_eq!(north.places().await.unwrap().len(), 1);
        assert_eq!(reason(north.application(&other).await), "NOT_FOUND");
        assert_eq!(reason(north.withdraw(&other).await), "NOT_FOUND");
        assert_eq!(reason(north.submit(&other).await), "NOT_FOUND");
        assert_eq!(reason(north.offer(SOUTH, 0).await), "NOT_FOUND");
        south.offer(SOUTH, 0).await.unwrap();
        assert_eq!(reason(north.accept(&other).await), "NOT_FOUND");
        assert_eq!(reason(north.decline(&other).await), "NOT_FOUND");
        let place = fixture.school(100_002).accept(&other).await.unwrap();
        assert_eq!(reason(north.participation(&place.participation).await), "NOT_FOUND");
        assert_eq!(reason(north.start_year(&place.participation, "2018-09-03").await), "NOT_FOUND");
        assert_eq!(fixture.school(100_001).applications().await.unwrap()[0].name, own);
        assert_eq!(reason(fixture.school(100_001).application(&other).await), "NOT_FOUND");
    }
}

#[tokio::test]
async fn a_round_keeps_the_policies_that_have_begun_and_the_programmes_in_use() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 2).await;
        let ncetm = fixture.ncetm();
        let update = async |round: pb::Round| {
            let request = pb::UpdateRoundRequest { request_id: ncetm.request_id(), round: Some(round) };
            ncetm.rounds.clone().update_round(request).await.map(|answer| answer.into_inner().round.unwrap())
        };
        assert_eq!(reason(ncetm.create_round("2018", round(PlaceOrder::Submission)).await), "ROUND_EXISTS");
        let get = pb::GetRoundRequest { name: ROUND.to_owned() };
        let stands = ncetm.rounds.clone().get_round(get).await.unwrap().into_inner().round.unwrap();
        let mut other = stands.clone();
        other.place_order_policies[0].place_order = PlaceOrder::PriorityThenSubmission.into();
        assert_eq!(reason(update(other).await), "POLICY_IN_FORCE");
        let mut other = stands.clone();
        other.programmes[0].programme = CORE_MATHS.to_owned();
        assert_eq!(reason(update(other).await), "PROGRAMME_IN_USE");
        let mut next = stands.clone();
        next.place_order_policies.push(pb::PlaceOrderPolicy {
            start_date: "2018-06-01".to_owned(),
            place_order: PlaceOrder::PriorityThenSubmission.into(),
            decision: DECISION.to_owned(),
            ..Default::default()
        });
        let updated = update(next.clone()).await.unwrap();
        assert_eq!(updated.place_order_policies.len(), 2);
        assert_eq!(reason(update(next).await), "ETAG_STALE");
    }
}

#[tokio::test]
async fn the_other_application_is_named_to_ncetm_and_to_those_who_act_for_the_school_and_to_nobody_else() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 2).await;
        // 100001 became the academy 100002 in April.
        fixture::link(fixture.pool(), 100_001, 100_002, false, "2018-04-01").await;
        let other = fixture.hub_lead(NORTH).apply(100_001, NORTH).await.unwrap().name;
        let other_of = |refused: tonic::Status| {
            let info = refused.get_details_error_info().unwrap();
            assert_eq!(info.reason, "SCHOOL_HAS_APPLIED");
            info.metadata.get("application").cloned().unwrap_or_default()
        };
        let named = async |client: &Client, urn, hub| other_of(client.apply(urn, hub).await.unwrap_err());
        assert_eq!(named(&fixture.ncetm(), 100_002, SOUTH).await, other);
        assert_eq!(named(&fixture.school(100_001), 100_001, SOUTH).await, other);
        assert_eq!(named(&fixture.school(100_002), 100_002, SOUTH).await, other, "its predecessor's");
        for hub in [NORTH, SOUTH] {
            let refused = fixture.hub_lead(hub).apply(100_002, hub).await.unwrap_err();
            assert!(!refused.message().contains(&other), "{}", refused.message());
            assert_eq!(other_of(refused), "", "a hub lead does not act for the school");
        }
        // A school that cannot read its successor's application is not given the name.
        fixture.school(100_001).withdraw(&other).await.unwrap();
        fixture.school(100_002).apply(100_002, NORTH).await.unwrap();
        assert_eq!(named(&fixture.school(100_001), 100_001, NORTH).await, "");
    }
}

#[tokio::test]
async fn a_school_has_at_most_twenty_drafts_in_a_round() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 1).await;
        let office = fixture.school(100_001);
        let mut drafts = Vec::new();
        for number in 0..20 {
            drafts.push(office.draft(100_001, if number % 2 == 0 { NORTH } else { SOUTH }).await.unwrap().name);
        }
        assert_eq!(reason(office.draft(100_001, NORTH).await), "DRAFTS_TOO_MANY");
        fixture.school(100_002).draft(100_002, NORTH).await.expect("another school has none");
        let refused = "INSERT INTO application (id, round, urn, hub, programme, state, claims_count, version, draft_number)
             SELECT 'x', round, urn, hub, programme, 'draft', 0, 1, 21 FROM application WHERE draft_number = 20";
        assert!(fixture::try_execute(fixture.pool(), refused).await.unwrap_err().is_check_violation());
        office.submit(&drafts[4]).await.unwrap();
        office.withdraw(&drafts[7]).await.unwrap();
        for _ in 0..2 {
            office.draft(100_001, NORTH).await.expect("a submitted and a withdrawn one make room");
        }
        assert_eq!(reason(office.draft(100_001, NORTH).await), "DRAFTS_TOO_MANY");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_drafts_of_a_school_do_not_exceed_the_bound() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 1).await;
        let tasks: Vec<_> = (0..40)
            .map(|_| {
                let office = fixture.school(100_001);
                tokio::spawn(async move { office.draft(100_001, NORTH).await.map_err(|refused| reason::<()>(Err(refused))) })
            })
            .collect();
        let mut made = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => made += 1,
                Err(refused) => assert!(["DRAFTS_TOO_MANY", "TRY_AGAIN"].contains(&refused.as_str()), "{refused}"),
            }
        }
        assert!((1..=20).contains(&made), "{made}");
    }
}

/// A school that named the application of another, or none, locked the round, so that nobody could submit meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn submitting_an_unknown_or_foreign_application_locks_no_round() {
    let Some(database) = db::testing::postgres().await else { return };
    let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 1).await;
    let draft = fixture.school(100_001).draft(100_001, NORTH).await.unwrap().name;
    let foreign = fixture.school(100_002);
    for name in [draft, format!("{ROUND}/applications/none")] {
        let refused = fixture::while_locked(fixture.pool(), "UPDATE round SET version = version", foreign.submit(&name)).await;
        assert_eq!(reason(refused), "NOT_FOUND", "{name}");
    }
}
