//! `mayday status --watch` and `--line`: a run seen from another terminal. Reads the record and nothing else.

use std::io::IsTerminal as _;

use crate::cli::exit::{self, Failure};
use crate::cli::observer::{Outlook, standing};
use crate::cli::{driven, machine, out, pinned};
use crate::journal::{RunId, Store};
use crate::plan::Plan;
use crate::run::event::Event;
use crate::run::state::Run;
use crate::time::{Moment, Span};
use crate::ui::lang::Lang;
use crate::ui::view::View;

/// How often the record is looked at: the line counts in seconds.
const EVERY: Span = Span::from_millis(500);

/// For a status bar only the newest runs are looked at: it is asked for every few seconds.
const NEWEST: usize = 20;

/// A run as far as its record goes.
struct Seen {
    plan: Plan,
    run: Run,
    view: View,
    /// Bytes of the record that were read.
    bytes: u64,
    /// Events that were shown.
    events: u64,
}

impl Seen {
    /// Reads the record; `each` gets the lines of every event that was not seen before.
    fn read(
        store: &Store,
        id: &RunId,
        before: u64,
        lang: Lang,
        mut each: impl FnMut(&[String]),
    ) -> Option<Self> {
        let dir = store.dir(id).ok()?;
        let bytes = dir.journal().metadata().ok()?.len();
        let read = store.read(id).ok()?;
        let first = read.events.first()?;
        let crate::run::event::Kind::Opened(opened) = &first.1.kind else { return None };
        let (plan, _) = pinned::plan_in(&dir, opened, lang).ok()?;
        let mut view = View::fresh(&plan, machine::wall_clock());
        view.folder = dir.path().display().to_string();
        view.width = machine::width();
        view.lang = lang;
        let mut run = Run::default();
        let mut events = 0;
        for (seq, event) in &read.events {
            run.apply(event);
            if *seq < before {
                view.catch_up(&plan, &run, event);
            } else {
                each(&follow(&mut view, &plan, &run, event));
            }
            events = seq + 1;
        }
        Some(Self { plan, run, view, bytes, events })
    }

    /// The one line.
    fn line(&self, columns: usize) -> String {
        let at = Moment { wall: machine::wall_clock(), boot: machine::boot_clock() };
        let outlook = Outlook::of(&self.plan, &self.run, at);
        let standing = standing(&self.plan, &self.run, &self.view, &outlook, at);
        self.view.lang.row(&standing.line(at.boot, columns), columns)
    }
}

fn follow(view: &mut View, plan: &Plan, run: &Run, event: &Event) -> Vec<String> {
    view.follow(plan, run, event)
}

/// One line about the run that is driven, else about the newest that is open; nothing without one.
pub(super) fn line(store: &Store, named: Option<&str>, lang: Lang) {
    let columns = if std::io::stdout().is_terminal() { machine::width() } else { 200 };
    let found = match named {
        Some(text) => store.find(text).ok(),
        None => {
            let ids = store.list().unwrap_or_default();
            let driven = ids.iter().take(NEWEST).find(|id| store.driver(id).is_some());
            driven.cloned().or_else(|| ids.into_iter().next())
        }
    };
    let seen = found.and_then(|id| Seen::read(store, &id, u64::MAX, lang, |_| ()));
    if let Some(seen) = seen.filter(|seen| named.is_some() || seen.run.closed.is_none()) {
        out::line(&seen.line(columns));
    }
}

/// What happens in a run behind the first `told` events, and on a terminal the line that counts, until the
/// run is closed.
pub(super) fn watch(store: &Store, id: &RunId, told: u64, lang: Lang) -> Result<u8, Failure> {
    let live = std::io::stdout().is_terminal();
    let gone =
        || Failure::new(exit::PRECONDITION, format!("watch {id}: its record cannot be read"));
    let mut lines = Vec::new();
    let mut seen =
        Seen::read(store, id, told, lang, |new| lines.extend(new.to_vec())).ok_or_else(gone)?;
    out::lines(&lines);
    let mut drawn = String::new();
    loop {
        let dir = store.dir(id).map_err(|trouble| driven::refused(&trouble))?;
        let bytes = dir.journal().metadata().map_or(0, |meta| meta.len());
        if bytes != seen.bytes {
            let before = seen.events;
            let mut lines = Vec::new();
            if let Some(read) =
                Seen::read(store, id, before, lang, |new| lines.extend(new.to_vec()))
            {
                erase(&mut drawn);
                out::lines(&lines);
                seen = read;
            }
        }
        if seen.run.closed.is_some() {
            return Ok(exit::DONE);
        }
        if live {
            let line = seen.line(machine::width().saturating_sub(1));
            let line = crate::text::sanitise(&line);
            if line != drawn {
                out::data(&format!("\r\u{1b}[K{line}"));
                drawn = line.into_owned();
            }
        }
        machine::rest(EVERY);
    }
}

fn erase(drawn: &mut String) {
    if !std::mem::take(drawn).is_empty() {
        out::data("\r\u{1b}[K");
    }
}
