//! Reading playbooks: every fault at once, each at its place.

use mayday::diagnostic::SourceFile;
use mayday::playbook::parse;

const COMPLETE: &str = include_str!("fixtures/language/complete.yaml");

#[test]
fn the_complete_playbook_has_no_fault() {
    let parsed = parse::playbook(&SourceFile::new("complete.yaml", COMPLETE));
    assert_eq!(parsed.faults, []);
    let playbook = parsed.value.unwrap();
    assert_eq!(playbook.steps().count(), 18);
    let paths =
        ["phases[1].steps[3].wait_until.sql", "drill.pass[1].that", "inputs.tables.pattern"];
    for path in paths {
        assert!(parsed.source.has(path), "{path}");
    }
    let shown = |path: &str| &COMPLETE[parsed.source.value(path)];
    assert_eq!(shown("phases[1].steps[3].wait_until.sql"), "SELECT 1 AS ok");
    assert_eq!(
        shown("phases[1].steps[0].shell"),
        "neonctl projects get \"$neon_project\" -o json \\"
    );
    assert_eq!(&COMPLETE[parsed.source.key("phases[1].steps[0].retry.max")], "max");
}
