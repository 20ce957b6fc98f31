//! Enrolment in a separate process on one core, and connections to it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use access::{Caller, LocalKey, TokenSource};
use enrolment::{Config, Enrolment};
use h2::client::SendRequest;
use prost::{Message, bytes::Bytes};
use proto::enrolment::v1::{GetApplicationRequest, PlaceOrder};
use tonic::{Code, Status, metadata::MetadataMap};

use crate::stories::{self, Fixture, NORTH};

pub(crate) const METHOD: &str = "mathshubs.enrolment.v1.ApplicationService/GetApplication";
/// An answer that comes later is not a success.
const DEADLINE: Duration = Duration::from_secs(10);

/// The served process.
pub(crate) struct Served {
    child: Child,
    pub(crate) address: SocketAddr,
    admin: SocketAddr,
    key: Arc<LocalKey>,
    folder: tempfile::TempDir,
    /// GetApplication of the application in the database.
    pub(crate) message: Bytes,
}

impl Served {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let name = prepare(&folder.path().join("enrolment.sqlite")).await;
        let key = Arc::new(LocalKey::open_or_create(folder.path()).unwrap());
        let admin = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let program = std::env::current_exe().unwrap();
        let mut child = Command::new("taskset")
            .args(["-c", "0"])
            .arg(program)
            .arg("serve")
            .arg(folder.path())
            .arg(admin.to_string())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let message = frame(&GetApplicationRequest { name }.encode_to_vec());
        Self { child, address: address.trim().parse().unwrap(), admin, key, folder, message }
    }

    /// User and system time of the process so far, in seconds.
    pub(crate) fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        (fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()) as f64 / 100.0
    }

    /// The most memory that the process had so far, in MiB.
    pub(crate) fn memory_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    }

    pub(crate) fn log_bytes(&self) -> u64 {
        self.folder.path().join("log").metadata().unwrap().len()
    }

    /// The status line of `/readyz`.
    pub(crate) fn readiness(&self) -> String {
        let mut stream = TcpStream::connect(self.admin).unwrap();
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    }

    pub(crate) async fn connect(&self, caller: Caller) -> Line {
        self.connect_with(caller, 65_535).await
    }

    /// A connection whose streams take this many bytes until they are read.
    pub(crate) async fn connect_with(&self, caller: Caller, window_size: u32) -> Line {
        let socket = tokio::net::TcpStream::connect(self.address).await.unwrap();
        socket.set_nodelay(true).unwrap();
        let mut settings = h2::client::Builder::new();
        let (client, connection) = settings.initial_window_size(window_size).handshake(socket).await.unwrap();
        tokio::spawn(async move { drop(connection.await) });
        let mut metadata = MetadataMap::new();
        TokenSource::local(Arc::clone(&self.key), caller, access::AUDIENCE).authorise(&mut metadata);
        let authorization = metadata.get("authorization").unwrap().to_str().unwrap().to_owned();
        Line { client, address: self.address, authorization, message: self.message.clone() }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A database with one application. Gives its name.
async fn prepare(path: &Path) -> String {
    let opened = fixture::Fixture::open::<Enrolment>(&Config::new(format!("sqlite:{}", path.display())), "2018-05-01").await;
    fixture::schools(opened.pool(), &[(100_001, 1, 1)]).await;
    fixture::hubs(opened.pool(), &["north"]).await;
    fixture::decision(opened.pool()).await;
    let fixture = Fixture::of(opened);
    fixture.programme(&[2, 3]).await;
    let ncetm = fixture.ncetm();
    ncetm.create_round("2018", stories::round(PlaceOrder::Submission)).await.unwrap();
    let name = ncetm.apply(100_001, NORTH).await.unwrap().name;
    fixture.pool().close().await;
    name
}

/// A connection of one caller.
#[derive(Clone)]
pub(crate) struct Line {
    client: SendRequest<Bytes>,
    address: SocketAddr,
    authorization: String,
    message: Bytes,
}

/// A call whose answer nobody reads.
pub(crate) type Begun = (h2::client::ResponseFuture, h2::SendStream<Bytes>);

/// A message in gRPC's frame.
pub(crate) fn frame(message: &[u8]) -> Bytes {
    [&[0][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), message].concat().into()
}

impl Line {
    /// Begins a call, with these bytes of its message; true is their end. `None` when the connection takes no further call.
    pub(crate) async fn begin(&self, method: &str, message: Option<(Bytes, bool)>) -> Option<Begun> {
        let request = http::Request::post(format!("http://{}/{method}", self.address))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("authorization", &self.authorization)
            .body(())
            .unwrap();
        let client = tokio::time::timeout(Duration::from_secs(1), self.client.clone().ready()).await.ok()?.ok();
        let (response, mut body) = client?.send_request(request, false).ok()?;
        if let Some((bytes, is_end)) = message {
            body.send_data(bytes, is_end).ok()?;
        }
        Some((response, body))
    }

    /// The code of a call's answer, after its body.
    pub(crate) async fn call(&self) -> Code {
        let request = http::Request::post(format!("http://{}/{METHOD}", self.address))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("authorization", &self.authorization)
            .body(())
            .unwrap();
        let answer = async {
            let mut client = self.client.clone().ready().await.ok()?;
            let (response, mut body) = client.send_request(request, false).ok()?;
            body.send_data(self.message.clone(), true).ok()?;
            let mut response = response.await.ok()?;
            if let Some(status) = Status::from_header_map(response.headers()) {
                return Some(status.code());
            }
            let body = response.body_mut();
            while let Some(data) = body.data().await {
                body.flow_control().release_capacity(data.ok()?.len()).ok()?;
            }
            Some(Status::from_header_map(&body.trailers().await.ok()??)?.code())
        };
        tokio::time::timeout(DEADLINE, answer).await.ok().flatten().unwrap_or(Code::DeadlineExceeded)
    }
}
