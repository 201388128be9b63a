//! Looks at what playbooks will need before it is needed: tools, flags, secrets, targets, URLs, disk, clocks.
//!
//! Owns the table of looks ([`LOOKS`]), one file each below, and their bounds: each ends by its limit, some run at
//! once, and one that does not come back is left behind. Runs no step and changes nothing. Which things are wanted
//! is the caller's; what is said has known secrets hidden in it. Who is told to stop ends what runs and comes back.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::Identity;
use crate::effect::{Target, Text};
use crate::secret::Redactor;
use crate::time::Span;
use crate::world::aside;
use crate::world::secrets::Vault;
use crate::world::tools::Bounds;

pub use crate::world::aside::Stop;

mod client;
mod clock;
mod disk;
mod flags;
mod secret;
mod target;
mod tool;
mod url;

/// How long one look takes at most where nobody says otherwise.
pub const LIMIT: Span = Span::from_secs(10);

/// Looks at once. They wait for others, hardly for this machine.
const AT_ONCE: usize = 8;

/// A look may ask this many times, one after the other, and each time has the limit.
const ASKS: i64 = 4;

/// Every kind of look: its name in the output, and what it finds out.
pub const LOOKS: &[(&str, &str)] = &[
    ("tool", "the program is on PATH, can be executed, and is new enough"),
    ("flags", "the installed program's own help knows the flags that steps use"),
    ("secret", "the secret can be had; its value is never shown"),
    ("target", "the target answers and is who mayday.yaml says it is"),
    ("client", "the PostgreSQL client is not older than the server"),
    ("url", "the URL answers"),
    ("disk", "there is room for the record, and it can be written"),
    ("clock", "this machine and the one that answers agree what time it is"),
];

/// How a look came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As it must be.
    Ok,
    /// A run would meet this.
    Fail,
    /// It could not be looked at, and that alone is no fault.
    Skip,
}

impl Outcome {
    /// The word shown.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Fail => "FAIL",
            Self::Skip => "SKIP",
        }
    }
}

/// What a look found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its kind, one of [`LOOKS`].
    pub look: &'static str,
    /// What was looked at.
    pub subject: String,
    /// How it came out.
    pub outcome: Outcome,
    /// What is so, and for a fault what to do.
    pub says: String,
}

impl Finding {
    fn new(look: &'static str, subject: &str, outcome: Outcome, says: impl Into<String>) -> Self {
        Self { look, subject: subject.to_owned(), outcome, says: says.into() }
    }

    /// A fault where there is an error, else the words of what is so.
    fn of(look: &'static str, subject: &str, result: Result<String, String>) -> Self {
        match result {
            Ok(says) => Self::new(look, subject, Outcome::Ok, says),
            Err(why) => Self::new(look, subject, Outcome::Fail, why),
        }
    }
}

/// What is to be looked at.
#[derive(Clone, Debug, Default)]
pub struct Wants {
    /// Programs.
    pub tools: BTreeMap<String, ToolWant>,
    /// Names of secrets.
    pub secrets: BTreeSet<String>,
    /// Targets by name; `None` where the environment has no such target.
    pub targets: BTreeMap<String, Option<TargetWant>>,
    /// URLs.
    pub urls: Vec<UrlWant>,
    /// Folders that are written to, with what for.
    pub folders: Vec<(String, PathBuf)>,
    /// Packages that `npx` runs: words behind the package -> flags.
    pub packages: BTreeMap<String, BTreeMap<Vec<String>, Flags>>,
    /// What cannot be looked at, and why: said as it is.
    pub untold: Vec<Finding>,
}

/// A program.
#[derive(Clone, Debug, Default)]
pub struct ToolWant {
    /// Least versions.
    pub least: BTreeSet<String>,
    /// A playbook names it under `requires:`.
    pub declared: bool,
    /// A step that always runs uses it.
    pub certain: bool,
    /// One of the steps that use it.
    pub step: Option<String>,
    /// Words in front of the flags -> flags.
    pub flags: BTreeMap<Vec<String>, Flags>,
}

/// Flags as steps write them: `--name`, `-x`, `-xzf`; without their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// They stand right behind the words.
    pub near: BTreeSet<String>,
    /// Another word stands before them, which may be a subcommand's: then they are that one's.
    pub far: BTreeSet<String>,
}

impl Flags {
    /// These, too.
    pub fn add(&mut self, more: Self) {
        self.near.extend(more.near);
        self.far.extend(more.far);
    }

    /// There are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.near.is_empty() && self.far.is_empty()
    }
}

/// A target.
#[derive(Clone, Debug)]
pub struct TargetWant {
    /// Where it is.
    pub target: Target,
    /// Who it must be.
    pub identity: Option<Identity>,
    /// It is made during the run.
    pub made_later: bool,
}

/// A URL that a step reads.
#[derive(Clone, Debug)]
pub struct UrlWant {
    /// How it is called on the screen.
    pub shown: String,
    /// The target that it lies below.
    pub base: Option<Target>,
    /// Absolute, or a path below the base.
    pub url: String,
    /// Headers.
    pub headers: Vec<(String, Text)>,
    /// Statuses that are good beside those below 400.
    pub good: Vec<u16>,
    /// Redirects that are followed.
    pub redirects: u32,
    /// The certificate is not verified.
    pub insecure: bool,
}

/// With what it is looked.
pub struct Kit {
    /// Secrets.
    pub vault: Vault,
    /// Folders in front of PATH.
    pub path: Vec<PathBuf>,
    /// Variables of the environment, PATH among them.
    pub variables: Vec<(String, String)>,
    /// Where steps run: what `npx` finds lies there or above.
    pub cwd: PathBuf,
    /// The limit of one look.
    pub limit: Span,
    /// Ends it all early.
    pub stop: Stop,
}

/// What the looks share.
struct Shared {
    vault: Mutex<Vault>,
    path: Vec<PathBuf>,
    variables: Vec<(String, String)>,
    cwd: PathBuf,
    limit: Span,
    stop: Stop,
}

impl Shared {
    /// Secrets for one look: those found by then.
    fn vault(&self) -> Vault {
        self.vault.lock().unwrap_or_else(PoisonError::into_inner).for_look(self.limit, &self.stop)
    }

    /// What a program that is asked something may take.
    fn bounds(&self, cap: usize) -> Bounds<'_> {
        Bounds { limit: self.limit, cap, stop: Some(&self.stop) }
    }

    fn redactor(&self) -> Redactor {
        let vault = self.vault.lock().unwrap_or_else(PoisonError::into_inner);
        vault.redactor().lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

type Job = Box<dyn FnOnce(&Shared) -> Vec<Finding> + Send>;

/// A look that waits for its turn: its kind and subject, for when it does not come back.
struct Look {
    kind: &'static str,
    subject: String,
    job: Job,
}

/// Looks at everything, in the order of [`LOOKS`]; at less when it is told to stop.
#[must_use]
pub fn examine(wants: &Wants, kit: Kit) -> Vec<Finding> {
    let shared = Arc::new(Shared {
        vault: Mutex::new(kit.vault),
        path: kit.path,
        variables: kit.variables,
        cwd: kit.cwd,
        limit: kit.limit,
        stop: kit.stop,
    });
    // Secrets first: targets and URLs stand on them, and what is known is hidden from there on.
    let mut found = all(secret::looks(wants), &shared);
    let mut looks = tool::looks(wants);
    looks.extend(flags::looks(wants));
    looks.extend(target::looks(wants));
    looks.extend(client::looks(wants));
    looks.extend(url::looks(wants));
    looks.extend(disk::looks(wants));
    found.extend(all(looks, &shared));
    found.extend(wants.untold.iter().cloned());
    let redactor = shared.redactor();
    for finding in &mut found {
        finding.says = redactor.redact_shown(&crate::text::one_line(&finding.says)).into_owned();
        finding.subject = redactor.redact_shown(&finding.subject).into_owned();
    }
    let place = |finding: &Finding| LOOKS.iter().position(|(name, _)| *name == finding.look);
    found.sort_by(|a, b| (place(a), &a.subject).cmp(&(place(b), &b.subject)));
    found.dedup();
    found
}

/// Runs looks, some at once. One that does not come back within its bounds is left behind, and said to be.
fn all(looks: Vec<Look>, shared: &Arc<Shared>) -> Vec<Finding> {
    let mut open: BTreeMap<usize, (&'static str, String)> =
        looks.iter().enumerate().map(|(n, look)| (n, (look.kind, look.subject.clone()))).collect();
    let threads = looks.len().min(AT_ONCE);
    let queue: VecDeque<_> = looks.into_iter().map(|look| look.job).enumerate().collect();
    let queue = Arc::new(Mutex::new(queue));
    let (sender, receiver) = channel();
    for _ in 0..threads {
        let (queue, shared, sender) = (Arc::clone(&queue), Arc::clone(shared), sender.clone());
        let work = move || worker(&queue, &shared, &sender);
        // Where no thread can be had, its looks stay open and are said to be.
        let _ = std::thread::Builder::new().name("look".to_owned()).spawn(work);
    }
    drop(sender);
    let mut found = Vec::new();
    collect(&receiver, shared, &mut open, &mut found);
    if shared.stop.is_asked() {
        return found;
    }
    for (kind, subject) in open.into_values() {
        let says = format!("no end within {}; look at it by hand", shared.limit.times(ASKS));
        found.push(Finding::new(kind, &subject, Outcome::Fail, says));
    }
    found
}

type Ended = (usize, Vec<Finding>);

/// Takes what comes until nothing is open, the looks left hang, or it is to stop. Then nothing runs any more.
fn collect(
    receiver: &Receiver<Ended>,
    shared: &Shared,
    open: &mut BTreeMap<usize, (&'static str, String)>,
    found: &mut Vec<Finding>,
) {
    /// From look to look whether to stop: shorter than a person notices.
    const GLANCE: Span = Span::from_millis(50);
    let patience = shared.limit.times(ASKS) + Span::from_secs(5);
    let mut until = aside::boot() + patience;
    while !open.is_empty() && aside::boot() < until {
        if shared.stop.is_asked() && shared.stop.is_still() {
            return;
        }
        match receiver.recv_timeout(GLANCE.std()) {
            Ok((number, findings)) => {
                open.remove(&number);
                found.extend(findings);
                // Nobody may say anything for longer than a look may take.
                until = aside::boot() + patience;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn worker(queue: &Mutex<VecDeque<(usize, Job)>>, shared: &Shared, sender: &Sender<Ended>) {
    while !shared.stop.is_asked() {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some((number, job)) = next else { return };
        if sender.send((number, job(shared))).is_err() {
            return;
        }
    }
}
