//! `mayday import FILE.md`: a Markdown runbook as a draft playbook.

use std::io::Read as _;
use std::path::PathBuf;

use clap::Args;

use super::exit::{self, Failure};
use super::project::Project;
use super::{Global, new, out};
use crate::import::{self, Refused};

/// Flags of `import`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  \
    mayday import wiki/database-down.md\n  \
    mayday import runbook.md --id shop/payments-stuck\n  \
    curl -s https://wiki.example/raw/42 | mayday import - --id api-down")]
pub struct ImportArgs {
    /// The runbook, a Markdown file; `-` reads standard input
    file: PathBuf,
    /// The playbook's id [default: from the file's name]
    #[arg(long)]
    id: Option<String>,
    /// Print the draft instead of writing it into the folder of playbooks
    #[arg(long)]
    print: bool,
}

pub(super) fn import(global: &Global, args: &ImportArgs) -> Result<u8, Failure> {
    let name = args.file.display().to_string();
    let from_input = name == "-";
    let id = match &args.id {
        Some(id) => id.clone(),
        None if from_input => {
            return Err(Failure::new(exit::USAGE, "import from standard input: it has no name")
                .hint("give the playbook an id: --id api-down"));
        }
        None => id_of(&args.file),
    };
    new::valid(&id)?;
    let text = import::text(read(args, from_input)?).map_err(|refused| wrong(&name, &refused))?;
    let source = if from_input { "standard input" } else { &name };
    let draft = import::import(source, &id, &text).map_err(|refused| wrong(&name, &refused))?;
    if args.print {
        out::data(&draft.yaml);
    } else {
        let project = Project::open(global.config.as_deref())?;
        let file = project.folder().join(format!("{id}.yaml"));
        new::write(&file, &draft.yaml)?;
        out::line(&file.display().to_string());
        new::first_config(&project)?;
    }
    out::talk(&format!(
        "{} of {} steps can be executed ({} %), {} are for a person. {} places say REVIEW.\nNext: read them, \
         then mayday check, then mayday run {id} --dry-run",
        draft.executable,
        draft.steps,
        draft.share(),
        draft.steps - draft.executable,
        draft.reviews
    ));
    Ok(exit::DONE)
}

fn wrong(name: &str, refused: &Refused) -> Failure {
    Failure::new(exit::INVALID, format!("import {name}: {refused}")).hint("nothing was written")
}

/// One byte more than is taken, and no further: the file may have no end.
fn read(args: &ImportArgs, from_input: bool) -> Result<Vec<u8>, Failure> {
    let most = import::LONGEST as u64 + 1;
    let mut bytes = Vec::new();
    let done = if from_input {
        std::io::stdin().take(most).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(&args.file).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    done.map_err(|error| {
        Failure::new(exit::USAGE, format!("read {}: {error}", args.file.display()))
    })?;
    Ok(bytes)
}

/// `Database Down.md`: `database-down`.
fn id_of(file: &std::path::Path) -> String {
    let name = file.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let id: String = name.chars().map(plain).collect();
    id.trim_matches('-').chars().take(60).collect()
}
