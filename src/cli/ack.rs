//! `mayday ack RUN [CODE]`: a second person agrees, from a terminal and an account of their own.

use clap::Args;

use super::exit::{self, Failure};
use super::{Global, driven, machine, note, out, slip};
use crate::run::approval::waiting;
use crate::run::slip::Said;
use crate::run::state::Run;

/// Flags of `ack`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  \
    mayday ack 20261122-1820-p2c                what waits for a second person\n  \
    mayday ack 20261122-1820-p2c K7QD-2M9X      agree to it; the code is on the operator's screen")]
pub struct AckArgs {
    /// The run's id, or its beginning
    run: String,
    /// The code on the screen of whoever drives
    code: Option<String>,
    /// Who agrees [default: the user's name]
    #[arg(long, env = "MAYDAY_OPERATOR", value_name = "NAME")]
    operator: Option<String>,
}

pub(super) fn ack(global: &Global, args: &AckArgs) -> Result<u8, Failure> {
    let store = driven::store(global)?;
    let id = store.find(&args.run).map_err(|trouble| driven::refused(&trouble))?;
    if let Some(code) = &args.code {
        let said = Said::Ack { code: code.clone() };
        let heard = slip::say(global, &id, args.operator.as_deref(), said, &[])?;
        return note::report(global, id.as_str(), heard);
    }
    let lang = machine::lang(global);
    let read = store.read(&id).map_err(|trouble| driven::refused(&trouble))?;
    let run = Run::fold(read.events.iter().map(|(_, event)| event));
    let waiting = waiting(&run);
    if waiting.is_empty() {
        out::line(&lang.say(&format!("Run {id}: nothing waits for a second person.")));
    }
    let now = machine::wall_clock();
    for (_, asked) in waiting {
        let until = match asked.until.since(now) {
            left if left > crate::time::Span::ZERO => format!("{} left", left.clock()),
            _ => "its code has expired".to_owned(),
        };
        let say = |words: &str| out::line(&lang.say(words));
        say(&format!("Run {id}: {} asks somebody else to agree ({until})", run.operator));
        say(&format!("  {}", asked.what));
        say(&format!(
            "  To agree: mayday ack {id} CODE, with the code on the screen of {}",
            run.operator
        ));
    }
    Ok(exit::DONE)
}
