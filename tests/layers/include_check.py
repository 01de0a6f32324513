"""Checks that every #include of src/ goes to a lower layer (ARCHITECTURE.md): never up, never sideways.

Run by pytest (test_layers.py) and by hand: python3 tests/layers/include_check.py
"""
import re
import sys
from pathlib import Path

LEVELS = {
    1: {"base"},
    2: {"http", "model"},
    3: {"python", "privileged", "config"},
    4: {"auth", "spawn", "store", "rbac", "jinja", "resources"},
    5: {"hub", "proxy", "singleuser", "helper"},
    6: {"apps"},
}
LEVEL_OF = {layer: level for level, layers in LEVELS.items() for layer in layers}

# The same rule inside hub/: the topics stand beside each other, on the dispatcher, on the core.
HUB_LEVEL_OF = {"core": 1, "dispatch": 2, "api": 3, "oauth": 3, "pages": 3, "services": 3, "startup": 4}

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
SOURCES = {".cpp", ".hpp", ".h"}


def layer_of(path):
    """Folder of src/ that a path written from src/ belongs to; None for a file in src/ itself."""
    first, _, rest = path.partition("/")
    return first if rest else None


def hub_part(path):
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "hub" else None


def complaint(file, included):
    """Why `file` may not include `included` (both written from src/), or None."""
    here, there = layer_of(file), layer_of(included)
    if here not in LEVEL_OF:
        return f"folder {here}/ has no level: name it in tests/layers/include_check.py and ARCHITECTURE.md"
    if there not in LEVEL_OF:
        return None  # a generated header or a system one in quotes
    if here == there:
        mine, theirs = hub_part(file), hub_part(included)
        for part in (mine, theirs):
            if part and part not in HUB_LEVEL_OF:
                return f"folder hub/{part}/ has no level: name it in tests/layers/include_check.py and ARCHITECTURE.md"
        if mine and theirs and mine != theirs and HUB_LEVEL_OF[theirs] >= HUB_LEVEL_OF[mine]:
            return f"hub/{mine} may not include hub/{theirs}"
        return None
    if LEVEL_OF[there] == LEVEL_OF[here]:
        return f"{here} and {there} stand on the same level"
    if LEVEL_OF[there] > LEVEL_OF[here]:
        return f"{there} stands above {here}"
    return None


def violations(src):
    """Lines "file:line: includes X: why" for every wrong #include below the folder src."""
    found = []
    for path in sorted(Path(src).rglob("*")):
        if path.suffix not in SOURCES:
            continue
        file = path.relative_to(src).as_posix()
        text = path.read_text(encoding="utf-8")
        for match in INCLUDE.finditer(text):
            included = match.group(1)
            if "/" not in included or included.startswith("."):
                if (path.parent / included).exists():
                    found.append(f"{file}:{line_of(text, match)}: includes {included}: write it from src/")
                continue
            why = complaint(file, included)
            if why:
                found.append(f"{file}:{line_of(text, match)}: includes {included}: {why}")
    return found


def line_of(text, match):
    return text.count("\n", 0, match.start(1)) + 1


def main():
    found = violations(Path(__file__).resolve().parents[2] / "src")
    print("\n".join(found) or "all includes go downwards")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
