//! Page tokens that a caller forged, for every list of every service. The lists come from the contracts, so a new list is tested too.

use access::{Authorizer, Permission, Role};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use client::Connection;
use prost::Message as _;
use prost_reflect::{DynamicMessage, MethodDescriptor, Value};
use sha2::{Digest as _, Sha256};
use tonic::{Code, Status, client::Grpc};
use tonic_types::StatusExt as _;

use crate::every_method::SERVICES;

/// Parents that some list accepts. There are no cohorts, publications and meetings of these names.
const PARENTS: [&str; 6] =
    ["rounds/-", "reachPublications/-", "cohorts/one", "workGroups/-", "workGroups/one/meetings/one", "participations/one"];

/// Keys of the types by which lists are ordered; each list takes one of them, or two that look alike.
const WELL_TYPED: [&str; 16] = [
    r#""one""#,
    "1",
    r#"["one",1]"#,
    "[1,100001]",
    "[1,100001,100002]",
    r#"[1,"one"]"#,
    r#"[100001,"2018-09-01"]"#,
    r#"["2018-19","north"]"#,
    r#"["one","north","primary"]"#,
    r#"["one","one"]"#,
    r#"["2018-09-01","one"]"#,
    r#""2018-09-01""#,
    r#""councilMeetings/one/decisions/one""#,
    r#"["one",1,"one","2018-09-01"]"#,
    r#"["one","2018/19","2018-09-01"]"#,
    r#"["one","2018-09-01","one",1]"#,
];

/// Lists below a publication: a key names the publication, and there is none here. The stories of the network service read their pages.
const OF_A_PUBLICATION: [&str; 2] = ["ListReachFigures", "ListColdAreas"];

/// A list with keys of two ids, and a key that only there has the right types.
const OF_TWO_IDS: (&str, &str) = ("ListPersonMatches", r#"["2018-20","north"]"#);

/// Keys that no list gives.
fn hostile_keys() -> Vec<Vec<u8>> {
    let texts = [
        "",
        " ",
        "\0",
        "one",
        "null",
        "true",
        "{}",
        "[]",
        "1.5",
        "1e400",
        "9223372036854775808",
        "-9223372036854775809",
        r#""""#,
        r#""\u0000""#,
        r#""on\u0000e""#,
        r#""\ud800""#,
        "\"\u{202E}one\"",
        r#""schools/100001""#,
        r#""One""#,
        r#""' OR '1' = '1""#,
        r#"["one","no\u0000rth","primary"]"#,
        r#"["2018-19","no\u0000rth"]"#,
        r#"["2018-20","north"]"#,
        r#"[1,"\u0000"]"#,
        r#"[100001,"2018-02-3O"]"#,
        r#"[100001,""]"#,
        "[1,1]",
        "[1,100001,99999999999999999999]",
        "[1,100001,100002,1]",
        r#"["one","primary","one",1,1]"#,
        r#"["one","pri\u0000mary",1,1,1]"#,
        r#"["one","primary",7,1,1]"#,
    ];
    let long = [format!("\"{}\"", "x".repeat(100_000)), "[".repeat(100_000), format!("\"{}\"", "x".repeat(82))];
    let bytes = [vec![0xFF], b"\"\xC3\x28\"".to_vec()];
    texts.iter().map(|key| key.as_bytes().to_vec()).chain(long.map(String::into_bytes)).chain(bytes).collect()
}

async fn call(to: Connection, method: &MethodDescriptor, request: &DynamicMessage) -> Result<(), Status> {
    let mut grpc = Grpc::new(to);
    grpc.ready().await.map_err(|error| Status::unknown(error.to_string()))?;
    let codec = tonic_prost::ProstCodec::<DynamicMessage, ()>::default();
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name()).parse().expect("a method's name is a path");
    grpc.unary(tonic::Request::new(request.clone()), path, codec).await.map(drop)
}

fn fields_wrong(answer: &Result<(), Status>) -> Vec<String> {
    let details = answer.as_ref().err().and_then(|status| status.get_details_bad_request());
    details.map(|details| details.field_violations).unwrap_or_default().into_iter().map(|violation| violation.field).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_page_token_is_a_wrong_field_of_every_list() {
    stories::on_each_database("2018-03-01", async |mut suite| {
        suite.start_specialists().await;
        suite.start_funding().await;
        let mut lists = 0;
        for (channel, services) in SERVICES {
            let authorizer = Authorizer::new(access::contracts(), services).unwrap();
            let declared = services.iter().map(|name| access::contracts().get_service_by_name(name).unwrap());
            let methods: Vec<_> = declared.flat_map(|service| service.methods().collect::<Vec<_>>()).collect();
            for method in methods.iter().filter(|method| method.input().get_field_by_name("page_token").is_some()) {
                let name = format!("{}/{}", method.parent_service().full_name(), method.name());
                let may = |role: &Role| authorizer.permission(*role, &name) == Some(Permission::All);
                let role = Role::ALL.into_iter().find(may).expect("somebody sees the whole list");
                let to = || suite.in_role(role).to_service(channel);
                let mut filter = DynamicMessage::new(method.input());
                // Some lists demand a filter.
                if method.name() == "ListPersonRecord" {
                    filter.set_field_by_name("person", Value::String("persons/one".to_owned()));
                }
                if method.input().get_field_by_name("school").is_some() {
                    filter.set_field_by_name("school", Value::String("schools/100001".to_owned()));
                }
                if method.input().get_field_by_name("parent").is_some() {
                    for parent in PARENTS {
                        filter.set_field_by_name("parent", Value::String(parent.to_owned()));
                        if !fields_wrong(&call(to(), method, &filter).await).contains(&"parent".to_owned()) {
                            break;
                        }
                    }
                }
                // A token holds eight bytes of a hash over the list and its filter, and the key after which the page begins.
                let hash =
                    Sha256::new().chain_update(method.input().full_name()).chain_update([0]).chain_update(filter.encode_to_vec());
                let hash = hash.finalize();
                let read_after = async |key: &[u8]| {
                    let token = URL_SAFE_NO_PAD.encode([&hash[..8], key].concat());
                    let mut request = filter.clone();
                    request.set_field_by_name("page_token", Value::String(token));
                    call(to(), method, &request).await
                };
                for key in hostile_keys() {
                    if (method.name(), key.as_slice()) == (OF_TWO_IDS.0, OF_TWO_IDS.1.as_bytes()) {
                        continue;
                    }
                    let answer = read_after(&key).await;
                    assert_eq!(fields_wrong(&answer), ["page_token"], "{name} after {}", String::from_utf8_lossy(&key));
                    stories::assert_refused(answer, Code::InvalidArgument, "FIELD_INVALID");
                }
                let mut accepted = 0;
                for key in WELL_TYPED {
                    let answer = read_after(key.as_bytes()).await;
                    match answer.as_ref().map_err(Status::code) {
                        Err(Code::InvalidArgument) => assert_eq!(fields_wrong(&answer), ["page_token"], "{name} after {key}"),
                        // The register has changed since, or there is no such cohort.
                        Ok(()) | Err(Code::Aborted | Code::FailedPrecondition | Code::NotFound) => accepted += 1,
                        Err(_) => panic!("{name} after {key}: {answer:?}"),
                    }
                }
                assert_eq!(accepted == 0, OF_A_PUBLICATION.contains(&method.name()), "{name} accepted {accepted} of the keys");
                lists += 1;
            }
        }
        assert!(lists > 20, "only {lists} lists were found");
    })
    .await;
}
