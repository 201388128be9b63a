//! Reading and checking playbooks: `check`, `explain`, `list`, `find`, `show`, `schema`, and the help.

use serde_json::Value;

use super::{CONFIG, Desk, playbook};

const BAD: &str = "  - {id: look, title: Look, efect: read, shell: 'true'}";

fn shop() -> Desk {
    let desk = Desk::with(&[("mayday.yaml", CONFIG)]);
    let fields = "use_when: [Reservations are missing]\nalerts: [RowsGone]\nnot_for: [{if: The page is down, use: api-down}]\nobjectives: {rto: 15m}\nreviewed: '2026-11-01'\nowner: ops";
    let steps = "  - {id: look, title: Look at the rows, why: To be sure, effect: read, shell: 'echo rows'}";
    desk.write("playbooks/data-loss.yaml", &playbook("data-loss", fields, steps));
    desk.write(
        "playbooks/api-down.yaml",
        &playbook("api-down", "", "  - {id: fine, title: Fine, confirm: Fine?}"),
    );
    desk
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn check_prints_one_fault_in_four_forms() {
    let desk =
        Desk::with(&[("mayday.yaml", CONFIG), ("playbooks/bad.yaml", &playbook("bad", "", BAD))]);
    let human = desk.mayday(&["check"]);
    human.is(3, &["playbooks/bad.yaml:", "efect", "did you mean `effect`?", "mayday explain"]);
    let printed = desk.mayday(&["check", "--format", "json"]);
    printed.is(3, &["efect"]);
    assert!(printed.out.lines().any(|line| json(line)["code"] == "E014"), "{}", printed.out);
    let printed = desk.mayday(&["check", "--format", "github"]);
    printed.is(3, &["::error file=playbooks/bad.yaml,line="]);
    let printed = desk.mayday(&["check", "--format", "sarif"]);
    printed.is(3, &[]);
    let sarif = json(&printed.out);
    assert_eq!(sarif["version"], "2.1.0");
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "playbooks/bad.yaml");
    assert!(printed.err.is_empty(), "{}", printed.err);
}

#[test]
fn check_takes_paths_and_fails_on_warnings_when_told() {
    let desk = shop();
    desk.write("playbooks/bad.yaml", &playbook("bad", "", BAD));
    desk.mayday(&["check", "playbooks/data-loss.yaml"]).is(0, &["2 files"]);
    desk.mayday(&["check", "playbooks/bad.yaml"]).is(3, &[]);
    desk.mayday(&["check", "playbooks"]).is(3, &[]);
    desk.mayday(&["check", "nowhere.yaml"]).is(2, &["nowhere.yaml", "no such file"]);
    let warned = desk.mayday(&["check", "playbooks/api-down.yaml"]);
    warned.is(0, &["never reviewed"]);
    desk.mayday(&["check", "--deny", "warnings", "playbooks/api-down.yaml"])
        .is(3, &["never reviewed"]);
}

#[test]
fn a_folder_with_its_own_configuration_is_another_project() {
    let desk = shop();
    let config = format!("playbooks: .\n{CONFIG}");
    desk.write("playbooks/team/mayday.yaml", &config);
    desk.write("playbooks/team/api-down.yaml", &playbook("api-down", "", BAD));
    desk.mayday(&["check"]).is(3, &["efect", "5 files"]);
    desk.mayday(&["check", "playbooks/team"]).is(3, &["efect", "2 files"]);
    let both = desk.mayday(&["check", "playbooks/team", "playbooks/data-loss.yaml"]);
    both.is(3, &["efect", "4 files"]);
    desk.mayday(&["list"]).is(0, &["data-loss"]);
    let within =
        desk.command(&["check"]).current_dir(desk.path("playbooks/team")).output().unwrap();
    assert_eq!(within.status.code(), Some(3));
}

#[test]
fn explain_knows_every_code() {
    let desk = shop();
    let all = desk.mayday(&["explain", "all"]);
    all.is(0, &["E014", "W109"]);
    assert!(all.out.lines().count() > 40);
    for line in all.out.lines() {
        let code = line.split_whitespace().next().unwrap();
        desk.mayday(&["explain", code]).is(0, &[code]);
    }
    desk.mayday(&["explain", "e014"]).is(0, &["E014"]);
    desk.mayday(&["explain", "E999"]).is(2, &["E999", "mayday explain all"]);
}

#[test]
fn list_and_find_rank_what_there_is() {
    let desk = shop();
    desk.mayday(&["list"]).is(0, &["data-loss", "api-down", "15m", "Try it"]);
    let lines = desk.mayday(&["ls", "--json"]);
    assert_eq!(json(lines.out.lines().nth(1).unwrap())["id"], "data-loss");
    let found = desk.mayday(&["find", "missing reservations"]);
    found.is(
        0,
        &[
            "data-loss",
            "use when: Reservations are missing",
            "not for: The page is down -> api-down",
        ],
    );
    desk.mayday(&["find", "RowsGone"]).is(0, &["data-loss"]);
    desk.mayday(&["find", "xyzzy"]).is(2, &["mayday list"]);
    Desk::with(&[]).mayday(&["list"]).is(0, &["No playbooks"]);
}

#[test]
fn show_reads_a_playbook_in_three_forms() {
    let desk = shop();
    desk.mayday(&["show", "data-loss"])
        .is(0, &["Try it", "Look at the rows", "echo rows", "Reservations are missing"]);
    desk.mayday(&["show", "data-loss", "--format", "md"]).is(0, &["# ", "Look at the rows"]);
    let shown = desk.mayday(&["show", "data-loss", "--format", "json"]);
    assert_eq!(json(&shown.out)["id"], "data-loss");
}

#[test]
fn schema_completions_and_manual_are_printed() {
    let desk = Desk::with(&[]);
    let schema = json(&desk.mayday(&["schema"]).out);
    assert!(schema["properties"]["steps"].is_object(), "{schema}");
    assert!(
        json(&desk.mayday(&["schema", "config"]).out)["properties"]["environments"].is_object()
    );
    for shell in ["bash", "zsh", "fish"] {
        desk.mayday(&["completions", shell]).is(0, &["mayday", "resume"]);
    }
    desk.mayday(&["man"]).is(0, &[".TH", "mayday"]);
    desk.mayday(&["--version"]).is(0, &[env!("CARGO_PKG_VERSION")]);
}

#[test]
fn every_help_begins_with_examples() {
    let desk = Desk::with(&[]);
    let mut open = vec![Vec::<String>::new()];
    let mut seen = 0;
    while let Some(path) = open.pop() {
        let words: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
        let said = desk.mayday(&words);
        said.is(0, &["Usage: mayday"]);
        seen += 1;
        let commands = said.out.split_once("\nCommands:\n").map(|(_, rest)| rest);
        let commands = commands.map(|rest| rest.split("\n\n").next().unwrap()).unwrap_or_default();
        // A command that takes nothing needs no example.
        assert!(
            said.out.starts_with("Examples:") || words == ["man", "--help"],
            "{words:?}:\n{}",
            said.out
        );
        for line in commands.lines() {
            let name = line.split_whitespace().next().unwrap();
            if line.starts_with("  ") && !line.starts_with("   ") && name != "help" {
                open.push(path.iter().cloned().chain([name.to_owned()]).collect());
            }
        }
    }
    assert!(seen > 20, "only {seen} helps were found");
}
