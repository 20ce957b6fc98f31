//! An earlier report, read from its manifest, so that the lake can be measured again in the same way.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use time::{AcademicYear, Date};

use super::{Draft, MANIFEST};
use crate::{Change, Error, Measure, Measurer, lake::Positions};

/// A report that was written before.
#[derive(Debug, Clone)]
pub struct EarlierReport {
    manifest: PathBuf,
    options: Measure,
    content_sha256: String,
}

#[derive(Deserialize)]
struct ManifestFields {
    true_on_date: String,
    known_on_date: String,
    since_academic_year: String,
    type_group_codes: Vec<i32>,
    content_sha256: String,
}

impl EarlierReport {
    /// Reads its manifest. Errors when the folder has none.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let manifest = folder.join(MANIFEST);
        let text = fs::read_to_string(&manifest).map_err(Error::file("read", &manifest))?;
        let wrong = |reason: String| Error::NoReport { path: manifest.clone(), reason };
        let fields: ManifestFields = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let day = |text: &str| Date::parse(text).map_err(|error| wrong(error.to_string()));
        let options = Measure {
            first_year: AcademicYear::parse(&fields.since_academic_year).map_err(|error| wrong(error.to_string()))?,
            type_group_codes: fields.type_group_codes,
            ..Measure::on(day(&fields.true_on_date)?, day(&fields.known_on_date)?)
        };
        Ok(Self { manifest, options, content_sha256: fields.content_sha256 })
    }

    /// The days on which it is true and known, and its content: they identify its publication.
    pub fn identity(&self) -> (&Measure, &str) {
        (&self.options, &self.content_sha256)
    }

    /// The schools that count differently in a later measurement of the same lake, as [`Measurer::explain`] returns them. Errors when it is not
    /// later, and when the lake no longer gives the earlier report's figures. `published` are the positions in a publication of the report: they are
    /// used when the lake was collected again since.
    pub fn explain(&self, measurer: &mut Measurer, later: &Measure, published: Option<Positions>) -> Result<Vec<Change>, Error> {
        let (true_on, known_on) = (self.options.true_on.to_string(), self.options.known_on.to_string());
        let mut measured = measurer.reports(&self.content_sha256)?.into_iter();
        let measured = measured.find(|entry| (&entry.true_on_date, &entry.known_on_date) == (&true_on, &known_on));
        let positions = measured.map(|entry| entry.positions).or(published);
        let positions = positions.ok_or_else(|| Error::OtherLake { path: self.manifest.clone() })?;
        let is_later = later.positions.as_ref().is_none_or(|later| is_beyond(later, &positions));
        let earlier = &self.options.clone().up_to(positions);
        if later.true_on < earlier.true_on || later.known_on < earlier.known_on || !is_later {
            return Err(Error::NotEarlier { path: self.manifest.clone(), true_on, known_on });
        }
        let reach = measurer.measure(earlier)?;
        if Draft::new(&reach).content_sha256() != self.content_sha256 {
            return Err(Error::OtherReport { path: self.manifest.clone() });
        }
        measurer.explain(earlier, later)
    }
}

/// True if no feed ends earlier in the one than in the other.
fn is_beyond(later: &Positions, earlier: &Positions) -> bool {
    earlier.iter().all(|(feed, earlier)| later.get(feed).is_some_and(|later| later.position >= earlier.position))
}
