//! `HistoryService.ImportHistory` records participations of earlier years, all rows of a file or none.

use std::collections::{BTreeMap, BTreeSet};

use name::{HubId, ProgrammeId, Urn};
use proto::enrolment::v1 as pb;
use service::{Command, Error, count};
use time::AcademicYear;

use super::{
    file::{Column, Fault, HistoryFile, Row},
    rules::{self, HistorySource, HistoryViolation},
    store::{self, ClaimKey},
    wire,
};
use crate::{
    participation::{self, Participation, ParticipationId},
    round::RoundProgramme,
};

/// A file and its description.
#[derive(Debug)]
pub(super) struct Import {
    pub(super) source: HistorySource,
    pub(super) file: HistoryFile,
}

/// A row that becomes a participation.
struct Imported<'f> {
    row: &'f Row,
    participation: Participation,
    programme: RoundProgramme,
}

pub(super) async fn import_history(cmd: &mut Command<'_, '_>, import: Import) -> Result<pb::ImportHistoryResponse, Error> {
    let Import { source, file } = import;
    let mut faults = file.faults;
    let known = Known::read(cmd, &file.rows).await?;
    let mut claims: BTreeMap<ClaimKey, (ParticipationId, usize)> = BTreeMap::new();
    let (mut imported, mut unchanged_count) = (Vec::new(), 0);
    for row in &file.rows {
        let before = faults.len();
        let programme = known.check(row, &mut faults);
        let Some((programme, urn, first_year)) = programme.filter(|_| row.is_whole && faults.len() == before) else { continue };
        if let Some((participation, content)) = known.rows.get(&(programme.id.clone(), urn, first_year)) {
            if *content == row.content {
                unchanged_count += 1;
            } else {
                let why = format!(
                    "the row of the school, programme and year was imported as `{participation}` with other fields; correct the row, or change the \
                     participation with the calls of ParticipationService"
                );
                faults.push(Fault::of(row.number, Column::Urn, why));
            }
            continue;
        }
        let id = ParticipationId::trusted(cmd.next_id());
        let participation = match rules::participation(row, id.clone(), &programme, &source) {
            Ok(participation) => participation,
            Err(fault) => {
                faults.push(fault);
                continue;
            }
        };
        let span = rules::claim_span(&programme, first_year);
        let keys: Vec<ClaimKey> =
            known.lineages[&urn].iter().map(|member| (programme.id.clone(), span.clone(), *member)).collect();
        if let Some(other) = keys.iter().find_map(|key| known.claims.get(key)) {
            let why = format!("`{urn}`, or a school of its lineage, takes part in the programme or has applied: `{other}`");
            faults.push(Fault::of(row.number, Column::Urn, why));
        } else if let Some((_, other)) = keys.iter().find_map(|key| claims.get(key)) {
            let why = format!("`{urn}` is the school of row {other}, or of its lineage, and takes part in the programme once");
            faults.push(Fault::of(row.number, Column::Urn, why));
        } else {
            claims.extend(keys.into_iter().map(|key| (key, (id.clone(), row.number))));
            imported.push(Imported { row, participation, programme });
        }
    }
    if !faults.is_empty() {
        return Err(HistoryViolation::Faults(faults).into());
    }
    write(cmd, &source, imported.as_slice(), claims).await?;
    tracing::info!(rows = file.rows.len(), imported = imported.len(), unchanged = unchanged_count, "a history was imported");
    Ok(pb::ImportHistoryResponse {
        rows_count: count_of(file.rows.len()),
        imported_count: count_of(imported.len()),
        unchanged_count,
    })
}

/// Writes participations, their claims and their events.
async fn write(
    cmd: &mut Command<'_, '_>,
    source: &HistorySource,
    imported: &[Imported<'_>],
    claims: BTreeMap<ClaimKey, (ParticipationId, usize)>,
) -> Result<(), Error> {
    let rows: Vec<_> = imported.iter().map(|one| (one.participation.clone(), one.row.content.clone())).collect();
    store::participation_insert_imported(cmd.tx, &rows).await?;
    let first_days: BTreeMap<_, _> =
        imported.iter().map(|one| (&one.participation.id, one.participation.first_academic_year.start_date())).collect();
    let claims = claims.into_iter().map(|(key, (id, _))| {
        let first_day = first_days[&id];
        (key, (id, first_day))
    });
    store::claim_insert_imported(cmd.tx, &claims.collect()).await?;
    let urns: Vec<Urn> = imported.iter().map(|one| one.participation.urn).collect();
    let chosen = participation::store::chosen_hub_list(cmd.tx, &urns, cmd.today()).await?;
    for one in imported {
        let hub = chosen.get(&one.participation.urn).unwrap_or(&one.participation.hub);
        let participation = Participation { current_hub: hub.clone(), ..one.participation.clone() };
        cmd.append(&participation, &wire::imported(one.row, &participation, &one.programme, source));
    }
    Ok(())
}

/// The part of the database on which the rows of a file are checked.
struct Known {
    /// By school that a register has listed: the URNs of its lineage today.
    lineages: BTreeMap<Urn, Vec<Urn>>,
    hubs: BTreeSet<HubId>,
    /// By programme and first year: the programme by the terms of that year.
    programmes: BTreeMap<(ProgrammeId, AcademicYear), Option<RoundProgramme>>,
    /// Rows that were imported before.
    rows: BTreeMap<store::ImportKey, (ParticipationId, String)>,
    claims: BTreeMap<ClaimKey, String>,
}

impl Known {
    async fn read(cmd: &mut Command<'_, '_>, rows: &[Row]) -> Result<Self, Error> {
        let urns: BTreeSet<Urn> = rows.iter().filter_map(|row| row.urn).collect();
        let urns = Vec::from_iter(urns);
        let today = cmd.today();
        let lineages = mirror::lineages(cmd.tx, &urns, today).await?;
        let hubs = rows.iter().filter_map(|row| row.hub.clone()).collect();
        let mut programmes = BTreeMap::new();
        let offered: BTreeSet<_> = rows.iter().filter_map(|row| row.programme.clone().zip(row.first_academic_year)).collect();
        for (programme, year) in offered {
            let found = mirror::find_programme_of_year(cmd.tx, &programme, year).await?;
            programmes.insert((programme, year), found.map(Into::into));
        }
        let members = lineages.values().flatten().copied().collect();
        Ok(Self {
            lineages,
            hubs: store::hub_list(cmd.tx, &hubs).await?,
            programmes,
            rows: store::imported_row_list(cmd.tx, &urns).await?,
            claims: store::claim_list(cmd.tx, &members).await?,
        })
    }

    /// Adds a fault for each name of a row that is not known. Gives the programme, school and first year of a row in which all are.
    fn check(&self, row: &Row, faults: &mut Vec<Fault>) -> Option<(RoundProgramme, Urn, AcademicYear)> {
        let unlisted = row.urn.filter(|urn| !self.lineages.contains_key(urn));
        if let Some(urn) = unlisted {
            faults.push(Fault::of(row.number, Column::Urn, format!("no register has listed `{urn}`")));
        }
        if let Some(hub) = row.hub.as_ref().filter(|hub| !self.hubs.contains(hub)) {
            faults.push(Fault::of(row.number, Column::Hub, format!("there is no `{hub}`")));
        }
        let year = row.first_academic_year?;
        let programme = row.programme.as_ref()?;
        let Some(found) = &self.programmes[&(programme.clone(), year)] else {
            let why = format!(
                "the catalogue has no programme `{}` with terms for {year}; correct the id, or add terms with CatalogueService.AddProgrammeTerms",
                programme.as_str()
            );
            faults.push(Fault::of(row.number, Column::Programme, why));
            return None;
        };
        Some((found.clone(), row.urn?, year))
    }
}

fn count_of(length: usize) -> i32 {
    count(i64::try_from(length).expect("a file has a bounded number of rows"))
}
