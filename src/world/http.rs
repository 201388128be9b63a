//! One HTTP request: sent, limited in time and size, and every disappointment in plain words.
//!
//! Owns the client and what may leave on it. Blocking: the caller runs [`send`] on a thread and may
//! abandon it; it ends by its time limit, name resolution included. Secrets are in URLs and headers on
//! the way out only. Retrying, polling and what counts as good are for others.

use std::io::Read;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::Value;
use ureq::http::{HeaderName, HeaderValue, Method, Request, Response, Uri};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::aside::boot;
use super::evidence::EvidenceSink;
use super::process::EnvValue;
use super::whole;
use crate::effect::{Ending, Facts, HttpEffect, Output};
use crate::secret::Redactor;
use crate::time::Span;

mod redirect;
mod trouble;

use trouble::{Trouble, Way};

/// Bytes of a body that are read; an endless answer ends here.
pub const BODY_CAP: usize = 1024 * 1024;

/// Bytes of the headers of an answer that are taken.
pub const HEADERS_CAP: usize = 64 * 1024;

/// How mayday names itself to servers.
const USER_AGENT: &str = concat!("mayday/", env!("CARGO_PKG_VERSION"));

/// A request with everything resolved.
#[derive(Clone, Debug)]
pub struct PreparedHttp {
    /// `GET`, `HEAD`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// Absolute URL. Only its scheme, host and port are ever shown.
    pub url: EnvValue,
    /// Header names and values. Secret ones do not follow a redirect to another host.
    pub headers: Vec<(String, EnvValue)>,
    /// The body, sent as it is.
    pub body: Option<String>,
    /// Follow at most this many redirects.
    pub redirects: u32,
    /// Do not verify the certificate.
    pub insecure: bool,
    /// For everything, name resolution to last byte.
    pub time_limit: Span,
    /// The answer holds a secret to capture: it arrives unredacted in the facts and is not kept. The
    /// caller must not record those facts.
    pub withhold: bool,
    /// Knows the secrets that must not be seen in the answer.
    pub redactor: Redactor,
}

impl PreparedHttp {
    /// The request of an effect, with its URL (base included) and headers resolved.
    #[must_use]
    pub fn new(
        effect: HttpEffect,
        url: EnvValue,
        headers: Vec<(String, EnvValue)>,
        redactor: Redactor,
    ) -> Self {
        let HttpEffect { method, body, redirects, insecure, time_limit, withhold, .. } = effect;
        Self { method, url, headers, body, redirects, insecure, time_limit, withhold, redactor }
    }
}

/// A URL below a base: `https://api.example/v1/` and `/health` make `https://api.example/v1/health`.
#[must_use]
pub fn below(base: &EnvValue, path: &EnvValue) -> EnvValue {
    let joined =
        format!("{}/{}", base.text().trim_end_matches('/'), path.text().trim_start_matches('/'));
    match (base, path) {
        (EnvValue::Plain(_), EnvValue::Plain(_)) => EnvValue::Plain(joined),
        _ => EnvValue::Secret(joined.into()),
    }
}

/// Sends a request and waits for its answer, at most its time limit.
///
/// Facts: `status_code` and `status` (the number), `headers` (lowercase names), `body`, `json` where it
/// is, `body_truncated`, `insecure`, `elapsed_ms`.
#[must_use]
pub fn send(request: &PreparedHttp, sink: &EvidenceSink) -> Output {
    let started = boot();
    let mut output = match exchange(request, started) {
        Ok(answer) => answer.output(request, sink),
        Err(trouble) => trouble.output(request),
    };
    output.elapsed = boot() - started;
    output.facts.insert("elapsed_ms".to_owned(), output.elapsed.millis().into());
    if request.insecure {
        output.facts.insert("insecure".to_owned(), true.into());
    }
    output
}

/// Makes rustls use ring. More than once does no harm.
pub fn install_tls_provider() {
    // The error says that one is installed already, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The client. No connection is kept: a check of a service must connect to it.
fn agent(insecure: bool) -> &'static Agent {
    static VERIFYING: OnceLock<Agent> = OnceLock::new();
    static TRUSTING: OnceLock<Agent> = OnceLock::new();
    let cell = if insecure { &TRUSTING } else { &VERIFYING };
    cell.get_or_init(|| {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .disable_verification(insecure)
            .unversioned_rustls_crypto_provider(provider);
        Agent::config_builder()
            .tls_config(tls.build())
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .max_response_header_size(HEADERS_CAP)
            .user_agent(USER_AGENT)
            .build()
            .into()
    })
}

/// The last answer, body included.
struct Answer {
    status: u16,
    headers: Facts,
    body: Vec<u8>,
    truncated: bool,
}

/// One request after the other until the answer is no redirect.
fn exchange(spec: &PreparedHttp, started: Span) -> Result<Answer, Trouble> {
    let method = Method::from_bytes(spec.method.as_bytes());
    let mut method = method.map_err(|_| Trouble::input("the method is none of HTTP"))?;
    let mut uri = address(spec.url.text())?;
    let mut headers = headers(spec)?;
    let mut body = spec.body.clone();
    let mut left = spec.redirects;
    loop {
        let way = Way {
            place: redirect::place(&uri),
            limit: spec.time_limit,
            sent: left < spec.redirects,
        };
        let remaining = spec.time_limit - (boot() - started);
        if remaining <= Span::ZERO {
            return Err(way.timeout());
        }
        let response = call(spec, &method, &uri, &headers, body.as_deref(), remaining)
            .map_err(|error| way.explain(error))?;
        let status = response.status();
        let location = response.headers().get("location");
        let Some(location) = location.filter(|_| spec.redirects > 0 && status.is_redirection())
        else {
            return read(response, &way);
        };
        if left == 0 {
            return Err(way.too_many_redirects(spec.redirects));
        }
        left -= 1;
        let next = redirect::target(&uri, location.as_bytes()).map_err(|why| way.redirect(why))?;
        let keeps_method = matches!(status.as_u16(), 307 | 308);
        if !redirect::same_origin(&uri, &next) {
            if keeps_method && body.is_some() {
                return Err(way.redirect("to another host, which would get the body too"));
            }
            headers.retain(|header| !header.private);
        }
        if !keeps_method && method != Method::GET && method != Method::HEAD {
            method = Method::GET;
            body = None;
            headers.retain(|header| header.name != "content-type");
        }
        uri = next;
    }
}

/// An absolute http or https URL.
fn address(url: &str) -> Result<Uri, Trouble> {
    let uri: Uri = url.parse().map_err(|_| Trouble::input("the URL is malformed"))?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(host)) if !host.is_empty() => Ok(uri),
        _ => Err(Trouble::input("the URL is not one of http:// or https:// with a host")),
    }
}

/// A header that can be sent.
struct Header {
    name: HeaderName,
    value: HeaderValue,
    /// Not for other hosts.
    private: bool,
}

fn headers(spec: &PreparedHttp) -> Result<Vec<Header>, Trouble> {
    let each = |(name, value): &(String, EnvValue)| {
        let fault = |what| Trouble::input(&format!("the {what} of header `{name}` is malformed"));
        let value_text = match value {
            EnvValue::Plain(text) => text,
            EnvValue::Secret(secret) => secret.expose_secret(),
        };
        let private = matches!(value, EnvValue::Secret(_));
        let name: HeaderName = name.parse().map_err(|_| fault("name"))?;
        let mut value = HeaderValue::from_str(value_text).map_err(|_| fault("value"))?;
        value.set_sensitive(private);
        let private = private || name == "authorization" || name == "cookie";
        Ok(Header { name, value, private })
    };
    spec.headers.iter().map(each).collect()
}

fn call(
    spec: &PreparedHttp,
    method: &Method,
    uri: &Uri,
    headers: &[Header],
    body: Option<&str>,
    limit: Span,
) -> Result<Response<Body>, ureq::Error> {
    let mut request = Request::builder().method(method).uri(uri);
    for header in headers {
        request = request.header(&header.name, &header.value);
    }
    let agent = agent(spec.insecure);
    let limit: Option<Duration> = Some(limit.std());
    let with_body = matches!(*method, Method::POST | Method::PUT | Method::PATCH);
    if body.is_some() || with_body {
        let request = request.body(body.unwrap_or_default())?;
        agent.run(agent.configure_request(request).timeout_global(limit).build())
    } else {
        agent.run(agent.configure_request(request.body(())?).timeout_global(limit).build())
    }
}

/// Reads an answer to its end or to [`BODY_CAP`].
fn read(response: Response<Body>, way: &Way) -> Result<Answer, Trouble> {
    let (head, body) = response.into_parts();
    let mut headers = Facts::new();
    for name in head.headers.keys().filter(|name| *name != "set-cookie") {
        let values: Vec<_> = head.headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
        let text = String::from_utf8_lossy(&values.join(&b", "[..])).into_owned();
        headers.insert(name.as_str().to_owned(), text.into());
    }
    let mut bytes = Vec::new();
    let mut reader = body.into_reader().take(BODY_CAP as u64 + 1);
    reader.read_to_end(&mut bytes).map_err(|error| way.in_body(&error.into(), head.status))?;
    let truncated = bytes.len() > BODY_CAP;
    bytes.truncate(BODY_CAP);
    Ok(Answer { status: head.status.as_u16(), headers, body: bytes, truncated })
}

impl Answer {
    fn output(self, request: &PreparedHttp, sink: &EvidenceSink) -> Output {
        let mut facts = Facts::new();
        facts.insert("status_code".to_owned(), self.status.into());
        facts.insert("status".to_owned(), self.status.into());
        facts.insert("headers".to_owned(), Value::Object(self.headers));
        let clean = if request.withhold {
            self.body.into()
        } else {
            request.redactor.redact_bytes(&self.body)
        };
        if !self.truncated
            && let Some(json) = std::str::from_utf8(&clean).ok().and_then(whole::json)
        {
            facts.insert("json".to_owned(), json);
        }
        facts.insert("body".to_owned(), String::from_utf8_lossy(&clean).into());
        if self.truncated {
            facts.insert("body_truncated".to_owned(), true.into());
        }
        let mut evidence = Vec::new();
        if !request.withhold {
            facts.values_mut().for_each(|value| request.redactor.redact_value(value));
            let mut kept = sink.stream("body");
            kept.write(&clean);
            match kept.finish() {
                Ok(kept) => evidence.extend(kept),
                Err(reason) => drop(facts.insert("not_kept".to_owned(), reason.into())),
            }
        }
        Output { ending: Ending::Done, facts, evidence, elapsed: Span::ZERO }
    }
}

impl Trouble {
    /// A request that may have changed something and got no answer has an unknown fate.
    fn output(self, request: &PreparedHttp) -> Output {
        let message = request.redactor.redact(&self.message).into_owned();
        let repeatable = matches!(request.method.as_str(), "GET" | "HEAD");
        let mut output = Output::failed(self.kind, message.clone());
        if self.sent && !repeatable {
            output.ending = Ending::Unknown { reason: message };
        }
        output
    }
}

#[cfg(test)]
mod tests;
