"""Real children, a clock moved by hand."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ops.demo.crew import DEATHS_IN_A_ROW, HEALTHY_SECONDS, Crew, Post
from ops.errors import OperatorError
from ops.launcher import Child, start_child
from tests.support.waiting import eventually

STAYS = "import time; print('here', flush=True); time.sleep(600)"
DIES = "import sys; print('no luck', flush=True); sys.exit(70)"
ASKS = "import sys; print('set the address', flush=True); sys.exit(2)"


class Stage:
    """A crew, its clock, and what it reported."""

    def __init__(self, folder: Path) -> None:
        self.time = 0.0
        self.said: list[str] = []
        self.crew = Crew(self.said.append, now=lambda: self.time)
        self._folder = folder

    def starter(self, *scripts: str) -> Callable[[], Child]:
        """Starts the scripts one after the other, the last one again and again."""
        left = list(scripts)

        def start() -> Child:
            script = left.pop(0) if len(left) > 1 else left[0]
            return start_child("actor", [sys.executable, "-c", script], log=self._folder / "actor.log")

        return start

    def until_dead(self, post: Post) -> None:
        eventually(lambda: post.child is None or not post.child.alive())

    def until_said(self, post: Post, words: str) -> None:
        eventually(lambda: post.child is not None and words in post.child.last_words())

    def restart(self, post: Post) -> None:
        """Let it die, notice, and let the pause pass."""
        self.until_dead(post)
        self.crew.watch()
        self.time += 10.0
        self.crew.watch()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    stage.crew.stop()


def test_a_child_that_died_is_started_again_and_its_last_words_are_told(stage: Stage) -> None:
    post = stage.crew.add("worker", stage.starter(DIES, STAYS))
    stage.until_dead(post)
    stage.crew.watch()
    assert stage.said == ["worker ended with status 70 and is started again. Its last words:\nno luck"]
    assert post.child is None
    stage.time += 10.0
    stage.crew.watch()
    stage.until_said(post, "here")
    assert stage.crew.restarts == 1


def test_a_child_that_was_killed_is_started_again(stage: Stage) -> None:
    post = stage.crew.add("worker", stage.starter(STAYS))
    assert post.child is not None
    os.kill(post.child.pid, signal.SIGKILL)
    stage.restart(post)
    assert post.child.alive()
    assert "status 137" in stage.said[0]


def test_a_pause_lies_between_deaths_in_a_row(stage: Stage) -> None:
    post = stage.crew.add("worker", stage.starter(DIES))
    stage.until_dead(post)
    stage.crew.watch()
    stage.crew.watch()
    assert post.child is None
    assert post.restarts == 0


def test_a_child_that_dies_again_and_again_is_given_up_with_its_last_words(stage: Stage) -> None:
    post = stage.crew.add("worker", stage.starter(DIES))
    for _ in range(DEATHS_IN_A_ROW - 1):
        stage.restart(post)
    stage.until_dead(post)
    with pytest.raises(OperatorError) as given_up:
        stage.crew.watch()
    assert f"worker ended {DEATHS_IN_A_ROW} times in a row, at last with status 70" in given_up.value.message
    assert "no luck" in given_up.value.message
    assert "actor.log" in given_up.value.message


def test_a_child_that_lived_long_enough_has_its_deaths_forgotten(stage: Stage) -> None:
    post = stage.crew.add("worker", stage.starter(DIES, STAYS))
    stage.restart(post)
    stage.time += HEALTHY_SECONDS
    stage.crew.watch()
    assert post.deaths == 0


def test_a_child_that_asks_for_a_person_is_not_started_again(stage: Stage) -> None:
    post = stage.crew.add("projector", stage.starter(ASKS))
    stage.until_dead(post)
    with pytest.raises(OperatorError, match="projector ended with status 2: set the address"):
        stage.crew.watch()


def test_stopping_leaves_no_child(stage: Stage) -> None:
    posts = [stage.crew.add(name, stage.starter(STAYS)) for name in ("worker", "projector")]
    children = [post.child for post in posts]
    stage.crew.stop()
    assert [child is not None and child.alive() for child in children] == [False, False]
