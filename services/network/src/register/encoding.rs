//! The encoding of a downloaded file, and the text of its fields.
//!
//! GIAS writes windows-1252. Some fields were pasted as UTF-8 into it, so that `é` became the two bytes of `Ã©`. Such a field is repaired where no other
//! reading makes sense, and refused where two do.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

use super::rows::Rows;

/// Bytes that are checked together for a zero byte.
const BLOCK_SIZE_BYTES: usize = 1024;
/// Times that a text is decoded again after the first.
const REPAIRS_MAX: usize = 3;
/// The byte-order mark of UTF-8.
const BYTE_ORDER_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// How the fields of a file are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// The whole file is valid, or it is marked as UTF-8.
    Utf8,
    /// The encoding that GIAS writes.
    Windows1252,
}

/// A field's text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded<'b> {
    pub(super) text: Cow<'b, str>,
    /// Whether it was encoded twice.
    pub(super) repaired: bool,
}

/// The bytes without their byte-order marks, and their encoding. Errors with the row and column of the first wrong byte, and the reason, when the file as a
/// whole is no text. Bytes of a field that are no text are found when the field is read.
pub(super) fn detect(bytes: &[u8]) -> Result<(&[u8], Encoding), (usize, String, String)> {
    if [&b"PK\x03\x04"[..], b"PK\x05\x06"].iter().any(|signature| bytes.starts_with(signature)) {
        return Err((1, "1".to_owned(), "the file is a zip archive: unpack it, and send the CSV file that is in it".to_owned()));
    }
    let expected = "save it as downloaded from GIAS: windows-1252, or UTF-8";
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err((1, "1".to_owned(), format!("the file is UTF-16; {expected}")));
    }
    if let Some(offset) = find_zero(bytes) {
        let (row, column) = place_of(bytes, offset);
        return Err((row, column, format!("holds a zero byte, which is no text; {expected}")));
    }
    let mut text = bytes;
    while let Some(rest) = text.strip_prefix(BYTE_ORDER_MARK) {
        text = rest;
    }
    // A windows-1252 file that is valid UTF-8 throughout has no accented letter outside fields that were encoded twice.
    let utf8 = text.len() < bytes.len() || std::str::from_utf8(text).is_ok();
    Ok((text, if utf8 { Encoding::Utf8 } else { Encoding::Windows1252 }))
}

/// Decodes a field. Errors with a sentence about the field.
pub(super) fn decode(field: Cow<'_, [u8]>, encoding: Encoding) -> Result<Decoded<'_>, String> {
    // Nearly every field is ASCII.
    if field.is_ascii() {
        let text = match field {
            Cow::Borrowed(field) => String::from_utf8_lossy(field),
            Cow::Owned(field) => Cow::Owned(String::from_utf8_lossy(&field).into_owned()),
        };
        return Ok(Decoded { text, repaired: false });
    }
    let as_utf8 = std::str::from_utf8(&field);
    match (encoding, as_utf8) {
        (Encoding::Utf8, Ok(text)) => Ok(repair(text, false)),
        (Encoding::Utf8, Err(error)) => {
            let byte = field[error.valid_up_to()];
            Err(format!(
                "holds the byte {byte:#04X}, which is not UTF-8, and the file is marked as UTF-8; correct the field in GIAS"
            ))
        }
        (Encoding::Windows1252, Ok(text)) => match reading(text) {
            Reading::Utf8 => Ok(repair(text, true)),
            Reading::Windows1252 => windows_1252(&field),
            Reading::Unclear => Err(format!(
                "may be `{}` or `{}`, depending on its encoding; correct the field in GIAS",
                text::excerpt(&WINDOWS_1252.decode_without_bom_handling(&field).0),
                text::excerpt(text)
            )),
        },
        (Encoding::Windows1252, Err(_)) => {
            let decoded = windows_1252(&field)?;
            if field.utf8_chunks().any(|chunk| !chunk.valid().is_ascii() && reading(chunk.valid()) == Reading::Utf8) {
                let why = format!("`{}` mixes windows-1252 and UTF-8; correct the field in GIAS", text::excerpt(&decoded.text));
                return Err(why);
            }
            Ok(decoded)
        }
    }
}

/// The text of a header; bytes that are no text are replaced.
pub(super) fn decode_lossy(field: &[u8], encoding: Encoding) -> String {
    match encoding {
        Encoding::Utf8 => String::from_utf8_lossy(field).into_owned(),
        Encoding::Windows1252 => WINDOWS_1252.decode_without_bom_handling(field).0.into_owned(),
    }
}

fn windows_1252(field: &[u8]) -> Result<Decoded<'static>, String> {
    // The five bytes that windows-1252 leaves undefined.
    match field.iter().find(|byte| matches!(byte, 0x81 | 0x8D | 0x8F | 0x90 | 0x9D)) {
        Some(byte) => Err(format!("holds the byte {byte:#04X}, which is no text in windows-1252; correct the field in GIAS")),
        None => {
            let text = WINDOWS_1252.decode_without_bom_handling(field).0.into_owned();
            Ok(Decoded { text: Cow::Owned(text), repaired: false })
        }
    }
}

/// Decodes a text again as long as its windows-1252 bytes are clearly UTF-8.
fn repair(text: &str, repaired: bool) -> Decoded<'static> {
    let mut decoded = Decoded { text: Cow::Owned(text.to_owned()), repaired };
    for _ in 0..REPAIRS_MAX {
        let (bytes, _, unmappable) = WINDOWS_1252.encode(&decoded.text);
        let again = std::str::from_utf8(&bytes).ok().filter(|again| !unmappable && reading(again) == Reading::Utf8);
        let Some(again) = again.map(str::to_owned) else { break };
        decoded = Decoded { text: Cow::Owned(again), repaired: true };
    }
    decoded
}

/// The meaning of bytes that are valid UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// UTF-8: as windows-1252 they make no sense.
    Utf8,
    /// windows-1252: as UTF-8 they make no sense. `É’` is one letter of phonetic script in UTF-8.
    Windows1252,
    /// Both make sense, or neither, or the characters do not agree.
    Unclear,
}

/// Judges bytes that are valid UTF-8 by their characters outside ASCII.
fn reading(text: &str) -> Reading {
    let mut found = None;
    for character in text.chars().filter(|character| !character.is_ascii()) {
        let this = match (is_english(character), reads_as_windows_1252(character)) {
            (true, false) => Reading::Utf8,
            (false, true) => Reading::Windows1252,
            _ => Reading::Unclear,
        };
        if *found.get_or_insert(this) != this {
            return Reading::Unclear;
        }
    }
    // ASCII alone is the same in both.
    found.unwrap_or(Reading::Windows1252)
}

/// Whether a character occurs in the names of schools in England and Wales: letters of Latin script (Latin-1, Extended-A, Romanian, Welsh) and
/// punctuation.
fn is_english(character: char) -> bool {
    matches!(character,
        '\u{A0}'..='\u{17F}' | '\u{218}'..='\u{21B}' | '\u{1E00}'..='\u{1EFF}' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{203A}' | '€' | '™')
}

/// Whether the bytes of a character in UTF-8 are an accented letter and punctuation that follows letters in windows-1252, as in `ANDRÉ’S`.
fn reads_as_windows_1252(character: char) -> bool {
    let mut buffer = [0; 4];
    let bytes = character.encode_utf8(&mut buffer).as_bytes();
    let follows: &[u8] = match bytes[0] {
        // `Â` begins what was encoded twice, and no English word ends with it.
        0xC2 => &[],
        // `Ã` begins every accented letter of Latin-1 that was encoded twice: only `Ã’` and `Ã”` are doubtful.
        0xC3 => &[0x92, 0x94],
        // `Ä` and `Å`, before … ’ ” – — no-break space ».
        0xC4 | 0xC5 => &[0x85, 0x92, 0x94, 0x96, 0x97, 0xA0, 0xBB],
        // … ‘ ’ “ ” • – — ™ no-break space « ® ° · »
        _ => &[0x85, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x99, 0xA0, 0xAB, 0xAE, 0xB0, 0xB7, 0xBB],
    };
    bytes[1..].iter().all(|byte| follows.contains(byte))
}

fn find_zero(bytes: &[u8]) -> Option<usize> {
    let mut blocks = bytes.chunks(BLOCK_SIZE_BYTES).enumerate().filter(|(_, block)| block.contains(&0));
    let (number, block) = blocks.next()?;
    Some(number * BLOCK_SIZE_BYTES + block.iter().position(|byte| *byte == 0)?)
}

/// The row and the column in which an offset lies.
fn place_of(bytes: &[u8], offset: usize) -> (usize, String) {
    let mut rows = Rows::new(&bytes[..=offset]);
    let (mut row, mut column, mut header) = (0, 0, Vec::new());
    while rows.next_row() {
        row += 1;
        column = rows.len().saturating_sub(1);
        if row == 1 {
            header = (0..rows.len()).map(|index| String::from_utf8_lossy(&rows.field(index)).into_owned()).collect();
        }
    }
    let name = if row > 1 { header.get(column).cloned() } else { None };
    (row, name.unwrap_or_else(|| (column + 1).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of a field in a file of windows-1252, with a star when it was repaired; else `None`.
    fn read(field: &[u8]) -> Option<String> {
        let decoded = decode(Cow::Borrowed(field), Encoding::Windows1252).ok()?;
        Some(format!("{}{}", decoded.text, if decoded.repaired { "*" } else { "" }))
    }

    fn windows(text: &str) -> Vec<u8> {
        let (bytes, _, unmappable) = WINDOWS_1252.encode(text);
        assert!(!unmappable, "{text}");
        bytes.into_owned()
    }

    #[test]
    fn text_of_windows_1252_is_read_as_it_is() {
        for text in [
            "École d’Été",
            "ANDRÉ’S",
            "CAFÉ – BAR",
            "“LYCÉE”",
            "CAFÉ…”",
            "É\u{A0}",
            "SÃO PAULO",
            "Ångström",
            "£1,000 – ½ price",
            "Señor’s",
            "ZÜ’",
        ] {
            assert_eq!(read(&windows(text)).as_deref(), Some(text), "{text}");
        }
    }

    #[test]
    fn text_that_was_encoded_twice_is_repaired() {
        for text in ["Café", "Álvarez", "St Mary’s", "à la carte", "Ysgol Tŷ Gwyn – Ẁ", "Łódź", "“ÖÄÜ ñ ß”", "Sacré-Cœur", "€5"]
        {
            let (right, twice) = (format!("{text}*"), text.as_bytes());
            assert_eq!(read(twice).as_deref(), Some(right.as_str()), "{text}");
        }
        // Encoded three times, and encoded twice in a file that is UTF-8.
        let twice = "CafÃ©";
        assert_eq!(read(twice.as_bytes()).as_deref(), Some("Café*"));
        let in_utf8 = decode(Cow::Borrowed(twice.as_bytes()), Encoding::Utf8).expect("it is text");
        assert_eq!(in_utf8, Decoded { text: "Café".into(), repaired: true });
        let right = decode(Cow::Borrowed("Café ŵ ’ 学".as_bytes()), Encoding::Utf8).expect("it is text");
        assert_eq!(right, Decoded { text: "Café ŵ ’ 学".into(), repaired: false });
    }

    #[test]
    fn text_whose_encoding_is_not_clear_is_refused() {
        // Two readings make sense: `SÒ` and `SÃ’`, `Ē` and `Ä’`.
        assert_eq!(read(b"S\xC3\x92"), None);
        assert_eq!(read(b"\xC4\x92"), None);
        // Cyrillic that was encoded twice; a control character; one field in two encodings; a byte that is no text.
        assert_eq!(read("Школа".as_bytes()), None);
        assert_eq!(read(b"Mary\xC2\x92s"), None);
        assert_eq!(read(b"\xC9cole Caf\xC3\xA9"), None);
        assert_eq!(read(b"Caf\x8D"), None);
    }
}
