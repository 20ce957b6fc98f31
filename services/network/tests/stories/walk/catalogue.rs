//! CatalogueService.

use proto::{enrolment::v1::RoundCreated, network::v1 as pb};
use server::testing::{Cases, Walk};

use crate::{catalogue::*, fixture::*};

/// The RPCs with their cases.
pub(super) const CASES: &[Cases] = &[
    ("CreatePriority", &["wrong field", "wrong state", "repeated", "another body"]),
    ("ListPriorities", &["wrong field"]),
    ("CreateProgramme", &["wrong field", "wrong state", "repeated", "another body"]),
    ("GetProgramme", &["wrong field", "wrong state"]),
    ("ListProgrammes", &["wrong field"]),
    ("AddProgrammeTerms", &["wrong field", "wrong state", "repeated", "another body"]),
];

/// A change of terms, and the field that it makes wrong.
type Wrong = (fn(&mut pb::ProgrammeTerms), &'static str);

const WRONG: [Wrong; 22] = [
    (|terms| terms.start_date = "2018-09-02".to_owned(), "terms.start_date"),
    (|terms| terms.start_date = "soon".to_owned(), "terms.start_date"),
    (|terms| terms.decision.clear(), "terms.decision"),
    (|terms| terms.withdrawn = true, "terms.withdrawn"),
    (|terms| terms.eligibility = None, "terms.eligibility"),
    (|terms| eligibility(terms).type_group_codes.clear(), "terms.eligibility.type_group_codes"),
    (|terms| eligibility(terms).type_group_codes.push(100), "terms.eligibility.type_group_codes"),
    (|terms| eligibility(terms).phase_codes.clear(), "terms.eligibility.phase_codes"),
    (|terms| eligibility(terms).phase_codes.push(8), "terms.eligibility.phase_codes"),
    (|terms| eligibility(terms).ages = Some(pb::AgeRange { from_age: 5, to_age: 4 }), "terms.eligibility.ages"),
    (|terms| terms.years.clear(), "terms.years"),
    (|terms| terms.years = vec![terms.years[0].clone(); 4], "terms.years"),
    (|terms| terms.years[0].display_name.insert(0, '='), "terms.years[0].display_name"),
    (|terms| terms.years[0].meetings_count = 51, "terms.years[0].meetings_count"),
    (|terms| terms.years[0].support_visits_per_term_count = -1, "terms.years[0].support_visits_per_term_count"),
    (|terms| shape(terms).schools_min_count = 0, "terms.work_group_shape.schools_min_count"),
    (|terms| shape(terms).schools_max_count = 3, "terms.work_group_shape.schools_max_count"),
    (|terms| shape(terms).participants_per_school_count = 0, "terms.work_group_shape.participants_per_school_count"),
    (|terms| shape(terms).leader = 9, "terms.work_group_shape.leader"),
    (|terms| terms.targets[0].stage = 0, "terms.targets[0].stage"),
    (|terms| terms.targets[0].measure = None, "terms.targets[0].measure"),
    (
        |terms| terms.targets.push(pb::ProgrammeTarget { date: "2019-08-31".to_owned(), ..terms.targets[0].clone() }),
        "terms.targets",
    ),
];

fn eligibility(terms: &mut pb::ProgrammeTerms) -> &mut pb::Eligibility {
    terms.eligibility.as_mut().unwrap()
}

fn shape(terms: &mut pb::ProgrammeTerms) -> &mut pb::WorkGroupShape {
    terms.work_group_shape.as_mut().unwrap()
}

pub(crate) async fn walk(fixture: &Fixture, walk: &mut Walk) {
    decide(fixture).await;
    priorities(fixture, walk).await;
    create(fixture, walk).await;
    terms_of(fixture, walk).await;
    read(fixture, walk).await;
}

async fn priorities(fixture: &Fixture, walk: &mut Walk) {
    let events = async || fixture.events().await.len();
    let call = async |request| fixture.catalogue().create_priority(request).await;
    let request = |request_id: &str, priority_id: &str| pb::CreatePriorityRequest {
        request_id: request_id.to_owned(),
        priority_id: priority_id.to_owned(),
        priority: Some(priority()),
    };
    let all = ["request_id", "priority_id", "priority", "priority.display_name", "priority.start_date", "priority.decision"];
    walk.wrong("CreatePriority", call(pb::CreatePriorityRequest::default()).await, &all);
    let ends = pb::Priority { end_date: "2013-08-31".to_owned(), ..priority() };
    let ends = pb::CreatePriorityRequest { priority: Some(ends), ..request("ends", "ends") };
    walk.wrong("CreatePriority", call(ends).await, &["priority.end_date"]);
    walk.repeat("CreatePriority", events, 1, call, [request("priority", "mastery"), request("priority", "other")]).await;
    walk.step("CreatePriority", "wrong state", call(request("again", "mastery")).await, "PRIORITY_EXISTS");
    let undecided = pb::Priority { decision: "councilMeetings/none/decisions/1".to_owned(), ..priority() };
    let undecided = pb::CreatePriorityRequest { priority: Some(undecided), ..request("undecided", "undecided") };
    walk.step("CreatePriority", "wrong state", call(undecided).await, "DECISION_UNKNOWN");
    let list = pb::ListPrioritiesRequest { page_size: -1, page_token: "x".to_owned(), as_of_date: "soon".to_owned() };
    walk.wrong("ListPriorities", fixture.catalogue().list_priorities(list).await, &["as_of_date", "page_size", "page_token"]);
}

async fn create(fixture: &Fixture, walk: &mut Walk) {
    let events = async || fixture.events().await.len();
    let call = async |request| fixture.catalogue().create_programme(request).await;
    let request = |request_id: &str, programme_id: &str| pb::CreateProgrammeRequest {
        request_id: request_id.to_owned(),
        programme_id: programme_id.to_owned(),
        programme: Some(programme(pb::Recurrence::Once)),
    };
    let all = [
        "request_id",
        "programme_id",
        "programme",
        "programme.display_name",
        "programme.kind",
        "programme.recurrence",
        "programme.priority",
    ];
    walk.wrong("CreateProgramme", call(pb::CreateProgrammeRequest::default()).await, &all);
    let mut with_terms = request("terms", "with-terms");
    with_terms.programme.as_mut().unwrap().terms.push(terms("2018-09-01"));
    walk.wrong("CreateProgramme", call(with_terms).await, &["programme.terms"]);
    walk.wrong("CreateProgramme", call(request("total", "total")).await, &["programme_id"]);
    let mut unknown = request("unknown", "unknown");
    unknown.programme.as_mut().unwrap().priority = "priorities/none".to_owned();
    walk.step("CreateProgramme", "wrong state", call(unknown).await, "NOT_FOUND");
    walk.repeat("CreateProgramme", events, 1, call, [request("programme", "walked"), request("programme", "other")]).await;
    walk.step("CreateProgramme", "wrong state", call(request("again", "walked")).await, "PROGRAMME_EXISTS");
}

async fn terms_of(fixture: &Fixture, walk: &mut Walk) {
    let events = async || fixture.events().await.len();
    let call = async |request| fixture.catalogue().add_programme_terms(request).await;
    let request = |request_id: &str, parent: &str, terms| pb::AddProgrammeTermsRequest {
        request_id: request_id.to_owned(),
        parent: parent.to_owned(),
        terms: Some(terms),
    };
    const WALKED: &str = "programmes/walked";
    walk.wrong("AddProgrammeTerms", call(pb::AddProgrammeTermsRequest::default()).await, &["request_id", "parent", "terms"]);
    for (change, field) in WRONG {
        let mut wrong = terms("2017-09-01");
        change(&mut wrong);
        walk.wrong("AddProgrammeTerms", call(request("wrong", WALKED, wrong)).await, &[field]);
    }
    walk.step(
        "AddProgrammeTerms",
        "wrong state",
        call(request("none", "programmes/none", terms("2018-09-01"))).await,
        "NOT_FOUND",
    );
    let pair = ["2017-09-01", "2016-09-01"].map(|start_date| request("terms", WALKED, terms(start_date)));
    walk.repeat("AddProgrammeTerms", events, 1, call, pair).await;
    let mut undecided = terms("2016-09-01");
    undecided.targets[0].decision = "councilMeetings/none/decisions/1".to_owned();
    walk.step("AddProgrammeTerms", "wrong state", call(request("undecided", WALKED, undecided)).await, "DECISION_UNKNOWN");
    walk.step("AddProgrammeTerms", "wrong state", call(request("begun", WALKED, terms("2017-09-01"))).await, "TERMS_BEGUN");
    add_programme(fixture, "in-use", pb::Recurrence::Once).await;
    let announced = RoundCreated { round: Some(round(&["in-use"])) };
    apply(fixture, "enrolment", true, vec![event(&announced)]).await;
    let in_use = call(request("in-use", "programmes/in-use", terms("2017-09-01"))).await;
    walk.step("AddProgrammeTerms", "wrong state", in_use, "TERMS_IN_USE");
    add_programme(fixture, "yearly", pb::Recurrence::Yearly).await;
    let long = call(request("long", "programmes/yearly", terms("2017-09-01"))).await;
    walk.wrong("AddProgrammeTerms", long, &["terms.years"]);
}

async fn read(fixture: &Fixture, walk: &mut Walk) {
    let get = async |name: &str| fixture.catalogue().get_programme(pb::GetProgrammeRequest { name: name.to_owned() }).await;
    walk.wrong("GetProgramme", get("walked").await, &["name"]);
    walk.step("GetProgramme", "wrong state", get("programmes/none").await, "NOT_FOUND");
    let list = pb::ListProgrammesRequest {
        page_size: -1,
        page_token: "x".to_owned(),
        academic_year: "2018".to_owned(),
        kind: 9,
        priority: "mastery".to_owned(),
    };
    let fields = ["academic_year", "kind", "priority", "page_size", "page_token"];
    walk.wrong("ListProgrammes", fixture.catalogue().list_programmes(list).await, &fields);
}
