//! The words of playbooks in other languages, from the files beside them.

use std::path::Path;
use std::sync::Arc;

use super::{Project, shown};
use crate::diagnostic::{Diagnostic, SourceFile};
use crate::plan::Library;
use crate::playbook::parse;
use crate::playbook::translation::{self, Translation};
use crate::ui::lang::Lang;

/// A file of words: its text, or why it cannot be used.
pub type Words = Result<Arc<SourceFile>, Diagnostic>;

/// The words beside a playbook's file, where there are some.
pub(super) fn beside(playbook: &Path) -> Option<Words> {
    let path = playbook.with_extension("");
    let path = Path::new(&format!("{}{}", path.display(), translation::ENDING)).to_owned();
    let name = shown(&path);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => return Some(Err(translation::unusable(&name, &error.to_string()))),
    };
    Some(
        parse::read_source(&name, bytes)
            .map_err(|fault| translation::unusable(&name, &fault.message)),
    )
}

impl Project {
    /// The playbooks by id in the words of a language, where somebody wrote them down.
    #[must_use]
    pub fn library_in(&self, lang: Lang) -> Library {
        let mut library = self.library();
        if lang == Lang::Spanish {
            for (id, file) in &self.translations {
                let words = file.as_ref().ok().and_then(|file| Translation::read(file).ok());
                if let (Some(playbook), Some(words)) = (library.get_mut(id), words) {
                    words.apply(playbook);
                }
            }
        }
        library
    }

    /// What is to be said about the files of other words: notes, never faults. A run shows the playbook's own words where
    /// one is of no use.
    pub(super) fn translation_notes(&self) -> Vec<Diagnostic> {
        let mut notes = Vec::new();
        for parsed in &self.playbooks {
            let Some(playbook) = &parsed.value else { continue };
            let name = &parsed.source.file.name;
            if self.asked.as_ref().is_some_and(|asked| !asked.contains(name)) {
                continue;
            }
            match self.translations.get(&playbook.head.id) {
                None => {}
                Some(Err(note)) => notes.push(note.clone()),
                Some(Ok(file)) => match Translation::read(file) {
                    Ok(words) => notes.extend(translation::notes(&words, playbook)),
                    Err(note) => notes.push(note),
                },
            }
        }
        let alone = self.alone.iter().filter(|_| self.asked.is_none());
        notes.extend(alone.map(|path| {
            translation::unusable(&shown(path), "there is no playbook of this name beside it")
        }));
        notes
    }
}
