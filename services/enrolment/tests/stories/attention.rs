//! Early warning: each reason for which somebody should look at a participation, as lists give it.

mod closing;
mod scale;

use std::collections::BTreeMap;

use proto::{
    enrolment::v1::{self as pb, AttentionReason::*},
    meeting::v1::{self as meeting, MarkKind::*, MeetingKind},
};

use crate::{
    fixture::*,
    meetings::calls::{Group, as_host, mark, meeting as day_of},
    work_groups::{self, SHAPE, SPECIALIST, form, places},
};

impl Client {
    /// A page of participations that have one of these reasons.
    pub(crate) async fn page_with(&self, reasons: &[pb::AttentionReason]) -> pb::ListParticipationsResponse {
        let attention = reasons.iter().map(|reason| (*reason).into()).collect();
        let request = pb::ListParticipationsRequest { attention, page_size: 1_000, ..Default::default() };
        self.participations.clone().list_participations(request).await.unwrap().into_inner()
    }

    /// Why a participation needs attention.
    pub(crate) async fn attention(&self, participation: &str) -> Vec<pb::Attention> {
        let page = self.page_with(&[]).await;
        assert!(page.participations.iter().any(|one| one.name == participation), "the page has {participation}");
        page.attention.get(participation).map(|list| list.attentions.clone()).unwrap_or_default()
    }

    /// The reasons of a participation.
    pub(crate) async fn reasons(&self, participation: &str) -> Vec<pb::AttentionReason> {
        self.attention(participation).await.iter().map(pb::Attention::reason).collect()
    }

    /// The participations of a list with a reason, each with the day of it.
    async fn days_of(&self, reason: pb::AttentionReason) -> BTreeMap<String, String> {
        let page = self.page_with(&[reason]).await;
        let day = |name: &String| {
            let attentions = &page.attention[name].attentions;
            attentions.iter().find(|one| one.reason() == reason).expect("the reason of the list").date.clone()
        };
        page.participations.iter().map(|one| (one.name.clone(), day(&one.name))).collect()
    }
}

/// The same day for each participation.
fn all_on(names: &[String], date: &str) -> BTreeMap<String, String> {
    names.iter().map(|name| (name.clone(), date.to_owned())).collect()
}

#[tokio::test]
async fn from_the_first_of_october_a_participation_without_a_group_needs_attention() {
    for database in db::testing::databases().await {
        let fixture = work_groups::open(&database).await;
        let north = fixture.hub_lead(NORTH);
        let places = places(&fixture, 100_001..=100_004).await;
        let group = north.form(form(SPECIALIST, &places[..2])).await.unwrap();
        north.withdraw(&north.participation(&places[3]).await.unwrap().application).await.unwrap();
        // 23:59:59 in London on 30 September, and midnight, which is 23:00 UTC.
        fixture.clock.move_to(day("2018-09-30").end().plus_micros(-1));
        assert_eq!(north.days_of(NoWorkGroup).await, BTreeMap::new());
        fixture.clock.move_to(day("2018-10-01").start());
        assert_eq!(north.days_of(NoWorkGroup).await, all_on(&places[2..3], "2018-10-01"), "a cancelled one needs none");
        north.place_school(&group.name, &places[2], "2018-10-01").await.unwrap();
        assert_eq!(north.days_of(NoWorkGroup).await, BTreeMap::new());

        fixture.clock.move_to(noon("2018-11-20"));
        for place in &places[..2] {
            north.start_year(place, "2018-09-10").await.unwrap();
        }
        north.remove_school(&group.name, &places[0], "2018-11-16").await.unwrap();
        north.defer(&places[1], "2018-11-05").await.unwrap();
        assert_eq!(north.days_of(NoWorkGroup).await, all_on(&places[..1], "2018-10-01"), "a deferred one has no year");

        // The group of the first year is none of the second.
        fixture.clock.move_to(noon("2019-09-30"));
        assert_eq!(north.days_of(NoWorkGroup).await, BTreeMap::new());
        fixture.clock.move_to(noon("2019-10-01"));
        let without = BTreeMap::from([&places[0], &places[2]].map(|name| (name.clone(), "2019-10-01".to_owned())));
        assert_eq!(north.days_of(NoWorkGroup).await, without);
        north.leave(&places[0], "2019-10-01").await.unwrap();
        fixture.clock.move_to(noon("2020-10-01"));
        assert_eq!(north.days_of(NoWorkGroup).await, BTreeMap::new(), "both years are over");
    }
}

#[tokio::test]
async fn a_programme_without_groups_asks_for_none() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, pb::PlaceOrder::Submission, 1).await;
        let place = places(&fixture, [100_001]).await.remove(0);
        fixture.clock.move_to(noon("2018-10-01"));
        assert_eq!(fixture.hub_lead(NORTH).reasons(&place).await, []);
        fixture::programme_with_groups(fixture.pool(), MASTERY, SHAPE).await;
        assert_eq!(fixture.hub_lead(NORTH).reasons(&place).await, [NoWorkGroup]);
    }
}

#[tokio::test]
async fn two_meetings_missed_running_are_the_last_two_that_were_held_and_by_the_newest_marks() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002]).await;
        let mut held = Vec::new();
        for (date, kinds) in [
            ("2018-09-18", [Attended, Absent]),
            ("2018-10-02", [Absent, AbsentWithNotice]),
            ("2018-10-16", [AbsentWithNotice, Attended]),
        ] {
            let planned = group.lead.plan(day_of(date)).await.unwrap();
            group.fixture.clock.move_to(noon(date));
            let marks = vec![group.mark(0, date, kinds[0]), group.mark(1, date, kinds[1])];
            held.push(group.lead.take(&planned.name, marks).await.unwrap().name);
        }
        let missed = group.lead.attention(&group.places[0]).await;
        assert_eq!(
            (missed[0].reason(), &missed[0].meetings[..], missed[0].date.as_str()),
            (MeetingsMissed, &held[1..], "2018-10-16")
        );
        assert_eq!(group.lead.days_of(MeetingsMissed).await, all_on(&group.places[..1], "2018-10-16"));

        // A cancelled meeting is no absence, a visit is no meeting, and neither is one that does not expect the school.
        group.fixture.clock.move_to(noon("2018-11-20"));
        let snow = group.lead.plan(day_of("2018-11-06")).await.unwrap();
        group.lead.cancel_meeting(&snow.name, &snow.etag).await.unwrap();
        let visit = group.lead.plan(as_host(MeetingKind::PeerVisit, 100_003)("2018-11-07")).await.unwrap();
        group
            .lead
            .take(&visit.name, vec![group.mark(0, "2018-11-07", Attended), group.mark(1, "2018-11-07", Absent)])
            .await
            .unwrap();
        let of_other = meeting::Meeting { expected_subjects: group.places[1..].to_vec(), ..day_of("2018-11-13") };
        let of_other = group.lead.plan(of_other).await.unwrap();
        group.lead.take(&of_other.name, vec![group.mark(1, "2018-11-13", Absent)]).await.unwrap();
        assert_eq!(group.lead.days_of(MeetingsMissed).await, all_on(&group.places[..1], "2018-10-16"));

        // The register of 16 October was wrong about both.
        group.lead.correct(&held[2], group.mark(0, "2018-10-16", Part)).await.unwrap();
        assert_eq!(group.lead.days_of(MeetingsMissed).await, BTreeMap::new());
        group.lead.correct(&held[2], group.mark(1, "2018-10-16", Absent)).await.unwrap();
        let missed = group.lead.attention(&group.places[1]).await;
        assert_eq!(missed[0].meetings, [held[2].clone(), of_other.name]);

        // A register without marks says that nobody came.
        let empty = group.lead.plan(day_of("2018-11-19")).await.unwrap();
        group.lead.take(&empty.name, Vec::new()).await.unwrap();
        assert_eq!(group.lead.days_of(MeetingsMissed).await, all_on(&group.places[1..], "2018-11-19"));
        group.fixture.clock.move_to(noon("2019-09-01"));
        assert_eq!(group.lead.days_of(MeetingsMissed).await, BTreeMap::new(), "it is another academic year");
    }
}

#[tokio::test]
async fn a_school_without_a_visit_in_a_term_needs_attention_in_the_next() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002, 100_003, 100_004]).await;
        // 100001 becomes the academy 100011 in November, where it is visited; 100002 visits it; the teacher of 100003 does not come.
        group.fixture.link(100_001, 100_011, false, "2018-11-01").await;
        let support = group.lead.plan(as_host(MeetingKind::SupportVisit, 100_011)("2018-11-20")).await.unwrap();
        let peer = group.lead.plan(as_host(MeetingKind::PeerVisit, 100_012)("2018-12-04")).await.unwrap();
        let never = group.lead.plan(as_host(MeetingKind::SupportVisit, 100_004)("2018-12-05")).await.unwrap();
        // 100004 joined the group after the middle of the term.
        let id = group.places[3].trim_start_matches("participations/");
        group.fixture.sql(format!("UPDATE membership SET start_date = '2018-11-20' WHERE participation = '{id}'")).await;
        group.fixture.clock.move_to(noon("2018-12-31"));
        group.lead.take(&support.name, Vec::new()).await.unwrap();
        let marks = vec![group.mark(1, "2018-12-04", Attended), group.mark(2, "2018-12-04", Absent)];
        group.lead.take(&peer.name, marks).await.unwrap();
        assert_eq!(group.lead.days_of(NoVisit).await, BTreeMap::new(), "the term is not over");
        group.fixture.clock.move_to(noon("2019-01-01"));
        assert_eq!(group.lead.days_of(NoVisit).await, all_on(&group.places[2..3], "2018-12-31"));
        assert_eq!(group.lead.attention(&group.places[2]).await[0].work_group, "workGroups/g");
        assert_eq!(group.lead.reasons(&group.places[3]).await, [RegisterOverdue], "its visit has no register");
        group.lead.cancel_meeting(&never.name, &never.etag).await.unwrap();
        // In the spring nobody was visited.
        group.fixture.clock.move_to(noon("2019-04-01"));
        assert_eq!(group.lead.days_of(NoVisit).await, all_on(&group.places, "2019-03-31"));
        group.fixture.sql("UPDATE work_group SET support_visits_per_term_count = 0").await;
        assert_eq!(group.lead.days_of(NoVisit).await, BTreeMap::new(), "the terms have no visits");
    }
}

#[tokio::test]
async fn a_peer_visit_that_a_school_hosts_for_another_group_of_the_programme_is_a_visit_of_the_school() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002]).await;
        let hosted = as_host(MeetingKind::PeerVisit, 100_001)("2018-11-06");
        let planned = group.lead.plan_in("workGroups/other", hosted).await.unwrap();
        group.fixture.clock.move_to(noon("2019-01-01"));
        assert_eq!(group.lead.days_of(NoVisit).await, all_on(&group.places, "2018-12-31"), "it was not held");
        group.lead.take(&planned.name, Vec::new()).await.unwrap();
        assert_eq!(group.lead.days_of(NoVisit).await, all_on(&group.places[1..], "2018-12-31"));
        group.fixture.sql(format!("UPDATE work_group SET programme = '{CORE_MATHS}' WHERE id = 'other'")).await;
        assert_eq!(group.lead.days_of(NoVisit).await, all_on(&group.places, "2018-12-31"), "of another programme");
    }
}

#[tokio::test]
async fn a_register_is_overdue_from_the_day_after_the_meeting_until_it_is_final() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002]).await;
        let two_days = meeting::Meeting { end_date: "2018-11-07".to_owned(), ..day_of("2018-11-06") };
        let first = group.lead.plan(two_days).await.unwrap();
        let second = group.lead.plan(day_of("2018-11-20")).await.unwrap();
        let visit = group.lead.plan(as_host(MeetingKind::SupportVisit, 100_002)("2018-11-01")).await.unwrap();
        group.fixture.clock.move_to(noon("2018-11-07"));
        assert_eq!(group.lead.days_of(RegisterOverdue).await, all_on(&group.places[1..], "2018-11-01"), "the host of the visit");
        group.lead.take(&visit.name, Vec::new()).await.unwrap();
        group.fixture.clock.move_to(noon("2018-11-08"));
        let overdue = group.lead.attention(&group.places[0]).await;
        assert_eq!((&overdue[0].meetings[..], overdue[0].date.as_str()), (&[first.name.clone()][..], "2018-11-07"));
        group.lead.draft_register(&first.name, vec![group.mark(0, "2018-11-06", Attended)]).await.unwrap();
        assert_eq!(group.lead.days_of(RegisterOverdue).await, all_on(&group.places, "2018-11-07"), "a draft is no register");
        group.lead.take(&first.name, vec![group.mark(0, "2018-11-06", Attended)]).await.unwrap();
        assert_eq!(group.lead.days_of(RegisterOverdue).await, BTreeMap::new());
        group.fixture.clock.move_to(noon("2018-11-21"));
        group.lead.cancel_meeting(&second.name, &second.etag).await.unwrap();
        assert_eq!(group.lead.days_of(RegisterOverdue).await, BTreeMap::new(), "a cancelled meeting has no register");
    }
}

#[tokio::test]
async fn a_leader_with_two_records_goes_on_as_the_one_that_stays_and_an_erased_one_needs_attention() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001]).await;
        fixture::merged_person(group.fixture.pool(), "same", 100_590, "leader").await;
        let seen = group.lead.group("workGroups/g").await.unwrap();
        assert_eq!((seen.leader.as_str(), seen.leader_start_date.as_str()), ("persons/same", "2018-09-10"));
        assert_eq!(group.lead.reasons(&group.places[0]).await, []);
        // Under either record the person leads the group, and takes no seat.
        let planned = group.fixture.leader("persons/leader").plan(day_of("2018-09-11")).await.unwrap();
        group.fixture.clock.move_to(noon("2018-09-11"));
        let own = vec![mark(&group.places[0], "same", "2018-09-11", Attended)];
        assert_eq!(crate::meetings::calls::why(group.fixture.leader("persons/same").take(&planned.name, own).await), "leads");
        group.lead.take(&planned.name, Vec::new()).await.unwrap();
        let of_leader = |leader: &str| pb::ListWorkGroupsRequest { leader: leader.to_owned(), ..Default::default() };
        for leader in ["persons/leader", "persons/same"] {
            assert_eq!(group.lead.groups(of_leader(leader)).await.len(), 2, "{leader}");
        }

        group.fixture.sql("UPDATE person SET erased = TRUE WHERE id = 'same'").await;
        let attention = group.lead.attention(&group.places[0]).await;
        assert_eq!(attention.len(), 1);
        let attention = &attention[0];
        assert_eq!(
            (attention.reason(), attention.work_group.as_str(), attention.leader.as_str()),
            (LeaderMissing, "workGroups/g", "persons/same")
        );
    }
}

#[tokio::test]
async fn a_list_can_ask_for_several_reasons_and_a_page_has_those_of_its_own_participations() {
    for database in db::testing::databases().await {
        let fixture = work_groups::open(&database).await;
        let north = fixture.hub_lead(NORTH);
        let places = places(&fixture, 100_001..=100_005).await;
        north.form(form(SPECIALIST, &places[..2])).await.unwrap();
        fixture.sql("UPDATE person SET erased = TRUE WHERE id = 'specialist'").await;
        fixture.clock.move_to(noon("2018-10-01"));
        let names =
            |page: &pb::ListParticipationsResponse| page.participations.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
        let mut expected = [places[..2].to_vec(), places[2..].to_vec()];
        expected.iter_mut().for_each(|names| names.sort());
        assert_eq!(names(&north.page_with(&[LeaderMissing]).await), expected[0]);
        assert_eq!(names(&north.page_with(&[NoWorkGroup, NoVisit]).await), expected[1]);
        assert_eq!(names(&north.page_with(&[NoWorkGroup, LeaderMissing]).await).len(), 5);
        let mut request =
            pb::ListParticipationsRequest { page_size: 2, attention: vec![NoWorkGroup.into()], ..Default::default() };
        let mut read = Vec::new();
        loop {
            let page = north.participations.clone().list_participations(request.clone()).await.unwrap().into_inner();
            assert_eq!(page.attention.keys().cloned().collect::<Vec<_>>(), names(&page));
            read.extend(names(&page));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(read, expected[1]);
        assert!(fixture.hub_lead(SOUTH).page_with(&[NoWorkGroup]).await.participations.is_empty(), "they are another hub's");
    }
}
