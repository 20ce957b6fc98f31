//! The records of a service that stores nothing about people but the mirror of network.

use db::{Tx, sql};
use futures::future::BoxFuture;

use super::{PersonRecord, PersonRecordPage};

/// Records of the mirror.
pub(crate) fn mirrored_person_records<'a>(
    tx: &'a mut Tx<'_>,
    page: PersonRecordPage,
) -> BoxFuture<'a, Result<Vec<PersonRecord>, db::Error>> {
    Box::pin(async move {
        let records = sql!(tx, crate::person_records!(scope::mirror::person_records!()), ..PersonRecordPage = page).fetch_all();
        records.await
    })
}
