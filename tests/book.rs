//! The book: its pages are made from the playbooks, and what it tells is so.

mod documents;
mod hostile;
mod names;
mod pages;
mod protocol;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::desk::{Desk, Said};

/// `mayday book` at a desk, with this on its standard input.
fn given(desk: &Desk, arguments: &[&str], input: &str) -> Said {
    let mut command = desk.command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // What it does not read is no fault of ours.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Said::from(child.wait_with_output().unwrap())
}

/// What mdBook sends: a book of one chapter that wants the playbooks.
fn sent(root: &str, ours: &Value) -> String {
    let chapter = json!({"Chapter": {"name": "Playbooks", "content": "# Playbooks\n\n<!-- mayday playbooks -->\n",
        "number": [3], "sub_items": [], "path": "playbooks.md", "source_path": "playbooks.md", "parent_names": []}});
    let context = json!({"root": root, "renderer": "html", "mdbook_version": "0.5.4",
        "config": {"book": {}, "preprocessor": {"mayday": ours}}});
    json!([context, {"items": [chapter]}]).to_string()
}

/// The pages that came back, by path, the table of them among them.
fn pages(said: &Said) -> BTreeMap<String, String> {
    assert_eq!(said.code, Some(0), "{}", said.all());
    let book: Value = serde_json::from_str(&said.out).unwrap();
    let top = &book["items"][0]["Chapter"];
    let page = |chapter: &Value| {
        (
            chapter["path"].as_str().unwrap().to_owned(),
            chapter["content"].as_str().unwrap().to_owned(),
        )
    };
    let below = top["sub_items"].as_array().unwrap().iter().map(|item| page(&item["Chapter"]));
    below.chain([page(top)]).collect()
}

/// The names of the tags of a piece of HTML, in order; fails where they do not close one another.
fn tags(html: &str) -> Vec<String> {
    const EMPTY: &[&str] = &["meta", "br", "hr", "!doctype"];
    let (mut open, mut all) = (Vec::new(), Vec::new());
    for piece in html.split('<').skip(1) {
        let tag = piece.split('>').next().unwrap();
        assert!(tag.len() < piece.len(), "a tag without an end: <{piece}");
        let name =
            tag.trim_start_matches('/').split([' ', '/']).next().unwrap().to_ascii_lowercase();
        if tag.starts_with('/') {
            assert_eq!(open.pop().as_ref(), Some(&name), "<{tag}> closes another one");
        } else if !tag.ends_with('/') && !EMPTY.contains(&name.as_str()) {
            open.push(name.clone());
        }
        all.push(name);
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    all
}
