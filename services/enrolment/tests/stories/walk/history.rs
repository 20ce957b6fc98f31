//! HistoryService.

use std::time::Duration;

use proto::enrolment::v1::{self as pb, import_history_request::Part};
use server::testing::{Cases, Walk};

use crate::{fixture::*, history::messages};

/// The RPC with its cases.
pub(super) const CASES: &[Cases] = &[("ImportHistory", &["wrong field", "wrong state", "repeated", "another body"])];

fn message(part: Part) -> pb::ImportHistoryRequest {
    pb::ImportHistoryRequest { part: Some(part) }
}

pub(crate) async fn walk(fixture: &Fixture, walk: &mut Walk) {
    let events = async || fixture.events().await.len();
    let ncetm = fixture.ncetm();
    let call = async |parts: Vec<_>| ncetm.history.clone().import_history(futures::stream::iter(parts)).await;
    let row = |urn: i64| vec![format!("{urn},{CORE_MATHS},north,2016/17,,,,,,,")];
    let file = |request_id: &str| messages(request_id, &row(100_500), false);
    let head = |header: pb::ImportHistoryHeader| {
        let Some(Part::Header(sent)) = file("import").remove(0).part else { panic!("the header is first") };
        let merge = |text: String, sent: String| if text.is_empty() { sent } else { text };
        vec![message(Part::Header(pb::ImportHistoryHeader {
            request_id: merge(header.request_id, sent.request_id),
            source: merge(header.source, sent.source),
            as_of_date: merge(header.as_of_date, sent.as_of_date),
            validate_only: false,
        }))]
    };
    let with = |part: Option<Part>| [file("import"), vec![pb::ImportHistoryRequest { part }]].concat();
    for (wrong, fields) in [
        (vec![], &["header"] as &[&str]),
        (file("import").split_off(1), &["header"]),
        (with(file("import").remove(0).part), &["header"]),
        (vec![message(Part::Header(pb::ImportHistoryHeader::default()))], &["request_id", "source", "as_of_date"]),
        (head(pb::ImportHistoryHeader { request_id: "a b".to_owned(), ..Default::default() }), &["request_id"]),
        (head(pb::ImportHistoryHeader { source: "x".repeat(201), ..Default::default() }), &["source"]),
        (head(pb::ImportHistoryHeader { source: "=1+1".to_owned(), ..Default::default() }), &["source"]),
        (head(pb::ImportHistoryHeader { as_of_date: "2018-02-30".to_owned(), ..Default::default() }), &["as_of_date"]),
        (with(None), &["part"]),
        (with(Some(Part::CsvChunk(vec![b'x'; (1 << 20) + 1]))), &["csv_chunk"]),
        (head(pb::ImportHistoryHeader::default()), &["row 1"]),
        (messages("import", &row(999_999), false), &["row 2, column urn"]),
    ] {
        walk.wrong("ImportHistory", call(wrong).await, fields);
    }
    let future = head(pb::ImportHistoryHeader { as_of_date: "2199-01-01".to_owned(), ..Default::default() });
    walk.step("ImportHistory", "wrong state", call(future).await, "DATE_IN_FUTURE");
    let large = || message(Part::CsvChunk(vec![b'x'; 1 << 20]));
    let too_large = [file("large"), vec![large(), large()]].concat();
    walk.step("ImportHistory", "wrong state", call(too_large).await, "STREAM_TOO_LARGE");
    let silent = || tokio_stream::StreamExt::chain(futures::stream::iter(file("silent")), futures::stream::pending());
    let hasty = Fixture::open_with(&db::testing::sqlite(), |config| config.stream_timeout = Duration::from_millis(50)).await;
    walk.step("ImportHistory", "wrong state", hasty.ncetm().history.import_history(silent()).await, "STREAM_SILENT");
    let full = Fixture::open_with(&db::testing::sqlite(), |config| config.temporary_folder = "/nonexistent".into()).await;
    let stored = full.ncetm().history.import_history(futures::stream::iter(file("full"))).await;
    walk.step("ImportHistory", "wrong state", stored, "TRY_AGAIN");
    let bodies = [100_501, 100_502].map(|urn| messages("import-twice", &row(urn), false));
    walk.repeat("ImportHistory", events, 1, call, bodies).await;
    // Each begins again when it met the fifth.
    let open: Vec<_> = (0..4)
        .map(|_| {
            let (mut client, messages) = (ncetm.history.clone(), file("open"));
            tokio::spawn(async move {
                loop {
                    let open =
                        tokio_stream::StreamExt::chain(futures::stream::iter(messages.clone()), futures::stream::pending());
                    if client.import_history(open).await.is_ok() {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            })
        })
        .collect();
    let fifth = async {
        loop {
            match call(file("fifth")).await {
                Err(status) => return Err::<(), _>(status),
                Ok(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    };
    let fifth = tokio::time::timeout(Duration::from_secs(10), fifth).await.expect("four imports are in progress");
    walk.step("ImportHistory", "wrong state", fifth, "OVERLOADED");
    open.iter().for_each(tokio::task::JoinHandle::abort);
}
