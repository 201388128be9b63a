//! `mayday resume`: go on with a run, from what its record says.

use clap::Args;

use super::driven::{self, Stage};
use super::exit::{self, Failure};
use super::project::Project;
use super::run::{Ended, pair};
use super::{Global, elsewhere, fitting, machine, pinned, whose};
use crate::journal::{self, Condition, RunId, Store};
use crate::run::drive::World as _;
use crate::run::event::Kind;
use crate::run::state::Run;
use crate::ui::view::View;

/// Flags of `resume`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  \
    mayday resume                     the newest run of this project that is open\n  \
    mayday resume 20261122-1820-p2c\n  \
    mayday resume --assume import=not-done   settle an unknown outcome without a terminal")]
pub struct ResumeArgs {
    /// The run's id, or its beginning [default: the newest open run of this project]
    run: Option<String>,
    #[command(flatten)]
    how: How,
}

/// Flags of everything that takes up a run.
#[derive(Args, Debug, Clone, Default)]
pub struct How {
    /// A value for an input that the run still waits for
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub input: Vec<(String, String)>,
    /// An answer to the question of a step, given in advance
    #[arg(long, value_name = "STEP=VALUE", value_parser = pair)]
    pub answer: Vec<(String, String)>,
    /// What must be typed at the gate of a step, given in advance
    #[arg(long, value_name = "STEP=VALUE", value_parser = pair)]
    pub confirm: Vec<(String, String)>,
    /// What is known about a step whose outcome is unknown: `done` or `not-done`
    #[arg(long, value_name = "STEP=done|not-done", value_parser = assumption)]
    pub assume: Vec<(String, String)>,
    /// Work on a target that is not the one that mayday.yaml declares, and why; kept in the record
    #[arg(long, value_name = "TARGET=REASON", value_parser = pair)]
    pub accept_target: Vec<(String, String)>,
    /// Run nothing: show each command, to be run elsewhere, and ask what came of it
    #[arg(long)]
    pub manual: bool,
    /// Who drives [default: the user's name]
    #[arg(long, env = "MAYDAY_OPERATOR", value_name = "NAME")]
    pub operator: Option<String>,
    /// Print each event as a line of JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// Without a terminal: a record that cannot be written goes on in another place
    #[arg(long, env = "MAYDAY_RECORD_ELSEWHERE", value_parser = clap::builder::FalseyValueParser::new())]
    pub record_elsewhere: bool,
}

fn assumption(text: &str) -> Result<(String, String), String> {
    let (step, what) = pair(text)?;
    match what.as_str() {
        "done" | "not-done" => Ok((step, what)),
        _ => Err(format!("`{what}` is neither `done` nor `not-done`")),
    }
}

pub(super) fn resume(global: &Global, args: &ResumeArgs) -> Result<u8, Failure> {
    let store = driven::store(global)?;
    let id = match &args.run {
        Some(text) => store.find(text).map_err(|trouble| driven::refused(&trouble))?,
        None => whose::newest_open(&store, global.config.as_deref())?,
    };
    let ended = take_up(global, &store, &id, &args.how, |_| Vec::new())?;
    super::drill::conclude(super::successor::go_on(global, ended)?)
}

/// Takes a run up again: lock, plan from the pinned texts, the events so far, then the loop.
/// `also` adds events behind `attached`.
pub(super) fn take_up(
    global: &Global,
    store: &Store,
    id: &RunId,
    how: &How,
    also: impl FnOnce(&Run) -> Vec<Kind>,
) -> Result<Ended, Failure> {
    let dir = store.dir(id).map_err(|trouble| driven::refused(&trouble))?;
    let first = journal::read_first(&dir).map_err(|trouble| driven::refused(&trouble))?;
    let Some(Kind::Opened(opened)) = first.map(|first| first.kind) else {
        return Err(Failure::new(exit::PRECONDITION, format!("take up {id}: its record is empty"))
            .hint("it ended before its first step; start a new run"));
    };
    let (mut plan, config) = pinned::plan_in(&dir, &opened, machine::lang(global))?;
    let given: Vec<_> = how.input.iter().chain(&how.answer).cloned().collect();
    driven::asked_about(&plan, given.iter().chain(&how.confirm).chain(&how.assume))?;
    fitting::fit(&plan, &how.answer, &how.confirm)?;
    let (by, elsewhere) = (how.operator.as_deref(), how.record_elsewhere);
    let mut stage = Stage::open(global, &plan, &config, by, how.json, elsewhere)?;
    let mut view = driven::view(&stage, &plan);
    let mut run = Run::default();
    let (holder, mut moved) = (stage.holder(), None);
    // A long record is folded as it is read: its events are never all in memory.
    let take = |store: &Store, redact, view: &mut View, run: &mut Run| {
        store.resume_with(id, &holder, redact, |_, event| {
            run.apply(&event);
            view.catch_up(&plan, run, &event);
        })
    };
    let resumed = match take(store, stage.redact(), &mut view, &mut run) {
        Ok(resumed) => resumed,
        Err(trouble) => {
            // What was read by then is read again, there.
            (view, run) = (driven::view(&stage, &plan), Run::default());
            let redact = stage.redacts();
            let gone = elsewhere::go(&mut stage, store, trouble, |place| {
                let copied = store.move_run(id, place, &holder)?;
                Ok((copied, take(&store.at(place), redact(), &mut view, &mut run)?))
            })?;
            let words = |path: &std::path::Path| path.to_string_lossy().into_owned();
            let (from, to) = (words(&gone.there.0.from), words(&gone.there.0.to));
            moved = Some(gone.fact(from, to, gone.there.0.left.clone()));
            gone.there.1
        }
    };
    if moved.is_some() {
        pinned::bind(&mut plan, id.as_str(), resumed.dir.path());
        stage.world.bind(id.as_str(), resumed.dir.path().to_path_buf());
    }
    view.folder = resumed.dir.path().display().to_string();
    let mut journal = resumed.journal;
    let closed = run.closed.is_some();
    let _occupied = if closed { None } else { super::beside::occupied(store, &plan, Some(id))? };
    let mut fresh = Vec::new();
    let boot_id = machine::boot_id();
    if let Some(by) = run.stepped(&boot_id, stage.world.now()) {
        fresh.push(stage.event(Kind::ClockStepped { by_ms: by.millis(), while_down: true }));
    }
    if let Some(torn) = &resumed.torn {
        let kind = Kind::Recovered { torn_bytes: torn.bytes, kept_as: torn.kept_as.clone() };
        fresh.push(stage.event(kind));
    }
    fresh.extend(moved.map(|moved| stage.event(moved)));
    let project = Project::open(global.config.as_deref()).ok();
    stage.hands = driven::Hands::of(how.manual);
    stage.playbooks = project.as_ref().map(Project::titles).unwrap_or_default();
    let operator = stage.operator.clone();
    fresh.push(stage.event(Kind::Attached {
        operator,
        boot_id,
        host: machine::host(),
        changed_files: pinned::changed(project.as_ref(), &opened),
        answers: crate::run::given::kept(&plan, &given),
    }));
    let wanted = also(&run);
    let identified =
        super::identity::again(&mut stage, &plan, &config, &run, &how.accept_target, &wanted)?;
    fresh.extend(identified.map(|fact| stage.event(fact)));
    let more = super::drill::again(&mut stage, &plan, &config, &run, wanted)?;
    for kind in more {
        fresh.push(stage.event(kind));
    }
    let mut answers = driven::answers(&plan, &run.given, &given, &how.confirm, !stage.attended);
    for (step, what) in &how.assume {
        assume(&mut answers, step, what);
    }
    driven::drive(&mut stage, &plan, &mut run, &mut journal, view, fresh, answers)?;
    let (dir, told) = driven::told(journal);
    super::report::leave(&stage.screen, &run, &dir, &plan, told)?;
    Ok(Ended { run, plan, dir, stage })
}

/// An assumption answers the menu of a step whose outcome is unknown, with itself as the reason.
fn assume(
    answers: &mut std::collections::HashMap<String, crate::run::session::Scripted>,
    step: &str,
    what: &str,
) {
    use crate::run::session::{Scripted, Source};
    let choice = if what == "done" { "by_hand" } else { "retry" };
    let mut give = |about: String, value: &str, source| {
        answers.insert(about, Scripted { value: value.into(), source });
    };
    give(format!("{step}.menu"), choice, Source::Answer);
    give(format!("{step}.reason"), &format!("--assume {step}={what}"), Source::Answer);
    if what == "not-done" {
        // Saying that it did not happen is what the strict gate asks to be typed.
        give(Source::Confirm.kept_under(step), step, Source::Confirm);
    }
}

/// Words for the condition of a record that was read.
pub(super) fn condition(condition: &Condition) -> Option<String> {
    match condition {
        Condition::Clean => None,
        Condition::Torn { .. } => Some("its last write was cut short".to_owned()),
        Condition::Damaged { line, .. } => Some(format!("damaged at line {line}")),
        Condition::EndMissing { .. } => Some("its end is missing".to_owned()),
        Condition::NewerFormat { .. } => Some("written by a newer mayday".to_owned()),
    }
}
