//! What a step is given and what it sends: names that a script reads in any way, and requests as a whole.

use super::desk;
use crate::support::http;

#[test]
fn a_script_gets_each_name_that_it_reads_with_a_dollar_or_without() {
    let desk = desk(
        "  - {id: count, title: Count, effect: read, shell: echo 41, capture: {rows: 'stdout | trim | int', host: \"'a b'\"}}
  - id: use
    title: Use them
    effect: read
    shell: |
      echo \"sum $((rows + 1))\"
      if ((rows > 40)); then echo many; fi
      echo \"env $(printenv host)\"
      echo | awk '{ print \"awk \" ENVIRON[\"host\"] }'",
    );
    desk.mayday(&["check"]).is(0, &[]);
    desk.mayday(&["run", "p"]).is(0, &["| sum 42", "| many", "| env a b", "| awk a b"]);
}

#[test]
fn an_output_that_is_no_json_is_said_to_be_none() {
    let server = http::Server::answering(|_| ("200 OK", String::new(), "{\"ok\": tru".to_owned()));
    let url = server.url("/");
    let desk = desk(&format!(
        "  - {{id: words, title: Words, effect: read, shell: echo no, expect: json.ok, on_fail: continue}}
  - {{id: none, title: None, effect: read, shell: 'true', capture: {{a: json.a}}, on_fail: continue}}
  - {{id: page, title: Page, effect: read, http: {{get: '{url}'}}, capture: {{a: json.ok}}, on_fail: continue}}
  - {{id: field, title: Field, effect: read, shell: 'echo \"{{}}\"', capture: {{a: json.a}}}}",
    ));
    desk.mayday(&["run", "p"]).is(
        5,
        &[
            "expectation: `json` has no value: what was printed is not JSON",
            "capture `a`: `json` has no value: nothing was printed",
            "capture `a`: `json` has no value: the answer is not JSON",
            "capture `a`: `json` has no `a`",
        ],
    );
}

#[test]
fn a_request_is_shown_with_all_that_it_carries_before_it_is_sent() {
    let server = http::Server::answering(|_| ("200 OK", String::new(), "{}".to_owned()));
    let url = server.url("/flags");
    let desk = desk(&format!(
        "  - {{id: name, title: Name, effect: read, shell: echo red, capture: {{flag: stdout | trim}}}}
  - id: off
    title: Turn it off
    effect: change
    http: {{post: '{url}', headers: {{X-Who: ops}}, idempotency_key: k7, json: {{name: '{{{{ flag }}}}', enabled: false, share: 0, tags: [null, a]}}}}",
    ));
    let body = |flag: &str| {
        format!("{{\"name\":\"{flag}\",\"enabled\":false,\"share\":0,\"tags\":[null,\"a\"]}}")
    };
    let all =
        |flag: &str| vec![body(flag), "X-Who: ops".to_owned(), "Idempotency-Key: k7".to_owned()];
    let said = |arguments: &[&str], flag: &str| {
        let expected = all(flag);
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        desk.mayday(arguments).is(0, &expected);
    };
    said(&["show", "p"], "{{ flag }}");
    said(&["run", "p", "--dry-run"], "<from name.flag>");
    assert!(server.asked().is_empty());
    said(&["run", "p"], "red");
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn what_must_be_typed_is_what_the_screen_shows() {
    let desk = desk(
        "  - {id: look, title: Look, effect: read, shell: 'printf \" main \\n\"', capture: {branch: stdout, two: \"'a  b'\", blank: \"'  '\"}}
  - {id: gone, title: Delete it, effect: destructive, confirm: {type_to_confirm: '{{ branch }}'}, shell: 'true'}
  - {id: sure, title: Sure, confirm: {ask: 'Sure?', type_to_confirm: '{{ two }}'}}
  - {id: open, title: Open, confirm: {ask: 'Open?', type_to_confirm: '{{ blank }}'}}",
    );
    let given = ["--confirm", "gone=main", "--answer", "sure=a b", "--answer", "open="];
    let said = desk.mayday(&[&["run", "p", "--no-input"], &given[..]].concat());
    said.is(5, &["go ahead: main", "the text to type for confirmation is empty"]);
}

#[test]
fn an_answer_that_can_never_be_taken_is_refused_before_anything_runs() {
    let desk = desk(
        "  - {id: first, title: First, effect: change, shell: touch ran}
  - {id: way, title: Way, choose: {ask: 'Which?', options: {left: Left, right: Right}}}
  - {id: many, title: Many, ask: {question: 'How many?', type: integer}}
  - {id: sure, title: Sure, confirm: 'Sure?'}",
    );
    for (given, words) in [
        (["--answer", "way=up"], "take --answer way=up: one of left, right"),
        (["--answer", "many=some"], "take --answer many=some: type a whole number"),
        (["--answer", "sure=perhaps"], "take --answer sure=perhaps: type y or n"),
        (["--confirm", "sure=yes"], "hint: its answer is --answer sure=yes"),
    ] {
        desk.mayday(&["run", "p", "--no-input", given[0], given[1]]).is(2, &[words]);
        assert!(!desk.path("ran").exists());
    }
    let right = ["--answer", "way=left", "--answer", "many=3", "--answer", "sure=yes"];
    desk.mayday(&[&["run", "p", "--no-input"], &right[..]].concat()).is(0, &["COMPLETED"]);
}

/// An order's number, an account, a hash: more digits than a computer's number holds.
#[test]
fn a_number_of_many_digits_goes_on_as_it_was_printed() {
    let desk = desk(
        "  - {id: a, title: A, effect: read, shell: 'echo ''{\"h\": 12345678901234567890123}''', capture: {h: json.h}}
  - {id: b, title: 'B {{ h }}', effect: change, shell: 'echo \"$h\" > out'}",
    );
    desk.mayday(&["run", "p", "--no-input"]).is(0, &["B 12345678901234567890123"]);
    assert_eq!(std::fs::read_to_string(desk.path("out")).unwrap(), "12345678901234567890123\n");
}

#[test]
fn a_value_in_a_json_body_keeps_its_type_where_nothing_stands_beside_it() {
    let server = http::Server::start();
    let url = server.url("/status/200");
    let desk = desk(&format!(
        "  - {{id: a, title: A, effect: read, shell: 'echo 7', capture: {{n: stdout | int, word: stdout | trim, all: '[1, 2]'}}}}
  - id: b
    title: B
    effect: change
    http:
      post: '{url}'
      json:
        replicas: '{{{{ n }}}}'
        more: '{{{{ n + 1 }}}}'
        word: '{{{{ word }}}}'
        words: '{{{{ n }}}} pods'
        deep: {{all: ['{{{{ all }}}}', true, '{{{{ n > 3 }}}}'], plain: '5'}}
"
    ));
    desk.mayday(&["run", "p", "--no-input"]).is(0, &[]);
    let body: serde_json::Value = serde_json::from_str(&server.asked()[0].body).unwrap();
    let wanted = serde_json::json!({
        "replicas": 7, "more": 8, "word": "7", "words": "7 pods",
        "deep": {"all": [[1, 2], true, true], "plain": "5"},
    });
    assert_eq!(body, wanted);
}
