"""Fixtures of the acceptance tests; a failed test shows the end of its hubs' logs."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # the harness lies beside this folder

from harness.accounts import Account  # noqa: E402
from harness.browser import Browser  # noqa: E402
from harness.hub import ALIVE, EVERYBODY, Hub  # noqa: E402


def pytest_collection_modifyitems(config, items):
    if os.geteuid() != 0:
        raise pytest.UsageError("the acceptance tests make accounts and ask PAM: run them as root (./dev test acceptance does)")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for hub in ALIVE:
            report.sections.append((f"log of the hub in {hub.dir}", "\n".join(hub.log().splitlines()[-60:])))


@pytest.fixture(scope="module")
def account():
    """account(hint) makes a real account that lives as long as the module's tests."""
    made = []

    def make(hint="user", **options):
        made.append(Account(hint, **options))
        return made[-1]

    yield make
    for one in made:
        one.remove()


@pytest.fixture(scope="module")
def ada(account):
    return account("ada")


@pytest.fixture(scope="module")
def hub(request, account):
    """One hub for the module, with the module's CONFIG."""
    one = Hub(getattr(request.module, "CONFIG", EVERYBODY))
    try:
        yield one.start()
    finally:
        one.close()


@pytest.fixture(scope="module")
def new_hub_of_module(account):
    """Like new_hub, started and kept for the whole module."""
    made = []

    def make(config):
        made.append(Hub(config))
        return made[-1].start()

    yield make
    for one in made:
        one.close()


@pytest.fixture
def new_hub(account):
    """new_hub(config) makes hubs of the test's own (not yet started)."""
    made = []

    def make(config=EVERYBODY, **options):
        made.append(Hub(config, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def browser(hub):
    """browser() is a fresh browser at the module's hub; browser(other_hub) at another."""
    return lambda at=None: Browser(at or hub)
