"""Sections on disk, in RocksDB: for banks whose customers do not fit into memory.

The database holds what is committed and nothing else; what folds have written since lies over it in memory. Data and
changelog position are written in one batch, without RocksDB's own log: after a crash it is as it was at some earlier
position, and the changelog brings it up to date. It is a copy, so where there is any doubt about it, it is wiped.
"""

import logging
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
from rocksdict import BlockBasedOptions, Cache, Options, Rdict, WriteBatch, WriteOptions

from schemas.topics import CUSTOMER_VIEWS, TOPICS
from schemas.views import DEADLINES, PARTITION_PREFIX, SUMMARY
from streams.flush import Flush
from streams.stores.port import Replaced, Restore, StoreFailed

__all__ = ["CacheReads", "RocksStore", "cache_reads"]

logger = logging.getLogger("c360.stores")

FORMAT: Final = 1
"""Raised whenever what is written changes its meaning: an older database is then wiped."""
CACHE_BYTES: Final = 64 * 1024 * 1024
"""Of blocks read, shared by the partitions of a process."""
KEPT_SECONDS: Final = TOPICS[CUSTOMER_VIEWS].retention_ms / 2000
"""A database older than half the life of a tombstone is wiped: the changelog may have forgotten deletions since."""
WRITE_BUFFER_BYTES: Final = 16 * 1024 * 1024

_META: Final = b"m"
_PROGRESS: Final = b"p"
_SECTIONS: Final = b"v"
"""Begins the keys of all sections but those in `_TOGETHER`."""
_PARTITION_PREFIX: Final = PARTITION_PREFIX.encode()
_SUMMARY: Final = SUMMARY.encode()
_TOGETHER: Final = {_SUMMARY: b"s", DEADLINES.encode(): b"d"}
"""Sections that lie together, since a take-over reads those of all customers: section -> what their keys begin with."""
_cache: Final = Cache(CACHE_BYTES)


class RocksStore(Mapping[str, Mapping[str, bytes]]):
    """A database of its own for a partition."""

    position: int
    sections: int
    progress: bytes | None
    _customers: int
    _stored: tuple[int, int]
    """Customers and sections that the database tells of itself."""

    def __init__(self, path: Path, identity: str, now: Callable[[], float]) -> None:
        """`identity`: of the changelog, such as its topic id; a database of another one is wiped. `now`: Unix time.

        Raises StoreFailed when another process has it open, or the disk can't be used.
        """
        self._path = path
        self._identity = identity
        self._now = now
        self._uncommitted: dict[str, dict[str, bytes | None]] = {}
        """What was written over the database: customer -> section -> bytes, None for a section removed."""
        self._opened: _Sections | None = None
        """What was opened last, as long as nothing was written since."""
        # An attribute, whatever the library's type stubs say.
        writing: Any = WriteOptions()
        writing.disable_wal = True
        self._writing: WriteOptions = writing
        self._is_recounted = True
        self._broken: StoreFailed | None = None
        """A write failed, and what it held is missing: nothing may be written over that gap."""
        self._open_or_wipe()

    def _open_or_wipe(self) -> None:
        self._batch = _batch()
        with self._failing_in_words():
            self._path.mkdir(parents=True, exist_ok=True)
        try:
            self._db = Rdict(str(self._path), _options())
            meta = self._db.get(_META)
            known: dict[str, Any] = {} if meta is None else orjson.loads(meta)
        except Exception as exc:
            if "lock" in str(exc).lower() or "No space left" in str(exc):
                raise self._failure(exc) from exc
            logger.warning("The store at %s can't be opened (%s): it is made anew from Kafka", self._path, exc)
            with self._failing_in_words():
                shutil.rmtree(self._path)
                self._db = Rdict(str(self._path), _options())
            known = {}
        if not known:
            # New: what is known is written with the first data. Wiping it would be opening it twice.
            self._begin_anew()
            return
        is_ours = (known.get("format"), known.get("changelog")) == (FORMAT, self._identity)
        if not is_ours or self._now() - known["stored_at"] > KEPT_SECONDS:
            self.wipe()
            return
        self.position = known["position"]
        self._customers = known["customers"]
        self.sections = known["sections"]
        self.progress = self._db.get(_PROGRESS)
        self._stored = self._customers, self.sections

    def wipe(self) -> None:
        """Forget everything, on disk too."""
        with self._failing_in_words():
            self._db.close()
            shutil.rmtree(self._path)
            self._db = Rdict(str(self._path), _options())
        self._batch = _batch()
        self._broken = None
        self._uncommitted.clear()
        self._opened = None
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.position = self._customers = self.sections = 0
        self.progress = None
        self._stored = 0, 0

    def close(self) -> None:
        """Bring what is in RocksDB's memory to disk and let go of it."""
        if self._broken is None:
            # Nothing has come since: as old as now, not as its last write.
            self._write(self.position)
        with self._failing_in_words():
            if self._broken is None:
                self._db.flush()
            self._db.close()

    # -- as a mapping --

    def __len__(self) -> int:
        return self._customers

    def __contains__(self, customer_id: object) -> bool:
        return isinstance(customer_id, str) and self._read(customer_id, SUMMARY) is not None

    def __iter__(self) -> Iterator[str]:
        for customer_id, _ in self._all_of(SUMMARY):
            yield customer_id

    def __getitem__(self, customer_id: str) -> Mapping[str, bytes]:
        sections = dict(self.open(customer_id).items())
        if not sections:
            raise KeyError(customer_id)
        return sections

    def open(self, customer_id: str) -> Mapping[str, bytes]:
        """The sections of a customer that is stepped now: each read when it is asked for."""
        self._opened = _Sections(customer_id, self._read, self._names)
        return self._opened

    def deadlines(self) -> Iterator[tuple[str, bytes]]:
        """(customer number, section `deadlines`) of every customer who has one."""
        return self._all_of(DEADLINES)

    def _all_of(self, section: str) -> Iterator[tuple[str, bytes]]:
        over = {customer_id: made[section] for customer_id, made in self._uncommitted.items() if section in made}
        for key, raw in self._range(_TOGETHER[section.encode()]):
            customer_id = key[1:].decode()
            if customer_id not in over:
                yield customer_id, raw
        for customer_id, made in over.items():
            if made is not None:
                yield customer_id, made

    # -- written by folds, taken back or committed --

    def replace(self, customer_id: str, sections: Mapping[str, bytes]) -> list[Replaced]:
        """Write sections of one customer, over the database; what they replaced."""
        opened, self._opened = self._opened, None
        if opened is None or opened.customer_id != customer_id:
            opened = _Sections(customer_id, self._read, self._names)
        # A step has read nearly all that it changes, and a read costs as much as folding an event.
        replaced = [(customer_id, name, opened.get(name)) for name in sections]
        self._uncommitted.setdefault(customer_id, {}).update(sections)
        for _, name, before in replaced:
            if before is None:
                self._count(name, 1)
        return replaced

    def put(self, customer_id: str, section: str, raw: bytes | None) -> None:
        """Write one section, over the database."""
        self._opened = None
        existed = self._read(customer_id, section) is not None
        self._uncommitted.setdefault(customer_id, {})[section] = raw
        self._count(section, (raw is not None) - existed)

    def committed(self, flush: Flush) -> None:
        """Write a committed flush and the position after it in one batch; what no later fold has changed is at rest."""
        existed: dict[tuple[str, str], bool] = {}
        for customer_id, name, before in flush.before.sections:
            existed.setdefault((customer_id, name), before is not None)
        exists: dict[tuple[str, str], bool] = {}
        for output in flush.sections:
            key, value = output.key or b"", output.value
            self._to_batch(key, value)
            owner, _, section = key.decode().partition("/")
            self._settle(owner, section, value)
            exists[owner, section] = value is not None
        change = {at: exists[at] - was for at, was in existed.items() if at in exists}
        customers, sections = self._stored
        customers += sum(more for (_, section), more in change.items() if section == SUMMARY)
        self._stored = customers, sections + sum(change.values())
        self._write(self.position if flush.changelog_position is None else flush.changelog_position)

    def _settle(self, customer_id: str, section: str, value: bytes | None) -> None:
        made = self._uncommitted.get(customer_id)
        if made is not None and made.get(section, b"") is value:
            del made[section]
            if not made:
                del self._uncommitted[customer_id]

    def _count(self, section: str, change: int) -> None:
        self.sections += change
        if section == SUMMARY:
            self._customers += change

    # -- restored from the changelog --

    def restorer(self, on_progress: Callable[[bytes | None], None]) -> Restore:
        """What applies the changelog's records: blindly into a batch, which `restored` writes."""
        to_batch, prefix = self._to_batch, _PARTITION_PREFIX

        def restore(keys: Sequence[bytes], values: Sequence[bytes | None]) -> None:
            for key, value in zip(keys, values, strict=True):
                if key.startswith(prefix):
                    on_progress(value)
                to_batch(key, value)

        return restore

    def restored(self, position: int) -> None:
        """Write what was restored, and the position."""
        self._opened = None
        if self._batch.len() > 0:
            self._is_recounted = False
            self._write(position)
        self.position = position

    def recovered(self) -> None:
        """Count again, if anything was restored: that did not look at what it overwrote."""
        if not self._is_recounted:
            self._recount()
            self._write(self.position)

    def _recount(self) -> None:
        self._is_recounted = True
        self._customers = sum(1 for _ in self._range(_TOGETHER[_SUMMARY]))
        # RocksDB's own estimate: to count six million keys would take as long as the recovery.
        self.sections = self._db.property_int_value("rocksdb.estimate-num-keys") or 0
        self._stored = self._customers, self.sections

    # -- the database --

    def _read(self, customer_id: str, section: str) -> bytes | None:
        made = self._uncommitted.get(customer_id)
        if made is not None and section in made:
            return made[section]
        found: bytes | None = self._db.get(_key_of(customer_id.encode(), section.encode()))
        return found

    def _names(self, customer_id: str) -> list[str]:
        prefix = b"%b%b/" % (_SECTIONS, customer_id.encode())
        names = dict.fromkeys(key[len(prefix) :].decode() for key, _ in self._range(prefix))
        for section, begin in _TOGETHER.items():
            if self._db.get(begin + customer_id.encode()) is not None:
                names[section.decode()] = None
        made = self._uncommitted.get(customer_id, {})
        names.update(dict.fromkeys(made))
        return [name for name in names if made.get(name, b"") is not None]

    def _range(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        items: Iterable[tuple[Any, Any]] = self._db.items(from_key=prefix)
        for key, value in items:
            if not key.startswith(prefix):
                return
            yield key, value

    def _to_batch(self, key: bytes, value: bytes | None) -> None:
        owner, _, name = key.partition(b"/")
        at = _PROGRESS if owner.startswith(_PARTITION_PREFIX) else _key_of(owner, name)
        if value is None:
            self._batch.delete(at)
        else:
            self._batch.put(at, value)

    def _write(self, position: int) -> None:
        if self._broken is not None:
            raise self._broken
        customers, sections = self._stored
        meta = {
            "format": FORMAT,
            "changelog": self._identity,
            "position": position,
            "stored_at": self._now(),
            "customers": customers,
            "sections": sections,
        }
        batch, self._batch = self._batch, _batch()
        batch.put(_META, orjson.dumps(meta))
        try:
            self._db.write(batch, self._writing)
        except Exception as exc:
            self._broken = self._failure(exc)
            raise self._broken from exc
        self.position = position

    @contextmanager
    def _failing_in_words(self) -> Iterator[None]:
        try:
            yield
        except Exception as exc:
            raise self._failure(exc) from exc

    def _failure(self, exc: Exception) -> StoreFailed:
        return StoreFailed(
            f"the store at {self._path} failed: {exc}. Nothing is lost, Kafka holds all of it. A full disk: make room. "
            "A lock: each worker needs a C360_HOME of its own. Then start again, or set C360_STORE=memory."
        )


class _Sections(Mapping[str, bytes]):
    """One customer's sections, each read once, when it is asked for."""

    def __init__(
        self, customer_id: str, read: Callable[[str, str], bytes | None], names: Callable[[str], list[str]]
    ) -> None:
        self.customer_id = customer_id
        self._read = read
        self._names = names
        self._seen: dict[str, bytes | None] = {}

    def __getitem__(self, section: str) -> bytes:
        if section not in self._seen:
            self._seen[section] = self._read(self.customer_id, section)
        raw = self._seen[section]
        if raw is None:
            raise KeyError(section)
        return raw

    def __iter__(self) -> Iterator[str]:
        return iter(self._names(self.customer_id))

    def __len__(self) -> int:
        return len(self._names(self.customer_id))


def _key_of(customer: bytes, section: bytes) -> bytes:
    begin = _TOGETHER.get(section)
    return b"%b%b/%b" % (_SECTIONS, customer, section) if begin is None else begin + customer


def _batch() -> WriteBatch:
    return WriteBatch(raw_mode=True)


class CacheReads(NamedTuple):
    """Blocks that were looked for in the cache since the process began."""

    hits: int
    misses: int
    """Read from disk, or from the system's own cache of it."""


def cache_reads() -> CacheReads:
    """Of all stores of this process together, by RocksDB's own count; what is found in its write buffers is neither."""
    told = _options().get_statistics() or ""
    counts = dict(re.findall(r"^rocksdb\.block\.cache\.(hit|miss) COUNT : (\d+)$", told, re.MULTILINE))
    return CacheReads(int(counts.get("hit", 0)), int(counts.get("miss", 0)))


@cache
def _options() -> Options:
    """One for all stores of a process: they share its statistics, which go on when a store is closed."""
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.enable_statistics()
    options.set_write_buffer_size(WRITE_BUFFER_BYTES)
    options.set_keep_log_file_num(2)
    options.set_max_open_files(256)
    blocks = BlockBasedOptions()
    blocks.set_block_cache(_cache)
    blocks.set_bloom_filter(10, block_based=False)
    # Indexes and filters stay out of the block cache. In it an event took 2.4 to 4.7 ms at a million customers; out of
    # it 22 to 52 us at 400,000, and a million was not measured again. Likely a large file's did not fit into a shard.
    blocks.set_cache_index_and_filter_blocks(False)
    options.set_block_based_table_factory(blocks)
    return options
