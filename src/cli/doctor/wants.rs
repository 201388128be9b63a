//! What playbooks need in an environment, gathered from what they say: `requires:`, steps, checks, undos, drills.
//!
//! Pure. Text with `{{ }}` is filled in as far as it is known before a run (`before`); what is not is said.

use std::collections::BTreeSet;

use crate::config::{Config, Danger, reference};
use crate::effect::{EffectClass, Text};
use crate::plan::{Place, Plan};
use crate::playbook::{Playbook, Step};
use crate::steps::{Action, Surroundings as _};
use crate::world::doctor::{Finding, Outcome, TargetWant, UrlWant, Wants};
use crate::world::tools::Wanted;

use before::Before;
use scripts::Script;

mod before;
mod scripts;

/// Redirects that a look follows where the step does (as its own).
const REDIRECTS: u32 = 3;

/// Everything that these playbooks need. `plan` is what a playbook becomes in the environment, where it becomes
/// anything.
pub(super) fn of<'p>(
    playbooks: impl Iterator<Item = &'p Playbook>,
    config: &Config,
    place: &Place,
    plan: impl Fn(&str) -> Option<Plan>,
) -> Wants {
    let mut gather = Gather { wants: Wants::default(), config, place, before: Before::default() };
    shell(&mut gather.wants, Some(place.shell()));
    for playbook in playbooks {
        gather.before = Before::of(plan(&playbook.head.id));
        gather.playbook(playbook);
    }
    gather.addresses();
    gather.wants
}

/// The program in front of every script.
pub(super) fn shell(wants: &mut Wants, words: Option<&[String]>) {
    let default = crate::plan::default_shell();
    let program = words.unwrap_or(&default).first().filter(|program| !program.contains('/'));
    if let Some(program) = program {
        wants.tools.entry(program.clone()).or_default().declared = true;
    }
}

struct Gather<'a> {
    wants: Wants,
    config: &'a Config,
    place: &'a Place,
    /// What the names of the playbook that is read stand for.
    before: Before,
}

/// What surrounds an action.
struct Around<'a> {
    /// For the words: `playbook: step`.
    step: String,
    target: Option<&'a str>,
    certain: bool,
}

impl Gather<'_> {
    fn playbook(&mut self, playbook: &Playbook) {
        let requires = &playbook.head.requires;
        for tool in &requires.tools {
            let wanted = Wanted::parse(tool);
            let want = self.wants.tools.entry(wanted.name).or_default();
            want.declared = true;
            want.least.extend(wanted.least);
        }
        self.wants.secrets.extend(requires.secrets.iter().cloned());
        requires.targets.keys().for_each(|name| self.target(name));
        let id = &playbook.head.id;
        for phase in &playbook.phases {
            for step in &phase.steps {
                self.step(id, step, phase.head.when.is_none());
            }
        }
        let here =
            |drill: &&crate::playbook::Drill| drill.head.environments.contains(&self.place.name);
        let Some(drill) = playbook.drill.as_ref().filter(here) else { return };
        for step in drill.setup.iter().chain(&drill.inject).chain(&drill.cleanup) {
            self.step(id, step, true);
        }
        for probe in drill.guard.iter().chain(&drill.stop_if).chain(&drill.pass) {
            let name = probe.head.id.as_deref().unwrap_or("drill");
            self.probe(id, name, probe, None);
        }
    }

    fn step(&mut self, playbook: &str, step: &Step, certain: bool) {
        let common = &step.common;
        let certain = certain && common.when.is_none();
        self.secrets(common.secrets.values());
        let target = common.target.as_deref();
        let class = common.effect;
        self.action(&step.action, class, &around(playbook, &common.id, target, certain));
        for probe in step.verify.iter().chain(step.on_crash.iter().map(|rule| &rule.probe)) {
            self.probe(playbook, &common.id, probe, target);
        }
        if let Some(undo) = &step.undo {
            self.secrets(undo.head.secrets.iter().flat_map(|secrets| secrets.values()));
            let target = undo.head.target.as_deref().or(target);
            self.action(
                &undo.action,
                undo.head.effect,
                &around(playbook, &common.id, target, false),
            );
        }
    }

    fn probe(
        &mut self,
        playbook: &str,
        step: &str,
        probe: &crate::playbook::Probe,
        target: Option<&str>,
    ) {
        self.secrets(probe.head.secrets.iter().flat_map(|secrets| secrets.values()));
        let target = probe.head.target.as_deref().or(target);
        let around = around(playbook, step, target, false);
        match &probe.action {
            Some(action) => self.action(action, Some(EffectClass::Read), &around),
            None => target.into_iter().for_each(|name| self.target(name)),
        }
    }

    fn action(&mut self, action: &Action, class: Option<EffectClass>, around: &Around<'_>) {
        around.target.into_iter().for_each(|name| self.target(name));
        match action {
            Action::Shell(shell) => self.script(shell.script(), around),
            Action::WaitUntil(wait) => {
                let name = wait.probe.head.id.as_deref().unwrap_or(&around.step).to_owned();
                if let Some(action) = &wait.probe.action {
                    let target = wait.probe.head.target.as_deref().or(around.target);
                    let inner = Around { step: name, target, certain: around.certain };
                    self.action(action, Some(EffectClass::Read), &inner);
                }
            }
            Action::WaitForUrl(wait) => {
                let good = wait.expect.status.iter().flat_map(|many| many.0.iter().copied());
                let redirects = if wait.follow_redirects { REDIRECTS } else { 0 };
                let url = Asked {
                    url: &wait.url,
                    headers: &wait.headers,
                    redirects,
                    insecure: wait.insecure,
                };
                self.url(&url, good.collect(), around);
            }
            Action::Http(http) => {
                let reads = class.is_none_or(|class| class == EffectClass::Read);
                let url = http.get.as_deref().or(http.head.as_deref()).filter(|_| reads);
                if let Some(url) = url {
                    let redirects = if http.follow_redirects { REDIRECTS } else { 0 };
                    let url =
                        Asked { url, headers: &http.headers, redirects, insecure: http.insecure };
                    self.url(&url, Vec::new(), around);
                }
            }
            Action::Notify(_) => self.contacts(),
            _ => {}
        }
    }

    fn secrets<'s>(&mut self, names: impl Iterator<Item = &'s String>) {
        self.wants.secrets.extend(names.cloned());
    }

    fn target(&mut self, name: &str) {
        if self.wants.targets.contains_key(name) {
            return;
        }
        let spec =
            self.config.environments.get(&self.place.name).and_then(|env| env.targets.get(name));
        let want = self.place.targets.get(name).map(|target| TargetWant {
            target: target.clone(),
            identity: spec.and_then(|spec| spec.identity.clone()),
            made_later: self.place.made_later.contains(name),
        });
        self.wants.targets.insert(name.to_owned(), want);
    }

    /// The secrets that targets stand on. Those of targets that are made during the run cannot be had before.
    fn addresses(&mut self) {
        let secret = |want: &TargetWant| match &want.target.address {
            Text::Secret(name) => Some(name.clone()),
            Text::Plain(_) => None,
        };
        let (later, now): (Vec<_>, Vec<_>) =
            self.wants.targets.values().flatten().partition(|want| want.made_later);
        let now: BTreeSet<String> = now.into_iter().filter_map(secret).collect();
        let later: BTreeSet<String> = later.into_iter().filter_map(secret).collect();
        self.wants.secrets.retain(|name| !later.contains(name));
        self.wants.secrets.extend(now);
    }

    /// The secrets of contacts, where a message goes out in earnest.
    fn contacts(&mut self) {
        if self.place.danger != Danger::High {
            return;
        }
        let texts = self.config.contacts.values().flat_map(|contact| contact.texts());
        let secrets = texts.filter_map(|(_, text)| text.strip_prefix("secret:").map(str::to_owned));
        self.wants.secrets.extend(secrets);
    }

    fn url(&mut self, asked: &Asked<'_>, good: Vec<u16>, around: &Around<'_>) {
        let below = asked.url.starts_with('/');
        let base = around.target.filter(|_| below);
        let shown = |url: &str| format!("{}{url}", base.unwrap_or_default());
        let (url, headers) = match self.before.request(asked.url, asked.headers) {
            Ok(filled) => filled,
            Err(why) => {
                let says = format!("not asked: {why} ({})", around.step);
                return self.untold(shown(asked.url), says);
            }
        };
        let target = base.and_then(|name| self.place.targets.get(name));
        if base.is_some_and(|name| self.place.made_later.contains(name)) {
            return self
                .untold(shown(&url), "not asked: its target is made during the run".to_owned());
        }
        // That the environment has no such target is said of it.
        if below && target.is_none() {
            return;
        }
        let headers: Vec<(String, Text)> =
            headers.iter().map(|(name, text)| (name.clone(), reference(text))).collect();
        for (_, text) in &headers {
            if let Text::Secret(name) = text {
                self.wants.secrets.insert(name.clone());
            }
        }
        let shown = shown(&url);
        if let Some(known) = self.wants.urls.iter_mut().find(|known| known.shown == shown) {
            // What one step takes for good is good: a page of maintenance answers 503 by design.
            known.good.extend(good);
            return;
        }
        self.wants.urls.push(UrlWant {
            shown,
            base: target.cloned(),
            url,
            headers,
            good,
            redirects: asked.redirects,
            insecure: asked.insecure,
        });
    }

    fn untold(&mut self, subject: String, says: String) {
        self.wants.untold.push(Finding { look: "url", subject, outcome: Outcome::Skip, says });
    }

    fn script(&mut self, text: &str, around: &Around<'_>) {
        for used in Script::read(text).programs {
            let want = self.wants.tools.entry(used.program).or_default();
            want.certain |= around.certain && used.certain;
            want.step.get_or_insert_with(|| around.step.clone());
            match used.package {
                Some(package) => {
                    let known = self.wants.packages.entry(package).or_default();
                    known.entry(used.words).or_default().add(used.flags);
                }
                None if used.flags.is_empty() => {}
                None => want.flags.entry(used.words).or_default().add(used.flags),
            }
        }
    }
}

/// A URL as a step names it.
struct Asked<'a> {
    url: &'a str,
    headers: &'a std::collections::BTreeMap<String, String>,
    redirects: u32,
    insecure: bool,
}

fn around<'a>(playbook: &str, step: &str, target: Option<&'a str>, certain: bool) -> Around<'a> {
    Around { step: format!("step `{step}` of {playbook}"), target, certain }
}
