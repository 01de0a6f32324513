"""Prints "PASSED FAILED" of a JUnit report (GoogleTest or pytest): count_report.py FILE STATUS.

STATUS is the exit code of the program that wrote it: a program that failed without a failed test (it crashed, ran out of time,
collected nothing) counts as one failure. Skipped and expected failures count as neither.
"""
import sys
import xml.etree.ElementTree as tree


def count(path, status):
    passed = failed = 0
    try:
        cases = list(tree.parse(path).getroot().iter("testcase"))
    except (OSError, tree.ParseError):
        cases = []
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is None and case.get("status") != "notrun":
            passed += 1
    if status != 0 and failed == 0:
        failed = 1
    return passed, failed


if __name__ == "__main__":
    print(*count(sys.argv[1], int(sys.argv[2])))
