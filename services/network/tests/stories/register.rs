//! Importing a register.

use std::time::Duration;

use proto::network::v1 as pb;
use time::Date;
use tonic::Code;

use crate::fixture::*;

pub(crate) fn three() -> Vec<u8> {
    extract([100_000, 100_001, 100_002].map(row))
}

#[tokio::test]
async fn an_import_is_served_and_the_same_files_again_change_nothing() {
    on_each(|fixture| async move {
        let none = fixture.register().get_register(pb::GetRegisterRequest { name: "register".to_owned() }).await.unwrap_err();
        assert_eq!((none.code(), reason(&none).as_str()), (Code::NotFound, "NOT_FOUND"));
        let linked = links(&[(100_000, 100_001, "Successor", "01-09-2017"), (100_001, 654_321, "Successor", "")]);
        let first = fixture.import("2018-09-01", &three(), &linked).await.unwrap();
        assert_eq!((first.schools_added_count, first.unchanged), (3, false));
        let register = first.register.unwrap();
        assert_eq!((register.rows_count, register.links_count, register.link_rows_unknown_urn_count), (3, 1, 1));
        assert_eq!(fixture.event_types().await, ["SchoolsRecorded", "SchoolLinksRecorded", "RegisterImported"]);
        let again = fixture.import("2018-09-01", &three(), &linked).await.unwrap();
        assert!(again.unchanged);
        assert_eq!(again.register, Some(register));
        assert_eq!(fixture.events().await.len(), 3);
        let school = fixture.register().get_school(pb::GetSchoolRequest { name: "schools/100001".to_owned() }).await.unwrap();
        let school = school.into_inner().school.unwrap();
        assert_eq!((school.region_name.as_str(), school.new_la_code.as_str()), ("Yorkshire and The Humber", "E08000019"));
        assert_eq!((school.fsm_permille, school.open_date.as_str(), school.listed), (Some(162), "1970-09-01", true));
    })
    .await;
}

#[tokio::test]
async fn the_next_import_writes_only_what_is_different() {
    on_each(|fixture| async move {
        fixture.import("2018-09-01", &three(), &links(&[(100_000, 100_001, "Successor", "")])).await.unwrap();
        let changed = row(100_001).replace("School", "Academy");
        let next = extract([changed, row(100_002), row(100_003)]);
        let tried = fixture.import_as(&fresh(), "2018-10-01", &next, &[], true).await.unwrap();
        assert_eq!((tried.schools_added_count, tried.schools_changed_count, tried.schools_unlisted_count), (1, 1, 1));
        assert_eq!(fixture.events().await.len(), 3, "a dry run changes nothing");
        let done = fixture.import("2018-10-01", &next, &[]).await.unwrap();
        assert_eq!((done.schools_added_count, done.schools_changed_count, done.schools_unlisted_count), (1, 1, 1));
        let events = fixture.events().await;
        let recorded: pb::SchoolsRecorded = prost::Message::decode(events[3].payload.as_slice()).unwrap();
        let recorded_schools: Vec<_> = recorded.schools.iter().map(|school| (school.urn, school.listed)).collect();
        assert_eq!(recorded_schools, [(100_000, false), (100_001, true), (100_003, true)]);
        let versions: Vec<_> = events.iter().map(|event| event.resource_version).collect();
        assert_eq!(versions, [1, 2, 3, 4, 5]);
        // Listed again, as it was.
        let back = fixture.import("2018-11-01", &three(), &[]).await.unwrap();
        assert_eq!((back.schools_added_count, back.schools_changed_count, back.schools_unlisted_count), (0, 2, 1));
    })
    .await;
}

#[tokio::test]
async fn a_new_day_of_the_same_files_is_a_new_register() {
    on_each(|fixture| async move {
        fixture.import("2018-09-01", &three(), &[]).await.unwrap();
        let next = fixture.import("2018-09-02", &three(), &[]).await.unwrap();
        assert_eq!((next.unchanged, next.schools_changed_count), (false, 0));
        assert_eq!(fixture.event_types().await, ["SchoolsRecorded", "RegisterImported", "RegisterImported"]);
    })
    .await;
}

#[tokio::test]
async fn an_older_register_does_not_replace_a_newer_one_unless_that_is_allowed() {
    on_each(|fixture| async move {
        let older = extract([100_000, 100_001].map(row));
        fixture.import_as("older", "2018-09-01", &older, &[], false).await.unwrap();
        // Of the same day, other files correct the first ones.
        fixture.import("2018-09-01", &three(), &[]).await.unwrap();
        fixture.import("2019-09-01", &three(), &[]).await.unwrap();
        let events = fixture.events().await.len();
        for validate_only in [true, false] {
            let refused = fixture.import_as(&fresh(), "2018-09-02", &older, &[], validate_only).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "REGISTER_OLDER"));
            let message = refused.message();
            assert!(["2018-09-02", "2019-09-01", "older_allowed"].iter().all(|part| message.contains(part)), "{message}");
        }
        // A repeated request gets its answer, although a newer register came since.
        let first = fixture.import_as("older", "2018-09-01", &older, &[], false).await.unwrap();
        assert_eq!(first.schools_added_count, 2);
        assert_eq!(fixture.events().await.len(), events);
        let back = fixture.import_with(|header| header.older_allowed = true, "2018-09-02", &older, b"").await.unwrap();
        assert_eq!((back.register.unwrap().as_of_date.as_str(), back.schools_unlisted_count), ("2018-09-02", 1));
    })
    .await;
}

#[tokio::test]
async fn files_of_a_future_day_are_refused_and_those_of_today_imported() {
    on_each(|fixture| async move {
        let import = |extract_day: &str, links_day: &str, validate_only| {
            let mut messages = messages(&fresh(), extract_day, &three(), &[], validate_only);
            let Some(pb::import_register_request::Part::Header(header)) = &mut messages[0].part else {
                unreachable!("it comes first")
            };
            links_day.clone_into(&mut header.links_as_of_date);
            let mut register = fixture.register();
            async move { register.import_register(futures::stream::iter(messages)).await }
        };
        for (extract_day, links_day, named) in
            [("2052-09-01", "", "as_of_date"), ("2018-09-02", "", "as_of_date"), ("2018-09-01", "2018-09-02", "links_as_of_date")]
        {
            for validate_only in [true, false] {
                let refused = import(extract_day, links_day, validate_only).await.unwrap_err();
                assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "DATE_IN_FUTURE"));
                let message = refused.message();
                assert!(message.starts_with(&format!("`{named}` is 20")) && message.contains("today is 2018-09-01"), "{message}");
            }
        }
        let wrong = import("2018-09-01", "2018-09-31", false).await.unwrap_err();
        assert_eq!(fields(&wrong), ["links_as_of_date"]);
        import("2018-09-01", "2018-09-01", false).await.unwrap();
        // 2 September has begun in London, and not yet in UTC.
        fixture.service.context.clock.move_to(Date::parse("2018-09-02").unwrap().start());
        import("2018-09-02", "", false).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_repeated_request_gets_the_same_answer_and_its_id_cannot_be_reused() {
    on_each(|fixture| async move {
        let first = fixture.import_as("one", "2018-09-01", &three(), &[], false).await.unwrap();
        assert_eq!(fixture.import_as("one", "2018-09-01", &three(), &[], false).await.unwrap(), first);
        let other = fixture.import_as("one", "2018-09-02", &three(), &[], false).await.unwrap_err();
        assert_eq!((other.code(), reason(&other).as_str()), (Code::InvalidArgument, "REQUEST_ID_REUSED"));
    })
    .await;
}

#[tokio::test]
async fn a_wrong_file_is_refused_by_row_and_column_and_changes_nothing() {
    on_each(|fixture| async move {
        fixture.import("2018-09-01", &three(), &[]).await.unwrap();
        let header = HEADER.to_owned();
        let not_gias = b"a,b\n1,2\n".to_vec();
        let cases: [(&str, Vec<u8>, Vec<u8>, &str); 9] = [
            ("empty", Vec::new(), Vec::new(), "extract"),
            ("not GIAS", not_gias.clone(), Vec::new(), "extract row 1"),
            ("no rows", (header + "\n").into_bytes(), Vec::new(), "extract"),
            ("a date", extract([row(100_000).replace("01-09-1970", "30-02-1970")]), Vec::new(), "extract row 2, column OpenDate"),
            ("twice", extract([row(100_000), row(100_000)]), Vec::new(), "extract row 3, column URN"),
            ("cut off", three()[..three().len() - 20].to_vec(), Vec::new(), "extract row 4"),
            ("zero bytes", [&three()[..], b"\0"].concat(), Vec::new(), "extract row 5, column 1"),
            ("zip", b"PK\x03\x04\x14\0\0\0".to_vec(), Vec::new(), "extract row 1, column 1"),
            ("links", three(), not_gias, "links row 1"),
        ];
        for (what, extract, links, field) in cases {
            let refused = fixture.import("2018-10-01", &extract, &links).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "FIELD_INVALID"), "{what}");
            let named = fields(&refused);
            assert!(named[0] == field || (what == "zero bytes" && named[0].starts_with("extract row 5")), "{what}: {named:?}");
        }
        assert_eq!(fixture.events().await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_empty_links_file_is_refused_and_removes_no_link() {
    on_each(|fixture| async move {
        fixture.import("2018-09-01", &three(), &links(&[(100_000, 100_001, "Successor", "")])).await.unwrap();
        // A file whose one chunk is empty is a file.
        fixture.on("2018-10-01");
        let mut empty = messages(&fresh(), "2018-10-01", &three(), b"", false);
        empty.push(pb::ImportRegisterRequest { part: Some(pb::import_register_request::Part::LinksChunk(Vec::new().into())) });
        let refused = fixture.register().import_register(futures::stream::iter(empty)).await.unwrap_err();
        assert_eq!((reason(&refused).as_str(), fields(&refused)), ("FIELD_INVALID", vec!["links".to_owned()]));
        let refused = fixture.import("2018-10-01", &three(), &links(&[])).await.unwrap_err();
        assert_eq!((reason(&refused).as_str(), fields(&refused)), ("FIELD_INVALID", vec!["links".to_owned()]));
        let register = fixture.register().get_register(pb::GetRegisterRequest { name: "register".to_owned() }).await.unwrap();
        let register = register.into_inner().register.unwrap();
        assert_eq!((register.as_of_date.as_str(), register.links_count), ("2018-09-01", 1));
    })
    .await;
}

#[tokio::test]
async fn an_extract_cut_off_between_two_rows_is_refused_unless_shrinking_is_allowed() {
    on_each(|fixture| async move {
        let schools = |count: i32| extract((100_000..100_000 + count).map(row));
        fixture.import("2018-09-01", &schools(2_200), &[]).await.unwrap();
        // 110 of them are one in twenty, the most that an import may remove.
        let events = fixture.events().await.len();
        for validate_only in [true, false] {
            let refused = fixture.import_as(&fresh(), "2018-10-01", &schools(2_089), &[], validate_only).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "REGISTER_SHRINKS"));
            assert!(refused.message().contains("111 of the 2200 schools"), "{}", refused.message());
        }
        assert_eq!(fixture.events().await.len(), events);
        assert_eq!(fixture.import("2018-10-01", &schools(2_090), &[]).await.unwrap().schools_unlisted_count, 110);
        let thousand = schools(1_000);
        let allowed = fixture.import_with(|header| header.shrinking_allowed = true, "2018-11-01", &thousand, b"").await;
        assert_eq!(allowed.unwrap().schools_unlisted_count, 1_090);
    })
    .await;
}

#[tokio::test]
async fn links_left_out_or_cut_off_between_two_rows_stay_unless_shrinking_is_allowed() {
    on_each(|fixture| async move {
        let schools = extract((100_000..104_400).map(row));
        let pair = |number| (100_000 + 2 * number, 100_001 + 2 * number, "Successor", "01-09-2017");
        let first = |count: i32| links(&(0..count).map(pair).collect::<Vec<_>>());
        fixture.import("2018-09-01", &schools, &first(2_200)).await.unwrap();
        let events = fixture.events().await.len();
        // 110 of them are one in twenty, the most that an import may remove.
        for (fewer, lost) in [(Vec::new(), "2200 of the 2200 links"), (first(2_089), "111 of the 2200 links")] {
            for validate_only in [true, false] {
                let refused = fixture.import_as(&fresh(), "2018-10-01", &schools, &fewer, validate_only).await.unwrap_err();
                assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "REGISTER_SHRINKS"));
                let message = refused.message();
                assert!(message.contains(lost) && message.contains("send the links file"), "{message}");
            }
        }
        assert_eq!(fixture.events().await.len(), events);
        let fewer = fixture.import("2018-10-01", &schools, &first(2_090)).await.unwrap();
        assert_eq!(fewer.register.unwrap().links_count, 2_090);
        let allowed = fixture.import_with(|header| header.shrinking_allowed = true, "2018-11-01", &schools, b"");
        assert_eq!(allowed.await.unwrap().register.unwrap().links_count, 0);
        fixture.confirm_links("dfe", &[]).await.unwrap();
        // Of a hundred links all may go, as of a hundred schools: such a small register is not GIAS'.
        fixture.import("2018-12-01", &schools, &first(100)).await.unwrap();
        fixture.confirm_links("dfe", &[]).await.unwrap();
        assert_eq!(fixture.import("2019-01-01", &schools, b"").await.unwrap().register.unwrap().links_count, 0);
    })
    .await;
}

#[tokio::test]
async fn a_stream_out_of_order_or_too_large_is_refused() {
    for database in db::testing::databases().await {
        let fixture = begin(database, |config| config.register_size_max_bytes = 1_000).await;
        let whole = messages("one", "2018-09-01", &three(), &links(&[]), false);
        let send = |messages: Vec<pb::ImportRegisterRequest>| {
            let mut register = fixture.register();
            async move { register.import_register(futures::stream::iter(messages)).await.unwrap_err() }
        };
        assert_eq!(fields(&send(whole[1..].to_vec()).await), ["header"]);
        assert_eq!(fields(&send(Vec::new()).await), ["header"]);
        let swapped = vec![whole[0].clone(), whole[2].clone(), whole[1].clone()];
        assert_eq!(fields(&send(swapped).await), ["extract_chunk"]);
        assert_eq!(fields(&send(vec![whole[0].clone(), whole[0].clone()]).await), ["header"]);
        let large = extract((100_000..100_050).map(row));
        let refused = send(messages("one", "2018-09-01", &large, &[], false)).await;
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::ResourceExhausted, "STREAM_TOO_LARGE"));
        let wrong = send(messages("", "2018-09-31", &three(), &[], false)).await;
        assert_eq!(fields(&wrong), ["request_id", "as_of_date"]);
    }
}

#[tokio::test]
async fn a_cancelled_import_changes_nothing() {
    on_each(|fixture| async move {
        let whole = messages("one", "2018-09-01", &three(), &[], false);
        let stream = tokio_stream::StreamExt::chain(futures::stream::iter(whole), futures::stream::pending());
        let mut register = fixture.register();
        let call = register.import_register(stream);
        assert!(tokio::time::timeout(Duration::from_millis(300), call).await.is_err(), "the call waits for more");
        // The turn is free again, and nothing was written.
        assert!(!fixture.import("2018-09-01", &three(), &[]).await.unwrap().unchanged);
    })
    .await;
}

#[tokio::test]
async fn pages_of_schools_follow_one_register() {
    on_each(|fixture| async move {
        let other = row(100_005).replace(",373,Sheffield,", ",202,Camden,").replace(",D,", ",H,");
        let closed = row(100_006).replace(",4,1,", ",4,2,");
        let rows = (100_000..100_005).map(row).chain([other, closed]);
        fixture.import("2018-09-01", &extract(rows), &[]).await.unwrap();
        let ask = pb::ListSchoolsRequest { page_size: 2, region_code: "E12000003".to_owned(), ..Default::default() };
        let mut seen = Vec::new();
        let mut request = ask.clone();
        loop {
            let before = fixture.service.context.pool.statements_count();
            let page = fixture.register().list_schools(request.clone()).await.unwrap().into_inner();
            assert_eq!(fixture.service.context.pool.statements_count() - before, 1);
            seen.extend(page.schools.iter().map(|school| school.urn));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(seen, [100_000, 100_001, 100_002, 100_003, 100_004, 100_006]);
        let reason_in = pb::ListSchoolsRequest { register_reason: pb::RegisterReason::Closed.into(), ..Default::default() };
        assert_eq!(fixture.register().list_schools(reason_in).await.unwrap().into_inner().schools.len(), 1);
        let other = pb::ListSchoolsRequest { page_token: request.page_token.clone(), ..Default::default() };
        assert_eq!(fields(&fixture.register().list_schools(other).await.unwrap_err()), ["page_token"]);
        fixture.import("2018-10-01", &three(), &[]).await.unwrap();
        let mixed = fixture.register().list_schools(request).await.unwrap_err();
        assert_eq!((mixed.code(), reason(&mixed).as_str()), (Code::Aborted, "REGISTER_CHANGED"));
        let wrong = pb::ListSchoolsRequest {
            page_size: -1,
            region_code: "X".to_owned(),
            old_la_code: "37".to_owned(),
            education_phase: 9,
            register_reason: 9,
            ..Default::default()
        };
        let wrong = fixture.register().list_schools(wrong).await.unwrap_err();
        assert_eq!(fields(&wrong), ["region_code", "old_la_code", "education_phase", "register_reason", "page_size"]);
    })
    .await;
}

#[tokio::test]
async fn readers_see_the_old_register_or_the_new_one_and_no_mixture() {
    on_each(|fixture| async move {
        let old = extract((100_000..101_000).map(row));
        let new = extract((100_000..101_000).map(|urn| row(urn).replace("School", "Academy")));
        fixture.import("2018-09-01", &old, &[]).await.unwrap();
        let mut register = fixture.register();
        let (read_once, begun) = tokio::sync::oneshot::channel();
        let mut read_once = Some(read_once);
        let reading = tokio::spawn(async move {
            let ask = pb::ListSchoolsRequest { page_size: 1000, ..Default::default() };
            let mut seen = [false, false];
            while !seen[1] {
                let schools = register.list_schools(ask.clone()).await.unwrap().into_inner().schools;
                let academies = schools.iter().filter(|school| school.school_name.starts_with("Academy")).count();
                assert!(academies == 0 || academies == schools.len(), "{academies} of {}", schools.len());
                seen[usize::from(academies > 0)] = true;
                let _sent = read_once.take().map(|begun| begun.send(()));
            }
            assert_eq!(seen, [true, true], "it read before and after");
        });
        begun.await.unwrap();
        fixture.import("2018-10-01", &new, &[]).await.unwrap();
        reading.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn real_extract_is_served_with_the_counts_of_the_domain() {
    let (Some(extract), Some(links)) = (real("edubasealldata20180901.csv"), real("links_edubasealldata20250422.csv")) else {
        return;
    };
    for database in db::testing::databases().await {
        let fixture = begin(database, |_| {}).await;
        let before = fixture.service.context.pool.statements_count();
        let started = std::time::Instant::now();
        let done = fixture.import("2018-09-01", &extract, &links).await.unwrap();
        let statements = fixture.service.context.pool.statements_count() - before;
        println!("imported in {:?} with {statements} statements on {:?}", started.elapsed(), fixture.service.context.pool);
        let register = done.register.unwrap();
        assert_eq!(done.schools_added_count, 26_078);
        let reasons: Vec<_> = register.reason_counts.iter().map(|count| (count.reason, count.rows_count)).collect();
        assert_eq!((reasons[0], reasons.len()), ((1, 20_013), 8));
        assert_eq!(reasons.iter().map(|(_, rows)| rows).sum::<i32>(), 26_078);
        assert_eq!((register.links_count, register.link_rows_unknown_urn_count), (2_111, 29_499));
        assert_eq!((register.link_rows_undirected_count, register.texts_repaired_count), (8, 0));
        let types: i32 = register.link_type_counts.iter().map(|count| count.rows_count).sum();
        assert_eq!((register.link_type_counts.len(), types), (4, register.link_rows_other_count));
        assert!(statements < 200, "{statements}");
        let started = std::time::Instant::now();
        assert!(fixture.import("2018-09-01", &extract, &links).await.unwrap().unchanged);
        println!("the same again in {:?}", started.elapsed());
        let types = fixture.event_types().await;
        let count = |name: &str| types.iter().filter(|found| *found == name).count();
        assert_eq!((count("SchoolsRecorded"), count("SchoolLinksRecorded"), count("RegisterImported")), (53, 3, 1));
        // This school became an academy on 1 September 2018: the old one is its predecessor from that day on.
        let ask = |day: &str| pb::GetLineageRequest { name: "schools/146322".to_owned(), as_of_date: day.to_owned() };
        let after = fixture.register().get_lineage(ask("")).await.unwrap().into_inner();
        assert_eq!(after.predecessors.iter().map(|school| school.urn).collect::<Vec<_>>(), [112_901]);
        let before = fixture.register().get_lineage(ask("2018-08-31")).await.unwrap().into_inner();
        assert!(before.predecessors.is_empty() && before.links.is_empty());
    }
}
