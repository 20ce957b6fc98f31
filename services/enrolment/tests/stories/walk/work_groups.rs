//! WorkGroupService, in a suite with places: a group of schools 100001 and 100002.

use access::Role;
use proto::{
    enrolment::v1 as pb,
    network::v1::{GroupLeader, WorkGroupShape},
};
use server::testing::{Cases, Walk};

use crate::{
    fixture::*,
    work_groups::{SHAPE, SPECIALIST, TEACHER, form, open, places, specialist},
};

/// The RPCs with their cases.
pub(super) const CASES: &[Cases] = &[
    ("FormWorkGroup", &["wrong field", "wrong state", "not found", "wrong hub", "wrong token", "repeated", "another body"]),
    ("GetWorkGroup", &["wrong field", "not found", "wrong hub", "wrong school", "wrong token"]),
    ("ListWorkGroups", &["wrong field", "wrong hub", "wrong school", "wrong token"]),
    ("PlaceSchool", &["wrong field", "wrong state", "not found", "wrong hub", "wrong token", "repeated", "another body"]),
    ("RemoveSchool", &["wrong field", "wrong state", "not found", "wrong hub", "wrong token", "repeated", "another body"]),
    (
        "ChangeLeader",
        &["wrong field", "wrong state", "not found", "wrong hub", "wrong token", "stale etag", "repeated", "another body"],
    ),
    (
        "EndWorkGroup",
        &["wrong field", "wrong state", "not found", "wrong hub", "wrong token", "stale etag", "repeated", "another body"],
    ),
    ("ListMemberships", &["wrong field", "wrong hub", "wrong school", "wrong token"]),
    ("ProposeWorkGroups", &["wrong field", "wrong state", "not found", "wrong hub"]),
];

pub(super) async fn walk(walk: &mut Walk) {
    let database = db::testing::sqlite();
    let fixture = open(&database).await;
    let places = places(&fixture, 100_001..=100_005).await;
    specialist(&fixture, "persons/other", 100_510).await;
    let group = formed(&fixture, walk, &places).await;
    read(&fixture, walk, &group).await;
    members(&fixture, walk, &group, &places).await;
    leaders(&fixture, walk, &group.name).await;
    end(&fixture, walk, &group.name).await;
}

/// A call by callers that may not make it. `call` takes the group's name.
async fn of_others<T: std::fmt::Debug>(
    fixture: &Fixture,
    walk: &mut Walk,
    rpc: &'static str,
    name: &str,
    call: impl AsyncFn(&Client, &str) -> Answer<T>,
) {
    for wrong in ["", "workGroups/", "workGroups/A", "groups/x"] {
        walk.wrong(rpc, call(&fixture.ncetm(), wrong).await, &["name"]);
    }
    walk.step(rpc, "not found", call(&fixture.ncetm(), "workGroups/none").await, "NOT_FOUND");
    walk.step(rpc, "wrong hub", call(&fixture.hub_lead(SOUTH), name).await, "NOT_FOUND");
    walk.step(rpc, "wrong token", call(&fixture.client(Role::HubLead, None, None), name).await, "TOKEN_INCOMPLETE");
}

async fn formed(fixture: &Fixture, walk: &mut Walk, places: &[String]) -> pb::WorkGroup {
    let north = fixture.hub_lead(NORTH);
    let call_as = async |voice: &Client, request| voice.work_groups.clone().form_work_group(request).await;
    let empty = ["request_id", "work_group", "work_group.hub", "work_group.programme", "work_group.academic_year"];
    let more = ["work_group.year_number", "work_group.leader", "participations", "start_date"];
    walk.wrong("FormWorkGroup", call_as(&north, pb::FormWorkGroupRequest::default()).await, &[&empty[..], &more].concat());
    let twice = [places[0].clone(), places[0].clone()];
    walk.wrong("FormWorkGroup", north.form(form(SPECIALIST, &twice)).await, &["participations[1]"]);
    let changed = |change: &dyn Fn(&mut pb::WorkGroup)| {
        let mut request = form(SPECIALIST, &places[..2]);
        change(request.work_group.as_mut().unwrap());
        request
    };
    let outside = pb::FormWorkGroupRequest { start_date: "2018-08-31".to_owned(), ..form(SPECIALIST, &places[..2]) };
    for (request, reason) in [
        (outside, "DATE_OUTSIDE_YEAR"),
        (changed(&|group| group.programme = "mistyped".to_owned()), "PROGRAMME_UNKNOWN"),
        (changed(&|group| group.programme = CORE_MATHS.to_owned()), "NO_WORK_GROUPS"),
        (changed(&|group| group.year_number = 3), "NO_WORK_GROUPS"),
        (changed(&|group| group.year_number = 2), "PARTICIPATION_NOT_OF_GROUP"),
        (form(TEACHER, &places[..2]), "LEADER_NOT_SPECIALIST"),
        (form(SPECIALIST, &places[..1]), "WORK_GROUP_BELOW_MINIMUM"),
    ] {
        walk.step("FormWorkGroup", "wrong state", north.form(request).await, reason);
    }
    fixture.sql("ALTER TABLE specialist RENAME TO specialist_aside").await;
    fixture.sql("CREATE TABLE specialist (nomination TEXT, cohort TEXT, person TEXT, hub TEXT)").await;
    walk.step("FormWorkGroup", "wrong state", north.form(form(SPECIALIST, &places[..2])).await, "NO_SPECIALIST_KNOWN");
    fixture.sql("DROP TABLE specialist").await;
    fixture.sql("ALTER TABLE specialist_aside RENAME TO specialist").await;
    let small = WorkGroupShape { schools_min_count: 1, schools_max_count: 1, leader: GroupLeader::LocalLeader.into(), ..SHAPE };
    fixture::programme_with_groups(fixture.pool(), MASTERY, small).await;
    walk.step("FormWorkGroup", "wrong state", north.form(form(TEACHER, &places[..1])).await, "LEADER_NOT_APPOINTED");
    walk.step("FormWorkGroup", "wrong state", north.form(form(SPECIALIST, &places[..2])).await, "LEADER_NOT_APPOINTED");
    fixture::appointment(fixture.pool(), "lead", "specialist", "2018-09-01").await;
    walk.step("FormWorkGroup", "wrong state", north.form(form(SPECIALIST, &places[..2])).await, "WORK_GROUP_FULL");
    fixture::programme_with_groups(fixture.pool(), MASTERY, SHAPE).await;
    fixture.sql("UPDATE hub SET end_date = '2018-09-02' WHERE id = 'north'").await;
    walk.step("FormWorkGroup", "wrong state", north.form(form(SPECIALIST, &places[..2])).await, "HUB_NOT_OPEN");
    fixture.sql("UPDATE hub SET end_date = NULL WHERE id = 'north'").await;
    fixture.sql("UPDATE person SET erased = TRUE WHERE id = 'teacher'").await;
    walk.step("FormWorkGroup", "wrong state", north.form(form(TEACHER, &places[..2])).await, "PERSON_ERASED");
    let missing = ["participations/none".to_owned(), places[0].clone()];
    walk.step("FormWorkGroup", "not found", north.form(form(SPECIALIST, &missing)).await, "NOT_FOUND");
    let nowhere = changed(&|group| group.hub = "hubs/none".to_owned());
    walk.step("FormWorkGroup", "not found", fixture.ncetm().form(nowhere).await, "NOT_FOUND");
    let south = fixture.hub_lead(SOUTH);
    walk.step("FormWorkGroup", "wrong hub", south.form(form(SPECIALIST, &places[..2])).await, "HUB_NOT_OWN");
    let nobody = fixture.client(Role::HubLead, None, None);
    walk.step("FormWorkGroup", "wrong token", nobody.form(form(SPECIALIST, &places[..2])).await, "TOKEN_INCOMPLETE");
    let request = |count: usize| pb::FormWorkGroupRequest { request_id: "form".to_owned(), ..form(SPECIALIST, &places[..count]) };
    let events = async || fixture.events().await.len();
    walk.repeat("FormWorkGroup", events, 1, async |request| call_as(&north, request).await, [request(2), request(3)]).await;
    let name = north.groups(pb::ListWorkGroupsRequest::default()).await.remove(0);
    north.group(&name).await.unwrap()
}

async fn read(fixture: &Fixture, walk: &mut Walk, group: &pb::WorkGroup) {
    of_others(fixture, walk, "GetWorkGroup", &group.name, async |voice, name| voice.group(name).await).await;
    walk.step("GetWorkGroup", "wrong school", fixture.school(100_600).group(&group.name).await, "NOT_FOUND");
    let nobody = fixture.client(Role::School, None, None);
    walk.step("GetWorkGroup", "wrong token", nobody.group(&group.name).await, "TOKEN_INCOMPLETE");

    let list = async |voice: &Client, request| voice.work_groups.clone().list_work_groups(request).await;
    let wrong = pb::ListWorkGroupsRequest {
        page_size: -1,
        page_token: "x".to_owned(),
        hub: "north".to_owned(),
        programme: "A".to_owned(),
        academic_year: "2018".to_owned(),
        leader: "x".to_owned(),
        school: "1".to_owned(),
        state: 9,
    };
    let fields = ["hub", "programme", "academic_year", "leader", "school", "state", "page_size", "page_token"];
    walk.wrong("ListWorkGroups", list(&fixture.ncetm(), wrong).await, &fields);
    let members = async |voice: &Client, request| voice.work_groups.clone().list_memberships(request).await;
    let wrong = pb::ListMembershipsRequest {
        page_size: -1,
        page_token: "x".to_owned(),
        work_group: "x".to_owned(),
        participation: "x".to_owned(),
        as_of_date: "1 May".to_owned(),
    };
    let fields = ["work_group", "participation", "as_of_date", "page_size", "page_token"];
    walk.wrong("ListMemberships", members(&fixture.ncetm(), wrong).await, &fields);
    for (case, voice) in [("wrong hub", fixture.hub_lead(SOUTH)), ("wrong school", fixture.school(100_600))] {
        let answer = list(&voice, Default::default()).await;
        assert_eq!(answer.as_ref().unwrap().get_ref().work_groups, [], "another's are not there");
        walk.step("ListWorkGroups", case, answer, "OK");
        let answer = members(&voice, Default::default()).await;
        assert_eq!(answer.as_ref().unwrap().get_ref().memberships, [], "another's are not there");
        walk.step("ListMemberships", case, answer, "OK");
    }
    walk.step("ListWorkGroups", "wrong token", list(&nobody, Default::default()).await, "TOKEN_INCOMPLETE");
    walk.step("ListMemberships", "wrong token", members(&nobody, Default::default()).await, "TOKEN_INCOMPLETE");

    let propose = async |voice: &Client, request| voice.work_groups.clone().propose_work_groups(request).await;
    let request = |hub: &str, programme: &str| pb::ProposeWorkGroupsRequest {
        hub: hub.to_owned(),
        programme: programme.to_owned(),
        academic_year: "2018/19".to_owned(),
        year_number: 1,
    };
    let fields = ["hub", "programme", "academic_year", "year_number"];
    walk.wrong("ProposeWorkGroups", propose(&fixture.ncetm(), pb::ProposeWorkGroupsRequest::default()).await, &fields);
    let ncetm = fixture.ncetm();
    for (programme, reason) in [("mistyped", "PROGRAMME_UNKNOWN"), (CORE_MATHS, "NO_WORK_GROUPS")] {
        walk.step("ProposeWorkGroups", "wrong state", propose(&ncetm, request(NORTH, programme)).await, reason);
    }
    walk.step("ProposeWorkGroups", "not found", propose(&ncetm, request("hubs/none", MASTERY)).await, "NOT_FOUND");
    let south = fixture.hub_lead(SOUTH);
    walk.step("ProposeWorkGroups", "wrong hub", propose(&south, request(NORTH, MASTERY)).await, "HUB_NOT_OWN");
}

async fn members(fixture: &Fixture, walk: &mut Walk, group: &pb::WorkGroup, places: &[String]) {
    let north = fixture.hub_lead(NORTH);
    let events = async || fixture.events().await.len();
    let call = async |request| north.work_groups.clone().place_school(request).await;
    let empty = ["request_id", "name", "participation", "start_date"];
    walk.wrong("PlaceSchool", call(pb::PlaceSchoolRequest::default()).await, &empty);
    of_others(fixture, walk, "PlaceSchool", &group.name, async |voice, name| {
        voice.place_school(name, &places[2], "2018-09-03").await
    })
    .await;
    for (place, day, reason) in [
        (&places[0], "2018-09-10", "MEMBER_OF_GROUP"),
        (&places[2], "2018-08-31", "DATE_OUTSIDE_YEAR"),
        (&places[2], "2018-09-02", "DATE_BEFORE_LAST"),
    ] {
        walk.step("PlaceSchool", "wrong state", north.place_school(&group.name, place, day).await, reason);
    }
    let missing = north.place_school(&group.name, "participations/none", "2018-09-03").await;
    walk.step("PlaceSchool", "not found", missing, "NOT_FOUND");
    let place = |day: &str| pb::PlaceSchoolRequest {
        request_id: "place".to_owned(),
        name: group.name.clone(),
        participation: places[2].clone(),
        start_date: day.to_owned(),
    };
    walk.repeat("PlaceSchool", events, 1, call, [place("2018-09-03"), place("2018-09-04")]).await;

    fixture.clock.move_to(noon("2018-09-08"));
    let call = async |request| north.work_groups.clone().remove_school(request).await;
    let empty = ["request_id", "name", "participation", "end_date"];
    walk.wrong("RemoveSchool", call(pb::RemoveSchoolRequest::default()).await, &empty);
    of_others(fixture, walk, "RemoveSchool", &group.name, async |voice, name| {
        voice.remove_school(name, &places[2], "2018-09-03").await
    })
    .await;
    for (place, day, reason) in [
        (&places[3], "2018-09-10", "NOT_IN_GROUP"),
        (&places[2], "2019-09-01", "DATE_OUTSIDE_YEAR"),
        (&places[2], "2018-09-02", "DATE_BEFORE_LAST"),
        (&places[2], "2018-09-09", "DATE_IN_FUTURE"),
    ] {
        walk.step("RemoveSchool", "wrong state", north.remove_school(&group.name, place, day).await, reason);
    }
    let remove = |day: &str| pb::RemoveSchoolRequest {
        request_id: "remove".to_owned(),
        name: group.name.clone(),
        participation: places[2].clone(),
        end_date: day.to_owned(),
    };
    walk.repeat("RemoveSchool", events, 1, call, [remove("2018-09-07"), remove("2018-09-08")]).await;
    // On the first day of a membership that has ended no other begins.
    walk.step("PlaceSchool", "wrong state", north.place_school(&group.name, &places[2], "2018-09-03").await, "DATE_BEFORE_LAST");
}

async fn leaders(fixture: &Fixture, walk: &mut Walk, name: &str) {
    fixture.clock.move_to(noon("2018-10-01"));
    let north = fixture.hub_lead(NORTH);
    let group = north.group(name).await.unwrap();
    let call = async |request| north.work_groups.clone().change_leader(request).await;
    let empty = ["request_id", "name", "etag", "leader", "start_date"];
    walk.wrong("ChangeLeader", call(pb::ChangeLeaderRequest::default()).await, &empty);
    let of = |name: &str| pb::WorkGroup { name: name.to_owned(), ..group.clone() };
    of_others(fixture, walk, "ChangeLeader", name, async |voice, name| {
        voice.change_leader(&of(name), "persons/other", "2018-10-01").await
    })
    .await;
    let stale = pb::WorkGroup { etag: "v0".to_owned(), ..group.clone() };
    walk.step("ChangeLeader", "stale etag", north.change_leader(&stale, "persons/other", "2018-10-01").await, "ETAG_STALE");
    walk.step("ChangeLeader", "not found", north.change_leader(&group, "persons/none", "2018-10-01").await, "NOT_FOUND");
    for (leader, day, reason) in [
        ("persons/other", "2018-10-02", "DATE_IN_FUTURE"),
        ("persons/other", "2018-09-03", "DATE_BEFORE_LAST"),
        ("persons/other", "2018-08-31", "DATE_OUTSIDE_YEAR"),
    ] {
        walk.step("ChangeLeader", "wrong state", north.change_leader(&group, leader, day).await, reason);
    }
    fixture::person(fixture.pool(), "other", 100_001).await;
    let own = north.change_leader(&group, "persons/other", "2018-10-01").await;
    walk.step("ChangeLeader", "wrong state", own, "LEADER_OF_OWN_SCHOOL");
    fixture::person(fixture.pool(), "other", 100_510).await;
    let change = |day: &str| pb::ChangeLeaderRequest {
        request_id: "change".to_owned(),
        name: name.to_owned(),
        etag: group.etag.clone(),
        leader: "persons/other".to_owned(),
        start_date: day.to_owned(),
    };
    let events = async || fixture.events().await.len();
    walk.repeat("ChangeLeader", events, 1, call, [change("2018-10-01"), change("2018-09-30")]).await;
}

async fn end(fixture: &Fixture, walk: &mut Walk, name: &str) {
    let north = fixture.hub_lead(NORTH);
    let group = north.group(name).await.unwrap();
    let call = async |request| north.work_groups.clone().end_work_group(request).await;
    walk.wrong("EndWorkGroup", call(pb::EndWorkGroupRequest::default()).await, &["request_id", "name", "etag", "end_date"]);
    let of = |name: &str| pb::WorkGroup { name: name.to_owned(), ..group.clone() };
    of_others(fixture, walk, "EndWorkGroup", name, async |voice, name| voice.end_group(&of(name), "2018-10-01").await).await;
    let stale = pb::WorkGroup { etag: "v0".to_owned(), ..group.clone() };
    walk.step("EndWorkGroup", "stale etag", north.end_group(&stale, "2018-10-01").await, "ETAG_STALE");
    for (day, reason) in [("2018-10-02", "DATE_IN_FUTURE"), ("2018-09-30", "DATE_BEFORE_LAST")] {
        walk.step("EndWorkGroup", "wrong state", north.end_group(&group, day).await, reason);
    }
    let end = |day: &str| pb::EndWorkGroupRequest {
        request_id: "end".to_owned(),
        name: name.to_owned(),
        etag: group.etag.clone(),
        end_date: day.to_owned(),
    };
    let events = async || fixture.events().await.len();
    walk.repeat("EndWorkGroup", events, 1, call, [end("2018-10-01"), end("2018-09-30")]).await;
    let ended = north.group(name).await.unwrap();
    walk.step("EndWorkGroup", "wrong state", north.end_group(&ended, "2018-10-01").await, "STATE_ENDED");
}
