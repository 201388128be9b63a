//! Durations of earlier runs: each closed run leaves its own, a new run reads those of the newest.
//!
//! Nothing rests on them but forecasts: what is gone, damaged or cannot be written is passed over.

use std::fs;

use super::whose;
use crate::journal::{RunDir, RunId, Store};
use crate::plan::Plan;
use crate::run::durations::{History, Taken};
use crate::run::event::{Event, Kind};

/// In the folder of what is made of a run.
const FILE: &str = "durations.json";

/// A larger file is none of ours: 20,000 steps take less.
const LARGEST: u64 = 2 << 20;

/// So many of the newest runs are looked at: enough for many times five of the same playbook, and few enough
/// for nobody to notice.
const LOOKED_AT: usize = 200;

/// What a new run rests its forecasts on; `None` while nothing is known.
pub(super) fn expectations(store: &Store, plan: &Plan) -> Option<Kind> {
    let mut history = History::default();
    let runs = store.list().unwrap_or_default().into_iter().take(LOOKED_AT);
    for (id, taken) in runs.filter_map(|id| Some((id.clone(), read(store, &id)?))) {
        // A playbook of another project may have the same name.
        if taken.playbook == plan.head.id && whose::is_of(store, &id, &plan.place.cwd) {
            history.add(taken);
        }
    }
    history.expectations(plan)
}

fn read(store: &Store, id: &RunId) -> Option<Taken> {
    let file = store.dir(id).ok()?.reports().join(FILE);
    let found = fs::metadata(&file).ok()?;
    let ours = found.is_file() && found.len() <= LARGEST;
    serde_json::from_str(&fs::read_to_string(file).ok().filter(|_| ours)?).ok()
}

/// Leaves how long the steps of a run took that was closed.
pub(super) fn leave(dir: &RunDir, plan: &Plan, events: &[(u64, Event)]) {
    let taken = Taken::of(plan, events.iter().map(|(_, event)| event));
    if let Ok(text) = serde_json::to_string(&taken) {
        // Later forecasts can do without it.
        let _ = fs::write(dir.reports().join(FILE), text);
    }
}
