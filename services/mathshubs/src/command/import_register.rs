//! `mathshubs import-register`: sends an extract and its links to the network service, and prints a summary of the answer and the links that are pending.

use std::path::PathBuf;

use clap::Args;
use proto::network::v1::{self as pb, register_service_client::RegisterServiceClient};
use time::Date;

use super::connection;
use crate::import;

/// Most pending links that are printed.
const PENDING_LINKS_MAX: i32 = 20;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// GIAS all-establishments extract, as downloaded: a CSV file, or the zip that contains it.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Links file of the extract. Default: the links file in the extract's zip, if there is one.
    #[arg(long, value_name = "FILE")]
    links: Option<PathBuf>,
    /// Day of the extract, needed if its file name does not give it.
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<Date>,
    /// Address of the network service.
    #[arg(long, value_name = "HOST:PORT | URL", default_value = super::NETWORK_ADDRESS)]
    address: String,
    /// Token of the role ncetm: `mathshubs token --role ncetm` prints one. Set it in the environment: arguments can be read by others.
    #[arg(long, env = "MATHSHUBS_TOKEN", hide_env_values = true)]
    token: String,
    #[command(flatten)]
    tls: client::PeerTls,
    /// Check the import and print its result without changing anything.
    #[arg(long)]
    validate_only: bool,
    /// Accept files that lack many of the register's schools or links. By default they are refused as truncated or missing.
    #[arg(long)]
    shrinking_allowed: bool,
    /// Accept an extract that is older than the current register, for example after an import under a wrong day.
    #[arg(long)]
    older_allowed: bool,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let files = import::Files::read(&arguments.file, arguments.links.as_deref(), arguments.as_of)?;
    let token = connection::token(&arguments.token)?;
    let connection = connection::connect("network", &arguments.address, &arguments.tls, token).await?;
    let header = pb::ImportRegisterHeader {
        request_id: connection::request_id(),
        as_of_date: files.as_of.to_string(),
        validate_only: arguments.validate_only,
        shrinking_allowed: arguments.shrinking_allowed,
        older_allowed: arguments.older_allowed,
        links_as_of_date: files.links_as_of.map(|day| day.to_string()).unwrap_or_default(),
    };
    let messages = import::messages(header, &files.extract, files.links.as_deref());
    let mut client = RegisterServiceClient::new(connection);
    let response = client.import_register(futures::stream::iter(messages)).await;
    let response = response.map_err(|status| import::refused("the register", &status))?.into_inner();
    if !files.unpacked.is_empty() {
        println!("From the zip: {}", files.unpacked.join(", "));
    }
    print!("{}", summary(&response, arguments.validate_only));
    let register = response.register.unwrap_or_default();
    if register.pending_links_count > 0 && arguments.validate_only {
        println!("  {:>7} links would be pending until another account confirms them", register.pending_links_count);
    } else if register.pending_links_count > 0 {
        let request = pb::ListPendingLinksRequest { page_size: PENDING_LINKS_MAX, ..pb::ListPendingLinksRequest::default() };
        let page = client.list_pending_links(request).await;
        let page =
            page.map_err(|status| anyhow::anyhow!("the pending links were not listed: {}", status.message()))?.into_inner();
        print!("{}", pending(register.pending_links_count, &page));
    }
    Ok(())
}

/// The links that are pending, and the call that confirms them.
fn pending(count: i32, page: &pb::ListPendingLinksResponse) -> String {
    let mut lines = vec![format!(
        "  {count:>7} links are pending: they have no effect until another account of NCETM or DfE confirms them by \
         RegisterService.ConfirmLinks with {{\"name\": \"register\", \"etag\": \"{}\"}}",
        page.register_etag
    )];
    for pending in &page.pending_links {
        let (change, link) = match (&pending.current_link, &pending.confirmed_link) {
            (None, link) => ("is new", link),
            (link, None) => ("ends", link),
            (Some(_), link) => ("changes", link),
        };
        let link = link.clone().unwrap_or_default();
        let from = if link.established_date.is_empty() { String::new() } else { format!(", from {}", link.established_date) };
        lines.push(format!("            {} to {} {change}{from}", link.predecessor_urn, link.successor_urn));
    }
    let further = usize::try_from(count).unwrap_or_default().saturating_sub(page.pending_links.len());
    if further > 0 {
        lines.push(format!("            and {further} more, which RegisterService.ListPendingLinks gives"));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Lines about the source of the authorities' nine-character codes, if the extract does not give all of them.
fn new_la_codes(register: &pb::Register) -> Vec<String> {
    let mut lines = Vec::new();
    if register.new_la_code_column_missing {
        lines.push(
            "  the extract lacks the column `GSSLACode (name)`, which holds the authorities' nine-character codes".to_owned(),
        );
    }
    if register.new_la_code_from_table_count > 0 {
        lines.push(format!(
            "  {:>7} rows without a nine-character code got the one in force on {} (table of authorities with changes up to {})",
            register.new_la_code_from_table_count,
            register.as_of_date,
            geography::newest_change()
        ));
    }
    if register.new_la_code_unknown_count > 0 {
        lines.push(format!(
            "  {:>7} rows have no nine-character code: the table has no authority with their three-digit code on {}",
            register.new_la_code_unknown_count, register.as_of_date
        ));
    }
    lines
}

/// Number of rows with a code or a type, as printed.
fn rows_of(name: &str, rows_count: i32) -> String {
    if name.is_empty() { format!("{rows_count} blank") } else { format!("{rows_count} `{name}`") }
}

/// Summary of an import.
fn summary(response: &pb::ImportRegisterResponse, validate_only: bool) -> String {
    let register = response.register.clone().unwrap_or_default();
    let mut lines = vec![match (response.unchanged, validate_only) {
        (true, _) => {
            format!("These are the files of the register that is served already, of {}: nothing changed.", register.as_of_date)
        }
        (false, true) => format!("The register of {} would be served:", register.as_of_date),
        (false, false) => format!("The register of {} is served now:", register.as_of_date),
    }];
    if !response.unchanged {
        lines.push(format!(
            "  {} schools are new, {} are described differently, {} are no longer listed.",
            response.schools_added_count, response.schools_changed_count, response.schools_unlisted_count
        ));
    }
    lines.push(format!("  {:>7} rows", register.rows_count));
    for count in &register.reason_counts {
        lines.push(format!("  {:>7}   {}", count.rows_count, import::reason_description(count.reason())));
        let codes = register.unknown_code_counts.iter().filter(|code| code.reason == count.reason);
        let codes: Vec<String> = codes.map(|code| rows_of(&code.code, code.rows_count)).collect();
        if !codes.is_empty() {
            lines.push(format!("            by code: {}", codes.join(", ")));
        }
    }
    if register.texts_repaired_count > 0 {
        lines.push(format!("  {:>7} texts were encoded twice, and were repaired", register.texts_repaired_count));
    }
    lines.extend(new_la_codes(&register));
    if register.links_sha256.is_empty() {
        lines.push(
            "  no links: what a school descends from is not known, and reach before it changed its number is lost".to_owned(),
        );
    } else {
        lines.push(format!(
            "  {:>7} rows of links: {} join two schools of the register; {} name a URN that it does not list, {} say no descent",
            register.link_rows_count, register.links_count, register.link_rows_unknown_urn_count, register.link_rows_other_count
        ));
        let types = register.link_type_counts.iter().map(|count| rows_of(&count.link_type, count.rows_count));
        let types: Vec<String> = types.collect();
        if !types.is_empty() {
            lines.push(format!("            no descent, by type: {}", types.join(", ")));
        }
        if register.link_rows_undirected_count > 0 {
            lines.push(format!(
                "  {:>7} rows name a merger without saying which of the two schools is older; they are not used",
                register.link_rows_undirected_count
            ));
        }
    }
    if register.open_date_blank_count > 0 {
        lines.push(format!(
            "  {} of the schools that are in have no opening day: this register covers days at most 30 before or after its own",
            register.open_date_blank_count
        ));
    }
    lines.push(String::new());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pending_links_are_printed_with_the_call_that_confirms_them() {
        let link = |successor_urn| {
            let link = pb::SchoolLink { predecessor_urn: 100_000, successor_urn, ..pb::SchoolLink::default() };
            Some(pb::SchoolLink { established_date: "2018-09-01".to_owned(), ..link })
        };
        let new = pb::PendingLink { confirmed_link: link(100_001), ..pb::PendingLink::default() };
        let ends = pb::PendingLink { current_link: link(100_002), ..pb::PendingLink::default() };
        let page = pb::ListPendingLinksResponse {
            pending_links: vec![new, ends],
            register_etag: "v7".to_owned(),
            ..pb::ListPendingLinksResponse::default()
        };
        let text = pending(5, &page);
        for part in
            ["5 links are pending", "\"v7\"", "100000 to 100001 is new, from 2018-09-01", "100000 to 100002 ends", "and 3 more"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn the_summary_names_a_missing_column_of_codes_and_how_it_was_filled() {
        let register = pb::Register {
            as_of_date: "2026-11-01".to_owned(),
            new_la_code_column_missing: true,
            new_la_code_from_table_count: 26_044,
            new_la_code_unknown_count: 3,
            ..pb::Register::default()
        };
        let text = summary(&pb::ImportRegisterResponse { register: Some(register), ..Default::default() }, false);
        for part in
            ["lacks the column `GSSLACode (name)`", "26044 rows", "in force on 2026-11-01", "3 rows have no nine-character code"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        let complete = summary(&pb::ImportRegisterResponse::default(), false);
        assert!(!complete.contains("nine-character"), "{complete}");
    }
}
