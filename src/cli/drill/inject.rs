//! `--inject STEP=FAULT`: what is put into a drill on purpose, as it is given on the command line.

use std::collections::BTreeMap;

use crate::cli::exit::{self, Failure};
use crate::cli::run::What;
use crate::diagnostic::did_you_mean;
use crate::plan::Plan;
use crate::run::event::{DrillFact, Fault, Kind};
use crate::run::fault::{INJECTED, fits};
use crate::ui::screen::Screen;
use crate::world::console;

/// How many steps a refusal names at most.
const NAMED: usize = 12;

/// `import=slow:30s`.
pub(super) fn parse(text: &str) -> Result<(String, Fault), String> {
    match text.split_once('=') {
        Some((step, fault)) if !step.is_empty() => match fault.parse() {
            Ok(fault) => Ok((step.to_owned(), fault)),
            Err(why) => Err(format!("at character {}: {why}", step.chars().count() + 2)),
        },
        _ => Err(format!("`{text}` is not STEP=FAULT, such as import=fail")),
    }
}

/// Faults that fit the plan, each for a step of its own.
///
/// # Errors
/// There is no such step, it has a fault already, or it cannot have this one. Nothing was executed.
pub(super) fn checked(
    plan: &Plan,
    given: &[(String, Fault)],
) -> Result<BTreeMap<String, Fault>, Failure> {
    let mut faults = BTreeMap::new();
    for (step, fault) in given {
        let refuse =
            |why: String| Failure::new(exit::USAGE, format!("put `{fault}` into `{step}`: {why}"));
        let Some(unit) = plan.unit(step) else {
            let why = format!("{} has no step of this name", plan.head.id);
            return Err(refuse(why).hint(nearest(plan, step)));
        };
        fits(unit, *fault).map_err(refuse)?;
        if let Some(before) = faults.insert(step.clone(), *fault) {
            return Err(refuse(format!("it has `{before}` already; a step takes one fault")));
        }
    }
    Ok(faults)
}

/// The step that was meant, or those that there are.
fn nearest(plan: &Plan, step: &str) -> String {
    let keys = plan.units.iter().map(|unit| unit.key.as_str());
    if let Some(near) = did_you_mean(step, keys.clone()) {
        return format!("did you mean `{near}`? nothing was executed");
    }
    let more = if plan.units.len() > NAMED { ", ..." } else { "" };
    let keys: Vec<&str> = keys.take(NAMED).collect();
    format!("its steps are: {}{more}; nothing was executed", keys.join(", "))
}

/// The fact that faults are put into this drill; nothing without any.
pub(in crate::cli) fn injected(what: &What) -> Option<Kind> {
    let faults = what.faults.clone();
    (!faults.is_empty()).then(|| Kind::Drill(DrillFact::Injected { faults }))
}

/// A run has no faults put into it.
///
/// # Errors
/// One was given.
pub(in crate::cli) fn never(given: &[String]) -> Result<(), Failure> {
    let Some(fault) = given.first() else { return Ok(()) };
    let words = format!("use `--inject {fault}`: faults are put into drills, never into a run");
    Err(Failure::new(exit::USAGE, words)
        .hint("`mayday drill run` takes --inject; nothing was executed"))
}

/// Dies as by `kill -9`, but for the terminal, which is whole again, and for the words.
pub(in crate::cli) fn crash(screen: &Screen, run: &str) {
    let words =
        format!("{INJECTED} crash: mayday is gone now, as by kill -9. Go on: mayday resume {run}");
    screen.tell(&words);
    let _ = screen.flushed(std::time::Duration::from_secs(2));
    screen.rests();
    console::restore();
    crate::world::machine::die();
}
