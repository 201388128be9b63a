//! A document and a newer filling of its template become one: facts are brought up to date, people's words stay.

use super::{Block, Broken, Mark, Part, hash, parts, written};

/// What came of bringing a document up to date.
#[derive(Debug, Default, PartialEq)]
pub struct Merged {
    /// The document.
    pub text: String,
    /// Blocks that have newer facts now.
    pub updated: Vec<String>,
    /// Blocks that a person changed and whose facts are the same: left as they are.
    pub kept: Vec<String>,
    /// Blocks that a person changed and whose facts changed, too: left as they are.
    pub conflicts: Vec<Conflict>,
    /// Blocks of the template that are not in the document: a person took them out.
    pub missing: Vec<String>,
    /// Blocks of the document that the template does not have: left as they are.
    pub unknown: Vec<String>,
    /// Whether the document has any block at all.
    pub has_blocks: bool,
    /// Whether the template has none of its blocks.
    pub is_foreign: bool,
}

/// A block that a person changed and whose facts changed, too.
#[derive(Debug, PartialEq)]
pub struct Conflict {
    /// Its name.
    pub block: String,
    /// The line of its first mark in the new document, from 1.
    pub line: usize,
    /// What it says.
    pub theirs: String,
    /// What the record says.
    pub facts: String,
}

/// The document with the facts of `filled`.
///
/// # Errors
/// The first mark of either that does not fit; then nothing may be written.
pub fn merge(document: &str, filled: &str) -> Result<Merged, Broken> {
    let fresh: Vec<Block<'_>> = parts(filled)?
        .into_iter()
        .filter_map(|part| match part {
            Part::Block(block) => Some(block),
            Part::Text(_) => None,
        })
        .collect();
    let mut merged = Merged::default();
    let mut met: Vec<&str> = Vec::new();
    for part in parts(document)? {
        let block = match part {
            Part::Text(words) => {
                merged.text.push_str(words);
                continue;
            }
            Part::Block(block) => block,
        };
        merged.has_blocks = true;
        met.push(block.name);
        match fresh.iter().find(|fresh| fresh.name == block.name) {
            Some(fresh) => merged.block(&block, fresh),
            None => {
                merged.unknown.push(block.name.to_owned());
                merged.text.push_str(block.whole);
            }
        }
    }
    let missing = fresh.iter().map(|block| block.name).filter(|name| !met.contains(name));
    merged.is_foreign = merged.unknown.len() == met.len();
    merged.missing = missing.map(str::to_owned).collect();
    Ok(merged)
}

impl Merged {
    fn block(&mut self, old: &Block<'_>, fresh: &Block<'_>) {
        let (was, now) = (hash(old.inner), hash(fresh.inner));
        // What the person has taken note of counts as what they started from.
        let base = old.mark.seen.or(old.mark.filled);
        if was == now || old.inner.trim().is_empty() || old.mark.filled == Some(&*was) {
            if was != now {
                self.updated.push(old.name.to_owned());
            }
            self.text.push_str(&ended_as(old.whole, fresh.whole));
        } else if base == Some(&*now) {
            self.kept.push(old.name.to_owned());
            let lang = old.mark.lang;
            let settled = Mark { filled: base, lang, ..Mark::default() };
            if old.mark == settled {
                self.text.push_str(old.whole);
            } else {
                self.with_mark(old, settled);
            }
        } else {
            self.conflicts.push(Conflict {
                block: old.name.to_owned(),
                line: self.text.matches('\n').count() + 1,
                theirs: old.inner.to_owned(),
                facts: fresh.inner.to_owned(),
            });
            let lang = old.mark.lang;
            self.with_mark(old, Mark { filled: base, conflict: Some(&now), seen: None, lang });
        }
    }

    /// The person's block, with another first mark.
    fn with_mark(&mut self, old: &Block<'_>, mark: Mark<'_>) {
        let line = format!("{}{}", old.front, written(&mark));
        self.text.push_str(&ended_as(old.whole, &line));
        self.text.push_str(old.inner);
        self.text.push_str(old.end);
    }
}

/// The text with its lines ended as those of the other.
fn ended_as(other: &str, text: &str) -> String {
    let windows = other.lines().next().is_some_and(|line| other[line.len()..].starts_with("\r\n"));
    if windows { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::seal;
    use super::*;
    use crate::text::lang::Lang;

    fn page(facts: &str) -> String {
        let page = format!(
            "# T\n<!-- journal:seq 0-9 block:a -->\n{facts}\n<!-- /block:a -->\n\nwords\n\n\
             <!-- journal:seq 0-9 block:b -->\nsame\n<!-- /block:b -->\n"
        );
        seal(&page, Lang::English).unwrap()
    }

    #[test]
    fn facts_are_brought_up_to_date_and_words_stay() {
        let old = page("one").replace("words", "what Ana wrote\r\n``` odd").replace("# T", "");
        let new = merge(&old, &page("two")).unwrap();
        assert_eq!(
            new.text,
            page("two").replace("words", "what Ana wrote\r\n``` odd").replace("# T", "")
        );
        assert_eq!((new.updated, new.kept, new.conflicts.len()), (vec!["a".to_owned()], vec![], 0));
        let same = merge(&new.text, &page("two")).unwrap();
        assert_eq!((same.text, same.updated), (new.text, vec![]));
    }

    #[test]
    fn a_block_that_both_changed_is_a_conflict_until_it_is_settled() {
        let mine = page("one").replace("\none\n", "\nmine\n");
        let same = merge(&mine, &page("one")).unwrap();
        assert_eq!((&*same.text, same.kept), (&*mine, vec!["a".to_owned()]));
        let both = merge(&mine, &page("two")).unwrap();
        assert_eq!(both.conflicts.len(), 1);
        assert_eq!((&*both.conflicts[0].theirs, &*both.conflicts[0].facts), ("mine\n", "two\n"));
        assert_eq!(both.conflicts[0].line, 2);
        assert!(
            both.text.contains("\nmine\n") && both.text.contains(" conflict:"),
            "{}",
            both.text
        );
        // Shown again, and with the newest facts, until the person says so.
        let again = merge(&both.text, &page("three")).unwrap();
        assert_eq!(again.conflicts[0].facts, "three\n");
        assert_eq!(merge(&again.text, &page("three")).unwrap().text, again.text);
        let seen = again.text.replace(" conflict:", " seen:");
        let kept = merge(&seen, &page("three")).unwrap();
        assert!(kept.conflicts.is_empty() && kept.text.contains("\nmine\n"));
        assert!(!kept.text.contains("conflict:") && !kept.text.contains("seen:"));
        assert_eq!(merge(&kept.text, &page("four")).unwrap().conflicts.len(), 1);
        // Emptied: the facts are wanted.
        let emptied = again.text.replace("mine", "");
        assert_eq!(merge(&emptied, &page("three")).unwrap().text, page("three"));
        // A mark without its hash: whose words these are is not known.
        let bare = page("one").replace(&format!(" sha256:{}", hash("one")), "");
        assert_eq!(merge(&bare, &page("two")).unwrap().conflicts.len(), 1);
    }

    #[test]
    fn what_is_not_in_the_other_stays_as_it_is() {
        let old = page("one").replace("block:b", "block:other");
        let new = merge(&old, &page("two")).unwrap();
        assert_eq!((new.missing, new.unknown), (vec!["b".to_owned()], vec!["other".to_owned()]));
        let none = merge("only words", &page("two")).unwrap();
        assert!(!none.has_blocks && none.text == "only words");
    }

    #[test]
    fn broken_marks_are_told_with_their_line() {
        let page = page("one");
        let end = "<!-- /block:a -->\n";
        for (broken, said) in [
            (page.replace(end, ""), "line 7: block `b` begins inside block `a` of line 2"),
            (page.replace("<!-- /block:b -->\n", ""), "line 8: the end of block `b` is missing"),
            (page.replace("block:b", "block:a"), "line 8: block `a` is there twice"),
            (page.replace(end, &format!("> {end}")), "line 4: a mark of a block"),
            (page.replace("block:a sha", "block:A sha"), "line 2: a mark of a block"),
            (page.replace("<!-- journal:seq 0-9 block:a", "<!-- x"), "line 4: block `a` ends"),
            (page.replace("sha256:", "sha256 "), "line 2: a mark of a block"),
        ] {
            let told = merge(&broken, &page).unwrap_err().to_string();
            assert!(told.starts_with(said), "{told}\n{broken}");
        }
    }

    #[test]
    fn what_stands_in_a_fence_of_a_block_is_no_mark() {
        let facts = "````text\n<!-- /block:a -->\n```\n<!-- journal:seq 1-2 block:b -->\n````";
        let old = page(facts);
        assert_eq!(merge(&old, &page("two")).unwrap().text, page("two"));
    }

    #[test]
    fn windows_line_ends_stay_and_are_no_edit() {
        let old = page("one").replace('\n', "\r\n");
        let new = merge(&old, &page("two")).unwrap();
        assert_eq!(new.text, page("two").replace('\n', "\r\n"));
    }
}
