//! The drill of a playbook on its page: where, how often, with which accident, and what counts as passed.

use super::mark::{code, text};
use super::step::looks;
use crate::playbook::{Drill, Step};

pub(super) fn section(page: &mut String, id: &str, drill: &Drill) {
    page.push_str("\n## Its drill\n\n");
    let head = &drill.head;
    let cadence = head
        .cadence
        .map_or_else(|| "when wanted".to_owned(), |cadence| format!("{cadence:?}").to_lowercase());
    page.push_str(&format!("- **How often**: {cadence}\n"));
    for environment in &head.environments {
        page.push_str(&format!(
            "- **Begin it**: {}\n",
            code(&format!("mayday drill run {id} --env {environment}"))
        ));
    }
    titles(page, "Prepared by", &drill.setup);
    titles(page, "The accident", &drill.inject);
    titles(page, "Cleaned up by", &drill.cleanup);
    if !head.sign_off.is_empty() {
        page.push_str(&format!("- **Signed off by**: {}\n", text(&head.sign_off.join(" and "))));
    }
    if !drill.pass.is_empty() {
        page.push_str("\n| criterion | counts | how it is seen |\n|---|---|---|\n");
    }
    for criterion in &drill.pass {
        let head = &criterion.head;
        let name = head.id.as_deref().map(code).unwrap_or_default();
        let points = head.points.map_or_else(String::new, |points| format!("{points} points"));
        let must = if head.must { "must hold, " } else { "" };
        let counts = format!("{must}{points}");
        let looks = looks(criterion);
        page.push_str(&format!("| {name} | {} | {looks} |\n", counts.trim_end_matches(", ")));
    }
}

fn titles(page: &mut String, label: &str, steps: &[Step]) {
    let titles: Vec<String> = steps.iter().map(|step| text(&step.common.title)).collect();
    if !titles.is_empty() {
        page.push_str(&format!("- **{label}**: {}\n", titles.join("; ")));
    }
}
