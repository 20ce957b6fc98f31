//! Attendance: a Work Group, a meeting of it, and the final register.

use proto::{enrolment::v1 as pb, meeting::v1::MarkKind};
use time::AcademicYear;

use crate::{
    fixture::*,
    meetings::calls::{mark, meeting},
};

impl Fixture {
    /// A Work Group of the north from a day on, which `persons/leader` of school 100590 leads.
    pub(crate) async fn work_group(&self, id: &str, start_date: &str, members: &[String]) {
        fixture::person(self.pool(), "leader", 100_590).await;
        let (year, schools_count) = (AcademicYear::of(day(start_date)), members.len());
        self.sql(format!(
            "INSERT INTO work_group (id, hub, programme, academic_year, year_number, leader, leader_start_date, terms_version, leader_kind,
                 schools_min_count, schools_max_count, meetings_count, support_visits_per_term_count, schools_count, state, version)
             VALUES ('{id}', 'north', '{MASTERY}', '{year}', 1, 'leader', '{start_date}', 1, 'mastery_specialist', 1, 600, 6, 1, {schools_count}, 'open', 1)"
        ))
        .await;
        for member in members {
            let values = format!("'{}', '{year}', '{start_date}', '{id}'", member.trim_start_matches("participations/"));
            self.sql(format!("INSERT INTO membership (participation, academic_year, start_date, work_group) VALUES ({values})"))
                .await;
        }
    }

    /// `persons/teacher-{urn}` of the school attends a meeting on a day, by a final register. The Work Group has no other school, and is formed for the first meeting.
    pub(crate) async fn attend(&self, participation: &str, date: &str) -> Answer<pb::Participation> {
        let (ncetm, place) = (self.ncetm(), participation.trim_start_matches("participations/"));
        let start_date = AcademicYear::of(day(date)).start_date().to_string();
        let formed: Vec<(String,)> = rows(self.pool(), format!("SELECT id FROM work_group WHERE id = '{place}'")).await;
        if formed.is_empty() {
            self.work_group(place, &start_date, &[participation.to_owned()]).await;
        }
        let school = ncetm.participation(participation).await?.school;
        let urn = school.trim_start_matches("schools/");
        let teacher = format!("teacher-{urn}");
        fixture::person(self.pool(), &teacher, urn.parse().unwrap()).await;
        let planned = ncetm.plan_in(&format!("workGroups/{place}"), meeting(date)).await?;
        ncetm.take(&planned.name, vec![mark(participation, &teacher, date, MarkKind::Attended)]).await?;
        ncetm.participation(participation).await
    }
}
