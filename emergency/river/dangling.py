"""Which rivers end in the air, close to another one that they ought to join?

A foot is the lower end of a reach after which nothing comes. Where it lies within snapping distance of a line that neither
shares a node with it nor drains to it, the two may have been meant to meet. Lines are looked at batch by batch; only the
feet stay in memory. Schematic lines are left out: where they are drawn says nothing.
"""

from typing import Final

import numpy as np
import shapely

from emergency.river.draft import Bools, Floats, Ints, Lines, Reaches, Topology
from emergency.river.drawn import EARTH_M
from emergency.river.findings import SHOWN, Example, Finding, warning
from emergency.river.index import Index
from emergency.words import Words

SNAPPING_M: Final = 500.0
"""Ends in one place are drawn up to this far apart in maps of 1:1,000,000."""


class Dangling:
    """Looks at lines as they pass by."""

    def __init__(self, reaches: Reaches, topology: Topology, index: Index) -> None:
        self.reaches, self.topology = reaches, topology
        ends = (topology.branches[topology.head] == 0) & ~reaches.schematic
        self.feet = np.flatnonzero(ends)
        self.outlet = _outlets(index, len(reaches))
        self.nearest_m = np.full(len(self.feet), np.inf)
        self.nearest = np.full(len(self.feet), -1)
        lon, lat = reaches.end[self.feet].T
        high = np.degrees(SNAPPING_M / EARTH_M)
        wide = high / np.maximum(np.cos(np.radians(lat)), 0.01)
        self.tree = shapely.STRtree(shapely.box(lon - wide, lat - high, lon + wide, lat + high))

    def look(self, first: int, lines: Lines) -> None:
        """At the lines of the reaches from row `first` on."""
        line, foot = self.tree.query(lines, predicate="intersects")
        other = first + line
        apart = ~self.reaches.schematic[other] & ~self._belong(self.feet[foot], other)
        line, foot, other = line[apart], foot[apart], other[apart]
        away_m = _away_m(self.reaches.end[self.feet[foot]], lines[line])
        for n in np.argsort(away_m, kind="stable").tolist():
            if away_m[n] <= SNAPPING_M and away_m[n] < self.nearest_m[foot[n]]:
                self.nearest_m[foot[n]], self.nearest[foot[n]] = away_m[n], other[n]

    def findings(self) -> list[Finding]:
        """What was seen."""
        words = Words(
            "河流末端未接任何河段，但近旁另有河线：若应汇入，请让两者共用一个节点。",
            "A river ends close to another line that it does not join: if it should, give both the same node there.",
        )
        seen = np.flatnonzero(self.nearest >= 0)
        return warning("dangling", words, len(seen), map(self._example, seen[:SHOWN].tolist()))

    def _belong(self, foot: Ints, other: Ints) -> Bools:
        """Whether the other reach touches the one that ends here by a node, or drains to it."""
        tail, head = self.topology.tail, self.topology.head
        touching = np.zeros(len(foot), dtype=bool)
        for one in (tail, head):
            for another in (tail, head):
                touching |= one[foot] == another[other]
        return np.asarray(touching | (self.outlet[foot] == self.outlet[other]))

    def _example(self, n: int) -> Example:
        lon, lat = self.reaches.end[self.feet[n]].tolist()
        near = self.reaches.reach_id[self.nearest[n]]
        return Example(str(self.reaches.reach_id[self.feet[n]]), lon, lat, f"{self.nearest_m[n]:.0f} m: {near}")


def _outlets(index: Index, count: int) -> Ints:
    """Of each reach the foot at which the main way down ends: from path to path, doubling the step."""
    down = np.arange(count)
    down[index.links.foot[index.links.main]] = index.places.foot[index.links.into[index.links.main]]
    while (down[down] != down).any():
        down = down[down]
    return np.asarray(down[index.places.foot])


def _away_m(places: Floats, lines: Lines) -> Floats:
    """From each place (lon, lat) to its line, on a plane laid to the sphere there."""
    points, of = shapely.get_coordinates(lines, return_index=True)
    east = np.radians(points[:, 0] - places[of, 0]) * np.cos(np.radians(places[of, 1]))
    north = np.radians(points[:, 1] - places[of, 1])
    flat = shapely.linestrings(EARTH_M * np.stack([east, north], axis=1), indices=of)
    return np.asarray(shapely.distance(flat, shapely.points(0.0, 0.0)))
