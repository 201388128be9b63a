//! What other tools call a field that has another name here, or none.
//!
//! Authors come from CI files, configuration management and other runbooks, and write what they know. Where a name
//! of theirs means a field of ours, that is proposed; where the thing itself works otherwise here, that is said.

/// Names in use elsewhere, and ours, the likeliest first; the first one that is known at the place counts.
const NAMES: &[(&str, &[&str])] = &[
    ("name description summary label", &["title", "why"]),
    ("sev priority level", &["severity"]),
    ("symptoms triggers when_to_use", &["use_when"]),
    ("contact contacts team maintainer", &["owner"]),
    ("rto rpo slo sla", &["objectives"]),
    ("run cmd command commands script bash sh exec execute", &["shell"]),
    ("query statement statements", &["sql"]),
    ("request url uri curl rest", &["http", "get"]),
    ("health_check healthcheck wait_for_http", &["wait_for_url"]),
    ("if condition only_if unless", &["when"]),
    ("on_error on_failure rescue ignore_errors continue_on_error allow_failure", &["on_fail"]),
    ("retries attempts max_attempts max_retries", &["retry"]),
    ("approval approve ask_user prompt question ask text", &["question", "confirm", "ask"]),
    ("message slack alert page", &["notify"]),
    ("sleep delay wait", &["pause"]),
    ("loop foreach each with_items items", &["for_each"]),
    ("register output outputs save store export", &["capture"]),
    ("rollback revert compensate", &["undo"]),
    ("test check checks validate post_check assertion", &["verify", "assert"]),
    ("tasks jobs actions", &["steps"]),
    ("stages sections", &["phases"]),
    ("time_limit timeout_seconds timeout_minutes deadline", &["timeout", "budget"]),
    ("instructions todo human", &["manual"]),
    ("doc docs runbook reference", &["link"]),
    ("risk danger impact", &["effect", "danger"]),
    ("host hosts database connection server", &["target", "url"]),
];

/// Names in use elsewhere of what is done otherwise here.
const OTHERWISE: &[(&str, &str)] = &[
    (
        "env environment params parameters args arguments bind with",
        "values need no passing on: a command finds them as `$name`, SQL as `:name`",
    ),
    (
        "depends_on needs requires_step after before next goto",
        "steps run in the order of the file; `when` passes one over",
    ),
    ("parallel async background", "one step runs at a time, so that the record has one order"),
    (
        "cwd workdir working_directory chdir",
        "commands run in the folder of mayday.yaml: begin with `cd`",
    ),
    ("become sudo user run_as", "write `sudo` into the command; it must not ask for a password"),
    (
        "password token api_key",
        "say where the secret is: `secrets: { name: \"env:NAME\" }` in mayday.yaml",
    ),
];

/// The field of ours that is meant, among those known at the place.
pub(super) fn meant<'k>(field: &str, known: &[&'k str]) -> Option<&'k str> {
    let rows = NAMES.iter().filter(|(theirs, _)| is_among(field, theirs));
    let ours = rows.flat_map(|(_, ours)| ours.iter());
    ours.filter_map(|ours| known.iter().find(|name| *name == ours)).copied().next()
}

/// How it is done here.
pub(super) fn otherwise(field: &str) -> Option<&'static str> {
    OTHERWISE.iter().find(|(theirs, _)| is_among(field, theirs)).map(|(_, how)| *how)
}

fn is_among(field: &str, theirs: &str) -> bool {
    let field = field.to_lowercase().replace('-', "_");
    theirs.split(' ').any(|name| name == field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceFile;

    /// What is said of a field in a playbook, in a step and in a target of mayday.yaml.
    fn said(field: &str) -> String {
        let step =
            format!("mayday: 1\nid: p\ntitle: P\n{field}: x\nsteps:\n  - id: s\n    {field}: x\n");
        let config = format!(
            "environments:\n  here:\n    {field}: x\n    targets:\n      t: {{type: http, {field}: x}}\n"
        );
        let faults = [
            super::super::playbook(&SourceFile::new("p.yaml", step)).faults,
            super::super::config(&SourceFile::new("mayday.yaml", config)).faults,
        ];
        let all =
            faults.iter().flatten().filter(|fault| fault.message.starts_with("unknown field"));
        let all: Vec<String> =
            all.map(|fault| format!("{:?} {:?}\n", fault.labels, fault.help)).collect();
        all.concat()
    }

    #[test]
    fn every_name_from_elsewhere_leads_to_what_is_meant() {
        let plain = |field: &&str| !matches!(*field, "name" | "url" | "sh" | "ask");
        for (theirs, ours) in NAMES {
            for field in theirs.split(' ').filter(plain) {
                let said = said(field);
                let meant =
                    ours.iter().any(|ours| said.contains(&format!("did you mean `{ours}`?")));
                assert!(said.is_empty() || meant, "{field}: {said}");
            }
        }
        for (theirs, how) in OTHERWISE {
            for field in theirs.split(' ') {
                let said = said(field);
                assert!(
                    said.is_empty() || said.contains(how.split('`').next().unwrap()),
                    "{field}: {said}"
                );
            }
        }
        assert!(said("run").contains("did you mean `shell`?"));
        assert!(said("Working-Directory").contains("begin with `cd`"));
    }
}
