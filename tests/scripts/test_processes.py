from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from script.local import processes
from script.local.environment import ROOT

#: A script as ours are: two children of its own, one of them with a child.
SCRIPT = """
import sys, time
from pathlib import Path
from script.local import processes
processes.stop_on_signals()
mark = sys.argv[1]
with processes.ending(mark):
    env = {"PATH": "/usr/bin:/bin"}
    for command in (["sleep", "60"], ["sh", "-c", "sleep 61 & wait"]):
        processes.start(command, mark=mark, env=env, cwd=Path("/"))
    print("up", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def mark(request):
    name = f"test {request.node.name} {os.getpid()}"
    yield name
    processes.send(signal.SIGKILL, processes.marked(name))


@pytest.fixture
def script(mark):
    """Start the script as the leader of a process group, and wait until it is up."""
    started = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, mark],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert started.stdout.readline() == b"up\n"
    assert len(wait_for(mark, 3)) == 3
    yield started
    started.kill()
    started.wait()
    started.stdout.close()


def wait_for(mark, count):
    until = time.monotonic() + 5
    while len(found := processes.marked(mark)) != count and time.monotonic() < until:
        time.sleep(0.05)
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_script_alone_ends_all_it_started(script, mark, number):
    script.send_signal(number)

    assert script.wait(timeout=10) == 128 + number
    assert processes.marked(mark) == []


def test_ctrl_c_to_the_process_group_ends_all_it_started(script, mark):
    os.killpg(script.pid, signal.SIGINT)

    assert script.wait(timeout=10) == 128 + signal.SIGINT
    assert processes.marked(mark) == []


def test_impatient_signals_do_not_keep_it_from_ending_all(script, mark):
    for _ in range(5):
        script.send_signal(signal.SIGTERM)

    script.wait(timeout=10)
    assert processes.marked(mark) == []


def test_what_a_killed_script_left_is_found_and_ended(script, mark):
    script.kill()
    script.wait()
    assert len(processes.marked(mark)) == 3

    processes.end(lambda: processes.marked(mark))

    assert processes.marked(mark) == []


def test_a_process_of_another_mark_is_left_alone(script, mark):
    processes.end(lambda: processes.marked(mark[:-1]))

    assert len(processes.marked(mark)) == 3


def test_one_that_does_not_listen_is_ended_by_force(mark, tmp_path):
    deaf = "trap '' TERM; echo up; sleep 60 & wait; sleep 60"
    with (tmp_path / "out").open("wb") as output:
        child = processes.start(
            ["sh", "-c", deaf],
            mark=mark,
            env={"PATH": "/usr/bin:/bin"},
            cwd=tmp_path,
            output=output,
        )
    while not (tmp_path / "out").read_bytes():
        time.sleep(0.02)

    processes.end(lambda: processes.marked(mark), patience=0.3)

    assert child.wait(timeout=5) == -signal.SIGKILL
    assert processes.marked(mark) == []
