//! Drills: on a safe place, judged by criteria, able to run with nobody watching.

use std::collections::HashSet;

use super::super::book::{Role, Section, Site};
use super::super::{Found, In, Look};
use crate::config::Danger;
use crate::diagnostic::did_you_mean;
use crate::effect::EffectClass;

rules! {
    "E080" "a drill on a place where it must not run" Look::Book(environments);
    "A drill breaks things on purpose. Its `environments` are an allow-list, each known to mayday.yaml \
     and marked `danger: low`."

    "E081" "a criterion without a name" Look::Site(criterion);
    "The criteria of a drill stand in its record and are compared from drill to drill by their `id`, so \
     each has one of its own, and something to judge: `that` or an action."

    "E084" "a drill step that needs a terminal" Look::Site(terminal);
    "Setup, accident and clean-up of a drill run with nobody watching; `interactive` has no terminal \
     there."

    "E099" "an answer to a question that is not asked" Look::Book(answers);
    "`drill.answers` names inputs and steps of this playbook; a gate is answered under the name of its \
     step, COMMIT under `step.commit`. An unknown name is a slip, and the drill would stop at the real \
     question."

    "W117" "the drill stops at a question" Look::Book(unattended);
    "With an answer for every input without default, every question and every gate, the drill runs by \
     itself with `--no-input`, in the night and in CI."

    "W118" "nothing decides the drill" Look::Book(no_must);
    "Without a criterion that has `must: true` no drill can fail, so passing it means nothing."
}

fn environments(around: &In<'_>, found: &mut Found<'_>) {
    let Some(drill) = &around.book.playbook.drill else { return };
    if drill.head.environments.is_empty() {
        let help = "add `environments: [rehearsal]`";
        found.add(found.key("drill"), "the drill may run nowhere", "no `environments`", help);
    }
    let Some(config) = around.scene.config() else { return };
    for (index, name) in drill.head.environments.iter().enumerate() {
        let range = found.value(&format!("drill.environments[{index}]"));
        match config.environments.get(name) {
            None => {
                let known = config.environments.keys().map(String::as_str);
                let help = did_you_mean(name, known).map_or_else(
                    || "add it to mayday.yaml".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                found.add(range, format!("there is no environment `{name}`"), "", &help);
            }
            Some(environment) if environment.danger == Danger::High => {
                let message = format!("`{name}` is dangerous: a mistake costs real data");
                let help = "use an environment with `danger: low`";
                found.add(range, message, "no place for a drill", help);
            }
            Some(_) => {}
        }
    }
}

fn criterion(around: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    if site.role != Role::Criterion {
        return;
    }
    let Some(drill) = &around.book.playbook.drill else { return };
    let at = site.path.trim_start_matches("drill.pass[").trim_end_matches(']');
    let Some((at, probe)) = at.parse().ok().and_then(|at: usize| Some((at, drill.pass.get(at)?)))
    else {
        return;
    };
    match probe.head.id.as_deref() {
        None | Some("") => {
            let help = "add `id: NAME`";
            found.add(found.key(&site.path), "this criterion has no `id`", "", help);
        }
        Some(id) => {
            let twin = drill.pass[..at].iter().any(|other| other.head.id.as_deref() == Some(id));
            if twin {
                let range = found.value(&format!("{}.id", site.path));
                found.add(range, format!("two criteria have the id `{id}`"), "", "choose another");
            }
        }
    }
    if probe.head.that.is_none() && probe.action.is_none() {
        let help = "add `that: CONDITION`";
        found.add(found.key(&site.path), "this criterion judges nothing", "", help);
    }
}

fn terminal(_: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    let drill = !matches!(site.section, Section::Respond);
    if drill && site.common().is_some_and(|common| common.interactive) {
        let range = found.key(&format!("{}.interactive", site.path));
        found.add(range, "a drill has no terminal here", "", "write a command that needs no keys");
    }
}

/// What is asked in a drill: the name of its answer, and where it is asked.
fn questions(around: &In<'_>) -> Vec<(String, String)> {
    let mut asked = Vec::new();
    for (name, spec) in &around.book.playbook.head.inputs {
        if spec.default.is_none() {
            asked.push((name.clone(), format!("inputs.{name}")));
        }
    }
    for site in &around.book.sites {
        let (Some(common), Some(action)) = (site.common(), site.action) else { continue };
        if site.section != Section::Respond || common.id.is_empty() {
            continue;
        }
        // A gate is answered under the name of its step; a change without one is not asked on a place
        // where a drill may run.
        let gated = common.confirm.is_some() || site.class() == EffectClass::Destructive;
        if action.is_question() || gated {
            asked.push((common.id.clone(), format!("{}.id", site.path)));
        }
        if common.commit.is_some() {
            asked.push((format!("{}.commit", common.id), format!("{}.commit", site.path)));
        }
        if common.evidence.as_ref().is_some_and(|evidence| evidence.ask.is_some()) {
            let path = format!("{}.evidence", site.path);
            asked.push((format!("{}.evidence", common.id), path));
        }
    }
    asked
}

fn answers(around: &In<'_>, found: &mut Found<'_>) {
    let Some(drill) = &around.book.playbook.drill else { return };
    let inputs = || around.book.playbook.head.inputs.iter().map(|(name, _)| name.as_str());
    let known: HashSet<&str> =
        inputs().chain(around.names.steps.keys().map(String::as_str)).collect();
    for (name, _) in &drill.head.answers {
        let step = ["commit", "second", "evidence", "reason", "menu"]
            .iter()
            .find_map(|part| name.strip_suffix(&format!(".{part}")))
            .unwrap_or(name);
        if !known.contains(step) {
            let help = did_you_mean(step, known.iter().copied()).map_or_else(
                || "name an input or a step".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            let range = found.key(&format!("drill.answers.{name}"));
            found.add(range, format!("nothing asks for `{name}`"), "", &help);
        }
    }
}

fn unattended(around: &In<'_>, found: &mut Found<'_>) {
    let Some(drill) = &around.book.playbook.drill else { return };
    let answered = |name: &str| drill.head.answers.iter().any(|(answer, _)| answer == name);
    for (name, path) in questions(around) {
        if !answered(&name) {
            let range = found.value(&path);
            let help = format!("add it under `drill.answers`: `{name}: ...`");
            found.add(range, format!("the drill has no answer for `{name}`"), "", &help);
        }
    }
}

fn no_must(around: &In<'_>, found: &mut Found<'_>) {
    let Some(drill) = &around.book.playbook.drill else { return };
    if !drill.pass.iter().any(|probe| probe.head.must) {
        let path = if around.book.source.has("drill.pass") { "drill.pass" } else { "drill" };
        let help = "mark the criterion that decides: `must: true`";
        found.add(found.key(path), "no criterion decides this drill", "", help);
    }
}
