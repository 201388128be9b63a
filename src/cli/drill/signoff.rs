//! `mayday drill signoff`: somebody else says that the record of a drill is right, bound to its bytes.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::record::put;
use super::shelf::{self, Filed};
use crate::cli::exit::{self, Failure};
use crate::cli::project::Project;
use crate::cli::{Global, machine, out};
use crate::journal::Hash;
use crate::world::signature;

/// Flags of `drill signoff`.
#[derive(Args, Debug)]
pub(super) struct SignoffArgs {
    /// The drill: its run, the name of its record, or the record's file
    run: String,
    /// Who signs; nobody who drove the drill. Without it: who has signed, and whether that holds
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// The role that is signed for, where the playbook names more than one
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Sign with this SSH key (`ssh-keygen -Y sign`)
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Signatures must be by these keys: an allowed-signers file of ssh-keygen
    #[arg(long, value_name = "FILE")]
    allowed_signers: Option<PathBuf>,
}

/// What a record says of its run, and its journal says, too.
const FIELDS: [&str; 12] = [
    "playbook",
    "began",
    "verdict",
    "passed",
    "score",
    "criteria",
    "people",
    "objectives",
    "pinned",
    "journal",
    "steps",
    "sign_off",
];

/// The first line of a sign-off.
const HEAD: &str = "mayday drill sign-off, version 1";

pub(super) fn signoff(global: &Global, args: &SignoffArgs) -> Result<u8, Failure> {
    let project = Project::open(global.config.as_deref())?;
    let filed = shelf::find(global, &project.base, &args.run)?;
    let Some(data) = filed.file.clone() else { return Ok(exit::INTERNAL) };
    if let Some(by) = &args.by {
        sign(global, args, &filed, &data, by.trim())?;
    } else if args.key.is_some() || args.role.is_some() {
        return Err(Failure::new(exit::USAGE, "sign off: nobody is named").hint("--by NAME"));
    }
    let allowed = args.allowed_signers.as_deref();
    let mut all_hold = true;
    for role in roles(&filed) {
        let (holds, words) = standing(&data, &role, allowed);
        all_hold &= holds;
        out::line(&format!("{role}: {words}"));
    }
    Ok(if all_hold { exit::DONE } else { exit::DRILL_FAILED })
}

/// Who must sign; one signer where the playbook names nobody.
pub(super) fn roles(filed: &Filed) -> Vec<String> {
    let named = filed.says["sign_off"].as_array().into_iter().flatten();
    let named: Vec<String> = named.filter_map(|role| role.as_str().map(str::to_owned)).collect();
    wanted(&named)
}

/// The roles that a playbook names; one signer where it names none.
pub(super) fn wanted(named: &[String]) -> Vec<String> {
    if named.is_empty() { vec!["signer".to_owned()] } else { named.to_vec() }
}

/// The word for a role that has not signed.
pub(super) const PENDING: &str = "pending";

fn sign(
    global: &Global,
    args: &SignoffArgs,
    filed: &Filed,
    data: &Path,
    by: &str,
) -> Result<(), Failure> {
    let refuse = |why: String| Failure::new(exit::PRECONDITION, format!("sign off: {why}"));
    if by.is_empty() || by.chars().any(char::is_control) {
        return Err(Failure::new(exit::USAGE, "sign off: the name of the signer is no name"));
    }
    let people = filed.says["people"].as_array().into_iter().flatten();
    let mut people = people.filter_map(serde_json::Value::as_str);
    if people.any(|person| person.trim().eq_ignore_ascii_case(by)) {
        return Err(refuse(format!("{by} took part in this drill"))
            .hint("somebody signs who did not: a record needs a second pair of eyes"));
    }
    let role = role_of(args, filed, by)?;
    unchanged(global, filed).map_err(refuse)?;
    let file = place(data, &role);
    if standing(data, &role, None).0 {
        return Err(refuse(format!("{role} has signed already, see {}", file.display())));
    }
    let (record, record_hash) = hashed(&data.with_extension("md")).map_err(refuse)?;
    let (data_name, data_hash) = hashed(data).map_err(refuse)?;
    let statement = format!(
        "{HEAD}\nrun: {}\nverdict: {}\nrecord: {record}\nrecord-sha256: {record_hash}\ndata: {data_name}\n\
         data-sha256: {data_hash}\nrole: {role}\nsigned-by: {by}\nsigned-at: {}\n",
        filed.text("run"),
        filed.text("verdict"),
        machine::wall_clock().rfc3339(),
    );
    // An earlier sign-off does not hold any more, nor does its signature.
    let _ = fs::remove_file(signature_of(&file));
    put(&file, &statement).map_err(refuse)?;
    if let Some(key) = &args.key {
        signature::sign(key, &file).map_err(|why| {
            let _ = fs::remove_file(&file);
            refuse(format!("with {}: {why}", key.display()))
        })?;
    }
    out::talk(&format!("Signed off: {}", file.display()));
    Ok(())
}

fn role_of(args: &SignoffArgs, filed: &Filed, by: &str) -> Result<String, Failure> {
    let roles = roles(filed);
    let wanted = args.role.clone().or_else(|| roles.iter().find(|role| *role == by).cloned());
    match (wanted, roles.as_slice()) {
        (Some(role), roles) if roles.contains(&role) => Ok(role),
        (None, [only]) => Ok(only.clone()),
        (wanted, roles) => {
            let what = wanted.map_or("more than one role signs".to_owned(), |role| {
                format!("the drill asks for no sign-off by `{role}`")
            });
            let hint = format!("--role, one of {}", roles.join(", "));
            Err(Failure::new(exit::USAGE, format!("sign off: {what}")).hint(hint))
        }
    }
}

/// A record says what the journal of its run says, where that is on this machine.
fn unchanged(global: &Global, filed: &Filed) -> Result<(), String> {
    let run = filed.text("run");
    let Some(now) = shelf::from_run(global, run) else {
        out::talk(&format!(
            "The journal of {run} is not on this machine: what is signed is the record alone."
        ));
        return Ok(());
    };
    match difference(&now, filed) {
        Some(field) => Err(format!("the record differs from the journal of its run in `{field}`")),
        None => Ok(()),
    }
}

/// The field in which a record says something else than the journal of its run, where that is on this machine.
pub(super) fn differs(global: &Global, filed: &Filed) -> Option<&'static str> {
    difference(&shelf::from_run(global, filed.text("run"))?, filed)
}

fn difference(now: &serde_json::Value, filed: &Filed) -> Option<&'static str> {
    FIELDS.into_iter().find(|field| now[*field] != filed.says[*field])
}

/// Whether a role has signed, and that still holds; in words.
pub(super) fn standing(data: &Path, role: &str, allowed: Option<&Path>) -> (bool, String) {
    let file = place(data, role);
    let Ok(text) = fs::read_to_string(&file) else { return (false, PENDING.to_owned()) };
    let field = |name: &str| {
        let lines = text.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value).unwrap_or_default()
    };
    let (by, at) = (field("signed-by"), field("signed-at"));
    let same = |file: &Path, name: &str| hashed(file).is_ok_and(|(_, hash)| hash == field(name));
    let bound = same(data, "data-sha256") && same(&data.with_extension("md"), "record-sha256");
    if !text.starts_with(HEAD) || !bound || field("role") != role {
        return (false, format!("does NOT hold: the record was changed since {by} signed it"));
    }
    let signed = signature_of(&file).exists();
    if !signed && allowed.is_none() {
        return (true, format!("{by}, {at}: attested, not signed"));
    }
    if !signed {
        return (false, format!("{by}, {at}: attested, not signed by an allowed key"));
    }
    match signature::check(&file, allowed.map(|signers| (signers, by))) {
        Ok(said) => (true, format!("{by}, {at}: signed. {said}")),
        Err(why) => (false, format!("does NOT hold: {by}, {at}: {why}")),
    }
}

/// Where the sign-off of a role lies: beside the record.
fn place(data: &Path, role: &str) -> PathBuf {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '-' };
    let role: String = role.chars().map(safe).collect();
    data.with_extension(format!("{role}.signoff"))
}

fn signature_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".sig");
    name.into()
}

/// The name of a file and the SHA-256 of its bytes.
fn hashed(file: &Path) -> Result<(String, String), String> {
    let bytes = fs::read(file).map_err(|error| format!("read {}: {error}", file.display()))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok((name, Hash::of(&bytes).hex()))
}

/// Every role that signs a record; whether it has and that holds, and the same in words.
pub(in crate::cli) fn standings(filed: &Filed) -> Vec<(String, (bool, String))> {
    let where_it_stands = |role: &String| match &filed.file {
        Some(data) => standing(data, role, None),
        None => (false, PENDING.to_owned()),
    };
    roles(filed).into_iter().map(|role| (role.clone(), where_it_stands(&role))).collect()
}

/// The roles whose sign-off of a record is missing or does not hold.
pub(super) fn pending(filed: &Filed) -> Vec<String> {
    let Some(data) = &filed.file else { return roles(filed) };
    let mut roles = roles(filed);
    roles.retain(|role| !standing(data, role, None).0);
    roles
}
