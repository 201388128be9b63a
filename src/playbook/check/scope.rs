//! Which names there are, from when on, and what is known of their values before anything runs.
//!
//! Owns the vocabulary of expressions as the checks know it; `run::scope` gives the values.

use std::collections::HashMap;

use serde_json::Value;

use super::book::{Book, Piece, Section, Site};
use crate::effect::ValueKind;
use crate::playbook::{Ordered, Playbook, Step};
use crate::steps::{Action, FactType};
use crate::template::shape::{self, Kind, Shape};

/// Includes are followed this deep, as the plan does.
const INCLUDE_DEPTH: usize = 8;
/// Names that always have a value.
pub const FIXED: &[&str] =
    &["run", "env", "policy", "targets", "objectives", "now", "inputs", "steps"];
/// Names that have a value only in a step with `for_each`.
pub const ITEM: &[&str] = &["item", "item_index"];
/// Fields of `run`.
pub const RUN: &[(&str, Type)] = &[
    ("id", Type::Text),
    ("dir", Type::Text),
    ("playbook", Type::Text),
    ("mode", Type::Text),
    ("operator", Type::Text),
    ("severity", Type::Text),
    ("started_at", Type::Number),
    ("elapsed", Type::Number),
];
/// Fields of `env`.
pub const ENV: &[(&str, Type)] =
    &[("name", Type::Text), ("danger", Type::Text), ("vars", Type::Any)];
/// Fields of `objectives`.
pub const OBJECTIVES: &[(&str, Type)] = &[("rto", Type::Number), ("rpo", Type::Number)];
/// Fields of every `steps.<id>`.
pub const STEP: &[(&str, Type)] = &[
    ("status", Type::Text),
    ("elapsed", Type::Number),
    ("measured", Type::Text),
    ("attempts", Type::Number),
    ("started_at", Type::Number),
    ("ended_at", Type::Number),
];

/// What is known of a value before anything runs. Instants and spans are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Nothing.
    Any,
    /// A text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Truth,
    /// A list.
    List,
}

impl Type {
    /// In words, with its article.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Any => "any value",
            Self::Text => "text",
            Self::Number => "a number",
            Self::Truth => "true or false",
            Self::List => "a list",
        }
    }
}

impl From<FactType> for Type {
    fn from(fact: FactType) -> Self {
        match fact {
            FactType::Text => Self::Text,
            FactType::Number => Self::Number,
            FactType::List => Self::List,
            FactType::Any => Self::Any,
        }
    }
}

/// How a name comes to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `inputs`.
    Input,
    /// `vars`.
    Var,
    /// `capture`.
    Capture,
    /// An included playbook.
    Include,
}

/// A name.
#[derive(Clone, Debug)]
pub struct Definition {
    /// How it comes to be.
    pub origin: Origin,
    /// Where it stands in the file.
    pub path: String,
    /// It has a value behind this position; 0 from the start.
    pub at: usize,
    /// The part of the run that gives it.
    pub section: Section,
    /// What is known of it.
    pub kind: Type,
    /// Its value is a secret.
    pub secret: bool,
    /// The step that gives it.
    pub step: String,
    /// The conditions under which that step runs; empty where others may give it too.
    pub when: Vec<String>,
}

/// A step, as `steps.<id>`.
#[derive(Clone, Debug)]
pub struct KnownStep {
    /// Its position.
    pub at: usize,
    /// The part of the run it belongs to.
    pub section: Section,
    /// The facts of its output.
    pub facts: &'static [(&'static str, FactType)],
    /// It is an include: its steps have records, it has none.
    pub include: bool,
}

/// All names of a playbook.
#[derive(Debug, Default)]
pub struct Names {
    /// Inputs, vars, captured names. The first capture of a name counts.
    pub all: HashMap<String, Definition>,
    /// What the procedure captures under a name that its drill captures, too: to the procedure, its own counts.
    own: HashMap<String, Definition>,
    /// Steps by id; those of an include as `include.id`.
    pub steps: HashMap<String, KnownStep>,
}

impl Names {
    /// The names of a playbook.
    pub fn of(book: &Book<'_>, library: &HashMap<&str, &Playbook>) -> Self {
        let mut names = Self::default();
        for (name, spec) in &book.playbook.head.inputs {
            let kind = value_type(spec.kind);
            let secret = spec.kind == ValueKind::Secret;
            names.define(name, Origin::Input, "inputs", (0, Section::Respond), kind, secret, "");
        }
        for site in &book.sites {
            if let (Some(step), Some(_)) = (site.step, site.common()) {
                names.step(step, site, library);
                names.conditions(step, &conditions_of(site, book));
            }
        }
        names.vars(&book.playbook.head.vars, Origin::Var);
        names
    }

    #[expect(clippy::too_many_arguments, reason = "one row of a table")]
    fn define(
        &mut self,
        name: &str,
        origin: Origin,
        parent: &str,
        (at, section): (usize, Section),
        kind: Type,
        secret: bool,
        step: &str,
    ) {
        let path = format!("{parent}.{name}");
        let step = step.to_owned();
        let when = Vec::new();
        let definition = Definition { origin, path, at, section, kind, secret, step, when };
        let of_drill = |first: &Definition| {
            first.section != Section::Respond && first.origin == Origin::Capture && first.at > 0
        };
        if section == Section::Respond && self.all.get(name).is_some_and(of_drill) {
            self.own.entry(name.to_owned()).or_insert(definition);
            return;
        }
        self.all.entry(name.to_owned()).or_insert(definition);
    }

    fn step(&mut self, step: &Step, site: &Site<'_>, library: &HashMap<&str, &Playbook>) {
        let at = (site.at, site.section);
        self.add_step(&step.common.id, &step.action, at);
        if let Action::Include(include) = &step.action {
            for (name, _) in &include.inputs {
                self.define(name, Origin::Include, &site.path, (0, at.1), Type::Any, false, "");
            }
            self.include(&include.playbook, &format!("{}.", step.common.id), at, library, 0);
        }
        for (name, capture) in &step.common.capture {
            let path = format!(".capture.{name}");
            let piece = site.pieces.iter().find(|piece| piece.path.ends_with(&path));
            let read = shape::of_expression(&capture.from).ok();
            let kind = piece.zip(read).map_or(Type::Any, |(piece, shape)| {
                self.type_of(&shape, &Sight { piece, section: site.section })
            });
            let kind = match &step.action {
                Action::Ask(ask) if matches!(capture.from.trim(), "value" | "answer") => {
                    value_type(ask.kind)
                }
                _ => kind,
            };
            let parent = format!("{}.capture", site.path);
            let id = &step.common.id;
            self.define(name, Origin::Capture, &parent, at, kind, capture.secret, id);
        }
    }

    /// Remembers under which conditions a step gives its names.
    fn conditions(&mut self, step: &Step, when: &[String]) {
        for (name, _) in &step.common.capture {
            if let Some(known) = self.all.get_mut(name) {
                let first = known.step == step.common.id;
                // A second step that gives the name is taken for the other branch.
                known.when = if first { when.to_vec() } else { Vec::new() };
            }
        }
    }

    fn add_step(&mut self, id: &str, action: &Action, (at, section): (usize, Section)) {
        let include = matches!(action, Action::Include(_));
        let known = KnownStep { at, section, facts: action.facts(), include };
        self.steps.entry(id.to_owned()).or_insert(known);
    }

    fn include(
        &mut self,
        id: &str,
        prefix: &str,
        at: (usize, Section),
        library: &HashMap<&str, &Playbook>,
        depth: usize,
    ) {
        let Some(included) = library.get(id).filter(|_| depth < INCLUDE_DEPTH) else { return };
        let from_start = (0, at.1);
        for (name, spec) in &included.head.inputs {
            let secret = spec.kind == ValueKind::Secret;
            self.define(name, Origin::Include, id, from_start, value_type(spec.kind), secret, "");
        }
        for step in included.steps() {
            let key = format!("{prefix}{}", step.common.id);
            self.add_step(&key, &step.action, at);
            for (name, capture) in &step.common.capture {
                self.define(name, Origin::Include, id, at, Type::Any, capture.secret, &key);
            }
            if let Action::Include(inner) = &step.action {
                self.include(&inner.playbook, &format!("{key}."), at, library, depth + 1);
            }
        }
        for (name, _) in &included.head.vars {
            self.define(name, Origin::Include, id, at, Type::Any, false, "");
        }
    }

    /// A var has a value once everything it names has one.
    fn vars(&mut self, vars: &Ordered<String>, origin: Origin) {
        for (name, expression) in vars {
            let (mut at, mut section, mut kind) = (0, Section::Respond, Type::Any);
            if let Ok(shape) = shape::of_expression(expression) {
                shape.walk(&mut |part| {
                    let used = match part.path().as_deref() {
                        Some(["steps", id, ..]) => self.steps.get(*id).map(|s| (s.at, s.section)),
                        Some([name, ..]) => self.all.get(*name).map(|d| (d.at, d.section)),
                        _ => None,
                    };
                    if let Some((later, part)) = used.filter(|(later, _)| *later > at) {
                        (at, section) = (later, part);
                    }
                });
                let everything = Piece {
                    path: String::new(),
                    part: crate::steps::Part::Expression(expression),
                    sees: usize::MAX,
                    facts: &[],
                    item: false,
                };
                kind = self.type_of(&shape, &Sight { piece: &everything, section });
            }
            self.define(name, origin, "vars", (at, section), kind, false, "");
        }
    }

    /// What is known of the value of an expression.
    pub fn type_of(&self, shape: &Shape, sight: &Sight<'_>) -> Type {
        match &shape.kind {
            Kind::Constant(value) => constant_type(value),
            Kind::Name(_) | Kind::Field(..) => {
                shape.path().map_or(Type::Any, |path| self.type_of_path(&path, sight))
            }
            Kind::Compare(..) | Kind::Not(_) | Kind::Test(..) | Kind::Logic(..) => Type::Truth,
            Kind::Arithmetic(..) | Kind::Negate(_) => Type::Number,
            Kind::Join(..) => Type::Text,
            Kind::List(_) => Type::List,
            Kind::Filter(name, ..) => filter_type(name),
            Kind::Choice(_, yes, Some(no)) => {
                both(self.type_of(yes, sight), self.type_of(no, sight))
            }
            _ => Type::Any,
        }
    }

    fn type_of_path(&self, path: &[&str], sight: &Sight<'_>) -> Type {
        let among = |fields: &[(&str, Type)], field: &str| {
            fields.iter().find(|(name, _)| *name == field).map(|(_, kind)| *kind)
        };
        if let Some((_, fact)) = sight.piece.facts.iter().find(|(name, _)| *name == path[0]) {
            return if path.len() == 1 { Type::from(*fact) } else { Type::Any };
        }
        let condition = matches!(sight.piece.part, crate::steps::Part::Condition(_));
        match path {
            ["elapsed"] if condition => Type::Number,
            ["now" | "item_index"] => Type::Number,
            ["run", field] => among(RUN, field).unwrap_or(Type::Any),
            ["env", field] => among(ENV, field).unwrap_or(Type::Any),
            ["env", "vars", _] => Type::Text,
            ["objectives", field] => among(OBJECTIVES, field).unwrap_or(Type::Any),
            ["steps", id, field] => among(STEP, field).unwrap_or_else(|| {
                let facts = self.steps.get(*id).map_or(&[][..], |step| step.facts);
                let fact = facts.iter().find(|(name, _)| name == field);
                fact.map_or(Type::Any, |(_, fact)| Type::from(*fact))
            }),
            ["inputs", name] | [name] => self.all.get(*name).map_or(Type::Any, |d| d.kind),
            _ => Type::Any,
        }
    }

    /// What a name stands for, seen from a place.
    pub fn seen(&self, name: &str, sight: &Sight<'_>) -> Option<&Definition> {
        let own = self.own.get(name).filter(|_| sight.section == Section::Respond);
        own.or_else(|| self.all.get(name))
    }

    /// True when a place sees what stands at that position.
    pub fn is_visible(at: usize, section: Section, sight: &Sight<'_>) -> bool {
        // A real run has no drill around it: the procedure must not lean on one.
        at < sight.piece.sees
            && (sight.section != Section::Respond || section == Section::Respond || at == 0)
    }
}

/// From where a name is looked at.
pub struct Sight<'a> {
    /// The part that uses it.
    pub piece: &'a Piece<'a>,
    /// The part of the run it belongs to.
    pub section: Section,
}

/// The conditions under which a site is reached: its phase's and its step's.
pub fn conditions_of(site: &Site<'_>, book: &Book<'_>) -> Vec<String> {
    let phase = site.phase.and_then(|at| book.playbook.phases.get(at));
    let outer = phase.and_then(|phase| phase.head.when.clone());
    outer.into_iter().chain(site.step.and_then(|step| step.common.when.clone())).collect()
}

fn both(a: Type, b: Type) -> Type {
    if a == b { a } else { Type::Any }
}

fn constant_type(value: &Value) -> Type {
    match value {
        Value::String(_) => Type::Text,
        Value::Number(_) => Type::Number,
        Value::Bool(_) => Type::Truth,
        Value::Array(_) => Type::List,
        _ => Type::Any,
    }
}

fn value_type(kind: ValueKind) -> Type {
    match kind {
        ValueKind::String | ValueKind::Choice => Type::Text,
        ValueKind::Integer | ValueKind::Number | ValueKind::Duration | ValueKind::Datetime => {
            Type::Number
        }
        ValueKind::Boolean => Type::Truth,
        ValueKind::List => Type::List,
        ValueKind::Secret => Type::Any,
    }
}

fn filter_type(name: &str) -> Type {
    match name {
        "abs" | "float" | "int" | "length" | "round" | "seconds" | "sum" => Type::Number,
        "clock" | "duration" | "join" | "json" | "lower" | "replace" | "rfc3339" | "string"
        | "trim" | "upper" => Type::Text,
        "keys" | "lines" | "map" | "reject" | "rejectattr" | "select" | "selectattr" | "sort"
        | "split" | "unique" | "values" => Type::List,
        _ => Type::Any,
    }
}
