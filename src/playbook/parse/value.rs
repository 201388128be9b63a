//! The value of a document, from what the scan kept of it.
//!
//! The scan has read every node already; building from it takes half the time and memory of reading the
//! text again, and every value has its place by construction.

use serde_yaml::{Mapping, Number, Value};

use saphyr_parser::ScalarStyle;

use super::source::{Kids, NodeId, Source};

/// The value of the whole document; nothing for a document without nodes.
pub(super) fn value(source: &Source) -> Value {
    if source.nodes.is_empty() { Value::Null } else { of(source, 0) }
}

/// The value of a node. The scan has bounded depth and size, aliases included.
fn of(source: &Source, id: NodeId) -> Value {
    let node = &source.nodes[id as usize];
    match &node.kids {
        Kids::Scalar(style, decoded) => {
            let raw = || &source.file.text[node.value.start as usize..node.value.end as usize];
            let text = decoded.as_deref().unwrap_or_else(raw);
            if *style == ScalarStyle::Plain { plain(text) } else { Value::String(text.to_owned()) }
        }
        Kids::List(kids) => Value::Sequence(kids.iter().map(|kid| of(source, *kid)).collect()),
        Kids::Map(kids) => {
            // They are sorted by name for lookup; the author's order is that of the nodes.
            let mut kids = kids.clone();
            kids.sort_unstable();
            let mut map = Mapping::with_capacity(kids.len());
            for kid in kids {
                let name = source.nodes[kid as usize].name.to_string();
                map.insert(Value::String(name), of(source, kid));
            }
            Value::Mapping(map)
        }
        Kids::Alias(target) => of(source, *target),
    }
}

/// What a scalar without quotes stands for (YAML 1.2, core schema; numbers as the YAML library reads
/// them).
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let number = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    match text.parse::<Number>() {
        Ok(value) if number => Value::Number(value),
        _ => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceFile;

    fn ours(text: &str) -> Value {
        let mut source = Source::new(&SourceFile::new("a.yaml", text));
        let mut faults = Vec::new();
        assert!(super::super::scan::scan(&mut source, &mut faults).is_ok(), "{text}");
        value(&source)
    }

    #[test]
    fn a_value_is_what_the_yaml_library_reads() {
        let scalars = [
            "1",
            "-1",
            "+1",
            "0",
            "00",
            "007",
            "0x1f",
            "-0x1f",
            "0o17",
            "0b11",
            "1.5",
            "-1.5",
            "1e3",
            "1.",
            ".5",
            ".inf",
            "-.inf",
            ".nan",
            "1_000",
            "12:30",
            "1.2.3",
            "18446744073709551615",
            "-9223372036854775808",
            "1e999",
            "inf",
            "nan",
            "infinity",
            "+",
            "-1-",
            "true",
            "True",
            "tRue",
            "yes",
            "null",
            "~",
            "NULL",
            "nul",
            "2025-12-03",
            "text",
            "'1'",
            "\"~\"",
        ];
        for scalar in scalars {
            let library: Value = serde_yaml::from_str(&format!("a: {scalar}")).unwrap();
            assert_eq!(
                format!("{:?}", ours(&format!("a: {scalar}"))),
                format!("{library:?}"),
                "{scalar}"
            );
        }
        let texts = [
            "a: [1, {b: c, a: }, 'x''y']\nz: 1\nb: &x |\n  one\n    two\n\n  three\nc: *x\n",
            "- >-\n  a\n  b\n\n  c\n- \"tab\\t\\u00e9 \\\n   on\"\n- plain\n  goes on\n- {a: 1, b: [2]}\n",
            "a: >\n  x\n   y\n  z\n\nb: |+\n  k\n\nc: |2-\n    k\n",
        ];
        for text in texts {
            let library: Value = serde_yaml::from_str(text).unwrap();
            assert_eq!(format!("{:?}", ours(text)), format!("{library:?}"), "{text}");
        }
    }

    #[test]
    fn the_fixtures_are_what_the_yaml_library_reads() {
        for text in [
            include_str!("../../../tests/fixtures/language/complete.yaml"),
            include_str!("../../../tests/fixtures/language/small.yaml"),
        ] {
            let library: Value = serde_yaml::from_str(text).unwrap();
            assert_eq!(ours(text), library);
        }
    }
}
