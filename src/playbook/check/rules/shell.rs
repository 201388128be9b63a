//! Scripts that hide failures, wait for keys, or trip over their own words.

use std::collections::HashSet;

use super::super::scope::{ITEM, Names, Sight};
use super::super::shell::{Command, Joint, Script};
use super::super::{Found, In, Look, Spot};

rules! {
    "W123" "a failure is hidden" Look::Script(hidden);
    "`|| true`, `|| echo`, `; true` and `set +e` turn a failure into a success, and the run goes on as if \
     the step had worked. If a failure is fine, say so where it can be seen: `expect: exit_code in [0, 1]` \
     or `on_fail: continue`."

    "W124" "a command that waits for keys" Look::Command(interactive);
    "Steps have no terminal: their stdin is empty, their output is recorded. A pager, an editor, a live \
     view or a prompt would hang until its time limit, or end at once without having done anything."

    "W125" "a curl that takes errors for answers" Look::Command(curl);
    "Without `--fail` curl exits 0 on status 404 and 500, and the error page goes down the pipe as if it \
     were data. Better still: an `http` or `wait_for_url` step."

    "W128" "a deletion that depends on a variable" Look::Command(delete_variable);
    "When the variable is empty, `rm -rf \"$dir/\"` deletes from the root. Write `${dir:?}`: the shell then \
     stops instead."

    "W131" "a variable that nobody sets" Look::Script(unset);
    "Names of the playbook arrive as lower-case variables. This one is no input, var or captured name, no \
     variable of an environment, and the script does not set it: the shell would stop at it."

    "W135" "a redirection from a pattern" Look::Command(pattern);
    "With two matching files the shell stops with `ambiguous redirect`; with one, it may be the wrong \
     one. Name the file."

    "N201" "a variable without quotes" Look::Script(unquoted);
    "A value with a space or a `*` becomes several words. Write `\"$name\"`."

    "N205" "a loop that waits" Look::Command(sleep);
    "A loop with `sleep` is invisible from outside and has no verdict of its own. `wait_until` and \
     `wait_for_url` show every look, count them, and stop at a limit."
}

fn hidden(_: &In<'_>, spot: &Spot<'_>, script: &Script, found: &mut Found<'_>) {
    let harmless = |command: &Command| {
        matches!(command.program(), "true" | ":" | "echo" | "printf")
            && command.output_files().next().is_none()
            && !command.redirects.iter().any(|redirect| redirect.op.starts_with(">&"))
    };
    for (index, command) in script.commands.iter().enumerate() {
        let range = || found.within(spot, command.range.clone());
        let last = index + 1 == script.commands.len();
        let ends_true = last && index > 0 && matches!(command.program(), "true" | ":");
        if command.before == Joint::Or && harmless(command) && command.after != Joint::And {
            // `a || echo "why" && exit 1` does fail; `a || { echo why; exit 1; }` too.
            let fails_after = script.commands.get(index + 1).is_some_and(|next| {
                matches!(next.program(), "exit" | "return" | "false") && next.before != Joint::Or
            });
            if !fails_after {
                let what = command.program();
                let before = script.commands[..index].last().is_some_and(Command::hides_errors);
                let more = if before { ", and its words are thrown away" } else { "" };
                let message = format!("`|| {what}` hides the failure{more}");
                let help = "let it fail, and say what is acceptable: `expect: exit_code in [0, 1]`";
                found.add(range(), message, "", help);
            }
        } else if ends_true && command.before == Joint::Next {
            let message = format!("`{}` at the end hides every failure", command.program());
            found.add(range(), message, "", "take it out");
        } else if command.program() == "set"
            && (command.says(&["+e", "+eu", "+o"]) || command.says(&["errexit"]))
            && !command.says(&["-o"])
        {
            let help = "take it out; say what is acceptable with `expect`";
            found.add(range(), "`set +e` goes on after failures", "", help);
        }
    }
}

/// Why a command waits for keys, and what to use instead.
fn waits(command: &Command) -> Option<(String, &'static str)> {
    let program = command.program();
    let told = |why: &str, help| Some((format!("`{why}` waits for keys"), help));
    let show = "print it (`cat`, `tail -n 50`), or use a `manual` step with `open`";
    match program {
        "less" | "more" | "most" | "man" => told(program, show),
        "vi" | "vim" | "nvim" | "nano" | "emacs" | "pico" => told(program, "use a `manual` step"),
        "watch" => Some(("`watch` never ends".into(), "use `wait_until` or `wait_for_url`")),
        "top" | "htop" | "btop" | "iotop" => Some((
            format!("`{program}` never ends"),
            "take one look: `top -b -n 1`, or `ps aux --sort=-%cpu`",
        ))
        .filter(|_| !command.has(&["-b"])),
        "open" | "xdg-open" | "start" => {
            told(program, "use `link:`, or a `manual` step with `open`")
        }
        "prisma" if command.says(&["studio"]) => {
            Some(("`prisma studio` is a server that never ends".into(), "use a `sql` step"))
        }
        "tail" if command.has(&["-f", "-F", "--follow"]) => {
            Some(("`tail -f` never ends".into(), "use `tail -n 100`"))
        }
        "journalctl" | "kubectl" | "docker" | "docker-compose"
            if command.says(&["-f", "--follow"])
                && (program == "journalctl" || command.says(&["logs"])) =>
        {
            Some((format!("`{program} -f` never ends"), "take the last lines: `--tail 100`"))
        }
        "docker" | "kubectl" | "docker-compose"
            if command.says(&["exec", "run"])
                && (command.has(&["-t", "--tty"]) || command.has(&["-i", "--interactive"]))
                && !command.is_fed() =>
        {
            told(
                &format!("{program} exec -it"),
                "leave `-it` out; with docker compose write `exec -T`",
            )
        }
        "ssh" if !batch(command) => Some((
            "`ssh` may wait for a password or a host key".into(),
            "add `-o BatchMode=yes -o ConnectTimeout=10`",
        )),
        "psql" if !sends_something(command) => {
            told("psql", "use a `sql` step, or give it `-c` or `-f`")
        }
        "mysql" | "mariadb" if !command.is_fed() && !command.has(&["-e", "--execute"]) => {
            told(program, "use a `sql` step, or give it `-e`")
        }
        "passwd" | "ftp" | "telnet" => told(program, "use a tool that needs no keys"),
        _ => None,
    }
}

fn batch(command: &Command) -> bool {
    command.arguments().iter().any(|word| {
        word.text.replace(' ', "=") == "BatchMode=yes" || word.text == "-oBatchMode=yes"
    })
}

fn sends_something(command: &Command) -> bool {
    let short = |word: &super::super::shell::Word| {
        let text = word.text.as_str();
        text.starts_with('-') && !text.starts_with("--") && text.ends_with(['c', 'f', 'l'])
    };
    command.is_fed()
        || command.has(&["-c", "--command", "-f", "--file", "-l", "--list", "--version", "-V"])
        || command.arguments().iter().any(short)
}

fn interactive(_: &In<'_>, spot: &Spot<'_>, command: &Command, found: &mut Found<'_>) {
    if spot.site.common().is_some_and(|common| common.interactive) {
        return;
    }
    if let Some((message, help)) = waits(command) {
        found.add(found.within(spot, command.range.clone()), message, "", help);
    }
}

fn curl(_: &In<'_>, spot: &Spot<'_>, command: &Command, found: &mut Found<'_>) {
    let fails = ["-f", "--fail", "--fail-with-body", "--fail-early"];
    let asks_status = command
        .arguments()
        .iter()
        .any(|word| word.text.contains("%{http_code}") || word.text.contains("%{response_code}"));
    if command.program() == "curl"
        && !command.has(&fails)
        && !asks_status
        && !command.has(&["-V", "--version"])
    {
        let range = command.words.first().map_or(command.range.clone(), |word| word.range.clone());
        let help = "add `--fail` (`-fsS`), or use an `http` or `wait_for_url` step";
        found.add(
            found.within(spot, range),
            "curl without `--fail` exits 0 on an error page",
            "",
            help,
        );
    }
}

fn delete_variable(_: &In<'_>, spot: &Spot<'_>, command: &Command, found: &mut Found<'_>) {
    if command.program() != "rm" || !command.has(&["-r", "-R", "-f", "--recursive", "--force"]) {
        return;
    }
    for word in command.arguments() {
        let Some(variable) = word.variables.first().filter(|variable| !variable.guarded) else {
            continue;
        };
        // An empty variable deletes nothing when it is the whole word.
        let bare = format!("${}", variable.name);
        if word.text.starts_with(&bare) && word.text != bare {
            let message = format!("with an empty `${}` this deletes elsewhere", variable.name);
            let help =
                format!("write `${{{}:?}}`: the shell stops when it is empty", variable.name);
            found.add(found.within(spot, word.range.clone()), message, "", &help);
        }
    }
}

/// Variables of the shell and of every command of mayday.
const GIVEN: &[&str] = &["http_proxy", "https_proxy", "no_proxy", "all_proxy", "_"];

fn unset(around: &In<'_>, spot: &Spot<'_>, script: &Script, found: &mut Found<'_>) {
    let assigned: HashSet<&str> = script.assigned.iter().map(String::as_str).collect();
    let sight = Sight { piece: spot.piece, section: spot.site.section };
    let mut told: HashSet<&str> = HashSet::new();
    for variable in &script.used {
        let name = variable.name.as_str();
        let playbook_like = name.starts_with(|c: char| c.is_ascii_lowercase())
            && !name.contains(|c: char| c.is_ascii_uppercase());
        let known = !playbook_like
            || assigned.contains(name)
            || GIVEN.contains(&name)
            || variable.guarded
            || spot.site.secrets.contains_key(name)
            || (spot.piece.item && ITEM.contains(&name));
        if known || !told.insert(name) {
            continue;
        }
        let range = found.within(spot, variable.range.clone());
        if let Some(definition) = around.names.seen(name, &sight) {
            if !Names::is_visible(definition.at, definition.section, &sight) {
                let message = format!("`{name}` has no value yet");
                let help =
                    format!("the step `{}` captures it, at this point or later", definition.step);
                found.add_as("E063", range, message, "", &help);
            }
            continue;
        }
        let Some(config) = around.scene.config() else { continue };
        if config.environments.values().any(|environment| environment.vars.contains_key(name)) {
            continue;
        }
        let near =
            crate::diagnostic::did_you_mean(name, around.names.all.keys().map(String::as_str));
        let help = near.map_or_else(
            || "define it under `inputs` or `vars`, or under `vars` of the environment".to_owned(),
            |near| format!("did you mean `${near}`?"),
        );
        found.add(range, format!("nothing sets `${name}`"), "", &help);
    }
}

fn pattern(_: &In<'_>, spot: &Spot<'_>, command: &Command, found: &mut Found<'_>) {
    if let Some(file) = command.input_file().filter(|file| file.pattern) {
        let help = "name the one file, with a var: `< \"$dump_file\"`";
        let range = found.within(spot, file.range.clone());
        found.add(range, "this may be no file, or several", "a pattern", help);
    }
}

fn unquoted(_: &In<'_>, spot: &Spot<'_>, script: &Script, found: &mut Found<'_>) {
    for command in
        script.commands.iter().filter(|c| !matches!(c.program(), "" | "[[" | "export" | "local"))
    {
        let words = command.arguments().iter();
        for variable in words.flat_map(|word| &word.variables).filter(|v| !v.quoted) {
            let range = found.within(spot, variable.range.clone());
            let help = format!("write `\"${}\"`", variable.name);
            found.add(range, format!("`${}` without quotes", variable.name), "", &help);
        }
    }
}

fn sleep(_: &In<'_>, spot: &Spot<'_>, command: &Command, found: &mut Found<'_>) {
    if command.program() == "sleep" {
        let help = "use `wait_until`, `wait_for_url` or `pause`";
        found.add(
            found.within(spot, command.range.clone()),
            "a `sleep` that nobody sees",
            "",
            help,
        );
    }
}
