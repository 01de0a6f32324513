"""Every attack that the hub must withstand has a test that names it: "S-LOGIN-04" in a comment above the test."""
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
# How many cases each family has; numbers that were merged into others are left out.
CASES = {
    "S-LOGIN": range(1, 8),
    "S-XSRF": range(1, 8),
    "S-REDIR": (1, 3),
    "S-OAUTH": range(1, 7),
    "S-API": (1, *range(3, 12)),
    "S-DOS": range(1, 5),
    "S-LOG": (1, 2),
    "S-FILE": (1, 2),
    "S-SPAWN": range(1, 8),
}


def named_cases():
    found = {}
    for path in TESTS.rglob("*"):
        if path.suffix in (".cpp", ".py", ".mjs") and path != Path(__file__).resolve():
            for case in re.findall(r"\bS-[A-Z]+-\d\d\b", path.read_text(encoding="utf-8")):
                found.setdefault(case, set()).add(path.name)
    return found


def test_every_case_is_named_by_a_test():
    wanted = {f"{family}-{number:02}" for family, numbers in CASES.items() for number in numbers}
    assert sorted(wanted - set(named_cases())) == []


def test_no_test_names_a_case_that_does_not_exist():
    families = tuple(family + "-" for family in CASES)
    wanted = {f"{family}-{number:02}" for family, numbers in CASES.items() for number in numbers}
    assert sorted(case for case in named_cases() if case.startswith(families) and case not in wanted) == []
