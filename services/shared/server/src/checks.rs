//! Checks of a service's settings together, and of the files and addresses that they name, before it starts.

use std::{fs, path::Path};

use access::TokenSource;
use client::{PeerTlsError, http_url};
use tonic::transport::Server;

use crate::{Config, Mistake, Trust, tls::secured};

impl Config {
    /// The mistakes in the settings of a service on this database. `sources` are the services that it follows, with the URLs that are set.
    pub fn mistakes(&self, database_url: &str, sources: &[(&str, &str)]) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        let mut check = |setting: &str, checked: Result<(), String>| {
            mistakes.extend(checked.err().map(|why| Mistake::new(setting, why)));
        };
        check("database_url", db::check_url(database_url, self.peer_tls.plaintext_allowed).map_err(|error| error.to_string()));
        check("listen", self.check_listen());
        if self.admin_listen.is_some_and(|admin| admin.port() != 0 && admin == self.listen) {
            check("admin_listen", Err(format!("{} is the address for gRPC too; choose another port", self.listen)));
        }
        if self.deadline_default_ms > self.deadline_max_ms {
            let why = format!("{} is more than MATHSHUBS_DEADLINE_MAX_MS, {}", self.deadline_default_ms, self.deadline_max_ms);
            check("deadline_default_ms", Err(why));
        }
        check("otlp_endpoint", self.otlp_endpoint.as_deref().map_or(Ok(()), http_url));
        self.check_tls(&mut check);
        self.check_trust(&mut check);
        self.check_peers(sources, &mut check);
        mistakes
    }

    fn check_listen(&self) -> Result<(), String> {
        if self.tls_certificate_path.is_some() {
            return Ok(());
        }
        crate::may_be_plaintext(self.listen, self.peer_tls.plaintext_allowed).map_err(|error| error.to_string())
    }

    fn check_tls(&self, check: &mut impl FnMut(&str, Result<(), String>)) {
        let (certificate, key, ca) = (&self.tls_certificate_path, &self.tls_key_path, &self.tls_client_ca_path);
        check("tls_certificate_path", file(certificate));
        check("tls_key_path", file(key));
        check("tls_client_ca_path", file(ca));
        check("tls_key_path", both(certificate.is_some(), key.is_some(), "MATHSHUBS_TLS_CERTIFICATE_PATH"));
        check("tls_certificate_path", both(key.is_some() || ca.is_some(), certificate.is_some(), "the other files for TLS"));
        // Files that cannot be read are named above.
        if [certificate, key, ca].into_iter().all(|path| file(path).is_ok()) {
            check("tls_certificate_path", secured(Server::builder(), self).map(drop).map_err(|error| error.to_string()));
        }
        let (certificate, key) = (&self.peer_tls.peer_certificate_path, &self.peer_tls.peer_key_path);
        check("peer_ca_path", file(&self.peer_tls.peer_ca_path));
        check("peer_certificate_path", file(certificate));
        check("peer_key_path", file(key));
        check("peer_key_path", both(certificate.is_some(), key.is_some(), "MATHSHUBS_PEER_CERTIFICATE_PATH"));
        check("peer_certificate_path", both(key.is_some(), certificate.is_some(), "MATHSHUBS_PEER_KEY_PATH"));
    }

    fn check_trust(&self, check: &mut impl FnMut(&str, Result<(), String>)) {
        if self.trust.is_empty() {
            let form = "ISSUER=JWKS-FILE roles=ROLE+ROLE";
            check("trust", Err(format!("no token issuer is trusted, so every call would be refused; give `{form}`")));
        }
        for Trust(issuer) in &self.trust {
            check("trust", issuer.check());
        }
        for subject_role in &self.subject_roles {
            // Without a trusted issuer that is the mistake.
            if !self.trust.is_empty() {
                check("subject_roles", self.may_speak_for(subject_role).map_err(|error| error.to_string()));
            }
        }
        if let Some(path) = &self.deny_path {
            check("deny_path", access::check_deny_list(path).map_err(|error| error.to_string()));
        }
    }

    fn check_peers(&self, sources: &[(&str, &str)], check: &mut impl FnMut(&str, Result<(), String>)) {
        for (source, url) in sources {
            check(
                &format!("{source}_url"),
                match self.peer_tls.endpoint(url) {
                    // The file is named by its own setting.
                    Ok(_) | Err(PeerTlsError::File(_)) => Ok(()),
                    Err(error) => Err(error.to_string()),
                },
            );
            let token = self.peer_tokens.iter().find(|token| token.service == *source);
            check(
                "peer_tokens",
                match token {
                    Some(token) => TokenSource::file(&token.path).map(drop).map_err(|error| error.to_string()),
                    None => Err(format!("there is no token for calls to {source}; add {source}=FILE")),
                },
            );
        }
    }
}

/// Errors when a setting is missing beside `other`.
fn both(is_needed: bool, is_given: bool, other: &str) -> Result<(), String> {
    if is_needed && !is_given { Err(format!("is not set, and is needed with {other}")) } else { Ok(()) }
}

fn file(path: &Option<impl AsRef<Path>>) -> Result<(), String> {
    let Some(path) = path.as_ref().map(AsRef::as_ref) else { return Ok(()) };
    fs::read(path).map(drop).map_err(|error| format!("cannot read `{}`: {error}", path.display()))
}
