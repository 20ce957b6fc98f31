//! `mathshubs token`: a token for evaluation, signed with the key of a data folder.

use std::path::PathBuf;

use access::{AUDIENCE, Caller, Role, TokenScope, audience_of};
use anyhow::{bail, ensure};
use clap::{
    Args,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};

use crate::suite::{Key, NAMES};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Role of the caller.
    #[arg(long, value_parser = roles())]
    role: Role,
    /// Hub that the caller acts for: hubs/ID, or its ID. Required for the role hub-lead.
    #[arg(long, value_name = "HUB")]
    hub: Option<String>,
    /// School that the caller acts for: schools/URN, or its URN. Required for the role school.
    #[arg(long, value_name = "SCHOOL")]
    school: Option<String>,
    /// Person that the caller is: persons/ID, or its ID. Required for the role leader.
    #[arg(long, value_name = "PERSON")]
    person: Option<String>,
    /// Service for which the token is. Required for the roles of programs (importer, publisher, follower); may be repeated. Default: all services.
    #[arg(long, value_name = "SERVICE", value_parser = PossibleValuesParser::new([NAMES.network, NAMES.enrolment, NAMES.specialists, NAMES.funding]))]
    service: Vec<String>,
    /// Subject of the token, stored with every change. Default: the role and the hub, school or person.
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// Hours until the token expires. A suite that `mathshubs up` serves accepts no token that is older than 24 hours.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=24))]
    hours: u32,
    /// Data folder of `mathshubs up`, which contains the signing key.
    #[arg(long, value_name = "DIR", default_value = super::DATA_FOLDER)]
    data: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let role = arguments.role;
    let (hub, school) = (named("hubs", arguments.hub.as_deref()), named("schools", arguments.school.as_deref()));
    let person = named("persons", arguments.person.as_deref());
    let claims =
        [("--hub", &hub, TokenScope::Hub), ("--school", &school, TokenScope::School), ("--person", &person, TokenScope::Person)];
    for (flag, given, scope) in claims {
        let is_needed = role.token_scope() == scope;
        ensure!(!is_needed || given.is_some(), "the role {} needs {flag}", role.as_argument());
        if !is_needed && given.is_some() {
            let with = Role::ALL.into_iter().filter(|role| role.token_scope() == scope).map(Role::as_argument);
            bail!("{flag} belongs to --role {}; leave it out, or use that role", with.collect::<Vec<_>>().join(" or "));
        }
    }
    if role.token_scope() == TokenScope::Service {
        ensure!(
            !arguments.service.is_empty(),
            "the role {} needs --service: a program's token is for the services that it names",
            role.as_argument()
        );
    }
    let subject = arguments.subject.clone().unwrap_or_else(|| {
        hub.as_deref()
            .or(school.as_deref())
            .or(person.as_deref())
            .map_or_else(|| role.as_str().to_owned(), |of| format!("{role}-{}", of.replace('/', "-")))
    });
    let key = Key::read(&arguments.data)?;
    let audiences = match arguments.service.as_slice() {
        [] => vec![AUDIENCE.to_owned()],
        services => services.iter().map(|service| audience_of(service)).collect(),
    };
    println!("{}", key.sign(&Caller { hub, school, person, ..Caller::new(role, subject) }, audiences, arguments.hours));
    Ok(())
}

/// `hubs/x`, from `x` or `hubs/x`.
fn named(collection: &str, name: Option<&str>) -> Option<String> {
    name.map(|name| if name.contains('/') { name.to_owned() } else { format!("{collection}/{name}") })
}

/// Parses a role by its name on the command line, `hub-lead`.
fn roles() -> impl TypedValueParser<Value = Role> {
    let value = |role: Role| PossibleValue::new(role.as_argument()).help(role.description());
    PossibleValuesParser::new(Role::ALL.map(value)).try_map(|text| text.replace('-', "_").parse::<Role>())
}
