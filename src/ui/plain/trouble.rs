//! Failures and unknown outcomes: last output, where all of it is, what it means, what is still true.

use crate::effect::{EffectClass, Evidence, Facts, FailKind, Interrupt};
use crate::run::event::{Kind, Outcome, StopReason};
use crate::steps::{Failure, Stage, Verdict};
use crate::time::Span;
use crate::timeline::about_record::of_record;
use crate::ui::layout::{INDENT, count, labelled, tail};
use crate::ui::view::Change;

use super::{Lines, check_name};

/// This many last lines of output are shown with a failure; all of it is kept as evidence.
const LAST_LINES: usize = 12;

impl Lines<'_> {
    pub(super) fn about_record(&self, kind: &Kind) -> Vec<String> {
        match kind {
            Kind::Recovered { torn_bytes, kept_as } => self.note(&format!(
                "The last {} of the record were torn and are kept in {kept_as}. \
                 Nothing that was shown is lost.",
                count(*torn_bytes, "byte")
            )),
            _ => self.numbered("WARNING", None, &of_record(kind)),
        }
    }

    pub(super) fn failed(&self, step: &str, failure: &Failure, ended: &Kind) -> Vec<String> {
        let Kind::Ended { elapsed, facts, evidence, measured, .. } = ended else {
            return Vec::new();
        };
        let took = format!("after {} at {}", elapsed.clock(), self.at.clock());
        let mut lines = self.step("FAIL", step, &format!("{}  {took}", failure.message));
        lines.extend(self.output(facts, evidence));
        lines.extend(self.behind(facts));
        if let Some(measured) = measured.as_ref().filter(|it| !failure.message.contains(*it)) {
            lines.extend(self.labelled("measured", measured));
        }
        let meaning = failure.meaning.clone();
        let meaning = meaning.or_else(|| usual_meaning(failure).map(str::to_owned));
        if let Some(meaning) = meaning {
            lines.extend(self.labelled("means", &meaning));
        }
        lines.extend(self.what_stands(Some((step, &Verdict::Fail(failure.clone())))));
        lines
    }

    /// What a command left running, and what became of that: whether it ended well or not.
    pub(super) fn behind(&self, facts: &Facts) -> Vec<String> {
        let left = super::facts::left_behind(facts);
        left.iter().flat_map(|left| self.labelled("behind", left)).collect()
    }

    /// It is proved that it did not happen.
    pub(super) fn revoked(&self, step: &str, reason: &str) -> Vec<String> {
        self.step("WAIT", step, &format!("did not happen: {reason}"))
    }

    pub(super) fn unknown(&self, step: &str, reason: &str, ended: &Kind) -> Vec<String> {
        let Kind::Ended { facts, evidence, .. } = ended else { return Vec::new() };
        let text = format!("OUTCOME UNKNOWN: {reason}  at {}", self.at.clock());
        let mut lines = self.step("FAIL", step, &text);
        lines.extend(self.output(facts, evidence));
        lines.extend(self.behind(facts));
        let meaning = match self.view.step(step).map(|step| step.class) {
            Some(EffectClass::Read) => "It only reads: running it again does no harm.",
            _ => {
                "It may have happened, or not. It is not run again by itself: look before you choose."
            }
        };
        lines.extend(self.labelled("means", meaning));
        let verdict = Verdict::Unknown { reason: reason.to_owned() };
        lines.extend(self.what_stands(Some((step, &verdict))));
        lines
    }

    pub(super) fn checked(
        &self,
        step: &str,
        check: &str,
        verdict: &Verdict,
        measured: Option<&str>,
        elapsed: Span,
    ) -> Vec<String> {
        let name = check_name(check);
        let measured = measured.map(|it| format!("  {it}")).unwrap_or_default();
        match verdict {
            Verdict::More => Vec::new(),
            Verdict::Pass => {
                self.step("OK", step, &format!("{name}  {}{measured}", elapsed.clock()))
            }
            Verdict::Fail(failure) => {
                let mut lines = self.step("FAIL", step, &format!("{name}: {failure}{measured}"));
                lines.extend(self.what_stands(None));
                lines
            }
            Verdict::Unknown { reason } => {
                self.step("FAIL", step, &format!("{name}: cannot be told: {reason}"))
            }
        }
    }

    pub(super) fn judged(
        &self,
        criterion: &str,
        verdict: &Verdict,
        measured: Option<&str>,
        must: bool,
        points: u32,
    ) -> Vec<String> {
        let (word, got) = match verdict {
            Verdict::Pass => ("OK", points),
            _ => ("FAIL", 0),
        };
        let title = self.view.criteria.get(criterion).filter(|title| !title.is_empty());
        let mut text = format!("criterion {criterion}  {got} of {points} points");
        text += if must { "  must hold" } else { "" };
        text += &title.map(|title| format!("  {title}")).unwrap_or_default();
        text += &measured.map(|it| format!("  {it}")).unwrap_or_default();
        if let Verdict::Fail(failure) = verdict {
            text = format!("{text}  {failure}");
        }
        if let Verdict::Unknown { reason } = verdict {
            text = format!("{text}  could not be judged: {reason}");
        }
        self.numbered(word, None, &text)
    }

    pub(super) fn interrupted(&self, how: Interrupt) -> Vec<String> {
        let what = match how {
            // At a prompt the question what to do follows.
            Interrupt::Interrupt if self.view.attended => "Ctrl-C.",
            Interrupt::Interrupt => "Ctrl-C: ending what runs. Once more stops at once.",
            Interrupt::Terminate => "Told to end (SIGTERM): writing the record, then leaving.",
            Interrupt::HangUp => "The terminal is gone: writing the record, then leaving.",
        };
        self.note(&format!("{what}  {}", self.at.clock()))
    }

    pub(super) fn suspended(&self, span: Span) -> Vec<String> {
        self.note(&format!("Stood still for {span}, with the command; the clocks went on."))
    }

    pub(super) fn stopped(&self, reason: StopReason, message: &str) -> Vec<String> {
        let why = match reason {
            StopReason::StepFailed => "a step failed",
            StopReason::Operator => "stopped by the operator",
            StopReason::AnswerNeeded => "an answer is needed and nobody can be asked",
            StopReason::OutcomeUnknown => "the outcome of a step is unknown and needs a person",
            StopReason::Terminated => "told to end",
            StopReason::HangUp => "the terminal is gone",
            StopReason::Interrupted => "interrupted",
        };
        let mut lines = self.note(&format!("STOPPED at {}: {why}", self.at.clock()));
        if !message.is_empty() {
            lines.extend(self.labelled("because", message));
        }
        lines.extend(self.what_stands(None));
        lines.extend(labelled(
            &self.say("go on"),
            &format!("mayday resume {}", self.view.run),
            200,
        ));
        lines
    }

    pub(super) fn closed(&self, outcome: Outcome, reason: &str) -> Vec<String> {
        let (word, how) = match outcome {
            Outcome::Completed => ("OK", "COMPLETED: every step is settled"),
            Outcome::Aborted => ("FAIL", "ABORTED"),
            Outcome::HandedOff => ("NOTE", "HANDED OVER to another playbook"),
        };
        let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        let mut lines =
            self.numbered(word, None, &format!("{how}{reason}  at {}", self.at.clock()));
        lines.extend(self.labelled("clock", &self.view.clock(self.at)));
        if self.view.points.1 > 0 {
            let (got, all) = self.view.points;
            lines.extend(self.labelled("points", &format!("{got} of {all}")));
        }
        if outcome != Outcome::Completed {
            lines.extend(self.changes(None));
        }
        lines.extend(labelled(
            &self.say("report"),
            &format!("mayday report {}", self.view.run),
            200,
        ));
        lines
    }

    /// The last lines of output behind a gutter, and where all of it is.
    fn output(&self, facts: &Facts, evidence: &[Evidence]) -> Vec<String> {
        let text = |name: &str| facts.get(name).and_then(serde_json::Value::as_str).unwrap_or("");
        let mut lines = Vec::new();
        for name in ["stdout", "body", "stderr"] {
            lines.extend(tail(text(name), LAST_LINES));
        }
        for file in evidence {
            let folder = self.view.folder.trim_end_matches('/');
            let slash = if folder.is_empty() { "" } else { "/" };
            let all = format!("{} ({}): {folder}{slash}{}", file.what, bytes(file), file.path);
            lines.extend(crate::ui::layout::verbatim(&self.say("all of"), &self.say(&all)));
        }
        lines
    }

    /// What is still true of the system, and the clock.
    pub(super) fn what_stands(&self, just: Option<(&str, &Verdict)>) -> Vec<String> {
        let mut lines = self.changes(just);
        lines.extend(self.labelled("clock", &self.view.clock(self.at)));
        lines
    }

    fn changes(&self, just: Option<(&str, &Verdict)>) -> Vec<String> {
        let changes = self.view.changes_with(just);
        if changes.is_empty() {
            return self.labelled("stands", "this run has changed nothing so far");
        }
        let one = |change: &Change| {
            let back = if change.undo { "can be undone" } else { "has no undo" };
            let sure = if change.sure { "" } else { " MAY have happened, all or a part:" };
            format!("{}:{sure} {} ({back})", change.step, change.title)
        };
        let mut lines = self.labelled("stands", "changed by this run:");
        let lead = format!("{INDENT}         ");
        for change in &*changes {
            let rest = format!("{lead}  ");
            lines.extend(crate::ui::layout::wrap(
                &self.say(&one(change)),
                self.view.width,
                &lead,
                &rest,
            ));
        }
        lines
    }
}

fn bytes(file: &Evidence) -> String {
    match file.whole_bytes.filter(|whole| *whole > file.bytes) {
        Some(whole) => format!("{} of {whole} bytes", file.bytes),
        None => format!("{} bytes", file.bytes),
    }
}

/// What a failure usually means, where its author says nothing.
fn usual_meaning(failure: &Failure) -> Option<&'static str> {
    Some(match (failure.stage, failure.kind) {
        (Stage::Input, _) => "The step was not started: it lacks something it needs.",
        (Stage::Gate, _) => "The step was not started.",
        (Stage::NotDone, _) => "Nothing of the step happened. It can be tried again.",
        (Stage::Cancelled, _) => "It was ended before it was done.",
        (Stage::Timeout, _) | (_, FailKind::Timeout) => "It was ended because it took too long.",
        (_, FailKind::NotFound) => "Something it names is not there: a command, a file, a table.",
        (_, FailKind::Connection) => "It was not reached: address, network, name or certificate.",
        (_, FailKind::Permission) => "We were refused: credentials, rights or modes.",
        (_, FailKind::Secret) => "A secret or target is missing: see `mayday doctor`.",
        (_, FailKind::Signal) => "Something ended it from outside, such as a lack of memory.",
        // These say what they mean themselves.
        _ => return None,
    })
}
