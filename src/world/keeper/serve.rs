//! The keeper itself: a process of its own session that runs commands for mayday and outlives it.
//!
//! One loop: orders from the driver, what the commands do, drivers who come back. It ends when no
//! command runs and nobody is connected. It journals nothing and decides nothing.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{WaitId, WaitIdOptions};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use super::attempt::{self, Claim, Refused};
use super::kept::Kept;
use super::link::Link;
use super::message::{Order, Start, Variable, Word};
use crate::effect::{Ending, FailKind, Output};
use crate::secret::{Redactor, SecretValue};
use crate::seeded::bug;
use crate::world::evidence::EvidenceSink;
use crate::world::live::boot_clock;
use crate::world::process::{Earlier, EnvValue, MARK, Prepared, Running, Strays};

/// Keeps commands until none is left. The driver is on standard input, which is a socket.
///
/// # Errors
/// The process cannot be set up; nothing was run.
pub fn serve(run_dir: &Path) -> io::Result<()> {
    // Away from the terminal: closing it ends nothing here, and its keys reach nothing.
    let _ = rustix::process::setsid();
    let mut keeper = Serving::open(run_dir)?;
    while keeper.turn() {}
    keeper.leave();
    Ok(())
}

struct Serving {
    driver: Option<Link>,
    listener: Option<UnixListener>,
    /// The socket's name, below the run folder.
    socket: String,
    run_dir: PathBuf,
    kept: Vec<Kept>,
    redactor: Redactor,
    /// Somebody ends the machine or us: commands are ended in order.
    terminate: Arc<AtomicBool>,
    wake: UnixStream,
}

impl Serving {
    fn open(run_dir: &Path) -> io::Result<Self> {
        let terminate = Arc::new(AtomicBool::new(false));
        let (wake, waker) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        // Taken and not heeded: a closed terminal, a key. A handler is not handed down to commands,
        // which an ignored signal would be.
        let unheeded = Arc::new(AtomicBool::new(false));
        for signal in [SIGHUP, SIGINT, SIGQUIT] {
            signal_hook::flag::register(signal, Arc::clone(&unheeded))?;
        }
        signal_hook::flag::register(SIGTERM, Arc::clone(&terminate))?;
        signal_hook::low_level::pipe::register(SIGTERM, waker)?;
        // Processes that a command leaves behind become ours, not init's: they can be found.
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
        // Secrets are in our memory.
        crate::world::machine::keep_memory_private();
        crate::world::machine::survive_file_limit()?;
        let driver = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned()?;
        let driver = Link::new(UnixStream::from(driver))?;
        let socket = format!("keeper-{}-{}.sock", boot_clock().millis(), std::process::id());
        Ok(Self {
            driver: Some(driver),
            // Without it a driver who comes back waits for the end without seeing the output.
            listener: listen(run_dir, &socket).ok(),
            socket,
            run_dir: run_dir.to_path_buf(),
            kept: Vec::new(),
            redactor: Redactor::default(),
            terminate,
            wake,
        })
    }

    /// Waits for something and does what is due. False when nothing is left to do.
    fn turn(&mut self) -> bool {
        self.sleep();
        if let Some(stream) = self.listener.as_ref().and_then(|listener| listener.accept().ok()) {
            // A run has one driver, who holds its lock: a new one means that the old one is gone.
            self.driver = Link::new(stream.0).ok();
        }
        let orders: Vec<Order> = self.driver.as_mut().map(Link::receive).unwrap_or_default();
        for order in orders {
            self.obey(order);
        }
        let now = boot_clock();
        if self.terminate.swap(false, Ordering::Relaxed) {
            self.kept.iter_mut().for_each(|kept| kept.cancel(now));
        }
        let run_dir = &self.run_dir;
        for kept in &mut self.kept {
            kept.wake(now, &|| make_room(run_dir));
        }
        if self.kept.iter().all(Kept::is_over) {
            reap();
        }
        match &mut self.driver {
            Some(link) if link.is_open() => {
                self.kept.retain_mut(|kept| !kept.tell(link));
                link.flush();
            }
            gone => {
                *gone = None;
                // Its end is on disk, where the next driver finds it.
                self.kept.retain(|kept| !kept.is_over());
            }
        }
        self.driver.is_some() || !self.kept.is_empty()
    }

    fn sleep(&mut self) {
        let mut fds = vec![PollFd::new(&self.wake, PollFlags::IN)];
        fds.extend(self.driver.iter().map(Link::poll_fd));
        fds.extend(self.listener.iter().map(|listener| PollFd::new(listener, PollFlags::IN)));
        for kept in &self.kept {
            kept.poll_fds(&mut fds);
        }
        let due = self.kept.iter().filter_map(Kept::next_deadline).min();
        let limit = due.map(|due| {
            let millis = (due - boot_clock()).millis().max(0) + 1;
            Timespec { tv_sec: millis / 1000, tv_nsec: (millis % 1000) * 1_000_000 }
        });
        // An interrupted poll is a reason to look, like any other.
        let _ = poll(&mut fds, limit.as_ref());
        drop(fds);
        let mut bytes = [0; 64];
        while io::Read::read(&mut self.wake, &mut bytes).is_ok_and(|read| read > 0) {}
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Secret { name, value } => {
                // What cannot be hidden was told by mayday when it found the value.
                let _ = self.redactor.add(&name, &SecretValue::from(value));
            }
            Order::Start(start) => self.start(*start),
            Order::Attach { id } => match self.find(id) {
                Some(kept) => kept.attach(),
                None => self.say(&Word::Absent { id }),
            },
            Order::Cancel { id } => {
                let now = boot_clock();
                if let Some(kept) = self.find(id) {
                    kept.cancel(now);
                }
            }
            Order::Pause { for_so_long } => {
                self.kept.iter_mut().for_each(|kept| kept.pause(for_so_long));
            }
            Order::Seen { id, lines } => {
                if let Some(kept) = self.find(id) {
                    kept.seen(lines);
                }
            }
        }
    }

    fn find(&mut self, id: u64) -> Option<&mut Kept> {
        self.kept.iter_mut().find(|kept| kept.id == id)
    }

    fn say(&mut self, word: &Word) {
        if let Some(link) = &mut self.driver {
            link.send(word);
        }
    }

    /// Claims the attempt, durably, and then begins its command.
    fn start(&mut self, start: Start) {
        let id = start.id;
        let claim = || Claim::take(&start.run_dir, &start.attempt, &self.socket);
        let claimed = claim().or_else(|refused| match refused {
            Refused::Disk(error) if error.kind() == io::ErrorKind::StorageFull => {
                make_room(&self.run_dir);
                claim()
            }
            refused => Err(refused),
        });
        let claim = match claimed {
            Ok(claim) => claim,
            Err(refused) => {
                let output = Box::new(not_begun(&start, &refused));
                return self.say(&Word::Done { id, output });
            }
        };
        let sink = EvidenceSink::attempt(&start.run_dir, attempt::FOLDER, &start.attempt);
        let withhold = start.withhold;
        let attempt = mark(&start);
        let spec = prepared(start, self.redactor.clone());
        // Of two commands nobody could tell whose a stray is.
        let alone = self.kept.iter().all(Kept::is_over);
        self.kept.iter_mut().for_each(Kept::is_not_alone);
        let strays = if alone {
            Strays::Inherited { attempt, earlier: Earlier::here() }
        } else {
            Strays::OutOfReach
        };
        let spawned = Running::spawn(&spec, &sink, boot_clock());
        if bug("started after exec") {
            let _ = claim.begin(&self.socket);
        }
        self.kept.push(match spawned {
            Ok(mut running) => {
                running.look_for(strays);
                Kept::new(id, claim, running, withhold)
            }
            Err(output) => Kept::stillborn(id, claim, *output),
        });
    }

    fn leave(&self) {
        if self.listener.is_some() {
            // What is left of it after a crash is an empty name that nobody answers.
            let _ = std::fs::remove_file(self.run_dir.join(&self.socket));
        }
    }
}

/// A socket in the run folder, however long its path is: by way of the folder's descriptor.
fn listen(run_dir: &Path, socket: &str) -> io::Result<UnixListener> {
    let folder: OwnedFd = std::fs::File::open(run_dir)?.into();
    let listener = UnixListener::bind(super::short(&folder, socket))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn make_room(run_dir: &Path) {
    crate::journal::free_ballast(run_dir);
}

fn not_begun(start: &Start, refused: &Refused) -> Output {
    match refused {
        Refused::Taken => attempt::bare(Ending::NotDone {
            reason: format!("attempt {} was taken back before it began", start.attempt),
        }),
        Refused::Disk(error) => Output::failed(
            FailKind::Input,
            format!(
                "nothing was run: its beginning could not be recorded below {}: {error}",
                start.run_dir.join(attempt::FOLDER).display()
            ),
        ),
    }
}

/// Which attempt of which run: a step may itself be a run.
fn mark(start: &Start) -> String {
    let run = start.run_dir.file_name().unwrap_or_default().to_string_lossy();
    format!("{run}/{}", start.attempt)
}

fn prepared(start: Start, redactor: Redactor) -> Prepared {
    let mark = (MARK.to_owned(), EnvValue::Plain(mark(&start)));
    let env = start.env.into_iter().map(|(name, value)| {
        let value = match value {
            Variable::Plain(text) => EnvValue::Plain(text),
            Variable::Secret(text) => EnvValue::Secret(SecretValue::from(text)),
        };
        (name, value)
    });
    Prepared {
        argv: start.argv,
        env: env.chain([mark]).collect(),
        path: start.path,
        cwd: start.cwd,
        interactive: false,
        time_limit: start.time_limit,
        kill_after: start.kill_after,
        withhold: start.withhold,
        redactor,
    }
}

/// Takes note of the ends of processes that became ours. Only while no command runs: its own end must
/// not be taken from it.
fn reap() {
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    while let Ok(Some(_)) = rustix::process::waitid(WaitId::All, look) {}
}
