//! What counts as an answer to a question.
//!
//! Owns the one set of rules for answers from a keyboard, a flag and a drill. Pure: the clock and the
//! zone are given. Nothing here fills in an answer for the operator.

use serde_json::Value;

use super::{Choice, Question, ValueKind, ValueRule, Wants};
use crate::secret::MIN_HIDDEN;
use crate::template;
use crate::time::{Span, Timestamp, Zone};

/// An answer may be this many bytes long (reliability design, limits).
pub const LONGEST_ANSWER: usize = 64 * 1024;

impl Wants {
    /// This text to be typed, as it stands on the screen: a person can type no line end, no run of blanks and
    /// no character that is not shown. `None` when nothing is left to type.
    #[must_use]
    pub fn typed(text: &str) -> Option<Self> {
        let shown = crate::text::sanitise(text);
        let words: Vec<&str> = shown.split_whitespace().collect();
        (!words.is_empty()).then(|| Self::Typed(words.join(" ")))
    }
}

impl Question {
    /// What a typed line means as an answer.
    ///
    /// # Errors
    /// A fragment that says what is wanted instead; it never repeats a secret.
    pub fn accept(&self, text: &str, now: Timestamp, zone: Zone) -> Result<Value, String> {
        bounded(text)?;
        match &self.wants {
            Wants::Enter if text.trim().is_empty() => Ok(Value::Bool(true)),
            Wants::YesNo => yes_no(text).map(Value::Bool).ok_or_else(|| self.hint()),
            Wants::Typed(wanted) if text.trim_end_matches(['\r', '\n']) == wanted => {
                Ok(Value::String(wanted.clone()))
            }
            Wants::Enter | Wants::Typed(_) => Err(self.hint()),
            Wants::OneOf(choices) => pick(choices, text).ok_or_else(|| self.hint()),
            Wants::Value(rule) => rule.accept(text, now, zone),
            Wants::Words => {
                let words = text.trim();
                let seen = words.chars().any(is_visible);
                let answer = || Value::String(words.to_owned());
                seen.then(answer).ok_or_else(|| self.hint())
            }
        }
    }

    /// What a value from a flag, a file or a drill means as an answer.
    ///
    /// # Errors
    /// As [`Question::accept`].
    pub fn accept_value(&self, value: &Value, now: Timestamp, zone: Zone) -> Result<Value, String> {
        match (&self.wants, value) {
            (Wants::Value(rule), value) => rule.accept_value(value, now, zone),
            (Wants::Enter | Wants::YesNo, Value::Bool(true)) => Ok(Value::Bool(true)),
            (Wants::YesNo, Value::Bool(false)) => Ok(Value::Bool(false)),
            (Wants::Enter, Value::String(text)) if yes_no(text) == Some(true) => {
                Ok(Value::Bool(true))
            }
            // A position on a screen means nothing in a file that outlives the screen.
            (Wants::OneOf(choices), value) => by_key(choices, &plain_text(value)?)
                .ok_or_else(|| format!("one of {}", keys(choices))),
            // `true` proves no reading, so it is no typed confirmation.
            (Wants::Typed(_), Value::Bool(_)) => Err(self.hint()),
            (_, value) => self.accept(&plain_text(value)?, now, zone),
        }
    }

    /// What is wanted, as a short instruction: `y or n`, `a number from 1 to 3`.
    #[must_use]
    pub fn hint(&self) -> String {
        match &self.wants {
            Wants::Enter => "press Enter to go on".to_owned(),
            Wants::YesNo => "type y or n".to_owned(),
            Wants::Typed(wanted) => format!("type exactly: {wanted}"),
            Wants::OneOf(choices) if numbered(choices.iter().map(|choice| choice.key.as_str())) => {
                format!("type a number from 1 to {}", choices.len())
            }
            Wants::OneOf(choices) => format!("type one of {}", keys(choices)),
            Wants::Value(rule) => rule.hint(),
            Wants::Words => "type at least one word".to_owned(),
        }
    }
}

impl ValueRule {
    /// What a typed line means as a value. Empty input takes the default.
    ///
    /// # Errors
    /// A fragment that says what is wanted instead; it never repeats a secret.
    pub fn accept(&self, text: &str, now: Timestamp, zone: Zone) -> Result<Value, String> {
        bounded(text)?;
        let line = text.trim_end_matches(['\r', '\n']);
        let text = if self.kind == ValueKind::Secret { line } else { line.trim() };
        if text.is_empty() {
            return match &self.default {
                Some(Value::String(default)) if default.is_empty() => {
                    Ok(Value::String(String::new()))
                }
                Some(default) if !default.is_null() => self.accept_value(default, now, zone),
                _ => Err(self.hint()),
            };
        }
        if text.chars().any(char::is_control) {
            return Err("control characters are not taken".to_owned());
        }
        if self.kind == ValueKind::Secret && text.chars().count() < MIN_HIDDEN {
            return Err(format!(
                "a secret has {MIN_HIDDEN} characters at least: a shorter one could not be hidden in the record"
            ));
        }
        let value = self.read(text, now, zone)?;
        match &value {
            Value::Array(items) => {
                items.iter().filter_map(Value::as_str).try_for_each(|item| self.matches(item))?;
            }
            _ => self.matches(text)?,
        }
        Ok(value)
    }

    /// What a value from a flag, a file or a drill means.
    ///
    /// # Errors
    /// As [`ValueRule::accept`].
    pub fn accept_value(&self, value: &Value, now: Timestamp, zone: Zone) -> Result<Value, String> {
        match (self.kind, value) {
            (_, Value::Null) => self.accept("", now, zone),
            (ValueKind::List, Value::Array(items)) => {
                let texts = items.iter().map(plain_text).collect::<Result<Vec<_>, _>>()?;
                texts
                    .iter()
                    .try_for_each(|item| bounded(item).and_then(|()| self.matches(item)))?;
                if texts.is_empty() {
                    return Err(self.hint());
                }
                Ok(Value::from(texts))
            }
            (ValueKind::Duration | ValueKind::Datetime, Value::Number(_)) => Err(self.hint()),
            (ValueKind::Boolean, Value::Bool(_)) => Ok(value.clone()),
            (_, value) => self.accept(&plain_text(value)?, now, zone),
        }
    }

    /// What is wanted, as a short instruction.
    #[must_use]
    pub fn hint(&self) -> String {
        match self.kind {
            ValueKind::String | ValueKind::Secret => "type a value".to_owned(),
            ValueKind::Integer => "type a whole number".to_owned(),
            ValueKind::Number => "type a number, with a point for fractions".to_owned(),
            ValueKind::Boolean => "type y or n".to_owned(),
            ValueKind::Duration => "type a duration such as 90s, 5m or 1h30m".to_owned(),
            ValueKind::Datetime => {
                "type a time such as 14:30, -20m or 2026-11-22T18:20:00Z".to_owned()
            }
            ValueKind::List => "type words separated by commas".to_owned(),
            ValueKind::Choice => format!("type one of {}", self.options.join(", ")),
        }
    }

    fn read(&self, text: &str, now: Timestamp, zone: Zone) -> Result<Value, String> {
        let wrong = || self.hint();
        Ok(match self.kind {
            ValueKind::String | ValueKind::Secret => Value::String(text.to_owned()),
            ValueKind::Integer => Value::from(text.parse::<i64>().map_err(|_| wrong())?),
            ValueKind::Number => {
                if let Ok(whole) = text.parse::<i64>() {
                    return Ok(Value::from(whole));
                }
                let number = text.parse().ok().and_then(serde_json::Number::from_f64);
                Value::Number(number.ok_or_else(wrong)?)
            }
            ValueKind::Boolean => Value::Bool(yes_no(text).ok_or_else(wrong)?),
            ValueKind::Duration => Value::String(text.parse::<Span>()?.to_string()),
            ValueKind::Datetime => {
                Value::String(Timestamp::parse_human(text, now, zone)?.rfc3339())
            }
            ValueKind::List => {
                let items: Vec<_> = text.split(',').map(str::trim).collect();
                if items.iter().any(|item| item.is_empty()) {
                    return Err(wrong());
                }
                Value::from(items)
            }
            ValueKind::Choice => Value::String(self.option(text).ok_or_else(wrong)?.to_owned()),
        })
    }

    fn option(&self, text: &str) -> Option<&str> {
        let options = self.options.iter().map(String::as_str);
        options
            .clone()
            .find(|option| *option == text)
            .or_else(|| numbered(options.clone()).then(|| at_number(options, text)).flatten())
    }

    fn matches(&self, text: &str) -> Result<(), String> {
        // A choice may have been given by number; its options are the author's own.
        let Some(pattern) = self.pattern.as_ref().filter(|_| self.kind != ValueKind::Choice) else {
            return Ok(());
        };
        // Compiled alone first: `a)(b` must not become right by what is put around it.
        let whole = template::pattern(pattern)
            .and_then(|_| template::pattern(&format!("^(?:{pattern})$")))
            .map_err(|fault| fault.message)?;
        if whole.is_match(text) {
            return Ok(());
        }
        Err(match self.kind {
            ValueKind::Secret => format!("the value does not match {pattern}"),
            _ => format!("`{text}` does not match {pattern}"),
        })
    }
}

/// True when the places of a list can be typed: no entry is itself a number.
#[must_use]
pub fn numbered<'a>(mut entries: impl Iterator<Item = &'a str>) -> bool {
    !entries.any(|entry| entry.parse::<f64>().is_ok())
}

fn at_number<T>(mut entries: impl Iterator<Item = T>, text: &str) -> Option<T> {
    let place: usize = text.parse().ok()?;
    entries.nth(place.checked_sub(1)?)
}

fn pick(choices: &[Choice], text: &str) -> Option<Value> {
    let text = text.trim();
    by_key(choices, text).or_else(|| {
        let places = numbered(choices.iter().map(|choice| choice.key.as_str()));
        let choice = places.then(|| at_number(choices.iter(), text)).flatten()?;
        Some(Value::String(choice.key.clone()))
    })
}

fn by_key(choices: &[Choice], text: &str) -> Option<Value> {
    let found = choices.iter().find(|choice| choice.key.eq_ignore_ascii_case(text.trim()))?;
    Some(Value::String(found.key.clone()))
}

fn keys(choices: &[Choice]) -> String {
    choices.iter().map(|choice| choice.key.as_str()).collect::<Vec<_>>().join(", ")
}

fn yes_no(text: &str) -> Option<bool> {
    // `sí` is no word of English and no key of ours: it is yes wherever it stands, also in a flag and a file.
    match text.trim().to_lowercase().as_str() {
        "y" | "yes" | "true" | "si" | "sí" | "si\u{301}" => Some(true),
        "n" | "no" | "false" => Some(false),
        _ => None,
    }
}

fn plain_text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Null => Ok(String::new()),
        Value::Array(_) | Value::Object(_) => Err("one value is wanted, not a list or map".into()),
    }
}

fn bounded(text: &str) -> Result<(), String> {
    if text.len() > LONGEST_ANSWER {
        return Err("an answer of at most 64 KiB is wanted".to_owned());
    }
    Ok(())
}

/// False for what leaves no mark on a screen: white space, controls, zero-width and bidi marks.
fn is_visible(c: char) -> bool {
    !c.is_whitespace()
        && !c.is_control()
        && !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        && !matches!(c, '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

#[cfg(test)]
mod tests;
