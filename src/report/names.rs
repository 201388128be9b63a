//! Names of people in what people wrote: as roles, where roles are wanted.
//!
//! Owns which fields of the context hold words of people. Commands, and what they printed, stay as they are: a name
//! there may be that of an account, and a command with another word in it would be another command.

use std::borrow::Cow;

use serde_json::Value;

use super::prose::{Piece, Said};
use super::spanish;
use crate::plan::Plan;
use crate::run::event::Event;
use crate::text::lang::Lang;
use crate::timeline::people::People;

/// Lists whose entries have these texts.
const LISTS: [(&str, &[&str]); 12] = [
    ("responders", &["note"]),
    ("severities", &["reason"]),
    ("milestones", &["reason"]),
    ("escalations", &["reason"]),
    ("deviations", &["what", "reason", "settled"]),
    ("decisions", &["answer", "reason"]),
    ("objections", &["what"]),
    ("notes", &["text"]),
    ("messages", &["message"]),
    ("actions", &["what"]),
    ("factors", &["what"]),
    ("timeline", &["what"]),
];

/// Kinds of events whose sentence repeats a command.
const COMMANDS: [&str; 3] = ["started", "check_started", "expanded"];

/// What a report says of its names.
pub(super) const fn words(in_full: bool) -> &'static str {
    if in_full {
        "People are called by their names."
    } else {
        "People are called by their roles, also in what they wrote; names in commands, and in what those printed, stay."
    }
}

/// Puts roles for names in all that people wrote.
pub(super) fn hide(context: &mut Value, people: &People) {
    for (list, fields) in LISTS {
        for row in context[list].as_array_mut().into_iter().flatten() {
            if list == "timeline"
                && row["type"].as_str().is_some_and(|kind| COMMANDS.contains(&kind))
            {
                continue;
            }
            for field in fields {
                text(&mut row[*field], people);
            }
        }
    }
    for pointer in ["/run/reason", "/detection/reason"] {
        if let Some(value) = context.pointer_mut(pointer) {
            text(value, people);
        }
    }
    for list in ["warnings", "summary"] {
        for sentence in context[list].as_array_mut().into_iter().flatten() {
            text(sentence, people);
        }
    }
}

/// Puts roles for names in what people wrote in a post-mortem.
pub fn hide_in(said: &mut [Said], events: &[(u64, Event)], plan: Option<&Plan>, lang: Lang) {
    let people = People::of(events, plan, false);
    let told = |text: &mut String| {
        if let Cow::Owned(new) = people.hidden(text) {
            *text = if lang == Lang::Spanish { spanish::roles(&new) } else { new };
        }
    };
    for below in said {
        told(&mut below.heading);
        for piece in &mut below.pieces {
            match piece {
                Piece::Words(text) | Piece::Entry(text) => told(text),
                Piece::Lines(lines) | Piece::Changed(_, lines) => lines.iter_mut().for_each(told),
                Piece::More => {}
            }
        }
    }
}

fn text(value: &mut Value, people: &People) {
    if let Value::String(said) = value
        && let Cow::Owned(new) = people.hidden(said)
    {
        *said = new;
    }
}
