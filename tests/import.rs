//! `mayday import`: what becomes of a runbook in prose, and that nothing of it is lost.

use std::collections::BTreeSet;
use std::sync::Arc;

use mayday::diagnostic::Level;
use mayday::import::{self, Draft, Refused};
use mayday::playbook::Playbook;
use mayday::playbook::parse;
use mayday::steps::Action;

use crate::support::desk::Desk;
use crate::support::dice::Dice;

/// A runbook as teams write them: two languages, prose, fences, ticks, a table, a terminal.
const RUNBOOK: &str = include_str!("fixtures/import/shop-down.md");

/// The draft as a playbook; it has no error of reading.
#[track_caller]
fn read(draft: &Draft) -> Playbook {
    let file = parse::read_source("draft.yaml", draft.yaml.clone().into_bytes())
        .unwrap_or_else(|fault| panic!("{}\n{}", fault.message, draft.yaml));
    let parsed = parse::playbook(&Arc::clone(&file));
    let errors: Vec<_> = parsed.faults.iter().filter(|fault| fault.level == Level::Error).collect();
    assert!(errors.is_empty(), "{errors:?}\n{}", draft.yaml);
    parsed.value.unwrap()
}

/// The words of a text, fences and numbers of lists left out.
fn words(text: &str) -> BTreeSet<String> {
    let fence = |line: &str| line.contains("```") || line.contains("~~~");
    let lines = text.lines().filter(|line| !fence(line));
    lines
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.chars().any(char::is_alphabetic))
        .map(str::to_owned)
        .collect()
}

#[track_caller]
fn nothing_is_lost(text: &str, draft: &Draft) {
    // Whether a box was ticked is of its time.
    let text = &text.replace("[x]", "[ ]");
    let there = words(&draft.yaml.replace("\\n", "\n").replace("\\t", "\t"));
    let lost: Vec<_> = words(text).into_iter().filter(|word| !there.contains(word)).collect();
    assert!(lost.is_empty(), "lost {lost:?} of\n{text}\nin\n{}", draft.yaml);
}

#[test]
fn a_runbook_becomes_phases_and_typed_steps_with_guessed_effects() {
    let draft = import::import("shop-down.md", "shop-down", RUNBOOK).unwrap();
    nothing_is_lost(RUNBOOK, &draft);
    insta::assert_snapshot!(draft.yaml);
    let playbook = read(&draft);
    let kinds: Vec<&str> = playbook.steps().map(|step| step.action.key()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "sql").count(), 1);
    assert_eq!(draft.steps, kinds.len());
    let executable = playbook
        .steps()
        .filter(|step| matches!(step.action, Action::Shell(_) | Action::Sql(_)))
        .count();
    assert_eq!(draft.executable, executable);
    assert_eq!(draft.reviews, draft.yaml.matches("# REVIEW").count());
}

#[test]
fn the_command_writes_a_draft_that_check_takes_and_overwrites_nothing() {
    let desk = Desk::with(&[(
        "mayday.yaml",
        "environments:\n  here: { danger: low, targets: { db: { type: sqlite, path: shop.db } } }\n",
    )]);
    desk.write("Shop Down.md", RUNBOOK);
    let said = desk.mayday(&["import", "Shop Down.md"]);
    said.is(0, &["steps can be executed", "are for a person", "REVIEW"]);
    assert!(desk.path("playbooks/shop-down.yaml").is_file());
    desk.mayday(&["check"]).is(0, &[]);
    desk.mayday(&["import", "Shop Down.md"]).is(4, &["nothing is overwritten"]);
    desk.mayday(&["import", "Shop Down.md", "--id", "other", "--print"]).is(0, &["id: other"]);
    assert!(!desk.path("playbooks/other.yaml").exists());
}

/// Errors of the checks, each with the line of the step it belongs to.
fn errors(draft: &Draft) -> Vec<(&'static str, String)> {
    let parsed =
        parse::playbook(&mayday::diagnostic::SourceFile::new("d.yaml", draft.yaml.as_str()));
    let playbooks = [parsed];
    let set = mayday::playbook::check::Set {
        playbooks: &playbooks,
        config: None,
        today: "2026-11-22T00:00:00Z".parse().unwrap(),
    };
    let lines: Vec<&str> = draft.yaml.lines().collect();
    let all = mayday::playbook::check::check(&set).into_iter();
    all.filter(|fault| fault.level == Level::Error)
        .map(|fault| {
            let (line, _) = fault.labels[0].file.line_column(fault.labels[0].range.start);
            let above = lines[..line].iter().rev().find(|line| line.starts_with("      - id: "));
            (fault.code.0, (*above.unwrap_or(&lines[0])).to_owned())
        })
        .collect()
}

#[test]
fn a_draft_passes_check_or_says_review_where_it_cannot() {
    let text = "# Broken\n\n1. Look\n\n```bash\nDB=\"postgresql://app:hunter2@db.example/app\" psql -c 'SELECT 1'\n```\n\n\
                2. Count\n\n```sql\nSELECT {{ n }} FROM t WHERE id = :nobody;\n```\n\n3. Fine\n\n```bash\nuptime\n```\n";
    let draft = import::import("x.md", "x", text).unwrap();
    read(&draft);
    nothing_is_lost(text, &draft);
    let found = errors(&draft);
    let codes: BTreeSet<_> = found.iter().map(|(code, _)| *code).collect();
    assert!(codes.contains("E083") && codes.contains("E090"), "{found:?}\n{}", draft.yaml);
    for (code, line) in &found {
        assert!(line.contains(&format!("{code} ")) && line.contains("# REVIEW"), "{code}: {line}");
    }
    assert_eq!(draft.reviews, draft.yaml.matches("# REVIEW").count());
    let fine =
        draft.yaml.lines().find(|line| line.contains("- id: fine") || line.contains("uptime"));
    assert!(!fine.unwrap().contains("REVIEW E"), "{}", draft.yaml);
    // A heading alone is a draft without an error.
    let draft = import::import("x.md", "x", "# Only a heading\n").unwrap();
    assert_eq!(errors(&draft), []);
}

#[test]
fn odd_documents_become_drafts_that_can_be_read_and_lose_nothing() {
    let rows = "| Do \\| look | `id` | |\n";
    for text in [
        &format!("# T\n\n| a | b | c |\n|---|:-:|--:|\n{rows}"),
        "1. Outer\n   - inner\n     1. deeper `ls`\n        - [ ] deepest\n2. Next\n      - odd\n",
        "Title\n=====\n\nPart\n----\n\n1. Do `uptime`\n",
        "<div>\n<p>Keep me</p>\n</div>\n\n<details>\n\n```bash\necho in\n```\n\n</details>\n\n<!-- kept -->\n",
        "Run:\n\n    pg_dump -Fc app\n\nand\n\n\tuptime\n",
        "- Do:\n\n  ~~~bash\n  echo a\n  ```\n  echo b\n  ~~~\n\n> quoted\n> ```sql\n> DELETE FROM t;\n> ```\n",
        "1.\tFirst\n\t```bash\n\techo\ttab\n\t```\n-\titem\n\t-\tsub\n",
        "# C\r\n\r\n1. One\r\n\r\n```bash\r\necho one\r\n```\r\n",
        "See [doc](https://a.example \"The \\\"title\\\"\") and [ref][r].\n\n[r]: https://b.example (Paren)\n",
        "Text[^1].\n\n[^1]: The note with `code`.\n    second line\n",
        "---\ntitle: \"Runbook: x\"\ntags: [a]\n---\n\n# After\n\n1. Do `id`\n",
        "# \u{1F6A8} Emergency\n\n```bash\necho \"\u{1F680}\"\n```\n",
        "# שחזור\n\n1. עצור \u{202e}evil\u{202c}\n",
        "# U\n\n```bash\necho never closed\n## not a heading\n",
        "# - key: value\n\n1. \"quoted: yes\" # comment\n2. *alias &anchor !tag\n3. | block\n4. %dir\n",
        "```console\n$ ls\ntotal 0\n# whoami\n```\n\n```python\nprint(1)\n```\n",
        "####### seven\n#nospace\n# \n## closing ##\n",
        "# Only CR\r\r1. One\r2. Two\r",
        "7. seven\n3) three\n10000000000. big\n",
    ] {
        let draft = import::import("odd.md", "odd", text).unwrap();
        read(&draft);
        nothing_is_lost(text, &draft);
        for (code, line) in errors(&draft) {
            assert!(line.contains("# REVIEW"), "{code}: {line}\n{text}");
        }
    }
    // Deep and many-headed ones end, too.
    let deep: Vec<String> = (0..200).map(|level| "  ".repeat(level) + "- level\n").collect();
    let text = format!("{}{}deep\n", deep.concat(), ">".repeat(300));
    read(&import::import("deep.md", "deep", &text).unwrap());
}

#[test]
fn what_is_no_runbook_is_refused_in_words() {
    let desk = Desk::with(&[("mayday.yaml", "environments:\n  here: { danger: low }\n")]);
    for (text, why) in [
        (b"".to_vec(), "it is empty"),
        (b"  \n\n---\n".to_vec(), "it is empty"),
        (b"\x7fELF\x00\x01".to_vec(), "byte 5 is 0"),
        (b"fine \xff\xfe".to_vec(), "not UTF-8 from byte 6 on"),
        (vec![b'a'; import::LONGEST + 1], "split it, a procedure a file"),
    ] {
        std::fs::write(desk.path("x.md"), text).unwrap();
        desk.mayday(&["import", "x.md"]).is(3, &[why, "nothing was written"]);
    }
    desk.mayday(&["import", "missing.md"]).is(2, &["read missing.md"]);
    desk.mayday(&["import", "-"]).is(2, &["--id"]);
    assert!(matches!(import::text(vec![b'a'; import::LONGEST + 1]), Err(Refused::TooLong(_))));
}

/// Pieces of Markdown that mean something to a reader of it, to YAML, to a template or to a shell.
const PIECES: &[&str] = &[
    "# Title",
    "## Again",
    "###### Deep",
    "1. first",
    "2. second",
    "- bullet",
    "- [ ] tick",
    "* star",
    "```bash",
    "```",
    "~~~",
    "    indented",
    "> quote",
    "| a | b |\n|---|---|\n| c | d |",
    "---",
    "{{ name }}",
    "{% if x %}",
    "{# note #}",
    "`code`",
    "**bold**",
    "[link](https://a.example/x)",
    "[ref]: https://b.example",
    "<div>html</div>",
    "\\",
    ": ",
    "#",
    "'",
    "\"",
    "%",
    "&a *b !c",
    "|",
    "é ñ ü",
    "\u{202e}",
    "\t",
    "rm -rf /tmp/x",
    "$ ls -l",
    "echo \"$A\" <<EOF",
    "EOF",
    "SELECT 1;",
    "```sql",
    "```markdown",
    "Run `ls -l`",
    "\u{7f}",
    "\u{85}",
    "true",
    "null",
    "- - - - nested",
    "\r",
];

#[test]
fn any_markdown_gives_a_draft_that_reads_and_keeps_its_words() {
    let mut dice = Dice(0x1dea_0001);
    for _ in 0..1500 {
        let mut text = String::from("words\n");
        for _ in 0..dice.below(24) {
            text.push_str(PIECES[dice.below(PIECES.len())]);
            text.push_str(["\n", "\n\n", " ", "\n  ", "\n   "][dice.below(5)]);
        }
        let draft = import::import("x.md", "x", &text).unwrap();
        read(&draft);
        assert!(draft.steps > 0);
        nothing_is_lost(&text, &draft);
    }
}

#[test]
fn depth_and_length_are_bounded() {
    for text in [
        "- ".repeat(20_000) + "end",
        "> ".repeat(20_000) + "end",
        "1. x\n".repeat(15_000),
        "# h\n".repeat(20_000) + "end",
        "[".repeat(50_000) + "end",
        "`".repeat(50_000) + "end",
    ] {
        match import::import("x.md", "x", &text) {
            Ok(draft) => assert!(draft.steps > 0),
            Err(refused) => assert!(matches!(refused, Refused::TooMany(_)), "{refused}"),
        }
    }
}

/// Texts as wikis, exports and accidents make them: what each must keep, and how many of its steps can be executed.
#[test]
fn odd_texts_give_a_draft_that_check_takes_and_lose_no_word() {
    let desk = Desk::with(&[(
        "mayday.yaml",
        "environments:\n  here: { danger: low, targets: { db: { type: sqlite, path: shop.db } } }\n",
    )]);
    let level = |level: usize| format!("{}- level{level}", "  ".repeat(level));
    let deep = (0..600).map(level).collect::<Vec<_>>().join("\n");
    let texts = [
        (
            "1. One\n   1. One a\n      - deep\n        1. deeper\n           ```sh\n           echo deep\n           ```\n2. Two\n",
            1,
        ),
        ("| step | command |\n|---|---|\n| 1 | `systemctl restart x` |\n\nText after.\n", 0),
        (
            "<details><summary>Click</summary>\n\n```sh\necho html\n```\n\n</details>\n<!-- hidden words -->\n",
            1,
        ),
        ("> Quoted\n>\n> ```sh\n> echo quoted\n> ```\n> 1. quoted step\n", 0),
        ("# C\r\n\r\n1. One\r\n\r\n   ```sh\r\n   echo crlf\r\n   ```\r\n", 1),
        ("# Old\r\r1. One\r2. Two\r", 0),
        ("1.\tTabbed\n\n\t\techo indented\n\n\t- [ ] tick\n", 1),
        ("Title\n=====\n\nPhase\n-----\n\n```\nls -la\n```\n", 1),
        (
            "See [a][b] and [^1].\n\n[b]: https://example.com/b \"Tip\"\n[unused]: https://example.com/u\n[^1]: Footnote\n    goes on\n",
            0,
        ),
        ("---\ntitle: Front\ntags: [alpha]\n---\n\n# Real\n\n1. step\n", 0),
        ("- [ ] open\n- [x] done\n1. [ ] numbered\n", 0),
        ("```bash title=\"info\" {1,3}\necho info\n```\n\n~~~python more\nprint('py')\n~~~\n", 1),
        ("```powershell\nGet-Service x\n```\n\n```yaml\na: {b: c}\n```\n```zsh\nls\n```\n", 1),
        ("```sh\necho unclosed\nrm -rf /tmp/x\n", 1),
        ("```sql\n-- Nothing but words\n```\n\n```sh\n# Words, too\n```\n", 0),
        ("\u{feff}# Marked\n\n1. step\n", 0),
        (
            "# a: b # c\n\n1. `{{ x }}` {% if y %} {# z #}\n2. - : ? ! & * | > ' \" % @\n3. key: value # more\n",
            0,
        ),
        ("1. \u{1b}[31mred\u{7}\n", 0),
        ("Term\n: definition\n\n![alt](http://img.example/x.png \"tip\") &copy; $$ x = 1 $$\n", 0),
        (deep.as_str(), 0),
    ];
    for (text, executable) in texts {
        let draft = import::import("x.md", "x", text).unwrap();
        read(&draft);
        nothing_is_lost(text, &draft);
        assert_eq!(draft.executable, executable, "{text}\n{}", draft.yaml);
        desk.write("playbooks/x.yaml", &draft.yaml);
        desk.mayday(&["check"]).is(0, &[]);
    }
    // What a fence says of its language is kept where no type of step says it.
    let draft = import::import("x.md", "x", "```PowerShell\nGet-Service\n```\n").unwrap();
    assert!(draft.yaml.contains("# Written in powershell"), "{}", draft.yaml);
    let lines = "a\n".repeat(500_000);
    assert!(matches!(import::import("x.md", "x", &lines), Err(Refused::DraftTooLong(_))));
}

#[test]
fn how_lines_end_and_what_marks_the_file_change_nothing() {
    let text = "# Pay\n\n1. Second\n\ttabbed\n\n```sh\nsystemctl restart pay\n```\n\nAfter.\n";
    let draft = import::import("x.md", "x", text).unwrap();
    for other in [
        text.replace('\n', "\r\n"),
        text.replace('\n', "\r"),
        format!("\u{feff}{text}"),
        format!("\u{feff}{}", text.replace('\n', "\r\n")),
    ] {
        assert_eq!(import::import("x.md", "x", &other).unwrap().yaml, draft.yaml, "{other:?}");
    }
    assert_eq!(read(&draft).head.title, "Pay");
}

#[test]
fn what_a_terminal_printed_titles_no_command() {
    let text = "# T\n\n```console\n$ kubectl get pods\nNAME READY\n$ kubectl rollout restart deploy/pay\n```\n";
    let draft = import::import("x.md", "x", text).unwrap();
    nothing_is_lost(text, &draft);
    let playbook = read(&draft);
    let titles: Vec<_> = playbook.steps().map(|step| step.common.title.as_str()).collect();
    assert_eq!(titles, ["Run kubectl get pods", "Run kubectl rollout restart deploy/pay"]);
}
