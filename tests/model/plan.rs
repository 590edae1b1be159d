//! What kind of run a seed makes.

use crate::random::Random;

/// About three steps a second, for an hour.
const BEAT: usize = 300;

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) chats: usize,
    pub(crate) steps: usize,
    pub(crate) mode: &'static str,
    /// Whether WAHA takes the ids we choose.
    pub(crate) chosen_ids: bool,
    /// How many of a hundred calls go wrong.
    pub(crate) storm: usize,
    /// How many of a hundred calls are worked on long before they are answered.
    pub(crate) slow: usize,
    /// How many of a hundred chances to die are taken.
    pub(crate) crash: usize,
    /// Whether strangers come into groups, and the owner leaves some.
    pub(crate) strangers: bool,
    /// Whether people come under two addresses, and a message does not always say both.
    pub(crate) flips: bool,
    /// How many calls, requests and webhooks are dealt with in one step.
    pub(crate) hands: usize,
    /// How many milliseconds pass with each step by themselves.
    pub(crate) beat: u64,
}

impl Plan {
    pub(crate) fn thrown(random: &mut Random) -> Self {
        Self {
            chats: 1 + random.below(4),
            steps: 60 + random.below(160),
            mode: if random.percent(60) { "portal" } else { "hybrid" },
            chosen_ids: random.percent(60),
            storm: [0, 5, 15, 40][random.below(4)],
            slow: [0, 30][random.below(2)],
            crash: [0, 30, 100][random.below(3)],
            strangers: random.percent(25),
            flips: random.percent(30),
            hands: 1,
            beat: 0,
        }
    }

    /// An hour in fifty chats, in which everything goes wrong that can.
    pub(crate) fn hour() -> Self {
        Self {
            chats: 50,
            steps: 3_600_000 / BEAT,
            mode: "portal",
            chosen_ids: true,
            storm: 10,
            slow: 20,
            crash: 50,
            strangers: true,
            flips: false,
            hands: 8,
            beat: BEAT as u64,
        }
    }
}
