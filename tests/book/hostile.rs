//! Playbooks whose texts try to be something else on a page.

use serde_json::json;

use super::{given, pages, sent, tags};
use crate::support::desk::Desk;

/// Texts that mean something to Markdown, HTML, mdBook or SVG. What a terminal obeys, no playbook may hold.
const TEXTS: &[&str] = &[
    "<script>alert(1)</script>",
    "</title></svg><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "{{#include /etc/passwd}}",
    "{{ #include /etc/passwd }}",
    "{{#playground x.rs}} and {{#title Owned}}",
    "# heading\n\n## more\n\n- list",
    "[x](javascript:alert(1)) ![y](http://x/y.png) <http://z>",
    "| a | b |\n|---|---|\n",
    "``` ````` ~~~~ `` ` \\` \\",
    "*bold* _it_ __x__ ~~s~~ a\\*b",
    "</code></pre><b>out</b>",
    "]]> --> <!-- <![CDATA[",
    "&lt;b&gt; &#60;script&#62; &amp;",
    "1. not a list",
    "<style>*{display:none}</style>",
    "数据库 👩‍👩‍👧 ﷽ é",
];

/// A playbook with the text wherever a text may stand.
fn playbook(text: &str) -> String {
    let t = serde_json::to_string(text).unwrap();
    format!(
        "mayday: 1\nid: bad\ntitle: {t}\nowner: {t}\nuse_when: [{t}]\nalerts: [{t}]\n\
         not_for: [{{ if: {t}, use: {t} }}]\nescalation: [{{ after: 1m, to: [{t}] }}]\n\
         timers: {{ t: {{ say: {t}, after: 1m }} }}\ninputs: {{ i: {{ ask: {t}, default: {t} }} }}\n\
         objectives: {{ rto: 5m, ends: {t} }}\nrequires: {{ tools: [{t}], secrets: [{t}] }}\n\
         phases:\n  - id: p\n    title: {t}\n    when: {t}\n    steps:\n\
         \x20     - {{ id: a, title: {t}, why: {t}, role: {t}, link: {t}, when: {t}, for_each: {t}, effect: destructive, target: {t}, shell: {t}, expect: {t}, confirm: {{ ask: {t}, type_to_confirm: {t}, second_person: {t} }}, verify: [{{ title: {t}, that: {t} }}], undo: {{ title: {t}, effect: change, shell: {t} }}, on_crash: {{ probe: {{ shell: {t} }}, done_if: {t} }}, on_fail: {{ menu: [retry, handoff: {t}, switch_to: {t}] }}, evidence: {{ files: [{t}], ask: {t} }} }}\n\
         \x20     - {{ id: b, title: {t}, choose: {{ ask: {t}, options: {{ one: {t}, two: {t} }} }} }}\n\
         \x20     - {{ id: c, title: {t}, manual: {{ do: {t}, open: {t} }} }}\n\
         \x20     - {{ id: d, title: {t}, notify: {{ to: {t}, message: {t} }} }}\n\
         \x20     - {{ id: e, title: {t}, sql: {t}, effect: read, target: db }}\n\
         \x20     - {{ id: f, title: {t}, link: 'https://example.com/\">x', ask: {t} }}\n\
         drill:\n  environments: [{t}]\n  sign_off: [{t}]\n  setup: [{{ id: s, title: {t}, effect: change, shell: {t} }}]\n\
         \x20 pass: [{{ id: k, title: {t}, that: {t}, points: 10 }}]\n"
    )
}

#[test]
fn no_text_of_a_playbook_is_obeyed_on_any_page() {
    const OURS: &[&str] = &[
        "!doctype", "html", "head", "meta", "title", "style", "body", "main", "figure", "svg",
        "desc", "rect", "polygon", "polyline", "text", "h1", "h2", "h3", "h4", "p", "ul", "ol",
        "li", "strong", "code", "pre", "table", "thead", "tbody", "tr", "th", "td", "div", "br",
        "a",
    ];
    for text in TEXTS {
        let desk = Desk::with(&[
            ("mayday.yaml", "playbooks: playbooks\n"),
            ("playbooks/bad.yaml", &playbook(text)),
        ]);
        let html = desk.mayday(&["show", "bad", "--format", "html"]);
        assert_eq!(html.code, Some(0), "{text}: {}", html.all());
        for tag in tags(&html.out) {
            assert!(OURS.contains(&tag.as_str()), "{text} made a <{tag}>");
        }
        assert_eq!(html.out.matches("<style>").count(), 1, "{text}");
        assert_eq!(html.out.matches("<h1>").count(), 1, "{text} made a heading");
        assert_eq!(html.out.matches("<h3>").count(), 6, "{text} made or lost a heading");
        assert_eq!(html.out.matches("mayday-tick\"").count(), 6, "{text} lost a step");
        for link in html.out.split("href=\"").skip(1) {
            let address = link.split('"').next().unwrap();
            assert!(
                address.starts_with("https://") || address.starts_with("http://"),
                "{text}: {address}"
            );
        }
        let opened = html.out.split('<').skip(1).map(|piece| piece.split('>').next().unwrap());
        assert!(!opened.into_iter().any(|tag| tag.contains("onerror")), "{text}");

        let root = desk.path("").to_str().unwrap().to_owned();
        let said = given(&desk, &["book"], &sent(&root, &json!({})));
        for (path, page) in pages(&said) {
            // mdBook would put a file in for it, were its preprocessor to come later.
            let calls = page.split("{{").skip(1).any(|rest| rest.trim_start().starts_with('#'));
            assert!(!calls, "{path} hands mdBook something to put in: {text}");
            for tag in
                tags(&mayday::book::print::document(text, &page, mayday::text::lang::Lang::English))
            {
                assert!(OURS.contains(&tag.as_str()), "{path}: {text} made a <{tag}>");
            }
        }
    }
}

#[test]
fn a_playbook_full_of_faults_is_shown_as_far_as_it_can_be_read() {
    for text in [
        "mayday: 1\nid: x\ntitle: T\nsteps: []\n",
        "mayday: 1\nid: x\ntitle: T\nphases:\n  - id: p\n    title: P\n    steps:\n      - id: a\n        title: A\n",
    ] {
        let desk =
            Desk::with(&[("mayday.yaml", "playbooks: playbooks\n"), ("playbooks/x.yaml", text)]);
        for format in ["md", "html", "text", "json"] {
            let said = desk.mayday(&["show", "x", "--format", format]);
            assert_eq!(said.code, Some(0), "{format}: {}", said.all());
        }
    }
}
