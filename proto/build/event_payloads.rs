//! Generates `EventPayload` for every event, which leaves out the fields with the option `free_text`.

use protox::prost_reflect::{DescriptorPool, ExtensionDescriptor, Kind, MessageDescriptor};

/// The text of `event_payload.rs`.
pub(crate) fn code(pool: &DescriptorPool) -> String {
    let free_text = pool.get_extension_by_name("mathshubs.access.v1.free_text").expect("access.proto declares it");
    let files = pool.files().filter(|file| file.name().ends_with("/events.proto"));
    let events: Vec<MessageDescriptor> = files.flat_map(|file| file.messages().collect::<Vec<_>>()).collect();
    events.iter().map(|event| implementation(event, &free_text)).collect()
}

fn implementation(event: &MessageDescriptor, free_text: &ExtensionDescriptor) -> String {
    let package = event.package_name().trim_start_matches("mathshubs.").replace('.', "::");
    let clearing = clearing(event, "event", free_text);
    let body = if clearing.is_empty() {
        "Cow::Borrowed(self)".to_owned()
    } else {
        format!("let mut event = self.clone();\n        {clearing}Cow::Owned(event)")
    };
    format!(
        "impl EventPayload for crate::{package}::{name} {{\n    fn without_free_text(&self) -> Cow<'_, Self> {{\n        {body}\n    }}\n}}\n",
        name = event.name()
    )
}

/// Statements that clear the marked fields of a message, whose expression is `place`; empty when it has none.
fn clearing(message: &MessageDescriptor, place: &str, free_text: &ExtensionDescriptor) -> String {
    let mut statements = String::new();
    for field in message.fields() {
        // As a raw identifier, because some names are keywords of Rust.
        let name = format!("{place}.r#{}", field.name());
        if field.options().get_extension(free_text).as_bool() == Some(true) {
            statements += &format!("{name}.clear();\n        ");
        } else if let Kind::Message(part) = field.kind()
            && part.package_name().starts_with("mathshubs.")
        {
            let parts = clearing(&part, "part", free_text);
            if !parts.is_empty() {
                // The same for a part that may be absent and for a list of parts.
                statements += &format!("{name}.iter_mut().for_each(|part| {{\n        {parts}}});\n        ");
            }
        }
    }
    statements
}
