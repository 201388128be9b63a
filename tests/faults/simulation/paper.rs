//! The record of a seed: real lines in memory, on a disk that fails and tears.

use std::cell::RefCell;
use std::rc::Rc;

use mayday::effect::EffectClass;
use mayday::journal::{Condition, read_bytes, write_line};
use mayday::run::drive::{Kept, Moved, Record, RecordTrouble, Way};
use mayday::run::event::{Event, Kind};
use mayday::time::{Span, Timestamp};

use super::nature::{Death, Nature, Stamp, begin};

/// The disk as the engine sees it.
pub(super) struct Paper(pub(super) Rc<RefCell<Nature>>);

impl Record for Paper {
    fn stage(&mut self, event: Event) -> Result<(u64, Event), RecordTrouble> {
        let mut nature = self.0.borrow_mut();
        nature.call();
        nature.stage(event)
    }

    fn commit(&mut self) -> Result<Kept, RecordTrouble> {
        let mut nature = self.0.borrow_mut();
        *nature.calls() += 1;
        nature.commit().map(|()| Kept::Durable)
    }

    fn ways(&mut self) -> Vec<Way> {
        let mut nature = self.0.borrow_mut();
        match nature.fate.roll(3) {
            0 => Vec::new(),
            1 => vec![Way::Again],
            _ => vec![Way::Again, Way::Elsewhere { to: "/spare".into(), volatile: false }],
        }
    }

    fn take(&mut self, way: &Way) -> Result<Option<Moved>, RecordTrouble> {
        let mut nature = self.0.borrow_mut();
        if *way == Way::Again && nature.fate.often(50) {
            return Ok(None);
        }
        nature.disk_is_good();
        let moved = || Moved { from: "/state".into(), to: "/spare".into(), left: Vec::new() };
        Ok((*way != Way::Again).then(moved))
    }
}

impl Nature {
    pub(super) fn stage(&mut self, event: Event) -> Result<(u64, Event), RecordTrouble> {
        let seq = self.events.len() + self.staged_events.len();
        let mut line = Vec::new();
        let number = u64::try_from(seq).unwrap();
        let (event, hash) =
            write_line(event, number, self.newest, &self.redact, &mut line).unwrap();
        let text = String::from_utf8(line).unwrap();
        self.is_clean(&text, "the record");
        self.newest = hash;
        self.note(text.as_bytes());
        self.staged.extend_from_slice(text.as_bytes());
        self.staged_events.push((event.clone(), self.stamp()));
        Ok((number, event))
    }

    pub(super) fn commit(&mut self) -> Result<(), RecordTrouble> {
        if let Some(death) = self.dying() {
            // A part of what was on its way may have arrived.
            let whole = self.staged.len();
            let arrived = match self.fate.roll(4) {
                0 => 0,
                1 => whole,
                _ => self.fate.roll(whole + 1),
            };
            let arrived = if death == Death::DiskFull { 0 } else { arrived };
            self.unwritten = true;
            self.bytes.extend_from_slice(&self.staged[..arrived]);
            self.limbo = self.staged_events.iter().map(|(_, stamp)| *stamp).collect();
            if death != Death::DiskFull {
                self.die(death);
            }
            return Err(RecordTrouble {
                message: "write the record: no space".to_owned(),
                hint: "free some".to_owned(),
            });
        }
        self.unwritten = false;
        self.bytes.extend(std::mem::take(&mut self.staged));
        for (event, at) in std::mem::take(&mut self.staged_events) {
            self.learn(event, at);
        }
        Ok(())
    }

    /// An event stands on the disk; the straight run learns it as it would be with a clock that nobody sets.
    fn learn(&mut self, event: Event, stamp: Stamp) {
        let straight = |wall: Timestamp| wall - Span::from_millis(stamp.off);
        let mut kind = event.kind.clone();
        match &mut kind {
            Kind::Milestone { when, .. } => *when = straight(*when),
            Kind::Started { deadline: Some(deadline), .. } => *deadline = straight(*deadline),
            _ => {}
        }
        let at = begin() + Span::from_millis(stamp.t);
        self.judge(&event, stamp.t);
        if matches!(kind, Kind::Started { class: EffectClass::Change, .. }) {
            self.lie_in_wait(1);
        }
        if !matches!(kind, Kind::ClockStepped { .. }) {
            self.straight.apply(&Event { at, kind, ..event.clone() });
        }
        self.events.push(event);
        self.times.push(stamp.t);
        self.written = (stamp.boot, stamp.off);
    }

    /// What a new driver finds on the disk: checked line by line, a torn end cut off.
    pub(super) fn reopen(&mut self) -> Option<Kind> {
        let mut found = Vec::new();
        let scan = read_bytes(&self.bytes, |_, event| found.push(event)).unwrap();
        let torn = match scan.condition {
            Condition::Clean => None,
            Condition::Torn { bytes } => Some(bytes),
            other => panic!("I5: the record is {other:?}"),
        };
        assert!(found.len() >= self.shown, "I1: what was shown is not on the disk");
        assert_eq!(found[..self.events.len()], self.events, "I5: the record changed");
        self.bytes.truncate(usize::try_from(scan.bytes).unwrap());
        if self.bytes.last().is_some_and(|last| *last != b'\n') {
            self.bytes.push(b'\n');
        }
        self.newest = scan.last;
        // Events that arrived and that nobody was told of.
        let fresh = found.split_off(self.events.len());
        for (event, stamp) in fresh.into_iter().zip(std::mem::take(&mut self.limbo)) {
            self.learn(event, stamp);
        }
        torn.map(|torn_bytes| Kind::Recovered { torn_bytes, kept_as: "torn".to_owned() })
    }
}
