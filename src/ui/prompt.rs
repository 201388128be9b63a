//! Asking: a question above, what is wanted on the line itself, and no answer but the operator's.
//!
//! Owns the two ways to ask: `inquire` on a terminal that can be drawn over, a plain line elsewhere.
//! What counts as an answer is the question's to say.

use std::sync::Arc;
use std::time::Duration;

use inquire::ui::{RenderConfig, Styled};
use inquire::{InquireError, Password, PasswordDisplayMode, Text};

use crate::effect::{Question, ValueKind, Wants, numbered};
use crate::text::one_line;
use crate::time::{Timestamp, Zone};
use crate::ui::layout::{INDENT, wrap};
use crate::ui::screen::Screen;
use crate::world::console::{
    Asked, DEAD_TIME, Echo, HangUpWatch, Line, Operator, discard_stale_input, open_line,
};

/// Asks on the terminal of a [`Screen`].
#[derive(Clone)]
pub struct Prompt {
    screen: Screen,
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    zone: Zone,
}

impl Prompt {
    /// Asks on `screen`. `now` is the wall clock for answers such as `-20m`; times without a zone are
    /// read in `zone`.
    #[must_use]
    pub fn new(
        screen: Screen,
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
        zone: Zone,
    ) -> Self {
        Self { screen, now: Arc::new(now), zone }
    }

    fn accept(&self, question: &Question, text: &str) -> Result<serde_json::Value, String> {
        question.accept(text, (self.now)(), self.zone)
    }

    /// On a terminal that can be drawn over: a line that can be edited.
    fn ask_live(&self, question: &Question, label: &str) -> Asked {
        let Ok(watch) = HangUpWatch::start() else { return Asked::Gone };
        // What is shown must be on the screen before what was typed counts as old.
        let _ = self.screen.flushed(Duration::MAX);
        discard_stale_input(dead_time(question));
        let mut refused = String::new();
        loop {
            if watch.gone() {
                return Asked::Gone;
            }
            self.screen.prompt_opened(&format!("{label} "), false);
            let typed = edit_line(question, label, &refused);
            self.screen.prompt_closed();
            if watch.gone() {
                return Asked::Gone;
            }
            match typed {
                Ok(text) => match self.accept(question, &text) {
                    Ok(answer) => return Asked::Answer(answer),
                    Err(why) => {
                        self.refuse(&why);
                        // A slip in a value is mended; a confirmation is typed again.
                        let mend = matches!(question.wants, Wants::Value(_) | Wants::Words);
                        refused = if mend { text } else { String::new() };
                    }
                },
                Err(InquireError::OperationCanceled) => return Asked::Escape,
                Err(InquireError::OperationInterrupted) => {
                    // The cursor still stands behind the line; this ends it.
                    self.screen.talk(&["left"]);
                    return Asked::Escape;
                }
                Err(_) => return Asked::Gone,
            }
        }
    }

    /// Where nothing can be drawn over: a label and a line, again until it is an answer.
    fn ask_plain(&self, question: &Question, label: &str) -> Asked {
        let _ = self.screen.flushed(Duration::MAX);
        discard_stale_input(dead_time(question));
        let echo = if is_secret(question) { Echo::Off } else { Echo::On };
        loop {
            let open = open_line(echo);
            self.screen.prompt_opened(&format!("{label} "), true);
            let line = open.read();
            self.screen.prompt_closed();
            if echo == Echo::Off || line == Line::Escape {
                self.screen.talk(&[""]);
            }
            match line {
                Line::End => return Asked::Gone,
                Line::Escape => return Asked::Escape,
                Line::Text(text) => match self.accept(question, &text) {
                    Ok(answer) => return Asked::Answer(answer),
                    Err(why) => self.refuse(&why),
                },
            }
        }
    }

    fn refuse(&self, why: &str) {
        let why = format!("Not taken: {}", one_line(why));
        self.screen.talk(&wrap(&why, self.screen.look.width, INDENT, INDENT));
    }
}

impl Operator for Prompt {
    fn ask(&self, question: &Question) -> Asked {
        self.screen.talk(&lines(question, self.screen.look.width));
        let label = label(question);
        if self.screen.look.live {
            self.ask_live(question, &label)
        } else {
            self.ask_plain(question, &label)
        }
    }
}

/// The question as it stands above its line: text, help, choices with their numbers.
#[must_use]
pub fn lines(question: &Question, width: usize) -> Vec<String> {
    let mut lines = wrap(&question.text, width, " ASK  ", INDENT);
    if let Some(help) = &question.help {
        lines.extend(wrap(help, width, INDENT, INDENT));
    }
    let choices: Vec<(&str, &str)> = match &question.wants {
        Wants::OneOf(choices) => {
            choices.iter().map(|choice| (choice.key.as_str(), choice.label.as_str())).collect()
        }
        Wants::Value(rule) if rule.kind == ValueKind::Choice => {
            rule.options.iter().map(|option| (option.as_str(), "")).collect()
        }
        _ => Vec::new(),
    };
    let by_number = numbered(choices.iter().map(|(key, _)| *key));
    for (index, (key, words)) in choices.iter().enumerate() {
        let name = if by_number { (index + 1).to_string() } else { (*key).to_owned() };
        let words = if words.is_empty() { key } else { words };
        let first = format!("{INDENT}{name:>2}  ");
        let rest = " ".repeat(first.len());
        lines.extend(wrap(words, width, &first, &rest));
    }
    lines
}

/// What is wanted, on the line where it is typed.
fn label(question: &Question) -> String {
    let default = match &question.wants {
        Wants::Value(rule) => rule.default.as_ref().filter(|default| !default.is_null()),
        _ => None,
    };
    let default = default.map(|default| match default {
        _ if is_secret(question) => ", Enter takes the one offered".to_owned(),
        serde_json::Value::String(text) => format!(", Enter takes {text}"),
        other => format!(", Enter takes {other}"),
    });
    let label = format!("{}{} >", question.hint(), default.unwrap_or_default());
    format!("{INDENT}{}", one_line(&label))
}

fn is_secret(question: &Question) -> bool {
    matches!(&question.wants, Wants::Value(rule) if rule.kind == ValueKind::Secret)
}

/// Values and words are safe to type ahead of their prompt by a moment; gates and menus are not.
fn dead_time(question: &Question) -> Duration {
    match question.wants {
        Wants::Enter | Wants::YesNo | Wants::Typed(_) | Wants::OneOf(_) => DEAD_TIME,
        Wants::Value(_) | Wants::Words => Duration::ZERO,
    }
}

fn edit_line(question: &Question, label: &str, refused: &str) -> Result<String, InquireError> {
    // `inquire` puts a space between the prefix and the message.
    let prefix = Styled::new(&INDENT[..INDENT.len() - 1]);
    let look = RenderConfig::empty()
        .with_prompt_prefix(prefix)
        .with_answered_prompt_prefix(prefix)
        .with_canceled_prompt_indicator(Styled::new("left"));
    let message = label.trim_start();
    if is_secret(question) {
        return Password::new(message)
            .without_confirmation()
            .with_display_mode(PasswordDisplayMode::Masked)
            .with_formatter(&|_| "(hidden)".to_owned())
            .with_render_config(look)
            .prompt();
    }
    Text::new(message).with_initial_value(refused).with_render_config(look).prompt()
}
