//! The forms of faults that programs read.

use mayday::diagnostic::{Diagnostic, SourceFile, render};
use mayday::playbook::catalogue;
use serde_json::Value;

use super::read;

const TEXT: &str = "mayday: 1\nid: é\ntitle: X\nseverity: SEV-1\nseverity: SEV-2\nsteps:\n  - id: a\n    title: A\n    efect: read\n    shell: ls\n";

#[test]
fn json_has_a_line_for_every_fault() {
    let page = render::json(&read(TEXT).faults);
    let lines: Vec<Value> = page.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["code"], "E012");
    assert_eq!(lines[0]["labels"].as_array().unwrap().len(), 2);
    let label = &lines[1]["labels"][0];
    let place =
        ["line", "column", "end_line", "end_column"].map(|key| label[key].as_u64().unwrap());
    assert_eq!(place, [9, 5, 9, 10]);
    assert_eq!(label["text"], "did you mean `effect`?");
}

#[test]
fn a_workflow_command_cannot_be_broken_out_of() {
    let file = SourceFile::new("a,b:c%.yaml", "x: 1\n");
    let code = catalogue::all().next().unwrap().code;
    let fault =
        Diagnostic::new(code, "100% bad\n::error::forged").at(&file, 0..1, "").help("do\r\nthis");
    let page = render::github(&[fault]);
    let expected = format!(
        "::error file=a%2Cb%3Ac%25.yaml,line=1,endLine=1,col=1,endColumn=2,title={}::100%25 bad%0A::error::forged%0Ado%0D%0Athis\n",
        code.0
    );
    assert_eq!(page, expected);
}

#[test]
fn sarif_names_the_rule_and_the_place() {
    let rules: Vec<_> = catalogue::all().collect();
    let page: Value = serde_json::from_str(&render::sarif(&read(TEXT).faults, &rules)).unwrap();
    let run = &page["runs"][0];
    assert_eq!(page["version"], "2.1.0");
    assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), rules.len());
    let result = &run["results"][1];
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], "E014");
    assert_eq!(result["ruleId"], "E014");
    let region = &result["locations"][0]["physicalLocation"]["region"];
    assert_eq!((region["startLine"].as_u64(), region["startColumn"].as_u64()), (Some(9), Some(5)));
    assert!(run["results"][0]["relatedLocations"].is_array());
}

#[test]
fn a_very_long_line_is_cut_and_keeps_its_column() {
    let text = format!("a: [{}!t x, {}]\n", "é, ".repeat(20_000), "y, ".repeat(20_000));
    let faults = read(&text).faults;
    let page = render::human(&faults, false, 100);
    assert!(page.contains("playbook.yaml:1:60005"), "{page}");
    assert!(page.contains("!t x") && page.len() < 2000, "{} bytes", page.len());
}

#[test]
fn labels_far_apart_have_an_excerpt_each() {
    let filler = "# filler\n".repeat(5000);
    let text = format!(
        "mayday: 1\nid: x\n{filler}id: y\ntitle: X\nsteps: [{{id: a, title: A, pause: 1s}}]\n"
    );
    let page = render::human(&read(&text).faults, false, 100);
    assert!(page.contains("playbook.yaml:5003:1") && page.contains("first here"), "{page}");
    assert!(page.lines().count() < 20, "{page}");
}

#[test]
fn colour_is_only_there_when_asked_for() {
    let faults = read(TEXT).faults;
    assert!(!render::human(&faults, false, 80).contains('\u{1b}'));
    assert!(render::human(&faults, true, 80).contains('\u{1b}'));
    assert_eq!(render::summary(&faults, 1), "2 errors in 1 file");
    assert_eq!(render::summary(&[], 6), "no faults in 6 files");
}
