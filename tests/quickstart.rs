//! The quickstart as it is shipped: it reads, binds and stands on a POSIX shell alone.

use std::path::Path;

use mayday::diagnostic::SourceFile;
use mayday::effect::EffectClass;
use mayday::plan::{Library, Mode, Plan, Purpose, Section};
use mayday::playbook::{Playbook, check, parse};
use mayday::steps::Part;

mod drills;

const CONFIG: &str = include_str!("../mayday.yaml");
const DATA_LOSS: &str = include_str!("../playbooks/quickstart/data-loss.yaml");
const API_DOWN: &str = include_str!("../playbooks/quickstart/api-down.yaml");

fn playbook(text: &str) -> Playbook {
    let parsed = parse::playbook(&SourceFile::new("quickstart.yaml", text));
    let faults: Vec<&str> = parsed.faults.iter().map(|fault| fault.message.as_str()).collect();
    assert_eq!(faults, [""; 0]);
    parsed.value.unwrap()
}

fn drill(id: &str) -> Plan {
    let books = [playbook(DATA_LOSS), playbook(API_DOWN)];
    let library: Library = books.into_iter().map(|book| (book.head.id.clone(), book)).collect();
    let config = parse::config(&SourceFile::new("mayday.yaml", CONFIG));
    assert_eq!(config.faults, []);
    let purpose =
        Purpose { playbook: id, environment: "sandbox", mode: Mode::Drill, base: Path::new("/x") };
    Plan::build(&library, &config.value.unwrap(), purpose).unwrap()
}

#[test]
fn both_drills_bind_to_the_sandbox() {
    for id in ["quickstart/data-loss", "quickstart/api-down"] {
        let plan = drill(id);
        assert!(plan.units.iter().any(|unit| plan.section(unit) == Section::Inject), "{id}");
        let points: u32 = plan.criteria.iter().filter_map(|criterion| criterion.head.points).sum();
        assert_eq!(points, 100, "{id}: the points of a drill are out of 100");
        assert!(plan.criteria.iter().all(|criterion| criterion.head.id.is_some()), "{id}");
    }
}

#[test]
fn check_has_nothing_to_say() {
    let parsed = [DATA_LOSS, API_DOWN]
        .map(|text| parse::playbook(&SourceFile::new("quickstart.yaml", text)));
    let config = parse::config(&SourceFile::new("mayday.yaml", CONFIG));
    let today = "2026-11-23T00:00:00Z".parse().unwrap();
    let set = check::Set { playbooks: &parsed, config: Some(&config), today };
    let said: Vec<String> = check::check(&set)
        .iter()
        .map(|fault| format!("{} {}", fault.code.0, fault.message))
        .collect();
    assert_eq!(said, [""; 0]);
}

#[test]
fn every_change_can_be_taken_back_or_looked_into() {
    for text in [DATA_LOSS, API_DOWN] {
        for step in
            playbook(text).steps().filter(|step| step.common.effect == Some(EffectClass::Change))
        {
            let id = &step.common.id;
            assert!(step.undo.is_some(), "{id} has no undo");
            assert!(step.on_crash.is_some(), "{id} has no on_crash");
        }
    }
}

#[test]
fn scripts_use_nothing_beyond_a_posix_shell_and_mayday() {
    let mut scripts = 0;
    for text in [DATA_LOSS, API_DOWN] {
        let book = playbook(text);
        let drill = book.drill.as_ref().unwrap();
        let steps = book.steps().chain(&drill.setup).chain(&drill.inject).chain(&drill.cleanup);
        for step in steps {
            let undo = step.undo.as_ref().map(|undo| &undo.action);
            let probe = step.on_crash.as_ref().and_then(|crash| crash.probe.action.as_ref());
            for action in [Some(&step.action), undo, probe].into_iter().flatten() {
                action.parts(&mut |_, part| {
                    let Part::Script(script) = part else { return };
                    scripts += 1;
                    let word = script.split_whitespace().next().unwrap();
                    let known = ["echo", "cat", "cp", "\"$MAYDAY_BIN\""];
                    assert!(known.contains(&word), "{}: {script}", step.common.id);
                });
            }
        }
    }
    assert!(scripts > 5, "only {scripts} scripts were looked at");
}
