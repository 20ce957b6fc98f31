//! The bare handler: tonic and one sqlx query for each call.

use futures::future::BoxFuture;
use proto::enrolment::v1::{
    self as pb,
    application_service_server::{ApplicationService, ApplicationServiceServer},
};
use sqlx::{Row, SqlitePool, sqlite::SqliteRow};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, transport::Server};

struct Bare(SqlitePool);

/// Serves the database and prints the address.
pub(crate) async fn serve(url: &str) {
    let pool = SqlitePool::connect(url).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    let server = Server::builder().add_service(ApplicationServiceServer::new(Bare(pool)));
    server.serve_with_incoming(TcpListenerStream::new(listener)).await.unwrap();
}

fn application(row: &SqliteRow) -> pb::Application {
    pb::Application {
        name: format!("rounds/{}/applications/{}", row.get::<&str, _>("round"), row.get::<&str, _>("id")),
        school: format!("schools/{}", row.get::<i64, _>("urn")),
        hub: format!("hubs/{}", row.get::<&str, _>("hub")),
        programme: row.get("programme"),
        queue_number: row.get::<Option<i64>, _>("queue_number").unwrap_or_default(),
        etag: format!("v{}", row.get::<i64, _>("version")),
        ..pb::Application::default()
    }
}

/// The calls that are not measured, as `async_trait` writes them.
macro_rules! unmeasured {
    ($($method:ident: $Request:ident => $Response:ident),+) => {
        $(fn $method<'a, 'f>(&'a self, _: Request<pb::$Request>) -> BoxFuture<'f, Result<Response<pb::$Response>, Status>>
        where
            'a: 'f,
            Self: 'f,
        {
            Box::pin(async { Err(Status::unimplemented("the bare handler only reads")) })
        })+
    };
}

#[tonic::async_trait]
impl ApplicationService for Bare {
    async fn get_application(
        &self,
        request: Request<pb::GetApplicationRequest>,
    ) -> Result<Response<pb::GetApplicationResponse>, Status> {
        let name = request.into_inner().name;
        let id = name.rsplit('/').next().unwrap();
        let row = sqlx::query("SELECT * FROM application WHERE id = $1").bind(id).fetch_one(&self.0).await.unwrap();
        Ok(Response::new(pb::GetApplicationResponse { application: Some(application(&row)) }))
    }

    async fn list_applications(
        &self,
        request: Request<pb::ListApplicationsRequest>,
    ) -> Result<Response<pb::ListApplicationsResponse>, Status> {
        let request = request.into_inner();
        let round = request.parent.trim_start_matches("rounds/");
        let query = sqlx::query("SELECT * FROM application WHERE round = $1 AND id > $2 ORDER BY id LIMIT $3");
        let rows = query.bind(round).bind("").bind(request.page_size).fetch_all(&self.0).await.unwrap();
        let applications = rows.iter().map(application).collect();
        Ok(Response::new(pb::ListApplicationsResponse { applications, ..Default::default() }))
    }

    unmeasured! {
        create_application: CreateApplicationRequest => CreateApplicationResponse,
        submit_application: SubmitApplicationRequest => SubmitApplicationResponse,
        offer_places: OfferPlacesRequest => OfferPlacesResponse,
        accept_offer: AcceptOfferRequest => AcceptOfferResponse,
        decline_offer: DeclineOfferRequest => DeclineOfferResponse,
        withdraw_application: WithdrawApplicationRequest => WithdrawApplicationResponse,
        lapse_offers: LapseOffersRequest => LapseOffersResponse
    }
}
