//! The methods of the gRPC services, from the contracts' descriptors.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use prost_reflect::{DescriptorPool, MethodDescriptor, ServiceDescriptor};

use crate::Role;

/// Reflection, which every service serves in addition to its own methods.
pub const REFLECTION: [&str; 2] =
    ["grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"];

/// The contracts of the suite with their options. Decoded once per process, in some milliseconds.
pub fn contracts() -> &'static DescriptorPool {
    static CONTRACTS: LazyLock<DescriptorPool> = LazyLock::new(|| {
        DescriptorPool::decode(proto::DESCRIPTORS).expect("the compiler of the contracts wrote the descriptors")
    });
    &CONTRACTS
}

/// All methods of these gRPC services without reflection, as `mathshubs.network.v1.HubService/CreateHub`, in the order of the contracts. Panics when
/// the contracts lack one of the services.
pub fn served(services: &[&str]) -> Vec<String> {
    let declared = |name: &&str| contracts().get_service_by_name(name).unwrap_or_else(|| panic!("the contracts lack `{name}`"));
    services.iter().map(declared).flat_map(|service| method_names(&service)).collect()
}

/// All methods that take or return a stream, reflection and health included.
pub fn streaming() -> HashSet<String> {
    let methods = contracts().services().flat_map(|service| service.methods().collect::<Vec<_>>());
    let streams = methods.filter(|method| method.is_client_streaming() || method.is_server_streaming());
    let foreign = REFLECTION.iter().map(|&method| method.to_owned()).chain(["grpc.health.v1.Health/Watch".to_owned()]);
    streams.map(|method| method_name(&method)).chain(foreign).collect()
}

/// True if a method, `mathshubs.network.v1.HubService/CreateHub`, takes one message and returns one. False for unknown methods.
pub fn is_unary(method: &str) -> bool {
    let Some((service, name)) = method.split_once('/') else { return false };
    let methods = contracts().get_service_by_name(service).into_iter().flat_map(|service| service.methods().collect::<Vec<_>>());
    methods.filter(|method| method.name() == name).any(|method| !method.is_client_streaming() && !method.is_server_streaming())
}

/// The roles that act as second person for a method, from its option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondPerson {
    /// Roles that may confirm a call.
    pub confirmers: Vec<Role>,
    /// Roles whose own call takes effect at once.
    pub at_once: Vec<Role>,
}

/// The second person of a method, `mathshubs.network.v1.HubService/ChooseHub`; `None` for methods that need none.
pub fn second_person(method: &str) -> Option<&'static SecondPerson> {
    static METHODS: LazyLock<HashMap<String, SecondPerson>> = LazyLock::new(|| {
        let methods = contracts().services().flat_map(|service| service.methods().collect::<Vec<_>>());
        methods.filter_map(|method| Some((method_name(&method), declared_second_person(&method)?))).collect()
    });
    METHODS.get(method)
}

fn declared_second_person(method: &MethodDescriptor) -> Option<SecondPerson> {
    let roles = |numbers: &[i32]| numbers.iter().filter_map(|&number| Role::from_wire(number.try_into().ok()?)).collect();
    let access = crate::authorizer::access(method)?;
    (!access.second_person.is_empty())
        .then(|| SecondPerson { confirmers: roles(&access.second_person), at_once: roles(&access.at_once) })
}

pub(crate) fn method_names(service: &ServiceDescriptor) -> Vec<String> {
    service.methods().map(|method| method_name(&method)).collect()
}

/// `package.Service/Method`, as in the path of a call.
pub(crate) fn method_name(method: &MethodDescriptor) -> String {
    format!("{}/{}", method.parent_service().full_name(), method.name())
}
