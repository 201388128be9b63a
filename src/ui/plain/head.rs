//! The head of a run, and of each time it is taken up again: which run, where, whose, what it goes by.

use std::collections::BTreeMap;

use super::{Lines, environment, facts};
use crate::run::event::Opened;
use crate::ui::layout::{INDENT, count, wrap};
use crate::ui::view::View;

impl Lines<'_> {
    pub(super) fn opened(&self, opened: &Opened) -> Vec<String> {
        let mut head = format!("Run {}  {}", opened.run, opened.playbook);
        head = format!("{head}  {}", environment(&opened.environment, opened.danger));
        head += &opened
            .severity
            .map(|severity| format!("  {}", self.view.severities.shown(severity)))
            .unwrap_or_default();
        let mut lines = wrap(&self.say(&head), self.view.width, "", INDENT);
        let mut say =
            |text: &str| lines.extend(wrap(&self.say(text), self.view.width, INDENT, INDENT));
        say(&opened.title);
        let steps = count(self.view.total as u64, "step");
        let started = self.at.date_clock();
        say(&format!(
            "{steps}, driven by {} on {}, started {started}",
            opened.operator, opened.host
        ));
        for (name, facts) in &opened.targets {
            let facts: Vec<_> =
                facts.iter().map(|(key, fact)| format!("{key} {}", facts::value(fact))).collect();
            say(&format!("{name} is {}", facts.join(", ")));
        }
        if opened.unattended {
            say("Nobody can be asked: answers come from flags or the drill, or the run stops.");
        }
        lines.extend(self.in_advance(&opened.answers));
        lines
    }

    /// What is kept with the run, so that nobody wonders who answered.
    pub(super) fn in_advance(&self, answers: &BTreeMap<String, String>) -> Vec<String> {
        if answers.is_empty() {
            return Vec::new();
        }
        let abouts: Vec<&str> = answers.keys().map(String::as_str).collect();
        let text = format!("Answered in advance, also after a resume: {}", abouts.join(", "));
        wrap(&self.say(&text), self.view.width, INDENT, INDENT)
    }

    pub(super) fn attached(
        &self,
        operator: &str,
        host: &str,
        changed: &[String],
        boot_id: &str,
    ) -> Vec<String> {
        let View { run, environment: place, danger, .. } = self.view;
        let place = environment(place, *danger);
        let clock = self.at.clock();
        let head = format!("Run {run}  {place}  taken up again by {operator} on {host} at {clock}");
        let mut lines = wrap(&self.say(&head), self.view.width, "", INDENT);
        let clock = self.view.clock(self.at);
        let steps = count(self.view.total as u64, "step");
        let settled = self.view.settled.len();
        let text = format!("The clock went on: {clock}. {settled} of {steps} settled.");
        lines.extend(wrap(&self.say(&text), self.view.width, INDENT, INDENT));
        let before = &self.view.boot_id;
        if !before.is_empty() && before != boot_id {
            lines.extend(self.note(
                "This machine was started anew since, or it is another one: the time in between is \
                 told by the wall clock, which may have been set.",
            ));
        }
        for file in changed {
            lines.extend(self.note(&format!(
                "{file} has changed since this run began. The run goes on with its own copy."
            )));
        }
        lines
    }
}
