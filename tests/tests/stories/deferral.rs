//! A school defers its first year before it attended, in enrolment, and the effect on its money, in funding.

use proto::{
    enrolment::v1::PlaceOrder,
    funding::v1::EntitlementState::{self, Committed, Payable, Released},
};
use stories::{
    SUBSIDY_PENCE, Suite, places,
    register::{self, SHEFFIELD},
    round,
};
use time::Date;

/// The states of the entitlements of two schools.
async fn states(suite: &Suite) -> [EntitlementState; 2] {
    suite.funding_caught_up().await;
    let entitlements = suite.ncetm().all_entitlements().await.unwrap();
    ["schools/100001", "schools/100002"]
        .map(|school| entitlements.iter().find(|one| one.school == school).expect("its entitlement").state())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_school_that_deferred_its_first_year_is_paid_for_an_attendance_of_the_year_in_which_it_resumed() {
    stories::on_each_database("2018-07-02", async |mut suite| {
        suite.start_funding().await;
        let (ncetm, dfe) = (suite.ncetm(), suite.dfe());
        ncetm.import(&register::as_of("2018-07-02").primaries(100_001..100_005, SHEFFIELD).done()).await.unwrap();
        let hubs = [ncetm.create_hub("north", 100_001).await.unwrap(), ncetm.create_hub("south", 100_002).await.unwrap()];
        let announced = round("2018/19", ["2018-07-01", "2018-07-31"], PlaceOrder::Submission);
        let round = ncetm.announce("2018", announced).await.unwrap();
        for hub in &hubs {
            ncetm.set_places(&round, places(hub, 1)).await.unwrap();
        }
        suite.funding_caught_up().await;
        ncetm.decide_subsidy(Date::parse("2018-09-01").unwrap()).await.unwrap();
        let mut participations = Vec::new();
        for (urn, hub) in (100_001..).zip(&hubs) {
            dfe.allocate(hub, suite.clock.today(), 1).await.unwrap();
            let application = ncetm.apply(&round, urn, hub).await.unwrap();
            ncetm.offer(&round, hub, 0).await.unwrap();
            participations.push(ncetm.accept(&application).await.unwrap().participation);
        }
        let [first, second] = &participations[..] else { unreachable!("two schools have a place") };

        // Both start their first year, sign, and defer it before they attended.
        suite.move_to("2018-11-20");
        let ncetm = suite.ncetm();
        for (participation, school) in [(first, "schools/100001"), (second, "schools/100002")] {
            ncetm.start_year(participation, "2018-09-10").await.unwrap();
            suite.school(school).agree(participation, "2018-09-05").await.unwrap();
            ncetm.defer(participation, "2018-11-05").await.unwrap();
        }
        assert_eq!(states(&suite).await, [Committed, Committed]);
        suite.move_to("2019-10-15");
        let ncetm = suite.ncetm();
        assert_eq!(states(&suite).await, [Committed, Committed], "the money waits for the schools while they are deferred");
        for participation in [first, second] {
            assert_eq!(ncetm.resume(participation, "2019-09-09").await.unwrap().deferred_years_count, 1);
        }
        suite.attend(&hubs[0], first, 100_003, "2019-10-14").await;
        assert_eq!(states(&suite).await, [Payable, Committed], "their first year is 2019/20 now");
        // The first school leaves after it attended, and remains payable.
        ncetm.leave(first, "2019-10-14").await.unwrap();
        assert_eq!(states(&suite).await, [Payable, Committed]);

        // The second school attends only after its first year.
        suite.move_to("2020-10-13");
        let ncetm = suite.ncetm();
        ncetm.complete_year(second, "2020-07-10").await.unwrap();
        ncetm.start_year(second, "2020-09-10").await.unwrap();
        suite.attend(&hubs[1], second, 100_004, "2020-10-12").await;
        assert_eq!(states(&suite).await, [Payable, Committed], "an attendance of the second year proves nothing");
        ncetm.leave(second, "2020-10-13").await.unwrap();
        assert_eq!(states(&suite).await, [Payable, Released]);
        assert_eq!(ncetm.balances().await.unwrap(), [-2 * SUBSIDY_PENCE, SUBSIDY_PENCE, SUBSIDY_PENCE, 0]);
        let entitlements = ncetm.all_entitlements().await.unwrap();
        let payable = entitlements.iter().find(|one| one.state() == Payable).unwrap();
        let evidence: Vec<_> =
            payable.evidence.iter().map(|one| (one.event_type.rsplit('.').next().unwrap(), &*one.evidence_date)).collect();
        let expected = [
            ("PlaceAccepted", "2018-07-02"),
            ("AgreementSigned", "2018-09-05"),
            ("AttendanceRecorded", "2019-10-14"),
            ("ParticipationResumed", "2019-09-09"),
            ("ParticipationWithdrawn", "2019-10-14"),
        ];
        assert_eq!(evidence, expected);
    })
    .await;
}
