//! The real world behind the seam: commands, databases, HTTP, the operator, signals, clocks.
//!
//! Owns one poll loop. Commands are read in it without a thread of their own; what can only block (SQL,
//! HTTP, a prompt) has a thread and hands its end in through a channel and a pipe that wakes the loop.
#![expect(clippy::disallowed_methods, reason = "this is where the clocks are read")]

mod databases;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::time::{ClockId, clock_gettime};

use super::console::{Operator, Withdrawal, can_suspend, mend, remember, suspend};
use super::evidence::EvidenceSink;
use super::http::{self, PreparedHttp};
use super::inbox::{Found, Watch};
use super::keeper::Keepers;
use super::notify;
use super::process::{EnvValue, Prepared, Running, target_variables};
use super::secrets::Vault;
use super::sql;
use crate::effect::{
    Effect, EffectId, Facts, FailKind, HttpEffect, Input, KeepEffect, NotifyEffect, Output,
    ProcessEffect, Recover, Target, TargetKind, Text,
};
use crate::run::clock::stepped;
use crate::run::drive::World;
use crate::secret::{Redactor, SecretValue};
use crate::time::{Moment, Span, Timestamp};

mod ask;
mod signals;
mod threads;

pub(in crate::world) use signals::is_ignored;
use signals::{Came, Signals};
use threads::Threads;

/// The loop looks at the clock at least this often while it waits for an instant: a laptop that slept
/// wakes late.
const GLANCE: Span = Span::from_secs(1);

/// What a live world needs to know.
pub struct Setting {
    /// Secrets by name, as references.
    pub secrets: BTreeMap<String, String>,
    /// The folder that relative references start from.
    pub base: PathBuf,
    /// A file that `env:` references may come from.
    pub env_file: Option<PathBuf>,
    /// What the commands of `cmd:` references get beside our own variables.
    pub variables: Vec<(String, String)>,
    /// The run's folder, for evidence; empty while there is none.
    pub run_dir: PathBuf,
    /// The run's id, for the lists of databases.
    pub run_id: String,
    /// Who is asked; nobody when `None`.
    pub operator: Option<Box<dyn Operator>>,
    /// The program that keeps commands, mayday itself; without it they end with us.
    pub keeper: Option<PathBuf>,
}

/// The real world.
pub struct LiveWorld {
    vault: Vault,
    redactor: Arc<Mutex<Redactor>>,
    run_dir: PathBuf,
    /// The plan still names the folder before.
    moved: bool,
    run_id: String,
    operator: ask::Desk,
    questions: HashMap<EffectId, Arc<Withdrawal>>,
    threads: Threads,
    commands: HashMap<EffectId, Running>,
    /// What commands that only look were begun with, until they have ended or one Ctrl-C has hit them.
    looks: HashMap<EffectId, Prepared>,
    keepers: Keepers,
    /// What other terminals say; the newest folder last, when the record was moved.
    inboxes: Vec<Watch>,
    cancels: HashMap<EffectId, sql::Cancel>,
    sessions: Arc<sql::Sessions>,
    ready: VecDeque<Input>,
    /// Ends of what runs on threads.
    ended: Receiver<(EffectId, Output)>,
    end: Sender<(EffectId, Output)>,
    /// Both clocks when they were last seen to fit each other. Older than any wait: a clock may also be
    /// set right before one begins.
    fits: Moment,
    wake: UnixStream,
    waker: Arc<UnixStream>,
    signals: Signals,
}

/// Time since boot, suspend included. Zero where the kernel has no such clock.
#[must_use]
pub fn boot_clock() -> Span {
    let now = clock_gettime(ClockId::Boottime);
    Span::from_millis(now.tv_sec.saturating_mul(1000).saturating_add(now.tv_nsec / 1_000_000))
}

fn wall_clock() -> Timestamp {
    Timestamp::from_millis(chrono::Utc::now().timestamp_millis())
}

/// Public facts of a target by its address alone.
///
/// # Errors
/// The address has the wrong form.
pub fn facts_of(kind: TargetKind, name: &str, address: SecretValue) -> Result<Facts, String> {
    let mut facts = match kind {
        TargetKind::Http => {
            let mut facts = Facts::new();
            let url = secrecy::ExposeSecret::expose_secret(&address).to_owned();
            facts.insert("base_url".to_owned(), url.into());
            facts
        }
        kind => sql::identity(&sql::Resolved { kind, name: name.to_owned(), address })?,
    };
    facts.insert("type".to_owned(), kind.word().into());
    Ok(facts)
}

impl LiveWorld {
    /// Opens the world: signals are taken from here on.
    ///
    /// # Errors
    /// Pipes or signal handlers cannot be had.
    pub fn open(setting: Setting) -> io::Result<Self> {
        let (end, ended) = channel();
        let (wake, waker) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        waker.set_nonblocking(true)?;
        let attended = setting.operator.is_some();
        if attended {
            remember();
        }
        let signals = Signals::take(attended)?;
        let vault = Vault::new(setting.secrets, setting.base, setting.env_file)
            .with_variables(setting.variables);
        Ok(Self {
            redactor: vault.redactor(),
            vault,
            keepers: Keepers::new(setting.keeper, setting.run_dir.clone()),
            inboxes: Vec::new(),
            run_dir: setting.run_dir,
            moved: false,
            run_id: setting.run_id,
            operator: Arc::new(Mutex::new(setting.operator)),
            questions: HashMap::new(),
            threads: Threads::default(),
            commands: HashMap::new(),
            looks: HashMap::new(),
            cancels: HashMap::new(),
            sessions: Arc::new(sql::Sessions::new()),
            ready: VecDeque::new(),
            ended,
            end,
            fits: Moment { wall: wall_clock(), boot: boot_clock() },
            wake,
            waker: Arc::new(waker),
            signals,
        })
    }

    /// What hides the secrets known so far.
    #[must_use]
    pub fn redactor(&self) -> Arc<Mutex<Redactor>> {
        Arc::clone(&self.redactor)
    }

    /// What was noticed about secrets since last asked: readable by others, too short to hide.
    pub fn warnings(&mut self) -> Vec<String> {
        self.vault.take_warnings()
    }

    /// The run that evidence belongs to, once it has a folder.
    pub fn bind(&mut self, run_id: &str, run_dir: PathBuf) {
        run_id.clone_into(&mut self.run_id);
        self.vault.bind(run_id, &run_dir);
        self.keepers.bind(run_dir.clone());
        self.run_dir = run_dir;
    }

    /// Hears from here on what other terminals say to the run: it is ours to drive.
    pub fn listen(&mut self) {
        self.inboxes.push(Watch::over(&self.run_dir));
    }

    /// Resolves a secret now, to find out before anything runs whether it can be had.
    ///
    /// # Errors
    /// Which secret, where it was looked for, what to do.
    pub fn secret(&mut self, name: &str) -> Result<SecretValue, String> {
        if self.vault.needs_prompt(name) {
            return self.ask_secret(name);
        }
        self.vault.resolve(name).map_err(|trouble| trouble.to_string())
    }

    /// Whether a secret can be had by somebody who cannot wait or ask for it. One that a command prints is
    /// not looked for here.
    ///
    /// # Errors
    /// Which secret, and why not.
    pub fn secret_at_once(&mut self, name: &str) -> Result<(), String> {
        if self.vault.takes_time(name) {
            return Ok(());
        }
        self.vault.resolve(name).map(drop).map_err(|trouble| trouble.to_string())
    }

    fn resolve(&mut self, text: &Text) -> Result<EnvValue, Output> {
        match text {
            Text::Plain(text) => Ok(EnvValue::Plain(text.clone())),
            Text::Secret(name) => self
                .secret(name)
                .map(EnvValue::Secret)
                .map_err(|why| Output::failed(FailKind::Secret, why)),
        }
    }

    /// The address of a target, resolved.
    ///
    /// # Errors
    /// Its secret cannot be had.
    pub fn address(&mut self, target: &Target) -> Result<SecretValue, String> {
        match &target.address {
            Text::Plain(text) => Ok(SecretValue::from(text.clone())),
            Text::Secret(name) => self.secret(name),
        }
    }

    /// Public facts of a target: host, port, database, ... Connects to nothing.
    ///
    /// # Errors
    /// Its secret cannot be had, or its address has the wrong form.
    pub fn facts(&mut self, target: &Target) -> Result<Facts, String> {
        let address = self.address(target)?;
        facts_of(target.kind, &target.name, address)
    }

    fn redactor_now(&self) -> Redactor {
        self.redactor.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn sink(&self, id: EffectId, withhold: bool) -> EvidenceSink {
        if withhold || self.run_dir.as_os_str().is_empty() {
            return EvidenceSink::nowhere();
        }
        EvidenceSink::new(&self.run_dir, &format!("{:06}", id.0))
    }

    fn begin(&mut self, id: EffectId, effect: Effect) -> Result<(), Output> {
        match effect {
            Effect::Process(effect) => self.command(id, effect),
            Effect::Sql(effect) => self.sql(id, effect),
            Effect::SqlEnd(end) => {
                let sessions = Arc::clone(&self.sessions);
                self.on_thread(id, "sql", move || sql::end(end, &sessions))
            }
            Effect::Recover(Recover::Command(command)) => {
                self.keepers.recover(id, &command).map_or(Ok(()), Err)
            }
            Effect::Recover(Recover::Sql(recover)) => self.fate(id, recover),
            Effect::Http(effect) => self.http(id, effect),
            Effect::Ask(question) => self.ask(id, question),
            Effect::Notify(effect) => self.notify(id, *effect),
            Effect::Keep(effect) => {
                self.ready.push_back(Input::Done(id, self.keep(id, &effect)));
                Ok(())
            }
        }
    }

    fn command(&mut self, id: EffectId, effect: ProcessEffect) -> Result<(), Output> {
        let mut env = Vec::new();
        if let Some(target) = &effect.target {
            let address =
                self.address(target).map_err(|why| Output::failed(FailKind::Secret, why))?;
            let variables = target_variables(target.kind, &address);
            env.extend(variables.map_err(|why| Output::failed(FailKind::Input, why))?);
        }
        for (name, text) in &effect.env {
            env.push((name.clone(), self.resolve(text)?));
        }
        if self.moved {
            let folder = self.run_dir.to_string_lossy().into_owned();
            env.push(("MAYDAY_RUN_DIR".to_owned(), EnvValue::Plain(folder)));
        }
        let reads = effect.attempt.is_none() && !effect.interactive;
        if let Some(attempt) = effect.attempt.clone().filter(|_| self.keepers.can_keep()) {
            return self.keepers.start(id, &attempt, effect, env, self.vault.known());
        }
        let sink = self.sink(id, effect.withhold);
        let spec = Prepared::new(effect, env, self.redactor_now());
        let running = Running::spawn(&spec, &sink, boot_clock()).map_err(|output| *output)?;
        self.commands.insert(id, running);
        if reads {
            self.looks.insert(id, spec);
        }
        Ok(())
    }

    fn http(&mut self, id: EffectId, effect: HttpEffect) -> Result<(), Output> {
        let mut url = self.resolve(&effect.url)?;
        if let Some(base) = &effect.base {
            url = http::below(&self.resolve(base)?, &url);
        }
        let mut headers = Vec::new();
        for (name, value) in &effect.headers {
            headers.push((name.clone(), self.resolve(value)?));
        }
        let sink = self.sink(id, effect.withhold);
        let request = PreparedHttp::new(effect, url, headers, self.redactor_now());
        self.on_thread(id, "http", move || http::send(&request, &sink))
    }

    fn notify(&mut self, id: EffectId, effect: NotifyEffect) -> Result<(), Output> {
        // A command that fetches a secret takes its time, and that must not be the run's.
        let mut vault = self.vault.beside();
        self.on_thread(id, "notify", move || {
            let secret = |name: &str| vault.resolve(name).map_err(|trouble| trouble.to_string());
            let way = match notify::Way::resolve(&effect.channel, secret) {
                Ok(way) => way,
                Err(why) => return notify::unreachable(&effect, why),
            };
            let redactor = vault.redactor();
            let redactor = redactor.lock().unwrap_or_else(PoisonError::into_inner).clone();
            notify::deliver(&effect, &way, &redactor, wall_clock())
        })
    }

    fn keep(&self, id: EffectId, effect: &KeepEffect) -> Output {
        let redactor = self.redactor_now();
        let mut output = Output::done(Facts::new(), Span::ZERO);
        for (index, file) in effect.files.iter().enumerate() {
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
            let stem = format!("{:06}-{index}-{}", id.0, name.unwrap_or_default());
            let sink = EvidenceSink::new(&self.run_dir, &stem);
            match sink.keep_file(&effect.cwd.join(file), &redactor) {
                Ok(evidence) => output.evidence.push(evidence),
                Err(why) => return Output::failed(FailKind::NotFound, why),
            }
        }
        output
    }

    /// Takes what has happened without waiting.
    fn collect(&mut self) {
        let now = boot_clock();
        let mut came = self.signals.came();
        let ctrl_c = came.iter().any(|came| came.is_ctrl_c());
        let mut over = Vec::new();
        for (id, running) in &mut self.commands {
            let mut lines = Vec::new();
            if let Some(output) = running.wake(now, &mut |line| lines.push(line.to_owned())) {
                over.push((*id, output));
            }
            self.ready.extend(lines.into_iter().map(|line| Input::Line(*id, line)));
        }
        if !over.is_empty() {
            mend();
        }
        for (id, output) in over {
            let hit = self.commands.remove(&id).is_some_and(|ended| ended.was_hit_at_birth());
            let look = self.looks.remove(&id);
            let silent = output.evidence.is_empty();
            if let Some(spec) = look.filter(|_| hit && ctrl_c && silent) {
                // It looks, and has not looked yet: it is begun again.
                let sink = self.sink(id, spec.withhold);
                match Running::spawn(&spec, &sink, now) {
                    Ok(running) => drop(self.commands.insert(id, running)),
                    Err(output) => self.ready.push_back(Input::Done(id, *output)),
                }
                continue;
            }
            self.ready.push_back(Input::Done(id, output));
        }
        self.keepers.collect(&mut self.ready);
        self.slips();
        let ended: Vec<_> = self.ended.try_iter().collect();
        // A question that saw the end of the terminal has no answer, and that is not why the run is left.
        came.extend(self.signals.hang_up());
        let gone = came.iter().position(|came| came.is_hang_up()).map(|at| came.remove(at));
        if let Some(Came::Interrupt(how)) = gone {
            self.ready.push_back(Input::Interrupt(how));
        }
        for (id, output) in ended {
            self.cancels.remove(&id);
            self.questions.remove(&id);
            if self.threads.ended(id) {
                self.ready.push_back(Input::Done(id, output));
            }
        }
        for came in came {
            match came {
                Came::Interrupt(how) => self.ready.push_back(Input::Interrupt(how)),
                Came::Suspend => self.suspend(),
                Came::Child => {}
            }
        }
        // Ctrl-Z in a command that owns the terminal is meant for all of us.
        if self.commands.values().any(Running::is_stopped) {
            self.suspend();
        }
    }

    /// What other terminals left since the last look.
    fn slips(&mut self) {
        let redactor = &self.redactor;
        let known = || redactor.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let found = self.inboxes.iter_mut().flat_map(|inbox| inbox.collect(known));
        let slip =
            |found: Found| Input::Slip { id: found.id, text: found.text, files: found.files };
        self.ready.extend(found.map(slip));
    }

    /// Stops mayday and what it runs, until somebody lets it go on. Time limits of commands stand still
    /// meanwhile; deadlines and waits of the run go on, as the incident does.
    fn suspend(&mut self) {
        // Without a shell behind it nobody could bring it back.
        if !can_suspend() {
            let stopped = self.commands.values_mut().filter(|running| running.is_stopped());
            stopped.for_each(|running| running.go_on(Span::ZERO));
            return;
        }
        for running in self.commands.values_mut() {
            running.pause();
        }
        self.keepers.stand_still(None);
        let before = boot_clock();
        suspend();
        let now = boot_clock();
        self.keepers.stand_still(Some(now - before));
        for running in self.commands.values_mut() {
            running.go_on(now - before);
        }
        self.ready.push_back(Input::Suspended(now - before));
    }

    /// Sleeps until something may have happened, at most `limit`.
    fn sleep(&mut self, limit: Option<Span>) {
        let stdin = io::stdin();
        let mut fds = vec![PollFd::new(&self.wake, PollFlags::IN)];
        self.signals.poll_fds(&stdin, &mut fds);
        for running in self.commands.values() {
            running.poll_fds(&mut fds);
        }
        self.keepers.poll_fds(&mut fds);
        self.inboxes.iter().for_each(|inbox| inbox.poll_fd(&mut fds));
        let timeout = limit.map(|limit| {
            let millis = limit.millis().max(0);
            Timespec { tv_sec: millis / 1000, tv_nsec: (millis % 1000) * 1_000_000 }
        });
        // An interrupted poll is a reason to look, like any other.
        let _ = poll(&mut fds, timeout.as_ref());
        drop(fds);
        let mut bytes = [0_u8; 64];
        while self.wake.read(&mut bytes).is_ok_and(|count| count > 0) {}
    }
}

impl World for LiveWorld {
    fn now(&mut self) -> Moment {
        Moment { wall: wall_clock(), boot: boot_clock() }
    }

    fn start(&mut self, id: EffectId, effect: Effect) {
        self.threads.begin(id, &effect);
        if let Err(output) = self.begin(id, effect) {
            self.threads.ended(id);
            self.ready.push_back(Input::Done(id, output));
        }
    }

    fn cancel(&mut self, id: EffectId) {
        let now = boot_clock();
        self.keepers.cancel(id);
        if let Some(running) = self.commands.get_mut(&id) {
            running.cancel(now);
        }
        if let Some(cancel) = self.cancels.get(&id) {
            cancel.cancel();
        }
        if let Some(question) = self.questions.get(&id) {
            question.withdraw();
        }
        if let Some(output) = self.threads.cancel(id) {
            self.ready.push_back(Input::Done(id, output));
        }
    }

    fn leave(&mut self, id: EffectId) {
        // Without a keeper nothing goes on without us.
        if !self.keepers.leave(id) {
            self.cancel(id);
        }
    }

    fn wait(&mut self, until: Option<Timestamp>) -> Input {
        loop {
            if let Some(input) = self.ready.pop_front() {
                return input;
            }
            self.collect();
            if !self.ready.is_empty() {
                continue;
            }
            let now = wall_clock();
            let boot = boot_clock();
            let moment = Moment { wall: now, boot };
            if until.is_some() && stepped(self.fits, moment).is_some() {
                self.fits = moment;
                return Input::Tick(now);
            }
            if until.is_some_and(|until| now >= until) {
                return Input::Tick(now);
            }
            let wall_limit = until.map(|until| until.since(now).min(GLANCE));
            let deadlines = self.commands.values().filter_map(Running::next_deadline);
            let command_limit = deadlines.min().map(|at| at - boot);
            // A millisecond more: waking just before the instant would only mean waking again.
            let look_limit = self.keepers.look_after();
            let glance = self.inboxes.iter().any(Watch::is_deaf).then_some(GLANCE);
            let limits = wall_limit.into_iter().chain(command_limit);
            let limit = limits.chain(look_limit).chain(glance).min();
            self.sleep(limit.map(|limit| limit + Span::from_millis(1)));
        }
    }

    fn keep_secret(&mut self, name: &str, value: SecretValue) {
        self.vault.keep(name, value);
    }

    fn taken(&mut self, slip: &str) {
        self.inboxes.iter_mut().for_each(|inbox| inbox.done(slip));
    }

    fn moved(&mut self, run_dir: &Path) {
        self.inboxes.push(Watch::over(run_dir));
        self.run_dir = run_dir.to_path_buf();
        self.keepers.bind(run_dir.to_path_buf());
        self.moved = true;
    }

    fn on_paper(&mut self, on: bool) {
        self.keepers.pause(on);
    }
}
