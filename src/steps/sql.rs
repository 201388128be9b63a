//! `sql`: statements on a database target. `:name` is bound, `:"name"` quoted; nothing is pasted in.
//!
//! A change runs in a transaction that stays open until `expect` held (and, with `commit: ask`, until
//! the operator saw the affected rows): one attempt is then a short conversation with the world.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{
    Broken, Context, FactType, Failure, Fate, OneOrMany, Part, Request, Stage, StepType, Verdict,
    judge_ending,
};
use crate::effect::{
    Effect, EffectClass, EffectId, Ending, FailKind, Output, Question, Recover, RecoverSql,
    SqlEffect, SqlEnd, SqlParam, TargetKind, Text, Wants,
};
use crate::playbook::CommitRule;
use crate::template;

/// Rows of a result that are kept; the count of all is always told.
const ROW_CAP: usize = 1000;

/// One statement, or a list of them for one transaction.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Sql {
    statements: OneOrMany<String>,
}

/// Where the conversation of a change stands.
enum Turn {
    Run,
    AskToCommit,
    End { commit: bool },
}

impl Sql {
    fn turn(cx: &Context<'_>, so_far: &[Output]) -> Turn {
        let Some(ran) = so_far.first() else { return Turn::Run };
        if expectation(cx, ran).is_err() || ran.ending != Ending::Done {
            return Turn::End { commit: false };
        }
        match (cx.common.commit, so_far.get(1)) {
            (Some(CommitRule::Ask), None) => Turn::AskToCommit,
            (Some(CommitRule::Ask), Some(answer)) => Turn::End { commit: said_yes(answer) },
            (None, _) => Turn::End { commit: true },
        }
    }

    fn holds_open(cx: &Context<'_>) -> bool {
        cx.class != EffectClass::Read && !cx.common.no_transaction
    }
}

fn said_yes(answer: &Output) -> bool {
    answer.ending == Ending::Done && answer.facts.get("answer") == Some(&Value::Bool(true))
}

/// The author's `expect` over the result, looked at before COMMIT so that a surprise is rolled back.
fn expectation(cx: &Context<'_>, ran: &Output) -> Result<(), Failure> {
    let Some(expect) = &cx.common.expect else { return Ok(()) };
    let names = template::WithFacts { facts: &ran.facts, outer: cx.names };
    let held = template::holds(expect, &names)?;
    if held.truth {
        return Ok(());
    }
    let message = format!("expected {}", held.trace);
    Err(Failure::new(Stage::Run, FailKind::Assertion, message))
}

impl StepType for Sql {
    fn request(&self, cx: &Context<'_>, so_far: &[Output]) -> Result<Request, Failure> {
        match Self::turn(cx, so_far) {
            Turn::Run => {
                let mut params = BTreeMap::new();
                for statement in &self.statements.0 {
                    for name in parameters(statement) {
                        let value = parameter(&name, cx)?;
                        params.insert(name, value);
                    }
                }
                Ok(Request::effect(Effect::Sql(SqlEffect {
                    step: cx.unit.to_owned(),
                    target: cx.target()?,
                    statements: self.statements.0.clone(),
                    params,
                    class: cx.class,
                    no_transaction: cx.common.no_transaction,
                    hold: Self::holds_open(cx),
                    time_limit: cx.time_limit(),
                    row_cap: ROW_CAP,
                    withhold: cx.withhold(),
                })))
            }
            Turn::AskToCommit => Ok(Request::effect(Effect::Ask(Question {
                about: format!("{}.commit", cx.unit),
                text: format!("COMMIT these changes? {}", affected(&so_far[0])),
                help: Some("y commits, n rolls back".to_owned()),
                wants: Wants::YesNo,
            }))),
            Turn::End { commit } => Ok(Request::effect(Effect::SqlEnd(SqlEnd {
                session: session(&so_far[0]),
                commit,
                time_limit: cx.time_limit(),
            }))),
        }
    }

    fn judge(&self, cx: &Context<'_>, outputs: &[Output]) -> Verdict {
        let Some(last) = outputs.last() else { return Verdict::Pass };
        if !Self::holds_open(cx) {
            return judge_ending(last, cx.class);
        }
        let ran = &outputs[0];
        if ran.ending != Ending::Done {
            // Nothing was committed: the transaction died with its connection or was rolled back.
            return judge_ending(ran, EffectClass::Read);
        }
        // What the latest output is the end of is what was asked for behind the ones before it.
        let before = &outputs[..outputs.len() - 1];
        if !matches!(Self::turn(cx, before), Turn::End { .. }) {
            return Verdict::More;
        }
        match judge_ending(last, cx.class) {
            // COMMIT is only ever said once the expectation held; what is committed is committed.
            Verdict::Pass if last.facts.get("committed") == Some(&Value::Bool(true)) => {
                Verdict::Pass
            }
            Verdict::Pass => match expectation(cx, ran) {
                Err(failure) => Verdict::Fail(failure),
                Ok(()) => Verdict::Fail(Failure::new(
                    Stage::Gate,
                    FailKind::Cancelled,
                    "rolled back: not confirmed",
                )),
            },
            other => other,
        }
    }

    /// Before COMMIT is said nothing has happened where a transaction holds everything back; after it,
    /// only the server knows, and only where its transaction was named to us before.
    fn broken(&self, cx: &Context<'_>, broken: &Broken<'_>) -> Fate {
        if cx.class == EffectClass::Read {
            return Fate::Again;
        }
        // MySQL commits by itself around DDL, and its tables need not know transactions at all.
        let Ok(target) = cx.target() else { return Fate::unknown() };
        if !Self::holds_open(cx) || target.kind == TargetKind::Mysql {
            return Fate::unknown();
        }
        if broken.part.is_none() || broken.what != SqlEnd::COMMIT {
            return Fate::NotDone(
                "the transaction ended with its connection, before COMMIT: nothing was committed",
            );
        }
        match broken.facts.get("tx") {
            Some(tx) => Fate::Ask(Recover::Sql(RecoverSql {
                target,
                tx: tx.clone(),
                time_limit: cx.time_limit(),
            })),
            None => Fate::Unknown("COMMIT was sent and its answer is not recorded".to_owned()),
        }
    }

    fn own_effect(&self) -> Option<EffectClass> {
        None
    }

    fn facts(&self) -> &'static [(&'static str, FactType)] {
        &[
            ("rows", FactType::List),
            ("columns", FactType::List),
            ("rows_affected", FactType::Number),
            ("row_count", FactType::Number),
        ]
    }

    fn parts<'a>(&'a self, visit: &mut dyn FnMut(&str, Part<'a>)) {
        match self.statements.0.as_slice() {
            [one] => visit("", Part::Statement(one)),
            many => {
                for (index, one) in many.iter().enumerate() {
                    visit(&format!("[{index}]"), Part::Statement(one));
                }
            }
        }
    }
}

/// The effect that left the transaction open: the engine writes its id into the output.
fn session(ran: &Output) -> EffectId {
    EffectId(ran.facts.get("session").and_then(Value::as_u64).unwrap_or_default())
}

fn affected(ran: &Output) -> String {
    match ran.facts.get("rows_affected").and_then(Value::as_u64) {
        Some(1) => "1 row affected.".to_owned(),
        Some(rows) => format!("{rows} rows affected."),
        None => String::new(),
    }
}

fn parameter(name: &str, cx: &Context<'_>) -> Result<SqlParam, Failure> {
    match template::as_variable(name, cx.names)? {
        Text::Secret(secret) => Ok(SqlParam::Secret(secret)),
        Text::Plain(_) => Ok(SqlParam::Value(template::as_value(name, cx.names)?)),
    }
}

/// The names of `:name` and `:"name"` in a statement, in order, outside strings, comments, quoted
/// identifiers, dollar quotes and `::` casts.
#[must_use]
pub fn parameters(statement: &str) -> Vec<String> {
    scan(statement).into_iter().map(|found| found.name).collect()
}

/// One parameter in a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// True for `:"name"`.
    pub identifier: bool,
    /// Byte range in the statement, colon and quotes included.
    pub range: std::ops::Range<usize>,
}

/// Finds the parameters of a statement, as psql does.
#[must_use]
pub fn scan(statement: &str) -> Vec<Parameter> {
    let bytes = statement.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        at = match bytes[at] {
            b'\'' => {
                let escapes = at > 0 && matches!(bytes[at - 1], b'e' | b'E');
                let escapes = escapes && (at < 2 || !is_word(bytes[at - 2]));
                skip_quoted(bytes, at, b'\'', escapes)
            }
            b'"' => skip_quoted(bytes, at, b'"', false),
            b'`' => skip_quoted(bytes, at, b'`', false),
            b'-' if bytes.get(at + 1) == Some(&b'-') => skip_line(bytes, at),
            b'/' if bytes.get(at + 1) == Some(&b'*') => skip_comment(bytes, at),
            b'$' if at == 0 || !is_word(bytes[at - 1]) => skip_dollar(statement, at),
            b':' if bytes.get(at + 1) == Some(&b':') => at + 2,
            b':' => match parameter_at(statement, at) {
                Some(parameter) => {
                    let end = parameter.range.end;
                    found.push(parameter);
                    end
                }
                None => at + 1,
            },
            _ => at + 1,
        };
    }
    found
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn parameter_at(statement: &str, at: usize) -> Option<Parameter> {
    let rest = &statement[at + 1..];
    // `a[1:n]` and `12:30` are no parameters: a name never follows a word or a closing bracket.
    if at > 0
        && matches!(statement.as_bytes()[at - 1], b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | b']')
    {
        return None;
    }
    let identifier = rest.starts_with('"');
    let body = if identifier { &rest[1..] } else { rest };
    let length = body.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    let name = &body[..length];
    if name.is_empty() || name.as_bytes()[0].is_ascii_digit() {
        return None;
    }
    if identifier && body.as_bytes().get(length) != Some(&b'"') {
        return None;
    }
    let end = at + 1 + length + if identifier { 2 } else { 0 };
    Some(Parameter { name: name.to_owned(), identifier, range: at..end })
}

fn skip_quoted(bytes: &[u8], start: usize, quote: u8, escapes: bool) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        if escapes && bytes[at] == b'\\' {
            at += 2;
        } else if bytes[at] == quote {
            if bytes.get(at + 1) == Some(&quote) {
                at += 2;
            } else {
                return at + 1;
            }
        } else {
            at += 1;
        }
    }
    bytes.len()
}

fn skip_line(bytes: &[u8], start: usize) -> usize {
    bytes[start..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| start + n + 1)
}

/// Comments nest in PostgreSQL; in the other databases a nested one is an error anyway.
fn skip_comment(bytes: &[u8], start: usize) -> usize {
    let (mut depth, mut at) = (1, start + 2);
    while at < bytes.len() && depth > 0 {
        match (bytes[at], bytes.get(at + 1)) {
            (b'/', Some(b'*')) => (depth, at) = (depth + 1, at + 2),
            (b'*', Some(b'/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    at.min(bytes.len())
}

fn skip_dollar(statement: &str, start: usize) -> usize {
    let tag_length = statement[start + 1..]
        .bytes()
        .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b >= 0x80)
        .count();
    let tag_end = start + 1 + tag_length;
    if statement.as_bytes().get(tag_end) != Some(&b'$') {
        return start + 1;
    }
    let tag = &statement[start..=tag_end];
    statement[tag_end + 1..].find(tag).map_or(statement.len(), |n| tag_end + 1 + n + tag.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_only_where_psql_finds_them() {
        let names = |sql| parameters(sql);
        assert_eq!(names("SELECT :a, :\"b\" FROM t WHERE x=:c"), ["a", "b", "c"]);
        assert_eq!(names("SELECT x::int, ':no', \":no\", $$:no$$, $q$ :no $q$"), [""; 0]);
        assert_eq!(names("SELECT 1 -- :no\n, :yes /* :no /* :no */ :no */"), ["yes"]);
        assert_eq!(names("SELECT E'it\\'s :no', 'it''s :no', a[1:n], '12':30"), [""; 0]);
        assert_eq!(names("SELECT 'unclosed :no"), [""; 0]);
        assert_eq!(names(":é :_x"), ["_x"]);
    }
}
