//! The first day of the suite: the schools in the programme by the written answer in Parliament of 16 January 2018, imported into the real register.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    time::{Duration, Instant},
};

use analytics::{Level, Measure, REGIONS, Reach, Stage, collect, figures_sha256, measure, publish, write_report};
use proto::{
    enrolment::v1::{self as enrolment, PlaceOrder, import_history_request::Part},
    network::v1 as network,
};
use stories::{
    Caller, PROGRAMME, Suite, places, programme_year,
    register::{self, Register, SHEFFIELD},
    round, terms,
};

const SECONDARY: &str = "secondary-teaching-for-mastery";

/// The schools in the programme, in the order of [`REGIONS`].
const SCHOOLS_OF_THE_ANSWER: [usize; 9] = [142, 329, 319, 272, 248, 257, 416, 418, 270];

/// A school that counts, by the columns of the extract alone.
struct School {
    urn: i32,
    region: usize,
    old_la_code: String,
    is_primary: bool,
}

fn schools(extract: &[u8]) -> Vec<School> {
    let text = String::from_utf8_lossy(extract);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header: HashMap<String, usize> =
        reader.headers().unwrap().iter().enumerate().map(|(index, name)| (name.to_owned(), index)).collect();
    let mut schools = Vec::new();
    for row in reader.records() {
        let row = row.unwrap();
        let field = |name: &str| row.get(header[name]).unwrap();
        let region = REGIONS.iter().position(|region| region.name.eq_ignore_ascii_case(field("GOR (name)")));
        let phase = field("PhaseOfEducation (code)");
        let counts = ["1", "3"].contains(&field("EstablishmentStatus (code)"))
            && ["4", "10", "11"].contains(&field("EstablishmentTypeGroup (code)"))
            && ["2", "3", "4", "5", "7"].contains(&phase);
        if let Some(region) = region.filter(|_| counts) {
            let is_primary = ["2", "3"].contains(&phase);
            schools.push(School {
                urn: field("URN").parse().unwrap(),
                region,
                old_la_code: field("LA (code)").to_owned(),
                is_primary,
            });
        }
    }
    schools
}

/// The history file: as many schools of each region as the answer says, drawn by a seed, half of them from each of two years.
fn drawn(schools: &[School]) -> Vec<&School> {
    // The finaliser of SplitMix64: neighbouring URNs are far apart.
    let number = |urn: i32| {
        let mut mixed = u64::try_from(urn).unwrap().wrapping_mul(0x9E37_79B9_7F4A_7C15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    };
    let mut drawn = Vec::new();
    for (region, count) in SCHOOLS_OF_THE_ANSWER.into_iter().enumerate() {
        let mut of_region: Vec<&School> = schools.iter().filter(|school| school.region == region).collect();
        of_region.sort_by_key(|school| number(school.urn));
        drawn.extend(of_region.into_iter().take(count));
    }
    drawn
}

fn file(drawn: &[&School]) -> String {
    let mut file =
        "urn,programme,hub,first_academic_year,year_1_start,year_1_completion,year_2_start,year_2_completion,withdraw_date,\
                    release_subsidy_paid,textbook_match_paid\n"
            .to_owned();
    for (index, school) in drawn.iter().enumerate() {
        let programme = if school.is_primary { PROGRAMME } else { SECONDARY };
        let days =
            if index % 2 == 0 { "2016/17,2016-09-12,2017-07-07,2017-09-11,,,2016-12-01," } else { "2017/18,2017-09-11,,,,,," };
        file.push_str(&format!("{},{programme},first,{days}\n", school.urn));
    }
    file
}

/// Puts the secondary programme into the catalogue, beside the primary one.
async fn catalogue_secondary(ncetm: &Caller) {
    ncetm.catalogue_programme().await.unwrap();
    let terms =
        network::ProgrammeTerms { years: vec![programme_year("Development"), programme_year("Embedding")], ..terms(&[4, 5, 7]) };
    ncetm.catalogue_programme_of(SECONDARY, terms).await.unwrap();
}

/// The number of imported participations, and of rows that were imported before.
async fn import(ncetm: &Caller, request_id: &str, file: &str) -> (i32, i32) {
    let header = enrolment::ImportHistoryHeader {
        request_id: request_id.to_owned(),
        source: "Written answer of 16 January 2018".to_owned(),
        as_of_date: "2018-01-16".to_owned(),
        validate_only: false,
    };
    let chunks = file.as_bytes().chunks(256 * 1024).map(|chunk| Part::CsvChunk(chunk.to_vec()));
    let parts: Vec<_> = std::iter::once(Part::Header(header)).chain(chunks).collect();
    let messages = parts.into_iter().map(|part| enrolment::ImportHistoryRequest { part: Some(part) });
    let answer = ncetm.history().import_history(futures::stream::iter(messages)).await.unwrap().into_inner();
    (answer.imported_count, answer.unchanged_count)
}

/// Everything that is recorded, measured today.
async fn measured(suite: &Suite, folder: &Path) -> Reach {
    let lake = folder.join("lake");
    collect(&lake, &[suite.source("network"), suite.source("enrolment")], suite.clock.now()).await.unwrap();
    measure(&lake, &Measure::on(suite.clock.today(), suite.clock.today())).unwrap()
}

/// The 2018/19 round gives its one place to the school of the colder area, although the other applied before it.
async fn a_place_by_priority(suite: &Suite, reach: &Reach, schools: &[School], drawn: &[&School]) {
    let ncetm = suite.ncetm();
    let ranked = reach.cold_areas.iter().filter(|area| reach.programmes[area.programme].id == PROGRAMME && area.rank.is_some());
    let ranked: Vec<_> = ranked.map(|area| area.authority.old_la_code.as_str()).collect();
    let (coldest, warmest) = (ranked[0], ranked[ranked.len() - 1]);
    let announced = round("2018/19", ["2018-06-01", "2018-07-31"], PlaceOrder::PriorityThenSubmission);
    let round = ncetm.announce("2018", announced).await.unwrap();
    ncetm.set_places(&round, places("hubs/first", 1)).await.unwrap();
    let of = |code: &str| {
        let reached = |school: &School| drawn.iter().any(|one| one.urn == school.urn);
        schools.iter().find(|school| school.is_primary && school.old_la_code == code && !reached(school)).unwrap().urn
    };
    for urn in [of(warmest), of(coldest)] {
        ncetm.apply(&round, urn, "hubs/first").await.unwrap();
    }
    let offered = ncetm.offer(&round, "hubs/first", 0).await.unwrap();
    let offered: Vec<_> = offered.iter().map(|one| (one.school.clone(), one.queue_number)).collect();
    assert_eq!(offered, [(format!("schools/{}", of(coldest)), 2)]);
    let taken_part = ncetm.draft(&round, drawn.iter().find(|school| school.is_primary).unwrap().urn, "hubs/first").await.unwrap();
    let refused = ncetm.submit(&taken_part.name).await.unwrap_err();
    assert_eq!(stories::reason(&refused), "SCHOOL_HAS_APPLIED", "an imported school takes part once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_written_answer_of_january_2018_is_reported_by_region_and_decides_the_next_places() {
    let Some(real) = register::real() else { return db::testing::skip(db::testing::NO_REGISTER) };
    let schools = schools(&real.extract);
    let drawn = drawn(&schools);
    let suite = Suite::start_on_sqlite("2018-06-01").await;
    let ncetm = suite.ncetm();
    // There is no extract of 2017, so that the one of 2018 is imported as that of 2017: the coldness of June is measured against its schools.
    let of_2017 = Register { as_of_date: "2017-09-01".to_owned(), ..real.without_links() };
    ncetm.import(&of_2017).await.unwrap();
    ncetm.create_hub("first", drawn[0].urn).await.unwrap();
    catalogue_secondary(&ncetm).await;
    suite.caught_up().await;

    let file = file(&drawn);
    let started = Instant::now();
    assert_eq!(import(&ncetm, "import", &file).await, (2_671, 0));
    let elapsed = started.elapsed();
    println!("2,671 rows in {elapsed:?}");
    assert!(elapsed < Duration::from_secs(2), "{elapsed:?}");
    assert_eq!(import(&ncetm, "import-again", &file).await, (0, 2_671));

    let folder = tempfile::tempdir().unwrap();
    let reach = measured(&suite, folder.path()).await;
    let report = write_report(&reach, &folder.path().join("report"), &analytics::ReportState::Provisional).unwrap();
    let publication = publish(&reach, &report, &suite.source("network"), "publish").await.unwrap();
    let approve = network::ApproveReachRequest {
        request_id: "approve".to_owned(),
        name: publication.name.clone(),
        etag: publication.etag.clone(),
        figures_sha256: figures_sha256(&reach),
    };
    suite.dfe().reach().approve_reach(approve).await.unwrap();
    suite.caught_up().await;
    a_place_by_priority(&suite, &reach, &schools, &drawn).await;

    // On the extract's own day: of each region's schools, the share that was in the programme.
    suite.move_to("2018-09-03");
    ncetm.import(&real.without_links()).await.unwrap();
    let reach = measured(&suite, folder.path()).await;
    let of = |level: Level| {
        let figure = reach.find_figure(reach.newest_year(), &level, None, None, Stage::Active).unwrap();
        let percent = f64::from(figure.reached_since_count) * 100.0 / f64::from(figure.schools_count);
        ((figure.reached_since_count, figure.schools_count), format!("{percent:.1}"))
    };
    let regions = REGIONS.map(|region| of(Level::Regional(region)).1);
    assert_eq!(regions, ["13.8", "11.4", "15.5", "14.3", "11.5", "10.9", "18.0", "13.5", "12.3"]);
    assert_eq!(of(Level::National), ((2_671, 20_013), "13.3".to_owned()));
    let mut coldest: BTreeMap<u32, &str> = BTreeMap::new();
    for region in REGIONS {
        let ((reached, schools), _) = of(Level::Regional(region));
        coldest.insert(reached * 1_000_000 / schools, region.name);
    }
    let coldest: Vec<_> = coldest.into_values().take(3).collect();
    assert_eq!(coldest, ["East of England", "North West", "West Midlands"]);
}

/// A file with a school that no register lists is refused as a whole; the academy of a closed school has taken part.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_reaches_academies_and_refuses_unknown_schools() {
    stories::on_each_database("2018-09-03", async |suite| {
        let ncetm = suite.ncetm();
        let rows = register::as_of("2018-09-01")
            .closed_primary(100_001, SHEFFIELD, "31-01-2018")
            .primary_academy(100_002, SHEFFIELD, "01-02-2018")
            .successor(100_001, 100_002, "01-02-2018")
            .primaries(100_003..100_005, SHEFFIELD);
        ncetm.import(&rows.done()).await.unwrap();
        ncetm.create_hub("first", 100_003).await.unwrap();
        ncetm.catalogue_programme().await.unwrap();
        suite.caught_up().await;
        let row = |urn: i32| School { urn, region: 2, old_la_code: String::new(), is_primary: true };
        let history = |urns: &[i32]| {
            let schools: Vec<School> = urns.iter().map(|urn| row(*urn)).collect();
            file(&schools.iter().collect::<Vec<_>>())
        };
        let header = || enrolment::ImportHistoryHeader {
            request_id: "refused".to_owned(),
            source: "A list".to_owned(),
            as_of_date: "2018-06-30".to_owned(),
            validate_only: false,
        };
        let parts = [Part::Header(header()), Part::CsvChunk(history(&[100_001, 999_999]).into_bytes())];
        let messages = parts.map(|part| enrolment::ImportHistoryRequest { part: Some(part) });
        let refused = ncetm.history().import_history(futures::stream::iter(messages)).await.unwrap_err();
        assert!(refused.message().contains("row 3, column urn: no register has listed `schools/999999`"), "{refused}");
        assert_eq!(ncetm.all_participations("").await.unwrap(), []);

        assert_eq!(import(&ncetm, "import", &history(&[100_003, 100_001])).await, (2, 0));
        let seen = suite.school("schools/100002").all_participations("").await.unwrap();
        assert_eq!(seen.len(), 1, "an academy sees what its predecessor took part in");
        let folder = tempfile::tempdir().unwrap();
        let reach = measured(&suite, folder.path()).await;
        let figure = reach.find_figure(reach.newest_year(), &Level::National, None, None, Stage::Active).unwrap();
        assert_eq!((figure.schools_count, figure.reached_since_count), (3, 2), "the academy counts as reached");
    })
    .await;
}
