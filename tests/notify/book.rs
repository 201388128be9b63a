//! The book's page on messages: what it shows is accepted as it stands.

use mayday::diagnostic::SourceFile;
use mayday::playbook::check::{Set, check};
use mayday::playbook::parse;

const PAGE: &str = include_str!("../../book/messages.md");

#[test]
fn the_page_shows_contacts_and_a_step_without_a_fault() {
    let blocks: Vec<&str> = PAGE.split("```yaml\n").skip(1).collect();
    let text = |at: usize| blocks[at].split("```").next().unwrap();
    let config = parse::config(&SourceFile::new("mayday.yaml", text(0)));
    let head = "mayday: 1\nid: page\ntitle: A page\nreviewed: \"2026-11-01\"\n";
    let playbook = parse::playbook(&SourceFile::new("page.yaml", format!("{head}{}", text(1))));
    let today = "2026-11-22T00:00:00Z".parse().unwrap();
    let set = Set { playbooks: &[playbook], config: Some(&config), today };
    let faults = check(&set);
    assert!(faults.is_empty(), "{faults:#?}");
    // Every way to a contact is in the example and in the table of what it needs.
    let contacts = &config.value.as_ref().unwrap().contacts;
    for contact in contacts.values() {
        let row = format!("| `{}` | ", contact.via.word());
        let row = PAGE.lines().find(|line| line.starts_with(&row)).unwrap();
        let fields = contact.via.needs().iter().map(|(field, _)| *field);
        for field in fields.chain(contact.via.takes().iter().copied()) {
            assert!(row.contains(&format!("`{field}`")), "{field} is not in: {row}");
        }
    }
    let ways: std::collections::BTreeSet<_> =
        contacts.values().map(|contact| contact.via.word()).collect();
    assert_eq!(ways.len(), 8);
}
