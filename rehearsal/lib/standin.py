"""A stand-in for a provider's command: it takes the flags of the real one that the playbooks use, and no other.

Owns the reading of a command line and what a wrong one says. What a command does is the stand-in's own.

    tool = Tool("neonctl", "5.0.1", everywhere={"--no-analytics": FLAG})

    @tool.command("branches create", {"--name": VALUE, "-o|--output": ["json"]})
    def create(given): ...

    tool.main()
"""

import os
import sys

from world import Trouble, World

FLAG = "flag"
VALUE = "value"
# May be given several times; a list.
MANY = "many"


class Given:
    """What stood on a command line: `given["--name"]`, `given.words`, `given.rest` (behind `--`)."""

    def __init__(self, tool, name, flags, words, rest, world):
        self.tool, self.name, self.flags = tool, name, flags
        self.words, self.rest, self.world = words, rest, world

    def __getitem__(self, flag):
        return self.flags.get(flag)

    def need(self, *flags):
        for flag in flags:
            if self.flags.get(flag) is None:
                raise Trouble(f"{self.tool.name} {self.name}: {flag} is missing")


class Command:
    def __init__(self, run, flags, words, rest):
        self.run, self.words, self.rest = run, words, rest
        # Every spelling of a flag leads to its last one, the long one, and its kind.
        self.kinds = {}
        for spellings, kind in flags.items():
            names = spellings.split("|")
            for name in names:
                self.kinds[name] = (names[-1], kind)


def taking(flags, word):
    """True when this spelling is of a flag that takes a value."""
    return any(word in spellings.split("|") and kind != FLAG for spellings, kind in flags.items())


class Tool:
    """One program. `usage_code` is what the real one exits with on a wrong command line."""

    def __init__(self, name, version, everywhere=None, usage_code=1, secret=None):
        self.name, self.version, self.usage_code = name, version, usage_code
        self.everywhere, self.secret = everywhere or {}, secret
        self.commands = {}

    def command(self, name, flags=None, words=0, rest=False):
        """Registers a command. `words`: how many plain words it takes, a number or (least, most).
        `rest`: it takes what stands behind `--`."""
        least, most = words if isinstance(words, tuple) else (words, words)

        def keep(run):
            self.commands[name] = Command(run, {**self.everywhere, **(flags or {})}, (least, most), rest)
            return run

        return keep

    def main(self):
        try:
            sys.exit(self.run(sys.argv[1:]) or 0)
        except Trouble as trouble:
            print(f"ERROR: {trouble}" if not trouble.plain else str(trouble), file=sys.stderr)
            sys.exit(trouble.code)
        except BrokenPipeError:
            sys.exit(141)

    def refuse(self, message):
        raise Trouble(f"{self.name}: {message} (stand-in)", code=self.usage_code)

    def run(self, arguments):
        world = World.of_program()
        self.version = world.fault(self.name, "version") or self.version
        if arguments in (["--version"], ["-v"], ["version"]):
            print(self.said_version())
            return 0
        name, arguments = self.split(arguments)
        if name is None or arguments[:1] == ["--help"]:
            self.help(name)
            return 0
        given = self.read(name, arguments, world)
        world.log(self.name, name)
        refusal = world.fault(self.name, f"fail {name}")
        if refusal:
            raise Trouble(refusal)
        if self.secret:
            self.prove(world)
        return self.commands[name].run(given)

    def said_version(self):
        return self.version

    def split(self, arguments):
        """The longest known command that the words begin with. Flags may stand between its words, as in
        `aws --profile x s3 cp`; they are the command's."""
        plain, front, at = [], [], 0
        while at < len(arguments) and len(plain) < 4 and arguments[at] != "--":
            word = arguments[at]
            if not word.startswith("-"):
                plain.append((at, word))
            elif "=" not in word and taking(self.everywhere, word):
                at += 1
            at += 1
        for length in range(len(plain), 0, -1):
            name = " ".join(word for _, word in plain[:length])
            if name in self.commands:
                taken = {at for at, _ in plain[:length]}
                return name, [word for at, word in enumerate(arguments) if at not in taken]
        if "" in self.commands:
            return "", arguments
        if not arguments or arguments[0] == "--help":
            return None, arguments
        known = " ".join(arguments[:3])
        self.refuse(f"`{known}` is not a command that this stand-in knows")
        return None, front

    def read(self, name, arguments, world):
        command, flags, words, rest = self.commands[name], {}, [], []
        arguments = list(arguments)
        while arguments:
            word = arguments.pop(0)
            if word == "--" and command.rest:
                rest, arguments = arguments, []
                continue
            if not word.startswith("-") or word == "-":
                words.append(word)
                # ssh and docker exec hand everything behind their words to somebody else.
                if command.rest == "words" and len(words) == command.words[1]:
                    rest, arguments = arguments, []
                continue
            flag, value = (word.split("=", 1) + [None])[:2] if word.startswith("--") else (word, None)
            if flag not in command.kinds:
                self.refuse(f"unknown option {flag} for `{name}`")
            long, kind = command.kinds[flag]
            if kind == FLAG:
                if value is not None:
                    self.refuse(f"{flag} takes no value")
                flags[long] = True
                continue
            if value is None:
                if not arguments:
                    self.refuse(f"{flag} needs a value")
                value = arguments.pop(0)
            if isinstance(kind, (list, tuple)) and value not in kind:
                self.refuse(f"{flag} is one of {', '.join(kind)}, not `{value}`")
            if kind == MANY:
                flags.setdefault(long, []).append(value)
            else:
                flags[long] = value
        least, most = command.words
        if not least <= len(words) <= most:
            self.refuse(f"`{name}` takes {least} to {most} words, not {len(words)}: {' '.join(words)}")
        return Given(self, name, flags, words, rest, world)

    def help(self, name):
        print(f"{self.name} {self.version}: a stand-in of the rehearsal. It knows these:")
        for known, command in sorted(self.commands.items()):
            if name in (None, known):
                flags = " ".join(sorted(flag for flag in command.kinds))
                print(f"  {self.name} {known} {flags}".rstrip())

    def prove(self, world):
        """The real command would ask for its token; so that a step without its secret fails here too."""
        variable, secret = self.secret
        given = os.environ.get(variable)
        if not given:
            raise Trouble(f"{self.name}: not authorised: {variable} is not set")
        if given != world.secret(secret):
            raise Trouble(f"{self.name}: not authorised: {variable} is not the right one")
