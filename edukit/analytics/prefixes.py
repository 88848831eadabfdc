"""Sequences of answers whose common beginnings are merged.

Students who begin alike are alike to a model of their answers until they part: the sequences make a tree, each node of
which is to be passed once, however many students came through it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from edukit.analytics.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Answers = NDArray[np.bool_]


class Prefixes(NamedTuple):
    """The beginnings of sequences, each once: node 0 is the empty one, and a node stands after its parent."""

    parent: NDArray[np.int32]
    right: Answers
    weight: Floats
    """Students whose sequence begins so."""
    ended: Floats
    """Students whose sequence is this."""
    rights: float
    """Right answers of all students, and the wrong ones."""
    wrongs: float


@compiled
def stable_order(codes: Integers, count: int, order: Integers) -> Integers:
    """Rows in the order of their codes (from 0, fewer than count), and where those are the same in the order given."""
    place = np.zeros(count + 1, np.int64)
    for code in codes:
        place[code + 1] += 1
    for code in range(count):
        place[code + 1] += place[code]
    sorted_rows = np.empty_like(order)
    for row in order:
        sorted_rows[place[codes[row]]] = row
        place[codes[row]] += 1
    return sorted_rows


@compiled
def prefixes(first: Integers, right: Answers) -> Prefixes:
    """Merge sequences: each reaches from its first place to that of the next one."""
    most = first[-1] - first[0] + 1
    child = np.zeros((most, 2), np.int32)
    parent, depth = np.zeros(most, np.int32), np.zeros(most, np.int64)
    answer, weight, ended = np.zeros(most, np.bool_), np.zeros(most), np.zeros(most)
    nodes = 1
    for sequence in range(len(first) - 1):
        node = 0
        weight[0] += 1
        for place in range(first[sequence], first[sequence + 1]):
            branch = 1 if right[place] else 0
            if child[node, branch] == 0:
                child[node, branch] = nodes
                parent[nodes], depth[nodes], answer[nodes] = node, depth[node] + 1, right[place]
                nodes += 1
            node = child[node, branch]
            weight[node] += 1
        ended[node] += 1
    return _by_depth(nodes, depth, Prefixes(parent, answer, weight, ended, 0.0, 0.0))


@compiled
def _by_depth(nodes: int, depth: Integers, tree: Prefixes) -> Prefixes:
    """The nodes in the order of their depth: none waits for the one before it, and passes take a quarter less."""
    order = stable_order(depth[:nodes], nodes, np.arange(nodes))
    number, parent = np.empty(nodes, np.int32), np.empty(nodes, np.int32)
    right, weight, ended = np.empty(nodes, np.bool_), np.empty(nodes), np.empty(nodes)
    for place in range(nodes):
        node = order[place]
        number[node] = place
        parent[place] = number[tree.parent[node]]
        right[place], weight[place], ended[place] = tree.right[node], tree.weight[node], tree.ended[node]
    rights = (weight[1:] * right[1:]).sum()
    return Prefixes(parent, right, weight, ended, rights, weight[1:].sum() - rights)
