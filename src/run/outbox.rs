//! The outbox: every message that was queued, and what became of it. A fold of the record; decides nothing.
//!
//! When a message is sent and when it is given up is `escalate`'s.

use std::collections::BTreeMap;

use super::event::{Event, Kind, Milestone};
use crate::effect::{Ending, Post, Signal};
use crate::severity::EscalationKind;
use crate::time::{Span, Timestamp};

/// Messages in the order in which they were queued.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outbox {
    letters: BTreeMap<u64, Letter>,
    /// What each contact called this incident.
    references: BTreeMap<String, String>,
    /// Nothing that is delivered from here on needs to be answered for long.
    resolved: bool,
}

/// One message for one contact.
#[derive(Clone, Debug, PartialEq)]
pub struct Letter {
    /// The number of the event that queued it.
    pub id: u64,
    /// The contact.
    pub to: String,
    /// What asks for it.
    pub cause: String,
    /// Inform or engage.
    pub kind: EscalationKind,
    /// A call, or that an earlier one is taken or over.
    pub signal: Signal,
    /// The words.
    pub message: String,
    /// For a public page.
    pub post: Option<Post>,
    /// When it was queued.
    pub at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// It may have arrived: an attempt has no end, or an end that tells nothing.
    pub perhaps: bool,
    /// How far it is.
    pub state: LetterState,
    /// What its receiver must still hear of it.
    pub owes: Option<Signal>,
}

/// How far a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterState {
    /// It is to be sent, not before then.
    Waiting(Option<Timestamp>),
    /// An attempt was announced and has not ended, as far as the record tells.
    Sending,
    /// It arrived.
    Delivered,
    /// It was put on the screen for the operator to say.
    Shown,
    /// It was given up.
    Failed,
}

impl Letter {
    /// True while it is neither delivered nor given up.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.state, LetterState::Waiting(_) | LetterState::Sending)
    }
}

impl Outbox {
    /// All messages, oldest first.
    pub fn letters(&self) -> impl Iterator<Item = &Letter> {
        self.letters.values()
    }

    /// One message by its number.
    #[must_use]
    pub fn letter(&self, id: u64) -> Option<&Letter> {
        self.letters.get(&id)
    }

    /// Messages that are neither delivered nor given up.
    pub fn open(&self) -> impl Iterator<Item = &Letter> {
        self.letters().filter(|letter| letter.is_open())
    }

    /// True when this contact was to be told for this cause.
    #[must_use]
    pub fn has(&self, cause: &str, to: &str) -> bool {
        self.letters().any(|letter| letter.is_for(cause, to) && letter.signal.is_tell())
    }

    /// What a contact called this incident.
    #[must_use]
    pub fn reference(&self, to: &str) -> Option<&str> {
        self.references.get(to).map(String::as_str)
    }

    /// The first instant at which a message may be tried again.
    #[must_use]
    pub fn next_try(&self) -> Option<Timestamp> {
        let at = |letter: &Letter| match letter.state {
            LetterState::Waiting(at) => at,
            _ => None,
        };
        self.letters().filter_map(at).min()
    }

    /// Remembers one event; `number` is its own.
    pub(super) fn apply(&mut self, number: u64, event: &Event) {
        match &event.kind {
            Kind::MessageQueued { to, cause, kind, signal, message, post } => {
                if !signal.is_tell() {
                    self.answered(cause, to);
                }
                let letter = Letter {
                    id: number,
                    to: to.clone(),
                    cause: cause.clone(),
                    kind: *kind,
                    signal: *signal,
                    message: message.clone(),
                    post: post.clone(),
                    at: event.at,
                    attempts: 0,
                    perhaps: false,
                    state: LetterState::Waiting(None),
                    owes: None,
                };
                self.letters.insert(number, letter);
            }
            Kind::Notifying { to, cause, kind, message, letter, .. } => {
                let id = letter.unwrap_or(number);
                let letter = self.letters.entry(id).or_insert_with(|| Letter {
                    // Records of before there was an outbox queue and send in one.
                    id,
                    to: to.clone(),
                    cause: cause.clone(),
                    kind: *kind,
                    signal: Signal::Tell,
                    message: message.clone(),
                    post: None,
                    at: event.at,
                    attempts: 0,
                    perhaps: false,
                    state: LetterState::Waiting(None),
                    owes: None,
                });
                letter.attempts = letter.attempts.saturating_add(1);
                letter.state = LetterState::Sending;
            }
            Kind::Notified { to, cause, ending, shown, letter, retry_at, reference, perhaps } => {
                let reference = reference.iter().map(|name| (to.clone(), name.clone()));
                self.references.extend(reference);
                let owes = self.resolved.then_some(Signal::Resolve);
                let Some(letter) = self.find(*letter, cause, to) else { return };
                letter.perhaps |= *perhaps || *ending == Ending::Cancelled;
                letter.state = match ending {
                    Ending::Done if *shown => LetterState::Shown,
                    Ending::Done => LetterState::Delivered,
                    // One that was ended because we left is sent by the next driver.
                    Ending::Cancelled => LetterState::Waiting(None),
                    _ if retry_at.is_some() => LetterState::Waiting(*retry_at),
                    _ => LetterState::Failed,
                };
                if letter.state == LetterState::Delivered && letter.signal.is_tell() {
                    letter.owes = owes;
                }
            }
            Kind::Milestone { milestone: Milestone::Acknowledged, .. } => {
                self.owe(Signal::Acknowledge);
            }
            Kind::Milestone { milestone: Milestone::Resolved, .. } => {
                self.resolved = true;
                self.owe(Signal::Resolve);
            }
            Kind::Attached { .. } => {
                // Of what an earlier driver was sending nobody knows whether it arrived. It is sent again.
                for letter in self.letters.values_mut() {
                    if letter.state == LetterState::Sending {
                        letter.perhaps = true;
                        letter.state = LetterState::Waiting(None);
                    }
                }
            }
            _ => {}
        }
    }

    fn find(&mut self, id: Option<u64>, cause: &str, to: &str) -> Option<&mut Letter> {
        match id {
            Some(id) => self.letters.get_mut(&id),
            None => self
                .letters
                .values_mut()
                .rfind(|letter| letter.is_for(cause, to) && letter.state == LetterState::Sending),
        }
    }

    /// The calls that arrived are owed this.
    fn owe(&mut self, signal: Signal) {
        let arrived = |letter: &&mut Letter| {
            letter.signal.is_tell() && letter.state == LetterState::Delivered
        };
        self.letters.values_mut().filter(arrived).for_each(|letter| letter.owes = Some(signal));
    }

    fn answered(&mut self, cause: &str, to: &str) {
        for letter in self.letters.values_mut().filter(|letter| letter.is_for(cause, to)) {
            letter.owes = None;
        }
    }

    /// The wall clock was set.
    pub(super) fn shift(&mut self, by: Span) {
        for letter in self.letters.values_mut() {
            letter.at = letter.at + by;
            if let LetterState::Waiting(Some(at)) = &mut letter.state {
                *at = *at + by;
            }
        }
    }
}

impl Letter {
    fn is_for(&self, cause: &str, to: &str) -> bool {
        self.cause == cause && self.to == to
    }
}
