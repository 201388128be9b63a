//! Files that the program writes about itself: what is committed is what it writes now.

use std::process::Command;

#[test]
fn schema_and_reference_are_what_the_program_writes() {
    let done = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/generated"))
        .arg("--check")
        .env("MAYDAY", env!("CARGO_BIN_EXE_mayday"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
}
