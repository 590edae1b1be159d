//! WhatsApp's markers and what they mean. Pure.
//!
//! `*bold*`, `_italic_`, `~struck~`, `` `code` `` and a block between three backticks. A marker opens at the beginning of a
//! word and closes at the end of one, on the same line; a block may go over lines, and in it and in code nothing else is
//! read. Markers without a partner are characters like others, and so are those in addresses of pages. What begins a line
//! (`> `, `- `, `1. `) stays as it is.
//!
//! WhatsApp knows no way to write a marker that is none. A word joiner before it keeps it from standing at the beginning of
//! a word, and is not seen.

mod pairs;
mod write;

use std::ops::Range;

use pairs::{Pair, pairs};

use crate::event::{Rich, Span};

pub use write::write;

/// Keeps a marker from being one.
const JOINER: char = '\u{2060}';

const BOLD: char = '*';
const ITALIC: char = '_';
const STRUCK: char = '~';
const TICK: char = '`';
const BLOCK: &str = "```";

/// A text of WhatsApp without its markers, and what they said.
#[must_use]
pub fn read(text: &str) -> Rich {
    let pairs = pairs(text);
    let mut gone: Vec<Range<usize>> = joiners(text, &pairs);
    gone.extend(pairs.iter().flat_map(|pair| [pair.opening(), pair.closing()]));
    gone.sort_by_key(|range| range.start);
    let spans = pairs.iter().map(|pair| Span { start: pair.opening().end, end: pair.close, look: pair.look });
    Rich::new(text, spans).replace(gone.into_iter().map(|range| (range, "")))
}

/// What kept characters from being markers.
fn joiners(text: &str, pairs: &[Pair]) -> Vec<Range<usize>> {
    let is_marker = |c: char| matches!(c, BOLD | ITALIC | STRUCK | TICK);
    let as_it_is: Vec<_> = pairs.iter().filter(|pair| pair.is_opaque()).map(Pair::content).collect();
    let found = text.match_indices(JOINER).map(|(at, joiner)| at..at + joiner.len());
    let escapes = found.filter(|joiner| text.get(joiner.end..).is_some_and(|rest| rest.starts_with(is_marker)));
    escapes.filter(|joiner| !is_within(&as_it_is, joiner.start)).collect()
}

/// Whether a place is in one of these, which are in order.
fn is_within(ranges: &[Range<usize>], at: usize) -> bool {
    let next = ranges.partition_point(|range| range.end <= at);
    ranges.get(next).is_some_and(|range| range.start <= at)
}

#[cfg(test)]
mod tests;
