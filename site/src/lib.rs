//! Turns lessons into static HTML pages, and lints them.
//!
//! [`lesson`] reads one lesson, [`markdown`] turns its prose into HTML and hands each fenced
//! block to [`blocks`], [`pages`] is what every page looks like, [`output`] writes them all, and `release` makes what they load
//! light.
//! Whatever is wrong with a lesson is a [`Problem`] with a file and a line, and fails the build.

mod apart;
pub mod blocks;
mod check;
pub mod claims;
mod fuse;
pub mod lesson;
pub mod links;
pub mod lint;
pub mod markdown;
mod minify;
mod names;
mod optimise;
pub mod output;
pub mod pages;
mod problem;
mod proof;
mod quotes;
mod release;
mod tool;

pub use problem::{Place, Problem};
