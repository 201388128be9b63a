//! `policy:` of mayday.yaml: what was decided beforehand, as names for expressions.

use super::{CONFIG, desk_with};

const POLICY: &str = "
policy:
  backups: { keep: 30d, at_least: 2, tables: [clients, sales] }
";

#[test]
fn a_run_goes_by_the_policy_and_a_resumed_one_by_the_policy_it_began_with() {
    let steps = "  - {id: keep, title: 'Keep {{ policy.backups.keep }}', effect: read, shell: 'echo \"$days days of $first\"'}
  - {id: enough, title: Enough, assert: 'policy.backups.at_least >= wanted'}";
    let vars = "vars:
  days: 'policy.backups.keep | seconds / 86400'
  first: policy.backups.tables[0]
inputs: { wanted: { type: integer, default: 2 } }";
    let desk = desk_with(&format!("{CONFIG}{POLICY}"), vars, steps);
    desk.mayday(&["check"]).is(0, &[]);
    desk.mayday(&["run", "p"]).is(0, &["Keep 30d", "30 days of clients"]);
    desk.mayday(&["run", "p", "--input", "wanted=3"]).is(5, &["2 >= 3"]);
    desk.edit("mayday.yaml", "at_least: 2", "at_least: 3");
    desk.mayday(&["resume", "--answer", "enough=retry"]).is(5, &["2 >= 3"]);
}

#[test]
fn a_policy_that_is_not_there_is_found_before_a_run() {
    let steps = |path: &str| format!("  - {{id: a, title: A, assert: '{path} == 1'}}");
    let faults = |path: &str, words: &[&str]| {
        let desk = desk_with(&format!("{CONFIG}{POLICY}"), "", &steps(path));
        desk.mayday(&["check"]).is(3, words);
    };
    faults("policy.bakups.keep", &["E064", "did you mean `policy.backups`?"]);
    faults("policy.backups.keeep", &["E064", "did you mean `policy.backups.keep`?"]);
    let desk = desk_with(&format!("{CONFIG}{POLICY}"), "vars: { policy: '1' }", &steps("policy"));
    desk.mayday(&["check"]).is(3, &["E052"]);
}
