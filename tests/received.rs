//! Every notification captured from signal-cli 0.13.19 in a test network, read as the owner's and as a stranger's.

#![expect(clippy::unwrap_used, reason = "a test that stops is a test that failed")]

use std::fmt::Write as _;

use rialto::clock::Moment;
use rialto::event::Aci;
use rialto::signal::{self, Heard};
use serde_json::Value;

const LINES: &str = include_str!("fixtures/signal/receive.jsonl");

fn envelope(line: &str) -> Value {
    let json: Value = serde_json::from_str(line).unwrap();
    let envelope = |at: &str| json.pointer(at).cloned();
    envelope("/params/envelope").or_else(|| envelope("/params/result/envelope")).unwrap()
}

/// When signal-cli had the message, or a little later.
fn came(envelope: &Value) -> Moment {
    let at = |key: &str| envelope.get(key).and_then(Value::as_i64);
    Moment(at("serverDeliveredTimestamp").or_else(|| at("timestamp")).unwrap())
}

/// What was in it that the bridge has nothing to do with; only these are left aside.
fn because(envelope: &Value) -> &'static str {
    let reasons = [
        ("storyMessage", "a story of the owner"),
        ("syncMessage", "what another device of the bridge account did"),
        ("typingMessage", "typing in the control chat"),
        ("dataMessage", "nothing is in it"),
    ];
    let reason = reasons.into_iter().find(|(key, _)| envelope.get(key).is_some());
    reason.map(|(_, reason)| reason).expect("a reason to leave it aside")
}

/// What comes of it, with texts and times of no meaning made the same.
fn outcome(line: &str) -> String {
    let envelope = envelope(line);
    let owner = Aci::new(envelope.get("sourceUuid").and_then(Value::as_str).unwrap());
    match signal::read(line, &owner, came(&envelope)) {
        Heard::Arrival(arrival) => same(serde_json::to_value(&arrival.event).unwrap()).to_string(),
        Heard::Typing(typing) => format!(
            "passes: the owner {} in a group",
            if typing.is_typing { "types" } else { "does not type any more" }
        ),
        Heard::Refused(refusal) => format!("refused: {refusal:?}"),
        Heard::Nothing => format!("ignored, because {}", because(&envelope)),
    }
}

/// Without what differs from one text like another: when, and which of several.
fn same(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, same(value))).collect(),
        Value::Array(items) => items.into_iter().map(same).collect(),
        Value::Number(at) if at.as_i64().is_some_and(|at| at > 1_600_000_000_000) => 0.into(),
        Value::String(text) if is_numbered(&text) => "text".into(),
        other => other,
    }
}

/// Like `N17`: one of many that were sent to count them.
fn is_numbered(text: &str) -> bool {
    let number = text.strip_prefix(|c: char| c.is_ascii_uppercase()).unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// One row for each run of the same.
fn table() -> String {
    let (mut table, mut run): (String, Option<(String, usize)>) = (String::new(), None);
    let write = |table: &mut String, run: Option<(String, usize)>| {
        if let Some((outcome, count)) = run {
            writeln!(table, "{count} × {outcome}").unwrap();
        }
    };
    for line in LINES.lines() {
        let next = outcome(line);
        match &mut run {
            Some((outcome, count)) if *outcome == next => *count += 1,
            _ => write(&mut table, run.replace((next, 1))),
        }
    }
    write(&mut table, run);
    table
}

#[test]
fn what_the_owner_does_is_read() {
    insta::assert_snapshot!("received", table());
}

#[test]
fn nobody_else_does_anything() {
    let other = Aci::new("00000000-0000-4000-8000-000000000000");
    for line in LINES.lines() {
        let heard = signal::read(line, &other, came(&envelope(line)));
        let does = match &heard {
            // Its members are looked at.
            Heard::Arrival(arrival) => !matches!(arrival.event, rialto::event::Event::GroupChanged { .. }),
            Heard::Typing(_) => true,
            Heard::Refused(_) | Heard::Nothing => false,
        };
        assert!(!does, "{heard:?}");
    }
}
