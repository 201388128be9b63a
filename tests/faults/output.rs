//! Output of commands: any amount of any bytes, kept whole, shown as text (F31, B8, T13).

use std::fs;
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::cli::{Beside, CONFIG, desk, desk_with, files, until};
use crate::faults::{Row, always, has, soak};
use crate::support::desk::Desk;
use crate::support::escapes::{Escape, escapes};
use crate::support::process::{Place, driver_and_keeper};

/// Most memory of any of our processes, in KiB (reliability design, F31).
const MOST: u64 = 64 * 1024;

/// Most that is kept of a stream, in bytes: 16 MiB of each end and a line between them.
const CAP: u64 = 32 * 1024 * 1024 + 200;

/// What a command writes: a name, and a script that writes it.
fn floods() -> [(&'static str, String); 8] {
    let (large, middle) =
        if soak() { (10_000_000_000_u64, 200_000_000) } else { (200_000_000, 40_000_000) };
    let slow = if soak() { 60 } else { 6 };
    [
        ("a flood of lines", format!("yes 'one line of many' | head -c {large}")),
        ("one line of 200 MB", "head -c 200000000 /dev/zero | tr '\\0' y".to_owned()),
        ("binary", "cat blob".to_owned()),
        ("nothing but NUL", format!("head -c {middle} /dev/zero")),
        (
            "a byte a second",
            format!(
                "for n in $(seq {slow}); do printf x; sleep {}; done",
                if soak() { "1" } else { "0.05" }
            ),
        ),
        ("a million short lines", "seq 1000000".to_owned()),
        ("invalid UTF-8", format!("yes | tr 'y\\n' '\\377\\303' | head -c {middle}")),
        ("progress that never ends its line", format!("yes | tr '\\n' '\\r' | head -c {middle}")),
    ]
}

/// The last `ended` event of the one run in the desk, and the run's folder.
fn ended(desk: &Desk) -> (Value, PathBuf) {
    let journal = files(&desk.path("state"))
        .into_iter()
        .find(|file| file.ends_with("journal.jsonl"))
        .unwrap();
    let text = fs::read_to_string(&journal).unwrap();
    let events = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["ev"].take());
    let ended = events.rev().find(|event| event["type"] == "ended").unwrap();
    (ended, journal.parent().unwrap().to_path_buf())
}

/// The most memory, in KiB, that a process of ours took.
fn peak(ours: &[PathBuf]) -> u64 {
    let of = |folder: &PathBuf| {
        let status = fs::read_to_string(folder.join("status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    ours.iter().map(of).max().unwrap()
}

#[test]
fn any_amount_of_output_takes_little_memory_and_is_accounted_for() {
    for effect in ["read", "change"] {
        let id: &'static str = match effect {
            "read" => "floods of a read step: memory, caps, hash of all bytes",
            _ => "floods of a change step: memory, caps, hash of all bytes",
        };
        let mut row = Row::new("F31", id, always(8));
        row.each(|round| {
            let (name, script) = &floods()[round as usize];
            let steps = format!(
                "  - {{id: flood, title: Flood, effect: {effect}, timeout: 1h, shell: {}}}\n",
                serde_json::to_string(&format!(
                    "({script}) || true\ntouch waits\nwhile ! test -e go; do sleep 0.02; done"
                ))
                .unwrap()
            );
            let desk = desk(&steps);
            if *name == "binary" {
                let size = if soak() { 200_000_000 } else { 40_000_000 };
                assert!(
                    Command::new("sh")
                        .args(["-c", &format!("head -c {size} /dev/urandom > blob")])
                        .current_dir(desk.path(""))
                        .status()
                        .unwrap()
                        .success()
                );
            }
            let run = Beside::start(desk.command(&["run", "p"]));
            until(name, || desk.path("waits").exists());
            let ours = driver_and_keeper(run.pid().as_raw_pid());
            assert_eq!(ours.len(), if effect == "read" { 1 } else { 2 });
            let peak = peak(&ours);
            desk.write("go", "");
            let said = run.end_lossy();
            assert_eq!(said.0, Some(0), "{name}: {}", said.1);
            assert!(said.1.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\t')), "{name}");
            let whole = Command::new("bash")
                .args(["-c", &format!("({script}) | tee >(wc -c > size) | sha256sum")])
                .current_dir(desk.path(""))
                .output()
                .unwrap();
            let hash = String::from_utf8(whole.stdout).unwrap()[..64].to_owned();
            let (event, folder) = ended(&desk);
            let evidence = &event["evidence"][0];
            if evidence.is_null() {
                assert_eq!(
                    event["facts"]["stdout"],
                    "x".repeat(if soak() { 60 } else { 6 }),
                    "{name}"
                );
            } else {
                let told = |whole: &str, kept: &str| {
                    if evidence[whole].is_null() {
                        evidence[kept].clone()
                    } else {
                        evidence[whole].clone()
                    }
                };
                assert_eq!(told("whole_sha256", "sha256"), hash.as_str(), "{name}");
                let size: u64 =
                    fs::read_to_string(desk.path("size")).unwrap().trim().parse().unwrap();
                assert_eq!(told("whole_bytes", "bytes"), size, "{name}");
                let kept =
                    folder.join(evidence["path"].as_str().unwrap()).metadata().unwrap().len();
                assert!(kept <= CAP && kept == evidence["bytes"], "{name}: {kept} bytes are kept");
            }
            assert!((1..MOST).contains(&peak), "{name}: {peak} KiB");
        });
    }
}

/// A terminal that is 24 lines of 80 columns.
fn terminal() -> vt100::Parser<Told> {
    let size = |side| NonZeroU16::new(side).unwrap();
    vt100::Parser::new_with_callbacks(size(24), size(80), 0, Told::default())
}

/// What a terminal did beside showing text.
#[derive(Default)]
struct Told(Vec<String>);

impl vt100::Callbacks for Told {
    fn audible_bell(&mut self, _: &mut vt100::Screen) {
        self.0.push("bell".to_owned());
    }

    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.0.push(format!("title {title:?}"));
    }

    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
        self.0.push(format!("clipboard {data:?}"));
    }

    fn unhandled_control(&mut self, _: &mut vt100::Screen, byte: u8) {
        self.0.push(format!("control {byte}"));
    }

    fn unhandled_osc(&mut self, _: &mut vt100::Screen, parameters: &[&[u8]]) {
        self.0.push(format!("osc {parameters:?}"));
    }
}

/// All that a terminal is after a line: text, colours, modes, cursor, and what it was told beside.
fn after(line: &[u8]) -> (String, (u16, u16), Vec<String>) {
    let mut terminal = terminal();
    terminal.process(b"the line before\r\n      | ");
    terminal.process(line);
    terminal.process(b"\r\nthe line after\r\n");
    let screen = terminal.screen();
    (screen.state_formatted(), screen.cursor_position(), terminal.callbacks().0.clone())
}

#[test]
fn what_a_command_prints_changes_nothing_on_the_screen_but_its_text() {
    let all = escapes();
    let mut row = Row::new(
        "B8",
        "escape sequences: a terminal shows text and does nothing",
        always(u32::try_from(all.len()).unwrap()),
    );
    assert!(row.wanted() >= 200);
    let place = Place::new();
    let corpus: Vec<u8> = all.iter().flat_map(|escape| [&escape.raw[..], b"\n"].concat()).collect();
    fs::write(place.path("corpus"), &corpus).unwrap();
    let (output, lines) = place.run(&place.command(&["cat", "corpus"]));
    assert_eq!(lines.len(), all.len());
    let mut obeyed = 0;
    for (Escape { raw, shown }, line) in all.iter().zip(&lines) {
        assert_eq!(line, shown, "{:?}", String::from_utf8_lossy(raw));
        let plain = after(shown.as_bytes());
        assert_eq!(after(line.as_bytes()), plain, "{:?}", String::from_utf8_lossy(raw));
        obeyed += u32::from(after(raw) != plain);
        row.pass();
    }
    // The judge sees what unclean output does; what this emulator does not know stays out of it.
    assert!(obeyed > 150, "only {obeyed} of the raw sequences do anything");
    let kept = fs::read(place.path(&output.evidence[0].path)).unwrap();
    assert!(kept == corpus, "the evidence is what was printed, to the byte");
}

/// `tmux` on a socket of its own, ended with it.
struct Tmux(PathBuf);

impl Tmux {
    fn says(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(&self.0).args(["-f", "/dev/null"]).args(arguments);
        command
            .env_remove("TMUX")
            .env("TERM", "xterm-256color")
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::null());
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.says(&["kill-server"]);
    }
}

#[test]
fn a_real_terminal_is_left_as_it_was() {
    let mut row =
        Row::new("T13", "the escape corpus through mayday in tmux: title, modes, lines", always(2));
    if !has("tmux") {
        row.skip_rest("tmux is not installed");
        return;
    }
    let all = escapes();
    for effect in ["read", "change"] {
        let config = CONFIG.to_owned();
        let desk = desk_with(
            &config,
            "",
            &format!("  - {{id: show, title: Show, effect: {effect}, shell: 'cat corpus'}}\n"),
        );
        let corpus: Vec<u8> =
            all.iter().flat_map(|escape| [&escape.raw[..], b"\n"].concat()).collect();
        fs::write(desk.path("corpus"), corpus).unwrap();
        let tmux = Tmux(desk.path("tmux"));
        let command = format!(
            "printf '\\033]2;before\\007'; MAYDAY_STATE_DIR={0}/state MAYDAY_NO_INPUT=1 {1} run p; touch ended; while ! test -e go; do sleep 0.05; done",
            desk.path("").display(),
            crate::support::desk::MAYDAY
        );
        let folder = desk.path("");
        tmux.says(&[
            "new-session",
            "-d",
            "-x",
            "120",
            "-y",
            "50",
            "-c",
            folder.to_str().unwrap(),
            "sh",
        ]);
        tmux.says(&["set-option", "-g", "history-limit", "20000"]);
        tmux.says(&["respawn-window", "-k", "-c", folder.to_str().unwrap(), &command]);
        until("mayday ends", || desk.path("ended").exists());
        let state = tmux.says(&["display-message", "-p", "#{pane_title}|#{alternate_on}|#{mouse_any_flag}|#{cursor_flag}|#{insert_flag}|#{keypad_cursor_flag}|#{scroll_region_upper}-#{scroll_region_lower}|#{origin_flag}|#{wrap_flag}"]);
        assert_eq!(state.trim(), "before|0|0|1|0|0|0-49|0|1");
        let pane = tmux.says(&["capture-pane", "-p", "-S", "-"]);
        let shown: Vec<&str> =
            pane.lines().filter_map(|line| line.trim_start().strip_prefix("| ")).collect();
        let expected: Vec<String> =
            all.iter().map(|escape| escape.shown.replace('\t', " ")).collect();
        let shown: Vec<String> = shown.iter().map(|line| one_space(line)).collect();
        let expected: Vec<String> = expected.iter().map(|line| one_space(line)).collect();
        assert!(shown == expected, "{:?}", shown.iter().zip(&expected).find(|(a, b)| a != b));
        desk.write("go", "");
        row.pass();
    }
}

fn one_space(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}
