//! Work Groups of the first and the second year of a programme.

use proto::{enrolment::v1 as pb, meeting::v1 as meeting, network::v1::WorkGroupShape};

use super::{SHAPE, SPECIALIST, form, intervals, open, places};
use crate::{fixture::*, meetings::calls};

/// A group of schools in a year of the programme, in the second academic year.
fn form_next(participations: &[String], year_number: i32) -> pb::FormWorkGroupRequest {
    let mut request = form(SPECIALIST, participations);
    let group = request.work_group.as_mut().unwrap();
    (group.academic_year, group.year_number) = ("2019/20".to_owned(), year_number);
    pb::FormWorkGroupRequest { start_date: "2019-09-09".to_owned(), ..request }
}

#[tokio::test]
async fn a_school_that_defers_its_year_goes_on_in_a_group_of_the_next() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let north = fixture.hub_lead(NORTH);
        let places = places(&fixture, 100_001..=100_003).await;
        let group = north.form(form(SPECIALIST, &places)).await.unwrap();
        fixture.clock.move_to(noon("2018-11-20"));
        north.start_year(&places[0], "2018-09-10").await.unwrap();
        let deferred = north.defer(&places[0], "2018-11-05").await.unwrap();
        assert_eq!(deferred.state(), pb::ParticipationState::Deferred);
        assert_eq!(intervals(&north, &places[0]).await, [(group.name.clone(), "2018-09-03".to_owned(), "2018-11-04".to_owned())]);
        assert_eq!(reason(north.place_school(&group.name, &places[0], "2018-11-20").await), "STATE_ENDED");

        fixture.clock.move_to(noon("2019-09-20"));
        let resumed = north.resume(&places[0], "2019-09-09").await.unwrap();
        let days = resumed.deferrals.iter().map(|one| (one.start_date.as_str(), one.resume_date.as_str())).collect::<Vec<_>>();
        assert_eq!((resumed.state(), days), (pb::ParticipationState::Active, vec![("2018-11-05", "2019-09-09")]));
        // Its first year is that of 2019/20 now.
        let next = |year_number: i32| form_next(&places[..1], year_number);
        fixture::programme_with_groups(fixture.pool(), MASTERY, WorkGroupShape { schools_min_count: 1, ..SHAPE }).await;
        assert_eq!(reason(north.form(next(2)).await), "PARTICIPATION_NOT_OF_GROUP");
        north.form(next(1)).await.unwrap();
        assert_eq!(north.complete_year(&places[0], "2019-09-20").await.unwrap().years_completed_count, 1);
    }
}

#[tokio::test]
async fn the_group_of_the_second_year_has_the_meetings_of_that_year() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let north = fixture.hub_lead(NORTH);
        let places = places(&fixture, 100_001..=100_003).await;
        let first = north.form(form(SPECIALIST, &places)).await.unwrap();
        fixture.clock.move_to(noon("2019-09-09"));
        for place in &places {
            north.start_year(place, "2018-09-10").await.unwrap();
            north.complete_year(place, "2019-07-12").await.unwrap();
        }
        // Two go on, and the third does not.
        let leaving = north.participation(&places[2]).await.unwrap();
        north.leave(&leaving.name, "2019-09-02").await.unwrap();
        assert_eq!(reason(north.form(form_next(&places, 2)).await), "STATE_ENDED");
        assert_eq!(reason(north.form(form_next(&places[..2], 1)).await), "PARTICIPATION_NOT_OF_GROUP");
        let second = north.form(form_next(&places[..2], 2)).await.unwrap();
        assert_eq!(
            (second.schools_count, second.year_number, second.meetings_count, second.terms == first.terms),
            (2, 2, 4, true)
        );
        let read = [north.group(&first.name).await.unwrap(), fixture.leader(SPECIALIST).group(&second.name).await.unwrap()];
        assert_eq!(read.map(|group| (group.year_number, group.meetings_count)), [(1, 6), (2, 4)]);
        let of_year = pb::ListWorkGroupsRequest { academic_year: "2019/20".to_owned(), ..Default::default() };
        assert_eq!(north.groups(of_year).await, std::slice::from_ref(&second.name));
        let days = |group: &pb::WorkGroup, start: &str| (group.name.clone(), start.to_owned(), String::new());
        assert_eq!(intervals(&north, &places[0]).await, [days(&first, "2018-09-03"), days(&second, "2019-09-09")]);
        let planned = north.plan_in(&second.name, calls::meeting("2019-11-05")).await.unwrap();
        assert_eq!(planned.state(), meeting::MeetingState::Planned);
    }
}
