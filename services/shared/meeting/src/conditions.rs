//! Conditions on a row `meeting`, as literals, for the statements of the services that have parents.

/// Whether a meeting expects a subject that belongs to its parent on the first day: the subject is named, or none is. `expects!("participation.id")`
#[macro_export]
macro_rules! expects {
    ($subject:literal) => {
        concat!(
            "(NOT EXISTS (SELECT 1 FROM meeting_expected named WHERE named.meeting = meeting.id)
              OR EXISTS (SELECT 1 FROM meeting_expected named WHERE named.meeting = meeting.id AND named.subject = ",
            $subject,
            "))"
        )
    };
}

/// Whether a person of a subject took part in a meeting by the newest marks: `took_part!("participation.id")`.
#[macro_export]
macro_rules! took_part {
    ($subject:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM mark WHERE mark.subject = ",
            $subject,
            " AND mark.meeting = meeting.id AND mark.kind IN ('attended', 'part', 'substituted') AND ",
            $crate::is_newest!(),
            ")"
        )
    };
}
