//! Publish: sends figures and cold areas to the network service, as provisional. Another person approves them by a call; this module finds out if
//! that happened, and how a published report was measured.

use futures::{TryStreamExt, future::ready};
use proto::network::v1::{self as pb, publish_reach_request::Part, reach_service_client::ReachServiceClient};

use time::Date;

use crate::{
    ColdArea, EarlierReport, Error, Figure, FigureState, Level, Measure, Measurer, Reach, Report, Source,
    lake::{MANIFEST, Position, Positions, ReportEntry, hexadecimal},
};

/// Maximum figures and areas in one message, by the contract.
const PART_MAX: usize = 500;
/// Publications per page, by the contract.
const PAGE_SIZE_MAX: i32 = 1_000;

/// Sends everything in one call: readers see all of it or nothing. Repeating a request id gives the same answer. Errors with the service's status;
/// then nothing was published.
pub async fn publish(reach: &Reach, report: &Report, source: &Source, request_id: &str) -> Result<pb::ReachPublication, Error> {
    let header = pb::PublishReachHeader {
        request_id: request_id.to_owned(),
        reach_publication: Some(pb::ReachPublication {
            academic_year: reach.newest_year().to_string(),
            true_on_date: reach.options.true_on.to_string(),
            known_on_date: reach.options.known_on.to_string(),
            register_as_of_date: reach.register.as_of_date.clone(),
            content_sha256: report.content_sha256.clone(),
            policy: reach.policy.name().to_owned(),
            feed_positions: reach.options.positions.iter().flatten().map(feed_position).collect(),
            ..pb::ReachPublication::default()
        }),
        validate_only: false,
    };
    let figures = reach.figures.chunks(PART_MAX).map(|figures| pb::ReachPart {
        figures: figures.iter().map(|each| figure(reach, each)).collect(),
        cold_areas: Vec::new(),
    });
    let areas = reach.cold_areas.chunks(PART_MAX).map(|areas| pb::ReachPart {
        figures: Vec::new(),
        cold_areas: areas.iter().map(|each| cold_area(reach, each)).collect(),
    });
    let parts = figures.chain(areas).map(Part::ReachPart);
    let messages: Vec<pb::PublishReachRequest> =
        std::iter::once(Part::Header(header)).chain(parts).map(|part| pb::PublishReachRequest { part: Some(part) }).collect();
    let mut client = ReachServiceClient::new(source.connection.clone());
    let response = client.publish_reach(futures::stream::iter(messages)).await.map_err(|status| source.error(status))?;
    response
        .into_inner()
        .reach_publication
        .ok_or_else(|| source.error(tonic::Status::internal("it answered without the publication")))
}

/// The checksum of figures and areas, as the network service computes it over what it receives.
pub fn figures_sha256(reach: &Reach) -> String {
    let figures = reach.figures.iter().map(|each| figure(reach, each));
    proto::figures_sha256(figures, reach.cold_areas.iter().map(|each| cold_area(reach, each)))
}

fn feed_position((source, at): (&String, &Position)) -> pb::FeedPosition {
    pb::FeedPosition { source: source.clone(), epoch: at.epoch.clone(), position: at.position, hash: bytes(&at.hash) }
}

/// The publication of these figures and this content, true and known on these days: the final one if there is one, otherwise the newest. `None` when it was
/// never published. Errors with the service's status, and when the content was approved with other figures only: then the publisher named the content of a
/// report and sent the figures of another.
pub async fn find_published(reach: &Reach, content_sha256: &str, source: &Source) -> Result<Option<pb::ReachPublication>, Error> {
    let days = (reach.options.true_on.to_string(), reach.options.known_on.to_string());
    let mut found = publications_of(content_sha256, source).await?;
    found.retain(|publication| (&publication.true_on_date, &publication.known_on_date) == (&days.0, &days.1));
    let figures_sha256 = figures_sha256(reach);
    let (same, other): (Vec<_>, Vec<_>) = found.into_iter().partition(|publication| publication.figures_sha256 == figures_sha256);
    let is_final = |publication: &pb::ReachPublication| publication.state() == pb::ReachState::Final;
    match other.into_iter().find(is_final) {
        Some(approved) if !same.iter().any(is_final) => {
            let (publication, approved) = (approved.name, approved.figures_sha256);
            Err(Error::OtherFigures { publication, approved, measured: figures_sha256 })
        }
        _ => Ok(final_or_newest(same)),
    }
}

/// The measurement of the report with this content: from its publication, the final one first, otherwise from the lake. Errors with the service's
/// status, and when neither has the content.
pub async fn find_measured(measurer: &Measurer, content_sha256: &str, source: &Source) -> Result<Measure, Error> {
    let published = publications_of(content_sha256, source).await?;
    let published = published.into_iter().filter(|publication| !publication.feed_positions.is_empty()).collect();
    let entry = match final_or_newest(published) {
        Some(publication) => Some(ReportEntry {
            true_on_date: publication.true_on_date,
            known_on_date: publication.known_on_date,
            positions: positions(publication.feed_positions),
        }),
        None => measurer.reports(content_sha256)?.pop(),
    };
    let entry = entry.ok_or_else(|| Error::UnknownContent { content_sha256: content_sha256.to_owned() })?;
    let day = |text: &str| {
        Date::parse(text).map_err(|error| Error::Manifest { path: measurer.lake().join(MANIFEST), reason: error.to_string() })
    };
    Ok(Measure::on(day(&entry.true_on_date)?, day(&entry.known_on_date)?).up_to(entry.positions))
}

/// The positions in a publication of the earlier report. Errors with the service's status.
pub async fn find_positions(earlier: &EarlierReport, source: &Source) -> Result<Option<Positions>, Error> {
    let (options, content_sha256) = earlier.identity();
    let days = (options.true_on.to_string(), options.known_on.to_string());
    let mut found = publications_of(content_sha256, source).await?;
    found.retain(|publication| {
        (&publication.true_on_date, &publication.known_on_date) == (&days.0, &days.1) && !publication.feed_positions.is_empty()
    });
    Ok(final_or_newest(found).map(|publication| positions(publication.feed_positions)))
}

fn positions(sent: Vec<pb::FeedPosition>) -> Positions {
    let position = |feed: pb::FeedPosition| {
        let hash = hexadecimal(&feed.hash);
        (feed.source, Position { epoch: feed.epoch, position: feed.position, hash })
    };
    sent.into_iter().map(position).collect()
}

/// The bytes of hexadecimal digits; none where the text is something else.
fn bytes(hexadecimal: &str) -> Vec<u8> {
    let pairs =
        hexadecimal.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap_or_default(), 16));
    pairs.collect::<Result<_, _>>().unwrap_or_default()
}

/// The final publication if there is one, otherwise the newest. They are listed newest first.
fn final_or_newest(publications: Vec<pb::ReachPublication>) -> Option<pb::ReachPublication> {
    let last = publications.iter().position(|publication| publication.state() == pb::ReachState::Final).unwrap_or(0);
    publications.into_iter().nth(last)
}

/// All publications of a content, newest first.
async fn publications_of(content_sha256: &str, source: &Source) -> Result<Vec<pb::ReachPublication>, Error> {
    let publications = client::items(|page_token| {
        let mut client = ReachServiceClient::new(source.connection.clone());
        async move {
            let request = pb::ListReachPublicationsRequest { page_size: PAGE_SIZE_MAX, page_token };
            let page = client.list_reach_publications(request).await?.into_inner();
            Ok((page.reach_publications, page.next_page_token))
        }
    });
    let of_content = publications.try_filter(|publication| ready(publication.content_sha256 == content_sha256));
    of_content.try_collect().await.map_err(|status| source.error(status))
}

fn figure(reach: &Reach, figure: &Figure) -> pb::ReachFigure {
    let count = |number: u32| i32::try_from(number).expect("there are fewer schools than 31 bits hold");
    let permille =
        |reached: u32| (figure.state == FigureState::Complete).then(|| count(crate::permille(reached, figure.schools_count)));
    let reached = |number: u32| (figure.state != FigureState::NotPlayed).then(|| count(number));
    let (level, region_code, authority) = match &figure.level {
        Level::National => (pb::GeographicLevel::National, "", None),
        Level::Regional(region) => (pb::GeographicLevel::Regional, region.code, None),
        Level::LocalAuthority(authority) => (pb::GeographicLevel::LocalAuthority, authority.region.code, Some(authority)),
    };
    let state = match figure.state {
        FigureState::Complete => pb::FigureState::Complete,
        FigureState::NotCovered => pb::FigureState::NotCovered,
        FigureState::NotPlayed => pb::FigureState::NotPlayed,
        FigureState::NoSchools => pb::FigureState::NoSchools,
        FigureState::NoDenominator => pb::FigureState::NoDenominator,
    };
    pb::ReachFigure {
        academic_year: figure.year.to_string(),
        geographic_level: level.into(),
        region_code: region_code.to_owned(),
        old_la_code: authority.map(|authority| authority.old_la_code.clone()).unwrap_or_default(),
        new_la_code: authority.map(|authority| authority.new_la_code.clone()).unwrap_or_default(),
        programme: figure.programme.map_or_else(|| "total".to_owned(), |index| reach.programmes[index].id.clone()),
        education_phase: figure.phase.map_or(0, crate::Phase::to_proto),
        stage: figure.stage.number(),
        state: state.into(),
        schools_count: matches!(figure.state, FigureState::Complete | FigureState::NoSchools)
            .then(|| count(figure.schools_count)),
        schools_reached_count: reached(figure.reached_count),
        schools_reached_new_count: reached(figure.reached_new_count),
        schools_reached_permille: permille(figure.reached_count),
        schools_reached_since_201415_count: reached(figure.reached_since_count),
        schools_reached_since_201415_permille: permille(figure.reached_since_count),
    }
}

fn cold_area(reach: &Reach, area: &ColdArea) -> pb::ColdArea {
    let count = |number: u32| i32::try_from(number).expect("there are fewer schools than 31 bits hold");
    pb::ColdArea {
        old_la_code: area.authority.old_la_code.clone(),
        new_la_code: area.authority.new_la_code.clone(),
        region_code: area.authority.region.code.to_owned(),
        programme: reach.programmes[area.programme].id.clone(),
        education_phase: area.phase.to_proto(),
        stage: area.stage.number(),
        schools_count: count(area.schools_count),
        schools_never_reached_count: count(area.never_reached_count),
        region_schools_count: count(area.region_schools_count),
        region_schools_never_reached_count: count(area.region_never_reached_count),
        coldness_ppm: count(area.coldness_ppm),
        rank: area.rank.map_or(0, count),
    }
}
