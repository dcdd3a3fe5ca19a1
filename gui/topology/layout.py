"""The positions of a topology's nodes, within a width and a height in pixels."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gui.topology.graph import HERE, UNSEEN, Kind, Node, Topology, merged

REACH = 260.0
"""The greatest distance between this machine and a column of others, in pixels; longer lines would say no more."""

REACHED = 0.28
"""The same distance as a fraction of the width."""

BENT = 0.06
"""How much nearer the ends of a column are, as a fraction of the width."""

ROWS = 2.2
"""The greatest distance between adjacent nodes of a column, in row heights."""

CLOSE = 6.0
"""The margin around a node in which it still counts as hit, in pixels."""


class Side(enum.Enum):
    """The position of a node's label."""

    LEFT = enum.auto()
    RIGHT = enum.auto()
    BELOW = enum.auto()


@dataclass(frozen=True, slots=True)
class Place:
    """A node in its place.

    Attributes:
        x, y: its centre.
        label: the position of its label.
        room: the width that is left for the label, in pixels.
    """

    node: Node
    x: float
    y: float
    label: Side
    room: float


@dataclass(frozen=True, slots=True)
class Box:
    """The frame around what is on this machine."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A topology laid out as far as there is space; ``box`` is set if this machine has several nodes."""

    places: tuple[Place, ...] = ()
    topology: Topology = field(default_factory=Topology)
    box: Box | None = None

    def place(self, key: str) -> Place | None:
        """Return the place of a node; None if it is not shown."""
        return next((place for place in self.places if place.node.key == key), None)

    def at(self, x: float, y: float, radius: float) -> Place | None:
        """Return the node at a point, or within a small margin around it; None if there is none."""
        nearest = min(self.places, key=lambda place: math.dist((place.x, place.y), (x, y)), default=None)
        if nearest is None or math.dist((nearest.x, nearest.y), (x, y)) > radius + CLOSE:
            return None
        return nearest


@dataclass(frozen=True, slots=True)
class Measures:
    """The sizes of a picture, in pixels.

    Attributes:
        width, height: the size of the whole.
        radius: the radius of a node.
        line: the height of a line of text; 0 for no labels.
        names: the width of the widest name on this machine.
        small: whether there may be no space for each database.
    """

    width: float
    height: float
    radius: float
    line: float
    names: float = 160.0
    small: bool = False

    @property
    def row(self) -> float:
        """The height of one node in a column."""
        return max(2 * self.radius, self.line) + (6 if self.line else 3)

    @property
    def rows(self) -> int:
        """How many nodes fit into a column."""
        return max(1, int(self.height // self.row))


def arrange(topology: Topology, measures: Measures) -> Picture:
    """Lay out all nodes; if there is no space for all, the last ones become one node that counts them."""
    if not topology.nodes:
        return Picture()
    if measures.small and not _fits(topology, measures):
        here = Node(HERE, Kind.HERE, ", ".join(node.name for node in topology.here))
        topology = merged(topology, {node.key: here for node in topology.here})
    if topology.nodes[0].kind is Kind.HERE:
        return _around(topology, measures)
    return _beside(topology, measures)


def _fits(topology: Topology, measures: Measures) -> bool:
    """Return whether there is space for each database, in a box with a name."""
    rows = int(_inner(measures).height // measures.row)
    return measures.line > 0 and len(topology.here) <= rows and len(topology.others) <= rows


def _inner(measures: Measures) -> Measures:
    """Return the measures of the space inside the box around this machine."""
    return replace(measures, height=measures.height - measures.line - 8)


def _around(topology: Topology, measures: Measures) -> Picture:
    """Put this machine in the middle and the others at both sides; one or two others are in a row with it."""
    width, middle = measures.width, measures.height / 2
    topology, others = _shortened(topology, topology.others, 2 * measures.rows)
    low = middle - measures.line / 2  # its name is below it
    if len(others) <= 2 and not _hangs_on_this_machine(topology, others):
        row = [topology.nodes[0], *others]
        if len(row) == 3 and others[1].kind is not Kind.UNSEEN:
            row = [others[0], topology.nodes[0], others[1]]
        reach = min(width / len(row), REACH)
        begin = width / 2 - reach * (len(row) - 1) / 2
        places = [Place(node, begin + reach * number, low, Side.BELOW, reach - 8) for number, node in enumerate(row)]
        return Picture(tuple(places), topology)
    half = len(others) // 2
    reach = min(width * REACHED, REACH)
    places = [Place(topology.nodes[0], width / 2, low, Side.BELOW, 1.2 * reach)]
    places += _column(others[:half], Side.LEFT, width / 2 - reach, measures, bent=BENT)
    places += _column(others[half:], Side.RIGHT, width / 2 + reach, measures, bent=BENT)
    return Picture(tuple(places), topology)


def _hangs_on_this_machine(topology: Topology, others: Sequence[Node]) -> bool:
    """Return whether one of two others is the unseen sites, linked to this machine rather than to the other one."""
    return len(others) == 2 and any(link.far == UNSEEN and link.near == HERE for link in topology.links)


def _beside(topology: Topology, measures: Measures) -> Picture:
    """Put this machine's databases in a box at the left, and the other machines at the right."""
    top = measures.line + 4  # the box has a name
    inner = _inner(measures)
    topology, here = _shortened(topology, topology.here, inner.rows)
    topology, others = _shortened(topology, [node for node in topology.nodes if node not in here], inner.rows)
    reach = min(measures.width * 0.2, 0.7 * REACH)
    left, right = measures.width / 2 - reach, measures.width / 2 + reach
    places = _column(here, Side.LEFT, left, inner, top=top)
    rows = {place.node.key: place.y for place in places}
    others.sort(key=lambda node: (node.kind in (Kind.UNSEEN, Kind.MORE), _middle(node, topology, rows)))
    first, last = places[0].y - inner.row / 2 - top, places[-1].y + inner.row / 2 + 3
    side = min(places[0].room, max(measures.names, 90.0))
    begin = max(1.0, left - measures.radius - side - 12)
    box = Box(begin, max(1.0, first), left + measures.radius + 10 - begin, last - max(1.0, first))
    places += _column(others, Side.RIGHT, right, inner, top=top)
    return Picture(tuple(places), topology, box)


def _middle(node: Node, topology: Topology, rows: dict[str, float]) -> float:
    """Return the height at which the lines to a node are shortest; infinity without lines."""
    ends = [rows[link.near] for link in topology.links_of(node.key) if link.near in rows]
    return sum(ends) / len(ends) if ends else math.inf


def _column(
    nodes: Sequence[Node], side: Side, x: float, measures: Measures, *, top: float = 0.0, bent: float = 0.0
) -> list[Place]:
    """Return places for nodes one below the other, centred vertically."""
    places = []
    step = min(measures.height / max(len(nodes), 1), ROWS * measures.row)
    first = top + (measures.height - step * (len(nodes) - 1)) / 2
    inward = measures.width * bent * (1 if side is Side.LEFT else -1) if len(nodes) > 2 else 0.0
    for number, node in enumerate(nodes):
        out = 2 * number / (len(nodes) - 1) - 1 if len(nodes) > 1 else 0.0  # from -1 to 1
        at = x + inward * out**2
        room = (at if side is Side.LEFT else measures.width - at) - measures.radius - 10
        places.append(Place(node, at, first + step * number, side, min(room, REACH)))
    return places


def _shortened(topology: Topology, nodes: Sequence[Node], most: int) -> tuple[Topology, list[Node]]:
    """Merge surplus nodes into one that counts them; return the topology, and which of ``nodes`` are shown."""
    named = [node for node in nodes if node.kind is not Kind.UNSEEN]
    rest = [node for node in nodes if node.kind is Kind.UNSEEN]
    room = max(most - len(rest), 1)
    if len(named) <= room:
        return topology, [*named, *rest]
    shown, surplus = named[: room - 1], named[room - 1 :]
    more = Node(f"more than {surplus[0].key}", Kind.MORE, count=len(surplus))
    return merged(topology, {node.key: more for node in surplus}), [*shown, more, *rest]
