//! Filters, tests and functions: there is such a one, and it takes what it is given.
//!
//! A filter or test may be named in a text, too (`map('lower')`, `select('odd')`, `selectattr('n', 'gt', 5)`); that
//! one is held against the same table.

use std::ops::Range;

use serde_json::Value;

use super::super::{Found, In, Spot};
use crate::diagnostic::did_you_mean;
use crate::template::shape::{Kind, Shape};
use crate::template::usage::{Usage, of_filter, of_test};
use crate::template::{FILTERS, Fault, TESTS};

/// What is wrong, where, and what to do.
type Slip = (Range<usize>, String, String);

pub(super) fn calls(
    _: &In<'_>,
    spot: &Spot<'_>,
    read: Result<&Shape, &Fault>,
    found: &mut Found<'_>,
) {
    let Ok(shape) = read else { return };
    let mut slips = Vec::new();
    shape.walk(&mut |part| slips.extend(slip(part)));
    for (range, message, help) in slips {
        let range = found.within(spot, range);
        found.add(range, message, "", &help);
    }
}

fn slip(part: &Shape) -> Option<Slip> {
    match &part.kind {
        Kind::Filter(name, _, arguments) => filter(part, name, arguments),
        Kind::Test(name, _, arguments) => test(part, name, arguments),
        Kind::Call(base, _) => {
            let name = base.path().and_then(|path| path.last().copied()).unwrap_or("this");
            let help = "there are no functions; use a filter: `x | length`".to_owned();
            Some((part.range.clone(), format!("there is no function `{name}`"), help))
        }
        Kind::Splat(_) => {
            let help = "write the arguments out".to_owned();
            Some((part.range.clone(), "`*` and `**` are not known here".to_owned(), help))
        }
        _ => None,
    }
}

fn filter(part: &Shape, name: &str, arguments: &[Shape]) -> Option<Slip> {
    let Some(usage) = of_filter(name) else { return Some(unknown(part, "filter", name)) };
    match (name, arguments.first()) {
        // What it takes by name goes to the filter that it applies.
        ("map", Some(first)) if !matches!(first.kind, Kind::Named(..) | Kind::Splat(_)) => {
            let inner = match written(first) {
                Ok(inner) => inner,
                Err(slip) => return Some(slip),
            };
            return filter(first, inner, &arguments[1..]);
        }
        ("map", None) => {
            let help = "such as `map(attribute='name')` or `map('lower')`".to_owned();
            let message = "`map` needs an attribute or the name of a filter".to_owned();
            return Some((part.range.clone(), message, help));
        }
        ("map", _) if !named(arguments).any(|name| name == "attribute") => {
            let help = "such as `map(attribute='name')`".to_owned();
            return Some((part.range.clone(), "`map` needs an attribute".to_owned(), help));
        }
        _ => {}
    }
    if let Some(slip) = fits(part, &format!("`{name}`"), usage, arguments) {
        return Some(slip);
    }
    let named = match name {
        "select" | "reject" => arguments,
        "selectattr" | "rejectattr" => &arguments[1..],
        _ => return None,
    };
    let (first, rest) = named.split_first()?;
    match written(first) {
        Ok(inner) => test(first, inner, rest),
        Err(slip) => Some(slip),
    }
}

fn test(part: &Shape, name: &str, arguments: &[Shape]) -> Option<Slip> {
    match of_test(name) {
        Some(usage) => fits(part, &format!("the test `{name}`"), usage, arguments),
        None => Some(unknown(part, "test", name)),
    }
}

fn fits(part: &Shape, what: &str, usage: Usage, arguments: &[Shape]) -> Option<Slip> {
    let by_name = named(arguments).count();
    let why = usage.slip(arguments.len() - by_name, named(arguments))?;
    Some((part.range.clone(), format!("{what} {why}"), String::new()))
}

fn named(arguments: &[Shape]) -> impl Iterator<Item = &str> {
    arguments.iter().filter_map(|argument| match &argument.kind {
        Kind::Named(name, _) => Some(name.as_str()),
        _ => None,
    })
}

/// The name of a filter or test as an argument.
fn written(argument: &Shape) -> Result<&str, Slip> {
    match &argument.kind {
        Kind::Constant(Value::String(name)) => Ok(name),
        _ => {
            let message = "the name of a filter or test must be written out here".to_owned();
            let help = "such as `map('lower')`, `select('odd')` or `selectattr('n', 'gt', 5)`";
            Err((argument.range.clone(), message, help.to_owned()))
        }
    }
}

fn unknown(part: &Shape, what: &str, name: &str) -> Slip {
    let known: &[&str] = if what == "filter" { &FILTERS } else { &TESTS };
    let help = match nearest(name, known) {
        _ if what == "filter" && super::habits::filter(name).is_some() => {
            super::habits::filter(name).unwrap_or_default().to_owned()
        }
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there is: {}", known.join(", ")),
    };
    (part.range.clone(), format!("there is no {what} `{name}`"), help)
}

/// The nearest known word, by letters or by its beginning: `lowercase` is `lower`.
fn nearest<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    let begins =
        || known.iter().copied().find(|k| written.starts_with(k) || k.starts_with(written));
    did_you_mean(written, known.iter().copied()).or_else(begins)
}
