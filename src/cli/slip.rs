//! Saying something to a run from another terminal: left in its inbox durably, then recorded by whoever drives,
//! or by this process when nobody does. Nothing is lost and nothing is recorded twice.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::driven;
use super::exit::{self, Failure};
use super::{Global, machine, whose};
use crate::journal::{Holder, RunId, Store, Trouble};
use crate::run::event::{Event, Kind, Taken};
use crate::run::slip::{LARGEST, Said, Slip, fact};
use crate::run::state::Run;
use crate::secret::Redactor;
use crate::time::Span;
use crate::world::inbox;

pub(super) mod errand;
pub(super) mod hidden;

/// How often it is looked whether whoever drives has recorded a slip, and how long between two looks.
const LOOKS: u32 = 250;
const BETWEEN: Span = Span::from_millis(20);

/// What became of a slip.
pub(super) enum Heard {
    /// It is on the record as this event.
    Recorded(Box<Event>),
    /// It is durable, and is recorded by whoever drives or takes the run up.
    Waits,
}

/// The run that is meant: the one named, else one of this project before any other, and of these the newest that is
/// driven, else the newest that is open. With `closed` the newest of all, when none is open.
pub(super) fn meant(
    global: &Global,
    store: &Store,
    named: Option<&str>,
    closed: bool,
) -> Result<RunId, Failure> {
    let refused = |trouble: Trouble| driven::refused(&trouble);
    if let Some(text) = named {
        return store.find(text).map_err(refused);
    }
    let ids = store.list().map_err(refused)?;
    let here = whose::project(global.config.as_deref());
    let own = |id: &&RunId| here.as_deref().is_some_and(|here| whose::is_of(store, id, here));
    let open = |id: &&RunId| {
        let run = store.read(id).map(|read| Run::fold(read.events.iter().map(|(_, event)| event)));
        run.is_ok_and(|run| run.closed.is_none() && run.opened.is_some())
    };
    let driven = |id: &&RunId| store.driver(id).is_some();
    let found = |ids: &[RunId]| ids.iter().find(driven).or_else(|| ids.iter().find(open)).cloned();
    let ours: Vec<RunId> = ids.iter().filter(own).cloned().collect();
    let newest = ours.first().or_else(|| ids.first()).filter(|_| closed);
    let found = found(&ours).or_else(|| found(&ids)).or_else(|| newest.cloned());
    found.ok_or_else(|| {
        Failure::new(exit::USAGE, "find a run: none is open").hint("`mayday runs` lists all runs")
    })
}

/// Says it, and waits until it is on the record.
pub(super) fn say(
    global: &Global,
    id: &RunId,
    operator: Option<&str>,
    said: Said,
    files: &[PathBuf],
) -> Result<Heard, Failure> {
    let store = driven::store(global)?;
    let redactor = hidden::at_hand(&store, id);
    let said = hidden::hide(&redactor, said)?;
    let slip = Slip { by: machine::operator(operator), user: machine::account(), said };
    let text = serde_json::to_string(&slip).map_err(anyhow::Error::from)?;
    if text.len() > LARGEST {
        let words =
            format!("say so much at once: {} bytes, at most {LARGEST} are taken", text.len());
        return Err(Failure::new(exit::USAGE, words).hint("put it into a file: --file"));
    }
    for file in files {
        if let Err(error) = std::fs::File::open(file) {
            let words = format!("keep {}: {error}", file.display());
            return Err(Failure::new(exit::PRECONDITION, words).hint("nothing was noted"));
        }
    }
    let dir = store.dir(id).map_err(|trouble| driven::refused(&trouble))?;
    let now = (machine::wall_clock(), machine::boot_clock());
    let name = inbox::leave(dir.path(), &text, files, now).map_err(|error| {
        Failure::new(exit::PRECONDITION, format!("write to {}: {error}", dir.path().display()))
    })?;
    for _ in 0..LOOKS {
        if !inbox::waits(dir.path(), &name)
            && let Some(event) = recorded(&store, id, &name)?
        {
            return Ok(Heard::Recorded(Box::new(event)));
        }
        if store.driver(id).is_none() {
            record(&store, id, &slip.by, &redactor)?;
        }
        machine::rest(BETWEEN);
    }
    Ok(Heard::Waits)
}

/// The event that a slip became.
fn recorded(store: &Store, id: &RunId, slip: &str) -> Result<Option<Event>, Failure> {
    let dir = store.dir(id).map_err(|trouble| driven::refused(&trouble))?;
    let mut found = None;
    crate::journal::read_with(&dir, |_, event| {
        if event.slip.as_ref().is_some_and(|taken| taken.id == slip) {
            found = Some(event);
        }
    })
    .map_err(|trouble| driven::refused(&trouble))?;
    Ok(found)
}

/// Nobody drives: all slips that wait go on the record, in order. Nothing happens when somebody is faster.
fn record(
    store: &Store,
    id: &RunId,
    by: &str,
    redactor: &Arc<Mutex<Redactor>>,
) -> Result<(), Failure> {
    let holder = Holder { operator: format!("{by}, a note"), since: machine::wall_clock() };
    let mut run = Run::default();
    let redact = driven::hides(Arc::clone(redactor));
    let taken = store.resume_with(id, &holder, redact, |_, event| run.apply(&event));
    let mut resumed = match taken {
        Ok(resumed) => resumed,
        Err(Trouble::Held { .. }) => return Ok(()),
        Err(trouble) => {
            return Err(driven::refused(&trouble)
                .hint("it is kept in the run's inbox, and recorded when the run is taken up"));
        }
    };
    let event = |by: &str, slip: Option<Taken>, kind: Kind| Event {
        at: machine::wall_clock(),
        boot_ms: machine::boot_clock().millis(),
        by: by.to_owned(),
        slip,
        kind,
    };
    let mut append = |run: &mut Run, event: Event| {
        let (_, event) =
            resumed.journal.append(event).map_err(|trouble| driven::refused(&trouble))?;
        run.apply(&event);
        Ok::<(), Failure>(())
    };
    if let Some(torn) = &resumed.torn {
        let kind = Kind::Recovered { torn_bytes: torn.bytes, kept_as: torn.kept_as.clone() };
        append(&mut run, event(by, None, kind))?;
    }
    let path = resumed.dir.path();
    let known = redactor.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for found in inbox::take_all(path, &known, &BTreeSet::new()) {
        if !run.slips.contains(&found.id) {
            let (by, kind) = fact(&run, &found.text, found.files, machine::wall_clock());
            let slip = Taken { id: found.id.clone(), alone: true };
            append(&mut run, event(&by, Some(slip), kind))?;
        }
        inbox::done(path, &found.id);
    }
    resumed.journal.checkpoint().map_err(|trouble| driven::refused(&trouble)).map(drop)
}
