//! Decodes the fields of a message and reports all wrong fields at once.

use access::{Caller, Role};
use name::is_id;
use proto::Mutation;
use time::Date;

use crate::ApiError;

/// Maximum length of a `request_id`.
const REQUEST_ID_LENGTH_MAX: usize = 64;
/// First and last year of a valid day, so that a typing error does not become a date in the year 20019, and every day has a next one.
const YEARS: std::ops::RangeInclusive<i16> = 1800..=2199;

/// Collects the wrong fields. Read every field with [`Fields::read`], then take the values apart with `let (Some(a), Some(b)) = … else` and return
/// [`Fields::refusal`] if one is missing.
#[derive(Debug, Default)]
pub struct Fields {
    violations: Vec<(String, String)>,
}

impl Fields {
    /// No wrong fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Decodes a message: returns the result of `read`, or an error with every wrong field. `read` reads every field before it returns `None`, so
    /// that no wrong field is missed: `Some((round?, hub?))`.
    pub fn decode<T>(read: impl FnOnce(&mut Self) -> Option<T>) -> Result<T, ApiError> {
        let mut fields = Self::new();
        let value = read(&mut fields);
        match value {
            Some(value) if fields.violations.is_empty() => Ok(value),
            _ => {
                debug_assert!(!fields.violations.is_empty(), "a message without a wrong field can be decoded");
                Err(fields.refusal())
            }
        }
    }

    /// Like [`Fields::decode`], for a request that changes something: its `request_id` is the first field.
    pub fn decode_mutation<T>(message: &impl Mutation, read: impl FnOnce(&mut Self) -> Option<T>) -> Result<T, ApiError> {
        Self::decode(|fields| {
            let request_id = fields.request_id(message.request_id());
            let value = read(fields);
            request_id.and(value)
        })
    }

    /// The value, or `None` and a violation with the reason.
    pub fn read<T, E: std::fmt::Display>(&mut self, field: &str, value: Result<T, E>) -> Option<T> {
        value.map_err(|error| self.wrong(field, error.to_string())).ok()
    }

    /// Adds a violation.
    pub fn wrong(&mut self, field: &str, description: impl Into<String>) {
        self.violations.push((field.to_owned(), description.into()));
    }

    /// Adds a violation unless a condition holds.
    pub fn require(&mut self, field: &str, holds: bool, description: &str) {
        if !holds {
            self.wrong(field, description);
        }
    }

    /// The `request_id`: 1 to 64 visible ASCII characters.
    pub fn request_id(&mut self, id: &str) -> Option<String> {
        let fits = (1..=REQUEST_ID_LENGTH_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        self.require("request_id", fits, "must be 1 to 64 visible ASCII characters, for example a UUID");
        fits.then(|| id.to_owned())
    }

    /// The id of a new resource: lower-case letters, digits and hyphens, 1 to `max` characters.
    pub fn new_id(&mut self, field: &str, id: &str, max: usize) -> Option<String> {
        let fits = is_id(id, max);
        let found = text::excerpt(id);
        self.require(field, fits, &format!("must be 1 to {max} lower-case letters, digits and hyphens; found `{found}`"));
        fits.then(|| id.to_owned())
    }

    /// A text by people, in Unicode's normal form C: `min` to `max` characters, not only spaces, no [hidden](text::is_hidden) characters.
    pub fn text(&mut self, field: &str, text: &str, min: usize, max: usize) -> Option<String> {
        let text = text::normalize(text);
        let count = text.chars().count();
        let blank = count > 0 && text.trim().is_empty();
        let fits = (min..=max).contains(&count) && !blank && !text.chars().any(text::is_hidden);
        let why =
            format!("must be {min} to {max} characters, not only space, without control, invisible and unassigned characters");
        self.require(field, fits, &why);
        fits.then(|| text.into_owned())
    }

    /// A name or title by people: a text of 1 to `max` characters that no spreadsheet takes for a formula.
    pub fn title(&mut self, field: &str, text: &str, max: usize) -> Option<String> {
        let title = self.text(field, text, 1, max)?;
        let fits = !text::is_formula(&title);
        self.require(field, fits, "must not begin with `=`, `+`, `-` or `@`, which a spreadsheet takes for a formula");
        fits.then_some(title)
    }

    /// A SHA-256.
    pub fn sha256(&mut self, field: &str, sha256: &str) -> Option<String> {
        let fits = sha256.len() == 64 && sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        self.require(field, fits, "must be 64 lower-case hexadecimal digits");
        fits.then(|| sha256.to_owned())
    }

    /// The `document_sha256` of an act that binds a school: of the form from which another caller enters it, and empty when the school itself calls.
    pub fn document_sha256(&mut self, caller: &Caller, sha256: &str) -> Option<String> {
        if caller.role != Role::School {
            return self.sha256("document_sha256", sha256);
        }
        self.require("document_sha256", sha256.is_empty(), "must be empty, because the school itself calls");
        sha256.is_empty().then(String::new)
    }

    /// A day, ISO `YYYY-MM-DD`, of the years 1800 to 2199.
    pub fn date(&mut self, field: &str, text: &str) -> Option<Date> {
        let date = self.read(field, Date::parse(text))?;
        let fits = YEARS.contains(&date.year());
        self.require(field, fits, "must be a day from 1800 to 2199");
        fits.then_some(date)
    }

    /// A day that may be absent, which is empty then; `None` when it is absent or wrong.
    pub fn optional_date(&mut self, field: &str, text: &str) -> Option<Date> {
        if text.is_empty() { None } else { self.date(field, text) }
    }

    /// The value of a field that may be empty; `None` when it is empty or wrong.
    pub fn optional<T, E: std::fmt::Display>(
        &mut self,
        field: &str,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if text.is_empty() { None } else { self.read(field, parse(text)) }
    }

    /// The etag of a resource as the caller read it.
    pub fn etag(&mut self, field: &str, etag: &str) -> Option<String> {
        self.require(field, !etag.is_empty(), "must be the etag of the resource as it was read");
        Some(etag.to_owned()).filter(|etag| !etag.is_empty())
    }

    /// Fails if anything was wrong.
    pub fn check(self) -> Result<(), ApiError> {
        if self.violations.is_empty() { Ok(()) } else { Err(ApiError::fields(self.violations)) }
    }

    /// The error with every wrong field.
    pub fn refusal(self) -> ApiError {
        ApiError::fields(self.violations)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_an_allowed_length_and_is_not_blank() {
        let fits = |text: &str, min| Fields::new().text("decision", text, min, 10).is_some();
        assert!(fits("Council 3", 1) && fits("", 0));
        for wrong in ["", " ", "\u{a0} ", "a\nb", "elevenchars"] {
            assert!(!fits(wrong, 1), "{wrong:?}");
        }
        assert!(!fits("  ", 0), "a blank text is refused even where an empty one is allowed");
    }

    #[test]
    fn a_text_that_turns_its_reading_direction_or_hides_a_character_is_refused() {
        for wrong in ["a\u{202E}b", "a\u{200B}b", "\u{FEFF}a", "a\u{2028}b", "a\u{E000}", "a\u{378}"] {
            let mut fields = Fields::new();
            assert_eq!(fields.text("reason", wrong, 1, 10), None, "{wrong:?}");
            assert_eq!(fields.violations[0].0, "reason");
        }
    }

    #[test]
    fn texts_that_look_equal_are_stored_equal() {
        let read = |text: &str| Fields::new().text("display_name", text, 1, 4);
        assert_eq!(read("Cafe\u{301}"), read("Café"));
        assert_eq!(read("Cafe\u{301}").as_deref(), Some("Café"), "the length counts the normal form");
    }

    #[test]
    fn a_name_that_a_spreadsheet_takes_for_a_formula_is_refused() {
        let title = |text: &str| Fields::new().title("display_name", text, 80);
        for formula in ["=HYPERLINK(\"http://a.example\")", "+1", "-1", "@SUM(A1)", " =1", "＝1"] {
            assert_eq!(title(formula), None, "{formula}");
        }
        assert_eq!(title("St Mary’s – A=B").as_deref(), Some("St Mary’s – A=B"));
    }
}
