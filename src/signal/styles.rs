//! Signal's styles, which count in UTF-16 units, and ours, which count in bytes. Pure.

use serde::Deserialize;

use super::envelope::DataMessage;
use super::mentions;
use super::outbound::{Mention, Style, StyleKind};
use crate::config::Aci;
use crate::event::{Look, Rich, Span};
use crate::redact::Private;

/// Where `receive` has them.
const FIELD: &str = "textStyles";

/// A style as signal-cli describes it.
#[derive(Deserialize)]
struct TextStyle {
    style: String,
    start: usize,
    length: usize,
}

/// The text of a message with the names of those it mentions, and how parts of it look. A style that is not understood is
/// left out, and nothing else for it.
pub(super) fn read(text: &Private, data: &DataMessage) -> Rich {
    let expanded = mentions::expand(text, data.mentions.as_deref().unwrap_or_default());
    let styles = data.rest.get(FIELD).and_then(|styles| styles.as_array()).into_iter().flatten();
    let styles = styles.filter_map(|style| TextStyle::deserialize(style).ok());
    let spans: Vec<_> = styles.filter_map(|style| span(&style, &expanded.places)).collect();
    Rich::new(expanded.text, spans)
}

fn span(style: &TextStyle, places: &[usize]) -> Option<Span> {
    let last = places.len().checked_sub(1)?;
    let end = style.start.saturating_add(style.length).min(last);
    Some(Span { start: *places.get(style.start)?, end: *places.get(end)?, look: look(&style.style)? })
}

fn look(name: &str) -> Option<Look> {
    const LOOKS: [Look; 5] = [Look::Bold, Look::Italic, Look::Strikethrough, Look::Monospace, Look::Spoiler];
    LOOKS.into_iter().find(|look| kind(*look).is_some_and(|kind| kind.name() == name))
}

fn kind(look: Look) -> Option<StyleKind> {
    match look {
        Look::Bold => Some(StyleKind::Bold),
        Look::Italic => Some(StyleKind::Italic),
        Look::Strikethrough => Some(StyleKind::Strikethrough),
        Look::Monospace => Some(StyleKind::Monospace),
        Look::Spoiler => Some(StyleKind::Spoiler),
        Look::Owner => None,
    }
}

/// The styles of a text, as Signal takes them.
#[must_use]
pub fn styles(rich: &Rich) -> Vec<Style> {
    let styled = |(look, start, length)| kind(look).map(|kind| Style { start, length, kind });
    in_units(rich).into_iter().filter_map(styled).collect()
}

/// Where a text names the owner, as Signal takes it.
#[must_use]
pub fn mentions_of(owner: &Aci, rich: &Rich) -> Vec<Mention> {
    let named = in_units(rich).into_iter().filter(|(look, ..)| *look == Look::Owner);
    named.map(|(_, start, length)| Mention { start, length, who: owner.clone() }).collect()
}

/// The spans with where they begin and how long they are.
fn in_units(rich: &Rich) -> Vec<(Look, usize, usize)> {
    if rich.spans().is_empty() {
        return Vec::new();
    }
    let (mut units, mut count) = (vec![0; rich.reveal().len() + 1], 0);
    for (at, c) in rich.reveal().char_indices() {
        if let Some(unit) = units.get_mut(at) {
            *unit = count;
        }
        count += c.len_utf16();
    }
    if let Some(end) = units.last_mut() {
        *end = count;
    }
    let unit = |at: usize| units.get(at).copied().unwrap_or_default();
    let place = |span: &Span| (span.look, unit(span.start), unit(span.end).saturating_sub(unit(span.start)));
    rich.spans().iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};
    use serde_json::json;

    use super::*;

    fn data(text: &str, styles: &serde_json::Value, mentions: &serde_json::Value) -> Rich {
        let json = json!({"message": text, "textStyles": styles, "mentions": mentions});
        let data: DataMessage = serde_json::from_value(json).unwrap();
        read(&text.into(), &data)
    }

    fn parts(rich: &Rich) -> Vec<(&str, Look)> {
        rich.spans().iter().map(|span| (rich.reveal().get(span.start..span.end).unwrap(), span.look)).collect()
    }

    #[test]
    fn units_of_signal_are_read() {
        let styles = json!([{"style": "BOLD", "start": 0, "length": 2}, {"style": "SPOILER", "start": 3, "length": 2}]);
        assert_eq!(parts(&data("😀 éa b", &styles, &json!(null))), [("😀", Look::Bold), ("éa", Look::Spoiler)]);
    }

    #[test]
    fn a_name_in_front_or_inside_moves_what_follows() {
        let mentions = json!([{"name": "Ann Lee", "start": 0, "length": 1}]);
        let styles = json!([{"style": "BOLD", "start": 2, "length": 4}, {"style": "ITALIC", "start": 0, "length": 1}]);
        let rich = data("\u{FFFC} bold", &styles, &mentions);
        assert_eq!(parts(&rich), [("@Ann Lee", Look::Italic), ("bold", Look::Bold)]);
        let around = json!([{"style": "BOLD", "start": 0, "length": 9}]);
        assert_eq!(parts(&data("\u{FFFC} bold", &around, &mentions)), [("@Ann Lee bold", Look::Bold)]);
    }

    #[test]
    fn what_is_odd_is_left_out_and_the_text_stays() {
        let odd = json!([{"style": "NEON", "start": 0, "length": 1}, 7, {"style": "BOLD"}, {"style": "BOLD", "start": -1,
            "length": 1}, {"style": "BOLD", "start": 9, "length": 1}, {"style": "BOLD", "start": 1, "length": 0}]);
        assert_eq!(data("abc", &odd, &json!(null)), "abc".into());
        assert_eq!(data("abc", &json!("bold"), &json!(null)), "abc".into());
        let half = json!([{"style": "BOLD", "start": 1, "length": 99}]);
        assert_eq!(parts(&data("😀b", &half, &json!(null))), [("😀b", Look::Bold)]);
    }

    #[test]
    fn whatever_the_text_and_the_units_they_come_back() {
        let text = vec(any::<char>(), 0..30).prop_map(String::from_iter);
        let styles = vec((0_usize..40, 0_usize..40, 0_usize..5), 0..8);
        let config = Config { cases: 10_000, failure_persistence: None, ..Config::default() };
        let names = ["BOLD", "ITALIC", "STRIKETHROUGH", "MONOSPACE", "SPOILER"];
        let property = |(text, raw): (String, Vec<(usize, usize, usize)>)| {
            let text = text.replace('\u{FFFC}', "");
            let json = |raw: &[(usize, usize, usize)]| {
                json!(
                    raw.iter()
                        .map(|(s, l, k)| json!({"style": names[*k], "start": s, "length": l}))
                        .collect::<Vec<_>>()
                )
            };
            let rich = data(&text, &json(&raw), &json!(null));
            prop_assert_eq!(rich.reveal(), &text);
            let out = styles_of(&rich);
            let end = text.encode_utf16().count();
            prop_assert!(out.iter().all(|(start, length, _)| *length > 0 && start + length <= end));
            prop_assert_eq!(data(&text, &json(&out), &json!(null)), rich);
            Ok(())
        };
        TestRunner::new(config).run(&(text, styles), property).unwrap();
    }

    /// With the place of each style's name above.
    fn styles_of(rich: &Rich) -> Vec<(usize, usize, usize)> {
        let kinds = [StyleKind::Bold, StyleKind::Italic, StyleKind::Strikethrough, StyleKind::Monospace];
        let place = |kind: StyleKind| kinds.iter().position(|other| *other == kind).unwrap_or(kinds.len());
        styles(rich).iter().map(|style| (style.start, style.length, place(style.kind))).collect()
    }
}
