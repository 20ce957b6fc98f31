//! A walk through every RPC: with a wrong field, in a wrong state, by a wrong role or hub, with a stale etag, and with a repeated request_id.

use access::{Gate, Role};
use proto::specialists::v1::{self as pb, NominationState};
use server::{
    repeated,
    testing::{Cases, Walk},
};
use specialists::{POLICIES, ROLE_METHOD, SERVICES};

use crate::stage::*;

/// Calls an RPC of one of the two services with a request.
macro_rules! call {
    ($voice:expr, $service:ident.$method:ident, $request:expr) => {
        $voice.$service.clone().$method($request).await
    };
}

const CASES: [Cases; 14] = [
    ("CreateCohort", &["wrong field", "wrong state", "wrong role", "repeated", "another body"]),
    ("GetCohort", &["wrong field", "wrong state"]),
    ("ListCohorts", &["wrong field"]),
    ("CreateScoreWeights", &["wrong field", "wrong state", "wrong role", "repeated", "another body"]),
    ("ListScoreWeights", &["wrong field"]),
    ("CreateNomination", &["wrong field", "wrong state", "wrong role", "wrong hub", "repeated", "another body"]),
    ("GetNomination", &["wrong field", "wrong state", "wrong hub"]),
    ("ListNominations", &["wrong field", "wrong state", "wrong hub"]),
    ("WithdrawNomination", &["wrong field", "wrong state", "wrong role", "wrong hub", "repeated", "another body"]),
    ("RankNominations", &["wrong field", "wrong state", "wrong role", "repeated", "another body"]),
    ("ListRankings", &["wrong field", "wrong state", "wrong role"]),
    ("SelectNominations", &["wrong field", "wrong state", "wrong role", "wrong hub", "repeated", "another body"]),
    ("OverrideNomination", &["wrong field", "wrong state", "wrong role", "stale etag", "repeated", "another body"]),
    ("GetNominee", &["wrong field", "wrong state", "wrong role", "wrong hub"]),
];

/// Wrong roles, as the gate before the service decides.
fn roles(walk: &mut Walk) {
    let gate = Gate::new(POLICIES, ROLE_METHOD, &access::served(proto::DESCRIPTORS, &SERVICES)).unwrap();
    let wrong: [(&'static str, &str, &[Role]); 9] = [
        ("CreateCohort", "CohortService", &[Role::Dfe, Role::HubLead, Role::School, Role::Service]),
        ("CreateScoreWeights", "CohortService", &[Role::Dfe, Role::HubLead, Role::School, Role::Service]),
        ("CreateNomination", "NominationService", &[Role::Dfe, Role::Service]),
        ("WithdrawNomination", "NominationService", &[Role::Dfe, Role::Service]),
        ("RankNominations", "NominationService", &[Role::Dfe, Role::HubLead, Role::School, Role::Service]),
        ("ListRankings", "NominationService", &[Role::HubLead, Role::School]),
        ("SelectNominations", "NominationService", &[Role::Dfe, Role::School, Role::Service]),
        ("OverrideNomination", "NominationService", &[Role::Dfe, Role::HubLead, Role::School, Role::Service]),
        ("GetNominee", "NominationService", &[Role::Dfe, Role::School, Role::Service]),
    ];
    for (rpc, service, refused) in wrong {
        let method = format!("mathshubs.specialists.v1.{service}/{rpc}");
        for role in Role::ALL {
            assert_eq!(gate.allows(role, &method), !refused.contains(&role), "{role} {method}");
        }
        walk.step(rpc, "wrong role", Ok(()), "OK");
    }
}

#[tokio::test]
async fn every_rpc_refuses_what_it_should_with_its_reason() {
    for database in db::testing::databases().await {
        let stage = Stage::open(&database).await;
        let mut walk = Walk::default();
        roles(&mut walk);
        cohorts(&stage, &mut walk).await;
        nominations(&stage, &mut walk).await;
        walk.is_whole(&CASES, proto::DESCRIPTORS, &SERVICES[..2]);
    }
}

async fn cohorts(stage: &Stage, walk: &mut Walk) {
    let ncetm = stage.ncetm();
    let create = |cohort_id: &str, cohort: pb::Cohort| pb::CreateCohortRequest {
        request_id: ncetm.request_id(),
        cohort_id: cohort_id.to_owned(),
        cohort: Some(cohort),
    };
    let windowless = pb::Cohort { window_start_date: String::new(), window_end_date: String::new(), ..cohort() };
    let status = call!(ncetm, cohorts.create_cohort, create("windowless", windowless)).unwrap_err();
    assert!(status.message().contains("must be set: a cohort is recruited within a window"), "{}", status.message());
    walk.step("CreateCohort", "wrong field", Err::<(), _>(status), "FIELD_INVALID");
    let wrong = [
        pb::Cohort { number: 0, ..cohort() },
        pb::Cohort { education_phase: 3, ..cohort() },
        pb::Cohort { programme: "total".to_owned(), ..cohort() },
        pb::Cohort { window_end_date: "2019-01-31".to_owned(), ..cohort() },
        pb::Cohort { years: Vec::new(), ..cohort() },
        pb::Cohort { years: vec![pb::CohortYear { year_number: 2, setting: 1, supported_schools_count: 0 }], ..cohort() },
        pb::Cohort { years: vec![pb::CohortYear { year_number: 1, setting: 1, supported_schools_count: 2 }], ..cohort() },
        pb::Cohort { years: vec![pb::CohortYear { year_number: 1, setting: 3, supported_schools_count: 0 }], ..cohort() },
    ];
    for wrong in wrong {
        walk.step("CreateCohort", "wrong field", call!(ncetm, cohorts.create_cohort, create("wrong", wrong)), "FIELD_INVALID");
    }
    let (request, other) = (create("secondary-5", cohort()), create("other", pb::Cohort { number: 7, ..cohort() }));
    repeated!(walk, "CreateCohort", ncetm.cohorts, create_cohort, request, other);
    let taken = create("secondary-5", pb::Cohort { number: 8, ..cohort() });
    walk.step("CreateCohort", "wrong state", call!(ncetm, cohorts.create_cohort, taken), "COHORT_EXISTS");
    let same_number = create("another", cohort());
    walk.step("CreateCohort", "wrong state", call!(ncetm, cohorts.create_cohort, same_number), "COHORT_EXISTS");

    let get = |name: &str| pb::GetCohortRequest { name: name.to_owned() };
    walk.step("GetCohort", "wrong field", call!(ncetm, cohorts.get_cohort, get("cohorts/A B")), "FIELD_INVALID");
    walk.step("GetCohort", "wrong state", call!(ncetm, cohorts.get_cohort, get("cohorts/none")), "NOT_FOUND");
    let list = pb::ListCohortsRequest { page_size: -1, page_token: String::new() };
    walk.step("ListCohorts", "wrong field", call!(ncetm, cohorts.list_cohorts, list), "FIELD_INVALID");
    let list = pb::ListScoreWeightsRequest { page_size: 0, page_token: "x".to_owned() };
    walk.step("ListScoreWeights", "wrong field", call!(ncetm, cohorts.list_score_weights, list), "FIELD_INVALID");

    let publish = |weights| pb::CreateScoreWeightsRequest { request_id: ncetm.request_id(), score_weights: Some(weights) };
    let wrong = [
        pb::ScoreWeights { decision: String::new(), ..weights("2018-09-01") },
        pb::ScoreWeights { region_permille: 301, ..weights("2018-09-01") },
        pb::ScoreWeights { prior_schools_count: -1, ..weights("2018-09-01") },
        weights("1 September"),
    ];
    for wrong in wrong {
        let answer = call!(ncetm, cohorts.create_score_weights, publish(wrong));
        walk.step("CreateScoreWeights", "wrong field", answer, "FIELD_INVALID");
    }
    let (request, other) = (publish(weights("2018-09-01")), publish(weights("2018-09-02")));
    repeated!(walk, "CreateScoreWeights", ncetm.cohorts, create_score_weights, request, other);
    let begun = call!(ncetm, cohorts.create_score_weights, publish(weights("2018-10-01")));
    walk.step("CreateScoreWeights", "wrong state", begun, "POLICY_IN_FORCE");
}

async fn nominations(stage: &Stage, walk: &mut Walk) {
    let (ncetm, north, south) = (stage.ncetm(), stage.hub_lead(NORTH), stage.hub_lead(SOUTH));
    let create = |urn, hub, number| pb::CreateNominationRequest {
        request_id: ncetm.request_id(),
        ..nomination(COHORT, urn, hub, teacher(number))
    };
    let wrong = [
        pb::CreateNominationRequest { head_teacher_agrees: false, ..create(100_001, NORTH, 1) },
        pb::CreateNominationRequest { nominee: None, ..create(100_001, NORTH, 1) },
        pb::CreateNominationRequest { parent: "secondary-5".to_owned(), ..create(100_001, NORTH, 1) },
        pb::CreateNominationRequest { request_id: String::new(), ..create(100_001, NORTH, 1) },
        create(5, NORTH, 1),
        create(100_001, "north", 1),
    ];
    for wrong in wrong {
        walk.step("CreateNomination", "wrong field", call!(ncetm, nominations.create_nomination, wrong), "FIELD_INVALID");
    }
    let (request, other) = (create(100_001, NORTH, 1), create(100_001, NORTH, 2));
    repeated!(walk, "CreateNomination", north.nominations, create_nomination, request, other);
    let live = call!(ncetm, nominations.create_nomination, create(100_002, NORTH, 1));
    walk.step("CreateNomination", "wrong state", live, "NOMINATION_NOT_ELIGIBLE");
    let other_hub = call!(south, nominations.create_nomination, create(100_002, NORTH, 2));
    walk.step("CreateNomination", "wrong hub", other_hub, "NOMINATION_NOT_OWN");
    call!(south, nominations.create_nomination, create(100_002, SOUTH, 2)).unwrap();
    call!(south, nominations.create_nomination, create(100_003, SOUTH, 3)).unwrap();
    let mut all = ncetm.nominations().await.unwrap();
    all.sort_by(|left, right| left.school.cmp(&right.school));
    let (first, second, third) = (&all[0], &all[1], &all[2]);

    let get = |name: &str| pb::GetNominationRequest { name: name.to_owned() };
    walk.step("GetNomination", "wrong field", call!(ncetm, nominations.get_nomination, get(COHORT)), "FIELD_INVALID");
    let none = get("cohorts/secondary-5/nominations/none");
    walk.step("GetNomination", "wrong state", call!(ncetm, nominations.get_nomination, none), "NOT_FOUND");
    walk.step("GetNomination", "wrong hub", call!(south, nominations.get_nomination, get(&first.name)), "NOT_FOUND");
    let list = |hub: &str, state| pb::ListNominationsRequest {
        parent: COHORT.to_owned(),
        hub: hub.to_owned(),
        state,
        ..pb::ListNominationsRequest::default()
    };
    walk.step("ListNominations", "wrong field", call!(ncetm, nominations.list_nominations, list("", 99)), "FIELD_INVALID");
    let none = pb::ListNominationsRequest { parent: "cohorts/none".to_owned(), ..list("", 0) };
    walk.step("ListNominations", "wrong state", call!(ncetm, nominations.list_nominations, none), "NOT_FOUND");
    let others = call!(south, nominations.list_nominations, list(NORTH, 0)).unwrap().into_inner().nominations;
    assert_eq!(others, [], "another hub's are not there");
    walk.step("ListNominations", "wrong hub", Ok(()), "OK");
    let nominee = |name: &str| pb::GetNomineeRequest { name: name.to_owned() };
    walk.step("GetNominee", "wrong field", call!(ncetm, nominations.get_nominee, nominee("Teacher 1")), "FIELD_INVALID");
    walk.step("GetNominee", "wrong state", call!(ncetm, nominations.get_nominee, nominee("persons/none")), "NOT_FOUND");
    walk.step("GetNominee", "wrong hub", call!(south, nominations.get_nominee, nominee(&first.person)), "NOT_FOUND");

    let select = |hub: &str, selections_count| pb::SelectNominationsRequest {
        request_id: ncetm.request_id(),
        parent: COHORT.to_owned(),
        hub: hub.to_owned(),
        selections_count,
        validate_only: false,
    };
    walk.step("SelectNominations", "wrong field", call!(ncetm, nominations.select_nominations, select("", 0)), "FIELD_INVALID");
    walk.step("SelectNominations", "wrong state", call!(ncetm, nominations.select_nominations, select("", 1)), "WINDOW_OPEN");
    walk.step("SelectNominations", "wrong hub", call!(south, nominations.select_nominations, select(NORTH, 1)), "HUB_NOT_OWN");
    walk.step("SelectNominations", "wrong hub", call!(south, nominations.select_nominations, select("", 1)), "HUB_NOT_OWN");
    let decide = |name: &str, etag: &str, reason: &str| pb::OverrideNominationRequest {
        request_id: ncetm.request_id(),
        name: name.to_owned(),
        outcome: NominationState::NotSelected.into(),
        reason: reason.to_owned(),
        etag: etag.to_owned(),
    };
    for wrong in [
        decide(&third.name, &third.etag, ""),
        decide(&third.name, "", "r"),
        pb::OverrideNominationRequest { outcome: NominationState::Withdrawn.into(), ..decide(&third.name, &third.etag, "r") },
    ] {
        walk.step("OverrideNomination", "wrong field", call!(ncetm, nominations.override_nomination, wrong), "FIELD_INVALID");
    }
    let open = call!(ncetm, nominations.override_nomination, decide(&third.name, &third.etag, "r"));
    walk.step("OverrideNomination", "wrong state", open, "WINDOW_OPEN");
    let stale = call!(ncetm, nominations.override_nomination, decide(&third.name, "v7.0", "r"));
    walk.step("OverrideNomination", "stale etag", stale, "ETAG_STALE");

    stage.clock.move_to(noon(AFTER));
    let closed = call!(ncetm, nominations.create_nomination, create(100_004, NORTH, 4));
    walk.step("CreateNomination", "wrong state", closed, "WINDOW_CLOSED");
    let unranked = call!(ncetm, nominations.select_nominations, select("", 1));
    walk.step("SelectNominations", "wrong state", unranked, "NOMINATIONS_NOT_RANKED");
    let rank = |parent: &str, validate_only| pb::RankNominationsRequest {
        request_id: ncetm.request_id(),
        parent: parent.to_owned(),
        validate_only,
    };
    walk.step("RankNominations", "wrong field", call!(ncetm, nominations.rank_nominations, rank("5", false)), "FIELD_INVALID");
    let none = call!(ncetm, nominations.rank_nominations, rank("cohorts/none", false));
    walk.step("RankNominations", "wrong state", none, "NOT_FOUND");
    repeated!(walk, "RankNominations", ncetm.nominations, rank_nominations, rank(COHORT, false), rank(COHORT, true));
    assert_eq!(ncetm.rankings().await.unwrap().len(), 1);
    let list = pb::ListRankingsRequest { parent: COHORT.to_owned(), page_size: -1, page_token: String::new() };
    walk.step("ListRankings", "wrong field", call!(ncetm, nominations.list_rankings, list), "FIELD_INVALID");
    let none = pb::ListRankingsRequest { parent: "cohorts/none".to_owned(), page_size: 0, page_token: String::new() };
    walk.step("ListRankings", "wrong state", call!(ncetm, nominations.list_rankings, none), "NOT_FOUND");

    let third = ncetm.nomination(&third.name).await.unwrap();
    let (request, other) = (decide(&third.name, &third.etag, "one"), decide(&third.name, &third.etag, "another"));
    repeated!(walk, "OverrideNomination", ncetm.nominations, override_nomination, request, other);
    repeated!(walk, "SelectNominations", ncetm.nominations, select_nominations, select("", 1), select("", 2));
    walk.step(
        "RankNominations",
        "wrong state",
        call!(ncetm, nominations.rank_nominations, rank(COHORT, false)),
        "SELECTION_BEGUN",
    );

    let withdraw = |name: &str, reason: &str| pb::WithdrawNominationRequest {
        request_id: ncetm.request_id(),
        name: name.to_owned(),
        reason: reason.to_owned(),
    };
    let wrong = call!(south, nominations.withdraw_nomination, withdraw(&second.name, ""));
    walk.step("WithdrawNomination", "wrong field", wrong, "FIELD_INVALID");
    let other_hub = call!(south, nominations.withdraw_nomination, withdraw(&first.name, "r"));
    walk.step("WithdrawNomination", "wrong hub", other_hub, "NOT_FOUND");
    let (request, other) = (withdraw(&second.name, "one"), withdraw(&second.name, "another"));
    repeated!(walk, "WithdrawNomination", south.nominations, withdraw_nomination, request, other);
    let ended = call!(south, nominations.withdraw_nomination, withdraw(&second.name, "r"));
    walk.step("WithdrawNomination", "wrong state", ended, "STATE_ENDED");
}
