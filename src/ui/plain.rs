//! The append-only renderer: each event as lines that mean the same without colour, cursor or place.
//!
//! Owns the words `RUN OK FAIL SKIP WAIT ASK NOTE CLOCK`. A pure function of an event and a [`View`];
//! what it returns is not yet sanitised, which is the screen's part.

use crate::config::Danger;
use crate::effect::EffectClass;
use crate::run::event::{Asking, Event, Kind, StepStatus};
use crate::steps::Verdict;
use crate::time::{Span, Timestamp};
use crate::ui::lang::Lang;
use crate::ui::layout::{INDENT, brief, count, wrap};
use crate::ui::view::{StepView, View};
use aside::asking;

mod aside;
mod facts;
mod head;
mod messages;
mod milestones;
mod trouble;
mod words;

/// The lines for one event, oldest first; none for what other lines already said.
#[must_use]
pub fn render(event: &Event, view: &View) -> Vec<String> {
    let lines = Lines { view, at: event.at, by: &event.by };
    let drill = match &event.kind {
        Kind::Opened(opened) => opened.mode == crate::plan::Mode::Drill,
        _ => view.drill,
    };
    mark(lines.of(&event.kind), drill, view.lang)
}

/// The line that tells the clock; `share` is the percentage of the RTO that was just used up.
#[must_use]
pub fn clock_line(view: &View, at: Timestamp, share: Option<i64>) -> Vec<String> {
    let lines = Lines { view, at, by: "" };
    let share = share.map(|percent| format!(" ({percent} % used)")).unwrap_or_default();
    let lines = lines.numbered("CLOCK", None, &format!("{}{share}", view.clock(at)));
    mark(lines, view.drill, view.lang)
}

fn mark(mut lines: Vec<String>, drill: bool, lang: Lang) -> Vec<String> {
    if drill {
        for line in &mut lines {
            line.insert_str(0, &format!("{} ", lang.say("DRILL")));
        }
    }
    lines
}

/// An event's surroundings while its lines are made.
struct Lines<'a> {
    view: &'a View,
    at: Timestamp,
    by: &'a str,
}

impl Lines<'_> {
    fn of(&self, kind: &Kind) -> Vec<String> {
        match kind {
            Kind::Opened(opened) => self.opened(opened),
            Kind::Attached { operator, host, changed_files, boot_id, answers } => {
                let mut lines = self.attached(operator, host, changed_files, boot_id);
                lines.extend(self.in_advance(answers));
                lines
            }
            Kind::Recovered { .. }
            | Kind::RecordMoved { .. }
            | Kind::Unrecorded { .. }
            | Kind::RecordedAgain => self.about_record(kind),
            Kind::Milestone { milestone, when, source, reason } => {
                self.milestone(*milestone, *when, source, reason.as_deref())
            }
            Kind::DeadlinePassed { .. }
            | Kind::Expectations { .. }
            | Kind::SeverityChanged { .. }
            | Kind::Reopened { .. }
            | Kind::Updated { .. }
            | Kind::Held { .. }
            | Kind::Released => self.incident(kind),
            // A message was told when it was queued, and how each attempt ends is.
            Kind::Notifying { letter: Some(_), .. } => Vec::new(),
            Kind::PhaseEntered { phase } => self.phase("RUN", phase, ""),
            Kind::PhaseSkipped { phase, reason } => self.phase("SKIP", phase, reason),
            Kind::Expanded { step, items } => self.expanded(step, items),
            Kind::Skipped { step, reason, by_choice, second_person } => {
                let mut why = format!("{}: {reason}", self.title(step));
                if *by_choice {
                    why = format!("{why} (chosen by {}", self.by);
                    why += &second_person.as_ref().map_or(")".into(), |who| format!(" and {who})"));
                }
                self.step("SKIP", step, &why)
            }
            Kind::Asked { step, question, text } => self.asked(step, *question, text),
            Kind::Answered { step, question, answer, source } => {
                let (what, whose) = (self.say(asking(*question)), self.whose(source));
                let words = facts::value(answer);
                let answer = if answer.is_boolean() { self.say(&words) } else { words };
                self.step("ASK", step, &format!("{what}: {answer} ({})", self.say(&whose)))
            }
            Kind::Started { step, attempt, part, what, deadline, target, class } => {
                let started = Started { step, attempt: *attempt, part: *part, what };
                self.started(&started, *class, target.as_deref(), *deadline)
            }
            Kind::Ended { step, verdict, .. } => match verdict {
                Verdict::More => Vec::new(),
                Verdict::Pass => self.passed(step, kind),
                Verdict::Fail(failure) => self.failed(step, failure, kind),
                Verdict::Unknown { reason } => self.unknown(step, reason, kind),
            },
            Kind::Revoked { step, reason, .. } => self.revoked(step, reason),
            Kind::CheckStarted { step, check, what } => {
                self.step("RUN", step, &format!("{}: {}", check_name(check), brief(what, 60)))
            }
            Kind::Checked { step, check, verdict, measured, elapsed, .. } => {
                self.checked(step, check, verdict, measured.as_deref(), *elapsed)
            }
            Kind::Chose { step, choice, reason, second_person, source } => {
                let mut what = format!("chose {choice}");
                what += &reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
                what = format!("{what} ({}", self.whose(source));
                what += &second_person.as_ref().map_or(")".into(), |who| format!(" and {who})"));
                self.step("ASK", step, &what)
            }
            Kind::Settled { step, status } => self.settled(step, *status),
            Kind::Judged { criterion, verdict, measured, must, points } => {
                self.judged(criterion, verdict, measured.as_deref(), *must, *points)
            }
            Kind::MessageQueued { to, cause, kind, signal, message, .. } => {
                self.queued(to, cause, *kind, *signal, message)
            }
            Kind::Notifying { to, cause, kind, message, .. } => {
                self.notifying(to, cause, *kind, message)
            }
            Kind::Notified { to, cause, ending, shown, retry_at, .. } => match retry_at {
                Some(at) => self.tried(to, cause, ending, *at),
                None => self.notified(to, cause, ending, *shown),
            },
            Kind::Interrupted { how } => self.interrupted(*how),
            Kind::Suspended { for_ms } => self.suspended(Span::from_millis(*for_ms)),
            Kind::Noted { .. }
            | Kind::InputGiven { .. }
            | Kind::Identified { .. }
            | Kind::Refused { .. }
            | Kind::EscalationAsked { .. }
            | Kind::RoleGiven { .. }
            | Kind::Continues { .. }
            | Kind::ApprovalAsked { .. }
            | Kind::Agreed { .. }
            | Kind::InputEdited { .. }
            | Kind::ShellOpened { .. }
            | Kind::ShellClosed { .. }
            | Kind::RollbackStarted { .. }
            | Kind::RollbackEnded { .. }
            | Kind::Abandoned { .. } => self.aside(kind),
            Kind::ClockStepped { by_ms, .. } => self.clock_stepped(Span::from_millis(*by_ms)),
            Kind::Drill(fact) => self.note(&crate::timeline::about_drill::of_drill(fact)),
            Kind::Stopped { reason, message } => self.stopped(*reason, message),
            Kind::Closed { outcome, reason } => self.closed(*outcome, reason),
        }
    }

    fn expanded(&self, step: &str, items: &[serde_json::Value]) -> Vec<String> {
        let names: Vec<_> = items.iter().map(facts::value).collect();
        let what = match items.len() {
            0 => "no items: nothing to do".to_owned(),
            number => format!("{}: {}", count(number as u64, "item"), names.join(", ")),
        };
        self.step("NOTE", step, &what)
    }

    fn asked(&self, step: &str, question: Asking, text: &str) -> Vec<String> {
        let mut lines = Vec::new();
        if question == Asking::Gate {
            lines.extend(self.card(step, None));
        }
        // At a prompt the question itself follows; a line here would say it twice.
        if !self.view.attended {
            lines.extend(self.step(
                "ASK",
                step,
                &format!("{}: {}", self.say(asking(question)), self.say(text)),
            ));
        }
        lines
    }

    fn started(
        &self,
        started: &Started<'_>,
        class: EffectClass,
        target: Option<&str>,
        deadline: Option<Timestamp>,
    ) -> Vec<String> {
        let Started { step, attempt, part, what } = *started;
        let waits = self.view.step(step).is_some_and(|step| step.waits);
        let word = if waits { "WAIT" } else { "RUN" };
        let until = deadline.map(|at| format!("  until {}", at.clock())).unwrap_or_default();
        if part > 0 {
            return self.step(word, step, &format!("then: {}{until}", brief(what, 60)));
        }
        if attempt > 1 {
            return self.step(word, step, &format!("attempt {attempt}{until}"));
        }
        let mut lines = Vec::new();
        if class != EffectClass::Read {
            lines.extend(self.card(step, Some(what)));
        }
        let place = crate::ui::card::place(class, target);
        let place = if class == EffectClass::Read && target.is_none() { "" } else { &place };
        let mut text = self.title(step);
        if !place.is_empty() {
            text = format!("{text}   {place}");
        }
        lines.extend(self.step(word, step, &(text + &until)));
        lines
    }

    /// The step card, once a step.
    fn card(&self, key: &str, running: Option<&str>) -> Vec<String> {
        let Some(StepView { title, class, card, .. }) = self.view.step(key) else {
            return Vec::new();
        };
        if self.view.carded.contains(&self.view.known_key(key)) || *class == EffectClass::Read {
            return Vec::new();
        }
        let mut lines = self.step("NEXT", key, title);
        lines.extend(card.lines(running, self.view.width, self.view.lang));
        lines
    }

    fn passed(&self, step: &str, kind: &Kind) -> Vec<String> {
        let Kind::Ended { elapsed, facts, measured, captured, secret_names, looks, .. } = kind
        else {
            return Vec::new();
        };
        let mut parts = vec![elapsed.clock()];
        parts.extend(facts::summary(facts));
        parts.extend(measured.clone());
        if *looks > 1 {
            parts.push(count(u64::from(*looks), "look"));
        }
        let mut lines = self.step("OK", step, &parts.join("  "));
        for (name, value) in captured {
            let secret = secret_names.contains(name);
            let value =
                if secret { "(secret)".to_owned() } else { brief(&facts::value(value), 120) };
            lines.extend(self.labelled("keeps", &format!("{name} = {value}")));
        }
        lines.extend(self.behind(facts));
        lines
    }

    fn settled(&self, step: &str, status: StepStatus) -> Vec<String> {
        match status {
            // `OK` stood at its end, `SKIP` where it was passed over.
            StepStatus::Ok => Vec::new(),
            StepStatus::Skipped if self.view.skipped.contains(step) => Vec::new(),
            StepStatus::Skipped => self.step("SKIP", step, &self.title(step)),
            StepStatus::Failed => {
                self.step("FAIL", step, "stays failed; the run goes on without it")
            }
            // Who says so was said when it was chosen.
            StepStatus::ByHand => self.step("OK", step, "done by hand"),
        }
    }

    fn phase(&self, word: &str, key: &str, reason: &str) -> Vec<String> {
        let title = self.view.phases.get(key).map_or(key, String::as_str);
        if key.is_empty() || title.is_empty() {
            return Vec::new();
        }
        let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        self.numbered(word, None, &format!("phase {title}{reason}"))
    }

    fn title(&self, key: &str) -> String {
        self.view.step(key).map_or_else(|| key.to_owned(), |step| step.title.clone())
    }

    fn whose(&self, source: &str) -> String {
        if source == "operator" { self.by.to_owned() } else { format!("by {source}") }
    }

    fn note(&self, text: &str) -> Vec<String> {
        self.numbered("NOTE", None, text)
    }

    fn step(&self, word: &str, key: &str, text: &str) -> Vec<String> {
        self.numbered(word, Some(key), text)
    }

    /// ` 4/14 RUN   import   text`, wrapped under its text.
    fn numbered(&self, word: &str, key: Option<&str>, text: &str) -> Vec<String> {
        let lang = self.view.lang;
        let (word, text) = (lang.say(word), lang.say(text));
        let digits = self.view.total.to_string().len();
        let step = key.and_then(|key| self.view.step(key));
        let place = step.map(|step| format!("{:>digits$}/{}", step.number, self.view.total));
        let place = place.unwrap_or_default();
        let mut first = format!(
            " {place:>width$} {word:<column$} ",
            width = digits * 2 + 1,
            column = lang.column()
        );
        if let Some(key) = key {
            let column = self.view.key_column();
            first = format!("{first}{key:<column$}  ");
        }
        let hang = console::measure_text_width(&first);
        let rest = " ".repeat(if hang * 2 > self.view.width { INDENT.len() } else { hang });
        wrap(&text, self.view.width, &first, &rest)
    }
}

/// What a `started` event says.
struct Started<'a> {
    step: &'a str,
    attempt: u32,
    part: u32,
    what: &'a str,
}

fn environment(name: &str, danger: Danger) -> String {
    match danger {
        Danger::High => name.to_uppercase(),
        Danger::Low => name.to_owned(),
    }
}

fn check_name(check: &str) -> String {
    let (number, again) = match check.strip_prefix("hold:") {
        Some(number) => (number, " once more"),
        None => (check, ""),
    };
    match number.parse::<u32>() {
        Ok(index) => format!("check {}{again}", index.saturating_add(1)),
        Err(_) => check.to_owned(),
    }
}

#[cfg(test)]
mod tests;
