//! The service over the network, with tokens.

use std::{sync::Arc, time::Duration};

use access::{Caller, Claims, LOCAL_ISSUER, LocalKey, Role, Trusted};
use proto::{
    enrolment::v1::{ListRoundsRequest, round_service_client::RoundServiceClient},
    feed::v1::{Earliest, ReadRequest, feed_service_client::FeedServiceClient, read_request::From},
};
use server::Trust;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request};

#[tokio::test]
async fn callers_need_a_token_hubs_cannot_read_the_feed_and_the_server_stops_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let key = Arc::new(LocalKey::open_or_create(folder.path()).unwrap());
    let trusted = Trusted::file(LOCAL_ISSUER, key.jwks_path(), &Role::ALL);
    let serving = server::Config { trust: vec![Trust(trusted)], drain_grace_ms: 0, ..server::Config::default() };
    let config = enrolment::Config::new(format!("sqlite:{}", folder.path().join("enrolment.sqlite").display()));
    let (shutdown, started) = (CancellationToken::new(), std::time::Instant::now());
    let (listening, address) = tokio::sync::oneshot::channel();
    let serve =
        service::serve::<enrolment::Enrolment>(&config, &serving, shutdown.clone(), |address| listening.send(address).unwrap());
    let call = async {
        let address = format!("http://{}", address.await.unwrap());
        let channel = tonic::transport::Endpoint::from_shared(address).unwrap().connect().await.unwrap();
        let token = |role, hub: Option<&str>| {
            let caller = Caller { hub: hub.map(str::to_owned), ..Caller::new(role, "somebody") };
            format!("Bearer {}", key.sign(&Claims::new(&caller, Duration::from_secs(60)))).parse().unwrap()
        };
        let mut rounds = RoundServiceClient::new(channel.clone());
        let mut list = Request::new(ListRoundsRequest::default());
        assert_eq!(rounds.list_rounds(ListRoundsRequest::default()).await.unwrap_err().code(), Code::Unauthenticated);
        list.metadata_mut().insert("authorization", token(Role::HubLead, Some("hubs/north")));
        assert!(rounds.list_rounds(list).await.unwrap().into_inner().rounds.is_empty());
        println!("first answered calls {:?} after the start", started.elapsed());

        let mut feed = FeedServiceClient::new(channel);
        let read = || ReadRequest { from: Some(From::Earliest(Earliest {})), limit: 0, stop_at_head: false };
        let mut by_hub = Request::new(read());
        by_hub.metadata_mut().insert("authorization", token(Role::HubLead, Some("hubs/north")));
        assert_eq!(feed.read(by_hub).await.unwrap_err().code(), Code::PermissionDenied);
        let mut by_dfe = Request::new(read());
        by_dfe.metadata_mut().insert("authorization", token(Role::Dfe, None));
        let mut stream = feed.read(by_dfe).await.unwrap().into_inner();
        shutdown.cancel();
        // The stream ends, so that the server can.
        while let Ok(Some(_)) = stream.message().await {}
    };
    let (served, ()) = tokio::time::timeout(Duration::from_secs(30), async { tokio::join!(serve, call) }).await.unwrap();
    served.unwrap();
}
