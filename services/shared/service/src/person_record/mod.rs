//! The records of a service about a person. The frame serves `PersonRecordService`; a service that stores more than the mirror of persons gives its query to
//! [`Parts::person_records`](crate::Parts::person_records).

mod list_person_record;
mod store;

use db::{ParameterGroup, Query, Tx};
use futures::future::BoxFuture;
use name::PersonId;
use proto::person::v1::{
    self as pb,
    person_record_service_server::{PersonRecordService, PersonRecordServiceServer},
};
use server::{Call, Fields, Page};
use tonic::{Request, Response, Status};

use crate::Context;
use list_person_record::list_person_record;
pub(crate) use store::mirrored_person_records;

name::id!(
    /// A part of the key of a record.
    pub KeyPart, 40
);

/// The key of a record: kind of thing, id of the resource, part of it.
pub(crate) type RecordKey = (KeyPart, KeyPart, KeyPart);

/// One thing that is stored about a person.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PersonRecord {
    /// The kind of thing.
    pub kind: KeyPart,
    /// The id of the resource.
    pub id: KeyPart,
    /// The part of the resource, for example a day.
    pub part: KeyPart,
    /// The name of the resource.
    pub resource: String,
    /// A sentence.
    pub content: String,
}

/// A page of records about a person, as the parameters of [`person_records!`](crate::person_records).
#[derive(Debug, Clone)]
pub struct PersonRecordPage {
    person: PersonId,
    after: Option<RecordKey>,
    limit: i64,
}

impl ParameterGroup for PersonRecordPage {
    const NAMES: &'static [&'static str] = &["person", "after_kind", "after_id", "after_part", "limit"];

    fn bind<'q, 'c>(&self, query: Query<'q, 'c>) -> Query<'q, 'c> {
        let [kind, id, part] = match &self.after {
            Some((kind, id, part)) => [kind, id, part].map(KeyPart::as_str),
            None => [""; 3],
        };
        query.bind(&self.person).bind(kind).bind(id).bind(part).bind(self.limit)
    }
}

/// Reads a page of records.
pub type ReadPersonRecords =
    for<'a, 't> fn(&'a mut Tx<'t>, PersonRecordPage) -> BoxFuture<'a, Result<Vec<PersonRecord>, db::Error>>;

/// The query of a page out of one for all rows, which has the columns of [`PersonRecord`] in their order and the parameter `:person`. A statement with it
/// binds `..PersonRecordPage = page`.
#[macro_export]
macro_rules! person_records {
    ($rows:expr) => {
        concat!(
            "SELECT kind, id, part, resource, content FROM (",
            $rows,
            ") record
             WHERE (kind, id, part) > (:after_kind, :after_id, :after_part)
             ORDER BY kind, id, part LIMIT :limit"
        )
    };
}

/// `PersonRecordService` of a service.
pub(crate) fn server(context: &Context, read: ReadPersonRecords) -> PersonRecordServiceServer<Api> {
    server::limited!(PersonRecordServiceServer::new(Api { context: context.clone(), read }))
}

/// Serves `PersonRecordService`.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    context: Context,
    read: ReadPersonRecords,
}

#[tonic::async_trait]
impl PersonRecordService for Api {
    async fn list_person_record(
        &self,
        request: Request<pb::ListPersonRecordRequest>,
    ) -> Result<Response<pb::ListPersonRecordResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (person, page) = Fields::decode(|fields| {
            let person = fields.read("person", PersonId::parse(&message.person));
            let page = Page::of(fields, &message);
            Some((person?, page?))
        })?;
        let read = self.read;
        let answer = self.context.query(move |tx| Box::pin(list_person_record(tx, read, person, page))).await?;
        self.context.person_was_read(&call, message.person);
        Ok(answer)
    }
}
