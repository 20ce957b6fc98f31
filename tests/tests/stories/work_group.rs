//! A Work Group from its specialist to the money: the services specialists, enrolment and funding together.

use proto::{
    enrolment::v1 as pb, funding::v1::EntitlementState, meeting::v1 as meeting, network::v1 as network,
    specialists::v1 as specialists,
};
use stories::{
    PROGRAMME, Suite, places, reason,
    register::{self, SHEFFIELD},
    round,
};
use time::Date;
use tonic::Status;

use crate::cohort::{nominate, rank, record_teacher, select};

/// The six schools of the group, the school of the specialist, which takes part as well, and one school too many.
const MEMBERS: std::ops::Range<i32> = 100_001..100_007;
const SPECIALISTS_SCHOOL: i32 = 100_007;
const ONE_TOO_MANY: i32 = 100_008;
/// The first day of the years and of the groups.
const FIRST_DAY: &str = "2018-09-10";

/// A teacher of the school is selected for a cohort that leads groups in 2018/19. Returns the person.
async fn train(suite: &Suite, hub: &str) -> String {
    let ncetm = suite.ncetm();
    let cohort = specialists::Cohort {
        display_name: "Primary Mastery Specialists".to_owned(),
        number: 1,
        education_phase: network::EducationPhase::Primary.into(),
        programme: PROGRAMME.to_owned(),
        first_academic_year: "2017/18".to_owned(),
        window_start_date: "2018-05-01".to_owned(),
        window_end_date: "2018-05-31".to_owned(),
        years: [specialists::YearSetting::OwnTeaching, specialists::YearSetting::OwnTeaching]
            .into_iter()
            .zip(1..)
            .map(|(setting, year_number)| specialists::CohortYear {
                year_number,
                setting: setting.into(),
                supported_schools_count: 0,
                leads_groups: None,
            })
            .collect(),
        ..Default::default()
    };
    let request = specialists::CreateCohortRequest {
        request_id: "cohort".to_owned(),
        cohort_id: "primary-1".to_owned(),
        cohort: Some(cohort),
    };
    let created = ncetm.decided(|| async { ncetm.cohorts().create_cohort(request.clone()).await }).await;
    let cohort = created.unwrap().into_inner().cohort.unwrap();
    let leads: Vec<bool> = cohort.years.iter().map(|year| year.leads_groups()).collect();
    assert_eq!(leads, [false, true], "a primary specialist leads from the second year on");
    let person = record_teacher(suite, SPECIALISTS_SCHOOL).await;
    suite.specialists_caught_up().await;
    nominate(suite, &cohort.name, SPECIALISTS_SCHOOL, hub, &person).await;
    suite.move_to("2018-06-01");
    let ncetm = suite.ncetm();
    rank(&ncetm, &cohort.name).await;
    assert_eq!(select(&ncetm, &cohort.name, 1).await.len(), 1);
    person
}

/// The participations of schools that accepted a place and started, in the order of the schools.
async fn participations(suite: &Suite, hub: &str) -> Vec<String> {
    let ncetm = suite.ncetm();
    let announced = round("2018/19", ["2018-06-01", "2018-06-30"], pb::PlaceOrder::Submission);
    let round = ncetm.announce("2018", announced).await.unwrap();
    ncetm.set_places(&round, places(hub, 8)).await.unwrap();
    for urn in MEMBERS.chain([SPECIALISTS_SCHOOL, ONE_TOO_MANY]) {
        ncetm.apply(&round, urn, hub).await.unwrap();
    }
    let mut participations = Vec::new();
    for application in ncetm.offer(&round, hub, 0).await.unwrap() {
        participations.push(ncetm.accept(&application.name).await.unwrap().participation);
    }
    suite.move_to(FIRST_DAY);
    let lead = suite.hub_lead(hub);
    for (participation, urn) in participations.iter().zip(MEMBERS.chain([SPECIALISTS_SCHOOL, ONE_TOO_MANY])) {
        lead.start_year(participation, FIRST_DAY).await.unwrap();
        suite.school(&format!("schools/{urn}")).agree(participation, FIRST_DAY).await.unwrap();
    }
    participations
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    reason(&answer.unwrap_err())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_subsidy_is_payable_after_the_first_register_of_a_group_of_six_under_a_specialist() {
    stories::on_each_database("2018-05-01", async |mut suite| {
        suite.start_specialists().await;
        suite.start_funding().await;
        let ncetm = suite.ncetm();
        ncetm.import(&register::as_of("2018-05-01").primaries(MEMBERS.start..ONE_TOO_MANY + 1, SHEFFIELD).done()).await.unwrap();
        let hub = ncetm.create_hub("north", MEMBERS.start).await.unwrap();
        ncetm.catalogue_programme_led_by(network::GroupLeader::MasterySpecialist).await.unwrap();
        let specialist = train(&suite, &hub).await;
        suite.funding_caught_up().await;
        ncetm.decide_subsidy(Date::parse("2018-09-01").unwrap()).await.unwrap();
        suite.dfe().allocate(&hub, suite.clock.today(), 8).await.unwrap();
        let participations = participations(&suite, &hub).await;
        let mut teachers = Vec::new();
        for urn in MEMBERS {
            teachers.push(record_teacher(&suite, urn).await);
        }
        suite.caught_up().await;
        suite.leaders_caught_up().await;

        let lead = suite.hub_lead(&hub);
        let with_own = &participations[1..7];
        let one_too_many = [&participations[..6], &participations[7..]].concat();
        assert_eq!(
            refused(lead.form_work_group([&hub, PROGRAMME, &teachers[0]], 1, &participations[1..6], FIRST_DAY).await),
            "LEADER_NOT_SPECIALIST"
        );
        assert_eq!(
            refused(lead.form_work_group([&hub, PROGRAMME, &specialist], 1, with_own, FIRST_DAY).await),
            "LEADER_OF_OWN_SCHOOL"
        );
        assert_eq!(
            refused(lead.form_work_group([&hub, PROGRAMME, &specialist], 1, &one_too_many, FIRST_DAY).await),
            "WORK_GROUP_FULL"
        );
        let group = lead.form_work_group([&hub, PROGRAMME, &specialist], 1, &participations[..6], FIRST_DAY).await.unwrap();

        let leader = suite.leader(&specialist);
        let planned = meeting::Meeting {
            kind: meeting::MeetingKind::Group.into(),
            start_date: "2018-10-02".to_owned(),
            end_date: "2018-10-02".to_owned(),
            host_school: format!("schools/{SPECIALISTS_SCHOOL}"),
            hub: hub.clone(),
            ..Default::default()
        };
        let request =
            meeting::PlanMeetingRequest { request_id: "plan".to_owned(), parent: group.name.clone(), meeting: Some(planned) };
        let planned = leader.meetings().plan_meeting(request).await.unwrap().into_inner().meeting.unwrap();
        let mark = |(subject, person): (&String, &String)| meeting::Mark {
            subject: subject.clone(),
            person: person.clone(),
            mark_date: "2018-10-02".to_owned(),
            kind: meeting::MarkKind::Attended.into(),
            ..Default::default()
        };
        let register = meeting::TakeRegisterRequest {
            request_id: "register".to_owned(),
            name: planned.name,
            register_state: meeting::RegisterState::Final.into(),
            marks: participations.iter().zip(&teachers).map(mark).collect(),
        };
        assert_eq!(refused(leader.meetings().take_register(register.clone()).await), "DATE_IN_FUTURE");
        suite.move_to("2018-10-02");
        let leader = suite.leader(&specialist);
        let held = leader.meetings().take_register(register).await.unwrap().into_inner().meeting.unwrap();
        assert_eq!(held.state(), meeting::MeetingState::Held);

        suite.funding_caught_up().await;
        let ncetm = suite.ncetm();
        let entitlements = ncetm.all_entitlements().await.unwrap();
        let payable = entitlements.iter().filter(|one| one.state() == EntitlementState::Payable).count();
        assert_eq!((entitlements.len(), payable), (8, 6), "two schools are in no group");
    })
    .await;
}
