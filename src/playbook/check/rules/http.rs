//! Requests: one method, a URL that can be asked, nothing secret in the open.

use super::super::book::Site;
use super::super::{Found, In, Look, Spot};
use crate::steps::{Action, Part};

rules! {
    "E079" "a request needs exactly one method" Look::Site(methods);
    "The method is the key of the URL: `get`, `head`, `post`, `put`, `patch` or `delete`. None, or two, \
     is no request."

    "E086" "a URL that cannot be asked" Look::Piece(url);
    "Only http and https are asked, a URL holds no blank, and it carries no user name or password: give them \
     as a header with `secret:NAME`."

    "E089" "a secret is sent in the open" Look::Site(open);
    "Over plain http everybody on the way reads the header. Use https."

    "W133" "a GET with a body" Look::Site(body);
    "Many services ignore the body of a GET or HEAD, so what you send would be lost. Use `post`, or put \
     the values into the URL."

    "N204" "a certificate is not verified" Look::Site(insecure);
    "`insecure: true` accepts any certificate, so anybody on the way can answer. It is recorded in the \
     run. Better: give the machine the right certificate authority."
}

fn methods(_: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    let Some(Action::Http(http)) = site.action else { return };
    let path = site.action_path();
    let given: Vec<&str> = http.methods().map(|(method, _)| method).collect();
    match given.as_slice() {
        [_] => {}
        [] => {
            let help = "write the URL under its method: `http: { get: https://... }`";
            found.add(found.key(&path), "this request has no method", "", help);
        }
        [first, second, ..] => {
            let range = found.key(&format!("{path}.{}", second.to_lowercase()));
            let message = format!("one request, two methods: {first} and {second}");
            found.add(range, message, "", "make it two steps");
        }
    }
}

fn url(_: &In<'_>, spot: &Spot<'_>, found: &mut Found<'_>) {
    let Part::Url(url) = spot.piece.part else { return };
    // What is filled in is encoded.
    let written = without_gaps(url);
    if written.trim().contains(char::is_whitespace) || written.trim() != written {
        let help = "take it out; a blank in a path or a query is written `%20`";
        found.add(found.value(&spot.piece.path), "a blank stands in this URL", "", help);
        return;
    }
    if url.starts_with('/') || url.starts_with("{{") || url.starts_with("secret:") {
        return;
    }
    let range = found.value(&spot.piece.path);
    let Some((scheme, rest)) = url.split_once("://") else {
        found.add(
            range,
            "this is no URL",
            "",
            "write `https://...`, or a path that begins with `/`",
        );
        return;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if !matches!(scheme, "http" | "https") && !scheme.contains("{{") {
        found.add(range, format!("`{scheme}` cannot be asked"), "", "use http or https");
    } else if host.is_empty() {
        found.add(range, "this URL names no host", "", "write `https://HOST/...`");
    } else if host.contains('@') {
        let help = "give it as a header: `headers: { Authorization: \"secret:NAME\" }`";
        found.add(range, "a URL carries no user name or password", "", help);
    }
}

/// A URL without its `{{ }}`.
fn without_gaps(url: &str) -> String {
    let mut pieces = url.split("{{");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |all, piece| all + piece.split_once("}}").map_or("", |(_, rest)| rest))
}

/// The headers and URL of a request, whichever step type it belongs to.
fn is_secret_over_http(site: &Site<'_>) -> bool {
    let plain = site.pieces.iter().any(|piece| match piece.part {
        Part::Url(url) => {
            let local = ["http://localhost", "http://127.", "http://[::1]"];
            url.starts_with("http://") && !local.iter().any(|start| url.starts_with(start))
        }
        _ => false,
    });
    let secret = site.pieces.iter().any(|piece| {
        piece.path.contains(".headers.")
            && matches!(piece.part, Part::Words(text) if text.starts_with("secret:"))
    });
    plain && secret
}

fn open(_: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    if is_secret_over_http(site) {
        let range = found.key(&format!("{}.headers", site.action_path()));
        found.add(range, "a secret header over plain http", "readable on the way", "use https");
    }
}

fn body(_: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    let Some(Action::Http(http)) = site.action else { return };
    let Some((method @ ("GET" | "HEAD"), _)) = http.method() else { return };
    let field = if http.json.is_some() { "json" } else { "body" };
    if http.json.is_some() || http.body.is_some() {
        let range = found.key(&format!("{}.{field}", site.action_path()));
        let help = "use `post`, or put the values into the URL";
        found.add(range, format!("a {method} with a body"), "may be ignored", help);
    }
}

fn insecure(_: &In<'_>, site: &Site<'_>, found: &mut Found<'_>) {
    let insecure = match site.action {
        Some(Action::Http(http)) => http.insecure,
        Some(Action::WaitForUrl(wait)) => wait.insecure,
        _ => false,
    };
    if insecure {
        let range = found.key(&format!("{}.insecure", site.action_path()));
        found.add(range, "the certificate is not verified", "anybody can answer", "");
    }
}
