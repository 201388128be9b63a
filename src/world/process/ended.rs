//! What a command came to, as an output.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use serde_json::{Value, json};

use super::Stop;
use super::capture::Captured;
use super::group::{Survivor, signal_name};
use crate::effect::{Ending, Facts, FailKind, Output};
use crate::time::Span;
use crate::world::whole;

/// So many leftovers are named; a fork bomb has more.
const NAMED: usize = 20;

/// Processes that outlived the command, and what became of them.
#[derive(Default)]
pub(super) struct Leftovers(Vec<(Survivor, &'static str)>);

impl Leftovers {
    /// They go on: out of reach, or none of our business.
    pub(super) fn name(&mut self, survivors: Vec<Survivor>) {
        self.add(survivors, "still running");
    }

    /// They are being ended.
    pub(super) fn end(&mut self, survivors: Vec<Survivor>, killed: bool) {
        self.add(survivors, if killed { "killed" } else { "ended" });
    }

    fn add(&mut self, survivors: Vec<Survivor>, fate: &'static str) {
        for survivor in survivors {
            if let Some(known) = self.0.iter_mut().find(|(known, _)| known.pid == survivor.pid) {
                known.1 = fate;
            } else if self.0.len() < NAMED {
                self.0.push((survivor, fate));
            }
        }
    }

    fn fact(&self) -> Option<Value> {
        let each = |(survivor, fate): &(Survivor, &str)| json!({ "pid": survivor.pid, "name": survivor.name, "fate": fate });
        (!self.0.is_empty()).then(|| self.0.iter().map(each).collect())
    }
}

/// Why a command was ended that was stopped for reaching for the terminal.
const WANTED_TERMINAL: &str =
    "it wanted the terminal and was ended; `interactive: true` gives it one";

/// Everything known at the end.
pub(super) struct Ended {
    pub status: Option<ExitStatus>,
    pub stop: Option<Stop>,
    /// stdout, stderr; empty for an interactive command.
    pub captured: Vec<Captured>,
    pub leftovers: Leftovers,
    pub elapsed: Span,
}

impl Ended {
    pub(super) fn output(self) -> Output {
        let mut facts = Facts::new();
        let mut evidence = Vec::new();
        let mut not_kept = Vec::new();
        if let Some(code) = self.status.and_then(|status| status.code()) {
            facts.insert("exit_code".to_owned(), code.into());
        }
        let signal = self.status.and_then(|status| status.signal());
        if let Some(signal) = signal {
            facts.insert("signal".to_owned(), signal.into());
        }
        for (captured, name) in self.captured.into_iter().zip(["stdout", "stderr"]) {
            if name == "stdout"
                && !captured.truncated
                && let Some(json) = whole::json(&captured.text)
            {
                facts.insert("json".to_owned(), json);
            }
            facts.insert(name.to_owned(), captured.text.into());
            if captured.truncated {
                facts.insert(format!("{name}_truncated"), true.into());
            }
            match captured.kept {
                Ok(kept) => evidence.extend(kept),
                Err(reason) => not_kept.push(Value::String(reason)),
            }
        }
        if !not_kept.is_empty() {
            facts.insert("not_kept".to_owned(), not_kept.into());
        }
        if let Some(leftovers) = self.leftovers.fact() {
            facts.insert("leftovers".to_owned(), leftovers);
        }
        let ending = match (self.stop, signal) {
            (Some(Stop::TimeLimit), _) => Ending::TimedOut,
            (Some(Stop::Cancelled), _) => Ending::Cancelled,
            (Some(Stop::Terminal), _) => Ending::Unknown { reason: WANTED_TERMINAL.to_owned() },
            (None, Some(signal)) => Ending::Failed {
                kind: FailKind::Signal,
                message: format!("ended by signal {signal} ({})", signal_name(signal)),
            },
            (None, None) => Ending::Done,
        };
        Output { ending, facts, evidence, elapsed: self.elapsed }
    }
}
