//! Fields that several messages have.

use name::resource_id;
use server::Fields;
use time::Date;

use crate::{
    code::Code,
    domain::{Urn, geography},
};

/// Longest id of a hub.
pub(super) const HUB_ID_LENGTH_MAX: usize = 40;
/// Longest id of a programme.
const PROGRAMME_LENGTH_MAX: usize = 60;

/// A day that may be absent: then it is empty.
#[expect(clippy::option_option, reason = "the outer one says whether the field is right, the inner one whether there is a day")]
pub(super) fn day_if_any(fields: &mut Fields, field: &str, text: &str) -> Option<Option<Date>> {
    if text.is_empty() { Some(None) } else { fields.date(field, text).map(Some) }
}

/// `hubs/{hub}`.
pub(super) fn hub(fields: &mut Fields, field: &str, name: &str) -> Option<String> {
    fields.read(field, resource_id(name, "hubs", HUB_ID_LENGTH_MAX)).map(str::to_owned)
}

/// `schools/{urn}`.
pub(super) fn school(fields: &mut Fields, field: &str, name: &str) -> Option<Urn> {
    fields.read(field, Urn::parse_name(name))
}

/// The value with a number; 0 is none.
#[expect(clippy::option_option, reason = "the outer one says whether the field is right, the inner one whether it is given")]
pub(super) fn code_if_any<T: Code>(fields: &mut Fields, field: &str, code: i32) -> Option<Option<T>> {
    if code == 0 { Some(None) } else { code_given(fields, field, code).map(Some) }
}

/// The value with a number.
pub(super) fn code_given<T: Code>(fields: &mut Fields, field: &str, code: i32) -> Option<T> {
    fields.read(field, T::of(code).ok_or_else(|| format!("must be given, and one that this version knows; found {code}")))
}

/// The code of a region, or empty.
pub(super) fn region_if_any(fields: &mut Fields, field: &str, code: &str) {
    fields.require(field, code.is_empty() || geography::region_by_code(code).is_some(), "must be E12000001 to E12000009");
}

/// The old code of an authority, or empty.
pub(super) fn old_la_code_if_any(fields: &mut Fields, field: &str, code: &str) {
    let three_digits = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit());
    fields.require(field, code.is_empty() || three_digits, "must be three digits");
}

/// The id of a programme.
pub(super) fn programme(fields: &mut Fields, field: &str, id: &str) -> Option<String> {
    let fits = (1..=PROGRAMME_LENGTH_MAX).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    fields.require(field, fits, "must be 1 to 60 lower-case letters, digits and hyphens");
    fits.then(|| id.to_owned())
}

/// The id of a programme, or empty.
pub(super) fn programme_if_any(fields: &mut Fields, field: &str, id: &str) {
    if !id.is_empty() {
        programme(fields, field, id);
    }
}

/// The version that an etag stands for. One that is none of ours stands for no version, and so is stale.
#[expect(
    clippy::option_option,
    reason = "the outer one says whether the field is right, the inner one whether the etag is one of ours"
)]
pub(super) fn version(fields: &mut Fields, field: &str, etag: &str) -> Option<Option<i64>> {
    fields.require(field, !etag.is_empty(), "must be the etag that was read");
    if etag.is_empty() { None } else { Some(etag.parse().ok().filter(|version| *version > 0)) }
}
