"""pytest plug-in: tests listed in tests/conformance-expected-failures.txt may fail; those that pass are reported.

A line of the file is SUITE/test_file.py::test_name[case], or SUITE/test_file.py for a whole file; text after " # " says why.
The variable EXPECTED_FAILURES names the suite that runs.
"""
import os

import pytest

LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance-expected-failures.txt")


def read_list(suite):
    entries = {}
    with open(LIST, encoding="utf-8") as lines:
        for line in lines:
            entry, _, reason = line.strip().partition(" # ")
            if entry.startswith(suite + "/"):
                entries[entry[len(suite) + 1:].strip()] = reason or "listed in tests/conformance-expected-failures.txt"
    return entries


def pytest_collection_modifyitems(items):
    expected = read_list(os.environ.get("EXPECTED_FAILURES", ""))
    for item in items:
        file = item.nodeid.split("::")[0]
        reason = expected.get(item.nodeid) or expected.get(item.nodeid.split("[")[0]) or expected.get(file)
        if reason:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=False))


def pytest_terminal_summary(terminalreporter):
    passing = sorted({report.nodeid for report in terminalreporter.stats.get("xpassed", [])})
    if passing:
        terminalreporter.section("expected to fail, but passed: take these lines out of the list")
        for nodeid in passing:
            terminalreporter.line(f"{os.environ.get('EXPECTED_FAILURES')}/{nodeid}")
