//! A stream of any length in a file of bounded length: its beginning and its end.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use sha2::{Digest, Sha256};

use super::{CHUNK, EvidenceSink, NewFile, hex};
use crate::effect::Evidence;

/// Up to this many bytes are in the record itself, whole; no file is made for them.
const SMALL: usize = 4 * 1024;

/// Bytes kept from the beginning of a long stream (durability design: 16 MiB head).
const HEAD: u64 = 16 * 1024 * 1024;

/// Bytes kept from its end.
const TAIL: u64 = 16 * 1024 * 1024;

/// A stream being kept. Its memory does not grow with the stream.
pub struct CappedFile {
    sink: EvidenceSink,
    what: &'static str,
    /// Bytes so far.
    total: u64,
    state: State,
}

enum State {
    /// Nothing on disk yet.
    Small(Vec<u8>),
    Open(Box<Files>),
    /// Keeping failed; the command goes on, and the reason is told at the end.
    Broken(String),
}

struct Files {
    head: NewFile,
    whole: Sha256,
    /// The last [`TAIL`] bytes after the head, as a ring in a file without a name: memory stays
    /// small, and a crash leaves nothing behind.
    tail: Option<Ring>,
}

struct Ring {
    file: File,
    at: u64,
    /// The hash of the head alone.
    head_hash: Sha256,
}

impl CappedFile {
    pub(super) fn new(sink: EvidenceSink, what: &'static str) -> Self {
        Self { sink, what, total: 0, state: State::Small(Vec::new()) }
    }

    /// Takes the next bytes. Trouble with the disk is remembered, not raised: a command that repairs
    /// something must not die because its output cannot be kept.
    pub fn write(&mut self, bytes: &[u8]) {
        if !self.sink.keeps() || bytes.is_empty() {
            return;
        }
        if let Err(error) = self.take(bytes) {
            self.give_up(&error);
        }
    }

    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let State::Small(pending) = &mut self.state {
            pending.extend_from_slice(bytes);
            if pending.len() <= SMALL && !self.sink.at_once {
                return Ok(());
            }
            let pending = std::mem::take(pending);
            let head = self.sink.create(self.what)?;
            self.state = State::Open(Box::new(Files { head, whole: Sha256::new(), tail: None }));
            return self.store(&pending);
        }
        self.store(bytes)
    }

    fn store(&mut self, bytes: &[u8]) -> io::Result<()> {
        let State::Open(files) = &mut self.state else { return Ok(()) };
        let room = usize::try_from(HEAD.saturating_sub(self.total)).unwrap_or(usize::MAX);
        let (head, rest) = bytes.split_at(bytes.len().min(room));
        files.head.file.write_all(head)?;
        files.whole.update(head);
        if !rest.is_empty() {
            if files.tail.is_none() {
                let ring = self.sink.create("tail")?;
                ring.discard();
                files.tail = Some(Ring { file: ring.file, at: 0, head_hash: files.whole.clone() });
            }
            if let Some(ring) = &mut files.tail {
                ring.write(rest)?;
            }
            files.whole.update(rest);
        }
        self.total += bytes.len() as u64;
        Ok(())
    }

    fn give_up(&mut self, error: &io::Error) {
        if let State::Open(files) = &self.state {
            files.head.discard();
        }
        self.state = State::Broken(format!("keep {}: {error}", self.what));
    }

    /// Makes the file durable and says what was kept; nothing when the stream was small.
    ///
    /// # Errors
    /// A fragment saying why the stream could not be kept.
    pub fn finish(self) -> Result<Option<Evidence>, String> {
        match self.state {
            State::Small(_) => Ok(None),
            State::Broken(reason) => Err(reason),
            State::Open(files) => {
                let what = self.what;
                let kept = files.finish(self.total, what);
                kept.map(Some).map_err(|error| format!("keep {what}: {error}"))
            }
        }
    }
}

impl Files {
    fn finish(mut self, total: u64, what: &str) -> io::Result<Evidence> {
        let done = self.join(total);
        let synced = done.and_then(|kept| self.head.sync().map(|()| kept));
        let (bytes, kept) = synced.inspect_err(|_| self.head.discard())?;
        let whole = hex(self.whole);
        let cut = total > HEAD + TAIL;
        Ok(Evidence {
            path: self.head.path,
            sha256: kept.map_or_else(|| whole.clone(), hex),
            bytes,
            whole_bytes: cut.then_some(total),
            whole_sha256: cut.then_some(whole),
            what: what.to_owned(),
        })
    }

    /// Puts the end behind the beginning. The length, and the hash where it is not that of the whole.
    fn join(&mut self, total: u64) -> io::Result<(u64, Option<Sha256>)> {
        let Some(ring) = &mut self.tail else { return Ok((total, None)) };
        let after_head = total - HEAD;
        let mut kept = ring.head_hash.clone();
        let mut bytes = HEAD;
        if let Some(lost) = after_head.checked_sub(TAIL).filter(|lost| *lost > 0) {
            let mark = format!("\n[mayday: {lost} bytes between here and the end were not kept]\n");
            self.head.file.write_all(mark.as_bytes())?;
            kept.update(mark.as_bytes());
            bytes += mark.len() as u64;
        }
        let mut chunk = vec![0; CHUNK];
        ring.each(after_head, &mut chunk, |part| {
            self.head.file.write_all(part)?;
            kept.update(part);
            bytes += part.len() as u64;
            Ok(())
        })?;
        Ok((bytes, Some(kept)))
    }
}

impl Ring {
    fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let place = self.at % TAIL;
            let room = usize::try_from(TAIL - place).unwrap_or(usize::MAX);
            let (now, later) = bytes.split_at(bytes.len().min(room));
            if place == 0 {
                self.file.seek(SeekFrom::Start(0))?;
            }
            self.file.write_all(now)?;
            self.at += now.len() as u64;
            bytes = later;
        }
        Ok(())
    }

    /// Its bytes from the oldest on.
    fn each(
        &mut self,
        written: u64,
        chunk: &mut [u8],
        mut part: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let start = if written > TAIL { written % TAIL } else { 0 };
        for (from, length) in [(start, written.min(TAIL) - start), (0, start)] {
            self.file.seek(SeekFrom::Start(from))?;
            let mut left = length;
            while left > 0 {
                let want = usize::try_from(left).unwrap_or(usize::MAX).min(chunk.len());
                self.file.read_exact(&mut chunk[..want])?;
                part(&chunk[..want])?;
                left -= want as u64;
            }
        }
        Ok(())
    }
}
