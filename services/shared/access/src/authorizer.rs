//! Permissions of roles, from each method's option `(mathshubs.access.v1.access)`.

use std::{collections::HashMap, sync::Arc};

use prost_reflect::{DescriptorPool, ExtensionDescriptor, MethodDescriptor};
use proto::access::v1 as wire;

use crate::{
    Role, TokenScope,
    methods::{REFLECTION, method_name},
};

const OPTION: &str = "mathshubs.access.v1.access";

/// Permission of a role for a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// The role may not call it.
    No,
    /// The role may call it for its own hub's or school's resources; the service's queries apply that scope.
    Own,
    /// The role may call it for all resources.
    All,
}

impl Permission {
    /// As `proto/access.csv` writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Own => "own",
            Self::All => "all",
        }
    }
}

/// Permissions in the order of [`Role::ALL`].
type Permissions = [Permission; Role::ALL.len()];

/// The permissions of all methods of some gRPC services, and of reflection. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Authorizer {
    methods: Arc<HashMap<String, Permissions>>,
}

/// Every method whose option is missing or invalid. A service with such a method does not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the contracts lack permissions of methods: {}", .0.join("; "))]
pub struct AccessError(pub Vec<String>);

impl Authorizer {
    /// Reads the options of all methods of these services, given by full name. Reflection is open to every role. Fails when a service is not in
    /// the pool, or a method's option is absent, names no role, a role twice or an unknown role, or gives `own` to a role whose token names neither
    /// hub nor school.
    pub fn new(pool: &DescriptorPool, services: &[&str]) -> Result<Self, AccessError> {
        let open = REFLECTION.iter().map(|&method| (method.to_owned(), [Permission::All; Role::ALL.len()]));
        let mut methods: HashMap<String, Permissions> = open.collect();
        let mut wrong = Vec::new();
        let Some(option) = pool.get_extension_by_name(OPTION) else {
            return Err(AccessError(vec![format!("the option ({OPTION}) is not declared")]));
        };
        for name in services {
            let Some(service) = pool.get_service_by_name(name) else {
                wrong.push(format!("the service `{name}` is not declared"));
                continue;
            };
            for method in service.methods() {
                let (permissions, mut found) = permissions(&method, &option);
                wrong.append(&mut found);
                methods.insert(method_name(&method), permissions);
            }
        }
        if wrong.is_empty() { Ok(Self { methods: Arc::new(methods) }) } else { Err(AccessError(wrong)) }
    }

    /// The permission of a role for a method, `package.Service/Method`; `None` for an unknown method.
    pub fn permission(&self, role: Role, method: &str) -> Option<Permission> {
        let permissions = self.methods.get(method)?;
        Role::ALL.iter().zip(permissions).find_map(|(one, permission)| (*one == role).then_some(*permission))
    }

    /// True if a role may call a method. False for an unknown method.
    pub fn allows(&self, role: Role, method: &str) -> bool {
        self.permission(role, method).is_some_and(|permission| permission != Permission::No)
    }

    /// True if the method exists.
    pub fn knows(&self, method: &str) -> bool {
        self.methods.contains_key(method)
    }
}

/// The option of a method; `None` where it is absent.
pub(crate) fn access(method: &MethodDescriptor) -> Option<wire::Access> {
    access_by(method, &method.parent_pool().get_extension_by_name(OPTION)?)
}

fn access_by(method: &MethodDescriptor, option: &ExtensionDescriptor) -> Option<wire::Access> {
    let options = method.options();
    let value = options.has_extension(option).then(|| options.get_extension(option))?;
    value.as_message().and_then(|message| message.transcode_to().ok())
}

/// A method's permissions, and the errors of its option.
fn permissions(method: &MethodDescriptor, option: &ExtensionDescriptor) -> (Permissions, Vec<String>) {
    let (mut permissions, mut wrong) = ([Permission::No; Role::ALL.len()], Vec::new());
    let name = method_name(method);
    let Some(access) = access_by(method, option) else {
        return (permissions, vec![format!("`{name}` has no option ({OPTION})")]);
    };
    let listed =
        access.all.iter().map(|role| (role, Permission::All)).chain(access.own.iter().map(|role| (role, Permission::Own)));
    for (&number, permission) in listed {
        let role = wire::Role::try_from(number).ok().and_then(Role::from_wire);
        let Some((role, cell)) = Role::ALL.into_iter().zip(&mut permissions).find(|(one, _)| Some(*one) == role) else {
            wrong.push(format!("`{name}` names the role with the number {number}, which is not a role"));
            continue;
        };
        if *cell != Permission::No {
            wrong.push(format!("`{name}` names {role} twice"));
        }
        if permission == Permission::Own && matches!(role.token_scope(), TokenScope::All | TokenScope::Service) {
            wrong.push(format!("`{name}` gives `own` to {role}, whose token names no hub, school or person"));
        }
        *cell = permission;
    }
    if access.all.is_empty() && access.own.is_empty() {
        wrong.push(format!("`{name}` has an option ({OPTION}) without roles"));
    }
    (permissions, wrong)
}
