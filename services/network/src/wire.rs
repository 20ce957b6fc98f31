//! Domain values as messages, for answers and events alike.

use proto::network::v1 as pb;
use time::Date;

use crate::{
    code::{Code, code_or_zero},
    domain::{
        hub::{Choice, Hub},
        lineage::Link,
        reach::{Area, FeedPosition, Figure, Publication},
        register::{Entry, LinkType, Reason, Register, UnknownCode},
    },
};

fn day(date: Option<Date>) -> String {
    date.map(|date| date.to_string()).unwrap_or_default()
}

/// A number that was checked when it came in.
fn small(number: i64) -> i32 {
    i32::try_from(number).expect("counts and codes fit into 31 bits")
}

pub(crate) fn etag(version: i64) -> String {
    version.to_string()
}

pub(crate) fn school(entry: &Entry) -> pb::School {
    let school = &entry.school;
    pb::School {
        name: school.urn.name(),
        urn: school.urn.number(),
        school_name: school.school_name.as_ref().to_owned(),
        old_la_code: school.old_la_code.as_ref().to_owned(),
        former_old_la_code: school.former_old_la_code.as_ref().to_owned(),
        new_la_code: school.new_la_code.as_ref().to_owned(),
        la_name: school.la_name.as_ref().to_owned(),
        region_code: school.region.map_or("", |region| region.code).to_owned(),
        region_name: school.region.map_or("", |region| region.name).to_owned(),
        type_code: small(school.type_code),
        type_group_code: small(school.type_group_code),
        status_code: small(school.status_code),
        phase_code: small(school.phase_code),
        education_phase: code_or_zero(school.phase),
        open_date: day(school.open_date),
        close_date: day(school.close_date),
        register_reason: school.reason.code(),
        fsm_permille: school.fsm_permille.map(small),
        listed: entry.listed,
        etag: etag(entry.version),
    }
}

pub(crate) fn link(link: &Link) -> pb::SchoolLink {
    pb::SchoolLink {
        predecessor_urn: link.predecessor.number(),
        successor_urn: link.successor.number(),
        kind: link.descent.code(),
        established_date: day(link.established),
    }
}

pub(crate) fn register(register: &Register) -> pb::Register {
    let summary = &register.summary;
    let reasons = Reason::ALL.iter().zip(summary.reason_counts);
    pb::Register {
        name: "register".to_owned(),
        as_of_date: day(register.as_of),
        extract_sha256: register.extract_sha256.clone(),
        links_sha256: register.links_sha256.clone(),
        rows_count: small(summary.rows_count),
        reason_counts: reasons
            .map(|(reason, count)| pb::RegisterReasonCount { reason: reason.code(), rows_count: small(count) })
            .collect(),
        link_rows_count: small(summary.link_rows_count),
        links_count: small(summary.links_count),
        link_rows_unknown_urn_count: small(summary.link_rows_unknown_urn_count),
        link_rows_other_count: small(summary.link_rows_other_count),
        open_date_blank_count: small(summary.open_date_blank_count),
        new_la_code_column_missing: summary.new_la_codes.column_missing,
        new_la_code_from_table_count: small(summary.new_la_codes.from_table_count),
        new_la_code_unknown_count: small(summary.new_la_codes.unknown_count),
        etag: etag(register.version),
        link_rows_undirected_count: small(summary.link_rows_undirected_count),
        link_type_counts: summary.link_types.iter().map(link_type).collect(),
        unknown_code_counts: summary.unknown_codes.iter().map(unknown_code).collect(),
        texts_repaired_count: small(summary.texts_repaired_count),
    }
}

fn link_type(counted: &LinkType) -> pb::LinkTypeCount {
    pb::LinkTypeCount { link_type: counted.link_type.clone(), rows_count: small(counted.rows_count) }
}

fn unknown_code(counted: &UnknownCode) -> pb::UnknownCodeCount {
    pb::UnknownCodeCount { reason: counted.reason.code(), code: counted.code.clone(), rows_count: small(counted.rows_count) }
}

pub(crate) fn hub(hub: &Hub) -> pb::Hub {
    pb::Hub {
        name: format!("hubs/{}", hub.hub_id),
        display_name: hub.display_name.clone(),
        lead_school: hub.lead_school.name(),
        start_date: hub.start_date.to_string(),
        end_date: day(hub.end_date),
        etag: etag(hub.version),
    }
}

pub(crate) fn choice(choice: &Choice) -> pb::HubChoice {
    pb::HubChoice {
        name: format!("{}/hubChoices/{}", choice.urn.name(), choice.start_date),
        school: choice.urn.name(),
        hub: format!("hubs/{}", choice.hub_id),
        start_date: choice.start_date.to_string(),
        end_date: day(choice.end_date),
    }
}

pub(crate) fn figure(figure: &Figure) -> pb::ReachFigure {
    pb::ReachFigure {
        academic_year: figure.academic_year.to_string(),
        geographic_level: figure.level.code(),
        region_code: figure.region_code.clone(),
        old_la_code: figure.old_la_code.clone(),
        new_la_code: figure.new_la_code.clone(),
        programme: figure.programme.clone(),
        education_phase: code_or_zero(figure.phase),
        stage: figure.stage.code(),
        state: figure.state.code(),
        schools_count: figure.schools.map(small),
        schools_reached_count: figure.reached.map(small),
        schools_reached_new_count: figure.new.map(small),
        schools_reached_permille: figure.reached_permille.map(small),
        schools_reached_since_201415_count: figure.since.map(small),
        schools_reached_since_201415_permille: figure.since_permille.map(small),
    }
}

pub(crate) fn area(area: &Area) -> pb::ColdArea {
    pb::ColdArea {
        old_la_code: area.old_la_code.clone(),
        new_la_code: area.new_la_code.clone(),
        region_code: area.region_code.clone(),
        programme: area.programme.clone(),
        education_phase: area.phase.code(),
        stage: area.stage.code(),
        schools_count: small(area.schools),
        schools_never_reached_count: small(area.never),
        region_schools_count: small(area.region_schools),
        region_schools_never_reached_count: small(area.region_never),
        coldness_ppm: small(area.coldness_ppm),
        rank: small(area.rank),
    }
}

fn feed_position(feed: &FeedPosition) -> pb::FeedPosition {
    pb::FeedPosition { source: feed.source.clone(), epoch: feed.epoch.clone(), position: feed.position }
}

/// `reachPublications/{publication}`.
pub(crate) fn publication_name(id: &str) -> String {
    format!("reachPublications/{id}")
}

pub(crate) fn publication(publication: &Publication) -> pb::ReachPublication {
    let header = &publication.header;
    let state = if publication.approved.is_some() { pb::ReachState::Final } else { pb::ReachState::Provisional };
    let approved = publication.approved.as_ref();
    pb::ReachPublication {
        name: publication_name(&publication.publication_id),
        state: state.into(),
        academic_year: header.academic_year.to_string(),
        true_on_date: header.true_on.to_string(),
        known_on_date: header.known_on.to_string(),
        register_as_of_date: header.register_as_of.to_string(),
        content_sha256: header.content_sha256.clone(),
        coldness_prior_schools_count: small(header.prior_schools),
        publish_time: Some(publication.published.to_proto()),
        publisher: publication.publisher.clone(),
        approve_time: approved.map(|approval| approval.time.to_proto()),
        approver: approved.map(|approval| approval.approver.clone()).unwrap_or_default(),
        approving_body: approved.map(|approval| approval.body.clone()).unwrap_or_default(),
        superseded_reach_publication: approved
            .and_then(|approval| approval.superseded.as_deref())
            .map(publication_name)
            .unwrap_or_default(),
        feed_positions: header.feed_positions.iter().map(feed_position).collect(),
        figures_count: small(publication.figures_count),
        cold_areas_count: small(publication.cold_areas_count),
        etag: etag(publication.version),
    }
}
