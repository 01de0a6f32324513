"""Every attack of the catalogue that concerns the proxy has a test."""
import pathlib
import re

EXPECTED = {f"S-{topic}-{number:02}" for topic, numbers in {
    "HTTP": [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14],  # 09 is part of 08
    "HDR": range(1, 7), "ROUTE": range(1, 7), "PXAPI": range(1, 4), "WS": range(1, 6)}.items() for number in numbers}


def test_every_attack_has_a_test():
    marks = [re.findall(r"^@case\((.*)\)$", file.read_text(encoding="utf-8"), re.M) for file in pathlib.Path(__file__).parent.glob("test_*.py")]
    found = set(re.findall(r'"(S-[A-Z]+-\d\d)"', " ".join(sum(marks, []))))
    assert found == EXPECTED
