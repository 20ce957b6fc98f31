//! What a place entitles its school to, and what becomes of it.

use name::Urn;
use time::FinancialYear;

use super::{BatchId, Broken, Due, EntitlementId, Participation, Pence, PolicyId, TransferId};

/// How far an entitlement has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntitlementState {
    Unfunded,
    Committed,
    Payable,
    Paid,
    Released,
    Refused,
}

impl EntitlementState {
    /// All of them.
    pub(crate) const ALL: [Self; 6] = [Self::Unfunded, Self::Committed, Self::Payable, Self::Paid, Self::Released, Self::Refused];

    /// As it is stored and told.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Unfunded => "unfunded",
            Self::Committed => "committed",
            Self::Payable => "payable",
            Self::Paid => "paid",
            Self::Released => "released",
            Self::Refused => "refused",
        }
    }
}

/// Why a person is to look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Review {
    /// It meets another in one lineage.
    Merger,
    /// Its school descends by a split from one that has an entitlement.
    Split,
    /// What proved it holds no more, and it is in a batch or paid.
    Lapsed,
    /// The school that is to be paid has closed, and it is not plain who took its place.
    Payee,
}

impl Review {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Merger, Self::Split, Self::Lapsed, Self::Payee];

    /// As it is stored.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Merger => "merger",
            Self::Split => "split",
            Self::Lapsed => "lapsed",
            Self::Payee => "payee",
        }
    }
}

/// What a person is asked, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) entitlement: EntitlementId,
    pub(crate) review: Review,
    /// The other that it meets or descends from; itself where there is none.
    pub(crate) other: EntitlementId,
}

impl Question {
    /// The other, if it is another.
    pub(crate) fn conflicting(&self) -> Option<&EntitlementId> {
        (self.other != self.entitlement).then_some(&self.other)
    }
}

/// What kind of payee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PayeeKind {
    School,
    Trust,
    Authority,
}

impl PayeeKind {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::School, Self::Trust, Self::Authority];

    /// As it is stored.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::School => "school",
            Self::Trust => "trust",
            Self::Authority => "authority",
        }
    }
}

/// Who gets the money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payee {
    pub(crate) kind: PayeeKind,
    pub(crate) reference: String,
}

impl Payee {
    /// A school itself.
    pub(crate) fn school(urn: Urn) -> Self {
        Self { kind: PayeeKind::School, reference: urn.to_string() }
    }

    /// Which school it is, if it is one.
    pub(crate) fn school_urn(&self) -> Option<Urn> {
        (self.kind == PayeeKind::School).then(|| Urn::parse(&self.reference).expect("a school is known by its URN"))
    }
}

/// What a person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Keep,
    Release,
}

/// What an entitlement does when the facts of its place change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing.
    Stay,
    /// The money that it holds can be paid.
    BecomePayable,
    /// It gives its money back, and the claims of its school.
    Release,
    /// Evidence proved it that was released or refused: it claims and asks for money again.
    AriseAgain,
    /// A person is to look at it, because it cannot give back what is on its way or gone.
    Flag,
}

/// What one place entitles its school to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entitlement {
    pub(crate) participation: Participation,
    pub(crate) policy: PolicyId,
    pub(crate) amount: Pence,
    pub(crate) state: EntitlementState,
    pub(crate) review: Option<Review>,
    /// Another of its lineage, because of which it was refused or is to be looked at.
    pub(crate) conflicting: Option<EntitlementId>,
    pub(crate) payee: Payee,
    pub(crate) batch: Option<BatchId>,
    /// By which it came to hold its money; once paid, the payment.
    pub(crate) transfer: Option<TransferId>,
    /// A person released it.
    pub(crate) is_released_for_good: bool,
    pub(crate) version: i64,
}

impl Entitlement {
    /// Of a place, by a policy; it has no money yet, and is paid to the school itself unless somebody says otherwise.
    pub(crate) fn new(participation: Participation, policy: PolicyId, amount: Pence) -> Self {
        let payee = Payee::school(participation.urn);
        Self {
            participation,
            policy,
            amount,
            state: EntitlementState::Unfunded,
            review: None,
            conflicting: None,
            payee,
            batch: None,
            transfer: None,
            is_released_for_good: false,
            version: 1,
        }
    }

    /// Its id.
    pub(crate) fn id(&self) -> &EntitlementId {
        &self.participation.id
    }

    /// The year whose budget pays it.
    pub(crate) fn financial_year(&self) -> FinancialYear {
        self.participation.financial_year()
    }

    /// What follows from the facts of its place as they are now, and were before. What holds its money while nothing proves it any more does so by a
    /// person's decision, taken or due: that stands until the facts are others.
    pub(crate) fn step(&self, before: Due) -> Step {
        use EntitlementState::{Committed, Paid, Payable, Refused, Released, Unfunded};
        match (self.state, self.participation.due()) {
            (Committed, Due::Proven) => Step::BecomePayable,
            (Unfunded | Committed, Due::Lapsed) => Step::Release,
            (Payable | Paid, Due::Lapsed) if before == Due::Lapsed => Step::Stay,
            (Payable, Due::Lapsed) if self.batch.is_none() => Step::Release,
            (Payable | Paid, Due::Lapsed) => Step::Flag,
            (Released, Due::Proven) if !self.is_released_for_good => Step::AriseAgain,
            (Refused, Due::Proven) => Step::AriseAgain,
            _ => Step::Stay,
        }
    }

    /// It holds money by a transfer.
    pub(crate) fn hold(&mut self, transfer: TransferId) {
        let is_proven = self.participation.due() == Due::Proven;
        self.state = if is_proven { EntitlementState::Payable } else { EntitlementState::Committed };
        self.transfer = Some(transfer);
    }

    /// What a person is asked about it.
    pub(crate) fn question(&self) -> Option<Question> {
        self.review.map(|review| {
            let other = match review {
                Review::Merger | Review::Split => self.conflicting.as_ref(),
                Review::Lapsed | Review::Payee => None,
            };
            Question { entitlement: self.id().clone(), review, other: other.unwrap_or(self.id()).clone() }
        })
    }

    /// Whether a person can decide so. Kept is what was asked about; released can be whatever is neither paid nor on its way, because a person may know what
    /// no event tells: that an attendance was another school's, or that a payment that was reversed is not to be made again.
    pub(crate) fn check_decision(&self, outcome: Outcome) -> Result<(), Broken> {
        match (outcome, self.review) {
            (Outcome::Keep, Some(_)) => Ok(()),
            (Outcome::Keep, None) => Err(Broken::ReviewNotDue),
            (Outcome::Release, _) => self.check_open(),
        }
    }

    /// Whether it is neither at its end nor on its way there.
    pub(crate) fn check_open(&self) -> Result<(), Broken> {
        match (self.state, &self.batch) {
            (EntitlementState::Paid | EntitlementState::Released | EntitlementState::Refused, _) => {
                Err(Broken::EntitlementState(self.state))
            }
            (_, Some(batch)) => Err(Broken::InBatch(batch.clone())),
            _ => Ok(()),
        }
    }
}
