//! Publishing reach, approving it, reading it.

use std::time::Duration;

use proto::network::v1::{self as pb, publish_reach_request::Part};
use tonic::{Code, Status};

use crate::fixture::*;

pub(crate) fn header(request_id: &str, validate_only: bool) -> pb::PublishReachHeader {
    let publication = pb::ReachPublication {
        academic_year: "2018/19".to_owned(),
        true_on_date: "2019-08-31".to_owned(),
        known_on_date: "2019-09-30".to_owned(),
        register_as_of_date: "2018-09-01".to_owned(),
        content_sha256: "0".repeat(64),
        ..Default::default()
    };
    pb::PublishReachHeader { request_id: request_id.to_owned(), reach_publication: Some(publication), validate_only }
}

pub(crate) fn figure(programme: &str) -> pb::ReachFigure {
    pb::ReachFigure {
        academic_year: "2018/19".to_owned(),
        geographic_level: pb::GeographicLevel::LocalAuthority.into(),
        region_code: "E12000003".to_owned(),
        old_la_code: "373".to_owned(),
        new_la_code: "E08000019".to_owned(),
        programme: programme.to_owned(),
        education_phase: pb::EducationPhase::Primary.into(),
        stage: pb::ReachStage::Enrolled.into(),
        state: pb::FigureState::Complete.into(),
        schools_count: Some(12),
        schools_reached_count: Some(5),
        schools_reached_new_count: Some(2),
        schools_reached_permille: Some(417),
        schools_reached_since_201415_count: Some(7),
        schools_reached_since_201415_permille: Some(583),
    }
}

fn area(old: &str, new: &str, never: i32, coldness_ppm: i32, rank: i32) -> pb::ColdArea {
    pb::ColdArea {
        old_la_code: old.to_owned(),
        new_la_code: new.to_owned(),
        region_code: "E12000003".to_owned(),
        programme: "primary".to_owned(),
        education_phase: pb::EducationPhase::Primary.into(),
        stage: pb::ReachStage::Enrolled.into(),
        schools_count: if rank == 0 { 9 } else { 12 },
        schools_never_reached_count: never,
        region_schools_count: 100,
        region_schools_never_reached_count: 50,
        coldness_ppm,
        rank,
    }
}

/// Sheffield is the coldest, then Barnsley; York is too small.
pub(crate) fn areas() -> Vec<pb::ColdArea> {
    vec![
        area("816", "E06000014", 4, 473_684, 0),
        area("370", "E08000016", 5, 454_545, 2),
        area("373", "E08000019", 12, 772_727, 1),
    ]
}

pub(crate) fn part(figures: Vec<pb::ReachFigure>, cold_areas: Vec<pb::ColdArea>) -> Part {
    Part::ReachPart(pb::ReachPart { figures, cold_areas })
}

pub(crate) async fn publish(fixture: &Fixture, caller: &'static str, parts: Vec<Part>) -> Result<pb::ReachPublication, Status> {
    let messages: Vec<_> = parts.into_iter().map(|part| pb::PublishReachRequest { part: Some(part) }).collect();
    let answer = fixture.reach_as(caller).publish_reach(futures::stream::iter(messages)).await?;
    Ok(answer.into_inner().reach_publication.unwrap())
}

pub(crate) async fn published(fixture: &Fixture) -> pb::ReachPublication {
    let parts =
        vec![Part::Header(header(&fresh(), false)), part(vec![figure("primary")], areas()), part(vec![figure("total")], vec![])];
    publish(fixture, "publisher@analytics", parts).await.unwrap()
}

fn approval(publication: &pb::ReachPublication, etag: &str) -> pb::ApproveReachRequest {
    pb::ApproveReachRequest {
        request_id: fresh(),
        name: publication.name.clone(),
        etag: etag.to_owned(),
        figures_sha256: publication.figures_sha256.clone(),
    }
}

#[tokio::test]
async fn the_checksum_of_figures_is_that_of_what_was_received_and_not_of_what_the_publisher_says() {
    on_each(|fixture| async move {
        let publish = async |parts: Vec<Part>| {
            let header = Part::Header(header(&fresh(), false));
            publish(&fixture, "publisher@analytics", [vec![header], parts].concat()).await.unwrap().figures_sha256
        };
        let figures = || vec![figure("primary"), figure("total")];
        let one = publish(vec![part(figures(), areas())]).await;
        assert_eq!(one, proto::figures_sha256(figures(), areas()));
        let in_parts = [part(vec![], areas()), part(vec![figure("primary")], vec![]), part(vec![figure("total")], vec![])];
        assert_eq!(publish(in_parts.to_vec()).await, one, "parts do not matter");
        let fewer = publish(vec![part(vec![figure("primary")], areas())]).await;
        assert_ne!(fewer, one, "the publisher says the same content_sha256 of both");
    })
    .await;
}

#[tokio::test]
async fn a_publication_is_read_as_it_was_sent() {
    on_each(|fixture| async move {
        let publication = published(&fixture).await;
        assert_eq!(publication.state(), pb::ReachState::Provisional);
        assert_eq!((publication.figures_count, publication.cold_areas_count), (2, 3));
        assert!(!publication.publisher.is_empty() && publication.publisher != "analytics", "the id of an actor");
        assert_eq!(fixture.event_types().await, ["ReachFiguresRecorded", "ReachFiguresRecorded", "ReachPublished"]);
        let mut reach = fixture.reach_as("dfe");
        let newest = pb::GetReachPublicationRequest { name: "reachPublications/-".to_owned() };
        assert_eq!(reach.get_reach_publication(newest).await.unwrap().into_inner().reach_publication, Some(publication.clone()));
        let ask = pb::ListReachFiguresRequest { parent: publication.name.clone(), page_size: 1, ..Default::default() };
        let before = fixture.service.context.pool.statements_count();
        let page = reach.list_reach_figures(ask.clone()).await.unwrap().into_inner();
        assert_eq!(fixture.service.context.pool.statements_count() - before, 1);
        assert_eq!(page.reach_figures, [figure("primary")]);
        let rest = pb::ListReachFiguresRequest { page_token: page.next_page_token, ..ask.clone() };
        assert_eq!(reach.list_reach_figures(rest).await.unwrap().into_inner().reach_figures, [figure("total")]);
        let none = pb::ListReachFiguresRequest { academic_year: "2017/18".to_owned(), ..ask };
        assert!(reach.list_reach_figures(none).await.unwrap().into_inner().reach_figures.is_empty());
        let missing = pb::ListReachFiguresRequest { parent: "reachPublications/none".to_owned(), ..Default::default() };
        assert_eq!(reach.list_reach_figures(missing).await.unwrap_err().code(), Code::NotFound);
        let mut seen = Vec::new();
        let mut ask = pb::ListColdAreasRequest { parent: "reachPublications/-".to_owned(), page_size: 1, ..Default::default() };
        loop {
            let page = reach.list_cold_areas(ask.clone()).await.unwrap().into_inner();
            seen.extend(page.cold_areas);
            // A newer publication does not mix in.
            published(&fixture).await;
            if page.next_page_token.is_empty() {
                break;
            }
            ask.page_token = page.next_page_token;
        }
        assert_eq!(seen.iter().map(|area| area.rank).collect::<Vec<_>>(), [1, 2, 0]);
        let list = pb::ListReachPublicationsRequest { page_size: 3, page_token: String::new() };
        let list = reach.list_reach_publications(list).await.unwrap().into_inner();
        let rest = pb::ListReachPublicationsRequest { page_size: 3, page_token: list.next_page_token };
        let rest = reach.list_reach_publications(rest).await.unwrap().into_inner();
        assert_eq!(rest.reach_publications, [publication], "the first is the last of the list");
    })
    .await;
}

#[tokio::test]
async fn many_publications_at_once_get_different_numbers() {
    on_each(|fixture| async move {
        let calls = futures::future::join_all((0..4).map(|_| published(&fixture))).await;
        let mut names: Vec<_> = calls.into_iter().map(|publication| publication.name).collect();
        let list = pb::ListReachPublicationsRequest { page_size: 10, page_token: String::new() };
        let list = fixture.reach_as("dfe").list_reach_publications(list).await.unwrap().into_inner().reach_publications;
        let mut listed: Vec<_> = list.into_iter().map(|publication| publication.name).collect();
        names.sort_unstable();
        listed.sort_unstable();
        assert_eq!(listed, names);
        assert_eq!(fixture.event_types().await.iter().filter(|name| *name == "ReachPublished").count(), 4);
    })
    .await;
}

#[tokio::test]
async fn another_person_approves_and_a_final_publication_cannot_be_approved_again() {
    on_each(|fixture| async move {
        let publication = published(&fixture).await;
        let approve = |caller: &'static str, etag: &str| {
            let request = approval(&publication, etag);
            let mut reach = fixture.reach_as(caller);
            async move { reach.approve_reach(request).await }
        };
        let own = approve("ncetm@analytics", &publication.etag).await.unwrap_err();
        assert_eq!((own.code(), reason(&own).as_str()), (Code::FailedPrecondition, "APPROVER_IS_PUBLISHER"));
        let stale = approve("dfe@anna", "v77").await.unwrap_err();
        assert_eq!((stale.code(), reason(&stale).as_str()), (Code::Aborted, "ETAG_STALE"));
        let last = approve("dfe@anna", &publication.etag).await.unwrap().into_inner().reach_publication.unwrap();
        assert_eq!((last.state(), last.approve_time.is_some()), (pb::ReachState::Final, true));
        assert!(!last.approver.is_empty() && last.approver != publication.publisher, "{last:?}");
        assert_eq!((last.approving_body.as_str(), last.superseded_reach_publication.as_str()), ("Department for Education", ""));
        let again = approve("dfe@ben", &last.etag).await.unwrap_err();
        assert_eq!(reason(&again), "REACH_FINAL");
        assert_eq!(fixture.event_types().await.last().unwrap(), "ReachApproved");
        let newest = pb::ApproveReachRequest { name: "reachPublications/-".to_owned(), ..approval(&publication, "1") };
        assert_eq!(fields(&fixture.reach_as("dfe").approve_reach(newest).await.unwrap_err()), ["name"]);
    })
    .await;
}

#[tokio::test]
async fn a_final_publication_names_the_body_and_the_publication_that_it_supersedes() {
    on_each(|fixture| async move {
        let publish_about = |year: &'static str| {
            let mut header = header(&fresh(), false);
            header.reach_publication.as_mut().unwrap().academic_year = year.to_owned();
            let mut figure = figure("primary");
            figure.academic_year = "2018/19".to_owned();
            let fixture = &fixture;
            async move {
                let parts = vec![Part::Header(header), part(vec![figure], vec![])];
                publish(fixture, "publisher", parts).await.unwrap()
            }
        };
        let approve = |publication: pb::ReachPublication, caller: &'static str| {
            let request = approval(&publication, &publication.etag);
            let mut reach = fixture.reach_as(caller);
            async move { reach.approve_reach(request).await.unwrap().into_inner().reach_publication.unwrap() }
        };
        let bodies = |publication: &pb::ReachPublication| {
            (publication.approving_body.clone(), publication.superseded_reach_publication.clone())
        };
        let body = |body: &str, superseded: &str| (body.to_owned(), superseded.to_owned());
        // Names are numbers in the order of publication.
        let first = publish_about("2018/19").await;
        let about_another_year = publish_about("2019/20").await;
        let second = publish_about("2018/19").await;
        let third = publish_about("2018/19").await;
        assert_eq!(
            [&first, &second, &third].map(|each| each.name.as_str()),
            ["1", "3", "4"].map(|n| format!("reachPublications/{n}"))
        );
        assert_eq!(bodies(&first), body("", ""));
        assert_eq!(bodies(&approve(first, "dfe@anna").await), body("Department for Education", ""));
        assert_eq!(bodies(&approve(about_another_year, "dfe@anna").await), body("Department for Education", ""));
        // A provisional one between the two supersedes nothing and is superseded by nothing.
        assert_eq!(bodies(&approve(third, "ncetm@ben").await), body("NCETM", "reachPublications/1"));
        assert_eq!(bodies(&approve(second, "dfe@anna").await), body("Department for Education", "reachPublications/4"));
        // Approvals at once make one chain.
        let mut waiting = Vec::new();
        for _ in 0..4 {
            waiting.push(publish_about("2018/19").await);
        }
        let approved = futures::future::join_all(waiting.into_iter().map(|publication| approve(publication, "dfe@anna"))).await;
        let mut superseded: Vec<String> =
            approved.into_iter().map(|publication| publication.superseded_reach_publication).collect();
        superseded.sort_unstable();
        superseded.dedup();
        assert_eq!(superseded.len(), 4, "{superseded:?}");
    })
    .await;
}

#[tokio::test]
async fn a_publication_keeps_the_feed_positions_up_to_which_it_was_measured() {
    on_each(|fixture| async move {
        let position = |source: &str, epoch: &str, position| pb::FeedPosition {
            source: source.to_owned(),
            epoch: epoch.to_owned(),
            position,
            hash: if position == 0 { Vec::new() } else { vec![7; 32] },
        };
        let publish_with = |positions: Vec<pb::FeedPosition>| {
            let mut header = header(&fresh(), false);
            header.reach_publication.as_mut().unwrap().feed_positions = positions;
            let fixture = &fixture;
            async move { publish(fixture, "publisher", vec![Part::Header(header), part(vec![figure("primary")], vec![])]).await }
        };
        let sent = vec![position("network", "e1", 52), position("enrolment", "e2", 0)];
        let published = publish_with(sent.clone()).await.unwrap();
        let in_order = vec![sent[1].clone(), sent[0].clone()];
        assert_eq!(published.feed_positions, in_order);
        let request = pb::GetReachPublicationRequest { name: published.name };
        let read = fixture.reach_as("dfe").get_reach_publication(request).await.unwrap().into_inner();
        assert_eq!(read.reach_publication.unwrap().feed_positions, in_order);
        let without_hash = pb::FeedPosition { hash: Vec::new(), ..position("network", "e1", 1) };
        for wrong in [position("", "e1", 1), position("network", "a b", 1), position("network", "e1", -1), without_hash] {
            let error = publish_with(vec![wrong]).await.unwrap_err();
            assert_eq!(fields(&error), ["reach_publication.feed_positions[0]"]);
        }
        let twice = publish_with(vec![position("network", "e1", 1), position("network", "e2", 2)]).await.unwrap_err();
        assert_eq!(fields(&twice), ["reach_publication.feed_positions[1]"]);
    })
    .await;
}

#[tokio::test]
async fn inconsistent_figures_are_refused() {
    on_each(|fixture| async move {
        let try_figure = |change: fn(&mut pb::ReachFigure)| {
            let mut figure = figure("primary");
            change(&mut figure);
            let parts = vec![Part::Header(header(&fresh(), false)), part(vec![figure], vec![])];
            let fixture = &fixture;
            async move { fields(&publish(fixture, "publisher", parts).await.unwrap_err()) }
        };
        assert_eq!(
            try_figure(|figure| figure.schools_reached_permille = Some(416)).await,
            ["figures[0].schools_reached_permille"]
        );
        let more = try_figure(|figure| figure.schools_reached_count = Some(13)).await;
        assert!(more.contains(&"figures[0].schools_reached_count".to_owned()), "{more:?}");
        let elsewhere: [fn(&mut pb::ReachFigure); 3] = [
            |figure| figure.old_la_code = "37".to_owned(),
            |figure| figure.new_la_code = "Sheffield".to_owned(),
            |figure| figure.region_code = "E12000001".to_owned(),
        ];
        for change in elsewhere {
            assert_eq!(try_figure(change).await, ["figures[0].old_la_code"]);
        }
        // Authorities begin, and get new codes, after this program was written.
        let founded = pb::ReachFigure { old_la_code: "950".to_owned(), new_la_code: "E06000099".to_owned(), ..figure("primary") };
        // A register may give an authority no nine-character code.
        let without_code = pb::ReachFigure { new_la_code: String::new(), ..figure("secondary") };
        let figures = part(vec![founded, without_code], vec![]);
        publish(&fixture, "publisher", vec![Part::Header(header(&fresh(), true)), figures]).await.unwrap();
        assert_eq!(try_figure(|figure| figure.academic_year = "2019/20".to_owned()).await, ["figures[0].academic_year"]);
        assert_eq!(try_figure(|figure| figure.state = pb::FigureState::NotPlayed.into()).await, ["figures[0].state"]);
        assert_eq!(try_figure(|figure| figure.state = pb::FigureState::NotCovered.into()).await, ["figures[0].state"]);
        let unknown = try_figure(|figure| {
            figure.stage = 9;
            figure.programme = "No".to_owned();
        });
        assert_eq!(unknown.await, ["figures[0].programme", "figures[0].stage"]);
        let twice = vec![Part::Header(header(&fresh(), false)), part(vec![figure("a"), figure("a")], vec![])];
        assert_eq!(fields(&publish(&fixture, "publisher", twice).await.unwrap_err()), ["figures[1]"]);
        let mut wrong = areas();
        wrong[0].coldness_ppm += 1;
        wrong[1].rank = 1;
        wrong[2].rank = 2;
        let cold = vec![Part::Header(header(&fresh(), false)), part(vec![], wrong)];
        assert_eq!(
            fields(&publish(&fixture, "publisher", cold).await.unwrap_err()),
            ["cold_areas[0].coldness_ppm", "cold_areas[2]"]
        );
        assert_eq!(fields(&publish(&fixture, "publisher", vec![part(vec![], vec![])]).await.unwrap_err()), ["header"]);
        let large = vec![Part::Header(header(&fresh(), false)), part(vec![figure("a"); 501], vec![])];
        assert_eq!(fields(&publish(&fixture, "publisher", large).await.unwrap_err()), ["reach_part"]);
        assert!(fixture.events().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_area_of_a_second_stage_is_refused_by_its_row() {
    on_each(|fixture| async move {
        let mut twice = areas();
        // A second ranking, which is consistent in itself.
        twice.push(pb::ColdArea { stage: pb::ReachStage::Completed.into(), ..twice[2].clone() });
        let parts = |areas| vec![Part::Header(header(&fresh(), false)), part(vec![], areas)];
        let refused = publish(&fixture, "publisher", parts(twice.clone())).await.unwrap_err();
        assert_eq!(fields(&refused), ["cold_areas[3].stage", "cold_areas[3]"]);
        assert!(refused.message().contains("cold_areas[2] again"), "{}", refused.message());
        assert!(fixture.events().await.is_empty());
        twice[3].education_phase = pb::EducationPhase::Secondary.into();
        let refused = publish(&fixture, "publisher", parts(twice.clone())).await.unwrap_err();
        assert_eq!(fields(&refused), ["cold_areas[3].stage"], "the policy names one stage for all phases");
        twice[3].stage = twice[2].stage;
        publish(&fixture, "publisher", parts(twice)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_and_a_cancelled_stream_publish_nothing_and_a_repeated_request_publishes_once() {
    on_each(|fixture| async move {
        let parts = |id: &str, only: bool| vec![Part::Header(header(id, only)), part(vec![figure("primary")], areas())];
        let tried = publish(&fixture, "publisher", parts("one", true)).await.unwrap();
        assert_eq!((tried.name.as_str(), tried.figures_count), ("", 1));
        let messages: Vec<_> = parts("one", false).into_iter().map(|part| pb::PublishReachRequest { part: Some(part) }).collect();
        let stream = tokio_stream::StreamExt::chain(futures::stream::iter(messages), futures::stream::pending());
        let mut reach = fixture.reach_as("publisher");
        assert!(tokio::time::timeout(Duration::from_millis(300), reach.publish_reach(stream)).await.is_err());
        assert!(fixture.events().await.is_empty());
        let calls = (0..3).map(|_| publish(&fixture, "publisher", parts("one", false)));
        let answers: Vec<_> = futures::future::join_all(calls).await.into_iter().map(Result::unwrap).collect();
        assert!(answers.iter().all(|answer| *answer == answers[0]));
        assert_eq!(fixture.events().await.len(), 3);
    })
    .await;
}
