//! Who is named in a message: names in the place of numbers, and of the owner a mention that rings.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::channel::Channel;
use super::labels;
use crate::clock::Moment;
use crate::event::{Aci, Address, Author, Look, Mention, Rich, Span};
use crate::redact::Private;
use crate::whatsapp::WahaError;

/// How the owner is named in a text.
const OWNER: &str = "you";

/// How long the names of one message may take; it goes without them then.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a name is believed.
const FRESH: Duration = Duration::from_hours(1);

/// So many names are remembered.
const KNOWN: usize = 500;

/// Names that WAHA gave; in memory only.
#[derive(Default)]
pub struct Names(Mutex<HashMap<Address, (Private, Moment)>>);

impl Names {
    fn get(&self, address: &Address, now: Moment) -> Option<Private> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.get(address).filter(|(_, since)| now.since(*since) < FRESH).map(|(name, _)| name.clone())
    }

    fn put(&self, address: &Address, name: &Private, now: Moment) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() >= KNOWN {
            names.clear();
        }
        names.insert(address.clone(), (name.clone(), now));
    }
}

/// What a request needs to know of those whom a message names.
#[derive(Debug, Clone, Default)]
pub struct Mentioned {
    /// What they are called, by the digits that stand for them.
    pub names: Vec<(Private, Private)>,
    /// By which digits the owner is named.
    pub owner: Vec<Private>,
    /// The owner, where a mention can ring.
    pub aci: Option<Aci>,
}

/// Asks WAHA for the names. Where it does not say, the number stands, and where there is none, what stood there.
pub(super) async fn of(channel: &Channel, mentions: &[Mention], owner: &Aci) -> Mentioned {
    let until = channel.clock.now().plus(PATIENCE);
    let mut mentioned = Mentioned { aci: Some(owner.clone()), ..Mentioned::default() };
    for Mention { address, is_owner } in mentions {
        if *is_owner {
            mentioned.owner.push(address.user().clone());
        } else if let Some(name) = name(channel, address, until).await {
            mentioned.names.push((address.user().clone(), name));
        }
    }
    mentioned
}

async fn name(channel: &Channel, address: &Address, until: Moment) -> Option<Private> {
    let asked = tokio::select! {
        biased;
        () = channel.clock.sleep_until(until) => None,
        name = called(channel, address) => name.ok().flatten(),
    };
    asked.or_else(|| address.phone())
}

/// What somebody is called: by name, else by number.
///
/// # Errors
///
/// If WAHA does not say.
pub(super) async fn called(channel: &Channel, address: &Address) -> Result<Option<Private>, WahaError> {
    if let Some(name) = channel.names.get(address, channel.clock.now()) {
        return Ok(Some(name));
    }
    let name = ask(channel, address).await?;
    if let Some(name) = &name {
        channel.names.put(address, name, channel.clock.now());
    }
    Ok(name)
}

async fn ask(channel: &Channel, address: &Address) -> Result<Option<Private>, WahaError> {
    let known = channel.whatsapp.contact_name(address).await?;
    let name = known.and_then(|known| {
        let shown = if known.from_address_book { labels::name } else { labels::self_given };
        shown(known.name.reveal())
    });
    if name.is_some() || address.phone().is_some() {
        return Ok(name.or_else(|| address.phone()));
    }
    let other = channel.whatsapp.other_address(address).await?;
    Ok(other.and_then(|other| other.phone()))
}

/// What a member of a group who speaks is called: as the owner calls them, else as they call themselves, else by number.
pub(super) async fn speaker(channel: &Channel, author: &Author) -> Option<Private> {
    let Author::Participant { address, alternative, push_name } = author else { return None };
    let addresses = || [address, alternative].into_iter().flatten();
    // The owner's contacts are kept by number.
    let asked = addresses().find(|address| address.phone().is_some()).or_else(|| addresses().next());
    let known = match asked {
        Some(asked) if channel.whatsapp_trouble.borrow().is_none() => {
            name(channel, asked, channel.clock.now().plus(PATIENCE)).await
        }
        _ => None,
    };
    let given = || push_name.as_ref().and_then(|name| labels::self_given(name.reveal()));
    let number = || addresses().find_map(Address::phone);
    let chosen = known.clone().filter(|name| !name.reveal().starts_with(['~', '+']));
    chosen.or_else(given).or(known).or_else(number)
}

/// The text with names.
pub(super) fn named(text: &Rich, mentioned: &Mentioned) -> Rich {
    if mentioned.names.is_empty() && mentioned.owner.is_empty() {
        return text.clone();
    }
    let (mut places, mut owner) = (Vec::new(), Vec::new());
    for place in places_of_digits(text.reveal()) {
        let digits = text.reveal().get(place.clone()).unwrap_or_default();
        if mentioned.owner.iter().any(|own| own.reveal() == digits) {
            // With the `@` before it.
            owner.push(Span { start: place.start - 1, end: place.end, look: Look::Owner });
            places.push((place, OWNER));
        } else if let Some((_, name)) = mentioned.names.iter().find(|(known, _)| known.reveal() == digits) {
            places.push((place, name.reveal()));
        }
    }
    text.with(text.spans().iter().copied().chain(owner)).replace(places)
}

/// The digits behind each `@`.
fn places_of_digits(text: &str) -> Vec<Range<usize>> {
    let digits = |at: usize| {
        let rest = text.get(at + 1..).unwrap_or_default();
        let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        at + 1..at + 1 + length
    };
    text.match_indices('@').map(|(at, _)| digits(at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mentioned() -> Mentioned {
        Mentioned {
            names: vec![("1000".into(), "~Bo *x*".into()), ("10001".into(), "+7911".into())],
            owner: vec!["79".into()],
            aci: None,
        }
    }

    #[test]
    fn names_take_the_place_of_digits_and_nothing_else_changes() {
        let bold = Span { start: 0, end: 5, look: Look::Bold };
        let text = Rich::new("@1000 and @10001, @100 a@b @79", [bold]);
        let named = named(&text, &mentioned());
        assert_eq!(named.reveal(), "@~Bo *x* and @+7911, @100 a@b @you");
        let parts: Vec<_> =
            named.spans().iter().map(|span| (named.reveal().get(span.start..span.end).unwrap(), span.look)).collect();
        assert_eq!(parts, [("@~Bo *x*", Look::Bold), ("@you", Look::Owner)]);
    }

    #[test]
    fn a_name_is_believed_for_an_hour() {
        let (names, address) = (Names::default(), Address::parse("1000@lid").unwrap());
        names.put(&address, &"Bo".into(), Moment(0));
        assert!(names.get(&address, Moment(0).plus(FRESH).minus(Duration::from_millis(1))).is_some());
        assert!(names.get(&address, Moment(0).plus(FRESH)).is_none());
        for number in 0..KNOWN {
            names.put(&Address::parse(&format!("{}@lid", 2000 + number)).unwrap(), &"x".into(), Moment(0));
        }
        assert!(names.0.lock().unwrap().len() <= KNOWN);
    }
}
