//! The whole error contract of this service: what a caller gets for each error.

use proto::Reason;
use server::ApiError;
use tonic::Status;

use crate::error::Error;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Database(error) => error.into(),
            Error::Fields(violations) => ApiError::fields(violations),
            Error::NotFound(name) => ApiError::not_found(&name),
            Error::Stale(name) => ApiError::stale(&name),
            Error::HubExists(id) => {
                ApiError::new(Reason::HubExists, format!("there is a hub `hubs/{id}`; choose another id")).with("hub", id)
            }
            Error::SchoolNotListed(urn) => {
                let message =
                    format!("the register does not list `{}`; import an extract that does, or name another school", urn.name());
                ApiError::new(Reason::SchoolNotListed, message).with("school", urn.name())
            }
            Error::HubNotOpen(id, day) => {
                let message = format!("`hubs/{id}` does not stand alone on {day}; choose a day between its first and its last");
                ApiError::new(Reason::HubNotOpen, message).with("hub", format!("hubs/{id}")).with("day", day)
            }
            Error::ChoiceBeforeLast(urn, last) => {
                let message = format!("the last choice of `{}` begins on {last}; a new one cannot begin before it", urn.name());
                ApiError::new(Reason::HubChoiceBeforeLast, message).with("last_start_date", last)
            }
            Error::HubChosenLater(id, day) => {
                let message = format!("a school's choice of `hubs/{id}` begins after {day}, which cannot be its last day then");
                ApiError::new(Reason::HubChosenLater, message).with("hub", format!("hubs/{id}"))
            }
            Error::HubNotOwn(name) => {
                ApiError::new(Reason::HubNotOwn, format!("a hub lead speaks for its own hub, not for `{name}`"))
            }
            Error::RegisterChanged => {
                let message = "another register was imported in between; begin again, from the first page or with the same files";
                ApiError::new(Reason::RegisterChanged, message)
            }
            Error::RegisterInFuture { field, day, today } => {
                let message = format!(
                    "`{field}` is {day}, and today is {today}: GIAS gives no file of a day to come; correct the day, or the year in the name of the file"
                );
                ApiError::new(Reason::DateInFuture, message).with(field, day).with("today", today)
            }
            Error::RegisterOlder(day, served) => {
                let message = format!(
                    "the extract is of {day}, and the register that is served of {served}, which is newer: send a newer extract, correct as_of_date, or \
                 set older_allowed where the served one has the wrong day"
                );
                ApiError::new(Reason::RegisterOlder, message).with("as_of_date", day).with("served", served)
            }
            Error::RegisterShrinks(unlisted, listed) => {
                let message = format!(
                    "the extract does not list {unlisted} of the {listed} schools that the register lists, which GIAS keeps listing when they close: it \
                 seems cut off; download it again, or set shrinking_allowed"
                );
                ApiError::new(Reason::RegisterShrinks, message).with("unlisted", unlisted).with("listed", listed)
            }
            Error::CodesUnknown(unknown, rows) => {
                let message = format!(
                    "{unknown} of the {rows} rows have a status or phase that this version does not know, and would not be counted: the extract's codes have changed; update the \
                 service, or set shrinking_allowed to leave these schools out"
                );
                ApiError::new(Reason::RegisterShrinks, message).with("unknown", unknown).with("rows", rows)
            }
            Error::LinksShrink(removed, links) => {
                let message = format!(
                    "the import would remove {removed} of the {links} links by which schools descend from others, and with them the reach of schools that \
                 changed their numbers: send the links file that belongs to the extract, download it again if it was sent, or set shrinking_allowed"
                );
                ApiError::new(Reason::RegisterShrinks, message).with("removed", removed).with("links", links)
            }
            Error::TooLarge(what, max) => {
                let message = format!("{what} is larger than the {max} that the service takes");
                ApiError::new(Reason::StreamTooLarge, message).with("max", max)
            }
            Error::StreamSilent(timeout) => {
                ApiError::new(Reason::StreamSilent, format!("nothing came for {timeout:?}; send the stream again"))
            }
            Error::LineageTooLarge(urn) => {
                let message =
                    format!("the lineage of `{}` is larger than an answer may be; the links file must be wrong", urn.name());
                ApiError::new(Reason::LineageTooLarge, message)
            }
            Error::ReachFinal(name) => {
                ApiError::new(Reason::ReachFinal, format!("`{name}` is final and never changes")).with("name", name)
            }
            Error::ApproverIsPublisher(name) => {
                let message = format!("`{name}` was published by the same person; another one must approve it");
                ApiError::new(Reason::ApproverIsPublisher, message).with("name", name)
            }
        }
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        ApiError::from(error).into()
    }
}
