//! Payees as messages, and messages as payees.

use name::Urn;
use proto::funding::v1 as pb;
use server::Fields;

use super::{Payee, PayeeKind};

/// Longest reference of a payee that is no school.
const REFERENCE_LENGTH_MAX: usize = 40;

impl From<&Payee> for pb::Payee {
    fn from(payee: &Payee) -> Self {
        let kind = match payee.kind {
            PayeeKind::School => pb::PayeeKind::School,
            PayeeKind::Trust => pb::PayeeKind::Trust,
            PayeeKind::Authority => pb::PayeeKind::Authority,
        };
        Self { kind: kind.into(), reference: payee.reference.clone() }
    }
}

pub(crate) fn payee(fields: &mut Fields, message: Option<pb::Payee>) -> Option<Payee> {
    let message = message.unwrap_or_default();
    let kind = match message.kind() {
        pb::PayeeKind::School => PayeeKind::School,
        pb::PayeeKind::Trust => PayeeKind::Trust,
        pb::PayeeKind::Authority => PayeeKind::Authority,
        pb::PayeeKind::Unspecified => {
            fields.wrong("payee.kind", "must be SCHOOL, TRUST or AUTHORITY");
            return None;
        }
    };
    let reference = message.reference;
    if kind == PayeeKind::School {
        fields.read("payee.reference", Urn::parse(&reference))?;
    } else {
        let fits = (1..=REFERENCE_LENGTH_MAX).contains(&reference.len())
            && reference.bytes().all(|byte| byte.is_ascii_graphic())
            && !text::is_formula(&reference);
        let why = "must be 1 to 40 visible ASCII characters, and not begin with `=`, `+`, `-` or `@`";
        fields.require("payee.reference", fits, why);
    }
    Some(Payee { kind, reference })
}
