//! The third year of a secondary specialist: a pair of local schools is a Work Group of the secondary programme, with the same calls as any other.

use analytics::{Level, Measure, Phase, Stage, collect, measure};
use proto::{
    enrolment::v1 as pb,
    meeting::v1 as meeting,
    network::v1::{self as network, EducationPhase},
    specialists::v1::{self as specialists, YearSetting},
};
use stories::{
    Caller, PROGRAMME, Suite, places, programme_year, reason,
    register::{self, SHEFFIELD},
    round, terms,
};
use time::AcademicYear;
use tonic::Status;

use crate::cohort::{nominate, rank, record_teacher, select};

const SECONDARY: &str = "secondary-teaching-for-mastery";
/// The pair, and a third school.
const SCHOOLS: [i32; 3] = [100_001, 100_002, 100_003];
/// The schools of the two specialists.
const SECONDARY_SCHOOL: i32 = 100_004;
const PRIMARY_SCHOOL: i32 = 100_005;
/// The first day of the years and of the groups.
const FIRST_DAY: &str = "2018-09-10";

/// The programme, by terms with groups of one or two schools and a support visit in each term.
async fn catalogue_secondary(ncetm: &Caller) {
    let year = network::ProgrammeYear { support_visits_per_term_count: 1, ..programme_year("Development") };
    let shape = network::WorkGroupShape {
        schools_min_count: 1,
        schools_max_count: 2,
        participants_per_school_count: 2,
        leader: network::GroupLeader::MasterySpecialist.into(),
    };
    let terms = network::ProgrammeTerms { years: vec![year], work_group_shape: Some(shape), ..terms(&[4, 5, 7]) };
    ncetm.catalogue_programme_of(SECONDARY, terms).await.unwrap();
}

/// Announces a cohort with the default of each year, and says which of its years lead groups.
async fn announce(
    ncetm: &Caller,
    programme: &str,
    phase: EducationPhase,
    first_academic_year: &str,
    settings: &[YearSetting],
) -> (String, Vec<bool>) {
    let year = |(setting, year_number): (&YearSetting, i32)| specialists::CohortYear {
        year_number,
        setting: (*setting).into(),
        supported_schools_count: if *setting == YearSetting::LocalSchools { 2 } else { 0 },
        leads_groups: None,
    };
    let cohort = specialists::Cohort {
        display_name: format!("Mastery Specialists of {first_academic_year}"),
        number: 1,
        education_phase: phase.into(),
        programme: programme.to_owned(),
        first_academic_year: first_academic_year.to_owned(),
        window_start_date: "2018-05-01".to_owned(),
        window_end_date: "2018-05-31".to_owned(),
        years: settings.iter().zip(1..).map(year).collect(),
        ..Default::default()
    };
    let request = specialists::CreateCohortRequest {
        request_id: format!("cohort-{programme}"),
        cohort_id: programme.to_owned(),
        cohort: Some(cohort),
    };
    let created = ncetm.decided(|| async { ncetm.cohorts().create_cohort(request.clone()).await }).await;
    let cohort = created.unwrap().into_inner().cohort.unwrap();
    (cohort.name, cohort.years.iter().map(|year| year.leads_groups()).collect())
}

/// A secondary specialist whose third year is 2018/19, and a primary one whose second it is.
async fn train(suite: &Suite, hub: &str) -> [String; 2] {
    let ncetm = suite.ncetm();
    let settings = [YearSetting::OwnTeaching, YearSetting::OwnDepartment, YearSetting::LocalSchools];
    let (secondary, leads) = announce(&ncetm, SECONDARY, EducationPhase::Secondary, "2016/17", &settings).await;
    assert_eq!(leads, [false, false, true], "a secondary specialist leads in the year of local schools");
    let (primary, leads) = announce(&ncetm, PROGRAMME, EducationPhase::Primary, "2017/18", &[YearSetting::OwnTeaching; 2]).await;
    assert_eq!(leads, [false, true]);
    let teachers = [record_teacher(suite, SECONDARY_SCHOOL).await, record_teacher(suite, PRIMARY_SCHOOL).await];
    suite.specialists_caught_up().await;
    nominate(suite, &secondary, SECONDARY_SCHOOL, hub, &teachers[0]).await;
    nominate(suite, &primary, PRIMARY_SCHOOL, hub, &teachers[1]).await;
    suite.move_to("2018-06-01");
    let ncetm = suite.ncetm();
    for cohort in [&secondary, &primary] {
        rank(&ncetm, cohort).await;
        assert_eq!(select(&ncetm, cohort, 1).await.len(), 1);
    }
    teachers
}

/// The participations of schools that accepted a place of the secondary programme and started.
async fn participations(suite: &Suite, hub: &str) -> Vec<String> {
    let ncetm = suite.ncetm();
    let secondary = pb::RoundProgramme { programme: SECONDARY.to_owned(), ..Default::default() };
    let announced =
        pb::Round { programmes: vec![secondary], ..round("2018/19", ["2018-06-01", "2018-06-30"], pb::PlaceOrder::Submission) };
    let round = ncetm.announce("2018", announced).await.unwrap();
    ncetm.set_places(&round, pb::Places { programme: SECONDARY.to_owned(), ..places(hub, 3) }).await.unwrap();
    for urn in SCHOOLS {
        let draft = ncetm.draft_for(&round, SECONDARY, urn, hub).await.unwrap();
        ncetm.submit(&draft.name).await.unwrap();
    }
    let mut participations = Vec::new();
    for application in ncetm.offer_for(&round, SECONDARY, hub, 0).await.unwrap() {
        participations.push(ncetm.accept(&application.name).await.unwrap().participation);
    }
    suite.move_to(FIRST_DAY);
    let lead = suite.hub_lead(hub);
    for participation in &participations {
        lead.start_year(participation, FIRST_DAY).await.unwrap();
    }
    participations
}

/// The leader plans a support visit to a school, and takes its register on the day.
async fn support(suite: &Suite, leader: &str, group: &pb::WorkGroup, participation: &str, urn: i32) -> meeting::Meeting {
    let teacher = record_teacher(suite, urn).await;
    suite.caught_up().await;
    let visit = meeting::Meeting {
        kind: meeting::MeetingKind::SupportVisit.into(),
        start_date: "2018-10-02".to_owned(),
        end_date: "2018-10-02".to_owned(),
        host_school: format!("schools/{urn}"),
        hub: group.hub.clone(),
        expected_subjects: vec![participation.to_owned()],
        ..Default::default()
    };
    let request =
        meeting::PlanMeetingRequest { request_id: format!("visit-{urn}"), parent: group.name.clone(), meeting: Some(visit) };
    let planned = suite.leader(leader).meetings().plan_meeting(request).await.unwrap().into_inner().meeting.unwrap();
    suite.move_to("2018-10-02");
    let mark = meeting::Mark {
        subject: participation.to_owned(),
        person: teacher,
        mark_date: "2018-10-02".to_owned(),
        kind: meeting::MarkKind::Attended.into(),
        ..Default::default()
    };
    let register = meeting::TakeRegisterRequest {
        request_id: format!("register-{urn}"),
        name: planned.name,
        register_state: meeting::RegisterState::Final.into(),
        marks: vec![mark],
    };
    suite.leader(leader).meetings().take_register(register).await.unwrap().into_inner().meeting.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_specialist_of_the_third_year_leads_a_pair_of_local_schools_that_counts_in_reach() {
    stories::on_each_database("2018-05-01", async |mut suite| {
        suite.start_specialists().await;
        let ncetm = suite.ncetm();
        let on = |day: &str| {
            let secondaries = SCHOOLS.into_iter().chain([SECONDARY_SCHOOL]);
            let rows = secondaries.fold(register::as_of(day), |rows, urn| rows.secondary(urn, SHEFFIELD));
            rows.primary(PRIMARY_SCHOOL, SHEFFIELD).done()
        };
        ncetm.import(&on("2018-05-01")).await.unwrap();
        let hub = ncetm.create_hub("north", SCHOOLS[0]).await.unwrap();
        ncetm.catalogue_programme_led_by(network::GroupLeader::MasterySpecialist).await.unwrap();
        catalogue_secondary(&ncetm).await;
        let [secondary, primary] = train(&suite, &hub).await;
        let participations = participations(&suite, &hub).await;
        suite.ncetm().import(&on("2018-09-01")).await.unwrap();
        suite.caught_up().await;
        suite.leaders_caught_up().await;

        let lead = suite.hub_lead(&hub);
        let refused = |answer: Result<pb::WorkGroup, Status>| reason(&answer.unwrap_err());
        assert_eq!(
            refused(lead.form_work_group([&hub, SECONDARY, &primary], 1, &participations[..2], FIRST_DAY).await),
            "LEADER_NOT_SPECIALIST"
        );
        assert_eq!(
            refused(lead.form_work_group([&hub, SECONDARY, &secondary], 1, &participations, FIRST_DAY).await),
            "WORK_GROUP_FULL"
        );
        let pair = lead.form_work_group([&hub, SECONDARY, &secondary], 1, &participations[..2], FIRST_DAY).await.unwrap();
        assert_eq!((pair.schools_count, pair.meetings_count, pair.support_visits_per_term_count), (2, 6, 1));

        let visit = support(&suite, &secondary, &pair, &participations[0], SCHOOLS[0]).await;
        assert_eq!((visit.state(), visit.kind()), (meeting::MeetingState::Held, meeting::MeetingKind::SupportVisit));
        let visited = pb::GetParticipationRequest { name: participations[0].clone() };
        let visited = suite.hub_lead(&hub).participations().get_participation(visited).await.unwrap().into_inner();
        assert_eq!(visited.participation.unwrap().first_attendance_date, "2018-10-02");

        let folder = tempfile::tempdir().unwrap();
        let lake = folder.path().join("lake");
        collect(&lake, &[suite.source("network"), suite.source("enrolment")], suite.clock.now()).await.unwrap();
        let today = suite.clock.today();
        let reach = measure(&lake, &Measure::on(today, today)).unwrap();
        let year = AcademicYear::of(today);
        let active = reach.find_figure(year, &Level::National, Some(SECONDARY), Some(Phase::Secondary), Stage::Active).unwrap();
        assert_eq!((active.schools_count, active.reached_count), (4, 3), "the pair, and the school that is in no group yet");
    })
    .await;
}
