//! Messages of playbooks: what is written for a public page reaches one, and only by a person's word.

use super::super::book::Site;
use super::super::{Found, In, Look};
use crate::config::{Contact, Via};
use crate::steps::Action;
use crate::steps::notify::Notify;

rules! {
    "W140" "words for a public page that no contact here is" Look::Site(fields);
    "`headline`, `status`, `impact` and `components` are for a contact with `via: statuspage`. No contact \
     that this step tells is one, so they would go nowhere."

    "E115" "a component that the public page does not have" Look::Site(components);
    "`components` of a `notify` step are the names that the contact has in mayday.yaml. An unknown one \
     would not be set, and the page would go on saying that it works."

    "E116" "the escalation of a playbook posts on a public page" Look::Book(rungs);
    "An escalation goes out by itself, while a person reads every public post first. Tell people here, \
     and post with a `notify` step."
}

/// The contacts of a step, as far as mayday.yaml has them.
fn told<'a>(around: &'a In<'_>, notify: &'a Notify) -> Vec<&'a Contact> {
    let Some(config) = around.scene.config() else { return Vec::new() };
    notify.to.0.iter().filter_map(|name| config.contacts.get(name)).collect()
}

fn fields(around: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    let Some(Action::Notify(notify)) = site.action else { return };
    let public = told(around, notify).iter().any(|contact| contact.via == Via::Statuspage);
    if public || around.scene.config().is_none() {
        return;
    }
    let given = [
        ("headline", notify.headline.is_some()),
        ("status", notify.status.is_some()),
        ("impact", notify.impact.is_some()),
        ("components", !notify.components.is_empty()),
    ];
    if let Some((field, _)) = given.into_iter().find(|(_, given)| *given) {
        let range = found.key(&format!("{}.{field}", site.action_path()));
        let help = "tell a contact with `via: statuspage`, or leave it out";
        found.add(range, format!("`{field}` is for a public page"), "", help);
    }
}

fn components(around: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    let Some(Action::Notify(notify)) = site.action else { return };
    let contacts = told(around, notify);
    let pages = || contacts.iter().filter(|contact| contact.via == Via::Statuspage);
    if pages().next().is_none() {
        return;
    }
    let known: Vec<&String> = pages().flat_map(|contact| contact.components.keys()).collect();
    for name in notify.components.keys().filter(|name| !known.contains(name)) {
        let range = found.key(&format!("{}.components.{name}", site.action_path()));
        let otherwise = "list it under `components` of the contact, with the page's id for it";
        let help = super::config::near(name, known.iter().copied(), otherwise);
        found.add(range, format!("there is no component `{name}`"), "", &help);
    }
}

fn rungs(around: &In<'_>, found: &mut Found<'_>) {
    let rungs = around.book.playbook.head.escalation.as_deref();
    if let (Some(rungs), Some(config)) = (rungs, around.scene.config()) {
        super::contacts::say_public("escalation", rungs, config, found);
    }
}
