//! Periods of channels and chats: what is refused, and whose goes.

use super::*;

const DAY: Duration = Duration::from_hours(24);

fn with(head: &str, of_channel: &str) -> Result<Config, ConfigError> {
    Config::from_toml(&format!("{head}\n{GOOD}\n[channels.retention]\n{of_channel}"))
}

#[test]
fn a_channel_and_a_chat_may_have_periods_of_their_own() {
    let bare = Config::from_toml(GOOD).unwrap();
    assert!(bare.channels[0].retention.period == DAY * 30 && !bare.channels[0].retention.disappearing);
    assert_eq!(with("retention.period = \"10d\"", "").unwrap().channels[0].retention.period, DAY * 10);
    let chats = "chats = [{ chat = \"+15550100300\", period = \"5m\" }, { chat = \"120363@g.us\", period = \"5y\" }]";
    let config = with("", &format!("period = \"90d\"\ndisappearing = \"retention\"\n{chats}")).unwrap();
    let channel = &config.channels[0].retention;
    assert!(channel.disappearing && channel.period == DAY * 90);
    assert_eq!(channel.chats[0], ("15550100300@c.us".into(), Duration::from_mins(5)));
    let periods = config.periods();
    assert_eq!((periods.general, periods.shortest()), (DAY * 30, Duration::from_mins(5)));
    assert!(periods.longest() > DAY * 1800);
    let shown = config.to_string();
    assert!(shown.contains("[channels.retention]\nperiod = \"2months 29days"), "{shown}");
    assert!(shown.contains("disappearing = \"retention\"\nchats = \"(2, hidden: 5m, 5years)\""), "{shown}");
    assert!(!shown.contains("5550100300") && !shown.contains("120363"), "{shown}");
}

#[test]
fn what_is_wrong_with_a_period_is_said_without_the_chat() {
    let chat = |chat: &str, period: &str| format!("chats = [{{ chat = \"{chat}\", period = {period} }}]");
    for (of_channel, key, allowed) in [
        ("period = \"10s\"".to_owned(), "channels.0.retention.period", "from 1m to"),
        ("disappearing = \"always\"".to_owned(), "channels.0.retention.disappearing", "\"off\" or \"retention\""),
        (chat("15550100300", "\"1d\""), "channels.0.retention.chats.0.chat", "numbers like"),
        (chat("+15550100300", "\"soon\""), "channels.0.retention.chats.0.period", "30d"),
        (chat("+15550100300", "7"), "channels.0.retention.chats.0.period", "expected"),
        (
            "chats = [{ chat = \"1@lid\", period = \"1d\" }, { chat = \"1@lid\", period = \"2d\" }]".to_owned(),
            "channels.0.retention.chats.1.chat",
            "named twice",
        ),
    ] {
        let error = with("", &of_channel).expect_err("must be refused").to_string();
        assert!(error.contains(key) && error.contains(allowed) && !error.contains("5550100300"), "{error}");
    }
    for of_channel in ["period = \"2y\"", "chats = [{ chat = \"1@lid\", period = \"2y\" }]"] {
        let error = with("retention.idle_portals = \"1y\"", of_channel).expect_err("must be refused").to_string();
        assert!(error.contains("not be longer than retention.idle_portals"), "{error}");
    }
}
