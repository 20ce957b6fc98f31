//! One transaction and its cause.

use db::Tx;
use feed::Cause;
use proto::EventPayload;
use time::{AcademicYear, Date, Ids, Instant};

use crate::Resource;

/// One transaction and its cause. All rules of a use case go by the instant of the request, so they cannot disagree about the day.
#[derive(Debug)]
pub struct Command<'a, 't> {
    /// The transaction.
    pub tx: &'a mut Tx<'t>,
    /// Source of ids.
    pub ids: &'a Ids,
    /// The caller, the instant and the request; stored with every event.
    pub cause: &'a Cause,
}

impl Command<'_, '_> {
    /// The instant of the request.
    pub fn now(&self) -> Instant {
        self.cause.recorded
    }

    /// The day of the request, in London.
    pub fn today(&self) -> Date {
        self.cause.recorded.date()
    }

    /// The academic year of that day.
    pub fn year(&self) -> AcademicYear {
        AcademicYear::of(self.today())
    }

    /// A new id.
    pub fn next_id(&self) -> String {
        self.ids.next(self.cause.recorded)
    }

    /// Appends an event about a resource to the feed, in this transaction, without texts that people wrote.
    pub fn append<M: EventPayload>(&mut self, resource: &impl Resource, event: &M) {
        let (name, version, recorded) = (resource.name(), resource.version(), self.cause.recorded);
        feed::append(self.tx, self.ids, self.cause, &name, version, recorded, event.without_free_text().as_ref());
    }
}
