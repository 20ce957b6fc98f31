//! Every method of every service: callers without a token, roles without permission and roles for which the token's issuer may not speak are refused,
//! and the answer to an empty request names the missing fields.

use access::{Authorizer, Permission, Role};
use client::Connection;
use stories::Suite;
use tonic::{Code, Status, client::Grpc};
use tonic_types::StatusExt as _;

/// The gRPC services of each process.
pub(crate) const SERVICES: [(&str, &[&str]); 4] = [
    ("network", network::DESCRIPTOR.grpc_services),
    ("enrolment", enrolment::DESCRIPTOR.grpc_services),
    ("specialists", specialists::DESCRIPTOR.grpc_services),
    ("funding", funding::DESCRIPTOR.grpc_services),
];

/// Calls a method with an empty request, and drops the answer.
async fn call_with_nothing(to: Connection, method: &str) -> Result<(), Status> {
    let mut grpc = Grpc::new(to);
    grpc.ready().await.map_err(|error| Status::unknown(error.to_string()))?;
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    let path = format!("/{method}").parse().expect("a method's name is a path");
    if access::streaming().contains(method) {
        let stream = futures::stream::iter([()]);
        let mut answers = grpc.streaming(tonic::Request::new(stream), path, codec).await?.into_inner();
        return answers.message().await.map(drop);
    }
    grpc.unary(tonic::Request::new(()), path, codec).await.map(drop)
}

/// Code and reason of an answer.
fn outcome(answer: &Result<(), Status>) -> (Code, String) {
    answer.as_ref().map_or_else(|status| (status.code(), stories::reason(status)), |()| (Code::Ok, String::new()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_method_refuses_other_callers_and_names_the_missing_fields_of_an_empty_request() {
    let mut suite = Suite::start_on_sqlite("2018-03-01").await;
    suite.start_specialists().await;
    suite.start_funding().await;
    let callers = Role::ALL.map(|role| (role, suite.in_role(role), suite.in_role_of_other_issuer(role)));
    let (mut methods, mut refused, mut lacking) = (0, 0, 0);
    for (channel, services) in SERVICES {
        // The permissions come from the contracts; `proto/access.csv` shows them.
        let authorizer = Authorizer::new(access::contracts(), services).unwrap();
        for method in &access::served(services) {
            methods += 1;
            let stranger = call_with_nothing(suite.caller("").to_service(channel), method).await;
            stories::assert_refused(stranger, Code::Unauthenticated, "TOKEN_MISSING");
            for (role, caller, namesake) in &callers {
                let permission = authorizer.permission(*role, method).unwrap();
                let answer = call_with_nothing(caller.to_service(channel), method).await;
                let of_namesake = call_with_nothing(namesake.to_service(channel), method).await;
                if [Role::HubLead, Role::School].contains(role) {
                    assert_eq!(outcome(&of_namesake), outcome(&answer), "{method} as {role} of the other issuer");
                } else {
                    stories::assert_refused(of_namesake, Code::Unauthenticated, "TOKEN_INVALID");
                }
                if permission == Permission::No {
                    stories::assert_refused(answer, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
                    refused += 1;
                    continue;
                }
                let name = method.rsplit('/').next().unwrap();
                let status = match answer {
                    // A list that accepts a request without a parent.
                    Ok(()) => {
                        assert!(name.starts_with("List"), "{method} accepted an empty request of {role}");
                        continue;
                    }
                    Err(status) => status,
                };
                // A role with the permission `own` must name its own resource.
                if permission == Permission::Own
                    && status.code() == Code::PermissionDenied
                    && stories::reason(&status) != "ROLE_NOT_ALLOWED"
                {
                    continue;
                }
                assert_eq!(
                    (status.code(), stories::reason(&status).as_str()),
                    (Code::InvalidArgument, "FIELD_INVALID"),
                    "{method}"
                );
                let fields = status.get_details_bad_request().map(|details| details.field_violations).unwrap_or_default();
                assert!(!fields.is_empty() && !status.message().is_empty(), "{method} names no field");
                let reads = ["Find", "Get", "List", "Propose", "Read"].iter().any(|verb| name.starts_with(verb));
                let named = fields.iter().any(|violation| violation.field == "request_id");
                // A client stream begins with a header, which contains the request_id.
                let streams = access::streaming().contains(method);
                assert!(reads || streams || named, "{method} takes a request without request_id: {fields:?}");
                lacking += 1;
            }
        }
    }
    println!("{methods} methods: {refused} refusals by role, {lacking} answers with the missing fields of an empty request");
    assert!(methods > 60, "only {methods} methods were found");
}
