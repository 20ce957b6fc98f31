//! One transaction and its cause.

use db::Tx;
use feed::Cause;
use name::{HubId, Urn};
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
    pub(crate) concerned: Concerned,
    pub(crate) is_decided_alone: bool,
}

/// The hub and the school that a change concerns, if any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Concerned {
    pub(crate) hub: Option<HubId>,
    pub(crate) urn: Option<Urn>,
}

impl<'a, 't> Command<'a, 't> {
    /// A transaction and its cause.
    pub fn new(tx: &'a mut Tx<'t>, ids: &'a Ids, cause: &'a Cause) -> Self {
        Self { tx, ids, cause, concerned: Concerned::default(), is_decided_alone: false }
    }

    /// Names the hub and the school that a change with a second person concerns; they, and the school's successors, see it while it is pending.
    pub fn concerns(&mut self, hub: &HubId, urn: impl Into<Option<Urn>>) {
        self.concerned = Concerned { hub: Some(hub.clone()), urn: urn.into() };
    }

    /// Says that this call of a method with a second person needs none.
    pub fn needs_no_second_person(&mut self) {
        self.is_decided_alone = true;
    }

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
