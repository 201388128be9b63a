//! `mayday run`: a new run, live or dry.

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::driven::{self, Stage};
use super::exit::{self, Failure};
pub(super) use super::given::inputs;
use super::identity;
use super::pinned;
use super::preconditions;
use super::project::Project;
use super::successor::{self, Before};
pub(super) use super::what::{What, pair};
use super::{Global, alert, drill, dry_run, elsewhere, fitting, machine, out};
use crate::config::Config;
use crate::diagnostic::render;
use crate::journal::{RunDir, RunId, Store, Trouble};
use crate::plan::{Mode, Plan, Purpose};
use crate::run::event::{Event, FORMAT, Kind, Milestone, Opened};
use crate::run::given::{self, Given};
use crate::run::state::Run;
use crate::time::Timestamp;

/// Flags of `run`.
#[derive(Args, Debug)]
#[command(before_help = "Examples:\n  \
    mayday run sev2-data-loss --env production\n  \
    mayday run sev2-data-loss --env production --detected -7m\n  \
    mayday run sev2-data-loss --env staging --dry-run        what would happen; touches nothing\n  \
    mayday run --alert alert.json --env production           picked by the alert; its labels fill inputs\n  \
    mayday run api-down --env staging --no-input --input region=eu --confirm restart=yes")]
pub struct RunArgs {
    /// The playbook's id; with --alert it is picked by the alert when it is not named
    #[arg(required_unless_present = "alert")]
    playbook: Option<String>,
    #[command(flatten)]
    what: What,
    /// The body of a webhook of Alertmanager, Grafana or PagerDuty; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    alert: Option<String>,
    /// Show what would happen: `plan` touches nothing, `probe` also runs the reading steps
    #[arg(long, value_enum, num_args = 0..=1, default_missing_value = "plan", require_equals = true, value_name = "KIND")]
    dry_run: Option<Dry>,
    /// Go on where another run was handed over: its times, its environment and its inputs count on
    #[arg(long, value_name = "RUN", conflicts_with_all = ["dry_run", "detected", "impact"])]
    from: Option<String>,
    /// Work on a target that is not the one that mayday.yaml declares, and why; kept in the record
    #[arg(long, value_name = "TARGET=REASON", value_parser = pair)]
    accept_target: Vec<(String, String)>,
    /// Run nothing: show each command, to be run elsewhere, and ask what came of it
    #[arg(long, conflicts_with = "dry_run")]
    manual: bool,
    /// When it was detected: now, -7m, 14:32 or RFC 3339 [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    detected: Option<String>,
    /// When users began to be hurt, where that is known
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    impact: Option<String>,
    /// Only for drills.
    #[arg(long, value_name = "STEP=FAULT", hide = true)]
    inject: Vec<String>,
    /// End with exit code 8 when the RTO was breached
    #[arg(long, value_enum, value_name = "WHAT")]
    fail_on: Option<FailOn>,
}

#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
pub(super) enum Dry {
    /// Renders everything and touches nothing
    Plan,
    /// Also runs the steps that only read
    Probe,
}

#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
enum FailOn {
    /// The recovery time objective was breached
    Rto,
}

pub(super) fn run(global: &Global, args: &RunArgs) -> Result<u8, Failure> {
    drill::never(&args.inject)?;
    let mut what = args.what.clone();
    what.accept.clone_from(&args.accept_target);
    let before =
        args.from.as_deref().map(|from| Before::of(global, from, &mut what)).transpose()?;
    let project = Project::open(global.config.as_deref())?;
    let start = alert::start(global, &project, args.alert.as_deref(), args.playbook.as_deref())?;
    what.from_alert = start.values;
    let (plan, config) = plan(global, &project, &start.playbook, &what, Mode::Real)?;
    if let Some(dry) = args.dry_run {
        return dry_run::dry_run(global, &plan, &config, &what, dry);
    }
    let now = machine::wall_clock();
    let flag = instant(args.detected.as_deref(), now, "--detected")?;
    let alerted = start.since.filter(|since| *since <= now);
    if start.since.is_some() && alerted.is_none() {
        out::talk("  the alert's time is in the future on this machine: detected now");
    }
    let detected = flag.or(alerted).unwrap_or(now);
    let impact = instant(args.impact.as_deref(), now, "--impact")?;
    if impact.is_some_and(|impact| impact > detected) {
        return Err(Failure::new(exit::USAGE, "use --impact: it is later than the detection"));
    }
    let mut begun = Begun::open(global, &project, plan, &config, &what)?;
    begun.stage.hands = driven::Hands::of(args.manual);
    begun.stage.playbooks = project.titles();
    // The plan and the pinned copies are all that a run goes by.
    drop(project);
    let milestone = |milestone, when, source: &str| Kind::Milestone {
        milestone,
        when,
        source: source.to_owned(),
        reason: None,
    };
    let source = match (flag, alerted) {
        (Some(_), _) => "flag",
        (None, Some(_)) => "alert",
        (None, None) => "run_start",
    };
    if let Some(text) = start.why {
        begun.also(Kind::Noted { text, when: None, files: Vec::new() });
    }
    if let Some(impact) = impact {
        begun.also(milestone(Milestone::ImpactStarted, impact, "flag"));
    }
    if let Some(before) = before {
        successor::inherit(&mut begun, &before);
        before.facts().into_iter().for_each(|fact| begun.also(fact));
        return ended(global, begun.drive()?, args);
    }
    begun.also(milestone(Milestone::Detected, detected, source));
    begun.also(milestone(Milestone::Declared, now, "run_start"));
    if begun.stage.attended {
        begun.also(milestone(Milestone::Acknowledged, now, "run_start"));
    }
    ended(global, begun.drive()?, args)
}

/// The exit code; a run that was handed over goes on as the next one first.
fn ended(global: &Global, ended: Ended, args: &RunArgs) -> Result<u8, Failure> {
    let ended = successor::go_on(global, ended)?;
    let breached = ended.run.deadlines.contains("rto");
    let code = exit::of_run(&ended.run);
    if code == exit::DONE && breached && args.fail_on == Some(FailOn::Rto) {
        return Ok(exit::RTO_BREACHED);
    }
    Ok(code)
}

/// The plan of a playbook in an environment; nothing is begun while there are errors.
pub(super) fn plan(
    global: &Global,
    project: &Project,
    playbook: &str,
    what: &What,
    mode: Mode,
) -> Result<(Plan, Config), Failure> {
    let errors = project.errors_for(playbook, machine::wall_clock());
    if !errors.is_empty() {
        let text = render::human(&errors, false, machine::width());
        out::talk(&text);
        return Err(Failure::new(exit::INVALID, format!("use `{playbook}`: it has errors"))
            .hint("`mayday check` shows all of them"));
    }
    if !project.titles().iter().any(|(id, _)| id == playbook) {
        return Err(super::missing::playbook(project, playbook));
    }
    let config = project.config_value();
    // The record names the folder, and a resume goes there: half of a name is another folder.
    if project.base.to_str().is_none() {
        let base = project.base.display();
        let why = format!("work in {base}: the folder's name is no text (UTF-8)");
        return Err(Failure::new(exit::PRECONDITION, why)
            .hint("nothing was executed; give the folder a name that the record can hold"));
    }
    let environment = environment(&config, what.env.as_deref())?;
    let purpose = Purpose { playbook, environment: &environment, mode, base: &project.base };
    let plan = Plan::build(&project.library_in(machine::lang(global)), &config, purpose)
        .map_err(|trouble| pinned::refused(&trouble))?;
    driven::asked_about(&plan, what.answer.iter().chain(&what.confirm))?;
    fitting::fit(&plan, &what.answer, &what.confirm)?;
    Ok((plan, config))
}

pub(super) fn environment(config: &Config, named: Option<&str>) -> Result<String, Failure> {
    if let Some(name) = named.map(str::to_owned).or_else(|| config.default_environment.clone()) {
        return Ok(name);
    }
    let known: Vec<&str> = config.environments.keys().map(String::as_str).collect();
    let failure = Failure::new(exit::PRECONDITION, "choose an environment: none is named");
    if known.is_empty() {
        return Err(failure.hint("mayday.yaml names none yet; `mayday new ID` writes a first one"));
    }
    Err(failure.hint(format!("--env NAME; mayday.yaml has {}", known.join(", "))))
}

fn instant(text: Option<&str>, now: Timestamp, flag: &str) -> Result<Option<Timestamp>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let at = Timestamp::parse_human(text, now, machine::zone())
        .map_err(|why| Failure::new(exit::USAGE, format!("read {flag}: {why}")))?;
    if at > now {
        return Err(Failure::new(
            exit::USAGE,
            format!("use {flag}: {} is in the future", machine::zone().echo(at, now)),
        ));
    }
    Ok(Some(at))
}

/// A run that was created and not yet driven.
pub(super) struct Begun {
    /// Screen and world.
    pub stage: Stage,
    pub(super) plan: Plan,
    journal: crate::journal::Journal,
    pub(super) fresh: Vec<Event>,
    answers: std::collections::HashMap<String, crate::run::session::Scripted>,
}

/// A run that this driver has left.
pub(super) struct Ended {
    /// Its state.
    pub run: Run,
    /// Its plan.
    pub plan: Plan,
    /// Its folder.
    pub dir: RunDir,
    /// Screen and world.
    pub stage: Stage,
}

impl Begun {
    /// Looks at what must be there, creates the run and its first events.
    pub(super) fn open(
        global: &Global,
        project: &Project,
        mut plan: Plan,
        config: &Config,
        what: &What,
    ) -> Result<Self, Failure> {
        let store = driven::store(global)?;
        plan.place.program = machine::program();
        let (by, json, elsewhere) = (what.operator.as_deref(), what.json, what.record_elsewhere);
        let mut stage = Stage::open(global, &plan, config, by, json, elsewhere)?;
        let targets = preconditions::met(&mut stage, &plan)?;
        let guarded = match plan.mode {
            Mode::Real => {
                identity::proved(&mut stage, &plan, config, &what.accepted, &what.accept)?
            }
            Mode::Drill => drill::guarded(&mut stage, &plan, config, &Run::default())?,
        };
        let obstacles = super::notify::obstacles(&mut stage.world, &plan);
        let others = super::beside::others(&store, &plan);
        for warning in stage.world.warnings().into_iter().chain(obstacles).chain(others) {
            out::talk(&format!("WARNING  {warning}"));
        }
        let given = inputs(&plan, what)?;
        let files = pinned::files(project, &plan.head.id);
        let now = machine::wall_clock();
        let (holder, redact) = (stage.holder(), stage.redacts());
        let create = |store: &Store| loop {
            let id = RunId::fresh(now);
            match store.create(&id, &files, &holder, redact()) {
                Err(Trouble::Exists { .. }) => {}
                created => break created,
            }
        };
        let mut moved = None;
        let created = match create(&store) {
            Ok(created) => created,
            Err(trouble) => {
                let gone =
                    elsewhere::go(&mut stage, &store, trouble, |place| create(&store.at(place)))?;
                let from = store.root().join(gone.there.dir.id().as_str());
                let words = |path: &std::path::Path| path.to_string_lossy().into_owned();
                moved = Some(gone.fact(words(&from), words(gone.there.dir.path()), Vec::new()));
                gone.there
            }
        };
        let run_id = created.dir.id().as_str().to_owned();
        pinned::bind(&mut plan, &run_id, created.dir.path());
        stage.world.bind(&run_id, created.dir.path().to_path_buf());
        let opened = Opened {
            format: FORMAT,
            mayday: env!("CARGO_PKG_VERSION").to_owned(),
            run: run_id,
            mode: plan.mode,
            playbook: plan.head.id.clone(),
            title: plan.head.title.clone(),
            environment: plan.place.name.clone(),
            danger: plan.place.danger,
            severity: plan.head.severity,
            operator: stage.operator.clone(),
            host: machine::host(),
            boot_id: machine::boot_id(),
            unattended: !stage.attended,
            base: plan.place.cwd.to_string_lossy().into_owned(),
            pinned: created.pinned,
            targets,
            answers: given::kept(&plan, &what.answer),
        };
        let unattended = !stage.attended;
        let answers =
            driven::answers(&plan, &Given::default(), &what.answer, &what.confirm, unattended);
        let mut begun = Self {
            fresh: vec![stage.event(Kind::Opened(Box::new(opened)))],
            stage,
            plan,
            journal: created.journal,
            answers,
        };
        for kind in moved.into_iter().chain(drill::injected(what)).chain(guarded) {
            begun.also(kind);
        }
        if let Some(known) = super::history::expectations(&store, &begun.plan) {
            begun.also(known);
        }
        for (name, value, source) in given {
            let secret = super::given::is_secret(&begun.plan, &name);
            if secret {
                let text = value.as_str().unwrap_or_default().to_owned();
                let value = crate::secret::SecretValue::from(text);
                crate::run::drive::World::keep_secret(&mut begun.stage.world, &name, value);
            }
            let value = if secret { Value::Null } else { value };
            begun.also(Kind::InputGiven { name, value, secret, source });
        }
        Ok(begun)
    }

    /// One more event before the first step.
    pub(super) fn also(&mut self, kind: Kind) {
        let event = self.stage.event(kind);
        self.fresh.push(event);
    }

    /// Drives it.
    pub(super) fn drive(mut self) -> Result<Ended, Failure> {
        let mut run = Run::default();
        let view = driven::view(&self.stage, &self.plan);
        driven::drive(
            &mut self.stage,
            &self.plan,
            &mut run,
            &mut self.journal,
            view,
            self.fresh,
            self.answers,
        )?;
        let (dir, told) = driven::told(self.journal);
        super::report::leave(&self.stage.screen, &run, &dir, &self.plan, told)?;
        Ok(Ended { run, plan: self.plan, dir, stage: self.stage })
    }
}
