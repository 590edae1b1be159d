//! A text and how parts of it look, in words that belong to neither side.

use std::cmp::Reverse;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::redact::Private;

/// How a part of a text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is the thing it names")]
pub enum Look {
    Bold,
    Italic,
    Strikethrough,
    Monospace,
    Spoiler,
    /// It names the owner.
    Owner,
}

/// A part of a text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// Where it begins.
    pub start: usize,
    /// Where it ends: the first byte that is not in it.
    pub end: usize,
    /// How it looks.
    pub look: Look,
}

/// A text with spans. They lie within it and between its characters, none is empty, and those of one look neither touch
/// nor overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Rich {
    text: Private,
    spans: Vec<Span>,
}

/// As it lies in the queue: a text without spans is nothing but the text.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Kept {
    Plain(Private),
    Styled { text: Private, spans: Vec<Span> },
}

impl From<Kept> for Rich {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Plain(text) => Self { text, spans: Vec::new() },
            Kept::Styled { text, spans } => Self::new(text, spans),
        }
    }
}

impl From<Rich> for Kept {
    fn from(Rich { text, spans }: Rich) -> Self {
        if spans.is_empty() { Self::Plain(text) } else { Self::Styled { text, spans } }
    }
}

impl<T: Into<Private>> From<T> for Rich {
    fn from(text: T) -> Self {
        Self { text: text.into(), spans: Vec::new() }
    }
}

impl Rich {
    /// A text with those of the spans that fit it.
    #[must_use]
    pub fn new(text: impl Into<Private>, spans: impl IntoIterator<Item = Span>) -> Self {
        let text = text.into();
        let fits = |span: &Span| text.reveal().get(span.start..span.end).is_some_and(|part| !part.is_empty());
        let spans = in_order(spans.into_iter().filter(fits).collect());
        Self { text, spans }
    }

    /// A text that looks so from end to end.
    #[must_use]
    pub fn all(text: impl Into<Private>, look: Look) -> Self {
        let text = text.into();
        let end = text.reveal().len();
        Self::new(text, [Span { start: 0, end, look }])
    }

    /// One after the other.
    #[must_use]
    pub fn join(parts: impl IntoIterator<Item = Self>) -> Self {
        let (mut text, mut spans) = (String::new(), Vec::new());
        for part in parts {
            let before = text.len();
            spans.extend(part.spans.iter().map(|span| Span {
                start: before + span.start,
                end: before + span.end,
                look: span.look,
            }));
            text.push_str(part.reveal());
        }
        Self::new(text, spans)
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &Private {
        &self.text
    }

    /// The text itself, under the same rule as [`Private::reveal`].
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.text.reveal()
    }

    /// How parts of it look, by where they begin; what holds another goes before it.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The same text with other spans.
    #[must_use]
    pub fn with(&self, spans: impl IntoIterator<Item = Span>) -> Self {
        Self::new(self.text.clone(), spans)
    }

    /// Without the space at its end.
    #[must_use]
    pub fn trim_end(&self) -> Self {
        let text = self.reveal().trim_end();
        let shorter = self.spans.iter().map(|span| Span { end: span.end.min(text.len()), ..*span });
        Self::new(text, shorter)
    }

    /// Other words in some places, which are in order and do not overlap. What is put between two characters belongs to
    /// the spans around it alone.
    #[must_use]
    pub fn replace<'w>(&self, places: impl IntoIterator<Item = (Range<usize>, &'w str)>) -> Self {
        let (mut text, mut edits, mut done) = (String::with_capacity(self.reveal().len()), Vec::new(), 0);
        for (place, words) in places {
            let Some(before) = self.reveal().get(done..place.start) else { continue };
            text.push_str(before);
            let at = text.len();
            text.push_str(words);
            done = place.end;
            edits.push(Edit { place, now: at..text.len() });
        }
        text.push_str(self.reveal().get(done..).unwrap_or_default());
        let moved = self.spans.iter().map(|span| Span {
            start: moved(&edits, span.start, Side::Start),
            end: moved(&edits, span.end, Side::End),
            look: span.look,
        });
        Self::new(text, moved)
    }
}

/// What stood in a place, and where the other words stand.
struct Edit {
    place: Range<usize>,
    now: Range<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Start,
    End,
}

fn moved(edits: &[Edit], at: usize, side: Side) -> usize {
    let is_before = |edit: &Edit| match side {
        Side::End if edit.place.is_empty() => edit.place.end < at,
        _ => edit.place.end <= at,
    };
    let before = edits.partition_point(is_before);
    match edits.get(before) {
        Some(edit) if edit.place.start < at => match side {
            Side::Start => edit.now.start,
            Side::End => edit.now.end,
        },
        _ => match before.checked_sub(1).and_then(|last| edits.get(last)) {
            Some(edit) => edit.now.end + (at - edit.place.end),
            None => at,
        },
    }
}

/// Sorted, and joined where two of one look touch.
fn in_order(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| (span.look, span.start, span.end));
    spans.dedup_by(|next, last| {
        let joins = next.look == last.look && next.start <= last.end;
        if joins {
            last.end = last.end.max(next.end);
        }
        joins
    });
    spans.sort_by_key(|span| (span.start, Reverse(span.end), span.look));
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: usize, end: usize, look: Look) -> Span {
        Span { start, end, look }
    }

    #[test]
    fn only_what_fits_stays_and_what_touches_is_one() {
        let odd = [span(0, 9, Look::Bold), span(1, 2, Look::Bold), span(2, 2, Look::Bold)];
        assert!(Rich::new("aé", odd).spans().is_empty());
        let (a, b) = (span(0, 2, Look::Bold), span(2, 3, Look::Bold));
        assert_eq!(
            Rich::new("abc", [b, span(1, 3, Look::Italic), a]).spans(),
            [span(0, 3, Look::Bold), span(1, 3, Look::Italic)]
        );
    }

    #[test]
    fn a_text_without_spans_lies_in_the_queue_as_it_always_has() {
        let json = |rich: &Rich| serde_json::to_string(rich).unwrap();
        assert_eq!(json(&"hi".into()), r#""hi""#);
        let styled = Rich::all("hi", Look::Italic);
        assert_eq!(json(&styled), r#"{"text":"hi","spans":[{"start":0,"end":2,"look":"italic"}]}"#);
        for rich in [styled, "hi".into()] {
            assert_eq!(serde_json::from_str::<Rich>(&json(&rich)).unwrap(), rich);
        }
    }

    #[test]
    fn spans_stay_with_their_words_when_others_change() {
        let text = Rich::new("a bb c", [span(0, 4, Look::Bold), span(2, 4, Look::Italic), span(5, 6, Look::Bold)]);
        let put_in = text.replace([(2..2, "x: "), (5..6, "dd")]);
        assert_eq!(put_in.reveal(), "a x: bb dd");
        assert_eq!(put_in.spans(), [span(0, 7, Look::Bold), span(5, 7, Look::Italic), span(8, 10, Look::Bold)]);
        let over = text.replace([(3..5, "--")]);
        assert_eq!((over.reveal(), over.spans()[1]), ("a b--c", span(2, 5, Look::Italic)));
    }

    #[test]
    fn the_space_at_the_end_goes_and_takes_its_part_of_a_span_with_it() {
        let text = Rich::join(["a ".into(), Rich::all("b \n", Look::Monospace), Rich::all(" ", Look::Bold)]).trim_end();
        assert_eq!((text.reveal(), text.spans()), ("a b", &[span(2, 3, Look::Monospace)][..]));
    }
}
