//! The stage as plain data: where everything stands and what it looks like, from a picture of a run.
//!
//! `web` turns the elements into living nodes, `site` writes them into pages as text. Neither decides how anything
//! looks: geometry and words are here, colours and dashes are classes of `static/widget.css`.
//!
//! Where to start reading: [`stage::stage`].

pub mod card;
pub mod counts;
pub mod element;
pub mod geometry;
pub mod lane;
pub mod lease;
pub mod letter;
pub mod operations;
mod person;
pub mod sheet;
pub mod stage;
pub mod target;
pub mod tear;
pub mod text;
pub mod time;
mod tone;
pub mod verdict;
pub mod versus;

pub use element::Element;
pub use geometry::{Layout, Shape};
pub use stage::{Scene, hatch, layout, stage, still};
pub use target::Target;
pub use tone::class as tone_class;
