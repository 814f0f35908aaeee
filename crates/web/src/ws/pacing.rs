//! The pause of a client that is in debt for its bytes. It loses nothing: its messages wait in its own buffers.

use std::time::Duration;

use madang_hub::budgets::account::{Account, Cost};
use madang_hub::budgets::resource::Resource;
use madang_hub::ports::Clock;
use madang_shared::Timestamp;
use tokio::time::{Instant, sleep, sleep_until};

/// The cost of a message beyond its bytes: the system call and the parsing of a short message cost about as much as
/// this many bytes of a long one.
const MESSAGE_COST_BYTES: usize = 512;

/// Charges messages of the client. Returns the time at which the client may send the next one, if it is in debt.
pub(crate) fn pause_for(
    account: &Account,
    bytes: usize,
    messages: usize,
    now: Timestamp,
) -> Option<Instant> {
    let units = (bytes + messages * MESSAGE_COST_BYTES) as u64;
    account.spend(Cost { resource: Resource::BytesIn, units }, now);
    let wait = account.wait(Resource::BytesIn, now)?;
    Some(Instant::now() + Duration::from_millis(wait))
}

/// Waits until the client is out of debt for a resource.
pub(crate) async fn until_paid(account: &Account, resource: Resource, clock: &dyn Clock) {
    while let Some(wait) = account.wait(resource, clock.now()) {
        sleep(Duration::from_millis(wait)).await;
    }
}

/// Waits for the end of a pause; for ever without one.
pub(crate) async fn until(end: Option<Instant>) {
    match end {
        Some(end) => sleep_until(end).await,
        None => std::future::pending().await,
    }
}
