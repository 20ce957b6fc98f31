//! Human-readable numbers and days.

use time::Date;

use crate::{Decided, ReachPolicy};

/// Tenths of a percent, rounded half up, from integers: 7 of 12 is 583. The whole must not be 0.
pub fn permille(part: u32, whole: u32) -> u32 {
    let (part, whole) = (u64::from(part), u64::from(whole));
    u32::try_from((2_000 * part + whole) / (2 * whole)).expect("a part is at most its whole")
}

/// Tenths of a percent as the files print them: 583 is `58.3`.
pub fn percent(permille: u32) -> String {
    format!("{}.{}", permille / 10, permille % 10)
}

/// Hundredths of a percent as the files print them: 5,833 is `58.33`.
pub fn percent_of_hundredths(hundredths: u32) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// `20,013`.
pub(super) fn thousands(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 September 2018`.
pub(super) fn long_date(date: Date) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let month = usize::try_from(date.month()).ok().and_then(|month| MONTHS.get(month - 1)).expect("months go from 1 to 12");
    format!("{} {month} {}", date.day(), date.year())
}

/// The basis of a policy, in words that begin with a small letter.
pub(super) fn basis(policy: &ReachPolicy) -> String {
    match &policy.decided {
        None => "working assumption, because no policy of the Maths Hubs Council was in force".to_owned(),
        Some(Decided { policy, start, decision }) => {
            format!("policy {policy}, in force since {} by the Maths Hubs Council’s decision {decision}", long_date(*start))
        }
    }
}

/// Escapes text for HTML, attributes included.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_tenth_is_rounded_up() {
        assert_eq!(percent(permille(7, 12)), "58.3");
        // 1 of 16 is 6.25 %, 3 of 16 is 18.75 %, 1 of 2000 is 0.05 %.
        assert_eq!(percent(permille(1, 16)), "6.3");
        assert_eq!(percent(permille(3, 16)), "18.8");
        assert_eq!(percent(permille(1, 2000)), "0.1");
        assert_eq!(percent(permille(0, 7)), "0.0");
        assert_eq!(percent(permille(20_013, 20_013)), "100.0");
    }

    #[test]
    fn hundredths_of_a_percent_have_two_decimals() {
        assert_eq!([5_833, 10_000, 0, 1, 105].map(percent_of_hundredths), ["58.33", "100.00", "0.00", "0.01", "1.05"]);
    }

    #[test]
    fn names_are_escaped_in_html() {
        assert_eq!(escape("<b title=\"x\">A & B's"), "&lt;b title=&quot;x&quot;&gt;A &amp; B&#39;s");
    }

    #[test]
    fn thousands_are_separated() {
        assert_eq!(thousands(20_013), "20,013");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_000_000), "1,000,000");
    }
}
