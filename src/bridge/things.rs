//! What is neither words nor a file, as Signal shows it: readable lines, with what matters. Pure.

use super::notices::things as notices;
use super::{labels, wording};
use crate::config::MapLink;
use crate::event::{Appointment, Call, Card, Choices, Deal, Invite, Place, Poll, Results, Rich, Thing, Vote};
use crate::redact::Private;
use crate::signal::{self, PollRequest};

/// The largest file of cards, in bytes: a card can have a picture in it.
const CARDS: usize = 512 * 1024;

/// The lines. `quotes`: whether the message that they are about is quoted.
#[must_use]
pub(super) fn words(thing: &Thing, map: Option<&MapLink>, quotes: bool) -> Rich {
    lines(match thing {
        Thing::Place(place) => [vec![notices::place(place.live.as_ref()).into()], of_place(place, map)].concat(),
        Thing::Cards(cards) => of_cards(cards),
        Thing::Poll(poll) => of_poll(poll),
        Thing::Vote(vote) => vec![of_vote(vote).into()],
        Thing::Results(results) => of_results(results),
        Thing::Appointment(appointment) => of_appointment(appointment, map),
        Thing::Choices(choices) => of_choices(choices),
        Thing::Deal(deal) => of_deal(deal),
        Thing::Invite(invite) => of_invite(invite),
        Thing::Call(call) => of_call(call),
        Thing::Pin { pinned } => vec![notices::pin(*pinned, quotes).into()],
    })
}

/// The file that goes with it: the cards of contacts, one behind the other.
#[must_use]
pub(super) fn file(thing: &Thing) -> Option<Private> {
    let Thing::Cards(cards) = thing else { return None };
    let whole = Some(all(cards)).filter(|whole| whole.reveal().len() <= CARDS)?;
    Some(signal::inline("text/vcard", if cards.len() == 1 { "contact.vcf" } else { "contacts.vcf" }, whole.reveal()))
}

fn all(cards: &[Card]) -> Private {
    let each = cards.iter().map(|card| format!("{}\r\n", card.vcard.reveal().trim_end()));
    each.collect::<String>().into()
}

fn of_place(place: &Place, map: Option<&MapLink>) -> Vec<Rich> {
    let named = [&place.name, &place.address].into_iter().flatten().map(one_line).collect::<Vec<_>>().join(", ");
    let said = place.words.as_ref().map(wording::body).unwrap_or_default();
    let at = place.at.as_ref().map(|at| match map {
        Some(map) => map.to(at.latitude(), at.longitude()),
        None => format!("{}, {}", at.latitude(), at.longitude()),
    });
    vec![named.into(), said, at.unwrap_or_default().into()]
}

fn of_cards(cards: &[Card]) -> Vec<Rich> {
    let each = cards.iter().map(|card| {
        let name = card.name.as_ref().map(one_line).filter(|name| !name.is_empty());
        let numbers: Vec<_> = card.numbers.iter().map(one_line).collect();
        let name = name.unwrap_or_else(|| notices::NAMELESS.to_owned());
        if numbers.is_empty() { name.into() } else { format!("{name}: {}", numbers.join(", ")).into() }
    });
    let large = if all(cards).reveal().len() > CARDS { notices::LARGE_CARDS } else { "" };
    [vec![notices::contacts(cards.len()).into()], each.collect(), vec![large.into()]].concat()
}

fn of_poll(poll: &Poll) -> Vec<Rich> {
    let options =
        poll.options.iter().enumerate().map(|(at, option)| format!("{}. {}", at + 1, one_line(option)).into());
    [vec![notices::poll(poll.several).into(), one_line(&poll.question).into()], options.collect()].concat()
}

/// The same as Signal's own, if it fits; who asks stands in front of the question.
#[must_use]
pub(super) fn poll(poll: &Poll, asks: Option<&Private>) -> Option<PollRequest> {
    let question = one_line(&poll.question);
    let question = asks.map_or_else(|| question.clone(), |asks| format!("{} {question}", asks.reveal()));
    let options = poll.options.iter().map(|option| one_line(option).into()).collect();
    PollRequest::new(question.into(), options, poll.several)
}

fn of_vote(vote: &Vote) -> String {
    notices::vote(vote.chosen.as_ref().map(|chosen| joined(chosen, ", ")).as_deref())
}

fn of_results(results: &Results) -> Vec<Rich> {
    let question = results.question.as_ref().map(one_line).unwrap_or_default();
    let counted = results.counted.iter().map(|(option, count)| format!("{}: {count}", one_line(option)).into());
    [vec![notices::results().into(), question.into()], counted.collect()].concat()
}

fn of_appointment(appointment: &Appointment, map: Option<&MapLink>) -> Vec<Rich> {
    let name = appointment.name.as_ref().map(one_line).unwrap_or_default();
    let when = notices::when(appointment.from, appointment.until).unwrap_or_default();
    let place = appointment.place.as_ref().map(|place| of_place(place, map)).unwrap_or_default();
    let about = appointment.about.as_ref().map(wording::body).unwrap_or_default();
    let link = appointment.link.as_ref().map(one_line).unwrap_or_default();
    [vec![notices::appointment(appointment.off).into(), name.into(), when.into()], place, vec![about, link.into()]]
        .concat()
}

fn of_choices(Choices { words, choices }: &Choices) -> Vec<Rich> {
    let said: Vec<_> = words.iter().map(wording::body).collect();
    let below = if choices.is_empty() { String::new() } else { notices::choices(&joined(choices, " · ")) };
    [said, vec![below.into()]].concat()
}

fn of_deal(deal: &Deal) -> Vec<Rich> {
    let amount = deal.amount.as_ref().map(one_line);
    [vec![notices::deal(deal.kind, amount.as_deref()).into()], deal.words.iter().map(wording::body).collect()].concat()
}

fn of_invite(invite: &Invite) -> Vec<Rich> {
    let group = invite.group.as_ref().and_then(|group| labels::name(group.reveal()));
    let line = notices::invite(group.as_ref().map(Private::reveal), invite.until);
    vec![line.into(), invite.words.as_ref().map(wording::body).unwrap_or_default()]
}

fn of_call(call: &Call) -> Vec<Rich> {
    vec![notices::call(call).into(), call.title.as_ref().map(one_line).unwrap_or_default().into()]
}

fn joined(words: &[Private], between: &str) -> String {
    words.iter().map(one_line).collect::<Vec<_>>().join(between)
}

/// What a stranger wrote, without the marks of the bridge, and as one line.
fn one_line(text: &Private) -> String {
    labels::body(text.reveal()).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One below the other, and none that is empty.
fn lines(parts: Vec<Rich>) -> Rich {
    let parts = parts.into_iter().filter(|part| !part.reveal().trim().is_empty());
    Rich::join(parts.flat_map(|part| ["\n".into(), part]).skip(1))
}

#[cfg(test)]
mod tests;
