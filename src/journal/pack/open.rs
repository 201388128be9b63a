//! A pack opened for reading: the archive as it was written, or a folder that it was unpacked to.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::super::folder;
use super::zip;

/// Most files of a folder that are looked at, and how deep.
const MOST: usize = 65_534;
const DEEP: usize = 8;

/// Why a pack cannot be looked at. Texts fit after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum PackTrouble {
    /// It cannot be read.
    #[error("read {}: {source}", path.display())]
    Io {
        /// The pack, or a file of it.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not what `export` writes.
    #[error("verify {}: {why}", path.display())]
    NoPack {
        /// The pack.
        path: PathBuf,
        /// Why, a clause.
        why: String,
    },
    /// A newer mayday wrote it.
    #[error("verify {}: a newer mayday wrote it (pack version {found})", path.display())]
    Newer {
        /// The pack.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
}

enum Inside {
    Archive(File, BTreeMap<String, zip::Entry>),
    Folder(BTreeMap<String, PathBuf>),
}

/// The files of a pack, by their path below its folder.
pub(super) struct Pack {
    pub path: PathBuf,
    /// The name of its one folder; of an unpacked pack nothing.
    pub top: Option<String>,
    inside: Inside,
}

impl Pack {
    pub(super) fn open(path: &Path) -> Result<Self, PackTrouble> {
        let trouble = |source| PackTrouble::Io { path: path.to_owned(), source };
        if path.is_dir() {
            let mut files = BTreeMap::new();
            walk(path, "", 0, &mut files).map_err(trouble)?.map_err(|why| no_pack(path, why))?;
            return Ok(Self { path: path.to_owned(), top: None, inside: Inside::Folder(files) });
        }
        let mut file = folder::open_to_read(path).map_err(trouble)?;
        let entries = zip::entries(&mut file)
            .map_err(trouble)?
            .map_err(|why| no_pack(path, why.to_owned()))?;
        let mut files = BTreeMap::new();
        let mut top: Option<String> = None;
        for entry in entries {
            let Some((first, rest)) = entry.name.split_once('/').filter(|(_, rest)| is_safe(rest))
            else {
                return Err(no_pack(
                    path,
                    format!("it holds the path `{}`", entry.name.escape_debug()),
                ));
            };
            if !is_safe(first) || top.get_or_insert_with(|| first.to_owned()) != first {
                return Err(no_pack(
                    path,
                    format!("it holds the path `{}`", entry.name.escape_debug()),
                ));
            }
            let rest = rest.to_owned();
            if files.insert(rest.clone(), entry).is_some() {
                return Err(no_pack(path, format!("it holds `{}` twice", rest.escape_debug())));
            }
        }
        Ok(Self { path: path.to_owned(), top, inside: Inside::Archive(file, files) })
    }

    pub(super) fn names(&self) -> Vec<String> {
        match &self.inside {
            Inside::Archive(_, files) => files.keys().cloned().collect(),
            Inside::Folder(files) => files.keys().cloned().collect(),
        }
    }

    /// Hands a file over to be read; `None` when there is none of this name.
    pub(super) fn read<T>(
        &mut self,
        name: &str,
        each: impl FnOnce(&mut dyn Read) -> io::Result<T>,
    ) -> Result<Option<T>, PackTrouble> {
        let path = self.path.join(name);
        let done = match &mut self.inside {
            Inside::Archive(file, files) => {
                let Some(entry) = files.get(name) else { return Ok(None) };
                zip::content(file, entry).and_then(|mut content| each(&mut content))
            }
            Inside::Folder(files) => {
                let Some(path) = files.get(name) else { return Ok(None) };
                folder::open_to_read(path).and_then(|mut file| each(&mut file))
            }
        };
        done.map(Some).map_err(|source| PackTrouble::Io { path, source })
    }
}

pub(super) fn no_pack(path: &Path, why: String) -> PackTrouble {
    PackTrouble::NoPack { path: path.to_owned(), why }
}

/// Nothing that leads elsewhere on any system: no `..`, no root, no backslash, no drive, no control characters.
fn is_safe(path: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    path.split('/').all(plain)
        && !path.contains(['\\', ':'])
        && !path.chars().any(char::is_control)
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

/// Every regular file below a folder. A link, or anything else that is no file, is refused.
fn walk(
    folder: &Path,
    below: &str,
    depth: usize,
    files: &mut BTreeMap<String, PathBuf>,
) -> io::Result<Result<(), String>> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if kind.is_dir() && depth < DEEP {
            let inner = walk(&entry.path(), &format!("{name}/"), depth + 1, files)?;
            if inner.is_err() {
                return Ok(inner);
            }
        } else if kind.is_file() && files.len() < MOST {
            files.insert(name, entry.path());
        } else {
            let why = format!("`{}` is no regular file, or lies too deep", name.escape_debug());
            return Ok(Err(why));
        }
    }
    Ok(Ok(()))
}
