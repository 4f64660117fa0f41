//! What consensus protocols share: a replicated log with terms and a snapshot base, members and their quorums, what the
//! log's entries do to a store, the sessions that make a retried operation happen once, the clients' drivers, what is
//! promised of all of it, and the words.
//!

pub mod ballot;
pub mod client;
pub mod ephemeral;
pub mod heard;
pub mod list;
pub mod log;
pub mod machine;
pub mod members;
pub mod note;
pub mod rounds;
pub mod session;
pub mod snapshot;
pub mod watch;
pub(super) mod words;

pub use ballot::Ballot;
pub use client::{Reads, Talk};
pub use ephemeral::{Ephemeral, Grant, Tenancy};
pub use log::{Batch, Content, Entry, Index, Log, Place, Stamp, Term};
pub use machine::{Command, Machine};
pub use members::Members;
pub use note::Note;
pub use rounds::Rounds;
pub use session::{Session, Sessions};
pub use snapshot::Snapshot;
