//! A signing key of this machine, so that evaluation works with authentication and without an identity provider.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};

use crate::Claims;

const KEY_FILE: &str = "signing-key.der";
const JWKS_FILE: &str = "jwks.json";

/// An Ed25519 key in a folder, readable by its owner only, with its public half beside it as a JWKS file.
pub struct LocalKey {
    id: String,
    key: EncodingKey,
    jwks_path: PathBuf,
}

/// A local key cannot be used, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum LocalKeyError {
    /// The folder or a file in it cannot be read or written.
    #[error("cannot keep a signing key at `{path}`: {cause}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
    /// Other users can read the key, and could sign tokens.
    #[error("the signing key `{path}` can be read by others; run `chmod 600` on it, or delete it to have a new one made", path = .0.display())]
    Exposed(PathBuf),
    /// The file contains something else.
    #[error("`{path}` is not a signing key; delete it to have a new one made", path = .0.display())]
    NoKey(PathBuf),
}

impl LocalKey {
    /// The key in this folder; folder and key are created when they are missing. When several processes create it at once, one wins and all get its
    /// key.
    pub fn open_or_create(folder: &Path) -> Result<Self, LocalKeyError> {
        let path = folder.join(KEY_FILE);
        let failed = |cause| LocalKeyError::File { path: path.clone(), cause };
        fs::create_dir_all(folder).map_err(failed)?;
        if !path.try_exists().map_err(failed)? {
            let made = Ed25519KeyPair::generate().and_then(|pair| pair.to_pkcs8()).expect("the machine gives random bytes");
            // Written completely under another name and then linked: readers find all of the key, and a second process does not replace it.
            let draft = draft_write(folder, KEY_FILE, made.as_ref(), 0o600).map_err(failed)?;
            let linked = fs::hard_link(&draft, &path);
            fs::remove_file(&draft).map_err(failed)?;
            linked
                .or_else(|error| if error.kind() == io::ErrorKind::AlreadyExists { Ok(()) } else { Err(error) })
                .map_err(failed)?;
        }
        if fs::metadata(&path).map_err(failed)?.permissions().mode() & 0o077 != 0 {
            return Err(LocalKeyError::Exposed(path));
        }
        let der = fs::read(&path).map_err(failed)?;
        let pair = Ed25519KeyPair::from_pkcs8(&der).map_err(|_| LocalKeyError::NoKey(path.clone()))?;
        let public = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        // The id is the shortened public key, so that another key has another id.
        let id = public[..16].to_owned();
        let jwks =
            serde_json::json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": id, "x": public}]});
        let jwks = format!("{jwks:#}\n");
        let jwks_path = folder.join(JWKS_FILE);
        if fs::read_to_string(&jwks_path).ok().as_deref() != Some(&jwks) {
            let draft = draft_write(folder, JWKS_FILE, jwks.as_bytes(), 0o644).map_err(failed)?;
            fs::rename(draft, &jwks_path).map_err(failed)?;
        }
        Ok(Self { id, key: EncodingKey::from_ed_der(&der), jwks_path })
    }

    /// A token with these claims.
    pub fn sign(&self, claims: &Claims) -> String {
        let header = Header { kid: Some(self.id.clone()), ..Header::new(Algorithm::EdDSA) };
        encode(&header, claims, &self.key).expect("a key that was read can sign")
    }

    /// Path of the JWKS file with the public key.
    pub fn jwks_path(&self) -> &Path {
        &self.jwks_path
    }
}

fn draft_write(folder: &Path, name: &str, content: &[u8], mode: u32) -> io::Result<PathBuf> {
    let draft = folder.join(format!(".{name}.{}.{}", std::process::id(), unique()));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    Ok(draft)
}

fn unique() -> u64 {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}
