//! The sandbox: a small booking service with a SQLite database, to practise on.
//!
//! Owns the folder with its state (`app.sqlite`, `api.url`, `service.lock`, `maintenance`) and the life
//! of its process. Knows nothing of playbooks or runs: those meet it as a database file, a URL and a
//! flag file, like any other system.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process, setsid};

mod service;

/// The database of the service.
const DATABASE: &str = "app.sqlite";
/// Holds the base URL of the service, one line.
const URL: &str = "api.url";
/// Locked by the service while it lives; holds its process id.
const LOCK: &str = "service.lock";
/// What the service prints when something is wrong with it.
const LOG: &str = "service.log";
/// Says that the folder is a sandbox and may be emptied.
const MARK: &str = "THIS-IS-A-MAYDAY-SANDBOX";

/// Why the sandbox cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SandboxTrouble {
    /// The folder or a file in it.
    #[error("use {path}")]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder holds something else: nothing in it is touched.
    #[error("use {0} as a sandbox: it holds other files; name an empty or a new folder")]
    NotOurs(PathBuf),
    /// The database.
    #[error("use the sandbox's database")]
    Database(#[from] rusqlite::Error),
    /// A service is already running on this folder.
    #[error("start the sandbox in {0}: it is running already")]
    Running(PathBuf),
    /// The service did not come up.
    #[error("start the sandbox: its service ended at once; see {0}")]
    NoService(PathBuf),
    /// The service cannot be told to end.
    #[error("stop the sandbox's service (process {pid})")]
    Stop {
        /// Its process id.
        pid: i32,
        /// Why.
        source: io::Error,
    },
}

/// One sandbox, by its folder.
#[derive(Clone, Debug)]
pub struct Sandbox {
    folder: PathBuf,
}

impl Sandbox {
    /// The sandbox in this folder, which need not exist yet.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Brings up a fresh sandbox, an earlier one in the same folder removed: an empty database and a
    /// service in the background, ready when this returns. Gives its base URL.
    ///
    /// # Errors
    /// [`SandboxTrouble`]; a folder that holds other files is left as it is.
    pub fn up(&self, program: &Path) -> Result<String, SandboxTrouble> {
        self.down()?;
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .map_err(|source| self.file_trouble("", source))?;
        fs::write(self.path(MARK), "").map_err(|source| self.file_trouble(MARK, source))?;
        service::create_database(&self.path(DATABASE))?;
        self.start(program)
    }

    /// Starts the service in the background, on the port it had before when that is free, and gives
    /// its base URL. It has no terminal and outlives us.
    ///
    /// # Errors
    /// [`SandboxTrouble::Running`], or what keeps it from starting.
    #[expect(clippy::disallowed_methods, reason = "starts the practice service, not a step")]
    pub fn start(&self, program: &Path) -> Result<String, SandboxTrouble> {
        if self.pid()?.is_some() {
            return Err(SandboxTrouble::Running(self.folder.clone()));
        }
        if !self.path(MARK).exists() {
            return Err(self.file_trouble("", gone()));
        }
        let log = self.path(LOG);
        let log_file = File::create(&log).map_err(|source| self.file_trouble(LOG, source))?;
        let mut child = Command::new(program)
            .args(["sandbox", "serve", "--background"])
            .arg(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log_file)
            .spawn()
            .map_err(|source| SandboxTrouble::File { path: program.to_owned(), source })?;
        let mut ready = String::new();
        if let Some(stdout) = child.stdout.take() {
            let read = BufReader::new(stdout).read_line(&mut ready);
            read.map_err(|source| self.file_trouble(LOG, source))?;
        }
        match ready.trim() {
            "" => Err(SandboxTrouble::NoService(log)),
            url => Ok(url.to_owned()),
        }
    }

    /// The service itself: serves until it is ended, after writing its base URL to `ready`.
    ///
    /// # Errors
    /// [`SandboxTrouble::Running`], or a folder, database or network that cannot be used.
    pub fn serve(&self, background: bool, mut ready: impl Write) -> Result<(), SandboxTrouble> {
        if background {
            // Out of the session of whoever started us: its end is not ours. Fails only for a
            // process that leads a group already, which is as good.
            let _ = setsid();
        }
        let mut lock = self.open_lock()?.ok_or_else(|| self.file_trouble(LOCK, gone()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(SandboxTrouble::Running(self.folder.clone()));
            }
            Err(TryLockError::Error(source)) => return Err(self.file_trouble(LOCK, source)),
        }
        let before = fs::read_to_string(self.path(URL)).unwrap_or_default();
        let listener = service::listen(before.trim()).map_err(|e| self.file_trouble(URL, e))?;
        let address = listener.local_addr().map_err(|e| self.file_trouble(URL, e))?;
        let url = format!("http://{address}");
        let written = write_private(&self.path(URL), &format!("{url}\n"))
            .and_then(|()| lock.set_len(0))
            .and_then(|()| writeln!(lock, "{}", std::process::id()));
        written.map_err(|source| self.file_trouble(LOCK, source))?;
        let told = writeln!(ready, "{url}").and_then(|()| ready.flush());
        drop(ready);
        told.map_err(|source| self.file_trouble(URL, source))?;
        service::serve(&listener, &self.folder, DATABASE);
        drop(lock);
        Ok(())
    }

    /// Ends the service; true when there was one. Its data stays.
    ///
    /// # Errors
    /// [`SandboxTrouble::Stop`] when it is not ours to end.
    pub fn stop(&self) -> Result<bool, SandboxTrouble> {
        let Some(pid) = self.pid()? else { return Ok(false) };
        // The lock is held, so the process that wrote this id is alive: it is no other one.
        let ended = match Pid::from_raw(pid) {
            Some(process) => kill_process(process, Signal::TERM).map_err(io::Error::from),
            None => Err(io::Error::from(io::ErrorKind::InvalidData)),
        };
        ended.map_err(|source| SandboxTrouble::Stop { pid, source })?;
        if let Some(lock) = self.open_lock()? {
            // The lock becomes free when the process is gone.
            lock.lock().map_err(|source| self.file_trouble(LOCK, source))?;
        }
        Ok(true)
    }

    /// Ends the service and removes the folder; true when there was a sandbox.
    ///
    /// # Errors
    /// [`SandboxTrouble`]; a folder that holds other files is left as it is.
    pub fn down(&self) -> Result<bool, SandboxTrouble> {
        let mut entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(source) => return Err(self.file_trouble("", source)),
        };
        if !self.path(MARK).exists() {
            return match entries.next() {
                None => Ok(false),
                Some(_) => Err(SandboxTrouble::NotOurs(self.folder.clone())),
            };
        }
        self.stop()?;
        fs::remove_dir_all(&self.folder).map_err(|source| self.file_trouble("", source))?;
        Ok(true)
    }

    /// The process id of the running service.
    fn pid(&self) -> Result<Option<i32>, SandboxTrouble> {
        let Some(mut lock) = self.open_lock()? else { return Ok(None) };
        match lock.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let read = lock.rewind().and_then(|()| lock.read_to_string(&mut text));
                read.map_err(|source| self.file_trouble(LOCK, source))?;
                Ok(Some(text.trim().parse().unwrap_or_default()))
            }
            Err(TryLockError::Error(source)) => Err(self.file_trouble(LOCK, source)),
        }
    }

    /// The lock file, made when missing; nothing when there is no sandbox.
    fn open_lock(&self) -> Result<Option<File>, SandboxTrouble> {
        let path = self.path(LOCK);
        let mut options = OpenOptions::new();
        match options.read(true).write(true).create(true).truncate(false).open(path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(self.file_trouble(LOCK, source)),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn file_trouble(&self, name: &str, source: io::Error) -> SandboxTrouble {
        let path = if name.is_empty() { self.folder.clone() } else { self.path(name) };
        SandboxTrouble::File { path, source }
    }
}

/// Writes a file that only we can read: mayday warns of a secret that others can read.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "there is no sandbox here: bring it up first")
}
