//! Where a record may go on when its own disk fails, and where it is then looked for.
//!
//! Owns the order of the places and what becomes of them when the machine restarts. Reads no variable:
//! the front says what they are.

use std::path::{Path, PathBuf};

/// What the surroundings offer, as the front found it.
#[derive(Clone, Debug, Default)]
pub struct Offers {
    /// The folder that mayday.yaml names.
    pub configured: Option<PathBuf>,
    /// `$XDG_RUNTIME_DIR`.
    pub runtime: Option<PathBuf>,
    /// `$TMPDIR`.
    pub temporary: Option<PathBuf>,
    /// `$HOME`.
    pub home: Option<PathBuf>,
}

/// Another folder of runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The folder of runs; it may not exist yet.
    pub root: PathBuf,
    /// What is in it may be gone when the machine restarts.
    pub volatile: bool,
}

impl Offers {
    /// The places, first choice first. Relative folders are no places.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        // Folders that everybody may write to get one of our own, with our number in its name.
        let ours = format!("mayday-{}", rustix::process::geteuid().as_raw());
        let in_memory = |root: &Path| is_in_memory(root);
        let configured = self.configured.as_ref().map(|root| (root.clone(), false));
        let runtime = self.runtime.as_ref().map(|folder| (folder.join("mayday"), true));
        let shared = Some((Path::new("/dev/shm").join(&ours), true));
        // Most systems empty it when they start.
        let temporary = self.temporary.as_ref().map(|folder| (folder.join(&ours), true));
        let home = self.home.as_ref().map(|folder| (folder.join("mayday-runs"), false));
        [configured, runtime, shared, temporary, home]
            .into_iter()
            .flatten()
            .filter(|(root, _)| root.is_absolute())
            .map(|(root, volatile)| Place { volatile: volatile || in_memory(&root), root })
            .collect()
    }
}

/// True for a file system that lives in memory only.
fn is_in_memory(folder: &Path) -> bool {
    const TMPFS: u64 = 0x0102_1994;
    const RAMFS: u64 = 0x8584_58f6;
    let there = folder.ancestors().find(|folder| folder.exists());
    let kind = there.and_then(|there| rustix::fs::statfs(there).ok()).map(|found| found.f_type);
    kind.and_then(|kind| u64::try_from(kind).ok())
        .is_some_and(|kind| kind == TMPFS || kind == RAMFS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configured_place_comes_first_and_memory_is_said_to_be_lost() {
        let path = |text: &str| Some(PathBuf::from(text));
        let offers = Offers {
            configured: path("/srv/records"),
            runtime: path("/run/user/7"),
            temporary: path("relative"),
            home: path("/home/ana"),
        };
        let places: Vec<_> = offers
            .places()
            .into_iter()
            .map(|place| (place.root.to_string_lossy().into_owned(), place.volatile))
            .collect();
        let ours = format!("/dev/shm/mayday-{}", rustix::process::geteuid().as_raw());
        let expected = [
            ("/srv/records", false),
            ("/run/user/7/mayday", true),
            (&*ours, true),
            ("/home/ana/mayday-runs", false),
        ];
        assert_eq!(places, expected.map(|(root, volatile)| (root.to_owned(), volatile)));
        assert!(
            Offers { configured: path("/dev/shm/x"), ..Offers::default() }.places()[0].volatile
        );
    }
}
