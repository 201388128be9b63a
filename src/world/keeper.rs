//! Commands that change something, under a keeper: a process of our own that outlives us.
//!
//! Owns the driver's side: starting the keeper, telling it what to run, hearing how it ended, and after
//! a crash finding out what became of an attempt: from a keeper that still runs, or from its files. A
//! keeper serves one driver; the next driver starts its own, with its own environment, and goes back to
//! the old one only for what that one still runs.
#![expect(clippy::disallowed_methods, reason = "this is where the keeper is started")]

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::event::PollFd;
use secrecy::ExposeSecret as _;

mod attempt;
mod kept;
mod link;
mod message;
mod serve;

pub use serve::serve;

use attempt::{Found, Refused, bare};
use link::Link;
use message::{Order, Start, Variable, Word};

use super::process::EnvValue;
use crate::effect::{EffectId, Ending, FailKind, Input, Output, ProcessEffect, RecoverCommand};
use crate::secret::SecretValue;
use crate::time::Span;

/// The end of an attempt as the text of its `exit.json` tells it; none when a byte of it is not what the
/// keeper wrote.
#[must_use]
pub fn end_in(exit_json: &[u8], attempt: &str) -> Option<Output> {
    attempt::end_in(exit_json, attempt)
}

/// How often is looked for the end of a command whose keeper cannot be reached.
pub(super) const LOOK: Span = Span::from_millis(100);

/// The keepers that a driver has to do with.
pub(super) struct Keepers {
    /// The program that is the keeper; without one nothing can be kept.
    program: Option<PathBuf>,
    run_dir: PathBuf,
    /// Folders that the run had before its record was moved.
    earlier: Vec<PathBuf>,
    /// Nothing can be made durable: nothing is kept.
    paused: bool,
    reached: Vec<Keeper>,
    /// Commands whose keeper lives and cannot be reached: their files are looked at.
    watched: BTreeMap<EffectId, String>,
}

/// A keeper at the other end of a connection.
struct Keeper {
    link: Link,
    /// Ours to wait for, when we started it.
    child: Option<Child>,
    /// Commands that we wait for, and the names of their folders.
    waits: BTreeMap<EffectId, String>,
    /// Secrets that it was told.
    told: BTreeMap<String, SecretValue>,
}

impl Keepers {
    pub(super) const fn new(program: Option<PathBuf>, run_dir: PathBuf) -> Self {
        Self {
            program,
            run_dir,
            earlier: Vec::new(),
            paused: false,
            reached: Vec::new(),
            watched: BTreeMap::new(),
        }
    }

    /// The folder that attempts go to from here on.
    pub(super) fn bind(&mut self, run_dir: PathBuf) {
        let before = std::mem::replace(&mut self.run_dir, run_dir);
        if !before.as_os_str().is_empty() && before != self.run_dir {
            self.earlier.push(before);
        }
    }

    /// Every folder that an attempt may be in, the newest first.
    fn folders(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(&self.run_dir).chain(&self.earlier).map(PathBuf::as_path)
    }

    /// True when a command can be kept.
    pub(super) fn can_keep(&self) -> bool {
        self.program.is_some() && !self.run_dir.as_os_str().is_empty() && !self.paused
    }

    /// From here on nothing is kept, or is kept again.
    pub(super) const fn pause(&mut self, on: bool) {
        self.paused = on;
    }

    /// Has a command run by the keeper.
    ///
    /// # Errors
    /// The keeper could not be started; nothing was run.
    pub(super) fn start(
        &mut self,
        id: EffectId,
        name: &str,
        effect: ProcessEffect,
        env: Vec<(String, EnvValue)>,
        secrets: impl Iterator<Item = (String, SecretValue)>,
    ) -> Result<(), Output> {
        let run_dir = self.run_dir.clone();
        let keeper = self.own().map_err(|error| {
            let why = format!("nothing was run: the keeper could not be started: {error}");
            Output::failed(FailKind::Input, why)
        })?;
        for (name, value) in secrets {
            keeper.tell(name, value);
        }
        let attempt = attempt::name(id, name);
        let variable = |value: EnvValue| match value {
            EnvValue::Plain(text) => Variable::Plain(text),
            EnvValue::Secret(value) => Variable::Secret(value.expose_secret().to_owned()),
        };
        keeper.link.send(&Order::Start(Box::new(Start {
            id: id.0,
            run_dir,
            attempt: attempt.clone(),
            argv: effect.argv,
            env: env.into_iter().map(|(name, value)| (name, variable(value))).collect(),
            path: effect.path,
            cwd: effect.cwd,
            time_limit: effect.time_limit,
            kill_after: effect.kill_after,
            withhold: effect.withhold,
        })));
        keeper.waits.insert(id, attempt);
        Ok(())
    }

    /// Finds out what became of an attempt of an earlier driver. The answer, or nothing while its command
    /// runs: then its lines and its end arrive like those of any other.
    pub(super) fn recover(&mut self, id: EffectId, command: &RecoverCommand) -> Option<Output> {
        for folder in &command.folders {
            if !self.folders().any(|known| known == folder) {
                self.earlier.push(folder.clone());
            }
        }
        self.look(id, &attempt::name(id, &command.attempt))
    }

    fn look(&mut self, id: EffectId, attempt: &str) -> Option<Output> {
        // Each pass ends or finds that somebody else decided meanwhile, which happens once.
        for _ in 0..3 {
            match self.find(attempt) {
                Ok(Found::NotStarted) => match self.revoke(attempt) {
                    Ok(()) => return Some(not_begun()),
                    Err(Refused::Taken) => {}
                    Err(Refused::Disk(error)) => return Some(undecided(&self.run_dir, &error)),
                },
                Ok(Found::TakenBack) => return Some(not_begun()),
                Ok(Found::Finished(output)) => return Some(*output),
                Ok(Found::Unknown(facts)) => {
                    let reason = "its keeper was ended before it could record the end".to_owned();
                    return Some(Output { facts, ..bare(Ending::Unknown { reason }) });
                }
                Ok(Found::Running(socket)) => {
                    if !socket.is_some_and(|socket| self.attach(id, attempt, &socket)) {
                        self.watched.insert(id, attempt.to_owned());
                    }
                    return None;
                }
                Err(error) => return Some(undecided(&self.run_dir, &error)),
            }
        }
        self.watched.insert(id, attempt.to_owned());
        None
    }

    /// What the files of an attempt say, in whichever folder it began.
    fn find(&self, attempt: &str) -> io::Result<Found> {
        let mut taken_back = false;
        for folder in self.folders() {
            match attempt::find(folder, attempt)? {
                Found::NotStarted => {}
                Found::TakenBack => taken_back = true,
                found => return Ok(found),
            }
        }
        Ok(if taken_back { Found::TakenBack } else { Found::NotStarted })
    }

    /// Takes an attempt back in every folder where it could still begin.
    fn revoke(&self, attempt: &str) -> Result<(), Refused> {
        for folder in &self.earlier {
            match attempt::revoke(folder, attempt) {
                // Where nothing can be written nothing can begin.
                Err(Refused::Disk(error))
                    if matches!(
                        error.kind(),
                        io::ErrorKind::NotFound | io::ErrorKind::ReadOnlyFilesystem
                    ) => {}
                revoked => revoked?,
            }
        }
        attempt::revoke(&self.run_dir, attempt)
    }

    /// Connects to the keeper of an attempt. False when it cannot be reached.
    fn attach(&mut self, id: EffectId, attempt: &str, socket: &str) -> bool {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        if !socket.chars().all(plain) {
            return false;
        }
        // A keeper has its socket in the folder that the run had when it was started.
        let connected = self.folders().find_map(|folder| {
            std::fs::File::open(folder)
                .and_then(|folder| UnixStream::connect(short(&folder.into(), socket)))
                .and_then(Link::new)
                .ok()
        });
        let Some(mut link) = connected else { return false };
        link.send(&Order::Attach { id: id.0 });
        let waits = BTreeMap::from([(id, attempt.to_owned())]);
        self.reached.push(Keeper { link, child: None, waits, told: BTreeMap::new() });
        true
    }

    /// Ends a command early. False when none of ours has that id.
    pub(super) fn cancel(&mut self, id: EffectId) -> bool {
        let keeper = self.reached.iter_mut().find(|keeper| keeper.waits.contains_key(&id));
        match keeper {
            Some(keeper) => keeper.link.send(&Order::Cancel { id: id.0 }),
            None => return self.watched.contains_key(&id),
        }
        true
    }

    /// Has all commands stand still, or go on after so long.
    pub(super) fn stand_still(&mut self, for_so_long: Option<Span>) {
        for keeper in &mut self.reached {
            keeper.link.send(&Order::Pause { for_so_long });
            keeper.link.flush();
        }
    }

    /// Lets go of a command: it goes on, and its end stays on disk. False when it is none of ours.
    pub(super) fn leave(&mut self, id: EffectId) -> bool {
        let waited = self.reached.iter_mut().any(|keeper| keeper.waits.remove(&id).is_some());
        waited || self.watched.remove(&id).is_some()
    }

    /// Adds what a poll must watch.
    pub(super) fn poll_fds<'a>(&'a self, into: &mut Vec<PollFd<'a>>) {
        into.extend(self.reached.iter().map(|keeper| keeper.link.poll_fd()));
    }

    /// After how long the files must be looked at again.
    pub(super) fn look_after(&self) -> Option<Span> {
        (!self.watched.is_empty()).then_some(LOOK)
    }

    /// Takes what the keepers said.
    pub(super) fn collect(&mut self, ready: &mut impl Extend<Input>) {
        let mut again: Vec<(EffectId, String)> = Vec::new();
        for keeper in &mut self.reached {
            keeper.collect(ready, &mut again);
        }
        self.reached.retain(|keeper| keeper.link.is_open() || keeper.child.is_some());
        again.extend(std::mem::take(&mut self.watched));
        for (id, attempt) in again {
            if let Some(output) = self.look(id, &attempt) {
                ready.extend([Input::Done(id, output)]);
            }
        }
    }

    /// The keeper of this driver, started when there is none.
    fn own(&mut self) -> io::Result<&mut Keeper> {
        let open = |keeper: &Keeper| keeper.child.is_some() && keeper.link.is_open();
        if let Some(at) = self.reached.iter().position(open) {
            return Ok(&mut self.reached[at]);
        }
        let keeper = self.spawn()?;
        self.reached.push(keeper);
        self.reached.last_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn spawn(&self) -> io::Result<Keeper> {
        let program = self.program.as_deref().ok_or(io::ErrorKind::NotFound)?;
        let (ours, theirs) = UnixStream::pair()?;
        let child = Command::new(program)
            .arg0("mayday")
            .arg("keeper")
            .arg(&self.run_dir)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let (waits, told) = (BTreeMap::new(), BTreeMap::new());
        Ok(Keeper { link: Link::new(ours)?, child: Some(child), waits, told })
    }
}

impl Keeper {
    /// Has a secret hidden, once for each value.
    fn tell(&mut self, name: String, value: SecretValue) {
        let known = self.told.get(&name);
        if known.is_some_and(|known| known.expose_secret() == value.expose_secret()) {
            return;
        }
        let text = value.expose_secret().to_owned();
        self.link.send(&Order::Secret { name: name.clone(), value: text });
        self.told.insert(name, value);
    }

    /// Takes what it said; `again` gets what only files can tell.
    fn collect(&mut self, ready: &mut impl Extend<Input>, again: &mut Vec<(EffectId, String)>) {
        self.link.flush();
        let mut seen: BTreeMap<u64, u64> = BTreeMap::new();
        for word in self.link.receive::<Word>() {
            match word {
                Word::Line { id, text } => {
                    *seen.entry(id).or_default() += 1;
                    if self.waits.contains_key(&EffectId(id)) {
                        ready.extend([Input::Line(EffectId(id), text)]);
                    }
                }
                Word::Done { id, output } => {
                    seen.remove(&id);
                    if self.waits.remove(&EffectId(id)).is_some() {
                        ready.extend([Input::Done(EffectId(id), *output)]);
                    }
                }
                Word::Absent { id } => again.extend(self.waits.remove_entry(&EffectId(id))),
            }
        }
        for (id, lines) in seen {
            self.link.send(&Order::Seen { id, lines });
        }
        if !self.link.is_open() {
            again.append(&mut std::mem::take(&mut self.waits).into_iter().collect());
            // It closed the connection, so it is at its end; nothing of ours is left with it.
            if let Some(mut child) = self.child.take() {
                let _ = child.try_wait();
            }
        }
    }
}

impl Drop for Keepers {
    /// A keeper with nothing to do ends when its connection does; it is waited for. One that still runs a
    /// command goes on without us.
    fn drop(&mut self) {
        for keeper in std::mem::take(&mut self.reached) {
            let Keeper { link, child, waits, .. } = keeper;
            drop(link);
            if let Some(mut child) = child.filter(|_| waits.is_empty()) {
                let _ = child.wait();
            }
        }
    }
}

fn not_begun() -> Output {
    bare(Ending::NotDone { reason: "its command had not been begun".to_owned() })
}

fn undecided(run_dir: &Path, error: &io::Error) -> Output {
    let folder = run_dir.join(attempt::FOLDER);
    let reason = format!("what it left in {} cannot be read: {error}", folder.display());
    bare(Ending::Unknown { reason })
}

/// A name in a folder as a path that is short enough for a socket, whatever the folder's path.
fn short(folder: &OwnedFd, name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}/{name}", folder.as_raw_fd()))
}
