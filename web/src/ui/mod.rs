//! How the page draws: elements are built by plain calls ([`tag()`]), and whatever keeps something of its own or is
//! drawn by itself is a [`Piece`].
//!
//! Yew compiles a component, and the hooks in it, anew for every type, and its markup macro writes each element out at
//! length; a page with twenty components downloads that twenty times. So there is one component here, `Part`, which
//! holds any piece, and one way of building an element, whose calls are a few bytes each.

mod memo;
mod piece;
mod tag;

pub use memo::Memo;
pub use piece::{Again, Does, Once, Part, Piece, Said, mount, part};
pub use tag::{
    Html, On, Tag, button, div, icon, list, looking, named, p, span, standing, tag, when,
};
