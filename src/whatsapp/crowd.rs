//! How much may come, and from where. A level rises with all that comes and falls with time; what would rise over the
//! brim is too much.
//!
//! Who brings an unproven request leaves a deposit at the level of its address, and has it back when the signature is
//! right. So WAHA never meets this measure, and whoever only knocks soon does. Even then a signed request is heard, in
//! less room: somebody at WAHA's own address cannot shut it out.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, Moment};

/// So many addresses are known at a time; none is known that owes nothing.
const KNOWN: usize = 1024;

/// Unproven requests of one address: 128 at once, and two a minute from then on.
const UNPROVEN: Rate = Rate { most: 128, every: Duration::from_secs(30) };

/// Signed requests of one channel. A phone that comes back after weeks brings thousands at once; more than this is a
/// WAHA that runs wild. What is refused is repeated by WAHA.
const SIGNED: Rate = Rate { most: 20_000, every: Duration::from_millis(5) };

/// Where a request came from: put there by whoever accepts connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source(IpAddr);

impl Source {
    /// An address of version 4, or the network of one of version 6, all of which belongs to one customer.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(six) => Ipv6Addr::from_bits(six.to_bits() & !u128::from(u64::MAX)).into(),
            four @ IpAddr::V4(_) => four,
        })
    }
}

impl Default for Source {
    /// For a router without a listener.
    fn default() -> Self {
        Self(Ipv4Addr::UNSPECIFIED.into())
    }
}

/// So many at once, and one more for each span after that.
#[derive(Clone, Copy)]
struct Rate {
    most: u32,
    every: Duration,
}

impl Rate {
    /// Raises a level, which is told by when it will be empty; false if it would go over the brim.
    fn pour(self, level: &mut Moment, cost: u32, now: Moment) -> bool {
        let brim = now.plus(self.every * self.most);
        // A level over the brim is from before the clock was set back: it says nothing, and holds up nobody.
        *level = if *level > brim { now } else { (*level).max(now) };
        let risen = level.plus(self.every * cost);
        if risen <= brim {
            *level = risen;
        }
        risen <= brim
    }
}

/// The addresses that have brought something unproven.
pub(super) struct Crowd {
    clock: Clock,
    levels: Mutex<HashMap<Source, Moment>>,
}

impl Crowd {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, levels: Mutex::default() }
    }

    /// Takes a deposit; false if this address has too much out already.
    pub(super) fn take(&self, source: Source, cost: u32) -> bool {
        let now = self.clock.now();
        let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        if levels.len() >= KNOWN && !levels.contains_key(&source) {
            levels.retain(|_, level| *level > now);
            if levels.len() >= KNOWN {
                return false;
            }
        }
        UNPROVEN.pour(levels.entry(source).or_insert(now), cost, now)
    }

    /// Gives a deposit back.
    pub(super) fn give_back(&self, source: Source, cost: u32) {
        let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let lower = levels.get(&source).map(|level| level.minus(UNPROVEN.every * cost));
        match lower {
            Some(level) if level > now => levels.insert(source, level),
            _ => levels.remove(&source),
        };
    }
}

/// The signed requests of a channel.
pub(super) struct Flow(Mutex<Moment>);

impl Flow {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Moment(0)))
    }

    /// Whether one more has room.
    pub(super) fn takes(&self, now: Moment) -> bool {
        let mut level = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        SIGNED.pour(&mut level, 1, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(last: u32) -> Source {
        Source::of(Ipv4Addr::from_bits(last).into())
    }

    fn crowd() -> (Crowd, Clock) {
        let clock = Clock::manual(Moment(1_000_000));
        (Crowd::new(clock.clone()), clock)
    }

    #[test]
    fn who_only_knocks_has_had_enough_soon_and_others_have_not() {
        let (crowd, clock) = crowd();
        let knocks = |n| (0..n).filter(|_| crowd.take(source(1), 1)).count();
        assert_eq!(knocks(1000), 128);
        assert!(crowd.take(source(2), 64));
        clock.advance(Duration::from_mins(5));
        assert_eq!(knocks(1000), 10);
        clock.set(Moment(0));
        assert_eq!((knocks(1000), knocks(1000)), (128, 0), "a clock that was set back is not waited for");
    }

    #[test]
    fn who_proves_itself_never_meets_the_measure() {
        let (crowd, _) = crowd();
        for _ in 0..100_000 {
            assert!(crowd.take(source(1), 64));
            crowd.give_back(source(1), 64);
        }
        assert!(crowd.levels.lock().unwrap().is_empty());
    }

    #[test]
    fn so_many_are_known_and_no_more() {
        let (crowd, clock) = crowd();
        let all = u32::try_from(KNOWN).unwrap();
        assert!((0..all).all(|n| crowd.take(source(n), 1)));
        assert!(!crowd.take(source(all), 1) && crowd.take(source(0), 1));
        clock.advance(Duration::from_secs(31));
        assert!(crowd.take(source(all), 1));
        assert_eq!(crowd.levels.lock().unwrap().len(), 2);
    }

    #[test]
    fn a_channel_takes_a_great_burst_and_goes_on() {
        let (flow, now) = (Flow::new(), Moment(1_000_000));
        let taken = |now| (0..30_000).filter(|_| flow.takes(now)).count();
        assert_eq!((taken(now), taken(now.plus(Duration::from_secs(1)))), (20_000, 200));
    }

    #[test]
    fn a_network_of_version_six_is_one_source() {
        let of = |text: &str| Source::of(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
