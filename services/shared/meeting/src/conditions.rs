//! Conditions on rows of meetings and of their parents, as literals, for the statements of this crate and of the services that have parents.

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

/// The hub that looks after a parent on `:scope_today`, as a scalar and a literal: its own, and after the last day of that the one that most of its members have
/// chosen, of several the first by id; after the end of the parent, the members of its last day. `current_hub!("work_group")` names the table or alias with the
/// columns `id`, `hub` and `end_date`.
#[macro_export]
macro_rules! current_hub {
    ($parent:literal) => {
        concat!(
            "CASE WHEN NOT EXISTS (SELECT 1 FROM hub closed WHERE closed.id = ",
            $parent,
            ".hub AND closed.end_date < :scope_today) THEN ",
            $parent,
            ".hub
             ELSE COALESCE((SELECT chosen.hub FROM (SELECT ",
            $crate::mirror::chosen_hub!("member.urn", ":scope_today"),
            " AS hub FROM meeting_subject member
                 WHERE member.parent = ",
            $parent,
            ".id AND (member.end_date IS NULL OR member.end_date = ",
            $parent,
            ".end_date)) chosen
                 WHERE chosen.hub IS NOT NULL GROUP BY chosen.hub ORDER BY COUNT(*) DESC, chosen.hub LIMIT 1), ",
            $parent,
            ".hub) END"
        )
    };
}

/// Whether a hub looks after a parent on `:scope_today` ([`current_hub!`]), as a condition and a literal: `of_hub!("work_group", ":hub")`.
#[macro_export]
macro_rules! of_hub {
    ($parent:literal, $hub:literal) => {
        concat!(
            "((",
            $parent,
            ".hub = ",
            $hub,
            " OR EXISTS (SELECT 1 FROM hub ended WHERE ended.id = ",
            $parent,
            ".hub AND ended.end_date < :scope_today)) AND ",
            $crate::current_hub!($parent),
            " = ",
            $hub,
            ")"
        )
    };
}

/// Which parents the hub of a scope, or the person who leads them on `:scope_today` or from a later day, may see, as a condition on a table or alias with the columns of [`current_hub!`]. Binds `..ScopeKey = scope`
/// and `scope_person = scope.person`.
#[macro_export]
macro_rules! of_hub_or_leader {
    ($parent:literal) => {
        concat!(
            "(:scope_hub = '' OR ",
            $crate::of_hub!($parent, ":scope_hub"),
            ")
             AND (:scope_person = '' OR EXISTS (SELECT 1 FROM person asking JOIN person same ON same.current_id = asking.current_id
                 JOIN meeting_leader led ON led.person = same.id
                 WHERE asking.id = :scope_person AND led.parent = ",
            $parent,
            ".id AND COALESCE(led.end_date, :scope_today) >= :scope_today))"
        )
    };
}

/// Which parents a caller may see, as a condition on `parent`.
macro_rules! parent_in_scope {
    () => {
        concat!(
            $crate::of_hub_or_leader!("parent"),
            " AND (:scope_urn <= 0 OR EXISTS (
                 SELECT 1 FROM meeting_subject member WHERE member.parent = parent.id AND member.urn IN (",
            mirror::ancestors!(":scope_urn", ":scope_today"),
            ")))"
        )
    };
}
pub(crate) use parent_in_scope;
