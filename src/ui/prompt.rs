//! Asking: a question above, what is wanted on the line itself, and no answer but the operator's.
//!
//! Owns the two ways to ask: a line that is edited on a terminal that can be drawn over, a plain line
//! elsewhere. What counts as an answer is the question's to say.

use std::sync::Arc;
use std::time::Duration;

use crate::effect::{Question, ValueKind, Wants, numbered};
use crate::text::one_line;
use crate::time::{Timestamp, Zone};
use crate::ui::lang::Lang;
use crate::ui::layout::{INDENT, wrap};
use crate::ui::screen::Screen;
use crate::world::console::{
    Asked, DEAD_TIME, Echo, Key, Keyboard, Line, Operator, Stroke, Withdrawal, ask_to_suspend,
    discard_stale_input, open_line,
};

mod edit;

use edit::Edited;

/// How long a slow terminal may take to show the end of a question.
const PATIENCE: Duration = Duration::from_millis(300);

/// Said where Ctrl-Z would stop mayday for good.
const NO_SHELL: &str = "Ctrl-Z does nothing here: no shell would bring mayday back.";

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
        let text = self.screen.look.lang.typed(question, text);
        question.accept(text, (self.now)(), self.zone)
    }

    /// On a terminal that can be drawn over: a line that can be edited.
    fn ask_live(&self, question: &Question, label: &str, withdrawal: &Withdrawal) -> Asked {
        // What is shown must be on the screen before what was typed counts as old.
        let _ = self.screen.flushed(Duration::MAX);
        discard_stale_input(dead_time(question), withdrawal);
        let mut line = Edited::default();
        loop {
            // First the keyboard, then the label: a key pressed as soon as it stands there counts.
            let mut keyboard = Keyboard::open(withdrawal);
            self.screen.prompt_opened(&format!("{label} "), false);
            let left = self.edit(question, &mut line, &mut keyboard);
            if let Some(words) = left.as_ref().and_then(words_for) {
                self.screen.prompt_typed(&self.screen.look.lang.say(words), "");
            }
            self.screen.prompt_closed();
            // The terminal is given back only once the last drawing is on it.
            let _ = self.screen.flushed(PATIENCE);
            drop(keyboard);
            if let Some(left) = left {
                return left;
            }
            let text = line.text();
            match self.accept(question, &text) {
                Ok(answer) => return Asked::Answer(answer),
                Err(why) => {
                    self.refuse(&why);
                    // A slip in a value is mended; a confirmation is typed again.
                    let mend = matches!(question.wants, Wants::Value(_) | Wants::Words);
                    line = if mend { Edited::of(&text) } else { Edited::default() };
                }
            }
        }
    }

    /// Takes keys until the line is whole (`None`), or the question is left.
    fn edit(
        &self,
        question: &Question,
        line: &mut Edited,
        keyboard: &mut Keyboard<'_>,
    ) -> Option<Asked> {
        let secret = is_secret(question);
        self.draw(line, secret);
        loop {
            let key = match keyboard.stroke() {
                Stroke::Key(key) => key,
                Stroke::Again => Key::Redraw,
                Stroke::Withdrawn => return Some(Asked::Withdrawn),
                Stroke::Gone => return Some(Asked::Gone),
            };
            match key {
                Key::Enter => {
                    if secret {
                        self.screen.prompt_typed(&self.screen.look.lang.say("(hidden)"), "");
                    }
                    return None;
                }
                Key::Escape => return Some(Asked::Escape),
                Key::Eof if line.is_empty() => return Some(Asked::Escape),
                Key::Eof => line.press(&Key::Delete),
                Key::Interrupt => return Some(Asked::Interrupt),
                Key::Suspend if !ask_to_suspend() => {
                    self.screen.talk(&[self.screen.look.lang.say(NO_SHELL)]);
                }
                // The terminal is a shell's until mayday goes on.
                Key::Suspend => continue,
                // What was pasted proves no reading.
                Key::Paste(_) if !dead_time(question).is_zero() => {
                    self.refuse("pasted text confirms nothing; type it");
                }
                Key::Paste(text) => line.paste(&text),
                key => line.press(&key),
            }
            self.draw(line, secret);
        }
    }

    fn draw(&self, line: &Edited, secret: bool) {
        let (before, all) = (line.before_cursor(), line.text());
        let behind = &all[before.len()..];
        if secret {
            let stars = |text: &str| "*".repeat(text.chars().count());
            self.screen.prompt_typed(&stars(&before), &stars(behind));
        } else {
            self.screen.prompt_typed(&before, behind);
        }
    }

    /// Where nothing can be drawn over: a label and a line, again until it is an answer.
    fn ask_plain(&self, question: &Question, label: &str, withdrawal: &Withdrawal) -> Asked {
        let _ = self.screen.flushed(Duration::MAX);
        discard_stale_input(dead_time(question), withdrawal);
        let echo = if is_secret(question) { Echo::Off } else { Echo::On };
        loop {
            let open = open_line(echo, withdrawal);
            self.screen.prompt_opened(&format!("{label} "), true);
            let line = open.read();
            self.screen.prompt_closed();
            if echo == Echo::Off || !matches!(line, Line::Text(_)) {
                self.screen.talk(&[""]);
            }
            match line {
                Line::End => return Asked::Gone,
                Line::Escape => return Asked::Escape,
                Line::Interrupt => return Asked::Interrupt,
                Line::Withdrawn => return Asked::Withdrawn,
                Line::Suspend if !ask_to_suspend() => {
                    self.screen.talk(&[self.screen.look.lang.say(NO_SHELL)]);
                }
                Line::Suspend | Line::Again => {}
                Line::Garbled => self.refuse("that was no text (UTF-8); type it again"),
                Line::Text(text) => match self.accept(question, &text) {
                    Ok(answer) => return Asked::Answer(answer),
                    Err(why) => self.refuse(&why),
                },
            }
        }
    }

    fn refuse(&self, why: &str) {
        let why = format!("Not taken: {}", one_line(why));
        let why = self.screen.look.lang.say(&why);
        self.screen.talk(&wrap(&why, self.screen.width(), INDENT, INDENT));
    }
}

impl Operator for Prompt {
    fn ask(&self, question: &Question, withdrawal: &Withdrawal) -> Asked {
        self.screen.talk(&lines(question, self.screen.width(), self.screen.look.lang));
        let label = label(question, self.screen.look.lang);
        if self.screen.look.live {
            self.ask_live(question, &label, withdrawal)
        } else {
            self.ask_plain(question, &label, withdrawal)
        }
    }
}

/// What stands on the line of a question that was left.
const fn words_for(left: &Asked) -> Option<&'static str> {
    match left {
        Asked::Escape | Asked::Interrupt => Some("left"),
        Asked::Withdrawn => Some("no longer asked"),
        Asked::Answer(_) | Asked::Gone => None,
    }
}

/// The question as it stands above its line: text, help, choices with their numbers.
#[must_use]
pub fn lines(question: &Question, width: usize, lang: Lang) -> Vec<String> {
    let first = format!(" {:<width$} ", lang.say("ASK"), width = INDENT.len() - 2);
    let mut lines = wrap(&lang.say(&question.text), width, &first, INDENT);
    if let Some(help) = &question.help {
        lines.extend(wrap(&lang.say(help), width, INDENT, INDENT));
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
        lines.extend(wrap(&lang.say(words), width, &first, &rest));
    }
    lines
}

/// What is wanted, on the line where it is typed.
fn label(question: &Question, lang: Lang) -> String {
    let default = match &question.wants {
        Wants::Value(rule) => rule.default.as_ref().filter(|default| !default.is_null()),
        _ => None,
    };
    let default = default.map(|default| match default {
        _ if is_secret(question) => ", Enter takes the one offered".to_owned(),
        serde_json::Value::String(text) => format!(", Enter takes {text}"),
        other => format!(", Enter takes {other}"),
    });
    let default = default.unwrap_or_default();
    let label = format!("{}{} >", lang.say(&question.hint()), lang.say(&default));
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
