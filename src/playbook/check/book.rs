//! A playbook laid out flat for the rules: every action in its place, with every part an author wrote.
//!
//! Owns the one walk over steps, undos, checks, probes and drills. Knows no rule.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

use crate::effect::EffectClass;
use crate::playbook::parse::{Parsed, Source};
use crate::playbook::{Common, OnCrash, Operation, Playbook, Probe, Step};
use crate::steps::{Action, FactType, Part};

mod pieces;

use pieces::{common, parts, push};

/// A playbook and its sites.
pub struct Book<'a> {
    /// What was read.
    pub playbook: &'a Playbook,
    /// Where everything stands.
    pub source: &'a Source,
    /// Every place with parts, in the order in which they run.
    pub sites: Vec<Site<'a>>,
    /// Where each path stands among them, once somebody asks: a rule that searched would take the square of the steps.
    places: OnceCell<HashMap<String, (usize, usize)>>,
    /// The same of each step's id.
    ids: OnceCell<HashMap<String, usize>>,
}

impl<'a> Book<'a> {
    /// What is written at a path.
    pub fn written_at(&self, path: &str) -> Option<(&Site<'a>, &Piece<'a>)> {
        let places = self.places.get_or_init(|| {
            let sites = self.sites.iter().enumerate();
            let pieces = sites.flat_map(|(at, site)| {
                let pieces = site.pieces.iter().enumerate();
                pieces.map(move |(piece, found)| (found.path.clone(), (at, piece)))
            });
            pieces.collect()
        });
        let (site, piece) = *places.get(path)?;
        let site = self.sites.get(site)?;
        Some((site, site.pieces.get(piece)?))
    }

    /// The step of this id.
    pub fn step(&self, id: &str) -> Option<&Site<'a>> {
        let ids = self.ids.get_or_init(|| {
            let sites = self.sites.iter().enumerate();
            sites.filter_map(|(at, site)| Some((site.common()?.id.clone(), at))).collect()
        });
        self.sites.get(*ids.get(id)?)
    }
}

/// What a site is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The head of the playbook, of its phases or of its drill: no action.
    Head,
    /// A step.
    Step,
    /// The undo of a step.
    Undo,
    /// A check: `verify`, the probe after a crash, what `wait_until` looks at.
    Check,
    /// A pass criterion of a drill.
    Criterion,
}

/// Parts of a run, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Prepares a drill.
    Setup,
    /// The accident of a drill.
    Inject,
    /// The procedure itself.
    Respond,
    /// Puts things back after a drill.
    Cleanup,
    /// Judges a drill.
    Criteria,
}

/// One place with an action, or with parts of its own.
pub struct Site<'a> {
    /// Its path in the file: `phases[0].steps[1].verify[0]`.
    pub path: String,
    /// What it is for.
    pub role: Role,
    /// The part of the run it belongs to.
    pub section: Section,
    /// The phase, for steps of the procedure.
    pub phase: Option<usize>,
    /// Its position in time, shared by all sites of one step; from 1.
    pub at: usize,
    /// The step it belongs to.
    pub step: Option<&'a Step>,
    /// The action.
    pub action: Option<&'a Action>,
    /// The effect that the author declared for it.
    pub effect: Option<EffectClass>,
    /// The target in force.
    pub target: Option<&'a str>,
    /// The secrets in force: variable -> secret.
    pub secrets: &'a BTreeMap<String, String>,
    /// Everything written there.
    pub pieces: Vec<Piece<'a>>,
}

/// One part and what it can see.
pub struct Piece<'a> {
    /// Its path in the file.
    pub path: String,
    /// What it is.
    pub part: Part<'a>,
    /// It sees names captured by steps before this position.
    pub sees: usize,
    /// Facts in front of the names.
    pub facts: &'static [(&'static str, FactType)],
    /// Whether `item` has a value.
    pub item: bool,
}

impl Site<'_> {
    /// The path of its action's key; its own path without one.
    pub fn action_path(&self) -> String {
        self.action.map_or_else(|| self.path.clone(), |a| format!("{}.{}", self.path, a.key()))
    }

    /// The fields around the action, for a step.
    pub fn common(&self) -> Option<&Common> {
        self.step.filter(|_| self.role == Role::Step).map(|step| &step.common)
    }

    /// What running it may do to the world; checks may only read.
    pub fn class(&self) -> EffectClass {
        match self.role {
            Role::Head | Role::Check | Role::Criterion => EffectClass::Read,
            _ => self
                .effect
                .or_else(|| self.action.and_then(|action| action.own_effect()))
                .unwrap_or(EffectClass::Destructive),
        }
    }

    /// A name for messages: the step's id.
    pub fn id(&self) -> &str {
        self.step.map_or("", |step| &step.common.id)
    }
}

/// No secrets.
static NONE: BTreeMap<String, String> = BTreeMap::new();

/// Lays a playbook out. `None` when it could not be read.
#[must_use]
pub fn lay_out(parsed: &Parsed<Playbook>) -> Option<Book<'_>> {
    let playbook = parsed.value.as_ref()?;
    let mut walk = Walk { sites: Vec::new(), at: 0 };
    walk.head(playbook);
    if let Some(drill) = &playbook.drill {
        for (index, probe) in drill.guard.iter().enumerate() {
            walk.probe(format!("drill.guard[{index}]"), Section::Setup, probe, None, 0);
        }
        for (index, probe) in drill.stop_if.iter().enumerate() {
            walk.probe(format!("drill.stop_if[{index}]"), Section::Setup, probe, None, 0);
        }
        walk.steps("drill.setup", Section::Setup, None, &drill.setup);
        walk.steps("drill.inject", Section::Inject, None, &drill.inject);
        walk.answers(&drill.head.answers);
    }
    for (index, phase) in playbook.phases.iter().enumerate() {
        // `steps:` at the top is one phase without an id.
        let unnamed = playbook.phases.len() == 1 && parsed.source.has("steps");
        let path = if unnamed { String::new() } else { format!("phases[{index}]") };
        if let Some(when) = &phase.head.when {
            let part = Part::Expression(when);
            walk.lone(format!("{path}.when"), Section::Respond, part, walk.at + 1, &[]);
        }
        let steps = if unnamed { "steps".to_owned() } else { format!("{path}.steps") };
        walk.steps(&steps, Section::Respond, Some(index), &phase.steps);
    }
    if let Some(drill) = &playbook.drill {
        walk.steps("drill.cleanup", Section::Cleanup, None, &drill.cleanup);
        walk.at += 1;
        for (index, probe) in drill.pass.iter().enumerate() {
            walk.probe(format!("drill.pass[{index}]"), Section::Criteria, probe, None, walk.at);
            if let Some(site) = walk.sites.last_mut() {
                site.role = Role::Criterion;
            }
        }
    }
    let (places, ids) = (OnceCell::new(), OnceCell::new());
    Some(Book { playbook, source: &parsed.source, sites: walk.sites, places, ids })
}

struct Walk<'a> {
    sites: Vec<Site<'a>>,
    at: usize,
}

impl<'a> Walk<'a> {
    /// A part that belongs to no step.
    fn lone(
        &mut self,
        path: String,
        section: Section,
        part: Part<'a>,
        sees: usize,
        facts: &'static [(&'static str, FactType)],
    ) {
        let mut site = bare(path.clone(), Role::Head, section, sees);
        site.pieces.push(Piece { path, part, sees, facts, item: false });
        self.sites.push(site);
    }

    fn head(&mut self, playbook: &'a Playbook) {
        const VALUE: &[(&str, FactType)] = &[("value", FactType::Any)];
        for (name, spec) in &playbook.head.inputs {
            let path = |field: &str| format!("inputs.{name}.{field}");
            if let Some(check) = &spec.check {
                let that = Part::Expression(&check.that);
                self.lone(path("check.that"), Section::Respond, that, 1, VALUE);
                if let Some(words) = &check.otherwise {
                    let words = Part::Words(words);
                    self.lone(path("check.else"), Section::Respond, words, 1, VALUE);
                }
            }
            if let Some(pattern) = &spec.pattern {
                self.lone(path("pattern"), Section::Respond, Part::Pattern(pattern), 1, &[]);
            }
        }
        // A var is evaluated when it is first needed, so it may name anything that is captured anywhere.
        for (name, expression) in &playbook.head.vars {
            let part = Part::Expression(expression);
            self.lone(format!("vars.{name}"), Section::Respond, part, usize::MAX, &[]);
        }
        if let Some(point) = &playbook.head.objectives.recovery_point {
            let path = "objectives.recovery_point".to_owned();
            self.lone(path, Section::Respond, Part::Expression(point), usize::MAX, &[]);
        }
    }

    /// Texts among the drill's answers see what was injected.
    fn answers(&mut self, answers: &'a [(String, serde_json::Value)]) {
        for (name, answer) in answers {
            if let serde_json::Value::String(text) = answer {
                let path = format!("drill.answers.{name}");
                self.lone(path, Section::Inject, Part::Words(text), self.at + 1, &[]);
            }
        }
    }

    fn steps(&mut self, path: &str, section: Section, phase: Option<usize>, steps: &'a [Step]) {
        for (index, step) in steps.iter().enumerate() {
            self.at += 1;
            self.step(&format!("{path}[{index}]"), section, phase, step);
        }
    }

    fn step(&mut self, path: &str, section: Section, phase: Option<usize>, step: &'a Step) {
        let at = self.at;
        let first = self.sites.len();
        let mut site = bare(path.to_owned(), Role::Step, section, at);
        site.step = Some(step);
        site.action = Some(&step.action);
        site.effect = step.common.effect;
        site.target = step.common.target.as_deref();
        site.secrets = &step.common.secrets;
        common(&mut site, &step.common, step.action.facts());
        parts(&mut site, &step.action, at);
        let nested = nested_probe(&step.action);
        self.sites.push(site);
        if let Some(probe) = nested {
            self.probe(format!("{path}.wait_until"), section, probe, Some(step), at);
        }
        for (index, probe) in step.verify.iter().enumerate() {
            self.probe(format!("{path}.verify[{index}]"), section, probe, Some(step), at + 1);
        }
        if let Some(undo) = &step.undo {
            self.undo(&format!("{path}.undo"), section, undo, step);
        }
        if let Some(OnCrash { probe, done_if }) = &step.on_crash {
            let facts = probe.action.as_ref().map_or(&[][..], |action| action.facts());
            self.probe(format!("{path}.on_crash.probe"), section, probe, Some(step), at);
            if let Some(site) = self.sites.last_mut() {
                let path = format!("{path}.on_crash.done_if");
                let part = Part::Condition(done_if);
                site.pieces.push(Piece { path, part, sees: at, facts, item: true });
            }
        }
        let item = step.common.for_each.is_some();
        for site in &mut self.sites[first..] {
            site.phase = phase;
            for piece in &mut site.pieces {
                let outer = piece.path.ends_with(".for_each");
                piece.item = item && !outer;
            }
        }
    }

    fn undo(&mut self, path: &str, section: Section, undo: &'a Operation, step: &'a Step) {
        let mut site = bare(path.to_owned(), Role::Undo, section, self.at);
        site.step = Some(step);
        site.action = Some(&undo.action);
        site.effect = undo.head.effect;
        site.target = undo.head.target.as_deref().or(step.common.target.as_deref());
        site.secrets = undo.head.secrets.as_ref().unwrap_or(&step.common.secrets);
        let after = self.at + 1;
        if let Some(title) = &undo.head.title {
            push(&mut site, ".title", Part::Words(title), after, &[]);
        }
        if let Some(expect) = &undo.head.expect {
            push(&mut site, ".expect", Part::Condition(expect), after, undo.action.facts());
        }
        parts(&mut site, &undo.action, after);
        self.sites.push(site);
    }

    fn probe(
        &mut self,
        path: String,
        section: Section,
        probe: &'a Probe,
        step: Option<&'a Step>,
        sees: usize,
    ) {
        let mut site = bare(path, Role::Check, section, self.at);
        site.step = step;
        site.action = probe.action.as_ref();
        let outer = step.map(|step| &step.common);
        site.target = probe.head.target.as_deref().or(outer.and_then(|c| c.target.as_deref()));
        site.secrets = probe.head.secrets.as_ref().or(outer.map(|c| &c.secrets)).unwrap_or(&NONE);
        // A check without an action looks at what its step brought back.
        let looked_at = probe.action.as_ref().or(step.map(|step| &step.action));
        let facts = looked_at.map_or(&[][..], |action| action.facts());
        if let Some(that) = &probe.head.that {
            push(&mut site, ".that", Part::Condition(that), sees, facts);
        }
        for (name, words) in [(".title", &probe.head.title), (".else", &probe.head.otherwise)] {
            if let Some(words) = words {
                push(&mut site, name, Part::Words(words), sees, facts);
            }
        }
        if let Some(action) = &probe.action {
            parts(&mut site, action, sees);
        }
        self.sites.push(site);
    }
}

/// The check inside a `wait_until`.
fn nested_probe(action: &Action) -> Option<&Probe> {
    let mut found = None;
    action.parts(&mut |_, part| {
        if let Part::Probe(probe) = part {
            found = Some(probe);
        }
    });
    found
}

fn bare<'a>(path: String, role: Role, section: Section, at: usize) -> Site<'a> {
    Site {
        path,
        role,
        section,
        phase: None,
        at,
        step: None,
        action: None,
        effect: None,
        target: None,
        secrets: &NONE,
        pieces: Vec::new(),
    }
}
