//! What consensus protocols share: a replicated log with terms and a snapshot base, members and their quorums, what the
//! log's entries do to a store, and the sessions that make a retried operation happen once.

pub mod list;
pub mod log;
pub mod machine;
pub mod members;
pub mod session;

pub use log::{Entry, Index, Log, Place, Term};
pub use machine::{Command, Machine};
pub use members::Members;
pub use session::{Session, Sessions};
