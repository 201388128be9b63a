//! Commands: started, watched, limited in time, ended with all they started, and never in the way.
//!
//! Owns one foreground command at a time for ONE poll loop in the caller: [`Running::poll_fds`] and
//! [`Running::next_deadline`] say what to wait for, [`Running::wake`] does what is due and never
//! blocks. Reads no clock: each call is given the boot clock. A command has its own process group and
//! stdin from /dev/null; it is over when its first process ends, not when its last grandchild does.
#![expect(clippy::disallowed_methods, reason = "this is where commands are started")]

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::effect::{Output, ProcessEffect};
use crate::secret::{Redactor, SecretValue};
use crate::time::Span;
use crate::world::console::{HandedOver, hand_over, lend_window, mend};
use crate::world::evidence::EvidenceSink;
use rustix::event::{PollFd, PollFlags};
use rustix::fd::OwnedFd;
use rustix::fs::OFlags;
use rustix::process::{Pid, PidfdFlags, Signal};
use secrecy::ExposeSecret;

mod capture;
mod ended;
mod group;
mod leftovers;
mod lines;
mod pause;
mod program;
mod target;

pub use capture::FACT_CAP;
pub(in crate::world) use group::MARK;
pub(in crate::world) use program::search_path;
pub use target::target_variables;

use capture::Capture;
use ended::{Ended, Leftovers};
use lines::Budget;

/// How long pipes that grandchildren hold open are read after the command itself ended.
const DRAIN: Span = Span::from_millis(300);

/// How long after KILL a process may take to go; then it hangs in the kernel, and is named.
const AFTER_KILL: Span = Span::from_secs(1);

/// How often is looked where the kernel cannot wake us: leftovers, or a kernel without pidfd.
const LOOK: Span = Span::from_millis(20);

/// Bytes read at a time.
const CHUNK: usize = 64 * 1024;

/// The value of a variable.
#[derive(Clone, Debug)]
pub enum EnvValue {
    /// May be shown.
    Plain(String),
    /// Reaches the command and nothing else.
    Secret(SecretValue),
}

impl EnvValue {
    /// The value itself: for the command, the request or the connection, and nothing else.
    pub(in crate::world) fn text(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Secret(value) => value.expose_secret(),
        }
    }
}

/// A command with everything resolved.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Program and arguments. Never contains a secret.
    pub argv: Vec<String>,
    /// Variables added to mayday's own, target variables included; a later one wins.
    pub env: Vec<(String, EnvValue)>,
    /// Folders put in front of PATH.
    pub path: Vec<PathBuf>,
    /// Working directory.
    pub cwd: PathBuf,
    /// The command owns the terminal: nothing is captured, and its group is the one in front.
    pub interactive: bool,
    /// TERM after this long.
    pub time_limit: Span,
    /// KILL this long after TERM.
    pub kill_after: Span,
    /// The output holds a secret to capture: it arrives unredacted in the facts, and is neither shown
    /// nor kept. The caller must not record those facts.
    pub withhold: bool,
    /// Knows the secrets that must not be seen in the output.
    pub redactor: Redactor,
}

impl Prepared {
    /// The command of an effect, with its variables resolved.
    #[must_use]
    pub fn new(effect: ProcessEffect, env: Vec<(String, EnvValue)>, redactor: Redactor) -> Self {
        let ProcessEffect {
            argv, path, cwd, interactive, time_limit, kill_after, withhold, ..
        } = effect;
        Self { argv, env, path, cwd, interactive, time_limit, kill_after, withhold, redactor }
    }
}

/// Why a command is being ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    TimeLimit,
    Cancelled,
    /// It wanted the terminal, which is not its own.
    Terminal,
}

#[derive(Clone, Copy)]
enum Phase {
    /// The command runs. When it is being ended: KILL at this instant, or given up on when killed.
    Alive { kill_at: Option<Span> },
    /// It ended; somebody holds its pipes.
    Drain { until: Span },
    /// It ended; its group is being emptied.
    Sweep { kill_at: Span, look_at: Span },
}

/// Whether what left the command's group can be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strays {
    /// It became somebody else's child.
    OutOfReach,
    /// This process is a child subreaper and runs no other command: it inherits what this one leaves, and
    /// what earlier ones left is here, too. A server that an earlier step started must outlive this one.
    Inherited {
        /// What [`MARK`] is in the environment of this command.
        attempt: String,
        /// What was left behind by earlier commands when this one began.
        earlier: Earlier,
    },
}

/// Processes that were there before a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Earlier(Vec<group::Survivor>);

impl Earlier {
    /// What this process has inherited by now.
    #[must_use]
    pub fn here() -> Self {
        let strays = if group::has_children() { group::strays(&[]) } else { Vec::new() };
        Self(strays.into_iter().map(|stray| stray.survivor).collect())
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A command that was started.
pub struct Running {
    child: Child,
    pid: Pid,
    /// Wakes the poll when the command ends; none on kernels before 5.3.
    pidfd: Option<OwnedFd>,
    streams: Vec<Capture>,
    chunk: Box<[u8]>,
    budget: Budget,
    interactive: bool,
    /// The terminal, while the command has it.
    front: Option<HandedOver>,
    stopped: bool,
    strays: Strays,
    started: Span,
    now: Span,
    limit_at: Span,
    kill_after: Span,
    stop: Option<Stop>,
    killed: bool,
    phase: Phase,
    status: Option<ExitStatus>,
    leftovers: Leftovers,
}

impl Running {
    /// Starts the command.
    ///
    /// # Errors
    /// An output that says which program could not be started, where it was looked for, and why.
    pub fn spawn(
        spec: &Prepared,
        sink: &EvidenceSink,
        now_boot: Span,
    ) -> Result<Self, Box<Output>> {
        program::check_words(spec)?;
        let path = program::search_path(&spec.path);
        let name = spec.argv.first().map_or("", String::as_str);
        let file = program::find(name, &path, &spec.cwd)?;
        let mut command = Command::new(&file);
        command.arg0(name).args(&spec.argv[1..]).current_dir(&spec.cwd).env("PATH", path);
        command.envs(spec.env.iter().map(|(name, value)| (name, value.text())));
        command.process_group(0);
        if spec.interactive {
            // Before it draws anything itself.
            lend_window();
        } else {
            command.stdin(Stdio::null());
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
        }
        let refused = |error: &std::io::Error| program::refusal(spec, &file, error);
        let mut child = command.spawn().map_err(|error| {
            mend();
            Box::new(refused(&error))
        })?;
        let pid = Pid::from_child(&child);
        let pipes = [
            (child.stdout.take().map(OwnedFd::from), "stdout"),
            (child.stderr.take().map(OwnedFd::from), "stderr"),
        ];
        let streams = pipes.into_iter().filter_map(|(pipe, what)| {
            let pipe = pipe?;
            // Without this a read could block; with a fresh pipe it cannot fail.
            let _ = rustix::fs::fcntl_setfl(&pipe, OFlags::NONBLOCK);
            Some(Capture::new(pipe, what, spec.withhold, &spec.redactor, sink))
        });
        Ok(Self {
            streams: streams.collect(),
            child,
            pid,
            pidfd: rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok(),
            chunk: vec![0; CHUNK].into(),
            budget: Budget::new(now_boot),
            interactive: spec.interactive,
            front: if spec.interactive { hand_over(pid) } else { None },
            stopped: false,
            strays: Strays::OutOfReach,
            started: now_boot,
            now: now_boot,
            limit_at: now_boot + spec.time_limit,
            kill_after: spec.kill_after,
            stop: None,
            killed: false,
            phase: Phase::Alive { kill_at: None },
            status: None,
            leftovers: Leftovers::default(),
        })
    }

    /// Adds what a poll must watch; any of it being ready is a reason to call [`Running::wake`].
    pub fn poll_fds<'a>(&'a self, into: &mut Vec<PollFd<'a>>) {
        let pipes = self.streams.iter().filter_map(Capture::pipe);
        let ended = self.pidfd.iter().filter(|_| self.status.is_none());
        into.extend(pipes.chain(ended).map(|fd| PollFd::new(fd, PollFlags::IN)));
    }

    /// When [`Running::wake`] must be called at the latest, on the boot clock.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Span> {
        let due = match self.phase {
            Phase::Alive { kill_at } => kill_at.unwrap_or(self.limit_at),
            Phase::Drain { until } => until,
            Phase::Sweep { look_at, .. } => look_at,
        };
        let blind = self.pidfd.is_none() && self.status.is_none();
        Some(if blind { due.min(self.now + LOOK) } else { due })
    }

    /// Ends the command: TERM to its group, KILL after its grace. Asked again: KILL now.
    pub fn cancel(&mut self, now_boot: Span) {
        self.now = now_boot;
        match &mut self.phase {
            Phase::Alive { kill_at: None } => self.end(Stop::Cancelled),
            Phase::Alive { kill_at: Some(at) } | Phase::Sweep { kill_at: at, .. }
                if !self.killed =>
            {
                *at = now_boot;
                if self.status.is_none() {
                    self.kill();
                }
            }
            Phase::Drain { until } => *until = now_boot,
            _ => {}
        }
    }

    /// Does what is due without blocking: reads, limits the time, notices the end. The output, once,
    /// when all is over. Lines for the screen go to `on_line`, redacted and sanitised.
    pub fn wake(&mut self, now_boot: Span, on_line: &mut dyn FnMut(&str)) -> Option<Output> {
        self.now = now_boot;
        self.budget.renew(now_boot);
        if self.status.is_none() {
            self.status = self.child.try_wait().ok().flatten();
        }
        if self.status.is_none() && !self.stopped && self.stop.is_none() {
            self.notice_stop();
        }
        for stream in &mut self.streams {
            stream.pump(&mut self.chunk, &mut self.budget, on_line);
        }
        let over = match self.phase {
            Phase::Alive { kill_at } if self.status.is_none() => self.enforce(kill_at),
            Phase::Alive { .. } => self.after_end(),
            Phase::Drain { until } => {
                if self.drained() {
                    self.sweep()
                } else if now_boot >= until {
                    self.leftovers.name(group::holders(&self.open_pipes()));
                    self.sweep()
                } else {
                    false
                }
            }
            Phase::Sweep { kill_at, look_at } => now_boot >= look_at && self.look(kill_at),
        };
        over.then(|| self.output(on_line))
    }

    /// True when it ended by a Ctrl-C that was not meant for it. It is out of the terminal's reach once it is in
    /// its own group; between its birth and then it is not.
    pub fn was_hit_at_birth(&self) -> bool {
        let by =
            self.status.and_then(|status| std::os::unix::process::ExitStatusExt::signal(&status));
        by == Some(Signal::INT.as_raw()) && self.stop.is_none()
    }

    fn drained(&self) -> bool {
        self.streams.iter().all(|stream| stream.pipe().is_none())
    }

    fn open_pipes(&self) -> Vec<u64> {
        let pipes = self.streams.iter().filter_map(Capture::pipe);
        pipes.filter_map(|pipe| Some(rustix::fs::fstat(pipe).ok()?.st_ino)).collect()
    }

    /// Begins to end the command.
    fn end(&mut self, why: Stop) {
        self.stop = Some(why);
        self.phase = Phase::Alive { kill_at: Some(self.now + self.kill_after) };
        self.signal(Signal::TERM);
        // A stopped process takes TERM only once it goes on.
        self.signal(Signal::CONT);
    }

    fn kill(&mut self) {
        self.killed = true;
        self.phase = Phase::Alive { kill_at: Some(self.now + AFTER_KILL) };
        self.signal(Signal::KILL);
    }

    /// To the group. Called only while the command has not been waited for: until then its number cannot
    /// be given out anew.
    fn signal(&self, signal: Signal) {
        group::signal(self.pid, signal);
    }

    /// Holds a running command to its time. True when it is given up on.
    fn enforce(&mut self, kill_at: Option<Span>) -> bool {
        match kill_at {
            None if self.now >= self.limit_at => self.end(Stop::TimeLimit),
            Some(at) if self.now >= at && !self.killed => self.kill(),
            Some(at) if self.now >= at => {
                let name = "the command itself".to_owned();
                let pid = self.pid.as_raw_pid();
                self.leftovers.name(vec![group::Survivor::named(pid, name)]);
                self.front = None;
                return true;
            }
            _ => {}
        }
        false
    }

    /// The command has ended. True when there is nothing more to wait for.
    fn after_end(&mut self) -> bool {
        self.front = None;
        if self.interactive {
            return true;
        }
        if self.drained() {
            return self.sweep();
        }
        self.phase = Phase::Drain { until: self.now + DRAIN };
        false
    }

    fn output(&mut self, on_line: &mut dyn FnMut(&str)) -> Output {
        let streams = std::mem::take(&mut self.streams);
        let captured =
            streams.into_iter().map(|stream| stream.finish(&mut self.budget, on_line)).collect();
        Ended {
            status: self.status,
            stop: self.stop,
            captured,
            leftovers: std::mem::take(&mut self.leftovers),
            elapsed: self.now - self.started,
        }
        .output()
    }
}
