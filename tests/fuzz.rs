//! The fuzz targets' properties, on the seeds and findings that are kept, and on random bytes.
//!
//! `fuzz/run` lets a fuzzer invent more; what it finds is mended, made small and kept in `fuzz/seeds`.

use std::fs;
use std::path::Path;

use crate::support::dice::Dice;

#[path = "../fuzz/properties.rs"]
pub(crate) mod properties;

const FUZZ: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz");

#[test]
fn every_seed_and_finding_holds() {
    let mut bytes = 0;
    for (name, holds) in properties::ALL {
        let folder = Path::new(FUZZ).join("seeds").join(name);
        let mut count = 0;
        for entry in fs::read_dir(&folder).unwrap() {
            let data = fs::read(entry.unwrap().path()).unwrap();
            bytes += data.len();
            count += 1;
            holds(&data);
        }
        assert!(count >= 5, "{name} has only {count} seeds");
    }
    assert!(bytes < 1 << 20, "the seeds take {bytes} bytes");
}

#[test]
fn every_property_has_its_target() {
    let manifest = fs::read_to_string(Path::new(FUZZ).join("Cargo.toml")).unwrap();
    for (name, _) in properties::ALL {
        let target = fs::read_to_string(format!("{FUZZ}/fuzz_targets/{name}.rs")).unwrap();
        assert!(target.contains(&format!("properties::{name}(data)")), "{name}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}

#[test]
fn random_changes_of_seeds_hold() {
    let mut dice = Dice(0x5eed_f022);
    for (name, holds) in properties::ALL {
        let seeds: Vec<Vec<u8>> = fs::read_dir(Path::new(FUZZ).join("seeds").join(name))
            .unwrap()
            .map(|entry| fs::read(entry.unwrap().path()).unwrap())
            .filter(|seed| seed.len() < 4096)
            .collect();
        for _ in 0..60 {
            let mut data = dice.pick(&seeds).clone();
            for _ in 0..=dice.below(4) {
                let at = dice.below(data.len() + 1);
                let other = dice.pick(&seeds);
                match dice.below(3) {
                    0 if at < data.len() => data[at] = dice.byte(),
                    1 => data.insert(at, dice.byte()),
                    _ => drop(data.splice(at..at, other[..dice.below(other.len() + 1)].to_vec())),
                }
            }
            holds(&data);
        }
    }
}
