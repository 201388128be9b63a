//! Which server keeps a transaction, and whether a server that answers later is still that one.
//!
//! Pure: reads no clock and asks nobody. An answer about a transaction is worth something only from the
//! server that ran it; a copy of it, or the same server without the end of its log, may have given the
//! transaction's number to another one since.

use serde_json::{Value, json};

/// Who a server is, and how far it has come. `None`: the role may not see it, or the server has it not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) database: String,
    /// `10.0.0.7:5432` as the server knows itself; empty on a socket. Told, never compared: addresses move.
    pub(super) server: String,
    /// Made by initdb, the same in every copy.
    pub(super) system: Option<String>,
    /// Counted up by each promotion and each recovery to a point in time.
    pub(super) timeline: Option<u32>,
    pub(super) postmaster_start: Option<String>,
    /// Numbers of the server's own processes. They change when it recovers from a crash of one of its
    /// sessions, which the postmaster survives.
    pub(super) processes: Vec<u32>,
    /// Where its log stands.
    pub(super) lsn: Option<u64>,
    pub(super) standby: bool,
}

/// What is kept of a transaction before its COMMIT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    /// The server's number for it, 64 bits.
    pub(super) xid: u64,
    pub(super) identity: Identity,
    /// The number is in the part of the log that a crash does not lose. Without that, a server that crashed
    /// hands the same number out again.
    pub(super) flushed: bool,
}

impl Kept {
    /// The fact `tx` of an output.
    pub(super) fn to_json(&self) -> Value {
        let identity = &self.identity;
        json!({
            "xid": self.xid.to_string(),
            "database": identity.database,
            "server": identity.server,
            "system_identifier": identity.system,
            "timeline": identity.timeline,
            "postmaster_start": identity.postmaster_start,
            "processes": identity.processes,
            "lsn": identity.lsn.map(lsn_text),
            "flushed": self.flushed,
        })
    }

    /// The same, read back from the record; `None` when it tells no transaction.
    pub(super) fn from_json(tx: &Value) -> Option<Self> {
        let text = |name: &str| tx.get(name).and_then(Value::as_str).map(str::to_owned);
        let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
        let processes = tx.get("processes").and_then(Value::as_array);
        Some(Self {
            xid: text("xid")?.parse().ok()?,
            flushed: tx.get("flushed") == Some(&Value::Bool(true)),
            identity: Identity {
                database: text("database").unwrap_or_default(),
                server: text("server").unwrap_or_default(),
                system: text("system_identifier"),
                timeline: tx.get("timeline").and_then(number),
                postmaster_start: text("postmaster_start"),
                processes: processes.into_iter().flatten().filter_map(number).collect(),
                lsn: text("lsn").and_then(|text| lsn_number(&text)),
                standby: false,
            },
        })
    }

    /// Why `now` cannot be believed about this transaction, a lowercase fragment.
    pub(super) fn doubt(&self, now: &Identity) -> Option<String> {
        let then = &self.identity;
        if now.standby {
            return Some("a standby answers, not the server that ran the transaction".to_owned());
        }
        if let (Some(was), Some(is)) = (&then.system, &now.system)
            && was != is
        {
            return Some(format!(
                "another database cluster answers (system identifier {is}, was {was})"
            ));
        }
        if let (Some(was), Some(is)) = (then.timeline, now.timeline)
            && was != is
        {
            return Some(format!(
                "a recovered copy or a promoted standby answers (timeline {is}, was {was})"
            ));
        }
        if then.database != now.database {
            return Some(format!("database {} answers, was {}", now.database, then.database));
        }
        if self.never_down_since(now) {
            return None;
        }
        let restarted = "the server was restarted since";
        if then.system.is_none() || now.system.is_none() {
            return Some(format!("{restarted}, and its system identifier may not be read"));
        }
        if then.timeline.is_none() || now.timeline.is_none() {
            return Some(format!("{restarted}, and its timeline may not be read"));
        }
        if !self.flushed {
            let why = "the transaction's number was not known to be on its disk";
            return Some(format!("{restarted}, and {why}"));
        }
        match (then.lsn, now.lsn) {
            (Some(was), Some(is)) if was <= is => None,
            (Some(was), Some(is)) => Some(format!(
                "its log ends at {}, before the transaction at {}: it was set back to an older state",
                lsn_text(is),
                lsn_text(was)
            )),
            _ => Some(format!("{restarted}, and the place of its log may not be read")),
        }
    }

    /// The very processes that ran the transaction still run: no number was handed out twice.
    fn never_down_since(&self, now: &Identity) -> bool {
        let then = &self.identity;
        then.postmaster_start.is_some()
            && then.postmaster_start == now.postmaster_start
            && !then.processes.is_empty()
            && then.processes == now.processes
    }
}

/// `16/B374D848`, as the server writes a place in its log.
pub(super) fn lsn_text(lsn: u64) -> String {
    format!("{:X}/{:X}", lsn >> 32, lsn & 0xFFFF_FFFF)
}

/// The number behind such a text.
pub(super) fn lsn_number(text: &str) -> Option<u64> {
    let (high, low) = text.split_once('/')?;
    let part = |text| u32::from_str_radix(text, 16).ok().map(u64::from);
    Some(part(high)? << 32 | part(low)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Kept {
        Kept {
            xid: 4_294_968_000,
            flushed: true,
            identity: Identity {
                database: "bloom".to_owned(),
                server: "10.0.0.7:5432".to_owned(),
                system: Some("7712615469925868225".to_owned()),
                timeline: Some(1),
                postmaster_start: Some("2026-11-26 22:47:04.63627+00".to_owned()),
                processes: vec![11, 12],
                lsn: Some(0x16_B374_D848),
                standby: false,
            },
        }
    }

    /// The same server after a restart that lost nothing of its log.
    fn restarted() -> Identity {
        Identity {
            postmaster_start: Some("2026-11-26 23:00:00+00".to_owned()),
            processes: vec![21, 22],
            lsn: Some(0x17_0000_0000),
            ..kept().identity
        }
    }

    #[test]
    fn what_is_kept_survives_the_record() {
        let text = kept().to_json().to_string();
        assert!(text.contains("\"16/B374D848\"") && text.contains("\"4294968000\""), "{text}");
        assert_eq!(Kept::from_json(&serde_json::from_str(&text).unwrap()), Some(kept()));
        assert_eq!(Kept::from_json(&Value::Null), None);
        assert_eq!(Kept::from_json(&json!({"xid": null, "flushed": true})), None);
    }

    #[test]
    fn the_same_server_is_believed_with_or_without_a_restart() {
        assert_eq!(kept().doubt(&kept().identity), None);
        assert_eq!(kept().doubt(&restarted()), None);
        // The address may have moved; nothing else is known of a server that shows little.
        let moved = Identity { server: "10.0.0.8:5432".to_owned(), ..restarted() };
        assert_eq!(kept().doubt(&moved), None);
        let mut shy = kept();
        (shy.identity.system, shy.identity.timeline, shy.flushed) = (None, None, false);
        let now = Identity { system: None, timeline: None, ..kept().identity };
        assert_eq!(shy.doubt(&now), None);
    }

    #[test]
    fn anybody_else_is_not_believed() {
        let doubt = |kept: &Kept, change: &dyn Fn(&mut Identity)| {
            let mut now = restarted();
            change(&mut now);
            kept.doubt(&now).unwrap_or_default()
        };
        let same = kept();
        assert!(doubt(&same, &|now| now.standby = true).contains("a standby"));
        assert!(doubt(&same, &|now| now.system = Some("5".to_owned())).contains("identifier 5"));
        assert!(doubt(&same, &|now| now.timeline = Some(2)).contains("timeline 2, was 1"));
        assert!(doubt(&same, &|now| now.database = "other".to_owned()).contains("database other"));
        assert!(doubt(&same, &|now| now.lsn = Some(0x16_B374_D847)).contains("set back"));
        for hide in [
            (|now: &mut Identity| now.system = None) as fn(&mut Identity),
            |now| now.timeline = None,
            |now| now.lsn = None,
        ] {
            assert!(doubt(&same, &hide).contains("restarted since"));
            let mut shy = kept();
            hide(&mut shy.identity);
            assert!(doubt(&shy, &|_| ()).contains("restarted since"));
        }
    }

    #[test]
    fn a_number_that_a_crash_could_lose_is_believed_only_from_the_same_processes() {
        let unflushed = Kept { flushed: false, ..kept() };
        assert_eq!(unflushed.doubt(&kept().identity), None);
        let doubt = unflushed.doubt(&restarted()).unwrap();
        assert!(doubt.contains("not known to be on its disk"), "{doubt}");
        // A crash of one session restarts the server below a postmaster that lives on.
        let below = Identity { processes: vec![21, 22], ..kept().identity };
        assert!(unflushed.doubt(&below).is_some());
        let hidden =
            Kept { identity: Identity { processes: Vec::new(), ..kept().identity }, ..unflushed };
        assert!(hidden.doubt(&Identity { processes: Vec::new(), ..kept().identity }).is_some());
    }

    #[test]
    fn places_in_the_log_are_read_as_they_are_written() {
        assert_eq!(lsn_number("0/15012C8"), Some(0x0150_12C8));
        assert_eq!(lsn_text(0x0150_12C8), "0/15012C8");
        for wrong in ["", "/", "0/", "0/G", "1/100000000", "12"] {
            assert_eq!(lsn_number(wrong), None, "{wrong}");
        }
    }
}
