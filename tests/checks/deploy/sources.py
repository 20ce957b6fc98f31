"""The settings in the Rust sources: the variables that each command reads, and their defaults."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

# One setting: its attribute names the variable and perhaps a default, the line after its attributes names the field.
ARGUMENT = re.compile(r"#\[arg\((?P<attribute>[^\n]*?\blong\b[^\n]*)\)\]\s*(?:pub(?:\(\w+\))? )?(?P<field>\w+): (?P<type>[^\n]*),\n")


@dataclass
class Setting:
    """A flag of a command, and the variable that sets it, if there is one."""

    flag: str
    variable: str | None
    default: str | None


def settings(text):
    """The settings in a piece of Rust source."""
    constants = dict(re.findall(r"const (\w+): \w+ = ([\d_]+);", text))
    found = []
    for match in ARGUMENT.finditer(text):
        attribute = match["attribute"]
        variable = re.search(r'\benv = "(\w+)"', attribute)
        default = re.search(r"default_value_t = (\w+)", attribute)
        value = constants.get(default[1]) if default else None
        found.append(Setting("--" + match["field"].replace("_", "-"), variable and variable[1], value and value.replace("_", "")))
    return found


class Sources:
    """Reads the sources once."""

    def __init__(self, root):
        services = Path(root) / "services"
        read = lambda path: (services / path).read_text(encoding="utf-8")
        peers = settings(read("shared/client/src/tls.rs"))
        server = settings(read("shared/server/src/config.rs")) + peers
        served = re.search(r"enum Service \{\n(.*?)\n\}", read("mathshubs/src/command/serve.rs"), re.S)[1]
        names = [name.lower() for name in re.findall(r"^    (\w+) \{$", served, re.M)]
        self.commands = {("serve", name): settings(read(f"{name}/src/config.rs")) + server for name in names}
        self.commands["report",] = settings(read("mathshubs/src/command/report.rs")) + peers
        self.audience = re.search(r'const AUDIENCE: &str = "(\w+)"', read("shared/access/src/claims.rs"))[1]
        # Roles of people who act for the whole programme, from the table of methods and roles: not of one hub or school, and not a program.
        with (Path(root) / "proto/access.csv").open(encoding="utf-8") as file:
            table = csv.DictReader(file)
            self.roles = set(table.fieldnames) - {"method", "second_person"}
            scoped = {role for row in table for role, cell in row.items() if cell == "own"}
        self.people = self.roles - scoped - {"importer", "publisher", "follower"}
        # If a pattern no longer matches the sources, the check must fail.
        assert ("serve", "network") in self.commands and len(server) > 10 and len(peers) == 4 and {"ncetm", "dfe"} <= self.people and "school" not in self.people, "the patterns do not match the sources"

    def variables(self, command):
        """The variables that a command reads; RUST_LOG by way of its logging."""
        names = {one.variable for one in self.commands[command] if one.variable}
        return names | {"RUST_LOG"} if command[0] == "serve" else names

    def defaults(self):
        """Variable to default, of all commands."""
        return {one.variable: one.default for command in self.commands.values() for one in command if one.variable}
