//! Two drills of one procedure beside each other. Pure: from their records to rows.

use serde_json::{Value, json};

use crate::time::Span;

/// What differs from `a` to `b`, as data.
#[must_use]
pub fn compare(a: &Value, b: &Value) -> Value {
    let of = |record: &Value| {
        json!({
            "name": record["name"], "run": record["run"], "began": record["began"],
            "verdict": record["verdict"], "score": record["score"], "of": record["of"],
            "people": record["people"], "unattended": record["unattended"],
            "mayday": record["mayday"], "environment": record["environment"],
            "rto_ms": record["objectives"]["rto"]["achieved_ms"],
            "rpo_ms": record["objectives"]["rpo"]["achieved_ms"],
            "deviations": list(&record["deviations"]).len(),
        })
    };
    json!({
        "playbook": b["playbook"],
        "a": of(a),
        "b": of(b),
        "rto_delta_ms": delta(&a["objectives"]["rto"]["achieved_ms"], &b["objectives"]["rto"]["achieved_ms"]),
        "criteria": paired(a, b, "criteria", "id", |a, b, id| json!({
            "id": id, "a": a["held_words"], "b": b["held_words"],
            "a_points": a["got"], "b_points": b["got"], "same": a["held"] == b["held"],
        })),
        "steps": paired(a, b, "steps", "key", |a, b, key| json!({
            "key": key, "a_status": a["status"], "b_status": b["status"],
            "a_ms": a["took_ms"], "b_ms": b["took_ms"], "delta_ms": delta(&a["took_ms"], &b["took_ms"]),
            "a_attempts": a["attempts"], "b_attempts": b["attempts"],
        })),
        "changed": paired(a, b, "pinned", "name", |a, b, name| json!({
            "name": name, "same": a["sha256"] == b["sha256"],
        })).into_iter().filter(|file| file["same"] == false).map(|file| file["name"].clone())
            .collect::<Vec<_>>(),
    })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn delta(a: &Value, b: &Value) -> Option<i64> {
    Some(b.as_i64()? - a.as_i64()?)
}

/// The rows of both by a key, in the order of `b`, then what only `a` has.
fn paired(
    a: &Value,
    b: &Value,
    rows: &str,
    key: &str,
    row: impl Fn(&Value, &Value, &Value) -> Value,
) -> Vec<Value> {
    let (ours, theirs) = (list(&a[rows]), list(&b[rows]));
    let same = |rows: &[Value], id: &Value| rows.iter().find(|row| row[key] == *id).cloned();
    let new = theirs.iter().map(|there| {
        let here = same(ours, &there[key]).unwrap_or_default();
        row(&here, there, &there[key])
    });
    let gone = ours.iter().filter(|here| same(theirs, &here[key]).is_none());
    new.chain(gone.map(|here| row(here, &Value::Null, &here[key]))).collect()
}

/// The comparison for a person.
#[must_use]
pub fn lines(both: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let people = |of: &Value| {
        let names: Vec<String> = list(&of["people"]).iter().map(text).collect();
        names.join(", ")
    };
    let mut lines = vec![format!(
        "{}: {} and then {}",
        text(&both["playbook"]),
        text(&both["a"]["name"]),
        text(&both["b"]["name"])
    )];
    let mut rows: Vec<[String; 3]> = Vec::new();
    let mut row = |what: &str, a: String, b: String| rows.push([what.to_owned(), a, b]);
    let of = |name: &str, tell: &dyn Fn(&Value) -> String| {
        (tell(&both["a"][name]), tell(&both["b"][name]))
    };
    let (a, b) = of("began", &|at| text(at).chars().take(16).collect::<String>().replace('T', " "));
    row("began", a, b);
    let verdict = |of: &Value| format!("{} {}/{}", text(&of["verdict"]), of["score"], of["of"]);
    row("verdict", verdict(&both["a"]), verdict(&both["b"]));
    let (a, b) = of("rto_ms", &length);
    row("time to recover", a, format!("{b}{}", change(&both["rto_delta_ms"])));
    let (a, b) = of("rpo_ms", &length);
    row("data lost", a, b);
    row("driven by", people(&both["a"]), people(&both["b"]));
    let (a, b) = of("deviations", &Value::to_string);
    row("deviations", a, b);
    for criterion in list(&both["criteria"]).iter().filter(|row| row["same"] == false) {
        let name = format!("criterion {}", text(&criterion["id"]));
        row(&name, text(&criterion["a"]), text(&criterion["b"]));
    }
    for step in list(&both["steps"]) {
        let tell = |took: &Value, status: &Value| match status.as_str() {
            Some("ok") => length(took),
            Some(status) => format!("{} ({status})", length(took)),
            None => "no such step".to_owned(),
        };
        let (a, b) =
            (tell(&step["a_ms"], &step["a_status"]), tell(&step["b_ms"], &step["b_status"]));
        row(&text(&step["key"]), a, format!("{b}{}", change(&step["delta_ms"])));
    }
    // Each column is as wide as its widest word.
    let wide = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or_default();
    let (first, second) = (wide(0), wide(1));
    lines.extend(rows.iter().map(|[what, a, b]| format!("{what:first$}  {a:second$}  {b}")));
    if both["a"]["people"] == both["b"]["people"] {
        lines.push(
            "The same people both times: somebody else should be able to do it too.".to_owned(),
        );
    }
    match list(&both["changed"]) {
        [] => lines.push("The playbook and its configuration are the same.".to_owned()),
        files => {
            let names: Vec<String> = files.iter().map(text).collect();
            lines.push(format!("Changed between the two: {}", names.join(", ")));
        }
    }
    lines
}

fn length(ms: &Value) -> String {
    ms.as_i64().map_or("-".to_owned(), |ms| Span::from_millis(ms).clock())
}

/// Only a whole second is a difference that a person can see.
fn change(ms: &Value) -> String {
    match ms.as_i64().map(|ms| ms / 1000) {
        Some(0) | None => String::new(),
        Some(s) if s < 0 => format!("  ({} faster)", Span::from_secs(-s).clock()),
        Some(s) => format!("  ({} slower)", Span::from_secs(s).clock()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(took: i64, verdict: &str, hash: &str) -> Value {
        json!({
            "name": verdict, "playbook": "lost", "began": "2026-01-15T16:02:11.000Z",
            "verdict": verdict, "score": 70, "of": 100, "people": ["ada"],
            "objectives": { "rto": { "achieved_ms": took } }, "deviations": [],
            "criteria": [{ "id": "same", "held": verdict == "PASS", "held_words": if verdict == "PASS" { "held" } else { "did not hold" }, "got": 70 }],
            "steps": [
                { "key": "back", "status": "ok", "took_ms": took, "attempts": 1 },
                { "key": verdict, "status": "done by hand", "took_ms": null, "attempts": 0 },
            ],
            "pinned": [{ "name": "lost.yaml", "sha256": hash }],
        })
    }

    #[test]
    fn what_differs_is_told_and_what_only_one_has_too() {
        let both = compare(&record(70_000, "FAIL", "a"), &record(10_400, "PASS", "b"));
        assert_eq!(both["rto_delta_ms"], -59_600);
        assert_eq!(both["steps"][0]["delta_ms"], -59_600);
        assert_eq!(both["changed"], json!(["lost.yaml"]));
        let words = lines(&both).join("\n");
        for part in [
            "FAIL 70/100",
            "01:10",
            "00:10  (00:59 faster)",
            "did not hold",
            "no such step",
            "- (done by hand)",
            "Changed between the two: lost.yaml",
            "The same people",
        ] {
            assert!(words.contains(part), "no `{part}` in\n{words}");
        }
        let same = lines(&compare(&record(1, "PASS", "a"), &record(1, "PASS", "a"))).join("\n");
        assert!(same.contains("are the same") && !same.contains("criterion"), "{same}");
    }

    #[test]
    fn the_columns_stay_below_each_other_whatever_a_step_is_called() {
        let step = |ms: i64| {
            let key = "writes_off.vercel_deployments_of_the_day";
            json!({ "key": key, "status": "ok", "took_ms": ms })
        };
        let record = |verdict: &str, ms: i64| json!({ "verdict": verdict, "score": 1, "of": 1, "steps": [step(ms)], "people": ["ada", "bo"] });
        let lines = lines(&compare(&record("FAIL", 61_000), &record("PASS", 62_000)));
        let at = |row: &str, word: &str| {
            let line = lines.iter().find(|line| line.starts_with(row)).unwrap();
            line.rfind(word).unwrap()
        };
        assert_eq!(at("verdict", "PASS"), at("writes_off", "01:02"));
        assert_eq!(at("verdict", "FAIL"), at("writes_off", "01:01"));
        assert_eq!(at("verdict", "PASS"), at("driven by", "ada, bo"));
    }
}
