//! A finite automaton over digits.

const ACCEPTS: u16 = 0x8000;

/// For each state the next state for each digit; 0 is the state that accepts nothing. The top bit of the next state is
/// set if the digits so far are accepted.
pub(super) type Transitions = [[u16; 10]];

/// A state of the automaton.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State(pub(super) u16);

impl State {
    /// Whether the automaton, started here, accepts all of these ASCII digits.
    pub(super) fn accepts(self, next: &Transitions, digits: &[u8]) -> bool {
        let mut state = self.0;
        for digit in digits {
            state = next[usize::from(state & !ACCEPTS)][usize::from(digit - b'0')];
            if state == 0 {
                return false;
            }
        }
        state & ACCEPTS != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_or_two_sevens_are_accepted() {
        let mut next = [[0; 10]; 4];
        next[1][7] = 2 | ACCEPTS;
        next[2][7] = 3 | ACCEPTS;
        let start = State(1);
        assert!(start.accepts(&next, b"7") && start.accepts(&next, b"77"));
        for refused in ["", "8", "78", "777", "7777"] {
            assert!(!start.accepts(&next, refused.as_bytes()), "{refused}");
        }
    }
}
