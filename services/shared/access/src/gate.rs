//! May this role call this method? Cedar policies decide it; a reviewed table states it; at start both are held against each other and against
//! what the service serves. The answers depend on nothing else, so they are computed once.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{
    ActionConstraint, Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, Schema, ValidationMode, Validator,
};

use crate::{
    Role,
    table::{self, Table},
};

/// Answers by method, in the order of [`Role::ALL`].
type Answers = BTreeMap<String, [bool; Role::ALL.len()]>;

/// Who may call what, for one service.
#[derive(Debug, Clone)]
pub struct Gate {
    answers: Answers,
}

/// Why a service must not start: everything in which its policies, its table and its methods differ.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the policies, the table of roles and methods, and the methods served differ: {}", .0.join("; "))]
pub struct GateError(pub Vec<String>);

impl Gate {
    /// `policies` is the Cedar text, `table` the reviewed CSV, `served` all methods that the service serves (see [`crate::served`]), health apart,
    /// which is open. Errors when [`check_table`] has anything to say.
    pub fn new(policies: &str, table: &str, served: &[String]) -> Result<Self, GateError> {
        let differences = |found: Vec<String>| if found.is_empty() { Ok(()) } else { Err(GateError(found)) };
        let answers = decide(policies, served).map_err(GateError)?;
        let table = table::parse(table).map_err(GateError)?;
        differences(compare(&table, &answers))?;
        Ok(Self { answers })
    }

    /// Whether a role may call a method, `package.Service/Method`. No for methods that are not served.
    pub fn allows(&self, role: Role, method: &str) -> bool {
        self.answers.get(method).is_some_and(|answers| allowed(answers, role))
    }

    /// Whether there is such a method.
    pub fn knows(&self, method: &str) -> bool {
        self.answers.contains_key(method)
    }
}

/// Every difference between the policies, the reviewed table and the methods served. A service's test asserts that there is none.
pub fn check_table(policies: &str, table: &str, served: &[String]) -> Vec<String> {
    Gate::new(policies, table, served).err().map(|error| error.0).unwrap_or_default()
}

fn allowed(answers: &[bool; Role::ALL.len()], role: Role) -> bool {
    Role::ALL.iter().zip(answers).any(|(one, answer)| *one == role && *answer)
}

fn compare(table: &Table, answers: &Answers) -> Vec<String> {
    let methods: BTreeSet<&String> = table.keys().chain(answers.keys()).collect();
    let mut found = Vec::new();
    for method in methods {
        match (table.get(method), answers.get(method)) {
            (None, _) => found.push(format!("`{method}` is served and has no line in the table")),
            (_, None) => found.push(format!("`{method}` has a line in the table and is not served")),
            (Some(cells), Some(answers)) => {
                for ((role, cell), answer) in Role::ALL.into_iter().zip(cells).zip(answers) {
                    if cell.allows() != *answer {
                        let (says, does) = if *answer { ("refuses", "allow") } else { ("allows", "refuse") };
                        found.push(format!("`{method}`: the table {says} {role}, the policies {does} it"));
                    }
                }
            }
        }
    }
    found
}

/// Asks Cedar for every role and method.
fn decide(policies: &str, served: &[String]) -> Result<Answers, Vec<String>> {
    let one = |error: String| vec![error];
    let schema = schema(served).map_err(one)?;
    let policies: PolicySet = policies.parse().map_err(|error| vec![format!("the policies cannot be read: {error}")])?;
    let checked = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
    let mut wrong: Vec<String> = checked.validation_errors().map(ToString::to_string).collect();
    // A policy without actions would also cover the methods that are added next year.
    let unnamed = policies.policies().filter(|policy| policy.action_constraint() == ActionConstraint::Any);
    wrong.extend(unnamed.map(|policy| format!("{} names no action; every policy must", policy.id())));
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let authorizer = Authorizer::new();
    let entities = Entities::from_entities([], Some(&schema)).map_err(|error| one(error.to_string()))?;
    let mut answers = Answers::new();
    for method in served {
        let service = method.split('/').next().unwrap_or_default();
        let (action, resource) = (uid("Action", method).map_err(one)?, uid("Service", service).map_err(one)?);
        let mut row = [false; Role::ALL.len()];
        for (role, answer) in Role::ALL.into_iter().zip(&mut row) {
            let principal = uid("Role", role.as_str()).map_err(one)?;
            let request = Request::new(principal, action.clone(), resource.clone(), Context::empty(), Some(&schema));
            let request = request.map_err(|error| one(error.to_string()))?;
            *answer = authorizer.is_authorized(&request, &policies, &entities).decision() == Decision::Allow;
        }
        answers.insert(method.clone(), row);
    }
    Ok(answers)
}

/// Roles act on gRPC services; the actions are the methods that are served, so that a policy which names another is found.
fn schema(served: &[String]) -> Result<Schema, String> {
    let applies = serde_json::json!({"appliesTo": {"principalTypes": ["Role"], "resourceTypes": ["Service"]}});
    let actions: serde_json::Map<_, _> = served.iter().map(|method| (method.clone(), applies.clone())).collect();
    let schema = serde_json::json!({"": {"entityTypes": {"Role": {}, "Service": {}}, "actions": actions}});
    Schema::from_json_value(schema).map_err(|error| format!("the schema of actions is wrong: {error}"))
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, String> {
    let kind = kind.parse().map_err(|error| format!("{kind}: {error}"))?;
    Ok(EntityUid::from_type_name_and_id(kind, cedar_policy::EntityId::new(id)))
}
