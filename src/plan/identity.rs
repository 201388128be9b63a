//! Whether two names stand for one place: what the guard of a drill compares.
//!
//! Pure. Facts of a target are what `World` finds out: from its address alone, or from the server itself.

use serde_json::Value;

use crate::config::Identity;
use crate::effect::Facts;

/// Why both are one place, a lowercase fragment; `None` where nothing says so.
///
/// A database is the same by its host and name, or by the identifier that the server was made with: a copy
/// of production's files has that too, and must be declared as a copy (`identity:` of its target).
#[must_use]
pub fn same_place(ours: &Facts, theirs: &Facts, declared_copy: bool) -> Option<String> {
    let text = |facts: &Facts, name: &str| facts.get(name).and_then(Value::as_str).map(plain);
    let both = |name: &str| {
        let (ours, theirs) = (text(ours, name)?, text(theirs, name)?);
        (!ours.is_empty() && ours == theirs).then_some(ours)
    };
    if let Some(id) = both("system_identifier").filter(|_| !declared_copy) {
        return Some(format!("both have the system identifier {id}"));
    }
    if let Some(path) = both("path") {
        return Some(format!("both are the file {path}"));
    }
    let kinds = text(ours, "type").zip(text(theirs, "type"));
    if kinds.is_some_and(|(ours, theirs)| ours != theirs) {
        return None;
    }
    if let Some((ours, theirs)) = text(ours, "base_url").zip(text(theirs, "base_url")) {
        let same = authority(&ours) == authority(&theirs) && !authority(&ours).is_empty();
        return same.then(|| format!("both are at {}", authority(&ours)));
    }
    let (ours, theirs) = (hosts(&text(ours, "host")?), hosts(&text(theirs, "host")?));
    let host = ours.iter().find(|host| theirs.contains(host))?;
    both("database").map(|database| format!("both are database {database} on {host}"))
}

/// Where a target is not what mayday.yaml says that it is, a sentence without its end.
#[must_use]
pub fn differs(facts: &Facts, declared: &Identity) -> Option<String> {
    let wanted = [
        ("host", &declared.host),
        ("database", &declared.database),
        ("system_identifier", &declared.system_identifier),
    ];
    wanted.into_iter().find_map(|(name, wanted)| {
        let wanted = wanted.as_ref()?;
        let is = facts.get(name).and_then(Value::as_str).unwrap_or("not known");
        let same = if name == "host" {
            hosts(is).iter().any(|host| hosts(wanted).contains(host))
        } else {
            is == wanted
        };
        (!same)
            .then(|| format!("its {} is {is}, mayday.yaml says {wanted}", name.replace('_', " ")))
    })
}

/// What is declared, in the shape of facts.
#[must_use]
pub fn declared(identity: &Identity) -> Facts {
    let fields = [
        ("host", &identity.host),
        ("database", &identity.database),
        ("system_identifier", &identity.system_identifier),
    ];
    let known = fields.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
    known.map(|(name, value)| (name.to_owned(), Value::String(value))).collect()
}

fn plain(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Each host of a list, by the one name under which it is compared. The default ports are left out; the name of
/// a pooler stands for the server behind it (Neon: `-pooler` in the first part of the name).
fn hosts(list: &str) -> Vec<String> {
    let one = |host: &str| {
        let host = plain(host);
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => (name, port),
            _ => (host.as_str(), ""),
        };
        let port = if matches!(port, "5432" | "3306") { "" } else { port };
        let name = if matches!(name, "127.0.0.1" | "[::1]" | "::1") { "localhost" } else { name };
        let name = name.trim_end_matches('.').replacen("-pooler.", ".", 1);
        if port.is_empty() { name } else { format!("{name}:{port}") }
    };
    list.split(',').map(one).collect()
}

/// Host and port of a URL.
fn authority(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest[..end].rsplit('@').next().unwrap_or_default();
    let default = if url.starts_with("https") { ":443" } else { ":80" };
    authority.trim_end_matches(default).to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn facts(value: Value) -> Facts {
        serde_json::from_value(value).unwrap()
    }

    fn same(ours: Value, theirs: Value) -> bool {
        same_place(&facts(ours), &facts(theirs), false).is_some()
    }

    #[test]
    fn a_database_is_the_same_by_host_and_name_or_by_what_its_server_was_made_with() {
        let db =
            |host: &str, name: &str| json!({ "type": "postgres", "host": host, "database": name });
        assert!(same(db("db.bloom.com:5432", "bloom"), db("DB.bloom.com", "bloom")));
        assert!(same(db("ep-x-pooler.neon.tech", "b"), db("a:1,ep-x.neon.tech:5432", "b")));
        assert!(same(db("127.0.0.1:5433", "b"), db("localhost:5433", "b")));
        assert!(!same(db("127.0.0.1:5433", "b"), db("localhost:5434", "b")));
        assert!(!same(db("db.bloom.com", "bloom"), db("db.bloom.com", "bloom_test")));
        let id = json!({ "type": "postgres", "system_identifier": "77" });
        let ours =
            json!({ "type": "postgres", "host": "h", "database": "d", "system_identifier": "77" });
        assert!(same(ours.clone(), id.clone()));
        assert_eq!(same_place(&facts(ours), &facts(id), true), None, "a declared copy");
    }

    #[test]
    fn a_file_and_a_url_are_the_same_by_path_and_by_authority() {
        assert!(same(json!({ "path": "/a/b" }), json!({ "path": "/a/b" })));
        assert!(!same(json!({ "path": "/a/b" }), json!({ "path": "/a/c" })));
        let url = |url: &str| json!({ "type": "http", "base_url": url });
        assert!(same(url("https://bloom.com"), url("https://BLOOM.com:443/api")));
        assert!(!same(url("http://127.0.0.1:81"), url("http://127.0.0.1:82")));
        assert!(!same(
            url("https://bloom.com"),
            json!({ "type": "postgres", "host": "bloom.com" })
        ));
    }
}
