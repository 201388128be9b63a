//! `mayday note`, `mark`, `severity`, `reopen`, `update`, `hold`, `release`, `escalate`, `role`, `handover`: said to a run from any terminal.

use std::path::PathBuf;

use clap::Args;

use super::exit::{self, Failure};
use super::slip::{self, Heard};
use super::{Global, driven, list, machine, out, pinned};
use crate::journal::{RunId, Store};
use crate::run::event::{Kind, Milestone};
use crate::run::slip::Said;
use crate::run::state::Run;
use crate::severity::Names;
use crate::time::Timestamp;

/// Which run, and who says it.
#[derive(Args, Clone, Debug)]
pub struct Which {
    /// The run's id, or its beginning [default: of this project's runs, or else of all, the one that is driven or the newest that is open]
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
    /// Who says it [default: the user's name]
    #[arg(long, env = "MAYDAY_OPERATOR", value_name = "NAME")]
    operator: Option<String>,
}

/// Flags of `note`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  \
    mayday note \"replica lag is 40 s and falling\"\n  \
    mayday note \"DECISION: no failover before 21:00\"\n  \
    mayday note \"TODO: alert on replica lag\" --at -10m\n  \
    mayday note \"graph of the lag\" --file lag.png")]
pub struct NoteArgs {
    /// The words; `TODO:` in front makes a draft of an action item, `DECISION:` a decision; the whole id of a run as the
    /// first word names the run
    #[arg(required = true, value_name = "WORDS")]
    words: Vec<String>,
    /// When it happened: -7m, 14:32 or RFC 3339 [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<String>,
    /// A file to keep with it; may be given more than once
    #[arg(long, value_name = "FILE")]
    file: Vec<PathBuf>,
    #[command(flatten)]
    which: Which,
}

/// Flags of `mark`.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  mayday mark mitigated\n  mayday mark detected --at 14:20 --reason \"first alert\""
)]
pub struct MarkArgs {
    /// Which: impact-started, detected, declared, acknowledged, mitigated, recovered, resolved, closed
    #[arg(value_parser = milestone, value_name = "MILESTONE")]
    milestone: Milestone,
    /// When it happened: -7m, 14:32 or RFC 3339 [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<String>,
    /// Why it is set or amended
    #[arg(long, value_name = "WORDS")]
    reason: Option<String>,
    /// Also where it breaks the order of milestones; needs a reason
    #[arg(long, requires = "reason")]
    force: bool,
    #[command(flatten)]
    which: Which,
}

/// Flags of `escalate`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  mayday escalate --reason \"the standby does not start\"")]
pub struct EscalateArgs {
    /// Why
    #[arg(long, value_name = "WORDS")]
    reason: String,
    #[command(flatten)]
    which: Which,
}

/// Flags of `severity`.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  mayday severity SEV-1\n  mayday severity SEV-3 --reason \"one customer only\""
)]
pub struct SeverityArgs {
    /// How bad it is: SEV-1 to SEV-4, or a name of mayday.yaml such as P1
    #[arg(value_name = "SEVERITY")]
    to: String,
    /// Why; needed to lower it
    #[arg(long, value_name = "WORDS")]
    reason: Option<String>,
    #[command(flatten)]
    which: Which,
}

/// Flags of `reopen`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  mayday reopen --at -3m --reason \"errors are back\"")]
pub struct ReopenArgs {
    /// When users were hurt again: -7m, 14:32 or RFC 3339 [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<String>,
    /// Why it is not over
    #[arg(long, value_name = "WORDS")]
    reason: String,
    #[command(flatten)]
    which: Which,
}

/// Flags of `update`.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  mayday update \"told the status page: restoring, next news at 15:00\""
)]
pub struct UpdateArgs {
    /// What those who wait for news were told
    #[arg(required = true, value_name = "WORDS")]
    words: Vec<String>,
    #[command(flatten)]
    which: Which,
}

/// Flags of `hold`.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  mayday hold --reason \"fire alarm in the building\"\n  mayday release"
)]
pub struct HoldArgs {
    /// Why
    #[arg(long, value_name = "WORDS")]
    reason: String,
    #[command(flatten)]
    which: Which,
}

/// Flags of `release`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  mayday release")]
pub struct ReleaseArgs {
    #[command(flatten)]
    which: Which,
}

/// Flags of `role`.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  mayday role comms bo\n  mayday role ic ana --note \"takes over for the night\""
)]
pub struct RoleArgs {
    /// Which role, such as ic, deputy, scribe, ops, comms
    #[arg(value_name = "ROLE")]
    role: String,
    /// Whose it is from here on
    #[arg(value_name = "NAME")]
    to: String,
    /// What the next one must know
    #[arg(long, value_name = "WORDS")]
    note: Option<String>,
    #[command(flatten)]
    which: Which,
}

/// Flags of `handover`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  mayday handover --to bo --note \"restore runs, ETA 14:40\"")]
pub struct HandoverArgs {
    /// Who has the role from here on
    #[arg(long, value_name = "NAME")]
    to: String,
    /// Which role
    #[arg(long, value_name = "ROLE", default_value = "ic")]
    role: String,
    /// What they must know
    #[arg(long, value_name = "WORDS")]
    note: Option<String>,
    #[command(flatten)]
    which: Which,
}

pub(super) fn note(global: &Global, args: &NoteArgs) -> Result<u8, Failure> {
    let (which, text) = aimed(global, &args.which, &args.words)?;
    let text = words(&text, "a note")?;
    let when = instant(args.at.as_deref())?;
    tell(global, &which, Said::Note { text, when }, &args.file, true)
}

/// Words, and the run that they begin with. Other commands take the run first; who is used to that must not tell
/// another run, nor leave an id in the words.
fn aimed(global: &Global, which: &Which, words: &[String]) -> Result<(Which, String), Failure> {
    if let (None, [first, rest @ ..]) = (&which.run, words)
        && !rest.is_empty()
    {
        let known = driven::store(global)?.list().unwrap_or_default();
        if known.iter().any(|id| id.as_str() == first) {
            return Ok((Which { run: Some(first.clone()), ..which.clone() }, rest.join(" ")));
        }
    }
    Ok((which.clone(), words.join(" ")))
}

pub(super) fn mark(global: &Global, args: &MarkArgs) -> Result<u8, Failure> {
    let when = instant(args.at.as_deref())?.unwrap_or_else(machine::wall_clock);
    let said = Said::Mark {
        milestone: args.milestone,
        when,
        reason: args.reason.clone(),
        force: args.force,
    };
    tell(global, &args.which, said, &[], true)
}

pub(super) fn escalate(global: &Global, args: &EscalateArgs) -> Result<u8, Failure> {
    let reason = words(&args.reason, "a reason")?;
    tell(global, &args.which, Said::Escalate { reason }, &[], false)
}

pub(super) fn severity(global: &Global, args: &SeverityArgs) -> Result<u8, Failure> {
    let store = driven::store(global)?;
    let id = slip::meant(global, &store, args.which.run.as_deref(), false)?;
    let to = list::meant(&args.to, &names(&store, &id))?;
    let said = Said::Severity { to, reason: args.reason.clone() };
    let heard = slip::say(global, &id, args.which.operator.as_deref(), said, &[])?;
    report(global, id.as_str(), heard)
}

pub(super) fn reopen(global: &Global, args: &ReopenArgs) -> Result<u8, Failure> {
    let when = instant(args.at.as_deref())?.unwrap_or_else(machine::wall_clock);
    let reason = words(&args.reason, "a reason")?;
    tell(global, &args.which, Said::Reopen { when, reason }, &[], false)
}

pub(super) fn update(global: &Global, args: &UpdateArgs) -> Result<u8, Failure> {
    let (which, text) = aimed(global, &args.which, &args.words)?;
    let text = words(&text, "an update")?;
    tell(global, &which, Said::Update { text }, &[], false)
}

pub(super) fn hold(global: &Global, args: &HoldArgs) -> Result<u8, Failure> {
    let reason = words(&args.reason, "a reason")?;
    tell(global, &args.which, Said::Hold { reason }, &[], false)
}

pub(super) fn release(global: &Global, args: &ReleaseArgs) -> Result<u8, Failure> {
    tell(global, &args.which, Said::Release, &[], false)
}

pub(super) fn role(global: &Global, args: &RoleArgs) -> Result<u8, Failure> {
    give(global, &args.which, &args.role, &args.to, args.note.clone())
}

pub(super) fn handover(global: &Global, args: &HandoverArgs) -> Result<u8, Failure> {
    give(global, &args.which, &args.role, &args.to, args.note.clone())
}

fn give(
    global: &Global,
    which: &Which,
    role: &str,
    to: &str,
    note: Option<String>,
) -> Result<u8, Failure> {
    let (role, to) = (words(role, "a role")?, words(to, "a name")?);
    tell(global, which, Said::Role { role, to, note }, &[], false)
}

/// Says it, and tells what came of it.
fn tell(
    global: &Global,
    which: &Which,
    said: Said,
    files: &[PathBuf],
    closed: bool,
) -> Result<u8, Failure> {
    let store = driven::store(global)?;
    let id = slip::meant(global, &store, which.run.as_deref(), closed)?;
    let heard = slip::say(global, &id, which.operator.as_deref(), said, files)?;
    report(global, id.as_str(), heard)
}

/// What came of a slip, in words and as an exit code.
pub(super) fn report(global: &Global, id: &str, heard: Heard) -> Result<u8, Failure> {
    let lang = machine::lang(global);
    let event = match heard {
        Heard::Recorded(event) => event,
        Heard::Waits => {
            let words = format!(
                "Run {id}: kept in its inbox; whoever drives it does not answer now, and records it when \
                 they go on."
            );
            out::line(&lang.say(&words));
            return Ok(exit::DONE);
        }
    };
    if let Kind::Refused { what, why } = &event.kind {
        // The record keeps the name of the command, the person reads what was not done.
        let what = match what.as_str() {
            "severity" => "change the severity",
            "ack" => "agree",
            other => other,
        };
        return Err(Failure::new(exit::PRECONDITION, format!("{what}: {why}")));
    }
    let people = crate::timeline::people::People::of(&[], None, true);
    let what = crate::timeline::sentence::of(&event.kind, None, &people);
    out::line(&lang.say(&format!("Run {id}: {what}")));
    let alone = event.slip.as_ref().is_some_and(|slip| slip.alone);
    if alone && matches!(event.kind, Kind::EscalationAsked { .. }) {
        let store = driven::store(global)?;
        let id = crate::journal::RunId::parse(id).map_err(|trouble| driven::refused(&trouble))?;
        if let Some(run) = slip::errand::send(global, &store, &id)? {
            let (words, code) = slip::errand::told(&run, &id);
            out::tell(lang, &words);
            return Ok(code);
        }
    }
    Ok(exit::DONE)
}

fn words(text: &str, what: &str) -> Result<String, Failure> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Failure::new(exit::USAGE, format!("take {what}: it is empty")));
    }
    Ok(text.to_owned())
}

fn instant(text: Option<&str>) -> Result<Option<Timestamp>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let now = machine::wall_clock();
    let wrong = |why: String| Failure::new(exit::USAGE, format!("read --at: {why}"));
    let at = Timestamp::parse_human(text, now, machine::zone()).map_err(wrong)?;
    if at > now {
        return Err(wrong(format!("{} is in the future", at.date_clock())));
    }
    Ok(Some(at))
}

fn milestone(text: &str) -> Result<Milestone, String> {
    let word = text.trim().to_lowercase().replace('-', "_");
    let word = if word == "impact" { "impact_started" } else { &word };
    serde_json::from_value(word.into()).map_err(|_| {
        "one of impact-started, detected, declared, acknowledged, mitigated, recovered, resolved, closed"
            .to_owned()
    })
}

/// What the project of a run calls the severities; the usual names when its texts are damaged.
fn names(store: &Store, id: &RunId) -> Names {
    let plan = || {
        let read = store.read(id).ok()?;
        let run = Run::fold(read.events.iter().map(|(_, event)| event));
        let (plan, _) = pinned::plan(&store.dir(id).ok()?, run.opened.as_ref()?).ok()?;
        Some(plan.severity_names)
    };
    plan().unwrap_or_default()
}
