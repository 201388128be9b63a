//! Several files at once, and files that could not be read.

use super::*;

#[test]
fn playbooks_that_include_each_other_in_a_circle_are_told_in_each_of_them() {
    let book = |id: &str, other: &str| {
        let head = format!("mayday: 1\nid: {id}\ntitle: T\nreviewed: \"2026-11-01\"\n");
        let steps = format!("steps:\n  - {{ id: s, title: S, include: {other} }}\n");
        text(&format!("{id}.yaml"), &(head + &steps))
    };
    let found = look(&[book("a", "b"), book("b", "c"), book("c", "a")], None);
    assert_eq!(found.iter().filter(|fault| fault.code.0 == "E059").count(), 3, "{found:#?}");
}

#[test]
fn names_of_an_included_playbook_are_seen_behind_the_include() {
    let inner = text(
        "inner.yaml",
        "mayday: 1\nid: inner\ntitle: T\nreviewed: \"2026-11-01\"\nsteps:\n  - { id: pick, title: P, \
         choose: { ask: Which?, options: { a: A, b: B } }, capture: { picked: choice } }\n",
    );
    let outer = |order: &str| {
        let head = "mayday: 1\nid: outer\ntitle: T\nreviewed: \"2026-11-01\"\nsteps:\n";
        let include = "  - { id: inc, title: I, include: inner }\n";
        let tell = "  - { id: tell, title: \"Took {{ picked }}, {{ steps['inc.pick'].status }}\", \
                    assert: picked == 'a' }\n";
        let steps = if order == "right" { [include, tell] } else { [tell, include] };
        text("outer.yaml", &(head.to_owned() + &steps.concat()))
    };
    assert_eq!(codes(&look(&[text_of(&inner), outer("right")], None)), BTreeSet::new());
    assert_eq!(codes(&look(&[inner, outer("wrong")], None)), BTreeSet::from(["E063"]));
}

/// The same file, read again.
fn text_of(parsed: &Parsed<Playbook>) -> Parsed<Playbook> {
    parse::playbook(&parsed.source.file)
}

#[test]
fn faults_of_all_files_come_at_once_and_a_broken_file_hides_no_other() {
    let broken = text("broken.yaml", "mayday: 1\nid: [\n");
    let bad = text(
        "bad.yaml",
        "mayday: 1\nid: bad\ntitle: T\nsteps:\n  - { id: a, title: A, shell: less x }\n  - { id: a, \
         title: \"{{ nobody }}\", efect: read, assert: now > 0 }\n",
    );
    let found = look(&[broken, bad], None);
    let told = codes(&found);
    for code in ["E050", "E062", "E071", "W109", "W124"] {
        assert!(told.contains(code), "{code} in {told:?}");
    }
    assert!(found.iter().any(|fault| fault.labels[0].file.name == "broken.yaml"), "{found:#?}");
}

#[test]
fn a_secret_is_never_printed_with_the_fault_about_it() {
    let all: Vec<_> = catalogue::all().collect();
    for (secret, line) in [
        ("Autumn-77", "shell: psql postgres://app:Autumn-77@db.example.com/app -c 'SELECT 1'"),
        ("AKIAABCDEFGHIJKLMNOP", "shell: aws-login AKIAABCDEFGHIJKLMNOP"),
        (
            "ghp_0123456789abcdefghij0123456789abcdef",
            "shell: t ghp_0123456789abcdefghij0123456789abcdef",
        ),
        ("xoxb-0123456789-abcdef", "shell: slack xoxb-0123456789-abcdef"),
        (
            "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2lnbmF0dXJl",
            "why: eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2lnbmF0dXJl",
        ),
        ("hunter2hunter2", "shell: PGPASSWORD=hunter2hunter2 psql"),
    ] {
        let head =
            "mayday: 1\nid: x\ntitle: T\nsteps:\n  - id: a\n    title: A\n    effect: read\n    ";
        let found = look(&[text("x.yaml", &format!("{head}{line}\n"))], None);
        assert!(codes(&found).contains("E083"), "{line}: {:?}", codes(&found));
        for page in [
            render::human(&found, false, 100),
            render::json(&found),
            render::github(&found),
            render::sarif(&found, &all),
            format!("{:?}", found.iter().map(|fault| &fault.message).collect::<Vec<_>>()),
        ] {
            assert!(!page.contains(secret), "{secret} in {page}");
        }
    }
}

#[test]
fn what_only_looks_like_a_secret_is_left_alone() {
    for line in [
        "why: See https://example.com/a:b@c and user:pass",
        "why: The token is in $API_TOKEN, sk-short, AKIA123",
        "link: \"https://{{ env.name }}.example.com/a\"",
        "shell: curl -fsS \"https://$user:$password@example.com\"",
    ] {
        let head =
            "mayday: 1\nid: x\ntitle: T\nsteps:\n  - id: a\n    title: A\n    effect: read\n    ";
        let found = look(&[text("x.yaml", &format!("{head}{line}\n"))], None);
        assert!(!codes(&found).contains("E083"), "{line}: {found:#?}");
    }
}

#[test]
fn a_secret_in_the_configuration_is_found_by_its_form_and_by_its_name() {
    let config = "environments:\n  x:\n    danger: low\n    vars: { DB_PASSWORD: Winter-2025 }\n    targets:\n      \
                  db: { type: postgres, url: \"postgres://app:Autumn-77@h/app\" }\n";
    let found = look(&[], Some(&parse::config(&SourceFile::new("mayday.yaml", config))));
    assert_eq!(found.iter().filter(|fault| fault.code.0 == "E083").count(), 2, "{found:#?}");
    let page = render::human(&found, false, 100);
    assert!(!page.contains("Winter") && !page.contains("Autumn"), "{page}");
}

#[test]
fn a_field_that_its_step_would_not_obey_is_refused() {
    let step = |rest: &str| {
        let head = "mayday: 1\nid: t\ntitle: T\nreviewed: \"2026-11-01\"\nsteps:\n";
        let found =
            look(&[text("t.yaml", &format!("{head}  - {{ id: s, title: S, {rest} }}\n"))], None);
        found.iter().filter(|fault| fault.code.0 == "E091").count()
    };
    for (refused, taken) in [
        ("pause: 5s, timeout: 1m", "pause: 5s"),
        ("confirm: All well?, timeout: 1m", "confirm: All well?"),
        (
            "confirm: All well?, retry: { times: 3 }",
            "effect: read, shell: uptime, retry: { times: 3 }",
        ),
        (
            "wait_for_url: \"https://example.com/\", retry: { times: 3 }",
            "wait_for_url: \"https://example.com/\", timeout: 1m",
        ),
        ("include: other, killer: true", "include: other"),
    ] {
        assert_eq!((step(refused), step(taken)), (1, 0), "{refused}");
    }
}
