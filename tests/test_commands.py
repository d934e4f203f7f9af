"""docs/commands.md against the command line: every verb, argument and option, and no other."""

import re
import shlex

import pytest
from conftest import ROOT
from shell import verbs

PAGE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### `stance (.+?)`\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))


def row(parameter):
    """The line of a table that an argument or option must have."""
    name = ", ".join(f"`{option}`" for option in (*parameter.opts, *parameter.secondary_opts))
    if parameter.param_type_name == "argument":
        name = f"`{(parameter.metavar or parameter.name.upper()).strip('[]')}`".replace("|", "\\|")
    default = f"`{parameter.default}`"
    if parameter.required:
        default = "required"
    elif parameter.default is None or parameter.default is False:
        default = ""
    return f"| {name} | {parameter.help} | {default} |"


def test_every_verb_has_one_section_and_nothing_else_has():
    assert list(SECTIONS) == list(verbs())


@pytest.mark.parametrize("name", verbs())
def test_a_section_says_what_help_says(name):
    summary, _, example = verbs()[name].help.partition("Example: ")
    section = SECTIONS[name]
    assert " ".join(summary.split()) in " ".join(section.split())
    assert [line for line in section.splitlines() if line.startswith("| ")][1:] == [
        row(parameter) for parameter in verbs()[name].params if parameter.name != "help"
    ]
    assert example.strip() in section


@pytest.mark.parametrize("name", verbs())
def test_the_example_of_a_verb_is_one_that_it_takes(name):
    (example,) = re.findall(r"^```shell\n(stance .*)\n```$", SECTIONS[name], re.MULTILINE)
    words = shlex.split(re.split(r" [|>] ", example)[0])
    assert words[: 1 + len(name.split())] == ["stance", *name.split()]
    verbs()[name].make_context(name, words[1 + len(name.split()) :])
