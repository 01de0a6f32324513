"""What /proc says of a process."""
import pathlib


def stat_fields(pid):
    """The fields of /proc/PID/stat from the state on (proc(5) calls that number 3)."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()


def has_ended(pid):
    """Whether it runs no more; nobody need have asked for its status."""
    try:
        return stat_fields(pid)[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
