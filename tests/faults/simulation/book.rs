//! A random playbook: every kind of action, effect, gate, retry, check, probe, undo and choice.
//!
//! Written as text, so that it goes through the real parser and the real plan builder.

use std::fmt::Write as _;

use super::dice::Dice;

/// What a seed is about.
pub(super) struct Book {
    pub(super) texts: Vec<String>,
    pub(super) drill: bool,
    pub(super) environment: &'static str,
}

/// Where books run: contacts that can be reached and not, targets of every kind, a secret.
pub(super) const PROJECT: &str = r#"
contacts:
  team: { via: command, command: [tell] }
  page: { via: webhook, url: "https://hooks.example.com/x" }
secrets: { token: "env:TOKEN" }
environments:
  low: { danger: low, targets: { db: { type: postgres, url: "postgres://low.example.com/x" }, lite: { type: sqlite, path: low.db }, my: { type: mysql, url: "mysql://low.example.com/x" }, api: { type: http, base_url: "http://low.example.com" } } }
  high: { danger: high, targets: { db: { type: postgres, url: "postgres://high.example.com/x" }, lite: { type: sqlite, path: high.db }, my: { type: mysql, url: "mysql://high.example.com/x" }, api: { type: http, base_url: "http://high.example.com" } } }
"#;

struct Writer<'a> {
    dice: &'a mut Dice,
    text: String,
    count: usize,
    /// Steps written so far, and which of them have an undo.
    steps: Vec<String>,
    undos: Vec<String>,
    /// Names that hold a value, and a secret.
    values: Vec<String>,
    hidden: Vec<String>,
    phases: usize,
    phase: usize,
    prefix: &'static str,
}

pub(super) fn book(dice: &mut Dice) -> Book {
    let drill = dice.often(12);
    let environment = if drill || dice.often(60) { "low" } else { "high" };
    let included = dice.often(15);
    let mut writer = Writer {
        dice,
        text: String::new(),
        count: 0,
        steps: Vec::new(),
        undos: Vec::new(),
        values: Vec::new(),
        hidden: Vec::new(),
        phases: 1,
        phase: 0,
        prefix: "s",
    };
    writer.whole(drill, included);
    let mut texts = vec![std::mem::take(&mut writer.text)];
    if included {
        writer.inner();
        texts.push(writer.text);
    }
    Book { texts, drill, environment }
}

impl Writer<'_> {
    fn whole(&mut self, drill: bool, included: bool) {
        let steps = match self.dice.roll(20) {
            0..=12 => 1 + self.dice.roll(6),
            13..=18 => 4 + self.dice.roll(12),
            _ => 16 + self.dice.roll(25),
        };
        self.phases = 1 + self.dice.roll(steps.min(4));
        self.head();
        self.text.push_str("phases:\n");
        let place = self.dice.roll(steps);
        let mut left = steps;
        for phase in 0..self.phases {
            self.phase = phase;
            let here =
                if phase + 1 == self.phases { left } else { 1 + self.dice.roll(left.max(1)) };
            let here = here.min(left - (self.phases - phase - 1)).max(1);
            left -= here.min(left);
            let when = if self.dice.often(25) { self.condition() } else { String::new() };
            let budget = self.dice.pick(&["", "", "    budget: 20s\n", "    budget: 5m\n"]);
            writeln!(self.text, "  - id: p{phase}\n    title: Phase {phase}").unwrap();
            if !when.is_empty() {
                writeln!(self.text, "    when: \"{when}\"").unwrap();
            }
            self.text.push_str(budget);
            self.text.push_str("    steps:\n");
            for _ in 0..here {
                if included && self.count == place {
                    self.count += 1;
                    self.text.push_str("      - { id: inner, title: Inner, include: inner }\n");
                } else {
                    self.step("      ");
                }
            }
        }
        if drill {
            self.drill();
        }
    }

    fn head(&mut self) {
        self.text.push_str("mayday: 1\nid: test\ntitle: Test\n");
        let severity = self.dice.pick(&["", "severity: SEV-1\n", "severity: SEV-2\n"]);
        self.text.push_str(severity);
        if self.dice.often(70) {
            let rto = self.dice.pick(&["30s", "2m", "20m", "3h"]);
            let starts =
                self.dice.pick(&["", ", starts: detected", ", starts: run", ", starts: impact"]);
            let ends = self.dice.pick(&["", "", ", ends: \"milestone:mitigated\""]);
            writeln!(self.text, "objectives: {{ rto: {rto}{starts}{ends} }}").unwrap();
        }
        if self.dice.often(30) {
            self.text.push_str(
                "escalation: [{ after: 0s, to: [team], kind: inform }, { after: 90s, to: [page, boss], unless: mitigated }]\n",
            );
        }
        if self.dice.often(30) {
            self.text.push_str("inputs:\n");
            let inputs = [
                "  name: { ask: Which name?, default: x }\n",
                "  many: { type: list, pattern: '^[a-z]+$' }\n",
                "  when_it: { type: datetime, check: { that: 'value < now', else: That is later. } }\n",
                "  much: { type: integer }\n",
            ];
            for input in inputs {
                if self.dice.often(50) {
                    self.text.push_str(input);
                }
            }
            self.text.push_str("  key: { type: secret }\n");
            self.hidden.push("key".to_owned());
        }
    }

    /// A condition over what is known so far.
    fn condition(&mut self) -> String {
        let step = (!self.steps.is_empty()).then(|| {
            let place = self.dice.roll(self.steps.len());
            format!("steps.{}.status == 'ok'", self.steps[place])
        });
        match self.dice.roll(6) {
            0 => "env.name == 'low'".to_owned(),
            1 => "run.elapsed < 1000".to_owned(),
            2 => "run.mode == 'real'".to_owned(),
            _ => step.unwrap_or_else(|| "env.name != 'x'".to_owned()),
        }
    }

    fn step(&mut self, margin: &str) {
        self.count += 1;
        let id = format!("{}{}", self.prefix, self.count);
        let action = self.action(&id);
        let when = if self.dice.often(12) {
            format!(", when: \"{}\"", self.condition())
        } else {
            String::new()
        };
        writeln!(self.text, "{margin}- {{ id: {id}, title: Step {id}{when}, {action} }}").unwrap();
        self.steps.push(id);
    }

    fn action(&mut self, id: &str) -> String {
        let seconds = self.dice.between(1, 200);
        match self.dice.roll(23) {
            0..=6 => self.shell(id),
            7..=10 => self.sql(id),
            11 | 12 => self.http(id),
            13 => format!("confirm: Is {id} good?{}", self.around_question()),
            14 => format!(
                "choose: {{ ask: Which?, options: {{ a: A, b: B }} }}{}",
                self.around_question()
            ),
            15 => self.ask(id),
            16 => format!("manual: Do {id}{}", self.around_question()),
            17 => self.wait(id),
            18 => {
                let that = self.condition();
                format!("assert: \"{that}\"{}", self.on_fail())
            }
            19 => format!("pause: {seconds}s"),
            20 | 21 => "notify: { to: [team, page], message: hello }".to_owned(),
            _ if !self.undos.is_empty() => {
                let place = self.dice.roll(self.undos.len());
                format!("undo_of: {}", self.undos[place])
            }
            _ => self.shell(id),
        }
    }

    fn shell(&mut self, id: &str) -> String {
        let class = self.dice.pick(&["read", "change", "change", "destructive"]);
        let mut words = format!("do {id}");
        if self.dice.often(20) && !self.hidden.is_empty() {
            let place = self.dice.roll(self.hidden.len());
            write!(words, " \\\"${}\\\"", self.hidden[place]).unwrap();
        }
        let mut text = format!("effect: {class}, shell: \"{words}\"");
        if self.dice.often(15) {
            text.push_str(", secrets: { TOKEN: token }");
        }
        let captured = self.dice.roll(7);
        if captured == 0 {
            write!(text, ", capture: {{ k_{id}: {{ from: stdout, secret: true }} }}").unwrap();
            self.hidden.push(format!("k_{id}"));
        } else if captured == 1 {
            write!(text, ", capture: {{ c_{id}: exit_code }}").unwrap();
            self.values.push(format!("c_{id}"));
        }
        if class == "change" && self.dice.often(12) {
            text.push_str(", interactive: true");
        }
        if self.dice.often(40) {
            let limit = self.dice.pick(&["4s", "20s", "2m"]);
            write!(text, ", timeout: {limit}").unwrap();
        }
        text + &self.around(id, class)
    }

    fn sql(&mut self, id: &str) -> String {
        let class = self.dice.pick(&["read", "change", "change", "destructive"]);
        let target = self.dice.pick(&["db", "db", "lite", "my"]);
        if class == "read" {
            return format!(
                "effect: read, target: {target}, sql: 'SELECT 1 AS {id}'{}",
                self.around(id, class)
            );
        }
        let mut text = format!("effect: {class}, target: {target}, sql: 'UPDATE {id} SET a = 1'");
        if self.dice.often(15) {
            text.push_str(", no_transaction: true");
        } else if self.dice.often(30) {
            text.push_str(", commit: ask");
        }
        if self.dice.often(25) {
            text.push_str(", expect: rows_affected == 1");
        }
        if self.dice.often(20) {
            text.push_str(", timeout: 10s");
        }
        text + &self.around(id, class)
    }

    fn http(&mut self, id: &str) -> String {
        let class = self.dice.pick(&["read", "change", "destructive"]);
        let request = match (class, self.dice.often(25)) {
            ("read", _) => format!("http: {{ get: /{id} }}"),
            (_, true) => format!("http: {{ post: /{id}, idempotency_key: {id} }}"),
            _ => format!("http: {{ post: /{id} }}"),
        };
        format!("effect: {class}, target: api, timeout: 9s, {request}{}", self.around(id, class))
    }

    fn ask(&mut self, id: &str) -> String {
        if self.dice.often(40) {
            self.hidden.push(format!("k_{id}"));
            return format!(
                "ask: {{ question: Key?, type: secret }}, capture: {{ k_{id}: value }}"
            );
        }
        let kind = self.dice.pick(&["string", "integer", "duration", "boolean"]);
        self.values.push(format!("c_{id}"));
        format!("ask: {{ question: What?, type: {kind} }}, capture: {{ c_{id}: value }}")
    }

    fn wait(&mut self, id: &str) -> String {
        match self.dice.roll(3) {
            0 => format!(
                "wait_for_url: {{ url: 'http://x.example.com/{id}', every: 2s, times_in_a_row: 2 }}, timeout: 19s{}",
                self.on_fail()
            ),
            1 => format!(
                "wait_until: {{ shell: look {id}, that: exit_code == 0, every: 3s }}, timeout: 40s{}",
                self.on_fail()
            ),
            _ => format!(
                "wait_until: {{ that: run.elapsed > 60, every: 5s }}, timeout: 2m{}",
                self.on_fail()
            ),
        }
    }

    /// What surrounds a question.
    fn around_question(&mut self) -> String {
        let mut text = self.on_fail();
        if self.dice.often(10) {
            text.push_str(", killer: true");
        }
        text
    }

    fn on_fail(&mut self) -> String {
        let later = self.phase + 1 < self.phases && self.prefix == "s";
        match self.dice.roll(12) {
            0 | 1 => ", on_fail: continue".to_owned(),
            2 => ", on_fail: stop".to_owned(),
            3 if later => {
                let to = self.phase + 1 + self.dice.roll(self.phases - self.phase - 1);
                format!(", on_fail: {{ menu: [retry, switch_to: p{to}, stop] }}")
            }
            4 => ", on_fail: { menu: [retry, skip, escalate, handoff: other, abort] }".to_owned(),
            _ => String::new(),
        }
    }

    /// What surrounds an action of this class.
    fn around(&mut self, id: &str, class: &str) -> String {
        let mut text = self.on_fail();
        if self.dice.often(20) {
            let more = self.dice.pick(&["", ", backoff: 2", ", when: exit_code == 1"]);
            let every = self.dice.pick(&["3s", "40s"]);
            let times = self.dice.between(2, 3);
            write!(text, ", retry: {{ times: {times}, every: {every}{more} }}").unwrap();
        }
        if self.dice.often(20) {
            write!(text, ", verify: [{{ shell: verify {id}, that: exit_code == 0 }}]").unwrap();
        }
        if class != "read" && self.dice.often(35) {
            write!(
                text,
                ", on_crash: {{ probe: {{ shell: probe {id} }}, done_if: exit_code == 0 }}"
            )
            .unwrap();
        }
        if class != "read" && self.dice.often(25) {
            let undo = self.dice.pick(&["change", "destructive"]);
            write!(text, ", undo: {{ effect: {undo}, shell: undo {id} }}").unwrap();
            self.undos.push(id.to_owned());
        }
        if self.dice.often(10) {
            text.push_str(", evidence: { files: [x.log], ask: What was seen? }");
        }
        if self.dice.often(15) {
            let gate = self.dice.pick(&[
                "ask: Sure?",
                "ask: Sure?, second_person: 'true'",
                "ask: Sure?, type_to_confirm: the word",
            ]);
            write!(text, ", confirm: {{ {gate} }}").unwrap();
        }
        if self.dice.often(10) {
            text.push_str(", killer: true");
        }
        if self.dice.often(10) {
            let mark = self.dice.pick(&["acknowledged", "mitigated", "resolved"]);
            write!(text, ", marks: {mark}").unwrap();
        }
        if self.dice.often(10) && self.prefix == "s" && !text.contains("marks") {
            let items = self.dice.pick(&["['x', 'y']", "[1, 2, 3]", "[]"]);
            write!(text, ", for_each: \"{items}\"").unwrap();
        }
        text
    }

    fn drill(&mut self) {
        self.text.push_str("drill:\n  environments: [low]\n");
        self.text.push_str("  answers: { name: a, many: 'a, b', when_it: -5m, much: 3 }\n");
        self.text
            .push_str("  setup:\n    - { id: d1, title: Seed, effect: change, shell: do d1 }\n");
        self.text.push_str(
            "  inject:\n    - { id: d2, title: Break, effect: destructive, shell: do d2 }\n",
        );
        self.text.push_str("  pass:\n    - { id: back, must: true, points: 50, shell: look back, that: exit_code == 0 }\n    - { id: rto, points: 50, that: run.elapsed <= 600 }\n");
        self.text
            .push_str("  cleanup:\n    - { id: d3, title: Clean, effect: change, shell: do d3 }\n");
    }

    fn inner(&mut self) {
        self.prefix = "i";
        self.text.push_str("mayday: 1\nid: inner\ntitle: Inner\nsteps:\n");
        self.steps.clear();
        self.undos.clear();
        for _ in 0..=self.dice.roll(3) {
            self.step("  ");
        }
    }
}
