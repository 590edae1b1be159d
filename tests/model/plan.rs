//! What kind of run a seed makes.

use crate::random::Random;

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) chats: usize,
    pub(crate) steps: usize,
    pub(crate) mode: &'static str,
    /// Whether WAHA takes the ids we choose.
    pub(crate) chosen_ids: bool,
    /// How many of a hundred calls go wrong.
    pub(crate) storm: usize,
    /// How many of a hundred chances to die are taken.
    pub(crate) crash: usize,
    /// Whether strangers come into groups, and the owner leaves some.
    pub(crate) strangers: bool,
}

impl Plan {
    pub(crate) fn thrown(random: &mut Random) -> Self {
        Self {
            chats: 1 + random.below(4),
            steps: 60 + random.below(160),
            mode: if random.percent(60) { "portal" } else { "hybrid" },
            chosen_ids: random.percent(60),
            storm: [0, 5, 15, 40][random.below(4)],
            crash: [0, 30, 100][random.below(3)],
            strangers: random.percent(25),
        }
    }
}
