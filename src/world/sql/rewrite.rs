//! From `:name` and `:"name"` to what a database takes: placeholders and quoted identifiers.
//!
//! Values are never pasted in: a name becomes a placeholder, and the value travels beside the text.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

use super::trouble::Trouble;
use crate::effect::FailKind;
use crate::steps::scan;

/// How a database writes parameters and quotes identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `$1`, `"name"` of at most 63 bytes: longer ones would be cut, and name something else.
    Postgres,
    /// `?1`, `"name"`.
    Sqlite,
    /// `?` for each place, `` `name` `` of at most 64 characters.
    Mysql,
}

/// A statement in a database's own form.
#[derive(Debug)]
pub(super) struct Rewritten {
    /// The text to send.
    pub(super) sql: String,
    /// The parameters in the order of their placeholders.
    pub(super) order: Vec<String>,
    original: String,
    /// Where text was replaced: byte offset in the original, length there, length in `sql`.
    changes: Vec<(usize, usize, usize)>,
}

/// Rewrites one statement.
pub(super) fn rewrite(
    statement: &str,
    params: &BTreeMap<String, Value>,
    dialect: Dialect,
) -> Result<Rewritten, Trouble> {
    let mut sql = String::with_capacity(statement.len() + 16);
    let (mut order, mut changes, mut done) = (Vec::<String>::new(), Vec::new(), 0);
    for found in scan(statement) {
        let value = params.get(&found.name).ok_or_else(|| {
            Trouble::new(FailKind::Input, format!("there is no value for `:{}`", found.name))
        })?;
        sql.push_str(&statement[done..found.range.start]);
        let before = sql.len();
        if found.identifier {
            sql.push_str(&identifier(&found.name, value, dialect)?);
        } else {
            let known = order.iter().position(|name| *name == found.name);
            let number = match known {
                Some(at) if dialect != Dialect::Mysql => at + 1,
                _ => {
                    order.push(found.name);
                    order.len()
                }
            };
            match dialect {
                Dialect::Postgres => write!(sql, "${number}"),
                Dialect::Sqlite => write!(sql, "?{number}"),
                Dialect::Mysql => write!(sql, "?"),
            }
            .unwrap_or_default();
        }
        changes.push((found.range.start, found.range.len(), sql.len() - before));
        done = found.range.end;
    }
    sql.push_str(&statement[done..]);
    Ok(Rewritten { sql, order, original: statement.to_owned(), changes })
}

/// Quotes a value as an identifier. Any text is fine but an empty one, NUL, and one that the database
/// would cut.
fn identifier(name: &str, value: &Value, dialect: Dialect) -> Result<String, Trouble> {
    let wrong = |why: &str| Trouble::new(FailKind::Input, format!("`:\"{name}\"` {why}"));
    let Value::String(text) = value else { return Err(wrong("must be a text to name something")) };
    let too_long = match dialect {
        Dialect::Postgres => text.len() > 63,
        Dialect::Mysql => text.chars().count() > 64,
        Dialect::Sqlite => false,
    };
    if text.is_empty() || text.contains('\0') {
        return Err(wrong("is empty or has a NUL in it"));
    }
    if too_long {
        return Err(wrong("is longer than a name can be"));
    }
    Ok(match dialect {
        Dialect::Mysql => format!("`{}`", text.replace('`', "``")),
        _ => format!("\"{}\"", text.replace('"', "\"\"")),
    })
}

impl Rewritten {
    /// `line 2, column 5` of the author's text, for a character position (from 1) in `sql`.
    pub(super) fn place(&self, position: usize) -> String {
        let byte = self.sql.char_indices().nth(position.saturating_sub(1));
        let mut at = byte.map_or(self.sql.len(), |(at, _)| at);
        let mut grown: isize = 0;
        for (start, was, is) in &self.changes {
            let start_now = start.saturating_add_signed(grown);
            if at < start_now {
                break;
            }
            if at < start_now + is {
                at = start_now;
                break;
            }
            grown += is.cast_signed() - was.cast_signed();
        }
        let at = at.saturating_add_signed(-grown).min(self.original.len());
        let before = self.original.get(..at).unwrap_or(&self.original);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        if self.original.trim_end().contains('\n') {
            format!("line {line}, column {column}")
        } else {
            format!("column {column}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params() -> BTreeMap<String, Value> {
        [("a", "x".into()), ("long", Value::from(1)), ("t", "o\"dd` --".into())]
            .map(|(name, value): (&str, Value)| (name.to_owned(), value))
            .into()
    }

    #[test]
    fn each_database_gets_its_own_form() {
        let text = "SELECT :a, :long, :a FROM :\"t\"";
        let form = |dialect| {
            let done = rewrite(text, &params(), dialect).unwrap();
            (done.sql, done.order.join(","))
        };
        let said = |sql: &str, order: &str| (sql.to_owned(), order.to_owned());
        let numbered = "SELECT $1, $2, $1 FROM \"o\"\"dd` --\"";
        assert_eq!(form(Dialect::Postgres), said(numbered, "a,long"));
        assert_eq!(form(Dialect::Sqlite), said(&numbered.replace('$', "?"), "a,long"));
        let plain = "SELECT ?, ?, ? FROM `o\"dd`` --`";
        assert_eq!(form(Dialect::Mysql), said(plain, "a,long,a"));
    }

    #[test]
    fn positions_lead_back_to_the_authors_text() {
        let done = rewrite("é :long,\n  :a oops", &params(), Dialect::Postgres).unwrap();
        assert_eq!(done.sql, "é $2,\n  $1 oops".replace("$2", "$1").replacen("  $1", "  $2", 1));
        let at = |needle: &str| {
            let byte = done.sql.find(needle).unwrap();
            done.place(done.sql[..byte].chars().count() + 1)
        };
        assert_eq!(at("é"), "line 1, column 1");
        assert_eq!(at("$1"), "line 1, column 3");
        assert_eq!(at("$2"), "line 2, column 3");
        assert_eq!(at("oops"), "line 2, column 6");
        assert_eq!(done.place(10_000), "line 2, column 10");
    }

    #[test]
    fn identifiers_that_would_name_something_else_are_refused() {
        for wrong in [Value::Null, 5.into(), "".into(), "a\0b".into(), "x".repeat(64).into()] {
            let params = BTreeMap::from([("t".to_owned(), wrong)]);
            assert!(rewrite("SELECT :\"t\"", &params, Dialect::Postgres).is_err());
        }
        assert!(rewrite("SELECT :gone", &BTreeMap::new(), Dialect::Sqlite).is_err());
    }
}
