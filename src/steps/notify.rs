//! `notify`: tell contacts of mayday.yaml.
//!
//! The step queues its messages and is over: they are sent beside what comes next, and no answer of a
//! contact holds up a recovery.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Context, FactType, Failure, OneOrMany, Part, Request, StepType, Verdict};
use crate::effect::{ComponentStatus, EffectClass, Impact, Output, Post, PostStatus};
use crate::time::Span;

/// A delivery is given up after this long (messages design: 5 s, never blocking recovery).
pub const DELIVERY_LIMIT: Span = Span::from_secs(5);

/// A message and who gets it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// One contact or several.
    pub to: OneOrMany<String>,
    /// What is said.
    pub message: String,
    /// On a public page: what stands above it. Default: the playbook's title.
    #[serde(default)]
    pub headline: Option<String>,
    /// On a public page: how far it is. Default: `investigating` at first, then as it was.
    #[serde(default)]
    pub status: Option<PostStatus>,
    /// On a public page: how bad it is. Default: left to the page.
    #[serde(default)]
    pub impact: Option<Impact>,
    /// On a public page: how parts of the service are, by their names in mayday.yaml.
    #[serde(default)]
    pub components: BTreeMap<String, ComponentStatus>,
}

impl Notify {
    /// What a public page gets beside the words; its headline is not filled in yet.
    #[must_use]
    pub fn post(&self) -> Option<Post> {
        let post = Post {
            headline: self.headline.clone(),
            status: self.status,
            impact: self.impact,
            components: self.components.clone(),
        };
        (post != Post::default()).then_some(post)
    }
}

impl StepType for Notify {
    fn request(&self, cx: &Context<'_>, _: &[Output]) -> Result<Request, Failure> {
        if self.to.0.is_empty() {
            return Err(Failure::input("nobody to notify"));
        }
        // Words that cannot be filled in fail the step; that nobody answers does not.
        cx.text(&self.message)?;
        self.headline.as_ref().map(|headline| cx.text(headline)).transpose()?;
        Ok(Request::Nothing)
    }

    fn judge(&self, _: &Context<'_>, _: &[Output]) -> Verdict {
        Verdict::Pass
    }

    fn own_effect(&self) -> Option<EffectClass> {
        Some(EffectClass::Change)
    }

    /// Cut off, it is begun again: what it had queued by then is not queued twice.
    fn repeatable(&self) -> bool {
        true
    }

    fn facts(&self) -> &'static [(&'static str, FactType)] {
        &[]
    }

    fn parts<'a>(&'a self, visit: &mut dyn FnMut(&str, Part<'a>)) {
        for (index, contact) in self.to.0.iter().enumerate() {
            let path = if self.to.0.len() == 1 { ".to".into() } else { format!(".to[{index}]") };
            visit(&path, Part::Contact(contact));
        }
        visit(".message", Part::Words(&self.message));
        if let Some(headline) = &self.headline {
            visit(".headline", Part::Words(headline));
        }
    }
}
