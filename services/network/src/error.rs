//! Everything that a use case can answer with instead of a success. What callers get for each stands in `api/status.rs`.

use time::Date;

use crate::domain::Urn;

/// Why a use case did not do it. Nothing was written.
#[derive(Debug)]
pub(crate) enum Error {
    /// The database failed.
    Database(db::Error),
    /// What was sent is wrong, field by field.
    Fields(Vec<(String, String)>),
    /// There is no resource of this name.
    NotFound(String),
    /// The resource is no longer as it was read.
    Stale(String),
    /// A hub of this id exists.
    HubExists(String),
    /// A school is not listed by the newest extract.
    SchoolNotListed(Urn),
    /// The hub does not stand alone on this day.
    HubNotOpen(String, Date),
    /// The school's newest choice begins later.
    ChoiceBeforeLast(Urn, Date),
    /// A choice of the hub begins after the day that shall be its last.
    HubChosenLater(String, Date),
    /// A hub lead may not speak for another hub.
    HubNotOwn(String),
    /// Another import took place in between.
    RegisterChanged,
    /// The extract or the links are of a day after today.
    RegisterInFuture { field: &'static str, day: Date, today: Date },
    /// The extract is of a day before that of the register that is served.
    RegisterOlder(Date, Date),
    /// The extract lists far fewer schools than the register that is served: so many would be unlisted, of so many.
    RegisterShrinks(usize, usize),
    /// So many rows of the extract, of so many, have a status or phase that is not known: its codes have changed.
    CodesUnknown(usize, usize),
    /// The files have far fewer links than the register that is served: so many would be removed, of so many.
    LinksShrink(usize, usize),
    /// A file, or a stream of figures, is larger than the service takes.
    TooLarge(&'static str, usize),
    /// The sender was silent for too long.
    StreamSilent(std::time::Duration),
    /// A lineage has more rows than can be answered.
    LineageTooLarge(Urn),
    /// The publication is final.
    ReachFinal(String),
    /// Whoever published does not approve.
    ApproverIsPublisher(String),
}

impl From<db::Error> for Error {
    fn from(error: db::Error) -> Self {
        Self::Database(error)
    }
}
