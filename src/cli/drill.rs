//! `mayday drill run`: a rehearsal that counts.

use clap::{Args, Subcommand};

use super::exit::{self, Failure};
use super::project::Project;
use super::run::{Begun, Ended, What, plan};
use super::{Global, machine, out};
use crate::config::Config;
use crate::plan::{Mode, Plan};
use crate::report::drill::{Criterion, DrillVerdict, drill_verdict};
use crate::world::surroundings;

/// Flags of `drill`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  mayday drill run quickstart/data-loss --env sandbox")]
pub struct DrillArgs {
    #[command(subcommand)]
    what: Drill,
}

#[derive(Subcommand, Debug)]
enum Drill {
    /// Run the drill of a playbook: set up, inject, respond, judge, clean up
    #[command(before_help = "Examples:\n  \
        mayday drill run quickstart/data-loss --env sandbox             with prompts\n  \
        mayday drill run quickstart/data-loss --env sandbox --no-input  with the drill's own answers")]
    Run(Box<RunArgs>),
}

#[derive(Args, Debug)]
struct RunArgs {
    /// The playbook's id
    playbook: String,
    #[command(flatten)]
    what: What,
}

pub(super) fn drill(global: &Global, args: &DrillArgs) -> Result<u8, Failure> {
    let Drill::Run(args) = &args.what;
    let project = Project::open(global.config.as_deref())?;
    let (mut plan, config) = plan(&project, &args.playbook, &args.what, Mode::Drill)?;
    plan.place.program = machine::program();
    if !machine::attended(global) {
        answers_given(&plan, &args.what)?;
    }
    out::talk(&format!(
        "DRILL on {}: allowed by the playbook, danger low, no target of production",
        plan.place.name
    ));
    bring_up(&plan, &config)?;
    let begun = Begun::open(global, &project, plan.clone(), &config, &args.what);
    drop(project);
    let ended = match begun.and_then(Begun::drive) {
        Ok(ended) => ended,
        Err(failure) => {
            // What was brought up is taken down, whatever went wrong in between.
            let _ = take_down(&plan, &config);
            return Err(failure);
        }
    };
    conclude_with(&ended, &config)
}

/// An unattended drill needs an answer for every question that it will certainly ask.
fn answers_given(plan: &Plan, what: &What) -> Result<(), Failure> {
    let given = |about: &str| {
        plan.answers.iter().any(|(known, _)| known == about)
            || what.answer.iter().chain(&what.confirm).any(|(known, _)| known == about)
    };
    let mut missing: Vec<String> = Vec::new();
    for (name, spec) in &plan.inputs {
        let by_flag = what.input.iter().any(|(known, _)| known == name) || what.inputs.is_some();
        if spec.default.is_none() && !by_flag && !given(name) {
            missing.push(format!("--input {name}=VALUE"));
        }
    }
    for unit in &plan.units {
        let certain = unit.step.common.when.is_none() && unit.outer_when.is_empty();
        let certain = certain && plan.phases[unit.phase].when.is_none();
        if !certain || given(&unit.key) {
            continue;
        }
        if unit.step.action.is_question() {
            missing.push(format!("--answer {}=VALUE", unit.key));
        } else if crate::run::gate::is_certain(plan, unit) {
            missing.push(format!("--confirm {}=VALUE", unit.key));
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join("\n  ");
    Err(Failure::new(
        exit::ANSWER_NEEDED,
        format!("rehearse unattended: these answers are missing\n  {list}"),
    )
    .hint("put them under `drill: answers:`, or run the drill on a terminal; nothing was executed"))
}

fn bring_up(plan: &Plan, config: &Config) -> Result<(), Failure> {
    let setup = config.environments.get(&plan.place.name).and_then(|env| env.setup.as_deref());
    let Some(setup) = setup else { return Ok(()) };
    match surroundings::command(setup, &plan.place) {
        Ok(said) => {
            out::talk(&format!("Environment {} is up. {said}", plan.place.name));
            Ok(())
        }
        Err(why) => {
            let _ = take_down(plan, config);
            Err(Failure::new(exit::PRECONDITION, format!("bring {} up: {why}", plan.place.name)))
        }
    }
}

fn take_down(plan: &Plan, config: &Config) -> Result<(), String> {
    let environment = config.environments.get(&plan.place.name);
    let Some(teardown) = environment.and_then(|env| env.teardown.as_deref()) else {
        return Ok(());
    };
    surroundings::command(teardown, &plan.place).map(drop)
}

/// The end of a run that was taken up again: of a drill its result, of a real one its exit code.
#[expect(clippy::needless_pass_by_value, reason = "the run ends here")]
pub(super) fn conclude(ended: Ended) -> Result<u8, Failure> {
    let Some(opened) = ended.run.opened.clone() else { return Ok(exit::INTERNAL) };
    let (_, config) = super::pinned::plan(&ended.dir, &opened)?;
    conclude_with(&ended, &config)
}

fn conclude_with(ended: &Ended, config: &Config) -> Result<u8, Failure> {
    if ended.plan.mode == Mode::Real || ended.run.closed.is_none() {
        return Ok(exit::of_run(&ended.run));
    }
    let down = take_down(&ended.plan, config);
    let verdict = drill_verdict(&ended.run, &ended.plan);
    let mut lines = result(&verdict);
    if !ended.plan.sign_off.is_empty() {
        lines.push(format!("sign-off pending: {}", ended.plan.sign_off.join(", ")));
    }
    if let Err(why) = &down {
        lines.push(format!("WARNING  the environment was not taken down: {why}"));
    }
    ended.stage.screen.talk(&lines);
    let _ = ended.stage.screen.flushed(std::time::Duration::from_secs(2));
    Ok(if verdict.word.passed() && down.is_ok() { exit::DONE } else { exit::DRILL_FAILED })
}

/// The RESULT block.
fn result(verdict: &DrillVerdict) -> Vec<String> {
    let mut lines =
        vec![format!("RESULT   {}  {}/{}", verdict.word.word(), verdict.score, verdict.of)];
    let width = verdict.criteria.iter().map(|criterion| criterion.id.len()).max().unwrap_or(0);
    for criterion in &verdict.criteria {
        let Criterion { id, must, points, got, measured, held, .. } = criterion;
        let must = if *must { "must" } else { "    " };
        let how = match held {
            Some(true) => "held",
            Some(false) => "did not hold",
            None => "not evaluated",
        };
        lines.push(format!("  {must}  {id:width$}  {got:>3}/{points:<3}  {how}: {measured}"));
    }
    lines.extend(verdict.reasons.iter().map(|reason| format!("  because {reason}")));
    lines
}
