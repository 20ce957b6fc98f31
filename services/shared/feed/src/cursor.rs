//! Cursors: which event of which history a reader has seen last.

/// Names an event: the history, its place in it, and itself. As text it is opaque to everybody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) epoch: String,
    pub(crate) position: i64,
    pub(crate) event_id: String,
}

impl Cursor {
    /// Reads what `Display` wrote; nothing else is a cursor.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (Some("1"), Some(epoch), Some(digits), Some(event_id), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let position = digits.parse().ok().filter(|position| *position > 0)?;
        let cursor = Self { epoch: epoch.to_owned(), position, event_id: event_id.to_owned() };
        // One event has one cursor: no leading zeros, no plus sign.
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
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is_one() {
        let cursor = Cursor { epoch: "e".to_owned(), position: 42, event_id: "0192".to_owned() };
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        for text in
            ["", "1.e.42", "1.e.042.0192", "1.e.+42.0192", "1.e.-1.0192", "1.e.0.0192", "2.e.42.0192", "1.e.42.0192.", "1.e.x.y"]
        {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
