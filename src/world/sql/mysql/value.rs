//! MySQL's values, to JSON and back.

use mysql::consts::ColumnType;
use mysql::{Column, Value as Cell};
use serde_json::{Number, Value};

use super::super::trouble::Trouble;
use super::super::value::{exact_number, hex};
use crate::effect::FailKind;

/// The character set of bytes that are no text (`binary`).
const BINARY: u16 = 63;

/// A cell as JSON: texts as they are, exact numbers as numbers, bytes as `\x...`.
pub(super) fn json(cell: &Cell, column: &Column) -> Value {
    match cell {
        Cell::NULL => Value::Null,
        Cell::Int(number) => (*number).into(),
        Cell::UInt(number) => (*number).into(),
        // The shortest text of a float reads back as what the server shows.
        Cell::Float(number) => float(number.to_string().parse().unwrap_or(f64::NAN)),
        Cell::Double(number) => float(*number),
        Cell::Date(year, month, day, hour, minute, second, micro) => {
            let date = format!("{year:04}-{month:02}-{day:02}");
            if column.column_type() == ColumnType::MYSQL_TYPE_DATE {
                return date.into();
            }
            let part = fraction(*micro, column.decimals());
            format!("{date}T{hour:02}:{minute:02}:{second:02}{part}").into()
        }
        Cell::Time(negative, days, hours, minutes, seconds, micro) => {
            let sign = if *negative { "-" } else { "" };
            let hours = u64::from(*days) * 24 + u64::from(*hours);
            let part = fraction(*micro, column.decimals());
            format!("{sign}{hours:02}:{minutes:02}:{seconds:02}{part}").into()
        }
        Cell::Bytes(bytes) => bytes_of(bytes, column),
    }
}

fn float(number: f64) -> Value {
    Number::from_f64(number).map_or_else(|| number.to_string().into(), Value::Number)
}

/// `.500`, with as many digits as the column has.
fn fraction(micro: u32, digits: u8) -> String {
    let digits = usize::from(digits.min(6));
    if digits == 0 {
        return if micro == 0 { String::new() } else { format!(".{micro:06}") };
    }
    format!(".{}", &format!("{micro:06}")[..digits])
}

fn bytes_of(bytes: &[u8], column: &Column) -> Value {
    use ColumnType as Kind;
    let text = std::str::from_utf8(bytes);
    match (column.column_type(), text) {
        (Kind::MYSQL_TYPE_DECIMAL | Kind::MYSQL_TYPE_NEWDECIMAL, Ok(text)) => {
            exact_number(text).map_or_else(|| text.into(), Value::Number)
        }
        (Kind::MYSQL_TYPE_BIT, _) if bytes.len() <= 8 => {
            bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)).into()
        }
        (Kind::MYSQL_TYPE_JSON, Ok(text)) => {
            super::super::value::exact_json(text).unwrap_or_else(|| text.into())
        }
        (Kind::MYSQL_TYPE_GEOMETRY, _) | (_, Err(_)) => hex(bytes).into(),
        (_, Ok(_)) if column.character_set() == BINARY => hex(bytes).into(),
        (_, Ok(text)) => text.into(),
    }
}

/// A parameter as MySQL takes it. It has no lists: they and maps travel as JSON text, for
/// `JSON_TABLE` or `JSON_CONTAINS`.
pub(super) fn bound(name: &str, value: &Value) -> Result<Cell, Trouble> {
    Ok(match value {
        Value::Null => Cell::NULL,
        Value::Bool(truth) => Cell::Int((*truth).into()),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(whole), _, _) => Cell::Int(whole),
            (None, Some(whole), _) => Cell::UInt(whole),
            (None, None, Some(float)) => Cell::Double(float),
            _ => return Err(Trouble::new(FailKind::Input, format!("`:{name}` is no number"))),
        },
        Value::String(text) => Cell::Bytes(text.clone().into_bytes()),
        list => Cell::Bytes(list.to_string().into_bytes()),
    })
}
