//! `mayday status [RUN]`: where a run stands, read from its record. Needs no lock.

use clap::Args;

pub(super) mod data;
mod watch;

use data::Told;

use super::driven;
use super::exit::{self, Failure};
use super::{Global, machine, out, pinned, whose};
use crate::journal::Condition;
use crate::plan::{Plan, Unit};
use crate::run::clock::{Clock, clocks};
use crate::run::event::Kind;
use crate::run::outbox::{Letter, LetterState};
use crate::run::stands;
use crate::run::state::Run;
use crate::run::words;
use crate::severity::Names;
use crate::steps::Verdict;
use crate::text::one_line;
use crate::time::Timestamp;
use crate::ui::lang::Lang;

/// Flags of `status`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  \
    mayday status                             where the newest run stands\n  \
    mayday status 20261122-1820-p2c --json\n  \
    mayday status --watch                     and what happens from here on, as it happens\n  \
    mayday status --line                      one line, for tmux and shell prompts")]
pub struct StatusArgs {
    /// The run's id, or its beginning [default: the newest run, of this project where it has one]
    run: Option<String>,
    /// Print it as JSON
    #[arg(long, conflicts_with_all = ["watch", "line"])]
    json: bool,
    /// Go on showing what happens, until the run is closed or Ctrl-C
    #[arg(long, conflicts_with = "line")]
    watch: bool,
    /// One line that fits into a status bar; nothing when no run is open
    #[arg(long)]
    line: bool,
}

pub(super) fn status(global: &Global, args: &StatusArgs) -> Result<u8, Failure> {
    let store = driven::store(global)?;
    let refused = |trouble| driven::refused(&trouble);
    if args.line {
        watch::line(&store, args.run.as_deref(), machine::lang(global));
        return Ok(exit::DONE);
    }
    let id = match &args.run {
        Some(text) => store.find(text).map_err(refused)?,
        None => whose::newest(&store, global.config.as_deref())?
            .ok_or_else(|| Failure::new(exit::USAGE, "show a status: there are no runs"))?,
    };
    let read = store.read(&id).map_err(refused)?;
    let run = Run::fold(read.events.iter().map(|(_, event)| event));
    let dir = store.dir(&id).map_err(refused)?;
    let driver = store.driver(&id);
    let state = super::runs::state(&run, driver.as_deref());
    let driven = driver.is_some();
    let now = machine::wall_clock();
    let plan = run
        .opened
        .as_ref()
        .and_then(|opened| pinned::plan_in(&dir, opened, machine::lang(global)).ok());
    let plan = plan.map(|(plan, _)| plan);
    let clocks = plan.as_ref().map(|plan| clocks(plan, &run)).unwrap_or_default();
    let steps: Vec<Step> = plan.as_ref().map(|plan| Step::all(plan, &run, now)).unwrap_or_default();
    if args.json {
        let told = Told { id: &id, run: &run, plan: plan.as_ref(), state: &state, driven };
        out::json(&told.data(&clocks, &steps, now).to_string());
        return Ok(exit::DONE);
    }
    let lang = machine::lang(global);
    let column = match lang {
        Lang::English => 8,
        Lang::Spanish => 10,
    };
    let say = |line: &str| out::line(&lang.say(line));
    let names = plan.as_ref().map(|plan| plan.severity_names.clone()).unwrap_or_default();
    say(&heading(&run, id.as_str(), &state, &names));
    if let Some(damage) = super::resume::condition(&read.scan.condition) {
        say(&format!("WARNING  the record: {damage}; `mayday verify {id}` says more"));
    }
    let ended = read.events.last().map(|(_, event)| event.at).filter(|_| run.closed.is_some());
    for clock in &clocks {
        say(&format!("CLOCK  {}", clock_line(clock, &run, ended, now)));
    }
    for step in steps.iter().filter(|step| step.is_shown()) {
        let word = step.status.replace('_', " ");
        let word = lang.say(&word).to_uppercase();
        let how_far = step.items.map(|(over, all)| lang.say(&format!("({over} of {all})")).into());
        let how_far: String = how_far.map(|it: String| format!("  {it}")).unwrap_or_default();
        out::line(&format!("{word:column$} {}  {}{how_far}", step.key, step.title));
    }
    if let Some((key, title)) = plan.as_ref().and_then(|plan| next(plan, &run, &steps, now)) {
        out::line(&format!("{:column$} {key}  {title}", lang.say("NEXT")));
    }
    let shown = Shown { dir: dir.path(), plan: plan.as_ref(), driven };
    open_matters(&run, &read.events, &shown, &say);
    if args.watch && run.closed.is_none() {
        return watch::watch(&store, &id, read.events.len() as u64, lang);
    }
    let usable = matches!(read.scan.condition, Condition::Clean | Condition::Torn { .. });
    if run.closed.is_none() && run.opened.is_some() && !driven && !usable {
        say(&format!("It cannot be gone on with; what is still good: mayday report {id}"));
    } else if run.closed.is_none() && run.opened.is_some() && !driven {
        say(&format!("Go on with: mayday resume {id}"));
    }
    Ok(exit::DONE)
}

/// A run that is shown, beside its record.
struct Shown<'a> {
    dir: &'a std::path::Path,
    /// Nothing where its pinned files cannot be read.
    plan: Option<&'a Plan>,
    driven: bool,
}

/// What else is open: why it was left, who does what, who is waited for, which messages are on their way.
fn open_matters(
    run: &Run,
    events: &[(u64, crate::run::event::Event)],
    shown: &Shown<'_>,
    say: &dyn Fn(&str),
) {
    let last = events.iter().rev().find_map(|(_, event)| match &event.kind {
        Kind::Stopped { message, .. } => Some(message.clone()),
        _ => None,
    });
    if let Some(message) = last.filter(|_| run.closed.is_none()) {
        say(&format!("STOPPED  {message}"));
    }
    for (role, to) in &run.roles {
        say(&format!("ROLE     {role}: {to}"));
    }
    for (step, asked) in crate::run::approval::waiting(run) {
        say(&format!("WAITS    {step}: a second person must agree: {}", asked.what));
    }
    for letter in run.outbox.letters().filter(|letter| letter.signal.is_tell()) {
        say(&format!("MESSAGE  {}: {}", letter.to, letter_state(letter, shown.driven)));
        let by_hand = matches!(letter.state, LetterState::Failed | LetterState::Shown);
        let reach = shown.plan.and_then(|plan| plan.place.reach(&letter.to));
        if let Some(reach) = reach.filter(|_| by_hand) {
            say(&format!("REACH    {}: {}", letter.to, one_line(reach)));
        }
    }
    match crate::world::inbox::waiting(shown.dir).len() {
        0 => {}
        1 => say("INBOX    1 message from another terminal waits to be recorded"),
        count => {
            say(&format!("INBOX    {count} messages from other terminals wait to be recorded"));
        }
    }
}

fn heading(run: &Run, id: &str, state: &str, names: &Names) -> String {
    let Some(opened) = &run.opened else { return format!("Run {id}  {state}") };
    let environment = opened.environment.to_uppercase();
    let severity = run.incident.severity.map(|severity| format!("{}  ", names.shown(severity)));
    let severity = severity.unwrap_or_default();
    format!("Run {id}  {}  {environment}  {severity}{state}", opened.playbook)
}

/// `rto  15m from start of the impact: due 18:35:00Z, 09:48 left`.
fn clock_line(clock: &Clock, run: &Run, ended: Option<Timestamp>, now: Timestamp) -> String {
    // Nobody meets an escalation: it goes out, or it is not needed any more.
    let escalation = clock.id.starts_with("escalation:");
    let told = run.deadlines.contains(&clock.id);
    // Behind the end of a run nothing is waited for but its post-mortem.
    let ended = ended.filter(|_| clock.id != "postmortem");
    let how = match clock.met {
        _ if escalation && told => "escalated".to_owned(),
        Some(met) if escalation && met <= clock.due => "not needed any more".to_owned(),
        None if ended.is_some_and(|ended| clock.due > ended) => {
            "the run ended before it was due".to_owned()
        }
        None if ended.is_some() => "not met when the run ended".to_owned(),
        None if escalation && now >= clock.due => {
            format!("{} OVER, not escalated yet", now.since(clock.due).clock())
        }
        Some(met) if met <= clock.due => {
            format!("met with {} to spare", (clock.due.since(met)).clock())
        }
        Some(met) => format!("missed by {}", met.since(clock.due).clock()),
        None if now >= clock.due => format!("{} OVER", now.since(clock.due).clock()),
        None => format!("{} left", clock.due.since(now).clock()),
    };
    format!("{}  {} from {}: due {}, {how}", clock.id, clock.span, clock.anchor, clock.due.clock())
}

/// How far a message is, in the words of a person who asks whether it has arrived.
fn letter_state(letter: &Letter, driven: bool) -> String {
    match letter.state {
        LetterState::Waiting(Some(at)) if driven => {
            format!("tried {}, again at {}", times(letter.attempts), at.clock())
        }
        LetterState::Sending if driven => "being sent".to_owned(),
        LetterState::Waiting(_) | LetterState::Sending if !driven && letter.attempts > 0 => {
            format!("tried {}, again when the run is taken up", times(letter.attempts))
        }
        LetterState::Waiting(_) | LetterState::Sending => "not sent yet".to_owned(),
        LetterState::Delivered => "delivered".to_owned(),
        LetterState::Shown => "shown to the operator, to be said".to_owned(),
        LetterState::Failed => "NOT delivered; pass it on by hand".to_owned(),
    }
}

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// What is done next when the run goes on; `None` when nothing is.
fn next(plan: &Plan, run: &Run, steps: &[Step], now: Timestamp) -> Option<(String, String)> {
    if let Some(undo) = stands::next_undo(plan, run) {
        let title = words::title(plan, run, &undo.unit, undo.item, now);
        return Some((undo.key, title));
    }
    let mut open = steps.iter().filter(|step| step.open && run.closed.is_none());
    let next = open.next()?;
    // Of a step that is done for several, the item.
    let next = open.next().filter(|item| next.items.is_some() && item.item).unwrap_or(next);
    Some((next.key.clone(), next.title.clone()))
}

struct Step {
    key: String,
    status: &'static str,
    title: String,
    /// It is not over.
    open: bool,
    /// It is one of several that a step is done for.
    item: bool,
    /// Of how many items it is done for so many are over.
    items: Option<(usize, usize)>,
}

impl Step {
    /// Each step of the plan, behind it the items that it is done for.
    fn all(plan: &Plan, run: &Run, now: Timestamp) -> Vec<Self> {
        plan.units.iter().flat_map(|unit| Self::with_items(plan, run, unit, now)).collect()
    }

    fn with_items(plan: &Plan, run: &Run, unit: &Unit, now: Timestamp) -> Vec<Self> {
        let title = |item| words::title(plan, run, unit, item, now);
        let values = run.items.get(&unit.key);
        let items = values.into_iter().flatten().enumerate().map(|(at, value)| {
            let key = format!("{}[{at}]", unit.key);
            let (status, open) = (status_of(run, &key), run.status(&key).is_none());
            Self { key, status, title: title(Some((at, value))), open, item: true, items: None }
        });
        let mut all: Vec<Self> = items.collect();
        let over = all.iter().filter(|item| !item.open).count();
        let (key, open) = (unit.key.clone(), run.status(&unit.key).is_none());
        let mut status = status_of(run, &key);
        if status == "-" && all.iter().any(|item| item.status != "-") {
            let found = |word: &&&str| all.iter().any(|item| item.open && item.status == **word);
            status =
                ["unknown", "failed", "running"].iter().find(found).copied().unwrap_or("begun");
        }
        let items = values.map(|all| (over, all.len()));
        all.insert(0, Self { key, status, title: title(None), open, item: false, items });
        all
    }

    /// Of many items those that are over say nothing by themselves.
    fn is_shown(&self) -> bool {
        self.status != "-" && (!self.item || self.open)
    }
}

fn status_of(run: &Run, key: &str) -> &'static str {
    if run.undone.contains(key) {
        return "undone";
    }
    match run.step(key) {
        None => "-",
        Some(state) => match (state.settled, &state.verdict, &state.running) {
            (Some(status), ..) => status.word(),
            (None, Some(Verdict::Unknown { .. }), _) => "unknown",
            (None, Some(Verdict::Fail(_)), _) => "failed",
            (None, _, Some(_)) => "running",
            (None, ..) => "-",
        },
    }
}
