//! Whole playbooks: the procedures that people wrote, the example of the format, what is shipped.

use super::*;

/// The "data loss" procedure of the recovery playbook, command by command, as a playbook.
#[test]
fn the_procedures_as_people_wrote_them_raise_more_than_ten_findings() {
    for (name, least) in
        [("data-loss", 10), ("unavailable", 10), ("corruption", 10), ("failover", 10)]
    {
        let name = format!("sources/{name}.yaml");
        let found = look(&[playbook(&name), playbook("other.yaml")], Some(&config()));
        let page = render::human(&found, false, 100);
        let told = found.len();
        assert!(told >= least, "{name}: {told}\n{page}");
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name.replace(['/', '.'], "-"), page);
        });
    }
}

fn config() -> Parsed<Config> {
    parse::config(&file("mayday.yaml"))
}

#[test]
fn the_example_of_the_format_has_no_fault() {
    let books = ["sev2-data-loss.yaml", "sev2-database-corruption.yaml", "maintenance-on.yaml"];
    let books = books.map(|name| playbook(&format!("example/{name}")));
    let found = look(&books, Some(&config()));
    let serious: Vec<_> = found.iter().filter(|fault| fault.level > Level::Note).cloned().collect();
    assert!(serious.is_empty(), "{}", render::human(&serious, false, 100));
}

#[test]
fn the_shipped_playbooks_have_no_fault() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &Path| {
        SourceFile::new(path.to_string_lossy(), std::fs::read_to_string(path).unwrap())
    };
    for folder in std::fs::read_dir(root.join("playbooks")).unwrap() {
        let folder = folder.unwrap().path();
        let own = Some(folder.join("mayday.yaml")).filter(|file| file.exists());
        let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let yaml = |path: &PathBuf| {
            let name = path.to_string_lossy();
            name.ends_with(".yaml") && !name.ends_with(".es.yaml")
        };
        let files = files.filter(|path| yaml(path) && own.as_ref() != Some(path));
        let books: Vec<_> = files.map(|path| parse::playbook(&read(&path))).collect();
        assert!(!books.is_empty(), "{}", folder.display());
        let config = parse::config(&read(&own.unwrap_or_else(|| root.join("mayday.yaml"))));
        let today = "2026-12-01T00:00:00Z".parse::<Timestamp>().unwrap();
        let found = check(&Set { playbooks: &books, config: Some(&config), today });
        let serious = found.iter().filter(|fault| fault.level > Level::Note).cloned();
        let serious: Vec<_> = serious.collect();
        assert!(serious.is_empty(), "{}", render::human(&serious, false, 100));
    }
}

#[test]
fn blanks_where_words_are_wanted_are_told_with_their_place() {
    let wordless = |head: &str| {
        let text_of =
            format!("mayday: 1\nid: p\n{head}\nseverity: SEV-3\nreviewed: \"2026-11-22\"\n");
        let found = look(&[text("p.yaml", &text_of)], None);
        found.iter().filter(|fault| fault.code.0 == "E129").count()
    };
    let steps = "[{id: a, title: A, manual: Do it.}]";
    for (head, blanks) in [
        (format!("title: ''\nsteps: {steps}"), 1),
        (format!("title: \"\\t \"\nsteps: {steps}"), 1),
        (format!("title: P\nsteps: {steps}"), 0),
        (format!("title: P\nuse_when: ['', Down]\nalerts: [' ']\nsteps: {steps}"), 2),
        (format!("title: P\nnot_for: [{{if: ' ', use: p}}]\nsteps: {steps}"), 1),
        (format!("title: P\ninputs: {{x: {{ask: '', default: a}}}}\nsteps: {steps}"), 1),
        (format!("title: P\ntimers: {{t: {{say: '', after: 5m}}}}\nsteps: {steps}"), 1),
        (format!("title: P\nphases: [{{id: q, title: ' ', steps: {steps}}}]"), 1),
        (format!("title: P\nphases: [{{id: q, steps: {steps}}}]"), 0),
    ] {
        assert_eq!(wordless(&head), blanks, "{head}");
    }
    // A title that is not there is told by the reading, once.
    assert_eq!(wordless(&format!("steps: {steps}")), 0);
}

/// What is missing was told once: a stand-in that the reading put there is not looked at.
#[test]
fn what_is_missing_is_told_once() {
    let head = "mayday: 1\nid: p\ntitle: P\nseverity: SEV-3\nreviewed: \"2026-11-22\"\nsteps:\n";
    let told = |step: &str| {
        let parsed = text("p.yaml", &format!("{head}  - {step}\n"));
        codes(&look(&[parsed], None)).into_iter().collect::<Vec<_>>()
    };
    assert_eq!(told("{id: a, title: A}"), ["E020"]);
    assert_eq!(told("{id: a, confirm: Sure?}"), ["E017"]);
    assert_eq!(told("{id: a, title: A, manual: }"), ["E018"]);
    assert_eq!(told("{id: a, title: A, confirm: ''}"), ["E117"]);
    assert_eq!(told("{id: a, title: '', confirm: {ask: Sure?}}"), ["E117"]);
    assert_eq!(told("{id: a, title: A, confirm: {ask: ''}}"), ["E117"]);
    assert_eq!(told("{id: a, title: A, ask: {type: integer}}"), ["E017"]);
    let contact = |via: &str| {
        let config = format!(
            "environments: {{}}\ncontacts:\n  lead: {{ via: {via}, address: a@b.example }}\n"
        );
        let faults = look(&[], Some(&parse::config(&SourceFile::new("mayday.yaml", config))));
        assert!(!format!("{faults:?}").contains("enum"), "{faults:?}");
        codes(&faults).into_iter().collect::<Vec<_>>()
    };
    assert_eq!(contact("{channel: x}"), ["E018"]);
    assert_eq!(contact("[slack]"), ["E018"]);
    assert_eq!(contact("slak"), ["E019"]);
    assert_eq!(contact("email"), ["E096"]);
}

#[test]
fn a_fault_below_a_severity_is_told_at_its_place() {
    let at = |text: &str| {
        let file = SourceFile::new("mayday.yaml", format!("severities:\n  {text}\n"));
        let faults = look(&[], Some(&parse::config(&file)));
        assert_eq!(faults.len(), 1, "{faults:?}");
        let label = &faults[0].labels[0];
        (faults[0].code.0, file.text[label.range.clone()].to_owned(), label.text.clone())
    };
    let told = |code, place: &str, label: &str| (code, place.to_owned(), label.to_owned());
    assert_eq!(
        at("SEV-1: {response: 1m, alias: P1}"),
        told("E014", "alias", "did you mean `aliases`?")
    );
    assert_eq!(at("SEV-1: {response: soon}"), told("E018", "soon", ""));
    assert_eq!(at("SEV-9: {response: 1m}").0, "E019");
}

#[test]
fn a_secret_that_is_named_as_targets_name_it_is_told_how() {
    let config = "secrets: {pw: 'env:PW'}\nenvironments: {}\n";
    let config = parse::config(&SourceFile::new("mayday.yaml", config));
    let steps =
        "  - {id: a, title: A, effect: read, secrets: {pw: 'secret:pw'}, shell: 'test \"$pw\"'}";
    let head = "mayday: 1\nid: p\ntitle: P\nseverity: SEV-3\nreviewed: \"2026-11-22\"\nsteps:\n";
    let faults = look(&[text("p.yaml", &format!("{head}{steps}\n"))], Some(&config));
    assert_eq!(codes(&faults).into_iter().collect::<Vec<_>>(), ["E057"]);
    assert_eq!(faults[0].help, ["the name alone, without `secret:`: `pw`"]);
}
