//! Review: a playbook that nobody read against reality is a guess; and what nobody uses.

use std::collections::HashSet;

use super::super::shell::scan;
use super::super::{Found, In, Look};
use super::values::day;
use crate::steps::{Part, sql, variables};
use crate::template::shape;
use crate::time::Span;

rules! {
    "W109" "never reviewed" Look::Book(never);
    "`reviewed` is the day on which somebody last read the playbook against reality. Without it nobody \
     knows whether it still fits."

    "W110" "the review is overdue" Look::Book(overdue);
    "`review_every` has passed since `reviewed` (90 days without it). Addresses, flags and people change: \
     read it again, correct it, and set the date."

    "W119" "an input that nothing uses" Look::Book(unused);
    "Every input is a question to somebody in a hurry. Take it out, or use its value."
}

/// A playbook without `review_every` is read again after this long (quarterly).
const REVIEW: Span = Span::from_mins(90 * 24 * 60);

fn never(around: &In<'_>, found: &mut Found<'_>) {
    let head = &around.book.playbook.head;
    if head.reviewed.is_none() {
        let help = "read it against reality, then add `reviewed: \"YYYY-MM-DD\"`";
        found.add(found.value("id"), "this playbook was never reviewed", "", help);
    }
}

fn overdue(around: &In<'_>, found: &mut Found<'_>) {
    let head = &around.book.playbook.head;
    let Some(reviewed) = head.reviewed.as_deref().and_then(day) else { return };
    let every = head.review_every.unwrap_or(REVIEW);
    let due = reviewed + every;
    let today = around.scene.set.today;
    if today > due {
        let days = today.since(due).millis() / 86_400_000;
        let since = due.utc().format("%Y-%m-%d");
        let message = format!("the review was due on {since}, {days} days ago");
        let help = "read it against reality, then set the date";
        found.add(found.value("reviewed"), message, "", help);
    } else if reviewed > today + Span::from_mins(24 * 60) {
        let help = "set the day on which it was read";
        found.add(found.value("reviewed"), "the review lies in the future", "", help);
    }
}

fn unused(around: &In<'_>, found: &mut Found<'_>) {
    let inputs = &around.book.playbook.head.inputs;
    if inputs.is_empty() {
        return;
    }
    let mut used: HashSet<String> = HashSet::new();
    for piece in around.book.sites.iter().flat_map(|site| &site.pieces) {
        let shapes = match piece.part {
            Part::Expression(text) | Part::Condition(text) => {
                shape::of_expression(text).into_iter().collect()
            }
            Part::Words(text) | Part::Url(text) => shape::of_text(text).unwrap_or_default(),
            Part::Statement(text) => {
                used.extend(sql::parameters(text));
                continue;
            }
            Part::Script(text) => {
                used.extend(variables(text).into_iter().map(str::to_owned));
                // `((n > 3))` names it without a `$`.
                used.extend(scan(text).used.into_iter().map(|variable| variable.name));
                // A placeholder there is a fault of its own, and the author did mean the input.
                shape::of_text(text).unwrap_or_default()
            }
            // An included playbook may ask for an input of the same name.
            Part::Playbook(_) => return,
            _ => continue,
        };
        for shape in &shapes {
            shape.walk(&mut |part| {
                if let Some(["inputs", name, ..] | [name, ..]) = part.path().as_deref() {
                    used.insert((*name).to_owned());
                }
            });
        }
    }
    let secrets: HashSet<&String> =
        around.book.sites.iter().flat_map(|site| site.secrets.values()).collect();
    for (name, _) in inputs {
        if !used.contains(name) && !secrets.contains(name) {
            let range = found.key(&format!("inputs.{name}"));
            found.add(
                range,
                format!("nothing uses the input `{name}`"),
                "",
                "take it out, or use it",
            );
        }
    }
}
