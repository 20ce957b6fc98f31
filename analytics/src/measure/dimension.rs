//! The dimensions of reach: phases, stages, levels, regions.

/// A region of England.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region {
    /// E12000001 to E12000009.
    pub code: &'static str,
    /// As ONS and DfE statistics write it.
    pub name: &'static str,
}

/// The nine regions, in the order of their codes, which is the order of DfE's tables.
pub const REGIONS: [Region; 9] = [
    Region { code: "E12000001", name: "North East" },
    Region { code: "E12000002", name: "North West" },
    Region { code: "E12000003", name: "Yorkshire and The Humber" },
    Region { code: "E12000004", name: "East Midlands" },
    Region { code: "E12000005", name: "West Midlands" },
    Region { code: "E12000006", name: "East of England" },
    Region { code: "E12000007", name: "London" },
    Region { code: "E12000008", name: "South East" },
    Region { code: "E12000009", name: "South West" },
];

/// The stage that a school reached. Stages do not add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// It submitted an application for the year, also when the application was withdrawn or got no place.
    Applied,
    /// It had a place on the first day of the year, or accepted one later in the year.
    Enrolled,
    /// It started the year.
    Active,
    /// It completed the year.
    Completed,
}

impl Stage {
    /// In the order of the files.
    pub const ALL: [Self; 4] = [Self::Applied, Self::Enrolled, Self::Active, Self::Completed];

    /// As the files write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Applied => "Applied",
            Self::Enrolled => "Enrolled",
            Self::Active => "Active",
            Self::Completed => "Completed",
        }
    }

    pub(crate) const fn number(self) -> i32 {
        match self {
            Self::Applied => 1,
            Self::Enrolled => 2,
            Self::Active => 3,
            Self::Completed => 4,
        }
    }

    pub(crate) fn from_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.number() == number)
    }
}

/// A local authority, as the register of the year names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Authority {
    /// Its region; if its schools are in several, the region of most of them.
    pub region: Region,
    /// Three-digit code. It is the key, because it stays when the nine-character code changes.
    pub old_la_code: String,
    /// Nine-character code.
    pub new_la_code: String,
    /// Its name.
    pub la_name: String,
}

/// The geographic level and area of a figure.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// England.
    National,
    /// A region.
    Regional(Region),
    /// A local authority.
    LocalAuthority(Authority),
}

/// A programme that is played in one of the years.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programme {
    /// Its id.
    pub id: String,
    /// Display name, from its newest round.
    pub display_name: String,
}
