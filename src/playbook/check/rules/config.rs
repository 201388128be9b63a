//! mayday.yaml: every reference leads somewhere, everything that is needed is there.

use super::super::{Found, Look, Scene};
use crate::config::Config;
use crate::diagnostic::did_you_mean;
use crate::effect::TargetKind;
use crate::severity::Severity;

rules! { in ".mayday.yaml" ".good.mayday.yaml"
    "E094" "the default environment does not exist" Look::Config(default_environment);
    "`default_environment` names the environment that is taken when none is given. It must be one of \
     `environments`."

    "E095" "a target without an address" Look::Config(addresses);
    "A database over the network needs `url`, a SQLite file `path`, an http service `base_url`. Without \
     it no step can reach the target."

    "E097" "a secret comes from nowhere" Look::Config(sources);
    "A secret is a reference: `env:NAME`, `file:PATH`, `cmd:COMMAND` or `prompt`. A value never stands \
     in the file."

    "E098" "a secret is named that is not listed" Look::Config(secrets);
    "`secret:NAME` in mayday.yaml refers to `secrets:` of the same file."

    "E123" "one name for two severities" Look::Config(severity_names);
    "A name under `aliases` stands for its severity wherever one is written: in playbooks, in `mayday severity` \
     and in filters. Case does not count there. It must mean one severity only, and cannot be empty."

    "E128" "a severity that leaves no time" Look::Config(severity_times);
    "A response, an update or a post-mortem that is due after `0s` is late before anybody could act. An \
     escalation with `after: 0m` does mean something: at once."
}

fn severity_times(_: &Scene<'_>, config: &Config, found: &mut Found<'_>) {
    for (severity, policy) in &config.severities {
        let path = format!("severities.{}", severity.word());
        let updates = policy.updates.as_ref();
        for (field, span) in [
            ("response", Some(policy.response)),
            ("postmortem_due", policy.postmortem_due),
            ("updates.every", updates.map(|updates| updates.every)),
        ] {
            super::meaning::say_no_time(&format!("{path}.{field}"), span, found);
        }
    }
}

fn severity_names(_: &Scene<'_>, config: &Config, found: &mut Found<'_>) {
    let mut taken: Vec<(String, Severity)> =
        Severity::ALL.iter().map(|severity| (severity.word().to_lowercase(), *severity)).collect();
    for (severity, policy) in &config.severities {
        for (at, name) in policy.aliases.iter().enumerate() {
            let folded = name.trim().to_lowercase();
            let range = found.value(&format!("severities.{}.aliases[{at}]", severity.word()));
            if folded.is_empty() {
                found.add(range, "a severity has an empty name".to_owned(), "", "remove it");
                continue;
            }
            match taken.iter().find(|(known, other)| *known == folded && other != severity) {
                Some((_, other)) => {
                    let message = format!("`{name}` means {other} and {severity}");
                    found.add(range, message, "", "let each name mean one severity");
                }
                None => taken.push((folded, *severity)),
            }
        }
    }
}

pub(super) fn near<'n>(
    written: &str,
    known: impl Iterator<Item = &'n String>,
    otherwise: &str,
) -> String {
    let found = did_you_mean(written, known.map(String::as_str));
    found.map_or_else(|| otherwise.to_owned(), |near| format!("did you mean `{near}`?"))
}

fn default_environment(_: &Scene<'_>, config: &Config, found: &mut Found<'_>) {
    let Some(name) = &config.default_environment else { return };
    if !config.environments.contains_key(name) {
        let help = near(name, config.environments.keys(), "add it under `environments`");
        let range = found.value("default_environment");
        found.add(range, format!("there is no environment `{name}`"), "", &help);
    }
}

fn addresses(_: &Scene<'_>, config: &Config, found: &mut Found<'_>) {
    for (environment, spec) in &config.environments {
        for (name, target) in &spec.targets {
            if target.target(name).is_none() {
                let field = match target.kind {
                    TargetKind::Postgres | TargetKind::Mysql => "url: \"secret:NAME\"",
                    TargetKind::Sqlite => "path: FILE",
                    TargetKind::Http => "base_url: https://...",
                };
                let range = found.key(&format!("environments.{environment}.targets.{name}"));
                let message = format!("target `{name}` of `{environment}` has no address");
                found.add(range, message, "", &format!("add `{field}`"));
            }
        }
    }
}

fn sources(_: &Scene<'_>, config: &Config, found: &mut Found<'_>) {
    for (name, source) in &config.secrets {
        let known = source == "prompt"
            || ["env:", "file:", "cmd:"]
                .iter()
                .any(|kind| source.strip_prefix(kind).is_some_and(|rest| !rest.trim().is_empty()));
        if !known {
            let help = "write `env:NAME`, `file:PATH`, `cmd:COMMAND` or `prompt`";
            let range = found.key(&format!("secrets.{name}"));
            found.add(range, format!("secret `{name}` comes from nowhere"), "", help);
        }
    }
}

fn secrets(_: &Scene<'_>, config: &Config, found: &mut Found<'_>) {
    let mut named: Vec<(String, &str)> = Vec::new();
    for (environment, spec) in &config.environments {
        for (name, target) in &spec.targets {
            let path = format!("environments.{environment}.targets.{name}");
            for (field, value) in
                [("url", &target.url), ("base_url", &target.base_url), ("path", &target.path)]
            {
                named.extend(value.as_deref().map(|value| (format!("{path}.{field}"), value)));
            }
        }
    }
    for (name, contact) in &config.contacts {
        let texts = contact.texts().into_iter();
        named.extend(texts.map(|(field, value)| (format!("contacts.{name}.{field}"), value)));
    }
    for (path, value) in named {
        let Some(name) = value.strip_prefix("secret:") else { continue };
        if !config.secrets.contains_key(name) {
            let help = near(name, config.secrets.keys(), "add it under `secrets:`");
            found.add(found.value(&path), format!("there is no secret `{name}`"), "", &help);
        }
    }
}
