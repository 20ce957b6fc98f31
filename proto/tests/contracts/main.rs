//! Holds every contract to the API rules of this project, and shows of each rule that it can fail.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod broken;
mod rules;

use prost_reflect::DescriptorPool;

#[test]
fn every_contract_keeps_every_rule() {
    let pool = DescriptorPool::decode(proto::DESCRIPTORS).unwrap();
    let violations = rules::violations(&pool);
    assert!(violations.is_empty(), "the contracts break {} rules:\n{}", violations.len(), violations.join("\n"));
}

#[test]
fn the_rules_look_at_every_package_service_and_message() {
    let pool = DescriptorPool::decode(proto::DESCRIPTORS).unwrap();
    let mut packages: Vec<_> = rules::ours(&pool).map(|file| file.package_name().to_owned()).collect();
    packages.dedup();
    let expected = [
        "mathshubs.access.v1",
        "mathshubs.approval.v1",
        "mathshubs.audit.v1",
        "mathshubs.enrolment.v1",
        "mathshubs.feed.v1",
        "mathshubs.funding.v1",
        "mathshubs.meeting.v1",
        "mathshubs.network.v1",
        "mathshubs.person.v1",
        "mathshubs.specialists.v1",
    ];
    assert_eq!(packages, expected);
    let services: Vec<_> = rules::ours(&pool)
        .flat_map(|file| file.services().map(|service| service.name().to_owned()).collect::<Vec<_>>())
        .collect();
    let expected = [
        "ApprovalService",
        "AuditService",
        "ApplicationService",
        "HistoryService",
        "ParticipationService",
        "RoundService",
        "WorkGroupService",
        "FeedService",
        "BudgetService",
        "EntitlementService",
        "LedgerService",
        "PaymentService",
        "PolicyService",
        "MeetingService",
        "AppointmentService",
        "CatalogueService",
        "CouncilService",
        "HubService",
        "PersonService",
        "ReachService",
        "RegisterService",
        "PersonRecordService",
        "CohortService",
        "NominationService",
    ];
    assert_eq!(services, expected);
}
