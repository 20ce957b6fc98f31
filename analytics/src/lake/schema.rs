//! The schema of the typed tables, derived from the contracts: one table per event type, and one per repeated message in it.
//!
//! A new event type becomes a table and a new field a column without code. `SCHEMA.md` is generated from here.

use std::{collections::BTreeMap, sync::LazyLock};

use polars::prelude::{DataType, Field, Schema, SchemaRef, TimeUnit, TimeZone};
use prost_reflect::{Cardinality, DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};

/// Event types without a table. Their events are collected like all others.
pub const TYPES_WITHOUT_TABLE: [&str; 1] = [
    // The output of this job: the figures are in the report.
    "mathshubs.network.v1.ReachFiguresRecorded",
];

/// The maximum depth of messages in an event.
const DEPTH_MAX: usize = 8;

/// A typed table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name, `enrolment_place_accepted`: the folder below `tables`.
    pub name: String,
    /// The event type, `mathshubs.enrolment.v1.PlaceAccepted`.
    pub event_type: String,
    /// The repeated field whose messages are the rows, by its path in the payload; empty for a table of events.
    pub path: String,
    /// In order.
    pub columns: Vec<Column>,
    /// The comment of the contract.
    pub comment: String,
}

/// A column of a typed table.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: ColumnKind,
    /// The comment of the contract.
    pub comment: String,
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// UTF-8.
    Text,
    /// 32-bit integer.
    Int32,
    /// 64-bit integer; money is in pence.
    Int64,
    /// True or false.
    Bool,
    /// 64-bit floating point number.
    Float,
    /// Bytes.
    Bytes,
    /// A civil day in England.
    Date,
    /// Microseconds, UTC.
    Time,
    /// A list of texts.
    Texts,
    /// A list of 64-bit integers.
    Numbers,
}

impl ColumnKind {
    /// The engine's type.
    pub(crate) fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::String,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::Bool => DataType::Boolean,
            Self::Float => DataType::Float64,
            Self::Bytes => DataType::Binary,
            Self::Date => DataType::Date,
            Self::Time => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
            Self::Texts => DataType::List(Box::new(DataType::String)),
            Self::Numbers => DataType::List(Box::new(DataType::Int64)),
        }
    }

    /// As the documentation writes it.
    const fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Bool => "boolean",
            Self::Float => "double",
            Self::Bytes => "binary",
            Self::Date => "date",
            Self::Time => "timestamp, UTC, microseconds",
            Self::Texts => "list of string",
            Self::Numbers => "list of int64",
        }
    }
}

/// The tables of one event type.
#[derive(Debug)]
pub(super) struct EventTables {
    pub(super) descriptor: MessageDescriptor,
    /// How a payload fills the first table, and those of its repeated messages.
    pub(super) node: Node,
    /// The table of the events first.
    pub(super) tables: Vec<Table>,
}

/// The fields of a message.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) fields: Vec<(FieldDescriptor, Target)>,
}

/// The destination of a field.
#[derive(Debug)]
pub(super) enum Target {
    /// A column, by its index in the message's table.
    Column(usize, ColumnKind),
    /// The columns of a message.
    Message(Node),
    /// A row for each message, in a table by its index.
    Rows(usize, Node),
}

/// All typed tables, by event type.
pub(super) static EVENT_TABLES: LazyLock<BTreeMap<String, EventTables>> = LazyLock::new(event_tables);

/// All typed tables, by name.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    EVENT_TABLES.values().flat_map(|event| &event.tables)
}

/// The schema of a table; `None` if there is no such table.
pub(crate) fn find_schema(table: &str) -> Option<SchemaRef> {
    static SCHEMAS: LazyLock<BTreeMap<&str, SchemaRef>> = LazyLock::new(|| {
        let schema = |table: &Table| -> Schema {
            table.columns.iter().map(|column| Field::new(column.name.as_str().into(), column.kind.data_type())).collect()
        };
        tables().map(|table| (table.name.as_str(), std::sync::Arc::new(schema(table)))).collect()
    });
    SCHEMAS.get(table).cloned()
}

/// Columns that every table has.
const KEY: [(&str, ColumnKind, &str); 6] = [
    ("event_source", ColumnKind::Text, "The service in whose feed the event is."),
    ("event_epoch", ColumnKind::Text, "The epoch of the position."),
    ("event_position", ColumnKind::Int64, "Its position in the feed. With `event_source` it identifies the event."),
    ("event_happened_date", ColumnKind::Date, "The day of `event_happened_time` in Europe/London."),
    ("event_recorded_date", ColumnKind::Date, "The day of `event_recorded_time` in Europe/London: it is known from this day on."),
    ("event_resource", ColumnKind::Text, "The resource that changed."),
];

/// Further columns of a table of events.
const ENVELOPE: [(&str, ColumnKind, &str); 12] = [
    ("event_id", ColumnKind::Text, "Its id, which is never used again."),
    ("event_resource_version", ColumnKind::Int64, "The version of the resource; each event of a resource has the next one."),
    ("event_happened_time", ColumnKind::Time, "When it happened, by the civil clock."),
    ("event_recorded_time", ColumnKind::Time, "When it was recorded."),
    ("event_actor", ColumnKind::Text, "The identity that caused it; null when the service did by itself."),
    ("event_actor_role", ColumnKind::Text, "Its role."),
    ("event_actor_for", ColumnKind::Text, "The hub or school for which it acted."),
    ("event_confirmer", ColumnKind::Text, "The second person who confirmed it; null when none was needed."),
    ("event_confirmer_role", ColumnKind::Text, "The role of the second person."),
    ("event_confirmer_for", ColumnKind::Text, "The hub or school for which the second person acted."),
    ("event_request_id", ColumnKind::Text, "The request id of the call."),
    ("event_traceparent", ColumnKind::Text, "The W3C trace context of the call."),
];

fn event_tables() -> BTreeMap<String, EventTables> {
    let pool = DescriptorPool::decode(proto::DESCRIPTORS).expect("the contracts compile");
    let files = pool.files().filter(|file| file.name().ends_with("/events.proto"));
    let types = files.flat_map(|file| file.messages().collect::<Vec<_>>());
    let types = types.filter(|descriptor| !TYPES_WITHOUT_TABLE.contains(&descriptor.full_name()));
    types.map(|descriptor| (descriptor.full_name().to_owned(), EventTables::new(descriptor))).collect()
}

impl EventTables {
    fn new(descriptor: MessageDescriptor) -> Self {
        let package = descriptor.package_name().split('.').nth(1).expect("mathshubs.<package>.v1");
        let name = format!("{package}_{}", snake_case(descriptor.name()));
        let columns = KEY.iter().chain(&ENVELOPE).map(column).collect();
        let comment = comment(descriptor.parent_file().file_descriptor_proto(), descriptor.path());
        let table = Table { name, event_type: descriptor.full_name().to_owned(), path: String::new(), columns, comment };
        let mut tables = vec![table];
        let node = node(&descriptor, &mut tables, 0, "", 0);
        Self { descriptor, node, tables }
    }
}

fn column((name, kind, comment): &(&str, ColumnKind, &str)) -> Column {
    Column { name: (*name).to_owned(), kind: *kind, comment: (*comment).to_owned() }
}

/// Adds the columns of a message to a table, and the tables of its repeated messages.
fn node(descriptor: &MessageDescriptor, tables: &mut Vec<Table>, table: usize, prefix: &str, depth: usize) -> Node {
    assert!(depth < DEPTH_MAX, "{} contains itself", descriptor.full_name());
    let mut node = Node::default();
    for field in descriptor.fields() {
        assert!(!field.is_map(), "{}: the lake has no table for a map", field.full_name());
        let name = format!("{prefix}{}", field.name());
        let comment = comment(field.parent_message().parent_file().file_descriptor_proto(), field.path());
        let message = match field.kind() {
            Kind::Message(message) if message.full_name() != "google.protobuf.Timestamp" => Some(message),
            _ => None,
        };
        let target = match message {
            Some(message) if field.cardinality() == Cardinality::Repeated => {
                let parent = &tables[table];
                // Rows are found by the keys of their event, and the numbers of the lists around them.
                let is_key = |column: &&Column| KEY.iter().any(|key| key.0 == column.name) || column.name.ends_with(NUMBER);
                let mut columns: Vec<Column> = parent.columns.iter().filter(is_key).cloned().collect();
                let number = "Its number in the list, from 1.";
                columns.push(Column { name: format!("{name}{NUMBER}"), kind: ColumnKind::Int32, comment: number.to_owned() });
                let path =
                    [parent.path.as_str(), name.as_str()].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>();
                let child = Table {
                    name: format!("{}_{name}", parent.name),
                    event_type: parent.event_type.clone(),
                    path: path.join("."),
                    columns,
                    comment,
                };
                tables.push(child);
                let index = tables.len() - 1;
                let fields = self::node(&message, tables, index, "", depth + 1);
                Target::Rows(index, fields)
            }
            Some(message) => Target::Message(self::node(&message, tables, table, &format!("{name}_"), depth + 1)),
            None => {
                let kind = column_kind(&field);
                let columns = &mut tables[table].columns;
                assert!(
                    !columns.iter().any(|column| column.name == name),
                    "{}: two fields have the column {name}",
                    tables[0].name
                );
                columns.push(Column { name, kind, comment });
                Target::Column(columns.len() - 1, kind)
            }
        };
        node.fields.push((field, target));
    }
    node
}

/// The end of the names of columns with the number of a row in its list.
pub(super) const NUMBER: &str = "_number_in_list";

/// The type of a field's column. Civil days are texts in the contracts, and their names end in `date`. Panics for a list that has no column yet, so that a
/// contract with one passes no test.
fn column_kind(field: &FieldDescriptor) -> ColumnKind {
    use Kind::{Fixed32, Fixed64, Int32, Int64, Sfixed32, Sfixed64, Sint32, Sint64, Uint32, Uint64};
    if field.cardinality() == Cardinality::Repeated {
        return match field.kind() {
            Kind::String | Kind::Enum(_) => ColumnKind::Texts,
            Int32 | Int64 | Sint32 | Sint64 | Uint32 | Uint64 | Fixed32 | Fixed64 | Sfixed32 | Sfixed64 => ColumnKind::Numbers,
            kind => panic!("{}: the lake has no column for a list of {kind:?}", field.full_name()),
        };
    }
    match field.kind() {
        Kind::String if field.name() == "date" || field.name().ends_with("_date") => ColumnKind::Date,
        Kind::String | Kind::Enum(_) => ColumnKind::Text,
        Kind::Bool => ColumnKind::Bool,
        Kind::Bytes => ColumnKind::Bytes,
        Kind::Float | Kind::Double => ColumnKind::Float,
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => ColumnKind::Int32,
        Kind::Message(_) => ColumnKind::Time,
        _ => ColumnKind::Int64,
    }
}

fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 8);
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// The comment before an element of a file, on one line.
fn comment(file: &prost_types::FileDescriptorProto, path: &[i32]) -> String {
    let mut locations = file.source_code_info.iter().flat_map(|info| &info.location);
    let comment =
        locations.find(|location| location.path == path).map(|location| location.leading_comments()).unwrap_or_default();
    comment.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text of `SCHEMA.md`.
pub fn document() -> String {
    use std::fmt::Write;
    let mut text = String::from(HEAD);
    let row = |text: &mut String, column: &Column| {
        let comment = column.comment.replace('|', "\\|");
        writeln!(text, "| `{}` | {} | {comment} |", column.name, column.kind.name()).expect("writing to a string succeeds");
    };
    for key in KEY {
        row(&mut text, &column(&key));
    }
    text.push_str("\nTables of events have these columns too:\n\n| column | type | |\n| --- | --- | --- |\n");
    for envelope in ENVELOPE {
        row(&mut text, &column(&envelope));
    }
    text.push_str("\n## Types without a table\n\n");
    for kind in TYPES_WITHOUT_TABLE {
        writeln!(text, "- `{kind}`").expect("writing to a string succeeds");
    }
    text.push_str("\n## Tables\n");
    for table in tables() {
        let of = if table.path.is_empty() {
            format!("An event `{}`.", table.event_type)
        } else {
            format!("A message of `{}` in an event `{}`.", table.path, table.event_type)
        };
        write!(text, "\n### `{}`\n\n{of} {}\n\n| column | type | |\n| --- | --- | --- |\n", table.name, table.comment)
            .expect("writing to a string succeeds");
        let general = |column: &&Column| !KEY.iter().chain(&ENVELOPE).any(|general| general.0 == column.name);
        for column in table.columns.iter().filter(general) {
            row(&mut text, column);
        }
    }
    text
}

const HEAD: &str = "# The typed tables of the lake

Generated from the contracts (`proto/mathshubs/*/v1/events.proto`); a test compares.

Each event type is a table, and so is each repeated message in one. A table is the Parquet files below `tables/<table>/` that `manifest.json` lists.
These are all files in the folder, `read_parquet('tables/enrolment_place_accepted/*.parquet', union_by_name = true)`, except while the lake is being written, and after a
run that was interrupted or a compaction beside a measurement, until the next report or `mathshubs compact-lake` removes the others.

- Fields of a message in a message have its name before theirs: `participation.school` is `participation_school`.
- Enums are their names in the contract. Civil days are dates, instants timestamps in UTC, money is in pence. A repeated value is a list.
- Null is a message or an optional field that is absent, an empty date, or a field that the contracts did not have yet when the file was written.
- People, schools, hubs and so on are resource names, such as `schools/100000`, as in the API. There are no names or addresses of people.

Every table has these columns:

| column | type | |
| --- | --- | --- |
";

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use super::*;

    #[test]
    fn the_documentation_is_generated_from_the_contracts() {
        db::testing::reviewed(&Path::new(env!("CARGO_MANIFEST_DIR")).join("SCHEMA.md"), &document());
    }

    #[test]
    fn tables_and_their_columns_have_different_names() {
        let mut names = BTreeSet::new();
        for table in tables() {
            assert!(names.insert(&table.name), "{}", table.name);
            let columns: BTreeSet<_> = table.columns.iter().map(|column| &column.name).collect();
            assert_eq!(columns.len(), table.columns.len(), "{}", table.name);
        }
    }

    #[test]
    fn types_without_a_table_are_types_of_events() {
        let pool = DescriptorPool::decode(proto::DESCRIPTORS).expect("the contracts compile");
        for kind in TYPES_WITHOUT_TABLE {
            assert!(pool.get_message_by_name(kind).is_some(), "{kind}");
        }
    }

    #[test]
    fn a_field_has_the_type_of_its_value() {
        let column = |table: &str, name: &str| {
            let table = tables().find(|found| found.name == table).expect("the table");
            table.columns.iter().find(|column| column.name == name).expect("the column").kind
        };
        assert_eq!(column("enrolment_place_accepted", "event_recorded_time"), ColumnKind::Time);
        assert_eq!(column("enrolment_year_started", "start_date"), ColumnKind::Date);
        assert_eq!(column("enrolment_year_started", "participation_state"), ColumnKind::Text);
        assert_eq!(column("enrolment_round_created_round_programmes", "education_phases"), ColumnKind::Texts);
        assert_eq!(column("network_schools_recorded_schools", "low_age"), ColumnKind::Int32);
        assert_eq!(column("network_programme_terms_added", "terms_eligibility_ages_from_age"), ColumnKind::Int32);
    }
}
