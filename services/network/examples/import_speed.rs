//! Imports an extract and its links through the gRPC API into a new SQLite database, and prints the seconds that it took, as one line of numbers: the
//! first import, and the same files again. `tests/bench/import_register.py` compares them with pandas.

use std::{path::PathBuf, time::Instant};

use access::{Caller, Role};
use anyhow::Context;
use network::{Config, Network};
use prost::bytes::Bytes;
use proto::network::v1::{self as pb, import_register_request::Part, register_service_client::RegisterServiceClient};
use service::OpenedService;
use time::{Clock, Ids};
use tonic::transport::{Channel, server::TcpIncoming};

/// As `mathshubs import-register` cuts them.
const CHUNK_SIZE_BYTES: usize = 256 * 1024;

fn chunks(file: Bytes) -> impl Iterator<Item = Bytes> {
    (0..file.len()).step_by(CHUNK_SIZE_BYTES).map(move |start| file.slice(start..file.len().min(start + CHUNK_SIZE_BYTES)))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [extract, links, database] = paths.as_slice() else { anyhow::bail!("usage: import_speed EXTRACT LINKS DATABASE") };
    let service = OpenedService::open::<Network>(
        &Config::new(format!("sqlite:{}", database.display())),
        Clock::machine(),
        Ids::from_machine(),
    )
    .await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let caller = Caller::new(Role::Importer, "bench");
    let layer = server::testing::caller_layer(move |_| caller.clone());
    // As a service takes its connections.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let serving = server::transport().layer(layer).add_routes(service.routes()).serve_with_incoming(incoming);
    tokio::spawn(serving);
    let mut register = RegisterServiceClient::new(Channel::from_shared(url)?.connect().await?);
    let mut seconds = Vec::new();
    for request_id in ["first", "again"] {
        let started = Instant::now();
        // Reading the files counts, as it does for pandas.
        let (extract, links) = (Bytes::from(std::fs::read(extract)?), Bytes::from(std::fs::read(links)?));
        let header = pb::ImportRegisterHeader {
            request_id: request_id.to_owned(),
            as_of_date: "2018-09-01".to_owned(),
            validate_only: false,
            shrinking_allowed: false,
            older_allowed: false,
            links_as_of_date: String::new(),
        };
        let parts = std::iter::once(Part::Header(header))
            .chain(chunks(extract).map(Part::ExtractChunk))
            .chain(chunks(links).map(Part::LinksChunk));
        let messages = parts.map(|part| pb::ImportRegisterRequest { part: Some(part) });
        let answer = register.import_register(futures::stream::iter(messages)).await?.into_inner();
        seconds.push(started.elapsed().as_secs_f64());
        let rows = answer.register.context("an import answers with the register")?.rows_count;
        anyhow::ensure!(rows > 0 && answer.unchanged == (request_id == "again"), "the import did not do what it should");
    }
    println!("{:.4} {:.4} {}", seconds[0], seconds[1], service.context.pool.statements_count());
    service.context.pool.close().await;
    Ok(())
}
