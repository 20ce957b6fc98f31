//! Decoding what is published.

use proto::network::v1 as pb;
use server::Fields;
use time::AcademicYear;

use super::fields;
use crate::domain::reach::{Area, FeedPosition, Figure, Header};

/// Largest number of schools by which a small area may be drawn toward its region.
const PRIOR_SCHOOLS_MAX: i32 = 10_000;

/// Most feeds of one publication.
const FEEDS_MAX: usize = 16;
/// Longest name of a source, and longest epoch.
const FEED_WORD_LENGTH_MAX: usize = 64;

/// The header of a publication.
pub(super) fn header(fields: &mut Fields, sent: &pb::ReachPublication) -> Option<Header> {
    let academic_year = fields.read("reach_publication.academic_year", AcademicYear::parse(&sent.academic_year));
    let true_on = fields.date("reach_publication.true_on_date", &sent.true_on_date);
    let known_on = fields.date("reach_publication.known_on_date", &sent.known_on_date);
    let register_as_of = fields.date("reach_publication.register_as_of_date", &sent.register_as_of_date);
    let sha256 = &sent.content_sha256;
    let hexadecimal = sha256.len() == 64 && sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    fields.require("reach_publication.content_sha256", hexadecimal, "must be 64 hexadecimal digits in lower case");
    let prior = sent.coldness_prior_schools_count;
    let bounded = (0..=PRIOR_SCHOOLS_MAX).contains(&prior);
    fields.require("reach_publication.coldness_prior_schools_count", bounded, "must be 0 to 10000");
    let feed_positions = feed_positions(fields, &sent.feed_positions);
    Some(Header {
        academic_year: academic_year?,
        true_on: true_on?,
        known_on: known_on?,
        register_as_of: register_as_of?,
        content_sha256: sha256.clone(),
        prior_schools: i64::from(prior),
        feed_positions: feed_positions?,
    })
}

/// Feed positions, each source once, in order of source.
fn feed_positions(fields: &mut Fields, sent: &[pb::FeedPosition]) -> Option<Vec<FeedPosition>> {
    let word = |text: &str| (1..=FEED_WORD_LENGTH_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    let mut positions: Vec<FeedPosition> = Vec::with_capacity(sent.len());
    for (place, feed) in sent.iter().enumerate() {
        let field = format!("reach_publication.feed_positions[{place}]");
        let fits = word(&feed.source) && word(&feed.epoch) && feed.position >= 0;
        fields.require(
            &field,
            fits,
            "must have a source and an epoch of 1 to 64 visible characters, and a position of 0 or more",
        );
        let new = positions.iter().all(|known| known.source != feed.source);
        fields.require(&field, new, "names a source that an earlier one names");
        positions.push(FeedPosition { source: feed.source.clone(), epoch: feed.epoch.clone(), position: feed.position });
    }
    let few = sent.len() <= FEEDS_MAX;
    fields.require("reach_publication.feed_positions", few, "must not name more than 16 sources");
    positions.sort_unstable();
    few.then_some(positions)
}

/// A figure, the `place`-th of all.
pub(super) fn figure(fields: &mut Fields, place: usize, sent: pb::ReachFigure) -> Option<Figure> {
    let name = |field: &str| format!("figures[{place}].{field}");
    let academic_year = fields.read(&name("academic_year"), AcademicYear::parse(&sent.academic_year));
    let level = fields::code_given(fields, &name("geographic_level"), sent.geographic_level);
    let programme = fields::programme(fields, &name("programme"), &sent.programme);
    let phase = fields::code_if_any(fields, &name("education_phase"), sent.education_phase);
    let stage = fields::code_given(fields, &name("stage"), sent.stage);
    let state = fields::code_given(fields, &name("state"), sent.state);
    Some(Figure {
        academic_year: academic_year?,
        level: level?,
        region_code: sent.region_code,
        old_la_code: sent.old_la_code,
        new_la_code: sent.new_la_code,
        programme: programme?,
        phase: phase?,
        stage: stage?,
        state: state?,
        schools: sent.schools_count.map(i64::from),
        new: sent.schools_reached_new_count.map(i64::from),
        reached: sent.schools_reached_count.map(i64::from),
        reached_permille: sent.schools_reached_permille.map(i64::from),
        since: sent.schools_reached_since_201415_count.map(i64::from),
        since_permille: sent.schools_reached_since_201415_permille.map(i64::from),
    })
}

/// An area, the `place`-th of all.
pub(super) fn area(fields: &mut Fields, place: usize, sent: pb::ColdArea) -> Option<Area> {
    let name = |field: &str| format!("cold_areas[{place}].{field}");
    let programme = fields::programme(fields, &name("programme"), &sent.programme);
    let phase = fields::code_given(fields, &name("education_phase"), sent.education_phase);
    let stage = fields::code_given(fields, &name("stage"), sent.stage);
    Some(Area {
        old_la_code: sent.old_la_code,
        new_la_code: sent.new_la_code,
        region_code: sent.region_code,
        programme: programme?,
        phase: phase?,
        stage: stage?,
        schools: i64::from(sent.schools_count),
        never: i64::from(sent.schools_never_reached_count),
        region_schools: i64::from(sent.region_schools_count),
        region_never: i64::from(sent.region_schools_never_reached_count),
        coldness_ppm: i64::from(sent.coldness_ppm),
        rank: i64::from(sent.rank),
    })
}
