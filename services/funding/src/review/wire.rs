//! Reviews as messages, and messages as reviews.

use proto::funding::v1 as pb;
use server::Fields;

use super::Review;

impl From<Review> for pb::EntitlementReview {
    fn from(review: Review) -> Self {
        match review {
            Review::Merger => Self::Merger,
            Review::Split => Self::Split,
            Review::Lapsed => Self::Lapsed,
            Review::Payee => Self::Payee,
        }
    }
}

/// The filter `review`; `None` when it is unspecified.
pub(crate) fn review(fields: &mut Fields, number: i32) -> Option<Review> {
    let found = Review::ALL.iter().copied().find(|review| i32::from(pb::EntitlementReview::from(*review)) == number);
    fields.require("review", number == 0 || found.is_some(), "must be a review of the contract, or unspecified for all");
    found
}
