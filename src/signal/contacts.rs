//! Contacts that the owner shares, as cards. Pure.

use super::envelope::{Labelled, SharedContact};
use crate::event::Card;
use crate::redact::Private;

/// A contact, with all that signal-cli says of it but the picture.
pub(super) fn card(contact: &SharedContact) -> Card {
    let numbers = values(contact.phone.as_deref());
    let name = name(contact).or_else(|| contact.organization.clone()).or_else(|| numbers.first().cloned());
    Card { vcard: vcard(contact, name.as_ref(), &numbers).into(), name, numbers }
}

fn name(contact: &SharedContact) -> Option<Private> {
    let name = contact.name.as_ref()?;
    let parts = [&name.prefix, &name.given, &name.middle, &name.family, &name.suffix];
    let whole: Vec<_> = parts.into_iter().flatten().map(|part| part.reveal().trim()).collect();
    let whole = whole.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    (!whole.is_empty()).then(|| whole.into()).or_else(|| name.nickname.clone())
}

fn values(of: Option<&[Labelled]>) -> Vec<Private> {
    of.unwrap_or_default()
        .iter()
        .filter_map(|labelled| labelled.value.clone())
        .filter(|value| !value.is_empty())
        .collect()
}

/// vCard 3.0, as WhatsApp's apps write it: with `waid` a number can be written to with one touch.
fn vcard(contact: &SharedContact, name: Option<&Private>, numbers: &[Private]) -> String {
    let mut lines = vec!["BEGIN:VCARD".to_owned(), "VERSION:3.0".to_owned()];
    let part = |part: fn(&super::envelope::ContactName) -> &Option<Private>| {
        contact.name.as_ref().and_then(|name| part(name).as_ref()).map_or_else(String::new, escaped)
    };
    lines.push(format!(
        "N:{};{};{};{};{}",
        part(|name| &name.family),
        part(|name| &name.given),
        part(|name| &name.middle),
        part(|name| &name.prefix),
        part(|name| &name.suffix)
    ));
    lines.push(format!("FN:{}", name.map_or_else(String::new, escaped)));
    lines.extend(contact.organization.as_ref().map(|organization| format!("ORG:{};", escaped(organization))));
    lines.extend(numbers.iter().map(number));
    lines.extend(values(contact.email.as_deref()).iter().map(|mail| format!("EMAIL:{}", escaped(mail))));
    lines.extend(contact.address.iter().flatten().map(|address| {
        let parts = [&address.pobox, &address.neighborhood, &address.street, &address.city, &address.region];
        let rest = [&address.postcode, &address.country];
        let parts = parts.into_iter().chain(rest).map(|part| part.as_ref().map_or_else(String::new, escaped));
        format!("ADR:{}", parts.collect::<Vec<_>>().join(";"))
    }));
    lines.push("END:VCARD".to_owned());
    lines.join("\n")
}

fn number(number: &Private) -> String {
    let digits: String = number.reveal().chars().filter(char::is_ascii_digit).collect();
    let international = number.reveal().starts_with('+') && !digits.is_empty();
    let id = if international { format!(";waid={digits}") } else { String::new() };
    format!("TEL;type=CELL;type=VOICE{id}:{}", escaped(number))
}

/// A value stays in its place, whatever somebody called themselves.
fn escaped(text: &Private) -> String {
    let text = text.reveal().replace('\\', "\\\\").replace(',', "\\,").replace(';', "\\;");
    text.lines().collect::<Vec<_>>().join("\\n").replace('\r', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_becomes_a_card_whose_lines_nobody_can_break() {
        let json = r#"{"name":{"nickname":null,"given":"Jane;","family":"Do\ne","prefix":null,"suffix":null,"middle":null},
            "phone":[{"value":"+91 11","type":"MOBILE","label":null},{"value":"030","type":"HOME","label":null}],
            "email":[{"value":"j@x.example","type":"HOME","label":null}],
            "address":[{"type":"HOME","label":null,"street":"Main St 1","pobox":null,"neighborhood":null,"city":"Town",
            "region":null,"postcode":"1","country":"X"}],"organization":"Co, Ltd"}"#;
        let card = card(&serde_json::from_str(json).unwrap());
        let expected = "BEGIN:VCARD\nVERSION:3.0\nN:Do\\ne;Jane\\;;;;\nFN:Jane\\; Do\\ne\nORG:Co\\, Ltd;\n\
                        TEL;type=CELL;type=VOICE;waid=9111:+91 11\nTEL;type=CELL;type=VOICE:030\nEMAIL:j@x.example\n\
                        ADR:;;Main St 1;Town;;1;X\nEND:VCARD";
        assert_eq!(card.vcard.reveal(), expected);
        assert_eq!(card.numbers.len(), 2);
    }

    #[test]
    fn who_has_no_name_is_called_by_what_there_is() {
        let called = |json: &str| card(&serde_json::from_str(json).unwrap()).name.map(|name| name.reveal().to_owned());
        assert_eq!(called(r#"{"organization":"Co"}"#), Some("Co".to_owned()));
        assert_eq!(called(r#"{"phone":[{"value":"030"}]}"#), Some("030".to_owned()));
        assert_eq!(called("{}"), None);
    }
}
