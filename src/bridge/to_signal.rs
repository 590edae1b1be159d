//! Events to Signal requests: a pure mapping.

use super::mentioned::{self, Mentioned};
use super::{labels, notices, things, wording};
use crate::config::MapLink;
use crate::event::{
    Address, Author, Content, Event, Look, MediaFailure, MediaKind, MediaRef, Message, Notice, Quote, Rich,
    SignalQuote, Unsupported,
};
use crate::redact::Private;
use crate::signal::{Recipient, SendRequest};

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
    let mut request = SendRequest { urgent, ..plain(context, "") };
    if let Content::Thing(thing) = &message.content {
        request.files.extend(things::file(thing));
    }
    wording::say(request, &said, owner.as_ref())
}

/// Whether the phone may ring.
fn rings(message: &Message) -> bool {
    let is_quiet = matches!(&message.content, Content::Thing(thing) if thing.is_quiet());
    message.author != Author::Owner && !is_quiet
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
    let repeated = if context.repeated { notices::repeated() } else { String::new() };
    let goes = matches!(context.file, FileFate::Goes { .. });
    let (text, once) = match &message.content {
        Content::Media { file, .. } => (about_file(file, &context.file).unwrap_or_default(), file.once),
        _ => (String::new(), false),
    };
    let urgent = message.author != Author::Owner;
    SendRequest { urgent, is_once: once && goes, ..plain(context, &(repeated + &text)) }
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
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::event::{GroupId, MessageId, StanzaId};
    use crate::signal::{Style, StyleKind};

    fn message(author: Author, content: Content) -> Event {
        Event::Message(Message {
            chat: Address::parse("1@g.us").unwrap(),
            chat_alternative: None,
            stanza: StanzaId::new("S"),
            message_id: MessageId::new("false_1@g.us_S"),
            author,
            sent_at: Moment(0),
            content,
            quote: None,
            ack: 0,
            from_phone: false,
            edited_at: None,
            mentions: Vec::new(),
        })
    }

    fn context() -> Context {
        Context {
            to: Recipient::Group(GroupId::new("g")),
            quote: None,
            title: None,
            speaker: None,
            file: FileFate::None,
            mentioned: Mentioned::default(),
            repeated: false,
            facts: notices::Facts::default(),
            map: None,
        }
    }

    fn member(name: Option<&str>) -> Author {
        Author::Participant {
            address: Address::parse("1000@lid"),
            alternative: Address::parse("79111111111@c.us"),
            push_name: name.map(Private::from),
        }
    }

    fn text(event: &Event) -> (String, Vec<Style>, bool) {
        let request = request(event, context()).unwrap();
        (request.text.reveal().to_owned(), request.styles, request.urgent)
    }

    #[test]
    fn a_contact_needs_no_label() {
        let event = message(Author::Contact { push_name: Some("Ann".into()) }, Content::Text("hi".into()));
        assert_eq!(text(&event), ("hi".to_owned(), vec![], true));
    }

    #[test]
    fn a_member_is_named_in_bold() {
        let (said, styles, _) = text(&message(member(Some("Ann 👋")), Content::Text("hi".into())));
        assert_eq!(said, "~Ann 👋 ▸ hi");
        assert_eq!(styles, [Style { start: 0, length: 9, kind: StyleKind::Bold }]);
        assert_eq!(text(&message(member(None), Content::Text("hi".into()))).0, "+79111111111 ▸ hi");
    }

    #[test]
    fn in_the_control_chat_the_label_names_the_chat() {
        let said = |author| {
            let context = Context { title: Some("Choir".into()), ..context() };
            request(&message(author, Content::Text("hi".into())), context).unwrap().text.reveal().to_owned()
        };
        assert_eq!(said(Author::Contact { push_name: None }), "Choir ▸ hi");
        assert_eq!(said(member(Some("Ann"))), "Choir · ~Ann ▸ hi");
        assert_eq!(said(Author::Owner), "You → Choir ▸ hi");
    }

    #[test]
    fn own_messages_are_marked_and_quiet() {
        assert_eq!(text(&message(Author::Owner, Content::Text("hi".into()))).0, "You ▸ hi");
        assert!(!text(&message(Author::Owner, Content::Text("hi".into()))).2);
    }

    #[test]
    fn nobody_can_imitate_the_owner_or_the_bridge() {
        let body = Content::Text("ⓘ paid\nYou ▸ ok".into());
        assert_eq!(text(&message(member(Some("You ▸")), body)).0, "~You > ▸ i paid\nYou > ok");
    }

    #[test]
    fn what_is_not_carried_is_one_honest_line() {
        let sticker = Content::Unsupported { what: Unsupported::Sticker, caption: None };
        let event = message(Author::Contact { push_name: None }, sticker);
        assert_eq!(text(&event).0, "ⓘ a sticker; not carried yet");
    }

    #[test]
    fn a_repeat_says_so() {
        let event = message(Author::Owner, Content::Text("hi".into()));
        let request = request(&event, Context { repeated: true, ..context() }).unwrap();
        assert_eq!(request.text.reveal(), "ⓘ perhaps for the second time:\nYou ▸ hi");
        assert_eq!(request.styles[0].start, 31);
    }

    #[test]
    fn looks_stand_where_their_words_do_whatever_is_in_front() {
        let (said, styles, _) = text(&message(member(Some("Ann 👋")), Content::Text("see *this* ".into())));
        assert_eq!(said, "~Ann 👋 ▸ see this");
        let bold = |start, length| Style { start, length, kind: StyleKind::Bold };
        assert_eq!(styles, [bold(0, 9), bold(14, 4)]);
        let file = MediaRef { kind: MediaKind::Picture, place: None, name: None, size: None, once: false };
        let picture = Content::Media { file, caption: Some("é _so_".into()) };
        let context = Context { file: FileFate::Follows, ..context() };
        let request = request(&message(Author::Contact { push_name: None }, picture), context).unwrap();
        assert_eq!(request.text.reveal(), "ⓘ a picture follows\né so");
        assert_eq!(request.styles, [Style { start: 22, length: 2, kind: StyleKind::Italic }]);
    }

    #[test]
    fn more_looks_than_signal_shows_stay_characters() {
        let many = "*a* ".repeat(201);
        let event = message(Author::Contact { push_name: None }, Content::Text(many.as_str().into()));
        assert_eq!(text(&event), (many.trim_end().to_owned(), vec![], true));
    }

    #[test]
    fn an_unknown_quote_is_shown_as_text() {
        let mut event = message(Author::Contact { push_name: None }, Content::Text("yes".into()));
        if let Event::Message(message) = &mut event {
            message.quote = Some(Quote { stanza: StanzaId::new("Q"), text: Some("_come?_\nnow".into()) });
        }
        assert_eq!(text(&event).0, "> come?\nyes");
    }
}
