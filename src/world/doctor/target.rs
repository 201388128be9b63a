//! `target`: does it answer, and is it who mayday.yaml says it is? What time it has comes with the answer.

use secrecy::ExposeSecret;

use super::{Finding, Look, Outcome, Shared, TargetWant, UrlWant, Wants, clock, url};
use crate::effect::{Facts, Target, TargetKind, Text};
use crate::plan::identity::differs;
use crate::secret::SecretValue;
use crate::world::{live, sql};

const KIND: &str = "target";

pub(super) fn looks(wants: &Wants) -> Vec<Look> {
    let look = |(name, want): (&String, &Option<TargetWant>)| {
        let (name, want) = (name.clone(), want.clone());
        let subject = name.clone();
        let job = move |shared: &Shared| match &want {
            None => {
                let says = "the environment has no such target: name it in mayday.yaml";
                vec![Finding::new(KIND, &name, Outcome::Fail, says)]
            }
            Some(want) => look(&name, want, shared),
        };
        Look { kind: KIND, subject, job: Box::new(job) }
    };
    wants.targets.iter().map(look).collect()
}

fn look(name: &str, want: &TargetWant, shared: &Shared) -> Vec<Finding> {
    let one = |outcome, says: String| vec![Finding::new(KIND, name, outcome, says)];
    if want.made_later {
        return one(Outcome::Skip, "is made during the run".to_owned());
    }
    let address = match address(&want.target, shared) {
        Ok(address) => address,
        Err(why) => return one(Outcome::Skip, why),
    };
    let kind = want.target.kind;
    let mut facts = match live::facts_of(kind, name, address.clone()) {
        Ok(facts) => facts,
        Err(why) => return one(Outcome::Fail, format!("its address is wrong: {why}")),
    };
    if kind == TargetKind::Http {
        return base_url(name, want, &facts, shared);
    }
    let resolved = sql::Resolved { kind, name: name.to_owned(), address };
    let path = facts.get("path").and_then(serde_json::Value::as_str);
    if let Some(path) = path.filter(|path| !std::path::Path::new(path).exists()) {
        return one(Outcome::Fail, format!("there is no file {path}: bring the environment up"));
    }
    let before = crate::world::machine::wall_clock();
    let known = match sql::probe(&resolved, shared.limit) {
        Ok(known) => known,
        Err((_, why)) => return one(Outcome::Fail, why),
    };
    let mut found = Vec::new();
    if let Ok(Some(theirs)) = sql::clock(&resolved, shared.limit) {
        let after = crate::world::machine::wall_clock();
        found.push(clock::judge(name, theirs, before, after, 0));
    }
    if let Ok(who) = sql::who(&resolved, shared.limit) {
        facts.extend(who);
    }
    let result = match want.identity.as_ref().and_then(|identity| differs(&facts, identity)) {
        Some(why) => Err(format!("{why}: correct the address, or `identity:`")),
        None => Ok(words(&facts, &known)),
    };
    found.push(Finding::of(KIND, name, result));
    found
}

fn base_url(name: &str, want: &TargetWant, facts: &Facts, shared: &Shared) -> Vec<Finding> {
    if let Some(why) = want.identity.as_ref().and_then(|identity| differs(facts, identity)) {
        return vec![Finding::new(KIND, name, Outcome::Fail, why)];
    }
    let want = UrlWant {
        shown: name.to_owned(),
        base: Some(want.target.clone()),
        url: "/".to_owned(),
        headers: Vec::new(),
        // The root of a service need not be anything; that it answers is what counts.
        good: (400..500).collect(),
        redirects: 0,
        insecure: false,
    };
    url::ask(KIND, &want, shared)
}

/// The address of a target; the words when it cannot be had, which is said of its secret elsewhere.
pub(super) fn address(target: &Target, shared: &Shared) -> Result<SecretValue, String> {
    match &target.address {
        Text::Plain(text) => Ok(text.clone().into()),
        Text::Secret(secret) => shared
            .vault()
            .kept(secret)
            .ok_or_else(|| format!("its secret `{secret}` could not be had")),
    }
}

/// Who it is, in a few words.
fn words(facts: &Facts, known: &Facts) -> String {
    let text = |facts: &Facts, name: &str| {
        facts.get(name).and_then(serde_json::Value::as_str).map(str::to_owned)
    };
    let mut words = match (text(facts, "path"), text(facts, "database"), text(facts, "host")) {
        (Some(path), ..) => path,
        (None, Some(database), Some(host)) => format!("{database} on {host}"),
        _ => "answers".to_owned(),
    };
    if let Some(version) = text(known, "version") {
        let short: Vec<&str> = version.split_whitespace().take(2).collect();
        words = format!("{words}, {}", short.join(" "));
    }
    if let Some(id) = text(facts, "system_identifier") {
        words = format!("{words}, system {id}");
    }
    words
}

/// The version of a PostgreSQL server.
pub(super) fn version(target: &Target, shared: &Shared) -> Option<String> {
    let address = address(target, shared).ok()?;
    if address.expose_secret().is_empty() {
        return None;
    }
    let resolved = sql::Resolved { kind: target.kind, name: target.name.clone(), address };
    let facts = sql::probe(&resolved, shared.limit).ok()?;
    crate::world::tools::version_in(facts.get("version")?.as_str()?)
}
