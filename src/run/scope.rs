//! Names and their values, as a step of the run sees them.
//!
//! Owns the documented vocabulary of expressions: inputs, vars, captured names, `steps.<id>`, `run`,
//! `env`, `policy`, `targets`, `objectives`, `item` and `now`. Instants and spans are seconds when computing and
//! RFC 3339 and `5m` when reading.

use serde_json::{Map, Value, json};

pub mod certain;

use super::clock;
use super::state::{Known, Run, StepState};
use crate::effect::ValueKind;
use crate::plan::{Mode, Plan, Unit};
use crate::steps::Action;
use crate::template::{self, Fault, Lookup, Named, View};
use crate::time::{Span, Timestamp};

/// How the words begin that stand for what only the run can tell.
const FORESEEN: &str = "<from ";

/// Vars may build on vars this deep.
const VAR_DEPTH: u8 = 32;

/// The names that a step sees.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What happened so far.
    pub run: &'a Run,
    /// The includes that brought the step: its ids are looked for there first.
    pub prefix: &'a str,
    /// The item of a step with `for_each`, and its index.
    pub item: Option<(usize, &'a Value)>,
    /// Now.
    pub now: Timestamp,
    /// Names without a value stand for `<from ...>`: a dry run.
    pub foresee: bool,
    /// How deep in vars.
    pub depth: u8,
}

impl<'a> Scope<'a> {
    /// The names of the run as a whole.
    #[must_use]
    pub fn new(plan: &'a Plan, run: &'a Run, now: Timestamp) -> Self {
        Self { plan, run, prefix: "", item: None, now, foresee: false, depth: 0 }
    }

    /// The names of a step before anything has run: what is not known yet reads `<from ...>`, and `each` stands for what
    /// it is done for.
    #[must_use]
    pub fn foreseen(
        plan: &'a Plan,
        run: &'a Run,
        unit: &'a Unit,
        each: &'a Value,
        now: Timestamp,
    ) -> Self {
        let item = unit.step.common.for_each.as_ref().map(|_| (0, each));
        Self { prefix: &unit.prefix, item, foresee: true, ..Self::new(plan, run, now) }
    }

    /// The name as the innermost include knows it that brought this step.
    fn bound(&self, name: &str) -> Option<&'a crate::plan::Bound> {
        let sees = |bound: &&crate::plan::Bound| {
            bound.name == name && self.prefix.starts_with(&bound.prefix)
        };
        self.plan.bound.iter().filter(sees).max_by_key(|bound| bound.prefix.len())
    }

    fn var(&self, expression: &str, prefix: &'a str) -> Result<Option<Named>, Fault> {
        if self.depth == VAR_DEPTH {
            let message = "is a var that leads to itself".to_owned();
            return Err(Fault { message, range: None, undefined: None });
        }
        let inner = Scope { depth: self.depth + 1, item: None, prefix, ..*self };
        if self.foresee
            && let Some(unknown) = foreseen_in(expression, &inner)
        {
            return Ok(Some(Named::Value(Value::String(unknown))));
        }
        template::evaluate(expression, &inner).map(|value| Some(Named::Value(value)))
    }

    fn run_facts(&self, view: View) -> Value {
        let started = self.run.opened_at.unwrap_or(self.now);
        let anchor = clock::rto_anchor(self.plan, self.run).map_or(started, |(at, _)| at);
        let recovered = self.run.milestones.get(&super::event::Milestone::Recovered);
        let elapsed = recovered.copied().unwrap_or(self.now).since(anchor);
        let folder = self.plan.place.run_dir.to_string_lossy();
        json!({
            "id": self.plan.place.run_id,
            "dir": self.run.folder.as_deref().unwrap_or(&folder),
            "playbook": self.plan.head.id,
            "mode": match self.plan.mode { Mode::Real => "real", Mode::Drill => "drill" },
            "operator": self.run.operator,
            "severity": clock::severity(self.plan, self.run).map(crate::severity::Severity::word),
            "started_at": instant(started, view),
            "elapsed": length(elapsed, view),
        })
    }

    fn env_facts(&self) -> Value {
        let place = &self.plan.place;
        let danger = match place.danger {
            crate::config::Danger::High => "high",
            crate::config::Danger::Low => "low",
        };
        json!({ "name": place.name, "danger": danger, "vars": place.vars })
    }

    fn targets(&self) -> Value {
        let facts = self.run.opened.as_ref().map(|opened| &opened.targets);
        let of = |name: &String| facts.and_then(|facts| facts.get(name)).cloned();
        let targets = self.plan.place.targets.iter().map(|(name, target)| {
            let mut known = of(name).unwrap_or_default();
            known.insert("type".to_owned(), target.kind.word().into());
            (name.clone(), Value::Object(known))
        });
        Value::Object(targets.collect())
    }

    fn objectives(&self, view: View) -> Value {
        let objectives = &self.plan.head.objectives;
        let span = |span: Option<Span>| span.map_or(Value::Null, |span| length(span, view));
        json!({ "rto": span(objectives.rto), "rpo": span(objectives.rpo) })
    }
}

impl Lookup for Scope<'_> {
    fn name(&self, name: &str, view: View) -> Result<Option<Named>, Fault> {
        let value = |value| Ok(Some(Named::Value(value)));
        match name {
            "run" => return value(self.run_facts(view)),
            "env" => return value(self.env_facts()),
            "policy" => return value(Value::Object(self.plan.place.policy.clone())),
            "targets" => return value(self.targets()),
            "objectives" => return value(self.objectives(view)),
            "now" => return value(instant(self.now, view)),
            "item" if self.item.is_some() => {
                return value(self.item.map(|(_, item)| item.clone()).unwrap_or_default());
            }
            "item_index" if self.item.is_some() => {
                return value(self.item.map(|(index, _)| index).into());
            }
            "inputs" => {
                let mut all = Map::new();
                for (name, _) in &self.plan.inputs {
                    if let Some(Named::Value(value)) = self.name(name, view)? {
                        all.insert(name.clone(), value);
                    }
                }
                return value(Value::Object(all));
            }
            _ => {}
        }
        if let Some(known) = self.run.captured.get(name) {
            return Ok(Some(read(known, name, asked(self.plan, name, known), view)));
        }
        if let Some(bound) = self.bound(name) {
            return self.var(&bound.expression, &bound.seen_from);
        }
        if let Some((_, spec)) = self.plan.inputs.iter().find(|(input, _)| input == name) {
            return Ok(match self.run.inputs.get(name) {
                Some(known) => Some(read(known, name, Some(spec.kind), view)),
                None => self.foresee.then(|| foreseen(&format!("input {name}"))),
            });
        }
        if let Some((_, expression)) = self.plan.vars.iter().find(|(var, _)| var == name) {
            return self.var(expression, "");
        }
        // A short name for what marks rows and branches; one defined by the author comes first.
        if name == "run_id" {
            return value(self.plan.place.run_id.clone().into());
        }
        Ok(if self.foresee { captured_by(self.plan, name) } else { None })
    }

    fn step(&self, id: &str, view: View) -> Option<Value> {
        let inner = format!("{}{id}", self.prefix);
        let own = self.run.step(&inner).map(|state| (state, inner.as_str()));
        let (state, key) = own.or_else(|| self.run.step(id).map(|state| (state, id)))?;
        let mut facts = step_facts(state, view);
        if let (Some(unit), Value::Object(facts)) = (unit_of(self.plan, key), &mut facts) {
            answer_typed(unit, facts, view);
        }
        Some(facts)
    }

    fn known(&self) -> Vec<String> {
        let inputs = self.plan.inputs.iter().map(|(name, _)| name);
        let vars = self.plan.vars.iter().map(|(name, _)| name);
        inputs.chain(vars).chain(self.run.captured.keys()).cloned().collect()
    }

    fn foresees(&self) -> bool {
        self.foresee
    }
}

/// `steps.<id>`: the facts of its output, and how it went.
fn step_facts(state: &StepState, view: View) -> Value {
    let mut facts = state.facts.clone();
    let status = state.settled.map_or("running", super::event::StepStatus::word);
    facts.insert("status".to_owned(), status.into());
    facts.insert("elapsed".to_owned(), length(state.elapsed, view));
    facts.insert("measured".to_owned(), state.measured.clone().into());
    facts.insert("attempts".to_owned(), state.attempts.into());
    let times = [("started_at", state.started_at), ("ended_at", state.ended_at)];
    for (name, at) in times {
        facts.insert(name.to_owned(), at.map_or(Value::Null, |at| instant(at, view)));
    }
    Value::Object(facts)
}

/// The step of the plan that a key names; an item of `for_each` is its step.
fn unit_of<'p>(plan: &'p Plan, key: &str) -> Option<&'p Unit> {
    let key = key.split('[').next().unwrap_or(key);
    plan.by_key.get(key).and_then(|at| plan.units.get(*at))
}

/// What a question step asks for, where a text is to be computed with as something else.
fn asks_for(unit: &Unit) -> Option<ValueKind> {
    match &unit.step.action {
        Action::Ask(ask) if matches!(ask.kind, ValueKind::Datetime | ValueKind::Duration) => {
            Some(ask.kind)
        }
        _ => None,
    }
}

/// True for a capture that takes the answer as it is.
pub(super) fn is_answer(unit: &Unit, expression: &str) -> bool {
    asks_for(unit).is_some() && matches!(expression.trim(), "value" | "answer")
}

/// The kind of a captured answer: a time that was asked for is one to every later expression.
fn asked(plan: &Plan, name: &str, known: &Known) -> Option<ValueKind> {
    // Most captured values are no text that could be one.
    let Known::Value(Value::String(text)) = known else { return None };
    if text.parse::<Timestamp>().is_err() && text.parse::<Span>().is_err() {
        return None;
    }
    plan.units.iter().find_map(|unit| {
        let captures = &unit.step.common.capture;
        let own = captures.iter().any(|(own, from)| own == name && is_answer(unit, &from.from));
        asks_for(unit).filter(|_| own)
    })
}

/// Gives the answer among the facts of a question step the kind that was asked for.
pub(super) fn answer_typed(unit: &Unit, facts: &mut Map<String, Value>, view: View) {
    let Some(kind) = asks_for(unit) else { return };
    for name in ["answer", "value", "choice"] {
        if let Some(value) = facts.get_mut(name) {
            *value = typed(value, Some(kind), view);
        }
    }
}

fn read(known: &Known, name: &str, kind: Option<ValueKind>, view: View) -> Named {
    match known {
        Known::Secret(_) => Named::Secret(name.to_owned()),
        Known::Value(value) => Named::Value(typed(value, kind, view)),
    }
}

/// The value of an input as its type says, for computing or for reading.
fn typed(value: &Value, kind: Option<ValueKind>, view: View) -> Value {
    let text = value.as_str().unwrap_or_default();
    match (kind, view) {
        (Some(ValueKind::Datetime), View::Compute) => {
            text.parse::<Timestamp>().map_or_else(|_| value.clone(), |at| instant(at, view))
        }
        (Some(ValueKind::Duration), View::Compute) => {
            text.parse::<Span>().map_or_else(|_| value.clone(), |span| length(span, view))
        }
        _ => value.clone(),
    }
}

/// An instant: seconds since the epoch when computing, RFC 3339 when reading.
#[must_use]
pub fn instant(at: Timestamp, view: View) -> Value {
    match view {
        View::Compute => seconds(at.millis()),
        View::Read => at.rfc3339().into(),
    }
}

/// A span: seconds when computing, `5m` when reading.
#[must_use]
pub fn length(span: Span, view: View) -> Value {
    match view {
        View::Compute => seconds(span.millis()),
        View::Read => span.to_string().into(),
    }
}

fn seconds(millis: i64) -> Value {
    if millis % 1000 == 0 {
        (millis / 1000).into()
    } else {
        Span::from_millis(millis).secs().into()
    }
}

fn foreseen(what: &str) -> Named {
    Named::Value(Value::String(format!("{FORESEEN}{what}>")))
}

/// The step that will capture a name, in a dry run.
fn captured_by(plan: &Plan, name: &str) -> Option<Named> {
    let captures = |unit: &&crate::plan::Unit| {
        unit.step.common.capture.iter().any(|(captured, _)| captured == name)
    };
    let unit = plan.units.iter().find(captures)?;
    Some(foreseen(&format!("{}.{name}", unit.key)))
}

/// The first name of an expression that only a later run can know.
fn foreseen_in(expression: &str, scope: &Scope<'_>) -> Option<String> {
    for used in template::names_in_expression(expression).ok()? {
        let root = used.path.first()?;
        if root == "steps" {
            return Some(format!("{FORESEEN}{}>", used.path.get(1..)?.join(".")));
        }
        if let Ok(Some(Named::Value(Value::String(text)))) = scope.name(root, View::Read)
            && text.starts_with(FORESEEN)
        {
            return Some(text);
        }
    }
    None
}
