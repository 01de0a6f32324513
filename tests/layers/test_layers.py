"""The layers of src/: a folder includes only folders on lower levels."""
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from include_check import LEVEL_OF, complaint, violations  # noqa: E402

SRC = Path(__file__).resolve().parents[2] / "src"


def test_every_include_goes_to_a_lower_layer():
    assert violations(SRC) == []


def test_every_folder_with_sources_has_a_level():
    folders = {path.relative_to(SRC).parts[0] for path in SRC.rglob("*.?pp")}
    assert folders <= set(LEVEL_OF)


@pytest.mark.parametrize("file, included", [
    ("http/server.cpp", "hub/core/users.hpp"),        # up
    ("base/url.cpp", "http/headers.hpp"),             # up by one
    ("spawn/local.cpp", "store/spawners.hpp"),        # sideways
    ("proxy/worker.cpp", "hub/core/users.hpp"),       # between programs
    ("hub/core/launcher.cpp", "hub/api/users.hpp"),   # the core knows no topic
    ("hub/api/users.cpp", "hub/pages/home.hpp"),      # one topic another
    ("hub/dispatch/router.cpp", "hub/api/users.hpp"), # the dispatcher knows no topic either
    ("hub/novel/thing.cpp", "hub/core/users.hpp"),    # a part of the hub without a level
    ("novel/thing.cpp", "base/url.hpp"),              # a folder without a level
])
def test_a_wrong_include_is_complained_about(file, included):
    assert complaint(file, included)


@pytest.mark.parametrize("file, included", [
    ("hub/api/users.cpp", "hub/core/users.hpp"),
    ("hub/api/users.cpp", "hub/api/models.hpp"),
    ("hub/startup/serve.cpp", "hub/api/tables.hpp"),
    ("apps/jupyterhub.cpp", "hub/hub.hpp"),
    ("auth/pam.cpp", "privileged/helper.hpp"),
    ("http/server.cpp", "sys/socket.h"),
])
def test_a_right_include_is_not(file, included):
    assert complaint(file, included) is None


def test_a_violation_in_a_tree_is_found_with_file_and_line(tmp_path):
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "url.cpp").write_text('#include "base/url.hpp"\n\n#include "hub/core/users.hpp"\n')
    assert violations(tmp_path) == ["base/url.cpp:3: includes hub/core/users.hpp: hub stands above base"]
