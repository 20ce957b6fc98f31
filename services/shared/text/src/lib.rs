//! Texts that people write: their normal form, the characters that they may not have, and their form in error messages and spreadsheets.
#![warn(missing_docs)]

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Maximum characters of what was sent that an error repeats.
pub const EXCERPT_CHARS_MAX: usize = 100;

/// The text in Unicode's normal form C, so that texts that look equal are equal.
pub fn normalize(text: &str) -> Cow<'_, str> {
    if is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

/// Whether nobody can see a character, or it has no meaning that programs agree on: control and format characters (zero width, writing direction),
/// separators of lines and paragraphs, private use, unassigned, and the letters and marks that Unicode shows as nothing.
pub fn is_hidden(character: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Surrogate, Unassigned};
    // Default_Ignorable_Code_Point outside the category Format, and the blank Braille pattern.
    const BLANK: [std::ops::RangeInclusive<char>; 8] = [
        '\u{34F}'..='\u{34F}',
        '\u{115F}'..='\u{1160}',
        '\u{17B4}'..='\u{17B5}',
        '\u{180B}'..='\u{180F}',
        '\u{2800}'..='\u{2800}',
        '\u{3164}'..='\u{3164}',
        '\u{FE00}'..='\u{FE0F}',
        '\u{FFA0}'..='\u{FFA0}',
    ];
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    let category = character.general_category();
    matches!(category, Control | Format | LineSeparator | ParagraphSeparator | PrivateUse | Surrogate | Unassigned)
        || BLANK.iter().any(|range| range.contains(&character))
        || ('\u{E0100}'..='\u{E01EF}').contains(&character)
}

/// Whether a spreadsheet can take the text for a formula: it begins with `=`, `+`, `-`, `@`, or one of them in full width, after any space; or with a
/// tab or a line break.
pub fn is_formula(text: &str) -> bool {
    text.starts_with(['\t', '\r', '\n'])
        || text.trim_start().starts_with(['=', '+', '-', '@', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}'])
}

/// The text as a cell of a CSV file or workbook: one that a spreadsheet can take for a formula gets an apostrophe before it. A number such as `-3.5` is
/// left as it is.
pub fn cell(text: &str) -> Cow<'_, str> {
    let is_number = || text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte)) && text.parse::<f64>().is_ok();
    if is_formula(text) && !is_number() { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The text as an error message repeats it: at most [`EXCERPT_CHARS_MAX`] characters, hidden ones replaced.
pub fn excerpt(text: &str) -> String {
    let mut characters = text.chars().map(|character| if is_hidden(character) { char::REPLACEMENT_CHARACTER } else { character });
    let mut excerpt: String = characters.by_ref().take(EXCERPT_CHARS_MAX).collect();
    if characters.next().is_some() {
        excerpt.pop();
        excerpt.push('…');
    }
    excerpt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_nobody_can_see_are_hidden() {
        let hidden = [
            '\0',
            '\t',
            '\n',
            '\u{85}',
            '\u{AD}',
            '\u{34F}',
            '\u{61C}',
            '\u{200B}',
            '\u{200D}',
            '\u{200E}',
            '\u{2028}',
            '\u{2029}',
            '\u{202E}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{2800}',
            '\u{3164}',
            '\u{E000}',
            '\u{FE0F}',
            '\u{FEFF}',
            '\u{FFF9}',
            '\u{FFFF}',
            '\u{378}',
            '\u{E0001}',
            '\u{E0041}',
            '\u{E0100}',
            '\u{F0000}',
            '\u{10FFFF}',
        ];
        for character in hidden {
            assert!(is_hidden(character), "{character:?}");
        }
        for character in "Ysgol Tŷ Gwyn – St Mary’s «Łódź» 学校 مدرسة שלום 🏫 a\u{A0}b e\u{301}".chars() {
            assert!(!is_hidden(character), "{character:?}");
        }
    }

    #[test]
    fn equal_looking_texts_are_equal_once_normalized() {
        assert_eq!(normalize("Cafe\u{301}"), "Café");
        assert!(matches!(normalize("Café"), Cow::Borrowed("Café")));
    }

    #[test]
    fn a_cell_is_never_a_formula() {
        let link = "=HYPERLINK(\"http://a.example\")";
        for formula in
            [link, "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u{A0}=1", "＝1", "＠a", "-", "-inf"]
        {
            assert!(is_formula(formula), "{formula:?}");
            assert_eq!(cell(formula), format!("'{formula}"));
        }
        for plain in ["", "St Mary’s", "Teaching = learning", "'=1", "7", "E12000001", "-3.5", "+1"] {
            assert_eq!(cell(plain), plain);
        }
    }

    #[test]
    fn an_excerpt_has_at_most_100_characters_and_no_hidden_ones() {
        assert_eq!(excerpt(&"é".repeat(100)), "é".repeat(100));
        assert_eq!(excerpt(&"é".repeat(101)), "é".repeat(99) + "…");
        assert_eq!(excerpt("\u{1b}[2J\u{202E}x"), "\u{FFFD}[2J\u{FFFD}x");
    }
}
