//! Runs that others drive now, where a new one is about to begin. Two incidents of one place may well be
//! open at once, so nothing is refused; but two people who were called by the same alert must hear of
//! each other before the first step.

use crate::journal::{self, Store};
use crate::plan::Plan;
use crate::run::event::Kind;

/// A sentence for each run of the same project and environment that is driven now.
pub(super) fn others(store: &Store, plan: &Plan) -> Vec<String> {
    // A folder that cannot be listed is told of by what creates the run.
    let runs = store.list().unwrap_or_default();
    let driven = runs.iter().filter_map(|id| Some((id, store.driver(id)?)));
    let told = driven.filter_map(|(id, holder)| {
        let first = journal::read_first(&store.dir(id).ok()?).ok()??;
        let Kind::Opened(opened) = first.kind else { return None };
        let same = opened.environment == plan.place.name
            && opened.base == plan.place.cwd.to_string_lossy();
        let playbook = &opened.playbook;
        same.then(|| {
            format!(
                "{playbook} is being run on {} already, by {holder}: `mayday status {id}` shows it",
                opened.environment
            )
        })
    });
    told.collect()
}
