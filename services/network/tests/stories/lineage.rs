//! Lineage of schools as of a day.

use proto::network::v1 as pb;
use tonic::Code;

use crate::fixture::*;

async fn lineage(fixture: &Fixture, urn: i32, day: &str) -> (Vec<i32>, Vec<i32>, Vec<(i32, i32)>) {
    let request = pb::GetLineageRequest { name: format!("schools/{urn}"), as_of_date: day.to_owned() };
    let before = fixture.service.context.pool.statements_count();
    let found = fixture.register().get_lineage(request).await.unwrap().into_inner();
    assert_eq!(fixture.service.context.pool.statements_count() - before, 1);
    assert_eq!(found.school.unwrap().urn, urn);
    let urns = |schools: Vec<pb::School>| schools.into_iter().map(|school| school.urn).collect();
    let links = found.links.into_iter().map(|link| (link.predecessor_urn, link.successor_urn)).collect();
    (urns(found.predecessors), urns(found.successors), links)
}

#[tokio::test]
async fn a_link_holds_from_its_day_on_and_an_undated_link_always() {
    on_each(|fixture| async move {
        // 100000 became 100001 in 2016; 100001 and 100002 merged into 100003 in 2018; 100004 is a neighbour.
        let rows = links(&[
            (100_000, 100_001, "Successor", "01-09-2016"),
            (100_001, 100_000, "Predecessor", "01-09-2016"),
            (100_003, 100_001, "Predecessor - merged", "01-09-2018"),
            (100_003, 100_002, "Predecessor - merged", ""),
            (100_004, 100_003, "Sixth Form Centre Link", ""),
        ]);
        // 100002 and 100003 have no days, so that their link has none.
        let undated = |urn| row(urn).replace("01-09-1970", "");
        let extract = extract([row(100_000), row(100_001), undated(100_002), undated(100_003), row(100_004)]);
        fixture.import("2018-09-01", &extract, &rows).await.unwrap();
        let all = lineage(&fixture, 100_003, "").await;
        assert_eq!(
            all,
            (vec![100_000, 100_001, 100_002], vec![], vec![(100_000, 100_001), (100_001, 100_003), (100_002, 100_003)])
        );
        assert_eq!(lineage(&fixture, 100_003, "2018-08-31").await, (vec![100_002], vec![], vec![(100_002, 100_003)]));
        assert_eq!(lineage(&fixture, 100_001, "2018-08-31").await, (vec![100_000], vec![], vec![(100_000, 100_001)]));
        assert_eq!(lineage(&fixture, 100_000, "").await.1, [100_001, 100_003]);
        assert_eq!(lineage(&fixture, 100_004, "").await, (vec![], vec![], vec![]));
        let missing = pb::GetLineageRequest { name: "schools/999999".to_owned(), as_of_date: String::new() };
        assert_eq!(fixture.register().get_lineage(missing).await.unwrap_err().code(), Code::NotFound);
        let wrong = pb::GetLineageRequest { name: "school/1".to_owned(), as_of_date: "yesterday".to_owned() };
        assert_eq!(fields(&fixture.register().get_lineage(wrong).await.unwrap_err()), ["name", "as_of_date"]);
    })
    .await;
}

#[tokio::test]
async fn a_lineage_of_links_in_a_circle_ends() {
    on_each(|fixture| async move {
        let rows = links(&[
            (100_000, 100_001, "Successor", ""),
            (100_001, 100_002, "Successor", ""),
            (100_002, 100_000, "Successor", ""),
            (100_000, 100_002, "Successor", ""),
        ]);
        fixture.import("2018-09-01", &extract([100_000, 100_001, 100_002].map(row)), &rows).await.unwrap();
        let (predecessors, successors, links) = lineage(&fixture, 100_000, "").await;
        assert_eq!((predecessors, successors, links.len()), (vec![100_001, 100_002], vec![100_001, 100_002], 4));
    })
    .await;
}
