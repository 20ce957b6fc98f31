//! The mirror on both databases: what its tables hold after events, and how lineages are read.

mod verdicts;

use name::{DecisionId, Urn};
use proto::{feed::v1::Event, network::v1 as pb};
use service::EventEffect;
use time::Date;

fn event<M: prost::Message + prost::Name>(position: i64, message: &M) -> Event {
    Event { position, r#type: M::full_name(), payload: message.encode_to_vec(), ..Event::default() }
}

fn link(predecessor_urn: i32, successor_urn: i32, kind: pb::LinkKind, day: &str) -> pb::SchoolLink {
    pb::SchoolLink { predecessor_urn, successor_urn, kind: kind.into(), established_date: day.to_owned() }
}

#[tokio::test]
async fn a_lineage_follows_the_links_of_its_day_and_leaves_splits_out() {
    for database in db::testing::databases().await {
        let pool = database.open(&[feed::MIGRATIONS, mirror::MIGRATIONS].concat()).await;
        let links = vec![
            link(100_001, 100_002, pb::LinkKind::Predecessor, "2018-03-01"),
            link(100_003, 100_002, pb::LinkKind::PredecessorMerged, "2019-03-01"),
            link(100_002, 100_004, pb::LinkKind::PredecessorSplit, "2018-04-01"),
        ];
        let parts = pb::SchoolLinksRecorded { school_links: links, removed_school_links: Vec::new() };
        let events =
            [event(1, &parts), event(2, &pb::RegisterImported { register: Some(pb::Register::default()), ..Default::default() })];
        let lines: Result<Vec<Vec<Urn>>, feed::ApplyError> = pool
            .write(move |mut tx| {
                Box::pin(async move {
                    assert_eq!(mirror::apply(&mut tx, &events[0]).await?, mirror::Applied::Staged);
                    assert!(
                        mirror::lineage(&mut tx, Urn::trusted(100_001), Date::parse("2020-01-01").unwrap()).await?.len() == 1
                    );
                    assert_eq!(mirror::apply(&mut tx, &events[1]).await?, mirror::Applied::Written);
                    let mut lines = Vec::new();
                    for day in ["2018-02-28", "2018-03-01", "2019-03-01"] {
                        lines.push(mirror::lineage(&mut tx, Urn::trusted(100_002), Date::parse(day).unwrap()).await?);
                    }
                    Ok(lines)
                })
            })
            .await;
        let numbers = |line: &Vec<Urn>| line.iter().map(|urn| urn.number()).collect::<Vec<_>>();
        let lines: Vec<_> = lines.unwrap().iter().map(numbers).collect();
        assert_eq!(lines, [vec![100_002], vec![100_001, 100_002], vec![100_001, 100_002, 100_003]]);
        pool.close().await;
    }
}

#[tokio::test]
async fn a_history_that_is_read_again_replaces_the_publications_of_the_earlier_one() {
    for database in db::testing::databases().await {
        let pool = database.open(&[feed::MIGRATIONS, mirror::MIGRATIONS].concat()).await;
        let published_events = |name: &str, position| {
            let part = pb::ReachPart { figures: Vec::new(), cold_areas: vec![pb::ColdArea::default()] };
            let part = pb::ReachFiguresRecorded { reach_publication: name.to_owned(), reach_part: Some(part) };
            let publication = pb::ReachPublication {
                name: name.to_owned(),
                publish_time: Some(Date::parse("2018-09-01").unwrap().start().to_proto()),
                ..pb::ReachPublication::default()
            };
            let published = pb::ReachPublished { reach_publication: Some(publication) };
            [event(position, &part), event(position + 1, &published)]
        };
        for (name, position) in [("reachPublications/lost", 8), ("reachPublications/kept", 1), ("reachPublications/kept", 1)] {
            read_from_the_beginning(&pool, published_events(name, position).to_vec()).await;
        }
        let names: Result<Vec<(String,)>, db::Error> = pool
            .read(|mut tx| {
                Box::pin(async move {
                    let names = db::sql!(tx, "SELECT name FROM reach_publication JOIN cold_area ON reach_publication = name");
                    names.fetch_all().await
                })
            })
            .await;
        assert_eq!(names.unwrap(), [("reachPublications/kept".to_owned(),)]);
        pool.close().await;
    }
}

/// Applies a history of events from its beginning.
async fn read_from_the_beginning(pool: &db::Pool, events: Vec<Event>) {
    let applied: Result<(), feed::ApplyError> = pool
        .write(move |mut tx| {
            Box::pin(async move {
                feed::Apply::begin(&mirror::Network, &mut tx).await?;
                feed::Apply::apply(&mirror::Network, &mut tx, &events).await
            })
        })
        .await;
    applied.expect("these events can be applied");
}

#[tokio::test]
async fn a_decision_is_known_once_it_is_read_and_unknown_when_a_restored_network_has_lost_it() {
    for database in db::testing::databases().await {
        let pool = database.open(&[feed::MIGRATIONS, mirror::MIGRATIONS].concat()).await;
        let name = |id: &str| format!("councilMeetings/spring/decisions/{id}");
        let recorded = |id: &str| {
            let decision = pb::Decision { name: name(id), ..pb::Decision::default() };
            event(1, &pb::DecisionRecorded { decision: Some(decision) })
        };
        let unknown = async || {
            let unknown: Result<Option<DecisionId>, db::Error> = pool
                .read(|mut tx| {
                    Box::pin(async move {
                        let decisions = ["kept", "lost"].map(|id| DecisionId::parse(&name(id)).unwrap());
                        mirror::find_unknown_decision(&mut tx, &decisions).await
                    })
                })
                .await;
            unknown.unwrap().map(|decision| decision.to_string())
        };
        assert_eq!(unknown().await, Some(name("kept")));
        read_from_the_beginning(&pool, vec![recorded("kept"), recorded("lost"), recorded("lost")]).await;
        assert_eq!(unknown().await, None);
        read_from_the_beginning(&pool, vec![recorded("kept")]).await;
        assert_eq!(unknown().await, Some(name("lost")));
        pool.close().await;
    }
}

#[tokio::test]
async fn schools_and_links_of_an_import_that_a_restored_network_lost_do_not_remain() {
    for database in db::testing::databases().await {
        let pool = database.open(&[feed::MIGRATIONS, mirror::MIGRATIONS].concat()).await;
        let import = |schools: &[i32], school_links: Vec<pb::SchoolLink>| {
            let school = |urn: &i32| pb::School { urn: *urn, listed: true, ..pb::School::default() };
            let schools = pb::SchoolsRecorded { schools: schools.iter().map(school).collect() };
            let links = pb::SchoolLinksRecorded { school_links, removed_school_links: Vec::new() };
            [event(1, &schools), event(2, &links), event(3, &pb::RegisterImported::default())]
        };
        let kept = import(&[100_001, 100_002], vec![link(100_001, 100_002, pb::LinkKind::Predecessor, "")]);
        let lost = import(&[100_003], vec![link(100_002, 100_003, pb::LinkKind::Predecessor, "")]);
        let mut seen = Vec::new();
        // Until the first import is complete the earlier schools and links stay, so that every school keeps its lineage.
        for history in [[kept.clone(), lost].concat(), kept[..2].to_vec(), kept.to_vec()] {
            read_from_the_beginning(&pool, history).await;
            let found: Result<_, db::Error> = pool
                .read(|mut tx| {
                    Box::pin(async move {
                        let line = mirror::lineage(&mut tx, Urn::trusted(100_002), Date::parse("2018-09-01").unwrap()).await?;
                        let school = mirror::find_school(&mut tx, Urn::trusted(100_003)).await?;
                        Ok((line.into_iter().map(Urn::number).collect::<Vec<_>>(), school.is_some()))
                    })
                })
                .await;
            seen.push(found.unwrap());
        }
        let before = (vec![100_001, 100_002, 100_003], true);
        assert_eq!(seen, [before.clone(), before, (vec![100_001, 100_002], false)]);
        pool.close().await;
    }
}

#[tokio::test]
async fn the_former_authority_of_a_school_is_that_of_the_last_event() {
    for database in db::testing::databases().await {
        let pool = database.open(&[feed::MIGRATIONS, mirror::MIGRATIONS].concat()).await;
        let import = |old_la_code: &str, former_old_la_code: &str| {
            let (old_la_code, former_old_la_code) = (old_la_code.to_owned(), former_old_la_code.to_owned());
            let school = pb::School { urn: 100_001, listed: true, old_la_code, former_old_la_code, ..pb::School::default() };
            let schools = pb::SchoolsRecorded { schools: vec![school] };
            vec![event(1, &schools), event(2, &pb::RegisterImported::default())]
        };
        for (old, former) in [("909", ""), ("942", "909")] {
            read_from_the_beginning(&pool, import(old, former)).await;
            let kept: Result<(String, String), db::Error> = pool
                .read(|mut tx| {
                    Box::pin(async move { db::sql!(tx, "SELECT old_la_code, former_old_la_code FROM school").fetch_one().await })
                })
                .await;
            assert_eq!(kept.unwrap(), (old.to_owned(), former.to_owned()));
        }
        pool.close().await;
    }
}

#[tokio::test]
async fn a_hub_serves_the_authorities_of_the_last_event() {
    for database in db::testing::databases().await {
        let pool = database.open(&[feed::MIGRATIONS, mirror::MIGRATIONS].concat()).await;
        let hub = |old_la_codes: &[&str]| {
            let old_la_codes = old_la_codes.iter().map(|code| (*code).to_owned()).collect();
            Some(pb::Hub { name: "hubs/north".to_owned(), old_la_codes, ..pb::Hub::default() })
        };
        let none: &[&str] = &[];
        for (position, served) in [&["800", "801"][..], &["801", "802"], none].into_iter().enumerate() {
            let position = i64::try_from(position + 1).unwrap();
            let event = if position == 1 {
                event(position, &pb::HubCreated { hub: hub(served) })
            } else {
                event(position, &pb::HubUpdated { hub: hub(served) })
            };
            read_from_the_beginning(&pool, vec![event]).await;
            let kept: Result<Vec<(String,)>, db::Error> = pool
                .read(|mut tx| {
                    Box::pin(async move {
                        db::sql!(tx, "SELECT old_la_code FROM hub_authority ORDER BY old_la_code").fetch_all().await
                    })
                })
                .await;
            assert_eq!(kept.unwrap().into_iter().map(|(code,)| code).collect::<Vec<_>>(), served);
        }
        pool.close().await;
    }
}

/// The hub that a school's lineage has chosen by a day.
async fn chosen_hub(pool: &db::Pool, urn: i64, day: &'static str) -> Option<String> {
    let chosen: Result<(Option<String>,), db::Error> = pool
        .read(move |mut tx| {
            Box::pin(async move {
                let query = db::sql!(tx, concat!("SELECT ", mirror::chosen_hub!(":urn", ":day")), urn, day);
                query.fetch_one().await
            })
        })
        .await;
    chosen.expect("the query is right").0
}

#[tokio::test]
async fn a_choice_counts_from_its_day_and_is_gone_when_a_restored_network_has_lost_it() {
    for database in db::testing::databases().await {
        let pool = database.open(&[feed::MIGRATIONS, mirror::MIGRATIONS].concat()).await;
        let chosen_by = |urn: i32, hub: &str, start_date: &str| {
            let choice = pb::HubChoice {
                school: format!("schools/{urn}"),
                hub: format!("hubs/{hub}"),
                start_date: start_date.to_owned(),
                ..pb::HubChoice::default()
            };
            event(1, &pb::HubChosen { hub_choice: Some(choice), ..pb::HubChosen::default() })
        };
        let chosen = |hub: &str, start_date: &str| chosen_by(100_001, hub, start_date);
        let link = link(100_001, 100_002, pb::LinkKind::Predecessor, "2018-03-01");
        let parts = pb::SchoolLinksRecorded { school_links: vec![link], removed_school_links: Vec::new() };
        let kept = vec![event(1, &parts), event(2, &pb::RegisterImported::default()), chosen("north", "2016-09-01")];
        read_from_the_beginning(
            &pool,
            [
                kept.clone(),
                vec![chosen("west", "2018-09-01"), chosen_by(100_004, "east", "2018-09-01"), chosen("south", "2018-09-01")],
            ]
            .concat(),
        )
        .await;
        for (urn, day, hub) in [
            (100_001, "2016-08-31", None),
            (100_001, "2016-09-01", Some("north")),
            (100_001, "2018-08-31", Some("north")),
            (100_001, "2018-09-01", Some("south")),
            (100_002, "2018-02-28", None),
            (100_002, "2018-03-01", Some("north")),
            (100_003, "2018-09-01", None),
            // No link names the school.
            (100_004, "2018-08-31", None),
            (100_004, "2018-09-01", Some("east")),
        ] {
            assert_eq!(chosen_hub(&pool, urn, day).await.as_deref(), hub, "{urn} on {day}");
        }
        read_from_the_beginning(&pool, kept).await;
        assert_eq!(chosen_hub(&pool, 100_001, "2018-09-01").await.as_deref(), Some("north"));
        pool.close().await;
    }
}

/// The hub in the mirror after an event, or the error of the event.
async fn hub_after(pool: &db::Pool, event: Event) -> Result<Option<mirror::Hub>, feed::ApplyError> {
    pool.write(move |mut tx| {
        Box::pin(async move {
            mirror::apply(&mut tx, &event).await?;
            Ok(mirror::find_hub(&mut tx, &name::HubId::trusted("north")).await?)
        })
    })
    .await
}

#[tokio::test]
async fn the_days_of_a_hub_are_those_of_the_last_event() {
    for database in db::testing::databases().await {
        let pool = database.open(&[feed::MIGRATIONS, mirror::MIGRATIONS].concat()).await;
        let hub = |start_date: &str, end_date: &str| {
            let (start_date, end_date) = (start_date.to_owned(), end_date.to_owned());
            Some(pb::Hub { name: "hubs/north".to_owned(), start_date, end_date, ..pb::Hub::default() })
        };
        let created = event(1, &pb::HubCreated { hub: hub("2014-09-01", "") });
        let updated = |end_date| event(2, &pb::HubUpdated { hub: hub("2014-09-01", end_date) });
        let day = |text| Some(Date::parse(text).unwrap());
        // A history that is read again begins with the first event.
        for (event, end) in [
            (created.clone(), None),
            (updated("2018-08-31"), day("2018-08-31")),
            (updated("2019-08-31"), day("2019-08-31")),
            (created, None),
            (updated(""), None),
        ] {
            let kept = hub_after(&pool, event).await.unwrap().unwrap();
            assert_eq!((kept.start, kept.end), (day("2014-09-01"), end));
        }
        let wrong = hub_after(&pool, updated("31 August")).await.unwrap_err();
        assert!(wrong.to_string().contains("31 August"), "{wrong}");
        pool.close().await;
    }
}

#[tokio::test]
async fn every_id_of_a_merged_person_means_the_one_that_stayed_also_when_the_history_is_read_again() {
    for database in db::testing::databases().await {
        let pool = database.open(&[feed::MIGRATIONS, mirror::MIGRATIONS].concat()).await;
        let person = |id: &str, urn: i32| {
            let employment = |urn: i32, day: &str| pb::Employment {
                school: format!("schools/{urn}"),
                start_date: day.to_owned(),
                ..pb::Employment::default()
            };
            let employments = vec![employment(urn, "2015-09-01"), employment(urn + 1, "2018-09-01")];
            Some(pb::Person { name: format!("persons/{id}"), employments, ..pb::Person::default() })
        };
        let recorded = |id, urn| event(1, &pb::PersonRecorded { person: person(id, urn) });
        let merged = |stays, urn, other: &str| {
            event(1, &pb::PersonsMerged { person: person(stays, urn), merged_person: format!("persons/{other}") })
        };
        // One response has all of it: a person counts as the last event says.
        let moved = event(1, &pb::PersonMoved { person: person("c", 100_005) });
        let records = vec![recorded("a", 100_001), recorded("c", 100_009), recorded("b", 100_003), moved];
        let history = [records, vec![merged("b", 100_003, "a"), merged("c", 100_005, "b")]].concat();
        for _ in 0..2 {
            read_from_the_beginning(&pool, history.clone()).await;
            for id in ["a", "b", "c"] {
                for (day, urn) in [("2015-08-31", None), ("2018-08-31", Some(100_005)), ("2018-09-01", Some(100_006))] {
                    let found: Result<_, db::Error> = pool
                        .write(move |mut tx| {
                            Box::pin(async move {
                                let (id, day) = (name::PersonId::trusted(id), Date::parse(day).unwrap());
                                mirror::find_person_for_update(&mut tx, &id, day).await
                            })
                        })
                        .await;
                    let found = found.unwrap().unwrap();
                    assert_eq!((found.id.as_str(), found.school.map(Urn::number)), ("c", urn), "{id} on {day}");
                }
            }
        }
        pool.close().await;
    }
}

#[tokio::test]
async fn the_schema_is_the_same_on_both_databases() {
    let below = [db::MIGRATIONS, feed::MIGRATIONS].concat();
    db::testing::migrations_agree(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"), mirror::MIGRATIONS, &below).await;
}

/// Fails for a new event in the contract, until somebody reviews what the mirror does with it.
#[tokio::test]
async fn the_effect_of_every_event_of_the_network_is_reviewed() {
    let database = db::testing::sqlite();
    let pool = database.open(&[feed::MIGRATIONS, mirror::MIGRATIONS].concat()).await;
    let apply = async |event| {
        let applied = pool.write(move |mut tx| Box::pin(async move { mirror::apply(&mut tx, &event).await })).await?;
        Ok(if applied == mirror::Applied::Ignored { EventEffect::Ignored } else { EventEffect::Applied })
    };
    let lines = service::testing::follow_lines("network", apply).await;
    db::testing::reviewed(concat!(env!("CARGO_MANIFEST_DIR"), "/follows.csv").as_ref(), &format!("source,event,effect\n{lines}"));
}
