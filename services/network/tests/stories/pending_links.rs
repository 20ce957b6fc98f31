//! Links of a school that the register listed before have no effect until a second account confirms them.

use proto::network::v1 as pb;
use tonic::Code;

use crate::{fixture::*, register::three};

/// The schools that descend from one, and the number of links that are pending.
async fn successors(fixture: &Fixture, urn: i32) -> (Vec<i32>, i32) {
    let lineage = pb::GetLineageRequest { name: format!("schools/{urn}"), as_of_date: "2020-01-01".to_owned() };
    let found = fixture.register().get_lineage(lineage).await.unwrap().into_inner().successors;
    let register = fixture.register().get_register(pb::GetRegisterRequest { name: "register".to_owned() }).await.unwrap();
    let pending = register.into_inner().register.unwrap().pending_links_count;
    (found.into_iter().map(|school| school.urn).collect(), pending)
}

#[tokio::test]
async fn a_new_link_of_a_known_school_has_no_effect_before_another_account_confirms_it() {
    on_each(|fixture| async move {
        let first = fixture.import("2018-09-01", &three(), &links(&[(100_000, 100_001, "Successor", "")])).await.unwrap();
        assert_eq!(first.register.unwrap().pending_links_count, 0, "the first import has no pending links");
        assert_eq!(successors(&fixture, 100_000).await, (vec![100_001], 0));
        // The link of the new school 100003 takes effect at once: it had neither cases nor money.
        let rows = links(&[
            (100_000, 100_001, "Successor", ""),
            (100_001, 100_002, "Successor", "01-09-2018"),
            (100_003, 100_002, "Successor", ""),
        ]);
        let four = extract([100_000, 100_001, 100_002, 100_003].map(row));
        let tried = fixture.import_as(&fresh(), "2018-10-01", &four, &rows, true).await.unwrap();
        assert_eq!(tried.register.unwrap().pending_links_count, 1);
        assert_eq!(fixture.pending_links().await.pending_links, [], "a dry run changes nothing");
        let second = fixture.import("2018-10-01", &four, &rows).await.unwrap();
        assert_eq!(second.register.unwrap().pending_links_count, 1);
        assert_eq!(successors(&fixture, 100_001).await, (vec![], 1));
        assert_eq!(successors(&fixture, 100_000).await, (vec![100_001], 1));
        assert_eq!(successors(&fixture, 100_003).await, (vec![100_002], 1));
        let waiting = fixture.pending_links().await.pending_links;
        assert!(waiting.len() == 1 && waiting[0].current_link.is_none() && !waiting[0].importer.is_empty(), "{waiting:?}");
        let link = waiting[0].confirmed_link.clone().unwrap();
        assert_eq!((link.predecessor_urn, link.successor_urn, link.established_date.as_str()), (100_001, 100_002, "2018-09-01"));
        let events = fixture.events().await;
        let names_it = |event: &proto::feed::v1::Event| {
            event.r#type.ends_with("SchoolLinksRecorded")
                && <pb::SchoolLinksRecorded as prost::Message>::decode(event.payload.as_slice())
                    .unwrap()
                    .school_links
                    .contains(&link)
        };
        assert!(!events.iter().any(names_it), "nobody who follows the feed knows the pending link");

        // The same files again change nothing, also for another account.
        let again = messages(&fresh(), "2018-10-01", &four, &rows, false);
        let again = fixture.register_as("importer@job").import_register(futures::stream::iter(again)).await.unwrap().into_inner();
        assert!(again.unchanged);
        let refused = fixture.confirm_links("ncetm", &[]).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "CONFIRMER_IS_IMPORTER"));
        assert_eq!(successors(&fixture, 100_001).await, (vec![], 1), "the importer alone changes nothing");
        let confirmed = fixture.confirm_links("ncetm@second", &[]).await.unwrap();
        assert_eq!((confirmed.confirmed_links_count, confirmed.register.unwrap().pending_links_count), (1, 0));
        assert_eq!(successors(&fixture, 100_001).await, (vec![100_002], 0));
        let events = fixture.events().await;
        let end: pb::LinksConfirmed = prost::Message::decode(events.last().unwrap().payload.as_slice()).unwrap();
        let confirmer = events.last().unwrap().actor.clone().unwrap();
        assert!(!end.importer.is_empty() && end.importer != confirmer.id, "{end:?} {confirmer:?}");
        assert!(names_it(&events[events.len() - 2]));
    })
    .await;
}

#[tokio::test]
async fn a_link_that_is_removed_or_changed_keeps_its_effect_until_it_is_confirmed() {
    on_each(|fixture| async move {
        let of = |first: &str| links(&[(100_000, 100_001, "Successor", first), (100_001, 100_002, "Successor", "")]);
        fixture.import("2018-09-01", &three(), &of("01-09-2018")).await.unwrap();
        fixture.import("2018-10-01", &three(), &of("01-09-2030")).await.unwrap();
        assert_eq!(successors(&fixture, 100_000).await, (vec![100_001, 100_002], 1));
        let changed = fixture.pending_links().await.pending_links.remove(0);
        let dates = [changed.current_link, changed.confirmed_link].map(|link| link.unwrap().established_date);
        assert_eq!(dates, ["2018-09-01", "2030-09-01"]);
        // Neither does a school that is no longer listed lose its links at once.
        fixture.import("2018-11-01", &extract([100_000, 100_001].map(row)), b"").await.unwrap();
        assert_eq!(successors(&fixture, 100_000).await, (vec![100_001, 100_002], 2));
        let waiting = fixture.pending_links().await.pending_links;
        assert!(waiting.iter().all(|link| link.current_link.is_some() && link.confirmed_link.is_none()), "{waiting:?}");
        fixture.confirm_links("dfe", &[100_001]).await.unwrap();
        assert_eq!(successors(&fixture, 100_000).await, (vec![100_001], 1));
        fixture.confirm_links("dfe", &[100_000]).await.unwrap();
        assert_eq!(successors(&fixture, 100_000).await, (vec![], 0));
        let events = fixture.events().await;
        let removed: pb::SchoolLinksRecorded = prost::Message::decode(events[events.len() - 2].payload.as_slice()).unwrap();
        assert_eq!((removed.school_links.len(), removed.removed_school_links[0].predecessor_urn), (0, 100_000));
    })
    .await;
}

#[tokio::test]
async fn imports_that_repeat_a_pending_link_do_not_hide_how_long_it_has_been_pending() {
    on_each(|fixture| async move {
        let rows = links(&[(100_000, 100_001, "Successor", "")]);
        fixture.import("2018-09-01", &three(), b"").await.unwrap();
        for day in ["2018-10-01", "2018-10-02", "2018-10-03"] {
            fixture.import(day, &three(), &rows).await.unwrap();
        }
        fixture.on("2018-10-05");
        let days = 4 * 86_400;
        assert_eq!(fixture.metric("network_pending_link_oldest_age_seconds").await, days.to_string());
        fixture.confirm_links("dfe", &[]).await.unwrap();
        assert_eq!(fixture.metric("network_pending_link_oldest_age_seconds").await, "0");
    })
    .await;
}

#[tokio::test]
async fn the_next_import_replaces_what_is_pending() {
    on_each(|fixture| async move {
        fixture.import("2018-09-01", &three(), b"").await.unwrap();
        fixture.import("2018-10-01", &three(), &links(&[(100_000, 100_001, "Successor", "")])).await.unwrap();
        let seen = fixture.pending_links().await.register_etag;
        let parts = messages(&fresh(), "2018-10-02", &three(), &links(&[(100_000, 100_002, "Successor", "")]), false);
        fixture.on("2018-10-02");
        fixture.register_as("importer@job").import_register(futures::stream::iter(parts)).await.unwrap();
        let request = pb::ConfirmLinksRequest {
            request_id: fresh(),
            name: "register".to_owned(),
            etag: seen,
            predecessor_schools: Vec::new(),
        };
        let stale = fixture.register_as("dfe").confirm_links(request).await.unwrap_err();
        assert_eq!((stale.code(), reason(&stale).as_str()), (Code::Aborted, "ETAG_STALE"), "other links than were read");
        fixture.confirm_links("ncetm", &[]).await.unwrap();
        assert_eq!(successors(&fixture, 100_000).await, (vec![100_002], 0));
        // An import without the change takes back what is pending.
        fixture.import("2018-10-03", &three(), b"").await.unwrap();
        assert_eq!(successors(&fixture, 100_000).await, (vec![100_002], 1));
        fixture.import("2018-10-04", &three(), &links(&[(100_000, 100_002, "Successor", "")])).await.unwrap();
        assert_eq!(successors(&fixture, 100_000).await, (vec![100_002], 0));
    })
    .await;
}

#[tokio::test]
async fn a_school_gets_the_former_code_of_its_predecessor_when_their_link_is_confirmed() {
    on_each(|fixture| async move {
        let academy = row(100_001).replace("373,Sheffield", "370,Barnsley");
        let former = async || {
            let school = pb::GetSchoolRequest { name: "schools/100001".to_owned() };
            fixture.register().get_school(school).await.unwrap().into_inner().school.unwrap().former_old_la_code
        };
        fixture.import("2018-09-01", &extract([row(100_000)]), b"").await.unwrap();
        let rows = links(&[(100_000, 100_001, "Successor", "")]);
        fixture.import("2018-10-01", &extract([row(100_000), academy]), &rows).await.unwrap();
        assert_eq!(former().await, "");
        fixture.confirm_links("dfe", &[]).await.unwrap();
        assert_eq!(former().await, "373");
        let types = fixture.event_types().await;
        assert_eq!(types[types.len() - 3..], ["SchoolsRecorded", "SchoolLinksRecorded", "LinksConfirmed"]);
    })
    .await;
}
