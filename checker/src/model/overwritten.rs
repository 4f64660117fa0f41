//! Whether somebody was told what nobody can have left there: a value that was not written by then, or one that was
//! surely written over. It takes little time, whoever else was under way.
//!
//! A write is sure to have happened by its response, and, where no other writes its value, by the response of whoever
//! was told of it (the zones of Gibbons & Korach 1997, "Testing shared memories", section 4).

use crate::history::NEVER;
use alloc::vec::Vec;

/// A write or a read of a register, the value as a number.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    /// Which value; [`NEVER`] for one that nobody writes.
    pub value: u32,
    /// The place of the invocation.
    pub invoked: u32,
    /// The place of the response; [`NEVER`] if it may as well not have happened.
    pub ended: u32,
}

/// The two latest invocations of writes that are sure by some place, of different values.
#[derive(Default)]
struct Latest([Option<(u32, u32)>; 2]);

impl Latest {
    fn add(&mut self, value: u32, invoked: u32) {
        let Self([first, second]) = self;
        match first {
            Some((known, at)) if *known == value => *at = invoked.max(*at),
            Some((_, at)) if *at > invoked => {
                if second.is_none_or(|(_, at)| invoked > at) {
                    *second = Some((value, invoked));
                }
            }
            _ => *second = first.replace((value, invoked)),
        }
    }

    /// When the latest was invoked that writes another value.
    fn other_than(&self, value: u32) -> Option<u32> {
        let mut others = self.0.iter().flatten();
        others
            .find(|(other, _)| *other != value)
            .map(|(_, invoked)| *invoked)
    }
}

/// Whether one of `reads` cannot have been told what it was, of a register that held `initial`. Both lists are in the
/// order of invocations.
pub fn is_impossible(writes: &[Access], reads: &[Access], initial: u32) -> bool {
    let most = writes.iter().map(|write| write.value).max();
    let values = most.map_or(0, |most| most as usize + 1);
    // By value: its writes with the last end of each and all before it, and who was told of it first.
    let mut written = alloc::vec![Vec::<(u32, u32)>::new(); values];
    for write in writes {
        let list = &mut written[write.value as usize];
        let latest = list.last().map_or(0, |(_, latest)| *latest);
        list.push((write.invoked, latest.max(write.ended)));
    }
    let mut told = alloc::vec![NEVER; values];
    for read in reads {
        if let Some(told) = told.get_mut(read.value as usize) {
            *told = read.ended.min(*told);
        }
    }
    let mut sure: Vec<(u32, u32)> = Vec::new();
    for (number, write) in (0..).zip(writes) {
        let is_only = written[write.value as usize].len() == 1 && write.value != initial;
        let by_reads = if is_only {
            told[write.value as usize]
        } else {
            NEVER
        };
        let by = write.ended.min(by_reads);
        if by != NEVER {
            sure.push((by, number));
        }
    }
    sure.sort_unstable();
    let mut sure = &sure[..];
    let mut latest = Latest::default();
    reads.iter().any(|read| {
        while let Some(((by, number), rest)) = sure.split_first()
            && *by < read.invoked
        {
            let write = writes[*number as usize];
            latest.add(write.value, write.invoked);
            sure = rest;
        }
        let over = latest.other_than(read.value);
        let list = written
            .get(read.value as usize)
            .map_or(&[][..], |list| list);
        let begun = list.partition_point(|(invoked, _)| *invoked < read.ended);
        let last = begun.checked_sub(1).map(|place| list[place].1);
        let is_left = match (last, over) {
            (Some(last), Some(over)) => last >= over,
            (Some(_), None) => true,
            (None, over) => read.value == initial && over.is_none(),
        };
        !is_left
    })
}
