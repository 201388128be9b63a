//! The layers of ARCHITECTURE.md as data, and the tests that hold the source to them.
//!
//! Reads the files below `src/` as text: paths in `use` trees and inline paths alike, outside strings,
//! comments and test modules. A new module or dependency fails here until it has a place in a table.

use std::fs;
use std::path::{Path, PathBuf};

mod paths;

use paths::{Named, named_paths};

/// Layer and modules, lowest first. A module may name its own layer and those before it.
const LAYERS: &[(&str, &[&str])] = &[
    ("base", &["diagnostic", "secret", "seeded", "text", "time"]),
    ("vocabulary", &["effect", "severity", "template"]),
    ("playbook", &["config", "import", "plan", "playbook", "steps"]),
    ("run", &["run"]),
    ("world", &["journal", "world"]),
    ("report", &["report", "timeline"]),
    ("front", &["book", "cli", "main", "ui"]),
];

/// A dependency and who may name it: modules, files (`run/drive`) or whole layers.
const CRATES: &[(&str, &[&str])] = &[
    // everywhere
    ("serde", &["*"]),
    ("serde_json", &["*"]),
    ("thiserror", &["*"]),
    // base and vocabulary
    ("annotate_snippets", &["diagnostic"]),
    ("strsim", &["diagnostic"]),
    ("chrono", &["time", "world"]),
    ("humantime", &["time"]),
    ("secrecy", &["secret", "world"]),
    ("aho_corasick", &["secret"]),
    ("base64", &["secret", "world"]),
    ("percent_encoding", &["secret", "template", "world"]),
    ("minijinja", &["template", "report"]),
    ("regex", &["template", "playbook"]),
    // playbook; `schemars` also names the types of the layers below it
    ("schemars", &["base", "vocabulary", "playbook"]),
    ("pulldown_cmark", &["import", "book"]),
    ("serde_yaml", &["playbook"]),
    ("saphyr_parser", &["playbook"]),
    ("serde_path_to_error", &["playbook"]),
    // world
    ("duct", &["world"]),
    ("futures_util", &["world"]),
    ("mysql", &["world"]),
    ("nix", &["world"]),
    ("rusqlite", &["world"]),
    ("rustix", &["world"]),
    ("rustls", &["world"]),
    ("rustls_platform_verifier", &["world"]),
    ("sha2", &["world", "journal"]),
    ("signal_hook", &["world"]),
    ("tokio", &["world"]),
    ("tokio_postgres", &["world"]),
    ("tokio_postgres_rustls", &["world"]),
    ("ureq", &["world"]),
    // front
    ("anyhow", &["cli", "main"]),
    ("clap", &["cli", "main"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("comfy_table", &["front"]),
    ("console", &["front"]),
    ("indicatif", &["front"]),
    ("inquire", &["front"]),
];

/// Files that may have more than 400 lines of code, up to how many, and why.
const LONGER: &[(&str, usize, &str)] = &[
    ("effect.rs", 550, "a vocabulary: one short type after the other"),
    ("playbook.rs", 600, "the language: one short type after the other"),
    ("run/advance.rs", 520, "the order inside a step, in one place"),
    ("run/digest.rs", 520, "what each kind of input becomes"),
    ("run/event.rs", 660, "a vocabulary: one fact after the other"),
    ("run/state.rs", 560, "the fold: one arm for each kind of fact"),
    ("steps.rs", 600, "the trait, the registry and what all types share"),
    ("world/live.rs", 560, "one poll loop over everything that can happen"),
];

/// What the pure half never names: files, environment, processes, network, clocks, chance.
const IMPURE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "chrono::Local",
    "chrono::Utc::now",
];

/// Every fault of one file: `run/next.rs:12: names ...`.
fn faults(file: &str, text: &str) -> Vec<String> {
    let module = file.trim_end_matches(".rs");
    let own = module.split('/').next().unwrap_or_default();
    if own == "lib" {
        return Vec::new();
    }
    let Some(own_layer) = layer_of(own) else {
        return vec![format!("{file}: module `{own}` has no layer in tests/layers.rs")];
    };
    let mut faults = Vec::new();
    for Named { path, line } in named_paths(module, text) {
        let first = path[0].as_str();
        let shown = path.join("::");
        if first == "crate" {
            let Some(layer) = path.get(1).and_then(|name| layer_of(name)) else { continue };
            if layer > own_layer {
                let (to, from) = (LAYERS[layer].0, LAYERS[own_layer].0);
                faults.push(format!("{file}:{line}: `{shown}` is {to}, above {from}"));
            }
        } else if let Some((_, places)) = CRATES.iter().find(|(name, _)| *name == first) {
            let layer = LAYERS[own_layer].0;
            let allowed = |place: &&str| {
                *place == "*" || *place == own || *place == layer || module.starts_with(place)
            };
            if !places.iter().any(allowed) {
                faults.push(format!("{file}:{line}: `{shown}` belongs to {}", places.join(", ")));
            }
        }
        let pure = own == "steps" || own == "run";
        if pure && IMPURE.iter().any(|banned| covers(banned, &path)) {
            faults.push(format!("{file}:{line}: `{shown}` in code that must be pure"));
        }
    }
    faults
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|(_, modules)| modules.contains(&module))
}

/// True when `path` is `banned`, or below it, or brings in all of its parent (`std::*`).
fn covers(banned: &str, path: &[String]) -> bool {
    let banned: Vec<&str> = banned.split("::").collect();
    let glob = path.last().is_some_and(|last| last == "*");
    if glob && path.len() <= banned.len() {
        return path[..path.len() - 1].iter().zip(&banned).all(|(a, b)| a == b);
    }
    path.len() >= banned.len() && path.iter().zip(&banned).all(|(a, b)| a == b)
}

/// The Rust files below `src/`, as `run/next.rs` and text.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    let name = |path: &Path| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
    let is_test = |name: &str| name.ends_with("tests.rs") || name.contains("tests/");
    files
        .iter()
        .map(|path| (name(path), fs::read_to_string(path).unwrap()))
        .filter(|(name, _)| !is_test(name))
        .collect()
}

#[test]
fn every_file_keeps_to_its_layer() {
    let sources = sources();
    assert!(sources.len() > 20, "found only {} source files", sources.len());
    let faults: Vec<String> = sources.iter().flat_map(|(file, text)| faults(file, text)).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_dependency_has_a_place() {
    let manifest = include_str!("../Cargo.toml");
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap();
    let section = section.split("\n[").next().unwrap();
    let names = section.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name);
    let missing: Vec<&str> = names
        .filter(|name| !name.starts_with('#'))
        .filter(|name| !CRATES.iter().any(|(known, _)| *known == name.replace('-', "_")))
        .collect();
    assert_eq!(missing, [""; 0], "dependencies without a place in tests/layers.rs");
    assert!(section.lines().count() > 20, "the manifest was not read");
}

#[test]
fn no_folder_has_a_mod_file_and_no_file_outgrows_its_idea() {
    for (file, text) in sources() {
        assert!(!file.ends_with("mod.rs"), "{file}: use `foo.rs` beside `foo/`");
        let longer = LONGER.iter().find(|(name, ..)| *name == file);
        let limit = longer.map_or(400, |(_, limit, _)| *limit);
        let lines = text.lines().take_while(|line| *line != "#[cfg(test)]").count();
        assert!(lines <= limit, "{file} has {lines} lines: look for a second idea in it");
    }
}

#[test]
fn a_layer_named_too_early_is_found() {
    let bad = "use crate::{\n  time::Span,\n  world::{self, World},\n};\n";
    assert_eq!(
        faults("steps/bad.rs", bad),
        [
            "steps/bad.rs:3: `crate::world::self` is world, above playbook",
            "steps/bad.rs:3: `crate::world::World` is world, above playbook"
        ]
    );
    let inline = "fn f() { let _ = crate::journal::open(); }";
    assert_eq!(faults("run/next.rs", inline).len(), 1);
    assert_eq!(faults("run/drive.rs", inline).len(), 1);
    assert_eq!(faults("steps/bad.rs", "use super::super::ui;").len(), 1);
    assert_eq!(faults("playbook.rs", "use super::cli::Command;").len(), 1);
    assert_eq!(faults("stray.rs", "").len(), 1, "a module without a layer");
}

#[test]
fn a_crate_outside_its_layer_is_found() {
    assert_eq!(faults("run/next.rs", "use chrono::TimeDelta;").len(), 1);
    assert_eq!(faults("journal.rs", "fn f() { ::anyhow::bail!(\"no\") }").len(), 1);
    assert_eq!(faults("ui/bar.rs", "use console::Term; use indicatif as bars;").len(), 0);
    assert_eq!(faults("time.rs", "use duct;").len(), 1);
}

#[test]
fn a_clock_or_a_file_in_pure_code_is_found() {
    let impure = [
        "use std::{fmt, fs};",
        "use std::env::var as read;",
        "fn f() { std::process::exit(1) }",
        "use std::time::{Duration, Instant};",
        "use std::time::*;",
        "fn f() -> std::time::SystemTime { todo() }",
        "use std::net::TcpStream;",
    ];
    for text in impure {
        assert_eq!(faults("run/next.rs", text).len(), 1, "{text}");
        assert_eq!(faults("steps/bad.rs", text).len(), 1, "{text}");
        assert_eq!(faults("world/live.rs", text).len(), 0, "{text}");
    }
    let clock = "fn f() { let now = chrono::Utc::now(); }";
    assert_eq!(faults("run/next.rs", clock).len(), 2, "the crate and the clock");
}

#[test]
fn words_about_code_are_not_code() {
    let text = r##"
        //! Unlike `std::fs`, /* crate::world */
        /* std::env /* crate::cli */ std::net */
        fn f<'a>(c: char) -> &'a str { if c == '"' { "crate::ui" } else { r#"std::fs "x" "# } }
        #[cfg(test)]
        mod tests { use std::fs; #[test] fn t() { let x = "}"; crate::world::go(); } }
    "##;
    assert_eq!(faults("steps/good.rs", text), [""; 0]);
    let after = format!("{text}\nuse std::fs;");
    assert_eq!(faults("steps/good.rs", &after).len(), 1, "code behind the test module counts");
}
