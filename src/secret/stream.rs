//! Hiding secrets in bytes that come in pieces.
//!
//! What comes out never depends on where the pieces were cut: only bytes that cannot belong to a secret
//! any more leave, and no more bytes wait than may be the beginning of one.

use std::collections::VecDeque;
use std::sync::Arc;

use super::search::{Match, Search};
use super::{Hit, MIN_HIDDEN, Redactor};
use crate::seeded::bug;

/// Bytes on their way through a [`Redactor`].
#[derive(Debug)]
pub struct Stream {
    redactor: Redactor,
    search: Option<Search>,
    /// Bytes that have not left yet; the first of them is byte `base` of the whole.
    waiting: Vec<u8>,
    base: u64,
    /// Bytes taken in.
    seen: u64,
    hits: VecDeque<Hit>,
}

impl Stream {
    pub(super) fn new(redactor: Redactor) -> Self {
        let search = redactor.shared.matcher.as_ref().map(Search::new);
        Self { redactor, search, waiting: Vec::new(), base: 0, seen: 0, hits: VecDeque::new() }
    }

    /// Takes bytes in and gives out those that are safe.
    #[must_use = "the bytes given out are gone from the stream"]
    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        let shared = Arc::clone(&self.redactor.shared);
        let (Some(mut search), Some(matcher)) = (self.search, &shared.matcher) else {
            return bytes.to_vec();
        };
        let before = self.waiting.len();
        self.waiting.extend_from_slice(bytes);
        for (index, byte) in bytes.iter().enumerate() {
            let found = search.step(matcher, *byte);
            self.seen += 1;
            if let Some(plain) = found.plain {
                self.found(plain, plain.len as u64);
            }
            if let Some(wrapped) = found.wrapped {
                self.found(wrapped, self.reach(before + index + 1, wrapped.len));
            }
        }
        self.search = Some(search);
        let (plain, wrapped) = search.begun(matcher);
        let begun = self.reach(self.waiting.len(), wrapped).max(plain as u64);
        let begun = if bug("mask per chunk") { 0 } else { begun };
        self.give(self.seen - begun)
    }

    /// How many of the waiting bytes before `end` hold so many that are no line ends. When fewer than
    /// [`MIN_HIDDEN`] of them stand in the first line, those are left out: they give nothing away, and to wait
    /// for what follows would keep many a line from the screen.
    fn reach(&self, end: usize, mut count: usize) -> u64 {
        let is_line_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let mut start = end;
        while count > 0 && start > 0 {
            start -= 1;
            count -= usize::from(!is_line_end(&self.waiting[start]));
        }
        let first = &self.waiting[start..end];
        match first.iter().position(is_line_end) {
            Some(at) if at < MIN_HIDDEN => {
                let gap = first[at..].iter().take_while(|byte| is_line_end(byte)).count();
                (first.len() - at - gap) as u64
            }
            _ => first.len() as u64,
        }
    }

    /// Notes a form that ends at the byte just seen and is so many bytes long.
    fn found(&mut self, found: Match, length: u64) {
        let owner = self.redactor.shared.forms.get(found.form).map_or(0, |form| form.owner);
        let start = self.seen - length;
        self.hit(Hit { start, end: self.seen, longest: found.len, owner });
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
