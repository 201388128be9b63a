//! Every field of a report's context, told once: its schema, its page of the book and an example come from one list.
//!
//! Owns the list (`fields.txt`) and how it is read. That the list is what [`context`](super::context) gives is held
//! by tests, which look at the reports of all kinds of runs.

use serde_json::{Map, Value};

mod page;
mod schema;

pub use page::page;
pub use schema::{schema, schema_of};

const LIST: &str = include_str!("fields.txt");

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    /// A text.
    Text,
    /// One of these words.
    OneOf(Vec<&'static str>),
    /// An instant, RFC 3339 in UTC.
    Time,
    /// A length in whole milliseconds; it may be negative.
    Millis,
    /// A share in percent.
    Percent,
    /// A size in bytes.
    Bytes,
    /// How many.
    Count,
    /// The number of an event.
    Event,
    /// Yes or no.
    Bool,
    /// A list of texts.
    Texts,
    /// Fields of its own.
    Object,
    /// A list of entries with fields of their own.
    Rows,
}

impl Holds {
    fn of(words: &'static str) -> Option<Self> {
        Some(match words {
            "text" => Self::Text,
            "time" => Self::Time,
            "ms" => Self::Millis,
            "percent" => Self::Percent,
            "bytes" => Self::Bytes,
            "count" => Self::Count,
            "event" => Self::Event,
            "bool" => Self::Bool,
            "texts" => Self::Texts,
            "object" => Self::Object,
            "rows" => Self::Rows,
            other => Self::OneOf(other.strip_prefix("one of ")?.split(", ").collect()),
        })
    }
}

/// A field.
#[derive(Clone, Debug)]
pub struct Field {
    /// `run.id`, `steps[].key`.
    pub path: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// It may be null: not known, or not there.
    pub nullable: bool,
    /// What it means.
    pub meaning: &'static str,
    /// A value that it may have; none for what has fields of its own.
    pub example: Option<Value>,
}

/// Fields that belong together.
#[derive(Clone, Debug)]
pub struct Group {
    /// What they are about.
    pub title: &'static str,
    /// A template that uses them.
    pub template: String,
    /// Each of them.
    pub fields: Vec<Field>,
}

/// The list, in its order. A line that is none is passed over; a test reads each line.
#[must_use]
pub fn groups() -> Vec<Group> {
    groups_of(LIST)
}

fn groups_of(list: &'static str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for line in list.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
        if let Some(title) = line.strip_prefix("## ") {
            groups.push(Group { title, template: String::new(), fields: Vec::new() });
        } else if let Some(group) = groups.last_mut() {
            if let Some(row) = line.strip_prefix('>') {
                group.template.push_str(row.strip_prefix(' ').unwrap_or(row));
                group.template.push('\n');
            } else {
                group.fields.extend(field(line));
            }
        }
    }
    groups
}

fn field(line: &'static str) -> Option<Field> {
    let mut parts = line.splitn(4, '|').map(str::trim);
    let (path, holds, meaning, example) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let bare = holds.strip_suffix('?');
    Some(Field {
        path,
        holds: Holds::of(bare.unwrap_or(holds))?,
        nullable: bare.is_some(),
        meaning,
        example: serde_json::from_str(example).ok(),
    })
}

fn all() -> Vec<Field> {
    all_of(LIST)
}

fn all_of(list: &'static str) -> Vec<Field> {
    groups_of(list).into_iter().flat_map(|group| group.fields).collect()
}

/// The fields right below a path, which ends in `.` where it is not empty, with their names.
fn below<'a>(all: &'a [Field], path: &str) -> Vec<(&'static str, &'a Field)> {
    let name = |field: &'a Field| {
        let name = field.path.strip_prefix(path)?;
        (!name.is_empty() && !name.contains('.')).then_some((name, field))
    };
    all.iter().filter_map(name).collect()
}

/// A context that is made of the examples alone: each list has one entry.
#[must_use]
pub fn example() -> Value {
    object(&all(), "")
}

fn object(all: &[Field], path: &str) -> Value {
    let mut map = Map::new();
    for (name, field) in below(all, path) {
        let value = match field.holds {
            Holds::Object => object(all, &format!("{}.", field.path)),
            Holds::Rows => Value::Array(vec![object(all, &format!("{}[].", field.path))]),
            _ => field.example.clone().unwrap_or_default(),
        };
        map.insert(name.to_owned(), value);
    }
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_every_field_has_an_example_that_fits() {
        let lines = LIST
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with('>'));
        let all = all();
        assert_eq!(lines.count(), all.len());
        assert_eq!(LIST.lines().filter(|line| line.starts_with("## ")).count(), groups().len());
        for field in &all {
            let own = matches!(field.holds, Holds::Object | Holds::Rows);
            assert_eq!(field.example.is_none(), own, "{}", field.path);
            assert!(!field.meaning.is_empty(), "{}", field.path);
            let parent = field.path.rsplit_once('.').map(|(parent, _)| parent);
            let parent = parent.map(|parent| parent.strip_suffix("[]").unwrap_or(parent));
            let known = parent.is_none_or(|parent| all.iter().any(|other| other.path == parent));
            assert!(known, "{} has no parent", field.path);
        }
    }
}
