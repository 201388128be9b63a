//! A shell script as the rules see it: commands, words, redirections, variables.
//!
//! Owns the words of that view and questions about one command. Reads enough of the shell's grammar
//! to know what is quoted, commented, piped or nested; it does not expand or run anything.

use std::ops::Range;

mod scan;

pub use scan::scan;

/// A whole script.
#[derive(Debug, Default)]
pub struct Script {
    /// Every simple command, those inside `$( )` included, in the order of their ends.
    pub commands: Vec<Command>,
    /// Every use of a variable.
    pub used: Vec<Variable>,
    /// Names that the script itself gives a value.
    pub assigned: Vec<String>,
}

/// One simple command.
#[derive(Debug, Default)]
pub struct Command {
    /// Program and arguments, wrappers such as `sudo` and assignments in front left out.
    pub words: Vec<Word>,
    /// Where input and output go.
    pub redirects: Vec<Redirect>,
    /// How it hangs on what stands before it.
    pub before: Joint,
    /// What stands behind it.
    pub after: Joint,
    /// Where it stands.
    pub range: Range<usize>,
}

/// What joins two commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Joint {
    /// Nothing, a line end or `;`.
    #[default]
    Next,
    /// `|`.
    Pipe,
    /// `&&`.
    And,
    /// `||`.
    Or,
}

/// One word of a command.
#[derive(Clone, Debug, Default)]
pub struct Word {
    /// Where it stands, quotes included.
    pub range: Range<usize>,
    /// Its text without quotes; variables as `$name`, substitutions as `$()`.
    pub text: String,
    /// Variables inside it.
    pub variables: Vec<Variable>,
    /// It has an unquoted `*` or `?`.
    pub pattern: bool,
}

/// One use of a variable.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub range: Range<usize>,
    /// Inside double quotes.
    pub quoted: bool,
    /// `${name:-x}`, `${name:?x}` and the like: the author thought of its absence.
    pub guarded: bool,
}

/// One redirection.
#[derive(Clone, Debug)]
pub struct Redirect {
    /// `<`, `>`, `>>`, `<<`, `<<<`, `&>`, `2>`, ...
    pub op: String,
    /// The file, or the body of a here-document.
    pub target: Word,
}

impl Command {
    /// The program's name without its folder; empty for a bare assignment or redirection.
    pub fn program(&self) -> &str {
        self.words.first().map_or("", |word| word.text.rsplit('/').next().unwrap_or_default())
    }

    /// The arguments.
    pub fn arguments(&self) -> &[Word] {
        self.words.get(1..).unwrap_or_default()
    }

    /// Arguments that are no options, in order: `kubectl -n x delete pod` gives `x`, `delete`, `pod`.
    pub fn plain(&self) -> impl Iterator<Item = &str> {
        self.arguments().iter().map(|word| word.text.as_str()).filter(|text| !text.starts_with('-'))
    }

    /// True when an argument is one of these options, alone, with `=value`, or among short ones (`-fsS`).
    pub fn has(&self, options: &[&str]) -> bool {
        self.arguments().iter().any(|word| options.iter().any(|option| word.is_option(option)))
    }

    /// True when an argument is exactly one of these.
    pub fn says(&self, words: &[&str]) -> bool {
        self.arguments().iter().any(|word| words.contains(&word.text.as_str()))
    }

    /// The value of an option: `-o value`, `--option value` or `--option=value`.
    pub fn value_of(&self, options: &[&str]) -> Option<&Word> {
        let arguments = self.arguments();
        let at = arguments.iter().position(|word| {
            options.contains(&word.text.split_once('=').map_or(word.text.as_str(), |(o, _)| o))
        })?;
        if arguments[at].text.contains('=') { arguments.get(at) } else { arguments.get(at + 1) }
    }

    /// Its input comes from a pipe, a file or a here-document.
    pub fn is_fed(&self) -> bool {
        self.before == Joint::Pipe || self.redirects.iter().any(|r| r.op.starts_with('<'))
    }

    /// The file that it reads as its input.
    pub fn input_file(&self) -> Option<&Word> {
        self.redirects.iter().find(|r| r.op == "<").map(|r| &r.target)
    }

    /// The files that it writes by redirection.
    pub fn output_files(&self) -> impl Iterator<Item = &Word> {
        let writes = |r: &&Redirect| {
            r.op.contains('>') && !r.op.ends_with('&') && !r.target.text.starts_with("/dev/")
        };
        self.redirects.iter().filter(writes).map(|r| &r.target)
    }

    /// Its errors are thrown away.
    pub fn hides_errors(&self) -> bool {
        let null = |r: &Redirect| {
            r.target.text == "/dev/null" && matches!(r.op.as_str(), "2>" | "&>" | "2>>" | "&>>")
        };
        self.redirects.iter().any(null)
    }
}

impl Word {
    fn is_option(&self, option: &str) -> bool {
        let text = self.text.split_once('=').map_or(self.text.as_str(), |(name, _)| name);
        if text == option {
            return true;
        }
        // A short one may stand in a cluster: `-f` in `-fsS`.
        let short = option.strip_prefix('-').filter(|o| o.len() == 1);
        let cluster = text.strip_prefix('-').filter(|c| !c.starts_with('-'));
        match (short, cluster) {
            (Some(letter), Some(cluster)) => {
                cluster.chars().all(|c| c.is_ascii_alphabetic()) && cluster.contains(letter)
            }
            _ => false,
        }
    }
}

impl Command {
    /// SQL given to a client on its command line or in a here-document, and the word that holds it.
    pub fn inner_sql(&self) -> Vec<(Range<usize>, &str)> {
        let options: &[&str] = match self.program() {
            "psql" | "neonctl" => &["-c", "-Atc", "-tAc", "-qc", "-Xc", "--command"],
            "mysql" | "mariadb" => &["-e", "--execute"],
            "prisma" => &["--sql"],
            "sqlite3" => &[],
            _ => return Vec::new(),
        };
        let mut found: Vec<&Word> = self.value_of(options).into_iter().collect();
        if self.program() == "sqlite3" {
            found.extend(self.arguments().iter().skip(1).filter(|w| w.text.contains(' ')));
        }
        found.extend(
            self.redirects
                .iter()
                .filter(|r| matches!(r.op.as_str(), "<<" | "<<<"))
                .map(|r| &r.target),
        );
        found.into_iter().map(|word| (word.range.clone(), word.text.as_str())).collect()
    }
}
