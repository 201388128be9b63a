//! This machine and this process, as the operating system tells them: clocks, names, terminals.
#![expect(clippy::disallowed_methods, reason = "this is where the wall clock is read")]

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};

use chrono::{Local, Offset, Utc};
use rustix::fd::AsFd;
use rustix::process::{DumpableBehavior, Resource, Rlimit};

use rustix::event::{Timespec, poll};

use crate::time::{Span, Timestamp, Zone};

/// Wall clock.
#[must_use]
pub fn wall_clock() -> Timestamp {
    Timestamp::from_millis(Utc::now().timestamp_millis())
}

/// The operator's zone.
#[must_use]
pub fn zone() -> Zone {
    let offset = |at: Timestamp| at.utc().with_timezone(&Local).offset().fix();
    let now = wall_clock();
    let (current, mut old) = (offset(now), now - Zone::reach());
    let zone = Zone::from(current);
    let before = offset(old);
    if before == current {
        return zone;
    }
    // Between the two lies the instant at which it was changed: by halving, to the millisecond.
    let mut new = now;
    while new.since(old) > Span::from_millis(1) {
        let middle = old + Span::from_millis(new.since(old).millis() / 2);
        if offset(middle) == current { new = middle } else { old = middle }
    }
    zone.since(new, before)
}

/// The boot's id: events of one boot share a boot clock. Empty where the system names none.
#[must_use]
pub fn boot_id() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    id.map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// This process is another call of the program from here on. Returns only when that fails.
pub fn begin_anew(program: &std::path::Path, words: &[String]) -> std::io::Error {
    std::os::unix::process::CommandExt::exec(std::process::Command::new(program).args(words))
}

/// Lets so much time pass, or less when a signal comes.
pub fn rest(span: Span) {
    let millis = span.millis().max(0);
    let limit = Timespec { tv_sec: millis / 1000, tv_nsec: (millis % 1000) * 1_000_000 };
    // An early end is a reason to look, like any other.
    let _ = poll(&mut [], Some(&limit));
}

/// Holds a name that nobody else on this machine holds, until it is dropped or this process ends; nothing where somebody
/// does. A socket nobody connects to: it leaves no file behind, whatever ends us.
///
/// # Errors
/// The system gives no such names.
pub fn hold(name: &str) -> std::io::Result<Option<UnixListener>> {
    let address = SocketAddr::from_abstract_name(name.as_bytes())?;
    match UnixListener::bind_addr(&address) {
        Ok(held) => Ok(Some(held)),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Ok(None),
        Err(error) => Err(error),
    }
}

/// The machine's name.
#[must_use]
pub fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The number of the user who runs this process.
#[must_use]
pub fn user_id() -> u32 {
    rustix::process::getuid().as_raw()
}

/// Who sits behind this process: the user who logged in, where the system remembers that (`sudo` and `su` do
/// not change it), else the user of the process.
#[must_use]
pub fn login_id() -> u32 {
    let login = std::fs::read_to_string("/proc/self/loginuid").ok();
    let login = login.and_then(|text| text.trim().parse().ok());
    // All ones: nobody logged in, as in a container.
    login.filter(|id| *id != u32::MAX).unwrap_or_else(user_id)
}

/// True for a terminal.
pub fn is_terminal(stream: impl AsFd) -> bool {
    rustix::termios::isatty(stream)
}

/// Columns of a terminal; `None` for anything else, and for one that does not tell.
pub fn columns(stream: impl AsFd) -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    (size.ws_col > 0).then_some(size.ws_col)
}

/// Keeps what is in memory there: nobody but root may look into it (`/proc/PID/mem`, a debugger), and no core
/// dump of this process is written. Call it before a secret is known.
///
/// The soft limit is lowered as well, and commands inherit it: they have secrets in their environment. A
/// command that needs core dumps raises it again (`ulimit -c unlimited`).
pub fn keep_memory_private() {
    // Where the system refuses there is nothing else to try, and a recovery does not stop for it.
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let maximum = rustix::process::getrlimit(Resource::Core).maximum;
    let _ = rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), maximum });
}

/// A file that outgrows the limit of this process is an error to deal with, not the end of the process.
/// Programs that are started get the usual behaviour back.
///
/// # Errors
/// The signal cannot be taken.
pub fn survive_file_limit() -> std::io::Result<()> {
    let unused = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, unused).map(drop)
}

/// Dies as by `kill -9`: nothing is put in order.
pub fn die() {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
}
