//! Persons as messages, and messages as persons.

use name::Urn;
use proto::network::v1 as pb;
use server::Fields;
use service::Resource;
use time::Date;

use super::{Employment, Owner, Person, PersonDetails, PersonMatch, Report, employments};

/// Longest name, in characters.
const DISPLAY_NAME_LENGTH_MAX: usize = 200;
/// Longest email address, in characters.
const EMAIL_ADDRESS_LENGTH_MAX: usize = 254;

impl From<&Person> for pb::Person {
    fn from(person: &Person) -> Self {
        Self {
            name: person.name(),
            owner: person.owner.to_string(),
            employments: employments(&person.reports).into_iter().map(Into::into).collect(),
            erased: person.erased,
            etag: person.etag(),
        }
    }
}

impl From<Employment> for pb::Employment {
    fn from(employment: Employment) -> Self {
        Self {
            school: employment.urn.to_string(),
            start_date: employment.start_date.to_string(),
            end_date: employment.end_date.map(|day| day.to_string()).unwrap_or_default(),
        }
    }
}

impl From<PersonDetails> for pb::PersonDetails {
    fn from(PersonDetails { display_name, email_address }: PersonDetails) -> Self {
        Self { display_name, email_address }
    }
}

impl From<PersonMatch> for pb::PersonMatch {
    fn from(pair: PersonMatch) -> Self {
        Self {
            person: pair.id.to_string(),
            owner: pair.owner.to_string(),
            other_person: pair.other.to_string(),
            other_owner: pair.other_owner.to_string(),
        }
    }
}

/// Name and email address, normalised. Errors do not repeat what was sent, because answers are logged.
pub(super) fn details(fields: &mut Fields, message: Option<&pb::PersonDetails>) -> Option<PersonDetails> {
    let Some(message) = message else {
        fields.wrong("details", "must be set");
        return None;
    };
    let display_name = fields.title("details.display_name", message.display_name.trim(), DISPLAY_NAME_LENGTH_MAX);
    let email_address = text::normalize(message.email_address.trim()).to_lowercase();
    let fits = is_email_address(&email_address);
    fields.require("details.email_address", fits, "must be an email address of at most 254 characters");
    Some(PersonDetails { display_name: display_name?, email_address: Some(email_address).filter(|_| fits)? })
}

fn is_email_address(text: &str) -> bool {
    let is_divided =
        text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'));
    let is_visible = |letter: char| !letter.is_whitespace() && !text::is_hidden(letter);
    is_divided && text.chars().all(is_visible) && text.chars().count() <= EMAIL_ADDRESS_LENGTH_MAX
}

/// The school with which an owner records a person. NCETM alone records a person who teaches at no school.
#[expect(
    clippy::option_option,
    reason = "the outer option says whether the fields are right, the inner whether the person teaches at a school"
)]
pub(super) fn first_report(
    fields: &mut Fields,
    message: &pb::RecordPersonRequest,
    owner: &Owner,
    today: Date,
) -> Option<Option<Report>> {
    if *owner == Owner::Ncetm && message.school.is_empty() {
        fields.require("start_date", message.start_date.is_empty(), "must be empty without a school");
        return Some(None);
    }
    report(fields, &message.school, &message.start_date, Some(today)).map(Some)
}

/// A report in the fields `school` and `start_date`. An absent day is `default`, and wrong where there is none.
pub(super) fn report(fields: &mut Fields, school: &str, start_date: &str, default: Option<Date>) -> Option<Report> {
    let urn = fields.read("school", Urn::parse(school));
    let start_date = match default {
        Some(day) if start_date.is_empty() => Some(day),
        _ => fields.date("start_date", start_date),
    };
    Some(Report { start_date: start_date?, urn: urn? })
}
