//! `mayday list`: what playbooks there are.

use clap::Args;
use comfy_table::{Table, presets};
use serde_json::json;

use super::exit::{self, Failure};
use super::project::Project;
use super::{Global, drill, machine, out};
use crate::config::Config;
use crate::playbook::Playbook;
use crate::severity::{Names, Severity};
use crate::text;

/// Flags of `list`.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  mayday list\n  mayday list --severity SEV-1\n  mayday list --json"
)]
pub struct ListArgs {
    /// Only those of this severity: SEV-1 to SEV-4, or a name of mayday.yaml such as P1; may be given more
    /// than once
    #[arg(long, value_name = "SEVERITY")]
    severity: Vec<String>,
    /// One line of JSON a playbook
    #[arg(long)]
    json: bool,
}

pub(super) fn list(global: &Global, args: &ListArgs) -> Result<u8, Failure> {
    let project = Project::open(global.config.as_deref())?;
    let mut playbooks: Vec<&Playbook> =
        project.playbooks.iter().filter_map(|parsed| parsed.value.as_ref()).collect();
    playbooks.sort_by(|a, b| a.head.id.cmp(&b.head.id));
    let config = project.config_value();
    let asked = asked(&args.severity, &config)?;
    let any = !playbooks.is_empty();
    playbooks.retain(|playbook| is_of(playbook, &asked));
    let lang = machine::lang(global);
    let translated = project.library_in(lang);
    let (records, now) = (drill::shelf::all(&project.base), machine::wall_clock());
    let loose = drill::loose::all(global, &project.base, &records);
    if args.json {
        for playbook in playbooks {
            let head = &playbook.head;
            let line = json!({
                "id": head.id, "title": head.title, "severity": head.severity,
                "owner": head.owner, "reviewed": head.reviewed, "rto": head.objectives.rto,
                "tags": head.tags, "alerts": head.alerts, "drill": playbook.drill.is_some(),
                "freshness": drill::due::in_list_data(&records, &loose, playbook, now),
            });
            out::json(&line.to_string());
        }
        return Ok(exit::DONE);
    }
    for file in project.inner_files() {
        out::tell(lang, &format!("Another project has playbooks of its own: --config {file}"));
    }
    if playbooks.is_empty() && any {
        out::tell(lang, "No playbook is of that severity. `mayday list` shows all of them.");
        return Ok(exit::DONE);
    }
    if playbooks.is_empty() {
        out::tell(
            lang,
            "No playbooks. Write one below `playbooks/`, or name the folder in mayday.yaml.",
        );
        return Ok(exit::DONE);
    }
    let mut table = Table::new();
    let heads = ["ID", "SEVERITY", "RTO", "DRILL", "TITLE"].map(|head| lang.head(head));
    table.load_style(presets::NOTHING).set_header(heads);
    for playbook in playbooks {
        let head = &playbook.head;
        let rto = head.objectives.rto.map_or("-".to_owned(), |rto| rto.to_string());
        let severity = severity(head.severity, &config);
        let drill = drill::due::in_list(&records, &loose, playbook, now);
        let drill = lang.say(&drill).into_owned();
        let title = translated.get(&head.id).map_or(&head.title, |other| &other.head.title);
        table.add_row([&head.id, &severity, &rto, &drill, title].map(|text| text::sanitise(text)));
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim().to_owned()).collect();
    out::data(&format!("{}\n", lines.join("\n")));
    Ok(exit::DONE)
}

/// `SEV-1 (P1)`: a severity and what this project also calls it.
pub(super) fn severity(severity: Option<Severity>, config: &Config) -> String {
    let Some(severity) = severity else { return "-".to_owned() };
    config.severity_names().shown(severity)
}

/// The severities that a filter names; a playbook of any of them passes.
///
/// # Errors
/// A word that means no severity here; the known ones are named.
pub(super) fn asked(words: &[String], config: &Config) -> Result<Vec<Severity>, Failure> {
    let names = config.severity_names();
    words.iter().map(|word| meant(word, &names)).collect()
}

/// The severity that a word means.
///
/// # Errors
/// As [`asked`].
pub(super) fn meant(word: &str, names: &Names) -> Result<Severity, Failure> {
    names.read(word).ok_or_else(|| {
        let known = names.known().join(", ");
        Failure::new(exit::USAGE, format!("take `{word}` for a severity: it is none of {known}"))
    })
}

/// True when a filter lets this playbook through.
pub(super) fn is_of(playbook: &Playbook, asked: &[Severity]) -> bool {
    asked.is_empty() || playbook.head.severity.is_some_and(|severity| asked.contains(&severity))
}
