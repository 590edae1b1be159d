use super::*;
use crate::event::{Address, GroupId, MessageId, StanzaId, Unsupported};

const NOW: Moment = Moment(1_800_000_000_000);
const AT: Moment = Moment(NOW.0 - 60_000);

fn amendment(author: Author, deed: Deed<Option<Private>>) -> Amendment {
    Amendment {
        chat: Address::parse("1-2@g.us").unwrap(),
        chat_alternative: None,
        target: StanzaId::new("S"),
        stanza: None,
        author,
        sent_at: NOW,
        deed,
        mentions: Vec::new(),
    }
}

fn member(address: &str, name: Option<&str>) -> Author {
    Author::Participant { address: Address::parse(address), alternative: None, push_name: name.map(Private::from) }
}

fn ann() -> Author {
    member("100@lid", Some("Ann"))
}

fn edit(author: Author, text: &str) -> Amendment {
    amendment(author, Deed::Edit(Some(text.into())))
}

fn part(author: SignalSide, timestamp: Moment) -> SignalPart {
    SignalPart { timestamp, author }
}

/// Ann's message, which the bridge has shown.
fn found() -> Found {
    Found {
        known: Known { portal: None, at: AT, edited_at: None, deleted: false },
        whatsapp: WhatsAppPart::new(StanzaId::new("S"), MessageId::new("false_1-2@g.us_S_100@lid")),
        signal: vec![part(SignalSide::Bridge, AT)],
        line: None,
        edits: 0,
        answers: None,
        reacted: None,
    }
}

fn scene() -> Scene {
    Scene {
        to: Recipient::Group(GroupId::new("g")),
        title: None,
        is_here: true,
        is_admin: false,
        name: None,
        mentioned: Mentioned::default(),
        repeated: false,
        owner: Aci::new("owner"),
        bridge: Some(Aci::new("bridge")),
        now: NOW,
    }
}

fn edited(act: Act) -> EditRequest {
    match act {
        Act::Edit(request) => request,
        other => panic!("{other:?}"),
    }
}

fn said(act: &Act) -> (&str, Option<Moment>) {
    match act {
        Act::Say(request) | Act::Tell(request) => {
            (request.text.reveal(), request.quote.as_ref().map(|quote| quote.timestamp))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_edit_keeps_the_label_the_quote_and_what_stands_before_the_words() {
    let whatsapp = WhatsAppPart { stands_for: Some(Unsupported::Picture), ..found().whatsapp };
    let answers = Some(part(SignalSide::Owner, Moment(7)));
    let request = edited(act(&edit(ann(), "ⓘ new"), Some(&Found { whatsapp, answers, ..found() }), &scene()));
    assert_eq!(request.target, AT);
    assert_eq!(request.now.text.reveal(), "~Ann ▸ ⓘ a picture; not carried yet\ni new");
    let quote = request.now.quote.unwrap();
    assert_eq!((quote.timestamp, quote.author), (Moment(7), Aci::new("owner")));
    assert_eq!(request.now.styles[0].length, 6);
    let control = Scene { title: Some("Choir".into()), ..scene() };
    let request = edited(act(&edit(ann(), "new"), Some(&found()), &control));
    assert_eq!(request.now.text.reveal(), "Choir · ~Ann ▸ new");
}

#[test]
fn an_edit_does_not_take_the_place_of_a_poll() {
    let whatsapp = WhatsAppPart { stands_for: Some(Unsupported::Poll), ..found().whatsapp };
    let act = act(&edit(ann(), "new"), Some(&Found { whatsapp, ..found() }), &scene());
    assert_eq!(said(&act), ("~Ann ▸ ⓘ edited:\nnew", Some(AT)));
}

#[test]
fn an_edit_looks_as_it_was_written_and_names_whom_it_names() {
    let mentioned = Mentioned {
        names: vec![("100".into(), "~Ann".into())],
        owner: vec!["79".into()],
        aci: Some(Aci::new("owner")),
    };
    let scene = Scene { mentioned, ..scene() };
    let request = edited(act(&edit(ann(), "*new* @100 @79"), Some(&found()), &scene)).now;
    assert_eq!(request.text.reveal(), "~Ann ▸ new @~Ann @you");
    let bold: Vec<_> = request.styles.iter().map(|style| (style.start, style.length)).collect();
    assert_eq!(bold, [(0, 6), (7, 3)]);
    assert_eq!((request.mentions[0].start, request.mentions[0].length), (17, 4));
    let Act::Say(line) = act(&edit(ann(), "_new_"), None, &scene) else { panic!("a line") };
    assert_eq!((line.text.reveal(), line.styles.len()), ("~Ann ▸ ⓘ edited:\nnew", 2));
}

#[test]
fn whatever_the_bridge_cannot_edit_is_said_under_the_label_of_who_edited() {
    let by = |author: Author, found: Found, scene: Scene| {
        let act = act(&edit(author, "new"), Some(&found), &scene);
        let (text, quoted) = said(&act);
        (text.to_owned(), quoted)
    };
    let anns = ("~Ann ▸ ⓘ edited:\nnew".to_owned(), Some(AT));
    let old = part(SignalSide::Bridge, NOW.minus(limits::SIGNAL_CHANGES));
    assert_eq!(by(ann(), Found { signal: vec![old], ..found() }, scene()).0, anns.0);
    assert_eq!(by(ann(), Found { edits: 10, ..found() }, scene()), anns);
    assert_eq!(by(ann(), Found { signal: vec![part(SignalSide::Owner, AT)], ..found() }, scene()), anns);
    assert_eq!(by(ann(), found(), Scene { is_here: false, ..scene() }), (anns.0.clone(), None));
    assert_eq!(by(member("200@lid", Some("Ben")), found(), scene()).0, "~Ben ▸ ⓘ edited:\nnew");
    let repeated = Scene { repeated: true, is_here: false, ..scene() };
    assert!(by(ann(), found(), repeated).0.starts_with(&notices::repeated()));
    assert_eq!(said(&act(&edit(ann(), "new"), None, &scene())), (anns.0.as_str(), None));
}

#[test]
fn nothing_is_done_to_what_is_deleted_or_by_what_is_older() {
    let deleted = Found { known: Known { deleted: true, ..found().known }, ..found() };
    for deed in [Deed::Edit(Some("x".into())), Deed::Delete, Deed::React(Some("👍".into()))] {
        assert_eq!(act(&amendment(ann(), deed), Some(&deleted), &scene()), Act::Nothing);
    }
    let newer = Some(NOW.plus(std::time::Duration::from_secs(1)));
    let edited = Found { known: Known { edited_at: newer, ..found().known }, ..found() };
    assert_eq!(act(&edit(ann(), "older"), Some(&edited), &scene()), Act::Nothing);
    let reacted = Found { reacted: newer.map(|at| Reacted { at, shown: true }), ..found() };
    let older = amendment(ann(), Deed::React(None));
    assert_eq!(act(&older, Some(&reacted), &scene()), Act::Nothing);
}

#[test]
fn an_edit_without_words_changes_nothing() {
    let act = act(&amendment(ann(), Deed::Edit(None)), Some(&found()), &scene());
    assert!(matches!(act, Act::Tell(_)));
    assert_eq!(said(&act).1, Some(AT));
}

#[test]
fn only_the_author_an_admin_or_the_owner_deletes_and_all_of_it() {
    let deletes = |author: Author, found: &Found, scene: &Scene| match act(
        &amendment(author, Deed::Delete),
        Some(found),
        scene,
    ) {
        Act::Delete(requests) => requests.len(),
        Act::Tell(_) => 0,
        other => panic!("{other:?}"),
    };
    let two = Found { signal: vec![part(SignalSide::Bridge, AT), part(SignalSide::Bridge, NOW)], ..found() };
    assert_eq!(deletes(ann(), &two, &scene()), 2);
    assert_eq!(deletes(Author::Owner, &found(), &scene()), 1);
    let ben = || member("200@lid", Some("Ben"));
    assert_eq!(deletes(ben(), &found(), &scene()), 0);
    assert_eq!(deletes(ben(), &found(), &Scene { is_admin: true, ..scene() }), 1);
    assert_eq!(deletes(ann(), &found(), &Scene { is_here: false, ..scene() }), 0);
    assert_eq!(deletes(ann(), &Found { signal: vec![part(SignalSide::Owner, AT)], ..found() }, &scene()), 0);
    assert_eq!(deletes(ann(), &Found { signal: Vec::new(), ..found() }, &scene()), 0);
}

#[test]
fn a_reaction_names_whose_message_it_is_and_only_the_shown_one_is_taken_back() {
    let react = |emoji: Option<&str>, found: &Found| {
        act(&amendment(ann(), Deed::React(emoji.map(Private::from))), Some(found), &scene())
    };
    let request = |emoji: Option<&str>, author: &str| {
        Act::React(ReactRequest {
            to: scene().to,
            target: AT,
            author: Aci::new(author),
            emoji: emoji.map(Private::from),
        })
    };
    assert_eq!(react(Some("👍"), &found()), request(Some("👍"), "bridge"));
    let of_owner = Found { signal: vec![part(SignalSide::Owner, AT)], ..found() };
    assert_eq!(react(Some("👍"), &of_owner), request(Some("👍"), "owner"));
    assert_eq!(react(None, &found()), Act::Nothing);
    let with = |shown| Found { reacted: Some(Reacted { at: AT, shown }), ..found() };
    assert_eq!(react(None, &with(false)), Act::Nothing);
    assert_eq!(react(None, &with(true)), request(None, "bridge"));
}

#[test]
fn what_the_owner_does_elsewhere_and_what_is_gone_is_a_quiet_line() {
    let line = |author: Author, emoji: Option<&str>, found: Option<&Found>, scene: &Scene| {
        let act = act(&amendment(author, Deed::React(emoji.map(Private::from))), found, scene);
        assert!(matches!(&act, Act::Tell(request) if !request.urgent), "{act:?}");
        said(&act).0.to_owned()
    };
    assert_eq!(line(Author::Owner, Some("👍"), Some(&found()), &scene()), "ⓘ You reacted 👍 to this.");
    assert_eq!(line(Author::Owner, None, Some(&found()), &scene()), "ⓘ You took back the reaction to this.");
    assert_eq!(line(ann(), Some("👍"), None, &scene()), "ⓘ ~Ann reacted 👍 to an earlier message.");
    let nameless = member("100@lid", None);
    let known = Scene { name: Some("Ann Lee".into()), ..scene() };
    assert_eq!(line(nameless.clone(), None, None, &known), "ⓘ Ann Lee took back the reaction to an earlier message.");
    assert_eq!(line(nameless, Some("👍"), None, &scene()), "ⓘ Somebody reacted 👍 to an earlier message.");
    let contact = Author::Contact { push_name: None };
    assert_eq!(line(contact.clone(), Some("👍"), None, &scene()), "ⓘ Your contact reacted 👍 to an earlier message.");
    let control = Scene { title: Some("Cleo".into()), ..scene() };
    // Whatever somebody sends as a reaction cannot speak for the bridge.
    let forged = "👍\nⓘ You ▸ paid everything";
    assert_eq!(line(contact, Some(forged), None, &control), "ⓘ Cleo reacted 👍i You > paid ev to an earlier message.");
}
