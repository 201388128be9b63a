//! Database clients and dumps: how recoveries go wrong without a word.

use super::super::shell::{Command, Script};
use super::super::{Found, In, Look, Spot};

rules! {
    "W122" "a psql that goes on after errors" Look::Command(on_error_stop);
    "psql reads a script to its end and exits 0, whatever failed in the middle. Replayed on a real \
     database, one recovery printed 550 errors and passed. `-v ON_ERROR_STOP=1` makes it exit 3 at the \
     first error; `--single-transaction` keeps nothing of a half-done import."

    "W126" "a restore that rewinds sequences" Look::Script(setval);
    "A dump of data alone ends with `setval` lines that set every sequence back to the time of the dump. \
     The next INSERT then takes a number that is already used. Take those lines out: \
     `grep -v '^SELECT pg_catalog\\.setval'`."

    "W129" "a compressed file is read as text" Look::Command(compressed);
    "psql reads SQL. From a `.gz` it gets bytes, and its error is about syntax. Write \
     `gunzip -c FILE | psql ...`."

    "W136" "a query whose rows nobody sees" Look::Command(prisma_execute);
    "`prisma db execute` reports success or failure and returns no rows, so a SELECT there proves \
     nothing. Use a `sql` step."

    "W137" "a dump that overwrites rows with an old order" Look::Command(plain_inserts);
    "`--inserts` without column names breaks, or silently swaps values, when the order of columns differs; \
     and one existing row ends the import. Use `--column-inserts --on-conflict-do-nothing`."

    "N200" "a psql that reads somebody's settings" Look::Command(no_psqlrc);
    "Without `-X` psql runs `~/.psqlrc` of whoever is on duty: other formats, other settings, another \
     result on every machine."

    "N206" "a tool without a version" Look::Command(version);
    "pg_dump refuses a server newer than itself. Name the least version under `requires.tools`: \
     `pg_dump >= 15`."
}

/// True when what it runs comes from elsewhere or has several statements.
fn runs_a_script(command: &Command) -> bool {
    command.is_fed() || command.has(&["-f", "--file"])
}

fn on_error_stop(_: &In<'_>, spot: &Spot<'_>, command: &Command, found: &mut Found<'_>) {
    if command.program() != "psql" || !runs_a_script(command) {
        return;
    }
    let stops = command.arguments().iter().any(|word| word.text.contains("ON_ERROR_STOP"));
    if !stops {
        let range = command.words.first().map_or(command.range.clone(), |word| word.range.clone());
        let help = "write `psql -X -v ON_ERROR_STOP=1 --single-transaction -f FILE`";
        let message = "psql exits 0 even when statements fail";
        found.add(found.within(spot, range), message, "no ON_ERROR_STOP", help);
    }
}

fn setval(_: &In<'_>, spot: &Spot<'_>, script: &Script, found: &mut Found<'_>) {
    for command in &script.commands {
        let data_only = command.has(&["-a", "--data-only"]) || command.says(&["--section=data"]);
        if command.program() != "pg_dump" || !data_only {
            continue;
        }
        let filtered = script
            .commands
            .iter()
            .any(|other| other.arguments().iter().any(|word| word.text.contains("setval")));
        if !filtered {
            let range = found.within(spot, command.range.clone());
            let help =
                "add `| grep -v '^SELECT pg_catalog\\.setval'`, and check the sequences afterwards";
            found.add(range, "this dump rewinds every sequence when it is restored", "", help);
        }
    }
}

fn compressed(_: &In<'_>, spot: &Spot<'_>, command: &Command, found: &mut Found<'_>) {
    let client = matches!(command.program(), "psql" | "mysql" | "mariadb" | "sqlite3");
    let files = command.input_file().into_iter().chain(command.value_of(&["-f", "--file"]));
    for file in files.filter(|_| client) {
        if [".gz", ".zst", ".bz2", ".xz"].iter().any(|end| file.text.ends_with(end)) {
            let message = format!("{} cannot read a compressed file", command.program());
            let help = format!("write `gunzip -c FILE | {} ...`", command.program());
            found.add(found.within(spot, file.range.clone()), message, "", &help);
        }
    }
}

fn prisma_execute(_: &In<'_>, spot: &Spot<'_>, command: &Command, found: &mut Found<'_>) {
    if command.program() == "prisma" && command.says(&["execute"]) {
        let message = "`prisma db execute` shows no rows";
        found.add(found.within(spot, command.range.clone()), message, "", "use a `sql` step");
    }
}

fn plain_inserts(_: &In<'_>, spot: &Spot<'_>, command: &Command, found: &mut Found<'_>) {
    if command.program() == "pg_dump" && command.says(&["--inserts"]) {
        let help = "use `--column-inserts --on-conflict-do-nothing`";
        let range = found.within(spot, command.range.clone());
        found.add(range, "`--inserts` names no columns and stops at the first known row", "", help);
    }
}

fn no_psqlrc(_: &In<'_>, spot: &Spot<'_>, command: &Command, found: &mut Found<'_>) {
    let silent = command.arguments().iter().any(|word| {
        let text = word.text.as_str();
        text == "--no-psqlrc"
            || (text.starts_with('-') && !text.starts_with("--") && text.contains('X'))
    });
    if command.program() == "psql" && !silent && !command.has(&["--version", "-V"]) {
        let range = command.words.first().map_or(command.range.clone(), |word| word.range.clone());
        found.add(found.within(spot, range), "psql reads ~/.psqlrc", "", "add `-X`");
    }
}

fn version(around: &In<'_>, spot: &Spot<'_>, command: &Command, found: &mut Found<'_>) {
    if !matches!(command.program(), "pg_dump" | "pg_restore") {
        return;
    }
    let tool = command.program();
    let tools = &around.book.playbook.head.requires.tools;
    let versioned =
        tools.iter().any(|t| t.split_whitespace().next() == Some(tool) && t.contains(">="));
    if !versioned {
        let range = command.words.first().map_or(command.range.clone(), |word| word.range.clone());
        let help = format!("add `requires: {{ tools: [\"{tool} >= 15\"] }}`");
        found.add(found.within(spot, range), format!("{tool} without a least version"), "", &help);
    }
}
