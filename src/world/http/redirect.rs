//! Where a redirect leads, and whether it leads away.

use ureq::http::Uri;

/// Scheme, host and port: what may be shown of a URL.
pub(super) fn place(uri: &Uri) -> String {
    let host = uri.host().unwrap_or_default();
    match uri.port_u16() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// True when both are the same service.
pub(super) fn same_origin(a: &Uri, b: &Uri) -> bool {
    let port = |uri: &Uri| uri.port_u16().or(if is_tls(uri) { Some(443) } else { Some(80) });
    let host = |uri: &Uri| uri.host().map(str::to_ascii_lowercase);
    is_tls(a) == is_tls(b) && host(a) == host(b) && port(a) == port(b)
}

fn is_tls(uri: &Uri) -> bool {
    uri.scheme_str() == Some("https")
}

/// The URL that a `Location` means, seen from `from`. The error says why it is not followed.
pub(super) fn target(from: &Uri, location: &[u8]) -> Result<Uri, &'static str> {
    let location = std::str::from_utf8(location).map_err(|_| "to what is no URL")?;
    let location = location.split('#').next().unwrap_or_default();
    let scheme = from.scheme_str().unwrap_or("http");
    let authority = from.authority().map_or("", |authority| authority.as_str());
    let text = if location.contains("://") {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}")
    } else if location.starts_with('?') {
        format!("{scheme}://{authority}{}{location}", from.path())
    } else if location.split(['/', '?']).next().is_some_and(|first| first.contains(':')) {
        return Err("to what is neither http nor https");
    } else {
        let folder = from.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{}", without_dots(&format!("{folder}/{location}")))
    };
    let uri: Uri = text.parse().map_err(|_| "to what is no URL")?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http"), Some(_)) if is_tls(from) => Err("from https to http, which anyone can read"),
        (Some("http" | "https"), Some(host)) if !host.is_empty() => Ok(uri),
        _ => Err("to what is neither http nor https"),
    }
}

/// The path with `.` and `..` carried out.
fn without_dots(path: &str) -> String {
    let (path, query) = path.find('?').map_or((path, ""), |at| path.split_at(at));
    let mut parts: Vec<&str> = Vec::new();
    let mut open = false;
    for part in path.split('/').skip(1) {
        open = matches!(part, "." | "..");
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let end = if open && !parts.is_empty() { "/" } else { "" };
    format!("/{}{end}{query}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        text.parse().unwrap()
    }

    #[test]
    fn locations_mean_what_browsers_take_them_for() {
        let from = uri("https://a.example:8443/one/two?x=1");
        for (location, expected) in [
            ("/three", "https://a.example:8443/three"),
            ("three?y=2#z", "https://a.example:8443/one/three?y=2"),
            ("../three", "https://a.example:8443/three"),
            ("./", "https://a.example:8443/one/"),
            ("?y=2", "https://a.example:8443/one/two?y=2"),
            ("//b.example/three", "https://b.example/three"),
            ("https://b.example", "https://b.example/"),
        ] {
            assert_eq!(target(&from, location.as_bytes()), Ok(uri(expected)), "{location}");
        }
    }

    #[test]
    fn only_http_and_https_are_followed_and_never_downwards() {
        let from = uri("https://a.example/");
        for location in
            ["ftp://a.example/x", "file:///etc/passwd", "javascript:alert(1)", "gopher:x"]
        {
            assert!(target(&from, location.as_bytes()).is_err(), "{location}");
        }
        let down = target(&from, b"http://a.example/");
        assert_eq!(down, Err("from https to http, which anyone can read"));
    }

    #[test]
    fn a_default_port_is_the_same_service_and_another_host_is_not() {
        let same = |a, b| same_origin(&uri(a), &uri(b));
        assert!(same("https://A.example/x", "https://a.example:443/y"));
        assert!(!same("https://a.example", "https://b.example"));
        assert!(!same("http://a.example", "https://a.example"));
        assert!(!same("http://a.example:80", "http://a.example:81"));
    }
}
