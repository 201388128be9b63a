//! Texts and URLs with their `{{ }}` filled in.

use std::fmt::Write as _;

use minijinja::machinery::ast::{Expr, Stmt};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::parse::{MAX_RENDERED, range, span_range};
use super::scope::Scope;
use super::value::display;
use super::{Fault, Named, View};

/// What RFC 3986 (section 2.3) leaves unreserved stays; everything else is percent-encoded.
const URL_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What the values are put into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A text that people read.
    Words,
    /// A URL.
    Url,
}

/// Appends what a statement says.
pub(super) fn say(
    statement: &Stmt<'_>,
    scope: &Scope<'_>,
    form: Form,
    out: &mut String,
) -> Result<(), Fault> {
    match statement {
        Stmt::Template(whole) => say_all(&whole.children, scope, form, out)?,
        Stmt::EmitRaw(raw) => out.push_str(raw.raw),
        Stmt::EmitExpr(emit) => match form {
            Form::Words => {
                match (say_value(&emit.expr, scope, out), scope.foreseen(&range(&emit.expr))) {
                    (Err(_), Some(expression)) => say_foreseen(expression, out),
                    (said, _) => said?,
                }
            }
            Form::Url => say_in_url(&emit.expr, scope, out)?,
        },
        Stmt::IfCond(choice) => {
            match (scope.truth(&choice.expr), scope.foreseen(&range(&choice.expr))) {
                (Err(_), Some(condition)) => {
                    say_foreseen(condition, out);
                    say_all(&choice.true_body, scope, form, out)?;
                    say_foreseen("else", out);
                    say_all(&choice.false_body, scope, form, out)?;
                    say_foreseen("end", out);
                }
                (truth, _) => {
                    let body = if truth? { &choice.true_body } else { &choice.false_body };
                    say_all(body, scope, form, out)?;
                }
            }
        }
        other => return Err(not_here(other)),
    }
    if out.len() > MAX_RENDERED {
        return Err(Fault::new(super::ops::too_long(), None));
    }
    Ok(())
}

fn say_all(
    statements: &[Stmt<'_>],
    scope: &Scope<'_>,
    form: Form,
    out: &mut String,
) -> Result<(), Fault> {
    statements.iter().try_for_each(|statement| say(statement, scope, form, out))
}

/// Refuses the statements that a text of a playbook does not need.
pub(super) fn only_simple(statement: &Stmt<'_>) -> Result<(), Fault> {
    match statement {
        Stmt::Template(whole) => whole.children.iter().try_for_each(only_simple),
        Stmt::IfCond(choice) => {
            choice.true_body.iter().chain(&choice.false_body).try_for_each(only_simple)
        }
        Stmt::EmitRaw(_) | Stmt::EmitExpr(_) => Ok(()),
        other => Err(not_here(other)),
    }
}

fn not_here(statement: &Stmt<'_>) -> Fault {
    let place = match statement {
        Stmt::ForLoop(s) => Some(s.span()),
        Stmt::Set(s) => Some(s.span()),
        Stmt::Include(s) => Some(s.span()),
        Stmt::Macro(s) => Some(s.span()),
        _ => None,
    };
    Fault::new("a text may hold only `{{ }}` and `{% if %}`", place.map(span_range))
}

/// What nobody knows yet, in angle brackets.
fn say_foreseen(words: &str, out: &mut String) {
    for part in ["<", words, ">"] {
        out.push_str(part);
    }
}

fn say_value(expr: &Expr<'_>, scope: &Scope<'_>, out: &mut String) -> Result<(), Fault> {
    if let Expr::Var(var) = expr
        && let Ok(Named::Secret(_)) = scope.named(var.id, View::Read)
    {
        write!(out, "‹secret {}›", var.id).map_err(|_| Fault::new("no room for the text", None))?;
        return Ok(());
    }
    match scope.eval(expr, View::Read)?.as_ref() {
        Value::String(text) => out.push_str(text),
        other => out.push_str(&display(other)),
    }
    Ok(())
}

/// Where in a URL the next character stands.
enum Place {
    Start,
    Authority,
    Path,
    Query,
}

fn place(url: &str) -> Place {
    let url = url.trim_start();
    if url.is_empty() {
        return Place::Start;
    }
    if url.contains(['?', '#']) {
        return Place::Query;
    }
    match url.split_once("://") {
        Some((_, rest)) if !rest.contains('/') => Place::Authority,
        _ => Place::Path,
    }
}

fn say_in_url(expr: &Expr<'_>, scope: &Scope<'_>, out: &mut String) -> Result<(), Fault> {
    let here = |why: &str| Fault::new(why, Some(range(expr)));
    let value = scope.eval(expr, View::Read)?;
    if value.is_array() || value.is_object() || value.is_null() {
        return Err(here(&format!("{} cannot stand in a URL", super::value::kind(&value))));
    }
    let text = display(&value);
    match place(out) {
        // A base address of a target: checked with the whole URL.
        Place::Start => out.push_str(text.trim()),
        Place::Authority => {
            let fits =
                |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '[' | ']');
            if text.is_empty() || !text.chars().all(fits) {
                return Err(here("this value is no host name"));
            }
            out.push_str(&text);
        }
        Place::Path if matches!(text.as_str(), "." | "..") => {
            return Err(here("`.` and `..` cannot stand in a path"));
        }
        Place::Path | Place::Query => out.extend(utf8_percent_encode(&text, URL_VALUE)),
    }
    Ok(())
}

/// Refuses what is neither an http or https URL nor a path, and what holds credentials.
pub(super) fn checked_url(url: &str) -> Result<(), String> {
    if url.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err("the URL holds a space, a backslash or a control character".to_owned());
    }
    if url.starts_with('/') && !url.starts_with("//") {
        return Ok(());
    }
    let scheme_end = url.find("://").unwrap_or(0);
    if !matches!(url[..scheme_end].to_ascii_lowercase().as_str(), "http" | "https") {
        return Err("a URL starts with `http://`, `https://` or `/`".to_owned());
    }
    let rest = &url[scheme_end + 3..];
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("the URL holds credentials: send them in a header, from a secret".to_owned());
    }
    if authority.is_empty() || authority.starts_with(':') {
        return Err("the URL names no host".to_owned());
    }
    Ok(())
}
