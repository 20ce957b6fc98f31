//! Schools as messages, and filters of lists from messages.

use db::Column;
use proto::network::v1 as pb;
use server::Fields;
use service::{Resource, count};

use super::{
    RegisterEntry, RegisterReason,
    column::{DayOrBlank, PhaseOrZero},
    list_schools::SchoolFilter,
};

impl From<&RegisterEntry> for pb::School {
    fn from(entry: &RegisterEntry) -> Self {
        let school = &entry.school;
        Self {
            name: entry.name(),
            urn: count(school.urn.number()),
            school_name: school.school_name.as_ref().to_owned(),
            old_la_code: school.old_la_code.as_ref().to_owned(),
            former_old_la_code: school.former_old_la_code.as_ref().to_owned(),
            new_la_code: school.new_la_code.as_ref().to_owned(),
            la_name: school.la_name.as_ref().to_owned(),
            region_code: school.region.map_or("", |region| region.code).to_owned(),
            region_name: school.region.map_or("", |region| region.name).to_owned(),
            type_code: count(school.type_code),
            type_group_code: count(school.type_group_code),
            status_code: count(school.status_code),
            phase_code: count(school.phase_code),
            education_phase: count(PhaseOrZero(school.phase).to_stored()),
            open_date: DayOrBlank(school.open_date).to_stored(),
            close_date: DayOrBlank(school.close_date).to_stored(),
            register_reason: count(school.reason.number()),
            fsm_permille: school.fsm_permille.map(count),
            low_age: school.low_age.map(count),
            high_age: school.high_age.map(count),
            postcode: school.postcode.as_ref().to_owned(),
            easting_metres: school.coordinates.map(|(easting, _)| count(easting)),
            northing_metres: school.coordinates.map(|(_, northing)| count(northing)),
            listed: entry.listed,
            etag: entry.etag(),
        }
    }
}

/// The filter of a list of schools. A field that is wrong does not filter.
pub(crate) fn filter(fields: &mut Fields, message: &pb::ListSchoolsRequest) -> SchoolFilter {
    let (region_code, old_la_code) = (message.region_code.clone(), message.old_la_code.clone());
    let is_region = region_code.is_empty() || geography::region_by_code(&region_code).is_some();
    fields.require("region_code", is_region, "must be E12000001 to E12000009");
    let is_old_code = old_la_code.is_empty() || geography::is_old_code(&old_la_code);
    fields.require("old_la_code", is_old_code, "must be three digits");
    let phase = fields.read("education_phase", PhaseOrZero::from_stored(message.education_phase.into()));
    let reason = match message.register_reason {
        0 => None,
        number => fields.read("register_reason", RegisterReason::from_stored(number.into())),
    };
    SchoolFilter { region_code, old_la_code, phase: PhaseOrZero(phase.and_then(|phase| phase.0)), reason }
}
