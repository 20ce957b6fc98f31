//! Generates `ListRequest` for every request that asks for a page.

use protox::prost_reflect::{DescriptorPool, MessageDescriptor};

/// The text of `list_request.rs`.
pub(crate) fn code(pool: &DescriptorPool) -> String {
    pool.all_messages().filter(is_list).map(|message| implementation(&message)).collect()
}

fn is_list(message: &MessageDescriptor) -> bool {
    ["page_size", "page_token"].into_iter().all(|field| message.get_field_by_name(field).is_some())
}

fn implementation(message: &MessageDescriptor) -> String {
    let package = message.package_name().trim_start_matches("mathshubs.").replace('.', "::");
    format!(
        "impl ListRequest for crate::{package}::{name} {{\n    fn page_size(&self) -> i32 {{\n        self.page_size\n    }}\n\n    \
         fn page_token_mut(&mut self) -> &mut String {{\n        &mut self.page_token\n    }}\n\n    \
         fn page_size_mut(&mut self) -> &mut i32 {{\n        &mut self.page_size\n    }}\n}}\n",
        name = message.name()
    )
}
