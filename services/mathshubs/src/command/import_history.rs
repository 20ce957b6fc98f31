//! `mathshubs import-history`: sends a file of past participation to enrolment, and prints the number of participations.

use std::path::PathBuf;

use clap::Args;
use proto::enrolment::v1::{self as pb, history_service_client::HistoryServiceClient, import_history_request::Part};
use time::Date;

use super::connection;
use crate::import;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// CSV file in UTF-8 with the columns urn, programme, hub, first_academic_year, year_1_start, year_1_completion, year_2_start, year_2_completion,
    /// withdraw_date, release_subsidy_paid and textbook_match_paid: ids, years such as 2016/17, and days such as 2016-09-12 or blank.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Source of the file, in words: each participation keeps it.
    #[arg(long, value_name = "TEXT")]
    source: String,
    /// Day of which the file is true. No day in the file is later.
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Date,
    /// Address of enrolment.
    #[arg(long, value_name = "HOST:PORT | URL", default_value = super::ENROLMENT_ADDRESS)]
    address: String,
    /// Token of the role ncetm: `mathshubs token --role ncetm` prints one. Set it in the environment: arguments can be read by others.
    #[arg(long, env = "MATHSHUBS_TOKEN", hide_env_values = true)]
    token: String,
    #[command(flatten)]
    tls: client::PeerTls,
    /// Check the file and print the result without changing anything.
    #[arg(long)]
    validate_only: bool,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let file = import::read(&arguments.file)?;
    let token = connection::token(&arguments.token)?;
    let connection = connection::connect("enrolment", &arguments.address, &arguments.tls, token).await?;
    let header = pb::ImportHistoryHeader {
        request_id: connection::request_id(),
        source: arguments.source,
        as_of_date: arguments.as_of.to_string(),
        validate_only: arguments.validate_only,
    };
    let chunks = file.chunks(import::CHUNK_BYTES).map(|chunk| Part::CsvChunk(chunk.to_vec()));
    let parts = std::iter::once(Part::Header(header)).chain(chunks);
    let messages: Vec<_> = parts.map(|part| pb::ImportHistoryRequest { part: Some(part) }).collect();
    let response = HistoryServiceClient::new(connection).import_history(futures::stream::iter(messages)).await;
    let response = response.map_err(|status| import::refused("the history", &status))?.into_inner();
    let pb::ImportHistoryResponse { rows_count, imported_count, unchanged_count } = response;
    let verb = if arguments.validate_only { "would become" } else { "became" };
    println!("Of {rows_count} rows {imported_count} {verb} participations; {unchanged_count} were imported before.");
    Ok(())
}
