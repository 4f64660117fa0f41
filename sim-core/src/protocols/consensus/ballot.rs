//! Ballots: attempts that are ordered, and that no two servers share.

use super::log::Term;

/// A ballot: rounds first, the server breaks ties, so that no two proposers have the same (Paxos Made Simple, §2.5). The
/// default is below every real one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Ballot {
    /// Counted up by whoever tries again.
    pub round: u32,
    /// Who proposes.
    pub server: u8,
}

/// How many servers a number of a term has room for.
const SERVERS: u32 = 16;

impl Ballot {
    /// As the number that an entry of a log keeps; they are ordered as the ballots are.
    pub const fn term(self) -> Term {
        Term(self.round * SERVERS + self.server as u32)
    }

    /// The inverse of [`Ballot::term`].
    pub const fn of(term: Term) -> Self {
        Self {
            round: term.0 / SERVERS,
            server: (term.0 % SERVERS) as u8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_ordered_as_ballots_are() {
        let mut last = Ballot::default();
        for round in 1..50 {
            for server in 0..9 {
                let ballot = Ballot { round, server };
                assert!(ballot > last && ballot.term() > last.term());
                assert_eq!(Ballot::of(ballot.term()), ballot);
                last = ballot;
            }
        }
    }
}
