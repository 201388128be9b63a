//! Names of runs with paths in them lead nowhere (T10).

use std::fs;

use mayday::journal::{RunId, Store};

use crate::cli::{CONFIG, desk_with, files};
use crate::faults::{Count, Row, always};

/// Names that lead somewhere else, or nowhere.
fn paths() -> Vec<String> {
    let mut all = Vec::new();
    for target in ["victim", "etc/passwd", "x", "mayday.yaml", "20261122-1820-p2c", ""] {
        for way in [
            "../%",
            "../../%",
            "../../../../../../%",
            "/%",
            "//%",
            "./%",
            "%/..",
            "%/../..",
            "..\\%",
            "%\0",
            "%\n",
            "..%2f%",
            "%/",
            "~/%",
            ".%",
            "%*",
            "%?",
            "-%",
            "--%",
            "$HOME/%",
        ] {
            all.push(way.replace('%', target));
        }
    }
    all
}

#[test]
fn no_name_of_a_run_leads_out_of_its_folder() {
    let paths = paths();
    assert_eq!(paths.len(), 120);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path().join("runs"));
    let mut row = Row::new("T10", "names with paths in them x parse, find", always(240));
    for path in &paths {
        assert!(RunId::parse(path).is_err() || path == "20261122-1820-p2c", "{path:?}");
        row.pass();
        assert!(store.find(path).is_err(), "{path:?}");
        row.pass();
    }
    let verbs = ["status", "report", "verify", "resume", "abort"];
    let mut row =
        Row::new("T10", "names with paths in them x 5 commands", Count { ci: 100, soak: 600 });
    let desk = desk_with(CONFIG, "", "  - {id: look, title: Look, effect: read, shell: 'true'}");
    desk.mayday(&["run", "p"]).is(0, &[]);
    desk.write("victim", "untouched");
    let before = files(&desk.path(""));
    let every = if row.wanted() < 600 { 6 } else { 1 };
    let usable = paths.iter().step_by(every).cycle();
    for (path, verb) in
        usable.zip(verbs.iter().cycle().flat_map(|verb| [verb; 20])).take(row.wanted() as usize)
    {
        // No argument can hold a NUL.
        let path = path.replace('\0', "\u{1}");
        let said = desk.mayday(&[verb, "--", &path]);
        assert!(matches!(said.code, Some(2..=4)), "{verb} {path:?}: {said:?}");
        assert!(
            !said.all().contains("panicked")
                && said.all().chars().all(|c| c == '\n' || !c.is_control())
        );
        row.pass();
    }
    assert_eq!(files(&desk.path("")), before);
    assert_eq!(fs::read_to_string(desk.path("victim")).unwrap(), "untouched");
}
