//! Hiding secrets in bytes that come in pieces.
//!
//! What comes out never depends on where the pieces were cut: only bytes that cannot belong to a secret
//! any more leave, and no more bytes wait than may be the beginning of one.

use std::collections::VecDeque;

use aho_corasick::Anchored;
use aho_corasick::automaton::{Automaton, StateID};

use super::{Hit, Redactor};

/// Bytes on their way through a [`Redactor`].
#[derive(Debug)]
pub struct Stream {
    redactor: Redactor,
    state: Option<StateID>,
    /// Bytes that have not left yet; the first of them is byte `base` of the whole.
    waiting: Vec<u8>,
    base: u64,
    /// Bytes taken in.
    seen: u64,
    hits: VecDeque<Hit>,
}

impl Stream {
    pub(super) fn new(redactor: Redactor) -> Self {
        let state = redactor.shared.matcher.as_ref().map(|matcher| matcher.start);
        Self { redactor, state, waiting: Vec::new(), base: 0, seen: 0, hits: VecDeque::new() }
    }

    /// Takes bytes in and gives out those that are safe.
    #[must_use = "the bytes given out are gone from the stream"]
    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        let (Some(mut state), Some(matcher)) = (self.state, self.redactor.shared.matcher.clone())
        else {
            return bytes.to_vec();
        };
        self.waiting.extend_from_slice(bytes);
        for byte in bytes {
            state = matcher.nfa.next_state(Anchored::No, state, *byte);
            self.seen += 1;
            if let Some((longest, form)) = matcher.longest(state) {
                let owner = self.redactor.shared.forms.get(form).map_or(0, |(_, owner)| *owner);
                self.hit(Hit { start: self.seen - longest as u64, end: self.seen, longest, owner });
            }
        }
        self.state = Some(state);
        let begun = matcher.depths.get(&state).copied().unwrap_or(0);
        self.give(self.seen - begun as u64)
    }

    /// Gives out the rest; the beginning of a secret that never came is no secret.
    #[must_use = "the last bytes are given out here"]
    pub fn finish(mut self) -> Vec<u8> {
        self.give(self.seen)
    }

    /// Notes a match, as one with those that it overlaps.
    fn hit(&mut self, mut hit: Hit) {
        while let Some(last) = self.hits.back().copied().filter(|last| last.end > hit.start) {
            hit.start = hit.start.min(last.start);
            if last.longest >= hit.longest {
                (hit.longest, hit.owner) = (last.longest, last.owner);
            }
            self.hits.pop_back();
        }
        self.hits.push_back(hit);
    }

    /// Gives out everything before `until`; no later match can begin before it.
    fn give(&mut self, until: u64) -> Vec<u8> {
        let mut out = Vec::new();
        while let Some(hit) = self.hits.front().copied() {
            if hit.start >= until {
                break;
            }
            self.take(hit.start, Some(&mut out));
            if hit.end > until {
                // It may still grow; the bytes inside it are not needed for that.
                self.take(until, None);
                return out;
            }
            out.extend_from_slice(self.redactor.mark(hit.owner).as_bytes());
            self.take(hit.end, None);
            self.hits.pop_front();
        }
        self.take(until, Some(&mut out));
        out
    }

    /// Moves the waiting bytes before `until` out, or drops them.
    fn take(&mut self, until: u64, out: Option<&mut Vec<u8>>) {
        let count = usize::try_from(until.saturating_sub(self.base)).unwrap_or(usize::MAX);
        let count = count.min(self.waiting.len());
        let gone = self.waiting.drain(..count);
        if let Some(out) = out {
            out.extend(gone);
        } else {
            drop(gone);
        }
        self.base = self.base.max(until);
    }
}
