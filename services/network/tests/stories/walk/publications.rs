//! ReachService. Inconsistent figures are in `reach.rs`.

use proto::network::v1::{self as pb, publish_reach_request::Part};
use server::testing::{Cases, Walk};

use crate::{catalogue, fixture::*, reach, reach_policy};

/// The RPCs with their cases.
pub(super) const CASES: &[Cases] = &[
    ("PublishReach", &["wrong field", "wrong state", "repeated", "another body"]),
    ("ApproveReach", &["wrong field", "wrong state", "stale etag", "repeated", "another body"]),
    ("GetReachPublication", &["wrong field", "wrong state"]),
    ("ListReachPublications", &["wrong field"]),
    ("ListReachFigures", &["wrong field", "wrong state"]),
    ("ListColdAreas", &["wrong field", "wrong state"]),
    ("CreateReachPolicy", &["wrong field", "wrong state", "repeated", "another body"]),
    ("ListReachPolicies", &["wrong field"]),
];

/// A change of a publication's header, and the field that it makes wrong.
type Wrong = (fn(&mut pb::ReachPublication), &'static str);

const WRONG: [Wrong; 7] = [
    (|publication| publication.academic_year = "2018".to_owned(), "reach_publication.academic_year"),
    (|publication| publication.true_on_date = "2019-02-29".to_owned(), "reach_publication.true_on_date"),
    (|publication| publication.true_on_date = "2199-12-31".to_owned(), "reach_publication.true_on_date"),
    (|publication| publication.known_on_date = "9999-12-31".to_owned(), "reach_publication.known_on_date"),
    (|publication| publication.register_as_of_date.clear(), "reach_publication.register_as_of_date"),
    (|publication| publication.content_sha256 = "F".repeat(64), "reach_publication.content_sha256"),
    (|publication| publication.policy = "policies/one".to_owned(), "reach_publication.policy"),
];

/// A change of a policy, and the field that it makes wrong.
type WrongPolicy = (fn(&mut pb::ReachPolicy), &'static str);

const WRONG_POLICIES: [WrongPolicy; 10] = [
    (|policy| policy.start_date = "soon".to_owned(), "reach_policy.start_date"),
    (|policy| policy.decision = "Council 3".to_owned(), "reach_policy.decision"),
    (|policy| policy.coldness_stage = 0, "reach_policy.coldness_stage"),
    (|policy| policy.prior_schools_count = -1, "reach_policy.prior_schools_count"),
    (|policy| policy.prior_schools_count = 10_001, "reach_policy.prior_schools_count"),
    (|policy| policy.ranked_schools_min_count = 0, "reach_policy.ranked_schools_min_count"),
    (|policy| policy.fact_kinds.clear(), "reach_policy.fact_kinds"),
    (|policy| policy.fact_kinds = vec![2], "reach_policy.fact_kinds"),
    (|policy| policy.fact_kinds = vec![1, 1], "reach_policy.fact_kinds"),
    (|policy| policy.fact_kinds = vec![1, 3], "reach_policy.fact_kinds"),
];

pub(crate) async fn walk(fixture: &Fixture, walk: &mut Walk) {
    policies(fixture, walk).await;
    let publication = publish(fixture, walk).await;
    let unknown = vec![Part::Header(reach::header("unknown", false)), reach::part(vec![reach::figure("mistyped")], vec![])];
    let unknown = fixture.reach_as("publisher@a").publish_reach(futures::stream::iter(sent(unknown))).await;
    walk.step("PublishReach", "wrong state", unknown, "PROGRAMME_UNKNOWN");
    let mut other = reach::header("other-policy", false);
    other.reach_publication.as_mut().unwrap().policy = "reachPolicies/walked".to_owned();
    let other = fixture.reach_as("publisher@a").publish_reach(futures::stream::iter(sent(vec![Part::Header(other)]))).await;
    walk.step("PublishReach", "wrong state", other, "REACH_POLICY_DIFFERS");
    let early = reach_policy::create("early", "early", reach_policy::policy("2019-08-31"));
    let early = fixture.reach_as("ncetm").create_reach_policy(early).await;
    walk.step("CreateReachPolicy", "wrong state", early, "REACH_POLICY_TOO_EARLY");
    let request = terms_of("primary", "2017-09-01");
    let in_use = fixture.catalogue().add_programme_terms(request).await;
    walk.step("AddProgrammeTerms", "wrong state", in_use, "TERMS_IN_USE");
    approve(fixture, walk, &publication).await;
    read(fixture, walk, &publication.name).await;
}

async fn policies(fixture: &Fixture, walk: &mut Walk) {
    let events = async || fixture.events().await.len();
    let call = async |request| fixture.reach_as("ncetm").create_reach_policy(request).await;
    let policy = reach_policy::policy;
    let all = [
        "request_id",
        "reach_policy_id",
        "reach_policy",
        "reach_policy.start_date",
        "reach_policy.decision",
        "reach_policy.coldness_stage",
        "reach_policy.ranked_schools_min_count",
        "reach_policy.fact_kinds",
    ];
    walk.wrong("CreateReachPolicy", call(pb::CreateReachPolicyRequest::default()).await, &all);
    for (change, field) in WRONG_POLICIES {
        let mut wrong = policy("2014-09-01");
        change(&mut wrong);
        walk.wrong("CreateReachPolicy", call(reach_policy::create("wrong", "wrong", wrong)).await, &[field]);
    }
    let undecided = pb::ReachPolicy { decision: "councilMeetings/none/decisions/1".to_owned(), ..policy("2014-09-01") };
    let undecided = call(reach_policy::create("undecided", "undecided", undecided)).await;
    walk.step("CreateReachPolicy", "wrong state", undecided, "DECISION_UNKNOWN");
    // It starts after the figures that the walk publishes.
    let pair = ["walked", "other"].map(|id| reach_policy::create("policy", id, policy("2019-09-01")));
    walk.repeat("CreateReachPolicy", events, 1, call, pair).await;
    let again = call(reach_policy::create("again", "walked", policy("2020-09-01"))).await;
    walk.step("CreateReachPolicy", "wrong state", again, "POLICY_EXISTS");
    let taken = call(reach_policy::create("taken", "taken", policy("2019-09-01"))).await;
    walk.step("CreateReachPolicy", "wrong state", taken, "REACH_POLICY_START_TAKEN");
    let list = pb::ListReachPoliciesRequest { page_size: -1, page_token: "x".to_owned() };
    walk.wrong("ListReachPolicies", fixture.reach_as("dfe").list_reach_policies(list).await, &["page_size", "page_token"]);
}

/// Terms of a programme from a day.
fn terms_of(programme: &str, start_date: &str) -> pb::AddProgrammeTermsRequest {
    let (request_id, parent) = ("in-use".to_owned(), format!("programmes/{programme}"));
    pb::AddProgrammeTermsRequest { request_id, parent, terms: Some(catalogue::terms(start_date)) }
}

fn sent(parts: Vec<Part>) -> Vec<pb::PublishReachRequest> {
    parts.into_iter().map(|part| pb::PublishReachRequest { part: Some(part) }).collect()
}

async fn publish(fixture: &Fixture, walk: &mut Walk) -> pb::ReachPublication {
    let events = async || fixture.events().await.len();
    let call = async |parts: Vec<_>| fixture.reach_as("publisher@a").publish_reach(futures::stream::iter(parts)).await;
    let header = |request_id: &str| Part::Header(reach::header(request_id, false));
    let figures = || reach::part(vec![reach::figure("primary")], reach::areas());
    for (change, field) in WRONG {
        let mut wrong = reach::header("publish", false);
        change(wrong.reach_publication.as_mut().unwrap());
        walk.wrong("PublishReach", call(sent(vec![Part::Header(wrong), figures()])).await, &[field]);
    }
    let all = [
        "request_id",
        "reach_publication",
        "reach_publication.academic_year",
        "reach_publication.true_on_date",
        "reach_publication.known_on_date",
        "reach_publication.register_as_of_date",
        "reach_publication.content_sha256",
    ];
    let too_many = reach::part(vec![reach::figure("primary"); 501], vec![]);
    for (wrong, fields) in [
        (vec![], &["header"] as &[&str]),
        (vec![figures()], &["header"]),
        (vec![header("publish"), figures(), header("publish")], &["header"]),
        (vec![Part::Header(pb::PublishReachHeader::default())], &all),
        (vec![header("a b"), figures()], &["request_id"]),
        (vec![header("publish"), too_many], &["reach_part"]),
        (vec![header("publish"), reach::part(vec![reach::figure("No")], vec![])], &["figures[0].programme"]),
        (vec![header("publish"), figures(), figures()], &["figures[1]", "cold_areas[3]", "cold_areas[4]", "cold_areas[5]"]),
    ] {
        walk.wrong("PublishReach", call(sent(wrong)).await, fields);
    }
    let nothing = [sent(vec![header("publish")]), vec![pb::PublishReachRequest { part: None }]].concat();
    walk.wrong("PublishReach", call(nothing).await, &["part"]);
    let silent = futures::stream::iter(sent(vec![header("silent"), figures()]));
    let silent = tokio_stream::StreamExt::chain(silent, futures::stream::pending());
    let hasty = begin(db::testing::sqlite(), |config| config.stream_timeout = std::time::Duration::from_millis(50)).await;
    walk.step("PublishReach", "wrong state", hasty.reach_as("publisher").publish_reach(silent).await, "STREAM_SILENT");
    let long = pb::ReachFigure { region_code: "E".repeat(300_000), ..reach::figure("primary") };
    let too_large = call(sent(vec![header("large"), reach::part(vec![long], vec![])])).await;
    walk.step("PublishReach", "wrong state", too_large, "MESSAGE_TOO_LARGE");
    let other = reach::part(vec![reach::figure("total")], reach::areas());
    let pair = [sent(vec![header("publish"), figures()]), sent(vec![header("publish"), other])];
    walk.repeat("PublishReach", events, 3, call, pair).await.reach_publication.unwrap()
}

async fn approve(fixture: &Fixture, walk: &mut Walk, publication: &pb::ReachPublication) {
    let events = async || fixture.events().await.len();
    let call_as = async |caller, request| fixture.reach_as(caller).approve_reach(request).await;
    let call = async |request| call_as("dfe@anna", request).await;
    let request = |request_id: &str, name: &str, etag: &str| pb::ApproveReachRequest {
        request_id: request_id.to_owned(),
        name: name.to_owned(),
        etag: etag.to_owned(),
        figures_sha256: publication.figures_sha256.clone(),
    };
    let all = ["request_id", "name", "etag", "figures_sha256"];
    walk.wrong("ApproveReach", call(pb::ApproveReachRequest::default()).await, &all);
    for name in ["p", "reachPublications/-", "reachPublications/A"] {
        walk.wrong("ApproveReach", call(request("approve", name, "1")).await, &["name"]);
    }
    let none = call(request("approve", "reachPublications/none", "1")).await;
    walk.step("ApproveReach", "wrong state", none, "NOT_FOUND");
    for etag in ["v99", "x"] {
        walk.step("ApproveReach", "stale etag", call(request("approve", &publication.name, etag)).await, "ETAG_STALE");
    }
    let good = || request("approve", &publication.name, &publication.etag);
    walk.step("ApproveReach", "wrong state", call_as("ncetm@a", good()).await, "APPROVER_IS_PUBLISHER");
    let others = pb::ApproveReachRequest { figures_sha256: "0".repeat(64), ..good() };
    walk.step("ApproveReach", "wrong state", call(others).await, "FIGURES_DIFFER");
    let last = walk.repeat("ApproveReach", events, 1, call, [good(), request("approve", &publication.name, "v99")]).await;
    let last = last.reach_publication.unwrap();
    walk.step("ApproveReach", "wrong state", call(request("again", &last.name, &last.etag)).await, "REACH_FINAL");
}

async fn read(fixture: &Fixture, walk: &mut Walk, name: &str) {
    let dfe = fixture.reach_as("dfe");
    let get = |name: &str| pb::GetReachPublicationRequest { name: name.to_owned() };
    for name in ["", "p", "reachPublications/A B"] {
        walk.wrong("GetReachPublication", dfe.clone().get_reach_publication(get(name)).await, &["name"]);
    }
    let none = dfe.clone().get_reach_publication(get("reachPublications/none")).await;
    walk.step("GetReachPublication", "wrong state", none, "NOT_FOUND");

    let list = async |page_size, page_token: &str| {
        let request = pb::ListReachPublicationsRequest { page_size, page_token: page_token.to_owned() };
        dfe.clone().list_reach_publications(request).await
    };
    walk.wrong("ListReachPublications", list(-1, "x").await, &["page_size", "page_token"]);
    let hubs = pb::ListHubsRequest { page_size: 1, page_token: String::new() };
    let of_hubs = fixture.hubs().list_hubs(hubs).await.unwrap().into_inner().next_page_token;
    walk.wrong("ListReachPublications", list(0, &of_hubs).await, &["page_token"]);

    let figures = async |request| dfe.clone().list_reach_figures(request).await;
    let wrong = pb::ListReachFiguresRequest {
        parent: "p".to_owned(),
        academic_year: "2018".to_owned(),
        geographic_level: 99,
        programme: "Primary".to_owned(),
        page_size: -1,
        page_token: "x".to_owned(),
    };
    let fields = ["parent", "academic_year", "geographic_level", "programme", "page_size", "page_token"];
    walk.wrong("ListReachFigures", figures(wrong).await, &fields);
    let none = pb::ListReachFiguresRequest { parent: "reachPublications/none".to_owned(), ..Default::default() };
    walk.step("ListReachFigures", "wrong state", figures(none).await, "NOT_FOUND");

    let areas = async |request| dfe.clone().list_cold_areas(request).await;
    let wrong = pb::ListColdAreasRequest {
        parent: "p".to_owned(),
        programme: "Primary".to_owned(),
        education_phase: 99,
        page_size: -1,
        page_token: "x".to_owned(),
    };
    let fields = ["parent", "programme", "education_phase", "page_size", "page_token"];
    walk.wrong("ListColdAreas", areas(wrong).await, &fields);
    let none = pb::ListColdAreasRequest { parent: "reachPublications/none".to_owned(), ..Default::default() };
    walk.step("ListColdAreas", "wrong state", areas(none).await, "NOT_FOUND");
    // A token goes on with the filter that it came with.
    let first = pb::ListColdAreasRequest { parent: name.to_owned(), page_size: 1, ..Default::default() };
    let page_token = areas(first.clone()).await.unwrap().into_inner().next_page_token;
    let other = pb::ListColdAreasRequest { education_phase: 1, page_token, ..first };
    walk.wrong("ListColdAreas", areas(other).await, &["page_token"]);
}
