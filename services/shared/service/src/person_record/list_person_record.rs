//! `PersonRecordService.ListPersonRecord` gives a page of what the service stores about a person.

use db::Tx;
use name::PersonId;
use proto::person::v1 as pb;
use server::Page;

use super::{PersonRecord, PersonRecordPage, ReadPersonRecords, RecordKey};
use crate::Error;

pub(super) async fn list_person_record(
    tx: &mut Tx<'_>,
    read: ReadPersonRecords,
    person: PersonId,
    page: Page<RecordKey>,
) -> Result<pb::ListPersonRecordResponse, Error> {
    let rows = read(tx, PersonRecordPage { person, after: page.after().cloned(), limit: page.limit() }).await?;
    let key = |record: &PersonRecord| (record.kind.clone(), record.id.clone(), record.part.clone());
    let (person_records, next_page_token) = page.cut(rows, key, |record| {
        let PersonRecord { kind, resource, content, .. } = record;
        pb::PersonRecord { kind: kind.as_str().to_owned(), resource, content }
    });
    Ok(pb::ListPersonRecordResponse { person_records, next_page_token })
}
