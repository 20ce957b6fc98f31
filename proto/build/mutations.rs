//! Generates `Mutation` for every request, or header of a stream of requests, that has a field `request_id`.

use protox::prost_reflect::{DescriptorPool, MessageDescriptor};

/// The text of `mutation.rs`.
pub(crate) fn code(pool: &DescriptorPool) -> String {
    pool.all_messages().filter(is_mutation).map(|message| implementation(&message)).collect()
}

/// Events and transfers have a `request_id` too: the one of the request that caused them.
fn is_mutation(message: &MessageDescriptor) -> bool {
    let asks = message.name().ends_with("Request") || message.name().ends_with("Header");
    asks && message.get_field_by_name("request_id").is_some()
}

fn implementation(message: &MessageDescriptor) -> String {
    let package = message.package_name().trim_start_matches("mathshubs.").replace('.', "::");
    let validate_only = message.get_field_by_name("validate_only").is_some();
    let validate_only = if validate_only { "self.validate_only" } else { "false" };
    format!(
        "impl Mutation for crate::{package}::{name} {{\n    fn request_id(&self) -> &str {{\n        &self.request_id\n    }}\n\n    \
         fn validate_only(&self) -> bool {{\n        {validate_only}\n    }}\n}}\n",
        name = message.name()
    )
}
