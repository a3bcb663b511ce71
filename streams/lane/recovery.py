"""Faust's recovery, replaced: the lane rebuilds partitions from the changelog, and Faust is told when it is done."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from aiokafka.errors import IllegalStateError
from faust.tables.manager import TableManager
from faust.tables.recovery import RebalanceAgain, Recovery, ServiceStopped
from mode import Service

from schemas.topics import INPUT_TOPICS

if TYPE_CHECKING:
    from streams.lane.lane import Lane

__all__ = ["LaneRecovery", "LaneTableManager"]


class LaneRecovery(Recovery):
    """Waits for rebalances as Faust's does; what it does then is `Lane.recover`.

    Faust's own takes watermarks first and committed offsets last (new offsets over old state), reads uncommitted, and
    passes records through a queue one by one.
    """

    recovery_delay = 0.0

    @Service.task
    async def _restart_recovery(self) -> None:
        while not self.should_stop:
            if await self.wait_for_stopped(self.signal_recovery_start.wait()):
                return
            self.signal_recovery_start.clear()
            try:
                await self._recover(self._generation_id)
            except (RebalanceAgain, IllegalStateError):
                continue
            except ServiceStopped:
                return

    async def _recover(self, generation: int) -> None:
        lane = cast("Lane", cast("Any", self.app).lane)
        self._set_recovery_started()
        partitions = {tp.partition for tp in self.app.consumer.assignment() if tp.topic in INPUT_TOPICS}
        standbys = {tp.partition for tp in self.app.assignor.assigned_standbys() if tp.topic == lane.views}
        task = asyncio.ensure_future(lane.recover(partitions, generation, standbys))
        try:
            await self._wait(task)
        finally:
            if not task.done():
                lane.stop_recovery()
        task.result()
        if self.app.consumer_generation_id != generation:
            raise RebalanceAgain
        await self._wait(self.on_recovery_completed(generation))

    @Service.task
    async def _slurp_changelogs(self) -> None:
        """Nothing: no changelog record ever reaches Faust's queue."""

    @Service.task
    async def _publish_stats(self) -> None:
        """Nothing: the lane reports its own progress."""


class LaneTableManager(TableManager):
    """Faust's table manager with the lane's recovery."""

    @property
    def recovery(self) -> Recovery:
        """The recovery service, made on first use."""
        if self._recovery is None:
            self._recovery = LaneRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery

    async def on_start(self) -> None:
        """As Faust's, without its second of sleep: the tables are declared before the app starts."""
        await self._update_channels()
        await self.recovery.start()
