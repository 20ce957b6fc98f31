//! `mathshubs person-record`: writes what the four services store about a person as one JSON file, for the answer to a subject access request.
//!
//! The file has an object with `person` (id, owner, name, address, employments) and `services`: for each service its `records` (kind, resource, content), and
//! in `audit` the changes and readings of the resources that they name (time, last time, kind, action, resource, role, organisation, number). Who acted is
//! not in the file: those are other people.

use std::{collections::BTreeSet, fs::OpenOptions, io::Write, path::PathBuf};

use anyhow::Context;
use clap::Args;
use client::Connection;
use proto::{
    audit::v1::{self as audit, audit_service_client::AuditServiceClient},
    network::v1::{self as network, person_service_client::PersonServiceClient},
    person::v1::{self as pb, person_record_service_client::PersonRecordServiceClient},
};
use serde_json::{Value, json};
use time::Instant;
use tonic::Status;

use super::connection;

/// Most rows of a page.
const PAGE_SIZE: i32 = 1_000;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The person, `persons/{person}`.
    #[arg(value_name = "PERSON")]
    person: String,
    /// Address of the network service.
    #[arg(long, value_name = "HOST:PORT | URL", default_value = super::NETWORK_ADDRESS)]
    network_address: String,
    /// Address of the enrolment service.
    #[arg(long, value_name = "HOST:PORT | URL", default_value = super::ENROLMENT_ADDRESS)]
    enrolment_address: String,
    /// Address of the specialists service.
    #[arg(long, value_name = "HOST:PORT | URL", default_value = super::SPECIALISTS_ADDRESS)]
    specialists_address: String,
    /// Address of the funding service.
    #[arg(long, value_name = "HOST:PORT | URL", default_value = super::FUNDING_ADDRESS)]
    funding_address: String,
    /// Token of NCETM: `mathshubs token --role ncetm` prints one. Set it in the environment: arguments can be read by others.
    #[arg(long, env = "MATHSHUBS_TOKEN", hide_env_values = true)]
    token: String,
    #[command(flatten)]
    tls: client::PeerTls,
    /// File to write; it must not exist.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let token = connection::token(&arguments.token)?;
    let addresses = [
        ("network", &arguments.network_address),
        ("enrolment", &arguments.enrolment_address),
        ("specialists", &arguments.specialists_address),
        ("funding", &arguments.funding_address),
    ];
    let mut connections = Vec::new();
    for (service, address) in addresses {
        connections.push((service, connection::connect(service, address, &arguments.tls, token.clone()).await?));
    }
    let person = person(&connections[0].1, &arguments.person).await?;
    let mut services = serde_json::Map::new();
    let mut count = 0;
    for (service, connection) in &connections {
        let records = records(service, connection, &arguments.person).await?;
        count += records.len();
        let resources: BTreeSet<&str> = records.iter().map(|record| record.resource.as_str()).collect();
        let mut trail = Vec::new();
        for resource in resources {
            trail.extend(audit_records(service, connection, resource).await?);
        }
        let records: Vec<Value> = records
            .iter()
            .map(|record| json!({"kind": record.kind, "resource": record.resource, "content": record.content}))
            .collect();
        services.insert((*service).to_owned(), json!({"records": records, "audit": trail}));
    }
    let file = json!({"person": person, "services": services});
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let cannot_write = || format!("cannot write {}", arguments.out.display());
    let mut out = options.open(&arguments.out).with_context(cannot_write)?;
    out.write_all(format!("{file:#}\n").as_bytes()).with_context(cannot_write)?;
    println!("{count} records of four services: {}", arguments.out.display());
    Ok(())
}

fn refused(service: &str, status: &Status) -> anyhow::Error {
    anyhow::anyhow!("{service} refused: {}", status.message())
}

/// Name, address and employments.
async fn person(connection: &Connection, name: &str) -> anyhow::Result<Value> {
    let request = network::GetPersonRequest { name: name.to_owned() };
    let answer = PersonServiceClient::new(connection.clone()).get_person(request).await;
    let answer = answer.map_err(|status| refused("network", &status))?.into_inner();
    let person = answer.person.context("network answered without the person")?;
    let details = answer.details.unwrap_or_default();
    let employment =
        |made: &network::Employment| json!({"school": made.school, "start_date": made.start_date, "end_date": made.end_date});
    Ok(json!({
        "name": person.name,
        "owner": person.owner,
        "erased": person.erased,
        "display_name": details.display_name,
        "email_address": details.email_address,
        "employments": person.employments.iter().map(employment).collect::<Vec<_>>(),
    }))
}

/// The records of a service.
async fn records(service: &str, connection: &Connection, person: &str) -> anyhow::Result<Vec<pb::PersonRecord>> {
    let mut client = PersonRecordServiceClient::new(connection.clone());
    let mut records = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListPersonRecordRequest { person: person.to_owned(), page_size: PAGE_SIZE, page_token };
        let page = client.list_person_record(request).await.map_err(|status| refused(service, &status))?.into_inner();
        records.extend(page.person_records);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(records);
        }
    }
}

/// Changes and readings of a resource.
async fn audit_records(service: &str, connection: &Connection, resource: &str) -> anyhow::Result<Vec<Value>> {
    let mut client = AuditServiceClient::new(connection.clone());
    let mut request =
        audit::ListAuditRecordsRequest { page_size: PAGE_SIZE, resource: resource.to_owned(), ..Default::default() };
    let mut records = Vec::new();
    loop {
        let page = client.list_audit_records(request.clone()).await.map_err(|status| refused(service, &status))?.into_inner();
        records.extend(page.audit_records.iter().map(|record| {
            let time = |time: &Option<prost_types::Timestamp>| time.as_ref().map(|time| Instant::from_proto(time).to_string());
            let actor = record.actor.clone().unwrap_or_default();
            json!({
                "record_time": time(&record.record_time),
                "last_time": time(&record.last_time),
                "kind": record.kind().as_str_name(),
                "action": record.action,
                "resource": record.resource,
                "role": actor.role,
                "acting_for": actor.acting_for,
                "records_count": record.records_count,
            })
        }));
        if page.next_page_token.is_empty() {
            return Ok(records);
        }
        request.page_token = page.next_page_token;
    }
}
