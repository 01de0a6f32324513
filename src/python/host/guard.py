"""The first thing that runs in the interpreter, which was started isolated (-I -S): where modules may come from. Nothing
but what is built into the interpreter is imported before guard() has returned.

The search path is as the Python hub has it (PYTHONPATH, the standard library, the user's and the site's packages), without
the working directory. As root, code is taken only from where nobody else can put it: same rule as src/base/trust.hpp.
"""
import posix
import sys

_loaders = sys.modules["_frozen_importlib_external"]
_LINK, _DIRECTORY, _TYPE, _STICKY = 0o120000, 0o040000, 0o170000, 0o1000
_MOST_LINKS = 40
_checking = False
_users, _groups = {0}, {0}


class Refused(Exception):
    """Root does not run what somebody else can change; the text says what, who and what to do."""


def _variable(name):
    return posix.environ.get(name.encode(), b"").decode(errors="surrogateescape")


def _is_a_home(place):
    return place == "/" or place.startswith("/home/") and place.count("/") == 2


def _writers_of(place, facts):
    if facts.st_mode & 0o002:
        who = "everybody"
    elif facts.st_mode & 0o020 and facts.st_gid not in _groups:
        who = f"the group number {facts.st_gid}"
    else:
        return None
    sticky = facts.st_mode & _TYPE == _DIRECTORY and facts.st_mode & _STICKY
    return f"{who} can write to {place}", "" if sticky or _is_a_home(place) else f"chmod -R go-w {place}"


def _problem_of(place, facts):
    if facts.st_uid not in _users:
        remedy = "" if _is_a_home(place) else f"chown -R root:root {place}"
        return f"{place} belongs to the account number {facts.st_uid}", remedy
    kind = facts.st_mode & _TYPE
    if kind == _LINK or kind == _DIRECTORY and facts.st_mode & _STICKY:
        return None
    return _writers_of(place, facts)


def who_can_change(path, takes_new=False):
    """Who but root can change what lies there, as (words, command that mends it); None: nobody, or nobody looks. Walks
    like who_can_change() and, with takes_new, who_can_add() of base/trust.cpp."""
    if not _checking or posix.geteuid() != 0:
        return None
    rest = (path if path.startswith("/") else f"{posix.getcwd()}/{path}").split("/")[::-1]
    at, here, links = "/", posix.lstat("/"), 0
    problem = _problem_of(at, here)
    while rest and not problem:
        name = rest.pop()
        if name in ("", "."):
            continue
        if name == "..":
            at = at.rpartition("/")[0] or "/"
            here = posix.lstat(at)
            continue
        following = f"{at.rstrip('/')}/{name}"
        try:
            facts = posix.lstat(following)
        except OSError:
            return _writers_of(at, here)
        problem = _problem_of(following, facts)
        if facts.st_mode & _TYPE != _LINK:
            at, here = following, facts
            continue
        links += 1
        if links > _MOST_LINKS:
            return f"{following} is a link that leads nowhere", ""
        target = posix.readlink(following)
        if target.startswith("/"):
            at = "/"
        rest += target.split("/")[::-1]
    return problem or (_writers_of(at, here) if takes_new else None)


def _sentence(path, problem):
    who, remedy = problem
    return (f"{path} is not used: {who}, so somebody else decides what the hub runs as root. "
            + (f"Look at it, then give it to root ({remedy}), or" if remedy else "Choose another place, or")
            + " say that this is meant with --JupyterHub.trust_config_file=True")


def check(path, takes_new=False):
    """Raises Refused when somebody but root can change what lies there."""
    problem = who_can_change(path, takes_new)
    if problem:
        raise Refused(_sentence(path, problem))


def _guard_loaders():
    """Whatever the import system reads as code goes through one of these."""
    read, write = _loaders.FileLoader.get_data, _loaders.SourceFileLoader.set_data
    load_extension = _loaders.ExtensionFileLoader.create_module

    def get_data(self, path):
        problem = who_can_change(path)
        if problem and path.endswith(".pyc") and isinstance(self, _loaders.SourceLoader):
            raise PermissionError(_sentence(path, problem))  # the source is compiled instead
        if problem:
            raise ImportError(_sentence(path, problem), name=self.name, path=path)
        return read(self, path)

    def set_data(self, path, data, **options):
        folder = path.rpartition("/")[0]
        if not who_can_change(folder, takes_new=True):
            write(self, path, data, **options)

    def create_module(self, spec):
        problem = who_can_change(self.path)
        if problem:
            raise ImportError(_sentence(self.path, problem), name=self.name, path=self.path)
        return load_extension(self, spec)

    _loaders.FileLoader.get_data = get_data
    _loaders.SourceFileLoader.set_data = set_data
    _loaders.ExtensionFileLoader.create_module = create_module
    zipimport = sys.modules.get("zipimport")
    if zipimport:
        open_archive = zipimport.zipimporter.__init__

        def __init__(self, path):
            problem = who_can_change(path)
            if problem:
                raise zipimport.ZipImportError(_sentence(path, problem), path=path)
            open_archive(self, path)

        zipimport.zipimporter.__init__ = __init__


def _add_sites():
    """What site does without -I -S, with a look at each folder and .pth file before anything in it can run."""
    site = __import__("site")
    add_folder, add_file = site.addsitedir, site.addpackage

    def addsitedir(sitedir, known_paths=None):
        check(sitedir, takes_new=True)
        return add_folder(sitedir, known_paths)

    def addpackage(sitedir, name, known_paths):
        check(f"{sitedir}/{name}")
        return add_file(sitedir, name, known_paths)

    def check_enableusersite():
        if _variable("PYTHONNOUSERSITE"):
            return False
        return True if posix.geteuid() == posix.getuid() and posix.getegid() == posix.getgid() else None

    site.addsitedir, site.addpackage, site.check_enableusersite = addsitedir, addpackage, check_enableusersite
    site.main()


def guard(checking):
    """Completes sys.path. Raises Refused for an entry that others can put modules into."""
    global _checking
    _checking = checking
    for variable, trusted in (("SUDO_UID", _users), ("SUDO_GID", _groups)):
        if _variable(variable).isdigit():
            trusted.add(int(_variable(variable)))
    _guard_loaders()
    here = posix.getcwd()
    asked_for = [path for path in _variable("PYTHONPATH").split(":") if path]
    asked_for = [path if path.startswith("/") else f"{here}/{path}" for path in asked_for]
    sys.path[:] = [path.rstrip("/") or "/" for path in asked_for] + [path for path in sys.path if path]
    sys.path[:] = [path for path in sys.path if path not in (here, f"{here}/.")]
    for path in sys.path:
        check(path, takes_new=True)
    _add_sites()
    for path in sys.path:
        check(path, takes_new=True)
