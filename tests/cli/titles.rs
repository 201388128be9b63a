//! What an author writes with `{{ }}` is read with its values: on screen, after a resume, in the report.

use rustix::process::Signal;

use super::{Beside, desk_with, until};
use crate::support::desk::Desk;

/// Every text of a playbook that may hold values; the third step ends its driver once.
const STEPS: &str = r#"
  - id: count
    title: "Count the rows of {{ table }}"
    why: "{{ table }} is what was hurt"
    effect: read
    shell: echo 47
    capture: { n: "stdout | trim | int" }
  - id: put
    title: "Put {{ n }} rows into {{ table }}"
    link: "https://example.com/{{ table }}"
    effect: change
    shell: 'true'
    verify: [{ title: "{{ n }} are there", that: "n == 47", else: "{{ n }} is not 47" }]
    undo: { title: "Take {{ n }} rows out of {{ table }}", effect: change, shell: 'true' }
  - id: wait
    title: "Wait for {{ table }}"
    effect: read
    shell: 'touch waits; while ! test -e go; do sleep 0.02; done'
  - id: tell
    title: "Find who must know of {{ table }}"
    when: "n > 100"
    effect: read
    shell: echo bob
    capture: { who: "stdout | trim" }
  - id: thank
    title: "Thank {{ who }} for {{ table }}"
    when: "n > 100"
    confirm: "Was {{ who }} told?"
  - id: each
    title: "Look at {{ item }} of {{ table }}"
    for_each: "['a', 'b']"
    effect: change
    shell: 'true'
  - id: fails
    title: "Fail with {{ n }}"
    effect: change
    shell: 'exit 3'
"#;

/// Nothing that was said or written has braces left.
#[track_caller]
fn whole(what: &str, text: &str) {
    let odd: Vec<&str> = text.lines().filter(|line| line.contains("{{")).collect();
    assert!(odd.is_empty(), "{what}: {odd:#?}");
}

fn told(desk: &Desk, args: &[&str]) -> String {
    let said = desk.mayday(args);
    format!("{}{}", said.out, said.err)
}

#[test]
fn titles_have_their_values_also_after_a_resume_and_in_the_report() {
    let fields = "inputs: { table: { type: string, default: bookings } }";
    let desk = desk_with(super::CONFIG, fields, STEPS);
    let run = Beside::start(desk.command(&["run", "p"]));
    until("it waits", || desk.path("waits").exists());
    whole("status", &told(&desk, &["status"]));
    assert!(told(&desk, &["status"]).contains("Put 47 rows into bookings"));
    assert!(told(&desk, &["status", "--json"]).contains("Thank <from tell.who> for bookings"));
    run.signal(Signal::KILL);
    whole("run", &run.end_lossy().1);
    desk.write("go", "");
    let resumed = desk.mayday(&["resume"]);
    // What stands, and what comes, is told with what was known before the driver died.
    assert!(resumed.err.contains("Put 47 rows into bookings"), "{}", resumed.err);
    whole("resume", &format!("{}{}", resumed.out, resumed.err));
    for format in ["md", "html", "json"] {
        let report = told(&desk, &["report", &desk.newest(), "--format", format]);
        whole(format, &report);
        assert!(report.contains("Put 47 rows into bookings"), "{format}");
    }
    whole("rollback", &told(&desk, &["rollback", &desk.newest(), "--no-input"]));
}
