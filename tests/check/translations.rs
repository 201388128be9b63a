//! Every code of translations: its example raises it alone, the example put right raises nothing; and the shipped ones.

use std::path::{Path, PathBuf};

use mayday::diagnostic::{Diagnostic, Level, SourceFile, render};
use mayday::playbook::Playbook;
use mayday::playbook::parse;
use mayday::playbook::translation::{self, ENDING, ENTRIES, Translation};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn playbook(path: &Path) -> Playbook {
    let text = std::fs::read_to_string(path).unwrap();
    parse::playbook(&SourceFile::new(path.to_string_lossy(), text)).value.unwrap()
}

fn notes(path: &Path, playbook: &Playbook) -> Vec<Diagnostic> {
    let name = path.file_name().unwrap().to_string_lossy();
    let file = SourceFile::new(name, std::fs::read_to_string(path).unwrap());
    match Translation::read(&file) {
        Ok(words) => translation::notes(&words, playbook),
        Err(note) => vec![note],
    }
}

#[test]
fn every_code_of_a_translation_has_an_example_and_one_put_right() {
    let folder = root().join("tests/fixtures/translation");
    let playbook = playbook(&folder.join("p.yaml"));
    for entry in ENTRIES {
        let code = entry.code.0;
        let bad = notes(&folder.join(format!("{code}{ENDING}")), &playbook);
        let good = notes(&folder.join(format!("{code}.good{ENDING}")), &playbook);
        let page = |notes: &[Diagnostic]| render::human(notes, false, 100);
        assert_eq!(
            bad.iter().map(|note| note.code.0).collect::<Vec<_>>(),
            [code],
            "{}",
            page(&bad)
        );
        assert!(good.is_empty(), "{code}: {}", page(&good));
        assert!(bad.iter().all(|note| note.level == Level::Note), "a translation is never a fault");
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(code, page(&bad));
        });
    }
}

/// Every translation below `playbooks/`.
fn shipped() -> Vec<PathBuf> {
    let folders = std::fs::read_dir(root().join("playbooks")).unwrap().flatten();
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.path()).unwrap().flatten());
    let files = files.map(|file| file.path());
    files.filter(|path| path.to_string_lossy().ends_with(ENDING)).collect()
}

#[test]
fn the_shipped_translations_are_complete() {
    let shipped = shipped();
    for id in ["sev1-database-unavailable", "sev2-data-loss", "maintenance-mode", "deploy"] {
        assert!(shipped.iter().any(|path| path.ends_with(format!("{id}{ENDING}"))), "{id}");
    }
    for path in shipped {
        let name = path.to_string_lossy().replace(ENDING, ".yaml");
        let mut found = notes(&path, &playbook(Path::new(&name)));
        // Words that changed are for their translator to look at; `check` says so.
        found.retain(|note| note.code.0 != "N213");
        assert!(found.is_empty(), "{}", render::human(&found, false, 100));
    }
}
