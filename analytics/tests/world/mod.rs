//! A small world for tests: registers, rounds and schools' actions, as events in a lake.
#![expect(dead_code, reason = "each test file uses some of the functions")]

pub(crate) mod deferrals;
pub(crate) mod meetings;

use analytics::{
    Error, Measure, Reach, Stage,
    lake::{Batch, Lake},
    measure,
};
use prost::{Message, Name};
use proto::{enrolment::v1 as enrolment, feed::v1::Event, network::v1 as network, specialists::v1 as specialists};
use tempfile::TempDir;
use time::{AcademicYear, Date, Instant};

pub(crate) const PRIMARY: i32 = 1;
pub(crate) const SECONDARY: i32 = 2;
pub(crate) const ALL_THROUGH: i32 = 3;

pub(crate) fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

pub(crate) fn year(text: &str) -> AcademicYear {
    AcademicYear::parse(text).unwrap()
}

/// An open school that counts, in Sheffield, Yorkshire and The Humber; other functions change that.
pub(crate) fn school(urn: i32, phase: i32) -> network::School {
    network::School {
        name: format!("schools/{urn}"),
        urn,
        school_name: format!("School {urn}"),
        old_la_code: "373".into(),
        new_la_code: "E08000019".into(),
        la_name: "Sheffield".into(),
        region_code: "E12000003".into(),
        region_name: "Yorkshire and The Humber".into(),
        type_code: 1,
        type_group_code: 4,
        status_code: 1,
        phase_code: match phase {
            PRIMARY => 2,
            ALL_THROUGH => 7,
            _ => 4,
        },
        education_phase: phase,
        register_reason: network::RegisterReason::In.into(),
        listed: true,
        ..network::School::default()
    }
}

/// Terms by codes of type groups and phases, and ages.
pub(crate) fn eligible(type_group_codes: &[i32], phase_codes: &[i32], ages: Option<[i32; 2]>) -> network::ProgrammeTerms {
    let eligibility = network::Eligibility {
        type_group_codes: type_group_codes.to_vec(),
        phase_codes: phase_codes.to_vec(),
        ages: ages.map(|[from_age, to_age]| network::AgeRange { from_age, to_age }),
    };
    network::ProgrammeTerms { eligibility: Some(eligibility), ..network::ProgrammeTerms::default() }
}

pub(crate) fn in_area(mut school: network::School, code: &str, name: &str) -> network::School {
    school.old_la_code = code.into();
    school.new_la_code = format!("E09000{code}");
    school.la_name = name.into();
    school
}

pub(crate) fn in_region(mut school: network::School, code: &str) -> network::School {
    school.region_code = code.into();
    school
}

pub(crate) fn closed(mut school: network::School, on: &str) -> network::School {
    school.status_code = 2;
    school.close_date = on.into();
    school.register_reason = network::RegisterReason::Closed.into();
    school
}

pub(crate) fn opened(mut school: network::School, on: &str) -> network::School {
    school.open_date = on.into();
    school
}

pub(crate) fn link(predecessor: i32, successor: i32, on: &str) -> network::SchoolLink {
    network::SchoolLink {
        predecessor_urn: predecessor,
        successor_urn: successor,
        kind: network::LinkKind::Predecessor.into(),
        established_date: on.into(),
    }
}

/// The events so far. Positions are assigned when the lake is written.
#[derive(Clone, Default)]
pub(crate) struct World {
    pub(crate) network: Vec<Event>,
    pub(crate) enrolment: Vec<Event>,
    specialists: Vec<Event>,
    applications: u32,
}

impl World {
    /// An event at noon of a day, recorded on the same day.
    fn event<M: Message + Name>(on: &str, payload: &M) -> Event {
        let noon = day(on).start().plus_micros(12 * 3_600 * 1_000_000).to_proto();
        Event {
            r#type: M::full_name(),
            happened_time: Some(noon),
            recorded_time: Some(noon),
            payload: payload.encode_to_vec(),
            ..Event::default()
        }
    }

    /// Imports a register of a day, on that day.
    pub(crate) fn register(&mut self, as_of: &str, schools: Vec<network::School>, links: Vec<network::SchoolLink>) -> &mut Self {
        let blank = schools.iter().filter(|school| school.register_reason == 1 && school.open_date.is_empty()).count();
        let register = network::Register {
            name: "register".into(),
            as_of_date: as_of.into(),
            extract_sha256: "extract".into(),
            links_sha256: "links".into(),
            rows_count: i32::try_from(schools.len()).unwrap(),
            open_date_blank_count: i32::try_from(blank).unwrap(),
            ..network::Register::default()
        };
        self.network.push(Self::event(as_of, &network::SchoolsRecorded { schools }));
        self.network
            .push(Self::event(as_of, &network::SchoolLinksRecorded { school_links: links, removed_school_links: Vec::new() }));
        self.network.push(Self::event(as_of, &network::RegisterImported { register: Some(register), ..Default::default() }));
        self
    }

    /// Marks the last import as generated, or as of a demonstration.
    pub(crate) fn mark_last_import(&mut self, generated: bool, demonstration: bool) -> &mut Self {
        let event = self.network.last_mut().unwrap();
        let imported = network::RegisterImported::decode(event.payload.as_slice()).unwrap();
        event.payload = network::RegisterImported { generated, demonstration, ..imported }.encode_to_vec();
        self
    }

    /// Creates a round of one programme for a year; the programme has two years.
    pub(crate) fn round(&mut self, of: &str, programme: &str, phases: &[i32]) -> &mut Self {
        let first = year(of).first_year();
        let round = enrolment::Round {
            name: format!("rounds/{first}-{programme}"),
            academic_year: of.into(),
            programmes: vec![enrolment::RoundProgramme {
                programme: programme.into(),
                display_name: programme.replace('-', " "),
                education_phases: phases.to_vec(),
                years_count: 2,
                ..enrolment::RoundProgramme::default()
            }],
            ..enrolment::Round::default()
        };
        self.enrolment.push(Self::event(&format!("{first}-01-10"), &enrolment::RoundCreated { round: Some(round) }));
        self
    }

    /// Adds terms to a programme of the catalogue, from a year on.
    pub(crate) fn terms(&mut self, from: &str, programme: &str, terms: network::ProgrammeTerms) -> &mut Self {
        let name = format!("programmes/{programme}/terms/{}", self.network.len());
        let start_date = year(from).start_date().to_string();
        let terms = network::ProgrammeTerms { name, start_date, ..terms };
        self.network.push(Self::event("2014-01-10", &network::ProgrammeTermsAdded { terms: Some(terms) }));
        self
    }

    /// Records a policy of reach on a day. `rule` is its stage, the schools by which a small area is drawn toward its region, and the fewest schools of a
    /// ranked area.
    pub(crate) fn policy(&mut self, recorded: &str, start: &str, rule: (network::ReachStage, i32, i32)) -> &mut Self {
        let (stage, prior_schools_count, ranked_schools_min_count) = rule;
        let policy = network::ReachPolicy {
            name: format!("reachPolicies/{start}"),
            start_date: start.into(),
            decision: format!("councilMeetings/{recorded}/decisions/1"),
            coldness_stage: stage.into(),
            prior_schools_count,
            ranked_schools_min_count,
            fact_kinds: vec![network::ReachFactKind::Participation.into()],
        };
        self.network.push(Self::event(recorded, &network::ReachPolicyCreated { reach_policy: Some(policy) }));
        self
    }

    /// The last policy counts the schools of specialists too.
    pub(crate) fn counts_specialists(&mut self) -> &mut Self {
        let event = self.network.last_mut().unwrap();
        let mut created = network::ReachPolicyCreated::decode(event.payload.as_slice()).unwrap();
        created.reach_policy.as_mut().unwrap().fact_kinds.push(network::ReachFactKind::Specialist.into());
        event.payload = created.encode_to_vec();
        self
    }

    /// Announces a cohort of specialists for a programme.
    pub(crate) fn cohort(&mut self, id: &str, programme: &str, first: &str) -> &mut Self {
        let cohort = specialists::Cohort {
            name: format!("cohorts/{id}"),
            programme: programme.into(),
            education_phase: PRIMARY,
            first_academic_year: first.into(),
            ..specialists::Cohort::default()
        };
        let announced = format!("{}-01-10", year(first).first_year());
        self.specialists.push(Self::event(&announced, &specialists::CohortCreated { cohort: Some(cohort) }));
        self
    }

    /// A school nominates a teacher.
    pub(crate) fn nominates(&mut self, urn: i32, cohort: &str, on: &str) -> specialists::Nomination {
        let nomination = specialists::Nomination {
            name: format!("cohorts/{cohort}/nominations/{urn}"),
            school: format!("schools/{urn}"),
            ..specialists::Nomination::default()
        };
        let nominated = specialists::SpecialistNominated { nomination: Some(nomination.clone()) };
        self.specialists.push(Self::event(on, &nominated));
        nomination
    }

    pub(crate) fn selects(&mut self, nomination: &specialists::Nomination, on: &str) -> &mut Self {
        self.specialists.push(Self::event(on, &specialists::SpecialistSelected { nomination: Some(nomination.clone()) }));
        self
    }

    pub(crate) fn takes_nomination_back(&mut self, nomination: &specialists::Nomination, on: &str) -> &mut Self {
        self.specialists.push(Self::event(on, &specialists::NominationWithdrawn { nomination: Some(nomination.clone()) }));
        self
    }

    /// Renames the programmes of all rounds.
    pub(crate) fn rename_programmes(&mut self, display_name: &str) -> &mut Self {
        for event in self.enrolment.iter_mut().filter(|event| event.r#type == enrolment::RoundCreated::full_name()) {
            let mut created = enrolment::RoundCreated::decode(event.payload.as_slice()).unwrap();
            for programme in created.round.iter_mut().flat_map(|round| &mut round.programmes) {
                programme.display_name = display_name.to_owned();
            }
            event.payload = created.encode_to_vec();
        }
        self
    }

    /// A school applies in April for the following year. Returns the application.
    pub(crate) fn applies(&mut self, urn: i32, programme: &str, of: &str) -> enrolment::Application {
        self.applications += 1;
        let application = enrolment::Application {
            name: format!("rounds/{}/applications/{}", year(of).first_year(), self.applications),
            school: format!("schools/{urn}"),
            programme: programme.into(),
            ..enrolment::Application::default()
        };
        let submitted = enrolment::ApplicationSubmitted { application: Some(application.clone()), academic_year: of.into() };
        self.enrolment.push(Self::event(&format!("{}-04-20", year(of).first_year()), &submitted));
        application
    }

    /// It accepts a place in June. Returns the participation.
    pub(crate) fn accepts(&mut self, application: &enrolment::Application, of: &str) -> enrolment::Participation {
        let participation = enrolment::Participation {
            name: application.name.replacen("rounds", "participations", 1).replace("/applications/", "-"),
            application: application.name.clone(),
            school: application.school.clone(),
            programme: application.programme.clone(),
            first_academic_year: of.into(),
            years_count: 2,
            ..enrolment::Participation::default()
        };
        let accepted = enrolment::PlaceAccepted {
            application: Some(application.clone()),
            participation: Some(participation.clone()),
            ..enrolment::PlaceAccepted::default()
        };
        self.enrolment.push(Self::event(&format!("{}-06-15", year(of).first_year()), &accepted));
        participation
    }

    /// Applies and accepts.
    pub(crate) fn enrols(&mut self, urn: i32, programme: &str, of: &str) -> enrolment::Participation {
        let application = self.applies(urn, programme, of);
        self.accepts(&application, of)
    }

    /// A participation of two years that was imported on a day, with its event.
    pub(crate) fn imports(
        &mut self,
        participation: &enrolment::Participation,
        phases: &[i32],
        imported: enrolment::ParticipationImported,
        on: &str,
    ) -> &mut Self {
        let programme = enrolment::RoundProgramme {
            programme: participation.programme.clone(),
            display_name: participation.programme.replace('-', " "),
            education_phases: phases.to_vec(),
            years_count: 2,
            ..enrolment::RoundProgramme::default()
        };
        let imported = enrolment::ParticipationImported {
            participation: Some(participation.clone()),
            programme: Some(programme),
            ..imported
        };
        self.enrolment.push(Self::event(on, &imported));
        self
    }

    pub(crate) fn takes_back(&mut self, application: &enrolment::Application, on: &str) -> &mut Self {
        self.enrolment.push(Self::event(on, &enrolment::ApplicationWithdrawn { application: Some(application.clone()) }));
        self
    }

    /// It never started the year: it gave the place back on one day, which is recorded on another.
    pub(crate) fn gives_back(&mut self, participation: &enrolment::Participation, on: &str, recorded: &str) -> &mut Self {
        let application = enrolment::Application { name: participation.application.clone(), ..enrolment::Application::default() };
        self.enrolment.push(Self::event(recorded, &enrolment::ApplicationWithdrawn { application: Some(application) }));
        let cancelled =
            enrolment::ParticipationCancelled { participation: Some(participation.clone()), withdraw_date: on.into() };
        self.enrolment.push(Self::event(recorded, &cancelled));
        self
    }

    pub(crate) fn leaves(&mut self, participation: &enrolment::Participation, on: &str) -> &mut Self {
        let withdrawn =
            enrolment::ParticipationWithdrawn { participation: Some(participation.clone()), withdraw_date: on.into() };
        self.enrolment.push(Self::event(on, &withdrawn));
        self
    }

    pub(crate) fn starts(&mut self, participation: &enrolment::Participation, of: &str, on: &str) -> &mut Self {
        let started = enrolment::YearStarted {
            participation: Some(participation.clone()),
            academic_year: of.into(),
            start_date: on.into(),
        };
        self.enrolment.push(Self::event(on, &started));
        self
    }

    pub(crate) fn completes(&mut self, participation: &enrolment::Participation, of: &str, on: &str) -> &mut Self {
        let completed = enrolment::YearCompleted {
            participation: Some(participation.clone()),
            academic_year: of.into(),
            completion_date: on.into(),
        };
        self.enrolment.push(Self::event(on, &completed));
        self
    }

    /// The last event was recorded on a later day.
    pub(crate) fn recorded_late(&mut self, on: &str) -> &mut Self {
        let event = self.enrolment.last_mut().unwrap();
        event.recorded_time = Some(day(on).start().to_proto());
        self
    }

    /// Writes the events into a lake, like collect.
    pub(crate) fn lake(&self) -> TempDir {
        self.try_lake().unwrap()
    }

    fn try_lake(&self) -> Result<TempDir, Error> {
        let folder = tempfile::tempdir().unwrap();
        let mut lake = Lake::open(folder.path())?;
        let batch = |source: &str, events: &[Event]| {
            let mut events = events.to_vec();
            for (event, position) in events.iter_mut().zip(1..) {
                event.position = position;
                event.epoch = format!("epoch of {source}");
                event.id = format!("{source}-{position}");
            }
            Batch { source: source.into(), cursor: events.len().to_string(), events }
        };
        let batches = [("network", &self.network), ("enrolment", &self.enrolment), ("specialists", &self.specialists)];
        lake.append(&batches.map(|(source, events)| batch(source, events)), Instant::from_micros(0))?;
        Ok(folder)
    }

    pub(crate) fn try_measure(&self, options: &Measure) -> Result<Reach, Error> {
        measure(self.try_lake()?.path(), options)
    }

    /// Measures with the same true-on and known-on day.
    pub(crate) fn measured_on(&self, on: &str) -> Reach {
        self.try_measure(&Measure::on(day(on), day(on))).unwrap()
    }
}

/// England's figure for all programmes and phases: schools, reached in the year, reached since.
pub(crate) fn england(reach: &Reach, of: &str, stage: Stage) -> (u32, u32, u32) {
    let figure = reach.find_figure(year(of), &analytics::Level::National, None, None, stage).unwrap();
    (figure.schools_count, figure.reached_count, figure.reached_since_count)
}
