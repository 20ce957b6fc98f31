//! Memberships as messages.

use proto::enrolment::v1 as pb;

use super::Membership;

impl From<&Membership> for pb::Membership {
    fn from(membership: &Membership) -> Self {
        Self {
            participation: membership.participation.to_string(),
            work_group: membership.work_group.to_string(),
            school: membership.urn.to_string(),
            start_date: membership.start.to_string(),
            end_date: membership.end.map(|day| day.to_string()).unwrap_or_default(),
        }
    }
}
