//! What mdBook asks and what it gets.

use serde_json::json;

use super::{given, pages, sent};
use crate::support::desk::Desk;

const SMALL: &str = "mayday: 1\nid: small\ntitle: A small one\nsteps:\n  - id: look\n    title: Look\n    effect: read\n    shell: ls\n";

#[test]
fn every_renderer_is_served() {
    let desk = Desk::with(&[]);
    for renderer in ["html", "markdown", "anything"] {
        let said = given(&desk, &["book", "supports", renderer], "");
        assert_eq!((said.code, said.all().as_str()), (Some(0), ""));
    }
}

#[test]
fn what_is_no_book_is_refused_with_what_to_do() {
    let desk = Desk::with(&[]);
    let wrong = [
        "",
        "{",
        "[]",
        "[{}]",
        "[{}, 3]",
        "[{}, {\"chapters\": []}]",
        "\u{0}\u{1}",
        "[1, {\"items\": 7}]",
    ];
    for input in wrong {
        let said = given(&desk, &["book"], input);
        assert_eq!(said.out, "", "{input}");
        said.is(2, &["error: failed to", "hint: mdBook starts this itself"]);
    }
}

#[test]
fn the_projects_around_the_book_or_those_it_names_are_taken() {
    let desk = Desk::with(&[
        ("mayday.yaml", "playbooks: playbooks\n"),
        ("playbooks/small.yaml", SMALL),
        ("playbooks/inner/mayday.yaml", "playbooks: .\n"),
        ("playbooks/inner/other.yaml", &SMALL.replace("id: small", "id: other")),
        ("playbooks/broken.yaml", "mayday: [\n"),
    ]);
    let root = desk.path("").to_str().unwrap().to_owned();
    let said = given(&desk, &["book"], &sent(&root, &json!({})));
    assert!(said.err.contains("warning: playbooks/broken.yaml cannot be read"), "{}", said.err);
    let all = pages(&said);
    let names: Vec<&str> = all.keys().map(String::as_str).collect();
    assert_eq!(names, ["playbooks.md", "playbooks/general/small.md", "playbooks/inner/other.md"]);
    assert!(all["playbooks.md"].contains("`playbooks/broken.yaml` cannot be read as a playbook"));

    let only = json!({"projects": ["playbooks/inner/mayday.yaml"]});
    let some = pages(&given(&desk, &["book"], &sent(&root, &only)));
    assert_eq!(some.len(), 2, "{some:?}");
    let none = json!({"projects": ["nowhere.yaml"]});
    given(&desk, &["book"], &sent(&root, &none)).is(4, &["failed to read", "nowhere.yaml"]);
}

#[test]
fn two_names_that_look_alike_are_two_pages_in_one_folder() {
    let desk = Desk::with(&[
        ("mayday.yaml", "playbooks: playbooks\n"),
        ("playbooks/a.yaml", &SMALL.replace("id: small", "id: a/b")),
        ("playbooks/b.yaml", &SMALL.replace("id: small", "id: \"a-b\"")),
        ("playbooks/c.yaml", &SMALL.replace("id: small", "id: \"../../../c\"")),
    ]);
    let root = desk.path("").to_str().unwrap().to_owned();
    let all = pages(&given(&desk, &["book"], &sent(&root, &json!({}))));
    assert_eq!(all.len(), 4);
    for path in all.keys().filter(|path| *path != "playbooks.md") {
        assert!(path.starts_with("playbooks/") && !path.contains(".."), "{path}");
    }
}
