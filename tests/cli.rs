//! The command line from outside: the real binary, its exit codes, its words, what it leaves behind.

mod alert;
mod around;
mod aside;
mod bad_input;
mod carried;
mod codes;
mod crash;
mod doctor;
mod drills;
mod dry;
mod export;
mod fate;
mod find;
mod honest;
mod inputs;
mod language;
mod messages;
mod new;
mod pick;
mod policy;
mod projects;
mod record;
mod report;
mod rollback;
mod secrets;
mod severities;
mod spanish;
mod spanish_around;
mod targets;
mod titles;
mod whose;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::support::desk::{Desk, Said};

/// Two environments without any target; `production` is dangerous.
pub(crate) const CONFIG: &str = "
default_environment: here
environments:
  here: { danger: low }
  production: { danger: high }
";

/// A desk with one playbook, `p`, of these steps.
pub(crate) fn desk(steps: &str) -> Desk {
    desk_with(CONFIG, "", steps)
}

/// The same with a configuration and more fields of the playbook.
pub(crate) fn desk_with(config: &str, fields: &str, steps: &str) -> Desk {
    let desk = Desk::with(&[("mayday.yaml", config)]);
    desk.write("playbooks/p.yaml", &playbook("p", fields, steps));
    desk
}

pub(crate) fn playbook(id: &str, fields: &str, steps: &str) -> String {
    format!("mayday: 1\nid: {id}\ntitle: Try it\nseverity: SEV-3\n{fields}\nsteps:\n{steps}\n")
}

/// Looks again and again until it is so; far beyond what any step takes, it is a failure.
#[track_caller]
pub(crate) fn until(what: &str, mut so: impl FnMut() -> bool) {
    for _ in 0..3000 {
        if so() {
            return;
        }
        // A look every 20 ms: nothing is decided by how long it takes.
        rustix::event::poll(
            &mut [],
            Some(&rustix::time::Timespec { tv_sec: 0, tv_nsec: 20_000_000 }),
        )
        .unwrap();
    }
    panic!("{what}: it did not come to that");
}

/// A mayday that goes on beside the test; it ends with it.
pub(crate) struct Beside(Option<Child>);

impl Beside {
    pub(crate) fn start(mut command: Command) -> Self {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(Some(command.spawn().unwrap()))
    }

    pub(crate) fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(self.0.as_ref().unwrap())
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(self.pid(), signal).unwrap();
    }

    /// Waits for its end; its code and what it said, whatever bytes that is.
    pub(crate) fn end_lossy(mut self) -> (Option<i32>, String) {
        let output = self.0.take().unwrap().wait_with_output().unwrap();
        let said = [output.stderr, output.stdout].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Said {
        Said::from(self.0.take().unwrap().wait_with_output().unwrap())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// All files below a folder.
pub(crate) fn files(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}
