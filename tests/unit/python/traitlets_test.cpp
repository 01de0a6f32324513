// The object c, compared with traitlets' own Config on the same statements. Needs the Python package traitlets for the
// comparison; without it the tests are skipped.
#include "python/host.hpp"
#include "python/support.hpp"

namespace jhub::python {
namespace {

// Statements on c. Each is run twice: by the host, and by traitlets' Config in an ordinary file of ours that prints
// what traitlets made of it (as repr, per section and name).
constexpr char const* snippets[] = {
    "c.A.b = 1",
    "c.A.b = [1]; c.A.b.append(2)",
    "c.A.b.append(1); c.A.b.extend([2, 3]); c.A.b.prepend([0]); c.A.b.insert(0, 9)",
    "c.A.b.update({'x': 1}); c.A.b.update({'y': 2})",
    "c.A.b.add('x'); c.A.b.update({'y'})",
    "c.A.b = {'x': 1}; c.A.b.update(y=2); c.A.b['z'] = 3",
    "c['A'].update({'b': 1, 'c': 2})",
    "c.A['b'] = 1; x = 'b' in c.A; c.A.seen = [x, 'q' in c.A, 'A.b' in c, 'Z.b' in c, 'A' in c]",
    "c.A.b = c.A.get('none', 5)",
    "c.A.b = 1; del c.A.b",
    "c.A.b = 1; c.A.pop('b')",
    "setattr(c.A, 'b', 1); c.A.c = getattr(c.A, 'b')",
    "d = type(c)(); d.A.b = 2; d.B.x = 1; c.A.b = 1; c.A.k = 3; c.merge(d)",
    "d = type(c)(); d.A.b.append(2); c.A.b = [1]; c.merge(d)",
    "d = type(c)(); d.A.b.append(2); d.A.b.prepend([0]); c.A.b.append(1); c.A.b.prepend([5]); c.merge(d)",
    "d = type(c)(); d.A.b.update({'y': 2}); c.A.b.update({'x': 1}); c.merge(d)",
    "from traitlets.config import Config; c.merge(Config({'A': {'b': 1}}))",
    "c.A.B.c = 1",
    "c.A = type(c)({'b': 1})",
    "import copy; d = copy.deepcopy(c); d.A.b = 1; c.merge(d)",
    "c.A.setdefault('b', 1); c.A.setdefault('b', 2)",
    "for k, v in {'b': 1, 'c': 2}.items(): c.A[k] = v",
    "c.A.b = 1; c.A.c = sorted(c.A.keys()); c.A.d = len(c.A)",
    "c.A = 1",
    "c.A.b += [1]",
    "c.A._private",
    "c.A.b.insert('x', 1)",
    "c.A.b.c = 1; c.A.b.nothing",
};

constexpr char const* comparison = R"PY(
import json, sys
def plain(value):
    name = type(value).__name__
    if name == "Config":
        return {"section": {k: plain(v) for k, v in value.items()}}
    if name == "LazyConfigValue":
        return {"lazy": repr(value.get_value(initial()[which(value)]))}
    return repr(value)
def initial():
    return [[7], {"i": 7}, {7}]
def which(value):
    up = getattr(value, "_update", None) if hasattr(value, "_update") else value.updated
    return 0 if not up else 1 if isinstance(up, dict) else 2
def attempt(config, statement):
    try:
        exec(statement, {"c": config})
    except Exception as error:
        return type(error).__name__
    return {k: plain(v) for k, v in config.items()}
try:
    from traitlets.config.loader import Config as Theirs
except ImportError:
    c.Comparison.missing = True
else:
    c.Comparison.theirs = [attempt(Theirs(), s) for s in SNIPPETS]
    c.Comparison.ours = [attempt(type(c)(), s) for s in SNIPPETS]
)PY";

TEST(Container, behaves_as_traitlets_config)
{
    TemporaryDirectory const folder;
    Json const list(std::vector<std::string>(std::begin(snippets), std::end(snippets)));
    auto const file = folder.write("jupyterhub_config.py", "SNIPPETS = " + list.dump() + "\n" + comparison);
    auto const answer = evaluate_config(file, {{"PATH", "/usr/bin"}});
    ASSERT_TRUE(answer) << answer.error().message;
    ASSERT_TRUE(answer->contains("sections")) << answer->dump();
    auto const found = (*answer)["sections"]["Comparison"];
    if (found.contains("missing"))
        GTEST_SKIP() << "the Python package traitlets is not installed";
    for (std::size_t i = 0; i < std::size(snippets); ++i)
        EXPECT_EQ(found["ours"]["value"][i], found["theirs"]["value"][i]) << snippets[i];
}

} // namespace
} // namespace jhub::python
