//! The protocols: each is a part of the module, which is loaded by the pages that play it.
//!
//! With the feature `apart` the release's build splits them off (`site/src/apart.rs`), and a page has its own loaded
//! before it begins. What a link brings may need another. Without, as for whoever develops, all are there from the start,
//! and nothing is ever absent.

#[cfg(feature = "apart")]
use std::pin::Pin;

#[cfg(feature = "apart")]
use sim_core::protocols::{self, Entry};
#[cfg(feature = "apart")]
use wasm_split_helpers::{SplitLoaderError, wasm_split};

#[cfg(feature = "apart")]
use crate::apart;

// The marks are the protocols' names, with `_` for `-`.

#[cfg(feature = "apart")]
#[wasm_split(ledger, fallible)]
fn ledger() -> Result<&'static Entry, SplitLoaderError> {
    Ok(&protocols::LEDGER)
}

#[cfg(feature = "apart")]
#[wasm_split(primary_replica, fallible)]
fn primary_replica() -> Result<&'static Entry, SplitLoaderError> {
    Ok(&protocols::PRIMARY_REPLICA)
}

#[cfg(feature = "apart")]
#[wasm_split(raft, fallible)]
fn raft() -> Result<&'static Entry, SplitLoaderError> {
    Ok(&protocols::RAFT)
}

#[cfg(feature = "apart")]
#[wasm_split(paxos, fallible)]
fn paxos() -> Result<&'static Entry, SplitLoaderError> {
    Ok(&protocols::PAXOS)
}

#[cfg(feature = "apart")]
#[wasm_split(multi_paxos, fallible)]
fn multi_paxos() -> Result<&'static Entry, SplitLoaderError> {
    Ok(&protocols::MULTI_PAXOS)
}

#[cfg(feature = "apart")]
#[wasm_split(two_phase_commit, fallible)]
fn two_phase_commit() -> Result<&'static Entry, SplitLoaderError> {
    Ok(&protocols::TWO_PHASE_COMMIT)
}

#[cfg(feature = "apart")]
#[wasm_split(zab, fallible)]
fn zab() -> Result<&'static Entry, SplitLoaderError> {
    Ok(&protocols::ZAB)
}

#[cfg(feature = "apart")]
#[wasm_split(lock_service, fallible)]
fn lock_service() -> Result<&'static Entry, SplitLoaderError> {
    Ok(&protocols::LOCK_SERVICE)
}

/// Has a protocol loaded, and puts it where the engine finds it.
#[cfg(feature = "apart")]
async fn fetch(name: &str) -> Option<()> {
    let coming: Coming = match name {
        "ledger" => Box::pin(ledger()),
        "primary-replica" => Box::pin(primary_replica()),
        "raft" => Box::pin(raft()),
        "paxos" => Box::pin(paxos()),
        "multi-paxos" => Box::pin(multi_paxos()),
        "two-phase-commit" => Box::pin(two_phase_commit()),
        "zab" => Box::pin(zab()),
        "lock-service" => Box::pin(lock_service()),
        _ => return None,
    };
    coming.await.ok().map(protocols::add)
}

/// One that is being loaded. To wait for each in a place of its own would weigh more.
#[cfg(feature = "apart")]
type Coming = Pin<Box<dyn Future<Output = Result<&'static Entry, SplitLoaderError>>>>;

/// Has the protocol of this name loaded before this returns; whether it is there.
#[cfg(feature = "apart")]
pub fn at_once(name: &str) -> bool {
    protocols::spec(name).is_some() || apart::at_once(fetch(name)).is_some()
}

/// Has the protocol of this name loaded, and then goes on, also if it cannot be had.
#[cfg(feature = "apart")]
pub fn bring(name: String, then: impl FnOnce(bool) + 'static) {
    wasm_bindgen_futures::spawn_local(async move { then(fetch(&name).await.is_some()) });
}

/// It is there.
#[cfg(not(feature = "apart"))]
pub fn at_once(_: &str) -> bool {
    true
}

/// Goes on: it is there.
#[cfg(not(feature = "apart"))]
pub fn bring(_: String, then: impl FnOnce(bool) + 'static) {
    then(true);
}
