//! The method's option in the contract decides the permissions of a role; a service with an invalid option does not start.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use access::{Authorizer, Permission, REFLECTION, Role, contracts, served};
use prost_reflect::DescriptorPool;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver};

const FEED: &str = "mathshubs.feed.v1.FeedService/Read";
const HUBS: &str = "mathshubs.network.v1.HubService/ListHubs";
const CHOICES: &str = "mathshubs.network.v1.HubService/ListHubChoices";

/// One contract, as text.
struct Sample(String);

impl FileResolver for Sample {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        if name == "sample.proto" { File::from_source(name, &self.0) } else { Err(protox::Error::file_not_found(name)) }
    }
}

/// Compiles a service `sample.v1.S` with these methods.
fn compiled(methods: &str) -> Result<DescriptorPool, protox::Error> {
    let text = format!(
        r#"syntax = "proto3";
           package sample.v1;
           import "mathshubs/access/v1/access.proto";
           service S {{ {methods} }}
           message M {{}}"#
    );
    let mut resolver = ChainFileResolver::new();
    resolver.add(Sample(text));
    resolver.add(IncludeFileResolver::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../proto")));
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    Ok(compiler.include_imports(true).open_file("sample.proto")?.descriptor_pool())
}

fn method(name: &str, access: &str) -> String {
    format!("rpc {name}(M) returns (M) {{ option (mathshubs.access.v1.access) = {{{access}}}; }}\n")
}

/// The errors of a service with these methods.
fn wrong(methods: &str) -> Vec<String> {
    Authorizer::new(&compiled(methods).unwrap(), &["sample.v1.S"]).unwrap_err().0
}

#[test]
fn a_role_may_call_exactly_the_methods_that_the_contract_grants() {
    let services = ["mathshubs.feed.v1.FeedService", "mathshubs.network.v1.HubService"];
    let authorizer = Authorizer::new(contracts(), &services).unwrap();
    assert!([Role::Ncetm, Role::Dfe, Role::Follower].iter().all(|&role| authorizer.allows(role, FEED)));
    assert!([Role::HubLead, Role::School].iter().all(|&role| !authorizer.allows(role, FEED)));
    assert_eq!(authorizer.permission(Role::HubLead, HUBS), Some(Permission::All));
    assert_eq!(authorizer.permission(Role::HubLead, CHOICES), Some(Permission::Own));
    assert_eq!(authorizer.permission(Role::HubLead, FEED), Some(Permission::No));
    for unknown in ["mathshubs.network.v1.HubService/DeleteHub", "mathshubs.network.v1.ReachService/ListReachFigures", "", "/"] {
        assert!(!authorizer.knows(unknown) && Role::ALL.iter().all(|&role| !authorizer.allows(role, unknown)), "{unknown}");
    }
}

#[test]
fn reflection_is_open_to_every_role() {
    let authorizer = Authorizer::new(contracts(), &[]).unwrap();
    assert!(REFLECTION.iter().all(|method| Role::ALL.iter().all(|&role| authorizer.allows(role, method))));
}

#[test]
fn a_method_without_the_option_or_without_roles_is_refused() {
    let methods =
        ["rpc A(M) returns (M);\n", &method("B", ""), &method("C", "all: [ROLE_NCETM]"), "rpc D(M) returns (M) {}"].concat();
    assert_eq!(
        wrong(&methods),
        [
            "`sample.v1.S/A` has no option (mathshubs.access.v1.access)",
            "`sample.v1.S/B` has an option (mathshubs.access.v1.access) without roles",
            "`sample.v1.S/D` has no option (mathshubs.access.v1.access)",
        ]
    );
}

#[test]
fn a_role_twice_and_the_zero_role_are_refused() {
    let methods = [
        method("A", "all: [ROLE_DFE, ROLE_DFE]"),
        method("B", "all: [ROLE_SCHOOL], own: [ROLE_SCHOOL]"),
        method("C", "all: [ROLE_UNSPECIFIED]"),
    ];
    assert_eq!(
        wrong(&methods.concat()),
        [
            "`sample.v1.S/A` names dfe twice",
            "`sample.v1.S/B` names school twice",
            "`sample.v1.S/C` names the role with the number 0, which is not a role",
        ]
    );
}

#[test]
fn own_is_refused_for_a_role_without_a_hub_a_school_or_a_person() {
    assert_eq!(
        wrong(&method("A", "all: [ROLE_NCETM], own: [ROLE_HUB_LEAD, ROLE_DFE]")),
        ["`sample.v1.S/A` gives `own` to dfe, whose token names no hub, school or person"]
    );
}

#[test]
fn a_role_that_the_contract_does_not_declare_does_not_compile() {
    assert!(compiled(&method("A", "all: [ROLE_NCETM]")).is_ok());
    let error = compiled(&method("A", "all: [ROLE_NCETM, ROLE_MINISTER]")).unwrap_err();
    assert!(format!("{error:?}").contains("invalid value of type 'mathshubs.access.v1.Access'"), "{error:?}");
}

#[test]
fn a_service_that_is_not_declared_is_refused() {
    let error = Authorizer::new(contracts(), &["mathshubs.network.v1.ClubService"]).unwrap_err().to_string();
    assert!(error.contains("`mathshubs.network.v1.ClubService` is not declared"), "{error}");
}

#[test]
fn the_methods_of_a_service_come_from_the_contracts() {
    assert_eq!(served(&["mathshubs.feed.v1.FeedService"]), [FEED]);
    let streams = access::streaming();
    assert!(streams.contains(FEED) && REFLECTION.iter().all(|&method| streams.contains(method)));
    assert!(!streams.contains(HUBS));
}

#[test]
fn a_role_is_parsed_from_its_exact_name() {
    assert!(Role::ALL.iter().all(|role| role.as_str().parse() == Ok(*role)));
    let error = "minister".parse::<Role>().unwrap_err().to_string();
    assert_eq!(error, format!("`minister` is not a role; the roles are {}", Role::ALL.map(Role::as_str).join(", ")));
}
