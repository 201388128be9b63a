//! What a run goes by: the texts that were reviewed, pinned with the run and read back on resume.

use std::collections::BTreeMap;
use std::path::Path;

use super::exit::{self, Failure};
use super::project::Project;
use crate::config::{Config, FILE_NAME};
use crate::diagnostic::SourceFile;
use crate::journal::{Hash, RunDir};
use crate::plan::{Library, Mode, Plan, PlanTrouble, Purpose};
use crate::playbook::parse;
use crate::playbook::translation::{self, Translation};
use crate::run::event::Opened;
use crate::ui::lang::Lang;

/// Files to pin: name and bytes. Playbooks are named by their ids.
pub(super) fn files(project: &Project, playbook: &str) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = project
        .needed(playbook)
        .into_iter()
        .map(|(id, file)| (playbook_name(&id), file.text.clone().into_bytes()))
        .collect();
    for id in project.needed(playbook).into_keys() {
        if let Some(Ok(file)) = project.translations.get(&id) {
            let name = format!("{id}{}", translation::ENDING);
            files.push((name, file.text.clone().into_bytes()));
        }
    }
    if let Some(config) = &project.config {
        files.push((FILE_NAME.to_owned(), config.source.file.text.clone().into_bytes()));
    }
    files
}

fn playbook_name(id: &str) -> String {
    format!("{id}.yaml")
}

/// The plan of a run, from its pinned texts.
///
/// # Errors
/// A pinned file that is gone, changed or unreadable: the run cannot be driven, only read.
pub(super) fn plan(dir: &RunDir, opened: &Opened) -> Result<(Plan, Config), Failure> {
    plan_in(dir, opened, Lang::English)
}

/// The same in the words of a language.
///
/// # Errors
/// As [`plan`].
pub(super) fn plan_in(
    dir: &RunDir,
    opened: &Opened,
    lang: Lang,
) -> Result<(Plan, Config), Failure> {
    let mut library = Library::new();
    let (mut words, mut playbooks) = (Vec::new(), Vec::new());
    let mut config = Config::default();
    for (name, sha256) in &opened.pinned {
        let damaged = |why: String| {
            Failure::new(exit::PRECONDITION, format!("read the pinned copy of {name}: {why}")).hint(
                "`mayday verify` says what else is damaged; the record itself can still be read",
            )
        };
        let bytes =
            dir.read_pinned(name, sha256).map_err(|trouble| damaged(trouble.to_string()))?;
        if let Some(id) = name.strip_suffix(translation::ENDING) {
            let text = String::from_utf8_lossy(&bytes);
            words.push((id.to_owned(), SourceFile::new(name, text)));
            continue;
        }
        let source = parse::read_source(name, bytes).map_err(|fault| damaged(fault.message))?;
        if name == FILE_NAME {
            config = parse::config(&source).value.unwrap_or_default();
        } else {
            playbooks.push(source);
        }
    }
    // Only with the configuration are their words for severities known.
    let names = config.severity_names();
    for source in playbooks {
        if let Some(playbook) = parse::playbook_of(&source, &names).value {
            library.insert(playbook.head.id.clone(), playbook);
        }
    }
    for (id, file) in words.into_iter().filter(|_| lang == Lang::Spanish) {
        if let (Some(playbook), Ok(words)) = (library.get_mut(&id), Translation::read(&file)) {
            words.apply(playbook);
        }
    }
    let purpose = Purpose {
        playbook: &opened.playbook,
        environment: &opened.environment,
        mode: opened.mode,
        base: Path::new(&opened.base),
    };
    let mut plan = Plan::build(&library, &config, purpose).map_err(|trouble| refused(&trouble))?;
    bind(&mut plan, &opened.run, dir.path());
    Ok((plan, config))
}

/// Tells the plan which run it is for.
pub(super) fn bind(plan: &mut Plan, run: &str, dir: &Path) {
    run.clone_into(&mut plan.place.run_id);
    plan.place.run_dir = dir.to_path_buf();
    plan.place.program = super::machine::program();
}

/// Why no plan can be made, with its exit code.
pub(super) fn refused(trouble: &PlanTrouble) -> Failure {
    let (code, hint) = match trouble {
        PlanTrouble::NoPlaybook { .. } => {
            (exit::INVALID, Some("`mayday list` shows what there is"))
        }
        PlanTrouble::NoEnvironment { name, .. } => {
            let hint = match super::machine::emptied(&["MAYDAY_ENV"]) {
                Some(_) if name.is_empty() => {
                    "MAYDAY_ENV is set and empty: unset it, or give it a value"
                }
                _ => "name one with --env; environments are in mayday.yaml",
            };
            (exit::PRECONDITION, Some(hint))
        }
        PlanTrouble::NoDrill(_) => (exit::PRECONDITION, None),
        PlanTrouble::Broken(_) => (exit::INVALID, Some("`mayday check` shows the place")),
    };
    let failure = Failure::new(code, trouble);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Pinned files whose originals are different by now.
pub(super) fn changed(project: Option<&Project>, opened: &Opened) -> Vec<String> {
    let Some(project) = project else { return Vec::new() };
    let now: BTreeMap<String, String> = files(project, &opened.playbook)
        .into_iter()
        .map(|(name, bytes)| (name, Hash::of(&bytes).hex()))
        .collect();
    let differs = |(name, sha256): &(&String, &String)| {
        now.get(*name).is_none_or(|current| current != *sha256)
    };
    opened.pinned.iter().filter(differs).map(|(name, _)| name.clone()).collect()
}

/// The environment that a plan runs in, for secrets.
pub(super) fn env_file(config: &Config, plan: &Plan) -> Option<std::path::PathBuf> {
    let environment = config.environments.get(&plan.place.name)?;
    environment.env_file.as_ref().map(|file| plan.place.cwd.join(file))
}

/// The word for a mode.
#[must_use]
pub(super) fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Real => "real",
        Mode::Drill => "drill",
    }
}
