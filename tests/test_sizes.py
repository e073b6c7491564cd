"""How long files and functions are, so that each can be held in the head (decision 0025)."""

import ast
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("core/seedbed", "plugins/seedbed-tools/src", "plugins/seedbed-testing/src")
LONGEST_FILE = 350
USUAL_FUNCTION = 5


@pytest.mark.parametrize("room", ROOMS)
def test_a_file_is_read_in_a_few_minutes(room):
    lengths = {path: path.read_text("utf-8").count("\n") for path in (ROOT / room).rglob("*.py")}
    assert lengths
    assert {str(path): length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_half_of_all_functions_have_few_lines():
    assert median(map(_length, _functions(ROOT / "core/seedbed"))) <= USUAL_FUNCTION


def _functions(folder):
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def _length(function):
    """Count the lines of a function without its docstring."""
    first, lines = function.body[0], function.end_lineno - function.lineno + 1
    return lines - (first.end_lineno - first.lineno + 1 if ast.get_docstring(function) else 0)
