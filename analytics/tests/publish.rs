//! The messages that the network service receives.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use std::sync::{Arc, Mutex};

use analytics::{Measure, ReportState, Source, measure, publish, write_report};
use client::{Connection, PeerTls, TokenSource};
use proto::network::v1::{
    ApproveReachRequest, ApproveReachResponse, CreateReachPolicyRequest, CreateReachPolicyResponse, FigureState,
    GetReachPublicationRequest, GetReachPublicationResponse, ListColdAreasRequest, ListColdAreasResponse,
    ListReachFiguresRequest, ListReachFiguresResponse, ListReachPoliciesRequest, ListReachPoliciesResponse,
    ListReachPublicationsRequest, ListReachPublicationsResponse, PublishReachRequest, PublishReachResponse, ReachStage,
    publish_reach_request::Part,
    reach_service_server::{ReachService, ReachServiceServer},
};
use tokio_stream::{StreamExt, wrappers::TcpListenerStream};
use tonic::{Request, Response, Status, Streaming};
use world::*;

/// Keeps the received messages.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Part>>>);

#[tonic::async_trait]
impl ReachService for Kept {
    async fn publish_reach(
        &self,
        request: Request<Streaming<PublishReachRequest>>,
    ) -> Result<Response<PublishReachResponse>, Status> {
        assert_eq!(request.metadata().get("authorization").unwrap(), "Bearer for-a-test");
        let mut stream = request.into_inner();
        while let Some(message) = stream.next().await {
            self.0.lock().unwrap().push(message?.part.unwrap());
        }
        let Some(Part::Header(header)) = self.0.lock().unwrap().first().cloned() else {
            return Err(Status::invalid_argument("the header comes first"));
        };
        Ok(Response::new(PublishReachResponse { reach_publication: header.reach_publication }))
    }

    async fn approve_reach(&self, _: Request<ApproveReachRequest>) -> Result<Response<ApproveReachResponse>, Status> {
        Err(Status::unimplemented("not in this story"))
    }

    async fn get_reach_publication(
        &self,
        _: Request<GetReachPublicationRequest>,
    ) -> Result<Response<GetReachPublicationResponse>, Status> {
        Err(Status::unimplemented("not in this story"))
    }

    async fn list_reach_publications(
        &self,
        _: Request<ListReachPublicationsRequest>,
    ) -> Result<Response<ListReachPublicationsResponse>, Status> {
        Err(Status::unimplemented("not in this story"))
    }

    async fn list_reach_figures(
        &self,
        _: Request<ListReachFiguresRequest>,
    ) -> Result<Response<ListReachFiguresResponse>, Status> {
        Err(Status::unimplemented("not in this story"))
    }

    async fn list_cold_areas(&self, _: Request<ListColdAreasRequest>) -> Result<Response<ListColdAreasResponse>, Status> {
        Err(Status::unimplemented("not in this story"))
    }

    async fn create_reach_policy(
        &self,
        _: Request<CreateReachPolicyRequest>,
    ) -> Result<Response<CreateReachPolicyResponse>, Status> {
        Err(Status::unimplemented("not in this story"))
    }

    async fn list_reach_policies(
        &self,
        _: Request<ListReachPoliciesRequest>,
    ) -> Result<Response<ListReachPoliciesResponse>, Status> {
        Err(Status::unimplemented("not in this story"))
    }
}

#[tokio::test]
async fn figures_and_areas_are_sent_in_parts_without_x_and_z_values() {
    let mut world = World::default();
    let schools = (0..24).map(|n| in_area(school(100_000 + n, PRIMARY), &format!("{}", 300 + n / 12), "Area")).collect();
    world.register("2018-09-01", schools, vec![]);
    world.round("2017/18", "mastery", &[PRIMARY]).round("2018/19", "mastery", &[PRIMARY]);
    world.enrols(100_000, "mastery", "2017/18");
    world.policy("2018-06-20", "2018-09-01", (ReachStage::Enrolled, 10, 10));
    let lake = world.lake();
    let positions = analytics::lake::Manifest::load(lake.path()).unwrap().positions();
    let reach = measure(lake.path(), &Measure::on(day("2018-12-01"), day("2018-12-01")).up_to(positions)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let report = write_report(&reach, folder.path(), &ReportState::Provisional).unwrap();

    let kept = Kept::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = ReachServiceServer::new(kept.clone());
    tokio::spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(TcpListenerStream::new(listener)));
    let connection = Connection::open(&format!("http://{address}"), &PeerTls::default()).unwrap();
    let source = Source { name: "network", connection: connection.with_token(TokenSource::fixed("for-a-test").unwrap()) };
    let publication = publish(&reach, &report, &source, "request-1").await.unwrap();
    assert_eq!((publication.academic_year.as_str(), publication.content_sha256), ("2018/19", report.content_sha256));

    assert_eq!(publication.policy, "reachPolicies/2018-09-01");

    let positions: Vec<_> =
        publication.feed_positions.iter().map(|feed| (feed.source.as_str(), feed.epoch.as_str(), feed.position)).collect();
    assert_eq!(positions, [("enrolment", "epoch of enrolment", 4), ("network", "epoch of network", 4)]);

    let kept = kept.0.lock().unwrap();
    let parts: Vec<_> = kept.iter().filter_map(|part| if let Part::ReachPart(part) = part { Some(part) } else { None }).collect();
    assert!(parts.iter().all(|part| part.figures.len() + part.cold_areas.len() <= 500));
    let figures: Vec<_> = parts.iter().flat_map(|part| &part.figures).collect();
    assert_eq!(figures.len(), reach.figures.len());
    let england = |of: &str, phase: i32| {
        let mut found = figures.iter().filter(|figure| {
            figure.academic_year == of
                && figure.region_code.is_empty()
                && figure.programme == "total"
                && figure.education_phase == phase
                && figure.stage == 2
        });
        let figure = found.next().unwrap();
        assert!(found.next().is_none());
        (
            figure.state(),
            figure.schools_count,
            figure.schools_reached_count,
            figure.schools_reached_new_count,
            figure.schools_reached_permille,
            figure.schools_reached_since_201415_permille,
        )
    };
    // 1 of 24 is 4.1666 %. It is in its second year in 2018/19.
    assert_eq!(england("2018/19", 0), (FigureState::Complete, Some(24), Some(1), Some(0), Some(42), Some(42)));
    assert_eq!(england("2017/18", 0), (FigureState::NotCovered, None, Some(1), Some(1), None, None));
    assert_eq!(england("2018/19", SECONDARY), (FigureState::NotPlayed, None, None, None, None, None));
    let areas: Vec<_> =
        parts.iter().flat_map(|part| &part.cold_areas).map(|area| (area.old_la_code.as_str(), area.rank)).collect();
    assert_eq!(areas, [("301", 1), ("300", 2)]);
}
