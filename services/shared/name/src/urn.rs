//! The unique reference number of a school.

use column::Column;

/// A school's unique reference number, 100000 to 999999. Its resource name is `schools/100000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Urn(i64);

impl Urn {
    /// A number from the database.
    pub const fn trusted(urn: i64) -> Self {
        Self(urn)
    }

    /// Parses `schools/{urn}`.
    pub fn parse(name: &str) -> Result<Self, String> {
        let digits = name.strip_prefix("schools/").filter(|digits| digits.len() == 6 && !digits.starts_with('0'));
        let urn =
            digits.and_then(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten());
        urn.map(Self)
            .ok_or_else(|| format!("must be `schools/URN`, where URN is 100000 to 999999; found `{}`", text::excerpt(name)))
    }

    /// The number.
    pub const fn number(self) -> i64 {
        self.0
    }
}

impl Column for Urn {
    type Stored = i64;

    fn to_stored(&self) -> i64 {
        self.0
    }

    fn from_stored(stored: i64) -> Result<Self, String> {
        if (100_000..=999_999).contains(&stored) {
            Ok(Self(stored))
        } else {
            Err(format!("`{stored}` is no number from 100000 to 999999"))
        }
    }
}

column::column!(Urn);

impl std::fmt::Display for Urn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "schools/{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_school_name_has_six_digits_without_a_leading_zero() {
        assert_eq!(Urn::parse("schools/100000").map(Urn::number), Ok(100_000));
        for wrong in ["100000", "schools/099999", "schools/1000000", "schools/+10000", "school/100000", "schools/"] {
            assert!(Urn::parse(wrong).is_err(), "{wrong}");
        }
    }
}
