//! What specialists tells the others. Each function records one event of one resource in the transaction that causes it.

use prost::Name;
use proto::specialists::v1 as pb;

use crate::{
    act::Act,
    domain::{Cohort, Nomination, Ranking, ScoreWeights},
};

impl Act<'_, '_> {
    fn tell(&mut self, resource: &str, version: i64, event: &impl Name) {
        feed::append(self.tx, &self.ids, self.cause, resource, version, self.cause.recorded, event);
    }

    fn tell_nomination(&mut self, nomination: &Nomination, event: &impl Name) {
        self.tell(&nomination.name(), nomination.version, event);
    }

    pub(crate) fn cohort_created(&mut self, cohort: &Cohort) {
        self.tell(&cohort.id.to_string(), cohort.version, &pb::CohortCreated { cohort: Some(cohort.into()) });
    }

    pub(crate) fn score_weights_published(&mut self, weights: &ScoreWeights) {
        self.tell(&weights.name(), 1, &pb::ScoreWeightsPublished { score_weights: Some(weights.into()) });
    }

    pub(crate) fn specialist_nominated(&mut self, nomination: &Nomination) {
        self.tell_nomination(nomination, &pb::SpecialistNominated { nomination: Some(told(nomination)) });
    }

    pub(crate) fn nomination_withdrawn(&mut self, nomination: &Nomination) {
        self.tell_nomination(nomination, &pb::NominationWithdrawn { nomination: Some(told(nomination)) });
    }

    pub(crate) fn nomination_lapsed(&mut self, nomination: &Nomination) {
        self.tell_nomination(nomination, &pb::NominationLapsed { nomination: Some(told(nomination)) });
    }

    pub(crate) fn nominations_ranked(&mut self, ranking: &Ranking) {
        self.tell(&ranking.name(), 1, &pb::NominationsRanked { ranking: Some(ranking.into()) });
    }

    pub(crate) fn specialist_selected(&mut self, nomination: &Nomination) {
        self.tell_nomination(nomination, &pb::SpecialistSelected { nomination: Some(told(nomination)) });
    }

    pub(crate) fn nomination_overridden(&mut self, nomination: &Nomination) {
        self.tell_nomination(nomination, &pb::NominationOverridden { nomination: Some(told(nomination)) });
    }
}

/// A nomination as an event carries it: what a person wrote is left out, because a feed cannot forget.
fn told(nomination: &Nomination) -> pb::Nomination {
    let mut told = pb::Nomination::from(nomination);
    if let Some(decision) = &mut told.r#override {
        decision.reason.clear();
    }
    told
}
