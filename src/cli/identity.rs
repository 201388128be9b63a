//! Whether the targets of a run are who mayday.yaml says: before anything, and again by each driver.
//!
//! A procedure that was meant for staging and reaches production is the accident that this is for. A target
//! that declares `identity:` must be that one; a database of an environment of low danger must not be one of an
//! environment of high danger. In a real run what cannot be asked refuses nothing, because the server that does not
//! answer may be the incident; what is wrong refuses, until somebody says by name and with a reason that it is right.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::cli::driven::Stage;
use crate::cli::exit::{self, Failure};
use crate::cli::preconditions::{later_targets, used_targets};
use crate::config::{Config, Danger, Identity, TargetSpec};
use crate::effect::{Facts, TargetKind, Text};
use crate::plan::identity::{declared, differs, same_place};
use crate::plan::{Mode, Plan};
use crate::run::event::{Accepted, Kind};
use crate::run::state::Run;
use crate::time::Span;
use crate::world::secrets::Vault;

/// A server that is asked who it is must answer within this span, when minutes count.
const LIMIT: Span = Span::from_secs(5);

/// What was accepted, by target: the difference, in words, and the reason.
pub(super) type AcceptedSoFar = BTreeMap<String, (String, String)>;

/// A target of an environment whose danger is high, as far as it is known here.
pub(super) struct Protected {
    pub environment: String,
    pub target: String,
    pub facts: Facts,
}

/// Looks at who the targets of a real run are. The fact of it; nothing where nothing is declared about any of them.
///
/// # Errors
/// A target is another one, and nobody accepted that; or something was accepted that is no target of the plan.
pub(super) fn proved(
    stage: &mut Stage,
    plan: &Plan,
    config: &Config,
    before: &AcceptedSoFar,
    accept: &[(String, String)],
) -> Result<Option<Kind>, Failure> {
    let (used, later) = (used_targets(plan), later_targets(plan));
    for (name, reason) in accept {
        if !used.contains(name) && !later.contains(name) {
            let known: Vec<&str> = used.union(&later).map(String::as_str).collect();
            return Err(Failure::new(
                exit::USAGE,
                format!("accept the target `{name}`: no step works on one of this name"),
            )
            .hint(format!("the targets in use: {}; nothing was executed", known.join(", "))));
        }
        if reason.trim().is_empty() {
            return Err(Failure::new(exit::USAGE, format!("accept the target `{name}`: say why"))
                .hint(format!("--accept-target {name}=REASON; nothing was executed")));
        }
    }
    let all = if plan.place.danger == Danger::Low { protected(config, plan) } else { Vec::new() };
    let specs = config.environments.get(&plan.place.name).map(|env| &env.targets);
    let (mut targets, mut proofs) = (BTreeMap::new(), Vec::new());
    let (mut accepted, mut wrong) = (Vec::new(), Vec::new());
    let judge = |name: &String, why: String, accepted: &mut Vec<_>, wrong: &mut Vec<_>| {
        let now = accept.iter().find(|(given, _)| given == name).map(|(_, reason)| reason.clone());
        let then = before.get(name).filter(|(then, _)| *then == why).map(|(_, reason)| reason);
        match now.or_else(|| then.cloned()) {
            Some(reason) => accepted.push(Accepted { target: name.clone(), why, reason }),
            None => wrong.push((name.clone(), why)),
        }
    };
    for name in used {
        let Some(target) = plan.place.targets.get(&name) else { continue };
        let own = specs.and_then(|specs| specs.get(&name)).and_then(|spec| spec.identity.as_ref());
        let compared = target.kind.is_database() && !all.is_empty();
        if own.is_none() && !compared {
            continue;
        }
        // Where a step needs it, its own failure says why its address is not known.
        let Ok(mut facts) = stage.world.facts(target) else { continue };
        real_path(&mut facts);
        let silent = ask(stage, target, own, &all, &mut facts);
        let found = difference(&facts, own, silent.is_some(), if compared { &all } else { &[] });
        let Some(why) = found else {
            if own.is_some() {
                proofs.push(match silent {
                    Some(why) => format!("{name} is {} by its address alone: {why}", words(&facts)),
                    None => format!("{name} is {}", words(&facts)),
                });
                targets.insert(name, facts);
            }
            continue;
        };
        judge(&name, why, &mut accepted, &mut wrong);
        targets.insert(name, facts);
    }
    // What the run makes is compared by the address that it will have, where that is known.
    let databases = later.into_iter().filter(|name| {
        plan.place.targets.get(name).is_some_and(|target| target.kind.is_database())
    });
    for (name, facts) in known(config, plan, databases.collect()) {
        if let Some(why) = difference(&facts, None, true, &all) {
            judge(&name, why.replacen("it is", "it would be", 1), &mut accepted, &mut wrong);
            targets.insert(name, facts);
        }
    }
    if let Some((first, _)) = wrong.first() {
        let list: Vec<String> =
            wrong.iter().map(|(name, why)| format!("\n  - target `{name}`: {why}")).collect();
        let words =
            format!("start on `{}`: a target is another one{}", plan.place.name, list.concat());
        return Err(Failure::new(exit::PRECONDITION, words).hint(format!(
            "nothing was executed; look at --env and at where the target's secret leads; \
             when it is right all the same: --accept-target {first}=REASON"
        )));
    }
    let nothing = proofs.is_empty() && accepted.is_empty();
    Ok((!nothing).then_some(Kind::Identified { targets, proofs, accepted }))
}

/// As [`proved`], for a run that is taken up; not for one that is only closed.
pub(super) fn again(
    stage: &mut Stage,
    plan: &Plan,
    config: &Config,
    run: &Run,
    accept: &[(String, String)],
    wanted: &[Kind],
) -> Result<Option<Kind>, Failure> {
    let closes = |kind: &Kind| matches!(kind, Kind::Closed { .. } | Kind::Abandoned { .. });
    if plan.mode == Mode::Drill {
        return match accept.first() {
            None => Ok(None),
            Some((name, _)) => Err(Failure::new(
                exit::USAGE,
                format!("accept the target `{name}`: the guard of a drill has no exceptions"),
            )
            .hint("nothing was executed")),
        };
    }
    if run.closed.is_some() || wanted.iter().any(closes) {
        return Ok(None);
    }
    proved(stage, plan, config, &run.accepted, accept)
}

/// Asks a server who it is, where that decides something; why it did not say.
fn ask(
    stage: &mut Stage,
    target: &crate::effect::Target,
    own: Option<&Identity>,
    all: &[Protected],
    facts: &mut Facts,
) -> Option<String> {
    let declared = own.is_some_and(|own| own.system_identifier.is_some());
    let known = all.iter().any(|theirs| theirs.facts.contains_key("system_identifier"));
    if !target.kind.is_database() || !(declared || known) {
        return None;
    }
    match stage.world.who(target, LIMIT) {
        Ok(who) => {
            facts.extend(who);
            None
        }
        Err(why) => Some(why),
    }
}

/// Why a target is another one than it should be.
fn difference(
    facts: &Facts,
    own: Option<&Identity>,
    silent: bool,
    all: &[Protected],
) -> Option<String> {
    if let Some(own) = own {
        let mut own = own.clone();
        if silent {
            own.system_identifier = None;
        }
        if let Some(why) = differs(facts, &own) {
            return Some(why);
        }
    }
    let copy = own.is_some_and(|own| own.system_identifier.is_some());
    all.iter().find_map(|theirs| {
        let why = same_place(facts, &theirs.facts, copy)?;
        let Protected { environment, target, .. } = theirs;
        Some(format!("it is `{target}` of `{environment}`, whose danger is high: {why}"))
    })
}

/// Who a target is, in a few words.
pub(super) fn words(facts: &Facts) -> String {
    let text = |name: &str| facts.get(name).and_then(serde_json::Value::as_str);
    let place = text("path").or_else(|| text("base_url")).map(str::to_owned);
    let database = || Some(format!("{} on {}", text("database")?, text("host")?));
    let place = place.or_else(database).unwrap_or_else(|| "known".to_owned());
    match text("system_identifier") {
        Some(id) => format!("{place} (system {id})"),
        None => place,
    }
}

/// What is known here of the targets of environments of high danger: what is declared, and their addresses as
/// far as they can be had without asking anybody or running anything.
pub(super) fn protected(config: &Config, plan: &Plan) -> Vec<Protected> {
    let mut all = Vec::new();
    for (environment, spec) in &config.environments {
        if spec.danger != Danger::High || *environment == plan.place.name {
            continue;
        }
        for (target, spec) in &spec.targets {
            let mut facts = addressed(config, plan, environment, spec, target);
            facts.extend(spec.identity.as_ref().map(declared).unwrap_or_default());
            if !facts.is_empty() {
                facts.insert("type".to_owned(), spec.kind.word().into());
                let environment = environment.clone();
                all.push(Protected { environment, target: target.clone(), facts });
            }
        }
    }
    all
}

/// Addresses of these targets of the plan, as far as they are known without asking anybody.
pub(super) fn known(config: &Config, plan: &Plan, names: BTreeSet<String>) -> Vec<(String, Facts)> {
    let Some(env) = config.environments.get(&plan.place.name) else { return Vec::new() };
    let facts = |name: String| {
        let facts = addressed(config, plan, &plan.place.name, env.targets.get(&name)?, &name);
        (!facts.is_empty()).then_some((name, facts))
    };
    names.into_iter().filter_map(facts).collect()
}

fn addressed(
    config: &Config,
    plan: &Plan,
    environment: &str,
    spec: &TargetSpec,
    name: &str,
) -> Facts {
    let env_file = config.environments.get(environment).and_then(|env| env.env_file.as_ref());
    let file: Option<PathBuf> = env_file.map(|file| plan.place.cwd.join(file));
    let mut vault = Vault::new(config.secrets.clone(), plan.place.cwd.clone(), file);
    let Some(target) = spec.target(name) else { return Facts::new() };
    let address = match target.address {
        Text::Plain(path) if target.kind == TargetKind::Sqlite => {
            Some(plan.place.cwd.join(path).to_string_lossy().into_owned().into())
        }
        Text::Plain(text) => Some(text.into()),
        Text::Secret(name) => {
            let reference = config.secrets.get(&name).map(String::as_str).unwrap_or_default();
            let quiet = reference.starts_with("env:") || reference.starts_with("file:");
            quiet.then(|| vault.resolve(&name).ok()).flatten()
        }
    };
    let facts = address.map(|address| crate::world::live::facts_of(target.kind, name, address));
    let mut facts = facts.and_then(Result::ok).unwrap_or_default();
    real_path(&mut facts);
    facts
}

/// A file by its one name, whatever links lead to it.
pub(super) fn real_path(facts: &mut Facts) {
    let path = facts.get("path").and_then(serde_json::Value::as_str).map(PathBuf::from);
    let Some(path) = path else { return };
    let real = path.canonicalize().unwrap_or_else(|_| path.components().collect());
    facts.insert("path".to_owned(), real.to_string_lossy().into_owned().into());
}
