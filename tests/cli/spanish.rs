//! A whole run in Spanish: on paper, at a plain line and on a terminal that is drawn over. The record stays as it is.

use super::desk_with;
use crate::faults::terminal::record;
use crate::support::desk::{Desk, Said};
use crate::support::pty::Pty;

const CONFIG: &str = "
default_environment: rehearsal
environments: {rehearsal: {danger: low}}
";

const STEPS: &str = "
  - {id: mirar, title: Mirar el disco, effect: read, shell: 'echo visto'}
  - {id: omitir, title: Avisar, when: 'false', effect: read, shell: 'true'}
  - {id: seguro, title: Confirmar, confirm: '¿Está todo bien?'}
  - {id: cambiar, title: Cambiar, effect: change, shell: 'test -e listo'}";

fn desk() -> Desk {
    desk_with(CONFIG, "objectives: {rto: 30m}", STEPS)
}

/// What differs from run to run, by one name.
fn steady(text: &str) -> String {
    let times =
        regex::Regex::new(r"\d{4}-\d\d-\d\d|\d{8}-\d{4}-[0-9a-z]+|\d\d:\d\d(:\d\dZ)?").unwrap();
    let host = mayday::world::machine::host();
    let text = times.replace_all(text, "T").replace(&host, "HOST");
    let lines: Vec<&str> = text.lines().filter(|line| !line.contains("Registro: ")).collect();
    lines.join("\n")
}

#[test]
fn a_run_on_paper_is_in_spanish_by_the_flag_or_by_the_environment() {
    let desk = desk();
    let arguments = ["run", "p", "--answer", "seguro=yes", "--no-input"];
    let said = desk.mayday(&[&arguments[..], &["--lang", "es"]].concat());
    said.is(5, &[]);
    insta::assert_snapshot!(steady(&said.err));
    let record = record(&desk);
    assert!(
        record.contains(r#""reason":"step_failed""#) && !record.contains("fallido"),
        "{record}"
    );
    for (name, locale, word) in [
        ("LANG", "es_MX.UTF-8", "DETENIDA a las"),
        ("LC_MESSAGES", "es_AR", "DETENIDA a las"),
        ("MAYDAY_LANG", "es", "DETENIDA a las"),
        ("LANG", "fr_FR", "STOPPED at"),
    ] {
        let mut command = desk.command(&arguments);
        command.env(name, locale);
        let said = Said::from(command.output().unwrap());
        said.is(5, &[word]);
    }
}

#[test]
fn a_person_answers_in_spanish_and_the_record_keeps_the_keys() {
    for (term, yes) in [("dumb", "sí"), ("xterm", "s")] {
        let desk = desk();
        let mut command = desk.command(&["run", "p", "--lang", "es"]);
        command.env("TERM", term);
        let mut pty = Pty::start(&command);
        pty.shown("escriba s o n >");
        type_until(&mut pty, &format!("{yes}\r"), |seen| seen.contains("Intro para seguir"));
        pty.shown("pulse Intro para seguir >");
        type_until(&mut pty, "\r", |seen| seen.contains("falló"));
        pty.shown("intentar de nuevo");
        pty.shown("escriba un número del 1 al");
        desk.write("listo", "");
        type_until(&mut pty, "1\r", |seen| seen.contains("se eligió retry"));
        // What is typed while the question comes up keeps it from coming up.
        let asked = |pty: &Pty| pty.seen().matches("pulse Intro para seguir >").count() > 1;
        let waited = (0..600).any(|_| asked(&pty) || pty.ended_within(50));
        assert!(waited, "{}", pty.seen());
        type_until(&mut pty, "\r", |seen| seen.contains("COMPLETADA"));
        assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
        let record = record(&desk);
        assert!(record.contains(r#""choice":"retry""#), "{record}");
        let seen = pty.seen();
        assert!(seen.contains("COMPLETADA: todos los pasos están resueltos"), "{seen}");
        for english in
            ["type y or n", "try again", "failed:", "COMPLETED", "since the start", " left"]
        {
            assert!(!seen.contains(english), "{english}: {seen}");
        }
    }
}

/// Types again until it is taken: what comes too early behind a question is thrown away.
fn type_until(pty: &mut Pty, keys: &str, so: impl Fn(&str) -> bool) {
    for _ in 0..200 {
        pty.send(keys);
        if pty.ended_within(50) || so(pty.seen()) {
            return;
        }
    }
    panic!("never taken: {}", pty.seen());
}

#[test]
fn a_playbook_is_told_in_the_words_beside_it_and_check_says_what_is_missing() {
    let desk = desk();
    let words = "title: Probar\nsteps: { mirar: { title: Ver el disco }, seguro: { ask: '¿Seguro?' }, nadie: { title: X } }";
    desk.write("playbooks/p.es.yaml", words);
    let arguments = ["run", "p", "--answer", "seguro=yes", "--no-input"];
    let said = desk.mayday(&[&arguments[..], &["--lang", "es"]].concat());
    said.is(5, &["Probar", "Ver el disco", "Cambiar"]);
    // The run keeps them: who resumes reads the same, who asks for English does not.
    let id = desk.newest();
    std::fs::remove_file(desk.path("playbooks/p.es.yaml")).unwrap();
    let said = desk.mayday(&[
        "resume",
        &id,
        "--no-input",
        "--answer",
        "cambiar.menu=retry",
        "--lang",
        "es",
    ]);
    assert!(said.err.contains("retomada por"), "{}", said.all());
    desk.write("playbooks/p.es.yaml", words);
    let said = desk.mayday(&arguments);
    said.is(5, &["Try it", "Mirar el disco"]);
    // Notes, never faults.
    let said = desk.mayday(&["check"]);
    said.is(
        0,
        &[
            "note: playbooks/p.es.yaml: no Spanish, or other {{ }}, for",
            "note: playbooks/p.es.yaml: the playbook has no steps.nadie.title",
        ],
    );
    desk.write("playbooks/p.es.yaml", "- nothing: [");
    desk.mayday(&["check"]).is(0, &["none of playbooks/p.es.yaml is used"]);
    desk.mayday(&[&arguments[..], &["--lang", "es"]].concat()).is(5, &["Try it"]);
}
