//! Secrets in what is said from another terminal: hidden before it is written anywhere.
//!
//! Owns which secrets of the run are looked for: those that a variable or a file holds. A command that gives
//! one may ask its user something, and a note is no reason to. Whoever drives hides what they know besides.

use std::sync::{Arc, Mutex, PoisonError};

use crate::cli::exit::{self, Failure};
use crate::cli::pinned;
use crate::journal::{self, RunId, Store};
use crate::run::event::Kind;
use crate::run::slip::Said;
use crate::secret::Redactor;
use crate::world::secrets::Vault;

/// What hides the secrets of a run that can be had without asking. Of a run whose texts are damaged none is known.
pub(in crate::cli) fn at_hand(store: &Store, id: &RunId) -> Arc<Mutex<Redactor>> {
    let first = store.dir(id).and_then(|dir| Ok((journal::read_first(&dir)?, dir)));
    let Ok((Some(first), dir)) = first else { return Arc::default() };
    let Kind::Opened(opened) = first.kind else { return Arc::default() };
    let Ok((plan, config)) = pinned::plan(&dir, &opened) else { return Arc::default() };
    let env_file = pinned::env_file(&config, &plan);
    let mut vault = Vault::new(config.secrets, plan.place.cwd, env_file);
    vault.resolve_at_hand();
    vault.redactor()
}

/// The same words without what is secret. The code of an agreement is none.
///
/// # Errors
/// A secret stands where only a word of a list can.
pub(super) fn hide(redactor: &Mutex<Redactor>, said: Said) -> Result<Said, Failure> {
    if matches!(said, Said::Ack { .. }) {
        return Ok(said);
    }
    let redactor = redactor.lock().unwrap_or_else(PoisonError::into_inner);
    let mut value = serde_json::to_value(&said).map_err(anyhow::Error::from)?;
    redactor.redact_value(&mut value);
    serde_json::from_value(value).map_err(|_| {
        Failure::new(exit::USAGE, "say this: it has a secret in it")
            .hint("say it without the secret")
    })
}
