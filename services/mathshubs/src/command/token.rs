//! `mathshubs token`: a token for a first try-out, signed with the key of a data folder.

use std::path::PathBuf;

use access::{Caller, Role};
use anyhow::bail;
use clap::{Args, ValueEnum};

use crate::suite::Key;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleName {
    /// NCETM, which coordinates the programme.
    Ncetm,
    /// The Department for Education.
    Dfe,
    /// The lead of a hub; needs --hub.
    HubLead,
    /// A school; needs --school.
    School,
    /// A service, or a job such as the report.
    Service,
}

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// In which role the bearer calls.
    #[arg(long, value_enum)]
    role: RoleName,
    /// The hub that a hub lead acts for: hubs/ID, or its ID.
    #[arg(long, value_name = "HUB", required_if_eq("role", "hub-lead"))]
    hub: Option<String>,
    /// The school that the token is for: schools/URN, or its URN.
    #[arg(long, value_name = "SCHOOL", required_if_eq("role", "school"))]
    school: Option<String>,
    /// Who calls; stored with every change. The role's name without it.
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// How long the token is good for.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=720))]
    hours: u32,
    /// The data folder of `mathshubs up`, in which the key is.
    #[arg(long, value_name = "DIR", default_value = super::DATA_FOLDER)]
    data: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let role = match arguments.role {
        RoleName::Ncetm => Role::Ncetm,
        RoleName::Dfe => Role::Dfe,
        RoleName::HubLead => Role::HubLead,
        RoleName::School => Role::School,
        RoleName::Service => Role::Service,
    };
    let (hub, school) = (named("hubs", arguments.hub.as_deref()), named("schools", arguments.school.as_deref()));
    if hub.is_some() && role != Role::HubLead {
        bail!("--hub belongs to the role hub-lead; leave it out, or ask for --role hub-lead");
    }
    if school.is_some() && role != Role::School {
        bail!("--school belongs to the role school; leave it out, or ask for --role school");
    }
    let subject = arguments.subject.clone().unwrap_or_else(|| {
        hub.as_deref()
            .or(school.as_deref())
            .map_or_else(|| role.as_str().to_owned(), |of| format!("{role}-{}", of.replace('/', "-")))
    });
    let key = Key::read(&arguments.data)?;
    println!("{}", key.sign(&Caller { subject, role, hub, school }, arguments.hours));
    Ok(())
}

/// `hubs/x`, from `x` or `hubs/x`.
fn named(collection: &str, name: Option<&str>) -> Option<String> {
    name.map(|name| if name.contains('/') { name.to_owned() } else { format!("{collection}/{name}") })
}
