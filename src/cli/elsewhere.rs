//! A folder of runs that cannot be used, before the run is driven: the offer to go on in another place.

use super::driven::{self, Stage};
use super::exit::Failure;
use crate::effect::Question;
use crate::journal::{Place, Store, Trouble};
use crate::run::drive::{RecordTrouble, Way};
use crate::run::event::Kind;
use crate::run::rescue;
use crate::world::console::Asked;

/// What was done in another place, and the fact that tells of it.
pub(super) struct Gone<T> {
    pub there: T,
    pub why: String,
    pub place: Place,
}

impl<T> Gone<T> {
    /// The fact for the record.
    pub(super) fn fact(&self, from: String, to: String, left: Vec<String>) -> Kind {
        Kind::RecordMoved { from, to, why: self.why.clone(), volatile: self.place.volatile, left }
    }
}

/// Tries the places one by one, each with the operator's leave, until one works.
///
/// # Errors
/// The trouble, when another place does not help, is not allowed or none is left.
pub(super) fn go<T>(
    stage: &mut Stage,
    store: &Store,
    trouble: Trouble,
    mut attempt: impl FnMut(&Place) -> Result<T, Trouble>,
) -> Result<Gone<T>, Failure> {
    if !helps(&trouble) {
        return Err(driven::refused(&trouble));
    }
    let first = RecordTrouble::from(trouble);
    let mut latest = first.clone();
    for place in store.places() {
        if !allowed(stage, &latest, place) {
            break;
        }
        match attempt(place) {
            Ok(there) => return Ok(Gone { there, why: first.message, place: place.clone() }),
            Err(trouble) => latest = trouble.into(),
        }
    }
    if let Some(how) = stage.world.interrupted() {
        return Err(Failure::new(super::exit::of_interrupt(how), "start: interrupted"));
    }
    let failure = Failure::new(super::exit::PRECONDITION, &first.message);
    let more = if stage.attended || stage.record_elsewhere { "" } else { driven::ALLOW };
    // Without another way out there is still the folder itself to choose.
    let own = if first.hint.is_empty() && !more.is_empty() { OTHER } else { &first.hint };
    let words = [own, more];
    let words: Vec<&str> = words.into_iter().filter(|words| !words.is_empty()).collect();
    Err(if words.is_empty() { failure } else { failure.hint(words.join("; ")) })
}

/// What to do about a folder for runs that cannot be used, where nothing else is known.
const OTHER: &str = "name another folder: --state-dir DIR, or MAYDAY_STATE_DIR";

/// True for trouble with the folder itself.
pub(super) fn helps(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Io { .. } | Trouble::Folder { .. })
}

fn allowed(stage: &mut Stage, trouble: &RecordTrouble, place: &Place) -> bool {
    if !stage.attended {
        return stage.record_elsewhere;
    }
    stage.screen.tell(&format!("WARNING  failed to {trouble}"));
    let way = Way::Elsewhere { to: place.root.clone(), volatile: place.volatile };
    let mut answer = |question: Question| match stage.world.ask_now(question) {
        Ok(Some(Asked::Answer(answer))) => Some(answer),
        _ => None,
    };
    let ways = [way];
    answer(rescue::menu(trouble, &ways))
        .is_some_and(|picked| rescue::picked(&picked, &ways) == Some(0))
        && answer(rescue::proof(&ways[0])).is_some()
}
