//! A school becomes an academy in the middle of its first year: its place, its Work Group, its registers and its money go on under the new URN.

use proto::{
    enrolment::v1::{self as pb, AttentionReason, PlaceOrder},
    funding::v1::{self as funding, EntitlementState},
    meeting::v1 as meeting,
    network::v1 as network,
};
use stories::{
    Caller, Suite, places, reason,
    register::{self, SHEFFIELD},
    round,
};
use time::Date;

/// The school that becomes the academy, another school of the hub, and the school of the leader.
const OLD: i32 = 100_001;
const OTHER: i32 = 100_002;
const LEADERS: i32 = 100_003;
const ACADEMY: i32 = 100_500;

fn school(urn: i32) -> String {
    format!("schools/{urn}")
}

/// The participations of a school that a caller finds, with the reasons for which they need attention.
async fn found(caller: &Caller, urn: i32) -> Vec<(String, Vec<AttentionReason>)> {
    let request = pb::ListParticipationsRequest { school: school(urn), ..Default::default() };
    let page = caller.participations().list_participations(request).await.unwrap().into_inner();
    let reasons =
        |name: &String| page.attention.get(name).into_iter().flat_map(|list| &list.attentions).map(pb::Attention::reason);
    page.participations.iter().map(|one| (one.name.clone(), reasons(&one.name).collect())).collect()
}

/// The marks of a participation that a caller sees, by day and person.
async fn marks(caller: &Caller, participation: &str) -> Vec<(String, String)> {
    let request = meeting::ListMarksRequest {
        parent: "workGroups/-/meetings/-".to_owned(),
        subject: participation.to_owned(),
        ..Default::default()
    };
    let marks = caller.meetings().list_marks(request).await.unwrap().into_inner().marks;
    marks.into_iter().map(|mark| (mark.mark_date, mark.person)).collect()
}

/// The school has a place, and its first meeting on 5 February 2019. Returns its participation, its Work Group and the mark of its teacher.
async fn until_february(suite: &Suite, hub: &str) -> (String, String, meeting::Mark) {
    let ncetm = suite.ncetm();
    let announced = round("2018/19", ["2018-07-01", "2018-07-31"], PlaceOrder::Submission);
    let round = ncetm.announce("2018", announced).await.unwrap();
    ncetm.set_places(&round, places(hub, 1)).await.unwrap();
    suite.funding_caught_up().await;
    ncetm.decide_subsidy(Date::parse("2018-09-01").unwrap()).await.unwrap();
    suite.dfe().allocate(hub, suite.clock.today(), 1).await.unwrap();
    let application = ncetm.apply(&round, OLD, hub).await.unwrap();
    ncetm.offer(&round, hub, 0).await.unwrap();
    let participation = ncetm.accept(&application).await.unwrap().participation;
    suite.move_to("2018-09-10");
    suite.hub_lead(hub).start_year(&participation, "2018-09-10").await.unwrap();
    suite.move_to("2019-02-05");
    let attended = suite.attend(hub, &participation, LEADERS, "2019-02-05").await;
    let group = attended.meeting.split("/meetings/").next().unwrap().to_owned();
    (participation, group, attended.mark)
}

/// The register of 4 March has the academy, which has succeeded the school on 1 March; another person confirms the link.
async fn academise(suite: &Suite) {
    suite.move_to("2019-03-04");
    let rows = register::as_of("2019-03-04")
        .closed_primary(OLD, SHEFFIELD, "28-02-2019")
        .primaries(OTHER..LEADERS + 1, SHEFFIELD)
        .primary_academy(ACADEMY, SHEFFIELD, "01-03-2019")
        .successor(OLD, ACADEMY, "01-03-2019");
    suite.ncetm().import(&rows.done()).await.unwrap();
    suite.dfe().confirm_links().await.unwrap();
    suite.caught_up().await;
    suite.funding_caught_up().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_participation_goes_on_at_the_academy_and_the_academy_is_paid() {
    stories::on_each_database("2018-07-02", async |mut suite| {
        suite.start_funding().await;
        let ncetm = suite.ncetm();
        ncetm.import(&register::as_of("2018-07-02").primaries(OLD..LEADERS + 1, SHEFFIELD).done()).await.unwrap();
        let hub = ncetm.create_hub("north", LEADERS).await.unwrap();
        let (participation, group, mark) = until_february(&suite, &hub).await;
        let february = vec![(mark.mark_date.clone(), mark.person.clone())];
        let early = suite.school(&school(ACADEMY));
        assert_eq!((found(&early, ACADEMY).await, marks(&early, &participation).await), (Vec::new(), Vec::new()));

        academise(&suite).await;
        let (ncetm, lead, academy) = (suite.ncetm(), suite.hub_lead(&hub), suite.school(&school(ACADEMY)));
        // Each URN finds the participation, with nothing to look at, and another school does not.
        for caller in [&ncetm, &lead, &academy] {
            for urn in [OLD, ACADEMY] {
                assert_eq!(found(caller, urn).await, [(participation.clone(), Vec::new())]);
            }
        }
        assert_eq!(found(&suite.school(&school(OTHER)), ACADEMY).await, []);
        let groups = pb::ListWorkGroupsRequest { school: school(ACADEMY), ..Default::default() };
        let groups = academy.work_groups().list_work_groups(groups).await.unwrap().into_inner().work_groups;
        assert_eq!(groups.iter().map(|one| &one.name).collect::<Vec<_>>(), [&group]);
        assert_eq!(marks(&academy, &participation).await, february);

        // The academy takes its teacher over, has a second one, and names both as lead participants.
        let moved = network::MovePersonRequest {
            request_id: "move".to_owned(),
            name: mark.person.clone(),
            school: school(ACADEMY),
            start_date: "2019-03-01".to_owned(),
        };
        academy.persons().move_person(moved).await.unwrap();
        let second = academy.record_teacher(&school(ACADEMY), "2019-03-01").await.unwrap();
        suite.caught_up().await;
        let leads = pb::SetLeadParticipantsRequest {
            request_id: "leads".to_owned(),
            name: participation.clone(),
            persons: vec![mark.person.clone(), second.clone()],
            start_date: "2019-03-04".to_owned(),
        };
        academy.participations().set_lead_participants(leads.clone()).await.unwrap();
        let stranger = suite.school(&school(OTHER)).participations().set_lead_participants(leads).await;
        assert_eq!(reason(&stranger.unwrap_err()), "NOT_FOUND");

        // The register of April has both, and that of February does not change.
        suite.move_to("2019-04-09");
        let (lead, academy) = (suite.hub_lead(&hub), suite.school(&school(ACADEMY)));
        let april = lead.plan_meeting(&group, &hub, "2019-04-09").await.unwrap();
        let of = |person: &String| meeting::Mark { person: person.clone(), mark_date: "2019-04-09".to_owned(), ..mark.clone() };
        lead.take_register(&april.name, vec![of(&mark.person), of(&second)]).await.unwrap();
        let mut seen = marks(&academy, &participation).await;
        seen.sort();
        let mut expected = [&mark.person, &second].map(|person| ("2019-04-09".to_owned(), person.clone())).to_vec();
        expected.sort();
        assert_eq!(seen, [february, expected].concat());

        // The academy signs the agreement, at once, and is paid.
        let signed = academy.agree(&participation, "2019-04-09").await.unwrap();
        assert_eq!((signed.school.as_str(), signed.agreement_sign_date.as_str()), (school(OLD).as_str(), "2019-04-09"));
        suite.funding_caught_up().await;
        let (ncetm, academy) = (suite.ncetm(), suite.school(&school(ACADEMY)));
        let batch = funding::CreateBatchRequest { request_id: "batch".to_owned(), ..Default::default() };
        let batch = ncetm.payments().create_batch(batch).await.unwrap().into_inner().batch.unwrap();
        assert_eq!(batch.entitlements_count, 1);
        let entitlement = academy.all_entitlements().await.unwrap().remove(0);
        assert_eq!((entitlement.state(), entitlement.payee.unwrap().reference), (EntitlementState::Payable, school(ACADEMY)));
        // The year goes on to its end.
        suite.move_to("2019-07-12");
        let completed = suite.hub_lead(&hub).complete_year(&participation, "2019-07-12").await.unwrap();
        assert_eq!(completed.years_completed_count, 1);
    })
    .await;
}
