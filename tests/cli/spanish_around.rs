//! The commands around a run in Spanish: lists, pages, dry runs, reports, packs. What programs read stays English.

use super::desk_with;
use super::spanish::english;
use crate::support::desk::{Desk, Said};

const CONFIG: &str = "
default_environment: rehearsal
environments: {rehearsal: {danger: low}, production: {danger: high}}
severities: {SEV-3: {aliases: [P3], response: 1h, escalation: [{after: 2h, to: [zeta]}]}}
contacts: {zeta: {via: show}}
";

const FIELDS: &str = "
owner: zeta
use_when: [Zeta caida]
not_for: [{if: Zeta otra, use: q}]
alerts: [ZetaDown]
objectives: {rto: 30m, rpo: 5m, ends: 'step:tres', hold: 1s}
inputs: {zona: {ask: Zeta zona, type: string, default: zeta}}
drill:
  environments: [rehearsal]
  cadence: monthly
  sign_off: [zeta]
  inject: [{id: mal, title: Zeta mal, effect: change, shell: 'true'}]
  pass: [{id: bien, that: 'true', points: 10, must: true}]";

const STEPS: &str = "
  - {id: uno, title: Zeta uno, confirm: 'Zeta bien?', on_fail: {menu: [retry, skip, stop]}}
  - {id: dos, title: Zeta dos, ask: {question: Zeta, type: boolean}}
  - {id: tres, title: Zeta tres, killer: true, effect: read, shell: 'echo zeta', retry: {times: 2, every: 1s}}
  - {id: pausa, title: Zeta pausa, pause: 1s}
  - {id: cuatro, title: Zeta cuatro, when: 'zona == \"otra\"', for_each: '[1, 2]', effect: change, shell: 'true', expected: 5s, timeout: 9s,
     confirm: {ask: Zeta, second_person: 'true'}, undo: {title: Zeta no, shell: 'true', effect: change}, verify: [{shell: 'true', that: exit_code == 0}],
     capture: {z: stdout}, marks: mitigated}
  - {id: cinco, title: Zeta cinco, effect: destructive, when: 'false', shell: 'true'}";

fn desk() -> Desk {
    let desk = desk_with(CONFIG, FIELDS, STEPS);
    desk.edit("playbooks/p.yaml", "title: Try it", "title: Zeta");
    let other = "  - {id: uno, title: Zeta uno, effect: read, shell: 'true'}";
    desk.write("playbooks/q.yaml", &super::playbook("q", "use_when: [Zeta otra]", other));
    desk.edit("playbooks/q.yaml", "title: Try it", "title: Zeta");
    desk
}

/// What is said and not in Spanish: every word that stands in English sentences only.
fn assert_spanish(said: &Said, what: &str) {
    let marks = regex::Regex::new(r#"<[^>]*>|<!--.*?-->|&[#a-z0-9]+;|step\.[a-z_.]+"#).unwrap();
    let text = marks.replace_all(&said.all(), " ").into_owned();
    let found = english(&text);
    assert!(found.is_empty(), "{what}:\n{}\n\n{}", found.join("\n"), said.all());
}

#[test]
fn every_command_around_a_run_speaks_spanish() {
    let desk = desk();
    let es = |arguments: &[&str]| {
        let said = desk.mayday(&[arguments, &["--lang", "es"]].concat());
        assert_spanish(&said, &arguments.join(" "));
        said
    };
    es(&["runs"]).is(0, &["No hay ejecuciones en"]);
    es(&["list"]).is(0, &["SEVERIDAD", "SIMULACRO", "TÍTULO", "SEV-3 (P3)", "nunca"]);
    es(&["list", "--severity", "SEV-1"]).is(0, &["Ningún playbook es de esa severidad"]);
    es(&["find", "caida"]).is(0, &["úsese cuando: Zeta caida", "no para: Zeta otra -> q"]);
    es(&["find", "xyzzy"]).is(2, &["Ningún playbook habla de eso"]);
    es(&["run", "p", "--dry-run", "--env", "production"]).is(
        0,
        &["EN SECO (plan)", "peligro alto", "dato zona:", "por cada uno de", "límite de tiempo"],
    );
    es(&["run", "p", "--dry-run=probe"]).is(0, &["Solo se ejecutaron pasos de lectura"]);

    // A yes in Spanish is one in a flag, too.
    let answers = ["--answer", "uno=sí", "--answer", "dos=SÍ", "--no-input"];
    desk.mayday(&[&["run", "p", "--lang", "es"], &answers[..]].concat()).is(0, &["respuesta: sí"]);
    let id = desk.newest();
    es(&["runs"]).is(0, &["EJECUCIÓN", "DURACIÓN", "completada"]);
    es(&["status"]).is(0, &["completada", "RELOJ"]);
    es(&["verify", &id]).is(0, &["el registro está entero y sin cambios"]);
    es(&["export", &id, "-o", "uno.zip"]).is(0, &["Escrito: ", "Quien lo reciba"]);
    es(&["export", &id, "-o", "uno.zip"]).is(2, &["ya existe"]);
    es(&["verify", "./uno.zip"]).is(0, &["archivos", "el registro está entero"]);
    let unpack = std::process::Command::new("python3")
        .args(["-m", "zipfile", "-e", "uno.zip", "."])
        .current_dir(desk.path("."))
        .status()
        .unwrap();
    assert!(unpack.success());
    std::fs::write(desk.path(&format!("{id}/reports/report.md")), "x").unwrap();
    std::fs::remove_file(desk.path(&format!("{id}/reports/report.html"))).unwrap();
    es(&["verify", &format!("./{id}")]).is(
        3,
        &["DAÑO  reports/report.md fue cambiado.", "DAÑO  reports/report.html no está.", "MAL: "],
    );
    es(&["verify", "./mayday.yaml"]).is(3, &["no es un archivo ZIP, o está cortado"]);
    es(&["report", "-o", "r.md"]).is(0, &["Escrito: r.md"]);
    es(&["report", "-o", "r.md"]).is(0, &["Escrito: r.md"]);
    desk.mayday(&["note", "zeta"]).is(0, &[]);
    es(&["report", "-o", "r.md"]).is(0, &["r.md: hechos más nuevos en "]);
    es(&["report", "--check", "r.md"]).is(12, &["por llenar: ", "quedan ", "espacios por llenar"]);
    es(&["report", "--format", "html", "-o", "r.html"]).is(0, &["Escrito: r.html"]);
    es(&["report", "-o", "mayday.yaml"]).is(4, &["quedó como estaba"]);
}

#[test]
fn both_sides_of_a_conflict_are_shown_as_they_stand_in_the_file() {
    let desk = desk();
    let answers = ["--answer", "uno=yes", "--answer", "dos=yes", "--no-input"];
    desk.mayday(&[&["run", "p"], &answers[..]].concat()).is(0, &[]);
    desk.mayday(&["report", "-o", "r.md"]).is(0, &[]);
    // A line of a person that reads like one of ours.
    let report = std::fs::read_to_string(desk.path("r.md")).unwrap();
    let at = report.find("block:decisions").unwrap();
    let at = at + report[at..].find("\n\n").unwrap();
    let edited = format!("{}\nthe record is whole and unchanged\n{}", &report[..at], &report[at..]);
    desk.write("r.md", &edited);
    desk.mayday(&["note", "DECISION: zeta"]).is(0, &[]);
    let said = desk.mayday(&["report", "-o", "r.md", "--lang", "es"]);
    said.is(
        12,
        &["alguien cambió el bloque decisions", "suyo    the record is whole and unchanged"],
    );
}

#[test]
fn a_page_of_a_playbook_is_in_spanish_as_one_file_too() {
    let desk = desk();
    let page = desk.mayday(&["show", "p", "--format", "md", "--lang", "es"]);
    page.is(
        0,
        &[
            "## Cuándo usarlo",
            "**Para empezar**",
            "aquí un error sale caro",
            "&#9744; hecho",
            "**Efecto**: cambio en esta máquina, se termina tras 9s, toma cerca de 5s",
            "**Si no funciona**: intentar de nuevo, o bien omitir, con un motivo, o bien detener",
            "## Su simulacro",
        ],
    );
    assert_spanish(&page, "md");
    let svg = regex::Regex::new("<desc>(.*?)</desc>").unwrap();
    let told = svg.captures(&page.out).expect("a picture")[1].to_owned();
    assert!(
        told.contains("¿Zeta otra? No: siga. Sí: use q.") && english(&told).is_empty(),
        "{told}"
    );
    let file = desk.mayday(&["show", "p", "--format", "html", "--lang", "es"]);
    file.is(0, &["<html lang=\"es\">", "El camino"]);
    desk.mayday(&["show", "p", "--format", "html"])
        .is(0, &["<html lang=\"en\">", "The way through it"]);
}

#[test]
fn what_programs_and_authors_read_stays_english_as_the_book_says() {
    let desk = desk();
    let answers = ["--answer", "uno=yes", "--answer", "dos=yes", "--no-input"];
    desk.mayday(&[&["run", "p"], &answers[..]].concat()).is(0, &[]);
    let commands: [&[&str]; 10] = [
        &["check"],
        &["doctor"],
        &["explain", "W109"],
        &["run", "--help"],
        &["report", "--format", "json"],
        &["runs", "--json"],
        &["list", "--json"],
        &["status", "--json"],
        &["show", "p", "--format", "json"],
        &["schema", "report"],
    ];
    let times =
        regex::Regex::new(r#"\d\d:\d\d(:\d\d)?|"(generated_at|took)[^,]*|\d+ (ms|GiB|MiB|s)\b"#)
            .unwrap();
    for arguments in commands {
        let said = |lang: &str| {
            let said = desk.mayday(&[arguments, &["--lang", lang]].concat());
            times.replace_all(&said.all(), "T").into_owned()
        };
        assert_eq!(said("en"), said("es"), "{arguments:?}");
    }
    let book = std::fs::read_to_string("book/terminal.md").unwrap();
    let stays = book.split("In English stay").nth(1).unwrap().split("\n\n").next().unwrap();
    for named in ["--help", "check", "doctor", "--json", "--format json", "book"] {
        assert!(stays.contains(named), "{named}: {stays}");
    }
}
