//! Values that an author wrote: patterns, defaults, dates, forms of words.

use serde_json::Value;

use super::super::book::Site;
use super::super::{Found, In, Look, Spot};
use crate::effect::ValueKind;
use crate::steps::{Action, Part};
use crate::template;
use crate::time::{Span, Timestamp};

rules! {
    "E076" "a pattern cannot be read" Look::Piece(pattern);
    "Patterns are regular expressions of the Rust kind: no look-around, no back references, bounded \
     size. They are read before anything runs."

    "E077" "a default is no valid answer" Look::Book(input_defaults);
    "A default is taken when nobody answers, so it must pass the same rules as an answer: its type, \
     its options and its pattern."

    "E078" "a date cannot be read" Look::Book(date);
    "`reviewed` is a day in quotes, `\"2025-12-03\"`. What cannot be read as a day cannot become overdue, \
     so nobody would be reminded."

    "E087" "an objective starts or ends at nothing" Look::Book(anchors);
    "`starts` is `impact`, `detected`, `declared`, `run` or `step:<id>`; `ends` is `step:<id>` or \
     `milestone:mitigated`. A timer counts `from` one of these, or `acknowledged` or `phase:<id>`, `unless` a \
     milestone or `step:<id>` comes first. Anything else would leave a clock without an anchor, or running."

    "E092" "a choice without options" Look::Book(options);
    "`type: choice` asks for one of `options`; without them nothing could be answered."
}

fn pattern(_: &In<'_>, spot: &Spot<'_>, found: &mut Found<'_>) {
    let Part::Pattern(text) = spot.piece.part else { return };
    if let Err(fault) = template::pattern(text) {
        let message = fault.message.lines().last().unwrap_or_default().trim().to_owned();
        let message = format!("this pattern cannot be read: {message}");
        found.add(found.value(&spot.piece.path), message, "", "try it on an example first");
    }
}

/// What is asked for: type, options, pattern, default, and where it stands.
struct Asked<'a> {
    path: String,
    kind: ValueKind,
    options: &'a [String],
    pattern: Option<&'a str>,
    default: Option<&'a Value>,
}

fn asked<'a>(around: &In<'a>) -> Vec<Asked<'a>> {
    let inputs = around.book.playbook.head.inputs.iter().map(|(name, spec)| Asked {
        path: format!("inputs.{name}"),
        kind: spec.kind,
        options: &spec.options,
        pattern: spec.pattern.as_deref(),
        default: spec.default.as_ref(),
    });
    let ask = |site: &Site<'a>| match site.action {
        Some(Action::Ask(ask)) => Some(Asked {
            path: site.action_path(),
            kind: ask.kind,
            options: &ask.options,
            pattern: ask.pattern.as_deref(),
            default: ask.default.as_ref(),
        }),
        _ => None,
    };
    inputs.chain(around.book.sites.iter().filter_map(ask)).collect()
}

fn input_defaults(around: &In<'_>, found: &mut Found<'_>) {
    for asked in asked(around) {
        let Some(default) = asked.default else { continue };
        if let Some((message, help)) = unfit(&asked, default) {
            found.add(found.value(&format!("{}.default", asked.path)), message, "", &help);
        }
    }
}

/// Why a default is no answer, and what would be.
fn unfit(asked: &Asked<'_>, default: &Value) -> Option<(String, String)> {
    let text = default.as_str();
    let (fits, wanted) = match asked.kind {
        ValueKind::String => (text.is_some(), "a text"),
        ValueKind::Integer => (default.is_i64() || default.is_u64(), "a whole number"),
        ValueKind::Number => (default.is_number(), "a number"),
        ValueKind::Boolean => (default.is_boolean(), "true or false"),
        ValueKind::Duration => (
            text.is_some_and(|t| t.parse::<Span>().is_ok()),
            "a duration with its unit, such as 5m",
        ),
        ValueKind::Datetime => {
            (text.is_some_and(is_instant), "a time such as \"-20m\" or \"2025-12-03T14:30:00Z\"")
        }
        ValueKind::List => (
            // An answer without any is refused, too.
            default
                .as_array()
                .is_some_and(|items| !items.is_empty() && items.iter().all(Value::is_string)),
            "a list of words, one at least",
        ),
        ValueKind::Choice => {
            (text.is_some_and(|t| asked.options.iter().any(|o| o == t)), "one of `options`")
        }
        ValueKind::Secret => (false, "given at the start; it never stands in a file"),
    };
    if !fits {
        return Some((
            format!("the default {default} is not {wanted}"),
            format!("it must be {wanted}"),
        ));
    }
    let full = asked.pattern.and_then(|pattern| template::full_pattern(pattern).ok())?;
    let items: Vec<&str> = match default {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => text.into_iter().collect(),
    };
    let odd = items.into_iter().find(|item| !full.is_match(item))?;
    let help = "change the default, or the pattern".to_owned();
    Some((format!("the default `{odd}` does not match the pattern"), help))
}

/// Whether `text` is one of the ways to say an instant.
fn is_instant(text: &str) -> bool {
    text == "now"
        || text.parse::<Timestamp>().is_ok()
        || text.strip_prefix('-').is_some_and(|back| back.parse::<Span>().is_ok())
        || is_clock(text)
}

/// `14:30` and `14:30:05`.
fn is_clock(text: &str) -> bool {
    let parts: Vec<Option<u8>> =
        text.split(':').map(|part| part.parse().ok().filter(|_| part.len() == 2)).collect();
    match parts.as_slice() {
        [Some(hour), Some(minute)] => *hour < 24 && *minute < 60,
        [Some(hour), Some(minute), Some(second)] => *hour < 24 && *minute < 60 && *second < 60,
        _ => false,
    }
}

fn date(around: &In<'_>, found: &mut Found<'_>) {
    let Some(reviewed) = &around.book.playbook.head.reviewed else { return };
    if day(reviewed).is_none() {
        let message = format!("`{reviewed}` is not a day");
        found.add(found.value("reviewed"), message, "", "write it as \"2025-12-03\"");
    }
}

/// The start of a day written `2025-12-03`.
pub(super) fn day(text: &str) -> Option<Timestamp> {
    let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    plain.then(|| format!("{text}T00:00:00Z").parse().ok()).flatten()
}

fn anchors(around: &In<'_>, found: &mut Found<'_>) {
    const STARTS: &[&str] = &["impact", "detected", "declared", "run"];
    const ENDS: &[&str] = &["milestone:acknowledged", "milestone:mitigated", "milestone:resolved"];
    const FROM: &[&str] = &["impact", "detected", "declared", "acknowledged", "run"];
    const UNLESS: &[&str] = &["acknowledged", "mitigated", "recovered", "resolved"];
    let head = &around.book.playbook.head;
    let mut look = |path: String, written: &Option<String>, known: &[&str], phases: bool| {
        let Some(written) = written.as_deref() else { return };
        let (kind, id) = written.split_once(':').unwrap_or((written, ""));
        let phase = phases && kind == "phase";
        if (!id.is_empty() && (kind == "step" || phase)) || known.contains(&written) {
            return;
        }
        let help = if around.names.steps.contains_key(written) {
            format!("write `step:{written}`")
        } else {
            let or = if phases { ", `phase:<id>` or `step:<id>`" } else { " or `step:<id>`" };
            format!("write {}{or}", known.join(", "))
        };
        found.add(found.value(&path), format!("`{written}` is no moment of a run"), "", &help);
    };
    look("objectives.starts".to_owned(), &head.objectives.starts, STARTS, false);
    look("objectives.ends".to_owned(), &head.objectives.ends, ENDS, false);
    for (id, timer) in &head.timers {
        look(format!("timers.{id}.from"), &timer.from, FROM, true);
        look(format!("timers.{id}.unless"), &timer.unless, UNLESS, false);
    }
}

fn options(around: &In<'_>, found: &mut Found<'_>) {
    for asked in asked(around) {
        if asked.kind == ValueKind::Choice && asked.options.is_empty() {
            let help = "add `options: [one, other]`";
            found.add(
                found.value(&format!("{}.type", asked.path)),
                "nothing to choose from",
                "",
                help,
            );
        }
    }
}
