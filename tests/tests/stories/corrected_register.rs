//! A correction of the only attendance of a school, in enrolment, and its effect on the money of the school, in funding.

use proto::{
    enrolment::v1::PlaceOrder,
    funding::v1::{EntitlementReview, EntitlementState},
    meeting::v1 as meeting,
};
use stories::{
    Caller, SUBSIDY_PENCE, Suite, places,
    register::{self, SHEFFIELD},
    round,
};
use time::Date;
use tonic::Code;

use crate::outage::{create_batch, pay};

/// State and review of the one entitlement.
async fn entitlement(suite: &Suite) -> (EntitlementState, EntitlementReview) {
    suite.funding_caught_up().await;
    let entitlements = suite.ncetm().all_entitlements().await.unwrap();
    let [entitlement] = &entitlements[..] else { panic!("{entitlements:?}") };
    (entitlement.state(), entitlement.review())
}

async fn first_attendance(lead: &Caller, hub: &str) -> String {
    lead.all_participations(hub).await.unwrap().remove(0).first_attendance_date
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_correction_takes_the_proof_away_before_the_payment_and_raises_a_question_after_it() {
    stories::on_each_database("2018-07-02", async |mut suite| {
        suite.start_funding().await;
        let ncetm = suite.ncetm();
        ncetm.import(&register::as_of("2018-07-02").primaries(100_001..100_003, SHEFFIELD).done()).await.unwrap();
        let hub = ncetm.create_hub("north", 100_001).await.unwrap();
        let announced = round("2018/19", ["2018-07-01", "2018-07-31"], PlaceOrder::Submission);
        let round = ncetm.announce("2018", announced).await.unwrap();
        ncetm.set_places(&round, places(&hub, 1)).await.unwrap();
        suite.funding_caught_up().await;
        ncetm.decide_subsidy(Date::parse("2018-09-01").unwrap()).await.unwrap();
        suite.dfe().allocate(&hub, suite.clock.today(), 1).await.unwrap();
        let application = ncetm.apply(&round, 100_001, &hub).await.unwrap();
        ncetm.offer(&round, &hub, 0).await.unwrap();
        let participation = ncetm.accept(&application).await.unwrap().participation;
        suite.move_to("2018-10-02");
        let (ncetm, lead) = (suite.ncetm(), suite.hub_lead(&hub));
        lead.start_year(&participation, "2018-09-10").await.unwrap();
        suite.school("schools/100001").agree(&participation, "2018-09-05").await.unwrap();
        let attended = suite.attend(&hub, &participation, 100_002, "2018-10-01").await;
        use EntitlementReview::{Lapsed, Unspecified};
        use EntitlementState::{Committed, Paid, Payable};
        assert_eq!(entitlement(&suite).await, (Payable, Unspecified));

        let absent = meeting::Mark { kind: meeting::MarkKind::Absent.into(), ..attended.mark.clone() };
        lead.correct_mark(&attended.meeting, absent.clone()).await.unwrap();
        assert_eq!(first_attendance(&lead, &hub).await, "");
        assert_eq!(entitlement(&suite).await, (Committed, Unspecified), "nothing proves it any more");
        assert_eq!(ncetm.balances().await.unwrap(), [-SUBSIDY_PENCE, 0, SUBSIDY_PENCE, 0], "its money remains committed");
        stories::assert_refused(create_batch(&ncetm, "early").await, Code::FailedPrecondition, "NOTHING_PAYABLE");

        // The correction was a mistake: the teacher was there.
        lead.correct_mark(&attended.meeting, attended.mark.clone()).await.unwrap();
        assert_eq!(entitlement(&suite).await, (Payable, Unspecified));
        pay(&ncetm, &suite.approver(), &suite.dfe()).await;
        assert_eq!(entitlement(&suite).await, (Paid, Unspecified));
        assert_eq!(first_attendance(&lead, &hub).await, "2018-10-01");

        lead.correct_mark(&attended.meeting, absent).await.unwrap();
        assert_eq!(entitlement(&suite).await, (Paid, Lapsed), "a person decides about money that was paid");
        assert_eq!(ncetm.balances().await.unwrap(), [-SUBSIDY_PENCE, 0, 0, SUBSIDY_PENCE], "no money moves by itself");
    })
    .await;
}
