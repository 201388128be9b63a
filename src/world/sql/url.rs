//! Connection URLs: `scheme://user:password@host:port,host:port/database?key=value`.
//!
//! Errors never repeat a part of the URL that could hold a piece of the password.

use percent_encoding::percent_decode_str;
use secrecy::SecretString;

use super::trouble::Trouble;
use crate::diagnostic::did_you_mean;
use crate::effect::FailKind;

/// A connection URL, taken apart and decoded.
#[derive(Debug, Default)]
pub(super) struct Url {
    pub(super) user: Option<String>,
    pub(super) password: Option<SecretString>,
    /// Hosts with their ports, at least one, possibly an empty name.
    pub(super) hosts: Vec<(String, Option<u16>)>,
    pub(super) database: Option<String>,
    /// What follows `?`, in order.
    pub(super) options: Vec<(String, String)>,
}

/// Takes a URL apart.
pub(super) fn parse(url: &str, schemes: &[&str]) -> Result<Url, Trouble> {
    let url = url.trim();
    let rest = schemes
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme)?.strip_prefix("://"))
        .ok_or_else(|| wrong(&format!("it does not begin with {}://", schemes.join(":// or "))))?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    if database.contains('@') || query.contains('@') {
        return Err(wrong("write / ? # and @ in a password as %2F %3F %23 and %40"));
    }
    let (login, hosts) = match authority.rsplit_once('@') {
        Some((login, hosts)) => (Some(login), hosts),
        None => (None, authority),
    };
    let mut parsed = Url { hosts: hosts_of(hosts)?, ..Url::default() };
    if let Some(login) = login {
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (login, None),
        };
        parsed.user = Some(decode(user)?).filter(|user| !user.is_empty());
        parsed.password = password.map(decode).transpose()?.map(SecretString::from);
    }
    parsed.database = Some(decode(database)?).filter(|name| !name.is_empty());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b)) {
            return Err(wrong("an option after ? has no proper name"));
        }
        parsed.options.push((key.to_owned(), decode(value)?));
    }
    Ok(parsed)
}

fn hosts_of(text: &str) -> Result<Vec<(String, Option<u16>)>, Trouble> {
    text.split(',')
        .map(|one| {
            let (host, port) = match one.strip_prefix('[') {
                Some(rest) => {
                    let (host, after) =
                        rest.split_once(']').ok_or_else(|| wrong("an IPv6 address has no ]"))?;
                    match after.strip_prefix(':') {
                        None if !after.is_empty() => return Err(wrong("odd text after an IPv6 ]")),
                        port => (host, port),
                    }
                }
                None => match one.split_once(':') {
                    Some((host, port)) => (host, Some(port)),
                    None => (one, None),
                },
            };
            let port = match port {
                None | Some("") => None,
                Some(port) => Some(port_of(port)?),
            };
            Ok((decode(host)?, port))
        })
        .collect()
}

/// A port number; the text is not repeated, it may be a piece of a password.
pub(super) fn port_of(text: &str) -> Result<u16, Trouble> {
    match text.parse() {
        Ok(0) | Err(_) => Err(wrong("the port is not a number from 1 to 65535")),
        Ok(port) => Ok(port),
    }
}

fn decode(text: &str) -> Result<String, Trouble> {
    let text = percent_decode_str(text).decode_utf8();
    match text {
        Ok(text) if !text.contains('\0') => Ok(text.into_owned()),
        _ => Err(wrong("a %.. in it is not UTF-8, or a NUL")),
    }
}

/// Trouble with a URL.
pub(super) fn wrong(why: &str) -> Trouble {
    Trouble::new(FailKind::Input, format!("the connection URL is not right: {why}"))
}

/// The error for an option that no code obeys.
pub(super) fn unknown_option(key: &str, known: &[&str]) -> Trouble {
    wrong(&match did_you_mean(key, known.iter().copied()) {
        Some(near) => format!("unknown option `{key}`; did you mean `{near}`?"),
        None => format!("unknown option `{key}`; known are {}", known.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn read(url: &str) -> Result<Url, Trouble> {
        parse(url, &["postgres", "postgresql"])
    }

    #[test]
    fn every_part_is_found_and_decoded() {
        let url =
            read("postgresql://us%65r:p%40ss%2F%3A:x@[::1]:6432,b:1/my%20db?a=1&b=%26").unwrap();
        assert_eq!(url.user.as_deref(), Some("user"));
        assert_eq!(url.password.unwrap().expose_secret(), "p@ss/::x");
        assert_eq!(url.hosts, [("::1".to_owned(), Some(6432)), ("b".to_owned(), Some(1))]);
        assert_eq!(url.database.as_deref(), Some("my db"));
        let options = [("a", "1"), ("b", "&")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(url.options, options);
        let bare = read("postgres:///db?host=/tmp").unwrap();
        assert_eq!((bare.user, bare.hosts), (None, vec![(String::new(), None)]));
    }

    #[test]
    fn errors_do_not_repeat_what_may_be_a_password() {
        for url in [
            "postgres://u:hunter/2@h/db",
            "postgres://u:hunter?2@h/db",
            "postgres://u:hunter@h:hunter/db",
            "postgres://u:%ffhunter@h/db",
            "hunter://u:p@h/db",
            "postgres://h/db?hunter%32=1",
            "postgres://[::1:hunter/db",
        ] {
            let said = read(url).unwrap_err().message();
            assert!(!said.contains("hunter"), "{said}");
        }
    }
}
