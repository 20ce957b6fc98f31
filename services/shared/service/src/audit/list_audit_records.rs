//! `AuditService.ListAuditRecords` gives a page of changes, readings and refusals.

use db::Tx;
use proto::audit::v1 as pb;
use server::Page;

use super::{
    rules::{AuditFilter, AuditRecord, RecordId},
    store::audit_page,
};
use crate::Error;

pub(super) async fn list_audit_records(
    tx: &mut Tx<'_>,
    filter: AuditFilter,
    page: Page<RecordId>,
) -> Result<pb::ListAuditRecordsResponse, Error> {
    let rows = audit_page(tx, &filter, page.after(), page.limit()).await?;
    let (audit_records, next_page_token) = page.cut(rows, |record: &AuditRecord| record.id.clone(), |record| (&record).into());
    Ok(pb::ListAuditRecordsResponse { audit_records, next_page_token })
}
