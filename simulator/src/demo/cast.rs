//! Who is on `WhatsApp` in the demo, and the first words they say.

use std::sync::Arc;
use std::time::Duration;

use super::House;
use super::bridge::BridgeState;
use crate::waha::{Contact, Waha};

/// The group's id.
pub(crate) const GROUP: &str = "120363040000000001@g.us";
const GROUP_NAME: &str = "Sunday rowing";

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// One person.
pub(crate) struct Person {
    pub(crate) name: &'static str,
    number: &'static str,
    lid: &'static str,
}

/// Three contacts; the numbers are set aside for fiction.
pub(crate) const PEOPLE: [Person; 3] = [ALICE, BRUNO, CHIARA];
const ALICE: Person = Person { name: "Alice", number: "447700900111", lid: "100000000000002" };
const BRUNO: Person = Person { name: "Bruno", number: "447700900122", lid: "100000000000003" };
const CHIARA: Person = Person { name: "Chiara", number: "447700900133", lid: "100000000000004" };

impl Person {
    /// The chat with this person.
    pub(crate) fn chat(&self) -> String {
        format!("{}@c.us", self.number)
    }

    /// The number as a person reads it.
    pub(crate) fn shown_number(&self) -> String {
        let (country, rest) = self.number.split_at_checked(2).unwrap_or_default();
        let (area, rest) = rest.split_at_checked(4).unwrap_or_default();
        format!("+{country} {area} {rest}")
    }

    /// The id under which a chat shows what this person does; in a direct chat there is none but the chat's.
    pub(crate) fn in_chat(&self, chat: &str) -> Option<String> {
        (chat == GROUP).then(|| self.member())
    }

    /// The hidden id, by which groups know their members.
    fn member(&self) -> String {
        format!("{}@lid", self.lid)
    }
}

/// A chat as the list of chats shows it.
pub(crate) struct Chat {
    pub(crate) id: String,
    pub(crate) name: &'static str,
    pub(crate) detail: String,
    pub(crate) group: bool,
    /// Who can speak in it, the owner aside.
    pub(crate) people: Vec<&'static Person>,
}

/// All chats.
pub(crate) fn chats() -> Vec<Chat> {
    let direct = PEOPLE.iter().map(|person| Chat {
        id: person.chat(),
        name: person.name,
        detail: person.shown_number(),
        group: false,
        people: vec![person],
    });
    let names: Vec<_> = PEOPLE.iter().map(|person| person.name).collect();
    let detail = format!("{}, you", names.join(", "));
    let group = Chat { id: GROUP.to_owned(), name: GROUP_NAME, detail, group: true, people: PEOPLE.iter().collect() };
    direct.chain([group]).collect()
}

/// Puts everybody into the phone's address book, and the group beside them.
pub(crate) fn move_in(waha: &Waha) {
    for person in &PEOPLE {
        waha.add_contact(Contact {
            number: Some(person.number.into()),
            lid: Some(person.lid.into()),
            name: Some(person.name.into()),
            push_name: Some(person.name.into()),
        });
    }
    waha.add_group(GROUP, GROUP_NAME, PEOPLE.iter().map(Person::member).collect());
}

/// Somebody writes, in the group under the hidden id; a message that isn't known is not quoted.
pub(crate) fn speak(waha: &Waha, chat: &str, person: &Person, text: &str, quoted: Option<&str>) -> String {
    let member = person.in_chat(chat);
    match (member, quoted) {
        (member, Some(quoted)) => waha.replies(chat, member.as_deref(), text, quoted),
        (Some(member), None) => waha.says_in_group(chat, &member, text),
        (None, None) => waha.says(chat, text),
    }
}

/// The first words on both phones, once the bridge runs; without a bridge they stay on `WhatsApp`.
pub(crate) async fn opening(house: Arc<House>) {
    let mut status = house.bridge.status();
    let runs = status.wait_for(|status| status.state != BridgeState::Starting);
    // It can't fail: the bridge is in the house.
    let _ = tokio::time::timeout(PATIENCE, runs).await;
    let waha = &house.waha;
    speak(waha, &CHIARA.chat(), &CHIARA, "Found your scarf. It was in the boat all along.", None);
    let question = speak(waha, GROUP, &BRUNO, "Who rows on Sunday?", None);
    arrives(&house, "Who rows").await;
    speak(waha, GROUP, &CHIARA, "Me! I'll bring the coffee ☕", Some(&question));
    arrives(&house, "coffee").await;
    waha.owner_says(GROUP, "I'm in");
    arrives(&house, "I'm in").await;
    speak(waha, &BRUNO.chat(), &BRUNO, "The water is high this week, mind the steps.", None);
    arrives(&house, "The water").await;
    let lunch = "Are you back on Thursday? Lunch at the usual place?";
    speak(waha, &ALICE.chat(), &ALICE, lunch, None);
    answer(&house, lunch, "Back on Wednesday night. Lunch it is!").await;
}

async fn arrives(house: &House, text: &str) -> bool {
    let there = |text: &str| house.signal.inbox().iter().any(|message| message.text.contains(text));
    house.bridge.status().borrow().state == BridgeState::Running
        && house.signal.wait_until(PATIENCE, |_| there(text)).await
}

/// The owner answers on Signal, quoting what arrived.
async fn answer(house: &House, question: &str, text: &str) {
    if !arrives(house, question).await {
        return;
    }
    let asked = house.signal.inbox().into_iter().find(|message| message.text.contains(question));
    let place = asked.and_then(|message| Some((message.group_id?, message.timestamp)));
    if let Some((group, timestamp)) = place
        && let Some(author) = house.signal.author_of(timestamp)
    {
        house.signal.owner_quotes(&group, text, timestamp, &author);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!(ALICE.shown_number(), "+44 7700 900111");
    }

    #[test]
    fn the_group_is_among_the_chats() {
        let chats = chats();
        assert_eq!(chats.len(), 4);
        assert_eq!(chats.iter().find(|chat| chat.group).unwrap().people.len(), 3);
    }
}
