//! Which markers belong together. Each text is gone through a few times from its beginning to its end, however many markers
//! it has: a stranger writes it.

use std::ops::Range;

use super::{BLOCK, BOLD, ITALIC, JOINER, STRUCK, TICK};
use crate::event::Look;

/// Two markers and what lies between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) open: usize,
    pub(super) close: usize,
    /// How many bytes each of the two has.
    width: usize,
    pub(super) look: Look,
}

impl Pair {
    pub(super) fn opening(&self) -> Range<usize> {
        self.open..self.open + self.width
    }

    pub(super) fn closing(&self) -> Range<usize> {
        self.close..self.close + self.width
    }

    pub(super) fn content(&self) -> Range<usize> {
        self.opening().end..self.close
    }

    /// Whether nothing is read inside.
    pub(super) fn is_opaque(&self) -> bool {
        self.look == Look::Monospace
    }
}

/// All pairs, in the order in which they open.
pub(super) fn pairs(text: &str) -> Vec<Pair> {
    let mut pairs = opaque(text);
    pairs.extend(emphasis(text, &pairs));
    pairs.sort_by_key(|pair| pair.open);
    pairs
}

/// Whether a marker here would begin a word: there is no letter before it, and nothing that joins it to one. Parts of a
/// path are no words.
pub(super) fn begins_word(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default().chars().rev().find(|c| !is_mark(*c));
    before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, JOINER | '/' | '\\'))
}

/// Whether a marker that ends here would end a word. What follows may also change the marker itself, as in a keycap.
pub(super) fn ends_word(text: &str, end: usize) -> bool {
    text.get(end..).unwrap_or_default().chars().next().is_none_or(|c| !c.is_alphanumeric() && !is_mark(c))
}

/// What stands on another character.
pub(super) fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{200D}')
}

/// Whether nothing can close here: there is space before it, or what keeps a marker from being one.
fn is_spaced_before(text: &str, at: usize) -> bool {
    let before = text.get(..at).and_then(|before| before.chars().next_back());
    before.is_none_or(|c| c.is_whitespace() || c == JOINER)
}

fn is_spaced_after(text: &str, end: usize) -> bool {
    text.get(end..).and_then(|after| after.chars().next()).is_none_or(char::is_whitespace)
}

/// Backticks that stand together.
struct Ticks {
    at: usize,
    end: usize,
    line: usize,
}

impl Ticks {
    fn is_block(&self) -> bool {
        self.end - self.at == BLOCK.len()
    }

    fn closes(&self, text: &str) -> bool {
        let width = self.end - self.at;
        let closes = self.is_block() || (width == 1 && !is_spaced_before(text, self.at));
        closes && ends_word(text, self.end)
    }
}

fn ticks(text: &str) -> Vec<Ticks> {
    let (mut found, mut line): (Vec<Ticks>, usize) = (Vec::new(), 0);
    for (at, c) in text.char_indices() {
        line += usize::from(c == '\n');
        match found.last_mut().filter(|last| last.end == at) {
            Some(last) if c == TICK => last.end += 1,
            None if c == TICK => found.push(Ticks { at, end: at + 1, line }),
            _ => {}
        }
    }
    found
}

/// Where code or a block could begin.
pub(super) fn opening_ticks(text: &str) -> impl Iterator<Item = (usize, char)> {
    let opens = |ticks: &Ticks| {
        let is_code = ticks.end - ticks.at == 1 && !is_spaced_after(text, ticks.end);
        (ticks.is_block() || is_code) && begins_word(text, ticks.at)
    };
    ticks(text).into_iter().filter(opens).map(|ticks| (ticks.at, TICK))
}

/// For each of the ticks the next that could close a block, and the next that could close code.
fn closers(text: &str, ticks: &[Ticks]) -> Vec<[Option<usize>; 2]> {
    let mut next = [None; 2];
    let mut closers: Vec<_> = ticks
        .iter()
        .enumerate()
        .rev()
        .map(|(index, ticks)| {
            let after = next;
            if ticks.closes(text) {
                let [block, code] = &mut next;
                *(if ticks.is_block() { block } else { code }) = Some(index);
            }
            after
        })
        .collect();
    closers.reverse();
    closers
}

/// Code and blocks.
fn opaque(text: &str) -> Vec<Pair> {
    let ticks = ticks(text);
    let closers = closers(text, &ticks);
    let (mut pairs, mut done): (Vec<Pair>, usize) = (Vec::new(), 0);
    for (opening, [block, code]) in ticks.iter().zip(closers) {
        let closer = if opening.is_block() { block } else { code };
        let Some(closing) = closer.and_then(|index| ticks.get(index)).filter(|_| opening.at >= done) else { continue };
        let width = opening.end - opening.at;
        let content = text.get(opening.end..closing.at).unwrap_or_default();
        let opens = match width {
            1 => opening.line == closing.line && !is_spaced_after(text, opening.end),
            _ => opening.is_block() && !content.trim().is_empty(),
        };
        if opens && begins_word(text, opening.at) {
            done = closing.end;
            pairs.push(Pair { open: opening.at, close: closing.at, width, look: Look::Monospace });
        }
    }
    pairs
}

/// Bold, italic and struck, outside of code and blocks.
fn emphasis(text: &str, opaque: &[Pair]) -> Vec<Pair> {
    let (mut pairs, mut open): (Vec<Pair>, Vec<(usize, char)>) = (Vec::new(), Vec::new());
    let hidden: Vec<_> = opaque.iter().map(|pair| pair.open..pair.closing().end).collect();
    let addresses = addresses(text);
    for (at, c) in text.char_indices() {
        if c == '\n' {
            open.clear();
        }
        let Some(look) = look(c) else { continue };
        if is_doubled(text, at, c) || super::is_within(&hidden, at) || super::is_within(&addresses, at) {
            continue;
        }
        let partner = open.iter().rposition(|(_, other)| *other == c);
        match partner {
            Some(place) if !is_spaced_before(text, at) && ends_word(text, at + 1) => {
                pairs.extend(open.get(place).map(|(begin, _)| Pair { open: *begin, close: at, width: 1, look }));
                open.truncate(place);
            }
            None if opens(text, at) => open.push((at, c)),
            _ => {}
        }
    }
    pairs
}

pub(super) fn opens(text: &str, at: usize) -> bool {
    let marked = text.get(at + 1..).and_then(|after| after.chars().next()).is_some_and(is_mark);
    begins_word(text, at) && !is_spaced_after(text, at + 1) && !marked
}

/// The look of a marker that is a single character.
pub(super) fn look(c: char) -> Option<Look> {
    match c {
        BOLD => Some(Look::Bold),
        ITALIC => Some(Look::Italic),
        STRUCK => Some(Look::Strikethrough),
        _ => None,
    }
}

/// Two of a kind side by side mark nothing.
fn is_doubled(text: &str, at: usize, c: char) -> bool {
    let before = text.get(..at).is_some_and(|before| before.ends_with(c));
    before || text.get(at + 1..).is_some_and(|after| after.starts_with(c))
}

/// Addresses of pages, without the markers around them.
pub(super) fn addresses(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let end = at + word.trim_end().trim_end_matches([BOLD, ITALIC, STRUCK, TICK]).len();
        let begin = word.find("://").map(|colon| {
            let scheme = word.get(..colon).unwrap_or_default();
            scheme.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).len()
        });
        found.extend(begin.or_else(|| word.find("www.")).map(|begin| at + begin..end.max(at + begin)));
        at += word.len();
    }
    found
}
