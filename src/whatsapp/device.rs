//! Whether a message of the owner was sent by the phone itself: the one sign of life of the phone that WAHA hands on.

use super::payload::MessagePayload;

/// GOWS names the sending device, and the phone is the one without a number. Of the other engines only the id tells: the
/// apps of iOS and Android make ids of their own forms. A tablet that is linked makes such ids too, so the phone may seem
/// to be there when it is not; never the other way round.
pub(super) fn is_phone(message: &MessagePayload, stanza: &str) -> bool {
    let info = message.data.get().and_then(|data| data.info.get());
    match info.and_then(|info| info.sender.text()) {
        Some(sender) => has_no_number(sender),
        None => is_made_by_an_app(stanza),
    }
}

fn has_no_number(sender: &str) -> bool {
    let user = sender.split('@').next().unwrap_or_default();
    user.split_once(':').is_none_or(|(_, device)| device == "0")
}

/// iOS: `3A` and 18 more digits. Android: 32 digits. WhatsApp Web and WAHA: `3EB0` and others.
fn is_made_by_an_app(stanza: &str) -> bool {
    let is_hex = stanza.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte));
    is_hex && !stanza.starts_with("3EB0") && (stanza.len() == 32 || stanza.len() == 20 && stanza.starts_with("3A"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phone_is_the_device_without_a_number() {
        for (sender, phone) in [
            ("79220000001@s.whatsapp.net", true),
            ("100000000000001@lid", true),
            ("79220000001:0@s.whatsapp.net", true),
            ("79220000001:12@s.whatsapp.net", false),
        ] {
            assert_eq!(has_no_number(sender), phone, "{sender}");
        }
    }

    #[test]
    fn ids_of_the_apps_are_told_from_those_of_the_web() {
        for (stanza, phone) in [
            ("3A5D0C6A2E9F4B7C8D10", true),
            ("AC77C28A96045A41DA52D5DAF48AABE0", true),
            ("A58ABF7E57AFAC708DE26939A11F9292", true),
            ("3EB0165D0C6A2E9F4B7C8D", false),
            ("3EB0165D0C6A2E9F4B7C", false),
            ("", false),
        ] {
            assert_eq!(is_made_by_an_app(stanza), phone, "{stanza}");
        }
    }
}
