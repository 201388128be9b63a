//! The words of playbooks in other languages, from the files beside them.

use super::Project;
use crate::plan::Library;
use crate::playbook::Playbook;
use crate::playbook::translation::Translation;
use crate::ui::lang::Lang;

impl Project {
    /// The playbooks by id in the words of a language, where somebody wrote them down.
    #[must_use]
    pub fn library_in(&self, lang: Lang) -> Library {
        let mut library = self.library();
        if lang == Lang::Spanish {
            for (id, (name, text)) in &self.translations {
                if let (Some(playbook), Ok(words)) =
                    (library.get_mut(id), Translation::parse(name, text))
                {
                    words.apply(playbook);
                }
            }
        }
        library
    }

    /// What the files of other words lack: notes, never faults. A run shows the playbook's own words there.
    #[must_use]
    pub fn untranslated(&self) -> Vec<String> {
        let library = self.library();
        let known =
            self.translations.iter().filter_map(|(id, file)| Some((library.get(id)?, file)));
        known.flat_map(|(playbook, (name, text))| notes(playbook, name, text)).collect()
    }
}

fn notes(playbook: &Playbook, name: &str, text: &str) -> Vec<String> {
    let words = match Translation::parse(name, text) {
        Ok(words) => words,
        Err(why) => return vec![format!("note: {why}; none of {name} is used")],
    };
    let list = |what: &str, places: &[String]| {
        let first = places.first()?;
        let more = places.len().checked_sub(2).map(|more| format!(" and {} more", more + 1));
        Some(format!("note: {name}: {what} {first}{}", more.unwrap_or_default()))
    };
    let missing = list("no Spanish, or other {{ }}, for", &words.missing(playbook));
    let unknown = list("the playbook has no", &words.unknown(playbook));
    missing.into_iter().chain(unknown).collect()
}
