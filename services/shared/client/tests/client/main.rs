//! The guarantees for programs that call the suite. Servers are reached in memory.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod calls;
mod feed;
mod lists;

use std::{io, iter, time::Duration};

use client::{Connection, Retry};
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{
    Code, Status,
    service::Routes,
    transport::{Endpoint, Server},
};

/// The default retry with pauses too short to notice.
const QUICK: Retry = Retry { codes: &[Code::Unavailable], attempts_max: 6, pause_min: Duration::from_millis(1), ..Retry::NEVER };

/// A connection to a server in this process.
fn connection(routes: Routes) -> Connection {
    let (arriving, incoming) = mpsc::unbounded_channel();
    let incoming = UnboundedReceiverStream::new(incoming);
    tokio::spawn(Server::builder().add_routes(routes).serve_with_incoming(incoming));
    let connector = tower::service_fn(move |_: http::Uri| {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let sent = arriving.send(Ok::<_, io::Error>(far));
        async move { sent.map(|()| TokioIo::new(near)).map_err(|_| io::Error::other("the server has ended")) }
    });
    Connection::new(Endpoint::from_static("http://memory").connect_with_connector_lazy(connector)).with_retry(QUICK)
}

/// Answers of a service that is unavailable for some calls.
fn unavailable(times: usize) -> Vec<Result<(), Status>> {
    iter::repeat_with(|| Err(Status::unavailable("not now"))).take(times).collect()
}
