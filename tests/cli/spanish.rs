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
            "note[N210]: 3 sentences have no Spanish",
            "note[N211]: the playbook has no `steps.nadie.title`",
        ],
    );
    desk.write("playbooks/p.es.yaml", "- nothing: [");
    desk.mayday(&["check"]).is(0, &["note[N214]: none of playbooks/p.es.yaml is used"]);
    desk.mayday(&[&arguments[..], &["--lang", "es"]].concat()).is(5, &["Try it"]);
}

#[test]
fn the_shipped_translations_are_shown_in_a_spanish_session() {
    let desk = Desk::new();
    let bloom = ["--config", "playbooks/bloom/mayday.yaml", "--lang", "es"];
    let shown = desk.mayday(&[&bloom[..], &["show", "sev2-data-loss"]].concat());
    shown.is(0, &["Pérdida de datos", "Úsese cuando: Un usuario avisa", "PRIMERO, YA:", "ejecuta"]);
    let shop = ["--config", "playbooks/ferreteria/mayday.yaml", "--lang", "es"];
    let shown = desk.mayday(&[&shop[..], &["show", "ferreteria/deploy"]].concat());
    shown.is(0, &["Desplegar una versión", "Volver atrás por sí solo", "revisado 2026"]);
    let english =
        desk.mayday(&["--config", "playbooks/bloom/mayday.yaml", "show", "sev2-data-loss"]);
    english.is(0, &["Data loss or accidental deletion", "Use when: A user reports"]);
    let found = desk.mayday(&[&bloom[..], &["find", "reservas borradas"]].concat());
    found.is(0, &["sev2-data-loss  Pérdida de datos", "úsese cuando: Se borraron reservas"]);
    // The plan of a run goes by the same words.
    let plan = desk.mayday(
        &[&bloom[..], &["run", "sev2-data-loss", "--dry-run", "--env", "rehearsal"]].concat(),
    );
    plan.is(0, &["Compruebe que existen todas las tablas"]);
}

const WHOLE: &str = "
  - {id: uno, title: Zeta uno, ask: {question: 'Zeta cuantas?', type: integer}}
  - {id: dos, title: Zeta dos, choose: {ask: 'Zeta camino?', options: {a: Zeta alfa, b: Zeta beta}}}
  - {id: tres, title: Zeta tres, confirm: 'Zeta bien?'}
  - {id: cuatro, title: Zeta cuatro, effect: destructive, shell: 'true', confirm: {type_to_confirm: zeta}}
  - {id: cinco, title: Zeta cinco, manual: 'Zeta mano'}
  - {id: pausa, title: Zeta pausa, pause: 3s}
  - {id: seis, title: Zeta seis, effect: change, shell: 'echo zeta; false', undo: {shell: 'true', effect: change}, verify: [{shell: 'true'}]}
  - {id: siete, title: Zeta siete, effect: read, wait_until: {shell: 'exit 1', every: 1s}, timeout: 1s, on_fail: continue}";

/// Words that stand in nearly every English sentence and in no Spanish one.
const ENGLISH: &str = r"(?i)\b(the|is|are|was|were|of|it|its|to|and|with|for|from|has|not|that|what|this|be|been|by|on|or|at|which|nobody|after|until|left|type|taken|failed|done|again|now|here|step|steps|last|start|run|input|exit|code)\b";

/// The English words of a text of the screen, but for commands, paths and the author's words.
pub(super) fn english(text: &str) -> Vec<String> {
    let commands = regex::Regex::new(
        r"`[^`]*`|mayday (resume|report|status|run)[^\n]*|/[\w./-]+|--[\w=-]+|\x1b\[[0-9;?]*[A-Za-z]",
    );
    let text = commands.unwrap().replace_all(text, " ").into_owned();
    let english = regex::Regex::new(ENGLISH).unwrap();
    let lines = text.lines().filter(|line| english.is_match(line));
    lines.map(|line| line.trim().to_owned()).collect()
}

#[test]
fn every_word_of_a_session_is_spanish() {
    let fields = "objectives: {rto: 2s}\nescalation: [{after: 1s, to: [zeta]}]";
    let config = "
default_environment: rehearsal
environments: {rehearsal: {danger: low}}
contacts: {zeta: {via: show}}
";
    let desk = desk_with(config, fields, WHOLE);
    desk.edit("playbooks/p.yaml", "title: Try it", "title: Zeta");
    let mut command = desk.command(&["run", "p", "--lang", "es"]);
    command.env("TERM", "dumb");
    let mut pty = Pty::start(&command);
    let mut answer = |asked: &str, keys: &str, then: &str| {
        pty.shown(asked);
        type_until(&mut pty, keys, |seen| seen.contains(then));
    };
    answer("escriba un número entero >", "x\r", "No se acepta: escriba un número entero");
    answer("escriba un número entero >", "5\r", "respuesta: 5");
    answer("escriba un número del 1 al 2 >", "9\r", "No se acepta: escriba un número del 1 al 2");
    answer("escriba un número del 1 al 2 >", "1\r", "respuesta: a");
    answer("escriba s o n >", "quizá\r", "No se acepta: escriba s o n");
    answer("escriba s o n >", "s\r", "respuesta: sí");
    answer("escriba exactamente: zeta >", "zett\r", "No se acepta: escriba exactamente: zeta");
    answer("escriba exactamente: zeta >", "zeta\r", "5/8 CORRE");
    answer("escriba un número", "1\r", "6/8 ESPERA");
    answer("pulse Intro para seguir >", "\r", "intentar de nuevo");
    answer("escriba un número del 1 al", "", "escriba un número del 1 al");
    let id = desk.newest();
    // Beside it: where it stands, and who may not drive it as well.
    let status = desk.mayday(&["status", "--lang", "es"]);
    status.is(0, &["FALLIDO", "SIGUE"]);
    let line = desk.mayday(&["status", "--line", "--lang", "es"]);
    let held = desk.mayday(&["resume", &id, "--lang", "es"]);
    held.is(10, &["error: no se pudo conducir la ejecución", "sugerencia: obsérvela con"]);
    let gone = desk.mayday(&["resume", "nada", "--lang", "es"]);
    gone.is(2, &["error: no se pudo encontrar la ejecución `nada`"]);
    let slip = desk.mayday(&["reopen", "--reason", "zeta", "--lang", "es"]);
    slip.is(4, &["no está mitigado, recuperado ni resuelto"]);
    let runs = desk.mayday(&["ack", &id, "--lang", "es"]);
    runs.is(0, &["nada espera a una segunda persona"]);
    let number = |pty: &Pty, what: &str| {
        let seen = pty.seen().to_owned();
        let at = seen.rfind(what).unwrap_or_else(|| panic!("no {what}: {seen}"));
        let line = seen[..at].rsplit('\n').next().unwrap().trim();
        line.split_whitespace().next().unwrap().trim_end_matches([')', '.', ':']).to_owned()
    };
    let skip = number(&pty, "omitirlo");
    type_until(&mut pty, &format!("{skip}\r"), |seen| seen.contains("¿Por qué omitir?"));
    pty.shown("escriba al menos una palabra >");
    type_until(&mut pty, "zeta\r", |seen| seen.contains("COMPLETADA"));
    assert_eq!(pty.wait(), Some(0), "{}", pty.seen());
    assert!(pty.seen().contains("RTO INCUMPLIDO: pasó el tiempo objetivo"), "{}", pty.seen());
    let over = desk.mayday(&["resume", "--lang", "es"]);
    over.is(2, &["ninguna está abierta"]);
    let said = [&status, &line, &held, &gone, &slip, &runs, &over].map(Said::all).join("\n");
    let found = english(&format!("{}\n{said}", pty.seen()));
    assert!(
        found.is_empty(),
        "English in a Spanish session:\n{}\n\n{}",
        found.join("\n"),
        pty.seen()
    );
}
