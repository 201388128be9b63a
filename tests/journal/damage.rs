//! Cut, flipped and edited records: crash or tampering, told apart, nothing lost in silence.

use std::fs::{self, OpenOptions};

use mayday::journal::{
    Condition, Hash, Trouble, Weight, read, read_bytes, read_on, read_with, verify,
};

use crate::faults::{Row, always, soak};

use super::{GOLDEN, forge, golden, hash_of, lines, resume, run_of, sha256, store, write_lines};

/// Ends of the lines in bytes, newline not counted.
fn ends(text: &[u8]) -> Vec<u64> {
    let newlines = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    newlines.map(|(at, _)| u64::try_from(at).unwrap()).collect()
}

#[test]
fn a_record_cut_at_any_byte_has_exactly_its_whole_events() {
    let (_folder, store) = store();
    let dir = run_of(&store, if soak() { 200 } else { 40 }, false);
    let whole = fs::read(dir.journal()).unwrap();
    let ends = ends(&whole);
    let all = always(u32::try_from(whole.len()).unwrap() + 1);
    let mut row = Row::new("F06", "record cut off at every byte", all);
    let file = OpenOptions::new().write(true).open(dir.journal()).unwrap();
    for length in (0..=u64::try_from(whole.len()).unwrap()).rev() {
        file.set_len(length).unwrap();
        let scan = read_with(&dir, |_, _| ()).unwrap();
        let events = ends.iter().filter(|end| **end <= length).count();
        assert_eq!(scan.events, u64::try_from(events).unwrap(), "cut at {length}");
        // A record that lacks nothing but its newline is whole.
        let at_end = events.checked_sub(1).map_or(0, |last| ends[last]);
        let good = if length > at_end && events > 0 { at_end + 1 } else { at_end };
        let expected = match length - good {
            0 => Condition::Clean,
            bytes => Condition::Torn { bytes },
        };
        assert_eq!(scan.condition, expected, "cut at {length}");
        row.pass();
    }
}

#[test]
fn a_torn_end_is_kept_aside_and_the_record_goes_on() {
    // The last two records, every byte near a line end and every fifth between.
    for missing in (1..600).filter(|missing| missing % 5 == 0 || missing % 290 < 30) {
        let (_folder, store) = store();
        let dir = run_of(&store, 4, false);
        let whole = fs::read(dir.journal()).unwrap();
        let length = whole.len() - missing;
        fs::write(dir.journal(), &whole[..length]).unwrap();
        let mut resumed = resume(&store).unwrap();
        let events = ends(&whole).iter().filter(|end| **end <= length as u64).count();
        assert_eq!(resumed.read.events.len(), events);
        if let Some(torn) = &resumed.torn {
            let kept = fs::read(dir.path().join(&torn.kept_as)).unwrap();
            let good = ends(&whole)[events - 1];
            assert_eq!(kept, &whole[usize::try_from(good).unwrap() + 1..length]);
            assert_eq!(torn.bytes, kept.len() as u64);
        }
        resumed.journal.append(super::noted("on it goes")).unwrap();
        let found = read(&dir).unwrap();
        assert_eq!(found.scan.condition, Condition::Clean, "{missing} bytes missing");
        assert_eq!(found.events.len(), events + 1);
        assert_eq!(ends(&fs::read(dir.journal()).unwrap()).len(), events + 1);
    }
}

#[test]
fn zeros_behind_a_torn_end_belong_to_it() {
    for (kept, zeros) in [(10, 5), (0, 300), (10, 200_000), (1_000, 1)] {
        let (_folder, store) = store();
        let dir = run_of(&store, 3, false);
        let whole = fs::read(dir.journal()).unwrap();
        let last = usize::try_from(ends(&whole)[1]).unwrap() + 1;
        let kept = (last + kept).min(whole.len() - 1);
        let mut bytes = whole[..kept].to_vec();
        bytes.resize(kept + zeros, 0);
        fs::write(dir.journal(), &bytes).unwrap();
        let scan = read(&dir).unwrap().scan;
        // All of the last record but its newline is a whole record.
        let (events, good) = if kept == whole.len() - 1 { (3, kept) } else { (2, last) };
        assert_eq!((scan.events, scan.bytes), (events, good as u64));
        assert_eq!(scan.condition, Condition::Torn { bytes: (bytes.len() - good) as u64 });
        let mut resumed = resume(&store).unwrap();
        resumed.journal.append(super::noted("on it goes")).unwrap();
        assert_eq!(read(&dir).unwrap().scan.condition, Condition::Clean);
    }
}

#[test]
fn every_flipped_bit_is_noticed_and_its_line_named() {
    let (_folder, store) = store();
    let dir = run_of(&store, if soak() { 200 } else { 40 }, false);
    let mut bytes = fs::read(dir.journal()).unwrap();
    let ends = ends(&bytes);
    let mut row = Row::new(
        "F07",
        "every bit of the record flipped",
        always(u32::try_from(bytes.len()).unwrap() * 8),
    );
    for at in 0..bytes.len() {
        let line = ends.iter().filter(|end| **end < at as u64).count();
        // What is before the line is good: from there on, or every try would read all of it again.
        let start =
            line.checked_sub(1).map_or(0, |before| usize::try_from(ends[before]).unwrap() + 1);
        let prev = match start {
            0 => Hash::NONE,
            start => Hash::parse(&bytes[start - 67..start - 3]).unwrap(),
        };
        let line = line as u64 + 1;
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            let scan = read_on(&bytes[start..], line - 1, prev, |_, _| ()).unwrap();
            assert_eq!(scan.events, line - 1, "byte {at} bit {bit}");
            match scan.condition {
                Condition::Damaged { line: named, .. } => assert_eq!(named, line),
                other => panic!("byte {at} bit {bit}: {other:?}"),
            }
            bytes[at] ^= 1 << bit;
            row.pass();
        }
    }
    assert_eq!(read_bytes(&bytes, |_, _| ()).unwrap().condition, Condition::Clean);
    // The same through the file.
    bytes[usize::try_from(ends[3]).unwrap() - 80] ^= 1;
    fs::write(dir.journal(), &bytes).unwrap();
    assert!(matches!(read(&dir).unwrap().scan.condition, Condition::Damaged { line: 4, .. }));
}

/// An edit of the lines of a record at a place, given another run's lines.
type Attack = fn(&mut Vec<String>, usize, &[String]);

/// What somebody with an editor might do to a record and not get away with.
const ATTACKS: [(&str, Attack); 8] = [
    ("remove a line", |lines, at, _| drop(lines.remove(at))),
    ("repeat a line", |lines, at, _| lines.insert(at, lines[at].clone())),
    ("swap two lines", |lines, at, _| lines.swap(at, at + 1)),
    ("add a line with a right hash", |lines, at, _| {
        let event = event_text(&lines[at]).replace("n=", "forged ");
        lines.insert(at, forge(at, &hash_of(&lines[at - 1]), &event));
    }),
    ("go on with another run's lines", |lines, at, other| {
        lines.truncate(at);
        lines.extend_from_slice(&other[at..]);
    }),
    ("edit a line and give it a right hash", |lines, at, _| {
        let event = event_text(&lines[at]).replace("n=", "edited ");
        lines[at] = forge(at, &hash_of(&lines[at - 1]), &event);
    }),
    ("edit a line and give all lines right hashes", |lines, at, _| edit_and_rehash_all(lines, at)),
    ("cut off the end", |lines, at, _| lines.truncate(at)),
];

fn edit_and_rehash_all(lines: &mut [String], at: usize) {
    for seq in at..lines.len() {
        let mut event = event_text(&lines[seq]);
        if seq == at {
            event = event.replace("n=", "edited ");
        }
        lines[seq] = forge(seq, &hash_of(&lines[seq - 1]), &event);
    }
}

fn event_text(line: &str) -> String {
    line[line.find("\"ev\":").unwrap() + 5..line.len() - 75].to_owned()
}

#[test]
fn eight_ways_to_edit_a_record_are_noticed_anywhere_in_it() {
    let (_folder, ours) = store();
    let dir = run_of(&ours, 30, true);
    let (_other_folder, theirs) = store();
    let other = {
        let Ok(mut resumed) = ({
            drop(run_of(&theirs, 1, false));
            resume(&theirs)
        }) else {
            panic!("a fresh run resumes")
        };
        for number in 1..30 {
            resumed.journal.append(super::noted(format!("other {number}"))).unwrap();
        }
        lines(&resumed.dir)
    };
    let original = lines(&dir);
    assert!(verify(&dir).unwrap().is_sound());
    let mut row = Row::new("F08", "eight edits of the record at 25 places", always(200));
    for (name, attack) in ATTACKS {
        for at in 2..27 {
            let mut edited = original.clone();
            attack(&mut edited, at, &other);
            write_lines(&dir, &edited);
            let verification = verify(&dir).unwrap();
            let broken = verification.findings.iter().find(|f| f.weight == Weight::Broken);
            let said = &broken.unwrap_or_else(|| panic!("{name} at {at}: not noticed")).text;
            // Re-hashed to the end, only the head tells; repeated lines are found behind the first.
            let expected = match name {
                "edit a line and give all lines right hashes" => 29,
                "repeat a line"
                | "add a line with a right hash"
                | "edit a line and give it a right hash" => at + 1,
                _ => at,
            };
            assert_eq!(verification.events, expected as u64, "{name} at {at}: {said}");
            let refused = resume(&ours).err().unwrap();
            match (&refused, name) {
                (Trouble::EndMissing { records, seen: 30, .. }, "cut off the end") => {
                    assert_eq!(*records, at as u64);
                }
                (Trouble::Damaged { line, .. }, _) => assert_eq!(*line, expected as u64 + 1),
                _ => panic!("{name} at {at}: {refused}"),
            }
            assert_eq!(lines(&dir), edited, "damage is never cut or mended");
            row.pass();
        }
    }
}

#[test]
fn who_rewrites_record_and_head_is_caught_by_the_hash_shown_before() {
    let (_folder, store) = store();
    let dir = run_of(&store, 30, true);
    let shown = verify(&dir).unwrap().head.unwrap().hash;
    let mut edited = lines(&dir);
    edit_and_rehash_all(&mut edited, 12);
    write_lines(&dir, &edited);
    let head = format!("{{\"seq\":29,\"hash\":\"{}\"}}\n", hash_of(&edited[29]));
    fs::write(dir.path().join("head"), head).unwrap();
    let verification = verify(&dir).unwrap();
    assert!(verification.is_sound(), "nothing inside the folder can tell");
    assert_ne!(verification.head.unwrap().hash, shown);
}

#[test]
fn a_damaged_head_never_makes_a_good_record_worse_than_doubtful() {
    let (_folder, store) = store();
    let dir = run_of(&store, 3, true);
    let path = dir.path().join("head");
    let good = fs::read(&path).unwrap();
    let tries = always(u32::try_from(good.len()).unwrap() * 6);
    let mut row = Row::new("F14", "each byte of the head file changed", tries);
    for at in 0..good.len() {
        for byte in [0, b'0', b'9', b'}', 0xff, good[at] ^ 1] {
            let mut bytes = good.clone();
            bytes[at] = byte;
            fs::write(&path, &bytes).unwrap();
            let same = serde_json::from_slice::<serde_json::Value>(&bytes).ok()
                == serde_json::from_slice(&good).ok();
            assert_eq!(verify(&dir).unwrap().is_sound(), same, "byte {at} is {byte}");
            row.pass();
        }
    }
    for bytes in ["", "{", "[]", &"0".repeat(100_000)] {
        fs::write(&path, bytes).unwrap();
        assert!(!verify(&dir).unwrap().is_sound());
        assert_eq!(read(&dir).unwrap().events.len(), 3);
    }
}

#[test]
fn a_changed_byte_of_a_pinned_file_is_found_and_a_file_too_many_is_noted() {
    let (_folder, store) = store();
    let text = &include_bytes!("../../playbooks/quickstart/data-loss.yaml")[..1200];
    let pinned = [("data-loss.yaml".to_owned(), text.to_vec())];
    let created = store.create(&super::id(), &pinned, &super::holder(), super::nothing()).unwrap();
    let (dir, sha256) = (created.dir, &created.pinned["data-loss.yaml"]);
    let copy = dir.pinned("data-loss.yaml", sha256);
    let mut bytes = text.to_vec();
    let tries = always(u32::try_from(bytes.len()).unwrap());
    let mut row = Row::new("F14", "each byte of a pinned file changed", tries);
    for at in 0..bytes.len() {
        bytes[at] ^= 0x20;
        fs::write(&copy, &bytes).unwrap();
        assert!(dir.read_pinned("data-loss.yaml", sha256).is_err(), "byte {at}");
        bytes[at] ^= 0x20;
        row.pass();
    }
    fs::write(&copy, &bytes).unwrap();
    assert_eq!(dir.read_pinned("data-loss.yaml", sha256).unwrap(), text);
    for name in ["pinned/one-more", "evidence/one-more"] {
        fs::write(dir.path().join(name), "?").unwrap();
        let found = verify(&dir).unwrap();
        let noted = |finding: &mayday::journal::Finding| {
            finding.weight == Weight::Note && finding.text.contains(name)
        };
        assert!(found.findings.iter().any(noted), "{:?}", found.findings);
    }
}

#[test]
fn changed_pinned_files_and_swapped_evidence_are_named() {
    let (_folder, store) = store();
    let dir = golden(&store);
    for (name, text) in [("a.txt", "one"), ("b.txt", "two")] {
        fs::write(dir.evidence().join(name), text).unwrap();
    }
    let evidence = |name: &str, text: &str| {
        let sha256 = sha256(text.as_bytes());
        format!(r#"{{"path":"{name}","sha256":"{sha256}","bytes":3,"what":"stdout"}}"#)
    };
    let pin = sha256(b"steps: []");
    let copy = dir.pinned("books/a b.yaml", &pin);
    assert_eq!(copy.file_name().unwrap().to_str().unwrap(), format!("{}-a_b.yaml", &pin[..12]));
    fs::write(&copy, "steps: []").unwrap();
    let events = [
        event_text(GOLDEN.lines().next().unwrap())
            .replace("\"pinned\":{}", &format!("\"pinned\":{{\"books/a b.yaml\":\"{pin}\"}}")),
        event_text(GOLDEN.lines().nth(6).unwrap()).replace(
            "\"evidence\":[]",
            &format!(
                "\"evidence\":[{},{}]",
                evidence("evidence/a.txt", "one"),
                evidence("evidence/b.txt", "two")
            ),
        ),
    ];
    let first = forge(0, &"0".repeat(64), &events[0]);
    let second = forge(1, &hash_of(&first), &events[1]);
    write_lines(&dir, &[first.clone(), second]);
    let good = verify(&dir).unwrap();
    assert_eq!((good.pinned, good.evidence, good.findings.as_slice()), (1, 2, &[][..]));
    assert_eq!(dir.read_pinned("books/a b.yaml", &pin).unwrap(), b"steps: []");

    let says = |part: &str| {
        let found = verify(&dir).unwrap();
        let texts: Vec<_> = found.findings.iter().map(|finding| &finding.text).collect();
        assert!(!found.is_sound() && texts.iter().any(|text| text.contains(part)), "{texts:?}");
    };
    fs::rename(dir.evidence().join("a.txt"), dir.evidence().join("c.txt")).unwrap();
    fs::rename(dir.evidence().join("b.txt"), dir.evidence().join("a.txt")).unwrap();
    fs::rename(dir.evidence().join("c.txt"), dir.evidence().join("b.txt")).unwrap();
    says("The evidence evidence/a.txt of event 1 was changed.");
    says("The evidence evidence/b.txt of event 1 was changed.");
    fs::write(dir.evidence().join("a.txt"), "longer").unwrap();
    says("it has 6 bytes, not 3");
    fs::remove_file(dir.evidence().join("a.txt")).unwrap();
    says("evidence/a.txt of event 1 cannot be read");
    std::os::unix::fs::symlink("b.txt", dir.evidence().join("a.txt")).unwrap();
    says("evidence/a.txt of event 1 cannot be read");
    fs::write(&copy, "steps: [x]").unwrap();
    says("The pinned copy of books/a b.yaml was changed.");
    assert!(dir.read_pinned("books/a b.yaml", &pin).is_err());

    let outside = events[1].replace("evidence/a.txt", "../../../etc/passwd");
    write_lines(&dir, &[first.clone(), forge(1, &hash_of(&first), &outside)]);
    says("names evidence outside the run");
}
