//! RegisterService.

use proto::network::v1::{self as pb, import_register_request::Part};
use server::testing::{Cases, Walk};

use crate::fixture::*;

/// The RPCs with their cases.
pub(super) const CASES: &[Cases] = &[
    ("ImportRegister", &["wrong field", "wrong state", "repeated", "another body"]),
    ("GetRegister", &["wrong field", "wrong state"]),
    ("GetSchool", &["wrong field", "wrong state"]),
    ("ListSchools", &["wrong field", "wrong state"]),
    ("GetLineage", &["wrong field", "wrong state"]),
    ("ListPendingLinks", &["wrong field", "wrong state"]),
    ("ConfirmLinks", &["wrong field", "wrong state", "stale etag", "repeated", "another body"]),
];

pub(crate) async fn walk(fixture: &Fixture, walk: &mut Walk) {
    import(fixture, walk).await;
    read(fixture, walk).await;
    confirm(fixture, walk).await;
}

fn message(part: Part) -> pb::ImportRegisterRequest {
    pb::ImportRegisterRequest { part: Some(part) }
}

async fn import(fixture: &Fixture, walk: &mut Walk) {
    let events = async || fixture.events().await.len();
    let call = async |parts: Vec<_>| fixture.register().import_register(futures::stream::iter(parts)).await;
    let get = |name: &str| pb::GetRegisterRequest { name: name.to_owned() };
    for name in ["", "registers/1"] {
        walk.wrong("GetRegister", fixture.register().get_register(get(name)).await, &["name"]);
    }
    walk.step("GetRegister", "wrong state", fixture.register().get_register(get("register")).await, "NOT_FOUND");

    fixture.on("2018-09-02");
    let rows = extract([row(100_001), row(100_002)]);
    let file = |request_id: &str, day: &str| messages(request_id, day, &rows, b"", false);
    let with = |part: Option<Part>| vec![file("import", "2018-09-01").remove(0), pb::ImportRegisterRequest { part }];
    let large = || vec![b'x'; (1 << 20) + 1].into();
    let links_first =
        [with(Some(Part::LinksChunk(b"URN".as_slice().into()))), file("import", "2018-09-01").split_off(1)].concat();
    for (wrong, fields) in [
        (vec![], &["header"] as &[&str]),
        (file("import", "2018-09-01").split_off(1), &["header"]),
        ([file("import", "2018-09-01"), file("import", "2018-09-01")].concat(), &["header"]),
        (vec![message(Part::Header(pb::ImportRegisterHeader::default()))], &["request_id", "as_of_date"]),
        (file("import", "2018-02-30"), &["as_of_date"]),
        (file("import", "9999-12-31"), &["as_of_date"]),
        (file("a b", "2018-09-01"), &["request_id"]),
        (with(None), &["part"]),
        (links_first, &["extract_chunk"]),
        (with(Some(Part::ExtractChunk(large()))), &["extract_chunk"]),
        (with(Some(Part::LinksChunk(large()))), &["links_chunk"]),
        (messages("import", "2018-09-01", b"", b"", false), &["extract"]),
        (
            messages("import", "2018-09-01", &extract([row(100_001).replace("1970", "x")]), b"", false),
            &["extract row 2, column OpenDate"],
        ),
        (messages("import", "2018-09-01", &rows, b"a,b\n1,2\n", false), &["links row 1"]),
    ] {
        walk.wrong("ImportRegister", call(wrong).await, fields);
    }
    walk.repeat("ImportRegister", events, 2, call, ["2018-09-01", "2018-09-02"].map(|day| file("import", day))).await;

    let shrunk = begin(db::testing::sqlite(), |_| {}).await;
    shrunk.import("2018-09-01", &extract((100_000..100_200).map(row)), b"").await.unwrap();
    walk.step("ImportRegister", "wrong state", shrunk.import("2018-10-01", &rows, b"").await, "REGISTER_SHRINKS");
    walk.step("ImportRegister", "wrong state", shrunk.import("2018-08-31", &rows, b"").await, "REGISTER_OLDER");
    let future = call(file("future", "2018-09-03")).await;
    walk.step("ImportRegister", "wrong state", future, "DATE_IN_FUTURE");
    let small = begin(db::testing::sqlite(), |config| config.register_size_max_bytes = 1_000).await;
    let more = extract((100_001..100_100).map(row));
    walk.step("ImportRegister", "wrong state", small.import("2018-09-01", &more, b"").await, "STREAM_TOO_LARGE");
    let silent = tokio_stream::StreamExt::chain(futures::stream::iter(file("silent", "2018-09-01")), futures::stream::pending());
    let hasty = begin(db::testing::sqlite(), |config| config.stream_timeout = std::time::Duration::from_millis(50)).await;
    walk.step("ImportRegister", "wrong state", hasty.register().import_register(silent).await, "STREAM_SILENT");
    let open = ["1", "2", "3", "4"].map(|id| fixture.open_import(id, "2018-09-01", &rows));
    let fifth = until(async || call(file("fifth", "2018-09-01")).await, Result::is_err).await;
    walk.step("ImportRegister", "wrong state", fifth, "OVERLOADED");
    for import in open {
        drop(import.finish().await);
    }
    let full = begin(db::testing::sqlite(), |config| config.temporary_folder = "/nonexistent".into()).await;
    walk.step("ImportRegister", "wrong state", full.import("2018-09-01", &rows, b"").await, "TRY_AGAIN");
}

async fn read(fixture: &Fixture, walk: &mut Walk) {
    let school = async |name: &str| fixture.register().get_school(pb::GetSchoolRequest { name: name.to_owned() }).await;
    for name in ["", "100001", "schools/1", "schools/0100001"] {
        walk.wrong("GetSchool", school(name).await, &["name"]);
    }
    walk.step("GetSchool", "wrong state", school("schools/999999").await, "NOT_FOUND");
    let list = async |request| fixture.register().list_schools(request).await;
    let wrong = pb::ListSchoolsRequest {
        region_code: "X".to_owned(),
        old_la_code: "Sheffield".to_owned(),
        education_phase: 99,
        register_reason: 99,
        page_size: -1,
        page_token: "x".to_owned(),
    };
    let fields = ["region_code", "old_la_code", "education_phase", "register_reason", "page_size", "page_token"];
    walk.wrong("ListSchools", list(wrong).await, &fields);
    let first = pb::ListSchoolsRequest { page_size: 1, ..Default::default() };
    let page_token = list(first.clone()).await.unwrap().into_inner().next_page_token;
    let other = pb::ListSchoolsRequest { old_la_code: "373".to_owned(), page_token: page_token.clone(), ..first.clone() };
    walk.wrong("ListSchools", list(other).await, &["page_token"]);

    let lineage = async |name: &str, day: &str| {
        let request = pb::GetLineageRequest { name: name.to_owned(), as_of_date: day.to_owned() };
        fixture.register().get_lineage(request).await
    };
    walk.wrong("GetLineage", lineage("schools/1", "x").await, &["name", "as_of_date"]);
    walk.step("GetLineage", "wrong state", lineage("schools/999999", "").await, "NOT_FOUND");
    // Of 150 schools each is said to succeed all before it, which is more links than a lineage may have.
    let pairs: Vec<_> =
        (100_001..=100_150).flat_map(|older| (older + 1..=100_150).map(move |newer| (older, newer, "Successor", ""))).collect();
    fixture.import("2018-10-01", &extract((100_001..=100_150).map(row)), &links(&pairs)).await.unwrap();
    walk.step("GetLineage", "wrong state", lineage("schools/100003", "").await, "LINEAGE_TOO_LARGE");
    let mixed = pb::ListSchoolsRequest { page_token, ..first };
    walk.step("ListSchools", "wrong state", list(mixed).await, "REGISTER_CHANGED");
}

/// The links of 100001 and 100002, which the register listed before the others, are pending.
async fn confirm(fixture: &Fixture, walk: &mut Walk) {
    let dfe = fixture.register_as("dfe");
    let list = async |page_size, page_token: &str| {
        let request = pb::ListPendingLinksRequest { page_size, page_token: page_token.to_owned() };
        dfe.clone().list_pending_links(request).await
    };
    walk.wrong("ListPendingLinks", list(-1, "x").await, &["page_size", "page_token"]);
    let page = list(1, "").await.unwrap().into_inner();
    assert_eq!(page.pending_links.len(), 1);

    let events = async || fixture.events().await.len();
    let call_as = async |caller, request| fixture.register_as(caller).confirm_links(request).await;
    let call = async |request| call_as("dfe", request).await;
    let request = |request_id: &str, etag: &str, schools: &[&str]| pb::ConfirmLinksRequest {
        request_id: request_id.to_owned(),
        name: "register".to_owned(),
        etag: etag.to_owned(),
        predecessor_schools: schools.iter().map(|school| (*school).to_owned()).collect(),
    };
    let etag = page.register_etag.as_str();
    walk.wrong("ConfirmLinks", call(pb::ConfirmLinksRequest::default()).await, &["request_id", "name", "etag"]);
    let wrong = request("confirm", etag, &["schools/1", "schools/100001", "100002"]);
    walk.wrong("ConfirmLinks", call(wrong).await, &["predecessor_schools[0]", "predecessor_schools[2]"]);
    let too_many = request("confirm", etag, &["schools/100001"; 1_001]);
    walk.wrong("ConfirmLinks", call(too_many).await, &["predecessor_schools"]);
    walk.step("ConfirmLinks", "stale etag", call(request("confirm", "v1", &[])).await, "ETAG_STALE");
    let other = call(request("confirm", etag, &["schools/100003"])).await;
    walk.step("ConfirmLinks", "wrong state", other, "LINK_NOT_PENDING");
    let own = call_as("ncetm", request("confirm", etag, &[])).await;
    walk.step("ConfirmLinks", "wrong state", own, "CONFIRMER_IS_IMPORTER");
    let pair = [request("confirm", etag, &["schools/100001"]), request("confirm", etag, &["schools/100002"])];
    let etag = walk.repeat("ConfirmLinks", events, 2, call, pair).await.register.unwrap().etag;
    walk.step("ListPendingLinks", "wrong state", list(1, &page.next_page_token).await, "REGISTER_CHANGED");
    let etag = call(request("rest", &etag, &[])).await.unwrap().into_inner().register.unwrap().etag;
    walk.step("ConfirmLinks", "wrong state", call(request("none", &etag, &[])).await, "LINK_NOT_PENDING");
}
