//! What a report as a page says is closed, too: its markup holds no words, and its words have their Spanish.

use std::path::{Path, PathBuf};

use super::closed::{files, texts};
use crate::text::spanish::sentences;

/// Where a page and its pictures are written.
const PAGE: [&str; 4] = ["report/html.rs", "report/html", "report/picture", "report/picture.rs"];

/// What begins a value of an attribute that is read to somebody.
const HEARD: [&str; 3] = ["aria-label=\"", " title=\"", " alt=\""];

/// Classes of the style sheet, and words that Mermaid obeys.
const NO_WORDS: [&str; 3] = ["label inside", "end label", "todayMarker off"];

fn literals() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    for path in PAGE {
        files(&root.join(path), &mut all);
    }
    let read = |path: PathBuf| {
        let found = texts(&std::fs::read_to_string(&path).unwrap());
        found.into_iter().map(move |text| (path.clone(), text))
    };
    all.into_iter().flat_map(read).collect()
}

#[test]
fn the_markup_of_a_page_holds_no_words() {
    let tag = regex::Regex::new(r"<[^<>]*>?|\{[^{}]*\}").unwrap();
    let code = regex::Regex::new(r"<code>[^<]*</code>").unwrap();
    let mut seen = 0;
    for (path, text) in literals().into_iter().filter(|(_, text)| text.contains('<')) {
        seen += 1;
        for heard in HEARD {
            let fixed = text.split(heard).skip(1).find(|rest| !rest.starts_with("{}"));
            assert!(fixed.is_none(), "{}: {heard}{}", path.display(), fixed.unwrap_or_default());
        }
        let words = tag.replace_all(&code.replace_all(&text, ""), "").into_owned();
        // The end of a tag that another piece begins.
        let words = words.rsplit('>').next().unwrap_or_default();
        let words = words.replace("RTO", "");
        assert!(!words.chars().any(char::is_alphabetic), "{}: {words}", path.display());
    }
    assert!(seen > 80, "only {seen} pieces of markup: they are no longer written like this");
}

#[test]
fn the_words_of_a_page_have_their_spanish() {
    let gap = regex::Regex::new(r"\{[^{}]*\}").unwrap();
    let bare = |text: &str| gap.replace_all(text.trim_start_matches('<'), "{}").into_owned();
    let known: std::collections::BTreeSet<_> = sentences().map(|one| bare(one.english)).collect();
    let (mut seen, mut open) = (0, Vec::new());
    for (path, text) in literals() {
        // Words begin a sentence, or there are three of them; what draws has signs among its letters.
        let words = text.split(' ').filter(|word| {
            word.len() > 1 && word.chars().all(|c| c.is_ascii_alphabetic() || ",.;:".contains(c))
        });
        if text.contains(['<', '=', '_']) || words.count() < 2 {
            continue;
        }
        seen += 1;
        if !known.contains(&bare(&text)) && !NO_WORDS.contains(&text.as_str()) {
            open.push(format!("{}: {text}", path.display()));
        }
    }
    assert!(open.is_empty(), "no Spanish (src/text/spanish/page.txt):\n{}", open.join("\n"));
    assert!(seen > 60, "only {seen} sentences: they are no longer written like this");
}
