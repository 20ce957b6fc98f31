//! Meetings of the Maths Hubs Council, and what they decided.

use column::Column;

use crate::is_id;

crate::id!(
    /// A meeting of the Council, `councilMeetings/{id}`.
    pub CouncilMeetingId, 40, "councilMeetings"
);

/// A decision of the Council, `councilMeetings/{meeting}/decisions/{decision}`; stored under this name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DecisionId {
    meeting: CouncilMeetingId,
    decision: String,
}

impl DecisionId {
    /// Maximum length of the last part of the name.
    pub const LENGTH_MAX: usize = 40;

    /// The decision of a meeting with an id that was checked before.
    pub fn trusted(meeting: CouncilMeetingId, decision: impl Into<String>) -> Self {
        Self { meeting, decision: decision.into() }
    }

    /// Parses `councilMeetings/{meeting}/decisions/{decision}`.
    pub fn parse(name: &str) -> Result<Self, String> {
        let parts = name.split_once("/decisions/").filter(|(_, decision)| is_id(decision, Self::LENGTH_MAX));
        let id = parts.and_then(|(meeting, decision)| Some(Self::trusted(CouncilMeetingId::parse(meeting).ok()?, decision)));
        id.ok_or_else(|| {
            format!(
                "must be `councilMeetings/ID/decisions/ID`, where each ID is 1 to {} lower-case letters, digits and hyphens; found `{}`",
                Self::LENGTH_MAX,
                text::excerpt(name)
            )
        })
    }

    /// The meeting that decided.
    pub fn meeting(&self) -> &CouncilMeetingId {
        &self.meeting
    }
}

impl std::fmt::Display for DecisionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/decisions/{}", self.meeting, self.decision)
    }
}

impl Column for DecisionId {
    type Stored = String;

    fn to_stored(&self) -> String {
        self.to_string()
    }

    fn from_stored(stored: String) -> Result<Self, String> {
        Self::parse(&stored)
    }
}

column::column!(DecisionId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_has_the_name_of_its_meeting_and_an_id() {
        let name = "councilMeetings/spring-2018/decisions/order-of-places";
        let id = DecisionId::parse(name).expect("a name of a decision");
        assert_eq!((id.meeting().as_str(), id.to_string().as_str()), ("spring-2018", name));
        let long = format!("councilMeetings/a/decisions/{}", "x".repeat(41));
        for wrong in
            ["", "councilMeetings/a", "councilMeetings/a/decisions/", "a/decisions/b", "councilMeetings/A/decisions/b", &long]
        {
            assert!(DecisionId::parse(wrong).is_err(), "{wrong}");
        }
    }
}
