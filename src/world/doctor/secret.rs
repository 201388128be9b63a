//! `secret`: can it be had? What was found is kept, for the looks that need it.

use std::sync::PoisonError;

use super::{Finding, Look, Outcome, Shared, Wants};

const KIND: &str = "secret";

pub(super) fn looks(wants: &Wants) -> Vec<Look> {
    let look = |name: &String| {
        let name = name.clone();
        let subject = name.clone();
        Look { kind: KIND, subject, job: Box::new(move |shared| vec![look(&name, shared)]) }
    };
    wants.secrets.iter().map(look).collect()
}

fn look(name: &str, shared: &Shared) -> Finding {
    let mut vault = shared.vault();
    if vault.needs_prompt(name) {
        let says = "is asked for when a step needs it";
        return Finding::new(KIND, name, Outcome::Skip, says);
    }
    let found = vault.resolve(name);
    let warnings = vault.take_warnings();
    match found {
        Ok(value) => {
            shared.vault.lock().unwrap_or_else(PoisonError::into_inner).keep(name, value);
            let says = match warnings.first() {
                Some(warning) => format!("can be had; {}", short(warning, name)),
                None => "can be had".to_owned(),
            };
            Finding::new(KIND, name, Outcome::Ok, says)
        }
        Err(trouble) => Finding::new(KIND, name, Outcome::Fail, short(&trouble.to_string(), name)),
    }
}

/// The name stands in front already.
fn short<'w>(words: &'w str, name: &str) -> &'w str {
    words.strip_prefix(&format!("secret `{name}`: ")).unwrap_or(words)
}
