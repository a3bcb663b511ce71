"""The processes of c360 as children of the demo: watched, started again when they die, gone when the demo is."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

from ops.errors import OperatorError
from ops.launcher import Child

__all__ = ["Crew", "Post"]

HEALTHY_SECONDS: Final = 30.0
"""A child that lived so long did not die of what killed the one before."""

DEATHS_IN_A_ROW: Final = 4
FIRST_PAUSE: Final = 0.2

EXIT_OPERATOR_ERROR: Final = 2
"""The child told what an operator has to put right; another start would tell the same."""


@dataclass
class Post:
    """A place in the crew and who holds it now."""

    name: str
    start: Callable[[], Child]
    child: Child | None = None
    started_at: float = 0.0
    deaths: int = 0
    """In a row."""
    restarts: int = 0
    next_start: float = 0.0


class Crew:
    """Keeps children running; `watch` is called often, and nothing happens but in it and in `stop`."""

    def __init__(self, report: Callable[[str], None], now: Callable[[], float] = monotonic) -> None:
        self._report = report
        self._now = now
        self._posts: list[Post] = []

    def add(self, name: str, start: Callable[[], Child]) -> Post:
        """Start a child that is to run from now on; `start` is called again whenever it died."""
        post = Post(name, start)
        self._posts.append(post)
        self._start(post)
        return post

    @property
    def restarts(self) -> int:
        """How often a child was started again."""
        return sum(post.restarts for post in self._posts)

    def watch(self) -> None:
        """Start again who died. OperatorError when one dies again and again, or says that a person must act."""
        for post in self._posts:
            if post.child is None:
                if self._now() >= post.next_start:
                    self._start(post)
                    post.restarts += 1
            elif not post.child.alive():
                self._died(post, post.child)
            elif post.deaths and self._now() - post.started_at >= HEALTHY_SECONDS:
                post.deaths = 0

    def stop(self) -> None:
        """Stop all, the newest first; each is gone when this returns."""
        for post in reversed(self._posts):
            if post.child is not None:
                post.child.stop()
        self._posts.clear()

    def _start(self, post: Post) -> None:
        post.child = post.start()
        post.started_at = self._now()

    def _died(self, post: Post, child: Child) -> None:
        post.child = None
        post.deaths += 1
        code, words = child.returncode, child.last_words(3)
        if code == EXIT_OPERATOR_ERROR or post.deaths >= DEATHS_IN_A_ROW:
            raise OperatorError(_given_up(post, code, words, child))
        post.next_start = self._now() + FIRST_PAUSE * 2 ** (post.deaths - 1)
        self._report(f"{post.name} ended with status {code} and is started again. Its last words:\n{words}")


def _given_up(post: Post, code: int | None, words: str, child: Child) -> str:
    times = f"{post.deaths} times in a row, at last " if post.deaths > 1 else ""
    return f"{post.name} ended {times}with status {code}: {words}\nIts whole log is {child.log}."
