//! `mayday notify --test`: whether contacts can be reached, before an incident asks; and what a run says
//! about messages that did not arrive.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;

use super::exit::{self, Failure};
use super::project::Project;
use super::{Global, machine, out};
use crate::config::{Config, Contact};
use crate::diagnostic::{did_you_mean, render};
use crate::effect::{About, Again, Effect, EffectId, Ending, Input, NotifyEffect, Output, Signal};
use crate::plan::Plan;
use crate::run::drive::World as _;
use crate::run::state::Run;
use crate::severity::EscalationKind;
use crate::steps::Action;
use crate::steps::notify::DELIVERY_LIMIT;
use crate::text::one_line;
use crate::ui::screen::Screen;
use crate::world::live::{LiveWorld, Setting};

/// Flags of `notify`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  \
    mayday notify --test                send a test message to every contact\n  \
    mayday notify --test oncall         to one; a pager rings, and is told at once that it is over\n  \
    mayday notify --test --env staging  with the env_file of that environment")]
pub struct NotifyArgs {
    /// The contact [default: every one of mayday.yaml]
    contact: Option<String>,
    /// Send a test message; to a public page nothing is posted, only its key is tried
    #[arg(long, required = true)]
    test: bool,
    /// The environment whose `env_file` the secrets may come from [default: the one that mayday.yaml names]
    #[arg(long, env = "MAYDAY_ENV", value_name = "NAME")]
    env: Option<String>,
    /// Who sends it [default: the user's name]
    #[arg(long, env = "MAYDAY_OPERATOR", value_name = "NAME")]
    operator: Option<String>,
}

pub(super) fn notify(global: &Global, args: &NotifyArgs) -> Result<u8, Failure> {
    let project = Project::open(global.config.as_deref())?;
    let faults = project.errors_for("", machine::wall_clock());
    if !faults.is_empty() {
        out::talk(&render::human(&faults, false, machine::width()));
        return Err(Failure::new(exit::INVALID, "use mayday.yaml: it has errors"));
    }
    let config = project.config_value();
    let contacts = chosen(&config, args.contact.as_deref())?;
    let env_file = env_file(&config, args.env.as_deref(), &project.base)?;
    crate::world::machine::keep_memory_private();
    let mut world = LiveWorld::open(Setting {
        secrets: config.secrets.clone(),
        base: project.base.clone(),
        env_file,
        variables: Vec::new(),
        run_dir: std::path::PathBuf::new(),
        run_id: String::new(),
        operator: None,
        keeper: None,
    })
    .map_err(|error| Failure::new(exit::INTERNAL, format!("start: {error}")))?;
    let words = words(&machine::operator(args.operator.as_deref()));
    let results = send(&mut world, &contacts, &words)?;
    let mut reached = true;
    for (name, contact) in &contacts {
        let outputs = results.get(*name).map_or(&[][..], Vec::as_slice);
        let (line, good) = told(name, contact, outputs);
        reached &= good;
        out::line(&line);
    }
    Ok(if reached { exit::DONE } else { exit::PRECONDITION })
}

/// One contact, or all.
fn chosen<'c>(
    config: &'c Config,
    named: Option<&str>,
) -> Result<Vec<(&'c str, &'c Contact)>, Failure> {
    let all = config.contacts.iter().map(|(name, contact)| (name.as_str(), contact));
    let found: Vec<_> = all.filter(|(name, _)| named.is_none_or(|named| *name == named)).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let Some(named) = named else {
        return Err(Failure::new(exit::USAGE, "test the contacts: mayday.yaml has none")
            .hint("add them under `contacts:`"));
    };
    let known: Vec<&str> = config.contacts.keys().map(String::as_str).collect();
    let failure = Failure::new(exit::USAGE, format!("find a contact `{named}` in mayday.yaml"));
    Err(match did_you_mean(named, known.iter().copied()) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None if known.is_empty() => failure.hint("it has none; add them under `contacts:`"),
        None => failure.hint(format!("it has {}", known.join(", "))),
    })
}

fn env_file(
    config: &Config,
    named: Option<&str>,
    base: &std::path::Path,
) -> Result<Option<std::path::PathBuf>, Failure> {
    let Some(name) = named.or(config.default_environment.as_deref()) else { return Ok(None) };
    match config.environments.get(name) {
        Some(environment) => Ok(environment.env_file.as_ref().map(|file| base.join(file))),
        None => {
            let message = format!("find an environment `{name}` in mayday.yaml");
            Err(Failure::new(exit::USAGE, message))
        }
    }
}

fn words(operator: &str) -> String {
    format!(
        "TEST by {operator} on {}: mayday can reach you. There is no incident and nothing to do.",
        machine::host()
    )
}

/// Sends to all at once; what each came to. A call is followed by its end.
fn send(
    world: &mut LiveWorld,
    contacts: &[(&str, &Contact)],
    words: &str,
) -> Result<BTreeMap<String, Vec<Output>>, Failure> {
    let now = machine::wall_clock();
    let id = format!("test-{}-{}", now.millis(), std::process::id());
    let mut ends: BTreeMap<String, Vec<Output>> = BTreeMap::new();
    for signal in [Signal::Tell, Signal::Resolve] {
        let mut open: BTreeMap<EffectId, String> = BTreeMap::new();
        let due = contacts.iter().filter(|(name, contact)| match signal {
            Signal::Tell => true,
            // Whether or not the call seemed to arrive: nothing may go on ringing.
            _ => contact.channel().follows() && ends.contains_key(*name),
        });
        for (number, (name, contact)) in (0..).zip(due) {
            open.insert(EffectId(number), (*name).to_owned());
            let effect = NotifyEffect {
                to: (*name).to_owned(),
                channel: contact.channel(),
                message: words.to_owned(),
                about: About {
                    run: id.clone(),
                    title: "mayday can reach you".to_owned(),
                    environment: machine::host(),
                    mode: "test".to_owned(),
                    cause: "test".to_owned(),
                    ..About::default()
                },
                kind: EscalationKind::Inform,
                signal,
                id: format!("{id}/{name}/{}", signal.word()),
                key: format!("{id}/{name}"),
                at: now,
                again: Again::First,
                post: None,
                reference: None,
                time_limit: DELIVERY_LIMIT,
            };
            world.start(EffectId(number), Effect::Notify(Box::new(effect)));
        }
        while !open.is_empty() {
            match world.wait(None) {
                Input::Done(id, output) => {
                    let name = open.remove(&id).unwrap_or_default();
                    ends.entry(name).or_default().push(output);
                }
                Input::Interrupt(how) => {
                    let code = exit::of_interrupt(how);
                    return Err(Failure::new(code, "test the contacts: interrupted"));
                }
                _ => {}
            }
        }
    }
    Ok(ends)
}

/// A contact's line, and whether it was reached.
fn told(name: &str, contact: &Contact, outputs: &[Output]) -> (String, bool) {
    let via = contact.via.word();
    let failed = outputs.iter().find(|output| output.ending != Ending::Done);
    match failed.map(|output| &output.ending) {
        Some(Ending::Failed { message, .. }) => (format!("FAIL  {name} ({via}): {message}"), false),
        Some(_) => (format!("FAIL  {name} ({via}): no answer in time"), false),
        None if contact.channel().is_public() => {
            (format!("OK    {name} ({via}): the page knows the key; nothing was posted"), true)
        }
        None if outputs.iter().any(|output| output.facts.contains_key("shown")) => {
            let reach = contact.reach.as_ref().map(|reach| format!("; {}", one_line(reach)));
            let reach = reach.unwrap_or_default();
            (format!("SHOW  {name}: nothing is sent, you are shown what to say{reach}"), true)
        }
        None => (format!("OK    {name} ({via}): delivered"), true),
    }
}

/// What stands in the way of the messages of a run, as far as it can be known at once.
pub(super) fn obstacles(world: &mut LiveWorld, plan: &Plan) -> Vec<String> {
    let escalated = plan.escalation.iter().flat_map(|rung| &rung.to);
    let told = plan.units.iter().filter_map(|unit| match &unit.step.action {
        Action::Notify(notify) => Some(&notify.to.0),
        _ => None,
    });
    let names: BTreeSet<&String> = escalated.chain(told.flatten()).collect();
    let mut words = BTreeSet::new();
    for name in names {
        let channel = crate::steps::Surroundings::contact(&plan.place, name);
        let missing = channel.secrets().find_map(|secret| world.secret_at_once(secret).err());
        words.extend(missing.map(|why| {
            format!("{name} cannot be told: {why}; you will be shown what to say instead")
        }));
    }
    words.into_iter().collect()
}

/// Tells the messages of a run that was left open and that did not arrive yet, with the words to say.
pub(super) fn tell_unsent(run: &Run, screen: &Screen) {
    if run.closed.is_some() {
        return;
    }
    for letter in run.outbox.open().filter(|letter| letter.signal.is_tell()) {
        screen.tell(&format!("NOT TOLD YET: {}; a resume tries again, or tell them:", letter.to));
        // What is to be said to somebody stays word by word.
        screen.talk(&[format!("  {}", letter.message)]);
    }
}
