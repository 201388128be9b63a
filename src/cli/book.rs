//! `mayday book`: the playbooks as pages of a book, as a preprocessor of mdBook.
//!
//! mdBook starts it twice: `mayday book supports RENDERER` asks whether it can serve that renderer, and without
//! words it gets the book as JSON on standard input and gives it back on standard output.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::Value;

use super::drill::shelf::{self, Filed};
use super::exit::{self, Failure};
use super::project::Project;
use super::{Global, out};
use crate::book::preprocess::{Known, Shelf, fill};
use crate::time::Span;

/// Flags of `book`.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  mayday book supports html      what mdBook asks first\n  mdbook build                   and it starts \
        this itself\n\nIn book.toml:\n  [preprocessor.mayday]\n  command = \"mayday book\"\n  after = [\"links\"]\n\n\
        A chapter with the line `<!-- mayday playbooks -->` gets their pages; without one they come last."
)]
pub struct BookArgs {
    #[command(subcommand)]
    asked: Option<Asked>,
}

#[derive(Subcommand, Debug)]
enum Asked {
    /// Say whether a renderer of mdBook can be served: every one can
    #[command(before_help = "Examples:\n  mayday book supports html")]
    Supports {
        /// Its name
        renderer: String,
    },
}

pub(super) fn book(global: &Global, args: &BookArgs) -> Result<u8, Failure> {
    if let Some(Asked::Supports { renderer: _ }) = &args.asked {
        return Ok(exit::DONE);
    }
    let usage = |message: String| {
        Failure::new(exit::USAGE, message)
            .hint("mdBook starts this itself: `mayday book --help` says how")
    };
    let mut input = std::io::stdin();
    if input.is_terminal() {
        return Err(usage("read a book from standard input: it is a terminal".to_owned()));
    }
    let mut text = String::new();
    input
        .read_to_string(&mut text)
        .map_err(|error| usage(format!("read the book that mdBook sends: {error}")))?;
    let (context, mut book): (Value, Value) = serde_json::from_str(&text)
        .map_err(|error| usage(format!("read the book that mdBook sends: {error}")))?;
    let shelves = shelves(global, &context)?;
    for file in shelves.iter().flat_map(|shelf| &shelf.unread) {
        out::talk(&format!(
            "warning: {file} cannot be read as a playbook; `mayday check` says why"
        ));
    }
    fill(&mut book, &shelves).map_err(usage)?;
    out::json(&book.to_string());
    Ok(exit::DONE)
}

/// The projects that book.toml names (`projects`), or the one around the book and those inside it.
fn shelves(global: &Global, context: &Value) -> Result<Vec<Shelf>, Failure> {
    let root = PathBuf::from(context["root"].as_str().unwrap_or("."));
    // mdBook before 0.5 calls it `preprocessor`, too.
    let ours = &context["config"]["preprocessor"]["mayday"];
    let named: Vec<PathBuf> = ours["projects"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|file| root.join(file))
        .collect();
    let mut projects = Vec::new();
    if named.is_empty() {
        let nearest = root.join(crate::config::FILE_NAME);
        let config = global.config.clone().or_else(|| nearest.is_file().then_some(nearest));
        let files = projects_inside(config.as_deref())?;
        projects.extend(files);
    }
    for file in named {
        projects.push(Project::open(Some(&file))?);
    }
    let rehearsed = ours["rehearsed"]
        .as_str()
        .map(|file| days(&root.join(file)))
        .transpose()?
        .unwrap_or_default();
    Ok(projects
        .iter()
        .map(|project| shelf(project, &root, &rehearsed))
        .filter(|shelf| !shelf.known.is_empty() || !shelf.unread.is_empty())
        .collect())
}

fn projects_inside(config: Option<&Path>) -> Result<Vec<Project>, Failure> {
    let mut projects = vec![Project::open(config)?];
    let mut at = 0;
    while let Some(project) = projects.get(at) {
        for file in project.inner.clone() {
            projects.push(Project::open(Some(&file))?);
        }
        at += 1;
    }
    Ok(projects)
}

/// Days by playbook, one `name<TAB>day` a line.
fn days(file: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::new(exit::PRECONDITION, format!("read {}: {error}", file.display()))
    })?;
    let rows =
        text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    Ok(rows.map(|(name, day)| (name.to_owned(), day.trim().to_owned())).collect())
}

fn shelf(project: &Project, root: &Path, rehearsed: &BTreeMap<String, String>) -> Shelf {
    let library = project.library();
    let name = name_of(project, root, library.keys());
    let records = shelf::all(&project.base);
    let mut known = Vec::new();
    for parsed in &project.playbooks {
        let Some(playbook) = &parsed.value else { continue };
        let id = &playbook.head.id;
        if known.iter().any(|known: &Known| known.id == *id) {
            continue;
        }
        let last = id.rsplit('/').next().unwrap_or(id);
        known.push(Known {
            id: id.clone(),
            file: below(&parsed.source.file.name, root),
            last_drill: last_drill(&records, id),
            rehearsed: rehearsed.get(&format!("{name}/{last}")).cloned(),
        });
    }
    let unread = project.unread().iter().map(|file| below(file, root)).collect();
    Shelf { name, config: project.config_value(), library, known, unread }
}

/// The folder of a project; that around the book goes by what its playbooks' ids begin with.
fn name_of<'a>(
    project: &Project,
    root: &Path,
    mut ids: impl Iterator<Item = &'a String>,
) -> String {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
    let folder = project.base.canonicalize().unwrap_or_else(|_| project.base.clone());
    if folder != root
        && let Some(name) = folder.file_name()
    {
        return name.to_string_lossy().into_owned();
    }
    let first = ids.next().and_then(|id| id.split_once('/')).map(|(first, _)| first.to_owned());
    first
        .filter(|first| ids.all(|id| id.starts_with(&format!("{first}/"))))
        .unwrap_or_else(|| "general".to_owned())
}

/// A path as it is written from the root of the book.
fn below(file: &str, root: &Path) -> String {
    let path = Path::new(file);
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned()
}

/// `2026-01-20 on rehearsal: PASS, 90 of 100 points, recovered in 11m 42s`.
pub(super) fn last_drill(records: &[Filed], id: &str) -> Option<String> {
    let filed = records.iter().rev().find(|filed| filed.text("playbook") == id)?;
    let day = filed.text("began").split('T').next().unwrap_or_default().to_owned();
    let mut words = format!("{day} on {}: {}", filed.text("environment"), filed.text("verdict"));
    if let (Some(score), Some(of)) = (filed.says["score"].as_u64(), filed.says["of"].as_u64()) {
        words += &format!(", {score} of {of} points");
    }
    if let Some(ms) = filed.says["objectives"]["rto"]["achieved_ms"].as_i64() {
        words += &format!(", recovered in {}", Span::from_millis(ms));
    }
    Some(words)
}
