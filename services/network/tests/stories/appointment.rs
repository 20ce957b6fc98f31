//! Appointments: one holder of a seat on a day, lists as of a day, and lead schools that change.

use proto::network::v1::{self as pb, AppointmentRole};
use tonic::Status;

use crate::fixture::*;

/// The schools 100001 to 100005 and the hub `hubs/one`, which 100001 leads.
async fn prepare(fixture: &Fixture) {
    fixture.import("2018-09-01", &extract((100_001..=100_005).map(row)), &[]).await.unwrap();
    create_hub(fixture, "one", "E12000003").await;
}

async fn create_hub(fixture: &Fixture, id: &str, region_code: &str) {
    let hub = pb::Hub {
        display_name: format!("Hub {id}"),
        region_code: region_code.to_owned(),
        start_date: "2014-09-01".to_owned(),
        ..Default::default()
    };
    let request = pb::CreateHubRequest {
        request_id: fresh(),
        hub_id: id.to_owned(),
        hub: Some(hub),
        lead_school: "schools/100001".to_owned(),
    };
    fixture.hubs().create_hub(request).await.unwrap();
}

fn to_seat(role: AppointmentRole, seat: &str, holder: &str, days: [&str; 2]) -> pb::Appointment {
    let of_council = role == AppointmentRole::CouncilMember;
    let assists = role == AppointmentRole::AssistantHubLead;
    pb::Appointment {
        role: role.into(),
        hub: if of_council { String::new() } else { "hubs/one".to_owned() },
        seat: seat.to_owned(),
        holder: holder.to_owned(),
        start_date: days[0].to_owned(),
        end_date: days[1].to_owned(),
        remit: if assists { "Schools of the North".to_owned() } else { String::new() },
        region_code: if assists { "E12000001".to_owned() } else { String::new() },
        ..Default::default()
    }
}

async fn appoint(fixture: &Fixture, appointment: pb::Appointment) -> Result<pb::Appointment, Status> {
    let request = pb::AppointRequest { request_id: fresh(), appointment: Some(appointment) };
    Ok(fixture.appointments_as("ncetm").appoint(request).await?.into_inner().appointment.unwrap())
}

async fn end(fixture: &Fixture, appointment: &pb::Appointment, day: &str) -> Result<pb::Appointment, Status> {
    let request = pb::EndAppointmentRequest {
        request_id: fresh(),
        name: appointment.name.clone(),
        etag: appointment.etag.clone(),
        end_date: day.to_owned(),
    };
    Ok(fixture.appointments_as("ncetm").end_appointment(request).await?.into_inner().appointment.unwrap())
}

/// Seats and holders, as a school reads them.
async fn list(fixture: &Fixture, request: pb::ListAppointmentsRequest) -> Vec<(String, String)> {
    let answer = fixture.appointments_as("school:schools/100002").list_appointments(request).await.unwrap().into_inner();
    answer.appointments.into_iter().map(|made| (made.seat, made.holder)).collect()
}

#[tokio::test]
async fn of_sixty_four_appointments_to_one_seat_at_once_one_succeeds() {
    on_each(|fixture| async move {
        prepare(&fixture).await;
        let person = recorded(&fixture, "lead@school.example").await;
        let made = to_seat(AppointmentRole::HubLead, "1", &person, ["2018-09-01", ""]);
        let answers = futures::future::join_all((0..64).map(|_| appoint(&fixture, made.clone()))).await;
        let appointed: Vec<_> = answers.iter().flatten().collect();
        assert_eq!(appointed.len(), 1);
        for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert_eq!(reason(refused), "SEAT_TAKEN");
            assert!(refused.message().contains(&appointed[0].name), "{refused}");
        }
        assert_eq!(fixture.event_types().await.iter().filter(|name| *name == "Appointed").count(), 2, "and the lead school's");
        // A row that is written past the service is refused too.
        let again = "INSERT INTO appointment SELECT 'again', body, role, seat, hub, holder_person, holder_urn, '2030-01-01', NULL, remit, region_code, 1 FROM appointment WHERE role = 1";
        let again = fixture.service.context.pool.write::<_, db::Error, _>(move |mut tx| {
            Box::pin(async move { db::testing::execute(&mut tx, again).await })
        });
        assert!(again.await.unwrap_err().to_string().contains("appointment_overlap"));
    })
    .await;
}

#[tokio::test]
async fn a_seat_is_free_the_day_after_its_holder_has_left_it_and_not_before() {
    on_each(|fixture| async move {
        prepare(&fixture).await;
        let people = [recorded(&fixture, "first@school.example").await, recorded(&fixture, "second@school.example").await];
        let lead = |person: &str, days| to_seat(AppointmentRole::HubLead, "1", person, days);
        let first = appoint(&fixture, lead(&people[0], ["2018-09-01", ""])).await.unwrap();
        let ended = end(&fixture, &first, "2018-12-31").await.unwrap();
        assert_eq!((ended.end_date.as_str(), ended.etag.as_str()), ("2018-12-31", "v2"));
        for days in [["2018-12-31", ""], ["2018-01-01", "2018-09-01"], ["2017-01-01", "2020-01-01"]] {
            assert_eq!(reason(&appoint(&fixture, lead(&people[1], days)).await.unwrap_err()), "SEAT_TAKEN", "{days:?}");
        }
        appoint(&fixture, lead(&people[1], ["2019-01-01", ""])).await.unwrap();
        appoint(&fixture, lead(&people[1], ["2018-01-01", "2018-08-31"])).await.unwrap();
        assert_eq!(reason(&end(&fixture, &ended, "2018-12-31").await.unwrap_err()), "APPOINTMENT_ENDED");
        end(&fixture, &ended, "2018-11-30").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn two_assistant_leads_of_the_north_are_appointed_listed_as_of_a_day_and_ended() {
    on_each(|fixture| async move {
        prepare(&fixture).await;
        let people = [recorded(&fixture, "first@school.example").await, recorded(&fixture, "second@school.example").await];
        let assistant = |seat, person: &str, start| to_seat(AppointmentRole::AssistantHubLead, seat, person, [start, ""]);
        let first = appoint(&fixture, assistant("1", &people[0], "2018-09-01")).await.unwrap();
        appoint(&fixture, assistant("2", &people[1], "2019-01-01")).await.unwrap();
        assert_eq!((first.remit.as_str(), first.region_code.as_str()), ("Schools of the North", "E12000001"));
        let as_of = |day: &str| pb::ListAppointmentsRequest {
            hub: "hubs/one".to_owned(),
            role: AppointmentRole::AssistantHubLead.into(),
            as_of_date: day.to_owned(),
            ..Default::default()
        };
        let [one, two] = ["1", "2"].map(str::to_owned).map(|seat| (seat.clone(), people[usize::from(seat == "2")].clone()));
        assert_eq!(list(&fixture, as_of("2018-08-31")).await, []);
        assert_eq!(list(&fixture, as_of("2018-12-31")).await, std::slice::from_ref(&one));
        assert_eq!(list(&fixture, as_of("2019-01-01")).await, [one.clone(), two.clone()]);
        end(&fixture, &first, "2019-02-28").await.unwrap();
        assert_eq!(list(&fixture, as_of("2019-03-01")).await, [two]);
        let before = fixture.service.context.pool.statements_count();
        let held = pb::ListAppointmentsRequest { holder: people[0].clone(), ..Default::default() };
        assert_eq!(list(&fixture, held).await, [one]);
        assert_eq!(fixture.service.context.pool.statements_count() - before, 1);
        let event = fixture.events().await.pop().unwrap();
        let ended: pb::AppointmentEnded = prost::Message::decode(event.payload.as_slice()).unwrap();
        assert_eq!(ended.appointment.unwrap().remit, "", "events hold no words of a person");
    })
    .await;
}

#[tokio::test]
async fn the_lead_school_of_a_hub_is_the_one_that_is_appointed_today() {
    on_each(|fixture| async move {
        prepare(&fixture).await;
        let leads = async || {
            let hub = fixture.hubs().get_hub(pb::GetHubRequest { name: "hubs/one".to_owned() }).await.unwrap();
            hub.into_inner().hub.unwrap().lead_school
        };
        assert_eq!(leads().await, "schools/100001");
        let request = pb::ListAppointmentsRequest { holder: "schools/100001".to_owned(), ..Default::default() };
        let listed = fixture.appointments_as("dfe").list_appointments(request).await.unwrap().into_inner().appointments;
        assert_eq!((listed.len(), listed[0].start_date.as_str()), (1, "2014-09-01"), "from the hub's first day");
        end(&fixture, &listed[0], "2018-12-31").await.unwrap();
        let next = to_seat(AppointmentRole::LeadSchool, "1", "schools/100002", ["2019-01-01", ""]);
        appoint(&fixture, next).await.unwrap();
        assert_eq!(leads().await, "schools/100001");
        fixture.on("2019-01-01");
        assert_eq!(leads().await, "schools/100002");
    })
    .await;
}

#[tokio::test]
async fn a_chair_leads_the_hub_and_is_a_member_of_the_council_on_the_first_day() {
    on_each(|fixture| async move {
        prepare(&fixture).await;
        let person = recorded(&fixture, "lead@school.example").await;
        let chair = |start| to_seat(AppointmentRole::CouncilChair, "1", &person, [start, ""]);
        appoint(&fixture, to_seat(AppointmentRole::HubLead, "1", &person, ["2018-09-01", ""])).await.unwrap();
        assert_eq!(reason(&appoint(&fixture, chair("2019-09-01")).await.unwrap_err()), "CHAIR_NOT_MEMBER");
        appoint(&fixture, to_seat(AppointmentRole::CouncilMember, "E12000003", &person, ["2019-01-01", ""])).await.unwrap();
        assert_eq!(reason(&appoint(&fixture, chair("2018-12-31")).await.unwrap_err()), "CHAIR_NOT_MEMBER");
        appoint(&fixture, chair("2019-09-01")).await.unwrap();
        let council = pb::ListAppointmentsRequest { council: true, ..Default::default() };
        assert_eq!(list(&fixture, council).await, [("E12000003".to_owned(), person.clone()), ("1".to_owned(), person)]);
    })
    .await;
}

#[tokio::test]
async fn after_chairs_from_three_regions_a_region_that_never_chaired_is_proposed() {
    on_each(|fixture| async move {
        prepare(&fixture).await;
        let regions =
            [("yorkshire", "E12000003"), ("london", "E12000007"), ("north-east", "E12000001"), ("south-west", "E12000009")];
        let mut people = Vec::new();
        for (hub, region_code) in regions {
            create_hub(&fixture, hub, region_code).await;
            let person = recorded(&fixture, &format!("{hub}@school.example")).await;
            let lead = to_seat(AppointmentRole::HubLead, "1", &person, ["2014-09-01", ""]);
            appoint(&fixture, pb::Appointment { hub: format!("hubs/{hub}"), ..lead }).await.unwrap();
            appoint(&fixture, to_seat(AppointmentRole::CouncilMember, region_code, &person, ["2014-09-01", ""])).await.unwrap();
            people.push(person);
        }
        for (index, days) in
            [["2015-09-01", "2016-08-31"], ["2016-09-01", "2017-08-31"], ["2017-09-01", "2018-08-31"]].into_iter().enumerate()
        {
            let chair = to_seat(AppointmentRole::CouncilChair, "1", &people[index], days);
            appoint(&fixture, pb::Appointment { hub: format!("hubs/{}", regions[index].0), ..chair }).await.unwrap();
        }
        let propose = async |day: &str| {
            let request = pb::ProposeChairRequest { as_of_date: day.to_owned() };
            let before = fixture.service.context.pool.statements_count();
            let candidates = fixture.council_as("ncetm").propose_chair(request).await.unwrap().into_inner().candidates;
            assert_eq!(fixture.service.context.pool.statements_count() - before, 1);
            candidates.into_iter().map(|candidate| (candidate.region_code.clone(), candidate.reason())).collect::<Vec<_>>()
        };
        use pb::ChairReason::{Last, RegionChairedLongerAgo, RegionNeverChaired};
        let candidate = |region_code: &str, reason| (region_code.to_owned(), reason);
        let expected = [
            candidate("E12000009", RegionNeverChaired),
            candidate("E12000003", RegionChairedLongerAgo),
            candidate("E12000007", RegionChairedLongerAgo),
            candidate("E12000001", Last),
        ];
        assert_eq!(propose("2018-09-01").await, expected);
        assert_eq!(propose("2014-08-31").await, [], "nobody was a member");

        // The chair of a meeting is that of its day.
        let meeting = pb::CouncilMeeting {
            academic_year: "2016/17".to_owned(),
            term: pb::Term::Spring.into(),
            meeting_date: "2017-03-01".to_owned(),
            ..Default::default()
        };
        let request =
            pb::RecordMeetingRequest { request_id: fresh(), meeting_id: "spring".to_owned(), council_meeting: Some(meeting) };
        let made = fixture.council_as("ncetm").record_meeting(request).await.unwrap().into_inner().council_meeting.unwrap();
        assert_eq!(made.chair, people[1]);
        let listed = fixture.council_as("dfe").list_meetings(pb::ListMeetingsRequest::default()).await.unwrap().into_inner();
        assert_eq!(listed.council_meetings, [made]);
    })
    .await;
}
