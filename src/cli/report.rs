//! `mayday report RUN`: the post-mortem from the record, and what is left to do in one.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::driven;
use super::exit::{self, Failure};
use super::{Global, machine, out, pinned, whose};
use crate::journal::{RunDir, Store, verify};
use crate::plan::Plan;
use crate::report::{self, Beside, Checked, Names, ReportTrouble, spanish};
use crate::run::event::{Event, Kind};
use crate::run::state::Run;
use crate::time::Timestamp;
use crate::ui::lang::Lang;
use crate::ui::screen::Screen;

pub(super) mod beside;
mod checked;
mod earlier;
mod template;
mod write;

/// Flags of `report`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  \
    mayday report 20261122-1820-p2c -o postmortem.md\n  \
    mayday report --template post-incident -o postmortem.md\n  \
    mayday report --check postmortem.md\n  \
    mayday report 20261122-1820-p2c --format html -o postmortem.html\n  \
    mayday report 20261122-1820-p2c --template our.md.j2\n  \
    mayday report 20261122-1820-p2c --format json | jq .objectives")]
pub struct ReportArgs {
    /// The run's id, or its beginning [default: the newest run, of this project where it has one]
    run: Option<String>,
    /// Markdown from the template, a page with pictures, or the template's context as JSON (always in English)
    #[arg(long, value_enum, default_value_t = Format::Md)]
    format: Format,
    /// `postmortem`, `drill-report`, `post-exercise` (for auditors), `post-incident` (short), or a file of your own;
    /// with `--lang es` the Spanish one. `postmortem.es` is Spanish in any language
    #[arg(long, value_name = "NAME|FILE")]
    template: Option<String>,
    /// Write to this file. One that is there keeps its language and what people wrote in it: only its filled blocks
    /// are brought up to date, and those that a person changed stay (then the exit code is 12)
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Roles instead of names, or names in full
    #[arg(long, value_enum, default_value_t = Who::Roles)]
    names: Who,
    /// With `--format html`: the post-mortem that people wrote in; their words go into the page, without secrets
    /// [default: the draft in the folder of the run]
    #[arg(long, value_name = "FILE")]
    words: Option<PathBuf>,
    /// Look through a post-mortem: blanks that are left, conflicts, words that blame. Exit code 12 when
    /// there are any, 3 when its marks are broken
    #[arg(long, value_name = "FILE", conflicts_with_all = ["run", "template", "output", "format", "names", "words"])]
    check: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
enum Format {
    /// Markdown
    Md,
    /// One page with pictures, that needs no network and no scripts
    Html,
    /// The context of the template
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
pub(super) enum Who {
    /// `operator 1`, `operator 2`
    Roles,
    /// As recorded
    Full,
}

pub(super) fn report(global: &Global, args: &ReportArgs) -> Result<u8, Failure> {
    if let Some(file) = &args.check {
        return checked::check(file, machine::lang(global));
    }
    let store = driven::store(global)?;
    let id = match &args.run {
        Some(text) => store.find(text).map_err(|trouble| driven::refused(&trouble))?,
        None => whose::newest(&store, global.config.as_deref())?
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
    let lang = machine::lang(global);
    let base = args.output.as_ref().map_or("", |file| base(&dir, file));
    let now = machine::wall_clock();
    let mut context = context(&store, &dir, &read.events, plan.as_ref(), names, base, now);
    let found = (args.format == Format::Html).then(|| {
        let opened = opened.map(|opened| &**opened);
        let found = beside::find(&store, &dir, opened, args.words.as_deref());
        found.named(names, lang, &read.events, plan.as_ref())
    });
    if args.words.is_some() && found.is_none() {
        return Err(Failure::new(exit::USAGE, "report: --words goes with --format html"));
    }
    drop(read);
    let text = match args.format {
        Format::Json => {
            let text = serde_json::to_string_pretty(&context).map_err(anyhow::Error::from)?;
            format!("{}\n", crate::text::json(&text))
        }
        Format::Html => {
            let found = found.unwrap_or_default();
            for trouble in &found.troubles {
                out::tell(lang, &format!("NOTE  {trouble}"));
            }
            if lang == Lang::Spanish {
                spanish::said(&mut context);
            }
            report::html::page_with(&context, &found.around())
        }
        Format::Md => {
            let kept = args.output.as_deref();
            let kept = kept.and_then(|file| Some((file, write::language(file)?)));
            let chosen = template::choose(args.template.as_deref(), lang, kept)?;
            if chosen.spanish {
                spanish::said(&mut context);
            }
            report::render(&chosen.text, &chosen.name, &context)
                .map_err(|trouble| Failure::new(exit::INVALID, format!("render {trouble}")))?
        }
    };
    match (&args.output, args.format) {
        (None, _) => out::data(&text),
        (Some(file), Format::Json | Format::Html) => {
            write::anew(file, &text)?;
            out::tell(lang, &format!("Written: {}", file.display()));
        }
        (Some(file), Format::Md) => return Ok(said(file, &write::onto(file, &text)?, lang)),
    }
    Ok(exit::DONE)
}

/// Tells what became of a file; its exit code.
fn said(file: &Path, put: &write::Put, lang: Lang) -> u8 {
    for line in put.lines(file, lang) {
        out::talk(&line);
    }
    if put.has_conflicts() { exit::UNFINISHED } else { exit::DONE }
}

/// What leads from the folder of a report to that of its run: only where one is inside the other.
fn base(dir: &RunDir, file: &Path) -> &'static str {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let folder = file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    match (real(folder), real(&dir.reports())) {
        (Some(folder), Some(reports)) if folder == reports => "../",
        _ => "",
    }
}

/// All that is known of a run at a moment: what a template fills in.
pub(super) fn context(
    store: &Store,
    dir: &RunDir,
    events: &[(u64, Event)],
    plan: Option<&Plan>,
    names: Names,
    base: &str,
    now: Timestamp,
) -> serde_json::Value {
    let checked = verify(dir).ok().map(|result| Checked {
        sound: result.is_sound(),
        head: result.head.map(|head| head.hash.hex()).unwrap_or_default(),
        findings: result.findings.into_iter().map(|finding| finding.text).collect(),
    });
    let beside = Beside { base, earlier: earlier::of(store, dir.id(), events, plan) };
    report::context_with(events, plan, checked.as_ref(), names, now, &beside)
}

/// The post-mortem in the language of the screen.
pub(super) fn draft(lang: Lang, context: &mut serde_json::Value) -> Result<String, ReportTrouble> {
    let (name, text) = template::draft(lang);
    if lang == Lang::Spanish {
        spanish::said(context);
    }
    report::render(text, name, context)
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
        let mut context =
            report::context(&events, Some(plan), None, Names::Roles, machine::wall_clock());
        match draft(screen.look.lang, &mut context) {
            Ok(text) => screen.data(text),
            Err(trouble) => screen.tell(&format!("The post-mortem was not written ({trouble}).")),
        }
        screen.tell(
            "WARNING  the end of this run is recorded nowhere: keep your copy of it, and the post-mortem \
             draft on standard output",
        );
    } else if run.closed.is_some() {
        let read = crate::journal::read(dir).map_err(|trouble| driven::refused(&trouble))?;
        super::history::leave(dir, plan, &read.events);
        // Other runs lie beside this one, wherever it is.
        let store = Store::new(dir.path().parent().unwrap_or(dir.path()));
        let now = machine::wall_clock();
        let mut context = context(&store, dir, &read.events, Some(plan), Names::Roles, "../", now);
        // A long record need not stay in memory beside what was made of it.
        drop(read);
        let file = dir.reports().join("postmortem.md");
        // A draft that is there keeps its language.
        let lang = write::language(&file).unwrap_or(screen.look.lang);
        let written =
            draft(lang, &mut context).map_err(|trouble| trouble.to_string()).and_then(|text| {
                write::onto(&file, &text).map_err(|failure| failure.error.to_string())
            });
        match written {
            Ok(put) => {
                let conflicts = put.lines(&file, screen.look.lang);
                screen.tell(&format!("Post-mortem draft: {}", file.display()));
                if put.has_conflicts() {
                    screen.talk(&conflicts);
                }
            }
            Err(why) => screen.tell(&format!(
                "The post-mortem was not written ({why}). Try: mayday report {}",
                dir.id()
            )),
        }
    }
    driven::farewell(screen, dir);
    Ok(())
}
