//! A place that the owner shares with the first person.

use crate::house::House;
use crate::talk::chat;

pub(crate) fn share(house: &House) {
    let (_, group) = house.find("w1 0").expect("it has come");
    house.signal.owner_says(&group.expect("the chat has its group"), "geo:52.5,13.4");
}

/// Once, or not and the owner knows that it may not have been; and nowhere else.
pub(crate) fn is_shared_once(house: &House) -> bool {
    let sent = house.waha.sent_things();
    let told = house.texts().iter().any(|text| text.starts_with("ⓘ May have been sent"));
    sent.iter().all(|thing| thing.chat_id == chat(1)) && (sent.len() == 1 || (sent.is_empty() && told))
}
