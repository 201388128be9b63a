//! The values that one expression or text uses, each fetched once and only when it is reached.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;

use serde_json::Value;

use super::{Fault, Lookup, NameUse, Named, View};

type Fetched = Result<Option<Named>, Fault>;

/// The names of one evaluation.
pub(super) struct Scope<'l> {
    lookup: &'l dyn Lookup,
    /// The text that is filled in.
    text: &'l str,
    names: BTreeMap<String, [OnceCell<Fetched>; 2]>,
    steps: BTreeMap<String, [OnceCell<Option<Value>>; 2]>,
}

impl<'l> Scope<'l> {
    /// A scope for the names used.
    pub(super) fn new(lookup: &'l dyn Lookup, uses: Vec<NameUse>) -> Self {
        let mut scope = Self { lookup, text: "", names: BTreeMap::new(), steps: BTreeMap::new() };
        for found in uses {
            let mut path = found.path.into_iter();
            match (path.next(), path.next()) {
                (Some(name), Some(id)) if name == "steps" => {
                    scope.steps.entry(id).or_default();
                }
                (Some(name), _) => {
                    scope.names.entry(name).or_default();
                }
                (None, _) => {}
            }
        }
        scope
    }

    /// The same for this text.
    pub(super) fn of(self, text: &'l str) -> Self {
        Self { text, ..self }
    }

    /// What a text says before the run for a tag whose expression has no value yet: the tag from inside, where the
    /// expression stands in it. Nothing where that is a fault.
    pub(super) fn foreseen(&self, expression: &std::ops::Range<usize>) -> Option<&'l str> {
        if !self.lookup.foresees() {
            return None;
        }
        let before = self.text.get(..expression.start)?.rfind(['{', '%'])? + 1;
        let behind = self.text.get(expression.end..)?;
        let end = expression.end + behind.find("}}").into_iter().chain(behind.find("%}")).min()?;
        Some(self.text.get(before..end)?.trim_matches(|c: char| c == '-' || c.is_whitespace()))
    }

    /// What a name stands for.
    pub(super) fn named(&self, name: &str, view: View) -> Result<&Named, Fault> {
        let Some(cells) = self.names.get(name) else { return Err(Fault::undefined(name)) };
        match cells[view as usize].get_or_init(|| self.lookup.name(name, view)) {
            Ok(Some(named)) => Ok(named),
            Ok(None) => Err(Fault::undefined(name)),
            Err(fault) => Err(fault.clone().behind(name)),
        }
    }

    /// The value of a name; a secret has none.
    pub(super) fn value(&self, name: &str, view: View) -> Result<&Value, Fault> {
        match self.named(name, view)? {
            Named::Value(value) => Ok(value),
            Named::Secret(_) => Err(Fault::new(
                format!("`{name}` is a secret and cannot be used in an expression"),
                None,
            )),
        }
    }

    /// The record of a step.
    pub(super) fn step(&self, id: &str, view: View) -> Result<&Value, Fault> {
        self.steps
            .get(id)
            .and_then(|cells| {
                cells[view as usize].get_or_init(|| self.lookup.step(id, view)).as_ref()
            })
            .ok_or_else(|| Fault::undefined(&format!("steps.{id}")))
    }
}

thread_local! {
    /// Levels of expressions under evaluation on this thread, those of vars inside vars together.
    static LEVELS: Cell<usize> = const { Cell::new(0) };
}

/// Most levels at once. Unoptimised code needs some 8 KiB of stack for each; threads have 2 MiB.
const MAX_LEVELS: usize = 120;

/// What beginning an evaluation costs beside the levels of its expression.
const BEGIN: usize = 4;

/// Counts the levels of an evaluation for as long as it goes on.
pub(super) struct Levels(usize);

impl Levels {
    pub(super) fn enter(levels: usize) -> Result<Self, Fault> {
        let levels = levels + BEGIN;
        let total = LEVELS.get() + levels;
        if total > MAX_LEVELS {
            return Err(Fault::new(
                "the expression is too large: nested too deeply, or vars inside vars",
                None,
            ));
        }
        LEVELS.set(total);
        Ok(Self(levels))
    }
}

impl Drop for Levels {
    fn drop(&mut self) {
        LEVELS.set(LEVELS.get().saturating_sub(self.0));
    }
}

/// Names and values written down: for tests and for small uses.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Values by name.
    pub values: BTreeMap<String, Value>,
    /// Names that stand for a secret of another name.
    pub secrets: BTreeMap<String, String>,
    /// Records of steps by id.
    pub steps: BTreeMap<String, Value>,
}

impl Names {
    /// Adds a value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a name for the secret of the same name.
    #[must_use]
    pub fn with_secret(mut self, name: &str) -> Self {
        self.secrets.insert(name.to_owned(), name.to_owned());
        self
    }

    /// Adds the record of a step.
    #[must_use]
    pub fn with_step(mut self, id: &str, record: impl Into<Value>) -> Self {
        self.steps.insert(id.to_owned(), record.into());
        self
    }
}

impl Lookup for Names {
    fn name(&self, name: &str, _: View) -> Result<Option<Named>, Fault> {
        let secret = self.secrets.get(name).cloned().map(Named::Secret);
        Ok(secret.or_else(|| self.values.get(name).cloned().map(Named::Value)))
    }

    fn step(&self, id: &str, _: View) -> Option<Value> {
        self.steps.get(id).cloned()
    }

    fn known(&self) -> Vec<String> {
        self.values.keys().chain(self.secrets.keys()).cloned().collect()
    }
}
