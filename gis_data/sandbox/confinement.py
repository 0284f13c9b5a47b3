"""Confined: a process gives up the network, the files of others and most of its means.

Each measure is tried by itself, since what a kernel or a container permits differs;
what took hold is told. All of it is Linux's own, and most needs no privilege.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from struct import pack

_libc = ctypes.CDLL(None, use_errno=True)

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
CLONE_NEWUSER, CLONE_NEWNET, CLONE_THREAD = 0x1000_0000, 0x4000_0000, 0x1_0000

#: Of Landlock: all it knows in its first version is refused, but reading is given back.
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
LANDLOCK_ALL, LANDLOCK_READ_FILE, LANDLOCK_READ_DIR = (1 << 13) - 1, 1 << 2, 1 << 3
LANDLOCK_PATH_BENEATH = 1

#: The numbers of system calls that reading a file has no use for, by machine.
AUDIT_ARCH = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
REFUSED = {
    # socket, connect, sendto, bind, socketpair, ptrace, execve, execveat, fork, vfork,
    # kill, process_vm_readv, process_vm_writev, io_uring_setup, bpf, unshare, mount,
    # tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_send_signal, pidfd_open,
    # pidfd_getfd, setns
    "x86_64": (
        41,
        42,
        44,
        49,
        53,
        101,
        59,
        322,
        57,
        58,
        62,
        310,
        311,
        425,
        321,
        272,
        165,
        200,
        234,
        129,
        297,
        424,
        434,
        438,
        308,
    ),
    # the same, but for fork and vfork, which that machine does not have
    "aarch64": (
        198,
        203,
        206,
        200,
        199,
        117,
        221,
        281,
        129,
        270,
        271,
        425,
        280,
        97,
        40,
        130,
        131,
        138,
        240,
        424,
        434,
        438,
        268,
    ),
}
CLONE = {"x86_64": 56, "aarch64": 220}
CLONE3 = 435
LOAD, IF_EQUAL, IF_SET, IF_AT_LEAST, RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
ALLOW, REFUSE, NO_SUCH_CALL = 0x7FFF_0000, 0x0005_0001, 0x0005_0026
SECCOMP_MODE_FILTER = 2
AT_NUMBER, AT_MACHINE, AT_FIRST_ARGUMENT = 0, 4, 16
OTHER_ABI = 0x4000_0000


def limit(*, memory_bytes: int, cpu_seconds: int) -> None:
    """Take no more memory and time than that, write no file, die with the parent."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    for what, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
    ):
        _soft, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def confine(readable: Iterable[Path]) -> list[str]:
    """Give up the network, and files but `readable` and libraries; say what held."""
    _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    measures = {
        "network": _leave_network,
        "files": lambda: _leave_files(readable),
        "calls": _refuse_calls,
    }
    return [name for name, took_hold in measures.items() if took_hold()]


def _leave_network() -> bool:
    """Move to a network of our own that has no way out, not even to this machine."""
    return not _libc.unshare(CLONE_NEWNET) or not _libc.unshare(
        CLONE_NEWUSER | CLONE_NEWNET
    )


def _leave_files(readable: Iterable[Path]) -> bool:
    """Open nothing any more but libraries, their data, and what is to be read."""
    handled = pack("Q", LANDLOCK_ALL)
    rules = _libc.syscall(LANDLOCK_CREATE, handled, len(handled), 0)
    if rules < 0:
        return False
    try:
        for path in (*_libraries(), *readable):
            _permit(rules, path)
        return not _libc.syscall(LANDLOCK_RESTRICT, rules, 0)
    finally:
        os.close(rules)


def _libraries() -> list[Path]:
    named = [
        "/lib",
        "/lib64",
        "/usr/lib",
        "/usr/share",
        "/usr/local/lib",
        "/usr/local/share",
        "/etc/ld.so.cache",
        *(f"{prefix}/lib" for prefix in (sys.prefix, sys.base_prefix)),
    ]
    return [Path(each) for each in named]


def _permit(rules: int, path: Path) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        access = LANDLOCK_READ_FILE
        if path.is_dir():
            access |= LANDLOCK_READ_DIR
        rule = pack("=Qi", access, opened)
        _libc.syscall(LANDLOCK_ADD, rules, LANDLOCK_PATH_BENEATH, rule, 0)
    finally:
        os.close(opened)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def _refuse_calls() -> bool:
    """Let the kernel refuse sockets, programs and processes; threads may be."""
    machine = platform.machine()
    if machine not in AUDIT_ARCH:
        return False
    written = b"".join(_filter(machine))
    held = ctypes.create_string_buffer(written, len(written))
    program = _Program(len(written) // 8, ctypes.cast(held, ctypes.c_void_p))
    refused: int = _libc.prctl(
        PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0
    )
    return not refused


def _filter(machine: str) -> list[bytes]:
    def step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return pack("HBBI", code, yes, no, value)

    steps = [
        step(LOAD, AT_MACHINE),
        step(IF_EQUAL, AUDIT_ARCH[machine], yes=1),
        step(RETURN, REFUSE),
        step(LOAD, AT_NUMBER),
    ]
    if machine == "x86_64":
        steps += [step(IF_AT_LEAST, OTHER_ABI, no=1), step(RETURN, REFUSE)]
    for number in REFUSED[machine]:
        steps += [step(IF_EQUAL, number, no=1), step(RETURN, REFUSE)]
    steps += [
        # Who finds no clone3 takes clone, whose flags can be looked at.
        step(IF_EQUAL, CLONE3, no=1),
        step(RETURN, NO_SUCH_CALL),
        step(IF_EQUAL, CLONE[machine], no=3),
        step(LOAD, AT_FIRST_ARGUMENT),
        step(IF_SET, CLONE_THREAD, yes=1),
        step(RETURN, REFUSE),
        step(RETURN, ALLOW),
    ]
    return steps
