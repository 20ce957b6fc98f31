//! Generates `Reason` from `reasons.csv`, so that no error can carry a reason that the list lacks, or another code than the listed one.

use std::fmt::Write;

/// The text of `reason.rs`. Panics when a line is not `REASON,CODE,meaning`, or when the reasons are not in order.
pub(crate) fn code(csv: &str) -> String {
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("reason,code,meaning"), "the first line of reasons.csv names its columns");
    let rows: Vec<[&str; 3]> = lines
        .map(|line| {
            let fields: Vec<&str> = line.splitn(3, ',').collect();
            fields.try_into().unwrap_or_else(|_| panic!("`{line}` in reasons.csv is not REASON,CODE,meaning"))
        })
        .collect();
    assert!(
        rows.is_sorted_by(|before, after| before[..2] < after[..2]),
        "reasons.csv lists each reason once with a code, in order"
    );
    let (mut variants, mut texts, mut codes, mut all) = (String::new(), String::new(), String::new(), String::new());
    for [reason, code, meaning] in &rows {
        let (mut variant, code) = (pascal(reason), pascal(code));
        if rows.iter().filter(|row| row[0] == *reason).count() > 1 {
            variant.push_str(&code);
        }
        writeln!(variants, "    /// {}\n    {variant},", meaning.trim_matches('"')).expect("writing to a string cannot fail");
        writeln!(texts, "            Self::{variant} => {reason:?},").expect("writing to a string cannot fail");
        writeln!(codes, "            Self::{variant} => tonic::Code::{code},").expect("writing to a string cannot fail");
        write!(all, "Self::{variant}, ").expect("writing to a string cannot fail");
    }
    format!(
        "/// Why a call failed: the stable reason of an error's `ErrorInfo`. The list is `proto/reasons.csv`.\n\
         #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]\npub enum Reason {{\n{variants}}}\n\n\
         impl Reason {{\n    /// All of them, in the order of their names.\n    pub const ALL: &'static [Self] = &[{all}];\n\n    \
         /// The text of the reason.\n    pub const fn as_str(self) -> &'static str {{\n        match self {{\n{texts}        }}\n    }}\n\n    \
         /// The gRPC code that goes with it.\n    pub const fn code(self) -> tonic::Code {{\n        match self {{\n{codes}        }}\n    }}\n}}\n"
    )
}

/// `NO_PLACE_LEFT` as `NoPlaceLeft`.
fn pascal(words: &str) -> String {
    let word = |word: &str| {
        word.chars().take(1).chain(word.chars().skip(1).map(|letter| letter.to_ascii_lowercase())).collect::<String>()
    };
    words.split('_').map(word).collect()
}
