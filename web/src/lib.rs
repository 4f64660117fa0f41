//! The page's living parts. A page is static HTML; each element with a `data-widget` attribute
//! is an island, and this crate brings it to life.
//!
//! Loading the module does nothing. The page's `boot.js` calls [`mount`]; a worker that loads
//! the same module does not.

pub mod api;
pub mod islands;
mod mount;
pub mod options;
pub mod registry;
pub mod session;
pub mod speed;
pub mod ui;
pub mod views;
pub mod widget;

pub use mount::mount;
