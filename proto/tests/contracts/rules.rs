//! The rules. Each gives a sentence for each place that breaks it.

use prost_reflect::{
    Cardinality, DescriptorPool, EnumDescriptor, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor, MethodDescriptor,
};

/// Methods that only read begin with one of these; all others change something.
const READING_VERBS: [&str; 5] = ["Find", "Get", "List", "Propose", "Read"];
/// Methods with bulk, money or selection, which can be tried without effect.
const VALIDATE_ONLY_METHODS: [&str; 14] = [
    "ImportHistory",
    "MoveSchools",
    "ImportRegister",
    "PublishReach",
    "OfferPlaces",
    "AllocateBudget",
    "DecideEntitlement",
    "CreateBatch",
    "ApproveBatch",
    "ReleaseBatch",
    "ReverseTransfer",
    "RankNominations",
    "SelectNominations",
    "OverrideNomination",
];
/// Resources of which there is one.
const SINGLETONS: [&str; 1] = ["`register`"];
/// Fields whose name may be any resource's.
const ANY_RESOURCE_FIELDS: [&str; 4] = [
    "mathshubs.audit.v1.AuditRecord.resource",
    "mathshubs.audit.v1.ListAuditRecordsRequest.resource",
    "mathshubs.feed.v1.Event.resource",
    "mathshubs.person.v1.PersonRecord.resource",
];

/// A field of this name holds the id of a programme alone, not its resource name.
const PROGRAMME_FIELD: &str = "programme";

/// Fields that end with the verb to count, not with a number of things.
const COUNTING_FIELDS: [&str; 1] = ["provisional_figures_count"];

/// Everything that breaks a rule.
pub(crate) fn violations(pool: &DescriptorPool) -> Vec<String> {
    let resources = resource_nouns(pool);
    let mut found = Vec::new();
    for file in ours(pool) {
        imports(&file, &mut found);
        for service in file.services() {
            comment(&file, service.path(), service.full_name(), &mut found);
            for method in service.methods() {
                comment(&file, method.path(), method.full_name(), &mut found);
                own_messages(pool, &method, &mut found);
                mutation(&method, &mut found);
                list(&method, &mut found);
                update(&method, &mut found);
                validate_only(&method, &mut found);
                second_person(&method, &mut found);
            }
        }
    }
    // The entries of maps are made by the compiler.
    let is_own = |message: &MessageDescriptor| message.package_name().starts_with("mathshubs.") && !message.is_map_entry();
    for message in pool.all_messages().filter(is_own) {
        comment(&message.parent_file(), message.path(), message.full_name(), &mut found);
        for oneof in message.oneofs().filter(|oneof| !oneof.is_synthetic()) {
            comment(&message.parent_file(), oneof.path(), oneof.full_name(), &mut found);
        }
        for field in message.fields() {
            comment(&message.parent_file(), field.path(), field.full_name(), &mut found);
            suffix(&field, &mut found);
            resource_name(&field, &resources, &mut found);
        }
    }
    for declared in pool.all_enums().filter(|declared| declared.package_name().starts_with("mathshubs.")) {
        comment(&declared.parent_file(), declared.path(), declared.full_name(), &mut found);
        zero_is_unspecified(&declared, &mut found);
        for value in declared.values() {
            comment(&declared.parent_file(), value.path(), value.full_name(), &mut found);
        }
    }
    found
}

/// The project's own files.
pub(crate) fn ours(pool: &DescriptorPool) -> impl Iterator<Item = FileDescriptor> + '_ {
    let mut files: Vec<_> = pool.files().filter(|file| file.package_name().starts_with("mathshubs.")).collect();
    files.sort_by(|left, right| left.name().cmp(right.name()));
    files.into_iter()
}

fn is_mutating(method: &MethodDescriptor) -> bool {
    !READING_VERBS.iter().any(|verb| method.name().strip_prefix(verb).is_some_and(|rest| !rest.starts_with(char::is_lowercase)))
}

fn has(message: &MessageDescriptor, name: &str, kind: &Kind) -> bool {
    message.get_field_by_name(name).is_some_and(|field| field.kind() == *kind && field.cardinality() != Cardinality::Repeated)
}

/// The message that says what is asked for: of a stream, its header.
fn head(method: &MethodDescriptor) -> Option<MessageDescriptor> {
    if !method.is_client_streaming() {
        return Some(method.input());
    }
    method.input().get_field_by_name("header").and_then(|header| header.kind().as_message().cloned())
}

fn imports(file: &FileDescriptor, found: &mut Vec<String>) {
    for import in &file.file_descriptor_proto().dependency {
        if !import.starts_with("google/protobuf/") && !import.starts_with("mathshubs/") {
            found.push(format!("{} imports {import}, which is neither of google/protobuf nor ours", file.name()));
        }
    }
}

fn own_messages(pool: &DescriptorPool, method: &MethodDescriptor, found: &mut Vec<String>) {
    for (message, ending) in [(method.input(), "Request"), (method.output(), "Response")] {
        let expected = format!("{}.{}{ending}", method.parent_service().package_name(), method.name());
        if message.full_name() != expected {
            found.push(format!("{} has {} where {expected} is expected", method.full_name(), message.full_name()));
        }
        let methods: Vec<_> = pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()).collect();
        let users = methods.iter().flat_map(|method| [method.input(), method.output()]).filter(|used| *used == message).count();
        if users != 1 {
            found.push(format!("{} is shared by {users} methods", message.full_name()));
        }
    }
}

fn mutation(method: &MethodDescriptor, found: &mut Vec<String>) {
    let identified = head(method).is_some_and(|head| has(&head, "request_id", &Kind::String));
    if is_mutating(method) && !identified {
        found.push(format!("{} changes something and its request has no request_id", method.full_name()));
    }
    if !is_mutating(method) && method.input().get_field_by_name("request_id").is_some() {
        found.push(format!("{} only reads and has a request_id", method.full_name()));
    }
}

fn list(method: &MethodDescriptor, found: &mut Vec<String>) {
    if !method.name().starts_with("List") {
        return;
    }
    let (request, response) = (method.input(), method.output());
    for (message, name, kind) in [
        (&request, "page_size", Kind::Int32),
        (&request, "page_token", Kind::String),
        (&response, "next_page_token", Kind::String),
    ] {
        if !has(message, name, &kind) {
            found.push(format!("{} lists without {name}", message.full_name()));
        }
    }
    let repeated = response.fields().filter(|field| field.is_list() && matches!(field.kind(), Kind::Message(_))).count();
    if repeated != 1 {
        found.push(format!("{} has {repeated} lists of messages where one is expected", response.full_name()));
    }
}

fn update(method: &MethodDescriptor, found: &mut Vec<String>) {
    let Some(resource) = method.name().strip_prefix("Update") else { return };
    let carried = method.input().fields().find_map(|field| match field.kind() {
        Kind::Message(message) if message.name() == resource && field.name() == snake(resource) => Some(message),
        _ => None,
    });
    if !carried.is_some_and(|carried| has(&carried, "etag", &Kind::String)) {
        found.push(format!("{} carries no {resource} with an etag", method.input().full_name()));
    }
}

fn validate_only(method: &MethodDescriptor, found: &mut Vec<String>) {
    let can = head(method).is_some_and(|head| has(&head, "validate_only", &Kind::Bool));
    if VALIDATE_ONLY_METHODS.contains(&method.name()) && !can {
        found.push(format!("{} is bulk, money or selection and has no validate_only", method.full_name()));
    }
}

fn suffix(field: &FieldDescriptor, found: &mut Vec<String>) {
    let is_timestamp = matches!(field.kind(), Kind::Message(message) if message.full_name() == "google.protobuf.Timestamp");
    let mut expect = |holds: bool, what: &str| {
        if !holds {
            found.push(format!("{} {what}", field.full_name()));
        }
    };
    let ends = |suffix: &str| field.name().ends_with(suffix);
    expect(ends("_time") == is_timestamp, "is named …_time and no Timestamp, or the other way round");
    expect(!ends("_date") || field.kind() == Kind::String, "is named …_date and is no string");
    expect(!ends("_pence") || field.kind() == Kind::Int64, "is named …_pence and is no int64");
    let counts = ends("_count") && !COUNTING_FIELDS.contains(&field.name());
    expect(!counts || matches!(field.kind(), Kind::Int32 | Kind::Int64), "is named …_count and is no int32 or int64");
    expect(!matches!(field.kind(), Kind::Float | Kind::Double), "is a floating-point number");
    expect(field.name() != "state" || matches!(field.kind(), Kind::Enum(_)), "is named state and is no enum");
}

/// `hub`, `round`, `hub_choice` …: what a field that holds a resource's name is called.
fn resource_nouns(pool: &DescriptorPool) -> Vec<String> {
    let is_resource = |message: &MessageDescriptor| {
        message.package_name().starts_with("mathshubs.")
            && !message.name().ends_with("Request")
            && has(message, "name", &Kind::String)
    };
    pool.all_messages().filter(is_resource).map(|message| snake(message.name())).collect()
}

/// A call that waits for a second person is answered with the name of its pending change, whichever method it is of.
fn second_person(method: &MethodDescriptor, found: &mut Vec<String>) {
    let declared = method.parent_pool().get_extension_by_name("mathshubs.access.v1.access").expect("access.proto declares it");
    let options = method.options();
    let access = options.get_extension(&declared);
    let confirmers = access.as_message().and_then(|access| access.get_field_by_name("second_person"));
    if confirmers.and_then(|roles| roles.as_list().map(<[_]>::is_empty)).unwrap_or(true) {
        return;
    }
    let answer = method.output().get_field(15);
    if !answer.is_some_and(|field| field.name() == "pending_change" && field.kind() == Kind::String) {
        found.push(format!("{} needs a second person, and its response has no `string pending_change = 15`", method.full_name()));
    }
}

fn resource_name(field: &FieldDescriptor, resources: &[String], found: &mut Vec<String>) {
    let of_resource =
        |noun: &String| field.name() == *noun || field.name().strip_suffix(noun.as_str()).is_some_and(|rest| rest.ends_with('_'));
    let names = matches!(field.name(), "name" | "parent" | "resource") || resources.iter().any(of_resource);
    if field.kind() != Kind::String
        || !names
        || field.name() == PROGRAMME_FIELD
        || ANY_RESOURCE_FIELDS.contains(&field.full_name())
    {
        return;
    }
    let comment = comment_of(&field.parent_message().parent_file(), field.path());
    let quoted: Vec<_> = comment.split('`').skip(1).step_by(2).collect();
    let is_pattern =
        |text: &&&str| text.split_once('/').is_some_and(|(collection, id)| !collection.is_empty() && id.contains('{'));
    if quoted.iter().find(is_pattern).is_none() && !SINGLETONS.iter().any(|name| comment.contains(name)) {
        found.push(format!("{} holds a name and its comment shows no `collection/{{id}}`", field.full_name()));
    }
}

fn zero_is_unspecified(declared: &EnumDescriptor, found: &mut Vec<String>) {
    let expected = format!("{}_UNSPECIFIED", snake(declared.name()).to_uppercase());
    let zero = declared.get_value(0);
    if zero.is_none_or(|zero| zero.name() != expected) {
        found.push(format!("{} has no zero value {expected}", declared.full_name()));
    }
}

fn comment(file: &FileDescriptor, path: &[i32], name: &str, found: &mut Vec<String>) {
    if comment_of(file, path).trim().is_empty() {
        found.push(format!("{name} has no comment"));
    }
}

fn comment_of(file: &FileDescriptor, path: &[i32]) -> String {
    let locations = file.file_descriptor_proto().source_code_info.iter().flat_map(|info| &info.location);
    locations.filter(|location| location.path == path).map(|location| location.leading_comments().to_owned()).collect()
}

fn snake(camel: &str) -> String {
    let mut snake = String::new();
    for (index, letter) in camel.char_indices() {
        if letter.is_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
