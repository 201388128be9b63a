//! The booking service of the sandbox: a few routes over one SQLite file.
//!
//! One request at a time, on loopback only, every request with a limit in time and size. The file
//! `maintenance` with the word `on` makes it answer 503 to everything, as a gateway would.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

/// A client that says nothing for this long is dropped.
const PATIENCE: Duration = Duration::from_secs(2);
/// The largest request, head and body, in bytes.
const REQUEST_CAP: u64 = 64 * 1024;
/// How long a request waits for somebody else's transaction.
const BUSY: Duration = Duration::from_secs(2);

/// What the database starts with. Identities are never given twice: AUTOINCREMENT.
const SCHEMA: &str = "
    CREATE TABLE reservations (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        guest TEXT NOT NULL,
        room INTEGER NOT NULL CHECK (room > 0),
        night TEXT NOT NULL,
        status TEXT NOT NULL DEFAULT 'booked' CHECK (status IN ('booked', 'cancelled')),
        created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
    );";

/// Makes the database with its empty table.
pub(super) fn create_database(path: &Path) -> Result<(), rusqlite::Error> {
    Connection::open(path)?.execute_batch(SCHEMA)
}

/// Listens on the port of the earlier URL when that is free, else on any free one.
pub(super) fn listen(earlier_url: &str) -> io::Result<TcpListener> {
    let port = earlier_url.rsplit(':').next().and_then(|port| port.parse::<u16>().ok());
    match port.map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port))) {
        Some(Ok(listener)) => Ok(listener),
        _ => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)),
    }
}

/// Answers requests for as long as the process lives.
pub(super) fn serve(listener: &TcpListener, folder: &Path, database: &str) {
    for stream in listener.incoming().flatten() {
        // A client that broke off is its own trouble; the next one is served.
        let _ = answer(&stream, folder, &folder.join(database));
    }
}

fn answer(stream: &TcpStream, folder: &Path, database: &Path) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let (status, body) = match read_request(stream)? {
        Some(request) => respond(&request, folder, database),
        None => (400, json!({ "error": "not a request" })),
    };
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status} {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        reason(status),
        body.len()
    );
    let mut stream = stream;
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    stream.flush()
}

/// A request, as far as the routes need it.
struct Request {
    method: String,
    path: String,
    body: Vec<u8>,
}

/// Reads one request; nothing when it is none.
fn read_request(stream: &TcpStream) -> io::Result<Option<Request>> {
    let mut reader = BufReader::new(stream.take(REQUEST_CAP));
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(None) };
    let (method, path) = (method.to_owned(), path.to_owned());
    let mut length = 0_u64;
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        match line.trim_end().split_once(':') {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().unwrap_or(0).min(REQUEST_CAP);
            }
            Some(_) => {}
        }
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    Ok(Some(Request { method, path, body }))
}

fn respond(request: &Request, folder: &Path, database: &Path) -> (u16, Value) {
    let flag = fs::read_to_string(folder.join("maintenance")).unwrap_or_default();
    if flag.trim() == "on" {
        return (503, json!({ "status": "maintenance" }));
    }
    let answer = match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/api/health") => health(database),
        ("GET", "/api/reservations/count") => count(database),
        ("POST", "/api/reservations") => book(database, &request.body),
        _ => return (404, json!({ "error": "no such route" })),
    };
    answer.unwrap_or_else(|error| (503, json!({ "status": "down", "error": error.to_string() })))
}

fn open(database: &Path) -> rusqlite::Result<Connection> {
    // Never made here: a service without its database is down, not empty.
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

fn health(database: &Path) -> rusqlite::Result<(u16, Value)> {
    let count = rows(database)?;
    Ok((200, json!({ "status": "ok", "reservations": count })))
}

fn count(database: &Path) -> rusqlite::Result<(u16, Value)> {
    Ok((200, json!({ "count": rows(database)? })))
}

fn rows(database: &Path) -> rusqlite::Result<i64> {
    open(database)?.query_row("SELECT count(*) FROM reservations", [], |row| row.get(0))
}

fn book(database: &Path, body: &[u8]) -> rusqlite::Result<(u16, Value)> {
    let wanted: Value = serde_json::from_slice(body).unwrap_or_default();
    let (guest, room, night) = (&wanted["guest"], &wanted["room"], &wanted["night"]);
    let (Some(guest), Some(room), Some(night)) = (guest.as_str(), room.as_i64(), night.as_str())
    else {
        return Ok((422, json!({ "error": "a reservation needs guest, room and night" })));
    };
    let connection = open(database)?;
    let sql = "INSERT INTO reservations (guest, room, night) VALUES (?1, ?2, ?3)";
    connection.execute(sql, (guest, room, night))?;
    Ok((201, json!({ "id": connection.last_insert_rowid() })))
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        400 => "Bad Request",
        404 => "Not Found",
        422 => "Unprocessable Content",
        _ => "Service Unavailable",
    }
}
