//! `mayday report RUN`: the post-mortem from the record.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::driven;
use super::exit::{self, Failure};
use super::{Global, machine, out, pinned};
use crate::journal::{RunDir, verify};
use crate::plan::Plan;
use crate::report::{self, Checked, Names};
use crate::run::event::{Event, Kind};
use crate::run::state::Run;
use crate::ui::screen::Screen;

/// Flags of `report`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  \
    mayday report 20261122-1820-p2c -o postmortem.md\n  \
    mayday report 20261122-1820-p2c --template our.md.j2\n  \
    mayday report 20261122-1820-p2c --format json | jq .objectives")]
pub struct ReportArgs {
    /// The run's id, or its beginning [default: the newest run]
    run: Option<String>,
    /// Markdown from the template, or the template's context as JSON
    #[arg(long, value_enum, default_value_t = Format::Md)]
    format: Format,
    /// A template of your own
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Roles instead of names, or names in full
    #[arg(long, value_enum, default_value_t = Who::Roles)]
    names: Who,
}

#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
enum Format {
    /// Markdown
    Md,
    /// The context of the template
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
enum Who {
    /// `operator 1`, `operator 2`
    Roles,
    /// As recorded
    Full,
}

pub(super) fn report(global: &Global, args: &ReportArgs) -> Result<u8, Failure> {
    let store = driven::store(global)?;
    let id = match &args.run {
        Some(text) => store.find(text).map_err(|trouble| driven::refused(&trouble))?,
        None => store
            .list()
            .map_err(|trouble| driven::refused(&trouble))?
            .into_iter()
            .next()
            .ok_or_else(|| Failure::new(exit::USAGE, "report: there are no runs"))?,
    };
    let dir = store.dir(&id).map_err(|trouble| driven::refused(&trouble))?;
    let read = store.read(&id).map_err(|trouble| driven::refused(&trouble))?;
    let opened = read.events.iter().find_map(|(_, event)| match &event.kind {
        Kind::Opened(opened) => Some(opened),
        _ => None,
    });
    let plan = opened.and_then(|opened| pinned::plan(&dir, opened).ok()).map(|(plan, _)| plan);
    let names = if args.names == Who::Full { Names::Full } else { Names::Roles };
    let context = context(&dir, &read.events, plan.as_ref(), names);
    let text = match args.format {
        Format::Json => {
            let text = serde_json::to_string_pretty(&context).map_err(anyhow::Error::from)?;
            format!("{}\n", crate::text::json(&text))
        }
        Format::Md => {
            let (name, template) = template(args.template.as_ref())?;
            report::render(&template, &name, &context)
                .map_err(|trouble| Failure::new(exit::INVALID, format!("render {trouble}")))?
        }
    };
    match &args.output {
        None => out::data(&text),
        Some(file) => {
            std::fs::write(file, &text).map_err(|error| {
                Failure::new(exit::PRECONDITION, format!("write {}: {error}", file.display()))
            })?;
            out::talk(&format!("Written: {}", file.display()));
        }
    }
    Ok(exit::DONE)
}

fn template(file: Option<&PathBuf>) -> Result<(String, String), Failure> {
    let Some(file) = file else {
        return Ok(("postmortem.md.j2".to_owned(), report::POSTMORTEM.to_owned()));
    };
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::new(exit::PRECONDITION, format!("read template {}: {error}", file.display()))
    })?;
    Ok((file.display().to_string(), text))
}

fn context(
    dir: &RunDir,
    events: &[(u64, Event)],
    plan: Option<&Plan>,
    names: Names,
) -> serde_json::Value {
    let checked = verify(dir).ok().map(|result| Checked {
        sound: result.is_sound(),
        head: result.head.map(|head| head.hash.hex()).unwrap_or_default(),
        findings: result.findings.into_iter().map(|finding| finding.text).collect(),
    });
    report::context(events, plan, checked.as_ref(), names, machine::wall_clock())
}

/// When a driver leaves: the post-mortem of a closed run is put on disk, and the operator is told where
/// everything is. `told` is all that happened, when the record on disk ends before that: then the
/// post-mortem goes to standard output, whatever state the run is in.
pub(super) fn leave(
    screen: &Screen,
    run: &Run,
    dir: &RunDir,
    plan: &Plan,
    told: Option<Vec<(u64, Event)>>,
) -> Result<(), Failure> {
    if let Some(events) = told {
        let context =
            report::context(&events, Some(plan), None, Names::Roles, machine::wall_clock());
        match report::render(report::POSTMORTEM, "postmortem.md.j2", &context) {
            Ok(text) => screen.data(text),
            Err(trouble) => screen.talk(&[format!("The post-mortem was not written ({trouble}).")]),
        }
        screen.talk(&[
            "WARNING  the end of this run is recorded nowhere: keep your copy of it, and the post-mortem \
             draft on standard output",
        ]);
    } else if run.closed.is_some() {
        let read = crate::journal::read(dir).map_err(|trouble| driven::refused(&trouble))?;
        super::history::leave(dir, plan, &read.events);
        let context = context(dir, &read.events, Some(plan), Names::Roles);
        // A long record need not stay in memory beside what was made of it.
        drop(read);
        let file = dir.reports().join("postmortem.md");
        let written = report::render(report::POSTMORTEM, "postmortem.md.j2", &context)
            .map_err(|trouble| trouble.to_string())
            .and_then(|text| std::fs::write(&file, text).map_err(|error| error.to_string()));
        match written {
            Ok(()) => screen.talk(&[format!("Post-mortem draft: {}", file.display())]),
            Err(why) => screen.talk(&[format!(
                "The post-mortem was not written ({why}). Try: mayday report {}",
                dir.id()
            )]),
        }
    }
    driven::farewell(screen, dir);
    Ok(())
}
