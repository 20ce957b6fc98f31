//! Acts that bind a school, entered by its hub's lead: they wait until the school, or NCETM, confirms them.

use access::Role;
use proto::{
    approval::v1::{ListPendingChangesRequest, RejectChangeRequest, approval_service_client::ApprovalServiceClient},
    enrolment::v1::{self as pb, ApplicationState::*, PlaceOrder},
};

use crate::fixture::*;

/// A hub lead enters a school's acceptance. Gives the name of the pending change.
async fn enter_acceptance(lead: &Client, name: &str) -> String {
    let (request_id, document_sha256) = (lead.request_id(), FORM_SHA256.to_owned());
    let request = pb::AcceptOfferRequest { request_id, name: name.to_owned(), document_sha256 };
    let answer = lead.applications.clone().accept_offer(request).await.unwrap().into_inner();
    assert_eq!(answer.application, None, "nothing but the pending change is answered");
    answer.pending_change
}

/// A school confirms a change of enrolment.
async fn confirm(fixture: &Fixture, urn: i64, change: &str) -> Answer<pb::AcceptOfferResponse> {
    fixture.confirmed_by(fixture.line(Role::School, None, Some(&school(urn))), change).await
}

#[tokio::test]
async fn a_hub_lead_alone_gets_no_further_than_an_offer() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 1).await;
        let lead = fixture.hub_lead(NORTH);
        let name = lead.apply(100_001, NORTH).await.unwrap().name;
        lead.offer(NORTH, 0).await.unwrap();
        let change = enter_acceptance(&lead, &name).await;
        assert_eq!(lead.application(&name).await.unwrap().state(), Offered);
        assert_eq!(lead.places().await.unwrap()[0].accepted_count, 0, "a pending acceptance holds no place");
        assert!(!fixture.events().await.contains(&"PlaceAccepted".to_owned()), "so no money is committed");

        let own = fixture.line(Role::HubLead, Some(NORTH), None);
        let colleague = fixture.line_of("another-lead", Role::HubLead, Some(NORTH), None);
        let as_school = fixture.line_of(&format!("{}:{NORTH}", Role::HubLead), Role::School, None, Some(&school(100_001)));
        let confirmed = async |line| reason(fixture.confirmed_by::<pb::AcceptOfferResponse>(line, &change).await);
        assert_eq!(confirmed(own).await, "SECOND_PERSON_IS_PROPOSER");
        assert_eq!(confirmed(colleague).await, "SECOND_PERSON_NOT_ALLOWED");
        assert_eq!(confirmed(as_school).await, "SECOND_PERSON_IS_PROPOSER", "one person with two tokens");
        assert_eq!(reason(confirm(&fixture, 100_002, &change).await), "NOT_FOUND", "it concerns another school");

        let accepted = confirm(&fixture, 100_001, &change).await.unwrap().application.unwrap();
        assert_eq!(accepted.state(), Accepted);
        let persons: Vec<(String, String)> = rows(
            fixture.pool(),
            "SELECT actor_role, confirmer_role FROM event WHERE type = 'mathshubs.enrolment.v1.PlaceAccepted'",
        )
        .await;
        assert_eq!(persons, [("hub_lead".to_owned(), "school".to_owned())]);
        assert_eq!(fixture.tables_with(FORM_SHA256).await, ["event", "pending_change"], "the form's checksum is kept");
    }
}

#[tokio::test]
async fn an_acceptance_counts_when_it_is_confirmed_and_not_when_it_was_entered() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 1).await;
        let lead = fixture.hub_lead(NORTH);
        let mut names = Vec::new();
        for urn in [100_001, 100_002, 100_003] {
            names.push(lead.apply(urn, NORTH).await.unwrap().name);
        }
        lead.offer(NORTH, 3).await.unwrap();
        let (first, third) = (enter_acceptance(&lead, &names[0]).await, enter_acceptance(&lead, &names[2]).await);
        fixture.school(100_002).accept(&names[1]).await.unwrap();
        assert_eq!(reason(confirm(&fixture, 100_001, &first).await), "NO_PLACE_LEFT");
        fixture.school(100_002).withdraw(&names[1]).await.unwrap();
        fixture.clock.move_to(noon("2018-05-15"));
        confirm(&fixture, 100_001, &first).await.unwrap();
        fixture.clock.move_to(noon("2018-05-16"));
        assert_eq!(reason(confirm(&fixture, 100_003, &third).await), "OFFER_EXPIRED");
    }
}

#[tokio::test]
async fn a_school_rejects_what_it_did_not_sign() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 1).await;
        let lead = fixture.hub_lead(NORTH);
        let name = lead.apply(100_001, NORTH).await.unwrap().name;
        lead.offer(NORTH, 0).await.unwrap();
        let change = enter_acceptance(&lead, &name).await;
        let mut office = ApprovalServiceClient::new(fixture.line(Role::School, None, Some(&school(100_001))));
        let pending = office.list_pending_changes(ListPendingChangesRequest::default()).await.unwrap().into_inner();
        assert_eq!(pending.pending_changes.len(), 1);
        let (hub, concerned) = (&pending.pending_changes[0].hub, &pending.pending_changes[0].school);
        assert_eq!((hub.as_str(), concerned.as_str()), (NORTH, "schools/100001"));
        let request = RejectChangeRequest { request_id: lead.request_id(), name: change.clone() };
        office.reject_change(request).await.unwrap();
        assert_eq!(reason(confirm(&fixture, 100_001, &change).await), "CHANGE_DECIDED");
        assert_eq!(lead.application(&name).await.unwrap().state(), Offered, "the school can still accept");
    }
}

#[tokio::test]
async fn an_academy_confirms_the_agreement_that_its_predecessor_signed() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 1).await;
        let lead = fixture.hub_lead(NORTH);
        let name = lead.apply(100_001, NORTH).await.unwrap().name;
        lead.offer(NORTH, 0).await.unwrap();
        let place = fixture.school(100_001).accept(&name).await.unwrap().participation;
        let document_sha256 = FORM_SHA256.to_owned();
        let request =
            pb::RecordAgreementRequest { request_id: lead.request_id(), document_sha256, ..agreement(&place, "2018-05-01") };
        let answer = lead.participations.clone().record_agreement(request).await.unwrap().into_inner();
        assert_eq!(lead.participation(&place).await.unwrap().agreement_sign_date, "", "unsigned until somebody confirms");
        fixture.link(100_001, 100_500, false, "2018-05-02").await;
        let academy = async || {
            let line = fixture.line(Role::School, None, Some("schools/100500"));
            fixture.confirmed_by::<pb::RecordAgreementResponse>(line, &answer.pending_change).await
        };
        assert_eq!(reason(academy().await), "NOT_FOUND", "it is not the successor yet");
        fixture.clock.move_to(noon("2018-05-02"));
        assert_eq!(academy().await.unwrap().participation.unwrap().agreement_sign_date, "2018-05-01");
    }
}
