//! A text with looks becomes one of WhatsApp.

use std::cmp::Reverse;
use std::ops::Range;

use super::pairs::{addresses, begins_word, ends_word, is_mark, look, opening_ticks, opens};
use super::{BLOCK, JOINER, TICK, is_within, read};
use crate::event::{Look, Rich, Span};

/// Says what WhatsApp cannot show.
const SPOILER: &str = "spoiler: ";

/// The text with markers. Each line has its own, with the space at a look's ends outside; a spoiler, which WhatsApp does
/// not know, is said before its words. What only looks like a marker is kept from being one. Where no marker can stand, as
/// in the middle of a word, the look is left out; of the text nothing ever is.
#[must_use]
pub fn write(rich: &Rich) -> String {
    let rich = spoken(rich);
    let marked = rich.with(fitting(&rich));
    let written = mark(&marked);
    if read(&written) == marked { written } else { mark(&rich.with([])) }
}

/// With spoilers in words.
pub(super) fn spoken(rich: &Rich) -> Rich {
    let spoilers = rich.spans().iter().filter(|span| span.look == Look::Spoiler);
    let said = rich.replace(spoilers.map(|span| (span.start..span.start, SPOILER)));
    said.with(said.spans().iter().filter(|span| !marker(span.look).is_empty()).copied())
}

/// The looks that can be marked: each on one line, and none across the end of another or of an address.
fn fitting(rich: &Rich) -> Vec<Span> {
    let mut fitting: Vec<Span> = Vec::new();
    let addresses = addresses(rich.reveal());
    let breaks = |at: usize| is_within(&addresses, at) && !addresses.iter().any(|address| address.start == at);
    for line in by_line(rich) {
        let begin = fitting.len();
        for span in line {
            let others: Vec<Span> = fitting.get(begin..).unwrap_or_default().to_vec();
            let parts = cut(span, &others).into_iter().map(|part| trimmed(rich.reveal(), part));
            let whole = parts.filter(|part| !breaks(part.start) && !breaks(part.end));
            fitting.extend(whole.filter(|part| may_stand(rich.reveal(), *part, &others)));
        }
    }
    fitting
}

/// The parts of spans on each line: monospace first, because nothing is read inside, then the longer ones.
fn by_line(rich: &Rich) -> Vec<Vec<Span>> {
    let text = rich.reveal();
    let mut begins = vec![0];
    begins.extend(text.match_indices('\n').map(|(at, _)| at + 1));
    let mut lines = vec![Vec::new(); begins.len()];
    for span in rich.spans() {
        let first = begins.partition_point(|begin| *begin <= span.start).saturating_sub(1);
        for (index, line) in lines.iter_mut().enumerate().skip(first) {
            let Some(begin) = begins.get(index).filter(|begin| **begin < span.end) else { break };
            let end = begins.get(index + 1).map_or(text.len(), |next| next - 1);
            line.push(Span { start: span.start.max(*begin), end: span.end.min(end), look: span.look });
        }
    }
    for line in &mut lines {
        line.sort_by_key(|span| (span.look != Look::Monospace, Reverse(span.end.saturating_sub(span.start)), *span));
    }
    lines
}

/// A span in pieces, none of which lies across the end of another span.
fn cut(span: Span, others: &[Span]) -> Vec<Span> {
    let mut ends: Vec<_> =
        others.iter().filter(|other| crosses(span, **other)).flat_map(|o| [o.start, o.end]).collect();
    ends.retain(|end| span.start < *end && *end < span.end);
    ends.extend([span.start, span.end]);
    ends.sort_unstable();
    ends.dedup();
    let pieces = ends.windows(2).filter_map(|ends| Some(Span { start: *ends.first()?, end: *ends.last()?, ..span }));
    pieces.collect()
}

fn crosses(one: Span, other: Span) -> bool {
    (one.start < other.start && other.start < one.end && one.end < other.end)
        || (other.start < one.start && one.start < other.end && other.end < one.end)
}

fn trimmed(text: &str, span: Span) -> Span {
    let part = text.get(span.start..span.end).unwrap_or_default();
    let start = span.start + (part.len() - part.trim_start().len());
    Span { start, end: (start + part.trim().len()).max(start), ..span }
}

/// Whether markers can stand at its ends and would be read as they are meant.
fn may_stand(text: &str, span: Span, others: &[Span]) -> bool {
    let Some(part) = text.get(span.start..span.end) else { return false };
    if part.is_empty() || part.starts_with(is_mark) {
        return false;
    }
    let hidden = others.iter().any(|o| {
        o.look == Look::Monospace
            && o.start <= span.start
            && span.end <= o.end
            && (o.start, o.end) != (span.start, span.end)
    });
    let at_words = begins_word(text, span.start) && ends_word(text, span.end);
    at_words && !hidden && !has_own_marker(text, part, span)
}

/// Whether its own marker stands in it, or beside it. In the middle of a word that does no harm.
fn has_own_marker(text: &str, part: &str, span: Span) -> bool {
    let marker = marker(span.look);
    let own = |c: char| marker.starts_with(c);
    let beside = text.get(..span.start).is_some_and(|before| before.ends_with(own))
        || text.get(span.end..).is_some_and(|after| after.starts_with(own));
    let inside = if span.look == Look::Monospace {
        part.contains(BLOCK) || part.starts_with(own) || part.ends_with(own)
    } else {
        part.match_indices(own).any(|(at, _)| {
            let at = span.start + at;
            begins_word(text, at) || ends_word(text, at + 1)
        })
    };
    beside || inside
}

fn marker(look: Look) -> &'static str {
    match look {
        Look::Bold => "*",
        Look::Italic => "_",
        Look::Strikethrough => "~",
        Look::Monospace => BLOCK,
        Look::Spoiler | Look::Owner => "",
    }
}

/// Puts in the markers, and before what only looks like one a joiner.
fn mark(rich: &Rich) -> String {
    let mut closing: Vec<_> = rich.spans().iter().collect();
    closing.sort_by_key(|span| (span.end, Reverse(span.start), Reverse(span.look)));
    // Of those in one place first what closes, then what opens from outside to inside.
    let mut marks: Vec<_> = closing.into_iter().map(|span| (span.end, 0, marker(span.look))).collect();
    marks.extend(rich.spans().iter().map(|span| (span.start, 1, marker(span.look))));
    let joiner = JOINER.to_string();
    marks.extend(strays(rich).into_iter().map(|at| (at, 2, joiner.as_str())));
    marks.sort_by_key(|(at, order, _)| (*at, *order));
    rich.replace(marks.iter().map(|(at, _, mark)| (*at..*at, *mark))).reveal().to_owned()
}

/// Characters that would open something.
fn strays(rich: &Rich) -> Vec<usize> {
    let text = rich.reveal();
    let mono: Vec<Range<usize>> =
        rich.spans().iter().filter(|span| span.look == Look::Monospace).map(|span| span.start..span.end).collect();
    let addresses = addresses(text);
    let candidates = text.char_indices().filter(|(at, c)| look(*c).is_some() && opens(text, *at));
    let outside = candidates.filter(|(at, _)| !is_within(&addresses, *at)).chain(opening_ticks(text));
    let strays = outside.filter(|(at, c)| !is_within(&mono, *at) && comes_again(text, *at, *c));
    strays.map(|(at, _)| at).collect()
}

/// Whether there could be a partner: on the same line, or anywhere for a block.
fn comes_again(text: &str, at: usize, c: char) -> bool {
    let rest = text.get(at + 1..).unwrap_or_default();
    let rest = if c == TICK { rest.trim_start_matches(TICK) } else { rest.split('\n').next().unwrap_or_default() };
    rest.contains(c)
}
