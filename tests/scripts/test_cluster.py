from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psycopg
import pytest

from script.local.cluster import LONGEST_ADDRESS, Cluster
from script.local.environment import CannotGoOn
from script.local.processes import none_left, standing_in


def ask(cluster, question):
    with psycopg.connect(cluster.url) as connection:
        return connection.execute(question).fetchone()[0]


def tell(cluster, *statements):
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def postmaster(cluster):
    return int((cluster.data / "postmaster.pid").read_text().splitlines()[0])


def test_it_serves_us_alone_over_its_socket_and_leaves_nothing(cluster):
    ours = cluster()

    with ours.running():
        assert ask(ours, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        assert ask(ours, "SHOW listen_addresses") == ""
        assert ask(ours, "SHOW server_encoding") == "UTF8"
        assert ask(ours, "SELECT 'ă' < 'b' COLLATE \"vi-x-icu\"")
        tell(ours, "CREATE EXTENSION postgis")
        with pytest.raises(psycopg.OperationalError, match="Peer"):
            psycopg.connect(ours.url, user="postgres")

    assert not standing_in(ours.data)
    assert not ours.answers()
    assert ours.socket.stat().st_mode & 0o777 == 0o700
    assert ours.data.stat().st_mode & 0o777 == 0o700


def test_what_was_written_is_there_the_next_time(cluster):
    with cluster().running() as first:
        tell(first, "CREATE TABLE kept AS SELECT 42 AS answer")

    with cluster().running() as second:
        assert ask(second, "SELECT answer FROM kept") == 42


def test_who_leaves_last_stops_it(cluster):
    first, second = cluster(), cluster()

    with first.running():
        with second.running():
            pass

        assert ask(first, "SELECT 1") == 1
    assert not standing_in(first.data)


def test_a_user_who_was_killed_no_longer_counts(cluster):
    ours = cluster()
    script = (
        "import sys, time; from pathlib import Path\n"
        "from script.local.cluster import Cluster\n"
        "with Cluster('site', durable=False, var=Path(sys.argv[1])).running():\n"
        "    print('up', flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script, str(ours.var)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"up\n"
        other.kill()

    with ours.running():
        assert ask(ours, "SELECT 1") == 1

    assert not standing_in(ours.data)


def test_it_heals_after_postgresql_was_killed(cluster):
    ours = cluster()
    with ours.running():
        tell(ours, "CREATE TABLE kept AS SELECT 42 AS answer", "CHECKPOINT")
        os.kill(postmaster(ours), signal.SIGKILL)

    with ours.running():
        assert ask(ours, "SELECT answer FROM kept") == 42


def test_a_stale_process_number_that_is_now_another_program_is_no_hindrance(cluster):
    ours = cluster()
    with ours.running():
        pass
    with subprocess.Popen(["sleep", "60"]) as stranger:
        lines = f"{stranger.pid}\n{ours.data}\n1\n5432\n{ours.socket}\n\n1 1\n"
        (ours.data / "postmaster.pid").write_text(lines)

        with ours.running():
            assert ask(ours, "SELECT 1") == 1

        assert stranger.poll() is None
        stranger.kill()


def test_a_half_made_cluster_is_made_anew(cluster):
    ours = cluster()
    (ours.home / "data.new" / "base").mkdir(parents=True)
    ours.data.mkdir()

    with ours.running():
        assert ask(ours, "SELECT 1") == 1

    assert not (ours.home / "data.new").exists()


def test_a_new_database_forgets_what_was_done_to_the_old(cluster):
    ours = cluster()
    ours.done.mkdir(parents=True)

    with ours.running():
        pass

    assert not ours.done.exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root runs it as another user")
def test_where_its_user_may_not_enter_the_checkout_it_lives_elsewhere(cluster):
    ours = cluster("closed/var")
    ours.var.mkdir(parents=True)
    ours.var.parent.chmod(0o700)

    with ours.running():
        assert ask(ours, "SELECT 1") == 1

    assert ours.home.is_relative_to(ours.elsewhere)
    pointer = (ours.var / "postgres/site.where").read_text()
    assert f"data {ours.data}\n" in pointer


@pytest.mark.parametrize("name", ["x" * 90, "with space, and comma"])
def test_an_address_too_long_or_odd_for_a_socket_moves_it(cluster, name):
    ours = cluster(f"{name}/var")
    ours.var.mkdir(parents=True)

    with ours.running():
        assert ask(ours, "SELECT 1") == 1

    assert ours.socket.parent == ours.sockets
    assert len(os.fsencode(ours.socket / ".s.PGSQL.5432")) <= LONGEST_ADDRESS
    assert f"socket {ours.socket}\n" in (ours.var / "postgres/site.where").read_text()


@pytest.mark.parametrize("trap", ["open", "link"])
def test_a_socket_folder_that_somebody_else_laid_out_is_refused(cluster, trap):
    ours = cluster("x" * 90 + "/var")
    ours.var.mkdir(parents=True)
    if trap == "link":
        ours.socket.symlink_to(ours.elsewhere)
    else:
        ours.socket.mkdir()
        ours.socket.chmod(0o777)

    with pytest.raises(CannotGoOn, match=r"only .* may enter"), ours.running():
        pass

    assert none_left(lambda: standing_in(ours.data), seconds=0)


def test_it_stops_at_once_when_just_launched(cluster):
    ours = cluster()
    with ours.running():
        pass
    begun = time.monotonic()

    with pytest.raises(KeyboardInterrupt), pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cluster, "answers", interrupted)
        with ours.running():
            pass

    assert not standing_in(ours.data)
    assert time.monotonic() - begun < 5


def interrupted(cluster):
    raise KeyboardInterrupt
