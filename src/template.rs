//! Expressions and texts: strict Jinja over named values.
//!
//! Owns the one way in which data meets text. A name without a value is an error, never empty; data is
//! never compiled; a secret has no text form. Numbers are numbers, instants are seconds since the epoch
//! and spans are seconds inside expressions; in texts and variables they read as RFC 3339 and `5m`.

use std::ops::Range;

use serde_json::Value;

use crate::effect::{Facts, Text};

/// Which form of a value is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// For computing: instants and spans are numbers of seconds.
    Compute,
    /// For reading: instants are RFC 3339, spans are `5m`.
    Read,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Named {
    /// A value.
    Value(Value),
    /// A secret, kept by the world under this name.
    Secret(String),
}

/// Names and their values.
pub trait Lookup {
    /// The value of a top-level name other than `steps`; `None` when it has none now. The error says
    /// why a known name could not be evaluated (a variable over something not yet captured).
    ///
    /// # Errors
    /// A fault that fits after the name.
    fn name(&self, name: &str, view: View) -> Result<Option<Named>, Fault>;
    /// The record of a step, `steps.<id>`.
    fn step(&self, id: &str, view: View) -> Option<Value>;
    /// Every name that has or may have a value now: inputs, vars, captured names.
    fn known(&self) -> Vec<String>;
}

/// The facts of an output in front of other names.
pub struct WithFacts<'a> {
    /// The facts.
    pub facts: &'a Facts,
    /// The names behind them.
    pub outer: &'a dyn Lookup,
}

impl Lookup for WithFacts<'_> {
    fn name(&self, name: &str, view: View) -> Result<Option<Named>, Fault> {
        match self.facts.get(name) {
            Some(value) => Ok(Some(Named::Value(value.clone()))),
            None => self.outer.name(name, view),
        }
    }

    fn step(&self, id: &str, view: View) -> Option<Value> {
        self.outer.step(id, view)
    }

    fn known(&self) -> Vec<String> {
        self.outer.known()
    }
}

/// What is wrong with an expression or a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// A lowercase fragment.
    pub message: String,
    /// Where in the expression or text, in bytes.
    pub range: Option<Range<usize>>,
    /// The name that has no value, when that is the fault.
    pub undefined: Option<String>,
}

/// A condition, evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Whether it holds.
    pub truth: bool,
    /// Its evaluated parts: `rows[0].n == 50  ->  47 == 50  ->  false`.
    pub trace: String,
}

/// A name used in an expression or text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameUse {
    /// The dotted path from the top-level name, as far as it is literal: `["steps", "health", "status"]`.
    pub path: Vec<String>,
    /// Where, in bytes.
    pub range: Range<usize>,
}

/// The value of an expression.
///
/// # Errors
/// A syntax error, an undefined name, a secret, a type that does not fit.
pub fn evaluate(_expression: &str, _names: &dyn Lookup) -> Result<Value, Fault> {
    unimplemented!()
}

/// Whether a condition holds, with its evaluated parts.
///
/// # Errors
/// As [`evaluate`].
pub fn holds(_expression: &str, _names: &dyn Lookup) -> Result<Held, Fault> {
    unimplemented!()
}

/// A text with its `{{ }}` filled in.
///
/// # Errors
/// As [`evaluate`]; a text that is too large.
pub fn render(_text: &str, _names: &dyn Lookup) -> Result<String, Fault> {
    unimplemented!()
}

/// A URL with its `{{ }}` filled in, each value percent-encoded for where it stands.
///
/// # Errors
/// As [`render`]; a result that is no http or https URL, or that holds credentials.
pub fn render_url(_text: &str, _names: &dyn Lookup) -> Result<String, Fault> {
    unimplemented!()
}

/// The value of a name as an environment variable: instants as RFC 3339, lists as lines.
///
/// # Errors
/// The name has no value.
pub fn as_variable(_name: &str, _names: &dyn Lookup) -> Result<Text, Fault> {
    unimplemented!()
}

/// The value of a name for a SQL parameter: instants as RFC 3339, spans as seconds.
///
/// # Errors
/// The name has no value, or is a secret.
pub fn as_value(_name: &str, _names: &dyn Lookup) -> Result<Value, Fault> {
    unimplemented!()
}

/// The names used by an expression.
///
/// # Errors
/// A syntax error with its range.
pub fn names_in_expression(_expression: &str) -> Result<Vec<NameUse>, Fault> {
    unimplemented!()
}

/// The names used by a text.
///
/// # Errors
/// A syntax error with its range.
pub fn names_in_text(_text: &str) -> Result<Vec<NameUse>, Fault> {
    unimplemented!()
}

/// A regular expression of an author's, bounded in size.
///
/// # Errors
/// What is wrong with it.
pub fn pattern(_pattern: &str) -> Result<regex::Regex, Fault> {
    unimplemented!()
}
