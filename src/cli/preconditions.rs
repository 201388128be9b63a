//! What must be there before anything runs: tools, secrets, targets. Nothing is executed but the
//! tools' own `--version`.

use std::collections::{BTreeMap, BTreeSet};

use super::driven::Stage;
use super::exit::{self, Failure};
use crate::effect::{Facts, Text};
use crate::plan::Plan;
use crate::world::tools;

/// Looks at all of it; the public facts of the targets that the plan uses.
///
/// # Errors
/// Everything that is missing, at once.
pub(super) fn met(stage: &mut Stage, plan: &Plan) -> Result<BTreeMap<String, Facts>, Failure> {
    let mut missing = Vec::new();
    for tool in &plan.head.requires.tools {
        missing.extend(tools::missing(tool, &plan.place.path).err());
    }
    for secret in &plan.head.requires.secrets {
        missing.extend(stage.world.secret(secret).err());
    }
    for (name, kind) in &plan.head.requires.targets {
        match plan.place.targets.get(name) {
            None => {
                missing.push(format!("environment `{}` has no target `{name}`", plan.place.name));
            }
            Some(target) if target.kind != *kind => missing.push(format!(
                "target `{name}` is {}, the playbook needs {}",
                target.kind.word(),
                kind.word()
            )),
            Some(_) => {}
        }
    }
    let mut facts = BTreeMap::new();
    for name in used_targets(plan) {
        let Some(target) = plan.place.targets.get(&name) else {
            missing.push(format!("environment `{}` has no target `{name}`", plan.place.name));
            continue;
        };
        match stage.world.facts(target) {
            Ok(known) => {
                facts.insert(name, known);
            }
            Err(why) => missing.push(format!("target `{name}`: {why}")),
        }
    }
    for name in used_secrets(plan) {
        missing.extend(stage.world.secret(&name).err());
    }
    missing.sort();
    missing.dedup();
    if missing.is_empty() {
        return Ok(facts);
    }
    if let Some(how) = stage.world.interrupted() {
        let code = exit::of_interrupt(how);
        return Err(Failure::new(code, "start: interrupted").hint("nothing was executed"));
    }
    let list = missing.join("\n  - ");
    Err(Failure::new(exit::PRECONDITION, format!("start: something is missing\n  - {list}"))
        .hint("nothing was executed"))
}

/// The targets that steps, checks, undos and criteria name, but for those that the run makes itself.
pub(super) fn used_targets(plan: &Plan) -> BTreeSet<String> {
    let mut used = named_targets(plan);
    used.retain(|name| !plan.place.made_later.contains(name));
    used
}

/// Those of them that the run makes itself.
pub(super) fn later_targets(plan: &Plan) -> BTreeSet<String> {
    let mut used = named_targets(plan);
    used.retain(|name| plan.place.made_later.contains(name));
    used
}

fn named_targets(plan: &Plan) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for unit in &plan.units {
        used.extend(unit.step.common.target.clone());
        used.extend(unit.step.verify.iter().filter_map(|probe| probe.head.target.clone()));
        used.extend(unit.step.undo.iter().filter_map(|undo| undo.head.target.clone()));
        used.extend(unit.step.on_crash.iter().filter_map(|rule| rule.probe.head.target.clone()));
    }
    used.extend(plan.guard.iter().filter_map(|probe| probe.head.target.clone()));
    used.extend(plan.stop_if.iter().filter_map(|probe| probe.head.target.clone()));
    used.extend(plan.criteria.iter().filter_map(|probe| probe.head.target.clone()));
    used
}

/// The secrets of mayday.yaml that the targets in use stand on. Those of single steps are resolved
/// when the step runs.
fn used_secrets(plan: &Plan) -> BTreeSet<String> {
    let used = used_targets(plan);
    let targets = plan.place.targets.iter().filter(|(name, _)| used.contains(*name));
    targets
        .filter_map(|(_, target)| match &target.address {
            Text::Secret(name) => Some(name.clone()),
            Text::Plain(_) => None,
        })
        .collect()
}
