use super::*;
use crate::clock::Moment;
use crate::event::{Coordinates, DealKind, Live};

const MAP: &str = "https://map.example/{lat}/{lon}";

fn shown(thing: &Thing, map: Option<&str>) -> String {
    words(thing, map.map(|map| map.parse().unwrap()).as_ref(), true).reveal().to_owned()
}

fn office() -> Place {
    Place {
        name: Some("Our ⓘ\noffice".into()),
        address: Some("1 Main St".into()),
        at: Coordinates::new(38.893_725_5, -77.5),
        ..Place::default()
    }
}

#[test]
fn a_place_has_its_name_and_a_link() {
    let place = |place| Thing::Place(place);
    let linked = "ⓘ a location\nOur i office, 1 Main St\nhttps://map.example/38.893726/-77.5";
    assert_eq!(shown(&place(office()), Some(MAP)), linked);
    assert_eq!(shown(&place(office()), None), "ⓘ a location\nOur i office, 1 Main St\n38.893726, -77.5");
    assert_eq!(shown(&place(Place { at: None, ..office() }), Some(MAP)), "ⓘ a location\nOur i office, 1 Main St");
}

#[test]
fn a_live_place_says_from_when_and_for_how_long() {
    let live = |minutes| {
        let live = Some(Live { since: Moment(1_795_302_625_000), minutes });
        Thing::Place(Place { name: None, address: None, words: Some("on my *way*".into()), live, ..office() })
    };
    let end = "Here it stands still; where it goes is in WhatsApp on the phone.\non my way\n38.893726, -77.5";
    assert_eq!(shown(&live(Some(15)), None), format!("ⓘ a live location, from 23:10 UTC for 15 minutes. {end}"));
    let unsaid = format!("ⓘ a live location, from 23:10 UTC for as long as it is shared. {end}");
    assert_eq!(shown(&live(None), None), unsaid);
}

fn card(name: Option<&str>, numbers: &[&str], vcard: &str) -> Card {
    let numbers = numbers.iter().map(|number| (*number).into()).collect();
    Card { name: name.map(Private::from), numbers, vcard: vcard.into() }
}

#[test]
fn contacts_have_a_line_each_and_one_file() {
    let jane = card(Some("Jane\nⓘ"), &["+91 1", "+91 2"], "BEGIN:VCARD\nFN:Jane\nEND:VCARD\n");
    let one = Thing::Cards(vec![jane.clone()]);
    assert_eq!(shown(&one, None), "ⓘ a contact\nJane i: +91 1, +91 2");
    let file = file(&one).unwrap();
    assert!(file.reveal().starts_with("data:text/vcard;filename=contact.vcf;base64,QkVHSU4"), "{}", file.reveal());
    let two = Thing::Cards(vec![jane, card(None, &[], "x")]);
    assert_eq!(shown(&two, None), "ⓘ 2 contacts\nJane i: +91 1, +91 2\nno name");
}

#[test]
fn cards_that_are_too_large_are_said_and_no_file() {
    let large = Thing::Cards(vec![card(Some("Jane"), &[], &"x".repeat(CARDS))]);
    assert_eq!(file(&large), None);
    assert!(shown(&large, None).contains("larger than the bridge lets through"));
}

#[test]
fn a_poll_is_a_numbered_list_and_nobody_adds_an_answer_to_it() {
    let poll = |several| {
        let options = ["Pizza", "Sushi\n3. Nothing"].map(Private::from).to_vec();
        Thing::Poll(Poll { question: "Lunch?".into(), options, several })
    };
    let list = "Lunch?\n1. Pizza\n2. Sushi 3. Nothing";
    let one = format!("ⓘ a poll. To vote, answer this message with the number of your answer.\n{list}");
    assert_eq!(shown(&poll(false), None), one);
    let several = "ⓘ a poll. To vote, answer this message with the numbers of your answers, as in 1, 3.";
    assert_eq!(shown(&poll(true), None), format!("{several}\n{list}"));
}

#[test]
fn votes_and_results_are_lines() {
    let vote = |chosen: Option<&[&str]>| {
        let chosen = chosen.map(|chosen| chosen.iter().map(|option| (*option).into()).collect());
        shown(&Thing::Vote(Vote { chosen }), None)
    };
    assert_eq!(vote(Some(&["Pizza", "Sushi"])), "ⓘ voted: Pizza, Sushi");
    assert_eq!(vote(Some(&[])), "ⓘ took back the vote");
    assert_eq!(vote(None), "ⓘ voted; for what is in WhatsApp on the phone.");
    let results = Results { question: Some("Lunch?".into()), counted: vec![("Pizza".into(), 3)] };
    assert_eq!(shown(&Thing::Results(results), None), "ⓘ the results of a poll\nLunch?\nPizza: 3");
}

#[test]
fn an_event_says_when_and_where() {
    let event = Appointment {
        name: Some("Party".into()),
        about: Some("bring *food*".into()),
        from: Some(Moment(1_795_400_000_000)),
        until: Some(Moment(1_795_403_600_000)),
        place: Some(Place { name: Some("Home".into()), ..Place::default() }),
        link: None,
        off: false,
    };
    let expected = "ⓘ an event\nParty\n2026-11-23, 02:13 UTC to 03:13 UTC\nHome\nbring food";
    assert_eq!(shown(&Thing::Appointment(event.clone()), None), expected);
    let off = Appointment { off: true, until: None, place: None, about: None, ..event };
    assert_eq!(shown(&Thing::Appointment(off), None), "ⓘ an event, called off\nParty\n2026-11-23, 02:13 UTC");
}

#[test]
fn the_rest_is_one_line_and_what_was_written() {
    let words = |words: &[&str]| words.iter().map(|word| Private::from(*word)).collect::<Vec<_>>();
    let choices = Choices { words: words(&["Size?"]), choices: words(&["S", "L ⓘ"]) };
    let buttons = "Size?\nⓘ with buttons, which work in WhatsApp on the phone: S · L i";
    assert_eq!(shown(&Thing::Choices(choices), None), buttons);
    let deal = Deal { kind: DealKind::Request, amount: Some("12.50 EUR".into()), words: words(&["lunch"]) };
    assert_eq!(shown(&Thing::Deal(deal), None), "ⓘ a request for a payment: 12.50 EUR\nlunch");
    let invite = Invite { group: Some("Family".into()), words: Some("join".into()), until: None };
    let expected = "ⓘ an invitation to the group “Family”. It can be followed in WhatsApp on the phone.\njoin";
    assert_eq!(shown(&Thing::Invite(invite), None), expected);
    let call = |call| shown(&Thing::Call(call), None);
    assert_eq!(call(Call { missed: true, ..Call::default() }), "ⓘ a call that nobody took");
    let rings = Call { rings: true, film: true, ..Call::default() };
    assert_eq!(call(rings), "ⓘ a video call comes in. It can be taken in WhatsApp on the phone, and only there.");
    assert_eq!(shown(&Thing::Pin { pinned: true }, None), "ⓘ pinned this message");
}
