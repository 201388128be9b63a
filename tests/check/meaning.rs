//! Values of the right kind that mean nothing, and one finding for one cause.

use super::*;

/// What is said about a step of these fields, beside two commands in front of it.
fn step(fields: &str) -> BTreeSet<&'static str> {
    let head = "mayday: 1\nid: p\ntitle: T\nreviewed: \"2026-11-01\"\nsteps:\n";
    let book = text("p.yaml", &format!("{head}  - {{ id: a, title: A, {fields} }}\n"));
    codes(&look(&[book], None))
}

#[test]
fn what_no_step_can_mean_is_found_and_what_it_can_is_not() {
    let read = "effect: read, shell: 'true'";
    for (code, bad, good) in [
        ("E124", r#"effect: read, shell: "echo a\0b""#, r#"effect: read, shell: "echo 'a\\0b'""#),
        (
            "E124",
            r#"wait_for_url: "https://a.example/\0""#,
            r#"wait_for_url: "https://a.example/0""#,
        ),
        ("E125", "pause: 0s", "pause: 1s"),
        ("E125", "pause: 0ms", "pause: 1ms"),
        (
            "E125",
            &format!("{read}, verify: [{{ shell: 'true', timeout: 0s }}]"),
            &format!("{read}, verify: [{{ shell: 'true', timeout: 1s }}]"),
        ),
        (
            "E126",
            &format!("for_each: \"'a b'\", {read}"),
            &format!("for_each: \"['a', 'b']\", {read}"),
        ),
        ("E126", &format!("for_each: '5', {read}"), &format!("for_each: '[5]', {read}")),
        (
            "E126",
            &format!("for_each: run.id, {read}"),
            &format!("for_each: \"run.id | split('-')\", {read}"),
        ),
        (
            "E127",
            "wait_for_url: { url: 'https://a.example', expect: { status: 99 } }",
            "wait_for_url: { url: 'https://a.example', expect: { status: 100 } }",
        ),
        (
            "E127",
            "wait_for_url: { url: 'https://a.example', expect: { status: [200, 600] } }",
            "wait_for_url: { url: 'https://a.example', expect: { status: [200, 599] } }",
        ),
        ("E086", "wait_for_url: 'https://a b.example/'", "wait_for_url: 'https://a-b.example/'"),
        ("E086", "wait_for_url: 'https:///health'", "wait_for_url: 'https://a.example/health'"),
        (
            "E086",
            "wait_for_url: 'https://a.example/a b'",
            "wait_for_url: \"https://a.example/{{ 'a b' }}\"",
        ),
        (
            "E091",
            &format!("{read}, on_crash: {{ probe: {{ shell: 'true' }}, done_if: exit_code == 0 }}"),
            "effect: change, shell: 'true', on_crash: { probe: { shell: 'true' }, done_if: exit_code == 0 }",
        ),
        (
            "E091",
            "effect: read, shell: top, interactive: true, capture: { x: stdout | trim }",
            "effect: read, shell: top, interactive: true, capture: { x: exit_code }",
        ),
        (
            "E091",
            "effect: read, shell: top, interactive: true, expect: \"'up' in stdout\"",
            "effect: read, shell: top, interactive: true, expect: exit_code == 0",
        ),
        (
            "E075",
            &format!("{read}, retry: {{ times: 1 }}"),
            &format!("{read}, retry: {{ times: 2 }}"),
        ),
    ] {
        let (found, none) = (step(bad), step(good));
        assert!(found.contains(code), "{code}: {bad}: {found:?}");
        assert!(!none.contains(code), "{code}: {good}");
    }
    // No data loss at all is an objective; a kill at once and retries without a pause are rules.
    assert!(
        step("effect: read, shell: 'true', kill_after: 0s, retry: { times: 2, every: 0s }")
            .is_empty()
    );
    let head = "mayday: 1\nid: p\ntitle: T\nreviewed: \"2026-11-01\"\n";
    let steps = "steps: [{ id: a, title: A, effect: read, shell: 'true' }]\n";
    let with = |objectives: &str| {
        codes(&look(&[text("p.yaml", &format!("{head}objectives: {objectives}\n{steps}"))], None))
    };
    assert!(with("{ rto: 0s, ends: step:a }").contains("E125"));
    assert!(with("{ rpo: 0s }").is_empty());
}

#[test]
fn one_cause_is_one_finding() {
    for (fields, code) in [
        ("effect: read, shell: 'true', retry: { times: often }", "E018"),
        ("effect: read, shell: 'true', retry: { every: 5s }", "E017"),
        ("pause: soon", "E018"),
        ("effect: read, shell: 'true', timeout: 0", "E018"),
    ] {
        assert_eq!(step(fields), BTreeSet::from([code]), "{fields}");
    }
}

#[test]
fn a_name_in_arithmetic_is_a_use_of_it_and_must_have_a_value() {
    let with = |script: &str| {
        let head = "mayday: 1\nid: p\ntitle: T\nreviewed: \"2026-11-01\"\n";
        let inputs = "inputs: { tries: { ask: How often?, type: integer } }\n";
        let step = format!("steps: [{{ id: a, title: A, effect: read, shell: '{script}' }}]\n");
        codes(&look(
            &[text("p.yaml", &format!("{head}{inputs}{step}"))],
            Some(&parse::config(&file("mayday.yaml"))),
        ))
    };
    for used in
        ["((tries > 3))", "echo $((tries + 1))", "for ((i = 0; i < tries; i++)); do echo; done"]
    {
        assert!(with(used).is_empty(), "{used}: {:?}", with(used));
    }
    assert_eq!(with("((tires > 3))"), BTreeSet::from(["W119", "W131"]));
}
