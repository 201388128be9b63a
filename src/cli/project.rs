//! The project on disk: mayday.yaml, found by walking up, and the playbooks beside it.
//!
//! The only place that reads playbooks. What it reads is kept, so that what was checked is what is
//! pinned and what runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{Config, FILE_NAME};
use crate::diagnostic::{Diagnostic, Level, SourceFile};
use crate::plan::Library;
use crate::playbook::parse::{self, Parsed};
use crate::playbook::translation;
use crate::playbook::{Playbook, check};

use super::exit::{self, Failure};
use crate::time::Timestamp;

mod words;

/// Everything that was read.
pub struct Project {
    /// The folder of mayday.yaml; the working directory when there is none.
    pub base: PathBuf,
    /// mayday.yaml.
    pub config: Option<Parsed<Config>>,
    /// The playbooks, in the order of their paths.
    pub playbooks: Vec<Parsed<Playbook>>,
    /// Files that could not be read as text at all.
    pub unreadable: Vec<Diagnostic>,
    /// The names of the files that were asked for; all when `None`. The others are only known.
    pub asked: Option<Vec<String>>,
    /// The mayday.yaml files of the projects inside the folder of playbooks. Their playbooks are theirs.
    pub inner: Vec<PathBuf>,
    /// Playbooks in other words, by the playbook's id.
    pub translations: BTreeMap<String, words::Words>,
    /// Files of other words without a playbook beside them.
    pub alone: Vec<PathBuf>,
}

impl Project {
    /// The playbooks that can be read: id and title, in the order of their paths.
    #[must_use]
    pub fn titles(&self) -> Vec<(String, String)> {
        let read = self.playbooks.iter().filter_map(|parsed| parsed.value.as_ref());
        read.map(|playbook| (playbook.head.id.clone(), playbook.head.title.clone())).collect()
    }

    /// Finds mayday.yaml from the working directory upwards (or takes the one named) and reads the
    /// playbooks below its folder of playbooks.
    ///
    /// # Errors
    /// A file named on the command line that cannot be read.
    pub fn open(config: Option<&Path>) -> Result<Self, Failure> {
        let file = match config {
            Some(named) => Some(named.to_path_buf()),
            None => find_config(),
        };
        let mut project = Self::with_config(file.as_deref())?;
        let mut files = Vec::new();
        collect(&project.folder(), &mut files, &mut project.inner);
        let words = |file: &PathBuf| file.to_string_lossy().ends_with(translation::ENDING);
        project.alone = files.extract_if(.., |file| words(file)).collect();
        project.alone.retain(|words| !files.iter().any(|file| is_beside(words, file)));
        project.read(&files);
        Ok(project)
    }

    /// As [`Project::open`], for the faults of just these files and folders: the other playbooks are read
    /// for what these refer to.
    ///
    /// # Errors
    /// A path that does not exist.
    pub fn open_paths(config: Option<&Path>, paths: &[PathBuf]) -> Result<Self, Failure> {
        let file = match config {
            Some(named) => Some(named.to_path_buf()),
            None => paths.first().and_then(|path| owner(path)),
        };
        let mut project = Self::with_config(file.as_deref())?;
        let mut files = Vec::new();
        for path in paths {
            if path.is_dir() {
                collect(path, &mut files, &mut project.inner);
            } else if path.exists() {
                files.push(path.clone());
            } else {
                let message = format!("read {}: there is no such file or folder", path.display());
                return Err(Failure::new(exit::USAGE, message));
            }
        }
        files.retain(|file| {
            let name = file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
            name != FILE_NAME && !name.ends_with(translation::ENDING)
        });
        let plain = |file: &PathBuf| std::path::absolute(file).unwrap_or_else(|_| file.clone());
        files = files.iter().map(plain).collect();
        project.asked = Some(files.iter().map(|file| shown(file)).collect());
        let real = |file: &PathBuf| file.canonicalize().ok();
        let known: Vec<_> = files.iter().map(real).collect();
        let mut others = Vec::new();
        collect(&project.folder(), &mut others, &mut Vec::new());
        let words = |file: &PathBuf| file.to_string_lossy().ends_with(translation::ENDING);
        let fresh = |file: &PathBuf| !words(file) && !known.contains(&real(file));
        files.extend(others.into_iter().filter(fresh));
        project.read(&files);
        Ok(project)
    }

    /// Every project that these files and folders belong to, each with the mayday.yaml nearest above them
    /// (or the one named), and the projects inside. Without paths, the project of the working directory.
    ///
    /// # Errors
    /// As [`Project::open`] and [`Project::open_paths`].
    pub fn open_all(config: Option<&Path>, paths: &[PathBuf]) -> Result<Vec<Self>, Failure> {
        let mut all = Vec::new();
        if paths.is_empty() {
            all.push(Self::open(config)?);
        }
        let mut groups: Vec<(Option<PathBuf>, Vec<PathBuf>)> = Vec::new();
        for path in paths {
            let owner = config.map(Path::to_path_buf).or_else(|| owner(path));
            match groups.iter_mut().find(|(known, _)| *known == owner) {
                Some((_, group)) => group.push(path.clone()),
                None => groups.push((owner, vec![path.clone()])),
            }
        }
        for (owner, group) in &groups {
            all.push(Self::open_paths(owner.as_deref(), group)?);
        }
        let mut at = 0;
        while let Some(project) = all.get(at) {
            for file in project.inner.clone() {
                if !groups.iter().any(|(known, _)| known.as_ref() == Some(&file)) {
                    all.push(Self::open(Some(&file))?);
                }
            }
            at += 1;
        }
        Ok(all)
    }

    /// The folder that mayday.yaml names for records whose own disk fails. Reads no playbook; a file that
    /// cannot be read names none.
    #[must_use]
    pub fn record_fallback(config: Option<&Path>) -> Option<PathBuf> {
        let file = config.map(Path::to_path_buf).or_else(find_config)?;
        let project = Self::with_config(Some(&file)).ok()?;
        Some(project.base.join(project.config_value().record_fallback?))
    }

    /// The folder of the mayday.yaml that is named, or found from the working directory upwards; `None` without one.
    #[must_use]
    pub fn base_here(config: Option<&Path>) -> Option<PathBuf> {
        let file = config.map(Path::to_path_buf).or_else(find_config)?;
        Some(file.canonicalize().ok()?.parent()?.to_path_buf())
    }

    fn with_config(file: Option<&Path>) -> Result<Self, Failure> {
        let mut project = Self {
            base: here(),
            config: None,
            playbooks: Vec::new(),
            unreadable: Vec::new(),
            asked: None,
            inner: Vec::new(),
            translations: BTreeMap::new(),
            alone: Vec::new(),
        };
        let Some(file) = file else { return Ok(project) };
        let bytes = std::fs::read(file).map_err(|error| {
            Failure::new(exit::PRECONDITION, format!("read {}: {error}", file.display()))
        })?;
        if let Some(folder) = file.canonicalize().ok().as_deref().and_then(Path::parent) {
            project.base = folder.to_path_buf();
        }
        match parse::read_source(&shown(file), bytes) {
            Ok(source) => project.config = Some(parse::config(&source)),
            Err(fault) => project.unreadable.push(fault),
        }
        Ok(project)
    }

    fn read(&mut self, files: &[PathBuf]) {
        let names = self.config_value().severity_names();
        for file in files {
            let name = shown(file);
            let source = std::fs::read(file)
                .map_err(|error| {
                    Diagnostic::new(
                        parse::entries::UNREADABLE,
                        format!("`{name}` cannot be read: {error}"),
                    )
                })
                .and_then(|bytes| parse::read_source(&name, bytes));
            match source {
                Ok(source) => {
                    let parsed = parse::playbook_of(&source, &names);
                    let id = parsed.value.as_ref().map(|playbook| playbook.head.id.clone());
                    if let (Some(id), Some(words)) = (id, words::beside(file)) {
                        self.translations.entry(id).or_insert(words);
                    }
                    self.playbooks.push(parsed);
                }
                Err(fault) => self.unreadable.push(fault),
            }
        }
    }

    /// The folder of playbooks.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        let named = self.config_value().playbooks;
        let folder = self.base.join(named.unwrap_or_else(|| "playbooks".into()));
        // `playbooks: .` is no part of a file's name.
        folder.components().collect()
    }

    /// The mayday.yaml of the project inside this one that has the playbook.
    #[must_use]
    pub fn inner_of(&self, playbook: &str) -> Option<String> {
        let has = |file: &&PathBuf| {
            Self::open(Some(file)).is_ok_and(|inner| inner.library().contains_key(playbook))
        };
        self.inner.iter().find(has).map(|file| shown(file))
    }

    /// The mayday.yaml files of the projects inside, as the operator would write them.
    pub fn inner_files(&self) -> impl Iterator<Item = String> {
        self.inner.iter().map(|file| shown(file))
    }

    /// The configuration, or an empty one.
    #[must_use]
    pub fn config_value(&self) -> Config {
        self.config.as_ref().and_then(|parsed| parsed.value.clone()).unwrap_or_default()
    }

    /// The playbooks by id; the first of several with the same id.
    #[must_use]
    pub fn library(&self) -> Library {
        let mut library = Library::new();
        for playbook in self.playbooks.iter().filter_map(|parsed| parsed.value.as_ref()) {
            library.entry(playbook.head.id.clone()).or_insert_with(|| playbook.clone());
        }
        library
    }

    /// Every fault of every file.
    #[must_use]
    pub fn check(&self, today: Timestamp) -> Vec<Diagnostic> {
        let set = check::Set { playbooks: &self.playbooks, config: self.config.as_ref(), today };
        let mut faults = self.unreadable.clone();
        faults.extend(check::check(&set));
        faults.extend(self.translation_notes());
        if let Some(asked) = &self.asked {
            let others: Vec<&SourceFile> = self
                .playbooks
                .iter()
                .map(|parsed| &*parsed.source.file)
                .filter(|file| !asked.iter().any(|name| **name == *file.name))
                .collect();
            faults.retain(|fault| {
                fault.labels.first().is_none_or(|label| !others.contains(&&*label.file))
            });
        }
        faults
    }

    /// The ids of the playbooks that were asked for, with what they include; all when `None`.
    #[must_use]
    pub fn asked_ids(&self) -> Option<Vec<String>> {
        let asked = self.asked.as_ref()?;
        let named = |parsed: &&Parsed<Playbook>| asked.contains(&parsed.source.file.name);
        let read = self.playbooks.iter().filter(named).filter_map(|parsed| parsed.value.as_ref());
        Some(read.flat_map(|playbook| self.needed(&playbook.head.id).into_keys()).collect())
    }

    /// How many files [`Project::check`] speaks of.
    #[must_use]
    pub fn files(&self) -> usize {
        let read = self.playbooks.len() + self.unreadable.len();
        self.asked.as_ref().map_or(read, Vec::len) + usize::from(self.config.is_some())
    }

    /// The errors that keep this playbook from being run: its own, those of what it includes and
    /// those of the configuration.
    #[must_use]
    pub fn errors_for(&self, id: &str, today: Timestamp) -> Vec<Diagnostic> {
        let needed: Vec<Arc<SourceFile>> = self.needed(id).into_values().collect();
        let concerns = |fault: &Diagnostic| match fault.labels.first() {
            Some(label) => {
                needed.iter().any(|file| Arc::ptr_eq(file, &label.file) || **file == *label.file)
                    || self.config.as_ref().is_some_and(|c| *c.source.file == *label.file)
            }
            None => false,
        };
        let faults = self.check(today).into_iter();
        faults.filter(|fault| fault.level == Level::Error && concerns(fault)).collect()
    }

    /// The files of playbooks that no playbook could be made of.
    #[must_use]
    pub fn unread(&self) -> Vec<String> {
        let broken = self.playbooks.iter().filter(|parsed| parsed.value.is_none());
        let mut files: Vec<String> = broken.map(|parsed| parsed.source.file.name.clone()).collect();
        let labels = self.unreadable.iter().filter_map(|fault| fault.labels.first());
        files.extend(labels.map(|label| label.file.name.clone()));
        files
    }

    /// The files that a run of this playbook needs: itself and what it includes, by id.
    #[must_use]
    pub fn needed(&self, id: &str) -> BTreeMap<String, Arc<SourceFile>> {
        let mut needed = BTreeMap::new();
        let mut open = vec![id.to_owned()];
        while let Some(id) = open.pop() {
            let found = self.playbooks.iter().find(|parsed| {
                parsed.value.as_ref().is_some_and(|playbook| playbook.head.id == id)
            });
            let Some(parsed) = found.filter(|_| !needed.contains_key(&id)) else { continue };
            needed.insert(id, Arc::clone(&parsed.source.file));
            let Some(playbook) = &parsed.value else { continue };
            let drill = playbook
                .drill
                .iter()
                .flat_map(|d| d.setup.iter().chain(&d.inject).chain(&d.cleanup));
            for step in playbook.steps().chain(drill) {
                if let crate::steps::Action::Include(include) = &step.action {
                    open.push(include.playbook.clone());
                }
            }
        }
        needed
    }
}

#[expect(clippy::disallowed_methods, reason = "the front says where we are")]
fn here() -> PathBuf {
    std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."))
}

/// True for the words of this playbook.
fn is_beside(words: &Path, playbook: &Path) -> bool {
    let name = playbook.with_extension("");
    words.as_os_str() == format!("{}{}", name.display(), translation::ENDING).as_str()
}

fn find_config() -> Option<PathBuf> {
    nearest(&here())
}

fn nearest(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join(FILE_NAME)).find(|file| file.is_file())
}

/// The mayday.yaml that a file or folder belongs to; that of the working directory when it has none.
fn owner(path: &Path) -> Option<PathBuf> {
    let path = here().join(path);
    nearest(&path).or_else(find_config)
}

/// A path as the operator would write it: relative to the working directory where it lies below it.
pub(super) fn shown(path: &Path) -> String {
    let here = here();
    path.strip_prefix(&here).unwrap_or(path).to_string_lossy().into_owned()
}

/// Playbooks below a folder, by path; hidden files and folders are passed over. A folder with a mayday.yaml
/// of its own is another project: that file is noted, and what is below it belongs there.
fn collect(folder: &Path, files: &mut Vec<PathBuf>, inner: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with('.') || name == FILE_NAME {
            continue;
        }
        if path.is_dir() && path.join(FILE_NAME).is_file() {
            inner.push(path.join(FILE_NAME));
        } else if path.is_dir() {
            collect(&path, files, inner);
        } else if matches!(path.extension().and_then(|end| end.to_str()), Some("yaml" | "yml")) {
            files.push(path);
        }
    }
}
