//! Signs of a pooler (`PgBouncer`, a provider's) between us and the server, and what it left for us to tidy.
//!
//! Nothing here is needed for a right verdict: a transaction stays on one server connection, and what became
//! of it is asked with the server's identity. It is told because an operator has to know where to look.

use std::time::Duration;

use super::address::Address;
use crate::time::Span;

/// A server's connection may be this much older than ours without a meaning: clocks are set at times.
const SLACK: Duration = Duration::from_secs(2);

/// What the first look into a connection showed.
pub(super) struct Seen {
    /// How long the server has had this connection, in seconds by its own clock.
    pub(super) age: Option<f64>,
    /// How long ago we began to connect.
    pub(super) waited: Span,
    /// The server sees a socket of its own machine.
    pub(super) local: bool,
    /// Prepared statements that were there before we prepared any: quoted names, with commas between.
    pub(super) left_behind: Option<String>,
}

impl Seen {
    /// How a pooler shows, if one does.
    pub(super) fn sign(&self, address: &Address) -> Option<String> {
        if let Some(known) = address.pooler {
            return Some(known.to_owned());
        }
        if self.left_behind.is_some() {
            return Some("somebody else used this connection to the server before us".to_owned());
        }
        if self.local && address.by_network() {
            return Some("the server sees a local socket where we use the network".to_owned());
        }
        let most = (self.waited.std() + SLACK).as_secs_f64();
        let older = self.age.is_some_and(|age| age > most);
        older.then(|| "the server has had this connection for longer than we have".to_owned())
    }

    /// Forgets statements of the names that we are about to use. Poolers that keep statements for their
    /// clients name them otherwise.
    pub(super) fn tidy(&self) -> Option<String> {
        let names = self.left_behind.as_deref()?;
        Some(format!("DEALLOCATE {}", names.replace(", ", "; DEALLOCATE ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_at_the_other_end_of_a_network_is_a_poolers() {
        let seen = Seen { age: None, waited: Span::ZERO, local: true, left_behind: None };
        let sign = |url| seen.sign(&Address::read(url).map_err(|t| t.message()).unwrap());
        assert!(sign("postgres://u@h/d").unwrap().contains("local socket"));
        assert_eq!(sign("postgres://u@/d?host=/run/postgresql"), None);
    }

    fn sign(age: f64, left_behind: Option<&str>) -> Option<String> {
        let address = Address::read("postgres://u@h/d").map_err(|trouble| trouble.message());
        let seen = Seen {
            age: Some(age),
            waited: Span::from_millis(500),
            local: false,
            left_behind: left_behind.map(str::to_owned),
        };
        seen.sign(&address.unwrap())
    }

    #[test]
    fn a_connection_that_others_had_before_is_a_poolers() {
        assert_eq!(sign(0.4, None), None);
        assert_eq!(sign(2.4, None), None);
        assert!(sign(2.6, None).unwrap().contains("longer"));
        assert!(sign(0.1, Some("s0")).unwrap().contains("before us"));
    }

    #[test]
    fn what_others_left_is_forgotten_by_name() {
        let seen = |left: Option<&str>| Seen {
            age: None,
            local: true,
            waited: Span::ZERO,
            left_behind: left.map(str::to_owned),
        };
        assert_eq!(seen(None).tidy(), None);
        assert_eq!(seen(Some("s0, s12")).tidy().unwrap(), "DEALLOCATE s0; DEALLOCATE s12");
    }
}
