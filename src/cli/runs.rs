//! `mayday runs`: every run, newest first.

use clap::Args;
use comfy_table::{Table, presets};
use serde_json::json;

use super::driven;
use super::exit::{self, Failure};
use super::{Global, machine, out};
use crate::journal::{RunId, Store};
use crate::run::event::Outcome;
use crate::run::state::Run;
use crate::text;

/// Flags of `runs`.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  mayday runs\n  mayday runs --json | jq -r 'select(.state == \"open\").run'"
)]
pub struct RunsArgs {
    /// One line of JSON a run
    #[arg(long)]
    json: bool,
}

pub(super) fn runs(global: &Global, args: &RunsArgs) -> Result<u8, Failure> {
    let lang = machine::lang(global);
    let store = driven::store(global)?;
    let ids = store.list().map_err(|trouble| driven::refused(&trouble))?;
    if ids.is_empty() && !args.json {
        out::tell(lang, &format!("No runs in {}.", store.root().display()));
        return Ok(exit::DONE);
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(
        ["RUN", "STATE", "MODE", "PLAYBOOK", "WHERE", "BEGAN", "TOOK"].map(|head| lang.head(head)),
    );
    for id in &ids {
        let row = Row::of(&store, id);
        if args.json {
            let line = json!({
                "run": id.as_str(), "state": row.state, "mode": row.mode,
                "playbook": row.playbook, "environment": row.environment,
                "began": row.began, "took": row.took,
            });
            out::json(&line.to_string());
        } else {
            let cells = [
                id.as_str(),
                &lang.say(&row.state),
                &lang.say(&row.mode),
                &row.playbook,
                &row.environment,
                &row.began,
                &row.took,
            ];
            table.add_row(cells.map(text::sanitise));
        }
    }
    if !args.json {
        let lines: Vec<String> = table.lines().map(|line| line.trim().to_owned()).collect();
        out::data(&format!("{}\n", lines.join("\n")));
    }
    Ok(exit::DONE)
}

#[derive(Default)]
struct Row {
    state: String,
    mode: String,
    playbook: String,
    environment: String,
    began: String,
    took: String,
}

impl Row {
    fn of(store: &Store, id: &RunId) -> Self {
        let read = match store.read(id) {
            Ok(read) => read,
            Err(trouble) => {
                return Self { state: format!("unreadable: {trouble}"), ..Self::default() };
            }
        };
        let run = Run::fold(read.events.iter().map(|(_, event)| event));
        let mut row = Self { state: state(&run, store.driver(id).as_deref()), ..Self::default() };
        if let Some(damage) = super::resume::condition(&read.scan.condition) {
            row.state = format!("{} ({damage})", row.state);
        }
        if let Some(opened) = &run.opened {
            super::pinned::mode_word(opened.mode).clone_into(&mut row.mode);
            row.playbook.clone_from(&opened.playbook);
            row.environment.clone_from(&opened.environment);
        }
        if let (Some(began), Some(last)) = (run.opened_at, run.last_at) {
            row.began = began.date_clock();
            let end = if run.closed.is_some() { last } else { machine::wall_clock() };
            row.took = end.since(began).clock();
        }
        row
    }
}

/// The state of a run in words: `running (by ana)`, `open`, `completed`, `aborted`, `handed off`.
pub(super) fn state(run: &Run, driver: Option<&str>) -> String {
    if let Some(driver) = driver {
        return format!("running ({driver})");
    }
    match (&run.closed, &run.stopped) {
        (Some((Outcome::Completed, _)), _) => "completed".to_owned(),
        (Some((Outcome::Aborted, _)), _) => "aborted".to_owned(),
        (Some((Outcome::HandedOff, to)), _) => format!("handed off to {to}"),
        (None, Some(_)) => "stopped".to_owned(),
        (None, None) => "interrupted".to_owned(),
    }
}
