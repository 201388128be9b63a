//! `mayday export RUN`: a run in one file, to keep and to hand over.

use std::path::PathBuf;

use clap::Args;

use super::exit::{self, Failure};
use super::{Global, driven, machine, out, pinned, report};
use crate::journal::pack::{Existing, pack};
use crate::journal::{RunDir, Store, verify};
use crate::report::{Names, html};
use crate::run::event::Kind;
use crate::ui::lang::Lang;

/// Flags of `export`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  \
    mayday export 20261122-1820-p2c\n  \
    mayday export 20261122-1820-p2c -o /media/audit/incident.zip\n  \
    mayday verify incident.zip")]
pub struct ExportArgs {
    /// The run's id, or its beginning
    run: String,
    /// The file to write [default: the run's id with `.zip`, here]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long)]
    overwrite: bool,
    /// Roles instead of names, or names in full, in the reports; the record keeps names
    #[arg(long, value_enum, default_value_t = report::Who::Roles)]
    names: report::Who,
}

pub(super) fn export(global: &Global, args: &ExportArgs) -> Result<u8, Failure> {
    let store = driven::store(global)?;
    let id = store.find(&args.run).map_err(|trouble| driven::refused(&trouble))?;
    let dir = store.dir(&id).map_err(|trouble| driven::refused(&trouble))?;
    let to = args.output.clone().unwrap_or_else(|| PathBuf::from(format!("{id}.zip")));
    let existing = if args.overwrite { Existing::Replace } else { Existing::Keep };
    if existing == Existing::Keep && to.symlink_metadata().is_ok() {
        return Err(Failure::new(
            exit::USAGE,
            format!("write {}: it is there already", to.display()),
        )
        .hint("name another file with -o, or say --overwrite"));
    }
    let lang = machine::lang(global);
    let beside = beside(&store, &dir, args.names, lang)?;
    let manifest =
        pack(&dir, &beside.reports, &to, existing).map_err(|trouble| driven::refused(&trouble))?;
    for trouble in &beside.troubles {
        out::tell(lang, &format!("NOTE  {trouble}"));
    }
    for name in &manifest.missing {
        out::tell(lang, &format!("NOTE  {name} cannot be read and is not in the pack"));
    }
    out::line(&to.display().to_string());
    if verify(&dir).is_ok_and(|found| !found.is_sound()) {
        out::tell(
            lang,
            &format!(
                "WARNING  the record is damaged or was changed; `mayday verify {}` says more",
                to.display()
            ),
        );
    }
    let (files, events) = (manifest.files.len() + 2, manifest.events);
    out::tell(lang, &format!("Written: {files} files, {events} events, head {}", manifest.head));
    out::tell(lang, &format!("Whoever gets it: mayday verify {}", to.display()));
    Ok(exit::DONE)
}

/// What goes into a pack beside the record.
struct Beside {
    reports: Vec<(String, Vec<u8>)>,
    /// What could not be taken, in sentences.
    troubles: Vec<String>,
}

/// The reports as of the last event, so that the same run gives the same pack; the post-mortem that people have
/// worked on, without secrets; the record of a drill and what signs it.
fn beside(store: &Store, dir: &RunDir, names: report::Who, lang: Lang) -> Result<Beside, Failure> {
    let read = crate::journal::read(dir).map_err(|trouble| driven::refused(&trouble))?;
    let opened = read.events.iter().find_map(|(_, event)| match &event.kind {
        Kind::Opened(opened) => Some(&**opened),
        _ => None,
    });
    let plan = opened.and_then(|opened| pinned::plan(dir, opened).ok()).map(|(plan, _)| plan);
    let names = if names == report::Who::Full { Names::Full } else { Names::Roles };
    let now = read.events.last().map_or_else(machine::wall_clock, |(_, event)| event.at);
    let mut context = report::context(store, dir, &read.events, plan.as_ref(), names, "../", now);
    // Programs know one language.
    let data = serde_json::to_string_pretty(&context).map_err(anyhow::Error::from)?;
    let words = report::draft(lang, &mut context)
        .map_err(|trouble| Failure::new(exit::INVALID, format!("render {trouble}")))?;
    let mut found = report::beside::find(store, dir, opened, None).named(
        names,
        lang,
        &read.events,
        plan.as_ref(),
    );
    let page = html::page_with(&context, &found.around());
    let mut reports = vec![
        ("report.html".to_owned(), page.into_bytes()),
        ("report.json".to_owned(), format!("{}\n", crate::text::json(&data)).into_bytes()),
        ("report.md".to_owned(), words.into_bytes()),
    ];
    let edited = dir.reports().join("postmortem.md");
    if let Ok(Some(text)) = report::beside::read(store, dir, &edited) {
        reports.push(("postmortem.md".to_owned(), text.into_bytes()));
    }
    let files = std::mem::take(&mut found.files).into_iter();
    reports.extend(files.map(|(name, bytes)| (format!("drill/{name}"), bytes)));
    Ok(Beside { reports, troubles: found.troubles })
}
