//! Timestamps and identifiers in the forms the real servers use.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

/// The time now, in milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the bridge's clock doesn't rule the servers it talks to")]
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Hands out millisecond timestamps that never repeat: Signal uses them as message ids.
#[derive(Default)]
pub(crate) struct Clock(i64);

impl Clock {
    /// From this time on, unless it is later already.
    pub(crate) fn set(&mut self, ms: i64) {
        self.0 = self.0.max(ms - 1);
    }

    /// The time now, or the next millisecond that nobody had yet.
    pub(crate) fn next(&mut self) -> i64 {
        self.0 = now_ms().max(self.0 + 1);
        self.0
    }
}

/// Random upper case hexadecimal digits, at most 32.
pub(crate) fn hex(digits: usize) -> String {
    let random = Uuid::new_v4().simple().to_string().to_uppercase();
    // Read from the end: the digits at the front of a UUID hold its version.
    random.chars().rev().take(digits).collect()
}

/// A lower case ULID.
pub(crate) fn ulid() -> String {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let number = Uuid::now_v7().as_u128();
    (0..26)
        .rev()
        .filter_map(|place| DIGITS.get(usize::try_from(number >> (place * 5) & 31).ok()?))
        .map(|digit| char::from(*digit))
        .collect()
}

/// A Signal group id: 32 random bytes in base64.
pub(crate) fn group_id() -> String {
    let (first, second) = (Uuid::new_v4(), Uuid::new_v4());
    STANDARD.encode([*first.as_bytes(), *second.as_bytes()].concat())
}

/// A time in the ISO form of JSON, to the millisecond.
pub(crate) fn iso_ms(ms: i64) -> String {
    let seconds = iso(ms.div_euclid(1000));
    let whole = seconds.trim_end_matches('Z');
    format!("{whole}.{:03}Z", ms.rem_euclid(1000))
}

/// A time in the ISO form of JSON, to the second.
pub(crate) fn iso(seconds: i64) -> String {
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let rest = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month and day of a number of days since 1970, with years that begin in March.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let january_or_february = month >= 10;
    let month = if january_or_february { month - 9 } else { month + 3 };
    (era * 400 + year + i64::from(january_or_february), month, date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_times_as_json_does() {
        assert_eq!(iso(1_795_302_001), "2026-11-21T23:00:01Z");
        assert_eq!(iso_ms(951_782_400_007), "2000-02-29T00:00:00.007Z");
    }

    #[test]
    fn never_repeats_a_timestamp() {
        let mut clock = Clock::default();
        let first = clock.next();
        assert!(clock.next() > first);
    }

    #[test]
    fn makes_ids_of_the_right_length() {
        assert_eq!(ulid().len(), 26);
        assert_eq!(hex(18).len(), 18);
        assert_eq!(group_id().len(), 44);
    }
}
