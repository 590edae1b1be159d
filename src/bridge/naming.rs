//! `@Name` in what the owner wrote to a group: a mention on WhatsApp, if it is the name of one member and of no other. What
//! is not certain stays text: a wrong mention would ring at somebody else's.

use std::ops::Range;
use std::time::Duration;

use super::channel::Channel;
use super::mentioned;
use super::to_whatsapp::{self, Written};
use crate::event::{Address, Rich};
use crate::redact::Private;

/// How long asking for names may hold up a message; it goes without mentions then.
const PATIENCE: Duration = Duration::from_secs(5);

/// In larger groups nobody is mentioned: each member's name is a question to WAHA.
const MOST: usize = 64;

/// What the owner wrote into a chat, with the mentions that it makes.
pub(super) async fn write(channel: &Channel, chat: &Address, text: &Rich) -> Written {
    let plain = || Written { words: to_whatsapp::words(text), mentions: Vec::new() };
    if !chat.is_group() || places(text.reveal()).is_empty() {
        return plain();
    }
    let members = tokio::select! {
        biased;
        members = members(channel, chat) => members.unwrap_or_default(),
        () = channel.clock.sleep(PATIENCE) => Vec::new(),
    };
    match named(text, &members) {
        (_, mentions) if mentions.is_empty() => plain(),
        (text, mentions) => Written { words: to_whatsapp::words(&text), mentions },
    }
}

/// A member and what it is called.
struct Member {
    address: Address,
    name: Private,
}

/// The members with a name; nothing if WAHA does not say it of each.
async fn members(channel: &Channel, group: &Address) -> Option<Vec<Member>> {
    let all = channel.whatsapp.participants(group).await.ok().filter(|all| all.len() <= MOST)?;
    let mut members = Vec::new();
    for one in all {
        let asked = one.number.as_ref().unwrap_or(&one.address);
        if let Some(name) = mentioned::called(channel, asked).await.ok()? {
            members.push(Member { address: one.address, name });
        }
    }
    Some(members)
}

/// Where a name could stand: behind each `@` that begins a word.
fn places(text: &str) -> Vec<usize> {
    let begins = |at: &usize| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        let after = text.get(at + 1..).and_then(|after| after.chars().next());
        before.is_none_or(|c| !c.is_alphanumeric()) && after.is_some_and(|c| !c.is_whitespace())
    };
    text.match_indices('@').map(|(at, _)| at).filter(begins).map(|at| at + 1).collect()
}

/// The text as WhatsApp wants it, and whom it mentions.
fn named(text: &Rich, members: &[Member]) -> (Rich, Vec<Address>) {
    let (mut edits, mut mentions): (Vec<(Range<usize>, &str)>, Vec<Address>) = (Vec::new(), Vec::new());
    for place in places(text.reveal()) {
        let rest = text.reveal().get(place..).unwrap_or_default();
        let Some((length, member)) = only(rest, members) else { continue };
        edits.push((place..place + length, member.address.user().reveal()));
        if !mentions.contains(&member.address) {
            mentions.push(member.address.clone());
        }
    }
    (text.replace(edits), mentions)
}

/// The one member whose name stands here; a longer name goes before a shorter one, unless somebody gave it to themselves: with
/// it they could take words that follow another's name.
fn only<'m>(text: &str, members: &'m [Member]) -> Option<(usize, &'m Member)> {
    let found: Vec<_> = members.iter().filter_map(|member| Some((stands(text, member)?, member))).collect();
    let (is_one, longest) = (found.len() == 1, found.iter().map(|(length, _)| *length).max()?);
    let mut longest = found.into_iter().filter(|(length, _)| *length == longest);
    let best = longest.next().filter(|_| longest.next().is_none())?;
    (is_one || !best.1.name.reveal().starts_with('~')).then_some(best)
}

/// How much of the text is the member's name. Labels put a mark before names that people gave themselves.
fn stands(text: &str, member: &Member) -> Option<usize> {
    let name = member.name.reveal().trim_start_matches('~');
    let bare = text.strip_prefix('~').unwrap_or(text);
    let mark = text.len() - bare.len();
    let length = length_of(name, bare).filter(|length| *length > 0)? + mark;
    text.get(length..).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)).then_some(length)
}

/// How much of the text is this name, in whichever letters; nothing if it begins otherwise.
fn length_of(name: &str, text: &str) -> Option<usize> {
    let mut rest = text.chars();
    let same = |c: char, d: char| c == d || c.to_lowercase().eq(d.to_lowercase());
    name.chars().all(|c| rest.next().is_some_and(|d| same(c, d))).then(|| text.len() - rest.as_str().len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Look, Span};

    fn members(all: &[(&str, &str)]) -> Vec<Member> {
        let member = |(name, id): &(&str, &str)| {
            let address = Address::parse(&format!("{id}@lid")).unwrap();
            Member { address, name: (*name).into() }
        };
        all.iter().map(member).collect()
    }

    #[test]
    fn a_name_that_one_member_has_is_a_mention_and_others_stay() {
        let all = members(&[
            ("~Bob", "1"),
            ("Bob Lee", "2"),
            ("Ann", "3"),
            ("~Ann", "4"),
            ("+79", "5"),
            ("~Bob Lee can", "6"),
        ]);
        for (text, expected, count) in [
            ("@Bob hi", "@1 hi", 1),
            ("hi @~Bob, @Bob Lee: @Bob!", "hi @1, @2: @1!", 2),
            ("@Bobby me@Bob @ Bob @", "@Bobby me@Bob @ Bob @", 0),
            ("@bob and @BOB LEE", "@1 and @2", 2),
            // Who calls themselves "Bob Lee can" takes no words that follow a name.
            ("@Bob Lee can", "@Bob Lee can", 0),
            ("@Ann?", "@Ann?", 0),
            ("(@+79)", "(@5)", 1),
        ] {
            let (named, mentions) = named(&text.into(), &all);
            assert_eq!((named.reveal(), mentions.len()), (expected, count), "{text}");
        }
        let bold = Rich::new("@Bob Lee is", [Span { start: 0, end: 8, look: Look::Bold }]);
        let (named, _) = named(&bold, &all);
        assert_eq!((named.reveal(), named.spans()[0].end), ("@2 is", 2));
    }
}
