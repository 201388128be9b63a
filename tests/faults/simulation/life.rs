//! One seed from its first event to its last: sessions, crashes, resumes, until the run is closed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::rc::Rc;
use std::sync::OnceLock;

use mayday::config::Config;
use mayday::diagnostic::SourceFile;
use mayday::effect::Effect;
use mayday::plan::{Library, Mode, Plan, Purpose};
use mayday::playbook::parse;
use mayday::report::{self, Checked, Names};
use mayday::run::clock::rto_anchor;
use mayday::run::drive::{Driver, Observer};
use mayday::run::event::{Event, FORMAT, Kind, Milestone, Opened, Outcome};
use mayday::run::session::{Scripted, Session, Source};
use mayday::run::state::Run;
use mayday::time::Span;

use super::book::{Book, PROJECT, book};
use super::dice::Dice;
use super::nature::{Crash, Death, Nature, begin};
use super::operator::zone;
use super::outside::Outside;
use super::paper::Paper;

/// Every run could be reported on; so many of a hundred are.
const REPORTED: usize = 8;

/// A run needs no more drivers than this.
const MOST_SESSIONS: usize = 40;

/// What became of a seed.
pub(super) struct Lived {
    pub(super) nature: Nature,
    pub(super) sessions: usize,
    pub(super) crashes: usize,
}

fn config() -> &'static Config {
    static CONFIG: OnceLock<Config> = OnceLock::new();
    CONFIG.get_or_init(|| {
        let parsed = parse::config(&SourceFile::new("mayday.yaml", PROJECT));
        assert!(parsed.faults.is_empty(), "{:?}", parsed.faults);
        parsed.value.unwrap()
    })
}

fn plan(book: &Book) -> Plan {
    let mut library = Library::new();
    for text in &book.texts {
        let parsed = parse::playbook(&SourceFile::new("test.yaml", text.as_str()));
        let faults: Vec<_> = parsed.faults.iter().map(|fault| &fault.message).collect();
        assert!(faults.is_empty(), "{faults:?} in\n{text}");
        let playbook = parsed.value.unwrap();
        library.insert(playbook.head.id.clone(), playbook);
    }
    let purpose = Purpose {
        playbook: "test",
        environment: book.environment,
        mode: if book.drill { Mode::Drill } else { Mode::Real },
        base: Path::new("/project"),
    };
    let mut plan = Plan::build(&library, config(), purpose).unwrap();
    "run-1".clone_into(&mut plan.place.run_id);
    plan.place.run_dir = "/state/run-1".into();
    plan
}

/// Whoever looks on: sees only what is durable, and no secret.
struct Eyes(Rc<RefCell<Nature>>);

impl Observer for Eyes {
    fn event(&mut self, _: &Plan, run: &Run, event: &Event) {
        let mut nature = self.0.borrow_mut();
        let place = nature.shown;
        assert_eq!(nature.events.get(place), Some(event), "I1: shown before it is durable");
        nature.shown += 1;
        if nature.shown == nature.events.len() {
            nature.clocks_are_right(run);
        }
    }

    fn line(&mut self, _: &Plan, _: &Run, _: &str, line: &str) {
        self.0.borrow().is_clean(line, "a line of output");
    }

    fn say(&mut self, words: &str) {
        self.0.borrow().is_clean(words, "what is said");
    }

    fn busy(&mut self, _: &Plan, _: &Run, effect: Option<&Effect>) {
        if let Some(effect) = effect {
            self.0.borrow().is_clean(&effect.what(), "the progress line");
        }
    }
}

/// Lives a seed to its end.
///
/// # Errors
/// The law that was broken, with the story until then.
pub(super) fn live(seed: u64) -> Result<Lived, String> {
    let book = book(&mut Dice::apart(seed, 1));
    let plan = Rc::new(plan(&book));
    let nature = Rc::new(RefCell::new(Nature::new(seed, Rc::clone(&plan))));
    match catch_unwind(AssertUnwindSafe(|| sessions(&plan, &nature))) {
        Ok((sessions, crashes)) => {
            let nature = Rc::into_inner(nature).unwrap().into_inner();
            Ok(Lived { nature, sessions, crashes })
        }
        Err(broken) => {
            let words = broken.downcast_ref::<String>().map(String::as_str);
            let words = words.or_else(|| broken.downcast_ref::<&str>().copied());
            Err(format!("{}\n{}", words.unwrap_or_default(), story(&nature.borrow(), &book)))
        }
    }
}

/// The last events, each with the true time, and the playbook.
fn story(nature: &Nature, book: &Book) -> String {
    let from = nature.events.len().saturating_sub(60);
    let kept = nature.events[from..].iter().zip(nature.times[from..].iter().copied());
    let staged = nature.staged_events.iter().map(|(event, stamp)| (event, stamp.t));
    let mut story = String::new();
    for (event, t) in kept.chain(staged) {
        let text = serde_json::to_string(&event.kind).unwrap();
        story.push_str(&format!("{t:>9} {text}\n"));
    }
    let books = book.texts.join("---\n");
    let written = nature.events.len();
    format!("{story}at {}, {written} events are durable\n{books}", nature.t)
}

fn sessions(plan: &Plan, nature: &Rc<RefCell<Nature>>) -> (usize, usize) {
    let mut crashes = 0;
    let mut rolled_back = false;
    open(plan, nature);
    for count in 1..MOST_SESSIONS {
        let mut run = Run::fold(&nature.borrow().events);
        if count > 1 {
            let over = run.closed.is_some() && run.rollback.is_none();
            let back = !rolled_back && run.rollback.is_none() && {
                let mut nature = nature.borrow_mut();
                nature.fate.often(if over { 15 } else { 4 })
            };
            if over && !back {
                finish(plan, &mut nature.borrow_mut(), &run);
                return (count - 1, crashes);
            }
            rolled_back |= back;
            take_up(plan, nature, &mut run, back, count);
        }
        match drive(plan, nature, &mut run) {
            End::Left => {
                let nature = nature.borrow();
                assert_eq!(
                    run,
                    Run::fold(&nature.events),
                    "I10: memory is not what a resume reads"
                );
                let over = run.closed.is_some() || run.stopped.is_some();
                assert!(over, "it left without a word");
            }
            End::Died => crashes += 1,
        }
    }
    panic!("no end after {MOST_SESSIONS} sessions");
}

enum End {
    Left,
    Died,
}

fn open(plan: &Plan, nature: &Rc<RefCell<Nature>>) {
    let mut nature = nature.borrow_mut();
    nature.attended = plan.mode == Mode::Real || nature.fate.often(60);
    let first = Kind::Opened(Box::new(Opened {
        format: FORMAT,
        mayday: "0.1.0".to_owned(),
        run: "run-1".to_owned(),
        mode: plan.mode,
        playbook: plan.head.id.clone(),
        title: plan.head.title.clone(),
        environment: plan.place.name.clone(),
        danger: plan.place.danger,
        base: "/project".to_owned(),
        severity: plan.head.severity,
        operator: "ana".to_owned(),
        host: "host".to_owned(),
        boot_id: nature.boot_id(),
        unattended: !nature.attended,
        pinned: std::collections::BTreeMap::new(),
        targets: std::collections::BTreeMap::new(),
        answers: std::collections::BTreeMap::default(),
    }));
    let mut kinds = vec![first];
    if plan.mode == Mode::Real {
        for (milestone, ago) in [(Milestone::ImpactStarted, 30), (Milestone::Detected, 20)] {
            if nature.fate.often(80) {
                let when = begin() - Span::from_secs(ago);
                let source = "flag".to_owned();
                kinds.push(Kind::Milestone { milestone, when, source, reason: None });
            }
        }
    }
    for kind in kinds {
        put(&mut nature, kind);
    }
    nature.commit().unwrap();
    nature.shown = nature.events.len();
}

fn put(nature: &mut Nature, kind: Kind) -> Event {
    let now = nature.now();
    let by = "ana".to_owned();
    let event = Event { at: now.wall, boot_ms: now.boot.millis(), by, slip: None, kind };
    nature.stage(event).unwrap().1
}

/// What a new driver does first: read, cut off what is torn, say who drives.
fn take_up(plan: &Plan, nature: &Rc<RefCell<Nature>>, run: &mut Run, back: bool, count: usize) {
    let mut nature = nature.borrow_mut();
    nature.down();
    let torn = nature.reopen();
    *run = Run::fold(&nature.events);
    nature.what_is_broken();
    let (boots, off) = nature.written;
    nature.lost_time |= boots != nature.boots && off != nature.stamp().off;
    nature.calm |= count > 12 || nature.budget == 0 && nature.fate.often(50);
    nature.attended = nature.calm || nature.fate.often(75);
    let operator = if nature.fate.often(80) { "ana" } else { "dee" };
    let mut kinds = Vec::new();
    if let Some(by) = run.stepped(&nature.boot_id(), nature.now()) {
        kinds.push(Kind::ClockStepped { by_ms: by.millis(), while_down: true });
    }
    kinds.extend(torn);
    kinds.push(Kind::Attached {
        operator: operator.to_owned(),
        boot_id: nature.boot_id(),
        host: "host".to_owned(),
        changed_files: Vec::new(),
        answers: std::collections::BTreeMap::default(),
    });
    if back && run.rollback.is_none() {
        let to = run.passed.first().cloned().filter(|_| nature.fate.often(50));
        kinds.push(Kind::RollbackStarted { to, from: None });
    } else if count > 20 && run.closed.is_none() {
        let reason = "enough".to_owned();
        kinds.push(match plan.mode {
            Mode::Drill => Kind::Abandoned { reason },
            Mode::Real => Kind::Closed { outcome: Outcome::Aborted, reason },
        });
    }
    for kind in kinds {
        let event = put(&mut nature, kind);
        run.apply(&event);
    }
    nature.commit().unwrap();
    nature.shown = nature.events.len();
}

fn drive(plan: &Plan, nature: &Rc<RefCell<Nature>>, run: &mut Run) -> End {
    let mut session = {
        let mut nature = nature.borrow_mut();
        nature.arm();
        let answers = answers(plan, &mut nature);
        Session { attended: nature.attended, answers, ..Session::default() }
    };
    let driven = catch_unwind(AssertUnwindSafe(|| {
        Driver {
            plan,
            run,
            session: &mut session,
            record: &mut Paper(Rc::clone(nature)),
            world: &mut Outside(Rc::clone(nature)),
            observer: &mut Eyes(Rc::clone(nature)),
            zone: zone(),
        }
        .drive()
    }));
    let mut nature = nature.borrow_mut();
    match driven {
        Ok(Ok(())) => {
            assert!(nature.staged.is_empty(), "I1: left before all was durable");
            nature.bury(Death::Kill);
            End::Left
        }
        Ok(Err(trouble)) => {
            assert!(nature.unwritten, "trouble with a good disk: {trouble}");
            nature.bury(Death::Kill);
            End::Died
        }
        Err(crash) if crash.is::<Crash>() => End::Died,
        Err(broken) => {
            drop(nature);
            resume_unwind(broken)
        }
    }
}

/// Answers given in advance, good and bad.
fn answers(plan: &Plan, nature: &mut Nature) -> HashMap<String, Scripted> {
    let mut answers = HashMap::new();
    if plan.mode == Mode::Drill && !nature.attended {
        for (about, value) in &plan.answers {
            answers.insert(about.clone(), Scripted { value: value.clone(), source: Source::Drill });
        }
    }
    let some = if nature.attended { 3 } else { 60 };
    for unit in &plan.units {
        if !nature.fate.often(some) {
            continue;
        }
        let key = &unit.key;
        let choice = nature.fate.pick(&["skip", "by_hand", "retry", "abort", "check", "nonsense"]);
        let word = nature.fate.pick(&["yes", "a", "done", "42", "5m"]);
        let given = [
            (format!("{key}.menu"), choice, Source::Answer),
            (format!("{key}.reason"), "because", Source::Answer),
            (format!("{key}.evidence"), "seen", Source::Answer),
            (format!("{key}.commit"), "yes", Source::Answer),
            (format!("{key}.override"), "break glass: nobody is there", Source::Confirm),
            (format!("{key}.second"), "break glass: nobody is there", Source::Confirm),
        ];
        for (about, value, source) in given {
            answers.insert(about, Scripted { value: value.into(), source });
        }
        let (value, source) = if unit.step.action.is_question() {
            (word, Source::Answer)
        } else {
            (key.as_str(), Source::Confirm)
        };
        answers.insert(key.clone(), Scripted { value: value.into(), source });
    }
    answers
}

/// The run is closed: the laws about the whole of it.
fn finish(plan: &Plan, nature: &mut Nature, run: &Run) {
    nature.nothing_denied_happened();
    assert!(run.closed.is_some() && run.rollback.is_none());
    if nature.fate.often(REPORTED) {
        reports(plan, nature);
    }
}

/// I9: the post-mortem renders, tells every event, and holds no secret; I7: it tells the true times.
fn reports(plan: &Plan, nature: &Nature) {
    let numbered: Vec<(u64, Event)> = (0..).zip(nature.events.iter().cloned()).collect();
    let checked = Checked { sound: true, head: nature.newest.short(), findings: Vec::new() };
    let context =
        report::context(&numbered, Some(plan), Some(&checked), Names::Full, nature.wall());
    assert_eq!(context["timeline"].as_array().map(Vec::len), Some(numbered.len()), "I9");
    assert_eq!(context["record"]["events"], numbered.len(), "I9");
    let text = report::render(report::POSTMORTEM, "postmortem.md.j2", &context).unwrap();
    nature.is_clean(&text, "the report");
    nature.is_clean(&context.to_string(), "the context of the report");
    let straight = &nature.straight;
    let anchor = rto_anchor(plan, straight).map(|(at, _)| at);
    let recovered = straight.milestones.get(&Milestone::Recovered);
    if let (Some(from), Some(to), false) = (anchor, recovered, nature.lost_time) {
        let told = context["objectives"]["rto"]["achieved_ms"].as_i64();
        let off = told.map(|told| (told - to.since(from).millis()).abs());
        assert!(off.is_some_and(|off| off <= 1000), "I7: the report says {told:?}, {from} to {to}");
    }
}
