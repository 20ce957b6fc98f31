//! A deferred school has the terms of the schools with which it goes on, for its group, its lead participants and the reasons for attention.

use std::collections::BTreeSet;

use super::*;

#[tokio::test]
async fn a_deferred_school_has_the_terms_of_the_year_to_which_its_first_year_moved() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let north = fixture.hub_lead(NORTH);
        let places = places(&fixture, 100_001..=100_002).await;
        for person in ["ann", "bob"] {
            fixture::person(fixture.pool(), person, 100_001).await;
        }
        let pair = async |name: &str| {
            let request = pb::SetLeadParticipantsRequest {
                request_id: format!("leads-{name}"),
                name: name.to_owned(),
                persons: ["persons/ann", "persons/bob"].map(str::to_owned).to_vec(),
                start_date: "2019-09-16".to_owned(),
            };
            north.participations.clone().set_lead_participants(request).await
        };
        fixture.clock.move_to(noon("2018-11-20"));
        for place in &places {
            north.start_year(place, "2018-09-10").await.unwrap();
        }
        north.defer(&places[0], "2018-11-05").await.unwrap();
        north.complete_year(&places[1], "2018-11-20").await.unwrap();
        fixture.clock.move_to(noon("2019-10-01"));
        north.resume(&places[0], "2019-09-09").await.unwrap();
        let without_group = async || {
            let page = north.page_with(&[pb::AttentionReason::NoWorkGroup]).await;
            page.participations.into_iter().map(|one| one.name).collect::<BTreeSet<_>>()
        };
        assert_eq!(without_group().await, BTreeSet::from_iter(places.clone()), "both have a group by the terms of 2018/19");

        // Schools that begin in 2019/20 name one lead participant, and have no groups by the next terms.
        let one = WorkGroupShape { participants_per_school_count: 1, ..SHAPE };
        fixture::second_terms(fixture.pool(), MASTERY, "2019-09-01", Some(one)).await;
        assert_eq!(reason(pair(&places[0]).await), "LEAD_PARTICIPANTS_TOO_MANY");
        fixture::second_terms(fixture.pool(), MASTERY, "2019-09-01", None).await;
        assert_eq!(without_group().await, BTreeSet::from([places[1].clone()]));
        let of_first_year = pb::WorkGroup { academic_year: "2019/20".to_owned(), ..form(SPECIALIST, &[]).work_group.unwrap() };
        let request = pb::FormWorkGroupRequest {
            work_group: Some(of_first_year),
            start_date: "2019-09-09".to_owned(),
            ..form(SPECIALIST, &places[..1])
        };
        assert_eq!(reason(north.form(request).await), "NO_WORK_GROUPS");
    }
}
