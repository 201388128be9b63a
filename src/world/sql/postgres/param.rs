//! Parameters for PostgreSQL: always sent as text, so that the server reads each by the type it
//! inferred itself.

use std::error::Error;

use serde_json::Value;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{Format, IsNull, Kind, ToSql, Type};

use super::super::trouble::Trouble;
use crate::effect::FailKind;

/// A parameter in the server's text form; none is NULL.
#[derive(Debug)]
pub(super) struct Param(Option<String>);

impl Param {
    /// A value for the type that the server wants at its place. A list becomes an array, or JSON where
    /// JSON is wanted.
    pub(super) fn new(name: &str, value: &Value, kind: &Type) -> Result<Self, Trouble> {
        let wrong = |why: &str| {
            Err(Trouble::new(FailKind::Input, format!("`:{name}` is a {why} (it wants {kind})")))
        };
        let document = matches!(base(kind), &Type::JSON | &Type::JSONB);
        Ok(Self(Some(match value {
            Value::Null => return Ok(Self(None)),
            Value::Bool(truth) => truth.to_string(),
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.clone(),
            other if document => other.to_string(),
            Value::Array(items) => match base(kind).kind() {
                Kind::Array(_) => literal(items),
                _ => return wrong("list; write `= ANY(:name)` to compare with each of its items"),
            },
            Value::Object(_) => return wrong("map; only json takes one"),
        })))
    }
}

fn base(kind: &Type) -> &Type {
    match kind.kind() {
        Kind::Domain(inner) => base(inner),
        _ => kind,
    }
}

/// `{1,NULL,"a,b"}`.
fn literal(items: &[Value]) -> String {
    let items: Vec<String> = items
        .iter()
        .map(|item| match item {
            Value::Null => "NULL".to_owned(),
            Value::Bool(truth) => truth.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Array(inner) => literal(inner),
            Value::String(text) => quoted(text),
            Value::Object(_) => quoted(&item.to_string()),
        })
        .collect();
    format!("{{{}}}", items.join(","))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl ToSql for Param {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        Ok(match &self.0 {
            None => IsNull::Yes,
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                IsNull::No
            }
        })
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.to_sql(kind, out)
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }
}

/// A value in the binary form that the server gave it in, to be sent back as it came.
#[derive(Debug)]
pub(super) struct Raw(pub(super) Vec<u8>);

impl ToSql for Raw {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(&self.0);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.to_sql(kind, out)
    }
}

impl<'a> tokio_postgres::types::FromSql<'a> for Raw {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw.to_vec()))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text(value: &Value, kind: &Type) -> Result<Option<String>, String> {
        Param::new("p", value, kind).map(|param| param.0).map_err(|trouble| trouble.message())
    }

    #[test]
    fn lists_are_arrays_or_json_or_a_clear_refusal() {
        let list = json!([1, null, true, "a,\"b\\", ["x"]]);
        let array = text(&list, &Type::TEXT_ARRAY).unwrap().unwrap();
        assert_eq!(array, r#"{1,NULL,true,"a,\"b\\",{"x"}}"#.replace(r#"b\\""#, r#"b\\\\""#).replace(r"\\\\", r"\\"));
        assert_eq!(text(&list, &Type::JSONB).unwrap().unwrap(), list.to_string());
        assert!(text(&list, &Type::INT4).unwrap_err().contains("ANY(:name)"));
        assert!(text(&json!({}), &Type::TEXT).unwrap_err().contains("only json"));
        assert_eq!(text(&Value::Null, &Type::TEXT).unwrap(), None);
    }
}
