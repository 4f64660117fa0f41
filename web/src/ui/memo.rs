//! What was made once and is made anew only for something else.

use std::cell::RefCell;
use std::rc::Rc;

/// What was made last, and for what.
pub struct Memo<K, T>(RefCell<Option<(K, Rc<T>)>>);

impl<K, T> Default for Memo<K, T> {
    fn default() -> Self {
        Self(RefCell::new(None))
    }
}

impl<K: PartialEq, T> Memo<K, T> {
    /// What was made for `key`, or is made now.
    pub fn of(&self, key: K, make: impl FnOnce() -> T) -> Rc<T> {
        let mut kept = self.0.borrow_mut();
        if let Some((_, made)) = kept.as_ref().filter(|(of, _)| *of == key) {
            return Rc::clone(made);
        }
        let made = Rc::new(make());
        *kept = Some((key, Rc::clone(&made)));
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_anew_for_another_key_only() {
        let memo = Memo::default();
        assert_eq!(*memo.of(1, || "one"), "one");
        assert_eq!(*memo.of(1, || "again"), "one");
        assert_eq!(*memo.of(2, || "two"), "two");
        assert_eq!(*memo.of(1, || "anew"), "anew");
    }
}
