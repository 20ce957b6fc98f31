//! The methods of services, out of their descriptors.

use std::collections::HashSet;

use prost::Message;
use prost_types::{FileDescriptorSet, MethodDescriptorProto};

/// Reflection, which every service serves beside its own.
pub const REFLECTION: [&str; 2] =
    ["grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"];

/// All methods of these gRPC services, as `mathshubs.network.v1.HubService/CreateHub`, and those of reflection. `descriptors` is an encoded
/// `FileDescriptorSet`. Panics if that or one of the services is not in it: it is compiled in.
pub fn served(descriptors: &[u8], services: &[&str]) -> Vec<String> {
    let all = methods(descriptors);
    let mut served: Vec<String> = REFLECTION.iter().map(|&method| method.to_owned()).collect();
    for service in services {
        let before = served.len();
        let of_service = all.iter().map(|(name, _)| name).filter(|name| name.split('/').next() == Some(service));
        served.extend(of_service.cloned());
        assert!(served.len() > before, "the descriptors hold the service `{service}`");
    }
    served
}

/// The methods of all services that take or give a stream, reflection's among them.
pub fn streaming(descriptors: &[u8]) -> HashSet<String> {
    let streams = |method: &MethodDescriptorProto| method.client_streaming() || method.server_streaming();
    let own = methods(descriptors).into_iter().filter(|(_, method)| streams(method)).map(|(name, _)| name);
    own.chain(REFLECTION.iter().map(|&method| method.to_owned())).chain(["grpc.health.v1.Health/Watch".to_owned()]).collect()
}

fn methods(descriptors: &[u8]) -> Vec<(String, MethodDescriptorProto)> {
    let set = FileDescriptorSet::decode(descriptors).expect("the descriptors are compiled in");
    let mut methods = Vec::new();
    for file in set.file {
        let package = file.package().to_owned();
        for service in file.service {
            let name = service.name().to_owned();
            methods.extend(service.method.into_iter().map(|method| (format!("{package}.{name}/{}", method.name()), method)));
        }
    }
    methods
}
