//! A folder of playbooks with a mayday.yaml of its own is a project of its own.

use super::{CONFIG, desk_with, playbook};
use crate::support::desk::Desk;

const LOOK: &str = "  - {id: look, title: Look, effect: read, target: db, sql: SELECT 1 AS one}";

/// A project with the playbook `p`, and one inside it whose `inner/q` has a target that only it knows.
fn two(target: &str) -> Desk {
    let outer = "  - {id: look, title: Look, effect: read, shell: 'true'}";
    let desk = desk_with(CONFIG, "", outer);
    let inner = format!(
        "playbooks: .\nenvironments:\n  shop:\n    danger: low\n    targets: {{ {target}: {{ type: sqlite, path: shop.db }} }}\n"
    );
    desk.write("playbooks/inner/mayday.yaml", &inner);
    desk.write("playbooks/inner/q.yaml", &playbook("inner/q", "", LOOK));
    desk
}

#[test]
fn check_reads_each_project_with_its_own_configuration() {
    let desk = two("db");
    desk.mayday(&["check"]).is(0, &["in 4 files"]);
    desk.mayday(&["check", "playbooks/inner"]).is(0, &["in 2 files"]);
    desk.mayday(&["check", "playbooks/inner/q.yaml", "playbooks/p.yaml"]).is(0, &["in 4 files"]);
    let desk = two("other");
    desk.mayday(&["check"]).is(3, &["E056", "inner/q.yaml"]);
    desk.mayday(&["check", "playbooks/inner"]).is(3, &["E056"]);
    desk.mayday(&["check", "playbooks/p.yaml"]).is(0, &[]);
}

#[test]
fn a_playbook_of_an_inner_project_is_found_by_its_configuration() {
    let desk = two("db");
    let listed = desk.mayday(&["list"]);
    listed.is(0, &["p", "playbooks/inner/mayday.yaml"]);
    assert!(!listed.out.contains("inner/q"), "{}", listed.all());
    desk.mayday(&["run", "inner/q", "--env", "shop"])
        .is(3, &["--config playbooks/inner/mayday.yaml"]);
    desk.mayday(&["show", "inner/q"]).is(3, &["--config playbooks/inner/mayday.yaml"]);
    desk.write("playbooks/inner/shop.db", "");
    desk.mayday(&["--config", "playbooks/inner/mayday.yaml", "run", "inner/q", "--env", "shop"])
        .is(0, &["look"]);
}

#[test]
fn a_path_where_an_id_is_asked_leads_to_the_id() {
    let desk = two("db");
    desk.write("apart.yaml", &playbook("apart", "", LOOK));
    for command in ["run", "show", "doctor"] {
        let asked = |name: &str, more: &str| desk.mayday(&[command, name]).is(3, &[more]);
        asked("playbooks/p.yaml", "this file has `p`");
        asked("./playbooks/../playbooks/p.yaml", "this file has `p`");
        asked(
            "playbooks/inner/q.yaml",
            "--config playbooks/inner/mayday.yaml and its id, `inner/q`",
        );
        asked("apart.yaml", "put the file below playbooks, then name its id");
        asked("nowhere.yaml", "`mayday list` shows what there is");
        desk.write("playbooks/broken.yaml", "id: [");
        asked("unseen-for-long", "it may be in playbooks/broken.yaml, which cannot be read");
        asked("playbooks/broken.yaml", "it may be in playbooks/broken.yaml");
        std::fs::remove_file(desk.path("playbooks/broken.yaml")).unwrap();
    }
    desk.mayday(&["--lang", "es", "run", "playbooks/p.yaml"]).is(3, &["este archivo tiene `p`"]);
}
