//! One command in the keeper's care: its claim, its output, the lines that were not shown yet.

use std::collections::VecDeque;

use rustix::event::PollFd;

use super::attempt::Claim;
use super::link::Link;
use super::message::Word;
use crate::effect::{Facts, Output};
use crate::seeded::bug;
use crate::time::Span;
use crate::world::process::{Running, Strays};

/// Lines kept for a driver who comes back.
const LINES: usize = 2_000;

/// Lines wait here, and not in the connection, once it holds so many bytes.
const ENOUGH: usize = 64 * 1024;

/// A command, or its end that is not told yet.
pub(super) struct Kept {
    pub id: u64,
    /// What runs; `None` once it is over.
    running: Option<Running>,
    claim: Claim,
    withhold: bool,
    lines: VecDeque<String>,
    /// Lines so far, those included that are not kept any more.
    total: u64,
    /// Lines that went out over the current connection or an earlier one.
    sent: u64,
    /// Lines that arrived.
    seen: u64,
    end: Option<Output>,
}

impl Kept {
    pub(super) fn new(id: u64, claim: Claim, running: Running, withhold: bool) -> Self {
        Self {
            id,
            running: Some(running),
            claim,
            withhold,
            lines: VecDeque::new(),
            total: 0,
            sent: 0,
            seen: 0,
            end: None,
        }
    }

    /// A command that could not be started: its end is all there is.
    pub(super) fn stillborn(id: u64, claim: Claim, output: Output) -> Self {
        let mut kept = Self {
            id,
            running: None,
            claim,
            withhold: false,
            lines: VecDeque::new(),
            total: 0,
            sent: 0,
            seen: 0,
            end: None,
        };
        kept.over(output, &|| {});
        kept
    }

    pub(super) fn poll_fds<'a>(&'a self, into: &mut Vec<PollFd<'a>>) {
        if let Some(running) = &self.running {
            running.poll_fds(into);
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Span> {
        self.running.as_ref().and_then(Running::next_deadline)
    }

    pub(super) fn cancel(&mut self, now: Span) {
        if let Some(running) = &mut self.running {
            running.cancel(now);
        }
    }

    /// Stands still, or goes on after so long.
    pub(super) fn pause(&mut self, for_so_long: Option<Span>) {
        match (&mut self.running, for_so_long) {
            (Some(running), None) => running.pause(),
            (Some(running), Some(span)) => running.go_on(span),
            (None, _) => {}
        }
    }

    /// Another command runs beside it.
    pub(super) fn is_not_alone(&mut self) {
        if let Some(running) = &mut self.running {
            running.look_for(Strays::OutOfReach);
        }
    }

    /// Does what is due; `make_room` frees space on a full disk.
    pub(super) fn wake(&mut self, now: Span, make_room: &dyn Fn()) {
        let Some(running) = &mut self.running else { return };
        let (lines, total) = (&mut self.lines, &mut self.total);
        let over = running.wake(now, &mut |line| {
            *total += 1;
            lines.push_back(line.to_owned());
            if lines.len() > LINES {
                lines.pop_front();
            }
        });
        if let Some(output) = over {
            self.running = None;
            self.over(output, make_room);
        }
    }

    /// The end is made durable first, and told then.
    fn over(&mut self, mut output: Output, make_room: &dyn Fn()) {
        let recorded = if self.withhold { withheld(&output) } else { output.clone() };
        if bug("outcome before exit.json") {
            self.end = Some(output);
            return;
        }
        let kept = self.claim.end(&recorded).or_else(|_| {
            make_room();
            self.claim.end(&recorded)
        });
        if let Err(error) = kept {
            let why = format!("the end of the command is not on disk: {error}");
            output.facts.insert("not_kept".to_owned(), vec![why].into());
        }
        self.end = Some(output);
    }

    /// Tells what is new; true when the end was told and nothing is left to do.
    pub(super) fn tell(&mut self, link: &mut Link) -> bool {
        while self.sent < self.total {
            if link.waiting() > ENOUGH {
                return false;
            }
            let first = self.total - self.lines.len() as u64;
            let text = if self.sent < first {
                let text = format!("[{} lines not shown]", first - self.sent);
                self.sent = first;
                text
            } else {
                let at = usize::try_from(self.sent - first).unwrap_or_default();
                self.sent += 1;
                self.lines.get(at).cloned().unwrap_or_default()
            };
            link.send(&Word::Line { id: self.id, text });
        }
        let Some(output) = self.end.take() else { return false };
        if bug("outcome before exit.json") {
            let _ = self.claim.end(&output);
        }
        link.send(&Word::Done { id: self.id, output: Box::new(output) });
        true
    }

    /// A driver is there again: it is told from where the screen was.
    pub(super) fn attach(&mut self) {
        self.sent = self.seen;
    }

    /// So many lines have arrived.
    pub(super) fn seen(&mut self, lines: u64) {
        self.seen = self.sent.min(self.seen + lines);
    }

    /// True when the command is over and its end is on disk.
    pub(super) const fn is_over(&self) -> bool {
        self.running.is_none()
    }
}

/// What may be on disk of an output that holds a secret.
fn withheld(output: &Output) -> Output {
    let mut facts = Facts::new();
    for name in ["exit_code", "signal"] {
        if let Some(value) = output.facts.get(name) {
            facts.insert(name.to_owned(), value.clone());
        }
    }
    Output { facts, ..output.clone() }
}
