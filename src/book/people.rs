//! Whom a playbook tells, and how a person gets hold of them: on paper that is what is left.

use std::collections::BTreeSet;

use super::mark::text;
use super::page::About;
use crate::playbook::Playbook;
use crate::severity::{Escalation, built_in_matrix};
use crate::steps::Action;

/// The rungs of a playbook: its own, else those of its severity.
pub(super) fn rungs(playbook: &Playbook, about: &About<'_>) -> Vec<Escalation> {
    let head = &playbook.head;
    if let Some(own) = &head.escalation {
        return own.clone();
    }
    let Some(severity) = head.severity else { return Vec::new() };
    let own = about.config.severities.get(&severity).cloned();
    own.or_else(|| built_in_matrix().remove(&severity)).map(|it| it.escalation).unwrap_or_default()
}

/// The contacts of a playbook that a person can reach; nothing when the project says of none how.
pub(super) fn people(page: &mut String, playbook: &Playbook, about: &About<'_>) {
    let mut names: BTreeSet<String> =
        rungs(playbook, about).into_iter().flat_map(|rung| rung.to).collect();
    for step in playbook.steps() {
        if let Action::Notify(notify) = &step.action {
            names.extend(notify.to.0.iter().cloned());
        }
    }
    let reach = |name: &String| about.config.contacts.get(name)?.reach.as_deref();
    let known: Vec<_> = names.iter().filter_map(|name| Some((name, reach(name)?))).collect();
    if known.is_empty() {
        return;
    }
    page.push_str(&format!(
        "\n## {}\n\n| {} | {} |\n|---|---|\n",
        about.say("How to reach them"),
        about.say("contact"),
        about.say("by")
    ));
    for (name, reach) in known {
        page.push_str(&format!("| {} | {} |\n", text(name), text(reach)));
    }
}
