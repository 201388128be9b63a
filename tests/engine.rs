//! The pure core, driven from YAML to its end in a world with a virtual clock.

use std::collections::HashMap;
use std::path::Path;

use mayday::config::Config;
use mayday::diagnostic::SourceFile;
use mayday::effect::{Effect, Interrupt};
use mayday::plan::{Library, Mode, Plan, PlanTrouble, Purpose};
use mayday::playbook::parse;
use mayday::run::drive::{Driver, RecordTrouble};
use mayday::run::event::{Event, FORMAT, Kind, Milestone, Opened, StepStatus};
use mayday::run::session::{Scripted, Session, Source};
use mayday::run::state::{Run, StepState};
use mayday::time::{Span, Timestamp, Zone};
use mayday::world::sim::{MemoryRecord, Onlooker, Reply, SimWorld};
use serde_json::Value;

mod actions;
mod clocks;
mod crash;
mod drills;
mod forecasts;
mod gates;
mod hand;
mod incident;
mod injected;
mod interrupts;
mod menus;
mod milestones;
mod modifiers;
mod outbox;
mod plans;
mod resume_table;
mod second;
mod stops;

/// No test needs more events; a run that makes more goes round in circles.
const MOST: usize = 20_000;

/// What the world replies to: a part of what an effect does, or what a question is about.
type Replies = HashMap<String, Vec<Reply>>;

/// What is done to the world before the run begins.
type Shape = Box<dyn Fn(&mut SimWorld)>;

/// A playbook, a world and what came of it.
struct Rig {
    plan: Plan,
    attended: bool,
    answers: HashMap<String, Scripted>,
    replies: Replies,
    shape: Vec<Shape>,
    opening: Vec<Kind>,
    operator: String,
    at: Span,
    boot: &'static str,
    manual: bool,
    playbooks: Vec<(String, String)>,
}

/// One session of a run, over.
struct Came {
    events: Vec<Event>,
    run: Run,
    world: SimWorld,
    onlooker: Onlooker,
    trouble: Option<RecordTrouble>,
}

fn begin() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

fn secs(secs: i64) -> Span {
    Span::from_secs(secs)
}

fn library(texts: &[&str]) -> Library {
    texts
        .iter()
        .map(|text| {
            let parsed = parse::playbook(&SourceFile::new("test.yaml", *text));
            let errors: Vec<_> = parsed.faults.iter().map(|fault| &fault.message).collect();
            assert!(errors.is_empty(), "{errors:?} in\n{text}");
            let playbook = parsed.value.unwrap();
            (playbook.head.id.clone(), playbook)
        })
        .collect()
}

fn config(text: &str) -> Config {
    let parsed = parse::config(&SourceFile::new("mayday.yaml", text));
    let errors: Vec<_> = parsed.faults.iter().map(|fault| &fault.message).collect();
    assert!(errors.is_empty(), "{errors:?} in\n{text}");
    parsed.value.unwrap()
}

/// Two places: `low`, where little can go wrong, and `high`.
const PLACES: &str = r#"
contacts:
  team: { via: command, command: [tell] }
  page: { via: webhook, url: "https://hooks.example.com/x" }
environments:
  low: { danger: low, vars: { REGION: eu }, targets: { db: { type: sqlite, path: low.db }, pg: { type: postgres, url: "postgres://app@db/app" }, my: { type: mysql, url: "mysql://app@db/app" }, api: { type: http, base_url: "http://low.example.com" } } }
  high: { danger: high, targets: { db: { type: sqlite, path: high.db }, api: { type: http, base_url: "http://high.example.com" } } }
"#;

fn plan(texts: &[&str], environment: &str, mode: Mode) -> Result<Plan, PlanTrouble> {
    let library = library(texts);
    let first = parse::playbook(&SourceFile::new("test.yaml", texts[0])).value.unwrap();
    let purpose =
        Purpose { playbook: &first.head.id, environment, mode, base: Path::new("/project") };
    let mut plan = Plan::build(&library, &config(PLACES), purpose)?;
    "run-1".clone_into(&mut plan.place.run_id);
    plan.place.run_dir = "/state/run-1".into();
    Ok(plan)
}

/// The steps of a playbook with nothing else in it.
fn steps(steps: &str) -> String {
    format!("mayday: 1\nid: test\ntitle: Test\nsteps:\n{steps}")
}

impl Rig {
    fn new(text: &str) -> Self {
        Self::on(&[text], "low", Mode::Real)
    }

    fn of(text: &str) -> Self {
        Self::new(&steps(text))
    }

    fn on(texts: &[&str], environment: &str, mode: Mode) -> Self {
        Self {
            plan: plan(texts, environment, mode).unwrap(),
            attended: true,
            answers: HashMap::new(),
            replies: HashMap::new(),
            shape: Vec::new(),
            opening: Vec::new(),
            operator: "ana".to_owned(),
            at: Span::ZERO,
            boot: "boot-1",
            manual: false,
            playbooks: Vec::new(),
        }
    }

    fn high(text: &str) -> Self {
        Self::on(&[&steps(text)], "high", Mode::Real)
    }

    /// An effect whose words contain `words`, or a question about exactly that, ends like this; the last
    /// reply is repeated.
    fn reply(mut self, words: &str, replies: impl IntoIterator<Item = Reply>) -> Self {
        self.replies.insert(words.to_owned(), replies.into_iter().collect());
        self
    }

    /// The operator types these answers, one a question.
    fn types<const N: usize>(self, about: &str, texts: [&str; N]) -> Self {
        self.reply(about, texts.map(Reply::types))
    }

    fn unattended(mut self) -> Self {
        self.attended = false;
        self
    }

    fn given(mut self, about: &str, value: impl Into<Value>, source: Source) -> Self {
        self.answers.insert(about.to_owned(), Scripted { value: value.into(), source });
        self
    }

    fn operator(mut self, name: &str) -> Self {
        name.clone_into(&mut self.operator);
        self
    }

    fn world(mut self, shape: impl Fn(&mut SimWorld) + 'static) -> Self {
        self.shape.push(Box::new(shape));
        self
    }

    fn interrupt(self, after: i64, how: Interrupt) -> Self {
        self.world(move |world| world.interrupt(secs(after), how))
    }

    fn milestone(mut self, milestone: Milestone, ago: Span) -> Self {
        let (when, source) = (begin() - ago, "flag".to_owned());
        self.opening.push(Kind::Milestone { milestone, when, source, reason: None });
        self
    }

    fn first(&self) -> Kind {
        Kind::Opened(Box::new(Opened {
            format: FORMAT,
            mayday: "0.1.0".to_owned(),
            run: "run-1".to_owned(),
            mode: self.plan.mode,
            playbook: self.plan.head.id.clone(),
            title: self.plan.head.title.clone(),
            environment: self.plan.place.name.clone(),
            danger: self.plan.place.danger,
            base: "/project".to_owned(),
            severity: self.plan.head.severity,
            operator: self.operator.clone(),
            host: "host".to_owned(),
            boot_id: self.boot.to_owned(),
            unattended: !self.attended,
            pinned: std::collections::BTreeMap::new(),
            targets: std::collections::BTreeMap::new(),
            answers: std::collections::BTreeMap::default(),
        }))
    }

    /// Drives a new run.
    fn run(&self) -> Came {
        let event =
            |kind| Event { at: begin(), boot_ms: 0, by: "mayday".to_owned(), slip: None, kind };
        let kinds = std::iter::once(self.first()).chain(self.opening.iter().cloned());
        self.drive(MemoryRecord::of(kinds.map(event).collect()).with_room(MOST))
    }

    /// Takes up a run whose record holds these events, at `after` the last of them.
    fn resume(&self, events: &[Event], after: Span, kinds: Vec<Kind>) -> Came {
        let at = events.last().map_or(begin(), |event| event.at) + after;
        let event = |kind| Event { at, boot_ms: 0, by: "mayday".to_owned(), slip: None, kind };
        let attached = Kind::Attached {
            operator: self.operator.clone(),
            boot_id: self.boot.to_owned(),
            host: "host".to_owned(),
            changed_files: Vec::new(),
            answers: std::collections::BTreeMap::default(),
        };
        let mut all = events.to_vec();
        all.extend(std::iter::once(attached).chain(kinds).map(event));
        self.drive(MemoryRecord::of(all).with_room(events.len() + MOST))
    }

    fn drive(&self, mut record: MemoryRecord) -> Came {
        let mut replies = self.replies.clone();
        let script = move |effect: &Effect| reply_to(&mut replies, effect);
        let at = record.committed().last().map_or(begin(), |event| event.at);
        let mut world = SimWorld::new(at, self.at + secs(1000), script);
        for shape in &self.shape {
            shape(&mut world);
        }
        let mut run = Run::fold(record.committed());
        let answers = self.answers.clone();
        let mut session = Session {
            attended: self.attended,
            user: "ana's account".to_owned(),
            manual: self.manual,
            playbooks: self.playbooks.clone(),
            answers,
            ..Session::default()
        };
        let mut onlooker = Onlooker::default();
        let trouble = Driver {
            plan: &self.plan,
            run: &mut run,
            session: &mut session,
            record: &mut record,
            world: &mut world,
            observer: &mut onlooker,
            zone: Zone::east_opt(0).unwrap(),
        }
        .drive()
        .err();
        let events = record.into_committed();
        if trouble.is_none() {
            assert_eq!(run, Run::fold(&events), "memory is not what a resume would read");
        }
        Came { events, run, world, onlooker, trouble }
    }
}

fn reply_to(replies: &mut Replies, effect: &Effect) -> Option<Reply> {
    let what = effect.what();
    let about = match effect {
        Effect::Ask(question) => question.about.clone(),
        Effect::Notify(effect) => effect.to.clone(),
        _ => String::new(),
    };
    let question = matches!(effect, Effect::Ask(_));
    let mut fits: Vec<&String> = replies
        .iter()
        .filter(|(words, list)| {
            let typed = matches!(list.first(), Some(Reply::Types(..)));
            if question { **words == about } else { !typed && what.contains(*words) }
        })
        .map(|(words, _)| words)
        .collect();
    fits.sort_by_key(|words| std::cmp::Reverse(words.len()));
    let words = (*fits.first()?).clone();
    let list = replies.get_mut(&words)?;
    if list.len() > 1 { Some(list.remove(0)) } else { list.first().cloned() }
}

impl Came {
    /// The run came to its end by itself and nothing hung.
    fn closed(self) -> Self {
        self.fine();
        assert!(self.run.closed.is_some(), "not closed:\n{}", self.story());
        self
    }

    fn fine(&self) {
        assert!(!self.world.stuck(), "waits for nothing:\n{}", self.story());
        assert_eq!(self.trouble, None, "{}", self.story());
    }

    fn step(&self, key: &str) -> &StepState {
        self.run.step(key).unwrap_or_else(|| panic!("no step {key}:\n{}", self.story()))
    }

    fn status(&self, key: &str) -> Option<StepStatus> {
        self.run.status(key)
    }

    /// The words of the failure of a step.
    fn failure(&self, key: &str) -> String {
        match &self.step(key).verdict {
            Some(mayday::steps::Verdict::Fail(failure)) => failure.to_string(),
            Some(mayday::steps::Verdict::Unknown { reason }) => format!("unknown: {reason}"),
            other => format!("{other:?}"),
        }
    }

    /// Every event in a few words.
    fn story(&self) -> String {
        self.events.iter().map(|event| words(event) + "\n").collect()
    }

    /// How often a step began an attempt.
    fn starts(&self, key: &str) -> usize {
        let begins = |event: &&Event| matches!(&event.kind, Kind::Started { step, part: 0, .. } if step == key);
        self.events.iter().filter(begins).count()
    }

    /// What was begun in the world, in words.
    fn begun(&self) -> Vec<String> {
        self.world.begun().iter().map(|(_, effect)| effect.what()).collect()
    }

    fn has(&self, words_of_event: &str) -> bool {
        self.story().contains(words_of_event)
    }

    fn stopped(&self) -> Option<(mayday::run::event::StopReason, &str)> {
        self.run.stopped.as_ref().map(|(reason, message)| (*reason, message.as_str()))
    }

    fn count(&self, wanted: impl Fn(&Kind) -> bool) -> usize {
        self.events.iter().filter(|event| wanted(&event.kind)).count()
    }

    /// When an event like this was recorded, after the beginning.
    fn when(&self, wanted: impl Fn(&Kind) -> bool) -> Span {
        let found = self.events.iter().find(|event| wanted(&event.kind));
        found.unwrap_or_else(|| panic!("no such event:\n{}", self.story())).at.since(begin())
    }
}

fn words(event: &Event) -> String {
    let at = event.at.since(begin()).clock();
    let text = serde_json::to_string(&event.kind).unwrap();
    format!("{at} {text}")
}

/// Everything in the events that a reader of the record could see.
fn visible(events: &[Event]) -> String {
    serde_json::to_string(events).unwrap()
}
