//! A list that is cheap to copy however long it is: its items lie in blocks that copies share until one of them writes.

use alloc::rc::Rc;
use alloc::vec::Vec;

/// How many items a block holds.
const BLOCK: usize = 64;

/// Items by number. The front may be forgotten; numbers stay.
#[derive(Debug)]
pub struct List<T> {
    blocks: Vec<Rc<Vec<T>>>,
    /// How many blocks were forgotten.
    gone: usize,
    len: usize,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self {
            blocks: Vec::new(),
            gone: 0,
            len: 0,
        }
    }
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        Self {
            blocks: self.blocks.clone(),
            gone: self.gone,
            len: self.len,
        }
    }
}

impl<T: Clone> List<T> {
    /// How many items there were ever, with those that are forgotten.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there was never an item.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The item of this number, unless it is forgotten or not there yet.
    pub fn get(&self, number: usize) -> Option<&T> {
        let block = (number / BLOCK).checked_sub(self.gone)?;
        self.blocks.get(block)?.get(number % BLOCK)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, number: usize) -> Option<&mut T> {
        let block = (number / BLOCK).checked_sub(self.gone)?;
        Rc::make_mut(self.blocks.get_mut(block)?).get_mut(number % BLOCK)
    }

    /// Puts an item at the end.
    pub fn push(&mut self, item: T) {
        if self.len / BLOCK - self.gone == self.blocks.len() {
            self.blocks.push(Rc::new(Vec::with_capacity(BLOCK)));
        }
        if let Some(last) = self.blocks.last_mut() {
            Rc::make_mut(last).push(item);
        }
        self.len += 1;
    }

    /// Takes away what is behind the first `len`, as far as it is not forgotten.
    pub fn truncate(&mut self, len: usize) {
        if len >= self.len {
            return;
        }
        let whole = (len / BLOCK).max(self.gone);
        self.blocks.truncate(whole + 1 - self.gone);
        if let Some(last) = self.blocks.get_mut(whole - self.gone) {
            let rest = len.saturating_sub(whole * BLOCK);
            Rc::make_mut(last).truncate(rest);
            if rest == 0 {
                self.blocks.pop();
            }
        }
        self.len = len.max(self.gone * BLOCK);
    }

    /// Forgets blocks of which every item is among the first `until`.
    pub fn forget(&mut self, until: usize) {
        let whole = (until.min(self.len) / BLOCK).max(self.gone);
        self.blocks
            .drain(..(whole - self.gone).min(self.blocks.len()));
        self.gone = whole;
    }

    /// Forgets everything; the next item has this number, if blocks allow, and what lies before it is `filler`.
    pub fn restart(&mut self, at: usize, filler: &T) {
        self.blocks.clear();
        self.gone = at / BLOCK;
        self.len = self.gone * BLOCK;
        while self.len < at {
            self.push(filler.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_keeps_what_it_had() {
        let mut list = List::default();
        for number in 0..200_u32 {
            list.push(number);
        }
        let copy = list.clone();
        list.truncate(130);
        list.push(7);
        assert_eq!(
            (list.len(), list.get(130), list.get(131)),
            (131, Some(&7), None)
        );
        assert_eq!(
            (copy.len(), copy.get(130), copy.get(199)),
            (200, Some(&130), Some(&199))
        );
    }

    #[test]
    fn numbers_stay_when_the_front_is_forgotten() {
        let mut list = List::default();
        for number in 0..200_u32 {
            list.push(number);
        }
        list.forget(150);
        assert_eq!(
            (list.get(127), list.get(128), list.len()),
            (None, Some(&128), 200)
        );
        list.truncate(128);
        assert_eq!((list.len(), list.get(128)), (128, None));
        list.push(9);
        assert_eq!(list.get(128), Some(&9));
        list.restart(70, &1);
        list.push(2);
        assert_eq!(
            (list.get(63), list.get(69), list.get(70)),
            (None, Some(&1), Some(&2))
        );
    }

    #[test]
    fn a_list_may_be_cut_at_a_block() {
        let mut list = List::default();
        for number in 0..128_u32 {
            list.push(number);
        }
        list.truncate(64);
        list.push(5);
        assert_eq!(
            (list.len(), list.get(64), list.get(65)),
            (65, Some(&5), None)
        );
    }
}
