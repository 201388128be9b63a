//! One output stream of a command: from the pipe through redaction to the facts, the evidence and the
//! screen.

use rustix::fd::OwnedFd;
use rustix::io::Errno;

use super::lines::{Budget, Lines};
use crate::effect::Evidence;
use crate::secret::{Redactor, Stream};
use crate::world::evidence::{CappedFile, EvidenceSink};

/// Bytes of a stream that become a fact. Enough for any answer an expression looks at; longer output is
/// for the evidence.
pub const FACT_CAP: usize = 256 * 1024;

/// Bytes read from a stream in one go before others get their turn.
const TURN: usize = 1024 * 1024;

/// After this many full reads the stream is a flood, and gets a larger pipe: fewer wake-ups.
const FLOOD: u32 = 4;

/// The size of that pipe; what an unprivileged user may have.
const LARGE_PIPE: usize = 1024 * 1024;

/// A stream being read.
pub(super) struct Capture {
    pipe: Option<OwnedFd>,
    /// None when the output holds a secret to capture: it must arrive whole, and goes nowhere else.
    redact: Option<Stream>,
    text: Vec<u8>,
    truncated: bool,
    kept: CappedFile,
    lines: Option<Lines>,
    full_reads: u32,
}

/// What a stream came to.
pub(super) struct Captured {
    /// The first [`FACT_CAP`] bytes, invalid UTF-8 replaced.
    pub text: String,
    /// There was more.
    pub truncated: bool,
    /// The file, if one was worth keeping, or why there is none.
    pub kept: Result<Option<Evidence>, String>,
}

impl Capture {
    /// Reads `pipe`, which must not block. With `withhold` the text goes into the facts and nowhere else.
    pub(super) fn new(
        pipe: OwnedFd,
        what: &'static str,
        withhold: bool,
        redactor: &Redactor,
        sink: &EvidenceSink,
    ) -> Self {
        let nowhere = EvidenceSink::nowhere();
        Self {
            pipe: Some(pipe),
            redact: (!withhold).then(|| redactor.stream()),
            text: Vec::new(),
            truncated: false,
            kept: if withhold { &nowhere } else { sink }.stream(what),
            lines: (!withhold).then(|| Lines::new(redactor)),
            full_reads: 0,
        }
    }

    /// The pipe, while it is open.
    pub(super) const fn pipe(&self) -> Option<&OwnedFd> {
        self.pipe.as_ref()
    }

    /// Reads what is there, at most [`TURN`] bytes.
    pub(super) fn pump(
        &mut self,
        chunk: &mut [u8],
        budget: &mut Budget,
        on_line: &mut dyn FnMut(&str),
    ) {
        let mut turn = 0;
        while turn < TURN {
            let Some(pipe) = &self.pipe else { return };
            match rustix::io::read(pipe, &mut *chunk) {
                Ok(0) => self.pipe = None,
                Ok(read) => {
                    turn += read;
                    self.widen(read == chunk.len());
                    self.take(&chunk[..read], budget, on_line);
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                // Reading from our own pipe fails for no reason that waiting would mend.
                Err(_) => self.pipe = None,
            }
        }
    }

    fn widen(&mut self, full: bool) {
        if full && self.full_reads < FLOOD {
            self.full_reads += 1;
            if let (FLOOD, Some(pipe)) = (self.full_reads, &self.pipe) {
                // The usual size does as well, only slower.
                let _ = rustix::pipe::fcntl_setpipe_size(pipe, LARGE_PIPE);
            }
        }
    }

    fn take(&mut self, bytes: &[u8], budget: &mut Budget, on_line: &mut dyn FnMut(&str)) {
        match &mut self.redact {
            Some(redact) => {
                let clean = redact.push(bytes);
                self.store(&clean, budget, on_line);
            }
            None => self.store(bytes, budget, on_line),
        }
    }

    fn store(&mut self, clean: &[u8], budget: &mut Budget, on_line: &mut dyn FnMut(&str)) {
        let room = FACT_CAP - self.text.len();
        self.truncated |= clean.len() > room;
        self.text.extend_from_slice(&clean[..clean.len().min(room)]);
        self.kept.write(clean);
        if let Some(lines) = &mut self.lines {
            lines.feed(clean, budget, on_line);
        }
    }

    /// The stream is over, or nobody waits for it any longer.
    pub(super) fn finish(mut self, budget: &mut Budget, on_line: &mut dyn FnMut(&str)) -> Captured {
        if let Some(redact) = self.redact.take() {
            self.store(&redact.finish(), budget, on_line);
        }
        if let Some(lines) = &mut self.lines {
            lines.finish(budget, on_line);
        }
        Captured {
            text: lossy(self.text, self.truncated),
            truncated: self.truncated,
            kept: self.kept.finish(),
        }
    }
}

/// Text of any bytes. A character that the cap cut in two is left out, not shown as damage.
fn lossy(mut bytes: Vec<u8>, truncated: bool) -> String {
    if truncated
        && let Err(error) = std::str::from_utf8(&bytes)
        && error.error_len().is_none()
    {
        bytes.truncate(error.valid_up_to());
    }
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}
