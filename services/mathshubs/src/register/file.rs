//! Writes a generated register in GIAS' file formats: the columns of an all-establishments extract in windows-1252, days as DD-MM-YYYY, codes in
//! quotes; and a links file with each link from both ends.

use std::fmt::Write;

use encoding_rs::WINDOWS_1252;
use time::Date;

use super::{
    GeneratedRegister,
    establishment::{Establishment, Link, Status},
};

type WriteField = fn(&mut String, &Establishment, Status);

/// The columns of an extract in order, each with its writer; most are blank here.
const COLUMNS: &[(&str, Option<WriteField>)] = &[
    ("URN", Some(|text, row, _| put(text, row.urn))),
    ("LA (code)", Some(|text, row, _| quoted(text, row.area.old_la_code))),
    ("LA (name)", Some(|text, row, _| quoted(text, row.area.la_name))),
    ("EstablishmentNumber", Some(|text, row, _| put(text, row.number))),
    ("EstablishmentName", Some(|text, row, _| quoted(text, &row.name))),
    ("TypeOfEstablishment (code)", Some(|text, row, _| quoted(text, row.kind.type_code))),
    ("TypeOfEstablishment (name)", Some(|text, row, _| quoted(text, row.kind.type_name))),
    ("EstablishmentTypeGroup (code)", Some(|text, row, _| quoted(text, row.kind.group_code))),
    ("EstablishmentTypeGroup (name)", Some(|text, row, _| quoted(text, row.kind.group_name))),
    ("EstablishmentStatus (code)", Some(|text, _, status| quoted(text, status.gias().0))),
    ("EstablishmentStatus (name)", Some(|text, _, status| quoted(text, status.gias().1))),
    ("ReasonEstablishmentOpened (code)", None),
    ("ReasonEstablishmentOpened (name)", None),
    ("OpenDate", Some(|text, row, _| quoted(text, &row.open.map(day).unwrap_or_default()))),
    ("ReasonEstablishmentClosed (code)", None),
    ("ReasonEstablishmentClosed (name)", None),
    ("CloseDate", Some(|text, row, status| quoted(text, &close_day(row, status)))),
    ("PhaseOfEducation (code)", Some(|text, row, _| quoted(text, row.phase.gias().0))),
    ("PhaseOfEducation (name)", Some(|text, row, _| quoted(text, row.phase.gias().1))),
    ("StatutoryLowAge", Some(|text, row, _| put(text, row.phase.gias().2))),
    ("StatutoryHighAge", Some(|text, row, _| put(text, row.phase.gias().3))),
    ("Boarders (code)", None),
    ("Boarders (name)", None),
    ("NurseryProvision (name)", None),
    ("OfficialSixthForm (code)", None),
    ("OfficialSixthForm (name)", None),
    ("Gender (code)", Some(|text, _, _| quoted(text, "3"))),
    ("Gender (name)", Some(|text, _, _| quoted(text, "Mixed"))),
    ("ReligiousCharacter (code)", None),
    ("ReligiousCharacter (name)", None),
    ("ReligiousEthos (name)", None),
    ("Diocese (code)", None),
    ("Diocese (name)", None),
    ("AdmissionsPolicy (code)", None),
    ("AdmissionsPolicy (name)", None),
    ("SchoolCapacity", None),
    ("SpecialClasses (code)", None),
    ("SpecialClasses (name)", None),
    ("CensusDate", None),
    ("NumberOfPupils", None),
    ("NumberOfBoys", None),
    ("NumberOfGirls", None),
    ("PercentageFSM", Some(|text, row, _| quoted(text, &percent(row.fsm_permille)))),
    ("TrustSchoolFlag (code)", None),
    ("TrustSchoolFlag (name)", None),
    ("Trusts (code)", None),
    ("Trusts (name)", None),
    ("SchoolSponsorFlag (name)", None),
    ("SchoolSponsors (name)", None),
    ("FederationFlag (name)", None),
    ("Federations (code)", None),
    ("Federations (name)", None),
    ("UKPRN", None),
    ("FEHEIdentifier", None),
    ("FurtherEducationType (name)", None),
    ("OfstedLastInsp", None),
    ("OfstedSpecialMeasures (code)", None),
    ("OfstedSpecialMeasures (name)", None),
    ("LastChangedDate", None),
    ("Street", None),
    ("Locality", None),
    ("Address3", None),
    ("Town", None),
    ("County (name)", None),
    ("Postcode", Some(|text, row, _| quoted(text, &postcode(row)))),
    ("SchoolWebsite", None),
    ("TelephoneNum", None),
    ("HeadTitle (name)", None),
    ("HeadFirstName", None),
    ("HeadLastName", None),
    ("HeadPreferredJobTitle", None),
    ("GOR (code)", Some(|text, row, _| quoted(text, row.area.region_letter))),
    ("GOR (name)", Some(|text, row, _| quoted(text, row.area.region_name))),
    ("DistrictAdministrative (code)", None),
    ("DistrictAdministrative (name)", None),
    ("AdministrativeWard (code)", None),
    ("AdministrativeWard (name)", None),
    ("ParliamentaryConstituency (code)", None),
    ("ParliamentaryConstituency (name)", None),
    ("UrbanRural (code)", None),
    ("UrbanRural (name)", None),
    ("GSSLACode (name)", Some(|text, row, _| quoted(text, row.area.new_la_code))),
    ("Easting", Some(|text, row, _| put(text, coordinates(row).0))),
    ("Northing", Some(|text, row, _| put(text, coordinates(row).1))),
    ("MSOA (name)", None),
    ("LSOA (name)", None),
    ("MSOA (code)", None),
    ("LSOA (code)", None),
    // Not a column of GIAS: it marks an extract of invented schools.
    ("MathsHubsGenerated", Some(|text, _, _| text.push('1'))),
];

/// An invented place of an establishment, near the others of its authority: easting and northing on the National Grid, in metres.
fn coordinates(row: &Establishment) -> (u32, u32) {
    let authority: u32 = row.area.old_la_code.parse().unwrap_or_default();
    let within = u32::from(row.number).wrapping_mul(7_919);
    (300_000 + authority % 30 * 10_000 + within % 9_973, 100_000 + authority / 30 * 15_000 + within / 9_973 % 9_967)
}

/// An invented postcode of the establishment's authority. `ZZ` is used by no post office.
fn postcode(row: &Establishment) -> String {
    let number = u32::from(row.number);
    format!("ZZ{} {}ZZ", row.area.old_la_code.trim_start_matches('0').chars().take(2).collect::<String>(), number % 10)
}

/// The header of a links file.
const LINK_HEADER: &str = "\"URN\",\"LinkURN\",\"LinkName\",\"LinkType\",\"LinkEstablishedDate\"\r\n";

impl GeneratedRegister {
    /// The extract of a day: the state of every establishment that is known by then.
    pub fn extract(&self, as_of: Date) -> Vec<u8> {
        let mut rows: Vec<(&Establishment, Status)> =
            self.establishments.iter().filter_map(|each| Some((each, each.find_status(as_of)?))).collect();
        rows.sort_by_key(|(row, _)| row.urn);
        let mut text = String::with_capacity(rows.len() * 500);
        let header: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
        text.push_str(&header.join(","));
        text.push_str("\r\n");
        for (row, status) in rows {
            for (index, (_, write)) in COLUMNS.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                if let Some(write) = write {
                    write(&mut text, row, status);
                }
            }
            text.push_str("\r\n");
        }
        encoded(&text)
    }

    /// The links file of a day: links between establishments of its extract, from both ends. `None` before the first link, because an import refuses
    /// a file without rows as truncated.
    pub fn links(&self, as_of: Date) -> Option<Vec<u8>> {
        let listed = |link: &&Link| {
            [link.predecessor, link.successor].iter().all(|index| self.establishments[*index].find_status(as_of).is_some())
        };
        let mut rows = Vec::with_capacity(self.links.len() * 2);
        for link in self.links.iter().filter(listed) {
            let (predecessor, successor) = (&self.establishments[link.predecessor], &self.establishments[link.successor]);
            let (from_successor, from_predecessor) = link.descent.gias();
            rows.push((successor.urn, predecessor, from_successor, link.established));
            rows.push((predecessor.urn, successor, from_predecessor, link.established));
        }
        if rows.is_empty() {
            return None;
        }
        rows.sort_by_key(|(urn, other, _, _)| (*urn, other.urn));
        let mut text = LINK_HEADER.to_owned();
        for (urn, other, kind, established) in rows {
            put(&mut text, urn);
            text.push(',');
            put(&mut text, other.urn);
            for field in [&other.name, kind, &day(established)] {
                text.push(',');
                quoted(&mut text, field);
            }
            text.push_str("\r\n");
        }
        Some(encoded(&text))
    }
}

/// The closing day, once it is announced.
fn close_day(row: &Establishment, status: Status) -> String {
    match status {
        Status::Closed | Status::ProposedToClose => row.close.map(day).unwrap_or_default(),
        Status::Open | Status::ProposedToOpen => String::new(),
    }
}

fn day(date: Date) -> String {
    format!("{:02}-{:02}-{:04}", date.day(), date.month(), date.year())
}

fn percent(permille: Option<u16>) -> String {
    permille.map(|permille| format!("{}.{}", permille / 10, permille % 10)).unwrap_or_default()
}

fn put(text: &mut String, number: impl std::fmt::Display) {
    write!(text, "{number}").expect("writing to memory succeeds");
}

fn quoted(text: &mut String, field: &str) {
    text.push('"');
    text.push_str(field);
    text.push('"');
}

fn encoded(text: &str) -> Vec<u8> {
    WINDOWS_1252.encode(text).0.into_owned()
}
