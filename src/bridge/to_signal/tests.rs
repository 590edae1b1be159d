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
        stays_for: None,
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
        votes: false,
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
fn what_may_be_seen_once_does_not_come_twice() {
    let file = MediaRef { kind: MediaKind::Picture, place: None, name: None, size: None, once: true };
    let picture = message(Author::Contact { push_name: None }, Content::Media { file, caption: None });
    let Event::Message(message) = picture else { panic!("it is one") };
    let here = || FileFate::Goes { path: "/run/a.jpg".into(), kind: MediaKind::Picture };
    let late =
        |repeated| request(&Event::LateFile(message.clone()), Context { file: here(), repeated, ..context() }).unwrap();
    assert_eq!((late(false).is_once, late(false).files.len(), late(false).text.reveal()), (true, 1, ""));
    let again = late(true);
    assert!(!again.is_once && again.files.is_empty() && again.text.reveal().contains("may have come already"));
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
