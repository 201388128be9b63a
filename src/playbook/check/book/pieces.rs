//! The parts that an action and the fields around it have.

use super::{Piece, Site};
use crate::playbook::Common;
use crate::steps::{Action, FactType, Part};

/// Adds one part of a site, below its path.
pub(super) fn push<'a>(
    site: &mut Site<'a>,
    field: &str,
    part: Part<'a>,
    sees: usize,
    facts: &'static [(&'static str, FactType)],
) {
    let path = format!("{}{field}", site.path);
    site.pieces.push(Piece { path, part, sees, facts, item: false });
}

/// The parts of the action itself.
pub(super) fn parts<'a>(site: &mut Site<'a>, action: &'a Action, sees: usize) {
    let facts = action.facts();
    let base = format!(".{}", action.key());
    action.parts(&mut |field, part| {
        let facts = if matches!(part, Part::Condition(_)) { facts } else { &[] };
        if !matches!(part, Part::Probe(_)) {
            push(site, &format!("{base}{field}"), part, sees, facts);
        }
    });
}

/// The parts of the fields around an action.
pub(super) fn common<'a>(
    site: &mut Site<'a>,
    common: &'a Common,
    facts: &'static [(&'static str, FactType)],
) {
    let at = site.at;
    push(site, ".title", Part::Words(&common.title), at, &[]);
    for (field, words) in [(".why", &common.why), (".link", &common.link)] {
        if let Some(words) = words {
            push(site, field, Part::Words(words), at, &[]);
        }
    }
    for (field, expression) in [(".when", &common.when), (".for_each", &common.for_each)] {
        if let Some(expression) = expression {
            push(site, field, Part::Expression(expression), at, &[]);
        }
    }
    if let Some(expect) = &common.expect {
        push(site, ".expect", Part::Condition(expect), at, facts);
    }
    if let Some(when) = common.retry.as_ref().and_then(|retry| retry.when.as_ref()) {
        push(site, ".retry.when", Part::Condition(when), at, facts);
    }
    for (name, capture) in &common.capture {
        let path = format!(".capture.{name}");
        push(site, &path, Part::Condition(&capture.from), at, facts);
    }
    if let Some(gate) = &common.confirm {
        for (field, words) in
            [(".confirm.ask", &gate.ask), (".confirm.type_to_confirm", &gate.type_to_confirm)]
        {
            if let Some(words) = words {
                push(site, field, Part::Words(words), at, &[]);
            }
        }
        if let Some(second) = &gate.second_person {
            push(site, ".confirm.second_person", Part::Expression(second), at, &[]);
        }
    }
    if let Some(evidence) = &common.evidence {
        for (index, file) in evidence.files.iter().enumerate() {
            push(site, &format!(".evidence.files[{index}]"), Part::Words(file), at + 1, &[]);
        }
        if let Some(ask) = &evidence.ask {
            push(site, ".evidence.ask", Part::Words(ask), at + 1, &[]);
        }
    }
}
