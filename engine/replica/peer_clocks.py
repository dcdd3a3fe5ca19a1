"""What is known about peers: their clocks, what these cover, and the tokens by which files recognize each other."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import apsw

from engine.change import MAX_VERSION
from engine.clocks import coverage, datasets, identity, lineage, table_marks, tracked
from engine.errors import FileReplaced, UsageError
from engine.ids import SiteId
from engine.ordinary.loose_keys import news
from engine.replica.joining import Joining
from engine.sqlite.sqlite_errors import explained
from engine.tables.types import Known, Meeting, TrackedPeer
from engine.text import t

_NOTHING: Mapping[str, Collection[tuple[str, ...]]] = MappingProxyType({})


class PeerClocks(Joining):
    """The methods of a replica that are about its peers."""

    def known(
        self,
        site_id: SiteId,
        parked: Collection[str] = (),
        meetings: Sequence[Meeting] = (),
        announced: int = 0,
        loose: Mapping[str, Collection[tuple[str, ...]]] = _NOTHING,
    ) -> Known:
        """Return what is known about one peer: its clocks, what they cover, and where a range that was cut can
        continue.

        Tables without a mark are given one, unless the file was opened read-only, as what is received from now on is
        for these very tables.

        Args:
            parked: tables that are parked on one of the two sides; from now on no clock covers them.
            meetings: tables whose rows belong together with the peer's from now on.
            announced: the version of the peer's file when it announced these.
            loose: by table, foreign keys that apps violate elsewhere; from now on no row waits for its parent because
                of them.

        Returns:
            only ``stale`` if such a table has received rows since that have not met the peer's.
        """
        with self._reading() as db:
            catalogue, learnt = self._kinds.catalogue(), self._learnt(db, meetings)
            if learnt is None:
                return Known(stale=True)
            known = self._known(db, site_id)
            given = self._to_give(db, meetings)
            arrived = known.received >= announced and self._arrived(db, meetings, known.tables)
            lacking = (
                table_marks.unmarked(catalogue)
                or coverage.covers_any(db, site_id, parked)
                or learnt
                or arrived
                or given
                or news(self._ordinary.tables.entries(), loose)
            )
            if self.readonly or not lacking:
                return known
        with self._writing() as db:
            learnt = self._learnt(db, meetings)
            if learnt is None:
                return Known(stale=True)
            if news(self._ordinary.tables.entries(), loose):
                self._capture_rest()
                self._ordinary.tables.hear_of_loose_keys(loose)
            self._learn(db, learnt)
            if given:
                datasets.give(db, given)
            self._mark_tables()
            coverage.uncover(db, site_id, parked)
            known = self._known(db, site_id)
            if known.received >= announced:
                datasets.complete(db, self._arrived(db, meetings, known.tables))
            return known

    def _known(self, db: apsw.Connection, site_id: SiteId) -> Known:
        found = coverage.known(db, self._state.site_id, site_id, self._kinds.catalogue())
        return dataclasses.replace(found, met=self._met_before(db, found.tables))

    def _mark_tables(self) -> None:
        for crr in table_marks.unmarked(self._kinds.catalogue()):
            table_marks.put(self.connection, crr)

    def marks(self) -> table_marks.Marks:
        """Return the marks that the tables have now (``engine.clocks.table_marks``)."""
        with explained(self.path):
            return tuple(self._kinds.catalogue().marks.items())

    def lineage_mark(self) -> int:
        """Return the number of the latest token that any peer has shown; later ones have higher numbers."""
        with self._reading() as db:
            return lineage.mark(db)

    def renew_lineage(self, site_id: SiteId, confirmed: bytes | None) -> tuple[bytes, ...]:
        """Make a new lineage token for a peer, and write it to disk; ``confirmed`` is the latest that the peer keeps
        (``lineage``).

        Returns:
            the tokens by which the peer may recognize this file now, the newest last.
        """
        return self.renew_lineages([(site_id, confirmed)])[0]

    def renew_lineages(self, peers: Sequence[tuple[SiteId, bytes | None]]) -> list[tuple[bytes, ...]]:
        """Do as ``renew_lineage``, for several peers in one transaction."""
        own = self._state.site_id
        with self._writing() as db:
            self._state.keep_floor()
            self._state.write_restore_mark()  # what is sent from now on is known elsewhere
            version = self._state.sendable_version()
            for site_id, confirmed in peers:
                lineage.renew(db, own, site_id, confirmed, version)
            return [lineage.mine(db, own, site_id) for site_id, _ in peers]

    def keep_lineage(self, site_id: SiteId, token: bytes, after: Collection[bytes] | None = None) -> bool:
        """Write to disk the token that a peer shows from now on.

        Args:
            after: the tokens that this very file is known to have had. A new one must follow one of them.

        Returns:
            False if it does not: there are two files with this id, and it was not kept.

        Raises:
            UsageError: an id or a token that is not 16 bytes.
        """
        if len(site_id) != 16 or len(token) != lineage.TOKEN:
            raise UsageError(t("A peer's site id and its token are 16 bytes each."))
        with self._writing() as db:
            return lineage.keep(db, self._state.site_id, site_id, token, after)

    def ask_again(self, site_id: SiteId, since: int = 0) -> None:
        """Record that a peer is to be asked for its history above ``since`` once more, with no filter hiding any of it.

        The record stays on disk until all of it is here, however often the connection is cut (``keeping``). Clocks
        stay.

        Raises:
            UsageError: an id that is not 16 bytes.
        """
        if len(site_id) != 16:
            raise UsageError(t("A peer's site id is 16 bytes."))
        with self._writing() as db:
            coverage.record_wish(db, site_id, since)

    def received_clock(self, site_id: SiteId) -> int:
        """Return up to which version the peer's history is on this disk; 0 if nothing is recorded."""
        return next((p.received or 0 for p in self.tracked_peers() if p.site_id == site_id), 0)

    def sent_clock(self, site_id: SiteId) -> int:
        """Return up to which version the peer has confirmed our history; 0 if nothing is recorded."""
        return next((p.sent or 0 for p in self.tracked_peers() if p.site_id == site_id), 0)

    def record_sent(self, site_id: SiteId, version: int) -> None:
        """Record what a peer has confirmed, even a lower version than before, as it tells what it holds.

        Raises:
            UsageError: an id that is not 16 bytes, or a version out of range.
        """
        self.record_all_sent({site_id: version})

    def record_all_sent(self, clocks: Mapping[SiteId, int], *, floor: int = 0) -> None:
        """Record what several peers have confirmed, by site id, in one transaction; as ``record_sent``.

        Args:
            floor: as in ``merge``; a file that was set back no longer holds what was confirmed.

        Raises:
            FileReplaced: it was set back; nothing was recorded.
        """
        for site_id, version in clocks.items():
            if len(site_id) != 16 or not 0 <= version < MAX_VERSION:
                raise UsageError(
                    t("A sent clock needs a site id of 16 bytes and a version, not {version}.", version=version)
                )
        with self._writing() as db:
            self._check_same(floor)
            self._state.keep_floor()
            self._state.write_restore_mark()
            for site_id, version in clocks.items():
                tracked.record_sent(db, site_id, version)

    def tracked_peers(self) -> list[TrackedPeer]:
        """Return the clocks of every peer, by site id."""
        with self._reading() as db:
            return tracked.tracked_peers(db)

    def announcements(self) -> list[tuple[SiteId, int]]:
        """Return (site id, received clock) of every peer for a greeting, which never holds sent clocks."""
        return [(peer.site_id, peer.received) for peer in self.tracked_peers() if peer.received is not None]

    def _check_same(self, floor: int) -> int:
        """Return the db_version, after checking that it is not below one that the file has reached, and that the file's
        id is the same."""
        version = self._state.pinned_version()
        if version < floor or identity.own(self._state.cursor()) != self.site_id:
            raise FileReplaced(
                t("“{file}” was replaced or restored in the meantime.", file=self.path.name),
                hint=t("Syncline continues from what the file holds now."),
            )
        return version
