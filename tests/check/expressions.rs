//! What is read from expressions: at least three that raise a code, three that do not.

use super::*;

/// Code, conditions that raise it, conditions that do not. They stand behind a command that captured
/// `n`, and see its facts.
const EXPRESSIONS: &[(&str, &[&str], &[&str])] = &[
    (
        "E062",
        &["hosts == 'a'", "stdut == ''", "region == 'eu' and itm == 1"],
        &[
            "host == 'a'",
            "stdout == ''",
            "json.deep.down == 1",
            "nobody is not defined",
            "nobody | default('x') == 'x'",
        ],
    ),
    (
        "E063",
        &["later > 0", "steps.after.status == 'ok'", "[later] | length > 0"],
        &["n > 0", "steps.before.status == 'ok'", "later is defined"],
    ),
    (
        "E064",
        &[
            "run.name == 'x'",
            "env.dangers == 'low'",
            "objectives.rtoo > 0",
            "steps.before.rows == 1",
            "inputs.nobody == ''",
        ],
        &[
            "run.id != ''",
            "env.vars.anything == ''",
            "objectives.rto > 0",
            "steps.before.exit_code == 0",
            "inputs.host == ''",
        ],
    ),
    (
        "E065",
        &["exit_code = 0", "exit_code ==", "(exit_code == 0"],
        &["exit_code == 0", "(exit_code == 0)", "not exit_code == 1"],
    ),
    (
        "E066",
        &[
            "stdout | lowercase == ''",
            "now() > 0",
            "stdout is emptyy",
            "json | selectattr('up', 'equals', true) | length > 0",
            "stdout | lines | reject('emty') | length > 0",
            "stdout | lines | map('trimm') | length > 0",
            // A filter or test that is named in a text, and what it takes.
            "tables | map('lowercase') | length > 0",
            "tables | map | length > 0",
            "tables | map('map', 'lowercase') | length > 0",
            "tables | map('replace', 'a') | length > 0",
            "tables | map(host) | length > 0",
            "tables | map(default='x') | length > 0",
            "tables | select('emptyy') | length > 0",
            "tables | reject('matching') | length > 0",
            "tables | select(host) | length > 0",
            "json | selectattr('n', 'greater', 5) | length > 0",
            "json | rejectattr('n', 'defined', 5) | length > 0",
            "json | selectattr | length > 0",
            "json | sort(by='n') | length > 0",
            "json | unique(attribute='n') | length > 0",
            "stdout | trim('x') == ''",
            "stdout | default('x', really=true) == ''",
            "n is divisibleby",
            "n is even(2)",
            "n is ge(than=2)",
            "tables | join(*tables) == ''",
        ],
        &[
            "stdout | lower == ''",
            "now > 0",
            "stdout is empty",
            "stdout | lines | length > 0",
            "json | selectattr('up', 'eq', true) | length > 0",
            "stdout | lines | reject('empty') | map('trim') | length > 0",
            "json | map(attribute='nonsense') | length > 0",
            "tables | map('lower') | length > 0",
            "json | map('map', 'lower') | length > 0",
            "json | map('sort', reverse=true) | length > 0",
            "json | map(attribute='n', default=0) | sum > 0",
            "tables | select('matching', '^a') | length > 0",
            "json | selectattr('n', 'defined') | length > 0",
            "json | selectattr('n', '>=', 5) | length > 0",
            "json | rejectattr('n', 'undefined') | length > 0",
            "json | selectattr('open') | length > 0",
            "json | sort(attribute='n', reverse=true) | length > 0",
        ],
    ),
    (
        "E068",
        &[
            "stdout == 5",
            "exit_code == 'x'",
            "host > 5",
            "run.elapsed < '5m'",
            "stdout < objectives.rto",
            "tables > 3",
            "wait == '5m'",
            "n == '3'",
        ],
        &[
            "stdout | int == 5",
            "exit_code == 0",
            "host > 'a'",
            "run.elapsed < 300",
            "json.n == 5",
            "tables | length > 3",
            "wait == 300",
            "n == 3",
        ],
    ),
    (
        "W141",
        &[
            "stdout == 'up'",
            "stdout in ['up', 'down']",
            "'x' != stdout",
            "steps.before.stdout == 'up'",
        ],
        &[
            "stdout | trim == 'up'",
            "stdout == ''",
            "stdout == 'up\n'",
            "'up' in stdout",
            "host == 'a'",
        ],
    ),
    (
        "E069",
        &["stdout + 1 > 0", "tables + 1 > 0", "now - host > 0"],
        &["stdout | int + 1 > 0", "exit_code + 1 > 0", "now - when > 5", "now - wait > 0"],
    ),
    (
        "E070",
        &["tables.length > 0", "tables.first == 'a'", "steps.query.rows.n > 0"],
        &["tables | length > 0", "tables[0] == 'a'", "steps.query.rows[0].n > 0"],
    ),
    (
        "E093",
        &["stdout", "exit_code", "host and exit_code == 0", "not stdout", "tables"],
        &["stdout != ''", "exit_code == 0", "json.ok", "sure", "not sure"],
    ),
    (
        "W111",
        &["true", "1 == 1", "not false"],
        &["exit_code == 0", "env.name == env.name", "false"],
    ),
];

fn said(condition: &str) -> BTreeSet<&'static str> {
    let head = "mayday: 1\nid: x\ntitle: T\nobjectives: { rto: 30m, ends: \"step:look\" }\ninputs:\n  host: { ask: H }\n  \
                region: { ask: R }\n  sure: { type: boolean }\n  wait: { type: duration }\n  when: { type: datetime }\n  \
                tables: { type: list }\nsteps:\n";
    let before = "  - { id: before, title: B, effect: read, shell: date, capture: { n: stdout | trim | int } }\n  \
                  - { id: query, title: Q, effect: read, target: db, sql: SELECT 1 AS n }\n";
    let look = format!(
        "  - id: look\n    title: L\n    effect: read\n    shell: date\n    expect: {condition:?}\n"
    );
    let after = "  - { id: after, title: A, effect: read, shell: date, capture: { later: stdout | trim | int } }\n";
    codes(&look_at(&[head, before, &look, after].concat()))
}

fn look_at(source: &str) -> Vec<Diagnostic> {
    look(&[text("x.yaml", source)], None)
}

#[test]
fn each_rule_on_expressions_has_three_that_raise_it_and_three_that_do_not() {
    let mut wrong = Vec::new();
    for (code, bad, good) in EXPRESSIONS {
        assert!(bad.len() >= 3 && good.len() >= 3, "{code}");
        let silent = bad.iter().filter(|condition| !said(condition).contains(code));
        wrong.extend(silent.map(|condition| format!("{code} is not raised by: {condition}")));
        let loud = good.iter().filter(|condition| said(condition).contains(code));
        wrong.extend(loud.map(|condition| format!("{code} is raised by: {condition}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_drill_without_answers_is_told_of_every_question_that_would_stop_it() {
    let source = "mayday: 1\nid: x\ntitle: T\ninputs: { host: { ask: H } }\nsteps:\n  \
        - { id: drop, title: \"D {{ host }}\", effect: destructive, shell: dropdb app }\n  \
        - { id: gate, title: G, effect: change, shell: systemctl stop a, confirm: { ask: Sure? } }\n  \
        - { id: rows, title: R, effect: change, target: db, sql: UPDATE t SET a = 1 WHERE b, commit: ask }\n  \
        - { id: free, title: F, effect: change, shell: systemctl stop b }\n  \
        - { id: seen, title: S, confirm: Seen?, evidence: { ask: Ticket? } }\n\
        drill:\n  environments: [staging]\n  answers: { ANSWERS }\n  pass: [{ id: ok, must: true, that: now > 0 }]\n";
    let asked = |answers: &str| {
        let found = look_at(&source.replace("ANSWERS", answers));
        let about = found.iter().filter(|fault| fault.code.0 == "W117");
        about.map(|fault| fault.help[0].clone()).collect::<Vec<_>>()
    };
    let none = asked("").join("\n");
    for name in ["host", "drop", "gate", "rows.commit", "seen", "seen.evidence"] {
        assert!(none.contains(&format!("`{name}: ...`")), "{name} in {none}");
    }
    assert!(!none.contains("free"), "{none}");
    let all = "host: a, drop: drop, gate: y, rows.commit: y, seen: y, seen.evidence: none";
    assert_eq!(asked(all), Vec::<String>::new());
}

#[test]
fn a_default_without_any_word_is_no_list() {
    let text = super::text(
        "empty.yaml",
        "mayday: 1\nid: empty\ntitle: T\nseverity: SEV-3\ninputs: { t: { type: list, default: [] } }\nsteps:\n  - { id: a, title: A, effect: read, shell: 'echo \"$t\"' }\n",
    );
    let found = super::look(&[text], None);
    assert!(super::codes(&found).contains("E077"), "{found:#?}");
}

#[test]
fn reading_an_object_to_standard_output_is_no_change() {
    let book = |command: &str| {
        let text = super::text(
            "s3.yaml",
            &format!(
                "mayday: 1\nid: s3\ntitle: T\nseverity: SEV-3\nsteps:\n  - id: a\n    title: A\n    effect: read\n    shell: echo\n    verify: [{{ title: V, shell: '{command}' }}]\n"
            ),
        );
        super::codes(&super::look(&[text], None)).contains("E082")
    };
    assert!(!book("aws s3 cp s3://b/k - --no-progress"));
    assert!(!book("aws s3 cp s3://b/k ./k"));
    assert!(book("aws s3 cp - s3://b/k"));
    assert!(book("aws s3 cp ./k s3://b/k"));
}

#[test]
fn a_field_that_no_kind_of_a_target_has_is_found_with_the_fields_that_there_are() {
    let book = |field: &str| {
        let text = super::text(
            "fields.yaml",
            &format!(
                "mayday: 1\nid: fields\ntitle: T\nseverity: SEV-3\nsteps:\n  - {{ id: a, title: \"On {{{{ targets.db.{field} }}}}\", assert: 'true' }}\n"
            ),
        );
        let config = super::parse::config(&super::file("mayday.yaml"));
        super::look(&[text], Some(&config))
    };
    let found = book("port");
    let fault = found.iter().find(|fault| fault.code.0 == "E064").expect("a fault");
    assert_eq!(fault.message, "`targets.db` has no field `port`");
    assert!(fault.help.iter().any(|help| help.contains("host")), "{:?}", fault.help);
    // In production it is a server, in the rehearsal a file: what either has is no slip.
    for field in ["host", "path", "type"] {
        assert!(!super::codes(&book(field)).contains("E064"), "{field}");
    }
}

#[test]
fn habits_of_other_languages_are_led_to_what_is_written_here() {
    let step = |field: &str| {
        format!(
            "mayday: 1\nid: habits\ntitle: A fixture\nreviewed: \"2026-11-01\"\ninputs: {{ host: {{}} }}\nsteps:\n  \
             - {{ id: a, title: A, manual: Do it, {field} }}\n"
        )
    };
    for (field, help) in [
        ("when: \"{{ host == 'a' }}\"", "it is an expression already: write it without `{{ }}`"),
        ("when: \"host = 'a'\"", "compare with `==`"),
        ("when: \"$host == 'a'\"", "write the name alone, without `$`"),
        ("when: \"host == 'a' && host != 'b'\"", "write `and`"),
        ("when: \"host == 'a' || host == '!'\"", "write `or`"),
        ("when: \"host === 'a'\"", "write `==`"),
        ("when: \"!(host == 'a')\"", "write `not`"),
        ("when: \"host == primary\"", "a word that is meant stands in quotes: `'primary'`"),
        ("when: \"(host | lines | list | length) > 0\"", "leave it out: filters such as `map`"),
        ("when: \"host | strip == 'a'\"", "write `trim`"),
        ("why: \"For {{ host }\"", "close it with `}}`"),
    ] {
        let found = look(&[text("habits.yaml", &step(field))], None);
        let page = render::human(&found, false, 100);
        assert!(page.contains(help), "{field}\n{page}");
    }
}

#[test]
fn a_word_of_expressions_is_no_name() {
    let with = |name: &str| {
        format!(
            "mayday: 1\nid: words\ntitle: A fixture\nreviewed: \"2026-11-01\"\nsteps:\n  - id: a\n    title: A\n    \
             effect: read\n    shell: date\n    capture: {{ \"{name}\": stdout }}\n"
        )
    };
    for name in ["none", "true", "not", "in", "if"] {
        assert!(codes(&look_at(&with(name))).contains("E052"), "{name}");
    }
    for name in ["nothing", "nope", "inn", "iff"] {
        assert!(!codes(&look_at(&with(name))).contains("E052"), "{name}");
    }
}
