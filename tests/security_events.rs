//! `docs/security-events.md` is the program's own list of security events;
//! `RIALTO_UPDATE=1 cargo test --test security_events` writes it anew.

#![expect(clippy::unwrap_used, reason = "a test that stops is a test that failed")]

mod pages;

use std::fmt::Write as _;

use rialto::bridge::Counters;
use rialto::event::KINDS;

const PAGE: &str = "docs/security-events.md";

const HEAD: &str = "# Security events

What Rialto refuses, and what brings something to a stop, has a name, a counter and a line in the log. Counters begin at 0
with the program: `counters` of each channel in `/health/detail`, and `rialto_events_refused_total{kind=…}` in `/metrics`. A
line comes at the first of a kind, the second, the fourth, the eighth and so on, with `event`, `severity` and `count`: so
nobody fills a disk by knocking. None says who it was.

**low** belongs to ordinary life. **medium** is worth a look when it goes on: let an alarm rise when the counter does for an
hour. **high** means that somebody has to act; the chat with the bridge says it too.

This page is made from `src/event/refusal.rs` by `tests/security_events.rs`; do not edit it.

| event | severity | what happened | what to do |
|---|---|---|---|
";

const FOOT: &str = "
Without a counter, because the program ends or does not begin with them: a configuration that is refused, a secret that does
not open the database, a key ring or a file that was changed. Each is one sentence on standard error, exit status 1. Requests
to the door for what does not exist are answered with 404 and not counted. A greeting in TLS that fails is counted in
`certificate` of `/health/detail`: WAHA may not know the authority.
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for kind in &KINDS {
        let (name, severity) = (kind.name, kind.severity.name());
        writeln!(page, "| `{name}` | {severity} | {} | {} |", kind.meaning, kind.remedy).unwrap();
    }
    page + FOOT
}

#[test]
fn the_page_is_the_list() {
    pages::is_current(PAGE, &page(), "security_events");
}

#[test]
fn each_is_counted_under_its_name_and_logged_at_the_powers_of_two_alone() {
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let lines = Lines::default();
    let writer = lines.clone();
    let log = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(log, || {
        for kind in &KINDS {
            let counters = Counters::new("home");
            (0..100_000).for_each(|_| counters.refused(kind.refusal));
            let counted: Vec<_> = counters.all().filter(|(_, count)| *count > 0).collect();
            assert_eq!(counted, [(kind.name, 100_000)]);
        }
    });
    let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert_eq!(lines.lines().count(), 17 * KINDS.len(), "{lines}");
    for kind in &KINDS {
        let name = format!("event=\"{}\"", kind.name);
        let last = lines.lines().rfind(|line| line.contains(&name)).unwrap();
        let said = [format!("severity=\"{}\"", kind.severity.name()), "count=65536".into(), "channel=home".into()];
        assert!(said.iter().all(|words| last.contains(words.as_str())), "{last}");
    }
}
