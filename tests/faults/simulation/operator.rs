//! Whoever is asked: right answers, wrong ones, second thoughts, nobody there any more.

use mayday::effect::{Ending, FailKind, Output, Question, ValueKind, Wants};
use mayday::time::Zone;
use serde_json::json;

use super::nature::Nature;
use super::outside::done;

impl Nature {
    pub(super) fn ask(&mut self, id: u64, question: &Question) {
        assert!(self.attended, "asks `{}` where nobody can be asked", question.about);
        self.is_clean(&question.text, "a question");
        if self.gone {
            let output = Output::failed(FailKind::Input, "the terminal is gone");
            return self.will_end(self.t, id, output);
        }
        let mut at = self.t + self.mind.between(300, 4000);
        if !self.calm {
            match self.mind.roll(40) {
                0 => return self.will_end(at, id, Output::failed(FailKind::Input, "end of input")),
                1 | 2 => return self.will_end(at, id, escape()),
                3 | 4 => at += self.mind.between(60_000, 1_500_000),
                _ => {}
            }
            for wrong in ["", "x y", "99", "no such", "\u{7}"] {
                if self.mind.often(8) {
                    at += self.mind.between(300, 4000);
                    if let Ok(taken) = question.accept(wrong, self.wall(), zone()) {
                        return self.will_end(at, id, done(json!({ "answer": taken })));
                    }
                }
            }
        }
        let text = self.words(question);
        let output = match question.accept(&text, self.wall(), zone()) {
            Ok(answer) => done(json!({ "answer": answer, "source": "operator" })),
            Err(why) => panic!("`{text}` is no answer to {question:?}: {why}"),
        };
        self.will_end(at, id, output);
    }

    fn words(&mut self, question: &Question) -> String {
        let agrees = self.calm || self.mind.often(85);
        match &question.wants {
            Wants::Enter => String::new(),
            Wants::YesNo => (if agrees { "y" } else { "n" }).to_owned(),
            Wants::Typed(text) => text.clone(),
            Wants::OneOf(choices) => {
                let keys: Vec<&str> = choices.iter().map(|choice| choice.key.as_str()).collect();
                if self.calm {
                    return self.best(&keys).to_owned();
                }
                let place = self.mind.roll(keys.len());
                keys[place].to_owned()
            }
            Wants::Words => self.mind.pick(&["bo", "bo", "cy", "ana", "what was seen"]).to_owned(),
            Wants::Value(rule) => match rule.kind {
                ValueKind::String => "word".to_owned(),
                ValueKind::Integer | ValueKind::Number => "42".to_owned(),
                ValueKind::Boolean => "yes".to_owned(),
                ValueKind::Duration => "5m".to_owned(),
                ValueKind::Datetime => "-5m".to_owned(),
                ValueKind::List => "one, two".to_owned(),
                ValueKind::Choice => rule.options.first().cloned().unwrap_or_default(),
                ValueKind::Secret => self.canary(),
            },
        }
    }

    /// What leads to an end.
    fn best<'a>(&mut self, keys: &[&'a str]) -> &'a str {
        let wanted = ["done", "glass", "skip", "by_hand", "switch_to:", "handoff:", "abort"];
        let found = wanted.iter().find_map(|want| keys.iter().find(|key| key.starts_with(want)));
        match found {
            Some(key) => key,
            None if keys.contains(&"stop") && self.mind.often(40) => "stop",
            None => keys[0],
        }
    }
}

fn escape() -> Output {
    Output { ending: Ending::Cancelled, ..done(json!({})) }
}

pub(super) fn zone() -> Zone {
    Zone::east_opt(0).unwrap()
}
