//! What was done on WhatsApp to a message, as what is done in Signal: a pure mapping.
//!
//! Natively where the message lies in the conversation, is the bridge's own and young enough for the apps; else in words, in
//! a line that quotes the message where it can. Whoever did it must have written the message, or be an admin who deletes.

use super::limits;
use super::mentioned::{self, Mentioned};
use super::notices::changes as words;
use super::to_signal::{self, Head};
use super::{notices, wording};
use crate::clock::Moment;
use crate::event::{Aci, Amendment, Author, Deed, Rich, SignalQuote, Unsupported};
use crate::redact::Private;
use crate::signal::{DeleteRequest, EditRequest, ReactRequest, Recipient, SendRequest};
use crate::store::{Known, Reacted, SignalPart, SignalSide, WhatsAppPart};
use crate::whatsapp;

/// The message that something was done to.
#[derive(Debug, Clone)]
pub struct Found {
    /// What is known of it.
    pub known: Known,
    /// Its id on WhatsApp.
    pub whatsapp: WhatsAppPart,
    /// Its ids on Signal.
    pub signal: Vec<SignalPart>,
    /// The line that stands for it, if that is what something was done to.
    pub line: Option<SignalPart>,
    /// How often it was edited in Signal.
    pub edits: i64,
    /// What it answers, in Signal.
    pub answers: Option<SignalPart>,
    /// The latest that is known of the reaction of whoever did it.
    pub reacted: Option<Reacted>,
}

/// Where it goes, and who is who.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The conversation.
    pub to: Recipient,
    /// What the chat is called, where the conversation does not say it.
    pub title: Option<Private>,
    /// Whether the message lies in it.
    pub is_here: bool,
    /// Whether who did it is an admin of the group.
    pub is_admin: bool,
    /// What a member of a group who did it is called, where that is known better than the event says it.
    pub name: Option<Private>,
    /// Whom its new words name.
    pub mentioned: Mentioned,
    /// Whether an earlier attempt may have arrived.
    pub repeated: bool,
    /// The owner.
    pub owner: Aci,
    /// The bridge account.
    pub bridge: Option<Aci>,
    /// The present.
    pub now: Moment,
}

/// What is done in Signal.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Nothing: it is over, or something newer has been done.
    Nothing,
    /// The message says something else.
    Edit(EditRequest),
    /// The message has a reaction, or has it no more.
    React(ReactRequest),
    /// The message is deleted, in all its parts.
    Delete(Vec<DeleteRequest>),
    /// Words of the person: they can be answered like the message.
    Say(SendRequest),
    /// A line about it.
    Tell(SendRequest),
}

/// Decides.
#[must_use]
pub fn act(amendment: &Amendment, found: Option<&Found>, scene: &Scene) -> Act {
    if let Some(line) = found.and_then(|found| found.line) {
        return over(line, scene);
    }
    match (&amendment.deed, found) {
        (_, Some(found)) if found.known.deleted => Act::Nothing,
        (Deed::Edit(text), found) => edit(amendment, text.as_ref(), found, scene),
        (Deed::Delete, found) => delete(amendment, found, scene),
        (Deed::React(emoji), found) => react(amendment, emoji.as_ref(), found, scene),
    }
}

/// Whether whoever did it wrote the message.
#[must_use]
pub fn is_author(amendment: &Amendment, found: &Found) -> bool {
    whatsapp::is_by(&found.whatsapp.message_id, &amendment.author)
}

/// Whether whoever deletes it may.
#[must_use]
pub fn may_delete(amendment: &Amendment, found: &Found, scene: &Scene) -> bool {
    scene.is_admin || amendment.author == Author::Owner || is_author(amendment, found)
}

/// What a line stood for is there: it says so, as long as the apps let it.
fn over(line: SignalPart, scene: &Scene) -> Act {
    if !scene.is_here || scene.now.since(line.timestamp) >= limits::SIGNAL_CHANGES {
        return Act::Nothing;
    }
    let now = SendRequest { urgent: false, ..SendRequest::text(scene.to.clone(), notices::came()) };
    Act::Edit(EditRequest { now, target: line.timestamp })
}

fn edit(amendment: &Amendment, text: Option<&Private>, found: Option<&Found>, scene: &Scene) -> Act {
    if found.is_some_and(|found| found.known.edited_at.is_some_and(|at| amendment.sent_at < at)) {
        return Act::Nothing;
    }
    let Some(text) = text else { return Act::Tell(line(amendment, words::UNREADABLE_EDIT, found, scene)) };
    let body = mentioned::named(&wording::body(text), &scene.mentioned);
    let native = found.filter(|found| scene.is_here && is_author(amendment, found) && !shows_a_thing(found));
    if let Some((found, part)) = native.and_then(|found| Some((found, editable(found, scene.now)?))) {
        let body = match found.whatsapp.stands_for {
            Some(what) => under(&notices::not_carried(what), body),
            None => body,
        };
        return Act::Edit(EditRequest { now: edited(amendment, body, found, scene), target: part.timestamp });
    }
    let said = under(&words::edited(), body);
    let urgent = amendment.author != Author::Owner;
    Act::Say(SendRequest { urgent, ..speech(amendment, said, found, scene) })
}

/// The words of an edit do not take the place of a poll, or the like.
fn shows_a_thing(found: &Found) -> bool {
    found.whatsapp.stands_for.is_some_and(Unsupported::is_thing)
}

/// A body under a line about it.
fn under(line: &str, body: Rich) -> Rich {
    Rich::join([format!("{line}\n").into(), body])
}

/// The part whose words can be changed, as far as the apps allow it.
fn editable(found: &Found, now: Moment) -> Option<SignalPart> {
    let part = found.signal.first().filter(|part| part.author == SignalSide::Bridge)?;
    let young = now.since(part.timestamp) < limits::SIGNAL_CHANGES;
    (young && found.edits < limits::SIGNAL_EDITS).then_some(*part)
}

/// The whole message anew: its label, and what it answers.
fn edited(amendment: &Amendment, body: Rich, found: &Found, scene: &Scene) -> SendRequest {
    let quote = found.answers.and_then(|part| quote(part, scene));
    let urgent = amendment.author != Author::Owner;
    SendRequest { quote, urgent, ..request(scene, &head(amendment, scene).before("", body)) }
}

fn delete(amendment: &Amendment, found: Option<&Found>, scene: &Scene) -> Act {
    let Some(found) = found else { return Act::Tell(line(amendment, words::DELETED_UNKNOWN, None, scene)) };
    let may = may_delete(amendment, found, scene);
    let is_ours = |part: &SignalPart| {
        part.author == SignalSide::Bridge && scene.now.since(part.timestamp) < limits::SIGNAL_CHANGES
    };
    if may && scene.is_here && !found.signal.is_empty() && found.signal.iter().all(is_ours) {
        let one = |part: &SignalPart| DeleteRequest { to: scene.to.clone(), target: part.timestamp };
        return Act::Delete(found.signal.iter().map(one).collect());
    }
    Act::Tell(line(amendment, words::DELETED, Some(found), scene))
}

/// The bridge account shows one reaction: that of whoever reacted last. The owner's own is told, or it would look like
/// another's.
fn react(amendment: &Amendment, emoji: Option<&Private>, found: Option<&Found>, scene: &Scene) -> Act {
    let reacted = found.and_then(|found| found.reacted);
    if reacted.is_some_and(|reacted| amendment.sent_at < reacted.at) {
        return Act::Nothing;
    }
    let is_owner = amendment.author == Author::Owner;
    let part = found.filter(|_| scene.is_here && !is_owner).and_then(|found| found.signal.first());
    match part.and_then(|part| Some((part, author(*part, scene)?))) {
        Some(_) if emoji.is_none() && reacted.is_none_or(|reacted| !reacted.shown) => Act::Nothing,
        Some((part, author)) => {
            Act::React(ReactRequest { to: scene.to.clone(), target: part.timestamp, author, emoji: emoji.cloned() })
        }
        None => Act::Tell(line(amendment, &words::reacted(emoji, found.is_some()), found, scene)),
    }
}

/// A line of the bridge that says who did what: quiet, and quoting the message if that lies here.
fn line(amendment: &Amendment, what: &str, found: Option<&Found>, scene: &Scene) -> SendRequest {
    let who = who(amendment, scene);
    let text = format!("{}{}", repeated(scene), words::told(who.as_ref().map(Private::reveal), what));
    let quote = quoted(found, scene);
    SendRequest { quote, urgent: false, ..SendRequest::text(scene.to.clone(), text) }
}

/// Words of a person under their label, quoting the message if that lies here.
fn speech(amendment: &Amendment, body: Rich, found: Option<&Found>, scene: &Scene) -> SendRequest {
    let said = head(amendment, scene).before(&repeated(scene), body);
    SendRequest { quote: quoted(found, scene), ..request(scene, &said) }
}

fn request(scene: &Scene, said: &Rich) -> SendRequest {
    wording::say(SendRequest::text(scene.to.clone(), ""), said, scene.mentioned.aci.as_ref())
}

/// The label the message has: engines that leave out the name in an edit shall not change it.
fn head(amendment: &Amendment, scene: &Scene) -> Head {
    Head::of(&amendment.author, scene.title.as_ref(), scene.name.as_ref())
}

fn quoted(found: Option<&Found>, scene: &Scene) -> Option<SignalQuote> {
    found.filter(|_| scene.is_here).and_then(|found| quote(*found.signal.first()?, scene))
}

fn repeated(scene: &Scene) -> String {
    if scene.repeated { notices::repeated() } else { String::new() }
}

/// Who did it, where the conversation does not say it by itself.
fn who(amendment: &Amendment, scene: &Scene) -> Option<Private> {
    match (&amendment.author, &scene.title) {
        (Author::Owner, _) => None,
        (Author::Contact { .. }, Some(title)) => Some(title.clone()),
        (Author::Contact { .. }, None) => Some(words::CONTACT.into()),
        (Author::Participant { .. }, _) => Some(member(amendment, scene.name.as_ref())),
    }
}

/// What a member of a group is called.
#[must_use]
pub fn member(amendment: &Amendment, name: Option<&Private>) -> Private {
    let named = || to_signal::named(&amendment.author);
    name.cloned().or_else(named).unwrap_or_else(|| words::SOMEBODY.into())
}

fn author(part: SignalPart, scene: &Scene) -> Option<Aci> {
    match part.author {
        SignalSide::Owner => Some(scene.owner.clone()),
        SignalSide::Bridge => scene.bridge.clone(),
    }
}

fn quote(part: SignalPart, scene: &Scene) -> Option<SignalQuote> {
    author(part, scene).map(|author| SignalQuote { timestamp: part.timestamp, author, text: None })
}

#[cfg(test)]
mod tests;
