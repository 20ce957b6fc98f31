//! What the policies decide, the reviewed table states and the service serves are the same, or the service does not start.

use access::{Gate, Role, check_table, served};

const FEED: &str = "mathshubs.feed.v1.FeedService/Read";
const HUBS: &str = "mathshubs.network.v1.HubService/ListHubs";

const POLICIES: &str = r#"
    permit (principal, action == Action::"mathshubs.feed.v1.FeedService/Read", resource)
    when { principal in [Role::"ncetm", Role::"dfe", Role::"service"] };
    permit (principal, action in [Action::"mathshubs.network.v1.HubService/ListHubs"], resource);
"#;

const TABLE: &str = "\
method,ncetm,dfe,hub_lead,school,service
mathshubs.feed.v1.FeedService/Read,yes,yes,no,no,yes
mathshubs.network.v1.HubService/ListHubs,yes,yes,own,own,yes
";

fn methods() -> Vec<String> {
    vec![FEED.to_owned(), HUBS.to_owned()]
}

#[test]
fn a_role_may_call_what_a_policy_names_and_nothing_else() {
    let gate = Gate::new(POLICIES, TABLE, &methods()).unwrap();
    assert!(gate.allows(Role::Service, FEED) && gate.allows(Role::Ncetm, FEED) && gate.allows(Role::Dfe, FEED));
    assert!(!gate.allows(Role::HubLead, FEED) && !gate.allows(Role::School, FEED));
    assert!(gate.allows(Role::HubLead, HUBS));
    assert!(!gate.allows(Role::Ncetm, "mathshubs.network.v1.HubService/DeleteHub"));
    assert!(!gate.knows("mathshubs.network.v1.HubService/DeleteHub"));
}

#[test]
fn every_difference_between_table_and_policies_is_found() {
    let table = TABLE.replace("Read,yes,yes,no,no,yes", "Read,yes,no,yes,no,yes");
    let found = check_table(POLICIES, &table, &methods());
    assert_eq!(
        found,
        [
            "`mathshubs.feed.v1.FeedService/Read`: the table refuses dfe, the policies allow it",
            "`mathshubs.feed.v1.FeedService/Read`: the table allows hub_lead, the policies refuse it",
        ]
    );
    assert!(check_table(POLICIES, TABLE, &methods()).is_empty());
}

#[test]
fn a_method_without_a_line_and_a_line_without_a_method_are_found() {
    let table = TABLE.replace("HubService/ListHubs", "HubService/ListClubs");
    let found = check_table(POLICIES, &table, &methods()).join("; ");
    assert!(found.contains("`mathshubs.network.v1.HubService/ListHubs` is served and has no line"), "{found}");
    assert!(found.contains("`mathshubs.network.v1.HubService/ListClubs` has a line in the table and is not served"), "{found}");
    let error = Gate::new(POLICIES, &table, &methods()).unwrap_err().to_string();
    assert!(error.contains("ListClubs"), "{error}");
}

#[test]
fn a_policy_that_names_an_unknown_action_is_refused_at_start() {
    let policies = POLICIES.replace("HubService/ListHubs", "HubService/ListHubz");
    let error = Gate::new(&policies, TABLE, &methods()).unwrap_err().to_string();
    assert!(error.contains("ListHubz"), "{error}");
    let policies = POLICIES.replace("Role::\"dfe\"", "Rule::\"dfe\"");
    let error = Gate::new(&policies, TABLE, &methods()).unwrap_err().to_string();
    assert!(error.contains("Rule"), "{error}");
}

#[test]
fn a_policy_that_names_no_action_is_refused_at_start() {
    let policies = "permit (principal == Role::\"ncetm\", action, resource);";
    let error = Gate::new(policies, TABLE, &methods()).unwrap_err().to_string();
    assert!(error.contains("names no action"), "{error}");
}

#[test]
fn a_table_that_cannot_be_read_says_where() {
    let found = |table: &str| check_table(POLICIES, table, &methods()).join("; ");
    assert!(found("").contains("first line"));
    assert!(found(&TABLE.replace("own,own", "own,maybe")).contains("line 3 of the table: `maybe` under `school`"));
    assert!(found(&TABLE.replace("own,own", "own")).contains("line 3 of the table has 5 columns"));
    assert!(found(&format!("{TABLE}{FEED},no,no,no,no,no\n")).contains("line 4 of the table"));
}

#[test]
fn the_methods_of_a_service_come_from_its_descriptors() {
    let methods = served(proto::DESCRIPTORS, &["mathshubs.feed.v1.FeedService"]);
    assert!(methods.contains(&FEED.to_owned()));
    assert!(methods.iter().any(|method| method.starts_with("grpc.reflection.v1.")), "reflection follows the table too");
    let streams = access::streaming(proto::DESCRIPTORS);
    assert!(streams.contains(FEED) && !streams.contains(HUBS));
}

#[test]
fn a_gate_for_forty_methods_is_made_before_anybody_waits() {
    let names: Vec<String> = (0..40).map(|number| format!("a.v1.B/M{number}")).collect();
    let lines: String = names.iter().map(|name| format!("{name},yes,yes,no,no,yes\n")).collect();
    let actions: Vec<String> = names.iter().map(|name| format!("Action::\"{name}\"")).collect();
    let policy = |role| format!("permit (principal == Role::\"{role}\", action in [{}], resource);\n", actions.join(", "));
    let policies: String = ["ncetm", "dfe", "service"].map(policy).concat();
    let table = format!("method,ncetm,dfe,hub_lead,school,service\n{lines}");
    let started = std::time::Instant::now();
    Gate::new(&policies, &table, &names).unwrap();
    println!("40 methods, 5 roles, a policy per role: {:?}", started.elapsed());
}
