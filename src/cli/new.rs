//! `mayday new ID`: a first playbook to fill in, small, valid and commented.

use std::io::Write as _;
use std::path::{Component, Path};

use clap::Args;

use super::exit::{self, Failure};
use super::project::Project;
use super::{Global, machine, out};

mod config;

/// Longer ids do not fit into tables and file names.
const LONGEST: usize = 80;

/// Flags of `new`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  \
    mayday new api-down\n  \
    mayday new shop/payments-stuck --title \"Payments are stuck\"")]
pub struct NewArgs {
    /// The playbook's id: lower-case words with - or _, folders with /
    id: String,
    /// What it is about, at most 90 characters
    #[arg(long, value_name = "WORDS")]
    title: Option<String>,
}

pub(super) fn new(global: &Global, args: &NewArgs) -> Result<u8, Failure> {
    valid(&args.id)?;
    let title = args.title.clone().unwrap_or_else(|| title_of(&args.id));
    if title.trim().is_empty()
        || title.chars().count() > 90
        || title.contains(char::is_control)
        || title.contains('{')
    {
        let why = "use this title: it has 1 to 90 characters on one line, without braces";
        return Err(Failure::new(exit::USAGE, why));
    }
    let project = Project::open(global.config.as_deref())?;
    let known = project
        .playbooks
        .iter()
        .filter(|parsed| parsed.value.as_ref().is_some_and(|playbook| playbook.head.id == args.id));
    if let Some(known) = known.map(|parsed| &parsed.source.file.name).next() {
        return Err(Failure::new(exit::USAGE, format!("write `{}`: {known} has this id", args.id))
            .hint("choose another id; nothing was written"));
    }
    let folder = project.folder();
    let file = folder.join(format!("{}.yaml", args.id));
    let text = starter(&args.id, title.trim(), &machine::wall_clock().to_string());
    write(&file, &text)?;
    out::line(&file.display().to_string());
    first_config(&project)?;
    out::talk(&format!(
        "Fill in what is marked CHANGE, then: mayday check {}\nand: mayday run {} --dry-run",
        file.display(),
        args.id
    ));
    Ok(exit::DONE)
}

/// Sees to it that the new playbook has somewhere to run.
pub(super) fn first_config(project: &Project) -> Result<(), Failure> {
    if config::write_first(project)? {
        let file = project.base.join("mayday.yaml");
        out::talk(&format!(
            "Wrote {} too: it names the environment `here`, this machine.",
            file.display()
        ));
    }
    Ok(())
}

/// The whitelist: what is a safe path below the folder of playbooks and passes `check`.
pub(super) fn valid(id: &str) -> Result<(), Failure> {
    let word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c))
    };
    let plain = Path::new(id).components().all(|part| matches!(part, Component::Normal(_)));
    if id.len() <= LONGEST && plain && id.split('/').all(word) {
        return Ok(());
    }
    let what = "lower-case letters, digits, - and _, in words joined by /";
    Err(Failure::new(exit::USAGE, format!("use `{id}` as an id: it is not {what}"))
        .hint(format!("an id such as `shop/payments-stuck`, at most {LONGEST} characters")))
}

/// `shop/payments-stuck`: "Payments stuck".
fn title_of(id: &str) -> String {
    let name = id.rsplit('/').next().unwrap_or(id).replace(['-', '_'], " ");
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| {
        format!("{}{}", first.to_ascii_uppercase(), letters.as_str())
    })
}

/// A file that is there stays as it is, also when it appeared a moment ago.
pub(super) fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let wrong = |error: std::io::Error| {
        let failure =
            Failure::new(exit::PRECONDITION, format!("write {}: {error}", file.display()));
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            return failure
                .hint("nothing is overwritten: choose another id, or move that file away");
        }
        failure.hint("the folder of playbooks is named in mayday.yaml (`playbooks:`)")
    };
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(wrong)?;
    }
    let mut open =
        std::fs::OpenOptions::new().write(true).create_new(true).open(file).map_err(wrong)?;
    open.write_all(text.as_bytes()).map_err(wrong)
}

fn starter(id: &str, title: &str, now: &str) -> String {
    let today = now.get(..10).unwrap_or(now);
    let title = serde_json::Value::from(title);
    format!(
        r#"# Lines marked CHANGE are yours to fill in. `mayday check` reads along.
mayday: 1
id: {id}
title: {title}
severity: SEV-3 # CHANGE: how bad is it, SEV-1 to SEV-4
owner: ops # CHANGE: who keeps this playbook true
reviewed: "{today}"
review_every: 90d
use_when: # CHANGE: what somebody sees who needs this; `mayday find` looks here
  - Describe the symptom as a user would
objectives: {{ rto: 30m, ends: "step:recovered" }} # CHANGE: how fast it must be over

phases:
  - id: respond
    title: Respond
    steps:
      # A step has one action. This one asks; others are shell, sql, http, wait_for_url, confirm, manual.
      - id: cause
        title: Find out what is wrong
        why: The right answer depends on the cause.
        choose:
          ask: What do you see?
          options:
            known: The known problem
            other: Something else
        capture: {{ cause: choice }}

      # `effect` says what a command does: read, change or destructive. Values arrive as variables.
      - id: look
        title: Look at the state of the machine
        effect: read
        shell: uptime # CHANGE: a command that only looks
        timeout: 30s

      # Work that no command does. A step that does not apply is a visible SKIP.
      - id: repair
        title: Repair the known problem
        when: "cause == 'known'"
        manual: Describe what to do, one action a line. # CHANGE

  - id: verify
    title: Verify
    steps:
      - id: recovered
        title: Make sure that users are fine again
        confirm: Do users get what they need again?
"#
    )
}
