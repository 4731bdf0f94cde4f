//! Matches the digits that are dialled before a number. Their patterns have groups, which a transform rule puts in
//! another order.
//!
//! The patterns are generated from libphonenumber's, and match as Python's `re` does: the first alternative that leads
//! to a match, and as many repeats as possible. No pattern has an unbounded repeat, so the time is bounded.

/// A pattern over digits.
#[derive(Debug)]
pub(super) enum Node {
    /// One digit of the set whose bits are given.
    Digit(u16),
    /// The end of the text.
    End,
    /// Nodes one after another.
    Sequence(&'static [Node]),
    /// One of several nodes.
    Alternatives(&'static [Node]),
    /// A node, from so many times to so many times.
    Repeat(&'static Node, u8, u8),
    /// A numbered group, counted from 1.
    Group(&'static Node, u8),
}

/// A part of a transform rule.
#[derive(Debug)]
pub(super) enum Part {
    /// A digit.
    Digit(u8),
    /// The digits of a group, or nothing if the group took no part in the match.
    Group(u8),
}

const MAX_GROUPS: usize = 2;

/// Where a pattern matched: from the start of the text to `end`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Match {
    /// The end of the match.
    pub(super) end: usize,
    groups: [Option<(usize, usize)>; MAX_GROUPS],
}

impl Match {
    /// The digits of a group, counted from 1.
    pub(super) fn group<'a>(&self, text: &'a [u8], number: u8) -> Option<&'a [u8]> {
        self.groups[usize::from(number) - 1].map(|(start, stop)| &text[start..stop])
    }
}

/// What has to match after a node. Returns the whole match.
type Rest<'r> = &'r dyn Fn(Match) -> Option<Match>;

impl Node {
    /// The match of the pattern at the start of ASCII digits.
    pub(super) fn find(&self, text: &[u8]) -> Option<Match> {
        if let Self::Digit(mask) = self {
            return digit_at(text, 0, *mask).then_some(Match { end: 1, ..Match::default() });
        }
        self.matches(text, Match::default(), &Some)
    }

    fn matches(&self, text: &[u8], so_far: Match, rest: Rest<'_>) -> Option<Match> {
        match self {
            Self::Digit(mask) => {
                if digit_at(text, so_far.end, *mask) {
                    rest(Match { end: so_far.end + 1, ..so_far })
                } else {
                    None
                }
            }
            Self::End => (so_far.end == text.len()).then(|| rest(so_far))?,
            Self::Sequence(nodes) => sequence(nodes, text, so_far, rest),
            Self::Alternatives(nodes) => nodes.iter().find_map(|node| node.matches(text, so_far, rest)),
            Self::Repeat(node, low, high) => repeat(node, *low, *high, text, so_far, rest),
            Self::Group(node, number) => node.matches(text, so_far, &|mut after| {
                after.groups[usize::from(*number) - 1] = Some((so_far.end, after.end));
                rest(after)
            }),
        }
    }
}

fn sequence(nodes: &[Node], text: &[u8], so_far: Match, rest: Rest<'_>) -> Option<Match> {
    match nodes {
        [] => rest(so_far),
        [first, others @ ..] => first.matches(text, so_far, &|after| sequence(others, text, after, rest)),
    }
}

fn repeat(node: &Node, low: u8, high: u8, text: &[u8], so_far: Match, rest: Rest<'_>) -> Option<Match> {
    let more = if high == 0 {
        None
    } else {
        node.matches(text, so_far, &|after| repeat(node, low.saturating_sub(1), high - 1, text, after, rest))
    };
    more.or_else(|| if low == 0 { rest(so_far) } else { None })
}

fn digit_at(text: &[u8], at: usize, mask: u16) -> bool {
    text.get(at).is_some_and(|digit| mask >> (digit - b'0') & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZERO_OR_CARRIER: Node = Node::Alternatives(&[
        Node::Group(&Node::Sequence(&[Node::Digit(0x002), Node::Repeat(&Node::Digit(0x3ff), 1, 3)]), 1),
        Node::Sequence(&[Node::Digit(0x001), Node::End]),
    ]);

    #[test]
    fn the_first_alternative_and_the_most_repeats_are_taken() {
        let found = ZERO_OR_CARRIER.find(b"12345").expect("a match");
        assert_eq!((found.end, found.group(b"12345", 1)), (4, Some(b"1234".as_slice())));
    }

    #[test]
    fn a_group_that_took_no_part_is_none() {
        let found = ZERO_OR_CARRIER.find(b"0").expect("a match");
        assert_eq!((found.end, found.group(b"0", 1)), (1, None));
    }

    #[test]
    fn an_end_matches_only_at_the_end() {
        assert!(ZERO_OR_CARRIER.find(b"00").is_none());
        assert!(ZERO_OR_CARRIER.find(b"").is_none());
    }
}
