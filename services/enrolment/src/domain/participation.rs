//! A participation: the years for which a school that has a place works in the programme.

use time::{AcademicYear, Date};

use super::{ApplicationId, Broken, HubId, ParticipationId, ProgrammeId, RoundId, Urn};

/// How far a participation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ParticipationState {
    Enrolled,
    Active,
    Completed,
    Withdrawn,
    Cancelled,
}

impl ParticipationState {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [Self::Enrolled, Self::Active, Self::Completed, Self::Withdrawn, Self::Cancelled];

    /// As it is stored and told.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Enrolled => "enrolled",
            Self::Active => "active",
            Self::Completed => "completed",
            Self::Withdrawn => "withdrawn",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A school's way through a programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Participation {
    pub(crate) id: ParticipationId,
    pub(crate) round: RoundId,
    pub(crate) application: ApplicationId,
    pub(crate) urn: Urn,
    pub(crate) hub: HubId,
    pub(crate) programme: ProgrammeId,
    pub(crate) first_academic_year: AcademicYear,
    pub(crate) years_count: i64,
    pub(crate) state: ParticipationState,
    pub(crate) year_number: i64,
    pub(crate) years_completed_count: i64,
    /// The last day that was recorded: of a start, a completion or the end.
    pub(crate) last_date: Option<Date>,
    /// The day on which its place was accepted.
    pub(crate) accept_date: Date,
    pub(crate) agreement_sign_date: Option<Date>,
    /// First and last day of attendance.
    pub(crate) attended: Option<(Date, Date)>,
    pub(crate) withdraw_reason: Option<String>,
    pub(crate) version: i64,
}

impl Participation {
    /// The academic year of its year `number`, from 1.
    pub(crate) fn academic_year(&self, number: i64) -> AcademicYear {
        self.first_academic_year.plus(i16::try_from(number - 1).expect("a programme takes at most three years"))
    }

    /// It takes up its next year: the first, or the one after a year that it completed.
    pub(crate) fn start_year(&self, date: Date, today: Date) -> Result<Self, Broken> {
        self.check_going_on()?;
        if self.year_number > self.years_completed_count {
            return Err(Broken::YearNotCompleted(self.year_number));
        }
        let number = self.year_number + 1;
        self.check_date(date, number, today)?;
        Ok(Self { year_number: number, last_date: Some(date), ..self.next(ParticipationState::Active) })
    }

    /// It completes the year that it has taken up; with the last one it is completed.
    pub(crate) fn complete_year(&self, date: Date, today: Date) -> Result<Self, Broken> {
        self.check_going_on()?;
        if self.year_number == self.years_completed_count {
            return Err(Broken::YearNotStarted);
        }
        self.check_date(date, self.year_number, today)?;
        let last = self.year_number == self.years_count;
        let state = if last { ParticipationState::Completed } else { ParticipationState::Active };
        Ok(Self { years_completed_count: self.year_number, last_date: Some(date), ..self.next(state) })
    }

    /// It leaves, after it took up a year. Before that the place is given back instead.
    pub(crate) fn withdraw(&self, date: Date, reason: String, today: Date) -> Result<Self, Broken> {
        self.check_going_on()?;
        if self.never_began() || date < self.first_academic_year.start_date() {
            return Err(Broken::YearNotStarted);
        }
        self.check_order(date, today)?;
        if let Some((_, last)) = self.attended.filter(|(_, last)| date < *last) {
            return Err(Broken::DateBeforeLast { date, last });
        }
        Ok(Self { last_date: Some(date), withdraw_reason: Some(reason), ..self.next(ParticipationState::Withdrawn) })
    }

    /// Its agreement is signed: not before it had a place, because until then there is nothing to agree to.
    pub(crate) fn agree(&self, date: Date, today: Date) -> Result<Self, Broken> {
        if let Some(signed) = self.agreement_sign_date {
            return Err(Broken::AgreementSigned(signed));
        }
        if date < self.accept_date {
            return Err(Broken::DateBeforePlace { date, accepted: self.accept_date });
        }
        self.check_part(date, today)?;
        Ok(Self { agreement_sign_date: Some(date), ..self.next(self.state) })
    }

    /// It attended a meeting, in a year that it took up. That the day was not recorded before is for the database to say.
    pub(crate) fn attend(&self, date: Date, today: Date) -> Result<Self, Broken> {
        self.check_part(date, today)?;
        let year = AcademicYear::of(date);
        let taken_up = (1..=self.year_number).any(|number| self.academic_year(number) == year);
        if !taken_up {
            return Err(Broken::YearNotStarted);
        }
        let (first, last) = self.attended.unwrap_or((date, date));
        Ok(Self { attended: Some((first.min(date), last.max(date))), ..self.next(self.state) })
    }

    /// Whether evidence can be of a day: one that has come, and for a school that left, not after its last.
    fn check_part(&self, date: Date, today: Date) -> Result<(), Broken> {
        if self.state == ParticipationState::Cancelled {
            return Err(Broken::ParticipationEnded(self.state));
        }
        match self.last_date {
            _ if date > today => Err(Broken::DateInFuture(date)),
            Some(last) if self.state == ParticipationState::Withdrawn && date > last => {
                Err(Broken::ParticipationEnded(self.state))
            }
            _ => Ok(()),
        }
    }

    /// Whether it has a place and took up no year.
    pub(crate) fn never_began(&self) -> bool {
        self.state == ParticipationState::Enrolled
    }

    /// Its application was withdrawn before the year started.
    pub(crate) fn cancel(&self) -> Result<Self, Broken> {
        if !self.never_began() {
            return Err(Broken::YearStarted(self.first_academic_year));
        }
        Ok(self.next(ParticipationState::Cancelled))
    }

    /// It says, after the year started, that it never took part. `date` is the day on which it said so.
    pub(crate) fn give_back(&self, date: Date, reason: String, today: Date) -> Result<Self, Broken> {
        if today < self.first_academic_year.start_date() {
            return Err(Broken::YearNotStarted);
        }
        self.check_order(date, today)?;
        if date < self.accept_date {
            return Err(Broken::DateBeforeLast { date, last: self.accept_date });
        }
        Ok(Self { last_date: Some(date), withdraw_reason: Some(reason), ..self.cancel()? })
    }

    fn check_going_on(&self) -> Result<(), Broken> {
        match self.state {
            ParticipationState::Enrolled | ParticipationState::Active => Ok(()),
            ended => Err(Broken::ParticipationEnded(ended)),
        }
    }

    fn check_date(&self, date: Date, number: i64, today: Date) -> Result<(), Broken> {
        let year = self.academic_year(number);
        if !year.contains(date) {
            return Err(Broken::DateOutsideYear { date, year });
        }
        self.check_order(date, today)
    }

    fn check_order(&self, date: Date, today: Date) -> Result<(), Broken> {
        match self.last_date {
            _ if date > today => Err(Broken::DateInFuture(date)),
            Some(last) if date < last => Err(Broken::DateBeforeLast { date, last }),
            _ => Ok(()),
        }
    }

    fn next(&self, state: ParticipationState) -> Self {
        Self { state, version: self.version + 1, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).expect("a day")
    }

    fn participation() -> Participation {
        Participation {
            id: ParticipationId::trusted("p"),
            round: RoundId::trusted("2018"),
            application: ApplicationId::trusted("a"),
            urn: Urn::trusted(100_000),
            hub: HubId::trusted("h"),
            programme: ProgrammeId::trusted("mastery"),
            first_academic_year: AcademicYear::starting(2018),
            years_count: 2,
            state: ParticipationState::Enrolled,
            year_number: 0,
            years_completed_count: 0,
            last_date: None,
            accept_date: day("2018-05-20"),
            agreement_sign_date: None,
            attended: None,
            withdraw_reason: None,
            version: 1,
        }
    }

    #[test]
    fn evidence_for_a_day_before_a_school_left_counts_whenever_it_is_told() {
        let today = day("2019-03-01");
        let started = participation().start_year(day("2018-09-10"), today).expect("it starts");
        assert_eq!(participation().attend(day("2018-09-20"), today), Err(Broken::YearNotStarted));
        let attended = started.attend(day("2018-10-02"), today).expect("it attends");
        let attended = attended.attend(day("2018-09-20"), today).expect("it attended before");
        assert_eq!(attended.attended, Some((day("2018-09-20"), day("2018-10-02"))));
        let too_early = attended.withdraw(day("2018-10-01"), "Moved".to_owned(), today);
        assert_eq!(too_early, Err(Broken::DateBeforeLast { date: day("2018-10-01"), last: day("2018-10-02") }));
        let left = attended.withdraw(day("2018-11-30"), "Moved".to_owned(), today).expect("it leaves");
        let agreed = left.agree(day("2018-11-30"), today).expect("the agreement turns up");
        assert_eq!((agreed.state, agreed.agreement_sign_date), (ParticipationState::Withdrawn, Some(day("2018-11-30"))));
        assert_eq!(agreed.agree(day("2018-11-30"), today), Err(Broken::AgreementSigned(day("2018-11-30"))));
        assert!(left.attend(day("2018-11-29"), today).is_ok());
        assert_eq!(left.attend(day("2018-12-01"), today), Err(Broken::ParticipationEnded(ParticipationState::Withdrawn)));
        assert_eq!(left.agree(day("2019-03-02"), today), Err(Broken::DateInFuture(day("2019-03-02"))));
        let cancelled = participation().cancel().expect("it is given back");
        assert!(cancelled.agree(day("2018-09-01"), today).is_err());
    }

    #[test]
    fn two_years_are_taken_up_and_completed_one_after_the_other() {
        let today = day("2020-08-01");
        let first = participation().start_year(day("2018-09-20"), today).expect("the first year");
        assert_eq!(first.start_year(day("2019-09-20"), today), Err(Broken::YearNotCompleted(1)));
        let between = first.complete_year(day("2019-07-10"), today).expect("its end");
        assert_eq!(between.complete_year(day("2019-07-11"), today), Err(Broken::YearNotStarted));
        let second = between.start_year(day("2019-09-20"), today).expect("the second year");
        let done = second.complete_year(day("2020-07-10"), today).expect("its end");
        assert_eq!(done.state, ParticipationState::Completed);
        assert_eq!(done.start_year(day("2020-07-11"), today), Err(Broken::ParticipationEnded(ParticipationState::Completed)));
    }

    #[test]
    fn a_day_lies_in_its_academic_year_and_not_after_today() {
        let today = day("2018-10-01");
        let year = AcademicYear::starting(2018);
        let outside = day("2018-08-31");
        assert_eq!(participation().start_year(outside, today), Err(Broken::DateOutsideYear { date: outside, year }));
        assert_eq!(participation().start_year(day("2018-10-02"), today), Err(Broken::DateInFuture(day("2018-10-02"))));
        assert!(participation().start_year(day("2018-09-01"), today).is_ok());
        assert!(participation().start_year(today, today).is_ok());
    }

    #[test]
    fn only_a_school_that_took_up_a_year_can_leave_it() {
        let today = day("2018-10-01");
        let leave = |participation: Participation, date| participation.withdraw(day(date), "moved".to_owned(), today);
        let started = participation().start_year(day("2018-09-01"), today).expect("it starts");
        assert_eq!(leave(started.clone(), "2018-08-31"), Err(Broken::YearNotStarted));
        assert_eq!(leave(started, "2018-09-01").expect("left").state, ParticipationState::Withdrawn);
        assert_eq!(leave(participation(), "2018-09-01"), Err(Broken::YearNotStarted));
    }

    #[test]
    fn a_place_whose_year_was_never_taken_up_is_given_back_also_after_the_year_started() {
        let give_back = |date, today| participation().give_back(day(date), "no staff".to_owned(), day(today));
        let given_back = give_back("2018-11-26", "2018-11-26").expect("given back");
        assert_eq!((given_back.state, given_back.last_date), (ParticipationState::Cancelled, Some(day("2018-11-26"))));
        assert!(give_back("2018-08-20", "2018-11-26").is_ok(), "it may have said so in the summer");
        assert_eq!(give_back("2018-08-20", "2018-08-31"), Err(Broken::YearNotStarted));
        assert_eq!(give_back("2018-11-27", "2018-11-26"), Err(Broken::DateInFuture(day("2018-11-27"))));
        let (date, last) = (day("2018-05-19"), day("2018-05-20"));
        assert_eq!(give_back("2018-05-19", "2018-11-26"), Err(Broken::DateBeforeLast { date, last }));
        let today = day("2018-11-26");
        let started = participation().start_year(day("2018-09-10"), today).expect("it starts");
        let year = AcademicYear::starting(2018);
        assert_eq!(started.give_back(today, "no staff".to_owned(), today), Err(Broken::YearStarted(year)));
    }
}
