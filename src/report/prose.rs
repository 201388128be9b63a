//! What people wrote into a post-mortem: the words between its filled blocks, and blocks that somebody changed.
//!
//! Owns what counts as written by somebody: not what the template says, no comment, no blank. Must not know how
//! a page shows it.

use super::blocks::{Broken, Part, parts};

/// So many lines of a block that somebody changed are repeated: a timeline has thousands.
const MOST_LINES: usize = 60;

/// So many characters of prose are repeated; the document has the rest.
const MOST: usize = 200_000;

/// What stands below a heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The heading, without its signs; empty for what stands before the first one.
    pub heading: String,
    /// The pieces, in their order.
    pub pieces: Vec<Piece>,
}

/// A piece of prose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A paragraph.
    Words(String),
    /// An entry of a list.
    Entry(String),
    /// Lines that stay lines: a table, code.
    Lines(Vec<String>),
    /// A filled block that somebody changed, by its name.
    Changed(String, Vec<String>),
    /// It goes on in the document.
    More,
}

/// What people wrote, below each heading. Headings without any words are left out.
///
/// # Errors
/// The first mark that does not fit: then nobody knows what is whose.
pub fn of(document: &str) -> Result<Vec<Said>, Broken> {
    let mut all = Reader::default();
    for part in parts(document)? {
        match part {
            Part::Text(text) => all.text(text),
            Part::Block(block) if block.is_edited() => {
                all.flush();
                let mut lines: Vec<String> =
                    block.inner.lines().map(|line| line.trim_end().to_owned()).collect();
                let cut = lines.len() > MOST_LINES;
                lines.truncate(MOST_LINES);
                all.push(Piece::Changed(block.name.to_owned(), lines));
                if cut {
                    all.push(Piece::More);
                }
            }
            // What is not said outside a block ends at it.
            Part::Block(_) => all.flush(),
        }
    }
    all.flush();
    all.said.retain(|said| !said.pieces.is_empty());
    Ok(all.said)
}

#[derive(Default)]
struct Reader {
    said: Vec<Said>,
    words: String,
    lines: Vec<String>,
    fence: Option<String>,
    comment: bool,
    characters: usize,
}

impl Reader {
    fn text(&mut self, text: &str) {
        for line in text.lines() {
            self.line(line.trim_end());
        }
    }

    fn line(&mut self, line: &str) {
        if let Some(fence) = &self.fence {
            if line.trim() == fence {
                self.fence = None;
                self.flush();
            } else {
                self.lines.push(line.to_owned());
            }
            return;
        }
        let line = &self.without_comments(line);
        let bare = line.trim();
        // A line with a blank is still the template's.
        if bare.contains("‹TODO") || matches!(bare, "---" | "***") {
            return;
        }
        let ticks = bare.chars().take_while(|c| *c == '`').count();
        if ticks >= 3 {
            self.flush();
            self.fence = Some("`".repeat(ticks));
        } else if let Some(heading) = heading(bare) {
            self.flush();
            self.said.push(Said { heading: heading.to_owned(), pieces: Vec::new() });
        } else if bare.is_empty() {
            self.flush();
        } else if bare.starts_with('|') {
            self.lines.push(bare.to_owned());
        } else if let Some(entry) = entry(bare) {
            self.flush();
            self.push(Piece::Entry(entry.to_owned()));
        } else {
            if !self.words.is_empty() {
                self.words.push(' ');
            }
            self.words.push_str(bare.trim_start_matches('>').trim_start());
        }
    }

    /// The line without what stands in comments; one may go over many lines.
    fn without_comments(&mut self, line: &str) -> String {
        let (mut kept, mut rest) = (String::new(), line);
        loop {
            if self.comment {
                let Some((_, after)) = rest.split_once("-->") else { return kept };
                (self.comment, rest) = (false, after);
            }
            let Some((before, after)) = rest.split_once("<!--") else {
                kept.push_str(rest);
                return kept;
            };
            kept.push_str(before);
            (self.comment, rest) = (true, after);
        }
    }

    fn flush(&mut self) {
        let words = std::mem::take(&mut self.words);
        if !words.is_empty() {
            self.push(Piece::Words(words));
        }
        let lines = std::mem::take(&mut self.lines);
        // The head of a table and the line below it are the template's as long as no row follows.
        let table = lines.iter().all(|line| line.starts_with('|'));
        if !lines.is_empty() && (!table || lines.len() > 2) {
            self.push(Piece::Lines(lines));
        }
    }

    fn push(&mut self, piece: Piece) {
        if self.characters > MOST {
            return;
        }
        self.characters += match &piece {
            Piece::Words(text) | Piece::Entry(text) => text.len(),
            Piece::Lines(lines) | Piece::Changed(_, lines) => lines.iter().map(String::len).sum(),
            Piece::More => 0,
        };
        if self.said.is_empty() {
            self.said.push(Said::default());
        }
        let more = self.characters > MOST;
        if let Some(said) = self.said.last_mut() {
            said.pieces.push(if more { Piece::More } else { piece });
        }
    }
}

fn heading(line: &str) -> Option<&str> {
    let signs = line.chars().take_while(|c| *c == '#').count();
    let text = line.get(signs..)?.strip_prefix(' ')?;
    (1..=6).contains(&signs).then(|| text.trim().trim_end_matches('#').trim_end())
}

/// The words of an entry of a list: behind `- `, `* `, `+ `, `1. `.
fn entry(line: &str) -> Option<&str> {
    if let Some(entry) = ["- ", "* ", "+ "].iter().find_map(|sign| line.strip_prefix(sign)) {
        return Some(entry.trim());
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = line.get(digits..)?;
    let rest = rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") "))?;
    (1..=9).contains(&digits).then(|| rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(prose: &str) -> String {
        let page = format!(
            "# T\n\n<!-- journal:seq 0-9 block:a -->\nfacts\n<!-- /block:a -->\n\n## Summary\n\n{prose}\n"
        );
        super::super::blocks::seal(&page, crate::text::lang::Lang::English).unwrap()
    }

    #[test]
    fn only_what_somebody_wrote_is_told() {
        assert_eq!(of(&page("‹TODO: two or three sentences.›\n\n<!-- Ask how.\n  Not why. -->\n\n| role | name |\n|---|---|\n| ‹TODO: role› | ‹TODO: name› |\n\n---")).unwrap(), []);
        let told = of(&page(
            "A disk\nwas full. <!-- c -->\n\n- one\n2. two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```sh\n# x\n```\n> quoted",
        ))
        .unwrap();
        let text = str::to_owned;
        assert_eq!(
            told,
            [Said {
                heading: text("Summary"),
                pieces: vec![
                    Piece::Words(text("A disk was full.")),
                    Piece::Entry(text("one")),
                    Piece::Entry(text("two")),
                    Piece::Lines(vec![text("| a | b |"), text("|---|---|"), text("| 1 | 2 |")]),
                    Piece::Lines(vec![text("# x")]),
                    Piece::Words(text("quoted")),
                ],
            }]
        );
    }

    #[test]
    fn a_block_that_somebody_changed_is_told_and_a_long_one_is_cut() {
        let changed = page("").replace("\nfacts\n", "\nmy own words\n");
        let told = of(&changed).unwrap();
        assert_eq!(told[0].heading, "T");
        assert_eq!(
            told[0].pieces,
            [Piece::Changed("a".to_owned(), vec!["my own words".to_owned()])]
        );
        let long = page("").replace("\nfacts\n", &format!("\n{}", "x\n".repeat(1_000)));
        assert!(matches!(
            of(&long).unwrap()[0].pieces.as_slice(),
            [Piece::Changed(..), Piece::More]
        ));
        let long = of(&page(&"word ".repeat(100_000))).unwrap();
        assert_eq!(long[0].pieces, [Piece::More]);
        assert!(of(&page("").replace("<!-- /block:a -->", "")).is_err());
    }
}
