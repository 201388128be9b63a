//! The guard of a drill: proves that what it will break is not production, before anything and again on resume.
//!
//! The plan looks at the allow-list and the danger of the environment. Here the targets themselves are
//! compared with those of every environment of high danger, and the playbook's own `guard:` is asked.

use std::collections::BTreeMap;

use crate::cli::driven::Stage;
use crate::cli::exit::{self, Failure};
use crate::cli::identity::{Protected, known, protected, real_path, words as who_it_is};
use crate::cli::preconditions::{later_targets, used_targets};
use crate::config::Config;
use crate::effect::{EffectId, Facts, Input, Output};
use crate::plan::Plan;
use crate::plan::identity::{differs, same_place};
use crate::playbook::Probe;
use crate::run::checks::{answer_of, effect_of};
use crate::run::drive::World as _;
use crate::run::event::DrillFact;
use crate::run::state::Run;
use crate::run::words;
use crate::steps::Verdict;
use crate::time::Span;

/// A server that is asked who it is must answer within this span.
const LIMIT: Span = Span::from_secs(10);

/// What is known of the targets without asking anybody, before the environment is brought up.
///
/// # Errors
/// One of them is a target of production.
pub(in crate::cli) fn beforehand(plan: &Plan, config: &Config) -> Result<(), Failure> {
    let protected = protected(config, plan);
    let specs = config.environments.get(&plan.place.name).map(|env| &env.targets);
    for (name, facts) in known(config, plan, used_targets(plan)) {
        let own = specs.and_then(|specs| specs.get(&name)).and_then(|spec| spec.identity.as_ref());
        let copy = own.is_some_and(|own| own.system_identifier.is_some());
        compared(&format!("target `{name}` is"), &facts, &protected, copy)
            .map_err(|why| refused(plan, &why))?;
    }
    later(plan, config, &protected).map_err(|why| refused(plan, &why))
}

fn refused(plan: &Plan, why: &str) -> Failure {
    Failure::new(exit::PRECONDITION, format!("rehearse on `{}`: {why}", plan.place.name))
        .hint("nothing was executed; a drill runs only where the guard can prove that it is not production")
}

/// What is made during the drill is compared by the address that it will have, where that is known.
fn later(plan: &Plan, config: &Config, protected: &[Protected]) -> Result<(), String> {
    for (name, facts) in known(config, plan, later_targets(plan)) {
        compared(&format!("target `{name}`, made later, would be"), &facts, protected, false)?;
    }
    Ok(())
}

/// A fault where these are the facts of something that is protected.
fn compared(who: &str, facts: &Facts, protected: &[Protected], copy: bool) -> Result<(), String> {
    for Protected { environment, target, facts: theirs } in protected {
        if let Some(why) = same_place(facts, theirs, copy) {
            return Err(format!(
                "{who} `{target}` of `{environment}`, whose danger is high: {why}"
            ));
        }
    }
    Ok(())
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
    let refuse = |why: String| refused(plan, &why);
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
        compared(&format!("target `{name}` is"), &facts, &protected, copy).map_err(refuse)?;
        proofs.push(format!("{name} is {}", who_it_is(&facts)));
        targets.insert(name, facts);
    }
    later(plan, config, &protected).map_err(refuse)?;
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
