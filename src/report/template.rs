//! A template filled in, within limits.
//!
//! Owns what a template may do. The template comes from a person and may be wrong or hostile: minijinja's
//! fuel bounds steps, not memory or stack, so what it may see is bounded first, everything that could
//! make a large value out of a small one is left out, and the output is counted while it is written.

use std::io::{self, Write};

use minijinja::machinery::{Token, Tokenizer, parse};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Rest;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, filters, tests};

use super::markdown;
use crate::time::{Span, Timestamp};

mod rules;
mod words;

/// Largest template, in bytes (reliability design, limits).
pub const MAX_TEMPLATE: usize = 256 * 1024;
/// Largest report of a run without events, in bytes (reliability design, limits).
pub const MAX_RENDERED: usize = 8 * 1024 * 1024;
/// Longest tag, in bytes (reliability design, limits).
const MAX_TAG: usize = 1024;
/// Most tags (reliability design, limits).
const MAX_TAGS: usize = 2_000;
/// Most `elif` (reliability design, limits).
const MAX_ELIF: usize = 200;
/// Most words and signs in a tag: bounds the depth of chains.
const MAX_WORDS: usize = 200;
/// Most brackets open at once.
const MAX_BRACKETS: usize = 16;
/// Most blocks inside each other.
const MAX_BLOCKS: usize = 32;
/// Bytes more for each event: a row of the built-in timeline takes about 150.
const BYTES_PER_EVENT: usize = 1_024;
/// Steps of the template engine for a report without events. One of 50 events takes some thousand.
const FUEL: u64 = 1_000_000;
/// Steps more for each event; the built-in template takes about 50.
const FUEL_PER_EVENT: u64 = 1_000;

/// Why a template could not be filled in. Fits after "failed to render ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}{}: {message}", at_line(*.line))]
pub struct ReportTrouble {
    /// The template.
    pub name: String,
    /// The line in it, from 1, when it is known.
    pub line: Option<usize>,
    /// What is wrong, a lowercase fragment.
    pub message: String,
}

fn at_line(line: Option<usize>) -> String {
    line.map(|line| format!(", line {line}")).unwrap_or_default()
}

/// The template filled in with the context.
///
/// # Errors
/// What is wrong with the template, with its line. Nothing was written.
pub fn render(
    template: &str,
    name: &str,
    context: &serde_json::Value,
) -> Result<String, ReportTrouble> {
    let trouble = |line, message| ReportTrouble { name: name.to_owned(), line, message };
    bounded(template).map_err(|(line, message)| trouble(line, message))?;
    let told = |error: &Error| words::of(error, template, context);
    let wrong = |error: Error| trouble(error.line(), told(&error));
    let tree = parse(template, name, syntax().map_err(wrong)?).map_err(wrong)?;
    rules::obeyed(&tree).map_err(|(line, message)| trouble(Some(line), message))?;
    let mut environment = environment();
    // What is written grows with what happened: a long run has a post-mortem too.
    let rows = context["timeline"].as_array().map_or(0, Vec::len);
    environment.set_fuel(Some(FUEL + rows as u64 * FUEL_PER_EVENT));
    let most = MAX_RENDERED + rows * BYTES_PER_EVENT;
    let compiled = environment.template_from_named_str(name, template).map_err(wrong)?;
    let mut out = Counted { text: Vec::new(), most, full: false };
    let filled = compiled
        .render_captured_to(minijinja::value::Serde(context), &mut out)
        .map(|_| ())
        .map_err(|error| (error.line(), told(&error)));
    if out.full {
        let line = filled.err().and_then(|(line, _)| line);
        return Err(trouble(line, format!("the report is larger than {} MiB", most >> 20)));
    }
    filled.map_err(|(line, message)| trouble(line, message))?;
    let text = String::from_utf8(out.text)
        .map_err(|_| trouble(None, "the report is no UTF-8".to_owned()))?;
    super::blocks::seal(&text, super::read::lang(context)).map_err(|broken| {
        trouble(None, format!("its blocks do not fit together: {broken} of the report"))
    })
}

fn syntax() -> Result<SyntaxConfig, Error> {
    SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
}

/// Refuses what could exhaust the stack of the parser.
fn bounded(source: &str) -> Result<(), (Option<usize>, String)> {
    let large = |line, what: &str, count: usize, most: usize| {
        Err((line, format!("too large: {count} {what}, at most {most}")))
    };
    if source.len() > MAX_TEMPLATE {
        return large(None, "bytes", source.len(), MAX_TEMPLATE);
    }
    let wrong = |error: Error| (error.line(), words::syntax(&error));
    let mut tokens = Tokenizer::new(source, "", false, syntax().map_err(wrong)?);
    let (mut tags, mut elifs, mut blocks) = (0, 0, 0_usize);
    let (mut said, mut brackets, mut opened) = (0, 0_usize, 0);
    let mut first = false;
    while let Some((token, span)) = tokens.next_token().map_err(wrong)? {
        if let Token::TemplateData(_) = token {
            continue;
        }
        said += 1;
        match token {
            Token::VariableStart | Token::BlockStart => {
                tags += 1;
                first = matches!(token, Token::BlockStart);
                (said, brackets, opened) = (0, 0, span.start_offset);
            }
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => brackets += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                brackets = brackets.saturating_sub(1);
            }
            Token::Ident(word) if std::mem::take(&mut first) => match word {
                "if" | "for" | "with" => blocks += 1,
                "endif" | "endfor" | "endwith" => blocks = blocks.saturating_sub(1),
                "elif" => elifs += 1,
                _ => {}
            },
            _ => {}
        }
        for (what, count, most) in [
            ("bytes in a tag", (span.end_offset - opened) as usize, MAX_TAG),
            ("tags", tags, MAX_TAGS),
            ("`elif`", elifs, MAX_ELIF),
            ("words and signs in a tag", said, MAX_WORDS),
            ("open brackets", brackets, MAX_BRACKETS),
            ("blocks inside each other", blocks, MAX_BLOCKS),
        ] {
            if count > most {
                return large(Some(span.start_line as usize), what, count, most);
            }
        }
    }
    Ok(())
}

/// Only what is listed here: no filter that makes much out of little.
fn environment() -> Environment<'static> {
    let mut env = Environment::empty();
    // The limits of `syntax()` were used to look at it; the same rules fill it in.
    if let Ok(syntax) = syntax() {
        env.set_syntax(syntax);
    }
    env.set_debug(true);
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_recursion_limit(64);
    env.set_auto_escape_callback(|_| AutoEscape::None);
    // Data stays data, also where the author of a template forgot the filter.
    env.set_formatter(|out, _, value| {
        if value.is_undefined() {
            return Err(Error::from(ErrorKind::UndefinedError));
        }
        match value.as_str() {
            Some(text) if !value.is_safe() => out.write_str(&markdown::cell(text))?,
            Some(text) => out.write_str(text)?,
            None if value.is_number() => write!(out, "{value}").map_err(Error::from)?,
            None => out.write_str(&markdown::cell(&flat(value)?))?,
        }
        Ok(())
    });
    let safe = minijinja::Value::from_safe_string;
    env.add_filter("cell", move |value: &minijinja::Value| {
        Ok::<_, Error>(safe(markdown::cell(&flat(value)?)))
    });
    env.add_filter("inline", move |value: &minijinja::Value| {
        Ok::<_, Error>(safe(markdown::cell(&flat(value)?)))
    });
    env.add_filter("fence", move |value: &minijinja::Value| {
        Ok::<_, Error>(safe(markdown::fence(&flat(value)?)))
    });
    env.add_filter("mermaid", move |value: &minijinja::Value| {
        Ok::<_, Error>(safe(markdown::fence_of("mermaid", &flat(value)?)))
    });
    env.add_filter("time", move |value: &minijinja::Value| {
        Ok::<_, Error>(safe(instant(value)?.date_clock()))
    });
    env.add_filter("date", move |value: &minijinja::Value| {
        let told = instant(value)?.rfc3339();
        Ok::<_, Error>(safe(told.get(..10).unwrap_or_default().to_owned()))
    });
    env.add_filter("clock", move |value: &minijinja::Value| {
        Ok::<_, Error>(safe(instant(value)?.clock()))
    });
    env.add_filter("span", move |value: &minijinja::Value| Ok::<_, Error>(safe(length(value)?)));
    env.add_filter("join", join);
    env.add_filter("default", filters::default);
    env.add_filter("length", filters::length);
    env.add_filter("count", filters::length);
    env.add_filter("first", filters::first);
    env.add_filter("last", filters::last);
    env.add_filter("reverse", filters::reverse);
    env.add_filter("sort", filters::sort);
    env.add_filter("unique", filters::unique);
    env.add_filter("items", filters::items);
    env.add_filter("map", filters::map);
    env.add_filter("select", filters::select);
    env.add_filter("reject", filters::reject);
    env.add_filter("selectattr", filters::selectattr);
    env.add_filter("rejectattr", filters::rejectattr);
    env.add_filter("sum", filters::sum);
    env.add_filter("min", filters::min);
    env.add_filter("max", filters::max);
    env.add_filter("round", filters::round);
    env.add_filter("int", filters::int);
    env.add_filter("upper", filters::upper);
    env.add_filter("lower", filters::lower);
    env.add_filter("capitalize", filters::capitalize);
    env.add_filter("trim", filters::trim);
    env.add_test("defined", tests::is_defined);
    env.add_test("none", tests::is_none);
    env.add_test("true", tests::is_true);
    env.add_test("false", tests::is_false);
    env.add_test("eq", tests::is_eq);
    env.add_test("equalto", tests::is_eq);
    env.add_test("ne", tests::is_ne);
    env.add_test("lt", tests::is_lt);
    env.add_test("gt", tests::is_gt);
    env.add_test("in", tests::is_in);
    env.add_test("startingwith", tests::is_startingwith);
    env
}

/// A value as text, not larger than a report may be.
fn flat(value: &minijinja::Value) -> Result<String, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    if value.is_none() {
        return Ok("none".to_owned());
    }
    let mut out = Counted { text: Vec::new(), most: MAX_RENDERED, full: false };
    write!(out, "{value}").map_err(|_| too_large())?;
    String::from_utf8(out.text).map_err(|_| too_large())
}

fn too_large() -> Error {
    Error::new(ErrorKind::InvalidOperation, "the value is larger than a report may be")
}

fn instant(value: &minijinja::Value) -> Result<Timestamp, Error> {
    let text = flat(value)?;
    text.parse().map_err(|why: String| Error::new(ErrorKind::InvalidOperation, why))
}

/// `4m 12s`; below ten seconds with its milliseconds.
fn length(value: &minijinja::Value) -> Result<String, Error> {
    let text = flat(value)?;
    let ms: i64 = text.parse().map_err(|_| {
        let why = format!("`{text}` is no number of milliseconds");
        Error::new(ErrorKind::InvalidOperation, why)
    })?;
    Ok(super::outcome::whole_seconds(Span::from_millis(ms)).to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "the template engine hands over values")]
fn join(values: Vec<minijinja::Value>, between: Rest<String>) -> Result<String, Error> {
    let between = between.first().map(String::as_str).unwrap_or_default();
    let mut all = String::new();
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            all.push_str(between);
        }
        all.push_str(&flat(value)?);
        if all.len() > MAX_RENDERED {
            return Err(too_large());
        }
    }
    Ok(all)
}

/// Takes at most so many bytes.
struct Counted {
    text: Vec<u8>,
    most: usize,
    full: bool,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len() + bytes.len() > self.most {
            self.full = true;
            return Err(io::Error::other("the report is too large"));
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
