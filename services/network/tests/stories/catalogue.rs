//! The catalogue: priorities, programmes and their dated terms.

use feed::Apply;
use proto::{
    enrolment::v1 as enrolment,
    feed::v1::Event,
    funding::v1 as funding,
    network::v1::{self as pb, publish_reach_request::Part},
    specialists::v1 as specialists,
};

use crate::{fixture::*, reach};

/// The decision on which the catalogue of the stories rests.
pub(crate) const DECISION: &str = "councilMeetings/catalogue/decisions/1";

/// Records [`DECISION`], unless it is recorded.
pub(crate) async fn decide(fixture: &Fixture) {
    let meeting = pb::CouncilMeeting {
        academic_year: "2013/14".to_owned(),
        term: pb::Term::Summer.into(),
        meeting_date: "2014-06-20".to_owned(),
        ..pb::CouncilMeeting::default()
    };
    let meeting = pb::RecordMeetingRequest {
        request_id: "catalogue".to_owned(),
        meeting_id: "catalogue".to_owned(),
        council_meeting: Some(meeting),
    };
    fixture.council_as("ncetm").record_meeting(meeting).await.unwrap();
    let decision = pb::Decision {
        kind: pb::DecisionKind::Policy.into(),
        text: "The catalogue".to_owned(),
        start_date: "2014-09-01".to_owned(),
        ..pb::Decision::default()
    };
    let decision = pb::RecordDecisionRequest {
        request_id: "catalogue-decision".to_owned(),
        council_meeting: "councilMeetings/catalogue".to_owned(),
        decision_id: "1".to_owned(),
        decision: Some(decision),
    };
    fixture.council_as("ncetm").record_decision(decision).await.unwrap();
}

pub(crate) fn priority() -> pb::Priority {
    pb::Priority {
        display_name: "Teaching for mastery".to_owned(),
        start_date: "2014-09-01".to_owned(),
        decision: DECISION.to_owned(),
        ..pb::Priority::default()
    }
}

pub(crate) fn programme(recurrence: pb::Recurrence) -> pb::Programme {
    pb::Programme {
        display_name: "Teaching for mastery in primary schools".to_owned(),
        kind: pb::ProgrammeKind::Schools.into(),
        recurrence: recurrence.into(),
        priority: "priorities/mastery".to_owned(),
        ..pb::Programme::default()
    }
}

/// Terms of two years for primary schools.
pub(crate) fn terms(start_date: &str) -> pb::ProgrammeTerms {
    let year = |display_name: &str, meetings_count| pb::ProgrammeYear {
        display_name: display_name.to_owned(),
        meetings_count,
        support_visits_per_term_count: 1,
    };
    let shape = pb::WorkGroupShape {
        schools_min_count: 4,
        schools_max_count: 7,
        participants_per_school_count: 2,
        leader: pb::GroupLeader::MasterySpecialist.into(),
    };
    let target = pb::ProgrammeTarget {
        date: "2020-08-31".to_owned(),
        education_phase: 1,
        stage: pb::ReachStage::Enrolled.into(),
        measure: Some(pb::programme_target::Measure::SchoolsPermille(500)),
        decision: DECISION.to_owned(),
    };
    pb::ProgrammeTerms {
        start_date: start_date.to_owned(),
        decision: DECISION.to_owned(),
        eligibility: Some(pb::Eligibility { type_group_codes: vec![4, 10, 11], phase_codes: vec![2, 3], ages: None }),
        years: vec![year("Development", 6), year("Embedding", 4)],
        work_group_shape: Some(shape),
        targets: vec![target],
        ..pb::ProgrammeTerms::default()
    }
}

/// Creates a programme without terms, and its priority if it is not there yet.
pub(crate) async fn add_programme(fixture: &Fixture, id: &str, recurrence: pb::Recurrence) {
    decide(fixture).await;
    let (request_id, priority_id) = ("mastery".to_owned(), "mastery".to_owned());
    let request = pb::CreatePriorityRequest { request_id, priority_id, priority: Some(priority()) };
    let _exists = fixture.catalogue().create_priority(request).await;
    let (request_id, programme_id) = (format!("programme-{id}"), id.to_owned());
    let request = pb::CreateProgrammeRequest { request_id, programme_id, programme: Some(programme(recurrence)) };
    fixture.catalogue().create_programme(request).await.unwrap();
}

pub(crate) async fn add_terms(
    fixture: &Fixture,
    id: &str,
    terms: pb::ProgrammeTerms,
) -> Result<pb::ProgrammeTerms, tonic::Status> {
    let count = fixture.events().await.len();
    let (request_id, parent) = (format!("terms-{id}-{count}"), format!("programmes/{id}"));
    let request = pb::AddProgrammeTermsRequest { request_id, parent, terms: Some(terms) };
    Ok(fixture.catalogue().add_programme_terms(request).await?.into_inner().terms.unwrap())
}

/// The programmes of an academic year with the versions of their terms; of all years when it is empty.
async fn listed(fixture: &Fixture, academic_year: &str) -> Vec<(String, Vec<String>)> {
    let request = pb::ListProgrammesRequest { academic_year: academic_year.to_owned(), ..Default::default() };
    let programmes = fixture.catalogue().list_programmes(request).await.unwrap().into_inner().programmes;
    let last = |name: &str| name.rsplit('/').next().unwrap().to_owned();
    let versions = |programme: &pb::Programme| programme.terms.iter().map(|terms| last(&terms.name)).collect();
    programmes.iter().map(|programme| (last(&programme.name), versions(programme))).collect()
}

#[tokio::test]
async fn the_catalogue_of_a_year_has_the_programmes_that_are_offered_in_it_with_the_terms_of_the_year() {
    on_each(|fixture| async move {
        for id in ["mastery", "project"] {
            add_programme(&fixture, id, pb::Recurrence::Once).await;
        }
        add_terms(&fixture, "mastery", terms("2014-09-01")).await.unwrap();
        add_terms(&fixture, "mastery", terms("2019-09-01")).await.unwrap();
        let replaced = add_terms(&fixture, "mastery", terms("2019-09-01")).await.expect("they have not begun");
        assert_eq!(replaced.name, "programmes/mastery/terms/3");
        add_terms(&fixture, "project", terms("2018-09-01")).await.unwrap();
        let end = pb::ProgrammeTerms {
            start_date: "2019-09-01".to_owned(),
            decision: DECISION.to_owned(),
            withdrawn: true,
            ..Default::default()
        };
        add_terms(&fixture, "project", end).await.unwrap();
        let entry =
            |id: &str, versions: &[&str]| (id.to_owned(), versions.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
        assert_eq!(listed(&fixture, "2013/14").await, []);
        assert_eq!(listed(&fixture, "2017/18").await, [entry("mastery", &["1"])]);
        assert_eq!(listed(&fixture, "2018/19").await, [entry("mastery", &["1"]), entry("project", &["1"])]);
        assert_eq!(listed(&fixture, "2019/20").await, [entry("mastery", &["3"])]);
        assert_eq!(
            listed(&fixture, "").await,
            [entry("mastery", &["1", "3"]), entry("primary", &[]), entry("project", &["1", "2"]), entry("secondary", &[])]
        );
        let before = fixture.service.context.pool.statements_count();
        listed(&fixture, "2018/19").await;
        let one = pb::GetProgrammeRequest { name: "programmes/mastery".to_owned() };
        let one = fixture.catalogue().get_programme(one).await.unwrap().into_inner().programme.unwrap();
        assert_eq!(fixture.service.context.pool.statements_count() - before, 2, "one statement for a list, one for a get");
        let first = pb::ProgrammeTerms { name: "programmes/mastery/terms/1".to_owned(), ..terms("2014-09-01") };
        assert_eq!(one.terms[0], first, "terms are read as they were written");
    })
    .await;
}

#[tokio::test]
async fn terms_of_a_year_that_published_reach_names_cannot_be_added() {
    on_each(|fixture| async move {
        decide(&fixture).await;
        reach::published(&fixture).await;
        let refused = add_terms(&fixture, "primary", terms("2017-09-01")).await.unwrap_err();
        assert_eq!(reason(&refused), "TERMS_IN_USE", "{refused}");
        assert!(metadata(&refused, "resource").starts_with("reachPublications/"), "{refused:?}");
        add_terms(&fixture, "primary", terms("2019-09-01")).await.expect("the next year was not published");
    })
    .await;
}

/// Events of another service, as network applies them when it follows its feed; from the beginning of a history or not.
pub(crate) async fn apply(fixture: &Fixture, source: &'static str, from_the_beginning: bool, events: Vec<Event>) {
    let applied = fixture.service.context.pool.write::<_, feed::ApplyError, _>(move |mut tx| {
        Box::pin(async move {
            let references = network::References(source);
            if from_the_beginning {
                references.begin(&mut tx).await?;
            }
            references.apply(&mut tx, &events).await
        })
    });
    applied.await.unwrap();
}

pub(crate) fn event<M: prost::Message + prost::Name>(payload: &M) -> Event {
    Event { position: 1, r#type: M::full_name(), payload: payload.encode_to_vec(), ..Event::default() }
}

fn metadata(status: &tonic::Status, key: &str) -> String {
    use tonic_types::StatusExt as _;
    status.get_details_error_info().and_then(|info| info.metadata.get(key).cloned()).unwrap_or_default()
}

/// A round of 2017/18 for these programmes.
pub(crate) fn round(programmes: &[&str]) -> enrolment::Round {
    let programme = |id: &&str| enrolment::RoundProgramme { programme: (*id).to_owned(), ..Default::default() };
    enrolment::Round {
        name: "rounds/autumn".to_owned(),
        academic_year: "2017/18".to_owned(),
        programmes: programmes.iter().map(programme).collect(),
        ..Default::default()
    }
}

#[tokio::test]
async fn terms_of_a_year_in_which_another_service_refers_to_the_programme_cannot_be_added() {
    on_each(|fixture| async move {
        for id in ["placed", "taught", "paid", "past"] {
            add_programme(&fixture, id, pb::Recurrence::Once).await;
            add_terms(&fixture, id, terms("2014-09-01")).await.unwrap();
            add_terms(&fixture, id, terms("2018-09-01")).await.expect("nothing refers to the programme yet");
        }
        let cohort = specialists::Cohort {
            name: "cohorts/secondary".to_owned(),
            programme: "taught".to_owned(),
            first_academic_year: "2017/18".to_owned(),
            ..Default::default()
        };
        // In force on the first days of 2016/17 and 2017/18.
        let policy = funding::Policy {
            name: "policies/subsidy".to_owned(),
            programme: "paid".to_owned(),
            start_date: "2015-10-01".to_owned(),
            end_date: "2018-08-31".to_owned(),
            ..Default::default()
        };
        let participation = enrolment::Participation {
            name: "participations/one".to_owned(),
            programme: "past".to_owned(),
            first_academic_year: "2017/18".to_owned(),
            ..Default::default()
        };
        let imported = enrolment::ParticipationImported { participation: Some(participation), ..Default::default() };
        let created = event(&enrolment::RoundCreated { round: Some(round(&["placed", "other"])) });
        apply(&fixture, "enrolment", true, vec![created, event(&imported)]).await;
        apply(&fixture, "specialists", true, vec![event(&specialists::CohortCreated { cohort: Some(cohort) })]).await;
        apply(&fixture, "funding", true, vec![event(&funding::PolicyCreated { policy: Some(policy.clone()) })]).await;
        for (id, resource, year) in [
            ("placed", "rounds/autumn", "2017/18"),
            ("taught", "cohorts/secondary", "2017/18"),
            ("paid", "policies/subsidy", "2016/17"),
            ("past", "participations/one", "2017/18"),
        ] {
            for start_date in ["2017-09-01", "2016-09-01"] {
                let refused = add_terms(&fixture, id, terms(start_date)).await.unwrap_err();
                let first = if start_date == "2017-09-01" { "2017/18" } else { year };
                let found = ["resource", "academic_year"].map(|key| metadata(&refused, key));
                assert_eq!(
                    (reason(&refused).as_str(), found),
                    ("TERMS_IN_USE", [resource, first].map(str::to_owned)),
                    "{refused}"
                );
            }
            add_terms(&fixture, id, terms("2019-09-01")).await.expect("a year to come");
        }

        // A round that is updated no longer refers to the programme that it has lost.
        apply(&fixture, "enrolment", false, vec![event(&enrolment::RoundUpdated { round: Some(round(&["other"])) })]).await;
        add_terms(&fixture, "placed", terms("2017-09-01")).await.expect("the round was updated");
        // The history of a restored enrolment is read from its beginning, without the import that was lost.
        apply(&fixture, "enrolment", true, vec![event(&enrolment::RoundCreated { round: Some(round(&["other"])) })]).await;
        add_terms(&fixture, "past", terms("2017-09-01")).await.expect("the import was lost");
        let refused = add_terms(&fixture, "taught", terms("2017-09-01")).await.unwrap_err();
        assert_eq!(metadata(&refused, "resource"), "cohorts/secondary", "specialists was not restored");
        // A policy without an end refers to every year after its first.
        let endless = funding::Policy { end_date: String::new(), ..policy };
        apply(&fixture, "funding", true, vec![event(&funding::PolicyCreated { policy: Some(endless) })]).await;
        fixture.on("2021-09-01");
        let refused = add_terms(&fixture, "paid", terms("2021-09-01")).await.unwrap_err();
        assert_eq!(["resource", "academic_year"].map(|key| metadata(&refused, key)), ["policies/subsidy", "2021/22"]);
    })
    .await;
}

#[tokio::test]
async fn a_publication_that_names_a_programme_which_the_catalogue_lacks_is_refused() {
    on_each(|fixture| async move {
        let part = reach::part(vec![reach::figure("primary-teaching-for-mastry")], vec![]);
        let parts = vec![Part::Header(reach::header("mistyped", false)), part];
        let refused = reach::publish(&fixture, "publisher@analytics", parts).await.unwrap_err();
        assert_eq!(reason(&refused), "PROGRAMME_UNKNOWN", "{refused}");
        assert!(refused.message().contains("`primary-teaching-for-mastry`"), "{refused}");
    })
    .await;
}

#[tokio::test]
async fn priorities_are_listed_as_of_a_day() {
    on_each(|fixture| async move {
        decide(&fixture).await;
        for (id, start_date, end_date) in [("early-years", "2018-09-01", ""), ("mastery", "2014-09-01", "2018-08-31")] {
            let priority = pb::Priority { start_date: start_date.to_owned(), end_date: end_date.to_owned(), ..priority() };
            let (request_id, priority_id) = (id.to_owned(), id.to_owned());
            let request = pb::CreatePriorityRequest { request_id, priority_id, priority: Some(priority) };
            fixture.catalogue().create_priority(request).await.unwrap();
        }
        let of = async |day: &str| {
            let request = pb::ListPrioritiesRequest { as_of_date: day.to_owned(), ..Default::default() };
            let priorities = fixture.catalogue().list_priorities(request).await.unwrap().into_inner().priorities;
            priorities.into_iter().map(|priority| priority.name).collect::<Vec<_>>()
        };
        assert_eq!(of("2018-08-31").await, ["priorities/mastery", "priorities/reach"]);
        assert_eq!(of("2018-09-01").await, ["priorities/early-years", "priorities/reach"]);
        assert_eq!(of("").await.len(), 3);
    })
    .await;
}
