//! What a post-mortem says is what is known, and how well: severities by both names, bounds instead of guesses, no gap
//! where there was none, what was left running.

use mayday::effect::EffectClass::Change;
use mayday::plan::Mode;
use mayday::report::html::{self, Around};
use mayday::report::shipped::named;
use mayday::report::{self, Names, spanish};
use mayday::run::event::{Kind, Milestone};
use mayday::severity::Severity;
use mayday::steps::Verdict;
use serde_json::{Value, json};

use super::story::{Story, checked, plan};
use super::{context, now, page, render, runs};

/// The context of a run whose configuration calls its severities by names of its own.
fn with_names(story: &Story) -> Value {
    let mut plan = plan(Mode::Real);
    let mut matrix = mayday::severity::built_in_matrix();
    for (severity, name) in [(Severity::Sev1, "P1"), (Severity::Sev2, "Rojo")] {
        matrix.get_mut(&severity).unwrap().aliases = vec![name.to_owned()];
    }
    plan.severity_names = mayday::severity::Names::of(&matrix);
    report::context(&story.events, Some(&plan), Some(&checked()), Names::Roles, now())
}

fn in_spanish(context: &Value) -> (String, String) {
    let mut context = context.clone();
    assert_eq!(spanish::said(&mut context), Vec::<String>::new());
    let (name, template) = named("postmortem.es").unwrap();
    (render(&name, template, &context), html::page_with(&context, &Around::default()))
}

#[test]
fn a_severity_is_called_as_the_organisation_calls_it_too() {
    let mut story = runs::clean();
    let (from, to) = (Some(Severity::Sev1), Severity::Sev2);
    story.say(Kind::SeverityChanged { from, to, reason: None });
    let told = with_names(&story);
    assert_eq!(told["run"]["severity"], "SEV-1");
    assert_eq!(told["run"]["severity_words"], "SEV-1 (P1)");
    let page = page(&told);
    assert!(page.contains("| Severity | SEV-1 (P1) |"), "{page}");
    assert!(page.contains("- SEV-2 (Rojo) for "), "{page}");
    for template in ["post-incident", "post-exercise", "post-exercise.es"] {
        let (name, template) = named(template).unwrap();
        assert!(render(&name, template, &told).contains("SEV-1 (P1)"), "{name}");
    }
    let (spanish, html) = in_spanish(&told);
    assert!(spanish.contains("| Severidad | SEV-1 (P1) |"), "{spanish}");
    assert!(html.contains("<span class=\"severity\">SEV-1 (P1)</span>"), "{html}");
    // Without the plan nobody knows the names.
    let bare = report::context(&story.events, None, None, Names::Roles, now());
    assert_eq!(bare["run"]["severity_words"], "SEV-1");
}

#[test]
fn how_long_users_were_hurt_is_bounded_by_what_is_known() {
    use Milestone::{Detected, ImpactStarted, Mitigated, Recovered};
    let marks = |marks: &[(Milestone, &str)]| {
        let mut story = Story::open(Mode::Real);
        for (milestone, when) in marks {
            story.mark(*milestone, &format!("2026-11-22T18:{when}:00Z"), "operator");
        }
        let told = context(&story);
        let (spanish, html) = in_spanish(&told);
        let words = told["impact"]["users_hurt_words"].as_str().unwrap().to_owned();
        assert!(page(&told).contains(&format!("- Users hurt: {words}\n")), "{}", page(&told));
        let english = html::page_with(&told, &Around::default());
        assert!(english.contains(&format!("<dt>Users hurt for</dt><dd>{words}</dd>")), "{english}");
        assert!(spanish.contains("- Usuarios afectados: ") && !html.contains(&words), "{spanish}");
        (words, told["impact"]["users_hurt_ms"].clone())
    };
    let (began, noticed) = ((ImpactStarted, "00"), (Detected, "05"));
    let (mended, back) = ((Mitigated, "12"), (Recovered, "20"));
    assert_eq!(
        marks(&[began, noticed, mended, back]),
        ("12m, from the start of the impact to the mitigation".to_owned(), json!(720_000))
    );
    assert_eq!(
        marks(&[noticed, mended]).0,
        "at least 7m, from the detection to the mitigation: nobody has said when it began"
    );
    assert_eq!(
        marks(&[began, noticed, back]),
        (
            "at most 20m, from the start of the impact to the recovery: nobody marked the mitigation"
                .to_owned(),
            Value::Null
        )
    );
    assert_eq!(
        marks(&[noticed, back]).0,
        "about 15m, from the detection to the recovery: nobody has said when it began or marked the mitigation"
    );
    let mut again = Story::open(Mode::Real);
    again.mark(ImpactStarted, "2026-11-22T18:00:00Z", "flag");
    again.mark(Mitigated, "2026-11-22T18:10:00Z", "flag").pass("30m");
    again.say(Kind::Reopened { when: again.at, reason: "worse".to_owned() }).pass("5m");
    again.mark(Recovered, "now", "flag");
    let mut told = context(&again);
    assert_eq!(
        told["impact"]["users_hurt_words"],
        "at most 15m, from the start of the impact to the recovery: nobody marked the mitigation; only the time in \
         which it was open counts"
    );
    assert!(spanish::said(&mut told).is_empty(), "{told}");
    assert_eq!(
        marks(&[began, noticed]).0,
        "not known: neither the mitigation nor the recovery is marked"
    );
}

#[test]
fn taking_a_run_up_within_a_second_is_no_time_in_which_nobody_drove() {
    let kinds = |gap: &str, files: &[&str]| {
        let mut story = Story::open(Mode::Real);
        story.note("left").pass(gap).attach("bo", files).note("there");
        let told = context(&story);
        let list = told["deviations"].as_array().unwrap().clone();
        let all: Vec<String> =
            list.iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect();
        let down = told["ledger"]["parts"].as_array().into_iter().flatten();
        let down = down.filter(|part| part["part"] == "engine_down").map(|part| part["ms"].clone());
        assert_eq!(told["run"]["sessions"], 2);
        assert!(page(&told).contains("took the run up again"), "the timeline tells of it");
        (all, down.collect::<Vec<_>>())
    };
    assert_eq!(kinds("163ms", &[]).0, Vec::<String>::new());
    assert_eq!(kinds("163ms", &[]).1, [json!(163)], "the ledger counts every millisecond");
    let mut brief = Story::open(Mode::Real);
    brief.pass("100ms").say(Kind::Closed {
        outcome: mayday::run::event::Outcome::Completed,
        reason: String::new(),
    });
    let hard = context(&brief)["went"]["hard"].to_string();
    assert!(!hard.contains('%'), "a tenth of a second was hard for nobody: {hard}");
    assert_eq!(kinds("163ms", &["api-down.yaml"]).0, ["changed_files"]);
    assert_eq!(kinds("1s", &[]).0, ["session"]);
    let told = |said: bool, gap: &str, files: &[&str]| {
        let mut story = Story::open(Mode::Real);
        if said {
            let reason = mayday::run::event::StopReason::Operator;
            story.say(Kind::Stopped { reason, message: "later".to_owned() });
        }
        let mut told = context(story.pass(gap).attach("bo", files));
        let what = told["deviations"][0]["what"].as_str().unwrap().to_owned();
        assert!(spanish::said(&mut told).is_empty(), "{told}");
        (what, told["deviations"][0]["what"].as_str().unwrap().to_owned())
    };
    assert_eq!(told(true, "5m", &[]).0, "nobody drove for 5m, then the run was taken up again");
    // Of a driver that was killed only its last event is known.
    let (english, spanish) = told(false, "5m", &["a.yaml"]);
    let files = "then the run was taken up again; changed on disk since: a.yaml";
    assert_eq!(english, format!("nobody drove for at most 5m, {files}"));
    assert!(spanish.contains("5m a lo más"), "{spanish}");
    assert_eq!(
        told(false, "71ms", &["a.yaml"]).0,
        "the run was taken up again; changed on disk since: a.yaml"
    );
}

#[test]
fn what_a_step_left_running_stands_with_the_recovery() {
    let mut story = Story::open(Mode::Real);
    story.start("restore", 1, Change, "serve & disown").pass("2s");
    let left = json!([
        { "pid": 4242, "name": "nginx | x", "fate": "still running" },
        { "pid": 4243, "name": "<b>sleep</b>", "fate": "killed" },
    ]);
    story.end("restore", Verdict::Pass, json!({ "exit_code": 0, "leftovers": left }));
    let told = context(&story);
    let row = &told["leftovers"][0];
    assert_eq!(
        (&row["step"], &row["pid"], &row["running"]),
        (&json!("restore"), &json!(4242), &json!(true))
    );
    assert_eq!(told["leftovers"][1]["running"], false);
    let page = page(&told);
    let recovery = page.split("block:recovery").nth(1).unwrap();
    assert!(recovery.contains("Processes that outlived"), "{recovery}");
    assert!(
        recovery.contains("| restore | nginx \\| x (pid 4242) | still running |"),
        "{recovery}"
    );
    let html = html::page_with(&told, &Around::default());
    assert!(
        html.contains("Processes that outlived their step") && html.contains("&lt;b&gt;sleep"),
        "{html}"
    );
    let (spanish, html) = in_spanish(&told);
    assert!(
        spanish.contains("Procesos que siguieron") && spanish.contains("| aún corriendo |"),
        "{spanish}"
    );
    assert!(html.contains("Procesos que siguieron tras su paso"), "{html}");
    // Nothing was left: nothing is said.
    let told = context(&runs::clean());
    assert_eq!(told["leftovers"], json!([]));
    assert!(!super::page(&told).contains("outlived"));
}
