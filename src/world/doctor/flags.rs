//! `flags`: does the installed program know the flags that steps give it?
//!
//! Only its own help is asked. Words in front of `--help` are given to programs of the table alone ([`help`]), which are
//! known to print help then and to do nothing; of any other one the bare `--help` is read, when a playbook requires
//! it. A flag that is called unknown and is not would cost trust: where the help leaves it open, nothing is claimed.

use std::path::{Path, PathBuf};

use super::{Finding, Flags, Look, Outcome, Shared, Wants};
use crate::world::tools;
use help::{Answer, Help};

mod help;
mod known;

const KIND: &str = "flags";

/// One question: a program, the words that may stand in front of its flags, and the flags.
struct Question {
    name: String,
    words: Vec<String>,
    flags: Flags,
    help: Option<&'static Help>,
    place: Whereabouts,
}

/// Where a program is looked for.
#[derive(Clone, Copy)]
enum Whereabouts {
    /// On PATH.
    Path,
    /// Where `npx` finds it without fetching it.
    Package,
}

pub(super) fn looks(wants: &Wants) -> Vec<Look> {
    let mut looks = Vec::new();
    for (name, want) in &wants.tools {
        let help = help::of(name);
        if help.is_none() && !want.declared {
            continue;
        }
        let (asked, left) = split(&want.flags, help);
        looks.extend(asked.into_iter().map(|(words, flags)| {
            let (name, place) = (name.clone(), Whereabouts::Path);
            look(Question { name, words, flags, help, place })
        }));
        looks.extend(left.into_iter().map(|(words, flags)| {
            let says = format!(
                "{} not looked at: nobody knows what these words and --help would do",
                list(&flags)
            );
            told([name.as_str(), &words.join(" ")].join(" "), says)
        }));
    }
    for (package, flags) in &wants.packages {
        // Without the version: `prisma@7`.
        let at = package.get(1..).and_then(|rest| rest.find('@'));
        let name = at.map_or(package.as_str(), |at| &package[..=at]);
        match help::of(name) {
            Some(help) => {
                looks.extend(split(flags, Some(help)).0.into_iter().map(|(words, flags)| {
                    let (name, place) = (name.to_owned(), Whereabouts::Package);
                    look(Question { name, words, flags, help: Some(help), place })
                }));
            }
            None if flags.values().all(Flags::is_empty) => {}
            None => {
                let says =
                    "its flags are not looked at: nobody knows what its words and --help would do";
                looks.push(told(format!("npx {package}"), says.to_owned()));
            }
        }
    }
    looks
}

fn told(subject: String, says: String) -> Look {
    let finding = Finding::new(KIND, &subject, Outcome::Skip, says);
    Look { kind: KIND, subject, job: Box::new(move |_| vec![finding]) }
}

fn look(question: Question) -> Look {
    let subject = question.subject();
    Look { kind: KIND, subject, job: Box::new(move |shared| question.answer(shared)) }
}

type Asked = Vec<(Vec<String>, Flags)>;

/// What is asked in one go: the words that may be given, and the flags behind them; and the flags that stand behind
/// words which may not be given.
fn split(
    all: &std::collections::BTreeMap<Vec<String>, Flags>,
    help: Option<&Help>,
) -> (Asked, Asked) {
    let depth = help.map_or(0, |help| help.words);
    let (mut asked, mut left): (Asked, Asked) = (Vec::new(), Vec::new());
    for (words, flags) in all.iter().filter(|(_, flags)| !flags.is_empty()) {
        if help.is_none() && !words.is_empty() {
            left.push((words.clone(), flags.clone()));
            continue;
        }
        let Some(given) = help.map_or(Some(&[][..]), |help| help.words_of(words)) else {
            left.push((words.clone(), flags.clone()));
            continue;
        };
        let mut flags = flags.clone();
        // Behind more words than it is asked with they may be a subcommand's.
        if depth > 0 && words.len() > given.len() {
            flags.far.append(&mut flags.near);
        }
        let words = given.to_vec();
        match asked.iter_mut().find(|(known, _)| *known == words) {
            Some((_, more)) => more.add(flags),
            None => asked.push((words, flags)),
        }
    }
    (asked, left)
}

fn list(flags: &Flags) -> String {
    let all: std::collections::BTreeSet<&str> =
        flags.near.iter().chain(&flags.far).map(String::as_str).collect();
    all.into_iter().collect::<Vec<_>>().join(" ")
}

impl Question {
    fn subject(&self) -> String {
        let name = match self.place {
            Whereabouts::Path => self.name.clone(),
            Whereabouts::Package => format!("npx {}", self.name),
        };
        [std::slice::from_ref(&name), &self.words].concat().join(" ")
    }

    fn answer(&self, shared: &Shared) -> Vec<Finding> {
        let say = |outcome, says: String| vec![Finding::new(KIND, &self.subject(), outcome, says)];
        let program = match self.place {
            Whereabouts::Path => match tools::find(&self.name, &shared.path) {
                Ok(program) => program,
                // That it is missing is said by `tool`.
                Err(_) => return Vec::new(),
            },
            Whereabouts::Package => match package(&self.name, shared) {
                Some(program) => program,
                None => {
                    let says = format!(
                        "not asked: npx fetches it when the step runs; `npm install {}` where steps run, and it can be",
                        self.name
                    );
                    return say(Outcome::Skip, says);
                }
            },
        };
        match self.judge(&program, shared) {
            Err(why) => say(Outcome::Skip, format!("its flags are not known: its help {why}")),
            Ok((outcome, says)) => say(outcome, says),
        }
    }

    fn judge(&self, program: &Path, shared: &Shared) -> Result<(Outcome, String), String> {
        let answer = help::ask(program, &self.words, self.help, shared)?;
        let unknown = self.unknown(&answer);
        if unknown.is_empty() {
            return Ok((Outcome::Ok, list(&self.flags)));
        }
        let (unknown, shown) = (unknown.join(" "), program.display());
        if !answer.well {
            // Help that ends badly may be a complaint about the words.
            return Ok((
                Outcome::Skip,
                format!(
                    "its help ends with an error and does not name {unknown}: try it by hand ({shown})"
                ),
            ));
        }
        if !self.words.is_empty() && answer.commands {
            let bare = help::ask(program, &[], self.help, shared).ok();
            if bare.is_some_and(|bare| bare.text == answer.text) {
                let words = self.words.join(" ");
                return Ok((
                    Outcome::Fail,
                    format!(
                        "it knows no `{words}`, and answers with its general help: install what brings it, or correct \
                         the step ({shown})"
                    ),
                ));
            }
        }
        let says =
            format!("its help does not know {unknown}: update the tool, or the step ({shown})");
        Ok((Outcome::Fail, says))
    }

    /// The flags that the help says are none.
    fn unknown<'a>(&'a self, answer: &Answer) -> Vec<&'a str> {
        let depth = self.help.map(|help| help.words);
        // Without its words a program with subcommands has only the flags that all of these take.
        let bare = depth > Some(0) && self.words.is_empty();
        let leaf = || !bare && !answer.commands;
        let far = self.flags.far.iter().filter(|_| depth == Some(0) || leaf());
        let all = self.flags.near.iter().chain(far);
        let names = self.help.is_some_and(|help| help.names);
        let knows = if names { known::knows_name } else { known::knows };
        let mut unknown: Vec<&str> =
            all.filter(|flag| !knows(&answer.text, flag)).map(String::as_str).collect();
        unknown.sort_unstable();
        unknown.dedup();
        unknown
    }
}

/// A program of a package that is installed: below the folder where steps run or one above it, or on PATH.
fn package(name: &str, shared: &Shared) -> Option<PathBuf> {
    let near = shared.cwd.ancestors().map(|folder| folder.join("node_modules/.bin").join(name));
    near.into_iter().find(|file| file.is_file()).or_else(|| tools::find(name, &shared.path).ok())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn flags(near: &[&str]) -> Flags {
        Flags { near: near.iter().map(|flag| (*flag).to_owned()).collect(), ..Flags::default() }
    }

    #[test]
    fn only_programs_of_the_table_get_words_in_front_of_the_help() {
        let mut all = BTreeMap::from([(vec!["production".to_owned()], flags(&["--force"]))]);
        let (asked, left) = split(&all, None);
        assert!(asked.is_empty() && left == [(vec!["production".to_owned()], flags(&["--force"]))]);
        all.insert(Vec::new(), flags(&["--soft"]));
        assert_eq!(split(&all, None).0, [(Vec::new(), flags(&["--soft"]))]);
        assert_eq!(split(&all, help::of("netlify")).0.len(), 2);
    }

    #[test]
    fn behind_more_words_than_are_asked_a_flag_may_be_anothers() {
        let words = ["image", "imagetools", "inspect"].map(str::to_owned).to_vec();
        let all = BTreeMap::from([(words.clone(), flags(&["--raw"]))]);
        let (asked, left) = split(&all, help::of("docker"));
        let far = Flags { far: flags(&["--raw"]).near, ..Flags::default() };
        assert_eq!((asked, left), (vec![(words[..2].to_vec(), far)], Vec::new()));
        // What `docker run` is given is an image: asked with it, docker would run it.
        let words = ["run", "alpine"].map(str::to_owned).to_vec();
        let all = BTreeMap::from([(words, flags(&["--version"]))]);
        let (asked, _) = split(&all, help::of("docker"));
        let far = Flags { far: flags(&["--version"]).near, ..Flags::default() };
        assert_eq!(asked, [(vec!["run".to_owned()], far)]);
        // An alias may be anything.
        for (program, word) in [("git", "deploy"), ("gh", "deploy"), ("openssl", "engine")] {
            let all = BTreeMap::from([(vec![word.to_owned()], flags(&["--now"]))]);
            let (asked, left) = split(&all, help::of(program));
            assert!(asked.is_empty() && left.len() == 1, "{program}");
        }
        let words = ["image", "imagetools", "inspect"].map(str::to_owned).to_vec();
        let all = BTreeMap::from([(words, flags(&["--raw"]))]);
        // Of a program without subcommands they are its own, whatever stands before them.
        let (asked, _) = split(&all, help::of("psql"));
        assert_eq!(asked, [(Vec::new(), flags(&["--raw"]))]);
    }
}
