//! Imports and publications that take more than their share.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use proto::network::v1::{self as pb, publish_reach_request::Part};
use tonic::Code;

use crate::{
    fixture::*,
    reach::{areas, figure, header, part, publish},
    register::three,
};

#[tokio::test]
async fn a_code_that_is_too_long_ends_a_publication_at_its_first_row() {
    on_each(|fixture| async move {
        let long = |bytes: usize| "E".repeat(bytes);
        let figure_with = |code: String| part(vec![pb::ReachFigure { region_code: code, ..figure("primary") }], vec![]);
        let sent = Arc::new(AtomicUsize::new(0));
        let parts = [vec![Part::Header(header(&fresh(), false))], vec![figure_with(long(100_000)); 200]].concat();
        let count = Arc::clone(&sent);
        let messages = parts.into_iter().map(move |part| {
            count.fetch_add(1, Ordering::Relaxed);
            pb::PublishReachRequest { part: Some(part) }
        });
        let refused = fixture.reach_as("publisher").publish_reach(futures::stream::iter(messages)).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "FIELD_INVALID"));
        assert_eq!(fields(&refused), ["figures[0].region_code"]);
        let sent = sent.load(Ordering::Relaxed);
        assert!(sent < 100, "{sent} messages were sent, and the first is refused");
        let publish_part =
            async |part| publish(&fixture, "publisher", vec![Part::Header(header(&fresh(), false)), part]).await.unwrap_err();
        let (mut one, mut other) = (figure("primary"), figure("secondary"));
        (one.old_la_code, other.new_la_code) = (long(10), long(10));
        let mut three = areas();
        (three[0].old_la_code, three[1].new_la_code, three[2].region_code) = (long(10), long(10), long(10));
        let wrong = fields(&publish_part(part(vec![one, other], three)).await);
        let rows = ["figures[0].old_la_code", "figures[1].new_la_code"];
        let rows = [&rows[..], &["cold_areas[0].old_la_code", "cold_areas[1].new_la_code", "cold_areas[2].region_code"]].concat();
        assert_eq!(wrong, rows);
        let too_large = publish_part(figure_with(long(300_000))).await;
        assert_eq!((too_large.code(), reason(&too_large).as_str()), (Code::OutOfRange, "MESSAGE_TOO_LARGE"));
        assert!(too_large.message().contains("262144 bytes"), "{}", too_large.message());
        assert!(fixture.events().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_fifth_publication_is_refused_until_one_ends() {
    on_each(|fixture| async move {
        let begin = |id: &str| {
            let reach = fixture.reach_as("publisher");
            let parts = [Part::Header(header(id, false)), part(vec![figure("primary")], areas())];
            OpenCall::begin(parts.map(|part| pb::PublishReachRequest { part: Some(part) }).to_vec(), move |stream| {
                let mut reach = reach.clone();
                Box::pin(async move { reach.publish_reach(stream).await })
            })
        };
        let [first, second, _third, _fourth] = ["1", "2", "3", "4"].map(begin);
        let parts = || vec![Part::Header(header(&fresh(), true)), part(vec![figure("primary")], areas())];
        let try_one = async || publish(&fixture, "publisher", parts()).await;
        let refused = until(try_one, Result::is_err).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::ResourceExhausted, "OVERLOADED"));
        assert!(refused.message().contains("4 publications are in progress"), "{}", refused.message());
        // An import has its own slots, and does not wait for the silent publications.
        fixture.import("2018-09-01", &three(), &[]).await.unwrap();
        // One breaks off, and one goes on to its end.
        first.abort();
        until(try_one, Result::is_ok).await.unwrap();
        let publication = second.finish().await.unwrap().into_inner().reach_publication.unwrap();
        assert_eq!((publication.figures_count, publication.cold_areas_count), (1, 3));
    })
    .await;
}

#[tokio::test]
async fn silent_imports_delay_no_other_and_the_fifth_is_refused_until_one_ends() {
    on_each(|fixture| async move {
        let begin = |id: &str| fixture.open_import(id, "2018-09-01", &three());
        let [first, second, _third, _fourth] = ["1", "2", "3", "4"].map(begin);
        let import = async || fixture.import("2018-09-01", &three(), &[]).await;
        let refused = until(import, Result::is_err).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::ResourceExhausted, "OVERLOADED"));
        assert!(refused.message().contains("4 imports are in progress"), "{}", refused.message());
        // One breaks off: another takes its slot and does not wait for the silent ones.
        first.abort();
        until(import, Result::is_ok).await.unwrap();
        let _fifth = begin("5");
        until(import, Result::is_err).await.unwrap_err();
        // One goes on to its end, and is answered.
        second.finish().await.unwrap();
        until(import, Result::is_ok).await.unwrap();
    })
    .await;
}
