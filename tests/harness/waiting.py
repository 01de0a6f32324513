"""Waiting with a deadline: the only way the tests wait for anything."""
import time


def until(condition, seconds, what, every=0.05):
    """Calls condition until it returns something true, and returns that; fails with `what` after the seconds."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(every)
