//! The number by which a school is known.

/// A unique reference number, 100000 to 999999. As a resource's name: `schools/100000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Urn(i32);

impl Urn {
    /// From the number.
    pub(crate) fn new_checked(number: i64) -> Option<Self> {
        i32::try_from(number).ok().filter(|number| (100_000..=999_999).contains(number)).map(Self)
    }

    /// Reads six digits, and nothing else.
    pub(crate) fn parse(digits: &str) -> Option<Self> {
        let six = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if six { Self::new_checked(digits.parse().ok()?) } else { None }
    }

    /// Reads `schools/100000`, and nothing else.
    pub(crate) fn parse_name(name: &str) -> Result<Self, String> {
        let urn = name.strip_prefix("schools/").and_then(Self::parse);
        urn.ok_or_else(|| format!("must be `schools/URN` with a URN from 100000 to 999999; found `{name}`"))
    }

    /// The number, as it goes over the wire.
    pub(crate) fn number(self) -> i32 {
        self.0
    }

    /// `schools/100000`.
    pub(crate) fn name(self) -> String {
        format!("schools/{}", self.0)
    }
}

impl From<Urn> for i64 {
    fn from(urn: Urn) -> Self {
        Self::from(urn.0)
    }
}

impl std::fmt::Display for Urn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}
