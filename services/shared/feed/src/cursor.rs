//! Cursors: the last event that a reader has seen.

/// An event by its history, its position in it, and its id. Its text is opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) epoch: String,
    pub(crate) position: i64,
    pub(crate) event_id: String,
}

impl Cursor {
    /// Reads the text that `Display` wrote. `None` for any other text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (Some("1"), Some(epoch), Some(digits), Some(event_id), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let position = digits.parse().ok().filter(|position| *position > 0)?;
        let cursor = Self { epoch: epoch.to_owned(), position, event_id: event_id.to_owned() };
        // An event has one cursor: no leading zeros, no plus sign.
        (cursor.to_string() == text).then_some(cursor)
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "1.{}.{}.{}", self.epoch, self.position, self.event_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_other_texts_are_not_cursors() {
        let cursor = Cursor { epoch: "e".to_owned(), position: 42, event_id: "0192".to_owned() };
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        for text in
            ["", "1.e.42", "1.e.042.0192", "1.e.+42.0192", "1.e.-1.0192", "1.e.0.0192", "2.e.42.0192", "1.e.42.0192.", "1.e.x.y"]
        {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
