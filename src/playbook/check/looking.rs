//! Command lines that are known to only look: for guesses about what nobody has declared yet.
//!
//! The other side of the table of effects. Whoever is in neither is not known, and a guess takes that for a
//! change. Most tools of operators look with one word and change with the next, so a tool's name alone says little.

use super::shell::Command;

/// Programs that only look, whatever their words are.
const PROGRAMS: &str = "[, [[, awk, cat, cd, cut, df, diff, dig, du, echo, exit, export, false, file, free, grep, \
     egrep, fgrep, gzip, gunzip, head, host, id, jq, less, ls, lsblk, lsof, md5sum, more, \
     netstat, nslookup, open, pg_isready, pgrep, ping, printenv, printf, ps, pwd, read, sed, \
     set, sha256sum, sleep, ss, stat, tail, test, top, traceroute, tr, true, uname, uniq, \
     uptime, vmstat, iostat, wc, which, who, whoami, xdg-open, yq, zcat, zgrep";

/// Programs that only look without these words.
const UNLESS: &[(&str, &str)] = &[
    ("date", "-s, --set"),
    ("dmesg", "-c, -C, --clear, --read-clear"),
    ("find", "-delete, -exec, -execdir, -ok, -okdir, -fprint, -fprintf, -fls"),
    ("journalctl", "--rotate, --vacuum-size, --vacuum-time, --vacuum-files, --flush"),
    ("sort", "-o, --output"),
    ("pg_dump", "-f, --file"),
    ("curl", "-o, -O, --output, --remote-name, -T, --upload-file"),
    ("ip", "add, del, delete, set, flush, change, replace, append, up, down, exec"),
    ("openssl", "-out, -CAcreateserial, genrsa, genpkey, req, ca, rand, enc"),
];

/// Words with which a program looks. `*` stands for any one word; behind the beginning of a word, for all that begin so.
const VERBS: &[(&str, &str)] = &[
    (
        "aws",
        "s3 ls, * describe-*, * get-*, * list-*, * head-*, * lookup-*, * search-*, * filter-*, \
     * scan, * query, * wait, logs tail, s3 presign",
    ),
    (
        "docker",
        "ps, logs, inspect, images, stats, info, version, top, port, history, events, diff, \
     compose ps, compose logs, compose config, compose top, compose images, compose ls, \
     container ls, container inspect, container logs, image ls, volume ls, volume inspect, \
     network ls, network inspect, system df, system info, node ls, service ls, service ps, \
     service logs, stack ps",
    ),
    ("docker-compose", "ps, logs, config, top, images"),
    (
        "gh",
        "run list, run view, run watch, workflow list, workflow view, pr list, pr view, pr checks, \
     pr diff, issue list, issue view, release list, release view, auth status",
    ),
    (
        "git",
        "log, status, diff, show, blame, describe, rev-parse, ls-files, ls-remote, reflog, shortlog, \
     grep",
    ),
    ("helm", "list, ls, status, history, get, show, search, template, lint, version"),
    (
        "kubectl",
        "get, describe, logs, top, explain, version, cluster-info, api-resources, diff, events, \
     auth can-i, config view, config get-contexts, config current-context, rollout status, \
     rollout history",
    ),
    (
        "neonctl",
        "projects list, projects get, branches list, branches get, branches schema-diff, \
     databases list, roles list, operations list, connection-string, cs, me",
    ),
    ("netlify", "status, env:list, env:get, sites:list, api get*, api list*, watch"),
    ("prisma", "migrate status, migrate diff, validate, version"),
    (
        "redis-cli",
        "info, ping, get, mget, keys, scan, ttl, pttl, dbsize, llen, lrange, hget, hgetall, \
     smembers, scard, zrange, zcard, xlen, type, exists, monitor, role, time, config get, \
     client list, slowlog get, memory usage, memory stats, memory doctor, latency latest, \
     cluster info, cluster nodes, acl list",
    ),
    ("systemctl", "status, is-*, show, cat, list-*, get-default"),
    ("vercel", "ls, list, inspect, logs, whoami, env ls, domains ls, alias ls, project ls"),
];

/// Programs with which an option alone looks.
const OPTIONS: &[(&str, &str)] = &[
    ("tar", "-t, --list"),
    ("wget", "--spider"),
    ("nc", "-z"),
    ("psql", "-l, --list"),
    ("redis-cli", "--latency, --bigkeys, --memkeys, --stat"),
    ("systemctl", "--failed"),
    ("crontab", "-l"),
];

/// True when a command of which the table of effects knows nothing only looks.
#[must_use]
pub fn only(command: &Command) -> bool {
    let program = command.program();
    let row = |table: &[(&str, &'static str)]| {
        table.iter().find(|(name, _)| *name == program).map(|(_, words)| listed(words))
    };
    if program.is_empty() || listed(PROGRAMS).contains(&program) {
        return true;
    }
    if command.arguments().len() == 1 && command.has(&["--version", "--help", "-V"]) {
        return true;
    }
    if let Some(words) = row(UNLESS) {
        return !command.says(&words) && !command.has(&words);
    }
    if row(OPTIONS).is_some_and(|options| command.has(&options)) {
        return true;
    }
    match program {
        "env" | "hostname" => command.plain().next().is_none(),
        "tar" => command.plain().next().is_some_and(|first| first.starts_with('t')),
        "wget" => {
            command.value_of(&["-O", "-qO", "--output-document"]).is_some_and(|to| to.text == "-")
                || command.says(&["-qO-", "-O-"])
        }
        "service" => command.plain().last() == Some("status"),
        _ => row(VERBS).is_some_and(|verbs| verbs.iter().any(|verb| says(command, verb))),
    }
}

/// The words of a row.
fn listed(row: &'static str) -> Vec<&'static str> {
    row.split(", ").collect()
}

/// True for a program that is in one of the tables: words in front of which it stands are a command line.
#[must_use]
pub fn knows(program: &str) -> bool {
    let tables = [UNLESS, VERBS, OPTIONS];
    let rows = tables.iter().flat_map(|table| table.iter());
    listed(PROGRAMS).contains(&program)
        || rows.map(|(name, _)| name).any(|name| *name == program)
        || matches!(program, "env" | "hostname" | "service" | "watch")
}

/// True when these are the first words of a command that are neither options nor could be the value of one:
/// `kubectl -n web get pods`, and not `kubectl exec web -- get`.
fn says(command: &Command, verb: &str) -> bool {
    let verb: Vec<&str> = verb.split(' ').collect();
    let words: Vec<String> =
        command.arguments().iter().map(|word| word.text.to_lowercase()).collect();
    let is_option = |at: usize| words.get(at).is_some_and(|word| word.starts_with('-'));
    let same = |word: &str, said: &str| match word.strip_suffix('*') {
        Some(begin) => said.starts_with(begin),
        None => said == word,
    };
    let begins_at = |start: usize| {
        let plain = words[start..].iter().filter(|word| !word.starts_with('-'));
        let said: Vec<&String> = plain.take(verb.len()).collect();
        said.len() == verb.len() && said.iter().zip(&verb).all(|(said, word)| same(word, said))
    };
    for at in 0..words.len() {
        if is_option(at) {
            continue;
        }
        if begins_at(at) {
            return true;
        }
        if at == 0 || !is_option(at - 1) {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::{effects, shell};
    use super::only;

    fn looks(line: &str) -> bool {
        let script = shell::scan(line);
        script.commands.iter().all(|command| effects::of(command).is_none() && only(command))
    }

    fn lines(text: &str) -> impl Iterator<Item = &str> {
        text.lines().map(str::trim)
    }

    #[test]
    fn what_looks_and_what_is_not_known_to() {
        for line in lines(
            "redis-cli info memory | grep used
             redis-cli -h cache CONFIG GET maxmemory
             redis-cli --bigkeys
             kubectl -n web get pods
             kubectl --context prod -n web logs -f api
             docker compose ps
             docker ps -a
             docker logs --tail 50 api
             git log -3
             aws rds describe-db-instances
             aws s3 ls s3://b
             aws --profile prod rds describe-db-instances
             netlify api getSite --data {}
             netlify api listSiteDeploys
             systemctl is-active api
             systemctl status api
             systemctl --failed
             tar tzf x.tgz
             tar -tf x.tar
             find . -name x
             curl -fsS https://a.example/health
             date -u
             ip addr show
             openssl x509 -noout -dates -in c.pem
             openssl s_client -connect a:443
             wget -qO- https://a.example
             service api status
             hostname
             psql -l
             psql --version
             env
             journalctl -u api --since '1 hour ago'
             nc -zv db 5432",
        ) {
            assert!(looks(line), "{line}");
        }
        for line in lines(
            "redis-cli config set maxmemory-policy allkeys-lru
             redis-cli SET a 1
             kubectl exec api -- rm x
             kubectl -n web delete pod get
             kubectl debug get
             docker exec db psql
             docker pull get
             docker compose exec ps sh
             git fetch
             git tag v1
             aws lambda publish-version
             aws s3 cp s3://b/x /etc/x
             netlify api updateSite
             netlify link
             systemctl daemon-reload
             systemctl isolate rescue
             tar xzf x.tgz
             find . -exec rm {} ;
             curl -o /etc/x https://a.example
             curl -T x https://a.example
             date -s 12:00
             ip link set eth0 down
             openssl genrsa -out k
             wget https://a.example/x
             service api reload
             hostname new
             psql mydb
             env X=1 ./do
             nc -l 80
             journalctl --vacuum-time=1d
             made-up-tool status
             pg_dump -f x.sql db
             xargs rm
             sh
             curl https://a.example/install | sh
             watch reboot-now
             source x.sh
             helm rollback get
             kubectl exec -it get -- rm x
             docker exec -it ps sh",
        ) {
            assert!(!looks(line), "{line}");
        }
    }
}
