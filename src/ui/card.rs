//! A step as a person reads it: what, why, the exact command, where, what success is, how back.
//!
//! Owns [`Card`]: made from a step, shown by `show`, by dry runs and before a change. Pure.

use serde_json::Value;

use crate::effect::EffectClass;
use crate::playbook::{Operation, Probe, Step};
use crate::steps::{Action, DEFAULT_TIMEOUT, Part};
use crate::time::Span;
use crate::ui::lang::Lang;
use crate::ui::layout::{labelled, verbatim};

/// All that is said about a step.
#[derive(Clone, Debug, Default)]
pub struct Card {
    /// What it does.
    pub what: String,
    /// Why it is done.
    pub why: Option<String>,
    /// Who does it.
    pub role: Option<String>,
    /// A document or dashboard.
    pub link: Option<String>,
    /// The condition under which it runs.
    pub when: Option<String>,
    /// What is run, as the file has it.
    pub command: Vec<String>,
    /// What a request carries: headers and body. What really runs is told by its URL alone.
    pub carries: Vec<String>,
    /// What it does to the world and where: `DESTRUCTIVE on db`.
    pub place: String,
    /// It is ended when it takes longer.
    pub time_limit: Option<Span>,
    /// What counts as success.
    pub success: Vec<String>,
    /// How it is taken back; `None` when it cannot be.
    pub undo: Option<String>,
    /// It changes something, so that the way back matters.
    pub changes: bool,
}

impl Card {
    /// The card of a step. `words` fills in what is known of a text with `{{ }}`.
    #[must_use]
    pub fn of(step: &Step, class: EffectClass, words: &dyn Fn(&str) -> String) -> Self {
        let common = &step.common;
        let timed = !step.action.is_question() && step.action.key() != "pause";
        let mut success: Vec<String> = Vec::new();
        if let Some(expect) = &common.expect {
            success.push(format!("holds: {expect}"));
        } else if let Some(natural) = natural_success(&step.action) {
            success.push(natural.to_owned());
        }
        success.extend(step.verify.iter().map(|probe| check(probe, words)));
        Self {
            what: words(&common.title),
            why: common.why.as_deref().map(words),
            role: common.role.clone(),
            link: common.link.as_deref().map(words),
            when: common.when.clone(),
            command: command(&step.action, words),
            carries: carried(&step.action, words),
            place: match common.target.as_deref() {
                None if step.action.key() == "shell" => {
                    format!("{} on this machine", place(class, None))
                }
                target => place(class, target),
            },
            time_limit: timed.then(|| common.timeout.unwrap_or(DEFAULT_TIMEOUT)),
            success,
            undo: step.undo.as_ref().map(|undo| way_back(undo, words)),
            changes: class != EffectClass::Read,
        }
    }

    /// The lines of the card, without the title. `running` is what really runs, when it is known.
    #[must_use]
    pub fn lines(&self, running: Option<&str>, width: usize, lang: Lang) -> Vec<String> {
        let labelled = |label: &str, text: &str| labelled(&lang.say(label), &lang.say(text), width);
        let verbatim = |label: &str, text: &str| verbatim(&lang.say(label), text);
        let mut lines = Vec::new();
        let mut say = |label: &str, text: &Option<String>| {
            if let Some(text) = text {
                lines.extend(labelled(label, text));
            }
        };
        say("why", &self.why);
        say("who", &self.role);
        say("see", &self.link);
        say("when", &self.when);
        match running {
            Some(running) => {
                let mut all = vec![running.to_owned()];
                all.extend(self.carries.iter().cloned());
                lines.extend(verbatim("runs", &all.join("\n")));
            }
            None if self.command.is_empty() => {}
            None => lines.extend(verbatim("runs", &self.command.join("\n"))),
        }
        let limit = self.time_limit.map(|limit| format!(", ended after {limit}"));
        lines.extend(labelled("effect", &(self.place.clone() + &limit.unwrap_or_default())));
        for (index, success) in self.success.iter().enumerate() {
            lines.extend(labelled(if index == 0 { "good if" } else { "and" }, success));
        }
        if self.changes {
            match &self.undo {
                Some(back) => lines.extend(verbatim("undo", back)),
                None => lines.extend(labelled("undo", "NO: the playbook names no way back")),
            }
        }
        lines
    }
}

/// `DESTRUCTIVE on db`, `change on db`, `read`.
#[must_use]
pub fn place(class: EffectClass, target: Option<&str>) -> String {
    let word = match class {
        EffectClass::Destructive => "DESTRUCTIVE",
        other => other.word(),
    };
    target.map_or_else(|| word.to_owned(), |target| format!("{word} on {target}"))
}

fn natural_success(action: &Action) -> Option<&'static str> {
    match action.key() {
        "shell" => Some("exit code 0"),
        "http" => Some("status 2xx"),
        "sql" => Some("the database takes it"),
        "confirm" => Some("you answer yes"),
        "manual" => Some("you say it is done"),
        _ => None,
    }
}

/// What an action runs or asks, as the author wrote it.
pub(crate) fn command(action: &Action, words: &dyn Fn(&str) -> String) -> Vec<String> {
    let mut lines = Vec::new();
    if let Action::Pause(pause) = action {
        lines.push(format!("wait {}", pause.length));
    }
    action.parts(&mut |path, part| match part {
        Part::Script(text) | Part::Statement(text) => lines.push(text.trim_end().to_owned()),
        Part::Url(url) => {
            let method = path.trim_start_matches('.').to_uppercase();
            let method = if method.len() <= 6 { method } else { String::new() };
            lines.push(format!("{method} {}", words(url)).trim_start().to_owned());
        }
        Part::Expression(text) | Part::Condition(text) => lines.push(text.to_owned()),
        // What a request carries is told as a whole, below.
        Part::Words(_) if matches!(action, Action::Http(_)) => {}
        Part::Words(text) if path.starts_with(".headers") => {
            lines.push(format!("{}: {text}", path.trim_start_matches(".headers.")));
        }
        Part::Words(text) => lines.push(words(text)),
        Part::Probe(probe) => lines.push(check(probe, words)),
        Part::Contact(name) => lines.push(format!("to {name}")),
        Part::Playbook(id) => lines.push(format!("the steps of {id}")),
        Part::Pattern(_) | Part::Step(_) => {}
    });
    lines.extend(carried(action, words));
    lines
}

/// The headers and the body of a request. A document stands there with its keys and with what is no text.
fn carried(action: &Action, words: &dyn Fn(&str) -> String) -> Vec<String> {
    let Action::Http(http) = action else { return Vec::new() };
    let mut lines: Vec<String> =
        http.headers.iter().map(|(name, value)| format!("{name}: {}", words(value))).collect();
    if let Some(key) = &http.idempotency_key {
        lines.push(format!("Idempotency-Key: {}", words(key)));
    }
    lines.extend(http.body.as_deref().map(words));
    lines.extend(http.json.as_ref().map(|json| worded(json, words).to_string()));
    lines
}

fn worded(json: &Value, words: &dyn Fn(&str) -> String) -> Value {
    match json {
        Value::String(text) => Value::String(words(text)),
        Value::Array(items) => items.iter().map(|item| worded(item, words)).collect(),
        Value::Object(map) => Value::Object(
            map.iter().map(|(key, value)| (key.clone(), worded(value, words))).collect(),
        ),
        other => other.clone(),
    }
}

/// A check in one line: its title, or what it looks at and what must hold.
fn check(probe: &Probe, words: &dyn Fn(&str) -> String) -> String {
    let title = probe.head.title.as_deref().map(words);
    let looks = || probe.action.as_ref().map(|action| command(action, words).join(" "));
    let what = title.or_else(looks);
    match (what, &probe.head.that) {
        (Some(what), Some(that)) => format!("{what} -> {that}"),
        (Some(what), None) => what,
        (None, Some(that)) => that.clone(),
        (None, None) => "a check without a condition".to_owned(),
    }
}

fn way_back(undo: &Operation, words: &dyn Fn(&str) -> String) -> String {
    match &undo.head.title {
        Some(title) => words(title),
        None => command(&undo.action, words).join("\n"),
    }
}
