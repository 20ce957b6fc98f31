//! Work Groups: schools under the leadership of a specialist from another school.

mod at_once;
mod calls;
mod leaders;
mod moves;
mod proposals;
mod terms;
mod years;

use std::sync::Arc;

use proto::{
    enrolment::v1::{self as pb, PlaceOrder, WorkGroupState},
    network::v1::{GroupLeader, WorkGroupShape},
};

use crate::fixture::*;

/// A specialist who teaches at school 100500, and a person of school 100501 who is none.
pub(crate) const SPECIALIST: &str = "persons/specialist";
pub(crate) const TEACHER: &str = "persons/teacher";
const OTHER_SPECIALIST: &str = "persons/other-specialist";

/// Of mastery: 2 to 6 schools, led by a specialist.
pub(crate) const SHAPE: WorkGroupShape = WorkGroupShape {
    schools_min_count: 2,
    schools_max_count: 6,
    participants_per_school_count: 2,
    leader: GroupLeader::MasterySpecialist as i32,
};

/// A suite in which mastery has Work Groups, with the two persons, and a round with places.
pub(crate) async fn open(database: &db::testing::TestDatabase) -> Fixture {
    let fixture = Fixture::with_round(database, PlaceOrder::Submission, 40).await;
    fixture::programme_with_groups(fixture.pool(), MASTERY, SHAPE).await;
    specialist(&fixture, SPECIALIST, 100_500).await;
    fixture::person(fixture.pool(), id(TEACHER), 100_501).await;
    fixture
}

fn id(person: &str) -> &str {
    person.strip_prefix("persons/").unwrap()
}

/// A specialist of a cohort of mastery whose years are 2017/18 and 2018/19, and who leads groups in the second.
pub(crate) async fn specialist(fixture: &Fixture, person: &str, urn: i64) {
    specialist_of(fixture, MASTERY, person, urn).await;
}

/// The same of a cohort of another programme.
async fn specialist_of(fixture: &Fixture, programme: &str, person: &str, urn: i64) {
    fixture::person(fixture.pool(), id(person), urn).await;
    let cohort = format!("cohorts/{programme}");
    for (year, leads, is_last) in [("2017/18", false, false), ("2018/19", true, true)] {
        cohort_year(fixture, programme, year, leads, is_last).await;
    }
    fixture
        .sql(format!("INSERT INTO specialist VALUES ('{cohort}/nominations/{0}', '{cohort}', '{0}', 'south')", id(person)))
        .await;
}

/// A year of the cohort of a programme.
async fn cohort_year(fixture: &Fixture, programme: &str, year: &str, leads: bool, is_last: bool) {
    let row = format!("'cohorts/{programme}', '{programme}', '{year}', {leads}, {is_last}");
    fixture.sql(format!("INSERT INTO cohort_year VALUES ({row}) ON CONFLICT DO NOTHING")).await;
}

/// Participations of schools that accepted a place of the north, in the order of the schools.
pub(crate) async fn places(fixture: &Fixture, urns: impl IntoIterator<Item = i64>) -> Vec<String> {
    let ncetm = fixture.ncetm();
    let mut places = Vec::new();
    for urn in urns {
        let applied = ncetm.apply(urn, NORTH).await.unwrap();
        ncetm.offer(NORTH, 1).await.unwrap();
        places.push(ncetm.accept(&applied.name).await.unwrap().participation);
    }
    places
}

pub(crate) fn form(leader: &str, participations: &[String]) -> pb::FormWorkGroupRequest {
    pb::FormWorkGroupRequest {
        request_id: String::new(),
        work_group: Some(pb::WorkGroup {
            hub: NORTH.to_owned(),
            programme: MASTERY.to_owned(),
            academic_year: "2018/19".to_owned(),
            year_number: 1,
            leader: leader.to_owned(),
            ..pb::WorkGroup::default()
        }),
        participations: participations.to_vec(),
        start_date: "2018-09-03".to_owned(),
        validate_only: false,
    }
}

/// The days of a participation in groups.
async fn intervals(client: &Client, participation: &str) -> Vec<(String, String, String)> {
    let filter = pb::ListMembershipsRequest { participation: participation.to_owned(), ..Default::default() };
    let rows = client.memberships(filter).await;
    rows.into_iter().map(|row| (row.work_group, row.start_date, row.end_date)).collect()
}

#[tokio::test]
async fn a_specialist_of_a_seventh_school_leads_a_group_of_six() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let north = fixture.hub_lead(NORTH);
        let places = places(&fixture, 100_001..=100_007).await;
        assert_eq!(reason(north.form(form(SPECIALIST, &places)).await), "WORK_GROUP_FULL");
        assert_eq!(reason(north.form(form(SPECIALIST, &places[..1])).await), "WORK_GROUP_BELOW_MINIMUM");
        assert_eq!(reason(north.form(form(TEACHER, &places[..6])).await), "LEADER_NOT_SPECIALIST");
        assert_eq!(reason(north.form(form("persons/nobody", &places[..6])).await), "NOT_FOUND");
        assert_eq!(reason(fixture.hub_lead(SOUTH).form(form(SPECIALIST, &places[..6])).await), "HUB_NOT_OWN");

        // The specialist's school became the academy 100007, which is one of the schools.
        fixture.link(100_500, 100_007, false, "2018-08-31").await;
        assert_eq!(reason(north.form(form(SPECIALIST, &places[1..])).await), "LEADER_OF_OWN_SCHOOL");

        let group = north.form(form(SPECIALIST, &places[..6])).await.unwrap();
        assert_eq!((group.schools_count, group.leader.as_str(), group.state()), (6, SPECIALIST, WorkGroupState::Open));
        assert_eq!(
            (group.terms.as_str(), group.current_hub.as_str()),
            ("programmes/primary-teaching-for-mastery/terms/1", NORTH)
        );
        assert_eq!(reason(north.place_school(&group.name, &places[6], "2018-09-03").await), "LEADER_OF_OWN_SCHOOL");
        // Each participation is in one open group.
        specialist(&fixture, OTHER_SPECIALIST, 100_510).await;
        assert_eq!(reason(north.form(form(OTHER_SPECIALIST, &places[5..])).await), "MEMBER_OF_GROUP");
        assert_eq!(fixture.events().await.iter().filter(|name| *name == "WorkGroupFormed").count(), 1);
    }
}

#[tokio::test]
async fn a_school_that_moves_in_march_has_two_memberships() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let north = fixture.hub_lead(NORTH);
        let places = places(&fixture, 100_001..=100_004).await;
        specialist(&fixture, OTHER_SPECIALIST, 100_510).await;
        let first = north.form(form(SPECIALIST, &places[..2])).await.unwrap();
        let second = north.form(form(OTHER_SPECIALIST, &places[2..])).await.unwrap();
        fixture.clock.move_to(noon("2019-03-04"));
        assert_eq!(reason(north.place_school(&first.name, &places[0], "2019-03-04").await), "MEMBER_OF_GROUP");
        assert_eq!(reason(north.place_school(&second.name, &places[0], "2018-09-03").await), "DATE_BEFORE_LAST");
        assert_eq!(reason(north.place_school(&second.name, &places[0], "2019-09-01").await), "DATE_OUTSIDE_YEAR");
        let moved = north.place_school(&second.name, &places[0], "2019-03-01").await.unwrap();
        assert_eq!((moved.schools_count, north.group(&first.name).await.unwrap().schools_count), (3, 1));
        let days = |group: &pb::WorkGroup, start: &str, end: &str| (group.name.clone(), start.to_owned(), end.to_owned());
        assert_eq!(
            intervals(&north, &places[0]).await,
            [days(&first, "2018-09-03", "2019-02-28"), days(&second, "2019-03-01", "")]
        );
        let on = |group: &pb::WorkGroup, day: &str| pb::ListMembershipsRequest {
            work_group: group.name.clone(),
            as_of_date: day.to_owned(),
            ..Default::default()
        };
        assert_eq!(north.memberships(on(&first, "2019-02-28")).await.len(), 2);
        assert_eq!(north.memberships(on(&first, "2019-03-01")).await.len(), 1);

        let ended = north.end_group(&moved, "2019-03-04").await.unwrap();
        assert_eq!((ended.state(), ended.schools_count, ended.end_date.as_str()), (WorkGroupState::Ended, 0, "2019-03-04"));
        assert_eq!(reason(north.end_group(&ended, "2019-03-04").await), "STATE_ENDED");
        assert_eq!(intervals(&north, &places[0]).await[1].2, "2019-03-04");
        // A school of an ended group can join another.
        north.place_school(&first.name, &places[0], "2019-03-05").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_calls_at_once_never_overfill_a_group() {
    for database in db::testing::databases().await {
        let fixture = Arc::new(open(&database).await);
        let ncetm = fixture.ncetm();
        ncetm.set_places(NORTH, 100, &ncetm.places().await.unwrap()[0].etag).await.unwrap();
        let places = places(&fixture, 100_001..=100_066).await;
        let group = ncetm.form(form(SPECIALIST, &places[64..])).await.unwrap();
        let calls: Vec<_> = places[..64]
            .iter()
            .map(|place| {
                let (ncetm, group, place) = (ncetm.clone(), group.name.clone(), place.clone());
                tokio::spawn(async move { ncetm.place_school(&group, &place, "2018-09-10").await })
            })
            .collect();
        let mut joined = 0;
        for call in calls {
            match call.await.unwrap() {
                Ok(_) => joined += 1,
                refused => assert_eq!(reason(refused), "WORK_GROUP_FULL"),
            }
        }
        assert_eq!((joined, ncetm.group(&group.name).await.unwrap().schools_count), (4, 6));
        let filter = pb::ListMembershipsRequest { work_group: group.name, ..Default::default() };
        assert_eq!(ncetm.memberships(filter).await.len(), 6);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_schools_change_places_at_once() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let ncetm = fixture.ncetm();
        let places = places(&fixture, 100_001..=100_004).await;
        specialist(&fixture, OTHER_SPECIALIST, 100_510).await;
        let first = ncetm.form(form(SPECIALIST, &places[..2])).await.unwrap();
        let second = ncetm.form(form(OTHER_SPECIALIST, &places[2..])).await.unwrap();
        fixture.clock.move_to(noon("2018-10-04"));
        for (round, day) in ["2018-10-01", "2018-10-02", "2018-10-03", "2018-10-04"].into_iter().enumerate() {
            let (mut there, mut back) = (second.name.clone(), first.name.clone());
            if round % 2 == 1 {
                std::mem::swap(&mut there, &mut back);
            }
            let (one, other) = (ncetm.clone(), ncetm.clone());
            let (place, other_place) = (places[0].clone(), places[2].clone());
            let one = tokio::spawn(async move { one.place_school(&there, &place, day).await });
            let other = tokio::spawn(async move { other.place_school(&back, &other_place, day).await });
            one.await.unwrap().unwrap();
            other.await.unwrap().unwrap();
        }
        for group in [first, second] {
            assert_eq!(ncetm.group(&group.name).await.unwrap().schools_count, 2);
        }
    }
}

#[tokio::test]
async fn a_school_that_leaves_the_programme_leaves_its_group() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let north = fixture.hub_lead(NORTH);
        let places = places(&fixture, 100_001..=100_003).await;
        let group = north.form(form(SPECIALIST, &places)).await.unwrap();
        // A place that is given back before September was never a membership.
        let application = north.participation(&places[2]).await.unwrap().application;
        north.withdraw(&application).await.unwrap();
        assert_eq!(intervals(&north, &places[2]).await, []);
        fixture.clock.move_to(noon("2018-11-05"));
        north.start_year(&places[0], "2018-09-10").await.unwrap();
        north.leave(&places[0], "2018-11-02").await.unwrap();
        assert_eq!(intervals(&north, &places[0]).await, [(group.name.clone(), "2018-09-03".to_owned(), "2018-11-02".to_owned())]);
        assert_eq!(north.group(&group.name).await.unwrap().schools_count, 1);
        assert_eq!(reason(north.place_school(&group.name, &places[0], "2018-11-05").await), "STATE_ENDED");
    }
}

#[tokio::test]
async fn a_person_reads_the_groups_that_the_person_leads_and_no_others() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let north = fixture.hub_lead(NORTH);
        let places = places(&fixture, 100_001..=100_004).await;
        specialist(&fixture, OTHER_SPECIALIST, 100_510).await;
        let own = north.form(form(SPECIALIST, &places[..2])).await.unwrap();
        let other = north.form(form(OTHER_SPECIALIST, &places[2..])).await.unwrap();
        let leader = fixture.leader(SPECIALIST);
        assert_eq!(leader.groups(Default::default()).await, std::slice::from_ref(&own.name));
        assert_eq!(leader.memberships(Default::default()).await.len(), 2);
        assert_eq!(reason(leader.group(&other.name).await), "NOT_FOUND");
        // After a merge of two records the person has two ids, and either is the person.
        fixture::person(fixture.pool(), "merged", 100_500).await;
        fixture.sql("UPDATE person SET current_id = 'specialist' WHERE id = 'merged'").await;
        assert_eq!(fixture.leader("persons/merged").groups(Default::default()).await, std::slice::from_ref(&own.name));

        fixture.clock.move_to(noon("2018-12-03"));
        let changed = north.change_leader(&own, OTHER_SPECIALIST, "2018-12-03").await.unwrap();
        assert_eq!((changed.leader.as_str(), changed.leader_start_date.as_str()), (OTHER_SPECIALIST, "2018-12-03"));
        assert_eq!(reason(north.change_leader(&own, SPECIALIST, "2018-12-03").await), "ETAG_STALE");
        assert_eq!(leader.groups(Default::default()).await, [""; 0]);
        assert_eq!(fixture.leader(OTHER_SPECIALIST).groups(Default::default()).await.len(), 2);
        // A school sees the group in which it is, and its membership only.
        let school = fixture.school(100_001);
        assert_eq!(school.groups(Default::default()).await, [own.name]);
        assert_eq!(school.memberships(Default::default()).await.len(), 1);
        assert_eq!(reason(fixture.hub_lead(SOUTH).group(&other.name).await), "NOT_FOUND");
    }
}

#[tokio::test]
async fn a_group_follows_the_choices_of_its_schools_when_its_hub_closes() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let (north, south) = (fixture.hub_lead(NORTH), fixture.hub_lead(SOUTH));
        let places = places(&fixture, 100_001..=100_003).await;
        let group = north.form(form(SPECIALIST, &places)).await.unwrap();
        for urn in [100_001, 100_002] {
            fixture.choice(urn, SOUTH, "2019-01-07").await;
        }
        fixture.sql("UPDATE hub SET end_date = '2019-01-06' WHERE id = 'north'").await;
        fixture.clock.move_to(noon("2019-01-06"));
        assert_eq!(reason(south.group(&group.name).await), "NOT_FOUND");
        fixture.clock.move_to(noon("2019-01-07"));
        assert_eq!(reason(north.group(&group.name).await), "NOT_FOUND");
        let found = south.group(&group.name).await.unwrap();
        assert_eq!((found.hub.as_str(), found.current_hub.as_str()), (NORTH, SOUTH));
        assert_eq!(south.groups(Default::default()).await, [group.name]);
    }
}

#[tokio::test]
async fn a_get_or_a_page_of_groups_is_one_statement() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let places = places(&fixture, [100_001, 100_002]).await;
        let group = fixture.ncetm().form(form(SPECIALIST, &places)).await.unwrap();
        let callers = [fixture.ncetm(), fixture.hub_lead(NORTH), fixture.school(100_001), fixture.leader(SPECIALIST)];
        let before = fixture.service.context.pool.statements_count();
        for caller in &callers {
            caller.group(&group.name).await.unwrap();
            let filter = pb::ListWorkGroupsRequest {
                hub: NORTH.to_owned(),
                school: school(100_001),
                leader: SPECIALIST.to_owned(),
                ..Default::default()
            };
            assert_eq!(caller.groups(filter).await.len(), 1);
            assert!(!caller.memberships(Default::default()).await.is_empty());
        }
        assert_eq!(fixture.service.context.pool.statements_count() - before, 3 * 4);
    }
}
