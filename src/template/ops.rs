//! Comparing and computing. Kinds that do not fit are a fault, never a silent false.

use std::cmp::Ordering;

use minijinja::machinery::ast::{BinOpKind, CompareOpKind};
use serde_json::{Number, Value};

use super::parse::MAX_RENDERED;
use super::value::{display, kind, shown};

/// A number, exact while it is whole.
#[derive(Clone, Copy, Debug)]
pub(super) enum Num {
    Int(i128),
    Float(f64),
}

impl Num {
    /// The number in a value.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let number = value.as_number()?;
        let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
        whole.map(Self::Int).or_else(|| number.as_f64().map(Self::Float))
    }

    /// The number, or why the value is none.
    pub(super) fn wanted(value: &Value) -> Result<Self, String> {
        Self::of(value).ok_or_else(|| match value {
            Value::String(_) => format!("{} is text: convert with `| int`", shown(value)),
            _ => format!("{} is {}, not a number", shown(value), kind(value)),
        })
    }

    /// The nearest float.
    #[expect(clippy::cast_precision_loss, reason = "only mixed arithmetic comes here")]
    pub(super) fn float(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Float(float) => float,
        }
    }

    /// As a value: whole numbers are written without a fraction.
    pub(super) fn value(self) -> Result<Value, String> {
        /// Up to here every whole float is exact.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match self {
            Self::Int(int) => i64::try_from(int)
                .map(Value::from)
                .or_else(|_| u64::try_from(int).map(Value::from))
                .map_err(|_| "the number is too large".to_owned()),
            #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
            Self::Float(float) if float.fract() == 0.0 && float.abs() < EXACT => {
                Ok(Value::from(float as i64))
            }
            Self::Float(float) => Number::from_f64(float)
                .map(Value::Number)
                .ok_or_else(|| "the result is not a finite number".to_owned()),
        }
    }

    /// Which is larger.
    pub(super) fn order(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(&b)),
            (a, b) => a.float().partial_cmp(&b.float()),
        }
    }
}

/// Whether two values are equal: numbers by size, the rest by content.
pub(super) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(_), Value::Number(_)) => Num::of(left)
            .zip(Num::of(right))
            .is_some_and(|(a, b)| a.order(b) == Some(Ordering::Equal)),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => left == right,
    }
}

/// One comparison.
pub(super) fn compare(op: CompareOpKind, left: &Value, right: &Value) -> Result<bool, String> {
    use CompareOpKind as Op;
    Ok(match op {
        Op::Eq => equal(left, right)?,
        Op::Ne => !equal(left, right)?,
        Op::In => contains(right, left)?,
        Op::NotIn => !contains(right, left)?,
        Op::Lt => order(left, right)?.is_lt(),
        Op::Lte => order(left, right)?.is_le(),
        Op::Gt => order(left, right)?.is_gt(),
        Op::Gte => order(left, right)?.is_ge(),
    })
}

/// Equality of values of one kind; anything may be compared with null.
pub(super) fn equal(left: &Value, right: &Value) -> Result<bool, String> {
    if left.is_null() || right.is_null() || kind(left) == kind(right) {
        Ok(same(left, right))
    } else {
        Err(mismatch(left, right))
    }
}

/// Which of two numbers or two texts comes first.
pub(super) fn order(left: &Value, right: &Value) -> Result<Ordering, String> {
    match (left, right) {
        (Value::String(a), Value::String(b)) => Ok(a.cmp(b)),
        _ => match (Num::of(left), Num::of(right)) {
            (Some(a), Some(b)) => {
                a.order(b).ok_or_else(|| "not a number cannot be compared".to_owned())
            }
            _ => Err(mismatch(left, right)),
        },
    }
}

/// Whether a list, text or map has something in it.
pub(super) fn contains(whole: &Value, part: &Value) -> Result<bool, String> {
    match (whole, part) {
        (Value::String(text), Value::String(part)) => Ok(text.contains(part.as_str())),
        (Value::Object(map), Value::String(key)) => Ok(map.contains_key(key)),
        (Value::Array(items), part) => {
            let mut trouble = None;
            for item in items {
                match equal(item, part) {
                    Ok(true) => return Ok(true),
                    Ok(false) => {}
                    Err(why) => trouble = Some(why),
                }
            }
            trouble.map_or(Ok(false), Err)
        }
        _ => Err(format!("{} is {} and cannot be in {}", shown(part), kind(part), kind(whole))),
    }
}

fn mismatch(left: &Value, right: &Value) -> String {
    match (left, right) {
        (Value::String(_), Value::Number(_)) | (Value::Number(_), Value::String(_)) => {
            let say = |v: &Value| match v {
                Value::String(_) => format!("`{}` is text", shown(v)),
                _ => format!("{} is a number", shown(v)),
            };
            format!("{}, {}: convert with `| int`", say(left), say(right))
        }
        _ if kind(left) == kind(right) => {
            format!("{} and {} have no order", shown(left), shown(right))
        }
        _ => format!(
            "{} is {}, {} is {}: they cannot be compared",
            shown(left),
            kind(left),
            shown(right),
            kind(right)
        ),
    }
}

/// The two texts as one.
pub(super) fn concat(left: &Value, right: &Value) -> Result<Value, String> {
    bounded(display(left) + &display(right)).map(Value::String)
}

/// Refuses a text that has grown too large.
pub(super) fn bounded(text: String) -> Result<String, String> {
    if text.len() > MAX_RENDERED { Err(too_long()) } else { Ok(text) }
}

/// Says that a text would grow too large.
pub(super) fn too_long() -> String {
    format!("the text is too large: at most {} MiB", MAX_RENDERED / 1024 / 1024)
}

/// `+ - * / // % **`.
pub(super) fn arithmetic(op: BinOpKind, left: &Value, right: &Value) -> Result<Value, String> {
    if matches!(op, BinOpKind::Add) {
        match (left, right) {
            (Value::String(_), Value::String(_)) => return concat(left, right),
            (Value::Array(a), Value::Array(b)) => {
                return Ok(Value::Array(a.iter().chain(b).cloned().collect()));
            }
            _ => {}
        }
    }
    let (a, b) = (Num::wanted(left)?, Num::wanted(right)?);
    compute(op, a, b)?.value()
}

#[expect(clippy::cast_possible_truncation, reason = "the exponent is checked to be small")]
fn compute(op: BinOpKind, a: Num, b: Num) -> Result<Num, String> {
    let divides = matches!(op, BinOpKind::Div | BinOpKind::FloorDiv | BinOpKind::Rem);
    if divides && b.float() == 0.0 {
        return Err("division by zero".to_owned());
    }
    let exact = match (op, a, b) {
        (BinOpKind::Add, Num::Int(a), Num::Int(b)) => a.checked_add(b),
        (BinOpKind::Sub, Num::Int(a), Num::Int(b)) => a.checked_sub(b),
        (BinOpKind::Mul, Num::Int(a), Num::Int(b)) => a.checked_mul(b),
        (BinOpKind::Div, Num::Int(a), Num::Int(b)) if a % b == 0 => Some(a / b),
        (BinOpKind::FloorDiv, Num::Int(a), Num::Int(b)) => {
            Some(a / b - i128::from(a % b != 0 && (a < 0) != (b < 0)))
        }
        (BinOpKind::Rem, Num::Int(a), Num::Int(b)) => {
            let rest = a % b;
            Some(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
        }
        (BinOpKind::Pow, Num::Int(a), Num::Int(b)) if (0..=64).contains(&b) => {
            a.checked_pow(b.unsigned_abs() as u32)
        }
        _ => None,
    };
    if let Some(exact) = exact {
        return Ok(Num::Int(exact));
    }
    let (x, y) = (a.float(), b.float());
    Ok(Num::Float(match op {
        BinOpKind::Add => x + y,
        BinOpKind::Sub => x - y,
        BinOpKind::Mul => x * y,
        BinOpKind::Div => x / y,
        BinOpKind::FloorDiv => (x / y).floor(),
        BinOpKind::Rem => x - y * (x / y).floor(),
        BinOpKind::Pow => x.powf(y),
        _ => return Err("this operator does not compute".to_owned()),
    }))
}
