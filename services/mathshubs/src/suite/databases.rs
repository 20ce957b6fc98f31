//! The databases of the services, derived from one base URL.

use anyhow::{Context, bail};

use super::per_service::{NAMES, PerService};

/// The services' databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Databases(pub(crate) PerService<String>);

impl Databases {
    /// `sqlite:DIR` gives `sqlite:DIR/network.db` and so on, `postgres://HOST/BASE` gives `postgres://HOST/BASE_network` and so on. The default of
    /// BASE is `mathshubs`.
    pub(crate) fn from_base(base: &str) -> anyhow::Result<Self> {
        NAMES.try_map(|service| url(base, service)).map(Self)
    }

    /// Refuses databases off the loopback whose server is not verified, unless plain text is allowed.
    pub(crate) fn may_be_plaintext(&self, allowed: bool) -> anyhow::Result<()> {
        self.0.iter().try_for_each(|url| Ok(db::may_be_plaintext(url, allowed)?))
    }

    /// Creates missing folders and databases.
    pub(crate) async fn create_if_missing(&self) -> anyhow::Result<()> {
        for url in self.0.iter() {
            db::create_if_missing(url).await?;
        }
        Ok(())
    }

    /// Fails when one of the databases is not empty.
    pub(crate) async fn must_be_empty(&self) -> anyhow::Result<()> {
        for url in self.0.iter() {
            if !db::is_empty(url).await? {
                bail!(
                    "{} is not empty, and the demo writes into empty databases only; name another one with --database-url",
                    without_password(url)
                );
            }
        }
        Ok(())
    }
}

fn url(base: &str, service: &str) -> anyhow::Result<String> {
    if let Some(folder) = base.strip_prefix("sqlite:") {
        let folder = folder.trim_end_matches('/');
        return Ok(format!("sqlite:{}/{service}.db", if folder.is_empty() { "." } else { folder }));
    }
    let rest = base.strip_prefix("postgres://").or_else(|| base.strip_prefix("postgresql://"));
    let rest = rest.with_context(|| {
        format!("`{}` is not a base URL of databases; give sqlite:DIR or postgres://USER@HOST/BASE", without_password(base))
    })?;
    let (path, query) = rest.split_once('?').map_or((rest, String::new()), |(path, query)| (path, format!("?{query}")));
    let (host, name) = path.split_once('/').unwrap_or((path, ""));
    let name = if name.is_empty() { "mathshubs" } else { name };
    Ok(format!("postgres://{host}/{name}_{service}{query}"))
}

/// A URL without its password.
pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((user, host)) = rest.rsplit_once('@') else { return url.to_owned() };
    format!("{scheme}://{}@{host}", user.split(':').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_has_its_own_database() {
        let of = |base: &str| Databases::from_base(base).map(|databases| databases.0.network).unwrap_or_default();
        assert_eq!(of("sqlite:data"), "sqlite:data/network.db");
        assert_eq!(of("postgres://anna@host:5432/base"), "postgres://anna@host:5432/base_network");
        assert_eq!(of("postgres://host/base?sslmode=require"), "postgres://host/base_network?sslmode=require");
        assert_eq!(of("postgresql://host"), "postgres://host/mathshubs_network");
    }

    #[test]
    fn an_invalid_base_is_refused_without_showing_its_password() {
        let error = Databases::from_base("mysql://anna:secret@host/base").map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(
            error,
            Err("`mysql://anna@host/base` is not a base URL of databases; give sqlite:DIR or postgres://USER@HOST/BASE"
                .to_owned())
        );
    }
}
