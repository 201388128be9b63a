use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

fn sha256(bytes: &[u8]) -> String {
    hex(Sha256::new_with_prefix(bytes))
}

#[test]
fn a_file_is_copied_redacted_private_and_hashed() {
    let run = tempfile::tempdir().unwrap();
    let source = run.path().join("service log.txt");
    std::fs::write(&source, "token=hunter2secret\nok\n").unwrap();
    let mut redactor = Redactor::default();
    redactor.add("api", &"hunter2secret".to_owned().into()).unwrap();
    let sink = EvidenceSink::new(run.path(), "0003-check");
    let kept = sink.keep_file(&source, &redactor).unwrap();
    let expected = b"token=[redacted:api]\nok\n";
    assert_eq!(kept.path, "evidence/0003-check-service_log.txt");
    assert_eq!(kept.what, "service log.txt");
    assert_eq!((kept.bytes, kept.sha256), (expected.len() as u64, sha256(expected)));
    assert_eq!(kept.whole_bytes, None);
    let copy = run.path().join(&kept.path);
    assert_eq!(std::fs::read(&copy).unwrap(), expected);
    assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let folder = run.path().join("evidence").metadata().unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
    let again = sink.keep_file(&source, &redactor).unwrap();
    assert_eq!(again.path, "evidence/0003-check-service_log.txt.2");
}

#[test]
fn a_large_file_is_capped_and_its_whole_hash_told() {
    let run = tempfile::tempdir().unwrap();
    let source = run.path().join("big");
    let file = File::create(&source).unwrap();
    file.set_len(COPY_CAP + 10).unwrap();
    let sink = EvidenceSink::new(run.path(), "s");
    let kept = sink.keep_file(&source, &Redactor::default()).unwrap();
    assert_eq!((kept.bytes, kept.whole_bytes), (COPY_CAP, Some(COPY_CAP + 10)));
    assert_ne!(kept.whole_sha256, Some(kept.sha256));
}

#[test]
fn what_is_no_file_is_refused_by_name() {
    let run = tempfile::tempdir().unwrap();
    let sink = EvidenceSink::new(run.path(), "s");
    let keep = |name: &str| sink.keep_file(&run.path().join(name), &Redactor::default());
    assert!(keep("gone").unwrap_err().contains("gone: No such file"));
    std::fs::create_dir(run.path().join("folder")).unwrap();
    assert!(keep("folder").unwrap_err().ends_with("folder: not a regular file"));
    // Opening a FIFO must not wait for a writer.
    rustix::fs::mkfifoat(rustix::fs::CWD, run.path().join("fifo"), Mode::RWXU).unwrap();
    assert!(keep("fifo").unwrap_err().ends_with("fifo: not a regular file"));
    assert!(!run.path().join("evidence").exists());
}

#[test]
fn names_from_outside_stay_inside() {
    assert_eq!(safe_name("../../etc/passwd"), "_._.._etc_passwd");
    assert_eq!(safe_name(""), "_");
    assert_eq!(safe_name("0007-restore.1"), "0007-restore.1");
    assert_eq!(safe_name(&"é".repeat(500)), "_".repeat(NAME_CAP));
}

#[test]
fn a_link_in_place_of_the_file_is_not_followed() {
    let run = tempfile::tempdir().unwrap();
    std::fs::create_dir(run.path().join("evidence")).unwrap();
    let trap = run.path().join("trap");
    symlink(&trap, run.path().join("evidence/s-stdout")).unwrap();
    let mut stream = EvidenceSink::new(run.path(), "s").stream("stdout");
    stream.write(&[b'x'; 5000]);
    assert_eq!(stream.finish().unwrap().unwrap().path, "evidence/s-stdout.2");
    assert!(!trap.exists());
}
