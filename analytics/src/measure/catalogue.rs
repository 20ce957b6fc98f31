//! The catalogue: the terms by which schools could take part in programmes.

use std::collections::BTreeMap;

use eligibility::Eligibility;
use proto::network::v1 as pb;
use time::{AcademicYear, Date};

/// The part of terms that decides a denominator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) eligibility: Eligibility,
    /// Those who take part are in no register.
    pub(super) no_denominator: bool,
}

/// The terms that were added so far, by programme.
#[derive(Debug, Default)]
pub(super) struct Catalogue(BTreeMap<String, BTreeMap<(Date, i64), Option<Terms>>>);

impl Catalogue {
    /// Adds terms. Errors with the cause.
    pub(super) fn terms_added(&mut self, terms: pb::ProgrammeTerms) -> Result<(), String> {
        let name = terms.name.strip_prefix("programmes/").and_then(|rest| rest.split_once("/terms/"));
        let (programme, version) = name.ok_or_else(|| format!("`{}` is no name of terms", terms.name))?;
        let version = version.parse().map_err(|_| format!("`{}` is no name of terms", terms.name))?;
        let start = Date::parse(&terms.start_date).map_err(|error| error.to_string())?;
        let offered = terms.eligibility.map(|eligibility| Terms {
            eligibility: Eligibility::from_codes(
                &eligibility.type_group_codes,
                &eligibility.phase_codes,
                eligibility.ages.map(|ages| (ages.from_age, ages.to_age)),
            ),
            no_denominator: terms.no_denominator,
        });
        self.0.entry(programme.to_owned()).or_default().insert((start, version), offered);
        Ok(())
    }

    /// The terms of a programme in a year: of those that have begun on its first day, the newest. `None` when there are none, or the programme is withdrawn.
    pub(super) fn terms(&self, programme: &str, year: AcademicYear) -> Option<&Terms> {
        let begun = self.0.get(programme)?.range(..=(year.start_date(), i64::MAX));
        begun.last().and_then(|(_, terms)| terms.as_ref())
    }
}
