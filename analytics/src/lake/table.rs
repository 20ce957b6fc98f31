//! Events as a table of raw rows: every field of the envelope, and the payload's bytes unchanged.
//!
//! | column | type | |
//! | --- | --- | --- |
//! | `epoch`, `id`, `type`, `resource`, `request_id`, `traceparent` | string | as in `feed.proto` |
//! | `actor`, `actor_role`, `actor_for`, `confirmer`, `confirmer_role`, `confirmer_for` | string | the fields of the two actors; empty where absent |
//! | `position`, `resource_version` | int64 | |
//! | `happened_time_us`, `recorded_time_us` | int64 | microseconds UTC since 1970 |
//! | `payload` | binary | the message that `type` names, encoded |
//! | `hash` | binary | as in `feed.proto` |

use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
};

use polars::prelude::*;
use proto::feed::v1 as pb;
use sha2::{Digest, Sha256};
use time::Instant;

use super::{FileEntry, TableFile, private_file};
use crate::Error;

/// Rows in a row group: the unit that an engine skips by its statistics, and reads in parallel.
const ROW_GROUP_ROWS: usize = 128 * 1024;

/// Writes and syncs a file of events. Its entry has no typed tables yet.
pub(super) fn write_events(path: &Path, relative: String, run: u64, events: &[pb::Event]) -> Result<FileEntry, Error> {
    write(path, &mut frame(events)?)?;
    Ok(FileEntry {
        path: relative,
        run,
        first_position: events.first().map_or(0, |event| event.position),
        last_position: events.last().map_or(0, |event| event.position),
        rows_count: events.len() as u64,
        rows_sha256: rows_sha256(events),
        tables: Vec::new(),
        unknown_types: Vec::new(),
    })
}

/// Writes and syncs a file, and returns the SHA-256 of its bytes.
pub(super) fn write(path: &Path, frame: &mut DataFrame) -> Result<String, Error> {
    let bytes = parquet(frame)?;
    let mut file = private_file(path).map_err(Error::file("write", path))?;
    file.write_all(&bytes).map_err(Error::file("write", path))?;
    file.sync_all().map_err(Error::file("sync", path))?;
    Ok(hexadecimal(&Sha256::digest(&bytes)))
}

/// The bytes of a Parquet file.
pub(crate) fn parquet(frame: &mut DataFrame) -> PolarsResult<Vec<u8>> {
    let mut bytes = Vec::new();
    // Values of one column are similar, so the fastest codec achieves most of the compression.
    let writer = ParquetWriter::new(&mut bytes).with_compression(ParquetCompression::Lz4Raw);
    writer.with_row_group_size(Some(ROW_GROUP_ROWS)).finish(frame)?;
    Ok(bytes)
}

/// Compares a file of a typed table with its entry in the manifest.
pub(crate) fn verify(root: &Path, entry: &TableFile) -> Result<(), Error> {
    let path = root.join(&entry.path);
    let mut file = File::open(&path).map_err(Error::file("read", &path))?;
    let mut hash = Sha256::new();
    let mut part = vec![0; 1 << 20];
    loop {
        let length = file.read(&mut part).map_err(Error::file("read", &path))?;
        if length == 0 {
            break;
        }
        hash.update(&part[..length]);
    }
    if hexadecimal(&hash.finalize()) == entry.sha256 {
        Ok(())
    } else {
        Err(Error::FileChanged { path, reason: "other bytes".to_owned() })
    }
}

/// Reads a file of the lake, and compares it with its entry in the manifest.
pub(crate) fn read_verified(root: &Path, entry: &FileEntry) -> Result<Vec<pb::Event>, Error> {
    let path = root.join(&entry.path);
    let changed = |reason: String| Error::FileChanged { path: path.clone(), reason };
    let file = File::open(&path).map_err(Error::file("read", &path))?;
    let frame = ParquetReader::new(file).finish().map_err(|error| changed(error.to_string()))?;
    let events = events(&frame).map_err(|error| changed(error.to_string()))?;
    if events.len() as u64 != entry.rows_count {
        return Err(changed(format!("{} rows instead of {}", events.len(), entry.rows_count)));
    }
    if rows_sha256(&events) != entry.rows_sha256 {
        return Err(changed("other rows".to_owned()));
    }
    Ok(events)
}

/// The fields of an actor; empty for none.
fn actor(actor: Option<&pb::Actor>) -> [&str; 3] {
    actor.map_or([""; 3], |actor| [&actor.id, &actor.role, &actor.acting_for])
}

fn frame(events: &[pb::Event]) -> PolarsResult<DataFrame> {
    fn text<'a>(events: &'a [pb::Event], field: impl Fn(&'a pb::Event) -> &'a str) -> Vec<&'a str> {
        events.iter().map(field).collect()
    }
    fn number(events: &[pb::Event], field: impl Fn(&pb::Event) -> i64) -> Vec<i64> {
        events.iter().map(field).collect()
    }
    let payloads: Vec<&[u8]> = events.iter().map(|event| event.payload.as_slice()).collect();
    let hashes: Vec<&[u8]> = events.iter().map(|event| event.hash.as_slice()).collect();
    df!(
        "epoch" => text(events, |event| &event.epoch),
        "position" => number(events, |event| event.position),
        "id" => text(events, |event| &event.id),
        "type" => text(events, |event| &event.r#type),
        "resource" => text(events, |event| &event.resource),
        "resource_version" => number(events, |event| event.resource_version),
        "happened_time_us" => number(events, |event| micros(event.happened_time.as_ref())),
        "recorded_time_us" => number(events, |event| micros(event.recorded_time.as_ref())),
        "actor" => text(events, |event| actor(event.actor.as_ref())[0]),
        "actor_role" => text(events, |event| actor(event.actor.as_ref())[1]),
        "actor_for" => text(events, |event| actor(event.actor.as_ref())[2]),
        "confirmer" => text(events, |event| actor(event.confirmer.as_ref())[0]),
        "confirmer_role" => text(events, |event| actor(event.confirmer.as_ref())[1]),
        "confirmer_for" => text(events, |event| actor(event.confirmer.as_ref())[2]),
        "request_id" => text(events, |event| &event.request_id),
        "traceparent" => text(events, |event| &event.traceparent),
        "payload" => payloads,
        "hash" => hashes,
    )
}

fn events(frame: &DataFrame) -> PolarsResult<Vec<pb::Event>> {
    let text = |name: &str| -> PolarsResult<Vec<String>> {
        Ok(frame.column(name)?.str()?.iter().map(|value| value.unwrap_or_default().to_owned()).collect())
    };
    let number =
        |name: &str| -> PolarsResult<Vec<i64>> { Ok(frame.column(name)?.i64()?.iter().map(Option::unwrap_or_default).collect()) };
    let mut epoch = text("epoch")?.into_iter();
    let mut id = text("id")?.into_iter();
    let mut kind = text("type")?.into_iter();
    let mut resource = text("resource")?.into_iter();
    let actors = |id: &str| -> PolarsResult<Vec<Option<pb::Actor>>> {
        let columns = text(id)?.into_iter().zip(text(&format!("{id}_role"))?).zip(text(&format!("{id}_for"))?);
        let actor =
            |((id, role), acting_for): ((String, String), String)| (!id.is_empty()).then_some(pb::Actor { id, role, acting_for });
        Ok(columns.map(actor).collect())
    };
    let mut actor = actors("actor")?.into_iter();
    let mut confirmer = actors("confirmer")?.into_iter();
    let mut request_id = text("request_id")?.into_iter();
    let mut traceparent = text("traceparent")?.into_iter();
    let version = number("resource_version")?;
    let happened = number("happened_time_us")?;
    let recorded = number("recorded_time_us")?;
    let position = number("position")?;
    let payload = frame.column("payload")?.binary()?;
    let hash = frame.column("hash")?.binary()?;
    Ok(position
        .into_iter()
        .enumerate()
        .map(|(row, position)| pb::Event {
            epoch: epoch.next().unwrap_or_default(),
            position,
            id: id.next().unwrap_or_default(),
            r#type: kind.next().unwrap_or_default(),
            resource: resource.next().unwrap_or_default(),
            resource_version: version[row],
            happened_time: Some(Instant::from_micros(happened[row]).to_proto()),
            recorded_time: Some(Instant::from_micros(recorded[row]).to_proto()),
            actor: actor.next().flatten(),
            confirmer: confirmer.next().flatten(),
            request_id: request_id.next().unwrap_or_default(),
            traceparent: traceparent.next().unwrap_or_default(),
            payload: payload.get(row).unwrap_or_default().to_vec(),
            hash: hash.get(row).unwrap_or_default().to_vec(),
        })
        .collect())
}

fn micros(timestamp: Option<&prost_types::Timestamp>) -> i64 {
    timestamp.map_or(0, |timestamp| Instant::from_proto(timestamp).micros())
}

/// SHA-256 over the rows in order; each field is preceded by its length, so that different rows never give the same bytes.
fn rows_sha256(events: &[pb::Event]) -> String {
    let mut hash = Sha256::new();
    let mut row = Vec::new();
    for event in events {
        row.clear();
        for number in
            [event.position, event.resource_version, micros(event.happened_time.as_ref()), micros(event.recorded_time.as_ref())]
        {
            row.extend_from_slice(&number.to_be_bytes());
        }
        let texts = [&event.epoch, &event.id, &event.r#type, &event.resource, &event.request_id, &event.traceparent];
        let actors = [actor(event.actor.as_ref()), actor(event.confirmer.as_ref())];
        let texts = texts.into_iter().map(String::as_str).chain(actors.into_iter().flatten()).map(str::as_bytes);
        for field in texts.chain([event.payload.as_slice(), event.hash.as_slice()]) {
            row.extend_from_slice(&(field.len() as u64).to_be_bytes());
            row.extend_from_slice(field);
        }
        hash.update(&row);
    }
    hexadecimal(&hash.finalize())
}

/// Lower-case hexadecimal, two digits per byte.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string succeeds");
        text
    })
}
