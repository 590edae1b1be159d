//! Several channels in one process, and who the owner is.

use std::time::Duration;

use crate::house::{ALICE, House, OWNER, SOON};
use rialto::app::App;
use rialto::clock::Clock;
use rialto::config::Config;
use simulator::waha::WahaOptions;
use tokio_util::sync::CancellationToken;

/// Two households on one bridge: the same contact writes to both, and each answer goes where it was asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_channels_never_mix() {
    // No two channels share account and owner, so the second bridge account has a number of its own.
    let options = WahaOptions { ordered: true, ..WahaOptions::default() };
    let (one, two) =
        (House::new().await, House::with(options, |options| options.account = "+15550100101".into()).await);
    let second = two.toml("127.0.0.1:0", "127.0.0.1:0");
    let second = second.split("[[channels]]").nth(1).unwrap().replace("\"home\"", "\"work\"");
    let toml = format!("{}\n[[channels]]{second}", one.toml("127.0.0.1:0", "127.0.0.1:0"));
    let app = App::prepare(Config::from_toml(&toml).unwrap(), Clock::system()).await.unwrap();
    let address = app.webhook_address().unwrap();
    one.waha.set_webhook(format!("http://{address}/webhooks/waha/home"));
    two.waha.set_webhook(format!("http://{address}/webhooks/waha/work"));
    let stop = CancellationToken::new();
    let bridge = tokio::spawn(app.run(stop.clone()));

    one.waha.says(ALICE, "to the first");
    two.waha.says(ALICE, "to the second");
    let (first, second) = (one.group_of("to the first").await, two.group_of("to the second").await);
    one.signal.owner_says(&first, "from the first");
    two.signal.owner_says(&second, "from the second");
    // A group of the other channel is no portal of this one.
    two.signal.owner_says(&first, "in the other's group");
    assert!(one.waha.wait_sent(1, SOON).await && two.waha.wait_sent(1, SOON).await);
    assert!(two.signal.wait_until(SOON, |signal| signal.queued() == 0).await);
    let sent = |house: &House| house.waha.sent().into_iter().map(|sent| sent.text).collect::<Vec<_>>();
    assert_eq!((sent(&one), sent(&two)), (vec!["from the first".to_owned()], vec!["from the second".to_owned()]));
    assert!(two.signal.wait_until(SOON, |signal| signal.inbox().len() == 2).await, "the owner is told");
    assert_eq!(one.texts().len(), 1);
    assert!(two.texts()[1].contains("leads to no WhatsApp chat"), "{:?}", two.texts());
    stop.cancel();
    bridge.await.unwrap();
}

/// A number is resolved once and pinned: when it moves to somebody else, the owner stays who it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_by_number_is_pinned() {
    let number = "+15550100200";
    let house = House::with(WahaOptions::default(), |options| {
        options.owner_number = number.into();
    })
    .await;
    let toml = house.toml("127.0.0.1:0", "127.0.0.1:0").replace(OWNER, number);
    let run = async |toml: &str| {
        let app = App::prepare(Config::from_toml(toml).unwrap(), Clock::system()).await.unwrap();
        house.waha.set_webhook(format!("http://{}/webhooks/waha/home", app.webhook_address().unwrap()));
        let stop = CancellationToken::new();
        (stop.clone(), tokio::spawn(app.run(stop)))
    };
    let (stop, bridge) = run(&toml).await;
    house.waha.says(ALICE, "hello");
    let group = house.group_of("hello").await;
    stop.cancel();
    bridge.await.unwrap();
    let asked = |house: &House| house.signal.calls().iter().filter(|(method, _)| method == "getUserStatus").count();
    assert_eq!(asked(&house), 1);

    let (stop, bridge) = run(&toml).await;
    house.signal.owner_says(&group, "still me");
    assert!(house.waha.wait_sent(1, Duration::from_mins(1)).await);
    assert_eq!(asked(&house), 1, "Signal is not asked again");
    stop.cancel();
    bridge.await.unwrap();
}
