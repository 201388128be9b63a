//! The filters of lists: by an attribute of their items, by a test, by another filter.

use std::cmp::Ordering;

use minijinja::machinery::ast::BinOpKind;
use serde_json::Value;

use super::checks;
use super::eval::Args;
use super::filters::{apply, words};
use super::ops::{Num, arithmetic, order, same, too_long};
use super::parse::MAX_RENDERED;
use super::value::shown;

fn attribute<'v>(item: &'v Value, name: &str) -> Result<&'v Value, String> {
    let mut found = item;
    for part in name.split('.') {
        let next = match (found, part.parse::<usize>()) {
            (Value::Array(items), Ok(index)) => items.get(index),
            _ => found.get(part),
        };
        found = next.ok_or_else(|| format!("an item has no `{part}`"))?;
    }
    Ok(found)
}

fn named_attribute(args: &Args) -> Result<Option<&str>, String> {
    args.by_name.get("attribute").map(words).transpose()
}

pub(super) fn sort(items: &[Value], args: &Args) -> Result<Value, String> {
    let by = named_attribute(args)?;
    let mut trouble = None;
    let mut keyed = items
        .iter()
        .map(|item| by.map_or(Ok(item), |by| attribute(item, by)).map(|key| (key, item)))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some((first, rest)) = keyed.split_first() {
        // Checked beforehand: a sort must not meet two values without an order.
        trouble = rest.iter().find_map(|(key, _)| order(first.0, key).err());
    }
    if let Some(why) = trouble {
        return Err(why);
    }
    keyed.sort_by(|a, b| order(a.0, b.0).unwrap_or(Ordering::Equal));
    if args.by_name.get("reverse") == Some(&Value::Bool(true)) {
        keyed.reverse();
    }
    Ok(keyed.into_iter().map(|(_, item)| item.clone()).collect())
}

pub(super) fn unique(items: &[Value]) -> Value {
    let mut kept: Vec<Value> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for item in items {
        // Numbers that are equal in size are written alike only when whole; compare those that are not.
        let fresh = seen.insert(item.to_string());
        if fresh && !(item.is_f64() && kept.iter().any(|k| same(k, item))) {
            kept.push(item.clone());
        }
    }
    Value::Array(kept)
}

pub(super) fn sum(items: &[Value], args: &Args) -> Result<Value, String> {
    let by = named_attribute(args)?;
    items.iter().try_fold(Value::from(0), |total, item| {
        let item = by.map_or(Ok(item), |by| attribute(item, by))?;
        Num::wanted(item)?;
        arithmetic(BinOpKind::Add, &total, item)
    })
}

/// `map("name")` applies a filter, `map(attribute="name")` takes an attribute.
pub(super) fn map(items: &[Value], args: &Args) -> Result<Value, String> {
    let Some((name, rest)) = args.by_position.split_first() else {
        let name = named_attribute(args)?.ok_or("needs attribute=\"...\" or a filter")?;
        let fallback = args.by_name.get("default");
        let value = |item| match (attribute(item, name), fallback) {
            (Err(_), Some(fallback)) => Ok(fallback.clone()),
            (found, _) => found.cloned(),
        };
        return items.iter().map(value).collect();
    };
    let name = words(name)?;
    let inner = Args { by_position: rest.to_vec(), by_name: args.by_name.clone() };
    let mut size = 0;
    let mut made = Vec::new();
    for item in items {
        let value = apply(name, item, &inner)?.ok_or("an item is empty")?;
        size += value.as_str().map_or(16, str::len);
        if size > MAX_RENDERED {
            return Err(too_long());
        }
        made.push(value);
    }
    Ok(Value::Array(made))
}

/// The items for which a test holds, or does not.
pub(super) fn filter(
    items: &[Value],
    by: Option<&str>,
    args: &[Value],
    keep: bool,
) -> Result<Value, String> {
    let mut kept = Vec::new();
    for item in items {
        let value = by.map_or(Ok(item), |by| attribute(item, by));
        let holds = match args.split_first() {
            // An item without the attribute is what these two ask about.
            Some((test, [])) if matches!(words(test)?, "defined" | "undefined") => {
                value.is_ok() == (words(test)? == "defined")
            }
            Some((test, rest)) => checks::apply(words(test)?, value?, rest)?,
            None => {
                let value = value?;
                value.as_bool().ok_or_else(|| format!("{} is not true or false", shown(value)))?
            }
        };
        if holds == keep {
            kept.push(item.clone());
        }
    }
    Ok(Value::Array(kept))
}
