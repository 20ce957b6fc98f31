//! An identity provider over HTTPS, with its keys and answers.

use std::{
    collections::HashMap,
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use access::{Authenticator, Claims, Discovery, LocalKey, TokenRules};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket},
    task::JoinHandle,
    time::sleep,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{PrivateKeyDer, pem::PemObject},
    },
};

use crate::{PACE, ncetm, trusted, within};

pub(crate) const DOCUMENT: &str = "/.well-known/openid-configuration";
pub(crate) const KEYS: &str = "/keys";

/// A certificate authority for servers on the loopback.
pub(crate) struct Authority(Issuer<'static, KeyPair>, pub(crate) String);

impl Authority {
    pub(crate) fn new() -> Self {
        let (key, mut params) = (KeyPair::generate().unwrap(), CertificateParams::new([]).unwrap());
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self(Issuer::new(params, key), pem)
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let chain = vec![params.signed_by(&key, &self.0).unwrap().der().clone()];
        let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// The issuer's answer at a path.
#[derive(Clone)]
pub(crate) enum Answer {
    Text(String),
    /// The literal head and body.
    Raw(String),
    Silence,
}

/// An identity provider with its keys and answers, which counts the requests.
pub(crate) struct Provider {
    name: String,
    pub(crate) port: u16,
    /// Reserves the port while no server listens: the socket is bound and does not listen, so that connections are refused.
    _reservation: TcpSocket,
    pub(crate) folder: TempDir,
    authority: Authority,
    answers: Arc<Mutex<HashMap<&'static str, Answer>>>,
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
    serving: Option<JoinHandle<()>>,
}

impl Provider {
    /// A provider with valid answers and the key `key`.
    pub(crate) async fn start(key: &LocalKey) -> Self {
        let mut provider = Self::stopped().await;
        provider.publish(key);
        provider.serve().await;
        provider
    }

    /// A provider with an address that does not answer yet.
    pub(crate) async fn stopped() -> Self {
        let reservation = TcpSocket::new_v4().unwrap();
        reservation.set_reuseaddr(true).unwrap();
        reservation.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let port = reservation.local_addr().unwrap().port();
        let (folder, authority) = (TempDir::new().unwrap(), Authority::new());
        fs::write(folder.path().join("ca.pem"), &authority.1).unwrap();
        let name = format!("https://localhost:{port}/realms/hubs");
        let (answers, asked) = (Arc::default(), Arc::default());
        let provider = Self { name, port, _reservation: reservation, folder, authority, answers, asked, serving: None };
        provider.say(DOCUMENT, Answer::Text(provider.document()));
        provider
    }

    pub(crate) fn document(&self) -> String {
        let keys = format!("https://localhost:{}{KEYS}", self.port);
        serde_json::json!({"issuer": self.name, "jwks_uri": keys, "response_types_supported": ["code"]}).to_string()
    }

    pub(crate) fn say(&self, path: &'static str, answer: Answer) {
        self.answers.lock().unwrap().insert(path, answer);
    }

    pub(crate) fn publish(&self, key: &LocalKey) {
        self.say(KEYS, Answer::Text(fs::read_to_string(key.jwks_path()).unwrap()));
    }

    pub(crate) async fn serve(&mut self) {
        let (listener, acceptor) = (TcpListener::bind(("127.0.0.1", self.port)).await.unwrap(), self.authority.acceptor());
        let (answers, asked) = (Arc::clone(&self.answers), Arc::clone(&self.asked));
        self.serving = Some(tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut head = vec![0; 4096];
                let len = stream.read(&mut head).await.unwrap();
                let head = String::from_utf8_lossy(&head[..len]).into_owned();
                let path = head.split(' ').nth(1).unwrap_or_default().trim_start_matches("/realms/hubs");
                asked.lock().unwrap().push(head.clone());
                let answer = answers.lock().unwrap().get(path).cloned();
                let text = match answer {
                    Some(Answer::Text(body)) => {
                        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
                    }
                    Some(Answer::Raw(text)) => text,
                    Some(Answer::Silence) => {
                        tokio::spawn(async move {
                            sleep(Duration::from_secs(60)).await;
                            drop(stream);
                        });
                        continue;
                    }
                    None => "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
                };
                let _ = stream.write_all(text.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        }));
    }

    pub(crate) fn stop(&mut self) {
        self.serving.take().unwrap().abort();
    }

    pub(crate) fn ca_path(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    pub(crate) fn trusted(&self) -> Authenticator {
        self.trusted_with(Discovery { ca_path: Some(self.ca_path()), token_path: None, pace: PACE }).unwrap()
    }

    pub(crate) fn trusted_with(&self, discovery: Discovery) -> Result<Authenticator, access::AuthenticatorError> {
        Authenticator::new(&[trusted(&self.name, discovery)], &TokenRules::new("network"))
    }

    pub(crate) fn token(&self, key: &LocalKey) -> String {
        let mut claims = Claims::new(&ncetm(), Duration::from_secs(3_600));
        claims.iss.clone_from(&self.name);
        key.sign(&claims)
    }

    pub(crate) fn documents_asked(&self) -> usize {
        self.asked.lock().unwrap().iter().filter(|head| head.contains(DOCUMENT)).count()
    }

    pub(crate) async fn is_asked_again(&self) {
        let before = self.documents_asked();
        within(async {
            while self.documents_asked() < before + 2 {
                sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
    }
}
