//! What is said when mayday itself breaks: where the record is and how to go on.
//!
//! Owns the panic hook. The terminal is put back before anything is said.

use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use super::pin::{self, Until};

/// The run that is driven: its id and its folder.
static DRIVEN: Mutex<Option<(String, String)>> = Mutex::new(None);

/// From here on this run is driven, with its record in this folder.
pub fn drives(run: &str, folder: &str) {
    let driven = (crate::text::one_line(run).into(), crate::text::one_line(folder).into());
    *DRIVEN.lock().unwrap_or_else(PoisonError::into_inner) = Some(driven);
}

/// The run is let go.
pub fn drives_nothing() {
    *DRIVEN.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

/// Puts the terminal back before a panic writes its message, and says behind it how to go on.
pub fn restore_on_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // Other threads are caught: the run goes on, and a question of theirs is asked again.
        let ends = std::thread::current().name() == Some("main");
        super::modes::restore();
        pin::give_back(if ends { Until::TheEnd } else { Until::TakenBack });
        before(panic);
        let words = DRIVEN.try_lock().ok().and_then(|driven| Some(words(driven.as_ref()?, ends)));
        if let Some(words) = words {
            let _ = std::io::stderr().write_all(words.as_bytes());
        }
        if !ends {
            pin::last_row().take_back();
        }
    }));
}

fn words((run, folder): &(String, String), ends: bool) -> String {
    if ends {
        format!(
            "This is a bug in mayday. What was recorded up to here is kept.\n\
             Record: {folder}\nGo on:  mayday resume {run}\n"
        )
    } else {
        format!("This is a bug in mayday. The run goes on. Record: {folder}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_say_where_the_record_is_and_how_to_go_on() {
        let run = ("20261122-1820-p2c".to_owned(), "/state/20261122-1820-p2c".to_owned());
        let end = words(&run, true);
        assert!(end.contains("Record: /state/20261122-1820-p2c\n"), "{end}");
        assert!(end.contains("mayday resume 20261122-1820-p2c\n"), "{end}");
        assert!(!words(&run, false).contains("resume"), "it goes on by itself");
    }
}
