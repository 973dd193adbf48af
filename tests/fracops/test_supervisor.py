"""The demo's supervisor: what dies is started again and the others go on, what cannot live ends everything, and a signal ends all."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import sys
from fracops.supervisor import Supervisor
supervisor = Supervisor(pauses=(0.2, 0.2))
for name in sys.argv[2:]:
    supervisor.add_process(name, "false" if name == "hopeless" else f"echo $$ >> {sys.argv[1]}/{name}; exec sleep 60")
supervisor.loop()
sys.exit(supervisor.returncode)
"""
SECONDS = 30


class Family:
    """A supervisor in a process of its own; each of its children writes its process id to a file whenever it is started."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(folder), *names], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )

    def pids(self, name: str, count: int) -> list[int]:
        """The child's ids, once it was started so often."""
        written = self.folder / name
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if written.exists() and len(found := written.read_text().split()) >= count:
                return [int(pid) for pid in found]
            time.sleep(0.05)
        raise AssertionError(f"{name} was not started {count} times")

    def ended(self) -> tuple[int, str]:
        said, _ = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, said


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    made = Family(tmp_path, "mortal", "steady")
    yield made
    if made.process.poll() is None:
        made.process.kill()


def test_what_is_killed_is_started_again_and_the_others_go_on(family: Family) -> None:
    [steady], [first] = family.pids("steady", 1), family.pids("mortal", 1)
    os.kill(first, signal.SIGKILL)
    _, second = family.pids("mortal", 2)
    os.kill(second, 0)
    assert family.pids("steady", 1) == [steady]
    os.kill(steady, 0)
    family.process.send_signal(signal.SIGINT)
    code, said = family.ended()
    assert code == 130
    assert "ended by itself (signal 9); it is started again in 0.2 s" in said
    for pid in (steady, second):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_signal_while_one_is_about_to_be_started_again_starts_nothing(family: Family) -> None:
    [first] = family.pids("mortal", 1)
    family.pids("steady", 1)
    os.kill(first, signal.SIGKILL)
    family.process.send_signal(signal.SIGTERM)
    code, _ = family.ended()
    assert code == 143


def test_what_cannot_live_ends_everything_with_its_code(tmp_path: Path) -> None:
    family = Family(tmp_path, "hopeless", "steady")
    [steady] = family.pids("steady", 1)
    code, said = family.ended()
    assert code == 1
    assert said.count("it is started again") == 2
    with pytest.raises(ProcessLookupError):
        os.kill(steady, 0)
