//! Reports in a real browser: drawn, measured, checked for accessibility, validated, printed.

use std::path::{Path, PathBuf};
use std::process::Command;

use mayday::report::{gantt, html, spanish};
use serde_json::Value;

use super::html::{drills, long, overnight, written};
use super::{Ends, context, full, runs};
use crate::faults::{Row, always};
use crate::support::browser::Browser;

/// Where `tests/run` puts what is fetched for these tests.
fn tool(path: &str) -> Option<PathBuf> {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("tools/pages").join(path);
    file.is_file().then_some(file)
}

/// A page with everything that may stand beside the context.
fn rough() -> String {
    let told = full(&runs::rough());
    let signed = [("CTO".to_owned(), "pending".to_owned())];
    let (drills, written) = (drills(), written(&told));
    html::page_with(
        &told,
        &html::Around { drills: &drills[..3], written: &written, signed: &signed },
    )
}

/// The same in Spanish: its words take more room.
fn in_spanish(mut told: Value) -> String {
    spanish::said(&mut told);
    html::page(&told, &drills())
}

/// The reports that are looked at, as files. Their pictures stay beside them for whoever wants to look too.
fn pages() -> Vec<(&'static str, PathBuf)> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    std::fs::create_dir_all(&folder).unwrap();
    let drill = context(&runs::drill(Ends::Fails));
    [
        ("clean", html::page(&context(&runs::clean()), &[])),
        ("rough", rough()),
        ("spanish", in_spanish(full(&runs::rough()))),
        ("drill", html::page(&drill, &drills())),
        ("stopped", html::page(&context(&runs::stopped()), &[])),
        ("overnight", html::page(&context(&overnight()), &[])),
        ("three", html::page(&long(3), &[])),
        ("long", html::page(&long(300), &[])),
        (
            "nothing",
            html::page(
                &mayday::report::context(
                    &[],
                    None,
                    None,
                    mayday::report::Names::Roles,
                    super::now(),
                ),
                &[],
            ),
        ),
    ]
    .into_iter()
    .map(|(name, page)| {
        let file = folder.join(format!("{name}.html"));
        std::fs::write(&file, page).unwrap();
        (name, file)
    })
    .collect()
}

const WINDOWS: [(&str, (u32, u32), &str); 3] = [
    ("desk", (1280, 900), "light"),
    ("desk-dark", (1280, 900), "dark"),
    ("phone", (390, 844), "light"),
];

/// Labels in one picture that cover each other or leave it, by their text.
const COVERED: &str = r#"(() => {
  const bad = [];
  for (const picture of document.querySelectorAll('svg.picture')) {
    const frame = picture.getBoundingClientRect();
    if (frame.width === 0) continue;
    const all = [...picture.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
    for (const [text, box] of all) {
      if (box.left < frame.left - 2 || box.right > frame.right + 2) bad.push(`${text} leaves the picture`);
    }
    for (let i = 0; i < all.length; i++) for (let j = i + 1; j < all.length; j++) {
      const [[a, p], [b, q]] = [all[i], all[j]];
      const wide = Math.min(p.right, q.right) - Math.max(p.left, q.left);
      const high = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
      if (wide > 2 && high > 4) bad.push(`${a} / ${b}`);
    }
  }
  return bad;
})()"#;

/// The smallest letters of the pictures that are seen, in pixels on the screen.
const SMALLEST: &str = r#"Math.min(...[...document.querySelectorAll('svg.picture')].filter(p => p.getBoundingClientRect().width > 0)
  .map(p => p.getBoundingClientRect().width / p.viewBox.baseVal.width * 10), 99)"#;

#[test]
fn reports_are_legible_and_ask_for_nothing_in_a_real_browser() {
    let mut row =
        Row::new("P01", "reports in a browser: labels, widths, requests, print", always(27));
    let Some(mut browser) = Browser::start() else {
        return row.skip_rest("no Chromium is installed");
    };
    for (name, file) in pages() {
        for (window, size, scheme) in WINDOWS {
            browser.open(&file, size, scheme);
            let asked = browser.asked.clone();
            assert!(
                asked.iter().all(|url| *url == format!("file://{}", file.display())),
                "{name}: {asked:?}"
            );
            let covered = browser.evaluate(COVERED);
            assert_eq!(covered, serde_json::json!([]), "{name} {window}");
            let beyond =
                browser.evaluate("document.documentElement.scrollWidth - window.innerWidth");
            assert!(
                beyond.as_i64() <= Some(0),
                "{name} {window}: {beyond} pixels beyond the window"
            );
            let smallest = browser.evaluate(SMALLEST).as_f64().unwrap();
            assert!(smallest >= 8.0, "{name} {window}: letters of {smallest} pixels");
            std::fs::write(
                file.with_file_name(format!("{name}-{window}.png.b64")),
                browser.picture(),
            )
            .unwrap();
            row.pass();
        }
        if !["rough", "long"].contains(&name) {
            continue;
        }
        let pdf = browser.print();
        assert!(pdf.starts_with("JVBER"), "{name}: no PDF");
        std::fs::write(file.with_extension("pdf.b64"), pdf).unwrap();
    }
}

#[test]
fn axe_finds_nothing_in_light_and_in_dark() {
    let mut row = Row::new("P02", "reports under axe, in light and in dark", always(19));
    let Some(axe) = tool("axe-core/package/axe.min.js") else {
        return row.skip_rest("axe-core was not fetched");
    };
    let Some(mut browser) = Browser::start() else {
        return row.skip_rest("no Chromium is installed");
    };
    let axe = std::fs::read_to_string(axe).unwrap();
    for (name, file) in pages() {
        let windows = if name == "rough" { &WINDOWS[..] } else { &WINDOWS[..2] };
        for (window, size, scheme) in windows.iter().copied() {
            browser.open(&file, size, scheme);
            browser.evaluate(&format!("{axe};0"));
            let found = browser.evaluate(
                "axe.run().then(r => [r.passes.map(p => p.nodes.length).reduce((a, b) => a + b, 0), r.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) + ' ' + n.failureSummary).join(' | '))])",
            );
            assert_eq!(found[1], serde_json::json!([]), "{name} {window}");
            // It looked: nothing found in nothing would say nothing.
            assert!(found[0].as_i64() > Some(40), "{name} {window}: looked at {} places", found[0]);
            row.pass();
        }
    }
}

#[test]
fn axe_finds_what_is_wrong() {
    let mut row = Row::new("P02", "axe itself: a page with faults", always(1));
    let Some(axe) = tool("axe-core/package/axe.min.js") else {
        return row.skip_rest("axe-core was not fetched");
    };
    let Some(mut browser) = Browser::start() else {
        return row.skip_rest("no Chromium is installed");
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.html");
    std::fs::write(&file, "<p style='color:#eee;background:#fff'>pale</p><img src=x>").unwrap();
    browser.open(&file, (800, 600), "light");
    assert!(
        browser.asked.len() > 1,
        "a page that asks for something is seen to: {:?}",
        browser.asked
    );
    browser.evaluate(&format!("{};0", std::fs::read_to_string(axe).unwrap()));
    let found = browser.evaluate("axe.run().then(r => r.violations.map(v => v.id))");
    let found: Vec<&str> = found.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(found.contains(&"color-contrast") && found.contains(&"image-alt"), "{found:?}");
    row.pass();
}

#[test]
fn the_pages_are_valid_html() {
    let mut row = Row::new("P03", "reports under html-validate", always(9));
    let Some(validate) = tool("node_modules/.bin/html-validate") else {
        return row.skip_rest("html-validate was not fetched");
    };
    let folder = tempfile::tempdir().unwrap();
    let rules = serde_json::json!({ "root": true, "extends": ["html-validate:standard", "html-validate:a11y"] });
    let config = folder.path().join("rules.json");
    std::fs::write(&config, rules.to_string()).unwrap();
    let check = |files: &[PathBuf]| {
        Command::new(&validate)
            .arg("--config")
            .arg(&config)
            .arg("--formatter")
            .arg("text")
            .args(files)
            .env("CI", "1")
            .output()
            .unwrap()
    };
    let bad = folder.path().join("bad.html");
    std::fs::write(&bad, "<!DOCTYPE html><html><body><p><div id=a></p><b id=a></b></body></html>")
        .unwrap();
    assert!(!check(&[bad]).status.success(), "a page with faults is found to have them");
    let files: Vec<PathBuf> = pages().into_iter().map(|(_, file)| file).collect();
    let done = check(&files);
    let said = String::from_utf8_lossy(&done.stdout);
    let said: Vec<&str> = said.lines().take(20).collect();
    assert!(done.status.success(), "{}{}", said.join("\n"), String::from_utf8_lossy(&done.stderr));
    // Every one of them was read: a fault that is put into each is found in each.
    let broken: Vec<PathBuf> = files
        .iter()
        .map(|file| {
            let page = std::fs::read_to_string(file).unwrap();
            let broken = folder.path().join(file.file_name().unwrap());
            std::fs::write(&broken, page.replace("</main>", "<b id=\"main\"></b></main>")).unwrap();
            broken
        })
        .collect();
    let done = check(&broken);
    let said = String::from_utf8_lossy(&done.stdout);
    for file in &broken {
        let name = file.to_string_lossy();
        let found = said.lines().any(|line| line.contains(&*name) && line.contains("no-dup-id"));
        assert!(found, "{name} was not read: {said:.2000}");
        row.pass();
    }
}

#[test]
fn mermaid_draws_the_chart() {
    let mut row = Row::new("P04", "the chart for Markdown, drawn by Mermaid", always(5));
    let Some(mermaid) = tool("mermaid/package/dist/mermaid.min.js") else {
        return row.skip_rest("mermaid was not fetched");
    };
    let Some(mut browser) = Browser::start() else {
        return row.skip_rest("no Chromium is installed");
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("empty.html");
    std::fs::write(&file, "<!DOCTYPE html><title>chart</title><body></body>").unwrap();
    browser.open(&file, (1000, 800), "light");
    browser.evaluate(&format!("{};0", std::fs::read_to_string(mermaid).unwrap()));
    let naughty = super::data::NAUGHTY.concat();
    let told = super::data::told(&naughty);
    for (name, context) in [
        ("clean", context(&runs::clean())),
        ("rough", context(&runs::rough())),
        ("drill", context(&runs::drill(Ends::Passes))),
        ("long", long(2_000)),
        ("hostile", context(&told)),
    ] {
        let chart = serde_json::to_string(&gantt::gantt(&context)).unwrap();
        let drawn = browser.evaluate(&format!(
            "mermaid.parse({chart}).then(() => mermaid.render('chart', {chart})).then(r => {{ document.body.innerHTML = r.svg; return r.svg; }}, e => 'error: ' + e)"
        ));
        let drawn = drawn.as_str().unwrap();
        assert!(drawn.starts_with("<svg"), "{name}: {drawn:.300}");
        // Every line of the chart became a task of the picture.
        let tasks = gantt::gantt(&context).lines().filter(|line| line.contains(" :")).count();
        let there = browser.evaluate("document.querySelectorAll('rect.task').length");
        assert!(tasks > 2, "{name}: {tasks} tasks");
        assert_eq!(there.as_u64(), Some(tasks as u64), "{name}");
        row.pass();
    }
}
