//! A school that became an academy counts as reached through its predecessor.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use analytics::{Level, Measure, Reach, Stage, collect, measure};
use proto::enrolment::v1::PlaceOrder;
use stories::{
    PROGRAMME, Suite, places,
    register::{self, Register, SHEFFIELD},
    round,
};
use time::Date;

const OLD: i32 = 100_001;
const ACADEMY: i32 = 100_900;

/// The schools of England that count as ever enrolled on a day, by a register that is imported first.
async fn enrolled_since_201415(suite: &Suite, lake: &std::path::Path, register: &Register, day: &str, open_count: i64) -> u32 {
    suite.ncetm().import(register).await.unwrap();
    suite.dfe().confirm_links().await.unwrap();
    let (reach, schools_count, reached_since_count) = measured(suite, lake, day).await;
    assert_eq!((i64::from(schools_count), reach.register.pending_links_count), (open_count, 0), "the denominator");
    reached_since_count
}

/// A measurement of a day, with England's schools and those that count as ever enrolled.
async fn measured(suite: &Suite, lake: &std::path::Path, day: &str) -> (Reach, u32, u32) {
    collect(lake, &[suite.source("network"), suite.source("enrolment")], suite.clock.now()).await.unwrap();
    let day = Date::parse(day).unwrap();
    let reach = measure(lake, &Measure::on(day, day)).unwrap();
    let figure = reach.find_figure(reach.newest_year(), &Level::National, Some(PROGRAMME), None, Stage::Enrolled).unwrap();
    let counts = (figure.schools_count, figure.reached_since_count);
    (reach, counts.0, counts.1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_academy_counts_through_its_predecessor_by_a_link_in_force_on_the_day_only() {
    stories::on_each_database("2017-05-01", async |suite| {
        let ncetm = suite.ncetm();
        ncetm.import(&register::as_of("2017-05-01").primaries(OLD..OLD + 3, SHEFFIELD).done()).await.unwrap();
        let hub = ncetm.create_hub("north", OLD).await.unwrap();
        let announced = round("2017/18", ["2017-05-01", "2017-07-31"], PlaceOrder::Submission);
        let round = ncetm.announce("2017", announced).await.unwrap();
        ncetm.set_places(&round, places(&hub, 2)).await.unwrap();
        for urn in [OLD, OLD + 1] {
            let application = ncetm.apply(&round, urn, &hub).await.unwrap();
            ncetm.offer(&round, &hub, 0).await.unwrap();
            ncetm.accept(&application).await.unwrap();
        }

        suite.move_to("2018-09-03");
        let after = || {
            register::as_of("2018-09-01")
                .closed_primary(OLD, SHEFFIELD, "31-08-2018")
                .primaries(OLD + 1..OLD + 3, SHEFFIELD)
                .primary_academy(ACADEMY, SHEFFIELD, "01-09-2018")
        };
        let linked = after().successor(OLD, ACADEMY, "01-09-2018").done();
        let folder = tempfile::tempdir().unwrap();
        let lake = folder.path().join("lake");
        let without = enrolled_since_201415(&suite, &lake, &linked.without_links(), "2018-09-03", 3).await;
        let later = after().successor(OLD, ACADEMY, "01-01-2019").done();
        let dated_later = enrolled_since_201415(&suite, &lake, &later, "2018-09-03", 3).await;
        let with = enrolled_since_201415(&suite, &lake, &linked, "2018-09-03", 3).await;
        let undated = after().successor(OLD, ACADEMY, "").done();
        let by_closing_day = enrolled_since_201415(&suite, &lake, &undated, "2018-09-03", 3).await;
        assert_eq!((without, dated_later, with, by_closing_day), (1, 1, 2, 2), "one school differs");

        // A link that the newest files lack counts until its end is confirmed, and the report tells how many links are pending.
        suite.ncetm().import(&linked.without_links()).await.unwrap();
        let (reach, _, pending) = measured(&suite, &lake, "2018-09-03").await;
        assert_eq!((pending, reach.register.pending_links_count), (2, 1));
        suite.dfe().confirm_links().await.unwrap();
        assert_eq!(measured(&suite, &lake, "2018-09-03").await.2, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merger_counts_as_descent_under_each_gias_link_type() {
    // Both ends have the same type, and both days are given: the last day of the old school, the first day of the new one.
    const MERGERS: [(i32, i32, &str); 3] = [
        (100_101, 100_102, "Result of Amalgamation"),
        (100_103, 100_104, "Merged - change in age range"),
        (100_105, 100_106, "Merged - expansion in school capacity and changer in age range"),
    ];
    stories::on_each_database("2017-05-01", async |mut suite| {
        suite.start_funding().await;
        let ncetm = suite.ncetm();
        ncetm.import(&register::as_of("2017-05-01").primaries(100_101..100_108, SHEFFIELD).done()).await.unwrap();
        let hub = ncetm.create_hub("north", 100_107).await.unwrap();
        let announced = round("2017/18", ["2017-05-01", "2017-07-31"], PlaceOrder::Submission);
        let first = ncetm.announce("2017", announced).await.unwrap();
        ncetm.set_places(&first, places(&hub, 3)).await.unwrap();
        suite.funding_caught_up().await;
        ncetm.decide_subsidy(Date::parse("2017-05-01").unwrap()).await.unwrap();
        ncetm.allocate(&hub, suite.clock.today(), 3).await.unwrap();
        for (old, _, _) in MERGERS {
            ncetm.apply(&first, old, &hub).await.unwrap();
        }
        for application in ncetm.offer(&first, &hub, 0).await.unwrap() {
            ncetm.accept(&application.name).await.unwrap();
        }

        suite.move_to("2018-09-03");
        let rows =
            MERGERS.into_iter().fold(register::as_of("2018-09-01").primary(100_107, SHEFFIELD), |rows, (old, new, link_type)| {
                rows.closed_primary(old, SHEFFIELD, "31-08-2018")
                    .primary(new, SHEFFIELD)
                    .link(old, new, link_type, "31-08-2018")
                    .link(new, old, link_type, "01-09-2018")
            });
        let folder = tempfile::tempdir().unwrap();
        let reached = enrolled_since_201415(&suite, &folder.path().join("lake"), &rows.done(), "2018-09-03", 4).await;
        assert_eq!(reached, 3, "each new school counts through its predecessor");
        suite.caught_up().await;
        let announced = round("2019/20", ["2018-09-03", "2019-07-31"], PlaceOrder::Submission);
        let second = ncetm.announce("2019", announced).await.unwrap();
        ncetm.set_places(&second, places(&hub, 3)).await.unwrap();
        for (_, new, _) in MERGERS {
            stories::assert_refused(ncetm.apply(&second, new, &hub).await, tonic::Code::AlreadyExists, "SCHOOL_HAS_APPLIED");
        }
        suite.funding_caught_up().await;
        assert_eq!(ncetm.all_entitlements().await.unwrap().len(), 3, "no lineage is entitled a second time");
    })
    .await;
}

/// From the real files: closed primary schools and the open successor of each, by a link in force on 1 September 2018. Only schools without other
/// links, so that the expected result needs no graph.
fn academised(register: &Register, most: usize) -> BTreeMap<i32, i32> {
    let mut primaries: HashMap<i32, bool> = HashMap::new();
    for row in rows(&register.extract) {
        let is = |column: &str, values: &[&str]| values.contains(&row[column].as_str());
        let counted = is("EstablishmentTypeGroup (code)", &["4", "10", "11"]) && is("PhaseOfEducation (code)", &["2"]);
        if counted && is("EstablishmentStatus (code)", &["1", "2"]) {
            primaries.insert(row["URN"].parse().unwrap(), row["EstablishmentStatus (code)"] == "1");
        }
    }
    let mut partners: HashMap<i32, BTreeSet<i32>> = HashMap::new();
    let mut found = BTreeMap::new();
    for row in rows(&register.links) {
        let [one, other] = ["URN", "LinkURN"].map(|column| row[column].parse::<i32>().unwrap());
        partners.entry(one).or_default().insert(other);
        partners.entry(other).or_default().insert(one);
        let date: Vec<_> = row["LinkEstablishedDate"].split('-').rev().map(str::to_owned).collect();
        let holds = date.len() == 3 && date.join("-").as_str() <= "2017-12-31";
        if row["LinkType"] == "Successor" && holds && primaries.get(&one) == Some(&false) && primaries.get(&other) == Some(&true)
        {
            found.insert(one, other);
        }
    }
    let alone = |urn: &i32| partners[urn].len() == 1;
    found.into_iter().filter(|(old, new)| alone(old) && alone(new)).take(most).collect()
}

fn rows(file: &[u8]) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_reader(file);
    let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
    let header: Vec<_> = reader.byte_headers().unwrap().iter().map(text).collect();
    reader.byte_records().map(|row| header.iter().cloned().zip(row.unwrap().iter().map(text)).collect()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_links_file_the_real_register_loses_every_academy() {
    let Some(real) = register::real() else {
        return db::testing::skip(db::testing::NO_REGISTER);
    };
    let academised = academised(&real, 40);
    let suite = Suite::start_on_sqlite("2017-05-01").await;
    let ncetm = suite.ncetm();
    // An earlier register, in which the predecessors are open; they enrol.
    let earlier = academised.keys().fold(register::as_of("2017-05-01"), |rows, urn| rows.primary(*urn, SHEFFIELD));
    ncetm.import(&earlier.done()).await.unwrap();
    let hub = ncetm.create_hub("north", *academised.keys().next().unwrap()).await.unwrap();
    let announced = round("2017/18", ["2017-05-01", "2017-07-31"], PlaceOrder::Submission);
    let round = ncetm.announce("2017", announced).await.unwrap();
    ncetm.set_places(&round, places(&hub, 100)).await.unwrap();
    for urn in academised.keys() {
        ncetm.apply(&round, *urn, &hub).await.unwrap();
    }
    for application in ncetm.offer(&round, &hub, 0).await.unwrap() {
        ncetm.accept(&application.name).await.unwrap();
    }

    suite.move_to("2018-09-03");
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    let primary = 16_653;
    let without = enrolled_since_201415(&suite, &lake, &real.without_links(), "2018-09-03", primary).await;
    let with = enrolled_since_201415(&suite, &lake, &real, "2018-09-03", primary).await;
    println!("{} schools enrolled and academised: {without} count without the links file, {with} with it", academised.len());
    assert!(academised.len() >= 20, "the files hold too few to show anything");
    assert_eq!((without, usize::try_from(with).unwrap()), (0, academised.len()), "that many schools differ");
}
