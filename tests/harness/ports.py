"""Ports for programs that cannot be told to pick one themselves."""
import itertools
import random
import socket

FIRST, LAST, BLOCK = 15000, 31000, 100  # below the ephemeral range, so that no outgoing connection takes one meanwhile
RESERVED = []  # keeps the reservations of this process


def reserved_blocks():
    """Blocks of ports that are this process's until it ends: an abstract socket, which the kernel frees, is the sign."""
    starts = list(range(FIRST, LAST, BLOCK))
    random.shuffle(starts)
    for start in starts:
        sign = socket.socket(socket.AF_UNIX)
        try:
            sign.bind(f"\0jupyterhub-test-ports-{start}")
        except OSError:
            sign.close()  # another test process has it
            continue
        RESERVED.append(sign)
        yield range(start, start + BLOCK)


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


PORTS = filter(is_free, itertools.chain.from_iterable(reserved_blocks()))


def free_port():
    """A port nobody listens on, given to no other test of this run."""
    return next(PORTS)
