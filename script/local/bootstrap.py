"""Everything the site is built from: packages of the machine, of Python, of npm."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

from script.local import machine, processes
from script.local.environment import PYTHON, ROOT, VAR, VENV, CannotGoOn
from script.local.steps import Steps, fingerprint, locked, made_from, run

STEPS = 4
MARK = f"{VAR} bootstrap"
BUILD = ROOT / "mapui/static/mapui/build"
#: Lighthouse, large and only for the tests, has packages of its own.
JUDGE = ROOT / "tests/lighthouse"
INSTALLED = "node_modules/.made-from"
#: There while packages are being installed; found later, they may be half there.
UNFINISHED = VAR / "venv-unfinished"


def bootstrap(steps: Steps, *, for_tests: bool) -> None:
    """Bring every dependency up to date, doing only what is not done yet."""
    with locked("bootstrap", busy="Another script is installing: waiting for it …"):
        # Alone as we are here, whatever still installs was left by a killed script.
        processes.end(lambda: processes.marked(MARK))
        _system_packages(steps, for_tests=for_tests)
        _python_packages(steps, for_tests=for_tests)
        _front_end(steps, for_tests=for_tests)
        _translations(steps)


def _system_packages(steps: Steps, *, for_tests: bool) -> None:
    needs = list(machine.SITE)
    if not os.environ.get("DATABASE_URL"):
        needs += machine.DATABASE
    if for_tests:
        needs += machine.TESTS
    machine.check_node()
    if not (lacking := machine.missing(needs)):
        steps.unchanged("Debian packages")
        return
    with steps.step("Debian packages"):
        machine.install(lacking, mark=MARK, log=VAR / "log/packages.log")


def _python_packages(steps: Steps, *, for_tests: bool) -> None:
    python, pins = platform.python_version(), ROOT / "constraints.txt"
    listed, also = ROOT / "requirements.txt", ROOT / "requirements-dev.txt"
    wanted = {"site": fingerprint(listed, pins, words=[python])}
    if for_tests:
        wanted["tests"] = fingerprint(listed, pins, also, words=[python])
    stamps = {VENV / f"{name}.made-from": each for name, each in wanted.items()}
    whole = not UNFINISHED.exists() and _environment_works()
    if whole and all(made_from(stamp) == each for stamp, each in stamps.items()):
        steps.unchanged("Python packages")
        return
    with steps.step("Python packages"):
        log = VAR / "log/python.log"
        env = dict(os.environ)
        UNFINISHED.touch()
        if not whole:
            # The interpreter of an active environment may be the one to be remade.
            base = getattr(sys, "_base_executable", sys.executable)
            run([base, "-m", "venv", "--clear", VENV], env=env, mark=MARK, log=log)
        pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check"]
        chosen = also if for_tests else listed
        run([*pip, "-r", str(chosen)], env=env, mark=MARK, log=log)
        for stamp, each in stamps.items():
            stamp.write_text(each)
        UNFINISHED.unlink()


def _environment_works() -> bool:
    try:
        answer = subprocess.run(
            [PYTHON, "-c", "import pip"], capture_output=True, check=False
        )
    except OSError:
        return False
    return answer.returncode == 0


def _front_end(steps: Steps, *, for_tests: bool) -> None:
    built, log = BUILD / ".made-from", VAR / "log/front-end.log"
    folders = [ROOT, *([JUDGE] if for_tests else [])]
    stale = [folder for folder in folders if not _has_its_packages(folder)]
    sources = [ROOT / "mapui/elements", ROOT / "mapui/styles", ROOT / "vite.config.ts"]
    words = [_packages_of(ROOT)]
    pages = fingerprint(*sources, ROOT / "tsconfig.json", words=words)
    if not stale and made_from(built) == pages:
        steps.unchanged("Scripts and styles")
        return
    with steps.step("Scripts and styles"):
        env = dict(os.environ)
        for folder in stale:
            npm = ["npm", "ci", "--no-audit", "--no-fund", "--prefix", str(folder)]
            run(npm, env=env, mark=MARK, log=log)
            (folder / INSTALLED).write_text(_packages_of(folder))
        if made_from(built) != pages:
            run(["npm", "run", "build"], env=env, mark=MARK, log=log)
            built.write_text(pages)


def _has_its_packages(folder: Path) -> bool:
    return made_from(folder / INSTALLED) == _packages_of(folder)


def _packages_of(folder: Path) -> str:
    return fingerprint(folder / "package-lock.json", folder / "package.json")


def _translations(steps: Steps) -> None:
    texts = sorted(ROOT.glob("locale/*/LC_MESSAGES/*.po"))
    stale = [text for text in texts if not _up_to_date(text)]
    if not stale:
        steps.unchanged("Translations")
        return
    with steps.step("Translations"):
        for text in stale:
            # Whole or not at all: gettext reads what it finds.
            draft = text.with_suffix(".mo.new")
            command = ["msgfmt", "--check-format", "-o", str(draft), str(text)]
            log = VAR / "log/translations.log"
            run(command, env=dict(os.environ), mark=MARK, log=log)
            draft.rename(text.with_suffix(".mo"))


def _up_to_date(text: Path) -> bool:
    compiled = text.with_suffix(".mo")
    return compiled.exists() and compiled.stat().st_mtime_ns >= text.stat().st_mtime_ns


def main() -> None:
    """Install for the site, and unless told `--site` for its tests as well."""
    processes.stop_on_signals()
    try:
        bootstrap(Steps(STEPS), for_tests="--site" not in sys.argv)
    except CannotGoOn as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
