"""Real accounts of this machine, made for the tests and removed after them."""
import itertools
import os
import pwd
import shutil
import signal
import subprocess

from .waiting import until

_numbers = itertools.count(1)


class Account:
    """An account with a home directory and a password."""

    def __init__(self, hint, shell="/bin/bash"):
        self.name = f"jh{os.getpid() % 10000}{hint}{next(_numbers)}"
        self.password = f"Pass word of {self.name}: ä&<%+"  # every kind of character that forms and PAM must carry
        run("useradd", "--create-home", "--shell", shell, self.name)
        run("chpasswd", input=f"{self.name}:{self.password}\n")
        entry = pwd.getpwnam(self.name)
        self.uid, self.home = entry.pw_uid, entry.pw_dir

    def lock(self):
        run("usermod", "--lock", self.name)

    def unlock(self):
        run("usermod", "--unlock", self.name)

    def write(self, name, text, mode=0o644):
        """A file in the home directory, owned by the account."""
        path = os.path.join(self.home, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        os.chown(path, self.uid, self.uid)
        return path

    def remove_file(self, name):
        os.unlink(os.path.join(self.home, name))

    def processes(self, word=""):
        """Pids of this account's living processes whose command line contains the word."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/status", encoding="utf-8") as file:
                    status = dict(line.split(":", 1) for line in file.read().splitlines() if ":" in line)
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    command = file.read().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if int(status["Uid"].split()[0]) == self.uid and status["State"].split()[0] != "Z" and word in command:
                found.append(int(pid))
        return found

    def end_processes(self):
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        until(lambda: not self.processes(), 10, f"{self.name}'s processes to end")

    def remove(self):
        self.end_processes()
        subprocess.run(["userdel", "--force", self.name], check=False, capture_output=True)
        shutil.rmtree(self.home, ignore_errors=True)


def run(*command, input=None):
    done = subprocess.run(command, input=input, text=True, capture_output=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
