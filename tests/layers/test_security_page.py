"""docs/explanation/security.md names a test beside each defence. Each of them is there."""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/explanation/security.md").read_text(encoding="utf-8")


def python_tests():
    """file.py::test_name of all black-box tests."""
    return {
        f"{path.name}::{name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }


def unit_tests():
    """Suite.name of all GoogleTest tests."""
    found = set()
    for path in (ROOT / "tests/unit").rglob("*.cpp"):
        text = path.read_text(encoding="utf-8")
        found |= {f"{suite}.{name}" for suite, name in re.findall(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", text, re.MULTILINE)}
    return found


def named_tests():
    return set(re.findall(r"`(\w+\.py::\w+|[A-Z]\w+\.[a-z]\w+)`", PAGE))


def test_every_test_that_the_page_names_exists():
    assert sorted(named_tests() - python_tests() - unit_tests()) == []


def test_every_defence_names_a_test():
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| threat")]
    assert len(rows) > 30
    assert [row for row in rows if not re.findall(r"`(\w+\.py::\w+|[A-Z]\w+\.[a-z]\w+)`", row.rsplit("|", 2)[1])] == []
