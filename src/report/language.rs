//! What a finished post-mortem no longer has: blanks, open conflicts, and words that blame.
//!
//! Owns the word lists, English and Spanish, each entry with its source. The sources, and what to write instead, are
//! told in book/post-mortems.md. Looks only at what people wrote: facts are as they are.

use super::blocks::{self, Broken};

mod reads;
mod words;

pub use reads::Rule;
pub use words::{BLAME, Phrase, SOURCES};

use reads::{Part, Word, blames};

/// What begins a blank.
const BLANK: &str = "‹TODO";

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The line, from 1.
    pub line: usize,
    /// What kind.
    pub kind: FindingKind,
    /// What is there, and what may help.
    pub what: String,
}

/// Kinds of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// Nobody has filled it in.
    Blank,
    /// The facts of a block changed after a person had changed it.
    Conflict,
    /// Words that blame.
    Blame,
    /// It says that it is reviewed, and is not ready for it.
    Status,
}

impl FindingKind {
    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::Conflict => "conflict",
            Self::Blame => "blame",
            Self::Status => "status",
        }
    }
}

/// Everything to look at, by line.
///
/// # Errors
/// Marks of blocks that do not fit: whose words are whose is not known then.
pub fn check(text: &str) -> Result<Vec<Finding>, Broken> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for blank in line.match_indices(BLANK).map(|(at, _)| &line[at..]) {
            let what = blank.split('›').next().unwrap_or_default().trim_start_matches(BLANK);
            let what = what.trim_start_matches(':').trim().to_owned();
            found.push(Finding { line: index + 1, kind: FindingKind::Blank, what });
        }
    }
    let blanks = found.len();
    for (line, name) in blocks::conflicts(text)? {
        let what = format!("block {name}: its facts changed after somebody had changed it");
        found.push(Finding { line, kind: FindingKind::Conflict, what });
    }
    let told = prose(&blocks::by_people(text)?);
    let words = words_of(&told);
    for phrase in BLAME {
        for line in places(&words, phrase) {
            let what = format!("“{}”: {}", phrase.words, phrase.instead);
            found.push(Finding { line, kind: FindingKind::Blame, what });
        }
    }
    for (line, words) in &told {
        if blanks > 0 && is_reviewed(words) {
            let what = format!("it says that it is reviewed, with {blanks} blanks left");
            found.push(Finding { line: *line, kind: FindingKind::Status, what });
        }
    }
    found.sort_by_key(|found| found.line);
    Ok(found)
}

/// The words of people in lower case, without comments, blanks and fenced blocks.
fn prose(lines: &[(usize, &str)]) -> Vec<(usize, String)> {
    let (mut comment, mut fence) = (false, 0);
    let mut told = Vec::new();
    for (number, line) in lines {
        let ticks = line.trim_start().chars().take_while(|c| *c == '`').count();
        if !comment && (if fence == 0 { ticks >= 3 } else { ticks >= fence }) {
            fence = if fence == 0 { ticks } else { 0 };
            continue;
        }
        if fence > 0 {
            continue;
        }
        let mut words = String::new();
        let mut rest = *line;
        while !rest.is_empty() {
            let (mark, skips) = if comment { ("-->", true) } else { ("<!--", false) };
            let (front, behind) = match rest.find(mark) {
                Some(at) => (&rest[..at], Some(&rest[at + mark.len()..])),
                None => (rest, None),
            };
            if !skips {
                words.push_str(front);
                words.push(' ');
            }
            comment = if behind.is_some() { !skips } else { comment };
            rest = behind.unwrap_or_default();
        }
        told.push((*number, without_code(&without_blanks(&words)).to_lowercase()));
    }
    told
}

/// What stands between backquotes is what a program says or is called.
fn without_code(line: &str) -> String {
    let mut kept = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        let (front, code) = rest.split_at(at);
        let ticks = code.len() - code.trim_start_matches('`').len();
        let inner = &code[ticks..];
        let Some(end) = inner.find(&code[..ticks]) else { break };
        kept.push_str(front);
        kept.push_str(" x ");
        rest = &inner[end + ticks..];
    }
    kept + rest
}

fn without_blanks(line: &str) -> String {
    let mut kept = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(BLANK) {
        kept.push_str(&rest[..at]);
        rest = rest[at..].split_once('›').map_or("", |(_, behind)| behind);
    }
    kept + rest
}

/// The lines on which a phrase blames. Accents do not matter, nor how wide the spaces are, nor where a line ends.
fn places(words: &[Word], phrase: &Phrase) -> Vec<usize> {
    let wanted = plain(phrase.words);
    let wanted: Vec<&str> = wanted.split(' ').collect();
    let mut lines = Vec::new();
    for (at, window) in words.windows(wanted.len()).enumerate() {
        let same = window.iter().zip(&wanted).all(|(word, wanted)| word.text == *wanted);
        let whole = window[..window.len() - 1].iter().all(|word| !word.ends);
        let blames = same && whole && blames(words, at, wanted.len(), phrase.words, phrase.rule);
        if blames && lines.last() != Some(&words[at].line) {
            lines.push(words[at].line);
        }
    }
    lines
}

/// Every word, with where clauses end: at their signs, and where a paragraph, an item or a cell does.
fn words_of(told: &[(usize, String)]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut part = Part::Prose;
    for (number, line) in told {
        let bare = plain(line);
        let trimmed = bare.trim_start();
        let begins = trimmed.is_empty() || trimmed.starts_with(['#', '-', '*', '+', '|', '>', '<']);
        if begins && let Some(last) = words.last_mut() {
            last.ends = true;
        }
        if trimmed.starts_with('#') {
            let luck = ["luck", "suerte"].iter().any(|word| trimmed.contains(word));
            part = if luck { Part::Luck } else { Part::Prose };
        }
        let part = if trimmed.starts_with('#') { Part::Heading } else { part };
        let said = trimmed.split_whitespace().filter(|word| !word.contains("://"));
        for piece in said {
            let mut rest = piece;
            while !rest.is_empty() {
                let end =
                    rest.find(|c: char| !c.is_alphanumeric() && c != '\'').unwrap_or(rest.len());
                let (text, behind) = rest.split_at(end);
                let text = text.trim_matches('\'');
                if !text.is_empty() {
                    let text = text.to_owned();
                    words.push(Word { line: *number, text, ends: false, part });
                }
                let mut chars = behind.chars();
                let sign = chars.next();
                rest = chars.as_str();
                if sign.is_some_and(|c| ".!?;:,()|".contains(c))
                    && let Some(last) = words.last_mut()
                {
                    last.ends = true;
                }
            }
        }
        if trimmed.starts_with('#')
            && let Some(last) = words.last_mut()
        {
            last.ends = true;
        }
    }
    words
}

fn plain(text: &str) -> String {
    text.chars().map(bare).collect()
}

/// Whether the words stand there whole.
fn says(line: &str, phrase: &str) -> bool {
    let line = plain(line);
    let words = line.split(|c: char| !c.is_alphanumeric() && c != '\'');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let wanted = plain(phrase);
    let wanted: Vec<&str> = wanted.split(' ').collect();
    words.windows(wanted.len()).any(|window| window == wanted)
}

fn bare(c: char) -> char {
    match c {
        'á' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ó' => 'o',
        'ú' | 'ü' => 'u',
        '’' => '\'',
        other => other,
    }
}

/// The line that tells the status, and it is more than a draft.
fn is_reviewed(line: &str) -> bool {
    let status = ["status of this document", "estado de este documento"];
    let more = ["reviewed", "closed", "revisado", "cerrado"];
    status.iter().any(|words| says(line, words)) && more.iter().any(|word| says(line, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(usize, &'static str)> {
        check(text).unwrap().iter().map(|found| (found.line, found.kind.word())).collect()
    }

    #[test]
    fn every_phrase_is_found_and_has_a_source_and_other_words() {
        for phrase in BLAME {
            for text in [phrase.words.to_uppercase(), format!("It was,\t{}!", phrase.words)] {
                let told = check(&text).unwrap();
                assert!(told.iter().any(|one| one.what.contains(phrase.words)), "{text}: {told:?}");
            }
            assert!(SOURCES.iter().any(|(key, _)| *key == phrase.source), "{}", phrase.words);
            let other = check(phrase.instead).unwrap();
            assert!(other.is_empty(), "what is to be said instead blames, too: {other:?}");
        }
        for (key, _) in SOURCES {
            assert!(BLAME.iter().any(|phrase| phrase.source == *key), "{key} is used nowhere");
        }
    }

    #[test]
    fn words_count_whole_and_only_where_people_wrote_them() {
        assert_eq!(kinds("the culprits' fault line"), []);
        assert_eq!(kinds("Root causes, in the plural"), []);
        assert_eq!(kinds("<!-- should have -->\n<!-- he\nshould have\n--> well"), []);
        assert_eq!(kinds("```\nwe failed to ask\n```\nwe failed to ask"), [(4, "blame")]);
        assert_eq!(kinds("DEBIO avisar"), [(1, "blame")]);
        assert_eq!(
            kinds("should  have <!-- x --> asked. could have"),
            [(1, "blame"), (1, "blame")]
        );
    }

    #[test]
    fn blanks_and_a_status_that_is_too_early_are_told() {
        let page = "- Status of this document: Reviewed\n| ‹TODO: owner› | ‹TODO: date› |\n‹TODO should have";
        assert_eq!(kinds(page), [(1, "status"), (2, "blank"), (2, "blank"), (3, "blank")]);
        assert_eq!(kinds("- Status of this document: Reviewed"), []);
        let draft = "- Status of this document: Draft ‹TODO: In review, Reviewed, Closed›";
        assert_eq!(kinds(draft), [(1, "blank")]);
        assert_eq!(check(draft).unwrap()[0].what, "In review, Reviewed, Closed");
        assert_eq!(
            kinds("- Estado de este documento: Revisado ‹TODO›"),
            [(1, "blank"), (1, "status")]
        );
    }

    #[test]
    fn facts_are_as_they_are_until_somebody_changes_them() {
        let page = "<!-- journal:seq 0-1 block:a -->\nwe failed to start\n<!-- /block:a -->\n";
        let sealed = blocks::seal(page, crate::text::lang::Lang::English).unwrap();
        assert_eq!(kinds(&sealed), []);
        assert_eq!(kinds(&sealed.replace("start", "stop")), [(2, "blame")]);
        let conflict = sealed.replace("sha256:", "conflict:00 sha256:");
        assert_eq!(kinds(&conflict), [(1, "conflict")]);
        assert!(check(&sealed.replace("<!-- /block:a -->", "")).is_err());
    }
}
