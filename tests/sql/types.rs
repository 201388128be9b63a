//! Every type of PostgreSQL as the server itself writes it; psql is the witness.

use serde_json::{Value, json};

use super::*;
use crate::support::postgres::Server;

/// Types of our own, so that enums, domains, composites and ranges are seen too.
const OURS: &str = "
CREATE TYPE mood AS ENUM ('sad', 'it''s ok');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TYPE pair AS (a int, b text);
CREATE TYPE floatrange AS RANGE (subtype = float8);
";

/// An expression, and what it must be; a text must be exactly what psql prints.
fn cases() -> Vec<(&'static str, Value)> {
    vec![
        ("true", json!(true)),
        ("false::bool", json!(false)),
        ("(-32768)::int2", json!(-32768)),
        ("2147483647::int4", json!(2_147_483_647)),
        ("(-9223372036854775808)::int8", json!(i64::MIN)),
        ("4294967295::oid", json!(4_294_967_295_u32)),
        ("0.1::float4", json!(0.1)),
        ("1e300::float8", json!(1e300)),
        ("'NaN'::float8", json!("NaN")),
        ("'-Infinity'::float4", json!("-Infinity")),
        ("12.50::numeric(10,2)", json!(12.5)),
        (
            "123456789012345678901234567890.123::numeric",
            json!("123456789012345678901234567890.123"),
        ),
        ("'NaN'::numeric", json!("NaN")),
        ("12.5::money", json!("$12.50")),
        ("'héllo \"w\" \\'::text", json!("héllo \"w\" \\")),
        ("''::text", json!("")),
        ("'ab'::char(5)", json!("ab   ")),
        ("'ab'::varchar(5)", json!("ab")),
        ("'n'::name", json!("n")),
        ("'x'::\"char\"", json!("x")),
        ("'\\x00ff10'::bytea", json!("\\x00ff10")),
        ("''::bytea", json!("\\x")),
        (
            "'550e8400-e29b-41d4-a716-446655440000'::uuid",
            json!("550e8400-e29b-41d4-a716-446655440000"),
        ),
        ("'{\"b\": [1, 2.5, null]}'::json", json!({"b": [1, 2.5, null]})),
        ("'{\"a\": {\"x\": \"1\"}}'::jsonb", json!({"a": {"x": "1"}})),
        ("'[123456789012345678901234567890]'::jsonb", json!("[123456789012345678901234567890]")),
        ("'null'::jsonb", json!(null)),
        ("'$.a[*]'::jsonpath", json!("$.\"a\"[*]")),
        ("'<a>1</a>'::xml", json!("<a>1</a>")),
        ("'2026-11-22'::date", json!("2026-11-22")),
        ("'infinity'::date", json!("infinity")),
        ("'18:20:00.5'::time", json!("18:20:00.5")),
        ("'18:20:00+02'::timetz", json!("18:20:00+02")),
        ("'2026-11-22 18:20:00.123456'::timestamp", json!("2026-11-22T18:20:00.123456")),
        ("'2026-11-22 18:20:00+00'::timestamptz", json!("2026-11-22T18:20:00Z")),
        ("'-infinity'::timestamptz", json!("-infinity")),
        ("'0044-03-15 BC'::timestamp", json!("0044-03-15 00:00:00 BC")),
        (
            "'1 year 2 mons -3 days 04:05:06.7'::interval",
            json!("1 year 2 mons -3 days +04:05:06.7"),
        ),
        ("'192.168.1.5'::inet", json!("192.168.1.5")),
        ("'10.0.0.0/8'::cidr", json!("10.0.0.0/8")),
        ("'2001:db8::1/64'::inet", json!("2001:db8::1/64")),
        ("'08:00:2b:01:02:03'::macaddr", json!("08:00:2b:01:02:03")),
        ("'08:00:2b:01:02:03:04:05'::macaddr8", json!("08:00:2b:01:02:03:04:05")),
        ("B'10110'", json!("10110")),
        ("B'101'::varbit", json!("101")),
        ("point(1.5,-2)", json!("(1.5,-2)")),
        ("'((0,0),(1,1))'::box", json!("(1,1),(0,0)")),
        ("'<(1,2),3>'::circle", json!("<(1,2),3>")),
        ("'[(0,0),(1,1)]'::path", json!("[(0,0),(1,1)]")),
        ("'{1,2,3}'::line", json!("{1,2,3}")),
        ("'[(0,0),(1,1)]'::lseg", json!("[(0,0),(1,1)]")),
        ("'((0,0),(1,1),(2,0))'::polygon", json!("((0,0),(1,1),(2,0))")),
        ("to_tsvector('simple', 'a b a')", json!("'a':1,3 'b':2")),
        ("to_tsquery('simple', 'a & !b')", json!("'a' & !'b'")),
        ("int4range(1, 5)", json!("[1,5)")),
        ("'empty'::numrange", json!("empty")),
        ("'{[1,3),[5,7)}'::int4multirange", json!("{[1,3),[5,7)}")),
        ("tstzrange('2026-01-01 00:00Z', NULL)", json!("[\"2026-01-01 00:00:00+00\",)")),
        ("floatrange(1.5, 2)", json!("[1.5,2)")),
        ("'it''s ok'::mood", json!("it's ok")),
        ("5::positive", json!(5)),
        ("ROW(1, 'x,\"y')::pair", json!("(1,\"x,\"\"y\")")),
        ("ARRAY[1, NULL, 3]", json!([1, null, 3])),
        ("ARRAY[[1,2],[3,4]]", json!([[1, 2], [3, 4]])),
        ("'[2:3]={7,8}'::int[]", json!([7, 8])),
        ("'{}'::text[]", json!([])),
        ("ARRAY['a,b', 'NULL', NULL, '\"\\']", json!(["a,b", "NULL", null, "\"\\"])),
        ("ARRAY[0.1, 12345678901234567890.5]", json!([0.1, "12345678901234567890.5"])),
        ("ARRAY['{\"a\": 1}'::jsonb]", json!([{"a": 1}])),
        ("ARRAY['2026-11-22 18:20Z'::timestamptz]", json!(["2026-11-22T18:20:00Z"])),
        ("ARRAY['((0,0),(1,1))'::box]", json!(["(1,1),(0,0)"])),
        ("ARRAY['sad'::mood]", json!(["sad"])),
        ("'16/B374D848'::pg_lsn", json!("16/B374D848")),
        ("'10:20:10,14,15'::pg_snapshot", json!("10:20:10,14,15")),
        ("'42'::xid8", json!("42")),
        ("'42'::xid", json!("42")),
        ("'(0,1)'::tid", json!("(0,1)")),
        ("'pg_class'::regclass", json!("pg_class")),
        ("'int4'::regtype", json!("integer")),
        ("'1 2 3'::int2vector", json!("1 2 3")),
        ("NULL::jsonb", json!(null)),
        ("NULL", json!(null)),
        ("pg_sleep(0)", json!("")),
    ]
}

/// What psql prints, in the forms that only JSON has taken out.
fn as_psql_prints(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(truth) => Some(if *truth { "t" } else { "f" }.to_owned()),
        _ => None,
    }
}

#[test]
fn every_type_is_shown_as_the_server_writes_it() {
    let server = Server::start();
    server.psql(OURS);
    let url = server.url("postgres", "?options=-c%20TimeZone%3DUTC");
    let cases = cases();
    assert!(cases.len() > 70);
    let columns: Vec<String> =
        cases.iter().enumerate().map(|(at, (sql, _))| format!("{sql} AS c{at}")).collect();
    let query = format!("SELECT {}", columns.join(", "));
    let through_cursor = facts(&job(TargetKind::Postgres, &url, &[&query]));
    let mut alone = job(TargetKind::Postgres, &url, &[&query]);
    alone.effect.no_transaction = true;
    let directly = facts(&alone);
    for (at, (sql, wanted)) in cases.iter().enumerate() {
        let column = format!("c{at}");
        let shown = &through_cursor["rows"][0][&column];
        assert_eq!(shown, wanted, "{sql}");
        assert_eq!(&directly["rows"][0][&column], wanted, "{sql}, outside a transaction");
        let printed = server.psql(&format!("SET timezone = 'UTC'; SELECT {sql}"));
        if let Some(text) = as_psql_prints(shown) {
            let moment = text.len() > 18 && text.as_bytes()[10] == b'T';
            let text = if moment { text.replace('T', " ").replace('Z', "+00") } else { text };
            assert_eq!(text, printed, "{sql} in psql");
        } else if shown.is_null() {
            assert!(printed.is_empty() || printed == "null", "{sql}: psql prints {printed}");
        }
    }
}

#[test]
fn returning_shows_types_as_a_query_does() {
    let server = Server::start();
    server.psql(
        "CREATE TABLE t (id int, at timestamptz, span interval, n numeric, tags text[], \
                 net inet, who aclitem)",
    );
    let url = server.url("postgres", "?options=-c%20TimeZone%3DUTC");
    let insert = "INSERT INTO t VALUES (1, '2026-11-22 18:20Z', '90 min', 12.5, '{a,b}', '10.0.0.1') \
                  RETURNING id, at, span, n, tags, net";
    let row = json!({
        "id": 1, "at": "2026-11-22T18:20:00Z", "span": "01:30:00", "n": 12.5,
        "tags": ["a", "b"], "net": "10.0.0.1"
    });
    let said = facts(&change(TargetKind::Postgres, &url, &[insert]));
    assert_eq!(said["rows"], json!([row]));
    assert_eq!((&said["rows_affected"], &said["row_count"]), (&json!(1), &json!(1)));
    let query = "SELECT id, at, span, n, tags, net FROM t";
    assert_eq!(facts(&job(TargetKind::Postgres, &url, &[query]))["rows"], json!([row]));
    // aclitem has no binary form at all: only a cursor can show it.
    let acl =
        facts(&job(TargetKind::Postgres, &url, &["SELECT 'postgres=r/postgres'::aclitem AS a"]));
    assert_eq!(acl["rows"][0]["a"], "postgres=r/postgres");
    // An anonymous row cannot be read back by the server: bytes, but not nothing.
    let odd = "UPDATE t SET id = 2 RETURNING ROW(id, 'x') AS r";
    let shown = facts(&change(TargetKind::Postgres, &url, &[odd]));
    assert!(shown["rows"][0]["r"].as_str().unwrap().starts_with("‹type record: "), "{shown}");
}
