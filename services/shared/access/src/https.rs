//! Fetches one small document over HTTPS: a new connection for each, because minutes pass between them; no redirects, no proxies, no plain text.

use std::{path::Path, sync::Arc};

use http::{
    HeaderMap, Request, StatusCode, Uri,
    header::{ACCEPT, HOST},
};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};
use tonic::metadata::MetadataMap;

use crate::TokenSource;

/// Maximum bytes of a discovery document or a set of keys.
const SIZE_MAX: usize = 256 * 1024;
/// Maximum bytes of an answer's head.
const HEAD_SIZE_MAX: usize = 32 * 1024;

/// TLS settings and the bearer token of a fetch.
pub(crate) struct Https {
    tls: TlsConnector,
    token: Option<TokenSource>,
}

impl Https {
    /// Trusts the authorities of `ca_path`, otherwise those of browsers. Fails when a file cannot be used.
    pub(crate) fn open(ca_path: Option<&Path>, token_path: Option<&Path>) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        match ca_path {
            Some(path) => {
                let failed =
                    |error: &dyn std::fmt::Display| format!("cannot read authorities from `{}`: {error}", path.display());
                for certificate in CertificateDer::pem_file_iter(path).map_err(|error| failed(&error))? {
                    roots.add(certificate.map_err(|error| failed(&error))?).map_err(|error| failed(&error))?;
                }
                if roots.is_empty() {
                    return Err(failed(&"it holds no certificate"));
                }
            }
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        }
        // The provider is explicit, because rustls chooses none by itself when another crate brings a second one.
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let token = token_path.map(TokenSource::file).transpose().map_err(|error| error.to_string())?;
        Ok(Self { tls: TlsConnector::from(Arc::new(config)), token })
    }

    /// Fetches the document at an [`address`]. The caller limits the time. The error is a sentence without the address.
    pub(crate) async fn get(&self, address: &Uri) -> Result<String, String> {
        let name = address.host().ok_or("names no host")?.trim_start_matches('[').trim_end_matches(']');
        let server = ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?;
        let port = address.port_u16().unwrap_or(443);
        let stream = TcpStream::connect((name, port)).await.map_err(|error| format!("cannot be reached: {error}"))?;
        let stream = self.tls.connect(server, stream).await.map_err(|error| format!("is not trusted: {error}"))?;
        let broken = |error: hyper::Error| format!("does not answer: {error}");
        let (mut sender, connection) =
            http1::Builder::new().max_buf_size(HEAD_SIZE_MAX).handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // Dropping this at the end of the call closes the connection.
        let mut driving = JoinSet::new();
        driving.spawn(connection);
        let answer = sender.send_request(self.request(address)?).await.map_err(broken)?;
        if answer.status() != StatusCode::OK {
            return Err(format!("answers {} instead of 200", answer.status()));
        }
        let body = Limited::new(answer.into_body(), SIZE_MAX).collect().await;
        let body = body.map_err(|error| format!("does not send at most {SIZE_MAX} bytes: {error}"))?.to_bytes();
        String::from_utf8(body.into()).map_err(|_| "sends no text".to_owned())
    }

    fn request(&self, address: &Uri) -> Result<Request<Empty<Bytes>>, String> {
        let path = address.path_and_query().map_or("/", |path| path.as_str());
        let host = address.authority().map_or("", |authority| authority.as_str());
        let mut request = Request::get(path)
            .header(HOST, host)
            .header(ACCEPT, "application/json")
            .body(Empty::new())
            .map_err(|error| error.to_string())?;
        request.headers_mut().extend(self.authorisation());
        Ok(request)
    }

    fn authorisation(&self) -> HeaderMap {
        let mut metadata = MetadataMap::new();
        if let Some(token) = &self.token {
            token.authorise(&mut metadata);
        }
        metadata.into_headers()
    }
}

/// The address of a document, `https://HOST[:PORT]/PATH`. Plain http is refused even on the loopback, because another process there could supply
/// keys.
pub(crate) fn address(text: &str) -> Result<Uri, String> {
    let whole = |uri: &Uri| uri.authority().is_some_and(|at| !at.host().is_empty() && !at.as_str().contains('@'));
    let uri = text.parse::<Uri>().ok().filter(|uri| uri.scheme_str() == Some("https") && whole(uri));
    uri.ok_or_else(|| "is not an https address of a host".to_owned())
}
