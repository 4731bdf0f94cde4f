"""Patterns over digits, as libphonenumber writes them, and minimal automata that match them.

The patterns use digits, `\\d`, classes, alternatives, groups and bounded repeats. Every pattern matches a finite set of
texts, so every automaton is without cycles: a state is a node with ten successors, and equal nodes are one.
"""

from dataclasses import dataclass, field

DIGITS = "0123456789"
EMPTY = 0
"""The state that matches nothing."""
LONGEST = 17
"""The longest national number."""


@dataclass(frozen=True)
class Digit:
    """One digit of a set."""

    mask: int

    def groups(self):
        return 0

    def rust(self):
        return f"Node::Digit({self.mask:#05x})"


@dataclass(frozen=True)
class End:
    """The end of the text."""

    def groups(self):
        return 0

    def rust(self):
        return "Node::End"


@dataclass(frozen=True)
class Sequence:
    """Nodes one after another."""

    nodes: tuple

    def groups(self):
        return sum(node.groups() for node in self.nodes)

    def rust(self):
        return f"Node::Sequence(&[{', '.join(node.rust() for node in self.nodes)}])"


@dataclass(frozen=True)
class Alternatives:
    """One of several nodes; the first that leads to a match is taken."""

    nodes: tuple

    def groups(self):
        return sum(node.groups() for node in self.nodes)

    def rust(self):
        return f"Node::Alternatives(&[{', '.join(node.rust() for node in self.nodes)}])"


@dataclass(frozen=True)
class Repeat:
    """A node `low` to `high` times, as often as possible."""

    node: object
    low: int
    high: int

    def groups(self):
        return self.node.groups()

    def rust(self):
        return f"Node::Repeat(&{self.node.rust()}, {self.low}, {self.high})"


@dataclass(frozen=True)
class Group:
    """A numbered group."""

    node: object
    number: int

    def groups(self):
        return 1 + self.node.groups()

    def rust(self):
        return f"Node::Group(&{self.node.rust()}, {self.number})"


class _Parser:
    def __init__(self, pattern):
        self.pattern = pattern
        self.at = 0
        self.group = 0

    def peek(self):
        return self.pattern[self.at : self.at + 1]

    def take(self, text):
        if self.pattern.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def expect(self, text):
        if not self.take(text):
            raise ValueError(f"no {text!r} at {self.at} of pattern {self.pattern!r}")

    def alternatives(self):
        nodes = [self.sequence()]
        while self.take("|"):
            nodes.append(self.sequence())
        return nodes[0] if len(nodes) == 1 else Alternatives(tuple(nodes))

    def sequence(self):
        nodes = []
        while self.peek() not in ("", "|", ")"):
            nodes.append(self.repeated(self.atom()))
        return nodes[0] if len(nodes) == 1 else Sequence(tuple(nodes))

    def atom(self):
        if self.take("(?:"):
            node = self.alternatives()
            self.expect(")")
            return node
        if self.take("("):
            self.group += 1
            number = self.group
            node = self.alternatives()
            self.expect(")")
            return Group(node, number)
        if self.take("["):
            return Digit(self.class_mask())
        if self.take("\\d"):
            return Digit(0x3FF)
        if self.take("$"):
            return End()
        if self.peek() in DIGITS:
            self.at += 1
            return Digit(1 << int(self.pattern[self.at - 1]))
        raise ValueError(f"unknown form at {self.at} of pattern {self.pattern!r}")

    def class_mask(self):
        mask = 0
        while not self.take("]"):
            if self.take("\\d"):
                mask |= 0x3FF
                continue
            low = high = int(self.pattern[self.at])
            self.at += 1
            if self.take("-"):
                high = int(self.pattern[self.at])
                self.at += 1
            mask |= sum(1 << digit for digit in range(low, high + 1))
        return mask

    def number(self):
        start = self.at
        while self.peek() and self.peek() in DIGITS:
            self.at += 1
        return int(self.pattern[start : self.at])

    def repeated(self, node):
        if self.take("?"):
            return Repeat(node, 0, 1)
        if not self.take("{"):
            return node
        low = high = self.number()
        if self.take(","):
            high = self.number()
        self.expect("}")
        return Repeat(node, low, high)


def parse(pattern):
    """The node of a pattern. Raises ValueError for a form that these patterns do not have."""
    parser = _Parser(pattern)
    node = parser.alternatives()
    if parser.at != len(pattern):
        raise ValueError(f"unknown form at {parser.at} of pattern {pattern!r}")
    return node


class _Positions:
    """A pattern as a nondeterministic automaton: `edges[state]` are (mask, next), `free[state]` are next."""

    def __init__(self, node):
        self.edges = []
        self.free = []
        self.first = self.state()
        self.last = self.state()
        self.add(node, self.first, self.last)

    def state(self):
        self.edges.append([])
        self.free.append([])
        return len(self.edges) - 1

    def add(self, node, start, stop):
        if isinstance(node, Digit):
            self.edges[start].append((node.mask, stop))
        elif isinstance(node, Group):
            self.add(node.node, start, stop)
        elif isinstance(node, Alternatives):
            for one in node.nodes:
                self.add(one, start, stop)
        elif isinstance(node, Sequence):
            for one in node.nodes:
                following = self.state()
                self.add(one, start, following)
                start = following
            self.free[start].append(stop)
        else:
            for at in range(node.high):
                if at >= node.low:
                    self.free[start].append(stop)
                following = self.state()
                self.add(node.node, start, following)
                start = following
            self.free[start].append(stop)

    def closure(self, states):
        found, waiting = set(states), list(states)
        while waiting:
            for following in self.free[waiting.pop()]:
                if following not in found:
                    found.add(following)
                    waiting.append(following)
        return frozenset(found)

    def step(self, states, digit):
        return self.closure({stop for at in states for mask, stop in self.edges[at] if mask >> digit & 1})

    def start(self):
        return self.closure({self.first})


@dataclass
class Automata:
    """States shared by any number of automata. State 0 matches nothing."""

    states: list = field(default_factory=lambda: [(False, (0,) * 10)])
    _known: dict = field(default_factory=lambda: {(False, (0,) * 10): 0})
    _results: dict = field(default_factory=dict)

    def state(self, accepts, following):
        key = (accepts, tuple(following))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = len(self.states)
            self.states.append(key)
        return found

    def whole(self, node):
        """The automaton of the texts that match a pattern as a whole."""
        key = ("whole", node)
        if key not in self._results:
            self._results[key] = self._whole(_Positions(node))
        return self._results[key]

    def _whole(self, positions):
        known = {}

        def state(states):
            if not states:
                return EMPTY
            if states not in known:
                following = [state(positions.step(states, digit)) for digit in range(10)]
                known[states] = self.state(positions.last in states, following)
            return known[states]

        return state(positions.start())

    def _combine(self, name, first, second, accepts):
        key = (name, first, second)
        if key not in self._results:
            (one, after_one), (two, after_two) = self.states[first], self.states[second]
            following = [getattr(self, name)(*pair) for pair in zip(after_one, after_two, strict=True)]
            self._results[key] = self.state(accepts(one, two), following)
        return self._results[key]

    def union(self, first, second):
        """The texts that either matches."""
        if first == second or second == EMPTY:
            return first
        return second if first == EMPTY else self._combine("union", first, second, lambda one, two: one or two)

    def both(self, first, second):
        """The texts that both match."""
        if first == second:
            return first
        if EMPTY in (first, second):
            return EMPTY
        return self._combine("both", first, second, lambda one, two: one and two)

    def of_lengths(self, state, lengths):
        """The texts of a state that have one of these lengths."""
        key = ("lengths", state, tuple(lengths))
        if key not in self._results:
            self._results[key] = self._of_lengths(state, frozenset(lengths))
        return self._results[key]

    def _of_lengths(self, state, lengths):
        if state == EMPTY or not lengths:
            return EMPTY
        accepts, after = self.states[state]
        rest = frozenset(length - 1 for length in lengths if length)
        following = [self.of_lengths(one, sorted(rest)) for one in after]
        return self.state(accepts and 0 in lengths, following)

    def choose(self, node, matching, other):
        """The texts of `matching` that begin with a match of the pattern, and those of `other` that do not."""
        positions = _Positions(node)
        known = {}

        def state(states, yes, no):
            if positions.last in states:
                return yes
            if not states or (yes, no) == (EMPTY, EMPTY):
                return no
            key = (states, yes, no)
            if key not in known:
                after_yes, after_no = self.states[yes][1], self.states[no][1]
                following = [
                    state(positions.step(states, digit), after_yes[digit], after_no[digit]) for digit in range(10)
                ]
                known[key] = self.state(self.states[no][0], following)
            return known[key]

        return state(positions.start(), matching, other)
