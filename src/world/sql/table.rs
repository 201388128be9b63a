//! Results as facts: rows with their columns in order, counts, caps.

use serde_json::{Map, Value};

use crate::effect::Facts;

/// Bytes of one result that are kept, whatever the row cap: facts go into the record and onto a
/// screen, and a table of documents would fill both. The count of all rows is always told.
const KEPT_BYTES: usize = 4 << 20;

/// The result of one statement.
#[derive(Debug, Default)]
pub(super) struct Table {
    columns: Vec<String>,
    rows: Vec<Value>,
    row_count: u64,
    affected: Option<u64>,
    bytes: usize,
    cap: usize,
}

impl Table {
    /// An empty result with these columns; none for a statement that returns no rows at all.
    pub(super) fn new<'a>(columns: impl IntoIterator<Item = &'a str>, cap: usize) -> Self {
        let mut names: Vec<String> = Vec::new();
        for column in columns {
            names.push(distinct(column, &names));
        }
        Self { columns: names, cap, ..Self::default() }
    }

    /// True while another row would be kept.
    pub(super) fn has_room(&self) -> bool {
        self.rows.len() < self.cap && self.bytes < KEPT_BYTES
    }

    /// Counts a row, and keeps it when there is room.
    pub(super) fn push(&mut self, values: Vec<Value>) {
        self.row_count += 1;
        if !self.has_room() {
            return;
        }
        self.bytes += values.iter().map(size).sum::<usize>();
        let row: Map<String, Value> = self.columns.iter().cloned().zip(values).collect();
        self.rows.push(Value::Object(row));
    }

    /// Counts rows that were not even fetched.
    pub(super) fn pass_over(&mut self, rows: u64) {
        self.row_count += rows;
    }

    pub(super) fn affected(&mut self, rows: u64) {
        self.affected = Some(rows);
    }

    fn into_facts(self) -> Facts {
        let mut facts = Facts::new();
        facts.insert("rows".to_owned(), self.rows.into());
        facts.insert("columns".to_owned(), self.columns.into());
        facts.insert("row_count".to_owned(), self.row_count.into());
        facts.insert("rows_affected".to_owned(), self.affected.unwrap_or(0).into());
        facts
    }
}

/// A name that no earlier column has: `id`, then `id_2`. A row is an object, and a second `id` must
/// not hide the first.
fn distinct(name: &str, taken: &[String]) -> String {
    let mut candidate = name.to_owned();
    let mut number = 1;
    while taken.contains(&candidate) {
        number += 1;
        candidate = format!("{name}_{number}");
    }
    candidate
}

fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(map) => map.iter().map(|(key, value)| key.len() + size(value)).sum(),
        _ => 8,
    }
}

/// The facts of a whole effect. `rows`, `columns` and `row_count` are those of the last statement
/// that returned rows; `rows_affected` is of the last that changed something, `rows_affected_total`
/// the sum; `results` has each statement's own when there are several.
pub(super) fn facts(tables: Vec<Table>) -> Facts {
    let total: u64 = tables.iter().filter_map(|table| table.affected).sum();
    let changed = tables.iter().rev().find_map(|table| table.affected).unwrap_or(0);
    let several = tables.len() > 1;
    let shown = tables.iter().rposition(|table| !table.columns.is_empty());
    let each: Vec<Facts> = tables.into_iter().map(Table::into_facts).collect();
    let mut facts = match shown.or(each.len().checked_sub(1)) {
        Some(index) => each[index].clone(),
        None => Table::default().into_facts(),
    };
    facts.insert("rows_affected".to_owned(), changed.into());
    facts.insert("rows_affected_total".to_owned(), total.into());
    if several {
        let each: Vec<Value> = each.into_iter().map(Value::Object).collect();
        facts.insert("results".to_owned(), each.into());
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_column_hides_another_and_no_row_goes_uncounted() {
        let mut table = Table::new(["id", "id", "id_2"], 1);
        table.push(vec![1.into(), 2.into(), 3.into()]);
        table.push(vec![4.into(), 5.into(), 6.into()]);
        table.pass_over(10);
        let facts = facts(vec![table]);
        assert_eq!(
            Value::Object(facts),
            serde_json::json!({
                "rows": [{"id": 1, "id_2": 2, "id_2_2": 3}],
                "columns": ["id", "id_2", "id_2_2"],
                "row_count": 12, "rows_affected": 0, "rows_affected_total": 0,
            })
        );
    }

    #[test]
    fn bytes_are_capped_too() {
        let mut table = Table::new(["text"], 1000);
        for _ in 0..1000 {
            table.push(vec!["x".repeat(1 << 20).into()]);
        }
        assert_eq!((table.rows.len(), table.row_count), (4, 1000));
    }
}
