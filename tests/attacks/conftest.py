"""Fixtures of the attacks. Every test is guarded: processes, health, log, memory, descriptors and the bytes that reached
the back ends are compared after it."""
import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.dirname(HERE))

from stage import LoneProxy, Stage  # noqa: E402
from recorder import Recorder  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "case(*ids): the attacks of the catalogue that the test makes")


@pytest.fixture(scope="session")
def the_stage():
    stage = Stage()
    yield stage
    stage.close()


@pytest.fixture
def stage(the_stage):
    the_stage.guarding = the_stage.guard()
    yield the_stage
    the_stage.guarding.check(the_stage.healthy)


@pytest.fixture
def lone_proxy():
    """lone_proxy({path: name}, arguments…) -> the proxy alone, with a recorder for each name (attribute `recorders`)."""
    made = []

    def make(routes, *arguments):
        recorders = {name: Recorder(name) for name in routes.values()}
        proxy = LoneProxy({path: recorders[name] for path, name in routes.items()}, *arguments)
        proxy.recorders = recorders
        proxy.guarding = proxy.guard(list(recorders.values()))
        made.append(proxy)
        return proxy

    yield make
    try:
        for proxy in made:
            proxy.guarding.check(proxy.healthy)
    finally:
        for proxy in made:
            proxy.close()
