//! The report as one HTML file: what it holds, what it never holds, and that data stays data in it.

use mayday::effect::EffectClass::{Change, Read};
use mayday::plan::Mode;
use mayday::report::html::Around;
use mayday::report::prose::{self, Piece, Said};
use mayday::report::{self, Names, gantt, html};
use mayday::text::lang::Lang;
use serde_json::{Value, json};

use super::data::{NAUGHTY, told};
use super::story::{Story, checked, plan};
use super::{Ends, context, every, full, now, runs};

/// The records of drills: quarter by quarter faster, one of them too late, one without a recovery.
pub(super) fn drills() -> Vec<Value> {
    let took = [Some(29), Some(24), None, Some(17), Some(12), Some(9)];
    took.iter()
        .zip(1..)
        .map(|(minutes, month)| {
            let reached = minutes.map(|minutes: i64| minutes * 60_000 + 7_000);
            let passed = reached.is_some_and(|ms| ms <= 15 * 60_000);
            json!({
                "name": format!("api-down-2026{month:02}05"), "run": format!("2026{month:02}05-0900-abc"),
                "playbook": "api-down", "began": format!("2026-{month:02}-05T09:00:00.000Z"),
                "verdict": if passed { "PASS" } else { "FAIL" }, "passed": passed,
                "score": if passed { 100 } else { 60 }, "of": 100,
                "objectives": { "rto": { "objective_ms": 900_000, "achieved_ms": reached } },
            })
        })
        .collect()
}

/// A run with so many steps of the given phases, some of which did not go well.
pub(super) fn long(steps: usize) -> Value {
    let mut context = context(&runs::rough());
    let mut at: mayday::time::Timestamp = "2026-11-22T18:20:00Z".parse().unwrap();
    let open = at;
    let rows = (0..steps).map(|n| {
        let took = mayday::time::Span::from_secs(20 + i64::try_from(n * 7919 % 300).unwrap());
        let from = at;
        at = at + took;
        let status = match n {
            n if n % 41 == 7 => "did not pass",
            n if n % 29 == 5 => "done by hand",
            n if n % 37 == 9 => "skipped",
            _ => "ok",
        };
        let ran = status != "skipped";
        json!({
            "key": format!("step_{n}"), "title": format!("Restore shard {n} of the bookings database and compare the row counts"),
            "phase": format!("Phase {}: bring the shards back", 1 + n * 6 / steps), "section": "respond", "effect": "change",
            "status": status, "attempts": usize::from(ran), "started_at": ran.then_some(from), "ended_at": ran.then_some(at),
            "took_ms": ran.then_some(took.millis()), "expected_ms": 60_000, "over_ms": ran.then_some(took.millis() - 60_000),
            "who": "mayday", "result": null,
        })
    });
    let rows: Vec<Value> = rows.collect();
    context["steps"] = rows.into();
    context["run"]["opened_at"] = json!(open);
    context["run"]["last_at"] = json!(at);
    context
}

/// A machine's life goes out in the evening and somebody takes the run up in the morning.
pub(super) fn overnight() -> Story {
    let mut story = Story::open(Mode::Real);
    story
        .phase("contain")
        .done("look", Read, "curl", "3s")
        .note("going home, the mirror copies overnight");
    story.pass("11h").attach("jonas", &[]).phase("recover").done("backup", Read, "cat", "40s");
    story.done("restore", Change, "restore-db", "9m");
    story
}

/// The tags of a page in order, with the names of their attributes: all but its words.
fn shape(page: &str) -> Vec<String> {
    let mut tags = Vec::new();
    for part in page.split('<').skip(1) {
        let (tag, _) = part.split_once('>').unwrap_or_else(|| panic!("an open tag: {part}"));
        // Values stand between quotes; every other piece is names.
        let names: String = tag.split('"').step_by(2).collect();
        tags.push(names);
    }
    tags
}

#[test]
fn no_text_of_a_run_changes_the_shape_of_the_page() {
    let plan = plan(Mode::Real);
    let of = |text: &str| {
        let story = told(text);
        let context =
            report::context(&story.events, Some(&plan), Some(&checked()), Names::Full, now());
        let mut drills = drills();
        for (name, value) in
            [("run", json!(text)), ("verdict", json!(text)), ("began", json!(text))]
        {
            drills[0][name] = value;
        }
        let written = [Said {
            heading: format!("h {text}"),
            pieces: vec![
                Piece::Words(format!("w {text}")),
                Piece::Entry(format!("e {text}")),
                Piece::Lines(vec![format!("l {text}")]),
                Piece::Changed(text.to_owned(), vec![text.to_owned()]),
                Piece::More,
            ],
        }];
        let signed = [(text.to_owned(), text.to_owned())];
        html::page_with(&context, &Around { drills: &drills, written: &written, signed: &signed })
    };
    let plain = shape(&of("plain words"));
    assert!(plain.len() > 300, "{}", plain.len());
    for text in NAUGHTY.iter().filter(|text| !text.is_empty()) {
        let page = of(text);
        let naughty = shape(&page);
        let differs = plain.iter().zip(&naughty).find(|(a, b)| a != b);
        assert!(differs.is_none() && plain.len() == naughty.len(), "{text:?}: {differs:?}");
        assert!(page.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        assert!(!page.contains(['\u{202e}', '\u{200b}', '\u{2028}']), "{text:?}");
    }
}

#[test]
fn a_page_asks_for_nothing_and_runs_nothing() {
    for story in
        [runs::clean(), runs::rough(), told("https://example.com/x.png"), runs::drill(Ends::Fails)]
    {
        let page = html::page(&context(&story), &drills());
        assert!(
            page.contains("Content-Security-Policy\" content=\"default-src 'none'"),
            "no policy"
        );
        for tag in shape(&page) {
            let name = tag.split([' ', '/']).find(|part| !part.is_empty()).unwrap_or_default();
            assert!(
                ![
                    "script",
                    "link",
                    "img",
                    "iframe",
                    "object",
                    "embed",
                    "base",
                    "form",
                    "video",
                    "audio",
                    "image",
                    "use",
                    "foreignObject",
                    "animate",
                    "set"
                ]
                .contains(&name),
                "{tag}"
            );
            assert!(
                !tag.contains(" src=") && !tag.contains("xlink") && !tag.contains(" on"),
                "{tag}"
            );
        }
        let links = page.split("href=\"").skip(1);
        assert!(links.clone().count() > 1);
        assert!(links.clone().all(|link| link.starts_with('#')), "a link leads out of the page");
        let style = page.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
        assert!(!style.contains("@import") && !style.contains("http"));
        assert!(style.split("url(").skip(1).all(|url| url.starts_with('#')));
    }
}

#[test]
fn every_link_has_its_place_and_every_name_is_there_once() {
    let page = html::page(&context(&runs::rough()), &drills());
    let names: Vec<&str> =
        page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let mut once = names.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), names.len());
    for link in page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(names.contains(&link), "no place for #{link}");
    }
    for fill in page.split("url(#").skip(1).map(|rest| rest.split(')').next().unwrap()) {
        assert!(names.contains(&fill), "no pattern {fill}");
    }
}

#[test]
fn a_page_says_at_its_top_what_a_reader_must_know() {
    let plan = plan(Mode::Real);
    let top = |page: &str| page.split("<ul class=\"tiles\">").next().unwrap().to_owned();
    for (story, told) in
        [(runs::stopped(), "not finished"), (runs::aborted(), "closed before its end")]
    {
        let unverified = report::context(&story.events, Some(&plan), None, Names::Roles, now());
        let top = top(&html::page(&unverified, &[]));
        assert!(top.contains(told) && top.contains("was not verified"), "{top}");
    }
    let findings = vec!["Line 3 of the record <b>holds</b> nothing".to_owned()];
    let damaged = report::Checked { sound: false, head: String::new(), findings };
    let damaged =
        report::context(&runs::stopped().events, None, Some(&damaged), Names::Roles, now());
    let page = html::page(&damaged, &[]);
    assert!(top(&page).contains("Line 3 of the record &lt;b&gt;holds"), "{}", top(&page));
    assert!(page.contains("It is NOT sound"));
    let nothing = html::page(&report::context(&[], None, None, Names::Roles, now()), &[]);
    assert!(nothing.contains("not finished") && nothing.ends_with("</html>\n"));
    let clean = html::page(&context(&runs::clean()), &[]);
    assert!(!clean.contains("Read this first"));
}

#[test]
fn what_no_colour_tells_is_told_in_words_and_patterns() {
    let page = html::page(&context(&runs::rough()), &[]);
    for words in [
        "done by hand",
        "skipped",
        "✗ RTO 15m missed",
        "<rect class=\"pattern\"",
        "RTO, missed",
        "Where the time went",
    ] {
        assert!(page.contains(words), "no `{words}`");
    }
    // What did not simply pass has its word at its bar, for both widths.
    assert_eq!(page.matches("✎ done by ").count(), 3, "two pictures, one table");
    let drill = html::page(&context(&runs::drill(Ends::Fails)), &drills());
    for words in [
        "Drill report",
        "Drill: FAIL",
        "✗ did not hold",
        "time to recover",
        "no recovery",
        "RTO 15m",
    ] {
        assert!(drill.contains(words), "no `{words}`");
    }
}

#[test]
fn a_night_without_events_is_cut_out_of_the_picture_and_said_to_be() {
    let page = html::page(&context(&overnight()), &[]);
    assert!(page.contains("class=\"cut\"") && page.contains("in which nothing happened"));
    assert!(!html::page(&context(&runs::clean()), &[]).contains("in which nothing happened"));
}

#[test]
fn a_long_run_is_bounded_and_holds_every_event() {
    let mut story = runs::clean();
    while story.events.len() < 10_000 {
        story.pass("1s").note("still here & well");
    }
    let context = context(&story);
    let page = html::page(&context, &[]);
    assert_eq!(page.matches("<tr id=\"e").count(), 10_000);
    assert!(page.len() < 10_000 * 700, "{} bytes", page.len());
    let shown = page.matches("class=\"note\"").count();
    assert!((2..700).contains(&shown), "{shown} notes drawn");
    let bars = html::page(&long(10_000), &[]).matches("<g class=\"bar").count();
    assert!(bars < 13_000, "{bars} bars");
}

#[test]
fn the_chart_for_markdown_keeps_its_lines_whatever_the_text() {
    let plan = plan(Mode::Real);
    let of = |text: &str| {
        let story = told(text);
        gantt::gantt(&report::context(
            &story.events,
            Some(&plan),
            Some(&checked()),
            Names::Full,
            now(),
        ))
    };
    let plain = of("plain words").lines().count();
    for text in NAUGHTY {
        let chart = of(text);
        assert_eq!(chart.lines().count(), plain, "{text:?}\n{chart}");
        for line in chart.lines().skip(4).filter(|line| line.starts_with("    ")) {
            let mut words = line.split_whitespace();
            let first = words.next().unwrap();
            assert!(
                first == "section" || first.starts_with(|c: char| c.is_ascii_digit()),
                "{line}"
            );
            assert!(!line.contains([';', '#', '%', '`', '<', '"']), "{line}");
            assert!(line.matches(':').count() == usize::from(first != "section"), "{line}");
        }
    }
    let large = gantt::gantt(&long(2_000));
    assert!(large.len() < 50_000, "{} characters", large.len());
    // Many phases with long names, many deadlines: the limit is of the whole.
    let wide = "ñ".repeat(70);
    let step = |at: usize| {
        json!({ "title": wide, "phase": format!("{at} {wide}"), "status": "ok",
        "started_at": now(), "ended_at": now() })
    };
    let steps: Vec<Value> = (0..600).map(step).collect();
    let due = json!({ "clock": "escalation:0", "words": wide, "due": now(), "state_words": wide });
    let many =
        json!({ "run": { "opened_at": now() }, "steps": steps, "deadlines": vec![due; 500] });
    let many = gantt::gantt(&many);
    assert!(many.chars().count() < 49_000, "{} characters", many.chars().count());
    assert!(many.contains("are left out"));
    assert!(large.contains("are left out"));
    assert_eq!(gantt::gantt(&report::context(&[], None, None, Names::Roles, now())), "");
}

/// A post-mortem in which somebody wrote.
pub(super) fn written(context: &Value) -> Vec<Said> {
    let page = super::page(context)
        .replace(
            "‹TODO: what led up to it.›",
            "A disk was <full>.\n\n- since Monday\n- nobody saw it",
        )
        .replace(
            "| event | time (UTC) | who | what | evidence |",
            "| my own | head | of | the | table |",
        );
    prose::of(&page).unwrap()
}

#[test]
fn all_that_the_context_knows_is_in_the_page() {
    let told = full(&every::story());
    let signed = [("CTO".to_owned(), "pending".to_owned())];
    let written = written(&told);
    let around = Around { drills: &drills(), written: &written, signed: &signed };
    let page = html::page_with(&told, &around);
    for (id, words) in [
        ("written", "A disk was &lt;full&gt;."),
        ("written", "<li>since Monday</li>"),
        ("written", "| my own | head |"),
        ("signed", "pending"),
        ("impact", "known from the operator: seen in a log"),
        ("impact", "It was open again at"),
        ("responders", "second person for restore"),
        ("factors", "attempt 1 of look did not pass: exit code 22"),
        ("attempts", "<code>SELECT 1</code> on db"),
        ("escalations", "asked for by the operator: it is slow"),
        ("deadlines", "Please come."),
        ("decisions", "we lose the orders of today"),
        ("earlier", "20261001-0900-old"),
        ("went", "Somebody knew how to do restore by hand."),
        ("actions", "nobody yet"),
        ("suggestions", "write down what was done"),
        ("deviations", "taken over by hand in a shell"),
        ("milestones", "seen in a log"),
    ] {
        let heading = format!("<h2 id=\"{id}\">");
        let (_, rest) = page.split_once(&heading).unwrap_or_else(|| panic!("no section {id}"));
        let section = rest.split("</section>").next().unwrap();
        assert!(section.contains(words), "no `{words}` in {id}:\n{section}");
    }
    let drill = html::page(&context(&runs::drill(Ends::Fails)), &[]);
    assert!(drill.contains("INJECTED on purpose") && drill.contains("Forecasts against what came"));
    // Nothing is linked to that is not there.
    for link in page.split("href=\"#").skip(1) {
        let id = link.split('"').next().unwrap();
        assert!(page.contains(&format!(" id=\"{id}\"")), "#{id} leads nowhere");
    }
}

/// What is linked to in a page and is not there.
fn dead(page: &str) -> Vec<&str> {
    let places: std::collections::HashSet<&str> =
        page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let links = page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap());
    links.filter(|id| !places.contains(id)).collect()
}

#[test]
fn every_link_of_a_page_leads_somewhere_however_long_or_short_the_run() {
    let mut story = every::story();
    while story.events.len() < report::MAX_ROWS {
        let at = story.events.len();
        story.note(&format!("TODO: number {at} @bo"));
        story.start("look", 1 + u32::try_from(at).unwrap(), Read, "true").pass("1s");
    }
    story.note("the end");
    let told = full(&story);
    assert!(told["left_out"].as_array().unwrap().iter().any(|out| out["list"] == "timeline"));
    let page = html::page(&told, &[]);
    assert_eq!(dead(&page), Vec::<&str>::new());
    let links = page.matches("href=\"#e").count();
    assert!(links > 2_000, "{links} links are left");
    // What has no link any more still says its number.
    let noted = told["notes"].as_array().unwrap().iter().filter_map(|note| note["seq"].as_i64());
    let shown: Vec<i64> =
        told["timeline"].as_array().unwrap().iter().filter_map(|row| row["seq"].as_i64()).collect();
    for seq in noted.filter(|seq| !shown.contains(seq)).take(3) {
        assert!(page.contains(&format!("<td class=\"n\">{seq}</td>")), "{seq}");
    }
    for story in
        [runs::clean(), runs::rough(), runs::aborted(), runs::stopped(), runs::drill(Ends::Fails)]
    {
        assert_eq!(dead(&html::page(&context(&story), &drills())), Vec::<&str>::new());
        for length in 0..story.events.len().min(12) {
            let told = report::context(&story.events[..length], None, None, Names::Roles, now());
            assert_eq!(dead(&html::page(&told, &[])), Vec::<&str>::new());
        }
    }
}

#[test]
fn names_are_roles_in_what_people_wrote_and_commands_stay() {
    let mut story = runs::clean();
    story.note("Maria said that jonas knows").attach("jonas", &[]);
    story
        .start("tidy", 9, Change, "su maria -c true")
        .say(mayday::run::event::Kind::Abandoned { reason: "JONAS is asleep".to_owned() });
    let told = context(&story);
    let page = super::page(&told);
    assert!(page.contains("Note: operator 1 said that operator 2 knows"), "{page}");
    assert!(page.contains("given up: operator 2 is asleep"), "{page}");
    assert!(page.contains("su maria -c true") && page.contains("names in commands"), "{page}");
    let mut said = vec![Said {
        heading: "What Maria saw".to_owned(),
        pieces: vec![Piece::Words("maria and mariana".to_owned())],
    }];
    report::names::hide_in(&mut said, &story.events, None, Lang::English);
    assert_eq!(said[0].heading, "What operator 1 saw");
    assert_eq!(said[0].pieces, [Piece::Words("operator 1 and mariana".to_owned())]);
    // Whom only a note names is a person; a contact, a role and a shared account are none.
    story
        .note("TODO: tell @zoe and @devops_lead and @ops @zoe, due 2026-12-01")
        .note("@zoe knows; zoe");
    let plan = plan(Mode::Real);
    let roles = report::context(&story.events, Some(&plan), None, Names::Roles, now());
    let task =
        roles["actions"].as_array().unwrap().iter().find(|one| one["seq"].is_number()).unwrap();
    assert_eq!(task["owner"], "person 1");
    assert_eq!(task["what"], "tell and @devops_lead and @ops person 1");
    let mut spanish = roles.clone();
    report::spanish::said(&mut spanish);
    assert_eq!(spanish["actions"][0]["owner"], "persona 1");
    assert!(roles["notes"].to_string().contains("person 1 knows; zoe"), "{}", roles["notes"]);
    let full = report::context(&story.events, Some(&plan), None, Names::Full, now());
    assert_eq!(full["actions"][0]["owner"], "zoe");
    assert!(
        full["notes"].to_string().contains("Maria said")
            && full["names_words"] == "People are called by their names."
    );
}

/// A run may go on over midnight, and over days: a time without its day would be the wrong one of two.
#[test]
fn each_time_of_a_table_has_its_day() {
    let cell = regex::Regex::new(r#"<td class="t">([^<]*)</td>"#).unwrap();
    let day = regex::Regex::new(r"^\d{4}-\d\d-\d\d").unwrap();
    let mut dated = 0;
    for told in [full(&runs::full()), context(&runs::rough()), full(&every::story())] {
        let page = html::page(&told, &drills());
        for time in cell.captures_iter(&page).map(|found| found[1].to_owned()) {
            let none = !time.contains(|c: char| c.is_ascii_digit());
            assert!(none || day.is_match(&time), "{time}");
            dated += usize::from(!none);
        }
    }
    assert!(dated > 20);
}
