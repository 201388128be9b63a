//! Earlier runs of the same playbook, read from their records. What cannot be read is passed over.

use crate::journal::{RunId, Store, read_first};
use crate::plan::Plan;
use crate::report::earlier::Earlier;
use crate::run::event::{Event, Kind};

/// So many runs of the same playbook are told: a year of quarterly drills and some incidents.
const TOLD: usize = 10;

/// So many of the newest runs are looked at.
const LOOKED_AT: usize = 200;

/// A longer record is not read for one row of a table, in bytes.
const LARGEST: u64 = 8 << 20;

/// The newest runs of the same playbook that were opened before this one.
pub(super) fn of(
    store: &Store,
    id: &RunId,
    events: &[(u64, Event)],
    plan: Option<&Plan>,
) -> Vec<Earlier> {
    // A playbook of another project may have the same name.
    let Some((playbook, base, at)) = events.iter().find_map(|(_, event)| match &event.kind {
        Kind::Opened(opened) => Some((opened.playbook.as_str(), &opened.base, event.at)),
        _ => None,
    }) else {
        return Vec::new();
    };
    let same = |other: &RunId| {
        let dir = store.dir(other).ok()?;
        if std::fs::metadata(dir.journal()).ok()?.len() > LARGEST {
            return None;
        }
        let first = read_first(&dir).ok()??;
        match &first.kind {
            Kind::Opened(opened) if opened.playbook == playbook && opened.base == *base => {
                (first.at < at).then_some(())
            }
            _ => None,
        }
    };
    let runs = store.list().unwrap_or_default().into_iter().filter(|other| other != id);
    runs.take(LOOKED_AT)
        .filter(|other| same(other).is_some())
        .take(TOLD)
        .filter_map(|other| Earlier::of(&store.read(&other).ok()?.events, plan))
        .collect()
}
