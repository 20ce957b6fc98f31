//! Pending changes as messages.

use feed::Actor;
use proto::{approval::v1 as pb, feed::v1 as feed_pb};

use super::rules::{ChangeState, PendingChange};
use crate::Resource;

impl From<&PendingChange> for pb::PendingChange {
    fn from(change: &PendingChange) -> Self {
        let decision = change.decision.as_ref();
        Self {
            name: change.name(),
            state: pb::PendingChangeState::from(change.state).into(),
            method: change.method.clone(),
            request: Some(any(messages(&change.method).0, change.request.clone())),
            proposer: Some(actor(&change.proposer)),
            decider: decision.map(|decision| actor(&decision.decider)),
            hub: name(change.concerned.hub.as_ref()),
            school: name(change.concerned.urn.as_ref()),
            create_time: Some(change.create_time.to_proto()),
            expire_time: Some(change.expire_time.to_proto()),
            decide_time: decision.map(|decision| decision.time.to_proto()),
        }
    }
}

impl From<ChangeState> for pb::PendingChangeState {
    fn from(state: ChangeState) -> Self {
        match state {
            ChangeState::Pending => Self::Pending,
            ChangeState::Confirmed => Self::Confirmed,
            ChangeState::Rejected => Self::Rejected,
        }
    }
}

fn name<T: ToString>(concerned: Option<&T>) -> String {
    concerned.map(T::to_string).unwrap_or_default()
}

/// The event of a proposal.
pub(super) fn proposed(change: &PendingChange) -> pb::ChangeProposed {
    pb::ChangeProposed {
        pending_change: change.name(),
        method: change.method.clone(),
        hub: name(change.concerned.hub.as_ref()),
        school: name(change.concerned.urn.as_ref()),
    }
}

/// The answer of a change's method.
pub(super) fn response(method: &str, answer: Vec<u8>) -> prost_types::Any {
    any(messages(method).1, answer)
}

/// The full names of a method's request and response.
fn messages(method: &str) -> (String, String) {
    let declared = method.split_once('/').and_then(|(service, name)| {
        let service = access::contracts().get_service_by_name(service)?;
        service.methods().find(|method| method.name() == name)
    });
    // A method that a later version removed has no name; its bytes are still shown.
    declared
        .map_or_else(Default::default, |method| (method.input().full_name().to_owned(), method.output().full_name().to_owned()))
}

fn any(message: String, value: Vec<u8>) -> prost_types::Any {
    prost_types::Any { type_url: format!("type.googleapis.com/{message}"), value }
}

fn actor(actor: &Actor) -> feed_pb::Actor {
    feed_pb::Actor { id: actor.id.clone(), role: actor.role.clone(), acting_for: actor.acting_for.clone() }
}
