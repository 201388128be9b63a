//! How a program is asked for its help, and what of the answer is text.

use std::path::Path;

use super::super::Shared;
use super::known;
use crate::world::tools;

/// Bytes of a help that are read: the longest known one (`aws ec2 run-instances help`) has a fifth of it.
const CAP: usize = 1024 * 1024;

/// How a program is asked for its flags.
pub(super) struct Help {
    program: &'static str,
    /// So many words may stand in front: `gh pr create` has two.
    pub words: usize,
    /// What is said behind the words. The next one is tried where an answer names no flags.
    asks: &'static [&'static [&'static str]],
    /// Where the flags stand that every subcommand takes.
    common: Option<&'static [&'static str]>,
    /// The first words that may be given; any where there is no list. Behind another one may stand what somebody made of
    /// it: an alias runs whatever it is, help or not.
    first: &'static [&'static str],
    /// The first words behind which a second one may be given; all where there is no list. Elsewhere it is no
    /// subcommand: `docker run IMAGE --help` runs the image.
    groups: &'static [&'static str],
    /// Flags are names behind one dash: `-noout`.
    pub names: bool,
}

impl Help {
    /// As many of the words as may stand in front of the question; nothing where none may.
    pub(super) fn words_of<'w>(&self, words: &'w [String]) -> Option<&'w [String]> {
        let Some(first) = words.first().filter(|_| self.words > 0) else { return Some(&[]) };
        let within = |list: &[&str]| list.is_empty() || list.contains(&first.as_str());
        let most = if within(self.groups) { self.words } else { 1 };
        within(self.first).then(|| &words[..words.len().min(most)])
    }

    /// The end of a question that was answered.
    fn is_well(&self, words: &[String], status: std::process::ExitStatus) -> bool {
        let usage = self.program == "git" && status.code() == Some(GIT_USAGE);
        let whole = |word: &String| GIT_WHOLE.contains(&word.as_str());
        status.success() || (usage && words.first().is_none_or(whole))
    }
}

/// How git ends behind the usage that it was asked for (gitcli: `-h`).
const GIT_USAGE: i32 = 129;

/// Commands of git that any alias of the same name gives way to; their `-h` names every flag.
const GIT_WHOLE: &[&str] = &[
    "add", "branch", "checkout", "clean", "clone", "commit", "describe", "fetch", "init", "mv",
    "push", "reset", "restore", "rm", "status", "switch", "tag",
];

/// The same, and those whose `-h` names only some.
const GIT: &[&str] = &[
    "add",
    "branch",
    "checkout",
    "clean",
    "clone",
    "commit",
    "describe",
    "fetch",
    "init",
    "mv",
    "push",
    "reset",
    "restore",
    "rm",
    "status",
    "switch",
    "tag",
    "diff",
    "log",
    "merge",
    "pull",
    "rev-list",
    "rev-parse",
    "show",
    "ls-files",
    "ls-remote",
];

/// Commands of gh itself.
const GH: &[&str] = &[
    "api",
    "auth",
    "browse",
    "cache",
    "codespace",
    "gist",
    "issue",
    "label",
    "org",
    "pr",
    "project",
    "release",
    "repo",
    "ruleset",
    "run",
    "search",
    "secret",
    "ssh-key",
    "status",
    "variable",
    "workflow",
];

/// Commands of docker that have commands of their own.
const DOCKER_GROUPS: &[&str] = &[
    "builder",
    "buildx",
    "compose",
    "config",
    "container",
    "context",
    "image",
    "manifest",
    "network",
    "node",
    "plugin",
    "secret",
    "service",
    "stack",
    "swarm",
    "system",
    "volume",
];

/// Commands of openssl that playbooks about certificates, keys and hashes use.
const OPENSSL: &[&str] = &[
    "ciphers", "crl", "dgst", "enc", "genpkey", "genrsa", "ocsp", "pkcs12", "pkey", "rand", "req",
    "rsa", "s_client", "verify", "version", "x509",
];

/// How nearly every program is asked.
const BARE: &[&[&str]] = &[&["--help"]];

const fn help(program: &'static str, words: usize) -> Help {
    Help { program, words, asks: BARE, common: None, first: &[], groups: &[], names: false }
}

/// Programs whose help was seen to do nothing else (PostgreSQL 15, `MariaDB` 10.11, neonctl 5.0, netlify 26.2, vercel
/// 50.44, prisma 7.10, gh 2, Docker 28, kubectl 1.32, AWS 1.45, curl 8, jq 1.6, GNU coreutils 9.1, OpenSSH 9.2,
/// git 2.54, OpenSSL 3.0).
const HELPS: &[Help] = &[
    help("psql", 0),
    help("pg_dump", 0),
    help("pg_dumpall", 0),
    help("pg_restore", 0),
    help("pg_isready", 0),
    help("pg_basebackup", 0),
    help("createdb", 0),
    help("dropdb", 0),
    help("mysql", 0),
    help("mysqldump", 0),
    help("mariadb", 0),
    help("mariadb-dump", 0),
    help("neonctl", 2),
    help("netlify", 1),
    help("vercel", 1),
    help("prisma", 2),
    Help { first: GH, ..help("gh", 2) },
    Help { groups: DOCKER_GROUPS, ..help("docker", 2) },
    Help { asks: &[&["-h"]], first: GIT, ..help("git", 1) },
    Help { asks: &[&["-help"]], first: OPENSSL, names: true, ..help("openssl", 1) },
    Help { common: Some(&["options"]), ..help("kubectl", 2) },
    // A stand-in may know the second one only.
    Help { asks: &[&["help"], &["--help"]], common: Some(&["help"]), ..help("aws", 2) },
    Help { asks: &[&["--help", "all"]], ..help("curl", 0) },
    help("jq", 0),
    help("ssh", 0),
    help("scp", 0),
    help("rsync", 0),
    help("tar", 0),
    help("gzip", 0),
    help("gunzip", 0),
    help("date", 0),
    help("df", 0),
    help("du", 0),
    help("grep", 0),
    help("head", 0),
    help("mktemp", 0),
    help("readlink", 0),
    help("sed", 0),
    help("sha256sum", 0),
    help("sort", 0),
    help("stat", 0),
    help("tail", 0),
    help("base64", 0),
    help("cmp", 0),
    help("comm", 0),
    help("cp", 0),
    help("cut", 0),
    help("diff", 0),
    help("ls", 0),
    help("md5sum", 0),
    help("mkdir", 0),
    help("mv", 0),
    help("paste", 0),
    help("rm", 0),
    help("sha512sum", 0),
    help("tee", 0),
    help("touch", 0),
    help("tr", 0),
    help("uniq", 0),
    help("wc", 0),
];

/// Variables with which a help is text: no pager waits for a key, nothing is coloured.
const PLAIN: &[(&str, &str)] = &[
    ("PAGER", "cat"),
    ("MANPAGER", "cat"),
    ("AWS_PAGER", ""),
    ("GH_PAGER", "cat"),
    ("NO_COLOR", "1"),
];

/// How this program is asked; nothing for one that is not in the table.
pub(super) fn of(program: &str) -> Option<&'static Help> {
    HELPS.iter().find(|help| help.program == program)
}

/// What a help said.
pub(super) struct Answer {
    /// Its text.
    pub text: String,
    /// The program ended well behind it.
    pub well: bool,
    /// It lists subcommands, which have flags of their own.
    pub commands: bool,
}

/// The help behind these words. The error fits behind "its help".
pub(super) fn ask(
    program: &Path,
    words: &[String],
    help: Option<&Help>,
    shared: &Shared,
) -> Result<Answer, String> {
    let asks = help.map_or(BARE, |help| help.asks);
    let mut answers = asks.iter().map(|asked| once(program, words, asked, help, shared));
    let first = answers.next().unwrap_or_else(|| Err("names no flags".to_owned()));
    // What the first question came to is told where the others come to nothing, either.
    let mut answer = first.or_else(|why| answers.find_map(Result::ok).ok_or(why))?;
    if let Some(common) = help.and_then(|help| help.common)
        && let Ok(more) = once(program, &[], common, help, shared)
    {
        answer.text.push('\n');
        answer.text.push_str(&more.text);
    }
    Ok(answer)
}

fn once(
    program: &Path,
    words: &[String],
    asked: &[&str],
    help: Option<&Help>,
    shared: &Shared,
) -> Result<Answer, String> {
    let mut all: Vec<&str> = words.iter().map(String::as_str).collect();
    all.extend(asked);
    let mut variables = shared.variables.clone();
    variables.extend(PLAIN.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let said = tools::says(program, &all, &variables, &shared.bounds(CAP))
        .map_err(|why| format!("cannot be read: {why}"))?;
    if said.cut {
        return Err(format!("is longer than {} KiB", CAP / 1024));
    }
    let text = plain(&said.text);
    if !known::names_flags(&text) {
        if said.status.success() {
            return Err("names no flags".to_owned());
        }
        let words = crate::world::aside::last_words(text.as_bytes());
        return Err(format!("is none: {words}"));
    }
    let commands = known::has_commands(&text);
    let well = help.map_or(said.status.success(), |help| help.is_well(words, said.status));
    Ok(Answer { text, well, commands })
}

/// Without what makes text bold on a terminal or a printer: escape sequences, and letters struck over.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\u{8}' => drop(plain.pop()),
            '\u{1b}' => drop(chars.by_ref().skip(1).find(|c| ('@'..='~').contains(c))),
            _ => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_page_is_read_as_its_letters() {
        assert_eq!(plain("-\u{8}--\u{8}-n\u{8}n _\u{8}x"), "--n x");
        assert_eq!(plain("\u{1b}[1m--name\u{1b}[0m \u{1b}[4mvalue\u{1b}[24m"), "--name value");
    }
}
