//! The codes that reading a file can raise: E001 to E049 and W001 to W049.

use crate::diagnostic::Code;
use crate::diagnostic::codes::Entry;

macro_rules! entries {
    ($($name:ident $code:literal $title:literal $text:literal $bad:literal $good:literal;)*) => {
        $(#[doc = $title] pub const $name: Code = Code($code);)*

        /// What `explain` knows about them, in the order of their codes.
        pub const ENTRIES: &[Entry] = &[$(Entry {
            code: $name,
            title: $title,
            text: $text,
            bad: $bad,
            good: $good,
        },)*];
    };
}

entries! {
    TOO_LARGE "E001" "the file is too large"
        "A file is read whole before anything runs, and nothing in an incident should wait for that.\nMore than 4 MiB is no playbook that a person can follow. Split it: `include` puts the steps of\none playbook into another."
        "" "";
    NOT_UTF8 "E002" "the file is not UTF-8"
        "Everything is read as UTF-8, so that the command shown in review is the command that runs.\nSave the file as UTF-8 in your editor."
        "" "";
    CONTROL "E003" "a control character in the file"
        "NUL, escape and other control characters do not show in an editor, but a terminal or a shell\nobeys them. YAML forbids most of them. Write one that you need as an escape in double quotes."
        "" "";
    DIRECTION "E004" "an invisible character that changes reading direction"
        "Such characters (U+202A to U+202E, U+2066 to U+2069) make a line look different from what it\nis: a reviewer reads one command and the shell gets another one. They have no use in a playbook."
        "" "";
    BOM "E005" "a byte order mark"
        "UTF-8 needs no byte order mark, and YAML readers differ in what they do with one.\nSave the file as UTF-8 without BOM."
        "" "";
    SYNTAX "E006" "this is not YAML"
        "The text cannot be taken apart. The place shown is where the reader gave up; the slip is often\none line above: a bracket or quote left open, a tab in the indentation, or `: ` inside a text."
        "title: Restore: the database"
        "title: \"Restore: the database\"";
    DOCUMENTS "E007" "more than one document"
        "One file holds one playbook, so that its name, its hash and its history mean one procedure.\nPut what stands behind `---` into a file of its own."
        "mayday: 1\nid: one\n---\nmayday: 1\nid: two"
        "mayday: 1\nid: one";
    EMPTY_FILE "E008" "no fields in the file"
        "A playbook is a map of fields that starts with `mayday: 1`; this file is empty, a list or a\nsingle text."
        "- id: health"
        "mayday: 1\nid: api-down\ntitle: API does not answer\nsteps:\n  - id: health\n    title: Wait for the API to answer\n    wait_for_url: https://example.com/health";
    DEPTH "E009" "nested too deep"
        "Lists and maps may stand in each other at most 64 levels deep, aliases included. Deeper nesting\nmakes YAML readers slow or crash, and no playbook needs it."
        "" "";
    BUDGET "E010" "more than a playbook may hold"
        "There are limits on the number of values, on the text after aliases, on the size of one text\n(256 KiB) and on the number of steps (20,000), so that a broken or hostile file is refused at\nonce. Keep large data in files beside the playbook; use `include` for more steps."
        "" "";
    ALIAS "E011" "an alias that cannot be followed"
        "An alias (`*name`) stands for a value marked earlier (`&name`). It cannot stand inside that\nvalue, and keys cannot be marked."
        "tags: &all [db, *all]"
        "tags: [db]";
    DUPLICATE_KEY "E012" "a key is there twice"
        "YAML readers differ: some take the first, some the last, some refuse. The one that counts\nduring an incident must not depend on the reader. Remove one of them."
        "- id: stop\n  title: Stop the writers\n  title: Stop the readers"
        "- id: stop\n  title: Stop the writers";
    MERGE "E013" "merge keys are not used"
        "`<<` belongs to YAML 1.1 and is not in YAML 1.2. It hides which fields a step has. Write the\nfields out."
        "<<: *defaults"
        "timeout: 30s";
    UNKNOWN_FIELD "E014" "unknown field"
        "A field that nothing obeys is false safety: `timout: 30s` would limit nothing. So every field\nmust be known. `mayday schema` prints all fields for your editor."
        "- id: stop\n  title: Stop the writers\n  efect: change\n  shell: systemctl stop writer"
        "- id: stop\n  title: Stop the writers\n  effect: change\n  shell: systemctl stop writer";
    TAG "E015" "a YAML tag"
        "Tags (`!name`) change what a value is, differently in each YAML reader. The fields of the format\nsay what their values are, so tags are not used. A text that starts with `!` needs quotes."
        "when: !active"
        "when: \"not active\"";
    KEY "E016" "a key that is not text"
        "YAML reads 5, true, null and lists as keys too, and readers differ in what they make of them.\nPut quotes around the key."
        "options: { 1: One, 2: Two }"
        "options: { \"1\": One, \"2\": Two }";
    MISSING "E017" "a required field is missing"
        "This part cannot be run, found again or reported without the field. Fields that have a default\nare never asked for."
        "- title: Stop the writers\n  effect: change\n  shell: systemctl stop writer"
        "- id: stop_writers\n  title: Stop the writers\n  effect: change\n  shell: systemctl stop writer";
    TYPE "E018" "a value of the wrong kind"
        "The field takes another kind of value. Durations have a unit (`90s`, `5m`, `1h30m`), texts that\nlook like numbers need quotes, true and false do not."
        "timeout: 90"
        "timeout: 90s";
    VARIANT "E019" "a word that the field does not know"
        "The field takes one of a few words, and a near miss must not quietly mean something else."
        "effect: reed"
        "effect: read";
    NO_ACTION "E020" "no action"
        "A step, an undo and a crash probe do exactly one thing, named by its key: shell, sql, confirm,\nwait_for_url, wait_until, choose, ask, manual, http, notify, assert, pause or include."
        "- id: stop\n  title: Stop the writers"
        "- id: stop\n  title: Stop the writers\n  manual: Switch the writers off in the console";
    TWO_ACTIONS "E021" "two actions"
        "One action a step: each has its own outcome, and after a crash it must be clear which of them\nhappened. Make a step of each."
        "- id: move\n  title: Stop and move\n  effect: change\n  shell: systemctl stop writer\n  sql: UPDATE owner SET host = 'b'"
        "- id: stop\n  title: Stop the writer\n  effect: change\n  shell: systemctl stop writer\n- id: move\n  title: Move the owner\n  effect: change\n  target: db\n  sql: UPDATE owner SET host = 'b'";
    STEPS_OR_PHASES "E022" "steps or phases"
        "A playbook has either `steps` or `phases`, whose maps hold the steps; not both and not none."
        "steps: []\nphases: []"
        "phases:\n  - id: contain\n    title: Contain\n    steps:\n      - { id: stop, title: Stop the writers, manual: Switch them off }";
    VERSION "E023" "a version of the format that is not known"
        "The first field says which version of the format the file follows. A newer file may rely on\nfields that this program would not obey."
        "mayday: 2"
        "mayday: 1";
    EMPTY_CHECK "E024" "a check that looks at nothing"
        "A check without an action and without a condition always passes: false safety."
        "verify:\n  - title: Rows are back"
        "verify:\n  - title: Rows are back\n    target: db\n    sql: SELECT count(*) AS n FROM reservations\n    that: rows[0].n == 500";
    EMPTY "E025" "an empty list"
        "A phase without steps or a list without items is most often a part that was never written."
        "steps: []"
        "steps:\n  - { id: look, title: Look at the dashboard, confirm: Is it red? }";
    TOO_MANY_FAULTS "E026" "too many faults"
        "Nobody reads a thousand faults, and the first ones explain many of the others. Put those shown\nright; the rest is looked at then."
        "" "";
    UNREADABLE "E027" "the file cannot be read"
        "The file is there but the system does not let it be read. Look at its owner and mode with\n`ls -l`; playbooks must be readable by whoever is woken."
        "" "";
    OLD_BOOLEAN "W001" "a word that is a boolean in YAML 1.1"
        "yes, no, on and off are booleans for YAML 1.1 readers and texts for YAML 1.2 readers, this\nprogram included. A country code `no` has become `false` that way. Quote it, or write true or\nfalse."
        "vars: { region: no }"
        "vars: { region: \"no\" }";
    OLD_SCALAR "W002" "a value that YAML 1.1 reads otherwise"
        "Without quotes, `14:30` is the number 870, `2025-12-03` a date and `0755` the number 493 for a\nYAML 1.1 reader. Quote it, and every reader sees what you wrote."
        "reviewed: 2025-12-03"
        "reviewed: \"2025-12-03\"";
}
