//! T3: values that would be SQL if anybody pasted them. They stay values, and names stay names.

use mayday::effect::TargetKind;
use serde_json::{Map, Value};

use crate::faults::{Row, always};
use crate::sql::{change, facts, with};
use crate::support::postgres::Server;

/// Parts that end strings, names, comments and statements somewhere, and some that mean something to us.
const PARTS: [&str; 25] = [
    "'",
    "''",
    "\"",
    "\"\"",
    ";",
    "--",
    "/*",
    "*/",
    "\\",
    "\\'",
    "$1",
    ":v0",
    ":\"v0\"",
    "$$",
    "$q$",
    "); DROP TABLE keep; --",
    "'; DROP TABLE keep; --",
    "\"; DROP TABLE keep; --",
    "' OR 1=1 --",
    "E'\\''",
    "\n",
    "{{ 7 * 7 }}",
    "%s",
    "\u{ff07}",
    "\u{202e}",
];

/// Hostile texts: each part behind some of the others. No name is longer than the server keeps.
fn texts() -> Vec<String> {
    let pairs = (1..=6).flat_map(|step| (0..25).map(move |at| (at, (at * 7 + step) % 25)));
    pairs.map(|(one, other)| format!("a{}b{}", PARTS[one], PARTS[other])).collect()
}

#[test]
fn a_value_is_never_read_as_sql() {
    let mut row = Row::new("T3", "a hostile text as a value and as a name in SQL", always(300));
    let server = Server::start();
    server.psql("CREATE TABLE keep AS SELECT 1 AS n");
    let url = server.url("postgres", "");
    let texts = texts();
    assert_eq!(texts.len(), 150);
    for ten in texts.chunks(10) {
        let named: Map<String, Value> = ten
            .iter()
            .enumerate()
            .map(|(at, text)| (format!("v{at}"), text.clone().into()))
            .collect();
        let list = |each: &dyn Fn(usize) -> String| {
            (0..ten.len()).map(each).collect::<Vec<_>>().join(", ")
        };
        // As values, beside what the author wrote; and as names of columns.
        let values = format!("SELECT {}", list(&|at| format!(":v{at}::text AS c{at}")));
        let names = format!("SELECT {}", list(&|at| format!("{at} AS :\"v{at}\"")));
        for statement in [values, names] {
            let as_names = statement.contains(" AS :");
            let job = change(TargetKind::Postgres, &url, &[&statement]);
            let said = facts(&with(job, Value::Object(named.clone())));
            for (at, text) in ten.iter().enumerate() {
                if as_names {
                    assert_eq!(said["columns"][at], *text);
                } else {
                    assert_eq!(said["rows"][0][format!("c{at}")], *text);
                }
                row.pass();
            }
        }
        assert_eq!(server.psql("SELECT n FROM keep"), "1");
    }
}
