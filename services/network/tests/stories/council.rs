//! The Council: one meeting a term, and decisions that everybody can read.

use proto::network::v1 as pb;
use tonic::Status;

use crate::fixture::*;

async fn meet(fixture: &Fixture, id: &str, year: &str, term: pb::Term, day: &str) -> Result<pb::CouncilMeeting, Status> {
    let meeting = pb::CouncilMeeting {
        academic_year: year.to_owned(),
        term: term.into(),
        meeting_date: day.to_owned(),
        ..Default::default()
    };
    let request = pb::RecordMeetingRequest { request_id: fresh(), meeting_id: id.to_owned(), council_meeting: Some(meeting) };
    Ok(fixture.council_as("ncetm").record_meeting(request).await?.into_inner().council_meeting.unwrap())
}

async fn decide(fixture: &Fixture, meeting: &str, id: &str, kind: pb::DecisionKind) -> Result<pb::Decision, Status> {
    let decision = pb::Decision {
        kind: kind.into(),
        text: format!("Decided: {id}"),
        start_date: "2018-09-01".to_owned(),
        ..Default::default()
    };
    let request = pb::RecordDecisionRequest {
        request_id: fresh(),
        council_meeting: format!("councilMeetings/{meeting}"),
        decision_id: id.to_owned(),
        decision: Some(decision),
    };
    Ok(fixture.council_as("ncetm").record_decision(request).await?.into_inner().decision.unwrap())
}

#[tokio::test]
async fn a_second_meeting_in_a_term_is_refused_also_when_many_are_recorded_at_once() {
    on_each(|fixture| async move {
        let ids: Vec<String> = (0..16).map(|number| format!("spring-{number}")).collect();
        let calls = ids.iter().map(|id| meet(&fixture, id, "2017/18", pb::Term::Spring, "2018-03-01"));
        let answers = futures::future::join_all(calls).await;
        let recorded: Vec<_> = answers.iter().flatten().collect();
        assert_eq!(recorded.len(), 1);
        for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert_eq!(reason(refused), "COUNCIL_TERM_TAKEN");
            assert!(refused.message().contains(&recorded[0].name), "{refused} names the meeting of the term");
        }
        meet(&fixture, "summer", "2017/18", pb::Term::Summer, "2018-06-01").await.unwrap();
        meet(&fixture, "next-spring", "2018/19", pb::Term::Spring, "2019-03-01").await.unwrap();
        assert_eq!(fixture.event_types().await, ["CouncilMeetingRecorded"; 3]);
    })
    .await;
}

#[tokio::test]
async fn a_school_reads_meetings_by_day_and_decisions_by_meeting_and_kind() {
    on_each(|fixture| async move {
        use pb::DecisionKind::{Policy, Priority};
        meet(&fixture, "a-later-one", "2018/19", pb::Term::Autumn, "2018-11-08").await.unwrap();
        meet(&fixture, "spring-2018", "2017/18", pb::Term::Spring, "2018-03-01").await.unwrap();
        for (meeting, id, kind) in
            [("spring-2018", "early-years", Priority), ("spring-2018", "release", Policy), ("a-later-one", "order", Policy)]
        {
            decide(&fixture, meeting, id, kind).await.unwrap();
        }
        let mut school = fixture.council_as("school:schools/100001");
        let meetings = |page_token| pb::ListMeetingsRequest { page_size: 1, page_token, ..Default::default() };
        let first = school.list_meetings(meetings(String::new())).await.unwrap().into_inner();
        let second = school.list_meetings(meetings(first.next_page_token)).await.unwrap().into_inner();
        let names = [&first.council_meetings[0].name, &second.council_meetings[0].name];
        assert_eq!(
            (names, second.next_page_token.as_str()),
            (["councilMeetings/spring-2018", "councilMeetings/a-later-one"].map(str::to_owned).each_ref(), "")
        );
        let of_year = pb::ListMeetingsRequest { academic_year: "2018/19".to_owned(), ..Default::default() };
        assert_eq!(school.list_meetings(of_year).await.unwrap().into_inner().council_meetings, second.council_meetings);

        let mut decisions = async |council_meeting: &str, kind: i32| {
            let request = pb::ListDecisionsRequest { council_meeting: council_meeting.to_owned(), kind, ..Default::default() };
            let decisions = school.list_decisions(request).await.unwrap().into_inner().decisions;
            decisions.into_iter().map(|decision| decision.name).collect::<Vec<_>>()
        };
        let name = |meeting: &str, id: &str| format!("councilMeetings/{meeting}/decisions/{id}");
        let early_years = name("spring-2018", "early-years");
        assert_eq!(decisions("", 0).await, [name("a-later-one", "order"), early_years.clone(), name("spring-2018", "release")]);
        assert_eq!(decisions("councilMeetings/spring-2018", 0).await.len(), 2);
        assert_eq!(decisions("", Priority.into()).await, [early_years]);
    })
    .await;
}

#[tokio::test]
async fn the_words_of_a_decision_are_in_no_event() {
    on_each(|fixture| async move {
        meet(&fixture, "spring", "2017/18", pb::Term::Spring, "2018-03-01").await.unwrap();
        let decision = decide(&fixture, "spring", "order", pb::DecisionKind::Policy).await.unwrap();
        assert_eq!(decision.text, "Decided: order");
        let event = fixture.events().await.pop().unwrap();
        let recorded: pb::DecisionRecorded = prost::Message::decode(event.payload.as_slice()).unwrap();
        assert_eq!(recorded.decision, Some(pb::Decision { text: String::new(), ..decision }));
    })
    .await;
}
