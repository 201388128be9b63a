//! The goals, each measured as it is worded. Numbers of rounds are small where a round takes seconds.

use std::path::Path;
use std::process::Command;

use crate::Trouble;
use crate::fixture::{Bench, LARGE, quiet};
use crate::long::Long;
use crate::measure::{Subject, Times, command, in_turns, spawns, syncs, used, used_with};
use crate::table::Row;
use crate::trace::{calls, instructions};

type Rows = Result<Vec<Row>, Trouble>;

/// The exit code of a run that stopped because a step failed.
const STEP_FAILED: i32 = 5;

/// Measures what a goal speaks of.
type Goal = fn(&Bench) -> Rows;

/// All goals in order.
pub const ALL: [(&str, Goal); 15] = [
    ("G1", start_up),
    ("G2", list_and_check),
    ("G3", one_step),
    ("G4", thousand_steps),
    ("G4c", thousand_changes),
    ("G6", growth),
    ("G7", memory),
    ("G8", large_output),
    ("G9", check_large),
    ("G10", dry_run),
    ("G11", long_record),
    ("G12", crate::person::waits),
    ("G13", crate::foresight::forecasts),
    ("G14", pages),
    ("G15", crate::reports::reports),
];

const RUN: [&str; 5] = ["run", "p", "--env", "bench", "--no-input"];
const DRY: [&str; 5] = ["run", "p", "--env", "bench", "--dry-run"];

/// Ours against just, where that is installed.
fn against(
    rounds: usize,
    what: &str,
    ours: Command,
    just: Option<Command>,
    most: f64,
) -> Result<Row, Trouble> {
    let mut subjects = vec![command(ours)];
    subjects.extend(just.map(command));
    Ok(match in_turns(rounds, subjects)?.as_slice() {
        [ours, just] => Row::ratio(what, *ours, "just", *just, most),
        _ => Row::without(what, "just"),
    })
}

fn counted(bench: &Bench, what: &str, ours: &Command, most: f64) -> Result<Row, Trouble> {
    Ok(match instructions(ours, bench.folder())? {
        Some(count) => Row::amount(&format!("{what}, instructions"), "", count, most),
        None => Row::without(&format!("{what}, instructions"), "valgrind"),
    })
}

fn start_up(bench: &Bench) -> Rows {
    let mut rows = Vec::new();
    for (flag, most) in [("--version", 1.5e6), ("--help", 2.7e6)] {
        let ours = || bench.mayday("steps10", &[flag]);
        let floor = quiet(Path::new("/bin/true"), &[]);
        let floor = in_turns(31, vec![command(ours()), command(floor)])?;
        rows.push(Row::told(&format!("`{flag}`"), floor[0], "/bin/true", floor[1]));
        rows.push(Row::amount(&format!("`{flag}`"), " ms", floor[0].median * 1e3, 5.0));
        rows.push(against(31, &format!("`{flag}`"), ours(), bench.just(1, &[flag]), 1.5)?);
        rows.push(counted(bench, &format!("`{flag}`"), &ours(), most)?);
    }
    Ok(rows)
}

fn list_and_check(bench: &Bench) -> Rows {
    let just = |recipes| bench.just(recipes, &["--list"]);
    let check = || bench.mayday("steps10", &["check"]);
    let list = bench.mayday("fifty", &["list"]);
    Ok(vec![
        against(21, "`list` of 50 playbooks", list, just(50), 3.0)?,
        against(21, "`check` of 10 steps", check(), just(10), 2.0)?,
        counted(bench, "`check` of 10 steps", &check(), 6e6)?,
    ])
}

fn one_step(bench: &Bench) -> Rows {
    let ours = || bench.mayday("steps1", &RUN);
    let row = against(21, "run of one step", ours(), bench.just(1, &["all"]), 2.0)?;
    Ok(vec![row, syncs_of(bench, "steps1", 1)?.0])
}

/// Syncs of a run, and how its children and threads came to be.
fn syncs_of(bench: &Bench, project: &str, steps: u32) -> Result<(Row, Vec<Row>), Trouble> {
    let told = format!("syncs of the record in a run of {steps}");
    let Some(calls) = calls(&bench.mayday(project, &RUN), bench.folder())? else {
        return Ok((Row::without(&told, "strace"), Vec::new()));
    };
    let syncs = Row::amount(&told, "", f64::from(calls.syncs), f64::from(steps) + 4.0)
        .against(format!("{} more of new files and folders", calls.file_syncs));
    let forks = Row::amount("plain forks", "", f64::from(calls.forks), 0.0)
        .against(format!("{} vforks", calls.vforks));
    let threads = Row::amount("threads of the whole run", "", f64::from(calls.threads), 4.0);
    Ok((syncs, vec![forks, threads]))
}

fn thousand_steps(bench: &Bench) -> Rows {
    let mut subjects: Vec<Subject<'_>> = vec![
        command(bench.mayday("steps1000", &RUN)),
        command(bench.bash("steps1000.sh")),
        spawns(1_000),
        syncs(bench.folder(), 1_000)?,
    ];
    subjects.extend(bench.mayday_in_memory("steps1000", &RUN).map(command));
    subjects.extend(bench.just(1_000, &["all"]).map(command));
    let times = in_turns(5, subjects)?;
    let sum = |a: Times, b: Times| Times {
        median: a.median + b.median,
        least: a.least + b.least,
        most: a.most + b.most,
    };
    let floor = sum(times[2], times[3]);
    let mut rows = vec![
        Row::ratio("1,000 `read` shell steps", times[0], "bash", times[1], 1.5),
        Row::told("the same", times[0], "spawns + syncs", floor),
    ];
    if let (Some(just), Some(_)) = (times.get(5), &bench.just) {
        rows.push(Row::told("the same", times[0], "just", *just));
    }
    let (syncs, spawned) = syncs_of(bench, "steps1000", 1_000)?;
    rows.push(syncs);
    let count = |project| instructions(&bench.mayday(project, &RUN), bench.folder());
    rows.push(match (count("steps10")?, count("steps1000")?) {
        (Some(few), Some(many)) => {
            Row::amount("instructions a step", "", (many - few) / 990.0, 8e4)
        }
        _ => Row::without("instructions a step", "valgrind"),
    });
    bench.forget()?;
    if let Some(memory) = times.get(4) {
        rows.push(Row::ratio("G5: runs kept in memory", *memory, "bash", times[1], 1.1));
        rows.push(Row::told("G5: the same", *memory, "spawns", times[2]));
    }
    rows.extend(spawned);
    Ok(rows)
}

/// Changes under the keeper, against bare spawns and as many bare syncs as they make.
fn thousand_changes(bench: &Bench) -> Rows {
    let ours = || bench.mayday("changes1000", &RUN);
    let what = "1,000 `change` shell steps under the keeper";
    let Some(calls) = calls(&ours(), bench.folder())? else {
        return Ok(vec![Row::without(what, "strace")]);
    };
    bench.forget()?;
    let all = calls.syncs + calls.file_syncs;
    let subjects = vec![command(ours()), spawns(1_000), syncs(bench.folder(), 1_000)?];
    let times = in_turns(3, subjects)?;
    bench.forget()?;
    let share = f64::from(all) / 1_000.0;
    let floor = |part: fn(Times) -> f64| part(times[1]) + share * part(times[2]);
    let floor = Times {
        median: floor(|times| times.median),
        least: floor(|times| times.least),
        most: floor(|times| times.most),
    };
    let parts = format!("{} of the record, {} of attempts", calls.syncs, calls.file_syncs);
    Ok(vec![
        Row::ratio(what, times[0], "spawns + its own syncs", floor, 1.3),
        Row::amount("syncs a step", "", share, 6.1).against(parts),
        Row::amount("keepers of the run", "", f64::from(calls.keepers), 1.0),
    ])
}

/// Instructions a step beyond a run of 10 steps, and their growth.
fn growth(bench: &Bench) -> Rows {
    let what = "instructions a step at 10,000 against 1,000";
    let count = |steps: &str| instructions(&bench.mayday(steps, &RUN), bench.folder());
    let counts = [count("steps10")?, count("steps1000")?, count("steps10000")?];
    bench.forget()?;
    let [Some(few), Some(some), Some(many)] = counts else {
        return Ok(vec![Row::without(what, "valgrind")]);
    };
    let (some, many) = ((some - few) / 990.0, (many - few) / 9_990.0);
    let beside = format!("{:.1} k at 1,000, {:.1} k at 10,000", some / 1e3, many / 1e3);
    Ok(vec![Row::amount(what, " x", many / some, 1.1).against(beside)])
}

fn memory(bench: &Bench) -> Rows {
    let run = |project| used(bench.mayday(project, &RUN));
    let (some, many) = (run("steps1000")?, run("steps10000")?);
    bench.forget()?;
    let (per_some, per_many) = (some.processor / 1_000.0, many.processor / 10_000.0);
    let beside = format!("{:.0} us at 1,000, {:.0} us at 10,000", per_some * 1e6, per_many * 1e6);
    Ok(vec![
        Row::amount("run of 1,000 steps, peak memory", " MiB", some.peak, 16.0),
        Row::amount("run of 10,000 steps, peak memory", " MiB", many.peak, 40.0),
        Row::amount(
            "G6: processor time a step at 10,000 against 1,000",
            " x",
            per_many / per_some,
            1.1,
        )
        .against(beside),
    ])
}

fn large_output(bench: &Bench) -> Rows {
    let mut rows = Vec::new();
    for (project, what) in [
        ("lines", "200 MB in lines"),
        ("noline", "200 MB without a newline"),
        ("lines-kept", "200 MB in lines, under the keeper"),
    ] {
        let ours = || bench.mayday(project, &RUN);
        let bash = bench.bash(&format!("{}.sh", project.trim_end_matches("-kept")));
        let times = in_turns(3, vec![command(ours()), command(bash)])?;
        rows.push(Row::ratio(what, times[0], "bash with tee", times[1], 3.0));
        bench.forget()?;
        rows.push(Row::amount(&format!("{what}, peak memory"), " MiB", used(ours())?.peak, 20.0));
        let missing = i64::try_from(LARGE)? - accounted(&bench.record()?);
        let missing = f64::from(i32::try_from(missing)?.abs());
        rows.push(Row::amount(&format!("{what}, bytes not accounted for"), "", missing, 0.0));
        bench.forget()?;
    }
    Ok(rows)
}

/// Bytes that the kept files of a record stand for.
fn accounted(record: &str) -> i64 {
    let lines = record.lines().filter_map(|line| serde_json::from_str(line).ok());
    let kept = lines.flat_map(|line: serde_json::Value| {
        line["ev"]["evidence"].as_array().cloned().unwrap_or_default()
    });
    kept.filter_map(|kept| kept["whole_bytes"].as_i64().or_else(|| kept["bytes"].as_i64())).sum()
}

fn check_large(bench: &Bench) -> Rows {
    let check = |project| bench.mayday(project, &["check"]);
    let just = bench.just(10_000, &["--list"]);
    let what = "`check` of 10,000 steps";
    let row = against(5, what, check("steps10000"), just, 2.0)?;
    let count = |project| instructions(&check(project), bench.folder());
    let counts = [count("steps10")?, count("steps1000")?, count("steps10000")?];
    let what = "`check`, instructions a step at 10,000 against 1,000";
    let growth = match counts {
        [Some(few), Some(some), Some(many)] => {
            let (some, many) = ((some - few) / 990.0, (many - few) / 9_990.0);
            let beside = format!("{:.1} k at 1,000, {:.1} k at 10,000", some / 1e3, many / 1e3);
            Row::amount(what, " x", many / some, 1.15).against(beside)
        }
        _ => Row::without(what, "valgrind"),
    };
    Ok(vec![row, growth])
}

fn dry_run(bench: &Bench) -> Rows {
    let just = bench.just(1_000, &["--dry-run", "all"]);
    let ours = bench.mayday("templated", &DRY);
    Ok(vec![against(9, "dry run of 1,000 templated steps", ours, just, 1.5)?])
}

/// Events of the long record.
const LONG: usize = 100_000;

/// Taking up a run with a long record and a torn end: read, its chain verified, cut, gone on with.
fn long_record(bench: &Bench) -> Rows {
    bench.forget()?;
    let long = Long::make(bench, LONG)?;
    // Up to the first question, that of the failed step, which nobody is there to answer.
    let asked = || bench.mayday("waits", &["resume", "--no-input"]);
    // To the end of the run, with its post-mortem.
    let ended = || bench.mayday("waits", &["resume", "--no-input", "--answer", "s0.menu=retry"]);
    let times = in_turns(5, vec![long.again(asked(), STEP_FAILED), long.again(ended(), 0)])?;
    long.restore()?;
    let peak = used_with(asked(), STEP_FAILED)?.peak;
    long.restore()?;
    let drafted = used(ended())?.peak;
    bench.forget()?;
    let what = "resume of 100,000 events";
    let whole = format!("{what}, to the end and a post-mortem");
    Ok(vec![
        Row::amount(what, " ms", times[0].median * 1e3, 500.0),
        Row::amount(&format!("{what}, peak memory"), " MiB", peak, 64.0),
        Row::told_alone(&whole, " ms", times[1].median * 1e3),
        Row::told_alone(&format!("{whole}, peak memory"), " MiB", drafted),
    ])
}

/// What mayday adds to the time that mdBook takes.
fn pages(bench: &Bench) -> Rows {
    let all = in_turns(5, vec![command(bench.pages()?)])?;
    let pages = all.first().ok_or("nothing was measured")?;
    Ok(vec![Row::amount("pages of 100 playbooks of 20 steps", " ms", pages.median * 1e3, 2000.0)])
}
