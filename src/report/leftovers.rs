//! What steps left running behind themselves: the processes that outlived their commands, and what became of them.
//!
//! Whoever owns the machine asks for it when the incident is over: a server that still runs was started by nobody else.

use serde_json::{Value, json};

use super::Facts;
use super::link::of_event;
use crate::run::event::Kind;

/// What the record says of one that nobody ended (`world/process/ended`).
const RUNNING: &str = "still running";

/// One row a process, in the order of the record.
pub(super) fn of(facts: &Facts<'_>) -> Vec<Value> {
    let mut list = Vec::new();
    for (seq, event) in facts.events {
        let Kind::Ended { step, attempt, facts: said, .. } = &event.kind else { continue };
        for left in said.get("leftovers").and_then(Value::as_array).into_iter().flatten() {
            let (Some(name), Some(fate)) = (left["name"].as_str(), left["fate"].as_str()) else {
                continue;
            };
            list.push(json!({
                "seq": seq,
                "link": of_event(facts, *seq),
                "at": event.at,
                "step": step,
                "attempt": attempt,
                "name": name,
                "pid": left["pid"],
                "running": fate == RUNNING,
                "fate": fate,
            }));
        }
    }
    list
}
