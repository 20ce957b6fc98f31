//! The schema is the same on both databases, and what is read takes one statement.

use std::path::Path;

use proto::network::v1 as pb;

use crate::{catalogue, fixture::*};

#[tokio::test]
async fn both_databases_have_the_same_schema() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    db::testing::migrations_agree(folder, network::MIGRATIONS, feed::MIGRATIONS).await;
}

/// Other stories count the statements of hubs, appointments, programmes, reach and the list of schools.
#[tokio::test]
async fn a_get_or_a_page_is_one_statement() {
    on_each(|fixture| async move {
        fixture.import("2018-09-01", &extract((100_001..=100_003).map(row)), &[]).await.unwrap();
        let person = recorded(&fixture, "w.quux@school.example").await;
        catalogue::decide(&fixture).await;
        let count = || fixture.service.context.pool.statements_count();
        let mut before = count();
        let mut is_one = |what: &str| {
            assert_eq!(count() - before, 1, "{what}");
            before = count();
        };
        fixture.council_as("ncetm").list_meetings(pb::ListMeetingsRequest::default()).await.unwrap();
        is_one("ListMeetings");
        fixture.council_as("ncetm").list_decisions(pb::ListDecisionsRequest::default()).await.unwrap();
        is_one("ListDecisions");
        fixture.catalogue().list_priorities(pb::ListPrioritiesRequest::default()).await.unwrap();
        is_one("ListPriorities");
        fixture.persons_as("ncetm").get_person(pb::GetPersonRequest { name: person }).await.unwrap();
        is_one("GetPerson");
        fixture.persons_as("ncetm").list_person_matches(pb::ListPersonMatchesRequest::default()).await.unwrap();
        is_one("ListPersonMatches");
        let of_school = pb::ListHubChoicesRequest { school: "schools/100001".to_owned(), ..Default::default() };
        fixture.hubs().list_hub_choices(of_school).await.unwrap();
        is_one("ListHubChoices");
        fixture.register().get_school(pb::GetSchoolRequest { name: "schools/100001".to_owned() }).await.unwrap();
        is_one("GetSchool");
        fixture.register().get_register(pb::GetRegisterRequest { name: "register".to_owned() }).await.unwrap();
        is_one("GetRegister");
        fixture.reach_as("dfe").list_reach_publications(pb::ListReachPublicationsRequest::default()).await.unwrap();
        is_one("ListReachPublications");
    })
    .await;
}
