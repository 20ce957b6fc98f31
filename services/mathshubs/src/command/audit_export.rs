//! `mathshubs audit-export`: writes the audit records of a service as CSV.

use std::{fs::File, io, path::PathBuf};

use anyhow::Context;
use clap::Args;
use proto::audit::v1::{self as pb, audit_service_client::AuditServiceClient};
use time::{Date, Instant};

use super::connection;

/// Most records of a page.
const PAGE_SIZE: i32 = 1_000;
/// Columns of the file. Times are RFC 3339 in UTC; `records_count` is the number of equal readings or refusals within a minute.
const COLUMNS: [&str; 15] = [
    "id",
    "kind",
    "record_time",
    "last_time",
    "actor",
    "actor_role",
    "actor_for",
    "issuer",
    "subject",
    "confirmer",
    "confirmer_role",
    "action",
    "resource",
    "reason",
    "records_count",
];

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Address of the service whose records are written.
    #[arg(long, value_name = "HOST:PORT | URL")]
    address: String,
    /// Token of NCETM or DfE: `mathshubs token --role ncetm` prints one.
    #[arg(long, env = "MATHSHUBS_TOKEN", hide_env_values = true)]
    token: String,
    #[command(flatten)]
    tls: client::PeerTls,
    /// First day, in London. Default: the first record.
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<Date>,
    /// Last day, in London. Default: the last record.
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<Date>,
    /// File to write; it must not exist. Default: standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let token = connection::token(&arguments.token)?;
    let connection = connection::connect("called", &arguments.address, &arguments.tls, token).await?;
    let out: Box<dyn io::Write + Send> = match &arguments.out {
        Some(path) => Box::new(File::create_new(path).with_context(|| format!("cannot write {}", path.display()))?),
        None => Box::new(io::stdout()),
    };
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(COLUMNS)?;
    let mut client = AuditServiceClient::new(connection);
    let mut request = pb::ListAuditRecordsRequest {
        page_size: PAGE_SIZE,
        start_time: arguments.from.map(|day| day.start().to_proto()),
        end_time: arguments.until.map(|day| day.plus_days(1).start().to_proto()),
        ..Default::default()
    };
    let mut count = 0;
    loop {
        let page = client.list_audit_records(request.clone()).await;
        let page = page.map_err(|status| anyhow::anyhow!("the records were not listed: {}", status.message()))?.into_inner();
        for record in &page.audit_records {
            csv.write_record(row(record))?;
        }
        count += page.audit_records.len();
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    csv.flush()?;
    if let Some(path) = &arguments.out {
        println!("{count} records: {}", path.display());
    }
    Ok(())
}

fn row(record: &pb::AuditRecord) -> [String; COLUMNS.len()] {
    let actor = record.actor.clone().unwrap_or_default();
    let confirmer = record.confirmer.clone().unwrap_or_default();
    let kind = match record.kind() {
        pb::AuditKind::Unspecified => "",
        pb::AuditKind::Change => "change",
        pb::AuditKind::Reading => "reading",
        pb::AuditKind::Refusal => "refusal",
    };
    let time = |time: &Option<prost_types::Timestamp>| {
        time.as_ref().map(|time| Instant::from_proto(time).to_string()).unwrap_or_default()
    };
    [
        record.id.clone(),
        kind.to_owned(),
        time(&record.record_time),
        time(&record.last_time),
        actor.id,
        actor.role,
        actor.acting_for,
        record.issuer.clone(),
        record.subject.clone(),
        confirmer.id,
        confirmer.role,
        record.action.clone(),
        record.resource.clone(),
        record.reason.clone(),
        record.records_count.to_string(),
    ]
    .map(|cell| text::cell(&cell).into_owned())
}
