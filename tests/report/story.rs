//! Runs told by hand: events with a virtual clock, and the plan they belong to.

use std::collections::BTreeMap;
use std::path::Path;

use mayday::config::Danger;
use mayday::diagnostic::SourceFile;
use mayday::effect::{EffectClass, Ending, Evidence, Facts, FailKind};
use mayday::plan::{Library, Mode, Plan, Purpose};
use mayday::playbook::parse;
use mayday::report::Checked;
use mayday::run::event::{Asking, Event, Kind, Milestone, Opened, StepStatus};
use mayday::severity::Severity;
use mayday::steps::{Failure, Stage, Verdict};
use mayday::time::{Span, Timestamp};
use serde_json::{Value, json};

const PLAYBOOK: &str = include_str!("../fixtures/report/api-down.yaml");
const CONFIG: &str = include_str!("../fixtures/report/mayday.yaml");

pub(super) fn plan(mode: Mode) -> Plan {
    let playbook = parse::playbook(&SourceFile::new("api-down.yaml", PLAYBOOK));
    assert!(playbook.faults.is_empty(), "{:?}", playbook.faults);
    let config = parse::config(&SourceFile::new("mayday.yaml", CONFIG));
    assert!(config.faults.is_empty(), "{:?}", config.faults);
    let library = Library::from([("api-down".to_owned(), playbook.value.unwrap())]);
    let environment = match mode {
        Mode::Real => "production",
        Mode::Drill => "lab",
    };
    let purpose = Purpose { playbook: "api-down", environment, mode, base: Path::new("/srv") };
    let mut plan = Plan::build(&library, &config.value.unwrap(), purpose).unwrap();
    "20261122-1820-p2c".clone_into(&mut plan.place.run_id);
    plan
}

pub(super) fn checked() -> Checked {
    Checked { sound: true, head: "9f2b".repeat(16), findings: Vec::new() }
}

/// Events one after the other. Nothing happens until time is let pass.
pub(super) struct Story {
    pub(super) events: Vec<(u64, Event)>,
    pub(super) at: Timestamp,
    boot: i64,
    operator: String,
}

impl Story {
    /// A run opened by Maria at 18:20.
    pub(super) fn open(mode: Mode) -> Self {
        let mut story = Self {
            events: Vec::new(),
            at: "2026-11-22T18:20:00Z".parse().unwrap(),
            boot: 1_000_000,
            operator: "maria".to_owned(),
        };
        story.say(Kind::Opened(Box::new(Opened {
            format: 1,
            mayday: "0.1.0".to_owned(),
            run: "20261122-1820-p2c".to_owned(),
            mode,
            playbook: "api-down".to_owned(),
            title: "API does not answer".to_owned(),
            environment: if mode == Mode::Real { "production" } else { "lab" }.to_owned(),
            danger: if mode == Mode::Real { Danger::High } else { Danger::Low },
            severity: Some(Severity::Sev1),
            operator: "maria".to_owned(),
            host: "ops-1".to_owned(),
            boot_id: "b-1".to_owned(),
            unattended: false,
            base: "/srv".to_owned(),
            pinned: BTreeMap::from([("api-down.yaml".to_owned(), "ab".repeat(32))]),
            targets: BTreeMap::new(),
            answers: std::collections::BTreeMap::default(),
        })));
        story
    }

    pub(super) fn pass(&mut self, span: &str) -> &mut Self {
        let span: Span = span.parse().unwrap();
        self.at = self.at + span;
        self.boot += span.millis();
        self
    }

    /// The wall clock is set; the boot clock is not.
    pub(super) fn set_clock(&mut self, by: Span) -> &mut Self {
        self.at = self.at + by;
        self.say(Kind::ClockStepped { by_ms: by.millis(), while_down: false })
    }

    pub(super) fn say(&mut self, kind: Kind) -> &mut Self {
        let by = match &kind {
            Kind::Answered { .. }
            | Kind::Chose { .. }
            | Kind::InputGiven { .. }
            | Kind::Noted { .. } => self.operator.clone(),
            _ => "mayday".to_owned(),
        };
        let seq = self.events.len() as u64 + 1;
        self.events.push((seq, Event { at: self.at, boot_ms: self.boot, by, slip: None, kind }));
        self
    }

    pub(super) fn attach(&mut self, operator: &str, changed_files: &[&str]) -> &mut Self {
        operator.clone_into(&mut self.operator);
        self.say(Kind::Attached {
            operator: operator.to_owned(),
            boot_id: "b-1".to_owned(),
            host: "ops-2".to_owned(),
            changed_files: changed_files.iter().map(ToString::to_string).collect(),
            answers: std::collections::BTreeMap::default(),
        })
    }

    pub(super) fn mark(&mut self, milestone: Milestone, when: &str, source: &str) -> &mut Self {
        let when = if when == "now" { self.at } else { when.parse().unwrap() };
        self.say(Kind::Milestone { milestone, when, source: source.to_owned(), reason: None })
    }

    pub(super) fn phase(&mut self, phase: &str) -> &mut Self {
        self.say(Kind::PhaseEntered { phase: phase.to_owned() })
    }

    /// A machine's attempt begins.
    pub(super) fn start(
        &mut self,
        step: &str,
        attempt: u32,
        class: EffectClass,
        what: &str,
    ) -> &mut Self {
        let deadline = Some(self.at + Span::from_mins(5));
        self.started(step, attempt, class, what, deadline)
    }

    /// A question of a step is put.
    pub(super) fn put(&mut self, step: &str, class: EffectClass, what: &str) -> &mut Self {
        self.started(step, 1, class, what, None)
    }

    fn started(
        &mut self,
        step: &str,
        attempt: u32,
        class: EffectClass,
        what: &str,
        deadline: Option<Timestamp>,
    ) -> &mut Self {
        self.say(Kind::Started {
            step: step.to_owned(),
            attempt,
            part: 0,
            class,
            what: what.to_owned(),
            target: None,
            deadline,
        })
    }

    #[expect(clippy::needless_pass_by_value, reason = "callers write it with json!")]
    pub(super) fn end(&mut self, step: &str, verdict: Verdict, facts: Value) -> &mut Self {
        let began = self.events.iter().rev().find_map(|(_, event)| match &event.kind {
            Kind::Started { step: other, attempt, .. } if other == step => {
                Some((event.at, *attempt))
            }
            _ => None,
        });
        let (began, attempt) = began.unwrap();
        let unknown = matches!(verdict, Verdict::Unknown { .. });
        let captured = match facts.get("captured") {
            Some(Value::Object(map)) => map.clone().into_iter().collect(),
            _ => BTreeMap::new(),
        };
        let facts: Facts = facts.as_object().cloned().unwrap_or_default();
        let evidence = vec![Evidence {
            path: format!("evidence/{step}-{attempt}.stdout"),
            sha256: "cd".repeat(32),
            bytes: 120,
            whole_bytes: None,
            whole_sha256: None,
            what: "stdout".to_owned(),
        }];
        self.say(Kind::Ended {
            step: step.to_owned(),
            attempt,
            part: 0,
            ending: Ending::Done,
            evidence: if facts.contains_key("stdout") { evidence } else { Vec::new() },
            facts,
            elapsed: if unknown { Span::ZERO } else { self.at.since(began) },
            verdict,
            measured: None,
            captured,
            secret_names: Vec::new(),
            looks: 0,
        })
    }

    /// A step that a machine does well.
    pub(super) fn done(
        &mut self,
        step: &str,
        class: EffectClass,
        what: &str,
        took: &str,
    ) -> &mut Self {
        self.start(step, 1, class, what).pass(took);
        self.end(step, Verdict::Pass, json!({ "exit_code": 0, "stdout": "ok\n" })).settle(step)
    }

    pub(super) fn settle(&mut self, step: &str) -> &mut Self {
        self.say(Kind::Settled { step: step.to_owned(), status: StepStatus::Ok })
    }

    pub(super) fn ask(&mut self, step: &str, question: Asking, text: &str) -> &mut Self {
        self.say(Kind::Asked { step: step.to_owned(), question, text: text.to_owned() })
    }

    pub(super) fn answer(&mut self, step: &str, question: Asking, answer: Value) -> &mut Self {
        self.say(Kind::Answered {
            step: step.to_owned(),
            question,
            answer,
            source: "operator".to_owned(),
        })
    }

    pub(super) fn choose(&mut self, step: &str, choice: &str, reason: Option<&str>) -> &mut Self {
        self.say(Kind::Chose {
            step: step.to_owned(),
            choice: choice.to_owned(),
            reason: reason.map(str::to_owned),
            second_person: None,
            source: "operator".to_owned(),
        })
    }

    pub(super) fn note(&mut self, text: &str) -> &mut Self {
        self.say(Kind::Noted { text: text.to_owned(), when: None, files: Vec::new() })
    }
}

pub(super) fn failed(message: &str) -> Verdict {
    Verdict::Fail(Failure::new(Stage::Run, FailKind::Exit, message))
}
