//! A server that answers, and misbehaves in every way a server can.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ConfigBuilder, ServerConfig, ServerConnection, StreamOwned, WantsVerifier};

/// How long a slow server waits between two bytes.
const DRIP: Duration = Duration::from_millis(20);

/// The first byte of a client that speaks TLS.
const TLS_HANDSHAKE: u8 = 22;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

/// What a server of a test's own answers: status, headers with their line ends, body.
pub(crate) type Answer = (&'static str, String, String);

type Answers = Arc<dyn Fn(&Asked) -> Answer + Send + Sync>;

/// A server on a free port of the loopback; it lives as long as the test's process.
pub(crate) struct Server {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// A server without TLS.
    pub(crate) fn start() -> Self {
        Self::listen(None, None)
    }

    /// A server that answers as it is told to.
    pub(crate) fn answering(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self::listen(None, Some(Arc::new(answer)))
    }

    /// A server with TLS.
    pub(crate) fn start_tls(config: ServerConfig) -> Self {
        Self::listen(Some(Arc::new(config)), None)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    fn listen(tls: Option<Arc<ServerConfig>>, answers: Option<Answers>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, tls, answers) = (Arc::clone(&log), tls.clone(), answers.clone());
                // A client that goes away is part of the game.
                std::thread::spawn(move || match answers {
                    Some(answers) => own(stream, &log, &*answers).unwrap_or_default(),
                    None => serve(stream, tls, &log).unwrap_or_default(),
                });
            }
        });
        Self { port, asked }
    }
}

fn own(
    mut stream: TcpStream,
    log: &Mutex<Vec<Asked>>,
    answers: &dyn Fn(&Asked) -> Answer,
) -> std::io::Result<()> {
    let asked = read_request(&mut stream)?;
    let (status, headers, body) = answers(&asked);
    // Whoever sees the request in the log may count on what it did.
    log.lock().unwrap().push(asked);
    whole(&mut stream, status, &headers, &body)?;
    stream.flush()
}

fn serve(
    socket: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    log: &Mutex<Vec<Asked>>,
) -> std::io::Result<()> {
    let raw = socket.try_clone()?;
    match tls {
        None => answer(socket, &raw, log),
        Some(config) => {
            let session = ServerConnection::new(config).map_err(std::io::Error::other)?;
            answer(StreamOwned::new(session, socket), &raw, log)
        }
    }
}

fn answer(
    mut stream: impl Read + Write,
    raw: &TcpStream,
    log: &Mutex<Vec<Asked>>,
) -> std::io::Result<()> {
    let asked = read_request(&mut stream)?;
    log.lock().unwrap().push(asked.clone());
    let path = asked.line.split(' ').nth(1).unwrap_or_default();
    let path = path.strip_prefix('/').unwrap_or("status/400");
    let (route, rest) = path.split_once('/').unwrap_or((path, ""));
    let head = "HTTP/1.1 200 OK\r\n";
    match route {
        "json" => whole(&mut stream, "200 OK", "Content-Type: application/json\r\n", rest)?,
        "status" => {
            let code = rest.split('/').next().unwrap_or_default();
            whole(&mut stream, &format!("{code} As Asked"), "", "a body")?;
        }
        "again" => {
            let (code, after) = rest.split_once('/').unwrap_or((rest, "1"));
            let after = after.split('/').next().unwrap_or_default().replace("%20", " ");
            let date = "Date: Wed, 21 Oct 2026 07:28:00 GMT\r\n";
            let headers = format!("{date}Retry-After: {after}\r\n");
            whole(&mut stream, &format!("{code} Again"), &headers, "slow down")?;
        }
        "flap" => {
            // The same question before this one moved the pattern on.
            let before =
                log.lock().unwrap().iter().filter(|other| other.line == asked.line).count();
            let up = rest.as_bytes().get(before - 1).or(rest.as_bytes().last()) == Some(&b'u');
            whole(&mut stream, if up { "200 OK" } else { "503 Down" }, "", "")?;
        }
        "to" => whole(&mut stream, "302 Found", &format!("Location: {rest}\r\n"), "")?,
        "keep" => whole(&mut stream, "307 Kept", &format!("Location: {rest}\r\n"), "")?,
        "loop" => whole(&mut stream, "302 Found", "Location: /loop\r\n", "")?,
        "empty" | "reset" => {}
        "hang" => until_closed(raw),
        "drip-headers" => drip(&mut stream, raw, format!("{head}X-Slow: ").as_bytes())?,
        "drip-body" => {
            drip(&mut stream, raw, format!("{head}Content-Length: 9999\r\n\r\n").as_bytes())?;
        }
        "endless" => {
            write!(stream, "{head}\r\n")?;
            loop {
                stream.write_all(&b"endless ".repeat(1000))?;
            }
        }
        "garbage" => stream.write_all(&b"\x00\xffnot http at all\r\n\r\n".repeat(100))?,
        "short" => write!(stream, "{head}Content-Length: 100\r\n\r\nonly this")?,
        "headers" => {
            write!(stream, "{head}")?;
            for n in 0..200_000 {
                write!(stream, "X-Header-{n}: value\r\n")?;
            }
            write!(stream, "\r\n")?;
        }
        "long-header" => {
            write!(stream, "{head}X-Long: {}\r\n\r\n", "l".repeat(100_000))?;
        }
        "binary" => {
            write!(stream, "{head}Content-Length: 4\r\n\r\n")?;
            stream.write_all(b"a\x00\xff\n")?;
        }
        _ => {
            let cookies = "X-Two: a\r\nX-Two: b\r\nSet-Cookie: session=1\r\n";
            whole(&mut stream, "200 OK", cookies, "fine")?;
        }
    }
    stream.flush()
}

fn read_request(stream: &mut impl Read) -> std::io::Result<Asked> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    // Closing a socket with a byte unread is what resets a connection.
    let reset =
        |bytes: &[u8]| bytes.ends_with(b"\r\n\r") && bytes.windows(7).any(|w| w == b" /reset");
    while !bytes.ends_with(b"\r\n\r\n") && !reset(&bytes) {
        if stream.read(&mut byte)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        bytes.push(byte[0]);
        if bytes == [TLS_HANDSHAKE] {
            break;
        }
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut lines = text.lines().map(str::to_owned);
    let line = lines.next().unwrap_or_default();
    let headers: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    let length = headers.iter().find_map(|header| {
        let (name, value) = header.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body)?;
    Ok(Asked { line, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

fn whole(stream: &mut impl Write, status: &str, extra: &str, body: &str) -> std::io::Result<()> {
    let body = body.replace("%22", "\"");
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{extra}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// Waits until the client gives up.
fn until_closed(raw: &TcpStream) {
    let mut raw = raw;
    while raw.read(&mut [0; 1024]).is_ok_and(|read| read > 0) {}
    let _ = raw.shutdown(Shutdown::Both);
}

/// Sends `begin`, then a byte at a time until the client gives up.
fn drip(stream: &mut impl Write, raw: &TcpStream, begin: &[u8]) -> std::io::Result<()> {
    stream.write_all(begin)?;
    raw.set_read_timeout(Some(DRIP))?;
    let mut raw = raw;
    loop {
        stream.write_all(b"x")?;
        stream.flush()?;
        match raw.read(&mut [0; 16]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            _ => return Ok(()),
        }
    }
}

/// The name of every authority that a test may trust; each has a key of its own.
const AUTHORITY: &str = "mayday test authority";

/// An authority and a certificate of its making.
pub(crate) struct Identity {
    /// The authority's certificate, PEM.
    pub(crate) authority: String,
    pub(crate) config: ServerConfig,
}

/// A certificate and its key.
struct Leaf {
    authority: rcgen::Certificate,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// A certificate for `name`, valid from and to the first days of these years, signed by a new authority.
pub(crate) fn identity(name: &str, years: (i32, i32)) -> Identity {
    let Leaf { authority, chain, key } = leaf(name, years, AUTHORITY);
    let config = builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    Identity { authority: authority.pem(), config }
}

/// A valid certificate of an authority that nobody is told of.
pub(crate) fn certified(name: &str) -> ServerConfig {
    let Leaf { chain, key, .. } = leaf(name, (2000, 2090), "somebody else");
    builder().with_no_client_auth().with_single_cert(chain, key).unwrap()
}

/// A valid certificate, for a server that wants to see one of its clients too.
pub(crate) fn wants_client_certificate(name: &str) -> Identity {
    let Leaf { authority, chain, key } = leaf(name, (2000, 2090), AUTHORITY);
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    mayday::world::http::install_tls_provider();
    let verifier = rustls::server::WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
    let config =
        builder().with_client_cert_verifier(verifier).with_single_cert(chain, key).unwrap();
    Identity { authority: authority.pem(), config }
}

/// A certificate that only its own key vouches for.
pub(crate) fn self_signed(name: &str) -> ServerConfig {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
    let chain = vec![params.self_signed(&key).unwrap().der().clone()];
    builder().with_no_client_auth().with_single_cert(chain, private(&key)).unwrap()
}

fn builder() -> ConfigBuilder<ServerConfig, WantsVerifier> {
    mayday::world::http::install_tls_provider();
    ServerConfig::builder()
}

fn private(key: &rcgen::KeyPair) -> PrivateKeyDer<'static> {
    PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()))
}

fn leaf(name: &str, years: (i32, i32), by: &str) -> Leaf {
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, by);
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let authority = params.self_signed(&authority_key).unwrap();
    let issuer = rcgen::Issuer::new(params, authority_key);
    let mut params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
    params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = params.signed_by(&key, &issuer).unwrap();
    Leaf { authority, chain: vec![leaf.der().clone()], key: private(&key) }
}
