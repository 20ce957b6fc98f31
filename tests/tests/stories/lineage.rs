//! A school that became an academy counts as reached through its predecessor.

use analytics::{Level, Measure, Stage, collect, measure};
use proto::enrolment::v1::PlaceOrder;
use stories::{
    PROGRAMME, Suite, places,
    register::{self, Register, SHEFFIELD},
    round,
};
use time::Date;

const OLD: i32 = 100_001;
const ACADEMY: i32 = 100_900;

/// The schools of England that count as ever enrolled, measured on a day by a register that is imported first.
async fn enrolled_since_201415(suite: &Suite, lake: &std::path::Path, register: &Register, day: &str) -> u32 {
    suite.ncetm().import(register).await.unwrap();
    collect(lake, &[suite.source("network"), suite.source("enrolment")], suite.clock.now()).await.unwrap();
    let day = Date::parse(day).unwrap();
    let reach = measure(lake, &Measure::on(day, day)).unwrap();
    let figure = reach.find_figure(reach.newest_year(), &Level::National, Some(PROGRAMME), None, Stage::Enrolled).unwrap();
    assert_eq!(figure.schools_count, 3, "three schools are open");
    figure.reached_since_count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_academised_school_counts_through_its_predecessor_and_only_by_a_link_that_holds_on_the_day() {
    stories::on_each_database("2017-05-01", async |suite| {
        let ncetm = suite.ncetm();
        ncetm.import(&register::as_of("2017-05-01").primaries(OLD..OLD + 3, SHEFFIELD).done()).await.unwrap();
        let hub = ncetm.found_hub("north", OLD).await.unwrap();
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
        let without = enrolled_since_201415(&suite, &lake, &linked.without_links(), "2018-09-03").await;
        let later = after().successor(OLD, ACADEMY, "01-01-2019").done();
        let dated_later = enrolled_since_201415(&suite, &lake, &later, "2018-09-03").await;
        let with = enrolled_since_201415(&suite, &lake, &linked, "2018-09-03").await;
        let undated = after().successor(OLD, ACADEMY, "").done();
        let by_closing_day = enrolled_since_201415(&suite, &lake, &undated, "2018-09-03").await;
        assert_eq!((without, dated_later, with, by_closing_day), (1, 1, 2, 2), "one school differs");
    })
    .await;
}
