//! References: what is named exists.

use std::collections::HashSet;

use super::super::book::Site;
use super::super::{Found, In, Look, Spot};
use crate::diagnostic::did_you_mean;
use crate::playbook::{MenuItem, OnFail};
use crate::steps::{Action, Part};

rules! {
    "E054" "a step is named that does not exist" Look::Book(steps);
    "`undo_of`, `objectives.starts`, `objectives.ends`, timers and `steps.<id>` in expressions name a step by \
     its id. Without that step the run would stop in the middle, or a clock would never end."

    "E055" "a phase is named that does not exist" Look::Site(phases);
    "`switch_to` in a failure menu jumps to a phase by its id. The operator would choose it under \
     pressure and land nowhere."

    "E056" "a target is named that no environment has" Look::Site(targets);
    "A playbook names targets; mayday.yaml binds each name for every environment. A name that no \
     environment binds cannot be run anywhere."

    "E057" "a secret is named that mayday.yaml does not have" Look::Book(secrets);
    "`secrets: {VARIABLE: name}` and `secret:name` refer to `secrets:` in mayday.yaml, to an input of \
     type secret or to a name captured with `secret: true`. An unknown one stops the run at the step \
     that needs it."

    "E058" "a playbook is named that does not exist" Look::Book(playbooks);
    "`include`, `handoff` and `not_for.use` name another playbook by its id. Somebody in trouble would \
     be sent to a page that is not there."

    "E059" "playbooks include each other in a circle" Look::Site(circle);
    "An include puts the steps of another playbook in its place. A circle has no end, so no plan can \
     be made of it."

    "E060" "the step to be undone has no undo" Look::Piece(undo);
    "`undo_of` runs the `undo` of the step that it names. Give that step an `undo`, or name another."

    "E061" "an include gives an input that the playbook does not have" Look::Site(inputs);
    "`include.inputs` binds inputs of the included playbook. An unknown name is a slip: the value \
     would go nowhere, and the real input would be asked for."

    "W130" "a contact is named that mayday.yaml does not have" Look::Piece(contact);
    "A message to an unknown contact is only shown to the operator, who must then pass it on. That may \
     be what you want; otherwise add the contact to mayday.yaml."
}

/// Says that a name is not known, with the nearest known one as help.
fn unknown<'n>(
    found: &mut Found<'_>,
    range: std::ops::Range<usize>,
    thing: &str,
    name: &str,
    known: impl IntoIterator<Item = &'n str>,
) {
    let known: std::collections::BTreeSet<&str> = known.into_iter().collect();
    let help = match did_you_mean(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => format!("there is no {thing} at all"),
        None => {
            let some: Vec<&str> = known.iter().copied().take(6).collect();
            let more = if known.len() > 6 { ", ..." } else { "" };
            format!("there is: {}{more}", some.join(", "))
        }
    };
    found.add(range, format!("there is no {thing} `{name}`"), "", &help);
}

fn known_steps<'a>(around: &'a In<'_>) -> impl Iterator<Item = &'a str> {
    around.names.steps.iter().filter(|(_, step)| !step.include).map(|(id, _)| id.as_str())
}

fn steps(around: &In<'_>, found: &mut Found<'_>) {
    let head = &around.book.playbook.head;
    let mut named = vec![
        ("objectives.starts".to_owned(), &head.objectives.starts),
        ("objectives.ends".to_owned(), &head.objectives.ends),
    ];
    for (id, timer) in &head.timers {
        named.push((format!("timers.{id}.from"), &timer.from));
        named.push((format!("timers.{id}.unless"), &timer.unless));
        let known = || around.book.playbook.phases.iter().map(|phase| phase.head.id.as_str());
        let phase = timer.from.as_deref().and_then(|from| from.strip_prefix("phase:"));
        if let Some(phase) = phase.filter(|phase| !known().any(|known| known == *phase)) {
            let range = found.value(&format!("timers.{id}.from"));
            unknown(found, range, "phase", phase, known());
        }
    }
    for (path, written) in named {
        let id = written.as_deref().and_then(|written| written.strip_prefix("step:"));
        if let Some(id) = id.filter(|id| !around.names.steps.contains_key(*id)) {
            unknown(found, found.value(&path), "step", id, known_steps(around));
        }
    }
    for site in &around.book.sites {
        for piece in &site.pieces {
            let Part::Step(id) = piece.part else { continue };
            if !around.names.steps.contains_key(id) {
                unknown(found, found.value(&piece.path), "step", id, known_steps(around));
            }
        }
    }
}

/// The lines of a step's failure menu and their paths.
fn menu<'a>(site: &'a Site<'_>) -> impl Iterator<Item = (String, &'a MenuItem)> {
    let items = match site.common().map(|common| &common.on_fail) {
        Some(OnFail::Menu(items)) => items.as_slice(),
        _ => &[],
    };
    let path = format!("{}.on_fail.menu", site.path);
    items.iter().enumerate().map(move |(index, item)| (format!("{path}[{index}]"), item))
}

fn phases(around: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    for (path, item) in menu(site) {
        let MenuItem::SwitchTo(id) = item else { continue };
        let known = || around.book.playbook.phases.iter().map(|phase| phase.head.id.as_str());
        if !known().any(|known| known == id) {
            unknown(found, found.value(&format!("{path}.switch_to")), "phase", id, known());
        }
    }
}

fn targets(around: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    let (Some(target), Some(config)) = (site.target, around.scene.config()) else { return };
    let known: HashSet<&str> = config
        .environments
        .values()
        .flat_map(|environment| environment.targets.keys().map(String::as_str))
        .collect();
    let path = format!("{}.target", site.path);
    // An inherited target is told once, at the step.
    if !known.contains(target) && around.book.source.has(&path) {
        unknown(found, found.value(&path), "target", target, known);
    }
}

fn secrets(around: &In<'_>, found: &mut Found<'_>) {
    let Some(config) = around.scene.config() else { return };
    let own = around.names.all.iter().filter(|(_, name)| name.secret).map(|(name, _)| name);
    let known: HashSet<&str> = config.secrets.keys().chain(own).map(String::as_str).collect();
    let mut named: Vec<(String, &str)> = Vec::new();
    for (index, name) in around.book.playbook.head.requires.secrets.iter().enumerate() {
        named.push((format!("requires.secrets[{index}]"), name));
    }
    for site in &around.book.sites {
        for (variable, name) in site.secrets {
            named.push((format!("{}.secrets.{variable}", site.path), name));
        }
        for piece in &site.pieces {
            if let Part::Words(text) = piece.part
                && let Some(name) = text.strip_prefix("secret:")
                && piece.path.contains(".headers.")
            {
                named.push((piece.path.clone(), name));
            }
        }
    }
    for (path, name) in named {
        if known.contains(name) || !around.book.source.has(&path) {
            continue;
        }
        if let Some(bare) = name.strip_prefix("secret:").filter(|bare| known.contains(bare)) {
            let help = format!("the name alone, without `secret:`: `{bare}`");
            found.add(found.value(&path), format!("there is no secret `{name}`"), "", &help);
        } else {
            unknown(found, found.value(&path), "secret", name, known.iter().copied());
        }
    }
}

fn playbooks(around: &In<'_>, found: &mut Found<'_>) {
    let mut named: Vec<(String, &str)> = Vec::new();
    for (index, other) in around.book.playbook.head.not_for.iter().enumerate() {
        named.push((format!("not_for[{index}].use"), &other.instead));
    }
    for site in &around.book.sites {
        for piece in &site.pieces {
            if let Part::Playbook(id) = piece.part {
                named.push((piece.path.clone(), id));
            }
        }
    }
    let handoffs: Vec<(String, &MenuItem)> = around.book.sites.iter().flat_map(menu).collect();
    for (path, item) in &handoffs {
        if let MenuItem::Handoff(id) = item {
            named.push((format!("{path}.handoff"), id));
        }
    }
    for (path, id) in named {
        if !around.scene.by_id.contains_key(id) {
            let short = path.strip_suffix(".playbook").filter(|_| !around.book.source.has(&path));
            let range = found.value(short.unwrap_or(&path));
            unknown(found, range, "playbook", id, around.scene.by_id.keys().copied());
        }
    }
}

fn circle(around: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    let (Some(Action::Include(include)), Some(_)) = (site.action, site.common()) else { return };
    let home = around.book.playbook.head.id.as_str();
    let mut seen = HashSet::new();
    let mut open = vec![include.playbook.as_str()];
    while let Some(id) = open.pop() {
        if id == home {
            let message = format!("`{}` leads back to `{home}`", include.playbook);
            let help = "take one of the includes out, or move the shared steps to a third playbook";
            found.add(found.value(&site.action_path()), message, "a circle of includes", help);
            return;
        }
        if seen.insert(id)
            && let Some(next) = around.scene.by_id.get(id)
        {
            open.extend(next.steps().filter_map(|step| match &step.action {
                Action::Include(include) => Some(include.playbook.as_str()),
                _ => None,
            }));
        }
    }
}

fn undo(around: &In<'_>, spot: &Spot<'_>, found: &mut Found<'_>) {
    let Part::Step(id) = spot.piece.part else { return };
    let site = around.book.sites.iter().find(|site| site.common().is_some_and(|c| c.id == id));
    if site.and_then(|site| site.step).is_some_and(|step| step.undo.is_none()) {
        let message = format!("step `{id}` has no `undo`");
        let help = format!("add `undo:` to the step `{id}`");
        found.add(found.value(&spot.piece.path), message, "nothing to run", &help);
    }
}

fn inputs(around: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    let (Some(Action::Include(include)), Some(_)) = (site.action, site.common()) else { return };
    let Some(other) = around.scene.by_id.get(include.playbook.as_str()) else { return };
    for (name, _) in &include.inputs {
        let known = || other.head.inputs.iter().map(|(name, _)| name.as_str());
        if !known().any(|known| known == name) {
            let range = found.key(&format!("{}.include.inputs.{name}", site.path));
            let thing = format!("input of `{}` named", include.playbook);
            unknown(found, range, &thing, name, known());
        }
    }
}

fn contact(around: &In<'_>, spot: &Spot<'_>, found: &mut Found<'_>) {
    let (Part::Contact(name), Some(config)) = (spot.piece.part, around.scene.config()) else {
        return;
    };
    if !config.contacts.contains_key(name) && !name.contains("{{") {
        let known = config.contacts.keys().map(String::as_str);
        unknown(found, found.value(&spot.piece.path), "contact", name, known);
    }
}
