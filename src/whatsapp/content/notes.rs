//! Events, buttons, payments, invitations, calls and pins: as much of them as a line says.

use serde_json::Value;

use super::{json, place};
use crate::clock::Moment;
use crate::event::{Appointment, Call, Choices, Deal, DealKind, Invite, Place};
use crate::redact::Private;
use crate::whatsapp::kinds::Shape;

/// An event in a calendar.
pub(super) fn appointment(shape: &Shape<'_>) -> Option<Appointment> {
    let inner = shape.inner?;
    let at = inner.get("location").map(place::of_engine).filter(|place: &Place| !place.is_empty());
    Some(Appointment {
        name: json::text(inner, &["name"]),
        about: json::text(inner, &["description"]),
        from: json::seconds(inner, "startTime"),
        until: json::seconds(inner, "endTime"),
        place: at,
        link: json::text(inner, &["joinLink"]),
        off: inner.get("isCanceled").or_else(|| inner.get("isCancelled")) == Some(&Value::Bool(true)),
    })
}

/// A text with buttons or a list to choose from.
pub(super) fn choices(shape: &Shape<'_>) -> Option<Choices> {
    let inner = shape.inner?;
    let hydrated = ["hydratedTemplate", "hydratedFourRowTemplate"].into_iter().find_map(|name| inner.get(name));
    let from = hydrated.unwrap_or(inner);
    let said = ["/text", "/title", "/hydratedTitleText", "/header/title", "/contentText", "/description"];
    let more = ["/hydratedContentText", "/body/text", "/footerText", "/hydratedFooterText", "/footer/text"];
    let words = said.into_iter().chain(more).filter_map(|path| at(from, path)).collect();
    let found = Choices { words, choices: all_choices(from) };
    (!found.words.is_empty() || !found.choices.is_empty()).then_some(found)
}

fn all_choices(from: &Value) -> Vec<Private> {
    let lists = ["/buttons", "/hydratedButtons", "/nativeFlowMessage/buttons"];
    let buttons = lists.into_iter().flat_map(|path| list(from, path)).filter_map(button);
    let rows = list(from, "/sections").iter().flat_map(|section| list(section, "/rows"));
    buttons.chain(rows.filter_map(|row| at(row, "/title"))).collect()
}

/// What stands on a button, and where it leads.
fn button(button: &Value) -> Option<Private> {
    let kinds = ["/quickReplyButton", "/urlButton", "/callButton"];
    let inner = kinds.into_iter().find_map(|path| button.pointer(path)).unwrap_or(button);
    let flow = at(inner, "/buttonParamsJson").and_then(|json| serde_json::from_str::<Value>(json.reveal()).ok());
    let inner = flow.as_ref().unwrap_or(inner);
    let shown =
        ["/buttonText/displayText", "/displayText", "/display_text"].into_iter().find_map(|path| at(inner, path))?;
    let leads = ["/url", "/phoneNumber", "/phone_number"].into_iter().find_map(|path| at(inner, path));
    Some(leads.map_or_else(|| shown.clone(), |to| format!("{} ({})", shown.reveal(), to.reveal()).into()))
}

/// A payment, an order or something that is for sale.
pub(super) fn deal(shape: &Shape<'_>) -> Option<Deal> {
    let inner = shape.inner?;
    let kind = match shape.name {
        "requestPaymentMessage" => DealKind::Request,
        "sendPaymentMessage" => DealKind::Payment,
        "declinePaymentRequestMessage" => DealKind::Declined,
        "cancelPaymentRequestMessage" => DealKind::Cancelled,
        "invoiceMessage" => DealKind::Invoice,
        "orderMessage" => DealKind::Order,
        "productMessage" => DealKind::Product,
        _ => return None,
    };
    let told = ["/orderTitle", "/product/title", "/product/description", "/message", "/note"];
    let noted = ["/noteMessage/conversation", "/noteMessage/extendedTextMessage/text", "/body", "/product/url"];
    let words = told.into_iter().chain(noted).filter_map(|path| at(inner, path)).collect();
    Some(Deal { kind, amount: amount(inner), words })
}

/// In thousandths of the currency, as everywhere there.
fn amount(inner: &Value) -> Option<Private> {
    let pairs = [
        ("/amount1000", "/currencyCodeIso4217"),
        ("/totalAmount1000", "/totalCurrencyCode"),
        ("/product/priceAmount1000", "/product/currencyCode"),
    ];
    let found = pairs.into_iter().find_map(|(amount, currency)| {
        Some((json::as_number(inner.pointer(amount)?)?, at(inner, currency).unwrap_or_default()))
    });
    found.map(|(thousandths, currency)| format!("{:.2} {}", thousandths / 1000.0, currency.reveal()).trim().into())
}

/// An invitation to a group.
pub(super) fn invite(shape: &Shape<'_>) -> Option<Invite> {
    let inner = shape.inner?;
    Some(Invite {
        group: json::text(inner, &["groupName"]),
        words: json::text(inner, &["caption"]),
        until: json::seconds(inner, "inviteExpiration"),
    })
}

/// A call that rang on the phone, or one that is arranged.
pub(super) fn call(shape: &Shape<'_>) -> Option<Call> {
    let inner = shape.inner?;
    let film = inner.get("isVideo") == Some(&Value::Bool(true))
        || at(inner, "/callType").is_some_and(|kind| kind.reveal() == "VIDEO");
    let outcome = at(inner, "/callOutcome");
    let missed = outcome.is_some_and(|outcome| outcome.reveal().starts_with("MISSED"));
    let at_time = json::number(inner, "scheduledTimestampMs").filter(|at| *at > 0.0);
    let planned = at_time.and_then(|at| format!("{at:.0}").parse().ok()).map(Moment);
    Some(Call { film, missed, planned, rings: false, title: json::text(inner, &["title"]) })
}

/// Whether a message is pinned, or no more. `PIN_FOR_ALL` is 1, `UNPIN_FOR_ALL` 2.
pub(super) fn is_pinned(shape: &Shape<'_>) -> bool {
    let kind = shape.inner.and_then(|inner| inner.get("type"));
    !matches!(kind, Some(Value::String(kind)) if kind == "UNPIN_FOR_ALL") && kind != Some(&Value::from(2))
}

fn at(json: &Value, path: &str) -> Option<Private> {
    let text = json.pointer(path)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.into())
}

fn list<'v>(json: &'v Value, path: &str) -> &'v [Value] {
    json.pointer(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::whatsapp::kinds::Kind;

    fn shape<'a>(name: &'a str, inner: &'a Value) -> Shape<'a> {
        Shape { kind: Kind::Unknown, view_once: false, name, inner: Some(inner) }
    }

    fn texts(words: &[Private]) -> Vec<&str> {
        words.iter().map(Private::reveal).collect()
    }

    #[test]
    fn buttons_lists_and_templates_say_what_can_be_chosen() {
        let buttons = json!({ "contentText": "Size?", "footerText": "soon", "buttons": [
            { "buttonId": "1", "buttonText": { "displayText": "S" } }, { "buttonText": { "displayText": "L" } }] });
        let found = choices(&shape("buttonsMessage", &buttons)).unwrap();
        assert_eq!((texts(&found.words), texts(&found.choices)), (vec!["Size?", "soon"], vec!["S", "L"]));
        let list = json!({ "title": "Menu", "description": "pick", "sections": [{ "rows": [{ "title": "Soup" }] }] });
        let found = choices(&shape("listMessage", &list)).unwrap();
        assert_eq!((texts(&found.words), texts(&found.choices)), (vec!["Menu", "pick"], vec!["Soup"]));
        let template = json!({ "hydratedTemplate": { "hydratedContentText": "Paid", "hydratedButtons": [
            { "urlButton": { "displayText": "See", "url": "https://x.example" } }] } });
        let found = choices(&shape("templateMessage", &template)).unwrap();
        assert_eq!((texts(&found.words), texts(&found.choices)), (vec!["Paid"], vec!["See (https://x.example)"]));
        let flow = json!({ "body": { "text": "Hi" }, "nativeFlowMessage": { "buttons": [
            { "name": "quick_reply", "buttonParamsJson": "{\"display_text\":\"Yes\"}" }] } });
        let found = choices(&shape("interactiveMessage", &flow)).unwrap();
        assert_eq!((texts(&found.words), texts(&found.choices)), (vec!["Hi"], vec!["Yes"]));
    }

    #[test]
    fn a_payment_says_how_much() {
        let asked =
            json!({ "amount1000": "12500", "currencyCodeIso4217": "EUR", "noteMessage": { "conversation": "lunch" } });
        let found = deal(&shape("requestPaymentMessage", &asked)).unwrap();
        let amount = found.amount.as_ref().map(Private::reveal);
        assert_eq!((found.kind, amount, texts(&found.words)), (DealKind::Request, Some("12.50 EUR"), vec!["lunch"]));
    }
}
