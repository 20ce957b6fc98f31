//! Events as rows of the typed tables.

use polars::prelude::*;
use prost_reflect::{DynamicMessage, Kind, Value};
use proto::feed::v1 as pb;
use time::{Date, Instant};

use super::schema::{ColumnKind, EVENT_TABLES, EventTables, Node, TYPES_WITHOUT_TABLE, Table, Target};
use crate::Error;

/// The rows of some events of one source.
pub(super) struct Typed {
    /// Tables with rows, by name.
    pub(super) tables: Vec<(&'static str, DataFrame)>,
    /// Event types that these contracts do not know; a later version makes their tables from the raw events.
    pub(super) unknown_types: Vec<String>,
}

/// Reads events into the rows of their tables. Errors when a payload cannot be read by its type.
pub(super) fn typed(source: &str, events: &[pb::Event]) -> Result<Typed, Error> {
    let mut of_type: std::collections::BTreeMap<&str, Vec<&pb::Event>> = std::collections::BTreeMap::new();
    for event in events {
        of_type.entry(&event.r#type).or_default().push(event);
    }
    let mut typed = Typed { tables: Vec::new(), unknown_types: Vec::new() };
    for (kind, events) in of_type {
        let Some(of_type) = EVENT_TABLES.get(kind) else {
            if !TYPES_WITHOUT_TABLE.contains(&kind) {
                typed.unknown_types.push(kind.to_owned());
            }
            continue;
        };
        let mut rows: Vec<Rows> = of_type.tables.iter().map(Rows::new).collect();
        for event in events {
            add(of_type, source, event, &mut rows).map_err(|reason| Error::Payload {
                feed: source.to_owned(),
                position: event.position,
                kind: kind.to_owned(),
                reason,
            })?;
        }
        for (table, rows) in of_type.tables.iter().zip(rows).filter(|(_, rows)| rows.height > 0) {
            typed.tables.push((&table.name, rows.frame(table)?));
        }
    }
    Ok(typed)
}

/// The columns of a table.
struct Rows {
    columns: Vec<Values>,
    height: usize,
}

enum Values {
    Text(Vec<Option<String>>),
    Int32(Vec<Option<i32>>),
    Int64(Vec<Option<i64>>),
    Bool(Vec<Option<bool>>),
    Float(Vec<Option<f64>>),
    Bytes(Vec<Option<Vec<u8>>>),
    Texts(Vec<Option<Series>>),
    Numbers(Vec<Option<Series>>),
}

/// A value of a cell.
enum Cell {
    Null,
    Text(String),
    Int32(i32),
    Int64(i64),
    Bool(bool),
    Float(f64),
    Bytes(Vec<u8>),
    Texts(Vec<String>),
    Numbers(Vec<i64>),
}

impl Rows {
    fn new(table: &Table) -> Self {
        let columns = table.columns.iter().map(|column| match column.kind {
            ColumnKind::Text => Values::Text(Vec::new()),
            ColumnKind::Int32 | ColumnKind::Date => Values::Int32(Vec::new()),
            ColumnKind::Int64 | ColumnKind::Time => Values::Int64(Vec::new()),
            ColumnKind::Bool => Values::Bool(Vec::new()),
            ColumnKind::Float => Values::Float(Vec::new()),
            ColumnKind::Bytes => Values::Bytes(Vec::new()),
            ColumnKind::Texts => Values::Texts(Vec::new()),
            ColumnKind::Numbers => Values::Numbers(Vec::new()),
        });
        Self { columns: columns.collect(), height: 0 }
    }

    fn frame(self, table: &Table) -> PolarsResult<DataFrame> {
        let columns = self.columns.into_iter().zip(&table.columns).map(|(values, column)| {
            let name = PlSmallStr::from_str(&column.name);
            let series = match values {
                Values::Text(values) => Series::new(name, values),
                Values::Int32(values) => Series::new(name, values),
                Values::Int64(values) => Series::new(name, values),
                Values::Bool(values) => Series::new(name, values),
                Values::Float(values) => Series::new(name, values),
                Values::Bytes(values) => Series::new(name, values),
                Values::Texts(values) | Values::Numbers(values) => Series::new(name, values),
            };
            Ok(series.cast(&column.kind.data_type())?.into_column())
        });
        DataFrame::new(self.height, columns.collect::<PolarsResult<Vec<_>>>()?)
    }
}

impl Values {
    fn push(&mut self, cell: Cell) {
        match (self, cell) {
            (Self::Text(values), Cell::Text(value)) => values.push(Some(value)),
            (Self::Int32(values), Cell::Int32(value)) => values.push(Some(value)),
            (Self::Int64(values), Cell::Int64(value)) => values.push(Some(value)),
            (Self::Bool(values), Cell::Bool(value)) => values.push(Some(value)),
            (Self::Float(values), Cell::Float(value)) => values.push(Some(value)),
            (Self::Bytes(values), Cell::Bytes(value)) => values.push(Some(value)),
            (Self::Texts(values), Cell::Texts(value)) => values.push(Some(Series::new(PlSmallStr::EMPTY, value))),
            (Self::Numbers(values), Cell::Numbers(value)) => values.push(Some(Series::new(PlSmallStr::EMPTY, value))),
            (values, Cell::Null) => values.push_null(),
            _ => unreachable!("a cell has the type of its column"),
        }
    }

    fn push_null(&mut self) {
        match self {
            Self::Text(values) => values.push(None),
            Self::Int32(values) => values.push(None),
            Self::Int64(values) => values.push(None),
            Self::Bool(values) => values.push(None),
            Self::Float(values) => values.push(None),
            Self::Bytes(values) => values.push(None),
            Self::Texts(values) | Self::Numbers(values) => values.push(None),
        }
    }
}

/// Adds an event's rows to the tables of its type.
fn add(of_type: &EventTables, source: &str, event: &pb::Event, rows: &mut [Rows]) -> Result<(), String> {
    let payload =
        DynamicMessage::decode(of_type.descriptor.clone(), event.payload.as_slice()).map_err(|error| error.to_string())?;
    let mut envelope = key(source, event);
    let actor = |actor: Option<&pb::Actor>| match actor {
        Some(actor) => [&actor.id, &actor.role, &actor.acting_for].map(|text| Cell::Text(text.clone())),
        None => [Cell::Null, Cell::Null, Cell::Null],
    };
    envelope.extend([
        Cell::Text(event.id.clone()),
        Cell::Int64(event.resource_version),
        Cell::Int64(micros(event.happened_time.as_ref())),
        Cell::Int64(micros(event.recorded_time.as_ref())),
    ]);
    envelope.extend(actor(event.actor.as_ref()));
    envelope.extend(actor(event.confirmer.as_ref()));
    envelope.extend([Cell::Text(event.request_id.clone()), Cell::Text(event.traceparent.clone())]);
    push_all(&mut rows[0], envelope);
    fill(&of_type.node, Some(&payload), 0, &mut Vec::new(), (source, event), rows)
}

fn key(source: &str, event: &pb::Event) -> Vec<Cell> {
    let day = |time: Option<&prost_types::Timestamp>| Cell::Int32(Instant::from_micros(micros(time)).date().days_since_1970());
    vec![
        Cell::Text(source.to_owned()),
        Cell::Text(event.epoch.clone()),
        Cell::Int64(event.position),
        day(event.happened_time.as_ref()),
        day(event.recorded_time.as_ref()),
        Cell::Text(event.resource.clone()),
    ]
}

/// Begins a row with its first cells.
fn push_all(rows: &mut Rows, cells: Vec<Cell>) {
    rows.height += 1;
    rows.columns.iter_mut().zip(cells).for_each(|(values, cell)| values.push(cell));
}

/// Fills the columns of a message, with nulls if it is absent, and adds the rows of its repeated messages. `numbers` are those of the lists around it.
fn fill(
    node: &Node,
    message: Option<&DynamicMessage>,
    table: usize,
    numbers: &mut Vec<i32>,
    event: (&str, &pb::Event),
    rows: &mut [Rows],
) -> Result<(), String> {
    for (field, target) in &node.fields {
        let value = message
            .filter(|message| !field.supports_presence() || message.has_field(field))
            .map(|message| message.get_field(field));
        match target {
            Target::Column(column, kind) => {
                let cell = match &value {
                    Some(value) => cell(value, *kind, &field.kind()).map_err(|reason| format!("{}: {reason}", field.name()))?,
                    None => Cell::Null,
                };
                rows[table].columns[*column].push(cell);
            }
            Target::Message(node) => {
                let message = value.as_ref().and_then(|value| value.as_message());
                fill(node, message, table, numbers, event, rows)?;
            }
            Target::Rows(child, node) => {
                let Some(messages) = value.as_ref().and_then(|value| value.as_list()) else { continue };
                for (message, number) in messages.iter().zip(1..) {
                    numbers.push(number);
                    let mut cells = key(event.0, event.1);
                    cells.extend(numbers.iter().map(|number| Cell::Int32(*number)));
                    push_all(&mut rows[*child], cells);
                    fill(node, message.as_message(), *child, numbers, event, rows)?;
                    numbers.pop();
                }
            }
        }
    }
    Ok(())
}

fn cell(value: &Value, kind: ColumnKind, field: &Kind) -> Result<Cell, String> {
    Ok(match value {
        Value::String(text) if kind == ColumnKind::Date => {
            if text.is_empty() {
                Cell::Null
            } else {
                Cell::Int32(Date::parse(text).map_err(|error| error.to_string())?.days_since_1970())
            }
        }
        Value::Message(message) => Cell::Int64(micros(Some(&message.transcode_to().map_err(|error| error.to_string())?))),
        Value::List(values) if kind == ColumnKind::Texts => {
            Cell::Texts(values.iter().filter_map(|value| text(value, field)).collect())
        }
        Value::List(values) => Cell::Numbers(values.iter().filter_map(number).collect()),
        Value::Bool(value) => Cell::Bool(*value),
        Value::F32(value) => Cell::Float(f64::from(*value)),
        Value::F64(value) => Cell::Float(*value),
        Value::Bytes(value) => Cell::Bytes(value.to_vec()),
        Value::I32(value) => Cell::Int32(*value),
        value => match (text(value, field), number(value)) {
            (Some(text), _) => Cell::Text(text),
            (None, Some(number)) => Cell::Int64(number),
            (None, None) => Cell::Null,
        },
    })
}

/// The text of a text or an enum. A number that the enum does not have is written as a number.
fn text(value: &Value, field: &Kind) -> Option<String> {
    match (value, field) {
        (Value::String(text), _) => Some(text.clone()),
        (Value::EnumNumber(number), Kind::Enum(names)) => {
            Some(names.get_value(*number).map_or_else(|| number.to_string(), |value| value.name().to_owned()))
        }
        _ => None,
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::I32(value) => Some(i64::from(*value)),
        Value::I64(value) => Some(*value),
        Value::U32(value) => Some(i64::from(*value)),
        Value::U64(value) => i64::try_from(*value).ok(),
        _ => None,
    }
}

fn micros(timestamp: Option<&prost_types::Timestamp>) -> i64 {
    timestamp.map_or(0, |timestamp| Instant::from_proto(timestamp).micros())
}
