"""Prints the failed tests of a report as lines for tests/conformance-expected-failures.txt: list_failures.py SUITE REPORT.

The reason is the hub's own word when it refused the configuration; otherwise it has to be written by hand.
"""
import re
import sys
import xml.etree.ElementTree as tree


def main(suite, report):
    for case in tree.parse(report).getroot().iter("testcase"):
        trouble = case.find("failure") if case.find("failure") is not None else case.find("error")
        if trouble is None:
            continue
        file = case.get("classname").split(".")[-1] + ".py"
        refusal = re.search(r"(\S*) ?\(?\S*\)?:? ([^.:\n]*not supported yet)", trouble.get("message", "") + (trouble.text or ""))
        print(f"{suite}/{file}::{case.get('name')} # {refusal.group(2) if refusal else 'not yet'}")


if __name__ == "__main__":
    main(*sys.argv[1:])
