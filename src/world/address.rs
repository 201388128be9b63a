//! Database URLs, taken apart: `postgres://user:password@host:5432/name?key=value`.
//!
//! Owns the syntax only: which keys mean what is for those who connect. Errors never repeat the URL,
//! which usually holds a password.

use crate::secret::SecretValue;
use percent_encoding::percent_decode_str;

/// A URL in parts, each percent-decoded.
#[derive(Debug, Default)]
pub struct Address {
    /// Before `://`, lowercase.
    pub scheme: String,
    /// The user, when there is one.
    pub user: Option<String>,
    /// The password, when there is one.
    pub password: Option<SecretValue>,
    /// Hosts with their ports; several for a PostgreSQL cluster. IPv6 without brackets.
    pub hosts: Vec<(String, Option<u16>)>,
    /// The path without its first slash: the database.
    pub database: Option<String>,
    /// What follows `?`, in order.
    pub params: Vec<(String, String)>,
}

impl Address {
    /// Takes a URL apart.
    ///
    /// # Errors
    /// A fragment that says which part is wrong, without any of its text.
    pub fn parse(url: &str) -> Result<Self, String> {
        let (scheme, rest) =
            url.trim().split_once("://").ok_or("it has no scheme such as postgres://")?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let query = query.split('#').next().unwrap_or_default();
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        // The last @: passwords often hold an unescaped one.
        let (login, hosts) =
            authority.rsplit_once('@').map_or((None, authority), |(l, h)| (Some(l), h));
        let mut address = Self { scheme: scheme.to_ascii_lowercase(), ..Self::default() };
        if let Some(login) = login {
            let (user, password) =
                login.split_once(':').map_or((login, None), |(user, pass)| (user, Some(pass)));
            address.user = Some(decode(user)?).filter(|user| !user.is_empty());
            address.password = password.map(decode).transpose()?.map(SecretValue::from);
        }
        for host in hosts.split(',').filter(|host| !host.is_empty()) {
            address.hosts.push(host_and_port(host)?);
        }
        address.database = Some(decode(path)?).filter(|path| !path.is_empty());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            address.params.push((decode(key)?, decode(value)?));
        }
        Ok(address)
    }

    /// The last value given for a key.
    #[must_use]
    pub fn param(&self, key: &str) -> Option<&str> {
        let mut newest = self.params.iter().rev();
        newest.find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

fn host_and_port(text: &str) -> Result<(String, Option<u16>), String> {
    let (host, port) = match text.strip_prefix('[') {
        Some(inner) => {
            let (host, rest) = inner.split_once(']').ok_or("its IPv6 address lacks a ]")?;
            (host, rest.strip_prefix(':'))
        }
        None => text.rsplit_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let port = port.filter(|port| !port.is_empty()).map(str::parse).transpose();
    Ok((decode(host)?, port.map_err(|_| "its port is not a number from 1 to 65535")?))
}

fn decode(text: &str) -> Result<String, String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(std::borrow::Cow::into_owned).map_err(|_| "a %xx in it is no UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    #[test]
    fn every_part_is_found_and_decoded() {
        let address = Address::parse(
            "postgresql://ana:p%40ss@one.example:5433,[::1]/my%20db?sslmode=require&schema=a&schema=b",
        )
        .unwrap();
        assert_eq!(address.scheme, "postgresql");
        assert_eq!(address.user.as_deref(), Some("ana"));
        assert_eq!(address.password.as_ref().map(ExposeSecret::expose_secret), Some("p@ss"));
        assert_eq!(address.hosts, [("one.example".into(), Some(5433)), ("::1".into(), None)]);
        assert_eq!(address.database.as_deref(), Some("my db"));
        assert_eq!((address.param("schema"), address.param("x")), (Some("b"), None));
    }

    #[test]
    fn a_password_with_an_at_sign_and_a_socket_for_a_host() {
        let address = Address::parse("postgres://ana:p@ss@%2Frun%2Fpg/db").unwrap();
        assert_eq!(address.password.as_ref().map(ExposeSecret::expose_secret), Some("p@ss"));
        assert_eq!(address.hosts, [("/run/pg".into(), None)]);
    }

    #[test]
    fn what_is_wrong_is_said_without_the_url() {
        for (url, fault) in [
            ("hunter22", "it has no scheme such as postgres://"),
            ("postgres://u:hunter22@h:99999/d", "its port is not a number from 1 to 65535"),
            ("postgres://u:hunter22@[::1/d", "its IPv6 address lacks a ]"),
            ("postgres://u:hunter22%ff@h/d", "a %xx in it is no UTF-8"),
        ] {
            assert_eq!(Address::parse(url).unwrap_err(), fault);
        }
    }
}
