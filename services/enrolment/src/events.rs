//! The events of enrolment. Each function records one event of one resource, in the transaction of the command.

use prost::Name;
use proto::enrolment::v1 as pb;
use service::Command;
use time::{AcademicYear, Date};

use crate::domain::{Application, Participation, Places, Round};

fn record_application(cmd: &mut Command<'_, '_>, application: &Application, event: &impl Name) {
    cmd.record(&application.name(), application.version, event);
}

fn record_participation(cmd: &mut Command<'_, '_>, participation: &Participation, event: &impl Name) {
    cmd.record(&participation.id.to_string(), participation.version, event);
}

pub(crate) fn round_created(cmd: &mut Command<'_, '_>, round: &Round) {
    cmd.record(&round.id.to_string(), round.version, &pb::RoundCreated { round: Some(round.into()) });
}

pub(crate) fn round_updated(cmd: &mut Command<'_, '_>, round: &Round) {
    cmd.record(&round.id.to_string(), round.version, &pb::RoundUpdated { round: Some(round.into()) });
}

pub(crate) fn places_set(cmd: &mut Command<'_, '_>, places: &Places) {
    cmd.record(&places.name(), places.version, &pb::PlacesSet { places: Some(places.into()) });
}

pub(crate) fn application_submitted(cmd: &mut Command<'_, '_>, application: &Application, year: AcademicYear) {
    let event = pb::ApplicationSubmitted { application: Some(application.into()), academic_year: year.to_string() };
    record_application(cmd, application, &event);
}

pub(crate) fn place_offered(cmd: &mut Command<'_, '_>, application: &Application) {
    record_application(cmd, application, &pb::PlaceOffered { application: Some(application.into()) });
}

pub(crate) fn application_waitlisted(cmd: &mut Command<'_, '_>, application: &Application) {
    record_application(cmd, application, &pb::ApplicationWaitlisted { application: Some(application.into()) });
}

pub(crate) fn place_accepted(cmd: &mut Command<'_, '_>, application: &Application, participation: &Participation) {
    let event = pb::PlaceAccepted { application: Some(application.into()), participation: Some(participation.into()) };
    record_application(cmd, application, &event);
}

pub(crate) fn offer_declined(cmd: &mut Command<'_, '_>, application: &Application) {
    record_application(cmd, application, &pb::OfferDeclined { application: Some(application.into()) });
}

pub(crate) fn offer_lapsed(cmd: &mut Command<'_, '_>, application: &Application) {
    record_application(cmd, application, &pb::OfferLapsed { application: Some(application.into()) });
}

pub(crate) fn application_withdrawn(cmd: &mut Command<'_, '_>, application: &Application) {
    record_application(cmd, application, &pb::ApplicationWithdrawn { application: Some(application.into()) });
}

pub(crate) fn year_started(cmd: &mut Command<'_, '_>, participation: &Participation, date: Date) {
    let year = participation.academic_year(participation.year_number).to_string();
    let event = pb::YearStarted { participation: Some(participation.into()), academic_year: year, start_date: date.to_string() };
    record_participation(cmd, participation, &event);
}

pub(crate) fn year_completed(cmd: &mut Command<'_, '_>, participation: &Participation, date: Date) {
    let year = participation.academic_year(participation.year_number).to_string();
    let event =
        pb::YearCompleted { participation: Some(participation.into()), academic_year: year, completion_date: date.to_string() };
    record_participation(cmd, participation, &event);
}

pub(crate) fn agreement_signed(cmd: &mut Command<'_, '_>, participation: &Participation, date: Date) {
    let event = pb::AgreementSigned { participation: Some(participation.into()), sign_date: date.to_string() };
    record_participation(cmd, participation, &event);
}

pub(crate) fn attendance_recorded(cmd: &mut Command<'_, '_>, participation: &Participation, date: Date, first: bool) {
    let event = pb::AttendanceRecorded { participation: Some(participation.into()), attendance_date: date.to_string(), first };
    record_participation(cmd, participation, &event);
}

pub(crate) fn participation_withdrawn(cmd: &mut Command<'_, '_>, participation: &Participation, date: Date) {
    let event = pb::ParticipationWithdrawn { participation: Some(participation.into()), withdraw_date: date.to_string() };
    record_participation(cmd, participation, &event);
}

pub(crate) fn participation_cancelled(cmd: &mut Command<'_, '_>, participation: &Participation) {
    let event = pb::ParticipationCancelled {
        participation: Some(participation.into()),
        withdraw_date: participation.last_date.map(|date| date.to_string()).unwrap_or_default(),
    };
    record_participation(cmd, participation, &event);
}
