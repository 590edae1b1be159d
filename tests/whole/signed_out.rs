//! The bridge's own account is turned away by Signal, or gone from signal-cli: a clear state, an alarm by the second path,
//! nothing lost, nothing tried in a loop.

use std::time::Duration;

use rialto::clock::Clock;
use simulator::signal_cli::Standing;

use crate::house::{self, ALICE, Bridge, House, clock, turn_until};
use crate::outside::Outside;

const STEP: Duration = Duration::from_millis(200);
const MINUTE: Duration = Duration::from_mins(1);

fn sends(house: &House) -> usize {
    house.signal.calls().iter().filter(|(method, _)| method == "send").count()
}

fn count(house: &House, words: &str) -> usize {
    house.texts().iter().filter(|text| text.contains(words)).count()
}

async fn state_is(bridge: &Bridge, state: &str) -> bool {
    house::health_shows(&bridge.admin, &[("/channels/0/signal/state", state.into())]).await
}

/// Waits for it while the clock goes on.
async fn turns_to(bridge: &Bridge, time: &Clock, state: &str) {
    let turning = async {
        while house::health(&bridge.admin).await.pointer("/channels/0/signal/state") != Some(&state.into()) {
            time.advance(Duration::from_secs(5));
        }
    };
    let turned = tokio::time::timeout(house::SOON, turning).await;
    assert!(turned.is_ok(), "not {state}: {:#}", house::health(&bridge.admin).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_signal_turns_away_waits_and_is_said_by_the_second_path() {
    for (standing, state) in
        [(Standing::TurnedAway, "signed_out"), (Standing::Unreachable, "signed_out"), (Standing::Missing, "no_account")]
    {
        let (house, outside, time) = (House::new().await, Outside::new().await, clock());
        let bridge = house.bridge_more(&outside.config(), time.clone()).await;
        house.waha.says(ALICE, "first");
        assert!(turn_until(&time, STEP, || house.find("first").is_some()).await);
        house.signal.account_is(standing);
        house.waha.says(ALICE, "second");
        turns_to(&bridge, &time, state).await;
        house.waha.says(ALICE, "third");
        assert!(turn_until(&time, MINUTE, || outside.alarms().len() == 1).await, "{standing:?}");
        let tried = sends(&house);
        assert!(outside.alarms()[0].body.starts_with("Signal does not take Rialto's own account"), "{standing:?}");
        let begun = time.now();
        assert!(turn_until(&time, MINUTE, || time.now().since(begun) > MINUTE * 120).await);
        assert_eq!((sends(&house), outside.alarms().len()), (tried, 1), "{standing:?}: no loop, said once");
        assert!(state_is(&bridge, state).await);

        house.signal.account_is(Standing::Good);
        assert!(
            turn_until(&time, STEP * 10, || house.find("third").is_some()).await,
            "{standing:?} {:?}",
            house.texts()
        );
        let all_clear = turn_until(&time, MINUTE, || outside.alarms().len() == 2).await;
        assert!(all_clear, "{standing:?} {:?}", outside.alarms());
        assert!(turn_until(&time, STEP, || count(&house, "could not reach Signal for") == 1).await);
        let texts: Vec<_> = house.texts().into_iter().filter(|text| !text.starts_with('ⓘ')).collect();
        assert_eq!(texts, ["first", "second", "third"], "{standing:?}: in order, once each, nothing marked");
        bridge.stop().await;
    }
}

/// signal-cli comes back before the account is mended: being connected alone is no recovery.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_either_program_does_not_pass_for_recovery() {
    let (house, time) = (House::new().await, clock());
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    assert!(turn_until(&time, STEP, || house.find("first").is_some()).await);
    house.signal.account_is(Standing::TurnedAway);
    house.waha.says(ALICE, "second");
    turns_to(&bridge, &time, "signed_out").await;
    time.advance(MINUTE * 5);
    let tried = sends(&house);
    house.signal.stop().await;
    turns_to(&bridge, &time, "down").await;
    house.signal.restart().await.unwrap();
    turns_to(&bridge, &time, "signed_out").await;
    bridge.stop().await;
    let bridge = house.bridge_at(time.clone()).await;
    turns_to(&bridge, &time, "signed_out").await;
    assert_eq!(sends(&house), tried);
    house.signal.account_is(Standing::Good);
    assert!(turn_until(&time, STEP * 10, || house.find("second").is_some()).await);
    assert!(turn_until(&time, STEP, || count(&house, "could not reach Signal for") >= 1).await);
    assert!(house::idle(&bridge).await);
    assert_eq!(count(&house, "could not reach Signal for"), 1, "{:?}", house.texts());
    bridge.stop().await;
}
