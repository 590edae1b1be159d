//! How much of something there may be at once.

use std::time::Duration;

use super::check::{Checked, Checker};
use super::{Floods, Portals, raw};

impl Checker<'_> {
    pub(super) fn portals(&self, raw: &raw::Portals) -> Checked<Portals> {
        if !(1..=1000).contains(&raw.burst) {
            return Err(self.error("portals.burst", "must be from 1 to 1000"));
        }
        let every = self.span("portals.every", &raw.every, Duration::from_millis(1), Duration::from_hours(24))?;
        if !(1..=10_000).contains(&raw.per_day) {
            return Err(self.error("portals.per_day", "must be from 1 to 10000"));
        }
        Ok(Portals { burst: raw.burst, every, per_day: raw.per_day })
    }

    /// Fewer would fold an ordinary conversation.
    pub(super) fn floods(&self, raw: &raw::Floods) -> Checked<Floods> {
        match raw.per_minute {
            1..10 => Err(self.error("floods.per_minute", "must be 10 or more, or 0 for no limit")),
            per_minute => Ok(Floods { per_minute }),
        }
    }
}
