//! The weights of a score: published, dated, and never changed once they have begun.

use time::Date;

use super::Broken;

/// What a score is weighed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weights {
    /// How many schools with the region's share an authority is taken to have besides its own.
    pub(crate) prior_schools: i64,
    pub(crate) area_permille: i64,
    /// The two make 1000.
    pub(crate) region_permille: i64,
}

/// One version of the weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScoreWeights {
    /// From 1.
    pub(crate) version: i64,
    pub(crate) start: Date,
    pub(crate) decision: String,
    pub(crate) weights: Weights,
}

impl ScoreWeights {
    /// The resource's name.
    pub(crate) fn name(&self) -> String {
        weights_name(self.version)
    }

    /// Whether a version that starts on a day may follow the last one. The first may begin on any day: nothing rests on it yet. A later one begins
    /// tomorrow at the earliest, so that no window that has ended gets other weights.
    pub(crate) fn check_next(last: Option<&Self>, start: Date, today: Date) -> Result<(), Broken> {
        let Some(last) = last else { return Ok(()) };
        if start < last.start {
            return Err(Broken::DateBeforeLast { date: start, last: last.start });
        }
        if start <= today { Err(Broken::PolicyInForce) } else { Ok(()) }
    }
}

/// The name of a version.
pub(super) fn weights_name(version: i64) -> String {
    format!("scoreWeights/{version}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_that_have_begun_are_never_changed() {
        let day = |text| Date::parse(text).expect("a day");
        let weights = Weights { prior_schools: 10, area_permille: 700, region_permille: 300 };
        let last = ScoreWeights { version: 1, start: day("2018-09-01"), decision: "Council".to_owned(), weights };
        let next = |start, today| ScoreWeights::check_next(Some(&last), day(start), day(today));
        assert_eq!(ScoreWeights::check_next(None, day("2015-01-01"), day("2018-01-01")), Ok(()));
        assert_eq!(next("2018-10-02", "2018-10-01"), Ok(()));
        assert_eq!(next("2018-10-01", "2018-10-01"), Err(Broken::PolicyInForce));
        let before = Broken::DateBeforeLast { date: day("2018-08-31"), last: day("2018-09-01") };
        assert_eq!(next("2018-08-31", "2018-01-01"), Err(before));
        assert_eq!(next("2018-09-01", "2018-01-01"), Ok(()), "what has not begun can be put right");
    }
}
