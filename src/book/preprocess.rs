//! mdBook's side: the book as it hands it over, and the same with the playbooks in it.
//!
//! Owns the shape of mdBook's JSON (its book and chapters; 0.5 calls the list `items`, 0.4 `sections`), where
//! the pages go and how they link to one another. Everything else of the book goes back as it came.

use serde_json::{Value, json};

use super::mark::{code, text};
use super::page::{About, STYLE, page};
use crate::config::Config;
use crate::plan::Library;
use crate::playbook::Playbook;
use crate::ui::lang::Lang;

/// A chapter with this comment gets the table of the playbooks in its place, and their pages below it.
pub const MARKER: &str = "<!-- mayday playbooks -->";
/// The folder of the pages in the book.
const FOLDER: &str = "playbooks";

/// The playbooks of one project.
pub struct Shelf {
    /// What it is called: the folder that its mayday.yaml lies in.
    pub name: String,
    /// Its configuration.
    pub config: Config,
    /// Its playbooks by id.
    pub library: Library,
    /// What is known of each beside the playbook, in the order of the pages.
    pub known: Vec<Known>,
    /// Files that no page could be made of.
    pub unread: Vec<String>,
}

/// What is known of a playbook beside itself.
pub struct Known {
    /// Its id.
    pub id: String,
    /// Its file, as one writes it.
    pub file: String,
    /// Its newest drill on record, in words.
    pub last_drill: Option<String>,
    /// The day on which tests last rehearsed it.
    pub rehearsed: Option<String>,
}

/// Puts the playbooks into the book: below the chapter with the marker, or else as a last chapter.
///
/// # Errors
/// The book is not in a shape that mdBook is known to use.
pub fn fill(book: &mut Value, shelves: &[Shelf]) -> Result<(), String> {
    let shape = "what mdBook sent has no list of chapters (`items`, or `sections` before 0.5)";
    let key = if book.get("items").is_some() { "items" } else { "sections" };
    let items = book.get_mut(key).and_then(Value::as_array_mut).ok_or(shape)?;
    let paths = paths(shelves);
    if let Some(chapter) = marked(items) {
        return put(chapter, shelves, &paths);
    }
    let mut last = json!({"Chapter": {
        "name": "Playbooks", "content": format!("# Playbooks\n\n{MARKER}\n"), "number": null, "sub_items": [],
        "path": format!("{FOLDER}.md"), "source_path": null, "parent_names": [],
    }});
    put(&mut last["Chapter"], shelves, &paths)?;
    items.push(last);
    Ok(())
}

/// The first chapter with the marker, at any depth.
fn marked(items: &mut [Value]) -> Option<&mut Value> {
    for item in items {
        let Some(chapter) = item.get_mut("Chapter") else { continue };
        if chapter["content"].as_str().is_some_and(|content| content.contains(MARKER)) {
            return Some(chapter);
        }
        let below = chapter.get_mut("sub_items").and_then(Value::as_array_mut);
        if let Some(found) = below.and_then(|items| marked(items)) {
            return Some(found);
        }
    }
    None
}

fn put(chapter: &mut Value, shelves: &[Shelf], paths: &[Vec<String>]) -> Result<(), String> {
    let own =
        chapter["path"].as_str().ok_or("the chapter for the playbooks has no path")?.to_owned();
    let content = chapter["content"].as_str().unwrap_or_default();
    let content = content.replacen(MARKER, index(shelves, paths, &own).trim_end(), 1);
    let number: Option<Vec<u64>> =
        serde_json::from_value(chapter["number"].clone()).unwrap_or_default();
    let mut parents: Vec<String> =
        serde_json::from_value(chapter["parent_names"].clone()).unwrap_or_default();
    parents.extend(chapter["name"].as_str().map(ToOwned::to_owned));
    let mut below = Vec::new();
    for (shelf, paths) in shelves.iter().zip(paths) {
        for (known, path) in shelf.known.iter().zip(paths) {
            let Some(playbook) = shelf.library.get(&known.id) else { continue };
            let number = number.clone().map(|mut number| {
                number.push(below.len() as u64 + 1);
                number
            });
            below.push(json!({"Chapter": {
                "name": crate::text::one_line(&playbook.head.title), "content": content_of(playbook, known, shelf, paths, path),
                "number": number, "sub_items": [], "path": path, "source_path": null, "parent_names": parents,
            }}));
        }
    }
    chapter["content"] = content.into();
    match chapter["sub_items"].as_array_mut() {
        Some(items) => items.extend(below),
        None => chapter["sub_items"] = below.into(),
    }
    Ok(())
}

fn content_of(
    playbook: &Playbook,
    known: &Known,
    shelf: &Shelf,
    paths: &[String],
    path: &str,
) -> String {
    let link = |id: &str| {
        let at = shelf.known.iter().position(|known| known.id == id)?;
        Some(relative(path, paths.get(at)?))
    };
    let about = About {
        lang: Lang::English,
        config: &shelf.config,
        library: &shelf.library,
        file: &known.file,
        last_drill: known.last_drill.as_deref(),
        rehearsed: known.rehearsed.as_deref(),
        link: &link,
    };
    // A block of HTML ends at a blank line.
    let style: Vec<&str> = STYLE.lines().map(str::trim).collect();
    format!("{}\n<style>{}</style>\n", page(playbook, &about), style.join(" "))
}

/// The table by which a reader finds the page: title, severity, symptoms, last drill.
fn index(shelves: &[Shelf], paths: &[Vec<String>], own: &str) -> String {
    let mut index = String::new();
    for (shelf, paths) in shelves.iter().zip(paths) {
        if shelves.len() > 1 {
            index.push_str(&format!("## {}\n\n", text(&shelf.name)));
        }
        index.push_str(
            "| playbook | severity | RTO | use it when | last drill |\n|---|---|---|---|---|\n",
        );
        for (known, path) in shelf.known.iter().zip(paths) {
            let Some(playbook) = shelf.library.get(&known.id) else { continue };
            let head = &playbook.head;
            let severity = head.severity.map_or_else(String::new, |severity| severity.to_string());
            let rto = head.objectives.rto.map_or_else(String::new, |rto| rto.to_string());
            let symptoms: Vec<String> = head.use_when.iter().map(|symptom| text(symptom)).collect();
            let drill = known
                .last_drill
                .as_deref()
                .or(known.rehearsed.as_deref())
                .map(text)
                .unwrap_or_default();
            let title = text(&head.title);
            let link = relative(own, path);
            let symptoms = symptoms.join("<br>");
            index.push_str(&format!(
                "| [{title}](<{link}>) | {severity} | {rto} | {symptoms} | {drill} |\n"
            ));
        }
        for file in &shelf.unread {
            index.push_str(&format!(
                "\n{} cannot be read as a playbook; `mayday check` says why.\n",
                code(file)
            ));
        }
        index.push('\n');
    }
    index
}

/// Where each page goes, one list a shelf: file names that any system takes, no two the same.
fn paths(shelves: &[Shelf]) -> Vec<Vec<String>> {
    let mut taken = std::collections::BTreeSet::new();
    let mut path = |shelf: &str, id: &str| {
        let (shelf, id) = (slug(shelf), slug(id.strip_prefix(&format!("{shelf}/")).unwrap_or(id)));
        let names = (1..).map(|n| {
            if n == 1 {
                format!("{FOLDER}/{shelf}/{id}.md")
            } else {
                format!("{FOLDER}/{shelf}/{id}-{n}.md")
            }
        });
        let free = names.into_iter().find(|name| taken.insert(name.clone()));
        free.unwrap_or_default()
    };
    shelves
        .iter()
        .map(|shelf| shelf.known.iter().map(|known| path(&shelf.name, &known.id)).collect())
        .collect()
}

/// Letters, digits and dashes; nothing that leads out of a folder.
fn slug(name: &str) -> String {
    let slug: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '-' })
        .collect();
    if slug.trim_matches('-').is_empty() { "playbook".to_owned() } else { slug }
}

/// The address of one page as another one writes it.
fn relative(from: &str, to: &str) -> String {
    let up = "../".repeat(from.matches('/').count());
    format!("{up}{to}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_out_of_no_folder() {
        assert_eq!(slug("../../etc/passwd"), "------etc-passwd");
        assert_eq!(slug("Ünï"), "-n-");
        assert_eq!(slug("//"), "playbook");
        assert_eq!(relative("a/b/c.md", "d/e.md"), "../../d/e.md");
        assert_eq!(relative("c.md", "d/e.md"), "d/e.md");
    }

    #[test]
    fn a_book_of_another_shape_is_refused_and_one_of_either_version_is_filled() {
        assert!(fill(&mut json!({"chapters": []}), &[]).is_err());
        for key in ["items", "sections"] {
            let inner = json!({"Chapter": {"name": "In", "content": format!("x {MARKER} y"), "number": [2, 1],
                "sub_items": [], "path": "a/in.md", "source_path": "a/in.md", "parent_names": ["Out"]}});
            let outer = json!({"Chapter": {"name": "Out", "content": "", "number": [2], "sub_items": [inner],
                "path": "out.md", "source_path": "out.md", "parent_names": []}});
            let mut book =
                json!({ key: ["Separator", {"PartTitle": "P"}, outer], "__non_exhaustive": null });
            fill(&mut book, &[shelf()]).unwrap();
            assert_eq!(book[key][0], "Separator");
            let inner = &book[key][2]["Chapter"]["sub_items"][0]["Chapter"];
            assert!(
                inner["content"].as_str().unwrap().contains("](<../playbooks/s/p.md>)"),
                "{inner}"
            );
            let page = &inner["sub_items"][0]["Chapter"];
            assert_eq!(page["number"], json!([2, 1, 1]));
            assert_eq!(page["parent_names"], json!(["Out", "In"]));
            assert_eq!(page["path"], "playbooks/s/p.md");
        }
        let mut bare = json!({"items": []});
        fill(&mut bare, &[shelf()]).unwrap();
        assert_eq!(bare["items"][0]["Chapter"]["name"], "Playbooks");
        assert_eq!(bare["items"][0]["Chapter"]["sub_items"][0]["Chapter"]["number"], Value::Null);
    }

    fn shelf() -> Shelf {
        let mut playbook = Playbook::default();
        playbook.head.id = "p".to_owned();
        playbook.head.title = "A playbook".to_owned();
        let known = Known {
            id: "p".to_owned(),
            file: "p.yaml".to_owned(),
            last_drill: None,
            rehearsed: None,
        };
        Shelf {
            name: "s".to_owned(),
            config: Config::default(),
            library: Library::from([("p".to_owned(), playbook)]),
            known: vec![known],
            unread: Vec::new(),
        }
    }
}
