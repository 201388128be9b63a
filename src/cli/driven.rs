//! Driving a run from the command line: the world, the record, the screen and the plan put together.
//!
//! `run`, `resume`, `rollback`, `abort` and `drill` differ in how they begin; from here on they are one.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::exit::{self, Failure};
use super::observer::Shown;
use super::project::Project;
use super::{Global, machine};
use crate::config::Config;
use crate::journal::{Holder, Journal, Redact, RunDir, Store, Trouble};
use crate::plan::{Mode, Plan};
use crate::run::drive::{Driver, Observer as _, Record, RecordTrouble, World};
use crate::run::event::{Event, Kind, StopReason};
use crate::run::given::Given;
use crate::run::session::{AboutRecord, Scripted, Session, Source};
use crate::run::state::Run;
use crate::secret::Redactor;
use crate::steps::Verdict;
use crate::ui::prompt::Prompt;
use crate::ui::screen::Screen;
use crate::ui::view::View;
use crate::world::console;
use crate::world::live::{LiveWorld, Setting};

/// How long the end waits for a terminal that stands still.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The parts of a session that do not depend on which run it is.
pub(super) struct Stage {
    /// The world.
    pub world: LiveWorld,
    /// The screen.
    pub screen: Screen,
    /// Somebody can be asked.
    pub attended: bool,
    /// Who drives.
    pub operator: String,
    /// Print events to standard output.
    pub json: bool,
    /// Where nobody can be asked: a record that cannot be written may go on elsewhere.
    pub record_elsewhere: bool,
    /// Where commands are run.
    pub hands: Hands,
    /// Playbooks that a run may be handed over to: id and title.
    pub playbooks: Vec<(String, String)>,
}

/// Who runs the commands of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hands {
    /// mayday does.
    Mayday,
    /// The operator does, elsewhere, and says what came of it (`--manual`).
    Operator,
    /// Nobody: the run is not taken up, only its messages are sent.
    Nobody,
}

impl Hands {
    /// Whoever the flag says.
    pub(super) const fn of(manual: bool) -> Self {
        if manual { Self::Operator } else { Self::Mayday }
    }
}

impl Stage {
    /// Opens the screen and the world for a plan.
    ///
    /// # Errors
    /// Signals or threads cannot be had.
    pub(super) fn open(
        global: &Global,
        plan: &Plan,
        config: &Config,
        operator: Option<&str>,
        json: bool,
        record_elsewhere: bool,
    ) -> Result<Self, Failure> {
        // Secrets are resolved from here on.
        crate::world::machine::keep_memory_private();
        let internal = |error: io::Error| Failure::new(exit::INTERNAL, format!("start: {error}"));
        crate::world::machine::survive_file_limit().map_err(internal)?;
        let screen = Screen::start(machine::look(global), Box::new(machine::boot_clock))
            .map_err(internal)?;
        let attended = machine::attended(global);
        let prompt =
            attended.then(|| Prompt::new(screen.clone(), machine::wall_clock, machine::zone()));
        let world = LiveWorld::open(Setting {
            secrets: config.secrets.clone(),
            base: plan.place.cwd.clone(),
            env_file: super::pinned::env_file(config, plan),
            variables: crate::world::surroundings::variables(&plan.place),
            run_dir: plan.place.run_dir.clone(),
            run_id: plan.place.run_id.clone(),
            operator: prompt.map(|prompt| Box::new(prompt) as _),
            // By this name it stays the program that runs, also when the file is replaced meanwhile.
            keeper: Some("/proc/self/exe".into()),
        })
        .map_err(internal)?;
        let operator = machine::operator(operator);
        Ok(Self {
            world,
            screen,
            attended,
            operator,
            json,
            record_elsewhere,
            hands: Hands::Mayday,
            playbooks: Vec::new(),
        })
    }

    /// Hides every secret known by then from every line of the record.
    pub(super) fn redact(&self) -> Redact {
        hides(self.world.redactor())
    }

    /// The same, for whoever needs more than one while the stage is in use.
    pub(super) fn redacts(&self) -> impl Fn() -> Redact + use<> {
        let redactor = self.world.redactor();
        move || hides(Arc::clone(&redactor))
    }

    /// Who holds the run, for a second driver's message.
    pub(super) fn holder(&self) -> Holder {
        Holder { operator: self.operator.clone(), since: machine::wall_clock() }
    }

    /// An event of now, by the operator.
    pub(super) fn event(&mut self, kind: Kind) -> Event {
        let (now, by) = (self.world.now(), self.operator.clone());
        Event { at: now.wall, boot_ms: now.boot.millis(), by, slip: None, kind }
    }
}

pub(super) fn hides(redactor: Arc<Mutex<Redactor>>) -> Redact {
    Box::new(move |text| {
        let redactor = redactor.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match redactor.redact_shown(text) {
            std::borrow::Cow::Borrowed(_) => None,
            std::borrow::Cow::Owned(hidden) => Some(hidden),
        }
    })
}

/// Answers given in advance: by the drill, by who drove before, on the command line.
pub(super) fn answers(
    plan: &Plan,
    before: &Given,
    answers: &[(String, String)],
    confirms: &[(String, String)],
    unattended_drill: bool,
) -> HashMap<String, Scripted> {
    let mut all = HashMap::new();
    if plan.mode == Mode::Drill && unattended_drill {
        for (about, value) in &plan.answers {
            all.insert(about.clone(), Scripted { value: value.clone(), source: Source::Drill });
        }
    }
    for (about, value) in before.answers() {
        let value = Value::String(value.clone());
        all.insert(about.clone(), Scripted { value, source: Source::Kept });
    }
    for (list, source) in [(answers, Source::Answer), (confirms, Source::Confirm)] {
        for (about, value) in list {
            let value = Value::String(value.clone());
            all.insert(source.kept_under(about), Scripted { value, source });
        }
    }
    all
}

/// An answer for something that nobody will ask about is a slip of the pen, found before anything runs.
///
/// # Errors
/// The first such answer, with the name that is nearest.
pub(super) fn asked_about<'a>(
    plan: &Plan,
    given: impl Iterator<Item = &'a (String, String)>,
) -> Result<(), Failure> {
    let steps = plan.units.iter().map(|unit| unit.key.as_str());
    let inputs = plan.inputs.iter().map(|(name, _)| name.as_str());
    let known: Vec<&str> = steps.chain(inputs).chain([crate::run::next::HELD]).collect();
    for (about, _) in given {
        let of = |name: &&str| match about.strip_prefix(*name) {
            // `step.menu`, `step.undo`, `each[2]`
            Some(rest) => rest.is_empty() || rest.starts_with(['.', '[']),
            None => false,
        };
        if known.iter().any(of) {
            continue;
        }
        let failure = Failure::new(
            exit::USAGE,
            format!("answer `{about}`: no step or input of {} has this name", plan.head.id),
        );
        let name = about.split(['.', '[']).next().unwrap_or(about);
        return Err(match crate::diagnostic::did_you_mean(name, known.iter().copied()) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint(format!("`mayday show {}` lists the steps", plan.head.id)),
        });
    }
    Ok(())
}

/// Drives the run to where this driver leaves it, and says where that is.
///
/// # Errors
/// The record cannot be written; nothing further was begun.
pub(super) fn drive(
    stage: &mut Stage,
    plan: &Plan,
    run: &mut Run,
    journal: &mut Journal,
    view: View,
    fresh: Vec<Event>,
    answers: HashMap<String, Scripted>,
) -> Result<(), Failure> {
    let errand = stage.hands == Hands::Nobody;
    let (now, folder) = (stage.world.now(), journal.dir().path().display().to_string());
    let mut observer = Shown::new(stage.screen.clone(), view, stage.json, now);
    console::drives(&plan.place.run_id, &folder);
    let about_record = AboutRecord { elsewhere: stage.record_elsewhere, ..AboutRecord::default() };
    stage.world.listen();
    let mut session = Session {
        attended: stage.attended,
        answers,
        spent: run.given.spent().clone(),
        record: about_record,
        user: machine::account(),
        shell: machine::shell(),
        manual: stage.hands == Hands::Operator,
        playbooks: std::mem::take(&mut stage.playbooks),
        errand: errand.then_some(now.wall),
        lang: stage.screen.look.lang,
        ..Session::default()
    };
    let mut driver = Driver {
        plan,
        run,
        session: &mut session,
        record: journal,
        world: &mut stage.world,
        observer: &mut observer,
        zone: machine::zone(),
    };
    let mut done = driver.begin_with(fresh).and_then(|()| driver.drive());
    if session.crashed {
        let _ = stage.screen.flushed(LAST_WORDS);
        super::drill::crash(&stage.screen, &plan.place.run_id);
    }
    if done.is_ok()
        && !errand
        && let Some(fact) = super::drill::leave(plan, run)
    {
        done = append(stage, plan, run, journal, &mut observer, Kind::Drill(fact));
    }
    for warning in stage.world.warnings() {
        stage.screen.tell(&format!("WARNING  {warning}"));
    }
    super::notify::tell_unsent(run, &stage.screen);
    if let Some(line) =
        without_terminal(run, &plan.place.run_id).filter(|_| !stage.attended && !errand)
    {
        stage.screen.tell(&line);
    }
    stage.screen.rests();
    console::restore();
    console::drives_nothing();
    // The head is a witness of how long the record was; without it a cut end cannot be told. The record
    // itself is whole without it.
    if done.is_ok()
        && !journal.is_on_paper()
        && let Err(trouble) = journal.checkpoint()
    {
        let words = format!("WARNING  the end of the record has no witness: failed to {trouble}");
        stage.screen.tell(&words);
    }
    let _ = stage.screen.flushed(LAST_WORDS);
    done.map_err(|trouble| record(&trouble, stage))
}

/// One more event behind those of the loop.
fn append(
    stage: &mut Stage,
    plan: &Plan,
    run: &mut Run,
    journal: &mut Journal,
    observer: &mut Shown,
    kind: Kind,
) -> Result<(), RecordTrouble> {
    let now = stage.world.now();
    let event = Event {
        at: now.wall,
        boot_ms: now.boot.millis(),
        by: "mayday".to_owned(),
        kind,
        slip: None,
    };
    let (_, event) = Record::stage(journal, event)?;
    Record::commit(journal)?;
    run.apply(&event);
    observer.event(plan, run, &event);
    Ok(())
}

/// What the screen knows of a plan before anything happened. Titles are filled in step by step.
pub(super) fn view(stage: &Stage, plan: &Plan) -> View {
    let mut view = View::fresh(plan, machine::wall_clock());
    view.attended = stage.attended;
    view.lang = stage.screen.look.lang;
    view.width = width(&stage.screen, plan);
    view
}

/// Columns that lines of a run may fill now. Each line of a drill begins with the word; what is behind it must
/// fit too.
pub(super) fn width(screen: &Screen, plan: &Plan) -> usize {
    let mark = if plan.mode == Mode::Drill { screen.look.lang.say("DRILL ").len() } else { 0 };
    screen.width().saturating_sub(mark)
}

fn record(trouble: &RecordTrouble, stage: &Stage) -> Failure {
    let failure = Failure::new(exit::INTERNAL, &trouble.message);
    match (trouble.hint.as_str(), stage.attended || stage.record_elsewhere) {
        ("", _) => failure,
        (hint, true) => failure.hint(hint),
        (hint, false) => failure.hint(format!("{hint}; {ALLOW}")),
    }
}

/// How to allow beforehand what would be asked on a terminal.
pub(super) const ALLOW: &str =
    "or let the record go on in another place: the same command with --record-elsewhere";

/// Trouble with a run's folder or record, with its exit code.
pub(super) fn refused(trouble: &Trouble) -> Failure {
    let code = match trouble {
        Trouble::Held { .. } => exit::HELD,
        Trouble::NoSuchRun { .. } | Trouble::Ambiguous { .. } | Trouble::BadId { .. } => {
            exit::USAGE
        }
        _ => exit::PRECONDITION,
    };
    let mut words = trouble.to_string();
    let mut cause = std::error::Error::source(trouble);
    while let Some(why) = cause {
        words.push_str(&format!(": {why}"));
        cause = why.source();
    }
    let failure = Failure::new(code, words);
    match trouble.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// The store of runs.
///
/// # Errors
/// No folder for runs is known.
pub(super) fn store(global: &Global) -> Result<Store, Failure> {
    let places = machine::places(Project::record_fallback(global.config.as_deref()));
    Ok(Store::new(machine::state_dir(global)?).with_places(places))
}

/// Lets the run go. Its folder; and all that happened, when the record on disk does not hold all of it.
#[expect(clippy::needless_pass_by_value, reason = "the run is let go here")]
pub(super) fn told(journal: Journal) -> (RunDir, Option<Vec<(u64, Event)>>) {
    (journal.dir().clone(), journal.is_on_paper().then(|| journal.all()))
}

/// The flag for where nobody can be asked; the last event named the command.
fn without_terminal(run: &Run, id: &str) -> Option<String> {
    let (reason, _) = run.stopped.as_ref().filter(|_| run.closed.is_none())?;
    let assume = "--assume {}=done, or =not-done";
    let wanted = |verdict: &Verdict| match (reason, verdict) {
        (StopReason::OutcomeUnknown, Verdict::Unknown { .. }) => Some(assume),
        (StopReason::StepFailed, Verdict::Fail(_)) => Some("--answer {}.menu=retry"),
        _ => None,
    };
    let open = run.steps.iter().filter(|(_, state)| state.settled.is_none());
    let (key, flag) = open
        .filter_map(|(key, state)| Some((key, state.verdict.as_ref().and_then(wanted)?)))
        .min()?;
    Some(format!("Without a terminal: mayday resume {id} {}", flag.replace("{}", key)))
}

/// Where everything of the run is. What happened and how to go on was said by its last event.
pub(super) fn farewell(screen: &Screen, dir: &RunDir) {
    screen.tell(&format!("Record: {}", dir.path().display()));
    let _ = screen.flushed(LAST_WORDS);
}
