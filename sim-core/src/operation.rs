//! What a client asks for and what it is told.

use crate::units::Micros;
use alloc::string::String;

/// What a system keeps for its clients: which operations it takes, and by which rules its answers are judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Store {
    /// One account: balance, deposit, withdraw.
    Bank,
    /// A shopping cart, in which an item may lie more than once: read, add, remove.
    Cart,
}

/// One thing a person asks of the system. The order is part of the link format: append only.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Operation {
    /// Read the balance.
    Balance,
    /// Put `amount` into the account.
    Deposit {
        /// How much, in whole units of money.
        amount: u32,
    },
    /// Take `amount` out, unless it is not there.
    Withdraw {
        /// How much, in whole units of money.
        amount: u32,
    },
    /// Put an item into the cart; one more, if it lies there already.
    Add {
        /// Which, by its place in [`ITEMS`].
        item: u8,
    },
    /// Take an item out of the cart, unless it is not there.
    Remove {
        /// Which, by its place in [`ITEMS`].
        item: u8,
    },
    /// Read the cart.
    Read,
}

impl Operation {
    /// Whether it only looks.
    pub const fn is_read(self) -> bool {
        matches!(self, Self::Balance | Self::Read)
    }

    /// What it does to the balance.
    pub const fn change(self) -> i64 {
        match self {
            Self::Deposit { amount } => amount as i64,
            Self::Withdraw { amount } => -(amount as i64),
            _ => 0,
        }
    }

    /// What kind of store it is asked of.
    pub const fn store(self) -> Store {
        match self {
            Self::Balance | Self::Deposit { .. } | Self::Withdraw { .. } => Store::Bank,
            Self::Add { .. } | Self::Remove { .. } | Self::Read => Store::Cart,
        }
    }

    /// The item that it is about.
    pub fn item(self) -> Option<&'static str> {
        match self {
            Self::Add { item } | Self::Remove { item } => ITEMS.get(usize::from(item)).copied(),
            _ => None,
        }
    }

    /// The operation's name in the field, as histories write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Balance => "balance",
            Self::Deposit { .. } => "deposit",
            Self::Withdraw { .. } => "withdraw",
            Self::Add { .. } => "add",
            Self::Remove { .. } => "remove",
            Self::Read => "read",
        }
    }

    /// Its fixed-width code: kind, then argument.
    pub const fn code(self) -> (u8, u32) {
        match self {
            Self::Balance => (0, 0),
            Self::Deposit { amount } => (1, amount),
            Self::Withdraw { amount } => (2, amount),
            Self::Add { item } => (3, item as u32),
            Self::Remove { item } => (4, item as u32),
            Self::Read => (5, 0),
        }
    }

    /// The inverse of [`Operation::code`].
    pub const fn from_code(kind: u8, argument: u32) -> Option<Self> {
        match kind {
            0 => Some(Self::Balance),
            1 => Some(Self::Deposit { amount: argument }),
            2 => Some(Self::Withdraw { amount: argument }),
            3 | 4 if argument as usize >= ITEMS.len() => None,
            3 => Some(Self::Add {
                item: argument as u8,
            }),
            4 => Some(Self::Remove {
                item: argument as u8,
            }),
            5 => Some(Self::Read),
            _ => None,
        }
    }
}

/// What can be put into a cart. Operations name an item by its place here: append only, and at most eight.
pub const ITEMS: [&str; 8] = ["lamp", "mug", "book", "pen", "hat", "ball", "kite", "vase"];

/// What lies in a cart: how many of each item, a byte each.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash, Debug)]
pub struct Cart(u64);

impl Cart {
    /// The most of one item.
    pub const MOST: u8 = u8::MAX;

    /// How many of `item` lie in it.
    pub const fn count(self, item: u8) -> u8 {
        (self.0 >> (item % 8 * 8)) as u8
    }

    /// Puts one more in. `false`: there are [`Cart::MOST`], and nothing changes.
    pub const fn add(&mut self, item: u8) -> bool {
        let fits = self.count(item) < Self::MOST;
        if fits {
            self.0 += 1 << (item % 8 * 8);
        }
        fits
    }

    /// Takes one out. `false`: there is none, and nothing changes.
    pub const fn remove(&mut self, item: u8) -> bool {
        let is_there = self.count(item) > 0;
        if is_there {
            self.0 -= 1 << (item % 8 * 8);
        }
        is_there
    }

    /// As a person lists it: "lamp ×2, mug".
    pub fn words(self) -> String {
        let mut words = String::new();
        for (item, name) in (0..).zip(ITEMS) {
            let count = self.count(item);
            if count == 0 {
                continue;
            }
            if !words.is_empty() {
                words.push_str(", ");
            }
            words.push_str(name);
            if count > 1 {
                words.push_str(" ×");
                words.push_str(&crate::view::number(i64::from(count)));
            }
        }
        if words.is_empty() {
            words.push_str("empty");
        }
        words
    }

    /// The inverse of [`Cart::words`], also without spaces and with items one by one: "lamp,lamp,mug".
    pub fn parse(text: &str) -> Option<Self> {
        let mut cart = Self::default();
        if text.trim() == "empty" {
            return Some(cart);
        }
        for part in text.split(',') {
            let (name, count) = part.split_once('×').unwrap_or((part, "1"));
            let item = ITEMS.iter().position(|item| *item == name.trim())? as u8;
            for _ in 0..count.trim().parse::<u8>().ok()? {
                cart.add(item).then_some(())?;
            }
        }
        Some(cart)
    }

    /// The items one by one, in the order of [`ITEMS`].
    pub fn items(self) -> impl Iterator<Item = &'static str> {
        let all = (0..).zip(ITEMS);
        all.flat_map(move |(item, name)| core::iter::repeat_n(name, usize::from(self.count(item))))
    }
}

/// What a client was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It is done.
    Done,
    /// The value read.
    Value(i64),
    /// The cart read.
    Items(Cart),
    /// It certainly did not happen. The number is the protocol's reason (`ProtocolSpec::refusals`).
    Refused(u8),
}

impl Answer {
    /// Whether it says what was read.
    pub const fn is_read(self) -> bool {
        matches!(self, Self::Value(_) | Self::Items(_))
    }

    /// Its fixed-width code: kind, then argument.
    pub const fn code(self) -> (u8, i64) {
        match self {
            Self::Done => (0, 0),
            Self::Value(value) => (1, value),
            Self::Refused(reason) => (2, reason as i64),
            Self::Items(cart) => (3, cart.0.cast_signed()),
        }
    }

    /// The inverse of [`Answer::code`].
    pub const fn from_code(kind: u8, argument: i64) -> Option<Self> {
        match kind {
            0 => Some(Self::Done),
            1 => Some(Self::Value(argument)),
            2 => Some(Self::Refused(argument as u8)),
            3 => Some(Self::Items(Cart(argument.cast_unsigned()))),
            _ => None,
        }
    }
}

/// How long a person waits for an answer unless the scenario says otherwise.
pub const PATIENCE_DEFAULT: Micros = Micros::from_ms(1_000);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carts_come_back_as_words_and_as_numbers() {
        let mut cart = Cart::default();
        assert_eq!(cart.words(), "empty");
        assert!(!cart.remove(0));
        for item in [0, 1, 0, 7] {
            assert!(cart.add(item));
        }
        assert_eq!(cart.words(), "lamp ×2, mug, vase");
        assert_eq!(Cart::parse(&cart.words()), Some(cart));
        assert_eq!(Cart::parse("vase,lamp,mug,lamp"), Some(cart));
        assert_eq!(Cart::parse("empty"), Some(Cart::default()));
        let (kind, code) = Answer::Items(cart).code();
        assert_eq!(Answer::from_code(kind, code), Some(Answer::Items(cart)));
        assert!(cart.remove(7) && cart.remove(0));
        assert_eq!(cart.words(), "lamp, mug");
        for wrong in ["", "elephant", "lamp,", "lamp ×300", "lamp ×", "×2"] {
            assert_eq!(Cart::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_cart_holds_so_many_of_one_item_and_no_more() {
        let mut cart = Cart::default();
        for _ in 0..Cart::MOST {
            assert!(cart.add(3));
        }
        assert!(!cart.add(3));
        assert_eq!((cart.count(3), cart.count(2), cart.count(4)), (255, 0, 0));
        assert_eq!(Cart::parse("pen ×255"), Some(cart));
        assert_eq!(Cart::parse("pen ×255, pen"), None);
    }
}
