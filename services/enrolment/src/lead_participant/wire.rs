//! Lead participants as messages, and messages as lead participants.

use std::collections::BTreeSet;

use name::PersonId;
use proto::enrolment::v1 as pb;
use server::Fields;

use super::LeadParticipant;

/// Most persons of a request.
const PERSONS_MAX: usize = 10;

impl From<&LeadParticipant> for pb::LeadParticipant {
    fn from(lead: &LeadParticipant) -> Self {
        Self {
            participation: lead.participation.to_string(),
            person: lead.person.to_string(),
            start_date: lead.start.to_string(),
            end_date: lead.end.map(|end| end.to_string()).unwrap_or_default(),
        }
    }
}

/// The persons of a request, each once.
pub(crate) fn persons(fields: &mut Fields, names: &[String]) -> Option<BTreeSet<PersonId>> {
    if names.len() > PERSONS_MAX {
        fields.wrong("persons", "must be at most 10");
        return None;
    }
    let mut persons = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let field = format!("persons[{index}]");
        persons.push(fields.read(&field, PersonId::parse(name)));
        fields.require(&field, !names[..index].contains(name), "is duplicated");
    }
    persons.into_iter().collect()
}
