//! What a help says of a flag. Pure.
//!
//! Helps have no grammar. Known are: a line that begins with the flag (`-F, --format=c|d`), flags within a usage line
//! (`[-f FILE]`), and letters together in brackets (`[-46AaC]`). Where a help leaves it open, a flag counts as known.

/// Flags that a program takes and whose help names them otherwise: flag, and what the help has (PostgreSQL, `pg_dump`).
const ALSO: &[(&str, &str)] = &[("--no-acl", "--no-privileges")];

/// True when the flag may be given, as far as the help tells.
pub(super) fn knows(help: &str, flag: &str) -> bool {
    match flag.strip_prefix("--") {
        Some(name) => long(help, name),
        None => short(help, flag),
    }
}

/// The same where flags are names behind one dash. `-*` stands for the names of algorithms: these have digits.
pub(super) fn knows_name(help: &str, flag: &str) -> bool {
    let algorithm = || {
        let any = help.lines().any(|line| line.trim_start().starts_with("-* "));
        any && flag.contains(|c: char| c.is_ascii_digit())
    };
    has(help, flag) || algorithm()
}

/// True when something in it looks like a flag.
pub(super) fn names_flags(help: &str) -> bool {
    help.split(|c: char| c.is_whitespace() || "[(|,".contains(c)).any(|word| {
        let name = word.trim_start_matches('-');
        word.starts_with('-') && name.starts_with(|c: char| c.is_ascii_alphanumeric())
    })
}

/// True when it lists subcommands, which have flags of their own.
pub(super) fn has_commands(help: &str) -> bool {
    help.lines().any(|line| {
        let heading = line.trim().trim_end_matches(':').to_ascii_lowercase();
        let words: Vec<&str> = heading.split_whitespace().collect();
        let last = words.last().is_some_and(|last| matches!(*last, "commands" | "subcommands"));
        last && words.len() <= 3
    })
}

/// A flag by its name, or the one that it is the opposite of (`--no-color` of `--color` or of `--[no-]color`).
fn long(help: &str, name: &str) -> bool {
    let flag = format!("--{name}");
    let also = ALSO.iter().find(|(other, _)| *other == flag);
    let opposite = name.strip_prefix("no-");
    has(help, &flag)
        || also.is_some_and(|(_, named)| has(help, named))
        || opposite.is_some_and(|name| {
            has(help, &format!("--{name}")) || has(help, &format!("--[no-]{name}"))
        })
        || has(help, &format!("--[no-]{name}"))
}

const fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

fn has(help: &str, flag: &str) -> bool {
    places(help, flag).next().is_some()
}

/// Where a flag stands as a whole word: the text behind it.
fn places<'h>(help: &'h str, flag: &'h str) -> impl Iterator<Item = &'h str> {
    help.match_indices(flag).filter_map(move |(at, _)| {
        let behind = &help[at + flag.len()..];
        (!behind.starts_with(is_word) && !help[..at].ends_with(is_word)).then_some(behind)
    })
}

/// What a help says of one letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Letter {
    Unknown,
    /// It stands alone: what is behind it in a word is another letter.
    Alone,
    /// It takes a value, or it is not clear whether it does: what is behind it may be anything.
    Open,
}

/// Letters behind one dash: each must be known up to the first that may take the rest for its value.
fn short(help: &str, flag: &str) -> bool {
    if has(help, flag) {
        return true;
    }
    for letter in flag.chars().skip(1) {
        if !letter.is_ascii_alphabetic() {
            return true;
        }
        match letter_of(help, letter) {
            Letter::Alone => {}
            Letter::Open => return true,
            // `-newer` of `find` is one name: where such names are in use, nothing is claimed of letters.
            Letter::Unknown => return flag.len() > 2 && has_long_names(help),
        }
    }
    true
}

fn letter_of(help: &str, letter: char) -> Letter {
    let flag = format!("-{letter}");
    let mut known = Letter::Unknown;
    for behind in places(help, &flag) {
        let line = behind.split('\n').next().unwrap_or_default();
        if takes_value(line) {
            return Letter::Open;
        }
        known = Letter::Alone;
    }
    if known == Letter::Unknown && clusters(help).any(|letters| letters.contains(letter)) {
        // Letters together stand alone, but for the last of some (`tar -[cxt]f`): it is not said which.
        known = Letter::Alone;
    }
    known
}

/// What stands behind a flag on its line, up to the words that explain it, has a value in it.
fn takes_value(line: &str) -> bool {
    let typed = ["[string]", "[number]", "[array]", "[choices"];
    if typed.iter().any(|kind| line.contains(kind)) {
        return true;
    }
    let mut rest = line;
    loop {
        // Other names of the same flag: `, --format`, `|--call`.
        let next = rest.trim_start_matches([',', '|', '/']).trim_start();
        let joined = next.len() < rest.len() && rest.starts_with([',', '|', '/', ' ']);
        if !(joined && next.starts_with('-')) {
            break;
        }
        let name = next.find(|c: char| !is_word(c)).unwrap_or(next.len());
        rest = &next[name..];
    }
    // Two spaces or a line's end: the explanation begins, or there is none.
    let explained = rest.starts_with("  ") || rest.starts_with('\t');
    !(explained || rest.trim().is_empty() || rest.starts_with([']', ')', '\r']))
}

/// Letters that a usage line has together: `[-46AaC]`.
fn clusters(help: &str) -> impl Iterator<Item = &str> {
    help.match_indices("[-").filter_map(|(at, open)| {
        let behind = &help[at + open.len()..];
        let letters = &behind[..behind.find(']')?];
        letters.chars().all(|c| c.is_ascii_alphanumeric()).then_some(letters)
    })
}

/// Lines begin with names of several letters behind one dash.
fn has_long_names(help: &str) -> bool {
    help.split_whitespace().any(|word| {
        let name = word.strip_prefix('-').unwrap_or_default();
        name.len() > 1 && name.chars().all(|c| c.is_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_known_as_a_whole_word_or_as_an_opposite() {
        let help = "  -n, --name string  a name\n      --[no-]color\n      --analytics   [default: true]\n";
        for flag in ["--name", "--color", "--no-color", "--no-analytics"] {
            assert!(knows(help, flag), "{flag}");
        }
        for flag in ["--nam", "--names", "--no-secrets", "--string"] {
            assert!(!knows(help, flag), "{flag}");
        }
    }

    #[test]
    fn letters_are_known_alone_together_and_with_their_values() {
        let gnu = "Usage: pack [OPTION...]\n  -c, --create   make one\n  -z, --gzip\n  -F, --format=c|d   which\n  \
                   -f, --file=ARCHIVE\n  -j [N], --jobs[=N]   so many\n  -o  <file>  there\n";
        for flag in ["-c", "-z", "-cz", "-czf", "-Fc", "-F", "-ffile", "-czFq", "-j4", "-czj"] {
            assert!(knows(gnu, flag), "{flag}");
        }
        for flag in ["-q", "-cq", "-qc", "-czq", "-X"] {
            assert!(!knows(gnu, flag), "{flag}");
        }
        let usage = "usage: reach [-46AaC] [-b address] [-i file] host\n";
        for flag in ["-4", "-A", "-Aa", "-AaC", "-bx", "-i"] {
            assert!(knows(usage, flag), "{flag}");
        }
        for flag in ["-Z", "-AZ", "-x"] {
            assert!(!knows(usage, flag), "{flag}");
        }
        // Where types stand at the end of a line.
        let yargs = "  -o, --output   how  [string] [choices: \"json\", \"yaml\"]\n  -v, --verbose   more  [boolean]\n";
        assert!(knows(yargs, "-ojson") && knows(yargs, "-v") && !knows(yargs, "-vx"));
    }

    #[test]
    fn names_behind_one_dash_are_not_taken_apart() {
        let find = "tests: -amin N -newer FILE -name PATTERN\n  -print0 -delete\n";
        for flag in ["-name", "-newer", "-newermt", "-print0"] {
            assert!(knows(find, flag), "{flag}");
        }
        assert!(!knows(find, "-x"));
    }

    #[test]
    fn a_name_behind_one_dash_is_known_as_a_whole() {
        let help = " -noout     No output\n -checkend intmax  Ends soon\n -*         Any supported digest\n";
        for flag in ["-noout", "-checkend", "-sha256", "-md5"] {
            assert!(knows_name(help, flag), "{flag}");
        }
        for flag in ["-no", "-checkends", "-n", "-x"] {
            assert!(!knows_name(help, flag), "{flag}");
        }
        assert!(!knows_name(" -noout  No output\n", "-sha256"));
    }

    #[test]
    fn a_list_of_subcommands_is_seen() {
        for help in
            ["Commands:\n  x", "CORE COMMANDS\n", "Available Commands:\n", "Management commands:"]
        {
            assert!(has_commands(help), "{help}");
        }
        assert!(!has_commands("Runs the command that is given.\nUsage: x COMMAND\n"));
        assert!(names_flags("usage: a [-x]") && names_flags("--y") && !names_flags("a - b -- c"));
    }
}
