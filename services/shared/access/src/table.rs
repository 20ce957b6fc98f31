//! The reviewed table *role × method*: what people read, and what is held against the policies.

use std::collections::BTreeMap;

use crate::Role;

/// One cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cell {
    /// May call it, for everything.
    Yes,
    /// May call it, for what is its own: the query applies that.
    Own,
    /// May not call it.
    No,
}

impl Cell {
    pub(crate) fn allows(self) -> bool {
        self != Self::No
    }
}

/// Cells by method, in the order of [`Role::ALL`].
pub(crate) type Table = BTreeMap<String, [Cell; Role::ALL.len()]>;

/// Reads `method,ncetm,dfe,hub_lead,school,service` and a line per method, of `yes`, `own` and `no`; columns in any order. Gives everything that
/// is wrong with it.
pub(crate) fn parse(csv: &str) -> Result<Table, Vec<String>> {
    let mut lines = csv.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let header: Vec<&str> = lines.next().map(|(_, line)| line.split(',').map(str::trim).collect()).unwrap_or_default();
    let column = |role: Role| header.iter().position(|name| *name == role.as_str());
    let columns: Vec<usize> = Role::ALL.into_iter().filter_map(column).collect();
    if header.first() != Some(&"method") || columns.len() != Role::ALL.len() || header.len() != Role::ALL.len() + 1 {
        return Err(vec![format!("the table's first line must name `method` and the five roles; found `{}`", header.join(","))]);
    }
    let (mut table, mut wrong) = (Table::new(), Vec::new());
    for (index, line) in lines {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let number = index + 1;
        if fields.len() != header.len() {
            wrong.push(format!("line {number} of the table has {} columns, its header {}", fields.len(), header.len()));
            continue;
        }
        let mut cells = [Cell::No; Role::ALL.len()];
        for (cell, &column) in cells.iter_mut().zip(&columns) {
            match fields[column] {
                "yes" => *cell = Cell::Yes,
                "own" => *cell = Cell::Own,
                "no" => {}
                other => {
                    wrong.push(format!("line {number} of the table: `{other}` under `{}` is not yes, own or no", header[column]))
                }
            }
        }
        if table.insert(fields[0].to_owned(), cells).is_some() {
            wrong.push(format!("line {number} of the table: `{}` has a line already", fields[0]));
        }
    }
    if wrong.is_empty() { Ok(table) } else { Err(wrong) }
}
