//! Persons: who owns a record, who learns of it, one history of employments, merging and erasure.

mod record;

use proto::{network::v1 as pb, person::v1::ListPersonRecordRequest};
use tonic::Status;

use crate::fixture::*;

const NORTH: &str = "hub_lead:hubs/north";
const SOUTH: &str = "hub_lead:hubs/south";
const OLD_SCHOOL: &str = "school:schools/100001";
const NEW_SCHOOL: &str = "school:schools/100002";

async fn register(fixture: &Fixture) {
    fixture.import("2018-09-01", &extract((100_001..=100_005).map(row)), &[]).await.unwrap();
}

fn recording(name: &str, address: &str, urn: i32) -> pb::RecordPersonRequest {
    let details = pb::PersonDetails { display_name: name.to_owned(), email_address: address.to_owned() };
    pb::RecordPersonRequest {
        request_id: fresh(),
        details: Some(details),
        school: format!("schools/{urn}"),
        start_date: "2015-09-01".to_owned(),
    }
}

async fn record(fixture: &Fixture, caller: &'static str, request: pb::RecordPersonRequest) -> Result<pb::Person, Status> {
    Ok(fixture.persons_as(caller).record_person(request).await?.into_inner().person.unwrap())
}

async fn read(fixture: &Fixture, caller: &'static str, name: &str) -> Result<pb::GetPersonResponse, Status> {
    Ok(fixture.persons_as(caller).get_person(pb::GetPersonRequest { name: name.to_owned() }).await?.into_inner())
}

async fn moves(fixture: &Fixture, caller: &'static str, name: &str, urn: i32, day: &str) -> Result<pb::Employment, Status> {
    let (school, start_date) = (format!("schools/{urn}"), day.to_owned());
    let request = pb::MovePersonRequest { request_id: fresh(), name: name.to_owned(), school, start_date };
    Ok(fixture.persons_as(caller).move_person(request).await?.into_inner().employment.unwrap())
}

async fn merge(fixture: &Fixture, name: &str, other: &str) -> Result<pb::Person, Status> {
    let request = pb::MergePersonsRequest { request_id: fresh(), name: name.to_owned(), other_person: other.to_owned() };
    Ok(fixture.persons_as("ncetm").merge_persons(request).await?.into_inner().person.unwrap())
}

async fn erase(fixture: &Fixture, caller: &'static str, name: &str) -> Result<pb::Person, Status> {
    let request = pb::ErasePersonRequest { request_id: fresh(), name: name.to_owned() };
    Ok(fixture.persons_as(caller).erase_person(request).await?.into_inner().person.unwrap())
}

async fn matches(fixture: &Fixture, page_size: i32, page_token: &str) -> pb::ListPersonMatchesResponse {
    let request = pb::ListPersonMatchesRequest { page_size, page_token: page_token.to_owned() };
    fixture.persons_as("ncetm").list_person_matches(request).await.unwrap().into_inner()
}

fn history(person: &pb::Person) -> Vec<(&str, &str, &str)> {
    person.employments.iter().map(|made| (&*made.school, &*made.start_date, &*made.end_date)).collect()
}

#[tokio::test]
async fn a_move_reported_by_the_old_school_the_new_one_or_both_makes_one_history() {
    /// A caller, and the first day that it reports.
    type Told = (&'static str, &'static str);
    const OLD: Told = (OLD_SCHOOL, "2018-09-01");
    const NEW: Told = (NEW_SCHOOL, "2018-09-03");
    // Reports, the day before the new school begins, and its first day.
    let cases: [(&[Told], [&str; 2]); 5] = [
        (&[OLD], ["2018-08-31", "2018-09-01"]),
        (&[NEW], ["2018-09-02", "2018-09-03"]),
        (&[OLD, NEW], ["2018-08-31", "2018-09-01"]),
        (&[NEW, OLD], ["2018-08-31", "2018-09-01"]),
        (&[NEW, OLD, NEW, OLD], ["2018-08-31", "2018-09-01"]),
    ];
    on_each(|fixture| async move {
        register(&fixture).await;
        for (number, (reports, [last, first])) in cases.into_iter().enumerate() {
            // The hub recorded the teacher, so neither school owns the record.
            let teacher = recording("Wilhelmina Quux", &format!("w.quux-{number}@north.example"), 100_001);
            let person = record(&fixture, NORTH, teacher).await.unwrap();
            for (school, day) in reports {
                moves(&fixture, school, &person.name, 100_002, day).await.unwrap();
            }
            let read = read(&fixture, NORTH, &person.name).await.unwrap().person.unwrap();
            let expected = [("schools/100001", "2015-09-01", last), ("schools/100002", first, "")];
            assert_eq!(history(&read), expected, "{reports:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_school_that_has_nothing_to_do_with_a_move_cannot_report_it_and_no_school_learns_the_name_by_a_report() {
    on_each(|fixture| async move {
        register(&fixture).await;
        let person = record(&fixture, NORTH, recording("Wilhelmina Quux", "w.quux@north.example", 100_001)).await.unwrap();
        let other = moves(&fixture, "school:schools/100003", &person.name, 100_002, "2018-09-01").await.unwrap_err();
        let unknown = moves(&fixture, "school:schools/100003", "persons/0", 100_002, "2018-09-01").await.unwrap_err();
        assert_eq!((reason(&other), reason(&unknown)), ("NOT_FOUND".to_owned(), "NOT_FOUND".to_owned()));
        moves(&fixture, NEW_SCHOOL, &person.name, 100_002, "2018-09-01").await.unwrap();
        assert_eq!(reason(&read(&fixture, NEW_SCHOOL, &person.name).await.unwrap_err()), "NOT_FOUND");
        // Nor does another school take the teacher for the same day; the owner corrects it.
        let conflict = moves(&fixture, "school:schools/100003", &person.name, 100_003, "2018-09-01").await.unwrap_err();
        assert_eq!(reason(&conflict), "EMPLOYMENT_CONFLICT");
        let corrected = moves(&fixture, NORTH, &person.name, 100_003, "2018-09-01").await.unwrap();
        assert_eq!(corrected.school, "schools/100003");
    })
    .await;
}

#[tokio::test]
async fn two_organisations_that_record_one_address_do_not_learn_of_each_other_and_ncetm_merges_them() {
    on_each(|fixture| async move {
        register(&fixture).await;
        let first = record(&fixture, NORTH, recording("Wilhelmina Quux", "w.quux@school.example", 100_001)).await.unwrap();
        let alone = record(&fixture, SOUTH, recording("Somebody", "somebody@school.example", 100_002)).await.unwrap();
        let second = record(&fixture, SOUTH, recording("Billie Quux", " W.QUUX@school.example", 100_002)).await.unwrap();
        // The answer is that for a person whom nobody else knows, but for the id.
        assert_eq!(pb::Person { name: alone.name.clone(), ..second.clone() }, alone);
        assert_eq!(reason(&read(&fixture, SOUTH, &first.name).await.unwrap_err()), "NOT_FOUND");
        let names = async |caller, name: &str| read(&fixture, caller, name).await.unwrap().details.unwrap().display_name;
        assert_eq!(names(NORTH, &first.name).await, "Wilhelmina Quux", "no name is overwritten");
        assert_eq!(names(SOUTH, &second.name).await, "Billie Quux");
        // A repetition by the owner names its own record.
        let again = record(&fixture, SOUTH, recording("B Quux", "w.quux@school.example", 100_002)).await.unwrap_err();
        assert_eq!(reason(&again), "PERSON_EXISTS");
        assert!(again.message().contains(&second.name) && !again.message().contains(&first.name));
        let pair = pb::PersonMatch {
            person: first.name.clone(),
            owner: "hubs/north".to_owned(),
            other_person: second.name.clone(),
            other_owner: "hubs/south".to_owned(),
        };
        assert_eq!(matches(&fixture, 0, "").await.person_matches, [pair]);
        let person = merge(&fixture, &first.name, &second.name).await.unwrap();
        assert_eq!(matches(&fixture, 0, "").await.person_matches, []);
        // Of two schools for one day that of the record that stays holds.
        assert_eq!(history(&person), [("schools/100001", "2015-09-01", "")]);
        for caller in [NORTH, SOUTH, "ncetm"] {
            for name in [&first.name, &second.name] {
                let read = read(&fixture, caller, name).await.unwrap();
                assert_eq!(read.person.unwrap(), person, "both ids mean one person");
                assert_eq!(read.details.unwrap().display_name, "Wilhelmina Quux");
            }
        }
        let known = record(&fixture, SOUTH, recording("B Quux", "w.quux@school.example", 100_002)).await.unwrap_err();
        assert!(known.message().contains(&first.name), "the owner of the merged record does not record the person again");
        // A third record: the id that was merged first still means the person.
        let third = record(&fixture, "ncetm", recording("W Quux", "w.quux@home.example", 100_003)).await.unwrap();
        merge(&fixture, &third.name, &second.name).await.unwrap();
        assert_eq!(read(&fixture, SOUTH, &second.name).await.unwrap().person.unwrap().name, third.name);
        assert_eq!(read(&fixture, NORTH, &first.name).await.unwrap().person.unwrap().name, third.name);
        let merged = fixture.event_types().await.into_iter().filter(|name| name == "PersonsMerged").count();
        assert_eq!(merged, 2);
    })
    .await;
}

#[tokio::test]
async fn matches_come_in_pages_without_gap_or_repetition() {
    on_each(|fixture| async move {
        register(&fixture).await;
        for address in ["a@x.example", "b@x.example"] {
            for caller in [NORTH, SOUTH, "ncetm"] {
                record(&fixture, caller, recording("A Teacher", address, 100_001)).await.unwrap();
            }
        }
        let all = matches(&fixture, 0, "").await.person_matches;
        assert_eq!(all.len(), 6);
        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            let page = matches(&fixture, 1, &token).await;
            seen.extend(page.person_matches);
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(seen, all);
    })
    .await;
}

#[tokio::test]
async fn an_erased_person_has_an_id_and_no_name_and_the_name_is_nowhere_else() {
    on_each(|fixture| async move {
        register(&fixture).await;
        let person = record(&fixture, NORTH, recording("Wilhelmina Quux", "w.quux@north.example", 100_001)).await.unwrap();
        let other = record(&fixture, SOUTH, recording("Wilhelmina Quux", "w.quux@north.example", 100_001)).await.unwrap();
        let details =
            pb::PersonDetails { display_name: "Wilhelmina Quux-Xyz".to_owned(), email_address: "w.quux@home.example".to_owned() };
        let update =
            pb::UpdatePersonRequest { request_id: fresh(), person: Some(person.clone()), details: Some(details.clone()) };
        fixture.persons_as(NORTH).update_person(update).await.unwrap();
        moves(&fixture, NORTH, &person.name, 100_002, "2018-09-01").await.unwrap();
        assert_eq!(read(&fixture, NORTH, &person.name).await.unwrap().details, Some(details));
        merge(&fixture, &person.name, &other.name).await.unwrap();
        let tables_with = async |text| fixture::tables_with(&fixture.service.context.pool, text).await;
        for text in ["Quux", "quux@"] {
            assert_eq!(tables_with(text).await, ["person"], "{text} is in no event and no stored answer");
        }
        let id = person.name.strip_prefix("persons/").unwrap();
        assert_eq!(tables_with(id).await, ["employment", "event", "person", "request"], "the search finds what is there");
        let refused = erase(&fixture, SOUTH, &other.name).await.unwrap_err();
        assert_eq!(reason(&refused), "PERSON_MERGED", "the owner of the record that stayed erases it");
        let erased = erase(&fixture, NORTH, &person.name).await.unwrap();
        assert!(erased.erased);
        for text in ["Quux", "quux@"] {
            assert_eq!(tables_with(text).await, [""; 0], "{text} is erased");
        }
        for name in [&person.name, &other.name] {
            let read = read(&fixture, "ncetm", name).await.unwrap();
            assert_eq!((read.person.unwrap(), read.details), (erased.clone(), None));
        }
        assert_eq!(history(&erased).len(), 2, "the employments stay");
        assert_eq!(reason(&moves(&fixture, NORTH, &person.name, 100_003, "2019-09-01").await.unwrap_err()), "PERSON_ERASED");
        let again = record(&fixture, NORTH, recording("Wilhelmina Quux", "w.quux@home.example", 100_001)).await.unwrap();
        assert_ne!(again.name, person.name, "the address means nobody any more");
    })
    .await;
}

#[tokio::test]
async fn a_person_about_whom_nothing_was_recorded_for_eight_years_is_erased() {
    on_each(|fixture| async move {
        register(&fixture).await;
        let left = record(&fixture, NORTH, recording("A Teacher", "a@x.example", 100_001)).await.unwrap();
        let known = record(&fixture, NORTH, recording("B Teacher", "b@x.example", 100_001)).await.unwrap();
        fixture.on("2020-09-01");
        moves(&fixture, NORTH, &known.name, 100_002, "2020-09-01").await.unwrap();
        let names = async || {
            network::erase_persons(&fixture.service.context).await.unwrap();
            let is_named = async |name| read(&fixture, NORTH, name).await.unwrap().details.is_some();
            [is_named(&left.name).await, is_named(&known.name).await]
        };
        for (day, named) in [("2026-08-31", [true, true]), ("2026-09-02", [false, true]), ("2028-09-02", [false, false])] {
            fixture.on(day);
            assert_eq!(names().await, named, "{day}");
        }
        assert_eq!(fixture.event_types().await.iter().filter(|name| *name == "PersonErased").count(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_hub_lead_reads_the_people_of_the_schools_that_have_chosen_the_hub() {
    on_each(|fixture| async move {
        register(&fixture).await;
        let hub = pb::Hub {
            display_name: "The north hub".to_owned(),
            region_code: "E12000003".to_owned(),
            start_date: "2014-09-01".to_owned(),
            ..Default::default()
        };
        let lead_school = "schools/100005".to_owned();
        let found = pb::CreateHubRequest { request_id: fresh(), hub_id: "north".to_owned(), hub: Some(hub), lead_school };
        fixture.hubs().create_hub(found).await.unwrap();
        let person = record(&fixture, OLD_SCHOOL, recording("Wilhelmina Quux", "w.quux@school.example", 100_001)).await.unwrap();
        assert_eq!(reason(&read(&fixture, NORTH, &person.name).await.unwrap_err()), "NOT_FOUND");
        let choose = pb::ChooseHubRequest {
            request_id: fresh(),
            school: "schools/100001".to_owned(),
            hub: "hubs/north".to_owned(),
            start_date: "2018-09-01".to_owned(),
            document_sha256: String::new(),
        };
        fixture.hubs_as(OLD_SCHOOL).choose_hub(choose).await.unwrap();
        assert_eq!(read(&fixture, NORTH, &person.name).await.unwrap().details.unwrap().display_name, "Wilhelmina Quux");
        assert_eq!(reason(&read(&fixture, SOUTH, &person.name).await.unwrap_err()), "NOT_FOUND");
        // The hub reads, and does not change.
        assert_eq!(reason(&erase(&fixture, NORTH, &person.name).await.unwrap_err()), "NOT_FOUND");
    })
    .await;
}

#[tokio::test]
async fn a_member_of_the_council_for_dfe_is_recorded_by_ncetm_without_a_school_and_teaches_at_one_later() {
    on_each(|fixture| async move {
        register(&fixture).await;
        let nowhere = |address: &str| pb::RecordPersonRequest {
            school: String::new(),
            start_date: String::new(),
            ..recording("Wilhelmina Quux", address, 0)
        };
        for caller in [NORTH, OLD_SCHOOL] {
            let refused = record(&fixture, caller, nowhere("w.quux@dfe.example")).await.unwrap_err();
            assert_eq!(fields(&refused), ["school"], "{caller}");
        }
        let member = record(&fixture, "ncetm", nowhere("w.quux@dfe.example")).await.unwrap();
        assert_eq!(history(&member), []);
        let known = read(&fixture, "ncetm", &member.name).await.unwrap();
        assert_eq!((known.person.unwrap(), known.details.unwrap().display_name), (member.clone(), "Wilhelmina Quux".to_owned()));
        assert_eq!(reason(&read(&fixture, OLD_SCHOOL, &member.name).await.unwrap_err()), "NOT_FOUND");
        let to_seat = pb::Appointment {
            role: pb::AppointmentRole::CouncilMember.into(),
            seat: "DFE".to_owned(),
            holder: member.name.clone(),
            start_date: "2018-09-01".to_owned(),
            ..Default::default()
        };
        let request = pb::AppointRequest { request_id: fresh(), appointment: Some(to_seat) };
        let seat = fixture.appointments_as("ncetm").appoint(request).await.unwrap().into_inner().appointment.unwrap();
        assert_eq!(reason(&erase(&fixture, "ncetm", &member.name).await.unwrap_err()), "PERSON_APPOINTED");
        // Another record of the same person, which has no school either.
        let other = record(&fixture, "ncetm", nowhere("w.quux@home.example")).await.unwrap();
        assert_eq!(history(&merge(&fixture, &member.name, &other.name).await.unwrap()), []);
        let listed = ListPersonRecordRequest { person: member.name.clone(), page_size: 0, page_token: String::new() };
        let listed = fixture.person_records_as("ncetm").list_person_record(listed).await.unwrap().into_inner().person_records;
        let mut texts: Vec<_> = listed.iter().map(|one| (one.resource.as_str(), one.content.as_str())).collect();
        texts.sort_unstable();
        let merged = format!("was recorded by NCETM; merged into {}", member.name);
        let mut expected = [
            (seat.name.as_str(), "is a member of the Council, seat DFE, from 2018-09-01"),
            (&member.name, "was recorded by NCETM; with name and address"),
            (&other.name, &merged),
        ];
        expected.sort_unstable();
        assert_eq!(texts, expected);

        moves(&fixture, NEW_SCHOOL, &member.name, 100_002, "2019-09-01").await.unwrap();
        let read = read(&fixture, "ncetm", &member.name).await.unwrap().person.unwrap();
        assert_eq!(history(&read), [("schools/100002", "2019-09-01", "")]);
    })
    .await;
}

#[tokio::test]
async fn recordings_and_merges_at_once_take_effect_once() {
    on_each(|fixture| async move {
        register(&fixture).await;
        let calls = (0..16).map(|_| record(&fixture, NORTH, recording("A Teacher", "a@x.example", 100_001)));
        let answers = futures::future::join_all(calls).await;
        let refused = answers.iter().filter_map(|answer| answer.as_ref().err().map(reason));
        assert_eq!(refused.collect::<Vec<_>>(), ["PERSON_EXISTS"; 15]);
        let mut names = Vec::new();
        for caller in [NORTH, SOUTH, "ncetm", OLD_SCHOOL] {
            names.push(record(&fixture, caller, recording("B Teacher", "b@x.example", 100_001)).await.unwrap().name);
        }
        // Each with each, in both directions: three merges make one person of four.
        let pairs: Vec<_> = names.iter().flat_map(|one| names.iter().map(move |other| (one, other))).collect();
        let merges = futures::future::join_all(pairs.into_iter().map(|(one, other)| merge(&fixture, one, other))).await;
        assert_eq!(merges.iter().filter(|merged| merged.is_ok()).count(), 3);
        assert!(merges.iter().filter_map(|merged| merged.as_ref().err()).all(|status| reason(status) == "PERSONS_SAME"));
        let mut stayed = Vec::new();
        for name in &names {
            stayed.push(read(&fixture, "ncetm", name).await.unwrap().person.unwrap().name);
        }
        stayed.dedup();
        assert_eq!(stayed.len(), 1);
    })
    .await;
}
