//! Expressions and texts: strict Jinja over named values.
//!
//! Owns the one way in which data meets text. A name without a value is an error, never empty; data is
//! never compiled; a secret has no text form. Numbers are numbers, instants are seconds since the epoch
//! and spans are seconds inside expressions; in texts and variables they read as RFC 3339 and `5m`.
//! The grammar is minijinja's; the values are computed here (`eval.rs` says why).

use std::borrow::Cow;
use std::ops::Range;

use minijinja::machinery::ast::Stmt;
use serde_json::Value;

use crate::effect::{Facts, Text};

mod checks;
mod eval;
mod filters;
mod lists;
mod names;
mod ops;
mod parse;
mod render;
mod scope;
pub mod shape;
#[cfg(test)]
mod tests;
mod trace;
pub mod usage;
mod value;

use render::Form;
use scope::{Levels, Scope};

pub use checks::TESTS;
pub use filters::FILTERS;
pub use parse::{MAX_EXPRESSION, MAX_RENDERED, MAX_TAG, MAX_TAGS, MAX_TEMPLATE};
pub use scope::Names;

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
    /// Before a run: a text says `<expression>` for what has no value yet, instead of being a fault.
    fn foresees(&self) -> bool {
        false
    }
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
        let cut =
            |name: &str| self.facts.get(&format!("{name}_truncated")) == Some(&Value::Bool(true));
        match self.facts.get(name) {
            // Half of an output would give half an answer: a count, a last line, a sum.
            Some(_) if matches!(name, "stdout" | "stderr" | "body") && cut(name) => Err(too_long()),
            None if name == "json" && (cut("stdout") || cut("body")) => Err(too_long()),
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

    fn foresees(&self) -> bool {
        self.outer.foresees()
    }
}

fn too_long() -> Fault {
    let message =
        "is longer than is kept for expressions: let the command print only what is needed";
    Fault { message: message.to_owned(), range: None, undefined: None }
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

impl Fault {
    fn new(message: impl Into<String>, range: Option<Range<usize>>) -> Self {
        Self { message: message.into(), range, undefined: None }
    }

    fn undefined(name: &str) -> Self {
        let message = format!("`{name}` has no value");
        Self { message, range: None, undefined: Some(name.to_owned()) }
    }

    fn at(mut self, range: Range<usize>) -> Self {
        self.range = Some(range);
        self
    }

    /// The fault of a name's own value, told of the name.
    fn behind(mut self, name: &str) -> Self {
        let joins = ["is ", "has ", "cannot "].iter().any(|verb| self.message.starts_with(verb));
        let colon = if joins { "" } else { ":" };
        self.message = format!("`{name}`{colon} {}", self.message);
        self.range = None;
        self
    }

    fn or_at(mut self, range: Range<usize>) -> Self {
        self.range.get_or_insert(range);
        self
    }
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
pub fn evaluate(expression: &str, names: &dyn Lookup) -> Result<Value, Fault> {
    let tree = parse::expression(expression)?;
    let mut uses = Vec::new();
    names::of_expression(&tree, &mut uses);
    let _levels = Levels::enter(names::depth(&tree))?;
    Scope::new(names, uses).eval(&tree, View::Compute).map(Cow::into_owned)
}

/// Whether a condition holds, with its evaluated parts.
///
/// # Errors
/// As [`evaluate`]; a result that is neither true nor false.
pub fn holds(expression: &str, names: &dyn Lookup) -> Result<Held, Fault> {
    let tree = parse::expression(expression)?;
    let mut uses = Vec::new();
    names::of_expression(&tree, &mut uses);
    let _levels = Levels::enter(names::depth(&tree))?;
    let scope = Scope::new(names, uses);
    let truth = scope.truth(&tree)?;
    Ok(Held { truth, trace: trace::trace(expression, &tree, &scope, truth) })
}

/// A text with its `{{ }}` filled in. A secret that stands alone reads `‹secret name›`.
///
/// # Errors
/// As [`evaluate`]; a text that is too large.
pub fn render(text: &str, names: &dyn Lookup) -> Result<String, Fault> {
    fill(text, names, Form::Words)
}

/// A text of a JSON document: the value itself where the text is one `{{ }}` and nothing else, so that a number stays
/// a number; else the text with its `{{ }}` filled in.
///
/// # Errors
/// As [`render()`].
pub fn render_value(text: &str, names: &dyn Lookup) -> Result<Value, Fault> {
    if text.starts_with("{{") && text.ends_with("}}") {
        let tree = parse::template(text)?;
        if let Stmt::Template(whole) = &tree
            && let [Stmt::EmitExpr(emit)] = whole.children.as_slice()
        {
            let mut uses = Vec::new();
            names::of_expression(&emit.expr, &mut uses);
            let _levels = Levels::enter(names::depth(&emit.expr))?;
            let value = Scope::new(names, uses).eval(&emit.expr, View::Read).map(Cow::into_owned);
            // A text reads as everywhere: an instant, a span, a secret that is not told.
            if let Ok(value) = value
                && !value.is_string()
            {
                return Ok(value);
            }
        }
    }
    render(text, names).map(Value::String)
}

/// A URL with its `{{ }}` filled in, each value percent-encoded for where it stands. A value at the
/// very start is taken as it is: the base address of a target.
///
/// # Errors
/// As [`render()`]; a result that is no http or https URL and no path, or that holds credentials.
pub fn render_url(text: &str, names: &dyn Lookup) -> Result<String, Fault> {
    let filled = fill(text, names, Form::Url)?;
    let url = filled.trim();
    render::checked_url(url).map_err(|why| Fault::new(why, None))?;
    Ok(url.to_owned())
}

fn fill(text: &str, names: &dyn Lookup, form: Form) -> Result<String, Fault> {
    if text.len() <= MAX_TEMPLATE && !["{{", "{%", "{#"].iter().any(|tag| text.contains(tag)) {
        return Ok(text.to_owned());
    }
    let tree = parse::template(text)?;
    render::only_simple(&tree)?;
    let mut uses = Vec::new();
    names::of_statements(std::slice::from_ref(&tree), &mut uses);
    let _levels = Levels::enter(names::statement_depth(&tree))?;
    let mut out = String::with_capacity(text.len());
    render::say(&tree, &Scope::new(names, uses).of(text), form, &mut out)?;
    Ok(out)
}

/// The value of a name as an environment variable: instants as RFC 3339, lists as lines, maps as JSON.
///
/// # Errors
/// The name has no value, or its value holds a NUL, which no variable can.
pub fn as_variable(name: &str, names: &dyn Lookup) -> Result<Text, Fault> {
    let value = match fetched(name, names)? {
        Named::Secret(secret) => return Ok(Text::Secret(secret)),
        Named::Value(value) => value,
    };
    let text = match &value {
        Value::Array(items) => filters::join(items, "\n")
            .map_err(|why| Fault::new(format!("`{name}`: {why}"), None))?,
        Value::Null => String::new(),
        // Programs take `1m30s` for a duration where people read `1m 30s`.
        Value::String(span) if is_span(name, span, names) => span.replace(' ', ""),
        other => value::display(other),
    };
    if text.contains('\0') {
        let why = "holds a NUL character and cannot be passed to a command";
        return Err(Fault::new(format!("`{name}` {why}"), None));
    }
    Ok(Text::Plain(text))
}

/// The value of a name for a SQL parameter: instants as RFC 3339, spans as seconds.
///
/// # Errors
/// The name has no value, or is a secret.
pub fn as_value(name: &str, names: &dyn Lookup) -> Result<Value, Fault> {
    let read = match fetched(name, names)? {
        Named::Value(value) => value,
        Named::Secret(_) => {
            return Err(Fault::new(format!("`{name}` is a secret and has no plain value"), None));
        }
    };
    if let Value::String(text) = &read
        && let Some(seconds) = span(name, text, names)
    {
        return Ok(seconds);
    }
    Ok(read)
}

/// The seconds of a name that is a span. An instant is text in one view and a number in the other, and so is a
/// span: an instant is the one whose text is RFC 3339.
fn span(name: &str, text: &str, names: &dyn Lookup) -> Option<Value> {
    if text.parse::<crate::time::Timestamp>().is_ok() {
        return None;
    }
    match names.name(name, View::Compute) {
        Ok(Some(Named::Value(seconds @ Value::Number(_)))) => Some(seconds),
        _ => None,
    }
}

fn is_span(name: &str, text: &str, names: &dyn Lookup) -> bool {
    span(name, text, names).is_some()
}

fn fetched(name: &str, names: &dyn Lookup) -> Result<Named, Fault> {
    match names.name(name, View::Read) {
        Ok(Some(found)) => Ok(found),
        Ok(None) => Err(Fault::undefined(name)),
        Err(fault) => Err(fault.behind(name)),
    }
}

/// The names used by an expression, and whether it can be read at all.
///
/// # Errors
/// A syntax error with its range.
pub fn names_in_expression(expression: &str) -> Result<Vec<NameUse>, Fault> {
    let tree = parse::expression(expression)?;
    let mut uses = Vec::new();
    names::of_expression(&tree, &mut uses);
    Ok(uses)
}

/// The names used by a text.
///
/// # Errors
/// A syntax error with its range.
pub fn names_in_text(text: &str) -> Result<Vec<NameUse>, Fault> {
    let tree = parse::template(text)?;
    render::only_simple(&tree)?;
    let mut uses = Vec::new();
    names::of_statements(std::slice::from_ref(&tree), &mut uses);
    Ok(uses)
}

/// Every filter of the language: `x | <filter>`.
#[must_use]
pub fn filters() -> Vec<&'static str> {
    FILTERS.to_vec()
}

/// Every test of the language: `x is <test>`.
#[must_use]
pub fn tests() -> Vec<&'static str> {
    TESTS.to_vec()
}

/// Every function of the language: there is none, a value is followed by filters instead.
#[must_use]
pub const fn functions() -> Vec<&'static str> {
    Vec::new()
}

/// A regular expression of an author's, bounded in size. It may match anywhere in a text.
///
/// # Errors
/// What is wrong with it.
pub fn pattern(pattern: &str) -> Result<regex::Regex, Fault> {
    /// Compiled size in bytes; a pattern written by hand needs a few thousand.
    const MAX_COMPILED: usize = 1024 * 1024;
    regex::RegexBuilder::new(pattern).size_limit(MAX_COMPILED).build().map_err(|error| {
        let said = error.to_string();
        let why = said.lines().last().unwrap_or_default().trim_start_matches("error: ");
        Fault::new(format!("`{}` is no pattern: {why}", crate::text::cut(pattern, 80)), None)
    })
}

/// As [`pattern`], but the whole text must match.
///
/// # Errors
/// What is wrong with it.
pub fn full_pattern(whole: &str) -> Result<regex::Regex, Fault> {
    pattern(whole)?;
    // A pattern under `(?x)` may end in a comment, which only a line break ends.
    pattern(&format!("^(?:{whole})$")).or_else(|_| pattern(&format!("^(?:{whole}\n)$")))
}
