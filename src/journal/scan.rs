//! Reading a record from its beginning: every line checked against the chain, one at a time.
//!
//! Needs no lock and no free space. Never changes anything.

use std::borrow::Cow;
use std::io::{BufRead, BufReader, Read as _};

use serde::Deserialize;

use super::head::{self, HeadFile};
use super::line::{self, Hash, RECORD_CAP};
use super::{FORMAT, RunDir, Trouble, folder};
use crate::run::event::{Event, Kind};
use crate::seeded::bug;
use crate::time::Timestamp;

/// The state of a record's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Every line is good.
    Clean,
    /// A crash cut the last write short; nothing that was acted on is missing. Also how the record of a
    /// live run looks for a moment.
    Torn {
        /// Bytes behind the last good record.
        bytes: u64,
    },
    /// A line is not what was written, or was not written there.
    Damaged {
        /// The line, from 1.
        line: u64,
        /// A clause about it.
        what: String,
    },
    /// The record is good and shorter than its last checkpoint says: its end was cut off.
    EndMissing {
        /// Events that the checkpoint saw.
        seen: u64,
    },
    /// A newer mayday wrote it.
    NewerFormat {
        /// Its format.
        found: u64,
    },
}

/// What a look at the whole record found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Good events, all before any fault.
    pub events: u64,
    /// Bytes they take.
    pub bytes: u64,
    /// Hash of the last good one.
    pub last: Hash,
    /// How the record ends.
    pub condition: Condition,
    /// The last good record lacks its newline.
    pub(super) newline_owed: bool,
    pub(super) head: HeadFile,
}

/// A record in memory.
#[derive(Clone, Debug)]
pub struct Read {
    /// Good events with their sequence numbers, from 0.
    pub events: Vec<(u64, Event)>,
    /// What else was found.
    pub scan: Scan,
}

/// Reads a whole record into memory.
///
/// # Errors
/// As [`read_with`].
pub fn read(dir: &RunDir) -> Result<Read, Trouble> {
    let mut events = Vec::new();
    let scan = read_with(dir, |seq, event| events.push((seq, event)))?;
    Ok(Read { events, scan })
}

/// Reads a record and hands out every good event before the first fault, keeping none.
///
/// # Errors
/// Only when a file cannot be read: faults of the record are told by [`Scan::condition`].
pub fn read_with(dir: &RunDir, mut each: impl FnMut(u64, Event)) -> Result<Scan, Trouble> {
    // The head first: a driver at work appends before it moves the head.
    let head = head::read(dir.path())?;
    let path = dir.journal();
    let file = folder::open_to_read(&path).map_err(Trouble::io("open", &path))?;
    let reader = BufReader::with_capacity(1 << 17, file);
    let mut scanner = Scanner::new(reader, |reader| Ok(reader.get_ref().metadata()?.len()), head);
    let scan = scanner.run(&mut each).map_err(Trouble::io("read", &path))?;
    Ok(held_to(scan, head))
}

/// The end of a record held against the head.
fn held_to(mut scan: Scan, head: HeadFile) -> Scan {
    let whole = matches!(scan.condition, Condition::Clean | Condition::Torn { .. });
    if let Some(head) = head.known()
        && whole
        && head.seq >= scan.events
    {
        scan.condition = Condition::EndMissing { seen: head.seq.saturating_add(1) };
    }
    scan
}

/// As [`read_with`], of a record in memory and what its head file says.
pub(super) fn read_packed(
    bytes: &[u8],
    head: HeadFile,
    mut each: impl FnMut(u64, Event),
) -> std::io::Result<Scan> {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let scan = Scanner::new(bytes, move |_| Ok(length), head).run(&mut each)?;
    Ok(held_to(scan, head))
}

/// Reads the first event alone, whatever follows it; `None` when there is none that is good.
///
/// # Errors
/// The file cannot be read.
pub fn read_first(dir: &RunDir) -> Result<Option<Event>, Trouble> {
    let path = dir.journal();
    let file = folder::open_to_read(&path).map_err(Trouble::io("open", &path))?;
    let size = |reader: &BufReader<std::fs::File>| Ok(reader.get_ref().metadata()?.len());
    let mut scanner = Scanner::new(BufReader::new(file), size, HeadFile::Absent);
    scanner.next(&mut Vec::new()).map_err(Trouble::io("read", &path))
}

/// Reads a record that is in memory, without a head file beside it, and hands out every good event
/// before the first fault.
///
/// # Errors
/// None that memory can have.
pub fn read_bytes(bytes: &[u8], mut each: impl FnMut(u64, Event)) -> std::io::Result<Scan> {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    Scanner::new(bytes, move |_| Ok(length), HeadFile::Absent).run(&mut each)
}

/// Reads lines in memory that stand behind the event before `seq`, which has the hash `prev`. Bytes are
/// counted from there, events and lines from the record's beginning.
///
/// # Errors
/// None that memory can have.
pub fn read_on(
    lines: &[u8],
    seq: u64,
    prev: Hash,
    mut each: impl FnMut(u64, Event),
) -> std::io::Result<Scan> {
    let length = u64::try_from(lines.len()).unwrap_or(u64::MAX);
    let mut scanner = Scanner::new(lines, move |_| Ok(length), HeadFile::Absent);
    (scanner.scan.events, scanner.scan.last) = (seq, prev);
    scanner.run(&mut each)
}

struct Scanner<R, S> {
    reader: R,
    /// How many bytes there are in all, now.
    size: S,
    scan: Scan,
}

impl<R: BufRead, S: Fn(&R) -> std::io::Result<u64>> Scanner<R, S> {
    fn new(reader: R, size: S, head: HeadFile) -> Self {
        let scan = Scan {
            events: 0,
            bytes: 0,
            last: Hash::NONE,
            condition: Condition::Clean,
            newline_owed: false,
            head,
        };
        Self { reader, size, scan }
    }

    fn run(&mut self, each: &mut impl FnMut(u64, Event)) -> std::io::Result<Scan> {
        let mut buffer = Vec::with_capacity(4096);
        while let Some(event) = self.next(&mut buffer)? {
            each(self.scan.events - 1, event);
        }
        Ok(self.scan.clone())
    }

    /// The next good event; `None` at the end or at the first fault.
    fn next(&mut self, buffer: &mut Vec<u8>) -> std::io::Result<Option<Event>> {
        buffer.clear();
        if self.scan.newline_owed {
            return Ok(None);
        }
        let cap = u64::try_from(RECORD_CAP).unwrap_or(u64::MAX).saturating_add(1);
        self.reader.by_ref().take(cap).read_until(b'\n', buffer)?;
        if buffer.is_empty() {
            return Ok(None);
        }
        if buffer.last() == Some(&b'\n') {
            let length = buffer.len();
            return Ok(self.take(&buffer[..length - 1], length));
        }
        // The last line, without its newline: whole, torn, or damaged.
        let nuls_to_the_end = buffer.len() <= RECORD_CAP || self.only_nuls_follow()?;
        let zeros = buffer.iter().rev().take_while(|byte| **byte == 0).count();
        let text = &buffer[..buffer.len() - zeros];
        let (events, last) = (self.scan.events, self.scan.last);
        let size = (self.size)(&self.reader)?;
        if nuls_to_the_end && line::take_apart(text, events, last).is_ok() {
            self.scan.newline_owed = true;
            let event = self.take(text, text.len());
            let rest = size.saturating_sub(self.scan.bytes);
            if event.is_some() && zeros > 0 {
                self.scan.condition = Condition::Torn { bytes: rest };
            }
            return Ok(event);
        }
        if nuls_to_the_end && line::is_beginning(text, events, last) && !bug("torn = corrupt") {
            let bytes = size.saturating_sub(self.scan.bytes);
            self.scan.condition = Condition::Torn { bytes };
            return Ok(None);
        }
        Ok(self.take(text, text.len()))
    }

    /// Checks one line and takes its event; a fault becomes the condition.
    fn take(&mut self, text: &[u8], length: usize) -> Option<Event> {
        let seq = self.scan.events;
        match line::take_apart(text, seq, self.scan.last)
            .map_err(|what| self.damaged(what))
            .and_then(|(event, hash)| self.understand(event, hash).map(|event| (event, hash)))
        {
            Ok((event, hash)) => {
                self.scan.events += 1;
                self.scan.bytes += u64::try_from(length).unwrap_or(0);
                self.scan.last = hash;
                Some(event)
            }
            Err(condition) => {
                self.scan.condition = condition;
                None
            }
        }
    }

    fn understand(&self, text: &[u8], hash: Hash) -> Result<Event, Condition> {
        let seq = self.scan.events;
        if seq == 0
            && let Ok(Opening { format: Some(found) }) = serde_json::from_slice(text)
            && found > u64::from(FORMAT)
        {
            return Err(Condition::NewerFormat { found });
        }
        if let Some(head) = self.scan.head.known()
            && head.seq == seq
            && head.hash != hash
        {
            return Err(self.damaged(
                "is not the event that the last checkpoint saw: the record was rewritten",
            ));
        }
        parse_event(text)
            .ok_or_else(|| self.damaged("holds an event that this mayday does not know"))
    }

    fn damaged(&self, what: impl Into<String>) -> Condition {
        Condition::Damaged { line: self.scan.events + 1, what: what.into() }
    }

    fn only_nuls_follow(&mut self) -> std::io::Result<bool> {
        loop {
            let block = self.reader.fill_buf()?;
            if block.is_empty() {
                return Ok(true);
            }
            if block.iter().any(|byte| *byte != 0) {
                return Ok(false);
            }
            let length = block.len();
            self.reader.consume(length);
        }
    }
}

/// As much of the first event as tells whether the rest can be understood.
#[derive(Deserialize)]
struct Opening {
    format: Option<u64>,
}

/// The fields that every event has.
#[derive(Deserialize)]
struct Stamp<'a> {
    at: Timestamp,
    boot_ms: i64,
    #[serde(borrow)]
    by: Cow<'a, str>,
    #[serde(default)]
    slip: Option<crate::run::event::Taken>,
}

/// Reads an event in two passes: `Event`'s own derived reader buffers every field twice, which is what
/// a long record would then spend its time on.
fn parse_event(text: &[u8]) -> Option<Event> {
    // Checked for UTF-8 once, not once a string.
    let text = std::str::from_utf8(text).ok()?;
    let stamp: Stamp<'_> = serde_json::from_str(text).ok()?;
    let kind: Kind = serde_json::from_str(text).ok()?;
    let Stamp { at, boot_ms, by, slip } = stamp;
    Some(Event { at, boot_ms, by: by.into_owned(), slip, kind })
}
