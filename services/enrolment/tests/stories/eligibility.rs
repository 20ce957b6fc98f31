//! Changes of the school, the hub and the area's figures while an application waits.

use crate::fixture::*;
use proto::enrolment::v1::{ApplicationPassedOver, ApplicationState::*, PlaceOrder};
use tonic_types::StatusExt;

/// The reason against a school.
fn why<T: std::fmt::Debug>(result: Answer<T>) -> String {
    let status = result.expect_err("it is refused");
    let info = status.get_details_error_info().expect("a reason");
    assert_eq!(info.reason, "SCHOOL_NOT_ELIGIBLE");
    info.metadata["why"].clone()
}

#[tokio::test]
async fn a_school_that_closes_while_its_application_waits_gets_no_place() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 3).await;
        let lead = fixture.hub_lead(NORTH);
        let offered = lead.apply(100_001, NORTH).await.unwrap().name;
        let unlisted = lead.apply(100_002, NORTH).await.unwrap().name;
        let drafted = lead.draft(100_003, NORTH).await.unwrap().name;
        let drafted_unlisted = lead.draft(100_004, NORTH).await.unwrap().name;
        lead.offer(NORTH, 0).await.unwrap();
        fixture.sql("UPDATE school SET status_code = 2 WHERE urn IN (100001, 100003)").await;
        fixture.sql("UPDATE school SET listed = FALSE WHERE urn IN (100002, 100004)").await;
        assert_eq!(why(lead.submit(&drafted).await), "closed");
        assert_eq!(why(lead.submit(&drafted_unlisted).await), "not_listed");
        assert_eq!(why(lead.accept(&offered).await), "closed");
        assert_eq!(why(lead.accept(&unlisted).await), "not_listed");
        assert_eq!(lead.places().await.unwrap()[0].accepted_count, 0);
        assert_eq!(lead.application(&drafted).await.unwrap().state(), Draft);
        assert_eq!(lead.application(&offered).await.unwrap().state(), Offered, "it can still be declined, and lapses");
        fixture.sql("UPDATE school SET status_code = 1 WHERE urn = 100001").await;
        lead.accept(&offered).await.expect("the register was put right");
    }
}

#[tokio::test]
async fn a_school_that_closed_while_it_waited_is_passed_over_until_it_may_take_part_again() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 1).await;
        let lead = fixture.hub_lead(NORTH);
        let mut names = Vec::new();
        for urn in 100_001..=100_006 {
            names.push(lead.apply(urn, NORTH).await.unwrap().name);
        }
        let [closed, unlisted, too_old, academised, open, last] = &names[..] else { unreachable!("six apply") };
        fixture.sql("UPDATE school SET status_code = 2 WHERE urn IN (100001, 100004)").await;
        fixture.sql("UPDATE school SET listed = FALSE WHERE urn = 100002").await;
        fixture.schools(&[(100_003, 2, 1)]).await;
        fixture.link(100_004, 100_504, false, "2018-05-01").await;
        let offered = lead.offer(NORTH, 1).await.unwrap();
        assert_eq!(offered.offered_applications[0].name, *academised, "the academy that it closed for may take part");
        let passed_over = |name: &String, why: &str| ApplicationPassedOver { application: name.clone(), why: why.to_owned() };
        let expected =
            [passed_over(closed, "closed"), passed_over(unlisted, "not_listed"), passed_over(too_old, "phase_not_of_programme")];
        assert_eq!((offered.passed_over_applications.as_slice(), offered.waitlisted_count), (&expected[..], 5));
        // The declined place is offered to the next eligible school.
        lead.decline(academised).await.unwrap();
        assert_eq!(lead.application(open).await.unwrap().state(), Offered);
        // The register is corrected, and the first applicant is first again.
        fixture.sql("UPDATE school SET status_code = 1 WHERE urn = 100001").await;
        lead.decline(open).await.unwrap();
        assert_eq!(lead.application(closed).await.unwrap().state(), Offered);
        assert_eq!(lead.application(last).await.unwrap().state(), Waitlisted);
    }
}

#[tokio::test]
async fn an_application_carries_over_to_the_academy_that_replaces_the_school() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 5).await;
        let lead = fixture.hub_lead(NORTH);
        let offered = lead.apply(100_001, NORTH).await.unwrap().name;
        let split = lead.apply(100_002, NORTH).await.unwrap().name;
        let later = lead.apply(100_003, NORTH).await.unwrap().name;
        let drafted = lead.draft(100_004, NORTH).await.unwrap().name;
        lead.offer(NORTH, 0).await.unwrap();
        fixture.sql("UPDATE school SET status_code = 2 WHERE urn IN (100001, 100002, 100003, 100004)").await;
        fixture.link(100_001, 100_500, false, "2018-05-01").await;
        fixture.link(100_002, 100_501, true, "2018-05-01").await;
        fixture.link(100_003, 100_502, false, "2018-05-02").await;
        fixture.link(100_004, 100_503, false, "2018-04-01").await;
        assert_eq!(fixture.school(100_500).accept(&offered).await.unwrap().state(), Accepted);
        assert_eq!(why(lead.accept(&split).await), "closed", "after a split nothing is guessed");
        assert_eq!(why(lead.accept(&later).await), "closed", "not before the day of the link");
        assert_eq!(fixture.school(100_503).submit(&drafted).await.unwrap().state(), Submitted);
        // An ineligible academy does not make the application eligible, and neither does a successor of a school that stays open.
        fixture.sql("UPDATE school SET status_code = 2 WHERE urn = 100502").await;
        fixture.clock.move_to(noon("2018-05-02"));
        assert_eq!(why(lead.accept(&later).await), "closed");
        fixture.sql("UPDATE school SET status_code = 1 WHERE urn = 100003").await;
        let of_the_academy = lead.draft(100_502, NORTH).await;
        assert_eq!(why(of_the_academy), "closed");
    }
}

#[tokio::test]
async fn a_hub_that_is_over_gives_no_places_and_takes_no_applications() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 2).await;
        let (ncetm, lead) = (fixture.ncetm(), fixture.hub_lead(NORTH));
        let offered = lead.apply(100_001, NORTH).await.unwrap().name;
        let declined = lead.apply(100_002, NORTH).await.unwrap().name;
        let waits = lead.apply(100_003, NORTH).await.unwrap().name;
        let drafted = lead.draft(100_004, NORTH).await.unwrap().name;
        lead.offer(NORTH, 0).await.unwrap();
        let places = lead.places().await.unwrap().remove(0);
        fixture.sql("UPDATE hub SET start_date = '2014-09-01', end_date = '2018-04-30' WHERE id = 'north'").await;
        let refused = lead.draft(100_005, NORTH).await.unwrap_err();
        let said = "`hubs/north` gives no places of 2018/19: it begins on 2014-09-01 and ends on 2018-04-30; name another hub";
        assert_eq!(refused.message(), said);
        assert_eq!(reason(Err::<(), _>(refused)), "HUB_NOT_OPEN");
        assert_eq!(reason(lead.submit(&drafted).await), "HUB_NOT_OPEN");
        assert_eq!(reason(lead.offer(NORTH, 1).await), "HUB_NOT_OPEN");
        assert_eq!(reason(lead.accept(&offered).await), "HUB_NOT_OPEN");
        assert_eq!(reason(ncetm.set_places(NORTH, 3, &places.etag).await), "HUB_NOT_OPEN");
        ncetm.set_places(NORTH, 1, &places.etag).await.expect("places can be taken back");
        lead.decline(&declined).await.unwrap();
        assert_eq!(lead.application(&waits).await.unwrap().state(), Waitlisted, "nobody is offered what is declined");
        // The hub continues after all; another ends before the year begins.
        fixture.sql("UPDATE hub SET end_date = NULL WHERE id = 'north'").await;
        lead.accept(&offered).await.unwrap();
        fixture.sql("UPDATE hub SET end_date = '2018-08-31' WHERE id = 'south'").await;
        assert_eq!(reason(ncetm.set_places(SOUTH, 1, "").await), "HUB_NOT_OPEN");
        fixture.sql("UPDATE hub SET end_date = '2018-09-01' WHERE id = 'south'").await;
        ncetm.set_places(SOUTH, 1, "").await.expect("it stands alone on a day of the year");
    }
}

#[tokio::test]
async fn an_invented_area_decides_no_priority_before_it_is_approved_unless_the_policy_says_so() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::PriorityThenSubmission, 1).await;
        let lead = fixture.hub_lead(NORTH);
        for (name, position, is_final, coldness_ppm) in [("real", 1, "TRUE", 100_000), ("invented", 2, "FALSE", 1_000_000)] {
            let values = format!("'{name}', {position}, {position}, '2018-03-31', '2018-03-31', {is_final}");
            fixture.sql(format!("INSERT INTO reach_publication VALUES ({values})")).await;
            let area = format!("'{name}', '800', '{MASTERY}', 1, 0, 0, 0, 0, {coldness_ppm}, 1");
            fixture.sql(format!("INSERT INTO cold_area VALUES ({area})")).await;
        }
        let judged = async |urn| {
            let application = lead.apply(urn, NORTH).await.unwrap();
            (application.reach_publication, application.coldness_ppm)
        };
        assert_eq!(judged(100_001).await, ("real".to_owned(), Some(100_000)));
        let policies = "'[{\"start_date\":\"2018-01-01\",\"place_order\":\"priority_then_submission\",\"decision\":\"councilMeetings/spring-2018/decisions/policies\",\"provisional_figures_count\":true,\"need_permille\":0}]'";
        fixture.sql(format!("UPDATE round SET place_order_policies = {policies}")).await;
        assert_eq!(judged(100_002).await, ("invented".to_owned(), Some(1_000_000)));
    }
}

#[tokio::test]
async fn old_figures_that_are_published_again_and_figures_of_future_days_do_not_count() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::PriorityThenSubmission, 5).await;
        let lead = fixture.hub_lead(NORTH);
        let publish = async |name: &str, position: i64, true_on: &str, known_on: &str, coldness_ppm: i64| {
            fixture
                .sql(format!(
                    "INSERT INTO reach_publication VALUES ('{name}', {position}, {position}, '{true_on}', '{known_on}', TRUE)"
                ))
                .await;
            fixture
                .sql(format!("INSERT INTO cold_area VALUES ('{name}', '800', '{MASTERY}', 1, 0, 0, 0, 0, {coldness_ppm}, 1)"))
                .await;
        };
        let by = async |urn| lead.apply(urn, NORTH).await.unwrap().reach_publication;
        publish("march", 1, "2018-03-31", "2018-03-31", 500_000).await;
        publish("of-2016", 2, "2016-08-31", "2018-04-30", 900_000).await;
        assert_eq!(by(100_001).await, "march", "what was published last is true of an older day");
        publish("known-later", 3, "2018-03-31", "2018-04-15", 510_000).await;
        assert_eq!(by(100_002).await, "known-later");
        publish("known-later-again", 4, "2018-03-31", "2018-04-15", 520_000).await;
        assert_eq!(by(100_003).await, "known-later-again");
        publish("of-tomorrow", 5, "2018-05-02", "2018-05-01", 999_999).await;
        publish("known-tomorrow", 6, "2018-04-30", "2018-05-02", 999_999).await;
        assert_eq!(by(100_004).await, "known-later-again", "one is true of a day to come, one is known on one");
        // A publication without a figure for the area does not count for it.
        fixture.sql("INSERT INTO reach_publication VALUES ('elsewhere', 7, 7, '2018-05-01', '2018-05-01', TRUE)").await;
        assert_eq!(by(100_005).await, "known-later-again");
        fixture.clock.move_to(noon("2018-05-02"));
        assert_eq!(by(100_006).await, "of-tomorrow", "its day has come");
    }
}

#[tokio::test]
async fn a_school_of_a_reorganised_authority_is_judged_by_the_figures_of_the_former_one_until_its_own_are_published() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::PriorityThenSubmission, 2).await;
        let lead = fixture.hub_lead(NORTH);
        let publish = async |name: &str, position: i64, true_on: &str, areas: &[(&str, i64)]| {
            let insert = format!(
                "INSERT INTO reach_publication VALUES ('{name}', {position}, {position}, '{true_on}', '{true_on}', TRUE)"
            );
            fixture.sql(insert).await;
            for (code, ppm) in areas {
                fixture
                    .sql(format!("INSERT INTO cold_area VALUES ('{name}', '{code}', '{MASTERY}', 1, 0, 0, 0, 0, {ppm}, 1)"))
                    .await;
            }
        };
        // 909 was cold and became 942 and 943; 352 is warm.
        fixture.sql("UPDATE school SET old_la_code = '352'").await;
        fixture
            .sql("UPDATE school SET old_la_code = '942', former_old_la_code = '909' WHERE urn BETWEEN 100011 AND 100019")
            .await;
        fixture
            .sql("UPDATE school SET old_la_code = '943', former_old_la_code = '909' WHERE urn BETWEEN 100021 AND 100029")
            .await;
        publish("before", 1, "2018-01-31", &[("909", 900_000), ("352", 100_000)]).await;
        let judged = async |urn: i64| {
            let application = lead.apply(urn, NORTH).await.unwrap();
            (application.coldness_old_la_code, application.coldness_ppm, application.reach_publication)
        };
        let by = |code: &str, ppm: i32, publication: &str| (code.to_owned(), Some(ppm), publication.to_owned());
        for urn in [100_001, 100_002] {
            assert_eq!(judged(urn).await, by("352", 100_000, "before"));
        }
        assert_eq!(judged(100_011).await, by("909", 900_000, "before"));
        assert_eq!(judged(100_021).await, by("909", 900_000, "before"));
        let offered = lead.offer(NORTH, 2).await.unwrap().offered_applications;
        let schools: Vec<_> = offered.iter().map(|application| application.school.as_str()).collect();
        assert_eq!(schools, ["schools/100011", "schools/100021"], "the coldest schools come first, as before");

        publish("once-more", 2, "2018-02-28", &[("909", 910_000), ("352", 100_000)]).await;
        assert_eq!(judged(100_012).await, by("909", 910_000, "once-more"));
        publish("after", 3, "2018-03-31", &[("942", 950_000), ("352", 100_000)]).await;
        assert_eq!(judged(100_013).await, by("942", 950_000, "after"));
        assert_eq!(judged(100_022).await, by("909", 910_000, "once-more"), "943 has no figures of its own yet");
        // An older year is published again, with today's schools.
        publish("of-2016", 4, "2016-08-31", &[("942", 1), ("943", 1), ("352", 1)]).await;
        assert_eq!(judged(100_023).await, by("909", 910_000, "once-more"));
        // Both authorities have figures of one day.
        publish("both", 5, "2018-04-30", &[("909", 1), ("942", 960_000), ("943", 970_000)]).await;
        assert_eq!(judged(100_014).await, by("942", 960_000, "both"));
        assert_eq!(judged(100_024).await, by("943", 970_000, "both"));
    }
}
