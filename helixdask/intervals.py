"""Half-open intervals as pairs of arrays: joining those that overlap, and counting through ranges."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Joined(NamedTuple):
    """Intervals joined to unions, which are sorted by group and start.

    Attributes
    ----------
    order
        (interval,) rows of the intervals by group, start and end.
    first
        (union,) where the intervals of each union begin in ``order``.
    end
        (union,) one past the last base.
    number
        (interval,) union of each interval, in the order that they were given in.
    """

    order: Ints
    first: Ints
    end: Ints
    number: Ints

    @property
    def rows(self) -> Ints:
        """(union,) row of the interval that each union begins with: it has its group and its start."""
        return self.order[self.first]


def joined(group: Ints, start: Ints, end: Ints, *, touching: bool = True) -> Joined:
    """Join intervals of one group that overlap, by way of others, too.

    Parameters
    ----------
    group, start, end
        (interval,) int64, in any order; places are 0 or more.
    touching
        Whether intervals that only touch become one.

    Examples
    --------
    >>> made = joined(np.array([0, 0, 0, 1]), np.array([5, 0, 6, 6]), np.array([9, 5, 7, 8]))
    >>> made.end, made.number
    (array([9, 8]), array([0, 0, 0, 1]))
    """
    order = np.lexsort((end, start, group))
    lift = group[order] * np.int64(int(end.max(initial=0)) + 2)  # room between the groups
    low, reach = start[order] + lift, np.maximum.accumulate(end[order] + lift)
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = low[1:] > reach[:-1] if touching else low[1:] >= reach[:-1]
    first = np.flatnonzero(fresh)
    last = np.append(first, len(order))[1:] - 1
    number = np.empty(len(order), np.int64)
    number[order] = np.cumsum(fresh) - 1
    return Joined(order, first, (reach - lift)[last], number)


def numbers(first: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Count from ``first[i]`` on, ``count[i]`` numbers for each ``i``: the ``i`` of each number, and the numbers."""
    which = np.repeat(np.arange(len(count)), count)
    return which, first[which] + np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
