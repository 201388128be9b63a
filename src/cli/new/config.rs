//! The first `mayday.yaml` of a project that has none: a playbook without an environment cannot be run.

use std::path::Path;

use super::super::exit::Failure;
use super::super::project::Project;

/// Its one environment is this machine, which nothing is known of yet: `low` only says that a drill may run.
const STARTER: &str = r#"# Where playbooks run. Lines marked CHANGE are yours to fill in; `mayday check` reads along.
playbooks: playbooks
default_environment: here # CHANGE: what is meant without --env

# Where secrets are, never what they are.
# secrets: { db_url: "env:DATABASE_URL" }

environments:
  here: # CHANGE: its name, such as staging; production gets `danger: high`
    danger: low
    # targets: { db: { type: postgres, url: "secret:db_url" } }
"#;

/// Writes it where the project has none. True when it was written.
pub(in super::super) fn write_first(project: &Project) -> Result<bool, Failure> {
    let file = project.base.join("mayday.yaml");
    if project.config.is_some() || there(&file) {
        return Ok(false);
    }
    super::write(&file, STARTER)?;
    Ok(true)
}

/// One that cannot be read is there, too.
fn there(file: &Path) -> bool {
    file.symlink_metadata().is_ok()
}
