//! The stage as plain data: where everything stands and what it looks like, from a picture of a run.
//!
//! `web` turns the elements into living nodes, `site` writes them into pages as text. Neither decides how anything
//! looks: colours and dashes are classes of `static/widget.css`, geometry is here.
//!
//! Where to start reading: [`stage`].

pub mod element;
pub mod target;

pub use element::Element;
pub use target::Target;
