"""The Debian package: installed beside everything else on a copy of this machine that is thrown away, its units started by a
systemd of its own, updated, removed and purged again."""
import os
import pathlib
import re
import subprocess

import pytest
from harness.hub import BIN, REPOSITORY
from harness.waiting import until

# A copy-on-write root with a systemd that starts one service, our script. $1: directory that both sides see, packages in it.
MACHINE = r"""
set -e
ip link set lo up
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
cd /mnt/root
mkdir -p root/shared
mount --bind "$1" root/shared
mount -t proc proc proc
mount --bind proc/sys proc/sys && mount -o remount,bind,ro proc/sys # its systemd would set what is the whole machine's
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs dev
mkdir dev/shm dev/pts
mount --bind /dev/pts dev/pts
for name in null zero full random urandom tty ptmx; do touch dev/$name; mount --bind /dev/$name dev/$name; done # PrivateDevices wants them
ln -s /proc/self/fd dev/fd
rm -rf etc/systemd/system/*.wants
printf '[Unit]\nDefaultDependencies=no\nAfter=basic.target\n[Service]\nType=oneshot\nExecStart=/bin/sh /root/shared/script\n' \
    >etc/systemd/system/script.service
printf '[Unit]\nRequires=script.service dbus.socket systemd-journald.socket\nAfter=script.service\n' >etc/systemd/system/script.target
exec env -i container=lxc PATH=/usr/sbin:/usr/bin chroot . /lib/systemd/systemd --system --unit=script.target
"""

# What happens on it; each step's outcome becomes a line of the file "told".
SCRIPT = r"""
exec >/root/shared/log 2>&1
set -x
export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive
tell() { echo "$*" >>/root/shared/told; }
unit=jupyterhub-native.service
hub=http://127.0.0.1:8000
jar="-b /root/jar -c /root/jar"
answers() { for i in $(seq 100); do curl -sf $hub/hub/api | grep -q version && return 0; sleep 0.1; done; journalctl --no-pager -n 40; return 1; }
visit() { curl -sL $jar -o /dev/null $hub/user/pkg-ada/tree; } # a page, which brings the server's own cookie
server() { visit; curl -sL $jar -o /dev/null -w '%{http_code} %{url_effective}' $hub/user/pkg-ada/api/status; }
of_ada() { pgrep -u pkg-ada -f singleuser | head -1; }
says() { grep -o 'systemctl [a-z]* .*jupyterhub-native.*' /root/shared/said | tr '\n' ' '; }
rm -rf /etc/jupyterhub /etc/jupyterhub-native /srv/jupyterhub /opt/*
systemctl start systemd-user-sessions.service # the unit waits for it, and before it only root may log in

# A package of before: another name of the configuration, the units elsewhere.
dpkg -i /root/shared/former.deb
rm -rf /etc/jupyterhub-native
mkdir /etc/jupyterhub
echo 'import os; load_subconfig(os.path.dirname(__file__) + "/more.py")' >/etc/jupyterhub/jupyterhub_config.py
printf 'c.Authenticator.allow_all = True\nc.JupyterHub.cleanup_servers = False\n' >/etc/jupyterhub/more.py
ln -s /opt/jupyterhub/lib/systemd/system/$unit /etc/systemd/system/$unit

apt-get -y --no-install-recommends install /root/shared/package.deb; tell installed $?
tell owner $(stat -c %U:%a /srv/jupyterhub) $(stat -c %U:%a /etc/jupyterhub-native/jupyterhub_config.py /etc/jupyterhub-native/proxy.env)
tell named $(jupyterhub-native --version) $(readlink -e /usr/share/man/man1/jupyterhub-native.1)
systemd-analyze verify $unit jupyterhub-native-proxy.service; tell verified $?
useradd -m -s /bin/bash pkg-ada && echo pkg-ada:secret | chpasswd
systemctl enable --now $unit; tell enabled $?
answers; tell answers $? as $(ps -o user:20= -p $(systemctl show -P MainPID $unit))
xsrf=$(curl -s $jar $hub/hub/login | sed -n 's/.*name="_xsrf" value="\([^"]*\)".*/\1/p' | head -1)
tell login $(curl -s $jar -o /dev/null -w '%{http_code}' --data-urlencode "_xsrf=$xsrf" -d username=pkg-ada -d password=secret $hub/hub/login)
curl -sL $jar -o /dev/null $hub/hub/spawn
for i in $(seq 100); do [ "$(server)" = "200 $hub/user/pkg-ada/api/status" ] && break; sleep 0.2; done
tell server $(server)
before=$(of_ada)
systemctl restart $unit
answers; tell restarted $?
[ -n "$before" ] && [ "$(of_ada)" = "$before" ]; tell server lives $?
main=$(systemctl show -P MainPID $unit)
systemctl kill --signal=KILL --kill-whom=main $unit
for i in $(seq 100); do new=$(systemctl show -P MainPID $unit); [ "$new" != 0 ] && [ "$new" != "$main" ] && break; sleep 0.1; done
answers; tell killed $?
for i in $(seq 50); do [ "$(server)" = "200 $hub/user/pkg-ada/api/status" ] && break; sleep 0.1; done
tell server $(server)
apt-get -y install /root/shared/newer.deb >/root/shared/said; tell updated $? $(systemctl is-active $unit) to say $(says)
echo 'c.ConfigurableHTTPProxy.should_start = False' >>/etc/jupyterhub-native/jupyterhub_config.py
systemctl stop $unit; systemctl start jupyterhub-native-proxy.service; systemctl start $unit
answers; tell by the other unit $?
systemctl restart jupyterhub-native-proxy.service
for i in $(seq 50); do [ "$(server)" = "200 $hub/user/pkg-ada/api/status" ] && break; sleep 0.1; done
tell server $(server)
systemctl stop $unit jupyterhub-native-proxy.service
systemctl start jupyterhub.service; tell beside it $(systemctl is-active jupyterhub.service)
dpkg -r jupyterhub-native; tell removed $? $(systemctl is-active $unit) $(find /etc/systemd -name '*jupyterhub-native*' | wc -l) $(stat -c %a /opt)
dpkg -P jupyterhub-native; tell purged $? $(ls /etc/jupyterhub-native) $(ls /srv/jupyterhub | tr '\n' ' ')
apt-get -y --no-install-recommends install /root/shared/newer.deb >/root/shared/said; tell installed $? to say $(says)
tell preset $(systemctl preset jupyterhub.service; systemctl is-enabled jupyterhub.service)
tell done
"""

EXPECTED = """\
installed 0
owner jupyterhub:700 root:644 root:600
named 5.5.1 /opt/jupyterhub/share/man/man1/jupyterhub.1
verified 0
enabled 0
answers 0 as jupyterhub
login 302
server 200 http://127.0.0.1:8000/user/pkg-ada/api/status
restarted 0
server lives 0
killed 0
server 200 http://127.0.0.1:8000/user/pkg-ada/api/status
updated 0 active to say systemctl restart jupyterhub-native
by the other unit 0
server 200 http://127.0.0.1:8000/user/pkg-ada/api/status
beside it inactive
removed 0 inactive 0 755
purged 0 more.py jupyterhub.sqlite jupyterhub_cookie_secret
installed 0 to say systemctl enable --now jupyterhub-native
preset disabled
done
"""
OWN_MACHINE = ["unshare", "--mount", "--net", "--pid", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child"]


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    subprocess.run(["cpack", "-G", "DEB", "-B", folder], cwd=pathlib.Path(BIN).parent, check=True, capture_output=True)
    found, = folder.glob("*.deb")
    return found


def with_version(package, version, target):
    """The same package under another version; dpkg-deb is particular about the modes of its scripts."""
    unpacked = target.with_suffix(".d")
    subprocess.run(["dpkg-deb", "-R", package, unpacked], check=True)
    control = unpacked / "DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: .*", f"Version: {version}", control.read_text(encoding="utf-8")), encoding="utf-8")
    subprocess.run(["dpkg-deb", "-Znone", "-b", unpacked, target], check=True, capture_output=True)


def version_of(package):
    return subprocess.run(["dpkg-deb", "-f", package, "Version"], capture_output=True, text=True, check=True).stdout.strip()


def machines_can_be_made():
    probe = ("mount -t tmpfs tmpfs /mnt && mkdir /mnt/u /mnt/w /mnt/r && mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w "
             "/mnt/r && mount -t cgroup2 cgroup2 /mnt/r/mnt && test -x /lib/systemd/systemd")
    return subprocess.run([*OWN_MACHINE, "sh", "-c", probe], check=False, capture_output=True).returncode == 0


def test_the_version_grows_with_each_commit(package):
    commit = re.fullmatch(r"5\.5\.1\+(\d{12}(?:\.g[0-9a-f]{8,})?)(?:\.changed\d{12})?", version_of(package))
    assert commit, version_of(package)
    log = ["git", "-c", f"safe.directory={REPOSITORY}", "-C", REPOSITORY, "log", "-1", "--date=format-local:%Y%m%d%H%M", "--format=%cd"]
    time = subprocess.run(log, capture_output=True, text=True, env={**os.environ, "TZ": "UTC"}, check=False).stdout.strip()
    assert commit[1].startswith(time), "the commit's time, in every time zone"
    for older in ("5.5.1", "5.5.1+202001010000.gffffffff"):
        subprocess.run(["dpkg", "--compare-versions", version_of(package), "gt", older], check=True)


@pytest.mark.skipif(not machines_can_be_made(), reason="needs overlay mounts, cgroups and systemd, which a container may lack")
def test_the_package_installs_serves_survives_and_goes_without_a_trace_of_its_own(package, tmp_path):
    (tmp_path / "package.deb").write_bytes(package.read_bytes())
    with_version(package, version_of(package) + ".newer", tmp_path / "newer.deb")
    with_version(package, "5.5.1", tmp_path / "former.deb")
    (tmp_path / "script").write_text(SCRIPT, encoding="utf-8")
    told = tmp_path / "told"
    with subprocess.Popen([*OWN_MACHINE, "sh", "-c", MACHINE, "machine", tmp_path], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as machine:
        try:
            until(lambda: machine.poll() is not None or told.exists() and told.read_text().endswith("done\n"), 150, "the script to end")
        finally:
            machine.kill()
    log = tmp_path / "log"
    assert told.exists() and "\n".join(map(str.rstrip, told.read_text().splitlines())) + "\n" == EXPECTED, \
        log.read_text(errors="replace")[-6000:] if log.exists() else "systemd did not come up"
