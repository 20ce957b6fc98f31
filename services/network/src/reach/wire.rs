//! Publications, figures and areas as messages, and messages as these.

use db::Column;
use name::Phase;
use proto::network::v1 as pb;
use server::Fields;
use service::{Resource, count};
use time::AcademicYear;

use super::{
    ColdArea, FeedPosition, FeedPositions, Figure, FigureState, Level, Publication, PublicationHeader, ReachPolicyId,
    ReachProgramme, Stage, list_cold_areas::AreaFilter, list_reach_figures::FigureFilter,
};
use crate::school::column::PhaseOrZero;

/// Most feeds of one publication.
const FEEDS_MAX: usize = 16;
/// Longest name of a source, and longest epoch.
const FEED_WORD_LENGTH_MAX: usize = 64;
/// Longest code of a region or an authority.
const CODE_LENGTH_MAX: usize = 9;
/// Bytes of an event's hash.
const HASH_LENGTH: usize = 32;

impl From<&Publication> for pb::ReachPublication {
    fn from(publication: &Publication) -> Self {
        let header = &publication.header;
        let approval = publication.approval.as_ref();
        let state = if approval.is_some() { pb::ReachState::Final } else { pb::ReachState::Provisional };
        let superseded = approval.and_then(|approval| approval.superseded.as_ref());
        Self {
            name: publication.name(),
            state: state.into(),
            academic_year: header.academic_year.to_string(),
            true_on_date: header.true_on.to_string(),
            known_on_date: header.known_on.to_string(),
            register_as_of_date: header.register_as_of.to_string(),
            content_sha256: header.content_sha256.clone(),
            policy: header.policy.as_ref().map(ToString::to_string).unwrap_or_default(),
            publish_time: Some(publication.published.to_proto()),
            publisher: publication.publisher.clone(),
            approve_time: approval.map(|approval| approval.time.to_proto()),
            approver: approval.map(|approval| approval.approver.clone()).unwrap_or_default(),
            approving_body: approval.map(|approval| approval.body.to_string()).unwrap_or_default(),
            superseded_reach_publication: superseded.map(ToString::to_string).unwrap_or_default(),
            feed_positions: header.feed_positions.0.iter().map(Into::into).collect(),
            figures_count: count(publication.figures_count),
            cold_areas_count: count(publication.cold_areas_count),
            etag: publication.etag(),
            figures_sha256: publication.figures_sha256.clone(),
        }
    }
}

impl From<Stage> for pb::ReachStage {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Applied => Self::Applied,
            Stage::Enrolled => Self::Enrolled,
            Stage::Active => Self::Active,
            Stage::Completed => Self::Completed,
        }
    }
}

impl From<&FeedPosition> for pb::FeedPosition {
    fn from(feed: &FeedPosition) -> Self {
        let digits = feed.hash.as_bytes().chunks(2);
        let hash = digits
            .map(|pair| u8::from_str_radix(&String::from_utf8_lossy(pair), 16).expect("hashes are stored as hexadecimal digits"));
        Self { source: feed.source.clone(), epoch: feed.epoch.clone(), position: feed.position, hash: hash.collect() }
    }
}

impl From<&Figure> for pb::ReachFigure {
    fn from(figure: &Figure) -> Self {
        Self {
            academic_year: figure.academic_year.to_string(),
            geographic_level: count(figure.level.number()),
            region_code: figure.region_code.clone(),
            old_la_code: figure.old_la_code.clone(),
            new_la_code: figure.new_la_code.clone(),
            programme: figure.programme.as_str().to_owned(),
            education_phase: count(PhaseOrZero(figure.phase).to_stored()),
            stage: count(figure.stage.number()),
            state: count(figure.state.number()),
            schools_count: figure.schools.map(count),
            schools_reached_count: figure.reached.map(count),
            schools_reached_new_count: figure.new.map(count),
            schools_reached_permille: figure.reached_permille.map(count),
            schools_reached_since_201415_count: figure.since.map(count),
            schools_reached_since_201415_permille: figure.since_permille.map(count),
        }
    }
}

impl From<&ColdArea> for pb::ColdArea {
    fn from(area: &ColdArea) -> Self {
        Self {
            old_la_code: area.old_la_code.clone(),
            new_la_code: area.new_la_code.clone(),
            region_code: area.region_code.clone(),
            programme: area.programme.as_str().to_owned(),
            education_phase: count(area.phase.number()),
            stage: count(area.stage.number()),
            schools_count: count(area.schools),
            schools_never_reached_count: count(area.never),
            region_schools_count: count(area.region_schools),
            region_schools_never_reached_count: count(area.region_never),
            coldness_ppm: count(area.coldness_ppm),
            rank: count(area.rank),
        }
    }
}

/// The header of a publication.
pub(super) fn header(fields: &mut Fields, message: &pb::PublishReachHeader) -> Option<PublicationHeader> {
    fields.require("reach_publication", message.reach_publication.is_some(), "must be set");
    let sent = message.reach_publication.clone().unwrap_or_default();
    let academic_year = fields.read("reach_publication.academic_year", AcademicYear::parse(&sent.academic_year));
    let true_on = fields.date("reach_publication.true_on_date", &sent.true_on_date);
    let known_on = fields.date("reach_publication.known_on_date", &sent.known_on_date);
    let register_as_of = fields.date("reach_publication.register_as_of_date", &sent.register_as_of_date);
    let content_sha256 = fields.sha256("reach_publication.content_sha256", &sent.content_sha256);
    let policy = fields.optional("reach_publication.policy", &sent.policy, ReachPolicyId::parse);
    let feed_positions = feed_positions(fields, &sent.feed_positions);
    Some(PublicationHeader {
        academic_year: academic_year?,
        true_on: true_on?,
        known_on: known_on?,
        register_as_of: register_as_of?,
        content_sha256: content_sha256?,
        policy,
        feed_positions: feed_positions?,
    })
}

/// Feed positions, each source once, in order of source.
fn feed_positions(fields: &mut Fields, sent: &[pb::FeedPosition]) -> Option<FeedPositions> {
    let word = |text: &str| (1..=FEED_WORD_LENGTH_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    let mut positions: Vec<FeedPosition> = Vec::with_capacity(sent.len().min(FEEDS_MAX));
    for (index, feed) in sent.iter().take(FEEDS_MAX).enumerate() {
        let field = format!("reach_publication.feed_positions[{index}]");
        let hash_length = if feed.position == 0 { 0 } else { HASH_LENGTH };
        let fits = word(&feed.source) && word(&feed.epoch) && feed.position >= 0 && feed.hash.len() == hash_length;
        fields.require(
            &field,
            fits,
            "must have a source and an epoch of 1 to 64 visible characters, a position of 0 or more, and a hash of 32 bytes, or none at position 0",
        );
        let new = positions.iter().all(|known| known.source != feed.source);
        fields.require(&field, new, "names a source that an earlier one names");
        let hash = feed::hexadecimal(&feed.hash);
        positions.push(FeedPosition { source: feed.source.clone(), epoch: feed.epoch.clone(), position: feed.position, hash });
    }
    let few = sent.len() <= FEEDS_MAX;
    fields.require("reach_publication.feed_positions", few, "must not name more than 16 sources");
    positions.sort_unstable();
    few.then_some(FeedPositions(positions))
}

/// A figure; `index` is its position in the publication.
pub(super) fn figure(fields: &mut Fields, index: usize, sent: pb::ReachFigure) -> Option<Figure> {
    let name = |field: &str| format!("figures[{index}].{field}");
    let academic_year = fields.read(&name("academic_year"), AcademicYear::parse(&sent.academic_year));
    let level = fields.read(&name("geographic_level"), Level::from_stored(sent.geographic_level.into()));
    let programme = fields.read(&name("programme"), ReachProgramme::parse(&sent.programme));
    let phase = fields.read(&name("education_phase"), PhaseOrZero::from_stored(sent.education_phase.into()));
    let stage = fields.read(&name("stage"), Stage::from_stored(sent.stage.into()));
    let state = fields.read(&name("state"), FigureState::from_stored(sent.state.into()));
    let region_code = code(fields, &name("region_code"), sent.region_code);
    let old_la_code = code(fields, &name("old_la_code"), sent.old_la_code);
    let new_la_code = code(fields, &name("new_la_code"), sent.new_la_code);
    Some(Figure {
        academic_year: academic_year?,
        level: level?,
        region_code: region_code?,
        old_la_code: old_la_code?,
        new_la_code: new_la_code?,
        programme: programme?,
        phase: phase?.0,
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

/// An area; `index` is its position in the publication.
pub(super) fn area(fields: &mut Fields, index: usize, sent: pb::ColdArea) -> Option<ColdArea> {
    let name = |field: &str| format!("cold_areas[{index}].{field}");
    let programme = fields.read(&name("programme"), ReachProgramme::parse(&sent.programme));
    let phase = fields.read(&name("education_phase"), Phase::from_stored(sent.education_phase.into()));
    let stage = fields.read(&name("stage"), Stage::from_stored(sent.stage.into()));
    let old_la_code = code(fields, &name("old_la_code"), sent.old_la_code);
    let new_la_code = code(fields, &name("new_la_code"), sent.new_la_code);
    let region_code = code(fields, &name("region_code"), sent.region_code);
    Some(ColdArea {
        old_la_code: old_la_code?,
        new_la_code: new_la_code?,
        region_code: region_code?,
        programme: programme?,
        phase: phase?,
        stage: stage?,
        schools: sent.schools_count.into(),
        never: sent.schools_never_reached_count.into(),
        region_schools: sent.region_schools_count.into(),
        region_never: sent.region_schools_never_reached_count.into(),
        coldness_ppm: sent.coldness_ppm.into(),
        rank: sent.rank.into(),
    })
}

/// A code of a region or an authority, of bounded length. Whether it is right depends on the other fields of its row.
fn code(fields: &mut Fields, field: &str, sent: String) -> Option<String> {
    let fits = sent.len() <= CODE_LENGTH_MAX;
    fields.require(field, fits, "must not be longer than 9 characters");
    fits.then_some(sent)
}

/// The filter of a list of figures. A field that is wrong does not filter.
pub(super) fn figure_filter(fields: &mut Fields, message: &pb::ListReachFiguresRequest) -> FigureFilter {
    let academic_year = fields.optional("academic_year", &message.academic_year, AcademicYear::parse);
    let level = match message.geographic_level {
        0 => None,
        number => fields.read("geographic_level", Level::from_stored(number.into())),
    };
    let programme = fields.optional("programme", &message.programme, ReachProgramme::parse);
    FigureFilter { academic_year, level, programme }
}

/// The filter of a list of areas. A field that is wrong does not filter.
pub(super) fn area_filter(fields: &mut Fields, message: &pb::ListColdAreasRequest) -> AreaFilter {
    let programme = fields.optional("programme", &message.programme, ReachProgramme::parse);
    let phase = fields.read("education_phase", PhaseOrZero::from_stored(message.education_phase.into()));
    AreaFilter { programme, phase: PhaseOrZero(phase.and_then(|phase| phase.0)) }
}
