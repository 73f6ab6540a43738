"""Breaks a study off in every way that a machine knows, runs the same command again, and compares what is stored in the end with
the answers of a run that nothing disturbed.

Events are drawn at random: the command or one of its workers is killed, stopped or hangs, the disk is full, the folder becomes
read-only, a stored shard is cut off. After each of them the same command is started again; a study that is complete is compared and
begun anew. Nothing may be lost, no process may stay, and each message must say what to do.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

SLOW = '''
import os, time
from dataclasses import dataclass
from nasbed.vocabulary import Proposal, Script


@dataclass(frozen=True)
class Slow(Script):
    """Random search that takes its time."""

    def search(self, task, rng):
        pause = float(os.environ.get("CHAOS_PAUSE", "0"))
        while True:
            time.sleep(pause)
            yield Proposal(task.space.sample(rng))
'''
STUDY = """\
name = "chaos"
seeds = 300
budget = { evaluations = 10 }
[[benchmark]]
use = "nasbench201"
[[strategy]]
use = "slow:Slow"
[[strategy]]
use = "regularized_evolution"
population = 4
"""
LIMIT = 8
"""Seconds after which a batch that hangs is ended."""
PATIENCE = 300.0
"""Seconds after which a command is taken to hang, on a machine however busy."""


class Chaos(Exception):
    """Something was lost, left behind or not told."""


@dataclass
class Place:
    """Where a study is disturbed: ``folder`` holds its files, and ``out`` is its results folder, on a disk of its own where one is
    ``mounted``.
    """

    folder: Path
    out: Path
    mounted: bool
    engine: str
    rng: random.Random
    told: list[str] = field(default_factory=list)

    def start(self, pause: float = 0.006) -> subprocess.Popen[str]:
        """The command, in a process group of its own."""
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "nasbed",
                "run",
                "study.toml",
                "--engine",
                self.engine,
                "--out",
                str(self.out),
                "--no-figures",
            ],
            cwd=self.folder,
            env={**os.environ, "CHAOS_PAUSE": str(pause), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def shards(self) -> list[Path]:
        """The shards that are stored, in the order of their names."""
        return sorted(self.out.glob("answers/*/*.parquet"))


def workers_of(process: int) -> list[int]:
    """The processes that a command has started, and those that they have."""
    found = []
    for listed in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, listed.read_text().split()):
                found += [child, *workers_of(child)]
    return found


def in_the_middle(place: Place, command: subprocess.Popen[str]) -> list[int]:
    """Wait until the workers of a command have stored some shards, or none, and then for a random while; returns them."""
    deadline = time.monotonic() + PATIENCE
    while not (workers := workers_of(command.pid)) and command.poll() is None:
        if time.monotonic() > deadline:
            raise Chaos("no worker was started")
        time.sleep(0.01)
    wanted = len(place.shards()) + place.rng.randrange(3)
    while len(place.shards()) < wanted and command.poll() is None:
        time.sleep(0.02)
    time.sleep(place.rng.uniform(0.0, 1.5))
    return workers_of(command.pid) or workers


def ended(command: subprocess.Popen[str], *codes: int) -> str:
    """What a command printed on standard error until it ended, with one of the exit codes; nothing of it may be left."""
    try:
        _, error = command.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(command.pid, signal.SIGKILL)
        raise Chaos("the command hangs") from None
    if command.returncode not in codes or "Traceback" in error:
        raise Chaos(f"the command ended with {command.returncode}; expected one of {codes}: {error}")
    return error


def gone(processes: list[int]) -> None:
    """Wait until the processes of a command have ended."""
    deadline = time.monotonic() + 60
    while living := [one for one in processes if alive(one)]:
        if time.monotonic() > deadline:
            raise Chaos(f"processes are left: {living}")
        time.sleep(0.05)


def alive(process: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def kill_the_command(place: Place) -> None:
    """SIGKILL to the command alone."""
    command = place.start()
    workers = in_the_middle(place, command)
    command.kill()
    ended(command, 0, -signal.SIGKILL)
    gone(workers)


def stop_the_command(place: Place) -> None:
    """SIGTERM to the command alone, as a queue system sends."""
    command = place.start()
    workers = in_the_middle(place, command)
    command.terminate()
    error = ended(command, 0, 130)
    if command.returncode and "the same command goes on from there" not in error:
        raise Chaos(f"a stopped command does not say how to go on: {error}")
    gone(workers)


def signal_a_worker(place: Place, number: signal.Signals) -> tuple[subprocess.Popen[str], list[int]]:
    """Start the command, and send a signal to one of its workers in the middle; returns both."""
    command = place.start()
    workers = in_the_middle(place, command)
    with suppress(ProcessLookupError):
        os.kill(place.rng.choice(workers), number)
    return command, workers


def kill_a_worker(place: Place) -> None:
    """SIGKILL to one worker."""
    command, workers = signal_a_worker(place, signal.SIGKILL)
    error = ended(command, 0, 2)
    if command.returncode and not ("SIGKILL" in error and "the same command goes on from there" in error):
        raise Chaos(f"a killed worker is not told: {error}")
    gone(workers)


def hang_a_worker(place: Place) -> None:
    """SIGSTOP to one worker, which is ended by the limit of time, and its batch is made once more."""
    command, workers = signal_a_worker(place, signal.SIGSTOP)
    ended(command, 0)
    gone(workers)


def fill_the_disk(place: Place) -> None:
    """No room for what the command wants to store; there is afterwards."""
    filler = place.out.parent / "filler"
    if place.mounted:
        with suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(bytes(4096))
        with suppress(OSError), filler.open("ab") as file:
            while True:
                file.write(b"0")
    command = place.start(0.0)
    if not place.mounted:
        import resource

        resource.prlimit(command.pid, resource.RLIMIT_FSIZE, (200, 200))
    error = ended(command, 0, 2)
    filler.unlink(missing_ok=True)
    if command.returncode and "cannot write" not in error:
        raise Chaos(f"a full disk is not told: {error}")


def make_it_read_only(place: Place) -> None:
    """The results folder becomes read-only while the command runs; it can be written afterwards."""
    command = place.start()
    workers = in_the_middle(place, command)
    with read_only(place):
        error = ended(command, 0, 2)
    if command.returncode and "cannot write" not in error:
        raise Chaos(f"a folder that cannot be written is not told: {error}")
    gone(workers)


@contextmanager
def read_only(place: Place) -> Iterator[None]:
    """Nobody can write below the results folder for as long as the block lasts; on a disk of its own not even root."""
    if place.mounted:  # a disk with an open file cannot be made read-only, but seen through a second mount it can
        subprocess.run(["mount", "--bind", str(place.out), str(place.out)], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", str(place.out)], check=True)
        yield
        subprocess.run(["umount", str(place.out)], check=True)
        return
    folders = [place.out, *(path for path in place.out.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    yield
    for folder in folders:
        folder.chmod(0o755)


def cut_off_a_shard(place: Place) -> None:
    """A stored shard loses its end, as after a crash of the machine."""
    command = place.start()
    workers = in_the_middle(place, command)
    command.kill()
    ended(command, 0, -signal.SIGKILL)
    gone(workers)
    if shards := place.shards():
        shard = place.rng.choice(shards)
        os.truncate(shard, place.rng.randrange(shard.stat().st_size))


EVENTS: dict[str, Callable[[Place], None]] = {
    function.__name__: function
    for function in (
        kill_the_command,
        stop_the_command,
        kill_a_worker,
        hang_a_worker,
        fill_the_disk,
        make_it_read_only,
        cut_off_a_shard,
    )
}


@contextmanager
def disk(path: Path) -> Iterator[bool]:
    """A small disk of its own at a path, where this process may mount one; whether it may."""
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(path)]
    try:
        mounted = subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        mounted = False
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(path)], check=False)


def answers(out: Path) -> dict[str, bytes]:
    """The answer files of a results folder, by their names below it."""
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.glob("answers/*/*.parquet"))}


def disturb(events: list[str], seed: int, engine: str, say: Callable[[str], None] = print) -> int:
    """Disturb studies with these events, one after another; returns how many studies were completed and compared.

    Raises :class:`Chaos` for the first thing that goes wrong.
    """
    rng, compared = random.Random(seed), 0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "slow.py").write_text(textwrap.dedent(SLOW))
        (home / "study.toml").write_text(STUDY)
        undisturbed = Place(home, home / "undisturbed", False, engine, rng)
        ended(undisturbed.start(0.0), 0)
        expected, left = answers(undisturbed.out), list(events)
        while left:
            compared += 1
            with disk(home / f"disk-{compared}") as mounted:
                place = Place(home, home / f"disk-{compared}" / "out", mounted, engine, rng)
                out = place.out
                while left and answers(out) != expected:
                    name = left.pop(0)
                    EVENTS[name](place)
                    say(f"{name.replace('_', ' ')}: {len(place.shards())} of {len(expected)} shards are stored")
                ended(place.start(0.0), 0)
                if answers(out) != expected:
                    raise Chaos("the answers are not those of a run that nothing disturbed")
                say("completed, with the answers of a run that nothing disturbed")
    return compared


def main() -> None:
    """Draw events and let them happen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", default=f"local:2?limit_seconds={LIMIT}")
    words = parser.parse_args()
    rng = random.Random(words.seed)
    names = [*EVENTS, *rng.choices(list(EVENTS), k=max(0, words.events - len(EVENTS)))][: words.events]
    rng.shuffle(names)
    try:
        compared = disturb(names, words.seed, words.engine)
    except Chaos as error:
        sys.exit(f"chaos: {error}")
    print(f"{len(names)} events, {compared} studies completed: nothing was lost")


if __name__ == "__main__":
    main()
