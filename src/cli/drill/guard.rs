//! The guard of a drill: proves that what it will break is not production, before anything and again on resume.
//!
//! The plan looks at the allow-list and the danger of the environment. Here the targets themselves are
//! compared with those of every environment of high danger, and the playbook's own `guard:` is asked.

use std::collections::BTreeMap;

use crate::cli::driven::Stage;
use crate::cli::exit::{self, Failure};
use crate::cli::preconditions::used_targets;
use crate::config::{Config, Danger, TargetSpec};
use crate::effect::{EffectId, Facts, Input, Output, TargetKind, Text};
use crate::plan::Plan;
use crate::plan::identity::{declared, differs, same_place};
use crate::playbook::Probe;
use crate::run::checks::{answer_of, effect_of};
use crate::run::drive::World as _;
use crate::run::event::DrillFact;
use crate::run::state::Run;
use crate::run::words;
use crate::steps::Verdict;
use crate::time::Span;
use crate::world::secrets::Vault;

/// A server that is asked who it is must answer within this span.
const LIMIT: Span = Span::from_secs(10);

/// A target of an environment whose danger is high, as far as it is known here.
struct Protected {
    environment: String,
    target: String,
    facts: Facts,
}

/// Proves it, or refuses. `run` is what happened by then: of a new drill nothing.
///
/// # Errors
/// Why the drill must not go on: nothing was executed by this driver.
pub(in crate::cli) fn prove(
    stage: &mut Stage,
    plan: &Plan,
    config: &Config,
    run: &Run,
) -> Result<DrillFact, Failure> {
    let refuse = |why: String| {
        Failure::new(exit::PRECONDITION, format!("rehearse on `{}`: {why}", plan.place.name))
            .hint("nothing was executed; a drill runs only where the guard can prove that it is not production")
    };
    let protected = protected(config, plan);
    let specs = config.environments.get(&plan.place.name).map(|env| &env.targets);
    let mut targets = BTreeMap::new();
    let mut proofs =
        vec![format!("{} is on the playbook's list, its danger is low", plan.place.name)];
    for name in used_targets(plan) {
        let Some(target) = plan.place.targets.get(&name) else { continue };
        let about = |why: String| refuse(format!("target `{name}`: {why}"));
        let mut facts = stage.world.facts(target).map_err(about)?;
        let before = run.drill.targets.get(&name);
        real_path(&mut facts);
        if target.kind.is_database() {
            match stage.world.who(target, LIMIT) {
                Ok(who) => facts.extend(who),
                // The accident of the drill may have taken it down: then its address is what was proved.
                Err(_)
                    if before.is_some_and(|before| same_place(&facts, before, true).is_some()) =>
                {
                    proofs.push(format!(
                        "{name} does not answer; its address is the one that was proved"
                    ));
                }
                Err(why) => {
                    return Err(about(format!(
                        "{why}; without its answer nothing proves what it is"
                    )));
                }
            }
        }
        let own = specs.and_then(|specs| specs.get(&name)).and_then(|spec| spec.identity.as_ref());
        if let Some(why) = own.and_then(|own| differs(&facts, own)) {
            return Err(about(why));
        }
        let copy = own.is_some_and(|own| own.system_identifier.is_some());
        for theirs in &protected {
            if let Some(why) = same_place(&facts, &theirs.facts, copy) {
                let Protected { environment, target, .. } = theirs;
                return Err(refuse(format!(
                    "target `{name}` is `{target}` of `{environment}`, whose danger is high: {why}"
                )));
            }
        }
        proofs.push(format!("{name} is {}", words(&facts)));
        targets.insert(name, facts);
    }
    proofs.push(match protected.len() {
        0 => "no target of a dangerous environment is known here to compare with".to_owned(),
        n => format!("known targets of dangerous environments: {n}, none of them is one of these"),
    });
    for (index, probe) in plan.guard.iter().enumerate() {
        let title = match probe.head.title.as_deref() {
            Some(title) => words::plain(title, plan, run, stage.world.now().wall),
            None => format!("guard {}", index + 1),
        };
        match look(stage, plan, probe, index) {
            Ok(Some(measured)) => proofs.push(format!("{title}: {measured}")),
            Ok(None) => proofs.push(format!("{title}: held")),
            Err(why) => return Err(refuse(format!("{title} does not hold: {why}"))),
        }
    }
    Ok(DrillFact::Guarded { targets, proofs })
}

/// Who a target is, in a few words.
fn words(facts: &Facts) -> String {
    let text = |name: &str| facts.get(name).and_then(serde_json::Value::as_str);
    let place = text("path").or_else(|| text("base_url")).map(str::to_owned);
    let database = || Some(format!("{} on {}", text("database")?, text("host")?));
    let place = place.or_else(database).unwrap_or_else(|| "known".to_owned());
    match text("system_identifier") {
        Some(id) => format!("{place} (system {id})"),
        None => place,
    }
}

/// What is known here of the targets of environments of high danger: what is declared, and their addresses as
/// far as they can be had without asking anybody or running anything.
fn protected(config: &Config, plan: &Plan) -> Vec<Protected> {
    let mut all = Vec::new();
    for (environment, spec) in &config.environments {
        if spec.danger != Danger::High {
            continue;
        }
        let file = spec.env_file.as_ref().map(|file| plan.place.cwd.join(file));
        let mut vault = Vault::new(config.secrets.clone(), plan.place.cwd.clone(), file);
        for (target, spec) in &spec.targets {
            let mut facts = addressed(config, plan, spec, target, &mut vault);
            facts.extend(spec.identity.as_ref().map(declared).unwrap_or_default());
            if !facts.is_empty() {
                facts.insert("type".to_owned(), spec.kind.word().into());
                let environment = environment.clone();
                all.push(Protected { environment, target: target.clone(), facts });
            }
        }
    }
    all
}

fn addressed(
    config: &Config,
    plan: &Plan,
    spec: &TargetSpec,
    name: &str,
    vault: &mut Vault,
) -> Facts {
    let Some(target) = spec.target(name) else { return Facts::new() };
    let address = match target.address {
        Text::Plain(path) if target.kind == TargetKind::Sqlite => {
            Some(plan.place.cwd.join(path).to_string_lossy().into_owned().into())
        }
        Text::Plain(text) => Some(text.into()),
        Text::Secret(name) => {
            let reference = config.secrets.get(&name).map(String::as_str).unwrap_or_default();
            let quiet = reference.starts_with("env:") || reference.starts_with("file:");
            quiet.then(|| vault.resolve(&name).ok()).flatten()
        }
    };
    let facts = address.map(|address| crate::world::live::facts_of(target.kind, name, address));
    let mut facts = facts.and_then(Result::ok).unwrap_or_default();
    real_path(&mut facts);
    facts
}

/// A file by its one name, whatever links lead to it.
fn real_path(facts: &mut Facts) {
    let path = facts.get("path").and_then(serde_json::Value::as_str).map(std::path::PathBuf::from);
    let Some(path) = path else { return };
    let real = path.canonicalize().unwrap_or_else(|_| path.components().collect());
    facts.insert("path".to_owned(), real.to_string_lossy().into_owned().into());
}

/// Asks one condition of the playbook's own guard; what was measured.
fn look(
    stage: &mut Stage,
    plan: &Plan,
    probe: &Probe,
    index: usize,
) -> Result<Option<String>, String> {
    let (run, now) = (Run::default(), stage.world.now().wall);
    let output = match effect_of(plan, &run, probe, now).map_err(|failure| failure.to_string())? {
        None => Output::done(Facts::new(), Span::ZERO),
        Some(effect) => {
            // Numbers of a run's own effects count from zero; these are out of their way.
            let id = EffectId(u64::MAX - index as u64);
            stage.world.start(id, effect);
            ended(stage, id)?
        }
    };
    let now = stage.world.now().wall;
    match answer_of(plan, &run, probe, &output, now) {
        (Verdict::Pass, measured) => Ok(measured),
        (Verdict::Fail(failure), _) => Err(failure.to_string()),
        (Verdict::Unknown { reason }, _) => Err(reason),
        (Verdict::More, _) => Err("it cannot be judged by one look".to_owned()),
    }
}

fn ended(stage: &mut Stage, id: EffectId) -> Result<Output, String> {
    loop {
        match stage.world.wait(None) {
            Input::Done(done, output) if done == id => return Ok(output),
            Input::Interrupt(_) => {
                stage.world.cancel(id);
                return Err("interrupted".to_owned());
            }
            _ => {}
        }
    }
}
