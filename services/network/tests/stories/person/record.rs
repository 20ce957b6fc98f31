//! The record of a person, for a subject access request.

use super::*;

#[tokio::test]
async fn the_record_of_a_person_lists_every_id_and_report_in_pages_and_without_the_name() {
    on_each(|fixture| async move {
        register(&fixture).await;
        let person = record(&fixture, NORTH, recording("Wilhelmina Quux", "w.quux@north.example", 100_001)).await.unwrap();
        let other = record(&fixture, "ncetm", recording("Wilhelmina Quux", "w.quux@home.example", 100_002)).await.unwrap();
        moves(&fixture, NORTH, &person.name, 100_003, "2018-09-01").await.unwrap();
        let meeting = pb::CouncilMeeting {
            academic_year: "2017/18".to_owned(),
            term: pb::Term::Summer.into(),
            meeting_date: "2018-06-01".to_owned(),
            present_persons: vec![other.name.clone()],
            ..pb::CouncilMeeting::default()
        };
        let meeting =
            pb::RecordMeetingRequest { request_id: fresh(), meeting_id: "summer".to_owned(), council_meeting: Some(meeting) };
        fixture.council_as("ncetm").record_meeting(meeting).await.unwrap();
        merge(&fixture, &person.name, &other.name).await.unwrap();
        let page = async |person: &str, page_size, page_token: String| {
            let request = ListPersonRecordRequest { person: person.to_owned(), page_size, page_token };
            fixture.person_records_as("ncetm").list_person_record(request).await.unwrap().into_inner()
        };
        // Either id gives the same list.
        let all = page(&other.name, 0, String::new()).await.person_records;
        let texts: Vec<_> = all.iter().map(|one| (one.resource.as_str(), one.content.clone())).collect();
        let merged = format!("was recorded by NCETM; merged into {}", person.name);
        let expected = [
            (person.name.as_str(), "teaches at schools/100001 from 2015-09-01".to_owned()),
            (&person.name, "teaches at schools/100003 from 2018-09-01".to_owned()),
            (&other.name, "teaches at schools/100002 from 2015-09-01".to_owned()),
            (&person.name, "was recorded by hubs/north; with name and address".to_owned()),
            (&other.name, merged),
            ("councilMeetings/summer", "was present at the meeting of 2018-06-01".to_owned()),
        ];
        let mut sorted = expected.to_vec();
        sorted.sort();
        let mut found = texts.clone();
        found.sort();
        assert_eq!(found, sorted);
        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            let next = page(&person.name, 1, token).await;
            seen.extend(next.person_records);
            token = next.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(seen, all);
        assert_eq!(page("persons/nobody", 0, String::new()).await.person_records, []);
        let wrong = ListPersonRecordRequest { person: "1".to_owned(), page_size: -1, page_token: "x".to_owned() };
        let wrong = fixture.person_records_as("ncetm").list_person_record(wrong).await.unwrap_err();
        assert_eq!(fields(&wrong), ["person", "page_size", "page_token"]);
    })
    .await;
}
