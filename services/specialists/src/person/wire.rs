//! Persons as messages, and messages as persons.

use proto::specialists::v1 as pb;
use server::Fields;

use super::{Person, PersonDetails};

/// Longest name, in characters.
const DISPLAY_NAME_LENGTH_MAX: usize = 200;
/// Longest email address, in characters.
const EMAIL_ADDRESS_LENGTH_MAX: usize = 254;

impl From<Person> for pb::Nominee {
    fn from(person: Person) -> Self {
        let PersonDetails { display_name, email_address } = person.details;
        Self { name: person.id.to_string(), display_name, email_address }
    }
}

/// Name and email address of a nominee, normalised. Errors do not repeat what was sent, because answers are logged.
pub(crate) fn nominee(fields: &mut Fields, message: Option<&pb::Nominee>) -> Option<PersonDetails> {
    let Some(message) = message else {
        fields.wrong("nominee", "must be set");
        return None;
    };
    let display_name = fields.title("nominee.display_name", message.display_name.trim(), DISPLAY_NAME_LENGTH_MAX);
    let email_address = text::normalize(message.email_address.trim()).to_lowercase();
    let fits = is_email_address(&email_address);
    fields.require("nominee.email_address", fits, "must be an email address of at most 254 characters");
    Some(PersonDetails { display_name: display_name?, email_address: Some(email_address).filter(|_| fits)? })
}

fn is_email_address(text: &str) -> bool {
    let is_divided =
        text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'));
    let is_visible = |letter: char| !letter.is_whitespace() && !text::is_hidden(letter);
    is_divided && text.chars().all(is_visible) && text.chars().count() <= EMAIL_ADDRESS_LENGTH_MAX
}
