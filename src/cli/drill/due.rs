//! `mayday drill due`: which procedures must be rehearsed, by their cadence and the records of their drills.

use clap::Args;
use comfy_table::{Table, presets};
use serde_json::{Value, json};

use super::loose::{self, Loose};
use super::shelf::{self, Filed};
use super::signoff::{differs, pending};
use crate::cli::exit::{self, Failure};
use crate::cli::project::Project;
use crate::cli::{Global, machine, out, pinned};
use crate::journal::Hash;
use crate::playbook::{Cadence, Playbook};
use crate::report::drill::freshness::{Freshness, Past, days, freshness};
use crate::text;
use crate::time::{Span, Timestamp};

/// Flags of `drill due`.
#[derive(Args, Debug)]
pub(super) struct DueArgs {
    /// End with exit code 9 when a drill is wanted now
    #[arg(long)]
    fail: bool,
    /// One line of JSON a playbook
    #[arg(long)]
    json: bool,
}

/// So much the clocks of two machines may differ, time zones taken for UTC by hand among them.
const CLOCKS_DIFFER: Span = Span::from_mins(24 * 60);

/// One playbook that has a cadence.
struct Row {
    playbook: String,
    cadence: Cadence,
    freshness: Freshness,
    last: Option<Timestamp>,
    /// Drills of it that are not over.
    open: Vec<String>,
    notes: Vec<String>,
}

pub(super) fn due(global: &Global, args: &DueArgs) -> Result<u8, Failure> {
    let project = Project::open(global.config.as_deref())?;
    let ((records, faults), now) = (shelf::all_and_faults(&project.base), machine::wall_clock());
    for fault in faults {
        out::talk(&format!("WARNING  {fault}"));
    }
    let loose = loose::all(global, &project.base, &records);
    let playbooks = project.playbooks.iter().filter_map(|parsed| parsed.value.as_ref());
    let rows =
        playbooks.filter_map(|playbook| row(global, &project, &records, &loose, playbook, now));
    let mut rows: Vec<Row> = rows.collect();
    // What is wanted most comes first.
    rows.sort_by(|a, b| {
        let key = |row: &Row| (row.freshness.percent(), row.last);
        key(a).cmp(&key(b)).then_with(|| a.playbook.cmp(&b.playbook))
    });
    if args.json {
        for row in &rows {
            let line = json!({
                "playbook": row.playbook, "cadence": row.cadence.word(),
                "state": row.freshness.word(), "freshness": row.freshness.percent(),
                "wanted": row.freshness.is_wanted(), "last": row.last, "open": row.open,
                "notes": row.notes,
            });
            out::json(&line.to_string());
        }
    } else if rows.is_empty() {
        out::talk("No playbook names a cadence for its drill: `drill: { cadence: quarterly }`.");
    } else {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(["PLAYBOOK", "CADENCE", "STATE", "NOTES"]);
        for row in &rows {
            let state = words(row.freshness, now);
            let cells = [&row.playbook, row.cadence.word(), &state, &row.notes.join("; ")];
            table.add_row(cells.map(text::sanitise));
        }
        let lines: Vec<String> = table.lines().map(|line| line.trim().to_owned()).collect();
        out::data(&format!("{}\n", lines.join("\n")));
    }
    let wanted = rows.iter().any(|row| row.freshness.is_wanted());
    Ok(if args.fail && wanted { exit::DRILL_FAILED } else { exit::DONE })
}

fn row(
    global: &Global,
    project: &Project,
    records: &[Filed],
    loose_all: &[Loose],
    playbook: &Playbook,
    now: Timestamp,
) -> Option<Row> {
    let id = &playbook.head.id;
    let cadence = playbook.drill.as_ref()?.head.cadence?;
    let mut ours: Vec<&Filed> =
        records.iter().filter(|filed| filed.text("playbook") == id).collect();
    let mut notes = Vec::new();
    // The newest one decides, so it must be what it says.
    while let Some(why) = ours.last().and_then(|last| not_counted(global, last, now)) {
        notes.extend(ours.pop().map(|last| format!("{} is not counted: {why}", last.text("name"))));
    }
    let last = ours.last();
    if let Some(last) = last {
        notes.push(format!("{} {}", last.text("name"), last.text("verdict")));
        let pending = pending(last);
        if !pending.is_empty() {
            notes.push(format!("sign-off pending: {}", pending.join(", ")));
        }
        if changed(project, last, id) {
            notes.push("the playbook changed since".to_owned());
        }
    }
    // One that is over and older than a record was deleted, or left its record elsewhere.
    let newer =
        |one: &&Loose| last.and_then(|last| last.began()).is_none_or(|last| last < one.began);
    let loose = of(loose_all, id).filter(|one| one.is_open() || newer(one));
    notes.extend(loose.map(Loose::words));
    Some(Row {
        playbook: id.clone(),
        cadence,
        open: open(loose_all, id),
        freshness: freshness(cadence, &past(&ours, now), now),
        last: last.and_then(|filed| filed.began()),
        notes,
    })
}

fn of<'a>(loose: &'a [Loose], playbook: &'a str) -> impl Iterator<Item = &'a Loose> {
    loose.iter().filter(move |one| one.playbook == playbook)
}

/// The drills of a playbook that are not over.
fn open(loose: &[Loose], playbook: &str) -> Vec<String> {
    of(loose, playbook).filter(|one| one.is_open()).map(|one| one.run.to_string()).collect()
}

/// Why a record proves nothing.
fn not_counted(global: &Global, filed: &Filed, now: Timestamp) -> Option<String> {
    if in_future(filed, now) {
        return Some(format!("it began at {}, which is still to come", filed.text("began")));
    }
    differs(global, filed).map(|field| format!("the journal of its run says another `{field}`"))
}

/// Clocks of machines differ a little; a record of tomorrow would be fresh for longer than its cadence.
fn in_future(filed: &Filed, now: Timestamp) -> bool {
    filed.began().is_some_and(|began| began.since(now) > CLOCKS_DIFFER)
}

fn past(records: &[&Filed], now: Timestamp) -> Vec<Past> {
    let records = records.iter().filter(|filed| !in_future(filed, now));
    let past = |filed: &&Filed| Some(Past { at: filed.began()?, passed: filed.passed() });
    records.filter_map(past).collect()
}

/// One of the files that the drill went by is another one now.
fn changed(project: &Project, filed: &Filed, playbook: &str) -> bool {
    let then = filed.says["pinned"].as_array().map_or(&[][..], Vec::as_slice);
    let known = |name: &str| then.iter().find(|file| file["name"] == name);
    let mut now = pinned::files(project, playbook).into_iter();
    // mayday.yaml changes for many reasons that are not this procedure's.
    now.any(|(name, bytes)| {
        name != crate::config::FILE_NAME
            && known(&name).is_none_or(|file| file["sha256"] != Hash::of(&bytes).hex())
    })
}

fn words(freshness: Freshness, now: Timestamp) -> String {
    match freshness {
        Freshness::Fresh { due } => format!("fresh, due in {}", days(due.since(now))),
        Freshness::Due { since } => format!("due since {}", days(now.since(since))),
        Freshness::Failed { at } => format!("did not pass, {}", ago(at, now)),
        Freshness::Never => "never rehearsed".to_owned(),
    }
}

fn ago(at: Timestamp, now: Timestamp) -> String {
    match days(now.since(at)).as_str() {
        "today" => "today".to_owned(),
        days => format!("{days} ago"),
    }
}

/// The same as data: `null` without a drill.
pub(in crate::cli) fn in_list_data(
    records: &[Filed],
    loose: &[Loose],
    playbook: &Playbook,
    now: Timestamp,
) -> Value {
    let Some(drill) = &playbook.drill else { return Value::Null };
    let ours = records.iter().filter(|filed| filed.text("playbook") == playbook.head.id);
    let past = past(&ours.collect::<Vec<_>>(), now);
    let state = match (past.last(), drill.head.cadence) {
        (None, _) => "never",
        (Some(_), Some(cadence)) => freshness(cadence, &past, now).word(),
        (Some(last), None) if last.passed => "passed",
        (Some(_), None) => "failed",
    };
    let open = open(loose, &playbook.head.id);
    json!({ "state": state, "last": past.last().map(|last| last.at), "open": open })
}

/// The drill of a playbook in a list: `fresh, 12 days ago`, `never, one is open`, `-` without a drill.
pub(in crate::cli) fn in_list(
    records: &[Filed],
    loose: &[Loose],
    playbook: &Playbook,
    now: Timestamp,
) -> String {
    let Some(drill) = &playbook.drill else { return "-".to_owned() };
    let id = &playbook.head.id;
    let ours: Vec<&Filed> = records.iter().filter(|filed| filed.text("playbook") == id).collect();
    let past = past(&ours, now);
    let word = match (past.last(), drill.head.cadence) {
        (None, _) => "never".to_owned(),
        (Some(last), cadence) => {
            let word = match cadence {
                Some(cadence) => freshness(cadence, &past, now).word(),
                None if last.passed => "passed",
                None => "failed",
            };
            format!("{word}, {}", ago(last.at, now))
        }
    };
    match open(loose, id).len() {
        0 => word,
        1 => format!("{word}, one is open"),
        many => format!("{word}, {many} are open"),
    }
}
