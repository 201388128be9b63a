//! Reports as files: people's words stay, what is left to do is told, bad input is told and harms nothing.

use std::fs;

use super::desk;
use crate::support::desk::Desk;

const FAILS: &str = "
  - { id: f, title: Fail, effect: read, shell: 'echo seen; exit 1', on_fail: stop }";
const WORKS: &str = "  - { id: look, title: Look, effect: read, shell: 'seq 1 20000' }";
const BLANK: &str = "‹TODO: what led up to it.›";

/// A stopped run and its post-mortem in `pm.md`.
fn stopped() -> Desk {
    let desk = desk(FAILS);
    desk.mayday(&["run", "p"]).is(5, &[]);
    desk.mayday(&["report", "-o", "pm.md"]).is(0, &["Written: pm.md"]);
    desk
}

fn page(desk: &Desk) -> String {
    fs::read_to_string(desk.path("pm.md")).unwrap()
}

#[test]
fn a_second_report_brings_facts_and_leaves_words() {
    let desk = stopped();
    desk.edit("pm.md", BLANK, "A disk was full.");
    desk.mayday(&["report", "-o", "pm.md"]).is(0, &["pm.md: "]);
    desk.mayday(&["note", "TODO: alert on the disk @bo due 2026-12-01"]).is(0, &[]);
    desk.mayday(&["report", "-o", "pm.md"]).is(0, &["newer facts in", "timeline", "actions"]);
    let page = page(&desk);
    assert!(page.contains("A disk was full.") && !page.contains(BLANK), "{page}");
    assert!(page.contains("| alert on the disk | person 1 | 2026-12-01 |"), "{page}");
    assert_eq!(
        fs::read_dir(desk.path(""))
            .unwrap()
            .filter(|entry| {
                entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".new")
            })
            .count(),
        0
    );
}

#[test]
fn a_block_that_both_changed_is_shown_and_left() {
    let desk = stopped();
    desk.edit("pm.md", "| event | time (UTC) | who | what | evidence |", "Ana's own timeline");
    let theirs = page(&desk);
    // The record says the same: nothing to tell but that it is kept.
    desk.mayday(&["report", "-o", "pm.md"]).is(0, &["Left as somebody changed them", "timeline"]);
    desk.mayday(&["note", "the pager was quiet"]).is(0, &[]);
    let said = desk.mayday(&["report", "-o", "pm.md"]);
    said.is(
        12,
        &["CONFLICT", "block timeline", "Ana's own timeline", "the pager was quiet", "`seen`"],
    );
    let block = |page: &str| {
        let from = page.find("Ana's own timeline").unwrap();
        page[from..].split("<!-- /block:timeline -->").next().unwrap().to_owned()
    };
    assert_eq!(block(&page(&desk)), block(&theirs));
    desk.mayday(&["report", "--check", "pm.md"])
        .is(12, &["conflict: block timeline", "1 conflicts"]);
    desk.edit("pm.md", " conflict:", " seen:");
    desk.mayday(&["report", "-o", "pm.md"]).is(0, &["Left as somebody changed them"]);
    assert_eq!(block(&page(&desk)), block(&theirs));
}

#[test]
fn broken_marks_and_files_of_others_are_left_untouched() {
    let desk = stopped();
    let whole = page(&desk);
    let odd: [(&str, Vec<u8>, i32, &str); 5] = [
        ("an end", whole.replace("<!-- /block:head -->", "").into(), 3, "is missing"),
        (
            "a mark",
            whole.replace("block:head sha", "block: head sha").into(),
            3,
            "a mark of a block",
        ),
        ("words", b"# My own post-mortem\n".to_vec(), 4, "no block of this template"),
        ("binary", vec![0, 159, 146, 150, 255], 4, "no UTF-8"),
        (
            "other",
            b"<!-- journal:seq 0-1 block:zzz -->\n<!-- /block:zzz -->\n".to_vec(),
            4,
            "no block",
        ),
    ];
    for (name, bytes, code, words) in odd {
        fs::write(desk.path("pm.md"), &bytes).unwrap();
        desk.mayday(&["report", "-o", "pm.md"]).is(code, &[words, "pm.md", "it was", "hint: "]);
        assert_eq!(fs::read(desk.path("pm.md")).unwrap(), bytes, "{name} was touched");
    }
    fs::write(desk.path("pm.md"), "").unwrap();
    desk.mayday(&["report", "-o", "pm.md"]).is(0, &["Written"]);
    desk.mayday(&["report", "-o", "state"]).is(4, &["it is a folder"]);
    desk.mayday(&["report", "-o", "nowhere/pm.md"]).is(4, &["nowhere/pm.md"]);
    // Through a link it is the file that is brought up to date.
    std::os::unix::fs::symlink(desk.path("pm.md"), desk.path("link.md")).unwrap();
    desk.edit("pm.md", BLANK, "Words.");
    desk.mayday(&["report", "-o", "link.md"]).is(0, &["link.md: "]);
    assert!(desk.path("link.md").is_symlink() && page(&desk).contains("Words."));
}

#[test]
fn a_check_tells_blanks_and_blame_until_none_are_left() {
    let desk = stopped();
    desk.mayday(&["report", "--check", "pm.md"])
        .is(12, &["blank: name", "blanks left, 0 conflicts"]);
    let mut page = String::new();
    for line in self::page(&desk).lines() {
        let kept: String = line
            .split('‹')
            .enumerate()
            .map(|(at, part)| if at == 0 { part } else { part.split_once('›').unwrap().1 })
            .collect();
        page += &format!("{kept}\n");
    }
    desk.write("pm.md", &page);
    desk.mayday(&["report", "--check", "pm.md"])
        .is(0, &["no blanks, no conflicts, no words that blame"]);
    desk.write("pm.md", &format!("{page}\nSomebody should have known. Fue un error humano.\n"));
    let said = desk.mayday(&["report", "--check", "pm.md"]);
    said.is(12, &["blame: “should have”", "blame: “error humano”", "0 blanks left", "2 places"]);
    let line = page.lines().count() + 2;
    assert!(said.out.contains(&format!("pm.md:{line}: blame")), "{}", said.out);
    for (bytes, code, words) in [
        (page.replace("<!-- /block:head -->", "").into_bytes(), 3, "begins inside block `head`"),
        (Vec::new(), 4, "it is empty"),
        (vec![255, 0], 4, "no UTF-8"),
    ] {
        fs::write(desk.path("pm.md"), bytes).unwrap();
        desk.mayday(&["report", "--check", "pm.md"]).is(code, &[words, "pm.md"]);
    }
    desk.mayday(&["report", "--check", "none.md"]).is(4, &["none.md"]);
    desk.mayday(&["report", "--check", "pm.md", "-o", "x"]).is(2, &["--check"]);
}

#[test]
fn a_template_is_named_or_a_file_and_its_errors_have_a_place() {
    let desk = stopped();
    for name in ["postmortem", "postmortem.es", "drill-report", "post-exercise", "post-incident"] {
        desk.mayday(&["report", "--template", name]).is(0, &["Try it"]);
    }
    desk.write(
        "our.j2",
        "# {{ run.title }}\n{% for step in steps %}{{ step.titel }}{% endfor %}\n",
    );
    desk.mayday(&["report", "--template", "our.j2"])
        .is(3, &["our.j2, line 2: `step.titel` has no value; did you mean `step.title`?"]);
    desk.mayday(&["report", "--template", "postmorten"]).is(4, &["postmorten", "post-incident"]);
    desk.write("our.j2", "<!-- journal:seq 0-1 block:a -->\n");
    desk.mayday(&["report", "--template", "our.j2"]).is(3, &["our.j2", "the end of block `a`"]);
    // One's own blocks are kept up to date like ours.
    desk.write(
        "our.j2",
        "<!-- journal:seq 0-1 block:a -->\n{{ run.title }}\n<!-- /block:a -->\nx\n",
    );
    desk.mayday(&["report", "--template", "our.j2", "-o", "our.md"]).is(0, &["Written"]);
    desk.edit("our.md", "\nx\n", "\nwords\n");
    desk.mayday(&["report", "--template", "our.j2", "-o", "our.md"]).is(0, &["as they were"]);
    assert!(fs::read_to_string(desk.path("our.md")).unwrap().ends_with("words\n"));
}

#[test]
fn a_damaged_record_gives_a_report_that_says_so_at_the_top() {
    let desk = stopped();
    let journal = desk.path("state").join(desk.newest()).join("journal.jsonl");
    let whole = fs::read(&journal).unwrap();
    let mut flipped = whole.clone();
    let middle = whole.len() / 2;
    flipped[middle] ^= 1;
    desk.mayday(&["status"]).is(0, &["Go on with: mayday resume"]);
    for (bytes, words) in
        [(flipped, "damaged"), (Vec::new(), "damaged"), (b"x\n".to_vec(), "damaged")]
    {
        fs::write(&journal, &bytes).unwrap();
        let status = desk.mayday(&["status", &desk.newest()]).all();
        assert!(!status.contains("mayday resume"), "{status}");
        // Nobody can say that it can be resumed, or that it ended there; a pack says what it holds.
        let read = desk.mayday(&["report", &desk.newest()]);
        read.is(0, &["as far as the record can be read"]);
        assert!(!read.out.contains("can be resumed"), "{}", read.out);
        let pack = ["export", &*desk.newest(), "-o", "d.zip", "--overwrite"].map(str::to_owned);
        let pack: Vec<&str> = pack.iter().map(String::as_str).collect();
        desk.mayday(&pack).is(0, &["WARNING  the record is damaged or was changed"]);
        for template in
            ["postmortem", "postmortem.es", "drill-report", "post-exercise", "post-incident"]
        {
            let words = if template == "postmortem.es" { "dañado" } else { words };
            let said = desk.mayday(&["report", &desk.newest(), "--template", template]);
            said.is(0, &[]);
            let top: Vec<&str> = said.out.lines().take(14).collect();
            assert!(top.join("\n").contains(words), "{template}: {top:#?}");
        }
    }
}

#[test]
fn a_report_tells_of_earlier_runs_and_leads_to_its_files() {
    let desk = desk(WORKS);
    desk.mayday(&["run", "p"]).is(0, &[]);
    let first = desk.newest();
    desk.mayday(&["run", "p"]).is(0, &[]);
    let folder = desk.path("state").join(desk.newest());
    let page = fs::read_to_string(folder.join("reports/postmortem.md")).unwrap();
    assert!(page.contains(&format!("| {first} | real |")), "{page}");
    // A hash may have these three digits in it.
    let name = regex::Regex::new(r"\bada\b").unwrap();
    assert!(!name.is_match(&page), "a name in the post-mortem");
    desk.mayday(&["report", "--names", "full"]).is(0, &["Driven by | ada"]);
    let links: Vec<&str> =
        page.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()).collect();
    assert!(links.iter().any(|link| link.contains("evidence/")), "{links:?}");
    for link in links {
        let (file, line) = link.split_once("#L").unwrap_or((link, "1"));
        let text = fs::read_to_string(folder.join("reports").join(file)).unwrap();
        assert!(text.lines().count() >= line.parse().unwrap(), "{link}");
    }
    // Elsewhere, links are told from the folder of the run.
    desk.mayday(&["report", "-o", "pm.md"]).is(0, &[]);
    assert!(self::page(&desk).contains("](journal.jsonl#L1)"));
}

#[test]
fn a_report_is_in_the_language_that_is_asked_for() {
    let desk = stopped();
    desk.mayday(&["report", "--lang", "es"]).is(
        0,
        &[
            "# Post-mortem: ",
            "## Cronología",
            "f comenzó (lectura",
            "f no pasó: código de salida 1",
        ],
    );
    desk.mayday(&["report", "--lang", "es", "--template", "drill-report"])
        .is(0, &["# Informe del simulacro", "Esta ejecución no ha terminado"]);
    desk.mayday(&["report", "--lang", "es", "--template", "post-incident"])
        .is(0, &["NOTA  post-incident está en inglés", "# Incident Post-Mortem"]);
    desk.mayday(&["report", "--template", "postmortem.es"])
        .is(0, &["f no pasó: código de salida 1"]);
    let mut command = desk.command(&["report"]);
    command.env("LANG", "es_CL.UTF-8").env_remove("LC_ALL").env_remove("LC_MESSAGES");
    crate::support::desk::Said::from(command.output().unwrap()).is(0, &["## Cronología"]);
    // Programs know one language; a template of one's own is told which it is.
    let said = desk.mayday(&["report", "--lang", "es", "--format", "json"]);
    said.is(0, &["\"language\": \"en\"", "f did not pass: exit code 1"]);
    desk.write("own.md.j2", "{{ language }}: {{ run.status_words }}\n");
    desk.mayday(&["report", "--lang", "es", "--template", "own.md.j2"])
        .is(0, &["es: detenida, se puede retomar"]);
    desk.mayday(&["report", "--template", "own.md.j2"]).is(0, &["en: stopped, can be resumed"]);
}

/// All but the block that says when it was written.
fn body(desk: &Desk) -> String {
    page(desk).split("block:record").next().unwrap().to_owned()
}

#[test]
fn a_document_keeps_its_language_and_what_people_wrote() {
    for (own, other, blank, heading, note, other_template, facts) in [
        (
            "es",
            "en",
            "‹TODO: qué cambió en los días anteriores; cómo se veía entonces.›",
            "## Cronología",
            "NOTE  pm.md is in Spanish and stays so",
            "postmortem",
            "f no pasó: código de salida 1",
        ),
        (
            "en",
            "es",
            BLANK,
            "## Timeline",
            "NOTE  pm.md is in English and stays so",
            "postmortem.es",
            "f did not pass: exit code 1",
        ),
    ] {
        let desk = desk(FAILS);
        desk.mayday(&["run", "p"]).is(5, &[]);
        desk.mayday(&["report", "-o", "pm.md", "--lang", own]).is(0, &[": pm.md"]);
        desk.edit("pm.md", blank, "El disco se llenó. A disk was full.");
        let before = body(&desk);
        // Nothing happened since: not a byte differs.
        desk.mayday(&["report", "-o", "pm.md", "--lang", own]).is(0, &["pm.md"]);
        assert_eq!(body(&desk), before);
        let said = desk.mayday(&["report", "-o", "pm.md", "--lang", other]);
        assert_eq!(said.code, Some(0), "{}", said.all());
        assert_eq!(body(&desk), before, "{own}: it was changed");
        desk.mayday(&["note", "TODO: mirar el disco"]).is(0, &[]);
        let mut command = desk.command(&["report", "-o", "pm.md"]);
        command.env("LANG", format!("{other}_XX.UTF-8")).env_remove("LC_ALL");
        let said = crate::support::desk::Said::from(command.output().unwrap());
        assert_eq!(said.code, Some(0), "{}", said.all());
        desk.mayday(&["report", "-o", "pm.md", "--template", other_template]).is(0, &[]);
        let after = body(&desk);
        for kept in [heading, "El disco se llenó. A disk was full.", "mirar el disco", facts] {
            assert!(after.contains(kept), "{own}: no {kept}: {after}");
        }
        // The same headings and nothing of the other language.
        let headings = |page: &str| -> Vec<String> {
            page.lines().filter(|line| line.starts_with("## ")).map(str::to_owned).collect()
        };
        assert_eq!(headings(&after), headings(&before));
        assert_eq!(after.contains(" lang:es "), own == "es");
        desk.mayday(&["report", "-o", "pm.md", "--template", other_template]).is(0, &[note]);
        assert_eq!(body(&desk), after);
        // A template of one's own is filled in the language of the document.
        desk.write(
            "own.md.j2",
            "<!-- journal:seq 0-1 block:head -->\n{{ run.status_words }}\n<!-- /block:head -->\n",
        );
        desk.mayday(&["report", "-o", "pm.md", "--lang", other, "--template", "own.md.j2"])
            .is(0, &[]);
        let status =
            if own == "es" { "detenida, se puede retomar" } else { "stopped, can be resumed" };
        assert!(page(&desk).contains(&format!("\n{status}\n")), "{}", page(&desk));
    }
    // A template that is to be had in one language only.
    let desk = desk(FAILS);
    desk.mayday(&["run", "p"]).is(5, &[]);
    desk.mayday(&["report", "-o", "pm.md", "--lang", "es"]).is(0, &[]);
    let before = body(&desk);
    desk.mayday(&["report", "-o", "pm.md", "--template", "post-incident"])
        .is(4, &["it is in Spanish, and post-incident is not", "name another file"]);
    assert_eq!(body(&desk), before);
}

#[test]
fn a_draft_keeps_its_language_when_the_run_is_taken_up_in_another() {
    let desk =
        desk("  - { id: f, title: Fail, effect: read, shell: 'test -e there', on_fail: stop }");
    desk.mayday(&["run", "p", "--lang", "es"]).is(5, &[]);
    let id = desk.newest();
    let draft = desk.path("state").join(&id).join("reports/postmortem.md");
    fs::create_dir_all(draft.parent().unwrap()).unwrap();
    desk.mayday(&["report", "-o", draft.to_str().unwrap(), "--lang", "es"]).is(0, &[]);
    desk.write("there", "");
    desk.mayday(&["resume", &id, "--no-input", "--answer", "f.menu=retry", "--lang", "en"])
        .is(0, &[]);
    let text = fs::read_to_string(&draft).unwrap();
    assert!(
        text.contains("## Cronología") && text.contains("La ejecución está completa."),
        "{text}"
    );
    assert!(!text.contains("The run is complete."), "{text}");
}

#[test]
fn a_page_is_in_the_language_that_is_asked_for() {
    let desk = stopped();
    let html = ["report", "--format", "html"];
    desk.mayday(&[&html[..], &["--lang", "es"]].concat()).is(
        0,
        &[
            "<html lang=\"es\">",
            "<h2 id=\"steps\">Pasos</h2>",
            "f no pasó: código de salida 1",
            "Línea de tiempo",
        ],
    );
    let mut command = desk.command(&html);
    command.env("LANG", "es_CL.UTF-8").env_remove("LC_ALL").env_remove("LC_MESSAGES");
    crate::support::desk::Said::from(command.output().unwrap()).is(0, &["<html lang=\"es\">"]);
    desk.mayday(&html).is(0, &["<html lang=\"en\">", "<h2 id=\"steps\">Steps</h2>"]);
}
