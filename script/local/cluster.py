"""A private PostgreSQL: its own data, its own socket, nobody else's business."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NotRequired, Self, TypedDict
from urllib.parse import quote

from script.local.environment import ROOT, VAR, CannotGoOn
from script.local.processes import none_left, send, standing_in

#: Both the role, a superuser of this cluster alone, and the database.
NAME = "bando"
#: Data that the `postgres` user could not reach inside a checkout under /root, say.
ELSEWHERE = Path("/var/lib/incident-map")
#: A Unix socket's address has 108 bytes, the last of which is zero.
LONGEST_ADDRESS = 107
PROGRAMS = "usr/lib/postgresql/*/bin/postgres"
SETTINGS = """\
listen_addresses = ''
max_connections = 100
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB
effective_cache_size = 1GB
random_page_cost = 1.1
wal_level = minimal
max_wal_senders = 0
max_wal_size = 2GB
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
"""
#: For tests. Vacuumed between two of them, a table is known to be empty, and what the
#: next one asks of its rows is planned for none.
FORGETFUL = """\
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
"""


class Rights(TypedDict):
    """As whom, where and with what a program of PostgreSQL runs."""

    cwd: Path
    umask: int
    env: dict[str, str]
    user: NotRequired[int]
    group: NotRequired[int]
    extra_groups: NotRequired[list[int]]


@dataclass
class Cluster:
    """One PostgreSQL of this checkout: `site` for the site, `test` for its tests."""

    name: str
    #: Whether it must survive a power cut; the tests' need not.
    durable: bool = True
    checkout: Path = ROOT
    var: Path = VAR
    elsewhere: Path = ELSEWHERE
    sockets: Path = Path("/tmp")  # noqa: S108
    _launched: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @cached_property
    def owner(self) -> pwd.struct_passwd:
        """Who PostgreSQL runs as: the caller, but it refuses to run as root."""
        if os.getuid():
            return pwd.getpwuid(os.getuid())
        try:
            return pwd.getpwnam("postgres")
        except KeyError as error:
            raise CannotGoOn("PostgreSQL's user is missing: reinstall it.") from error

    @cached_property
    def home(self) -> Path:
        """The folder of all that is this cluster's."""
        inside = self.var / "postgres"
        inside.mkdir(parents=True, exist_ok=True)
        inside.chmod(0o755)
        if self._as_owner("test", "-x", inside, check=False).returncode == 0:
            return inside / self.name
        return self.elsewhere / self._hash / self.name

    @cached_property
    def socket(self) -> Path:
        """The folder of its socket, with an address short enough and plain enough."""
        inside = self.home / "socket"
        address = os.fsencode(inside / ".s.PGSQL.5432")
        if len(address) <= LONGEST_ADDRESS and re.fullmatch(r"[\w./+-]+", str(inside)):
            return inside
        return self.sockets / f"bando-{self._hash}-{self.name}"

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def done(self) -> Path:
        """Where is noted what was already done to this database."""
        return self.home / "done"

    @property
    def url(self) -> str:
        """The DATABASE_URL that leads to it."""
        return f"postgresql://{NAME}@/{NAME}?host={quote(str(self.socket), safe='')}"

    @property
    def _hash(self) -> str:
        return hashlib.sha256(os.fsencode(self.var.resolve())).hexdigest()[:12]

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Keep PostgreSQL up while anyone uses it; the last to leave stops it.

        Each user holds a shared lock, which the system drops when he is killed.
        """
        self._lay_out()
        with (self.home / "users.lock").open("a") as users:
            try:
                with self._alone():
                    self._start()
                    fcntl.flock(users, fcntl.LOCK_SH)
                yield self
            finally:
                with self._alone():
                    try:
                        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        pass
                    else:
                        self._stop()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.home / "change.lock").open("a") as change:
            fcntl.flock(change, fcntl.LOCK_EX)
            yield

    def answers(self) -> bool:
        """Say whether PostgreSQL takes connections."""
        ready = self._as_owner(
            self._program("pg_isready"), "-q", "-h", self.socket, "-t", "3", check=False
        )
        return ready.returncode == 0

    def _lay_out(self) -> None:
        """Make the folders, and refuse one that somebody else laid in our way."""
        self.home.mkdir(parents=True, exist_ok=True)
        for folder in (self.home, self.home.parent):
            if os.getuid() == 0:
                folder.chmod(0o755)
        try:
            self.socket.mkdir(mode=0o700)
            os.chown(self.socket, self.owner.pw_uid, self.owner.pw_gid)
        except FileExistsError:
            pass
        found = self.socket.lstat()
        private = stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o700
        if not private or found.st_uid != self.owner.pw_uid:
            raise CannotGoOn(
                f"{self.socket} should be a folder that only {self.owner.pw_name} may "
                "enter, and is not. Move it away, or run the script as its owner."
            )
        where = f"data {self.data}\nsocket {self.socket}\nlog {self.log}\n"
        (self.var / "postgres" / f"{self.name}.where").write_text(where)

    def _start(self) -> None:
        """Bring PostgreSQL up, whatever an earlier run left behind."""
        left = standing_in(self.data)
        if not left or self._postmaster() not in left:
            # Children outlive a killed postmaster by a moment, and hold its memory.
            if not none_left(lambda: standing_in(self.data), seconds=10):
                send(signal.SIGKILL, standing_in(self.data))
                none_left(lambda: standing_in(self.data), seconds=5)
            if not (self.data / "PG_VERSION").exists():
                self._create()
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            self._write_settings()
            self._launch()
        until = time.monotonic() + 60
        while not self.answers():
            ended = self._launched and self._launched.poll() is not None
            if ended or time.monotonic() > until:
                raise CannotGoOn(f"PostgreSQL does not start.\n{self._last_words()}")
            time.sleep(0.1)

    def _stop(self) -> None:
        """Stop PostgreSQL: politely, then urgently, then by force."""
        for number, seconds in ((signal.SIGINT, 30), (signal.SIGQUIT, 10)):
            # One just launched has not written its number down yet.
            known = {self._launched.pid if self._launched else self._postmaster()}
            send(number, known & set(standing_in(self.data)))
            if none_left(lambda: standing_in(self.data), seconds=seconds):
                break
        else:
            send(signal.SIGKILL, standing_in(self.data))
            none_left(lambda: standing_in(self.data), seconds=5)
        if self._launched:
            self._launched.wait()
            self._launched = None

    def _postmaster(self) -> int:
        """Return its process number as it wrote it down, or zero."""
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return 0

    def _create(self) -> None:
        """Make the data beside their place and move them in whole."""
        draft = self.home / "data.new"
        for outlived in (draft, self.data, self.done):
            shutil.rmtree(outlived, ignore_errors=True)
        draft.mkdir(mode=0o700)
        os.chown(draft, self.owner.pw_uid, self.owner.pw_gid)
        wishes = ["--encoding=UTF8", "--locale=C.UTF-8", f"--username={NAME}"]
        if not self.durable:
            wishes.append("--no-sync")
        self._as_owner(self._program("initdb"), "-A", "peer", *wishes, "-D", draft)
        self._as_owner(
            *(self._program("postgres"), "--single", "-D", draft, "template1"),
            words=f"CREATE DATABASE {NAME};\n",
        )
        draft.rename(self.data)

    def _write_settings(self) -> None:
        """Write our settings over PostgreSQL's own each time, so that a pull counts.

        Whoever owns the process or the cluster is the role; no one else gets in.
        """
        users = {self.owner.pw_name, pwd.getpwuid(os.getuid()).pw_name}
        lines = {
            "pg_hba.conf": "local all all peer map=ours\n",
            "pg_ident.conf": "".join(f'ours "{user}" {NAME}\n' for user in users),
            "postgresql.conf": SETTINGS
            + ("" if self.durable else FORGETFUL)
            + f"unix_socket_directories = '{self.socket}'\n",
        }
        if not os.access("/dev/shm", os.W_OK):  # noqa: S108
            lines["postgresql.conf"] += "dynamic_shared_memory_type = mmap\n"
        for name, text in lines.items():
            (self.home / name).write_text(text)
            (self.home / name).chmod(0o644)

    def _launch(self) -> None:
        files = {
            "config_file": self.home / "postgresql.conf",
            "hba_file": self.home / "pg_hba.conf",
            "ident_file": self.home / "pg_ident.conf",
        }
        options = [
            word for name, file in files.items() for word in ("-c", f"{name}={file}")
        ]
        # Standing in its data from its first moment on, it can be found and stopped.
        with self.log.open("wb") as log:
            self._launched = subprocess.Popen(
                [self._program("postgres"), "-D", str(self.data), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._owner_rights(cwd=self.data),
            )

    def _program(self, name: str) -> str:
        """Find PostgreSQL's program of the release that made the data."""
        found = {int(path.parts[-3]): path for path in Path("/").glob(PROGRAMS)}
        if not found:
            raise CannotGoOn("PostgreSQL is not installed: run script/bootstrap.")
        release = max(found)
        if (self.data / "PG_VERSION").exists():
            release = int((self.data / "PG_VERSION").read_text())
        if release not in found:
            raise CannotGoOn(f"{self.data} needs PostgreSQL {release}: install it.")
        return str(found[release].with_name(name))

    def _as_owner(
        self, *command: str | Path, words: str = "", check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(word) for word in command],
            input=words,
            capture_output=True,
            text=True,
            check=False,
            **self._owner_rights(),
        )
        if check and done.returncode:
            raise CannotGoOn(f"This failed: {done.args}\n{done.stdout}{done.stderr}")
        return done

    def _owner_rights(self, *, cwd: Path = Path("/")) -> Rights:
        env = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        rights = Rights(cwd=cwd, umask=0o077, env=env)
        if os.getuid() == 0:
            rights["user"] = self.owner.pw_uid
            rights["group"] = self.owner.pw_gid
            rights["extra_groups"] = []
        return rights

    def _last_words(self) -> str:
        words = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(words.splitlines()[-15:])
