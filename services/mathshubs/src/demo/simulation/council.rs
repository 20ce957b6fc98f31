//! The Council meets each spring and decides on what rounds, budgets and specialists rest.

use proto::network::v1 as pb;
use time::AcademicYear;

use super::Simulation;
use crate::demo::callers::{Actor, answered};

/// The order in which the rounds of a year give places.
pub(super) const PLACE_ORDER: &str = "order-of-places";
/// The money of hubs for a year.
pub(super) const BUDGETS: &str = "budgets";
/// The subsidy for the release of teachers.
pub(super) const SUBSIDY: &str = "release-subsidy";
/// The weights of a nomination's score.
pub(super) const WEIGHTS: &str = "score-weights";
/// New hubs, and the schools that choose them.
pub(super) const NEW_HUBS: &str = "new-hubs";

/// The name of a decision of a calendar year's spring meeting.
pub(super) fn decision(spring: i16, id: &str) -> String {
    format!("{}/decisions/{id}", meeting(spring))
}

fn meeting(spring: i16) -> String {
    format!("councilMeetings/spring-{spring}")
}

/// The words of a decision.
fn words(id: &str) -> &'static str {
    match id {
        PLACE_ORDER => "The order in which hubs give places to the schools that apply",
        BUDGETS => "Hubs get the money for the subsidies of their places",
        SUBSIDY => "Each school in its first year gets a subsidy for the release of its teachers",
        NEW_HUBS => "Two hubs open, and the schools of their authorities choose them",
        WEIGHTS => "Specialists come first from areas with less historic engagement",
        _ => unreachable!("the demo's Council decides nothing else"),
    }
}

impl Simulation {
    /// The Council meets today, in spring, and makes these decisions; the other services read of them.
    pub(super) async fn meet(&self, decisions: &[&str]) -> anyhow::Result<()> {
        let today = self.clock.today();
        let (spring, year) = (today.year(), AcademicYear::of(today));
        self.progress.now(format!("{year}  the Council meets"));
        let message = pb::RecordMeetingRequest {
            request_id: format!("demo-meeting-{spring}"),
            meeting_id: format!("spring-{spring}"),
            council_meeting: Some(pb::CouncilMeeting {
                academic_year: year.to_string(),
                term: pb::Term::Spring.into(),
                meeting_date: today.to_string(),
                ..pb::CouncilMeeting::default()
            }),
        };
        let answer = self.callers.council(Actor::Ncetm).record_meeting(message).await;
        answered(answer, || format!("the meeting of spring {spring} was not recorded"))?;
        for id in decisions {
            let message = pb::RecordDecisionRequest {
                request_id: format!("demo-decision-{spring}-{id}"),
                council_meeting: meeting(spring),
                decision_id: (*id).to_owned(),
                decision: Some(pb::Decision {
                    kind: pb::DecisionKind::Policy.into(),
                    text: words(id).to_owned(),
                    start_date: today.to_string(),
                    ..pb::Decision::default()
                }),
            };
            let answer = self.callers.council(Actor::Ncetm).record_decision(message).await;
            answered(answer, || format!("the decision {id} of spring {spring} was not recorded"))?;
        }
        self.catch_up().await
    }
}
