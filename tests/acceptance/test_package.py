"""The Debian package: installed beside everything else on a copy of this machine that is thrown away, its unit started by a
systemd of its own, removed and purged again."""
import pathlib
import subprocess

import pytest
from harness.hub import BIN
from harness.waiting import until

# A copy-on-write root with a systemd that starts one service, our script. $1: directory that both sides see; $2: the package.
MACHINE = r"""
set -e
ip link set lo up
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
cd /mnt/root
mkdir -p root/shared
mount --bind "$1" root/shared
cp "$2" root/package.deb
mount -t proc proc proc
mount --bind proc/sys proc/sys && mount -o remount,bind,ro proc/sys # its systemd would set what is the whole machine's
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs dev
mkdir dev/shm
for name in null zero full random urandom; do touch dev/$name; mount --bind /dev/$name dev/$name; done
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
answers() { for i in $(seq 100); do curl -sf $hub/hub/api | grep -q version && return 0; sleep 0.1; done; return 1; }
visit() { curl -sL $jar -o /dev/null $hub/user/pkg-ada/tree; } # a page, which brings the server's own cookie
server() { visit; curl -sL $jar -o /dev/null -w '%{http_code} %{url_effective}' $hub/user/pkg-ada/api/status; }
of_ada() { pgrep -u pkg-ada -f singleuser | head -1; }
rm -rf /etc/jupyterhub /srv/jupyterhub
systemctl start systemd-user-sessions.service # the unit waits for it, and before it only root may log in

dpkg -i /root/package.deb; tell installed $?
tell owner $(stat -c %U:%a /srv/jupyterhub) $(stat -c %U:%a /etc/jupyterhub/jupyterhub_config.py)
systemd-analyze verify $unit jupyterhub-native-proxy.service; tell verified $?
echo 'c.Authenticator.allow_all = True' >>/etc/jupyterhub/jupyterhub_config.py
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
dpkg -i /root/package.deb; tell upgraded $? $(systemctl is-active $unit)
dpkg -r jupyterhub-native; tell removed $? $(systemctl is-active $unit) $(ls /etc/systemd/system | grep -c jupyterhub-native)
dpkg -P jupyterhub-native; tell purged $? $(ls /srv/jupyterhub | tr '\n' ' ')
dpkg -i /root/package.deb; tell installed $?
tell done
"""

EXPECTED = """\
installed 0
owner jupyterhub:700 root:644
verified 0
enabled 0
answers 0 as jupyterhub
login 302
server 200 http://127.0.0.1:8000/user/pkg-ada/api/status
restarted 0
server lives 0
killed 0
server 200 http://127.0.0.1:8000/user/pkg-ada/api/status
upgraded 0 active
removed 0 inactive 0
purged 0 jupyterhub.sqlite jupyterhub_cookie_secret
installed 0
done
"""
OWN_MACHINE = ["unshare", "--mount", "--net", "--pid", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child"]


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    subprocess.run(["cpack", "-G", "DEB", "-B", folder], cwd=pathlib.Path(BIN).parent, check=True, capture_output=True)
    found, = folder.glob("*.deb")
    return found


def machines_can_be_made():
    probe = ("mount -t tmpfs tmpfs /mnt && mkdir /mnt/u /mnt/w /mnt/r && mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w "
             "/mnt/r && mount -t cgroup2 cgroup2 /mnt/r/mnt && test -x /lib/systemd/systemd")
    return subprocess.run([*OWN_MACHINE, "sh", "-c", probe], check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(not machines_can_be_made(), reason="needs overlay mounts, cgroups and systemd, which a container may lack")
def test_the_package_installs_serves_survives_and_goes_without_a_trace_of_its_own(package, tmp_path):
    (tmp_path / "script").write_text(SCRIPT, encoding="utf-8")
    told = tmp_path / "told"
    with subprocess.Popen([*OWN_MACHINE, "sh", "-c", MACHINE, "machine", tmp_path, package], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as machine:
        try:
            until(lambda: machine.poll() is not None or told.exists() and told.read_text().endswith("done\n"), 90, "the script to end")
        finally:
            machine.kill()
    log = tmp_path / "log"
    assert told.exists() and "\n".join(map(str.rstrip, told.read_text().splitlines())) + "\n" == EXPECTED, \
        log.read_text(errors="replace")[-6000:] if log.exists() else "systemd did not come up"
