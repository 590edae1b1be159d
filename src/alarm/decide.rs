//! When something is said outside; pure.

use std::time::Duration;

use crate::clock::Moment;
use crate::store::Raised;

/// A side that comes and goes raises no alarm more often than this.
pub(super) const PACE: Duration = Duration::from_hours(1);

/// What is to be said now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Say {
    /// That it is broken.
    Begins,
    /// That it works again.
    Ends,
    /// Nothing.
    Nothing,
}

/// Decides about something that has been broken since `since`, if it is, and of which `last` was said.
pub(super) fn decide(since: Option<Moment>, last: Option<Raised>, after: Duration, now: Moment) -> Say {
    let is_open = last.is_some_and(|raised| raised.open);
    match since {
        None if is_open => Say::Ends,
        Some(since) if !is_open && now.since(since) >= after && paced(last, now) => Say::Begins,
        _ => Say::Nothing,
    }
}

fn paced(last: Option<Raised>, now: Moment) -> bool {
    last.is_none_or(|raised| now.since(raised.at) >= PACE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AFTER: Duration = Duration::from_mins(10);
    const DAY: Moment = Moment(86_400_000);

    fn ago(span: Duration) -> Moment {
        DAY.minus(span)
    }

    fn raised(span: Duration, open: bool) -> Raised {
        Raised { at: ago(span), open }
    }

    #[test]
    fn each_outage_is_said_once_and_its_end_once() {
        let (minute, hours) = (Duration::from_mins(1), Duration::from_hours(2));
        for (since, last, say) in [
            (None, None, Say::Nothing),
            (Some(ago(minute * 9)), None, Say::Nothing),
            (Some(ago(AFTER)), None, Say::Begins),
            (Some(ago(hours)), Some(raised(minute, true)), Say::Nothing),
            (None, Some(raised(hours, true)), Say::Ends),
            (None, Some(raised(hours, false)), Say::Nothing),
            (Some(ago(AFTER)), Some(raised(hours, false)), Say::Begins),
            (Some(ago(AFTER)), Some(raised(minute * 59, false)), Say::Nothing),
        ] {
            assert_eq!(decide(since, last, AFTER, DAY), say, "{since:?} {last:?}");
        }
    }
}
