//! Generates `Role` and `TokenScope` as Rust enums without the zero value, so that a role is added in `access.proto` alone.

use protox::prost_reflect::{DescriptorPool, EnumDescriptor, EnumValueDescriptor};

const PACKAGE: &str = "mathshubs.access.v1";

/// The text of `role.rs`. Panics when a role lacks the option `token_scope`.
pub(crate) fn code(pool: &DescriptorPool) -> String {
    let declared = |name: &str| pool.get_enum_by_name(&format!("{PACKAGE}.{name}")).expect("access.proto declares it");
    let token_scope = pool.get_extension_by_name(&format!("{PACKAGE}.token_scope")).expect("access.proto declares it");
    let (role, scope) = (declared("Role"), declared("TokenScope"));
    let scope_of = |value: &EnumValueDescriptor| {
        let options = value.options();
        let number = options.get_extension(&token_scope).as_enum_number().filter(|number| *number != 0);
        let number = number.unwrap_or_else(|| panic!("the role {} has no option ({PACKAGE}.token_scope)", value.name()));
        format!("TokenScope::{}", variant(&scope, scope.get_value(number).expect("protox knows the value").name()))
    };
    let about = "What a token of this role must name besides its subject.";
    let token_scope = function(&role, about, "token_scope(self) -> TokenScope", scope_of);
    format!("{}{}impl Role {{\n{token_scope}}}\n", enumeration(&scope), enumeration(&role))
}

/// A Rust enum with the values of an enum of the contracts, its zero value apart.
fn enumeration(declared: &EnumDescriptor) -> String {
    let name = declared.name();
    let variants: String = values(declared)
        .map(|value| format!("{}    {},\n", comment(declared, value.path()), variant(declared, value.name())))
        .collect();
    let all: Vec<String> = values(declared).map(|value| format!("Self::{}", variant(declared, value.name()))).collect();
    let text = |value: &EnumValueDescriptor| value.name().trim_start_matches(&prefix(declared)).to_lowercase();
    let functions = [
        function(declared, "Its name in tokens and tables.", "as_str(self) -> &'static str", |value| {
            format!("{:?}", text(value))
        }),
        function(declared, "Its name on a command line.", "as_argument(self) -> &'static str", |value| {
            format!("{:?}", text(value).replace('_', "-"))
        }),
        function(declared, "The contract's comment on the value.", "description(self) -> &'static str", |value| {
            format!("{:?}", comment(declared, value.path()).replace("///", "").replace('\n', "").trim())
        }),
    ];
    let wire: String = values(declared)
        .map(|value| variant(declared, value.name()))
        .map(|variant| format!("            crate::access::v1::{name}::{variant} => Some(Self::{variant}),\n"))
        .collect();
    format!(
        "{about}#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]\npub enum {name} {{\n{variants}}}\n\
         impl {name} {{\n    /// All of them, in the order of the contract.\n    pub const ALL: [Self; {count}] = [{all}];\n{functions}    \
         /// From the wire; `None` for the zero value.\n    \
         pub const fn from_wire(wire: crate::access::v1::{name}) -> Option<Self> {{\n        match wire {{\n            \
         crate::access::v1::{name}::Unspecified => None,\n{wire}        }}\n    }}\n}}\n",
        about = comment(declared, declared.path()),
        count = all.len(),
        all = all.join(", "),
        functions = functions.concat(),
    )
}

/// A function of an enum that gives one expression for each value.
fn function(declared: &EnumDescriptor, about: &str, signature: &str, gives: impl Fn(&EnumValueDescriptor) -> String) -> String {
    let arm =
        |value: EnumValueDescriptor| format!("            Self::{} => {},\n", variant(declared, value.name()), gives(&value));
    let arms: String = values(declared).map(arm).collect();
    format!("    /// {about}\n    pub const fn {signature} {{\n        match self {{\n{arms}        }}\n    }}\n")
}

fn values(declared: &EnumDescriptor) -> impl Iterator<Item = EnumValueDescriptor> + '_ {
    declared.values().filter(|value| value.number() != 0)
}

/// `TOKEN_SCOPE_` of `TokenScope`.
fn prefix(declared: &EnumDescriptor) -> String {
    let mut prefix = String::new();
    for letter in declared.name().chars() {
        if letter.is_uppercase() && !prefix.is_empty() {
            prefix.push('_');
        }
        prefix.extend(letter.to_uppercase());
    }
    prefix + "_"
}

/// `HubLead` of `ROLE_HUB_LEAD`.
fn variant(declared: &EnumDescriptor, value: &str) -> String {
    let capitalized = |word: &str| word.chars().take(1).chain(word.to_lowercase().chars().skip(1)).collect::<String>();
    value.trim_start_matches(&prefix(declared)).split('_').map(capitalized).collect()
}

/// The contract's comment on the value, as a Rust comment.
fn comment(declared: &EnumDescriptor, path: &[i32]) -> String {
    let file = declared.parent_file();
    let locations = file.file_descriptor_proto().source_code_info.iter().flat_map(|info| &info.location);
    let comments = locations.filter(|location| location.path == path).map(|location| location.leading_comments().to_owned());
    comments.flat_map(|text| text.lines().map(|line| format!("///{line}\n")).collect::<Vec<_>>()).collect()
}
