//! Personal data: people are ids, and events do not hold what a person wrote.

use proto::specialists::v1::NominationState;

use crate::fixture::*;

#[tokio::test]
async fn a_person_is_an_id_everywhere_and_a_reason_is_in_no_event() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let (ncetm, lead) = (fixture.ncetm(), fixture.hub_lead(NORTH));
        let made = lead.nominate(100_001, NORTH).await.unwrap();
        ncetm.nominate(100_002, NORTH).await.unwrap();
        fixture.clock.move_to(noon(AFTER));
        ncetm.rank().await.unwrap();
        let read = ncetm.nomination(&made.name).await.unwrap();
        ncetm.decide(&made.name, NominationState::Selected, &read.etag).await.unwrap();
        ncetm.select("", 1).await.unwrap();
        lead.withdraw(&made.name).await.unwrap();
        // The search finds texts inside events and stored answers: the person's id is there.
        let tables = ["event", "nomination", "person", "person_employment", "request"];
        assert_eq!(fixture.tables_with("teacher-100001").await, tables);
        // Events do not hold the reason that a person wrote.
        assert_eq!(fixture.tables_with("The only department").await, ["nomination_override", "request"]);
    }
}
