//! The machine that is measured on, in words.
#![expect(clippy::disallowed_methods, reason = "a tool is looked for where a shell would")]

use std::fs;
use std::path::PathBuf;

/// Date, kernel, processor, cores, memory and load.
pub fn describe() -> String {
    let model = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".into());
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let missing: Vec<&str> =
        ["just", "strace", "valgrind"].into_iter().filter(|tool| find(tool).is_none()).collect();
    let missing = match missing.as_slice() {
        [] => String::new(),
        tools => format!("; not installed: {}", tools.join(", ")),
    };
    format!(
        "{} on {model}, {cores} cores, {memory}, Linux {}. Load {}{missing}.",
        chrono::Utc::now().format("%Y-%m-%d"),
        kernel.trim(),
        load()
    )
}

/// Processes that wanted to run, over 1, 5 and 15 minutes.
pub fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

/// A program on PATH.
pub fn find(tool: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(tool)).find(|file| file.is_file())
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
