//! A proxy before a PostgreSQL server that stops at a point of the protocol, lets a fault happen, and cuts.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Where in the life of a change it is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// The first bytes of the connection.
    Connect,
    /// BEGIN.
    Begin,
    /// The author's statement.
    Statement,
    /// The question for the transaction's number.
    Number,
    /// COMMIT, which the server does not get to see.
    CommitLost,
    /// COMMIT, which the server gets; what it answers is lost.
    AnswerLost,
}

pub(crate) const POINTS: [Point; 6] = [
    Point::Connect,
    Point::Begin,
    Point::Statement,
    Point::Number,
    Point::CommitLost,
    Point::AnswerLost,
];

impl Point {
    /// What passes from the client at that point.
    const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Connect => b"user\0",
            Self::Begin => b"BEGIN\0",
            Self::Statement => b"UPDATE t",
            Self::Number => b"SELECT pg_catalog.pg_current_xact_id()",
            // A whole message: the second connection commits too, in a longer one.
            Self::CommitLost | Self::AnswerLost => b"Q\0\0\0\x0bCOMMIT\0",
        }
    }
}

/// The fault: gets the port by which the server knows the connection. It returns before the cut.
type Fault = Box<dyn FnOnce(u16) + Send>;

struct Armed {
    /// What passes from the client there.
    bytes: &'static [u8],
    /// The server gets to see it.
    delivered: bool,
    /// Then: its answer is waited for, so that it has ended what it was told.
    answered: bool,
    fault: Fault,
}

/// The proxy. It lives as long as the test.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) port: u16,
    armed: Arc<Mutex<Option<Armed>>>,
}

impl Proxy {
    /// Before the server at that port.
    pub(crate) fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy = Self { port, armed: Arc::default() };
        let ours = proxy.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A server that is down refuses: so do we, by closing.
                let Ok(upstream) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                let ours = ours.clone();
                std::thread::spawn(move || ours.pass(client, upstream));
            }
        });
        proxy
    }

    /// A server's URL, by way of the proxy, in the clear.
    pub(crate) fn url(&self, direct: &str) -> String {
        let (before, after) = direct.rsplit_once(':').unwrap();
        let path = after.trim_start_matches(|digit: char| digit.is_ascii_digit());
        format!("{before}:{}{path}?sslmode=disable", self.port)
    }

    /// Cuts once, at the next such point. `answered` as in the server's answer to COMMIT.
    pub(crate) fn arm(
        &self,
        point: Point,
        answered: bool,
        fault: impl FnOnce(u16) + Send + 'static,
    ) {
        self.arm_at(point.bytes(), point == Point::AnswerLost, answered, fault);
    }

    /// The same for another protocol: at these bytes of the client.
    pub(crate) fn arm_at(
        &self,
        bytes: &'static [u8],
        delivered: bool,
        answered: bool,
        fault: impl FnOnce(u16) + Send + 'static,
    ) {
        let fault = Box::new(fault);
        *self.armed.lock().unwrap() = Some(Armed { bytes, delivered, answered, fault });
    }

    /// True when the point was never reached.
    pub(crate) fn still_armed(&self) -> bool {
        self.armed.lock().unwrap().is_some()
    }

    fn due(&self, bytes: &[u8]) -> Option<Armed> {
        let mut armed = self.armed.lock().unwrap();
        let word = armed.as_ref()?.bytes;
        if bytes.windows(word.len()).any(|window| window == word) { armed.take() } else { None }
    }

    fn pass(self, mut client: TcpStream, mut upstream: TcpStream) {
        let back = Arc::new(Mutex::new(true));
        let (mut from_server, mut to_client) =
            (upstream.try_clone().unwrap(), client.try_clone().unwrap());
        let open = Arc::clone(&back);
        let answers = std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(length @ 1..) = from_server.read(&mut buffer) {
                let open = open.lock().unwrap();
                if !*open {
                    // The answer that is lost. It was given.
                    return;
                }
                if to_client.write_all(&buffer[..length]).is_err() {
                    return;
                }
            }
            if *open.lock().unwrap() {
                let _ = to_client.shutdown(Shutdown::Both);
            }
        });
        let mut buffer = [0; 8192];
        while let Ok(length @ 1..) = client.read(&mut buffer) {
            let bytes = &buffer[..length];
            let Some(armed) = self.due(bytes) else {
                if upstream.write_all(bytes).is_err() {
                    break;
                }
                continue;
            };
            *back.lock().unwrap() = false;
            let mut answers = Some(answers);
            if armed.delivered {
                let _ = upstream.write_all(bytes);
                if armed.answered {
                    answers.take().map(std::thread::JoinHandle::join);
                }
            }
            (armed.fault)(upstream.local_addr().unwrap().port());
            // The other thread holds the sockets too: only the last close resets them.
            let _ = upstream.shutdown(Shutdown::Read);
            answers.map(std::thread::JoinHandle::join);
            reset(client);
            reset(upstream);
            return;
        }
        let _ = upstream.shutdown(Shutdown::Both);
    }
}

/// Closes it with a reset, as a firewall does: no farewell, and what is on its way is lost.
fn reset(stream: TcpStream) {
    let none = Some(std::time::Duration::ZERO);
    rustix::net::sockopt::set_socket_linger(&stream, none).unwrap();
    drop(stream);
}
