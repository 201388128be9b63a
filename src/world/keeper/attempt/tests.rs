use tempfile::TempDir;

use super::*;
use crate::effect::Ending;

const NAME: &str = "000007-restore.1";

fn run_dir() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(FOLDER)).unwrap();
    folder
}

fn output(code: i64) -> Output {
    let mut facts = Facts::new();
    facts.insert("exit_code".into(), code.into());
    facts.insert("stdout".into(), "50 rows\n".into());
    Output::done(facts, Span::from_secs(3))
}

fn take(run: &TempDir) -> Result<Claim, Refused> {
    Claim::take(run.path(), NAME, "keeper-1-2.sock")
}

#[test]
fn a_name_is_safe_for_a_file_system() {
    assert_eq!(name(EffectId(7), "restore.1"), NAME);
    assert_eq!(name(EffectId(1_234_567), "a/../b[2].1"), "1234567-a_.._b_2_.1");
}

#[test]
fn each_state_of_the_folder_has_its_verdict() {
    let run = run_dir();
    let look = || find(run.path(), NAME).unwrap();
    assert!(matches!(look(), Found::NotStarted));
    let claim = take(&run).unwrap();
    assert!(matches!(look(), Found::Running(Some(socket)) if socket == "keeper-1-2.sock"));
    std::fs::write(run.path().join(FOLDER).join(NAME).join("stdout"), "row 49\n").unwrap();
    drop(claim);
    let Found::Unknown(facts) = look() else { panic!("{:?}", look()) };
    assert_eq!(facts["stdout"], "row 49\n");
    // Begun is begun: nobody begins it a second time, nobody takes it back.
    assert!(matches!(take(&run), Err(Refused::Taken)));
    assert!(matches!(revoke(run.path(), NAME), Err(Refused::Taken)));
}

#[test]
fn the_end_is_found_while_the_keeper_lives_and_after_it() {
    let run = run_dir();
    let claim = take(&run).unwrap();
    claim.end(&output(0)).unwrap();
    let ended = |found: Found| matches!(found, Found::Finished(end) if *end == output(0));
    assert!(ended(find(run.path(), NAME).unwrap()));
    drop(claim);
    assert!(ended(find(run.path(), NAME).unwrap()));
}

#[test]
fn what_was_taken_back_never_begins() {
    let run = run_dir();
    revoke(run.path(), NAME).unwrap();
    assert!(matches!(find(run.path(), NAME).unwrap(), Found::TakenBack));
    assert!(matches!(take(&run), Err(Refused::Taken)));
}

#[test]
fn a_keeper_that_is_about_to_begin_and_a_driver_who_takes_back_never_both_win() {
    for _ in 0..200 {
        let run = run_dir();
        let path = run.path().to_owned();
        let other = std::thread::spawn(move || revoke(&path, NAME).is_ok());
        let began = take(&run).is_ok();
        assert_ne!(other.join().unwrap(), began);
    }
}

/// F14: whatever byte of these files is changed, lost or added, no verdict is wrong.
#[test]
fn damage_leads_to_unknown_at_worst() {
    let mut tried = 0;
    for file in [STARTED, EXIT] {
        let run = run_dir();
        let claim = take(&run).unwrap();
        claim.end(&output(0)).unwrap();
        drop(claim);
        let path = run.path().join(FOLDER).join(NAME).join(file);
        let whole = std::fs::read(&path).unwrap();
        let mut damaged = Vec::new();
        for at in 0..whole.len() {
            damaged.push(whole[..at].to_vec());
            for change in [1, 2, 0x20, 0x80] {
                let mut bytes = whole.clone();
                bytes[at] ^= change;
                damaged.push(bytes);
            }
        }
        damaged.push([&whole[..], b"x"].concat());
        damaged.push(vec![0; whole.len()]);
        for bytes in damaged {
            std::fs::write(&path, &bytes).unwrap();
            tried += 1;
            match (file, find(run.path(), NAME).unwrap()) {
                // The end speaks for itself, whatever became of the beginning.
                (STARTED, Found::Finished(end)) => assert_eq!(*end, output(0)),
                (EXIT, Found::Unknown(_)) => {}
                (file, found) => panic!("{file}: {found:?} for {}", bytes.escape_ascii()),
            }
        }
        std::fs::remove_file(&path).unwrap();
        let found = find(run.path(), NAME).unwrap();
        assert!(matches!(found, Found::Unknown(_) | Found::Finished(_)), "{file}: {found:?}");
    }
    assert!(tried > 1500, "{tried}");
    // Without an end, a damaged beginning is still a beginning.
    let run = run_dir();
    drop(take(&run).unwrap());
    for bytes in [&b""[..], b"\0\0\0", b"{\"attempt\":\"000007-restore.1\",\"keeper\":null}\n"] {
        std::fs::write(run.path().join(FOLDER).join(NAME).join(STARTED), bytes).unwrap();
        assert!(matches!(find(run.path(), NAME).unwrap(), Found::Unknown(_)));
    }
}

#[test]
fn a_path_that_cannot_be_read_is_no_verdict() {
    let run = run_dir();
    let folder = run.path().join(FOLDER).join(NAME);
    std::fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", folder.join(EXIT)).unwrap();
    find(run.path(), NAME).unwrap_err();
}

#[test]
fn an_output_comes_back_as_it_was() {
    let run = run_dir();
    let claim = take(&run).unwrap();
    let ending = Ending::Unknown { reason: "a \"quote\"\n and \u{1b}[1m".into() };
    let odd = Output { ending, ..output(-1) };
    claim.end(&odd).unwrap();
    let found = find(run.path(), NAME).unwrap();
    assert!(matches!(found, Found::Finished(end) if *end == odd));
}
