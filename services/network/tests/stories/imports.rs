//! Importing a register.

use std::time::Duration;

use proto::network::v1 as pb;
use time::Date;
use tonic::Code;

use crate::setting::*;

fn three() -> Vec<u8> {
    extract([100_000, 100_001, 100_002].map(row))
}

#[tokio::test]
async fn an_import_is_served_and_the_same_files_again_change_nothing() {
    on_each(|setting| async move {
        let none = setting.register().get_register(pb::GetRegisterRequest { name: "register".to_owned() }).await.unwrap_err();
        assert_eq!((none.code(), reason(&none).as_str()), (Code::NotFound, "NOT_FOUND"));
        let linked = links(&[(100_000, 100_001, "Successor", "01-09-2017"), (100_001, 654_321, "Successor", "")]);
        let first = setting.import("2018-09-01", &three(), &linked).await.unwrap();
        assert_eq!((first.schools_added_count, first.unchanged), (3, false));
        let register = first.register.unwrap();
        assert_eq!((register.rows_count, register.links_count, register.link_rows_unknown_urn_count), (3, 1, 1));
        assert_eq!(setting.event_types().await, ["SchoolsRecorded", "SchoolLinksRecorded", "RegisterImported"]);
        let again = setting.import("2018-09-01", &three(), &linked).await.unwrap();
        assert!(again.unchanged);
        assert_eq!(again.register, Some(register));
        assert_eq!(setting.events().await.len(), 3);
        let school = setting.register().get_school(pb::GetSchoolRequest { name: "schools/100001".to_owned() }).await.unwrap();
        let school = school.into_inner().school.unwrap();
        assert_eq!((school.region_name.as_str(), school.new_la_code.as_str()), ("Yorkshire and The Humber", "E08000019"));
        assert_eq!((school.fsm_permille, school.open_date.as_str(), school.listed), (Some(162), "1970-09-01", true));
    })
    .await;
}

#[tokio::test]
async fn an_import_without_the_column_of_new_codes_says_so_and_uses_those_of_its_day() {
    on_each(|setting| async move {
        let gateshead = row(100_000).replace(",373,Sheffield,", ",390,Gateshead,");
        let not_begun = row(100_001).replace(",373,Sheffield,", ",942,Cumberland,");
        let without = extract([gateshead.clone(), not_begun]);
        let code_of = async |urn: i32| {
            let ask = pb::GetSchoolRequest { name: format!("schools/{urn}") };
            setting.register().get_school(ask).await.unwrap().into_inner().school.unwrap().new_la_code
        };
        for (day, code) in [("2013-03-31", "E08000020"), ("2013-04-01", "E08000037")] {
            let register = setting.import(day, &without, &[]).await.unwrap().register.unwrap();
            let told =
                (register.new_la_code_column_missing, register.new_la_code_from_table_count, register.new_la_code_unknown_count);
            assert_eq!(told, (true, 1, 1), "{day}");
            assert_eq!((code_of(100_000).await.as_str(), code_of(100_001).await.as_str()), (code, ""), "{day}");
        }
        let ask = pb::GetRegisterRequest { name: "register".to_owned() };
        assert!(setting.register().get_register(ask).await.unwrap().into_inner().register.unwrap().new_la_code_column_missing);
        let with = format!("{HEADER},GSSLACode (name)\n{gateshead},E08000037\n");
        let register = setting.import("2014-09-01", with.as_bytes(), &[]).await.unwrap().register.unwrap();
        assert_eq!((register.new_la_code_column_missing, register.new_la_code_from_table_count), (false, 0));
    })
    .await;
}

#[tokio::test]
async fn a_school_whose_authority_is_reorganised_keeps_the_code_that_it_had() {
    on_each(|setting| async move {
        let of = |urn: i32, code: &str| row(urn).replace(",373,Sheffield,", &format!(",{code},Authority,"));
        setting.import("2017-09-01", &extract([of(100_000, "950"), of(100_001, "373")]), &[]).await.unwrap();
        // Both halves of 950 are new, and an academy opened in one of them.
        let after = extract([of(100_000, "951"), of(100_001, "373"), of(100_002, "951")]);
        let linked = links(&[(100_000, 100_002, "Successor", "")]);
        let done = setting.import("2018-04-01", &after, &linked).await.unwrap();
        assert_eq!((done.schools_added_count, done.schools_changed_count), (1, 1));
        let events = setting.events().await;
        let last = events.iter().rfind(|event| event.r#type.ends_with("SchoolsRecorded")).unwrap();
        let last: pb::SchoolsRecorded = prost::Message::decode(last.payload.as_slice()).unwrap();
        let told: Vec<_> = last.schools.iter().map(|school| (school.urn, school.former_old_la_code.as_str())).collect();
        assert_eq!(told, [(100_000, "950"), (100_002, "950")]);
        // The next import of the same schools changes nothing about it.
        let next = setting.import("2018-05-01", &after, &linked).await.unwrap();
        assert_eq!(next.schools_changed_count, 0);
        for (urn, former) in [(100_000, "950"), (100_001, ""), (100_002, "950")] {
            let ask = pb::GetSchoolRequest { name: format!("schools/{urn}") };
            let school = setting.register().get_school(ask).await.unwrap().into_inner().school.unwrap();
            assert_eq!(school.former_old_la_code, former, "{urn}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_next_import_writes_only_what_is_different() {
    on_each(|setting| async move {
        setting.import("2018-09-01", &three(), &links(&[(100_000, 100_001, "Successor", "")])).await.unwrap();
        let changed = row(100_001).replace("School", "Academy");
        let next = extract([changed, row(100_002), row(100_003)]);
        let tried = setting.import_as(&fresh(), "2018-10-01", &next, &[], true).await.unwrap();
        assert_eq!((tried.schools_added_count, tried.schools_changed_count, tried.schools_unlisted_count), (1, 1, 1));
        assert_eq!(setting.events().await.len(), 3, "what is only tried changes nothing");
        let done = setting.import("2018-10-01", &next, &[]).await.unwrap();
        assert_eq!((done.schools_added_count, done.schools_changed_count, done.schools_unlisted_count), (1, 1, 1));
        let events = setting.events().await;
        let recorded: pb::SchoolsRecorded = prost::Message::decode(events[3].payload.as_slice()).unwrap();
        let told: Vec<_> = recorded.schools.iter().map(|school| (school.urn, school.listed)).collect();
        assert_eq!(told, [(100_000, false), (100_001, true), (100_003, true)]);
        let links: pb::SchoolLinksRecorded = prost::Message::decode(events[4].payload.as_slice()).unwrap();
        assert_eq!((links.school_links.len(), links.removed_school_links.len()), (0, 1));
        let versions: Vec<_> = events.iter().map(|event| event.resource_version).collect();
        assert_eq!(versions, [1, 2, 3, 4, 5, 6]);
        // Listed again, as it was.
        let back = setting.import("2018-11-01", &three(), &[]).await.unwrap();
        assert_eq!((back.schools_added_count, back.schools_changed_count, back.schools_unlisted_count), (0, 2, 1));
    })
    .await;
}

#[tokio::test]
async fn a_new_day_of_the_same_files_is_a_new_register() {
    on_each(|setting| async move {
        setting.import("2018-09-01", &three(), &[]).await.unwrap();
        let next = setting.import("2018-09-02", &three(), &[]).await.unwrap();
        assert_eq!((next.unchanged, next.schools_changed_count), (false, 0));
        assert_eq!(setting.event_types().await, ["SchoolsRecorded", "RegisterImported", "RegisterImported"]);
    })
    .await;
}

#[tokio::test]
async fn an_older_register_does_not_replace_a_newer_one_unless_it_may() {
    on_each(|setting| async move {
        let older = extract([100_000, 100_001].map(row));
        setting.import_as("older", "2018-09-01", &older, &[], false).await.unwrap();
        // Of the same day, other files correct the first ones.
        setting.import("2018-09-01", &three(), &[]).await.unwrap();
        setting.import("2019-09-01", &three(), &[]).await.unwrap();
        let events = setting.events().await.len();
        for validate_only in [true, false] {
            let refused = setting.import_as(&fresh(), "2018-09-02", &older, &[], validate_only).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "REGISTER_OLDER"));
            let message = refused.message();
            assert!(["2018-09-02", "2019-09-01", "older_allowed"].iter().all(|part| message.contains(part)), "{message}");
        }
        // What was done before a newer one came is answered as it was.
        let first = setting.import_as("older", "2018-09-01", &older, &[], false).await.unwrap();
        assert_eq!(first.schools_added_count, 2);
        assert_eq!(setting.events().await.len(), events);
        let back = setting.import_with(|header| header.older_allowed = true, "2018-09-02", &older, b"").await.unwrap();
        assert_eq!((back.register.unwrap().as_of_date.as_str(), back.schools_unlisted_count), ("2018-09-02", 1));
    })
    .await;
}

#[tokio::test]
async fn files_of_a_day_that_has_not_come_are_refused_and_the_right_ones_taken() {
    on_each(|setting| async move {
        let import = |extract_day: &str, links_day: &str, validate_only| {
            let mut messages = messages(&fresh(), extract_day, &three(), &[], validate_only);
            let Some(pb::import_register_request::Part::Header(header)) = &mut messages[0].part else {
                unreachable!("it comes first")
            };
            links_day.clone_into(&mut header.links_as_of_date);
            let mut register = setting.register();
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
        setting.service.clock.move_to(Date::parse("2018-09-02").unwrap().start());
        import("2018-09-02", "", false).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_row_with_an_unknown_status_or_phase_is_out_and_counted_by_its_code() {
    on_each(|setting| async move {
        let status = |urn: i32, code: &str| row(urn).replace(",4,1,", &format!(",4,{code},"));
        let phase = |urn: i32, code: &str| row(urn).replace(",2,D,", &format!(",{code},D,"));
        let rows = [
            row(100_000),
            status(100_001, "5"),
            status(100_002, "5"),
            status(100_003, ""),
            phase(100_004, "8"),
            phase(100_005, "8").replace(",01,4,1,", ",11,3,1,"),
            phase(100_006, "n/a"),
            // It is closed, whatever its phase.
            phase(100_007, "8").replace(",4,1,", ",4,2,"),
        ];
        let done = setting.import("2018-09-01", &extract(rows), &[]).await.unwrap();
        let register = done.register.unwrap();
        let counts: Vec<_> = register.reason_counts.iter().map(|count| count.rows_count).collect();
        assert_eq!(counts, [1, 1, 0, 0, 0, 0, 3, 3]);
        assert_eq!(counts.iter().sum::<i32>(), register.rows_count);
        use pb::RegisterReason::{Closed, UnknownPhase, UnknownStatus};
        let codes = |register: &pb::Register| -> Vec<(pb::RegisterReason, String, i32)> {
            register.unknown_code_counts.iter().map(|count| (count.reason(), count.code.clone(), count.rows_count)).collect()
        };
        let expected = [(UnknownStatus, "5", 2), (UnknownStatus, "", 1), (UnknownPhase, "8", 2), (UnknownPhase, "n/a", 1)];
        assert_eq!(codes(&register), expected.map(|(reason, code, count)| (reason, code.to_owned(), count)));
        let served = setting.register().get_register(pb::GetRegisterRequest { name: "register".to_owned() }).await.unwrap();
        assert_eq!(served.into_inner().register.unwrap(), register);
        let school = async |urn: i32| {
            let ask = pb::GetSchoolRequest { name: format!("schools/{urn}") };
            let school = setting.register().get_school(ask).await.unwrap().into_inner().school.unwrap();
            (school.status_code, school.phase_code, school.register_reason())
        };
        assert_eq!(school(100_001).await, (5, 2, UnknownStatus));
        assert_eq!(school(100_003).await, (0, 2, UnknownStatus));
        assert_eq!(school(100_004).await, (1, 8, UnknownPhase));
        assert_eq!(school(100_006).await, (1, 0, UnknownPhase));
        assert_eq!(school(100_007).await, (2, 8, Closed));
        let ask = pb::ListSchoolsRequest { register_reason: UnknownPhase.into(), ..Default::default() };
        assert_eq!(setting.register().list_schools(ask).await.unwrap().into_inner().schools.len(), 3);
        // The next extract knows all codes: nothing is left of the counts.
        let next = setting.import("2018-10-01", &three(), &[]).await.unwrap().register.unwrap();
        assert_eq!(next.unknown_code_counts, []);
    })
    .await;
}

#[tokio::test]
async fn rows_of_links_without_descent_are_counted_by_their_types() {
    on_each(|setting| async move {
        let both_open = [(100_000, 100_001, "Result of Amalgamation", ""), (100_001, 100_000, "Result of Amalgamation", "")];
        let others = [
            (100_000, 100_002, "Closure", ""),
            (100_000, 100_002, "A type of 2031", ""),
            (100_001, 100_002, "A type of 2031", ""),
            (100_001, 100_002, "", ""),
            (100_002, 100_002, "Successor", ""),
            (100_002, 654_321, "A type of 2031", ""),
        ];
        let rows = links(&[&both_open[..], &others].concat());
        let register = setting.import("2018-09-01", &three(), &rows).await.unwrap().register.unwrap();
        let of_links = (register.link_rows_count, register.links_count, register.link_rows_unknown_urn_count);
        assert_eq!(of_links, (8, 0, 1));
        assert_eq!((register.link_rows_undirected_count, register.link_rows_other_count), (2, 5));
        let types: Vec<_> = register.link_type_counts.iter().map(|count| (count.link_type.as_str(), count.rows_count)).collect();
        assert_eq!(types, [("A type of 2031", 2), ("", 1), ("(school linked to itself)", 1), ("Closure", 1)]);
        // One of the two closes: now the merger has a direction.
        let closed = row(100_000).replace(",4,1,01-09-1970,,", ",4,2,01-09-1970,30-09-2018,");
        let next = extract([closed, row(100_001), row(100_002)]);
        let register = setting.import("2018-10-01", &next, &rows).await.unwrap().register.unwrap();
        assert_eq!((register.links_count, register.link_rows_undirected_count), (1, 0));
        let ask = pb::GetLineageRequest { name: "schools/100001".to_owned(), as_of_date: String::new() };
        let lineage = setting.register().get_lineage(ask).await.unwrap().into_inner();
        let shown: Vec<_> = lineage.links.iter().map(|link| (link.predecessor_urn, link.successor_urn, link.kind())).collect();
        assert_eq!(shown, [(100_000, 100_001, pb::LinkKind::PredecessorMerged)]);
        assert_eq!(lineage.links[0].established_date, "2018-09-30");
    })
    .await;
}

#[tokio::test]
async fn a_name_that_was_encoded_twice_is_served_as_it_should_be() {
    on_each(|setting| async move {
        // A file of windows-1252, into which one name was pasted as UTF-8.
        let mut bytes = extract([row(100_000).replace("School", "EEcole"), row(100_001).replace("School", "CafXX")]);
        let place = bytes.windows(2).position(|two| two == b"EE").unwrap();
        bytes.splice(place..place + 2, [0xC9]);
        let place = bytes.windows(2).position(|two| two == b"XX").unwrap();
        bytes.splice(place..place + 2, "é".bytes());
        let register = setting.import("2018-09-01", &bytes, &[]).await.unwrap().register.unwrap();
        assert_eq!(register.texts_repaired_count, 1);
        for (urn, name) in [(100_000, "École 100000"), (100_001, "Café 100001")] {
            let ask = pb::GetSchoolRequest { name: format!("schools/{urn}") };
            let school = setting.register().get_school(ask).await.unwrap().into_inner().school.unwrap();
            assert_eq!(school.school_name, name);
        }
    })
    .await;
}

#[tokio::test]
async fn the_same_request_gives_the_same_answer_and_its_id_serves_no_other() {
    on_each(|setting| async move {
        let first = setting.import_as("one", "2018-09-01", &three(), &[], false).await.unwrap();
        assert_eq!(setting.import_as("one", "2018-09-01", &three(), &[], false).await.unwrap(), first);
        let other = setting.import_as("one", "2018-09-02", &three(), &[], false).await.unwrap_err();
        assert_eq!((other.code(), reason(&other).as_str()), (Code::InvalidArgument, "REQUEST_ID_REUSED"));
    })
    .await;
}

#[tokio::test]
async fn a_wrong_file_is_refused_by_row_and_column_and_nothing_changes() {
    on_each(|setting| async move {
        setting.import("2018-09-01", &three(), &[]).await.unwrap();
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
            let refused = setting.import("2018-10-01", &extract, &links).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "FIELD_INVALID"), "{what}");
            let named = fields(&refused);
            assert!(named[0] == field || (what == "zero bytes" && named[0].starts_with("extract row 5")), "{what}: {named:?}");
        }
        assert_eq!(setting.events().await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_links_file_that_holds_nothing_is_refused_and_no_link_is_lost() {
    on_each(|setting| async move {
        setting.import("2018-09-01", &three(), &links(&[(100_000, 100_001, "Successor", "")])).await.unwrap();
        // It is a file all the same when its one chunk is empty.
        setting.on("2018-10-01");
        let mut empty = messages(&fresh(), "2018-10-01", &three(), b"", false);
        empty.push(pb::ImportRegisterRequest { part: Some(pb::import_register_request::Part::LinksChunk(Vec::new().into())) });
        let refused = setting.register().import_register(futures::stream::iter(empty)).await.unwrap_err();
        assert_eq!((reason(&refused).as_str(), fields(&refused)), ("FIELD_INVALID", vec!["links".to_owned()]));
        let refused = setting.import("2018-10-01", &three(), &links(&[])).await.unwrap_err();
        assert_eq!((reason(&refused).as_str(), fields(&refused)), ("FIELD_INVALID", vec!["links".to_owned()]));
        let register = setting.register().get_register(pb::GetRegisterRequest { name: "register".to_owned() }).await.unwrap();
        let register = register.into_inner().register.unwrap();
        assert_eq!((register.as_of_date.as_str(), register.links_count), ("2018-09-01", 1));
    })
    .await;
}

#[tokio::test]
async fn an_extract_that_was_cut_off_between_two_rows_is_refused_unless_it_may_shrink() {
    on_each(|setting| async move {
        let schools = |count: i32| extract((100_000..100_000 + count).map(row));
        setting.import("2018-09-01", &schools(2_200), &[]).await.unwrap();
        // 110 of them are one in twenty: a register may lose so many.
        let events = setting.events().await.len();
        for validate_only in [true, false] {
            let refused = setting.import_as(&fresh(), "2018-10-01", &schools(2_089), &[], validate_only).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "REGISTER_SHRINKS"));
            assert!(refused.message().contains("111 of the 2200 schools"), "{}", refused.message());
        }
        assert_eq!(setting.events().await.len(), events);
        assert_eq!(setting.import("2018-10-01", &schools(2_090), &[]).await.unwrap().schools_unlisted_count, 110);
        let thousand = schools(1_000);
        let allowed = setting.import_with(|header| header.shrinking_allowed = true, "2018-11-01", &thousand, b"").await;
        assert_eq!(allowed.unwrap().schools_unlisted_count, 1_090);
    })
    .await;
}

#[tokio::test]
async fn links_that_were_left_out_or_cut_off_between_two_rows_are_not_lost_unless_they_may_be() {
    on_each(|setting| async move {
        let schools = extract((100_000..104_400).map(row));
        let pair = |number| (100_000 + 2 * number, 100_001 + 2 * number, "Successor", "01-09-2017");
        let first = |count: i32| links(&(0..count).map(pair).collect::<Vec<_>>());
        setting.import("2018-09-01", &schools, &first(2_200)).await.unwrap();
        let events = setting.events().await.len();
        // 110 of them are one in twenty: a register may lose so many.
        for (fewer, lost) in [(Vec::new(), "2200 of the 2200 links"), (first(2_089), "111 of the 2200 links")] {
            for validate_only in [true, false] {
                let refused = setting.import_as(&fresh(), "2018-10-01", &schools, &fewer, validate_only).await.unwrap_err();
                assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "REGISTER_SHRINKS"));
                let message = refused.message();
                assert!(message.contains(lost) && message.contains("send the links file"), "{message}");
            }
        }
        assert_eq!(setting.events().await.len(), events);
        let fewer = setting.import("2018-10-01", &schools, &first(2_090)).await.unwrap();
        assert_eq!(fewer.register.unwrap().links_count, 2_090);
        let allowed = setting.import_with(|header| header.shrinking_allowed = true, "2018-11-01", &schools, b"");
        assert_eq!(allowed.await.unwrap().register.unwrap().links_count, 0);
        // Of a hundred links all may go, as of a hundred schools: so small a register is somebody's own.
        setting.import("2018-12-01", &schools, &first(100)).await.unwrap();
        assert_eq!(setting.import("2019-01-01", &schools, b"").await.unwrap().register.unwrap().links_count, 0);
    })
    .await;
}

#[tokio::test]
async fn a_stream_out_of_order_or_too_large_is_refused() {
    for database in db::testing::databases().await {
        let setting = begin(database, |config| config.register_size_max_bytes = 1_000).await;
        let whole = messages("one", "2018-09-01", &three(), &links(&[]), false);
        let send = |messages: Vec<pb::ImportRegisterRequest>| {
            let mut register = setting.register();
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
async fn a_caller_who_goes_away_in_the_middle_leaves_nothing() {
    on_each(|setting| async move {
        let whole = messages("one", "2018-09-01", &three(), &[], false);
        let stream = tokio_stream::StreamExt::chain(futures::stream::iter(whole), futures::stream::pending());
        let mut register = setting.register();
        let call = register.import_register(stream);
        assert!(tokio::time::timeout(Duration::from_millis(300), call).await.is_err(), "the call waits for more");
        // The turn is free again, and nothing was written.
        assert!(!setting.import("2018-09-01", &three(), &[]).await.unwrap().unchanged);
    })
    .await;
}

#[tokio::test]
async fn pages_of_schools_follow_one_register() {
    on_each(|setting| async move {
        let other = row(100_005).replace(",373,Sheffield,", ",202,Camden,").replace(",D,", ",H,");
        let closed = row(100_006).replace(",4,1,", ",4,2,");
        let rows = (100_000..100_005).map(row).chain([other, closed]);
        setting.import("2018-09-01", &extract(rows), &[]).await.unwrap();
        let ask = pb::ListSchoolsRequest { page_size: 2, region_code: "E12000003".to_owned(), ..Default::default() };
        let mut seen = Vec::new();
        let mut request = ask.clone();
        loop {
            let before = setting.service.pool.statements_count();
            let page = setting.register().list_schools(request.clone()).await.unwrap().into_inner();
            assert_eq!(setting.service.pool.statements_count() - before, 1);
            seen.extend(page.schools.iter().map(|school| school.urn));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(seen, [100_000, 100_001, 100_002, 100_003, 100_004, 100_006]);
        let reason_in = pb::ListSchoolsRequest { register_reason: pb::RegisterReason::Closed.into(), ..Default::default() };
        assert_eq!(setting.register().list_schools(reason_in).await.unwrap().into_inner().schools.len(), 1);
        let other = pb::ListSchoolsRequest { page_token: request.page_token.clone(), ..Default::default() };
        assert_eq!(fields(&setting.register().list_schools(other).await.unwrap_err()), ["page_token"]);
        setting.import("2018-10-01", &three(), &[]).await.unwrap();
        let mixed = setting.register().list_schools(request).await.unwrap_err();
        assert_eq!((mixed.code(), reason(&mixed).as_str()), (Code::Aborted, "REGISTER_CHANGED"));
        let wrong = pb::ListSchoolsRequest {
            page_size: -1,
            region_code: "X".to_owned(),
            old_la_code: "37".to_owned(),
            education_phase: 9,
            register_reason: 9,
            ..Default::default()
        };
        let wrong = setting.register().list_schools(wrong).await.unwrap_err();
        assert_eq!(fields(&wrong), ["region_code", "old_la_code", "education_phase", "register_reason", "page_size"]);
    })
    .await;
}

#[tokio::test]
async fn readers_see_the_old_register_or_the_new_one() {
    on_each(|setting| async move {
        let old = extract((100_000..101_000).map(row));
        let new = extract((100_000..101_000).map(|urn| row(urn).replace("School", "Academy")));
        setting.import("2018-09-01", &old, &[]).await.unwrap();
        let mut register = setting.register();
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
                let _told = read_once.take().map(|begun| begun.send(()));
            }
            assert_eq!(seen, [true, true], "it read before and after");
        });
        begun.await.unwrap();
        setting.import("2018-10-01", &new, &[]).await.unwrap();
        reading.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn real_extract_is_served_as_domain_says() {
    let (Some(extract), Some(links)) = (real("edubasealldata20180901.csv"), real("links_edubasealldata20250422.csv")) else {
        return;
    };
    for database in db::testing::databases().await {
        let setting = begin(database, |_| {}).await;
        let before = setting.service.pool.statements_count();
        let started = std::time::Instant::now();
        let done = setting.import("2018-09-01", &extract, &links).await.unwrap();
        let statements = setting.service.pool.statements_count() - before;
        println!("imported in {:?} with {statements} statements on {:?}", started.elapsed(), setting.service.pool);
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
        assert!(setting.import("2018-09-01", &extract, &links).await.unwrap().unchanged);
        println!("the same again in {:?}", started.elapsed());
        let types = setting.event_types().await;
        let count = |name: &str| types.iter().filter(|found| *found == name).count();
        assert_eq!((count("SchoolsRecorded"), count("SchoolLinksRecorded"), count("RegisterImported")), (53, 3, 1));
        // This school became an academy on 1 September 2018: the old one is its predecessor from that day on.
        let ask = |day: &str| pb::GetLineageRequest { name: "schools/146322".to_owned(), as_of_date: day.to_owned() };
        let after = setting.register().get_lineage(ask("")).await.unwrap().into_inner();
        assert_eq!(after.predecessors.iter().map(|school| school.urn).collect::<Vec<_>>(), [112_901]);
        let before = setting.register().get_lineage(ask("2018-08-31")).await.unwrap().into_inner();
        assert!(before.predecessors.is_empty() && before.links.is_empty());
    }
}

/// GIAS renames a code: the whole nation would be out. Below the threshold single rows are.
#[tokio::test]
async fn an_extract_whose_codes_changed_is_refused_unless_that_is_allowed() {
    on_each(|setting| async move {
        let of_status = |urn: i32, status: &str| row(urn).replace(",4,1,", &format!(",4,{status},"));
        assert_ne!(of_status(100_000, "9"), row(100_000));
        let renamed = extract((100_000..100_120).map(|urn| of_status(urn, "9")));
        let refused = setting.import("2018-09-01", &renamed, &[]).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "REGISTER_SHRINKS"));
        assert!(
            refused.message().contains("120 of the 120 rows have a status or phase that this version does not know"),
            "{refused:?}"
        );
        let hundred = extract((100_000..100_120).map(|urn| of_status(urn, if urn < 100_100 { "9" } else { "1" })));
        let register = setting.import("2018-09-01", &hundred, &[]).await.unwrap().register.unwrap();
        assert_eq!(register.unknown_code_counts[0].rows_count, 100);
    })
    .await;
}
