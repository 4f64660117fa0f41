//! Work that can be put aside and gone on with: whoever looks on has other things to do than wait.
//!
//! Whatever can take long is an `async` function that [rests](Pace::rest) now and then. Nobody wakes it: whoever wants
//! the answer [goes on](Work::go_on) when there is time again. What is found does not depend on where it rested.

use alloc::boxed::Box;
use alloc::rc::Rc;
use core::fmt;
use core::future::poll_fn;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};

/// When work is put aside. By default never.
#[derive(Clone, Copy, Default, Debug)]
pub struct Pace {
    is_up: Option<fn() -> bool>,
}

impl Pace {
    /// Puts work aside when `is_up` says that there was enough of it for now.
    pub const fn new(is_up: fn() -> bool) -> Self {
        Self { is_up: Some(is_up) }
    }

    /// Whether there was enough for now.
    pub fn is_up(&self) -> bool {
        self.is_up.is_some_and(|is_up| is_up())
    }

    /// Puts the work aside, if there was enough for now.
    pub async fn rest(&self) {
        let mut rests = self.is_up();
        poll_fn(|_| match core::mem::take(&mut rests) {
            true => Poll::Pending,
            false => Poll::Ready(()),
        })
        .await;
    }
}

/// Does work at once, however often it wants to rest.
pub fn at_once<T>(work: impl Future<Output = T>) -> T {
    telling(work, || ())
}

/// Does work at once, and tells whoever looks on each time that it rests.
pub fn telling<T>(work: impl Future<Output = T>, mut rested: impl FnMut()) -> T {
    let mut work = pin!(work);
    loop {
        if let Poll::Ready(found) = poll(work.as_mut()) {
            return found;
        }
        rested();
    }
}

fn poll<T>(work: Pin<&mut (impl Future<Output = T> + ?Sized)>) -> Poll<T> {
    work.poll(&mut Context::from_waker(Waker::noop()))
}

/// Work that is done bit by bit, or what it found.
pub enum Work<T> {
    /// There is more to do.
    Open(Pin<Box<dyn Future<Output = T>>>),
    /// It is done.
    Done(Rc<T>),
}

impl<T> Work<T> {
    /// Before it has begun.
    pub fn new(work: impl Future<Output = T> + 'static) -> Self {
        Self::Open(Box::pin(work))
    }

    /// Goes on until it rests, or is done: then this is what it found.
    pub fn go_on(&mut self) -> Option<Rc<T>> {
        if let Self::Open(work) = self {
            match poll(work.as_mut()) {
                Poll::Pending => return None,
                Poll::Ready(found) => *self = Self::Done(Rc::new(found)),
            }
        }
        match self {
            Self::Open(_) => None,
            Self::Done(found) => Some(Rc::clone(found)),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Work<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(_) => out.write_str("Open"),
            Self::Done(found) => out.debug_tuple("Done").field(found).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn count(to: u32, pace: Pace) -> u32 {
        let mut counted = 0;
        while counted < to {
            counted += 1;
            pace.rest().await;
        }
        counted
    }

    #[test]
    fn work_rests_as_often_as_its_pace_says_and_finds_the_same() {
        let mut hasty = Work::new(count(3, Pace::default()));
        assert_eq!(hasty.go_on().as_deref(), Some(&3));
        let slow = Pace::new(|| true);
        let mut work = Work::new(count(3, slow));
        for _ in 0..3 {
            assert_eq!(work.go_on(), None);
        }
        assert_eq!(work.go_on().as_deref(), Some(&3));
        assert_eq!(work.go_on().as_deref(), Some(&3));
        assert_eq!(at_once(count(3, slow)), 3);
        let mut rests = 0;
        assert_eq!(telling(count(3, slow), || rests += 1), 3);
        assert_eq!(rests, 3);
    }
}
