//! Contacts that are shared as vCards.

use serde_json::Value;

use super::json;
use crate::event::Card;
use crate::redact::Private;
use crate::whatsapp::kinds::Shape;
use crate::whatsapp::payload::MessagePayload;

const BEGIN: &str = "BEGIN:VCARD";

/// The contacts in a message; none if it holds no card.
pub(super) fn of(message: &MessagePayload, shape: &Shape<'_>) -> Vec<Card> {
    let given = message.v_cards.get().map(|cards| cards.iter().map(|card| read(card, None)).collect());
    given.filter(|cards: &Vec<Card>| !cards.is_empty()).unwrap_or_else(|| of_engine(message, shape))
}

/// As it stands in WhatsApp's own message: one, or several. WPP has nothing but the text.
fn of_engine(message: &MessagePayload, shape: &Shape<'_>) -> Vec<Card> {
    let Some(inner) = shape.inner else {
        let body = message.body.text().filter(|body| body.starts_with(BEGIN));
        return body.map(|body| read(&body.into(), None)).into_iter().collect();
    };
    let many = inner.get("contacts").and_then(Value::as_array);
    let each = many.map_or_else(|| vec![inner], |many| many.iter().collect());
    each.into_iter().filter_map(of_contact).collect()
}

fn of_contact(contact: &Value) -> Option<Card> {
    Some(read(&json::text(contact, &["vcard"])?, json::text(contact, &["displayName"])))
}

/// Reads as much of a vCard as a line about it says (RFC 6350 and its older forms).
fn read(vcard: &Private, shown_as: Option<Private>) -> Card {
    let whole = vcard.reveal().replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
    let values = |wanted: &str| {
        let lines = whole.lines().filter_map(|line| line.split_once(':'));
        let fits = lines.filter(move |(head, _)| property(head).eq_ignore_ascii_case(wanted));
        fits.map(|(_, value)| unescaped(value)).filter(|value| !value.is_empty()).map(Private::from).collect::<Vec<_>>()
    };
    let name = values("FN").into_iter().next().or(shown_as);
    Card { name, numbers: values("TEL"), vcard: vcard.clone() }
}

/// The name of a property, without its group and what describes it: `item1.TEL;waid=1` is `TEL`.
fn property(head: &str) -> &str {
    let name = head.split(';').next().unwrap_or_default();
    name.rsplit('.').next().unwrap_or_default().trim()
}

fn unescaped(value: &str) -> String {
    let text = value.replace("\\n", " ").replace("\\N", " ").replace("\\,", ",").replace("\\;", ";");
    text.replace("\\\\", "\\").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(vcard: &str) -> (Option<String>, Vec<String>) {
        let card = read(&vcard.into(), Some("shown".into()));
        let text = |text: &Private| text.reveal().to_owned();
        (card.name.as_ref().map(text), card.numbers.iter().map(text).collect())
    }

    #[test]
    fn a_name_and_every_number_are_found_in_all_forms() {
        let card = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:;Jane;;;\r\nFN:Jane\\, the\r\n  elder\r\nitem1.TEL;waid=911:+91 1\r\n\
                    TEL;type=CELL:+91 2\r\nX-FN:no\r\nEND:VCARD";
        assert_eq!(shown(card), (Some("Jane, the elder".into()), vec!["+91 1".into(), "+91 2".into()]));
        assert_eq!(shown("BEGIN:VCARD\nFN:\nEND:VCARD"), (Some("shown".into()), vec![]));
        assert_eq!(shown("no card"), (Some("shown".into()), vec![]));
    }
}
