//! Facts of school × academic year × programme × stage, derived from the enrolment service's events.
//!
//! - **Applied** for a year: an application for its round was submitted. Withdrawing it later does not change that.
//! - **Enrolled** in the first year: a place was accepted, and not given back by the year's first day. In a later year of the programme: the
//!   participation was active on that year's first day: not given back, not withdrawn before it (a school whose last day is the first day of
//!   the year took part on it), not completed.
//! - **Active**: a year was started. **Completed**: a year was completed. Both by the day in the event, not by the time of recording.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proto::enrolment::v1 as pb;
use time::{AcademicYear, Date};

use super::{Phase, Stage};

/// One fact. The programme is an index into [`Enrolment::programmes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Fact {
    pub(super) year: i16,
    pub(super) programme: u32,
    pub(super) stage: Stage,
    pub(super) urn: i32,
}

struct Place {
    urn: i32,
    programme: String,
    first_year: i16,
    years_count: i16,
    accepted: Date,
}

/// The state after the events so far. Events of different resources may come in any order; events of one resource come in theirs.
#[derive(Default)]
pub(super) struct Enrolment {
    rounds: BTreeMap<String, pb::Round>,
    /// Year, programme, stage, URN and the day on which the fact became true.
    direct: Vec<(i16, String, Stage, i32, Date)>,
    /// By the name of the application.
    places: HashMap<String, Place>,
    given_back: HashMap<String, Date>,
    left: HashMap<String, Date>,
    completed: HashMap<String, Date>,
}

/// A programme: its name, and its phases by year.
#[derive(Debug, Default)]
pub(super) struct Played {
    pub(super) display_name: String,
    pub(super) phases: BTreeMap<i16, BTreeSet<Phase>>,
}

impl Enrolment {
    pub(super) fn round(&mut self, round: pb::Round) -> Result<(), String> {
        year(&round.academic_year)?;
        self.rounds.insert(round.name.clone(), round);
        Ok(())
    }

    pub(super) fn submitted(&mut self, event: pb::ApplicationSubmitted, day: Date) -> Result<(), String> {
        let application = event.application.ok_or("it names no application")?;
        let year = year(&event.academic_year)?;
        self.direct.push((year, application.programme, Stage::Applied, urn(&application.school)?, day));
        Ok(())
    }

    pub(super) fn accepted(&mut self, event: pb::PlaceAccepted, day: Date) -> Result<(), String> {
        let application = event.application.ok_or("it names no application")?;
        let participation = event.participation.ok_or("it names no participation")?;
        let place = Place {
            urn: urn(&participation.school)?,
            first_year: year(&participation.first_academic_year)?,
            years_count: i16::try_from(participation.years_count.clamp(1, 10)).expect("at most ten"),
            programme: participation.programme,
            accepted: day,
        };
        self.places.insert(application.name, place);
        Ok(())
    }

    pub(super) fn given_back(&mut self, application: String, day: Date) {
        self.given_back.entry(application).or_insert(day);
    }

    /// A place was given back on the stated day, or, without one, on the event's day. The stated day takes precedence, also when the application's
    /// end was recorded first.
    pub(super) fn cancelled(&mut self, application: String, stated_day: Option<Date>, day: Date) {
        match stated_day {
            Some(stated_day) => {
                self.given_back.insert(application, stated_day);
            }
            None => self.given_back(application, day),
        }
    }

    pub(super) fn left(&mut self, event: pb::ParticipationWithdrawn) -> Result<(), String> {
        let participation = event.participation.ok_or("it names no participation")?;
        self.left.insert(participation.application, date(&event.withdraw_date)?);
        Ok(())
    }

    pub(super) fn started(&mut self, event: pb::YearStarted) -> Result<(), String> {
        let participation = event.participation.ok_or("it names no participation")?;
        let (year, day) = (year(&event.academic_year)?, date(&event.start_date)?);
        self.direct.push((year, participation.programme, Stage::Active, urn(&participation.school)?, day));
        Ok(())
    }

    pub(super) fn year_completed(&mut self, event: pb::YearCompleted) -> Result<(), String> {
        let participation = event.participation.ok_or("it names no participation")?;
        let (year, day) = (year(&event.academic_year)?, date(&event.completion_date)?);
        let finished = participation.state() == pb::ParticipationState::Completed;
        self.direct.push((year, participation.programme, Stage::Completed, urn(&participation.school)?, day));
        if finished {
            self.completed.insert(participation.application, day);
        }
        Ok(())
    }

    /// All programmes of a round or of a school's fact, by id.
    pub(super) fn programmes(&self) -> BTreeMap<String, Played> {
        let mut programmes: BTreeMap<String, Played> = BTreeMap::new();
        // Oldest first, so that the newest round names a programme.
        let mut rounds: Vec<&pb::Round> = self.rounds.values().collect();
        rounds.sort_by(|a, b| (&a.academic_year, &a.name).cmp(&(&b.academic_year, &b.name)));
        for round in rounds {
            let first = year(&round.academic_year).expect("rounds are read when they come");
            for programme in &round.programmes {
                let played = programmes.entry(programme.programme.clone()).or_default();
                played.display_name.clone_from(&programme.display_name);
                // Schools that begin in one year continue in the following ones.
                for later in 0..i16::try_from(programme.years_count.clamp(1, 10)).expect("at most ten") {
                    let phases = programme.education_phases.iter().filter_map(|phase| Phase::from_proto(*phase));
                    played.phases.entry(first + later).or_default().extend(phases);
                }
            }
        }
        let acted = self.direct.iter().map(|fact| &fact.1).chain(self.places.values().map(|place| &place.programme));
        for id in acted {
            programmes.entry(id.clone()).or_insert_with(|| Played { display_name: id.clone(), ..Played::default() });
        }
        programmes
    }

    /// The facts that were true on a day, each once, in order.
    pub(super) fn facts(&self, programmes: &[String], true_on: Date) -> BTreeSet<Fact> {
        let index = |id: &str| {
            let index = programmes.binary_search_by(|programme| programme.as_str().cmp(id)).expect("every programme is listed");
            u32::try_from(index).expect("there are few programmes")
        };
        let mut facts: BTreeSet<Fact> = self
            .direct
            .iter()
            .filter(|fact| fact.4 <= true_on)
            .map(|(year, programme, stage, urn, _)| Fact { year: *year, programme: index(programme), stage: *stage, urn: *urn })
            .collect();
        for (application, place) in &self.places {
            for later in 0..place.years_count {
                let year = place.first_year + later;
                let first_day = AcademicYear::starting(year).start_date();
                let by = |days: &HashMap<String, Date>| days.get(application).copied().filter(|day| *day <= true_on);
                let given_back = by(&self.given_back).is_some_and(|day| day <= first_day);
                let gone = [by(&self.left), by(&self.completed)].into_iter().flatten().any(|day| day < first_day);
                let begun =
                    if later == 0 { place.accepted <= true_on } else { place.accepted <= true_on && first_day <= true_on };
                if begun && !given_back && !gone {
                    facts.insert(Fact { year, programme: index(&place.programme), stage: Stage::Enrolled, urn: place.urn });
                }
            }
        }
        facts
    }
}

fn urn(school: &str) -> Result<i32, String> {
    school
        .strip_prefix("schools/")
        .and_then(|urn| urn.parse().ok())
        .ok_or_else(|| format!("`{school}` is not the name of a school"))
}

fn year(text: &str) -> Result<i16, String> {
    AcademicYear::parse(text).map(AcademicYear::first_year).map_err(|error| error.to_string())
}

fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).map_err(|error| error.to_string())
}
