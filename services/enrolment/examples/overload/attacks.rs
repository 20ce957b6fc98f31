//! Attacks in full. Each prints the most memory of the service so far, and how many of NCETM's calls succeed meanwhile.

use access::{Caller, Role};
use prost::bytes::Bytes;
use proto::feed::v1::{Earliest, ReadRequest, read_request::From};
use tonic::Code;

use crate::served::{Begun, METHOD, Served};

const READ: &str = "mathshubs.feed.v1.FeedService/Read";
const WATCH: &str = "grpc.health.v1.Health/Watch";
const REFLECT: &str = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const NCETM_CALLS: usize = 200;

pub(crate) async fn all() {
    let served = Served::start().await;
    told(&served, "before the attacks").await;
    let mut silent = Vec::new();
    for _ in 0..3_000 {
        // Another address than NCETM's: one address has 64 connections.
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 2], 0).into()).unwrap();
        silent.extend(socket.connect(served.address).await);
    }
    told(&served, "3,000 connections without a call").await;
    drop(silent);
    let school = || Caller::school("schools/100001", "office");
    let dfe = || Caller::new(Role::Dfe, "grace");
    attack(&served, "200 unfinished health watches on 2 connections", school(), 2, 100, WATCH, None).await;
    attack(&served, "1,250 calls of one school without a message", school(), 5, 250, METHOD, None).await;
    let part = Bytes::from([vec![0, 0, 0x3f, 0xff, 0xff], vec![7; 3_700_000]].concat());
    attack(&served, "100 calls of one school with 3.7 MB that are not whole", school(), 10, 10, METHOD, Some((part, false)))
        .await;
    attack(&served, "10,000 reflection streams of one school", school(), 40, 250, REFLECT, None).await;
    let earliest = prost::Message::encode_to_vec(&ReadRequest { from: Some(From::Earliest(Earliest {})), ..Default::default() });
    let read = (crate::served::frame(&earliest), true);
    attack(&served, "330 feed streams of one token of DfE", dfe(), 2, 165, READ, Some(read)).await;
    let whole = (served.message.clone(), true);
    attack(&served, "1,500 answers of one school that nobody reads", school(), 6, 250, METHOD, Some(whole)).await;
}

/// Opens connections, begins calls on each, with or without the bytes of a message, and reads no answer.
async fn attack(
    served: &Served,
    what: &str,
    caller: Caller,
    connections: usize,
    calls: usize,
    method: &str,
    message: Option<(Bytes, bool)>,
) {
    let mut begun: Vec<Begun> = Vec::new();
    let mut lines = Vec::new();
    for _ in 0..connections {
        let line = served.connect_with(caller.clone(), 1).await;
        for _ in 0..calls {
            begun.extend(line.begin(method, message.clone()).await);
        }
        lines.push(line);
    }
    told(served, what).await;
}

async fn told(served: &Served, what: &str) {
    let line = served.connect(Caller::new(Role::Ncetm, "ada")).await;
    let mut ok = 0;
    for _ in 0..NCETM_CALLS {
        ok += usize::from(line.call().await == Code::Ok);
    }
    println!("{what}: {ok} of {NCETM_CALLS} of NCETM's calls succeed, memory at most {} MiB", served.memory_mib());
}
