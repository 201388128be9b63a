//! A window that changes its size, told once it has come to rest.

use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::SIGWINCH;

/// A window that is dragged says so many times a second; only what it comes to matters.
const AT_REST: Timespec = Timespec { tv_sec: 0, tv_nsec: 40_000_000 };

/// Calls `tell` on a thread of its own after each change of the window, until it says false.
///
/// # Errors
/// No sockets, signal handler or thread could be had.
pub fn on_resize(mut tell: impl FnMut() -> bool + Send + 'static) -> io::Result<()> {
    let (mut hear, signal) = UnixStream::pair()?;
    signal_hook::low_level::pipe::register(SIGWINCH, signal)?;
    std::thread::Builder::new().name("window".to_owned()).spawn(move || {
        let mut bytes = [0; 64];
        while hear.read(&mut bytes).is_ok_and(|count| count > 0) {
            while moves(&hear) && hear.read(&mut bytes).is_ok_and(|count| count > 0) {}
            if !tell() {
                break;
            }
        }
    })?;
    Ok(())
}

fn moves(hear: &UnixStream) -> bool {
    let mut fds = [PollFd::new(hear, PollFlags::IN)];
    poll(&mut fds, Some(&AT_REST)).is_ok_and(|ready| ready > 0)
}
