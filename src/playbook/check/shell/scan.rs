//! Reads a script into commands. One pass over the bytes; nesting is bounded.

use std::collections::VecDeque;

use super::{Command, Joint, Redirect, Script, Word};

mod arithmetic;
mod words;

use words::name_length;

/// Substitutions nested deeper than this are passed over.
const DEPTH: usize = 32;
/// Words that may stand in front of a command and are none.
const KEYWORDS: &[&str] = &[
    "if", "then", "else", "elif", "while", "until", "do", "!", "{", "}", "time", "fi", "done",
    "esac", "in",
];
/// Programs that run the program behind them: name and options that take a value.
const WRAPPERS: &[(&str, &[&str])] = &[
    ("sudo", &["-u", "-g", "-h", "-p"]),
    ("doas", &["-u"]),
    ("env", &["-u"]),
    ("nohup", &[]),
    ("command", &[]),
    ("exec", &[]),
    ("nice", &["-n"]),
    ("ionice", &["-c", "-n"]),
    ("timeout", &["-s", "-k"]),
    ("xargs", &["-n", "-P", "-I", "-d", "-L"]),
    ("npx", &["-p"]),
    ("setsid", &[]),
    ("stdbuf", &["-o", "-i", "-e"]),
];

/// The commands of a script.
#[must_use]
pub fn scan(text: &str) -> Script {
    let mut scanner =
        Scanner { text, bytes: text.as_bytes(), at: 0, script: Script::default(), bodies: vec![] };
    while scanner.at < text.len() {
        scanner.commands(None, 0);
        scanner.at += 1;
    }
    scanner.script
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    script: Script,
    /// Here-documents whose bodies come after the line.
    bodies: Vec<Body>,
}

/// A here-document that was announced.
struct Body {
    delimiter: String,
    literal: bool,
    /// The command and redirection it belongs to, once both are known by their place.
    redirect_at: usize,
}

/// A command that is being read.
#[derive(Default)]
struct Draft {
    words: Vec<Word>,
    redirects: Vec<Redirect>,
    before: Joint,
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn starts(&self, with: &str) -> bool {
        self.text.as_bytes()[self.at..].starts_with(with.as_bytes())
    }

    /// Reads commands up to `close`, which is left unread, or the end.
    fn commands(&mut self, close: Option<u8>, depth: usize) {
        let mut draft = Draft::default();
        while self.at < self.bytes.len() {
            let byte = self.bytes[self.at];
            if Some(byte) == close {
                break;
            }
            let in_test = draft.words.first().is_some_and(|word| word.text == "[[")
                && draft.words.last().is_some_and(|word| word.text != "]]");
            match byte {
                _ if matches!(byte, b' ' | b'\t' | b'\r')
                    || (in_test && matches!(byte, b'&' | b'|' | b'<' | b'>' | b'(' | b')')) =>
                {
                    self.at += 1;
                }
                b'\\' if self.peek(1) == b'\n' => self.at += 2,
                b'#' => self.skip_line(),
                b'\n' => {
                    self.at += 1;
                    self.finish(&mut draft, Joint::Next);
                    self.read_bodies();
                }
                b'&' if self.peek(1) == b'&' => self.separate(&mut draft, Joint::And, 2),
                b'&' if self.peek(1) == b'>' => self.redirect(&mut draft, depth),
                b'|' if self.peek(1) == b'|' => self.separate(&mut draft, Joint::Or, 2),
                b'|' if self.peek(1) == b'&' => self.separate(&mut draft, Joint::Pipe, 2),
                b'|' => self.separate(&mut draft, Joint::Pipe, 1),
                b'(' if self.starts("((") => self.skip_arithmetic(),
                b';' | b'&' | b'(' | b')' => self.separate(&mut draft, Joint::Next, 1),
                b'<' | b'>' if self.peek(1) != b'(' => self.redirect(&mut draft, depth),
                b'0'..=b'9' if self.is_numbered_redirect() => self.redirect(&mut draft, depth),
                _ => {
                    let word = self.word(depth);
                    draft.words.push(word);
                }
            }
        }
        self.finish(&mut draft, Joint::Next);
        if close.is_none() {
            self.read_bodies();
        }
    }

    fn separate(&mut self, draft: &mut Draft, joint: Joint, length: usize) {
        self.finish(draft, joint);
        self.at += length;
    }

    fn skip_line(&mut self) {
        while self.at < self.bytes.len() && self.bytes[self.at] != b'\n' {
            self.at += 1;
        }
    }

    /// `((...))`: names in it are variables, with or without `$`.
    fn skip_arithmetic(&mut self) {
        let start = self.at;
        let rest = &self.text[start..];
        let length = rest.find("))").unwrap_or(rest.len());
        self.at = (start + length + 2).min(self.bytes.len());
        arithmetic::names(&rest[..length], start, &mut self.script);
    }

    fn is_numbered_redirect(&self) -> bool {
        let digits = self.bytes[self.at..].iter().take_while(|b| b.is_ascii_digit()).count();
        matches!(self.peek(digits), b'<' | b'>')
    }

    fn redirect(&mut self, draft: &mut Draft, depth: usize) {
        let start = self.at;
        while self.at < self.bytes.len()
            && matches!(self.bytes[self.at], b'0'..=b'9' | b'&' | b'<' | b'>' | b'|')
            && !(self.bytes[self.at].is_ascii_digit() && self.at > start && self.at_operator(start))
        {
            self.at += 1;
            if self.text[start..self.at].ends_with(">&")
                || self.text[start..self.at].ends_with("<&")
            {
                break;
            }
        }
        let op = self.text[start..self.at].to_owned();
        if op.ends_with("<<") {
            if self.peek(0) == b'-' {
                self.at += 1;
            }
            self.skip_blanks();
            let before = self.at;
            let delimiter = self.word(depth).text;
            let literal = self.text[before..self.at].contains(['\'', '"', '\\']);
            draft.redirects.push(Redirect { op, target: Word::default() });
            self.bodies.push(Body { delimiter, literal, redirect_at: start });
            if let Some(last) = draft.redirects.last_mut() {
                last.target.range = start..self.at;
            }
            return;
        }
        self.skip_blanks();
        let target = self.word(depth);
        draft.redirects.push(Redirect { op, target });
    }

    /// True once an operator character was read since `start`.
    fn at_operator(&self, start: usize) -> bool {
        self.text[start..self.at].contains(['<', '>'])
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(0), b' ' | b'\t') {
            self.at += 1;
        }
    }

    /// Reads the bodies of the here-documents announced on the line before.
    fn read_bodies(&mut self) {
        for body in std::mem::take(&mut self.bodies) {
            let start = self.at;
            let mut end = self.bytes.len();
            let mut next = self.bytes.len();
            let mut line_start = start;
            for line in self.text[start.min(self.text.len())..].split_inclusive('\n') {
                if line.trim_end_matches('\n').trim_start_matches('\t') == body.delimiter {
                    end = line_start;
                    next = line_start + line.len();
                    break;
                }
                line_start += line.len();
            }
            let text = self.text[start.min(end)..end].to_owned();
            let variables =
                if body.literal { Vec::new() } else { self.variables_between(start.min(end)..end) };
            self.script.used.extend(variables.iter().cloned());
            let filled = Word { range: start.min(end)..end, text, variables, pattern: false };
            let redirects = self.script.commands.iter_mut().rev().flat_map(|c| &mut c.redirects);
            if let Some(redirect) = redirects
                .into_iter()
                .find(|r| r.op.ends_with("<<") && r.target.range.start == body.redirect_at)
            {
                redirect.target = filled;
            }
            self.at = next;
        }
    }

    /// Turns what was read into a command.
    fn finish(&mut self, draft: &mut Draft, joint: Joint) {
        let read = std::mem::replace(draft, Draft { before: joint, ..Draft::default() });
        let (Some(start), Some(end)) = (
            read.words
                .iter()
                .map(|w| w.range.start)
                .chain(read.redirects.iter().map(|r| r.target.range.start))
                .min(),
            read.words
                .iter()
                .map(|w| w.range.end)
                .chain(read.redirects.iter().map(|r| r.target.range.end))
                .max(),
        ) else {
            // An empty command, as behind `do`: what joined it joins the next one.
            return;
        };
        let mut words = VecDeque::from(read.words);
        if words.front().is_some_and(|word| word.text == "for") {
            self.script.assigned.extend(words.get(1).map(|word| word.text.clone()));
            words.clear();
        }
        if words.front().is_some_and(|word| word.text == "case") {
            words.clear();
        }
        let mut wrappers: Vec<&str> = Vec::new();
        while let Some(first) = words.front() {
            let wrapped = wrappers.last() == Some(&"env");
            if let Some(name) = assignment(first) {
                if !wrapped {
                    self.script.assigned.push(name.to_owned());
                }
                words.pop_front();
            } else if wrappers.is_empty() && KEYWORDS.contains(&first.text.as_str()) {
                words.pop_front();
            } else if let Some((name, valued)) =
                WRAPPERS.iter().find(|(name, _)| first.text == *name)
                && words.len() > 1
            {
                wrappers.push(name);
                words.pop_front();
                skip_options(&mut words, name, valued);
            } else {
                break;
            }
        }
        let words = Vec::from(words);
        let command = Command {
            words,
            redirects: read.redirects,
            before: read.before,
            after: joint,
            range: start..end,
        };
        if matches!(
            command.program(),
            "read" | "local" | "export" | "declare" | "readonly" | "mapfile" | "printf"
        ) {
            let names =
                command.arguments().iter().map(|w| w.text.split('=').next().unwrap_or_default());
            self.script.assigned.extend(names.map(ToOwned::to_owned));
        }
        self.nested_script(&command);
        self.script.commands.push(command);
    }

    /// `bash -c '...'` and `ssh host '...'` hold a script in a word; its faults are shown at the word.
    fn nested_script(&mut self, command: &Command) {
        let inner = match command.program() {
            "bash" | "sh" | "dash" | "zsh" => command.value_of(&["-c", "-ec", "-lc", "-euc"]),
            "ssh" => command.words.last().filter(|word| word.text.contains(' ')),
            _ => None,
        };
        let Some(word) = inner.filter(|word| word.range.len() < self.text.len()) else { return };
        let mut script = scan(&word.text);
        for command in &mut script.commands {
            let words = command.words.iter_mut();
            words.for_each(|inner| {
                inner.range = word.range.clone();
                inner.variables.iter_mut().for_each(|v| v.range = word.range.clone());
            });
            command.redirects.iter_mut().for_each(|r| r.target.range = word.range.clone());
            command.range = word.range.clone();
        }
        self.script.commands.append(&mut script.commands);
        self.script.assigned.append(&mut script.assigned);
    }
}

/// `NAME` of a word `NAME=value`.
fn assignment(word: &Word) -> Option<&str> {
    let (name, _) = word.text.split_once('=')?;
    let name = name.trim_end_matches('+');
    (!name.is_empty() && name_length(name) == name.len()).then_some(name)
}

fn skip_options(words: &mut VecDeque<Word>, wrapper: &str, valued: &[&str]) {
    while words.len() > 1 && words.front().is_some_and(|word| word.text.starts_with('-')) {
        let option = words.pop_front();
        if option.is_some_and(|o| valued.contains(&o.text.as_str())) && words.len() > 1 {
            words.pop_front();
        }
    }
    // `timeout 10 command`: the time stands in front of the command.
    if wrapper == "timeout" && words.len() > 1 {
        words.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(text: &str) -> Vec<String> {
        scan(text).commands.iter().map(|c| c.program().to_owned()).collect()
    }

    #[test]
    fn commands_are_found_behind_keywords_wrappers_and_inside_substitutions() {
        assert_eq!(
            programs("if ! sudo -u pg psql -c x; then echo \"$(date -u)\"; fi"),
            ["psql", "date", "echo", ""]
        );
        assert_eq!(
            programs("# rm x\nA=1 env B=2 timeout 5 curl x | jq .a && ls"),
            ["curl", "jq", "ls"]
        );
        assert_eq!(programs("for f in a b; do gzip -t \"$f\"; done"), ["", "gzip", ""]);
        assert_eq!(programs("cat <<'E'\nrm -rf /\nE\nls"), ["cat", "ls"]);
        assert_eq!(programs("[[ $a < b && -f c ]] || exit 1"), ["[[", "exit"]);
        assert_eq!(programs("bash -c 'rm -rf x; ls'"), ["rm", "ls", "bash"]);
    }

    #[test]
    fn names_in_arithmetic_are_variables_without_a_dollar() {
        let script = scan(
            "((tries > 3)) && echo $((size / 1024 + ${free:-0} - 16#ff)); ((i = 0)); ((a[key] == 0x1f))",
        );
        let names: Vec<_> = script.used.iter().map(|v| (v.name.as_str(), v.guarded)).collect();
        let plain = [("tries", false), ("size", false), ("free", true), ("a", false)];
        assert_eq!(names, plain);
        assert_eq!(script.assigned, ["i"]);
        let text = "((größe + n";
        assert!(scan(text).used.iter().all(|v| text.get(v.range.clone()).is_some()));
    }

    #[test]
    fn words_keep_their_variables_and_quotes() {
        let script = scan("psql \"$db_url\" -c 'DELETE $x' $y ${z:-1} > out.txt 2>&1");
        let names: Vec<_> =
            script.used.iter().map(|v| (v.name.as_str(), v.quoted, v.guarded)).collect();
        assert_eq!(names, [("db_url", true, false), ("y", false, false), ("z", false, true)]);
        let command = &script.commands[0];
        assert_eq!(command.arguments()[2].text, "DELETE $x");
        let files: Vec<_> = command.output_files().map(|w| w.text.as_str()).collect();
        assert_eq!(files, ["out.txt"]);
    }

    #[test]
    fn options_are_found_alone_with_a_value_and_in_a_cluster() {
        let script = scan("curl -fsS --max-time=5 x; psql -v ON_ERROR_STOP=1 -f \"$f\" < in");
        let [curl, psql] = script.commands.as_slice() else { panic!("{script:?}") };
        assert!(curl.has(&["-f"]) && curl.has(&["--max-time"]) && !curl.has(&["-L"]));
        assert_eq!(psql.value_of(&["-f"]).map(|w| w.text.as_str()), Some("$f"));
        assert_eq!(psql.input_file().map(|w| w.text.as_str()), Some("in"));
    }

    #[test]
    fn odd_scripts_end() {
        for text in
            ["$(", "`", "'", "\"$(", "a <<E", "${", "((", "&>", "é\\", "$((", "<(", "a)b", "\\"]
        {
            let _ = scan(text);
        }
        let _ = scan(&"$(".repeat(5000));
        let _ = scan(&"a<<E\n".repeat(500));
    }
}
