#!/usr/bin/python3
"""Renders the cases of this directory with Python's Jinja2.

    reference.py --accept    writes expected.json anew (after adding a case)
    reference.py --check     exit status 1 if Jinja2 gives anything else than expected.json; 77 without Jinja2

expected.json maps "file: name of the case" to the output, or to null where Jinja2 raises an error.
"""
import json
import pathlib
import sys

try:
    import jinja2
except ImportError:
    sys.exit(77)

HERE = pathlib.Path(__file__).resolve().parent
CASES = HERE / "cases"
EXPECTED = CASES / "expected.json"


def cases():
    """(key, context, options, files) of every case; the template to render is files["main"]."""
    default = json.loads((CASES / "context.json").read_text())
    for path in sorted(CASES.glob("*.txt")):
        for text in ("\n" + path.read_text().removesuffix("\n")).split("\n== ")[1:]:
            name, _, body = text.partition("\n")
            context, options, files, part = dict(default), {}, {}, "main"
            for line in body.split("\n"):
                word, _, rest = line.partition(" ")
                if word == "@context":
                    context.update(json.loads(rest))
                elif word == "@options":
                    options = json.loads(rest)
                elif word == "@file":
                    part = rest
                elif word == "@main":
                    part = "main"
                else:
                    files.setdefault(part, []).append(line)
            yield f"{path.stem}: {name}", context, options, {k: "\n".join(v) for k, v in files.items()}


def render(context, options, files):
    environment = jinja2.Environment(loader=jinja2.DictLoader(files), **{"autoescape": True, **options})
    try:
        return environment.get_template("main").render(context)
    except Exception:
        return None


def main():
    results = {}
    for key, *case in cases():
        assert key not in results, f"two cases are called {key}"
        results[key] = render(*case)
    if sys.argv[1:] == ["--accept"]:
        EXPECTED.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
        print(len(results), "cases,", sum(v is None for v in results.values()), "of them errors")
        return 0
    frozen = json.loads(EXPECTED.read_text())
    differences = {k for k in results.keys() | frozen.keys() if results.get(k, "-") != frozen.get(k, "-")}
    for key in sorted(differences):
        print(f"{key}\n  Jinja2: {results.get(key)!r}\n  frozen: {frozen.get(key)!r}")
    return 1 if differences else 0


sys.exit(main())
