//! Single rows of an import: codes that GIAS adds, authorities, links without descent, encodings.

use proto::network::v1 as pb;
use tonic::Code;

use crate::{fixture::*, register::three};

#[tokio::test]
async fn an_import_without_the_column_of_new_codes_reports_that_and_uses_the_codes_of_its_day() {
    on_each(|fixture| async move {
        let gateshead = row(100_000).replace(",373,Sheffield,", ",390,Gateshead,");
        let not_begun = row(100_001).replace(",373,Sheffield,", ",942,Cumberland,");
        let without = extract([gateshead.clone(), not_begun]);
        let code_of = async |urn: i32| {
            let ask = pb::GetSchoolRequest { name: format!("schools/{urn}") };
            fixture.register().get_school(ask).await.unwrap().into_inner().school.unwrap().new_la_code
        };
        for (day, code) in [("2013-03-31", "E08000020"), ("2013-04-01", "E08000037")] {
            let register = fixture.import(day, &without, &[]).await.unwrap().register.unwrap();
            let new_la_codes =
                (register.new_la_code_column_missing, register.new_la_code_from_table_count, register.new_la_code_unknown_count);
            assert_eq!(new_la_codes, (true, 1, 1), "{day}");
            assert_eq!((code_of(100_000).await.as_str(), code_of(100_001).await.as_str()), (code, ""), "{day}");
        }
        let ask = pb::GetRegisterRequest { name: "register".to_owned() };
        assert!(fixture.register().get_register(ask).await.unwrap().into_inner().register.unwrap().new_la_code_column_missing);
        let with = format!("{HEADER},GSSLACode (name)\n{gateshead},E08000037\n");
        let register = fixture.import("2014-09-01", with.as_bytes(), &[]).await.unwrap().register.unwrap();
        assert_eq!((register.new_la_code_column_missing, register.new_la_code_from_table_count), (false, 0));
    })
    .await;
}

#[tokio::test]
async fn a_school_whose_authority_is_reorganised_keeps_its_former_code() {
    on_each(|fixture| async move {
        let of = |urn: i32, code: &str| row(urn).replace(",373,Sheffield,", &format!(",{code},Authority,"));
        fixture.import("2017-09-01", &extract([of(100_000, "950"), of(100_001, "373")]), &[]).await.unwrap();
        // Both halves of 950 are new, and an academy opened in one of them.
        let after = extract([of(100_000, "951"), of(100_001, "373"), of(100_002, "951")]);
        let linked = links(&[(100_000, 100_002, "Successor", "")]);
        let done = fixture.import("2018-04-01", &after, &linked).await.unwrap();
        assert_eq!((done.schools_added_count, done.schools_changed_count), (1, 1));
        let events = fixture.events().await;
        let last = events.iter().rfind(|event| event.r#type.ends_with("SchoolsRecorded")).unwrap();
        let last: pb::SchoolsRecorded = prost::Message::decode(last.payload.as_slice()).unwrap();
        let recorded: Vec<_> = last.schools.iter().map(|school| (school.urn, school.former_old_la_code.as_str())).collect();
        assert_eq!(recorded, [(100_000, "950"), (100_002, "")], "the academy's link is pending");
        fixture.confirm_links("dfe", &[]).await.unwrap();
        // The next import of the same schools changes nothing about it.
        let next = fixture.import("2018-05-01", &after, &linked).await.unwrap();
        assert_eq!(next.schools_changed_count, 0);
        for (urn, former) in [(100_000, "950"), (100_001, ""), (100_002, "950")] {
            let ask = pb::GetSchoolRequest { name: format!("schools/{urn}") };
            let school = fixture.register().get_school(ask).await.unwrap().into_inner().school.unwrap();
            assert_eq!(school.former_old_la_code, former, "{urn}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_row_with_an_unknown_status_or_phase_is_out_and_counted_by_its_code() {
    on_each(|fixture| async move {
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
            // It is closed, also with an unknown phase.
            phase(100_007, "8").replace(",4,1,", ",4,2,"),
        ];
        let done = fixture.import("2018-09-01", &extract(rows), &[]).await.unwrap();
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
        let served = fixture.register().get_register(pb::GetRegisterRequest { name: "register".to_owned() }).await.unwrap();
        assert_eq!(served.into_inner().register.unwrap(), register);
        let school = async |urn: i32| {
            let ask = pb::GetSchoolRequest { name: format!("schools/{urn}") };
            let school = fixture.register().get_school(ask).await.unwrap().into_inner().school.unwrap();
            (school.status_code, school.phase_code, school.register_reason())
        };
        assert_eq!(school(100_001).await, (5, 2, UnknownStatus));
        assert_eq!(school(100_003).await, (0, 2, UnknownStatus));
        assert_eq!(school(100_004).await, (1, 8, UnknownPhase));
        assert_eq!(school(100_006).await, (1, 0, UnknownPhase));
        assert_eq!(school(100_007).await, (2, 8, Closed));
        let ask = pb::ListSchoolsRequest { register_reason: UnknownPhase.into(), ..Default::default() };
        assert_eq!(fixture.register().list_schools(ask).await.unwrap().into_inner().schools.len(), 3);
        // The next extract knows all codes: nothing is left of the counts.
        let next = fixture.import("2018-10-01", &three(), &[]).await.unwrap().register.unwrap();
        assert_eq!(next.unknown_code_counts, []);
    })
    .await;
}

#[tokio::test]
async fn rows_of_links_without_descent_are_counted_by_their_types() {
    on_each(|fixture| async move {
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
        let register = fixture.import("2018-09-01", &three(), &rows).await.unwrap().register.unwrap();
        let of_links = (register.link_rows_count, register.links_count, register.link_rows_unknown_urn_count);
        assert_eq!(of_links, (8, 0, 1));
        assert_eq!((register.link_rows_undirected_count, register.link_rows_other_count), (2, 5));
        let types: Vec<_> = register.link_type_counts.iter().map(|count| (count.link_type.as_str(), count.rows_count)).collect();
        assert_eq!(types, [("A type of 2031", 2), ("", 1), ("(school linked to itself)", 1), ("Closure", 1)]);
        // One of the two closes: now the merger has a direction.
        let closed = row(100_000).replace(",4,1,01-09-1970,,", ",4,2,01-09-1970,30-09-2018,");
        let next = extract([closed, row(100_001), row(100_002)]);
        let register = fixture.import("2018-10-01", &next, &rows).await.unwrap().register.unwrap();
        assert_eq!((register.links_count, register.link_rows_undirected_count), (1, 0));
        fixture.confirm_links("dfe", &[]).await.unwrap();
        let ask = pb::GetLineageRequest { name: "schools/100001".to_owned(), as_of_date: String::new() };
        let lineage = fixture.register().get_lineage(ask).await.unwrap().into_inner();
        let shown: Vec<_> = lineage.links.iter().map(|link| (link.predecessor_urn, link.successor_urn, link.kind())).collect();
        assert_eq!(shown, [(100_000, 100_001, pb::LinkKind::PredecessorMerged)]);
        assert_eq!(lineage.links[0].established_date, "2018-09-30");
    })
    .await;
}

#[tokio::test]
async fn a_name_that_was_encoded_twice_is_served_repaired() {
    on_each(|fixture| async move {
        // A file of windows-1252, into which one name was pasted as UTF-8.
        let mut bytes = extract([row(100_000).replace("School", "EEcole"), row(100_001).replace("School", "CafXX")]);
        let place = bytes.windows(2).position(|two| two == b"EE").unwrap();
        bytes.splice(place..place + 2, [0xC9]);
        let place = bytes.windows(2).position(|two| two == b"XX").unwrap();
        bytes.splice(place..place + 2, "é".bytes());
        let register = fixture.import("2018-09-01", &bytes, &[]).await.unwrap().register.unwrap();
        assert_eq!(register.texts_repaired_count, 1);
        for (urn, name) in [(100_000, "École 100000"), (100_001, "Café 100001")] {
            let ask = pb::GetSchoolRequest { name: format!("schools/{urn}") };
            let school = fixture.register().get_school(ask).await.unwrap().into_inner().school.unwrap();
            assert_eq!(school.school_name, name);
        }
    })
    .await;
}

/// When GIAS renames a code, every school would be out. Below the threshold single rows are.
#[tokio::test]
async fn an_extract_whose_codes_changed_is_refused_unless_that_is_allowed() {
    on_each(|fixture| async move {
        let of_status = |urn: i32, status: &str| row(urn).replace(",4,1,", &format!(",4,{status},"));
        assert_ne!(of_status(100_000, "9"), row(100_000));
        let renamed = extract((100_000..100_120).map(|urn| of_status(urn, "9")));
        let refused = fixture.import("2018-09-01", &renamed, &[]).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "REGISTER_SHRINKS"));
        assert!(
            refused.message().contains("120 of the 120 rows have a status or phase that this version does not know"),
            "{refused:?}"
        );
        let hundred = extract((100_000..100_120).map(|urn| of_status(urn, if urn < 100_100 { "9" } else { "1" })));
        let register = fixture.import("2018-09-01", &hundred, &[]).await.unwrap().register.unwrap();
        assert_eq!(register.unknown_code_counts[0].rows_count, 100);
    })
    .await;
}

#[tokio::test]
async fn ages_and_places_are_read_where_the_extract_has_them() {
    on_each(|fixture| async move {
        let header = format!("{HEADER},StatutoryLowAge,StatutoryHighAge,Postcode,Easting,Northing");
        let rows = [
            format!("{},4,11,S1 2HE,435123,387456", row(100_000)),
            format!("{},,11,,,", row(100_001)),
            // A place needs both coordinates, and numbers outside the grid say nothing.
            format!("{},four,111,not one,435123,", row(100_002)),
        ];
        let file = format!("{header}\n{}\n", rows.join("\n"));
        fixture.import("2018-09-01", file.as_bytes(), &[]).await.unwrap();
        let read = async |urn: i32| {
            let ask = pb::GetSchoolRequest { name: format!("schools/{urn}") };
            let school = fixture.register().get_school(ask).await.unwrap().into_inner().school.unwrap();
            ((school.low_age, school.high_age), school.postcode, (school.easting_metres, school.northing_metres))
        };
        assert_eq!(read(100_000).await, ((Some(4), Some(11)), "S1 2HE".to_owned(), (Some(435_123), Some(387_456))));
        assert_eq!(read(100_001).await, ((None, Some(11)), String::new(), (None, None)));
        assert_eq!(read(100_002).await, ((None, None), String::new(), (None, None)));
        // The same schools without these columns are described differently, and are as before without them.
        let without = fixture.import("2018-09-02", &extract([row(100_000), row(100_001), row(100_002)]), &[]).await.unwrap();
        assert_eq!(without.schools_changed_count, 2);
        assert_eq!(read(100_000).await, ((None, None), String::new(), (None, None)));
    })
    .await;
}
