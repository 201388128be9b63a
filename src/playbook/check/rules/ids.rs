//! Identities: given once, in a form that expressions, answers and records can carry.

use std::collections::HashMap;

use super::super::book::Role;
use super::super::scope::{FIXED, ITEM, Origin};
use super::super::{Found, In, Look};

rules! {
    "E050" "two steps have the same id" Look::Book(same_step);
    "An id is the identity of a step: resume, answers of a drill and the report hang on it. With two \
     of one name, mayday could not tell which of them is done. Steps of the drill count too."

    "E051" "two phases have the same id" Look::Book(same_phase);
    "The failure menu jumps to a phase by its id, and budgets are recorded under it. Give each phase \
     its own."

    "E052" "a name has two meanings" Look::Book(same_name);
    "Inputs, vars and captured names share one space with `run`, `env`, `policy`, `targets`, \
     `objectives`, `steps`, `inputs`, `now` and `item`, and with the words of expressions such as `none` and `not`. \
     A second meaning would silently hide the first. Several steps may capture the same name: the latest value counts."

    "E053" "an id or name has a form that cannot be used" Look::Book(odd_form);
    "Ids of steps and phases and all names are lower-case letters, digits and `_`, starting with a \
     letter, because they stand in expressions (`steps.health.status`) and become variables of the \
     shell. Ids of playbooks may also have `-` and `/`."
}

/// Words of the language of expressions: as a name none of them would ever be read.
const WORDS: &[&str] = &["and", "or", "not", "in", "is", "if", "else", "true", "false", "none"];

fn same_step(around: &In<'_>, found: &mut Found<'_>) {
    let mut seen: HashMap<&str, String> = HashMap::new();
    for site in &around.book.sites {
        let Some(common) = site.common().filter(|common| !common.id.is_empty()) else { continue };
        let here = format!("{}.id", site.path);
        if let Some(first) = seen.get(common.id.as_str()) {
            let (again, first) = (found.value(&here), found.value(first));
            let message = format!("two steps have the id `{}`", common.id);
            found.add(again, message, "again here", "give each step its own id");
            found.also(first, "first here");
        } else {
            seen.insert(&common.id, here);
        }
    }
}

fn same_phase(around: &In<'_>, found: &mut Found<'_>) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (index, phase) in around.book.playbook.phases.iter().enumerate() {
        let id = phase.head.id.as_str();
        let place = |at: usize| format!("phases[{at}].id");
        match seen.get(id) {
            Some(first) if !id.is_empty() => {
                let (again, first) = (found.value(&place(index)), found.value(&place(*first)));
                let help = "give each phase its own id";
                found.add(again, format!("two phases have the id `{id}`"), "again here", help);
                found.also(first, "first here");
            }
            _ => drop(seen.insert(id, index)),
        }
    }
}

fn same_name(around: &In<'_>, found: &mut Found<'_>) {
    let head = &around.book.playbook.head;
    let inputs =
        head.inputs.iter().map(|(name, _)| (name, format!("inputs.{name}"), Origin::Input));
    let vars = head.vars.iter().map(|(name, _)| (name, format!("vars.{name}"), Origin::Var));
    let steps = around.book.sites.iter().filter(|site| site.role == Role::Step);
    let captures = steps.flat_map(|site| {
        let capture = site.common().into_iter().flat_map(|common| &common.capture);
        capture.map(|(name, _)| (name, format!("{}.capture.{name}", site.path), Origin::Capture))
    });
    for (name, path, origin) in inputs.chain(vars).chain(captures) {
        if [FIXED, ITEM, WORDS].iter().any(|taken| taken.contains(&name.as_str())) {
            let message = format!("`{name}` always has a meaning of its own");
            found.add(found.key(&path), message, "cannot be given another", "choose another name");
            continue;
        }
        let first = around.names.all.get(name).filter(|first| {
            first.path != path && first.origin != Origin::Include && first.origin != origin
        });
        if let Some(first) = first {
            let message = format!("`{name}` has two meanings");
            let here = found.key(&path);
            let there = found.key(&first.path);
            found.add(here, message, "again here", "choose another name for one of them");
            found.also(there, "first here");
        }
    }
}

fn odd_form(around: &In<'_>, found: &mut Found<'_>) {
    let head = &around.book.playbook.head;
    let playbook = |id: &str| {
        id.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_/".contains(c))
    };
    if !head.id.is_empty() && !playbook(&head.id) {
        let help = "use lower-case letters, digits, `-`, `_` and `/`, as in `sev2-data-loss`";
        let message = format!("`{}` cannot be the id of a playbook", head.id);
        found.add(found.value("id"), message, "", help);
    }
    let mut odd = |written: &str, range| {
        if !written.is_empty() && !is_name(written) {
            let fixed = mended(written);
            let help = format!("write `{fixed}`: lower-case letters, digits and `_`");
            found.add(range, format!("`{written}` cannot be used as a name"), "", &help);
        }
    };
    let source = around.book.source;
    for (index, phase) in around.book.playbook.phases.iter().enumerate() {
        odd(&phase.head.id, source.value(&format!("phases[{index}].id")));
    }
    for (name, _) in &head.inputs {
        odd(name, source.key(&format!("inputs.{name}")));
    }
    for (name, _) in &head.vars {
        odd(name, source.key(&format!("vars.{name}")));
    }
    for site in &around.book.sites {
        let Some(common) = site.common() else { continue };
        odd(&common.id, source.value(&format!("{}.id", site.path)));
        for (name, _) in &common.capture {
            odd(name, source.key(&format!("{}.capture.{name}", site.path)));
        }
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The nearest name of the right form.
fn mended(text: &str) -> String {
    let form = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let mended: String = text.chars().map(form).collect();
    if is_name(&mended) { mended } else { format!("step_{mended}") }
}
