//! What enrolment tells the others. Each function records one event of one resource in the transaction that causes it.

use prost::Name;
use proto::enrolment::v1 as pb;
use time::{AcademicYear, Date};

use crate::{
    act::Act,
    domain::{Application, Participation, Places, Round},
};

impl Act<'_, '_> {
    fn tell(&mut self, resource: &str, version: i64, event: &impl Name) {
        feed::append(self.tx, &self.ids, self.cause, resource, version, self.cause.recorded, event);
    }

    fn tell_application(&mut self, application: &Application, event: &impl Name) {
        self.tell(&application.name(), application.version, event);
    }

    fn tell_participation(&mut self, participation: &Participation, event: &impl Name) {
        self.tell(&participation.id.to_string(), participation.version, event);
    }

    pub(crate) fn round_created(&mut self, round: &Round) {
        self.tell(&round.id.to_string(), round.version, &pb::RoundCreated { round: Some(round.into()) });
    }

    pub(crate) fn round_updated(&mut self, round: &Round) {
        self.tell(&round.id.to_string(), round.version, &pb::RoundUpdated { round: Some(round.into()) });
    }

    pub(crate) fn places_set(&mut self, places: &Places) {
        self.tell(&places.name(), places.version, &pb::PlacesSet { places: Some(places.into()) });
    }

    pub(crate) fn application_submitted(&mut self, application: &Application, year: AcademicYear) {
        let event = pb::ApplicationSubmitted { application: Some(application.into()), academic_year: year.to_string() };
        self.tell_application(application, &event);
    }

    pub(crate) fn place_offered(&mut self, application: &Application) {
        self.tell_application(application, &pb::PlaceOffered { application: Some(application.into()) });
    }

    pub(crate) fn application_waitlisted(&mut self, application: &Application) {
        self.tell_application(application, &pb::ApplicationWaitlisted { application: Some(application.into()) });
    }

    pub(crate) fn place_accepted(&mut self, application: &Application, participation: &Participation) {
        let event = pb::PlaceAccepted { application: Some(application.into()), participation: Some(participation.into()) };
        self.tell_application(application, &event);
    }

    pub(crate) fn offer_declined(&mut self, application: &Application) {
        self.tell_application(application, &pb::OfferDeclined { application: Some(application.into()) });
    }

    pub(crate) fn offer_lapsed(&mut self, application: &Application) {
        self.tell_application(application, &pb::OfferLapsed { application: Some(application.into()) });
    }

    pub(crate) fn application_withdrawn(&mut self, application: &Application) {
        self.tell_application(application, &pb::ApplicationWithdrawn { application: Some(application.into()) });
    }

    pub(crate) fn year_started(&mut self, participation: &Participation, date: Date) {
        let year = participation.academic_year(participation.year_number).to_string();
        let event =
            pb::YearStarted { participation: Some(participation.into()), academic_year: year, start_date: date.to_string() };
        self.tell_participation(participation, &event);
    }

    pub(crate) fn year_completed(&mut self, participation: &Participation, date: Date) {
        let year = participation.academic_year(participation.year_number).to_string();
        let event = pb::YearCompleted {
            participation: Some(participation.into()),
            academic_year: year,
            completion_date: date.to_string(),
        };
        self.tell_participation(participation, &event);
    }

    pub(crate) fn agreement_signed(&mut self, participation: &Participation, date: Date) {
        let event = pb::AgreementSigned { participation: Some(participation.into()), sign_date: date.to_string() };
        self.tell_participation(participation, &event);
    }

    pub(crate) fn attendance_recorded(&mut self, participation: &Participation, date: Date, first: bool) {
        let event =
            pb::AttendanceRecorded { participation: Some(participation.into()), attendance_date: date.to_string(), first };
        self.tell_participation(participation, &event);
    }

    pub(crate) fn participation_withdrawn(&mut self, participation: &Participation, date: Date) {
        let event = pb::ParticipationWithdrawn { participation: Some(participation.into()), withdraw_date: date.to_string() };
        self.tell_participation(participation, &event);
    }

    pub(crate) fn participation_cancelled(&mut self, participation: &Participation) {
        let event = pb::ParticipationCancelled {
            participation: Some(participation.into()),
            withdraw_date: participation.last_date.map(|date| date.to_string()).unwrap_or_default(),
        };
        self.tell_participation(participation, &event);
    }
}
