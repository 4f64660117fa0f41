//! The rows of the operations view: a client each, with its operations as bars that never lie over one another.

use std::ops::Range;

use sim_core::check::history::{Ended, History};

use super::axis::Axis;

/// An operation on its row.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bar {
    /// The operation, as a number in the history.
    pub op: u32,
    /// Where along the axis it was invoked.
    pub from: f64,
    /// Where it was answered; of one that never was, as far as its client's row is free.
    pub until: f64,
    /// Whether nobody knows that it ended.
    pub is_open: bool,
}

/// A client's row.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// Whose, as a number in the history.
    pub client: u32,
    /// In the order of their invocations.
    pub bars: Vec<Bar>,
}

impl Row {
    /// The places in `bars` of those that are seen between two places of the axis.
    pub fn seen(&self, from: f64, until: f64) -> Range<usize> {
        let first = self.bars.partition_point(|bar| bar.until < from);
        let last = self.bars.partition_point(|bar| bar.from <= until);
        first..last.max(first)
    }
}

/// The rows of a history: first the clients of the operations in `first`, then the others, each in the history's order.
pub fn rows(history: &History, axis: &Axis, first: &[u32]) -> Vec<Row> {
    let mut rows = all(history, axis);
    rows.retain(|row| !row.bars.is_empty());
    gather(history, &mut rows, first);
    rows
}

/// Puts the clients of the operations in `first` first.
pub fn gather(history: &History, rows: &mut [Row], first: &[u32]) {
    let mut concerned: Vec<u32> = first
        .iter()
        .filter_map(|op| history.ops.get(*op as usize))
        .map(|op| op.client)
        .collect();
    concerned.sort_unstable();
    rows.sort_by_key(|row| concerned.binary_search(&row.client).is_err());
}

/// The rows of some clients, in the history's order, whether they have asked for anything yet or not.
pub fn rows_of(history: &History, axis: &Axis, clients: Range<u32>) -> Vec<Row> {
    let mut rows = all(history, axis);
    rows.retain(|row| clients.contains(&row.client));
    rows
}

/// A row for every client.
fn all(history: &History, axis: &Axis) -> Vec<Row> {
    let mut rows: Vec<Row> = (0..history.clients.len() as u32)
        .map(|client| Row {
            client,
            bars: Vec::new(),
        })
        .collect();
    for (number, op) in (0..).zip(&history.ops) {
        let Some(row) = rows.get_mut(op.client as usize) else {
            continue;
        };
        let from = axis.place(op.invoked);
        // Nobody knows when it ended, even where its client says that it gave up.
        let is_open = op.outcome == Ended::Unknown;
        // A client may go on though it never learned how its last operation ended.
        if let Some(before) = row.bars.last_mut() {
            before.until = before.until.min(from);
        }
        row.bars.push(Bar {
            op: number,
            from,
            until: match is_open {
                true => axis.end(),
                false => axis.place(op.ended).max(from),
            },
            is_open,
        });
    }
    rows
}
