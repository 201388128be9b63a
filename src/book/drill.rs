//! The drill of a playbook on its page: where, how often, with which accident, and what counts as passed.

use super::mark::{code, text};
use super::page::About;
use super::step::looks;
use crate::playbook::{Drill, Step};

pub(super) fn section(page: &mut String, id: &str, drill: &Drill, about: &About<'_>) {
    page.push_str(&format!("\n## {}\n\n", about.say("Its drill")));
    let head = &drill.head;
    let cadence = head
        .cadence
        .map_or_else(|| "when wanted".to_owned(), |cadence| format!("{cadence:?}").to_lowercase());
    let (how, cadence) = (about.say("How often"), about.say(&cadence));
    page.push_str(&format!("- **{how}**: {cadence}\n"));
    for environment in &head.environments {
        page.push_str(&format!(
            "- **{}**: {}\n",
            about.say("Begin it"),
            code(&format!("mayday drill run {id} --env {environment}"))
        ));
    }
    titles(page, &about.say("Prepared by"), &drill.setup);
    titles(page, &about.say("The accident"), &drill.inject);
    titles(page, &about.say("Cleaned up by"), &drill.cleanup);
    if !head.sign_off.is_empty() {
        let and = format!(" {} ", about.say("and"));
        let who = text(&head.sign_off.join(&and));
        page.push_str(&format!("- **{}**: {who}\n", about.say("Signed off by")));
    }
    if !drill.pass.is_empty() {
        page.push_str(&format!(
            "\n| {} | {} | {} |\n|---|---|---|\n",
            about.say("criterion"),
            about.say("counts"),
            about.say("how it is seen")
        ));
    }
    for criterion in &drill.pass {
        let head = &criterion.head;
        let name = head.id.as_deref().map(code).unwrap_or_default();
        let points =
            head.points.map_or_else(String::new, |points| about.say(&format!("{points} points")));
        let must = if head.must { format!("{}, ", about.say("must hold")) } else { String::new() };
        let counts = format!("{must}{points}");
        let looks = looks(criterion, about);
        page.push_str(&format!("| {name} | {} | {looks} |\n", counts.trim_end_matches(", ")));
    }
}

fn titles(page: &mut String, label: &str, steps: &[Step]) {
    let titles: Vec<String> = steps.iter().map(|step| text(&step.common.title)).collect();
    if !titles.is_empty() {
        page.push_str(&format!("- **{label}**: {}\n", titles.join("; ")));
    }
}
