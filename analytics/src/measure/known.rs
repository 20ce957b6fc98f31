//! Reads the part of the typed tables that measuring keeps in memory: registers, the catalogue, the policies and the programmes of rounds. Their size depends on the
//! number of schools and programmes, not on the length of the history. Facts of schools are counted by the engine (`fact.rs`).

use polars::prelude::*;
use proto::network::v1::{EducationPhase, LinkKind, ReachFactKind, ReachPolicy, ReachStage, RegisterReason};

use super::{
    REGIONS,
    catalogue::{Catalogue, Terms},
    policy::Policies,
    programme::{Round, RoundProgramme, Rounds},
    register::{Link, RegisterUsed, Registers},
    rows::{collect, days, number_lists, numbers, optional_numbers, positions, text_lists, texts, truths},
    school::{Location, SchoolRow, SchoolValues},
};
use crate::{
    Error, Phase,
    lake::{Known, Reader},
};

/// The known rows of one table, in order of position.
pub(super) struct Rows<'a> {
    reader: &'a mut Reader,
    known: Known<'a>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(reader: &'a mut Reader, known: Known<'a>) -> Self {
        Self { reader, known }
    }

    /// The rows of a table as a query.
    pub(super) fn scan(&mut self, table: &str) -> Result<LazyFrame, Error> {
        self.reader.scan(table, self.known)
    }

    /// The rows of a table as queries of a bounded size.
    pub(super) fn scan_in_parts(&mut self, table: &str) -> Result<Vec<LazyFrame>, Error> {
        self.reader.scan_in_parts(table, self.known)
    }

    /// Columns of a table, and the position of each row's event, in order.
    pub(super) fn read(&mut self, table: &str, columns: &[&str]) -> Result<DataFrame, Error> {
        let columns = columns.iter().chain(&["event_position"]).map(|column| col(*column)).collect::<Vec<_>>();
        let order = SortMultipleOptions::default().with_maintain_order(true);
        Ok(collect(self.scan(table)?.select(columns).sort(["event_position"], order))?)
    }

    pub(super) fn registers(&mut self) -> Result<Registers, Error> {
        let mut registers = Registers::default();
        let mut schools = self.schools(&mut registers)?.into_iter().peekable();
        let mut added = self.links("network_school_links_recorded_school_links")?.into_iter().peekable();
        let mut removed = self.links("network_school_links_recorded_removed_school_links")?.into_iter().peekable();
        for (position, end) in self.register_ends()? {
            let before = |at: i64| at < position;
            let schools = std::iter::from_fn(|| schools.next_if(|(at, _)| before(*at))).map(|(_, school)| school).collect();
            // All removals before all additions: a link with a changed date is both.
            while let Some((_, link)) = removed.next_if(|(at, _)| before(*at)) {
                registers.remove_link(&link);
            }
            while let Some((_, link)) = added.next_if(|(at, _)| before(*at)) {
                registers.add_link(link);
            }
            let (kind, ended) = match end {
                RegisterEnd::Imported { register, demonstration } => {
                    ("RegisterImported", registers.imported(register, demonstration, schools))
                }
                RegisterEnd::LinksConfirmed(register) => ("LinksConfirmed", registers.links_confirmed(register, schools)),
            };
            ended.map_err(|reason| payload_error(position, kind, reason))?;
        }
        Ok(registers)
    }

    /// The ends of imports and of confirmations of links, in order. Parts before an end take effect with it.
    fn register_ends(&mut self) -> Result<Vec<(i64, RegisterEnd)>, Error> {
        let columns = [
            "register_as_of_date",
            "register_extract_sha256",
            "register_links_sha256",
            "register_rows_count",
            "register_pending_links_count",
        ];
        let imported = self.read("network_register_imported", &[&columns[..], &["generated", "demonstration"]].concat())?;
        let confirmed = self.read("network_links_confirmed", &columns)?;
        let registers = |rows: &DataFrame, generated: &[bool]| -> PolarsResult<Vec<RegisterUsed>> {
            let (extract, links) = (texts(rows, columns[1])?, texts(rows, columns[2])?);
            let (count, pending) = (numbers(rows, columns[3])?, numbers(rows, columns[4])?);
            let as_of = days(rows, columns[0])?;
            let register = |row: usize| RegisterUsed {
                as_of_date: as_of[row].map(|day| day.to_string()).unwrap_or_default(),
                extract_sha256: extract[row].to_owned(),
                links_sha256: links[row].to_owned(),
                rows_count: count[row],
                generated: generated.get(row).is_some_and(|generated| *generated),
                pending_links_count: pending[row],
            };
            Ok((0..rows.height()).map(register).collect())
        };
        let (generated, demonstration) = (truths(&imported, "generated")?, truths(&imported, "demonstration")?);
        let ends = registers(&imported, &generated)?.into_iter().zip(demonstration).map(|(register, demonstration)| {
            let demonstration = demonstration || register.generated;
            RegisterEnd::Imported { register, demonstration }
        });
        let mut ends: Vec<(i64, RegisterEnd)> = positions(&imported)?.into_iter().zip(ends).collect();
        ends.extend(
            positions(&confirmed)?.into_iter().zip(registers(&confirmed, &[])?.into_iter().map(RegisterEnd::LinksConfirmed)),
        );
        ends.sort_by_key(|(position, _)| *position);
        Ok(ends)
    }

    fn schools(&mut self, registers: &mut Registers) -> Result<Vec<(i64, SchoolRow)>, Error> {
        let columns = [
            "urn",
            "old_la_code",
            "new_la_code",
            "la_name",
            "region_code",
            "type_group_code",
            "phase_code",
            "low_age",
            "high_age",
            "status_code",
            "education_phase",
            "register_reason",
            "open_date",
            "close_date",
            "listed",
        ];
        let rows = self.read("network_schools_recorded_schools", &columns)?;
        let (urn, status) = (numbers(&rows, "urn")?, numbers(&rows, "status_code")?);
        let (old_la_code, new_la_code, la_name) =
            (texts(&rows, "old_la_code")?, texts(&rows, "new_la_code")?, texts(&rows, "la_name")?);
        let (region, phase, reason) =
            (texts(&rows, "region_code")?, texts(&rows, "education_phase")?, texts(&rows, "register_reason")?);
        let (group, phase_code) = (numbers(&rows, "type_group_code")?, numbers(&rows, "phase_code")?);
        let (low_age, high_age) = (optional_numbers(&rows, "low_age")?, optional_numbers(&rows, "high_age")?);
        let (open, close, listed) = (days(&rows, "open_date")?, days(&rows, "close_date")?, truths(&rows, "listed")?);
        let school = |row: usize| {
            let class = eligibility::Class {
                type_group_code: group[row].into(),
                phase_code: phase_code[row].into(),
                low_age: low_age[row].map(i64::from),
                high_age: high_age[row].map(i64::from),
            };
            let location = Location {
                region: REGIONS.iter().position(|one| one.code == region[row]),
                old_la_code: old_la_code[row].to_owned(),
                new_la_code: new_la_code[row].to_owned(),
                la_name: la_name[row].to_owned(),
            };
            SchoolRow::new(SchoolValues {
                urn: urn[row],
                region: location.region,
                location: registers.location_index(location),
                phase: phase_by_name(phase[row]),
                type_group_code: group[row],
                class: registers.class_index(class),
                status_code: status[row],
                open: open[row],
                close: close[row],
                reason: RegisterReason::from_str_name(reason[row]).unwrap_or(RegisterReason::Unspecified),
                listed: listed[row],
            })
        };
        Ok(positions(&rows)?.into_iter().zip((0..rows.height()).map(school)).collect())
    }

    fn links(&mut self, table: &str) -> Result<Vec<(i64, Link)>, Error> {
        let rows = self.read(table, &["predecessor_urn", "successor_urn", "kind", "established_date"])?;
        let (predecessor, successor) = (numbers(&rows, "predecessor_urn")?, numbers(&rows, "successor_urn")?);
        let (kind, established) = (texts(&rows, "kind")?, days(&rows, "established_date")?);
        let link = |row: usize| Link {
            predecessor: predecessor[row],
            successor: successor[row],
            is_descent: !matches!(LinkKind::from_str_name(kind[row]), None | Some(LinkKind::Other | LinkKind::Unspecified)),
            established: established[row],
        };
        Ok(positions(&rows)?.into_iter().zip((0..rows.height()).map(link)).collect())
    }

    pub(super) fn catalogue(&mut self) -> Result<Catalogue, Error> {
        let eligibility =
            ["type_group_codes", "phase_codes", "ages_from_age", "ages_to_age"].map(|name| format!("terms_eligibility_{name}"));
        let [type_groups, phases, from_age, to_age] = eligibility.each_ref().map(String::as_str);
        let columns = ["terms_name", "terms_start_date", "terms_no_denominator", type_groups, phases, from_age, to_age];
        let rows = self.read("network_programme_terms_added", &columns)?;
        let (name, start, no_denominator) =
            (texts(&rows, "terms_name")?, days(&rows, "terms_start_date")?, truths(&rows, "terms_no_denominator")?);
        let (type_groups, phases) = (number_lists(&rows, type_groups)?, number_lists(&rows, phases)?);
        let (from_age, to_age) = (optional_numbers(&rows, from_age)?, optional_numbers(&rows, to_age)?);
        let positions = positions(&rows)?;
        let mut catalogue = Catalogue::default();
        for row in 0..rows.height() {
            let ages = from_age[row].zip(to_age[row]).map(|(from, to)| eligibility::Ages { from: from.into(), to: to.into() });
            // Withdrawn terms have no eligibility.
            let offered = type_groups[row].clone().zip(phases[row].clone()).map(|(type_groups, phases)| Terms {
                eligibility: eligibility::Eligibility { type_groups, phases, ages },
                no_denominator: no_denominator[row],
            });
            let added = catalogue.add(name[row], start[row], offered);
            added.map_err(|reason| payload_error(positions[row], "ProgrammeTermsAdded", reason))?;
        }
        Ok(catalogue)
    }

    pub(super) fn policies(&mut self) -> Result<Policies, Error> {
        let columns =
            ["name", "start_date", "decision", "coldness_stage", "prior_schools_count", "ranked_schools_min_count", "fact_kinds"]
                .map(|name| format!("reach_policy_{name}"));
        let [name, start, decision, stage, prior, ranked_min, kinds] = columns.each_ref().map(String::as_str);
        let rows = self.read("network_reach_policy_created", &columns.each_ref().map(String::as_str))?;
        let (name, start, decision) = (texts(&rows, name)?, days(&rows, start)?, texts(&rows, decision)?);
        let (stage, kinds) = (texts(&rows, stage)?, text_lists(&rows, kinds)?);
        let (prior, ranked_min) = (numbers(&rows, prior)?, numbers(&rows, ranked_min)?);
        let positions = positions(&rows)?;
        let mut policies = Policies::default();
        for row in 0..rows.height() {
            let kind = |kind: &String| ReachFactKind::from_str_name(kind).unwrap_or(ReachFactKind::Unspecified).into();
            let policy = ReachPolicy {
                name: name[row].to_owned(),
                start_date: start[row].map(|day| day.to_string()).unwrap_or_default(),
                decision: decision[row].to_owned(),
                coldness_stage: ReachStage::from_str_name(stage[row]).unwrap_or(ReachStage::Unspecified).into(),
                prior_schools_count: prior[row],
                ranked_schools_min_count: ranked_min[row],
                fact_kinds: kinds[row].iter().flatten().map(kind).collect(),
            };
            policies.add(&policy).map_err(|reason| payload_error(positions[row], "ReachPolicyCreated", reason))?;
        }
        Ok(policies)
    }

    /// The rounds, each as its newest event describes it; and for the programmes of imported participations, one round for each first year.
    pub(super) fn rounds(&mut self) -> Result<Rounds, Error> {
        let mut described = Vec::new();
        for table in ["enrolment_round_created", "enrolment_round_updated"] {
            let rows = self.read(table, &["round_name", "round_academic_year"])?;
            let (name, year) = (texts(&rows, "round_name")?, texts(&rows, "round_academic_year")?);
            let columns = ["programme", "display_name", "education_phases", "years_count"];
            let programmes = self.read(&format!("{table}_round_programmes"), &columns)?;
            let (programme, display_name) = (texts(&programmes, "programme")?, texts(&programmes, "display_name")?);
            let (phases, years_count) = (text_lists(&programmes, "education_phases")?, numbers(&programmes, "years_count")?);
            let of_position = positions(&programmes)?;
            for (row, position) in positions(&rows)?.into_iter().enumerate() {
                let of_round = (0..programmes.height()).filter(|row| of_position[*row] == position);
                let programmes = of_round.map(|row| RoundProgramme {
                    programme: programme[row].to_owned(),
                    display_name: display_name[row].to_owned(),
                    phases: phases[row].iter().flatten().filter_map(|phase| phase_by_name(phase)).collect(),
                    years_count: years_count[row],
                });
                let round =
                    Round { name: name[row].to_owned(), academic_year: year[row].to_owned(), programmes: programmes.collect() };
                described.push((position, round));
            }
        }
        let imported = ["programme", "display_name", "education_phases", "years_count"].map(|name| format!("programme_{name}"));
        let [programme, display_name, phases, years_count] = imported.each_ref().map(String::as_str);
        let year = "participation_first_academic_year";
        let rows = self.read("enrolment_participation_imported", &[year, programme, display_name, phases, years_count])?;
        let (year, programme, display_name) = (texts(&rows, year)?, texts(&rows, programme)?, texts(&rows, display_name)?);
        let (phases, years_count) = (text_lists(&rows, phases)?, numbers(&rows, years_count)?);
        for (row, position) in positions(&rows)?.into_iter().enumerate() {
            let played = RoundProgramme {
                programme: programme[row].to_owned(),
                display_name: display_name[row].to_owned(),
                phases: phases[row].iter().flatten().filter_map(|phase| phase_by_name(phase)).collect(),
                years_count: years_count[row],
            };
            let name = format!("imported/{}/{}", played.programme, year[row]);
            described.push((position, Round { name, academic_year: year[row].to_owned(), programmes: vec![played] }));
        }
        described.sort_by_key(|(position, _)| *position);
        Ok(Rounds::new(described.into_iter().map(|(_, round)| round)))
    }
}

enum RegisterEnd {
    Imported { register: RegisterUsed, demonstration: bool },
    LinksConfirmed(RegisterUsed),
}

fn payload_error(position: i64, event: &str, reason: String) -> Error {
    Error::Payload { feed: "network".to_owned(), position, kind: format!("mathshubs.network.v1.{event}"), reason }
}

pub(super) fn phase_by_name(name: &str) -> Option<Phase> {
    EducationPhase::from_str_name(name).and_then(|phase| Phase::from_proto(phase.into()))
}
