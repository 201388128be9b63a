//! From events to a post-mortem.

use mayday::plan::Mode;
use mayday::report::earlier::Earlier;
use mayday::report::language::{self, FindingKind};
use mayday::report::shipped;
use mayday::report::{self, Beside, Checked, Names};
use mayday::run::event::{Event, Kind};
use mayday::time::Timestamp;
use serde_json::{Value, json};

mod blame;
mod data;
mod every;
mod html;

mod merge;
mod pages;
mod runs;
pub(crate) mod schema;
mod spanish;
mod story;
mod templates;
mod templates_shipped;
mod truths;

use runs::Ends;
use story::{Story, checked, plan};

fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

fn context(story: &Story) -> Value {
    let mode = match &story.events[0].1.kind {
        Kind::Opened(opened) => opened.mode,
        _ => Mode::Real,
    };
    report::context(&story.events, Some(&plan(mode)), Some(&checked()), Names::Roles, now())
}

/// With two earlier runs beside it: a step was skipped in one of them.
fn full(story: &Story) -> Value {
    let plan = plan(Mode::Real);
    let mut older = runs::rough();
    if let Kind::Opened(opened) = &mut older.events[0].1.kind {
        "20261001-0900-old".clone_into(&mut opened.run);
    }
    let earlier =
        [older, runs::clean()].into_iter().filter_map(|run| Earlier::of(&run.events, Some(&plan)));
    let beside = Beside { base: "../", earlier: earlier.collect() };
    let (names, checked) = (Names::Roles, checked());
    report::context_with(&story.events, Some(&plan), Some(&checked), names, now(), &beside)
}

fn render(name: &str, template: &str, context: &Value) -> String {
    report::render(template, name, context).unwrap()
}

fn page(context: &Value) -> String {
    report::render(report::POSTMORTEM, "postmortem.md.j2", context).unwrap()
}

#[test]
fn a_post_mortem_tells_each_kind_of_run() {
    for (name, story) in [
        ("clean", runs::clean()),
        ("rough", runs::rough()),
        ("aborted", runs::aborted()),
        ("drill-passes", runs::drill(Ends::Passes)),
        ("drill-fails", runs::drill(Ends::Fails)),
        ("drill-invalid", runs::drill(Ends::Invalid)),
    ] {
        insta::assert_snapshot!(name, page(&context(&story)));
    }
    insta::assert_snapshot!("full", page(&full(&runs::full())));
}

#[test]
fn the_record_seeds_what_people_go_on_from() {
    let told = full(&runs::rough());
    let kinds = |list: &str| -> Vec<String> {
        let rows = told[list].as_array().unwrap().iter();
        rows.map(|row| format!("{} {}", row["kind"].as_str().unwrap(), row["step"])).collect()
    };
    let factors = kinds("factors");
    for kind in ["failure \"look\"", "failure \"tidy\"", "unknown \"restore\"", "breach null"] {
        assert!(factors.iter().any(|factor| factor == kind), "{kind} in {factors:?}");
    }
    let suggestions = kinds("suggestions");
    for kind in ["by_hand \"restore\"", "no_verify \"restore\"", "skipped \"tidy\""] {
        assert!(suggestions.iter().any(|one| one == kind), "{kind} in {suggestions:?}");
    }
    let skip = told["suggestions"].as_array().unwrap().iter().find(|one| one["kind"] == "skipped");
    assert_eq!(skip.unwrap()["seen"], "skipped by choice, in 2 of the last 3 runs that came to it");
    let hard = told["went"]["hard"].to_string();
    assert!(hard.contains("RTO 15m: missed") && hard.contains("nobody driving"), "{hard}");
    let lucky = told["went"]["lucky"].to_string();
    assert!(lucky.contains("Somebody knew how to do restore by hand"), "{lucky}");
    let earlier = told["earlier"].as_array().unwrap();
    assert_eq!(
        (&earlier[0]["rto_verdict"], &earlier[1]["rto_verdict"]),
        (&json!("missed"), &json!("met"))
    );
}

#[test]
fn every_row_leads_to_its_line_and_its_file() {
    let told = full(&runs::full());
    for row in told["timeline"].as_array().unwrap() {
        let line = row["seq"].as_u64().unwrap() + 1;
        assert_eq!(row["link"], format!("../journal.jsonl#L{line}"));
    }
    let page = page(&told);
    assert!(page.contains("[stdout](../evidence/look-1.stdout)"), "{page}");
    let restore =
        &told["recovery"].as_array().unwrap().iter().find(|row| row["step"] == "restore").unwrap();
    assert_eq!((&restore["took_ms"], &restore["over_ms"]), (&json!(30_000), &json!(-90_000)));
    assert_eq!(
        (&restore["what"], &restore["against"]),
        (&json!("restore-db"), &json!("1m 30s under"))
    );
}

#[test]
fn roles_severities_and_escalations_have_their_times() {
    let told = full(&runs::full());
    let roles: Vec<&str> = told["responders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["driver", "postmortem"]);
    assert_eq!(told["document"]["owner"], "operator 2");
    assert_eq!(told["document"]["due"], told["actions"][1]["due"]);
    let task = &told["actions"][0];
    assert_eq!(
        (&task["owner"], &task["what"]),
        (&json!("operator 2"), &json!("alert on the disk before it is full"))
    );
    assert_eq!(task["due"], "2026-12-01T00:00:00.000Z");
    assert_eq!(told["severities"][1]["reason"], "only one region");
    let whole: i64 =
        told["severities"].as_array().unwrap().iter().map(|one| one["ms"].as_i64().unwrap()).sum();
    assert_eq!(
        told["durations"][3]["ms"], whole,
        "time in each severity adds up to the time to resolve"
    );
    let asked = told["escalations"].as_array().unwrap().last().unwrap();
    assert_eq!((&asked["state"], &asked["messages"][0]["to"]), (&json!("asked"), &json!("ceo")));
    assert_eq!(told["objectives"]["response"]["verdict"], "met");
    assert_eq!(told["detection"]["half_ms"], 150_000);
    assert_eq!(told["objections"][0]["what"], "we lose the orders of today");
    assert_eq!(told["impact"]["reopened"].as_array().unwrap().len(), 1);
}

#[test]
fn a_very_long_run_says_what_is_left_out_and_where_it_is() {
    let mut story = runs::clean();
    while story.events.len() < report::MAX_ROWS + 500 {
        story.note("still here");
    }
    let told = context(&story);
    let timeline = told["timeline"].as_array().unwrap();
    assert_eq!(timeline.len(), report::MAX_ROWS);
    assert_eq!(timeline.last().unwrap()["seq"], story.events.last().unwrap().0);
    assert_eq!(told["notes"].as_array().unwrap().len(), report::MAX_LIST);
    let out = told["left_out"].as_array().unwrap().iter().find(|out| out["list"] == "timeline");
    assert_eq!(out.unwrap()["rows"], 500);
    let page = page(&told);
    assert!(page.contains("Left out here: 500 of 12500 rows of timeline"), "the page says nothing");
    assert!(page.contains("journal.jsonl in the folder of the run"));
}

#[test]
fn the_ledger_adds_up_to_the_millisecond() {
    for story in [
        runs::clean(),
        runs::rough(),
        runs::aborted(),
        runs::stopped(),
        runs::drill(Ends::Passes),
        runs::drill(Ends::Fails),
        runs::drill(Ends::Invalid),
    ] {
        // Also for every run that was cut off somewhere.
        let real = plan(Mode::Real);
        for length in 1..=story.events.len() {
            let events = &story.events[..length];
            for plan in [Some(&real), None] {
                let ledger = &report::context(events, plan, None, Names::Full, now())["ledger"];
                let parts = ledger["parts"].as_array().unwrap();
                let sum: i64 = parts.iter().map(|part| part["ms"].as_i64().unwrap()).sum();
                assert_eq!(Some(sum), ledger["total_ms"].as_i64());
                assert!(parts.iter().all(|part| part["ms"].as_i64() >= Some(0)));
            }
        }
    }
}

#[test]
fn the_ledger_tells_where_the_minutes_went() {
    let context = context(&runs::rough());
    let spent = |key: &str| {
        let parts = context["ledger"]["parts"].as_array().unwrap();
        let part = parts.iter().find(|part| part["part"] == key).unwrap();
        part["ms"].as_i64().unwrap() / 1000
    };
    assert_eq!(spent("engine_down"), 720);
    assert_eq!(spent("manual_work"), 90);
    assert_eq!(spent("human_decision"), 30 + 40 + 5 + 20 + 50 + 9);
    assert_eq!(spent("waiting"), 10 + 45);
    assert_eq!(spent("machine"), 3 + 3 + 2 + 2 + 60 + 1);
    // The clock was set forward by an hour in between; no part has that hour.
    assert_eq!(context["ledger"]["total_ms"], json!(1_214_000));
}

#[test]
fn objectives_are_judged_from_their_anchor() {
    let clean = context(&runs::clean());
    let rto = &clean["objectives"]["rto"];
    assert_eq!(rto["verdict"], "met");
    assert_eq!(rto["anchor"], "start of the impact");
    let reached = rto["achieved_ms"].as_i64().unwrap();
    assert_eq!(reached + rto["margin_ms"].as_i64().unwrap(), 15 * 60 * 1000);
    let rpo = &clean["objectives"]["rpo"];
    assert_eq!(
        (rpo["verdict"].as_str(), rpo["achieved_ms"].as_i64()),
        (Some("met"), Some(180_000))
    );
    let rough = context(&runs::rough());
    assert_eq!(rough["objectives"]["rto"]["verdict"], "missed");
    let aborted = context(&runs::aborted());
    assert_eq!(aborted["objectives"]["rto"]["verdict"], "not reached");
    assert_eq!(aborted["objectives"]["rpo"]["verdict"], "unknown");
}

#[test]
fn every_deviation_is_there_with_its_reason() {
    let context = context(&runs::rough());
    let list = context["deviations"].as_array().unwrap();
    let kinds: Vec<&str> = list.iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "automatic_retry",
            "retry_by_choice",
            "missed_deadline",
            "declined_gate",
            "retry_by_choice",
            "clock_step",
            "changed_files",
            "torn_record",
            "unknown",
            "late_escalation",
            "manual_work",
            "missed_deadline",
            "skip",
        ]
    );
    let unknown = list.iter().find(|one| one["kind"] == "unknown").unwrap();
    assert_eq!(unknown["settled"], "operator 2 chose done by hand: the tables have all rows");
    let skip = list.last().unwrap();
    assert_eq!(skip["reason"], "disk is read-only, tomorrow");
    assert_eq!(context_of_clean()["deviations"], json!([]));
}

#[test]
fn a_note_from_another_terminal_is_no_sign_of_a_driver() {
    let mut story = runs::stopped();
    story.pass("10m").note("it is still down");
    if let Some((_, noted)) = story.events.last_mut() {
        noted.slip = Some(mayday::run::event::Taken { id: "1".to_owned(), alone: true });
    }
    story.pass("1s").attach("jonas", &[]);
    let told = context(&story);
    let gap = told["deviations"].as_array().unwrap().last().unwrap()["what"].to_string();
    assert!(gap.contains("nobody drove for 10m 1s"), "{gap}");
}

fn context_of_clean() -> Value {
    context(&runs::clean())
}

#[test]
fn people_are_roles_unless_names_are_wanted() {
    let story = runs::rough();
    let roles = page(&context(&story));
    for name in ["maria", "jonas"] {
        assert!(!roles.contains(name), "{name} in the report");
    }
    assert!(roles.contains("operator 1, operator 2, operator 3"));
    let plan = plan(Mode::Real);
    let full = report::context(&story.events, Some(&plan), Some(&checked()), Names::Full, now());
    assert_eq!(full["run"]["people"], json!(["maria", "jonas", "ana"]));
}

#[test]
fn what_a_reader_must_know_stands_at_the_top() {
    let top = |context: &Value| page(context).lines().take(12).collect::<Vec<_>>().join("\n");
    let story = runs::stopped();
    let plan = plan(Mode::Real);
    let unverified = report::context(&story.events, Some(&plan), None, Names::Roles, now());
    let told = top(&unverified);
    assert!(told.contains("not finished") && told.contains("was not verified"), "{told}");
    let findings = vec!["event 3 was changed".to_owned()];
    let damaged = Checked { sound: false, head: String::new(), findings };
    let damaged = report::context(&story.events, None, Some(&damaged), Names::Roles, now());
    let told = top(&damaged);
    for words in ["**Read this first:** event 3 was changed", "could not be read"] {
        assert!(told.contains(words), "{told}");
    }
    assert_eq!(context(&runs::clean())["warnings"], json!([]));
    let nothing = report::context(&[], None, None, Names::Roles, now());
    assert!(page(&nothing).contains("not finished"));
}

#[test]
fn notes_become_action_items_and_decisions() {
    let context = context(&runs::rough());
    assert_eq!(context["actions"][0]["what"], "alert on the disk before it is full");
    assert_eq!(context["actions"][1]["what"], "Hold the post-mortem");
    assert_eq!(context["actions"].as_array().unwrap().len(), 2);
    assert_eq!(context["actions"][0]["by"], "operator 2");
    let decisions = context["decisions"].as_array().unwrap();
    assert!(decisions.iter().any(|one| one["answer"] == "keep the old primary for a day"));
}

#[test]
fn no_word_of_a_template_blames_but_what_the_source_itself_says() {
    for (name, template) in shipped::SHIPPED {
        // Without its blocks: all of it counts as written by somebody.
        let page = render(name, template, &full(&runs::rough())).replace("block:", "part:");
        for found in language::check(&page).unwrap() {
            let source = *name == "post-incident" && found.what.starts_with("“root cause”");
            assert!(found.kind != FindingKind::Blame || source, "{name}: {found:?}");
        }
    }
}

#[test]
fn a_long_run_has_a_row_for_each_event() {
    let mut story = runs::clean();
    let last = story.events.pop().unwrap();
    while story.events.len() < 10_000 {
        story.pass("1s").note("still here | and well");
    }
    story.events.push((10_001, Event { at: story.at, ..last.1 }));
    let context = context(&story);
    assert_eq!(context["timeline"].as_array().unwrap().len(), 10_001);
    let page = page(&context);
    assert_eq!(
        page.lines().filter(|line| line.contains("| Note: still here")).count(),
        10_001 - runs::clean().events.len()
    );
}

#[test]
fn forecasts_are_scored_against_what_came() {
    let context = context(&runs::clean());
    let forecasts = context["forecasts"].as_array().unwrap();
    assert!(!forecasts.is_empty());
    for told in forecasts {
        let time =
            |key: &str| -> mayday::time::Timestamp { told[key].as_str().unwrap().parse().unwrap() };
        let off = time("came_at").since(time("p50")).millis();
        assert_eq!(told["off_ms"], json!(off));
        assert_eq!(told["within"], json!(time("came_at") <= time("p90")));
        assert!(time("p50") <= time("p90") && time("at") <= time("came_at"));
    }
}
