//! The plan: a playbook bound to an environment, flat and ready to be run.
//!
//! Owns the order of things: drill sections around the response, included playbooks in their place,
//! undos in the place of `undo_of`. Pure; the plan of a resumed run is built from its pinned texts.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::effect::EffectClass;
use crate::playbook::{Common, Expression, Head, InputSpec, Ordered, Playbook, Probe, Step};
use crate::severity::{Escalation, Names, SeverityMatrix, SeverityPolicy};
use crate::steps::Action;

mod build;
pub mod identity;
mod place;

pub use place::{Place, default_shell};

/// Includes may be nested this deep.
const INCLUDE_DEPTH: usize = 8;

/// Why a run exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A real incident.
    Real,
    /// A rehearsal with real effects on a target made for it.
    Drill,
}

/// A playbook bound to an environment.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The head of the playbook.
    pub head: Head,
    /// Real or drill.
    pub mode: Mode,
    /// Sections in order.
    pub phases: Vec<PlanPhase>,
    /// All steps, in order.
    pub units: Vec<Unit>,
    /// The position of each step by its key.
    pub by_key: HashMap<String, usize>,
    /// What must hold before anything of the drill runs.
    pub guard: Vec<Probe>,
    /// What ends the drill early, when it holds.
    pub stop_if: Vec<Probe>,
    /// Pass criteria of the drill.
    pub criteria: Vec<Probe>,
    /// The inputs of the playbook and of what it includes.
    pub inputs: Ordered<InputSpec>,
    /// The vars of the playbook.
    pub vars: Ordered<Expression>,
    /// The names that only what is included sees.
    pub bound: Vec<Bound>,
    /// The policy of the severity; `None` without a severity.
    pub policy: Option<SeverityPolicy>,
    /// Who hears of it when.
    pub escalation: Vec<Escalation>,
    /// The policies of all severities: an incident may turn out to be of another one.
    pub matrix: SeverityMatrix,
    /// What the project calls the severities, for the screen.
    pub severity_names: Names,
    /// Answers of the drill, by input or step.
    pub answers: Ordered<Value>,
    /// Who signs the record of the drill.
    pub sign_off: Vec<String>,
    /// Where it runs.
    pub place: Place,
}

/// A phase of the plan and the steps that belong to it.
#[derive(Clone, Debug)]
pub struct PlanPhase {
    /// Its key in the record.
    pub key: String,
    /// What it is for.
    pub title: String,
    /// Which part of the run it belongs to.
    pub section: Section,
    /// Conditions, all of which must hold.
    pub when: Option<Expression>,
    /// How long it may take.
    pub budget: Option<crate::time::Span>,
    /// Comes before everything else, and is announced so.
    pub immediate: bool,
    /// Positions of its steps in [`Plan::units`].
    pub units: std::ops::Range<usize>,
}

/// A name that only the steps of one include see: an input given to it, or a var of its own.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The prefix of the steps that see it.
    pub prefix: String,
    /// The name.
    pub name: String,
    /// What it stands for.
    pub expression: Expression,
    /// The prefix of the names that the expression sees.
    pub seen_from: String,
}

/// Parts of a run. A real run has only [`Section::Respond`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Prepares a drill's target.
    Setup,
    /// The accident of a drill.
    Inject,
    /// The procedure itself.
    Respond,
    /// Puts a drill's target back.
    Cleanup,
}

/// A step of the plan.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its key in the record: the step's id, behind the ids of the includes that brought it.
    pub key: String,
    /// The ids of the includes that brought it, each with a dot behind it.
    pub prefix: String,
    /// Its phase, a position in [`Plan::phases`].
    pub phase: usize,
    /// The step.
    pub step: Step,
    /// Conditions of the includes that brought it, each with the prefix of the names it sees.
    pub outer_when: Vec<(String, Expression)>,
    /// The step whose undo this is.
    pub undoes: Option<String>,
}

impl Unit {
    /// What running it does to the world.
    #[must_use]
    pub fn class(&self) -> EffectClass {
        class_of(&self.step.common, &self.step.action)
    }

    /// True for a statement in a transaction of its own: when it fails, the database takes all of it back.
    #[must_use]
    pub fn is_atomic(&self) -> bool {
        self.step.action.key() == "sql" && !self.step.common.no_transaction
    }
}

/// The declared effect, or the one that the type has by nature. An undeclared one counts as the worst.
#[must_use]
pub fn class_of(common: &Common, action: &Action) -> EffectClass {
    common.effect.or_else(|| action.own_effect()).unwrap_or(EffectClass::Destructive)
}

/// Why no plan can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanTrouble {
    /// No such playbook.
    #[error("find a playbook `{id}`{}", suggestion(.near.as_deref()))]
    NoPlaybook {
        /// What was asked for.
        id: String,
        /// The nearest one there is.
        near: Option<String>,
    },
    /// No such environment.
    #[error("find an environment `{name}` in mayday.yaml; it has {known}")]
    NoEnvironment {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The playbook has no drill, or not here.
    #[error("{0}")]
    NoDrill(String),
    /// Includes or undos that lead nowhere.
    #[error("{0}")]
    Broken(String),
}

fn suggestion(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// Playbooks by id, as they were parsed.
pub type Library = BTreeMap<String, Playbook>;

/// What a plan is made for.
#[derive(Clone, Copy, Debug)]
pub struct Purpose<'a> {
    /// The playbook's id.
    pub playbook: &'a str,
    /// The environment's name.
    pub environment: &'a str,
    /// Real or drill.
    pub mode: Mode,
    /// The folder of mayday.yaml.
    pub base: &'a Path,
}

impl Plan {
    /// The step with this key.
    #[must_use]
    pub fn unit(&self, key: &str) -> Option<&Unit> {
        self.by_key.get(key).map(|at| &self.units[*at])
    }

    /// The section that a step belongs to.
    #[must_use]
    pub fn section(&self, unit: &Unit) -> Section {
        self.phases[unit.phase].section
    }
}

/// The undo of a step as a step: its key is the step's with `.undo` behind it.
#[must_use]
pub fn undo_unit(unit: &Unit) -> Option<Unit> {
    let undo = unit.step.undo.as_ref()?;
    let common = &unit.step.common;
    let title = undo.head.title.clone();
    Some(Unit {
        key: format!("{}.undo", unit.key),
        prefix: unit.prefix.clone(),
        phase: unit.phase,
        step: Step {
            common: Common {
                id: format!("{}.undo", common.id),
                title: title.unwrap_or_else(|| format!("Undo: {}", common.title)),
                effect: undo.head.effect,
                target: undo.head.target.clone().or_else(|| common.target.clone()),
                secrets: undo.head.secrets.clone().unwrap_or_else(|| common.secrets.clone()),
                timeout: undo.head.timeout,
                expect: undo.head.expect.clone(),
                ..Common::default()
            },
            action: undo.action.clone(),
            verify: Vec::new(),
            undo: None,
            on_crash: None,
        },
        outer_when: Vec::new(),
        undoes: Some(unit.key.clone()),
    })
}
