//! Events to Signal requests: a pure mapping.

use super::mentioned::{self, Mentioned};
use super::{labels, notices, things, wording};
use crate::config::MapLink;
use crate::event::{
    Address, Author, Content, Event, Look, MediaFailure, MediaKind, MediaRef, Message, Notice, Quote, Rich,
    SignalQuote, Thing, Unsupported,
};
use crate::redact::Private;
use crate::signal::{PollRequest, Recipient, SendRequest};

/// What the store knows that a request needs.
#[derive(Debug, Clone)]
pub struct Context {
    /// Where it goes.
    pub to: Recipient,
    /// The Signal message it answers, if that lies in the same conversation and is still known.
    pub quote: Option<SignalQuote>,
    /// What the chat is called, where the conversation does not say it: in the control chat.
    pub title: Option<Private>,
    /// What the member of a group who speaks is called, where that is known better than the event says it.
    pub speaker: Option<Private>,
    /// What became of the message's file.
    pub file: FileFate,
    /// Whom the message names.
    pub mentioned: Mentioned,
    /// Whether an earlier attempt may have arrived.
    pub repeated: bool,
    /// What notices may say.
    pub facts: notices::Facts,
    /// The link that a place gets.
    pub map: Option<MapLink>,
    /// Whether WAHA can vote in a poll.
    pub votes: bool,
}

/// What became of the file of a message.
#[derive(Debug, Clone)]
pub enum FileFate {
    /// There is none.
    None,
    /// It goes with it.
    Goes {
        /// Where signal-cli reads it.
        path: Private,
        /// What it turned out to be.
        kind: MediaKind,
    },
    /// It takes long, and follows.
    Follows,
    /// It does not come.
    Fails(MediaFailure),
}

/// The request for an event; nothing for events that say nothing to the owner.
#[must_use]
pub fn request(event: &Event, context: Context) -> Option<SendRequest> {
    match event {
        Event::Message(message) => Some(message_request(message, context)),
        Event::LateFile(message) => Some(late_request(message, context)),
        Event::Notice(notice) => Some(notice_request(notice, context)),
        _ => None,
    }
}

fn message_request(message: &Message, mut context: Context) -> SendRequest {
    let head = Head::of(&message.author, context.title.as_ref(), context.speaker.as_ref());
    let repeated = if context.repeated { notices::repeated() } else { String::new() };
    let inline = message.quote.as_ref().filter(|_| context.quote.is_none()).and_then(inline_quote);
    let before = [repeated, inline.unwrap_or_default()].concat();
    let said = head.before(&before, words(&message.content, &context));
    context.quote = context.quote.map(quoted);
    let (urgent, owner) = (rings(message), context.mentioned.aci.take());
    let poll = if urgent && before.is_empty() { poll(message, &head, &context) } else { None };
    let mut request = SendRequest { poll, urgent, ..plain(context, "") };
    if let Content::Thing(thing) = &message.content {
        request.files.extend(things::file(thing));
    }
    wording::say(request, &said, owner.as_ref())
}

/// A poll in a portal that can be voted in. Signal's have room for nothing else: not for an answer to a message, nor for what is
/// not to ring.
fn poll(message: &Message, head: &Head, context: &Context) -> Option<PollRequest> {
    let Content::Thing(Thing::Poll(poll)) = &message.content else { return None };
    let fits = context.votes && context.quote.is_none() && matches!(context.to, Recipient::Group(_));
    fits.then(|| things::poll(poll, head.0.as_ref())).flatten()
}

/// Whether the phone may ring.
fn rings(message: &Message) -> bool {
    let is_quiet = matches!(&message.content, Content::Thing(thing) if thing.is_quiet());
    message.author != Author::Owner && !is_quiet && !message.chat.is_feed()
}

/// What is quoted stands there without markers.
fn quoted(quote: SignalQuote) -> SignalQuote {
    SignalQuote { text: quote.text.map(|text| wording::body(&text).text().clone()), ..quote }
}

/// The message is quoted, so that is where the label is.
fn late_request(message: &Message, mut context: Context) -> SendRequest {
    // It was waited for as long as there was hope.
    if matches!(context.file, FileFate::Follows | FileFate::None) {
        context.file = FileFate::Fails(MediaFailure::Gone);
    }
    let Content::Media { file, .. } = &message.content else { return plain(context, "") };
    if file.once && context.repeated {
        // Nobody would see the mark beside it.
        let text = notices::perhaps_shown(file.kind.as_unsupported());
        return SendRequest { urgent: rings(message), ..plain(Context { file: FileFate::None, ..context }, &text) };
    }
    let repeated = if context.repeated { notices::repeated() } else { String::new() };
    let text = repeated + &about_file(file, &context.file).unwrap_or_default();
    let is_once = file.once && matches!(context.file, FileFate::Goes { .. });
    SendRequest { urgent: rings(message), is_once, ..plain(context, &text) }
}

/// A request with the context's own parts. A file needs no words; nothing else goes without.
fn plain(context: Context, text: &str) -> SendRequest {
    let (file, is_voice) = match context.file {
        FileFate::Goes { path, kind } => (Some(path), kind == MediaKind::VoiceMessage),
        _ => (None, false),
    };
    SendRequest {
        to: context.to,
        text: text.trim_end().into(),
        files: file.into_iter().collect(),
        is_voice,
        is_once: false,
        poll: None,
        styles: Vec::new(),
        mentions: Vec::new(),
        quote: context.quote,
        urgent: false,
    }
}

/// Who speaks: what stands in bold in front of a body, also of one that is edited.
pub(super) struct Head(Option<Private>);

impl Head {
    pub(super) fn of(author: &Author, title: Option<&Private>, speaker: Option<&Private>) -> Self {
        Self(label(author, title, speaker))
    }

    /// The body under this head, behind what comes before both.
    pub(super) fn before(&self, before: &str, body: Rich) -> Rich {
        let label = self.0.clone().map(|label| Rich::join([Rich::all(label, Look::Bold), " ".into()]));
        Rich::join([before.into(), label.unwrap_or_default(), body])
    }
}

fn notice_request(notice: &Notice, context: Context) -> SendRequest {
    let repeated = if context.repeated { notices::repeated() } else { String::new() };
    let text = repeated + &notices::words_of(notice, context.facts, &context.mentioned);
    SendRequest { quote: about(notice), ..plain(context, &text) }
}

/// The message of the owner that a notice quotes.
#[must_use]
pub fn about(notice: &Notice) -> Option<SignalQuote> {
    match notice {
        Notice::NotSent { about, .. }
        | Notice::FileNotSent { about, .. }
        | Notice::PictureLeftOut { about }
        | Notice::MaybeSent { about }
        | Notice::SentAfterAll { about }
        | Notice::NotChanged { about, .. }
        | Notice::NotRetried { about, .. }
        | Notice::QuoteLeadsNowhere { about }
        | Notice::Forget { about, .. }
        | Notice::NothingToForget { about }
        | Notice::Reacted { about, .. }
        | Notice::NotConfirmed { about } => Some(about.clone()),
        _ => None,
    }
}

/// Who speaks, and in which chat, where the conversation does not say it by itself.
fn label(author: &Author, title: Option<&Private>, speaker: Option<&Private>) -> Option<Private> {
    let title = title.map(Private::reveal);
    let member = || speaker.cloned().unwrap_or_else(|| member(author));
    let who = match (author, title) {
        (Author::Contact { .. }, None) => return None,
        (Author::Contact { .. }, Some(title)) => title.to_owned(),
        (Author::Owner, None) => "You".to_owned(),
        (Author::Owner, Some(title)) => format!("You → {title}"),
        (Author::Participant { .. }, None) => member().reveal().to_owned(),
        (Author::Participant { .. }, Some(title)) => format!("{title} · {}", member().reveal()),
    };
    Some(format!("{who} {}", labels::SPEAKER).into())
}

fn member(author: &Author) -> Private {
    named(author).unwrap_or_else(|| "Somebody".into())
}

/// What a member of a group is called, as far as the event says it.
pub(super) fn named(author: &Author) -> Option<Private> {
    let Author::Participant { address, alternative, push_name } = author else { return None };
    known_as(push_name.as_ref(), [address.as_ref(), alternative.as_ref()])
}

fn known_as(push_name: Option<&Private>, addresses: [Option<&Address>; 2]) -> Option<Private> {
    let given = push_name.and_then(|name| labels::self_given(name.reveal()));
    given.or_else(|| addresses.into_iter().flatten().find_map(|address| address.phone()))
}

/// What somebody who writes is called, for a line about it; nothing for the owner, and for who has no name.
#[must_use]
pub fn writer(author: &Author, chat: [Option<&Address>; 2]) -> Option<Private> {
    match author {
        Author::Owner => None,
        Author::Contact { push_name } => known_as(push_name.as_ref(), chat),
        Author::Participant { .. } => named(author),
    }
}

/// What a message is, if Signal shows a line instead of it.
#[must_use]
pub fn stands_for(content: &Content) -> Option<Unsupported> {
    match content {
        Content::Text(_) | Content::Media { .. } => None,
        Content::Thing(thing) => Some(thing.as_unsupported()),
        Content::Unsupported { what, .. } => Some(*what),
    }
}

fn words(said: &Content, context: &Context) -> Rich {
    let body = |text: &Private| mentioned::named(&wording::body(text), &context.mentioned);
    match said {
        Content::Text(text) => body(text),
        Content::Media { file, caption } => under(about_file(file, &context.file), caption.as_ref().map(body)),
        Content::Thing(thing) => things::words(thing, context.map.as_ref(), context.quote.is_some()),
        // A name or a question: WhatsApp reads no markers in it.
        Content::Unsupported { what, caption } => {
            let caption = caption.as_ref().map(|caption| labels::body(caption.reveal()).into());
            under(Some(notices::not_carried(*what)), caption)
        }
    }
}

/// A caption, under a line about what it is the caption of.
fn under(line: Option<String>, caption: Option<Rich>) -> Rich {
    let between = line.is_some() && caption.is_some();
    let between: Rich = if between { "\n" } else { "" }.into();
    Rich::join([line.unwrap_or_default().into(), between, caption.unwrap_or_default()])
}

/// The line about a file that is not there.
fn about_file(file: &MediaRef, fate: &FileFate) -> Option<String> {
    let what = file.kind.as_unsupported();
    match fate {
        FileFate::Goes { .. } => None,
        FileFate::Follows => Some(notices::on_its_way(what, file.once)),
        FileFate::Fails(why) => {
            let name = file.name.as_ref().and_then(|name| labels::name(name.reveal()));
            Some(notices::file_not_brought(what, name.as_ref(), *why))
        }
        FileFate::None => Some(notices::file_not_brought(what, None, MediaFailure::NoWay)),
    }
}

/// A quote whose message is not in this conversation (any more) is shown as text, as in a mail.
fn inline_quote(quote: &Quote) -> Option<String> {
    let text = wording::body(quote.text.as_ref()?);
    let first: String = text.reveal().lines().next().unwrap_or_default().chars().take(120).collect();
    (!first.trim().is_empty()).then(|| format!("> {first}\n"))
}

#[cfg(test)]
mod tests;
