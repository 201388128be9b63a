//! `mayday drill run`: a rehearsal that counts.

use clap::{Args, Subcommand};

mod compare;
pub(super) mod due;
mod guard;
mod inject;
pub(super) mod loose;
pub(super) use inject::{crash, injected, never};
mod ready;
mod record;
pub(super) mod shelf;
pub(super) mod signoff;
pub(super) mod told;

use super::driven::Stage;
use super::exit::{self, Failure};
use super::project::Project;
use super::run::{Begun, Ended, What, plan};
use super::{Global, machine, out};
use crate::config::Config;
use crate::plan::{Mode, Plan};
use crate::report::drill::{Criterion, DrillVerdict, drill_verdict};
use crate::run::event::{DrillFact, Fault, Kind, Outcome};
use crate::run::state::Run;
use crate::ui::lang::Lang;
use crate::world::surroundings;

/// Flags of `drill`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  \
    mayday drill run quickstart/data-loss --env sandbox\n  \
    mayday drill signoff 20261122-1820-p2c --by maria\n  \
    mayday drill due --fail")]
pub struct DrillArgs {
    #[command(subcommand)]
    what: Drill,
}

#[derive(Subcommand, Debug)]
enum Drill {
    /// Run the drill of a playbook: set up, inject, respond, judge, clean up
    #[command(before_help = "Examples:\n  \
        mayday drill run quickstart/data-loss --env sandbox             with prompts\n  \
        mayday drill run quickstart/data-loss --env sandbox --no-input  with the drill's own answers\n  \
        mayday drill run quickstart/data-loss --env sandbox --inject import=fail  train the menu")]
    Run(Box<RunArgs>),
    /// List the procedures that must be rehearsed, by their cadence
    #[command(before_help = "Examples:\n  \
        mayday drill due\n  \
        mayday drill due --fail    exit code 9 when one is wanted: for a scheduled job")]
    Due(due::DueArgs),
    /// Sign the record of a drill, as somebody who did not take part; without --by, say who has
    #[command(before_help = "Examples:\n  \
        mayday drill signoff 20261122-1820-p2c                     who has signed, and does it hold\n  \
        mayday drill signoff 20261122-1820-p2c --by maria\n  \
        mayday drill signoff 20261122-1820-p2c --by maria --key ~/.ssh/id_ed25519")]
    Signoff(signoff::SignoffArgs),
    /// Two drills of one procedure beside each other
    #[command(before_help = "Examples:\n  \
        mayday drill compare 20260822-0900-k3x 20261122-1820-p2c\n  \
        mayday drill compare lost-20260822 lost-20261122 --json")]
    Compare(compare::CompareArgs),
}

#[derive(Args, Debug)]
struct RunArgs {
    /// The playbook's id
    playbook: String,
    #[command(flatten)]
    what: What,
    /// Put a fault into a step: fail, timeout, slow:30s or crash. It says INJECTED and is not real
    #[arg(long, value_name = "STEP=FAULT", value_parser = inject::parse)]
    inject: Vec<(String, Fault)>,
}

pub(super) fn drill(global: &Global, args: &DrillArgs) -> Result<u8, Failure> {
    match &args.what {
        Drill::Run(args) => run(global, args),
        Drill::Due(args) => due::due(global, args),
        Drill::Signoff(args) => signoff::signoff(global, args),
        Drill::Compare(args) => compare::compare(global, args),
    }
}

fn run(global: &Global, args: &RunArgs) -> Result<u8, Failure> {
    let project = Project::open(global.config.as_deref())?;
    let (mut plan, config) = plan(global, &project, &args.playbook, &args.what, Mode::Drill)?;
    plan.place.program = machine::program();
    let what = What { faults: inject::checked(&plan, &args.inject)?, ..args.what.clone() };
    if !machine::attended(global) {
        ready::answers_given(&plan, &args.what)?;
    }
    let lang = machine::lang(global);
    guard::beforehand(&plan, &config)?;
    let store = super::driven::store(global)?;
    let _occupied = super::beside::occupied(&store, &plan, None)?;
    super::beside::left_open(&store, &plan)?;
    out::tell(
        lang,
        &format!(
            "DRILL on {}: allowed by the playbook, danger low. Its targets are looked at before any step.",
            plan.place.name
        ),
    );
    bring_up(&plan, lang)?;
    let begun = Begun::open(global, &project, plan.clone(), &config, &what);
    drop(project);
    match begun.and_then(Begun::drive) {
        Ok(ended) => conclude(ended),
        Err(failure) => {
            // What was brought up is taken down, whatever went wrong in between.
            let _ = take_down(&plan);
            Err(failure)
        }
    }
}

fn bring_up(plan: &Plan, lang: Lang) -> Result<(), Failure> {
    let Some(setup) = &plan.place.setup else { return Ok(()) };
    match surroundings::command(setup, &plan.place) {
        Ok(said) => {
            let words = format!("Environment {} is up. {said}", plan.place.name);
            out::tell(lang, words.trim_end());
            Ok(())
        }
        // It may be in use by somebody else, which is why it could not be brought up: it is left alone.
        Err(why) => {
            let failure =
                Failure::new(exit::PRECONDITION, format!("bring {} up: {why}", plan.place.name));
            Err(match &plan.place.teardown {
                Some(teardown) => failure.hint(format!(
                    "nothing was taken down, as it may be in use; when nobody uses it: {teardown}"
                )),
                None => failure,
            })
        }
    }
}

fn take_down(plan: &Plan) -> Result<(), String> {
    let Some(teardown) = &plan.place.teardown else { return Ok(()) };
    surroundings::command(teardown, &plan.place).map(drop)
}

/// What a driver does behind a drill that is over: its environment goes down, and that is a fact of it.
pub(super) fn leave(plan: &Plan, run: &Run) -> Option<DrillFact> {
    let over = plan.mode == Mode::Drill && run.closed.is_some();
    if !over || plan.place.teardown.is_none() || run.drill.taken_down.is_some() {
        return None;
    }
    Some(DrillFact::TakenDown { trouble: take_down(plan).err() })
}

/// The guard of a new drill; nothing for a real run.
///
/// # Errors
/// It refuses.
pub(super) fn guarded(
    stage: &mut Stage,
    plan: &Plan,
    config: &Config,
    run: &Run,
) -> Result<Option<Kind>, Failure> {
    if plan.mode == Mode::Real {
        return Ok(None);
    }
    guard::prove(stage, plan, config, run).map(|fact| Some(Kind::Drill(fact)))
}

/// The guard of a drill that is taken up, before what was wanted of it. One that is given up is closed without
/// its cleanup where the guard refuses: what it would clean up may be production.
///
/// # Errors
/// It refuses, and the drill was to go on.
pub(super) fn again(
    stage: &mut Stage,
    plan: &Plan,
    config: &Config,
    run: &Run,
    wanted: Vec<Kind>,
) -> Result<Vec<Kind>, Failure> {
    if run.closed.is_some() && wanted.is_empty() {
        return Ok(wanted);
    }
    match guarded(stage, plan, config, run) {
        Ok(guarded) => Ok(guarded.into_iter().chain(wanted).collect()),
        Err(refused) => match wanted.as_slice() {
            [Kind::Abandoned { reason }] => {
                let reason =
                    format!("{reason}; not cleaned up, the guard refused: {}", refused.error);
                Ok(vec![Kind::Closed { outcome: Outcome::Aborted, reason }])
            }
            _ => Err(refused
                .hint("nothing was executed; `mayday abort` closes it without touching anything")),
        },
    }
}

/// The end of a run that was taken up again: of a drill its result, of a real one its exit code.
#[expect(clippy::needless_pass_by_value, reason = "the run ends here")]
pub(super) fn conclude(ended: Ended) -> Result<u8, Failure> {
    if ended.plan.mode == Mode::Real {
        return Ok(exit::of_run(&ended.run));
    }
    if ended.run.closed.is_none() {
        tell_programs(&ended);
        return Ok(exit::of_run(&ended.run));
    }
    let verdict = drill_verdict(&ended.run, &ended.plan);
    let mut lines = result(&verdict);
    match record::write(&ended) {
        Ok(file) => lines.push(format!("record   {}", file.display())),
        Err(why) => {
            lines.push(format!("WARNING  the drill has no record: failed to {why}"));
            let run = ended.run.opened.as_ref().map(|opened| opened.run.as_str());
            lines.push(format!(
                "hint: make room or mend the folder, and write it again: mayday resume {}",
                run.unwrap_or_default()
            ));
        }
    }
    if !ended.plan.sign_off.is_empty() {
        lines.push(format!("sign-off pending: {}", ended.plan.sign_off.join(", ")));
    }
    for line in lines {
        ended.stage.screen.tell(&line);
    }
    tell_programs(&ended);
    let _ = ended.stage.screen.flushed(std::time::Duration::from_secs(2));
    Ok(if verdict.word.passed() { exit::DONE } else { exit::DRILL_FAILED })
}

/// The last line for whoever reads the events; nothing for a person.
fn tell_programs(ended: &Ended) {
    if ended.stage.json {
        ended.stage.screen.data(told::line(&ended.run, &ended.plan));
        let _ = ended.stage.screen.flushed(std::time::Duration::from_secs(2));
    }
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
