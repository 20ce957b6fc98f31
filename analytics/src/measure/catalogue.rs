//! The catalogue: the terms by which schools could take part in programmes.

use std::collections::BTreeMap;

use eligibility::Eligibility;
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
    /// Adds terms, or the end of an offer. Errors with the cause.
    pub(super) fn add(&mut self, name: &str, start: Option<Date>, offered: Option<Terms>) -> Result<(), String> {
        let parts = name.strip_prefix("programmes/").and_then(|rest| rest.split_once("/terms/"));
        let parts = parts.and_then(|(programme, version)| Some((programme, version.parse().ok()?)));
        let (programme, version) = parts.ok_or_else(|| format!("`{name}` is no name of terms"))?;
        let start = start.ok_or("its terms have no first day")?;
        self.0.entry(programme.to_owned()).or_default().insert((start, version), offered);
        Ok(())
    }

    /// The terms of a programme in a year: of those that have begun on its first day, the newest. `None` when there are none, or the programme is withdrawn.
    pub(super) fn terms(&self, programme: &str, year: AcademicYear) -> Option<&Terms> {
        let begun = self.0.get(programme)?.range(..=(year.start_date(), i64::MAX));
        begun.last().and_then(|(_, terms)| terms.as_ref())
    }
}
