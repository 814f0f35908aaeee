use madang_hub::ports::SessionLimits;

use crate::support::{NOW, TestStore, token};

on_every_engine! {
    an_unused_or_old_session_expires,
    a_session_of_a_clock_that_was_wrong_is_kept,
}

const HOUR: u64 = 3_600_000;
const LIMITS: SessionLimits = SessionLimits { idle_ms: 10 * HOUR, max_ms: 100 * HOUR };

/// Signs three users up; returns their sessions.
async fn three_sessions(test_store: &TestStore) -> [[u8; 32]; 3] {
    for name in ["Mina", "Theo", "Anna"] {
        test_store.user(name).await;
    }
    ["Mina", "Theo", "Anna"].map(token)
}

async fn an_unused_or_old_session_expires(test_store: TestStore) {
    let [connected, asked, unused] = three_sessions(&test_store).await;
    let store = &test_store.store;
    let expire = async |in_use: &[[u8; 32]], hours, limits| {
        let now = NOW.plus(hours * HOUR);
        store.expire_sessions(in_use.to_vec(), now, limits).await.expect("stored")
    };
    assert!(store.session(asked, NOW).await.expect("readable").is_some());
    assert_eq!(expire(&[connected], 9, None).await, 0);
    assert_eq!(expire(&[], 10, Some(LIMITS)).await, 0);
    assert_eq!(expire(&[], 11, Some(LIMITS)).await, 1);
    let all = vec![connected, unused, asked];
    assert_eq!(store.ended_sessions(all.clone(), NOW).await, Ok(vec![unused]));
    assert_eq!(store.session(unused, NOW).await, Ok(None));
    for hours in [18, 27, 36, 45, 54, 63, 72, 81, 90, 99] {
        assert_eq!(expire(&[connected, asked], hours, Some(LIMITS)).await, 0);
    }
    assert_eq!(expire(&[connected, asked], 101, Some(LIMITS)).await, 2, "used, but too old");
    assert_eq!(store.ended_sessions(all.clone(), NOW).await, Ok(all));
}

async fn a_session_of_a_clock_that_was_wrong_is_kept(test_store: TestStore) {
    let [mina, _, _] = three_sessions(&test_store).await;
    let store = &test_store.store;
    let year = 365 * 24 * HOUR;
    let ahead = store.expire_sessions(vec![mina], NOW.plus(year), None).await;
    assert_eq!(ahead, Ok(0));
    let expire = async |hours| {
        let now = NOW.plus(hours * HOUR);
        store.expire_sessions(vec![], now, Some(LIMITS)).await.expect("stored")
    };
    assert_eq!(expire(5).await, 0);
    assert_eq!(expire(15).await, 2);
    assert_eq!(expire(16).await, 1, "its last use counts as the fifth hour");
}
