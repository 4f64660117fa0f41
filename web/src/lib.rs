//! The page's living parts. A page is static HTML; each element with a `data-widget` attribute
//! is an island, and this crate brings it to life.
//!
//! Loading the module does nothing. The page's `boot.js` calls [`mount`]; a worker that loads
//! the same module calls [`judge`] and nothing else.

#[cfg(feature = "apart")]
mod apart;
pub mod api;
mod check;
pub mod islands;
mod judging;
mod later;
mod lattice;
pub(crate) mod mount;
mod operations;
pub mod options;
pub mod registry;
pub mod session;
mod shelf;
mod solo;
pub mod speed;
pub mod ui;
mod versus;
pub mod views;
pub mod widget;

pub use mount::{judge, mount};

/// The page's memory is shared out by a small allocator: the standard library's weighs two kilobytes more.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static MEMORY: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
