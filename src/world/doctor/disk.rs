//! `disk`: is there room for the record, and can it be written?

use std::path::{Path, PathBuf};

use rustix::fs::Access;

use super::{Finding, Look, Shared, Wants};

const KIND: &str = "disk";

/// A record with the evidence of a long incident stays below this; the journal itself keeps a spare beside it.
const LEAST: u64 = 100 * 1024 * 1024;

pub(super) fn looks(wants: &Wants) -> Vec<Look> {
    let look = |(what, folder): &(String, PathBuf)| {
        let (what, folder) = (what.clone(), folder.clone());
        let subject = what.clone();
        let job = move |_: &Shared| vec![Finding::of(KIND, &what, room(&folder))];
        Look { kind: KIND, subject, job: Box::new(job) }
    };
    wants.folders.iter().map(look).collect()
}

fn room(folder: &Path) -> Result<String, String> {
    // It is made when it is needed: until then the nearest folder above it tells.
    let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(folder);
    let shown = folder.display();
    if !there.is_dir() {
        return Err(format!("{} is no folder: move it away", there.display()));
    }
    rustix::fs::access(there, Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|error| format!("{} cannot be written: {error}", there.display()))?;
    let disk = rustix::fs::statvfs(there).map_err(|error| format!("{shown}: {error}"))?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let mib = free / (1024 * 1024);
    if free < LEAST {
        return Err(format!(
            "{shown} has {mib} MiB left, {} are needed: make room, or name another folder",
            LEAST / (1024 * 1024)
        ));
    }
    Ok(format!("{shown} has {mib} MiB left"))
}
