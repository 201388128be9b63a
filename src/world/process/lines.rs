//! Output as lines for a screen, with bounded work however fast it comes.
//!
//! Owns the cutting into lines, the overwriting of a line by `\r`, and how many lines a person is
//! shown. What is kept as evidence does not pass through here.

use std::io::BufRead;

use crate::secret::Redactor;
use crate::text;
use crate::time::Span;

/// Longest line shown, in bytes; far more than a terminal is wide.
const LINE_CAP: usize = 4 * 1024;

/// Lines shown at once before the first are held back.
const BURST: u32 = 2_000;

/// Lines a second from then on. Nobody reads faster, and a terminal over a slow link drowns earlier.
const PER_SECOND: u32 = 500;

/// Of lines held back, this many of the newest are shown when the flood ends: the error is there.
const NEWEST: usize = 10;

/// How many lines may still be shown now, for all streams of a command together.
pub(super) struct Budget {
    left: u32,
    renewed: Span,
}

impl Budget {
    pub(super) const fn new(now: Span) -> Self {
        Self { left: BURST, renewed: now }
    }

    /// Lets lines through again as time passes.
    pub(super) fn renew(&mut self, now: Span) {
        if now - self.renewed >= Span::from_secs(1) {
            self.renewed = now;
            self.left = self.left.saturating_add(PER_SECOND).min(BURST);
        }
    }
}

/// One stream on its way to the screen.
#[derive(Default)]
pub(super) struct Lines {
    /// Looks once more at each line as it is shown: colours inside a secret hide it from the first look.
    redactor: Redactor,
    /// The line so far, without what a `\r` overwrote; at most [`LINE_CAP`] bytes.
    pending: Vec<u8>,
    /// The line is longer than what is pending.
    cut: bool,
    /// Lines held back since the last one shown.
    held: u64,
    /// The newest bytes of what is held back.
    newest: Vec<u8>,
}

impl Lines {
    /// A stream whose secrets that `redactor` knows are hidden as bytes already.
    pub(super) fn new(redactor: &Redactor) -> Self {
        Self { redactor: redactor.clone(), ..Self::default() }
    }

    /// Takes the next bytes of the stream.
    pub(super) fn feed(
        &mut self,
        mut bytes: &[u8],
        budget: &mut Budget,
        on_line: &mut dyn FnMut(&str),
    ) {
        if self.held > 0 && budget.left > 0 {
            self.release(budget, on_line);
        }
        while !bytes.is_empty() {
            if budget.left == 0 {
                self.hold(bytes);
                return;
            }
            let mut rest = bytes;
            // Reading from a slice cannot fail.
            let length = rest.skip_until(b'\n').unwrap_or(bytes.len());
            let piece = &bytes[..length];
            bytes = rest;
            match piece.strip_suffix(b"\n") {
                Some(piece) => {
                    self.extend(piece);
                    self.show(on_line);
                    budget.left -= 1;
                }
                None => self.extend(piece),
            }
        }
    }

    /// The stream is over: shows what was held back or has no line end.
    pub(super) fn finish(&mut self, budget: &mut Budget, on_line: &mut dyn FnMut(&str)) {
        if self.held > 0 {
            self.release(budget, on_line);
        }
        if !self.pending.is_empty() {
            self.show(on_line);
        }
    }

    /// Adds a part of a line. A `\r` that is not at the end of the line starts it over.
    fn extend(&mut self, mut piece: &[u8]) {
        if piece.is_empty() {
            return;
        }
        if self.pending.last() == Some(&b'\r') {
            self.restart();
        }
        if piece.contains(&b'\r') {
            let body = piece.strip_suffix(b"\r").unwrap_or(piece);
            if let Some(at) = body.iter().rposition(|byte| *byte == b'\r') {
                self.restart();
                piece = &piece[at + 1..];
            }
        }
        let room = LINE_CAP.saturating_sub(self.pending.len());
        if piece.len() > room {
            self.cut = true;
            piece = &piece[..room];
        }
        self.pending.extend_from_slice(piece);
    }

    fn restart(&mut self) {
        self.pending.clear();
        self.cut = false;
    }

    fn show(&mut self, on_line: &mut dyn FnMut(&str)) {
        let line = self.pending.strip_suffix(b"\r").unwrap_or(&self.pending);
        let line = text::sanitise(&String::from_utf8_lossy(line)).into_owned();
        let line = self.redactor.redact(&line);
        if self.cut {
            on_line(&format!("{line} [line cut here]"));
        } else {
            on_line(&line);
        }
        self.restart();
    }

    /// Counts lines instead of showing them, and remembers the newest.
    fn hold(&mut self, bytes: &[u8]) {
        if self.held == 0 {
            self.newest = std::mem::take(&mut self.pending);
            self.restart();
        }
        self.held += bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        // A held stream counts as held even before its first line end.
        self.held = self.held.max(1);
        self.newest.extend_from_slice(&bytes[bytes.len().saturating_sub(LINE_CAP)..]);
        let surplus = self.newest.len().saturating_sub(LINE_CAP);
        self.newest.drain(..surplus);
    }

    /// Says how many lines were held back and shows the newest of them.
    fn release(&mut self, budget: &mut Budget, on_line: &mut dyn FnMut(&str)) {
        let newest = std::mem::take(&mut self.newest);
        let lines: Vec<&[u8]> = newest.split(|byte| *byte == b'\n').collect();
        // The last part has no line end yet; the first may be the end of a longer line.
        let (partial, whole) = lines.split_last().map_or((&[][..], &[][..]), |(p, w)| (*p, w));
        let shown = whole.len().saturating_sub(1).min(NEWEST);
        let silent = self.held.saturating_sub(shown as u64);
        self.held = 0;
        if silent > 0 {
            on_line(&format!("[{silent} lines not shown]"));
        }
        for line in &whole[whole.len() - shown..] {
            self.extend(line);
            self.show(on_line);
            budget.left = budget.left.saturating_sub(1);
        }
        self.extend(partial);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(chunks: &[&[u8]]) -> Vec<String> {
        let (mut lines, mut budget) = (Lines::default(), Budget::new(Span::ZERO));
        let mut out = Vec::new();
        let mut on_line = |line: &str| out.push(line.to_owned());
        for chunk in chunks {
            lines.feed(chunk, &mut budget, &mut on_line);
        }
        lines.finish(&mut budget, &mut on_line);
        out
    }

    #[test]
    fn a_line_may_come_in_pieces_and_the_last_needs_no_end() {
        assert_eq!(shown(&[b"on", b"e\ntw", b"o\r\n\nlast"]), ["one", "two", "", "last"]);
    }

    #[test]
    fn a_progress_bar_leaves_its_last_state() {
        assert_eq!(shown(&[b"10 %\r20 ", b"%\r", b"100 %\r\nnext\n"]), ["100 %", "next"]);
        let long = b"work\r".repeat(100_000);
        assert_eq!(shown(&[&long, b"done"]), ["done"]);
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let out = shown(&[&[b'x'; 3 * LINE_CAP], b"\nnext\n"]);
        assert_eq!(out[0], format!("{} [line cut here]", "x".repeat(LINE_CAP)));
        assert_eq!(out[1..], ["next"]);
    }

    #[test]
    fn of_a_flood_the_count_and_the_newest_lines_are_shown() {
        use std::fmt::Write as _;
        let text = (0..100_000).fold(String::new(), |mut text, n| {
            let _ = writeln!(text, "line {n}");
            text
        });
        let chunks: Vec<&[u8]> = text.as_bytes().chunks(1000).collect();
        let out = shown(&chunks);
        assert_eq!(out.len(), BURST as usize + 1 + NEWEST);
        assert_eq!(out[BURST as usize - 1], "line 1999");
        assert_eq!(out[BURST as usize], "[97990 lines not shown]");
        assert_eq!(out.last().map(String::as_str), Some("line 99999"));
    }

    #[test]
    fn lines_flow_again_when_time_passes() {
        let (mut lines, mut budget) = (Lines::default(), Budget::new(Span::ZERO));
        let mut out = Vec::new();
        let mut on_line = |line: &str| out.push(line.to_owned());
        lines.feed(&b"x\n".repeat(BURST as usize + 20), &mut budget, &mut on_line);
        budget.renew(Span::from_secs(1));
        lines.feed(b"later\n", &mut budget, &mut on_line);
        assert_eq!(out[BURST as usize], "[10 lines not shown]");
        assert_eq!(out.last().map(String::as_str), Some("later"));
    }
}
