//! Contacts of mayday.yaml: each can be reached, by what its kind needs, with its keys elsewhere.

use super::super::{Found, Look, Scene};
use crate::config::{Config, SECRET_FIELDS, Via};
use crate::severity::Escalation;

rules! { in ".mayday.yaml" ".good.mayday.yaml"
    "E096" "a contact that cannot be reached" Look::Config(needs);
    "Each way to a contact has fields that it cannot do without: `command` a program, `webhook` a `url`, \
     `slack` and `teams` a `webhook`, `pagerduty` a `routing_key`, `statuspage` a `page` and an \
     `api_key`, `email` a `command` and an `address`. In an incident a message to this contact would fail."

    "E110" "a contact has a field that its kind does not use" Look::Config(takes);
    "A field that nothing reads is a promise that nobody keeps: it looks as if it did something."

    "E111" "a key of a contact stands in mayday.yaml" Look::Config(keys);
    "Whoever has the URL of an incoming webhook, a routing key, an API key or a signing key can write in \
     your name, and mayday.yaml is read by many. Write `secret:NAME` and say under `secrets:` where it is."

    "E112" "a contact's secret would have to be typed" Look::Config(typed);
    "A message leaves while a command runs or while nobody is there, so nobody can be asked for its key."

    "E113" "drills have no channel to use" Look::Config(drill_channel);
    "`drill_channel` names the contact that gets every message of a drill. It must be one of `contacts`, \
     and none that wakes people up or that the public reads: of a drill it would get nothing."

    "E114" "an escalation posts on a public page" Look::Config(public_rungs);
    "An escalation goes out by itself, while a person reads every public post first. Tell people here, \
     and post with a `notify` step."
}

fn needs(_: &Scene<'_>, config: &Config, found: &mut Found<'_>) {
    for (name, contact) in &config.contacts {
        // What `via` is, the author has not said yet.
        if found.source.broken(&format!("contacts.{name}.via")) {
            continue;
        }
        let given = contact.given();
        let missing = contact.via.needs().iter().filter(|(field, _)| !given.contains(field));
        let missing: Vec<String> = missing.map(|(_, write)| format!("`{write}`")).collect();
        if !missing.is_empty() {
            let range = found.key(&format!("contacts.{name}"));
            let message = format!("contact `{name}` cannot be reached");
            found.add(range, message, "", &format!("add {}", missing.join(" and ")));
        }
    }
}

fn takes(_: &Scene<'_>, config: &Config, found: &mut Found<'_>) {
    for (name, contact) in &config.contacts {
        if found.source.broken(&format!("contacts.{name}.via")) {
            continue;
        }
        let needs = contact.via.needs().iter().map(|(field, _)| *field);
        let known: Vec<&str> = needs.chain(contact.via.takes().iter().copied()).collect();
        for field in contact.given().into_iter().filter(|field| !known.contains(field)) {
            let via = contact.via.word();
            let help = match known.as_slice() {
                [] => format!("`via: {via}` has no fields"),
                known => format!("`via: {via}` has {}", known.join(", ")),
            };
            let range = found.key(&format!("contacts.{name}.{field}"));
            found.add(range, format!("`via: {via}` does not use `{field}`"), "", &help);
        }
    }
}

fn keys(_: &Scene<'_>, config: &Config, found: &mut Found<'_>) {
    for (name, contact) in &config.contacts {
        for (field, text) in contact.texts() {
            if SECRET_FIELDS.contains(&field) && !text.starts_with("secret:") {
                let range = found.value(&format!("contacts.{name}.{field}"));
                let message = format!("the {field} of contact `{name}` stands here");
                let help = "write `secret:NAME` and list it under `secrets:`";
                found.add(range, message, "", help);
            }
        }
    }
}

fn typed(_: &Scene<'_>, config: &Config, found: &mut Found<'_>) {
    for (name, contact) in &config.contacts {
        for (field, text) in contact.texts() {
            let source = text.strip_prefix("secret:").and_then(|name| config.secrets.get(name));
            if source.is_some_and(|source| source.trim() == "prompt") {
                let range = found.value(&format!("contacts.{name}.{field}"));
                let message = format!("the {field} of contact `{name}` is asked for");
                let help = "give the secret another source: env:, file: or cmd:";
                found.add(range, message, "", help);
            }
        }
    }
}

fn drill_channel(_: &Scene<'_>, config: &Config, found: &mut Found<'_>) {
    let Some(name) = &config.drill_channel else { return };
    let range = found.value("drill_channel");
    match config.contacts.get(name).map(|contact| contact.via) {
        None => {
            let help = super::config::near(name, config.contacts.keys(), "add it under `contacts`");
            found.add(range, format!("there is no contact `{name}`"), "", &help);
        }
        Some(via @ (Via::Pagerduty | Via::Statuspage)) => {
            let message = format!("`{name}` is `via: {}`: a drill sends it nothing", via.word());
            found.add(range, message, "", "name a room, a mailbox or a webhook");
        }
        Some(_) => {}
    }
}

fn public_rungs(_: &Scene<'_>, config: &Config, found: &mut Found<'_>) {
    for (severity, policy) in &config.severities {
        let path = format!("severities.{}.escalation", severity.word());
        say_public(&path, &policy.escalation, config, found);
    }
}

/// Says which contacts of an escalation are public pages.
pub(super) fn say_public(path: &str, rungs: &[Escalation], config: &Config, found: &mut Found<'_>) {
    for (at, rung) in rungs.iter().enumerate() {
        for (to, name) in rung.to.iter().enumerate() {
            let via = config.contacts.get(name).map(|contact| contact.via);
            if via == Some(Via::Statuspage) {
                let message = format!("`{name}` is a public page");
                let range = found.value(&format!("{path}[{at}].to[{to}]"));
                found.add(range, message, "", "post there with a `notify` step");
            }
        }
    }
}
