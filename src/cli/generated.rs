//! Pages of the documentation that are generated: the command line, the diagnostics, the formats.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};

use super::exit::{self, Failure};
use super::out;
use crate::book::reference::reference;
use crate::playbook::{catalogue, schema};
use crate::report::fields;

/// Flags of `generated`.
#[derive(Args, Debug)]
pub struct GeneratedArgs {
    /// Which page
    #[arg(value_enum)]
    page: Page,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Page {
    /// Every command with its long help
    Cli,
    /// Every diagnostic with its long text
    Diagnostics,
    /// Every field of a playbook
    Playbook,
    /// Every field of mayday.yaml
    Configuration,
    /// Every field that the template of a report is given
    TemplateContext,
}

pub(super) fn generated(args: &GeneratedArgs, cli: clap::Command) -> Result<u8, Failure> {
    let text = match args.page {
        Page::Cli => command_line(cli.term_width(100)),
        Page::Diagnostics => diagnostics(),
        Page::Playbook => reference("Every field of a playbook", &schema::playbook()),
        Page::TemplateContext => fields::page()
            .map_err(|trouble| Failure::new(exit::INVALID, format!("render {trouble}")))?,
        Page::Configuration => reference("Every field of mayday.yaml", &schema::config()),
    };
    out::data(&text);
    Ok(exit::DONE)
}

fn command_line(mut cli: clap::Command) -> String {
    cli.build();
    let mut text = String::from("# Command line\n\nGenerated from the program; do not edit.\n");
    section(&mut text, &mut cli, "mayday");
    text
}

fn section(text: &mut String, command: &mut clap::Command, path: &str) {
    let help = command.render_long_help();
    let help = help.to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    let _ = write!(text, "\n## `{path}`\n\n```text\n{}\n```\n", help.join("\n").trim_end());
    let names: Vec<String> = command
        .get_subcommands()
        .filter(|sub| !sub.is_hide_set() && sub.get_name() != "help")
        .map(|sub| sub.get_name().to_owned())
        .collect();
    for name in names {
        if let Some(sub) = command.find_subcommand_mut(&name) {
            section(text, sub, &format!("{path} {name}"));
        }
    }
}

fn diagnostics() -> String {
    let mut text = String::from("# Diagnostics\n\nGenerated from the program; do not edit.\n");
    for entry in catalogue::all() {
        let _ = write!(text, "\n## {}: {}\n\n{}\n", entry.code.0, entry.title, entry.text);
        for (heading, example) in [("Raises it", entry.bad), ("Better", entry.good)] {
            if !example.is_empty() {
                let _ = write!(text, "\n{heading}:\n\n```yaml\n{}\n```\n", example.trim_end());
            }
        }
    }
    text
}
