"""pytest plug-in: the hubs of the contract's suite take their ports from where ours do, so that no two of them get the same one."""
import sys

from harness.ports import free_port


def pytest_configure():
    target = sys.modules.get("hubtarget")  # the suite's conftest has imported it by now
    if target:
        target.free_port = free_port
