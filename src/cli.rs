//! Commands: from the words on a command line to an exit code.
//!
//! Owns the command line's shape and the one place where a failure becomes words and an exit code. A
//! command is one file below `cli/` and one line in [`Command`].

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

mod abort;
mod ack;
mod alert;
mod beside;
mod book;
mod check;
mod completions;
mod doctor;
mod drill;
mod driven;
mod dry_run;
mod elsewhere;
pub mod exit;
mod explain;
mod export;
mod find;
mod fitting;
mod generated;
mod given;
mod history;
mod identity;
mod import;
mod keeper;
mod list;
mod machine;
mod missing;
mod new;
mod note;
mod notify;
mod observer;
mod out;
mod pick;
mod pinned;
mod preconditions;
mod project;
mod report;
mod resume;
mod rollback;
mod run;
mod runs;
#[cfg(feature = "sqlite")]
pub mod sandbox;
mod schema;
mod show;
mod slip;
mod status;
mod successor;
mod verify;
mod what;
mod whose;

use exit::Failure;

/// Runs recovery playbooks step by step, on the record, against the clock.
#[derive(Parser, Debug)]
#[command(
    name = "mayday",
    version,
    max_term_width = 100,
    before_help = "Examples:\n  \
        mayday list                                  what there is\n  \
        mayday run sev2-data-loss --env production   run it, step by step\n  \
        mayday resume                                go on after an interruption\n  \
        mayday drill run quickstart/data-loss --env sandbox",
    subcommand_required = true,
    arg_required_else_help = true
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Flags of every command; they work before and after the command's name.
#[derive(Args, Debug, Clone, Default)]
pub struct Global {
    /// The project's configuration [default: mayday.yaml, walking up from here]
    #[arg(long, global = true, env = "MAYDAY_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where runs are kept [default: mayday/runs in XDG_STATE_HOME]
    #[arg(long, global = true, env = "MAYDAY_STATE_DIR", value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// Never ask: a question without an answer given in advance stops with exit code 7
    #[arg(long, global = true, env = "MAYDAY_NO_INPUT", value_parser = clap::builder::FalseyValueParser::new())]
    pub no_input: bool,
    /// Plain lines: no colour, no moving parts, numbered choices
    #[arg(long, global = true, env = "MAYDAY_PLAIN", value_parser = clap::builder::FalseyValueParser::new())]
    pub plain: bool,
    /// The language of prompts, menus and lines of a run [default: what the environment says]
    #[arg(long, global = true, value_name = "LANG", value_parser = ["en", "es"])]
    pub lang: Option<String>,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List the playbooks, with where each stands
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    /// Find a playbook by symptom, title, alert or tag
    Find(find::FindArgs),
    /// Show one playbook as a person reads it
    Show(show::ShowArgs),
    /// Check playbooks and mayday.yaml: every fault at once
    Check(check::CheckArgs),
    /// Write a first playbook to fill in
    New(new::NewArgs),
    /// Turn a Markdown runbook into a draft playbook
    Import(import::ImportArgs),
    /// Look at what playbooks need here: tools, secrets, targets, URLs, disk, clocks
    Doctor(doctor::DoctorArgs),
    /// Explain a code of `check`
    Explain(explain::ExplainArgs),
    /// Run a playbook, step by step
    Run(Box<run::RunArgs>),
    /// Go on with a run
    Resume(resume::ResumeArgs),
    /// Test whether contacts can be reached
    Notify(notify::NotifyArgs),
    /// Close a run before its end
    Abort(abort::AbortArgs),
    /// Run the undos of a run, newest first, each confirmed
    Rollback(rollback::RollbackArgs),
    /// Note something for the record of a run
    Note(note::NoteArgs),
    /// Say when a milestone of the incident was
    Mark(note::MarkArgs),
    /// Tell the contacts now
    Escalate(note::EscalateArgs),
    /// Agree as the second person
    Ack(ack::AckArgs),
    /// Say who has a role
    Role(note::RoleArgs),
    /// Say that the incident is worse or better than was thought
    Severity(note::SeverityArgs),
    /// Say that the incident is not over after all
    Reopen(note::ReopenArgs),
    /// Say what those who wait for news were told
    Update(note::UpdateArgs),
    /// Let no further step begin until the run is released
    Hold(note::HoldArgs),
    /// Let the steps go on
    Release(note::ReleaseArgs),
    /// Hand a role over to somebody
    Handover(note::HandoverArgs),
    /// Show where a run stands
    Status(status::StatusArgs),
    /// List the runs
    Runs(runs::RunsArgs),
    /// Rehearse a playbook
    Drill(drill::DrillArgs),
    /// Write the post-mortem of a run
    Report(report::ReportArgs),
    /// Put a run into one file: record, evidence, reports, hashes
    Export(export::ExportArgs),
    /// Verify that the record of a run is whole and unchanged
    Verify(verify::VerifyArgs),
    /// Put the playbooks into a book of mdBook, which starts this itself
    Book(book::BookArgs),
    /// Print the JSON Schema of playbooks, of mayday.yaml or of reports
    Schema(schema::SchemaArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual page
    Man,
    /// Keep the commands of a run; started by mayday itself
    #[command(hide = true)]
    Keeper(keeper::KeeperArgs),
    /// Print a generated page of the documentation
    #[command(hide = true)]
    Generated(generated::GeneratedArgs),
    /// A small booking service with a SQLite database, to practise on
    #[cfg(feature = "sqlite")]
    Sandbox(sandbox::SandboxArgs),
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    crate::world::console::restore_on_panic();
    // What went wrong was said by then; the code is that of our own trouble.
    std::panic::catch_unwind(command).unwrap_or_else(|_| ExitCode::from(exit::INTERNAL))
}

fn command() -> ExitCode {
    let cli = if pick::can_ask() {
        match pick::pick() {
            Ok(Some(cli)) => cli,
            Ok(None) => return ExitCode::from(exit::DONE),
            Err(failure) => return ended(Err(failure), crate::ui::lang::Lang::English),
        }
    } else {
        match Cli::try_parse() {
            Ok(cli) => cli,
            Err(error) => return usage(&error),
        }
    };
    let global = cli.global;
    let lang = machine::lang(&global);
    let done = match cli.command {
        Command::List(args) => list::list(&global, &args),
        Command::Find(args) => find::find(&global, &args),
        Command::Show(args) => show::show(&global, &args),
        Command::Check(args) => check::check(&global, &args),
        Command::Doctor(args) => doctor::doctor(&global, &args),
        Command::New(args) => new::new(&global, &args),
        Command::Import(args) => import::import(&global, &args),
        Command::Explain(args) => explain::explain(&args),
        Command::Run(args) => run::run(&global, &args),
        Command::Resume(args) => resume::resume(&global, &args),
        Command::Notify(args) => notify::notify(&global, &args),
        Command::Abort(args) => abort::abort(&global, &args),
        Command::Rollback(args) => rollback::rollback(&global, &args),
        Command::Note(args) => note::note(&global, &args),
        Command::Mark(args) => note::mark(&global, &args),
        Command::Escalate(args) => note::escalate(&global, &args),
        Command::Ack(args) => ack::ack(&global, &args),
        Command::Role(args) => note::role(&global, &args),
        Command::Severity(args) => note::severity(&global, &args),
        Command::Reopen(args) => note::reopen(&global, &args),
        Command::Update(args) => note::update(&global, &args),
        Command::Hold(args) => note::hold(&global, &args),
        Command::Release(args) => note::release(&global, &args),
        Command::Handover(args) => note::handover(&global, &args),
        Command::Status(args) => status::status(&global, &args),
        Command::Runs(args) => runs::runs(&global, &args),
        Command::Drill(args) => drill::drill(&global, &args),
        Command::Report(args) => report::report(&global, &args),
        Command::Export(args) => export::export(&global, &args),
        Command::Verify(args) => verify::verify(&global, &args),
        Command::Book(args) => book::book(&global, &args),
        Command::Schema(args) => schema::schema(&args),
        Command::Completions(args) => completions::completions(&args, &mut Cli::command()),
        Command::Man => completions::man(Cli::command()),
        Command::Keeper(args) => keeper::keeper(&args),
        Command::Generated(args) => generated::generated(&args, Cli::command()),
        #[cfg(feature = "sqlite")]
        Command::Sandbox(args) => std::env::current_exe()
            .map_err(anyhow::Error::from)
            .and_then(|program| Ok(args.run(&program, &mut std::io::stdout())?))
            .map(|()| exit::DONE)
            .map_err(Failure::from),
    };
    ended(done, lang)
}

/// The exit code of a command, and the words of its failure.
fn ended(done: Result<u8, Failure>, lang: crate::ui::lang::Lang) -> ExitCode {
    match done {
        Ok(code) => match out::lost() {
            Some(why) => {
                let failure =
                    Failure::new(exit::INTERNAL, format!("write to standard output: {why}"));
                out::failure(&failure.hint("what was written there is not whole"), lang);
                // The code of a command that found something says more than this.
                ExitCode::from(if code == exit::DONE { exit::INTERNAL } else { code })
            }
            None => ExitCode::from(code),
        },
        Err(failure) => {
            out::failure(&failure, lang);
            ExitCode::from(failure.code)
        }
    }
}

/// Help and version are data; everything else is a wrong command line.
fn usage(error: &clap::Error) -> ExitCode {
    // The environment may have given a flag: then clap takes the bare name for an unfinished command.
    if error.kind() == clap::error::ErrorKind::MissingSubcommand {
        out::talk(&Cli::command().render_help().to_string());
        return ExitCode::from(exit::USAGE);
    }
    let text = error.render();
    if error.use_stderr() {
        out::talk(&text.to_string());
        if error.kind() == clap::error::ErrorKind::InvalidValue
            && let Some(name) = machine::emptied(&["MAYDAY_CONFIG", "MAYDAY_STATE_DIR"])
        {
            let lang = machine::lang(&Global::default());
            let words = format!("{name} is set and empty: unset it, or give it a value");
            out::tell(lang, &format!("hint: {words}"));
        }
        return ExitCode::from(exit::USAGE);
    }
    out::data(&text.to_string());
    ExitCode::from(exit::DONE)
}
