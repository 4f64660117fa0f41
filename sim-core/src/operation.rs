//! What a client asks for and what it is told.

use crate::protocols;
use crate::units::Micros;
use alloc::string::String;

/// What a system keeps for its clients: which operations it takes, and by which rules its answers are judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Store {
    /// One account: balance, deposit, withdraw.
    Bank,
    /// A shopping cart, in which an item may lie more than once: read, add, remove.
    Cart,
    /// A few keys with small values (get, put, compare-and-set), or a lock with fencing tokens (acquire, release, guarded
    /// write); which of the two, its scenario says.
    Values,
}

impl Store {
    /// The kinds of its operations by their codes ([`Operation::code`]): the first one, and how each is spoken of.
    pub(crate) const fn asks(self) -> (u8, &'static [Asks]) {
        match self {
            Self::Bank => (0, &BANK),
            Self::Cart => (3, &CART),
            Self::Values => (6, &VALUES),
        }
    }
}

/// How an operation is spoken of: with the gaps `{amount}`, `{item}`, `{key}`, `{from}`, `{to}`.
#[derive(Clone, Copy, Default, Debug)]
pub struct Asks {
    /// Its name in the field, as histories write it.
    pub name: &'static str,
    /// What somebody does who asks for it.
    pub does: &'static str,
    /// The same in a bubble beside them.
    pub bubble: &'static str,
}

const fn asks(name: &'static str, does: &'static str, bubble: &'static str) -> Asks {
    Asks { name, does, bubble }
}

static BANK: [Asks; 3] = [
    asks("balance", "asks for the balance", "balance?"),
    asks("deposit", "deposits {amount}", "deposit {amount}"),
    asks("withdraw", "withdraws {amount}", "withdraw {amount}"),
];

static CART: [Asks; 3] = [
    asks("add", "puts a {item} into the cart", "add {item}"),
    asks("remove", "takes a {item} out of the cart", "remove {item}"),
    asks("read", "looks into the cart", "cart?"),
];

static VALUES: [Asks; 7] = [
    asks("get", "reads {key}", "{key}?"),
    asks("put", "sets {key} to {to}", "{key} = {to}"),
    asks(
        "cas",
        "sets {key} from {from} to {to}",
        "{key}: {from} → {to}",
    ),
    asks("acquire", "wants the lock", "acquire"),
    asks("release", "releases the lock", "release"),
    asks("guarded-write", "writes {to} under the lock", "write {to}"),
    asks("get", "asks for {key} ({from})", "{key}?"),
];

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
    /// Read what a key holds.
    Get {
        /// Which, by its place in [`KEYS`].
        key: u8,
    },
    /// Let a key hold a value.
    Put {
        /// Which, by its place in [`KEYS`].
        key: u8,
        /// What.
        value: u8,
    },
    /// Let a key hold `to`, if it holds `from`.
    CompareAndSet {
        /// Which, by its place in [`KEYS`].
        key: u8,
        /// What it should hold before.
        from: u8,
        /// What it holds then.
        to: u8,
    },
    /// Get the lock; the answer is a fencing token.
    Acquire,
    /// Give the lock back, whoever holds it.
    Release,
    /// Write to what the lock guards, showing the last token that one was given.
    GuardedWrite {
        /// What.
        value: u8,
    },
    /// Read what a key holds, and say how: otherwise than the scenario's reads are answered.
    GetAs {
        /// Which, by its place in [`KEYS`].
        key: u8,
        /// How, by its place in [`WAYS`].
        way: u8,
    },
}

impl Operation {
    /// Whether it only looks.
    pub const fn is_read(self) -> bool {
        matches!(
            self,
            Self::Balance | Self::Read | Self::Get { .. } | Self::GetAs { .. }
        )
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
            Self::Get { .. } | Self::GetAs { .. } => Store::Values,
            Self::Put { .. } | Self::CompareAndSet { .. } => Store::Values,
            Self::Acquire | Self::Release | Self::GuardedWrite { .. } => Store::Values,
        }
    }

    /// Whether it is about a lock.
    pub const fn is_of_lock(self) -> bool {
        matches!(
            self,
            Self::Acquire | Self::Release | Self::GuardedWrite { .. }
        )
    }

    /// The key that it is about, by its place in [`KEYS`].
    pub const fn key(self) -> Option<u8> {
        match self {
            Self::Get { key } | Self::GetAs { key, .. } => Some(key),
            Self::Put { key, .. } | Self::CompareAndSet { key, .. } => Some(key),
            _ => None,
        }
    }

    /// What it writes, and before that what it expects.
    pub const fn values(self) -> (Option<u8>, Option<u8>) {
        match self {
            Self::Put { value, .. } | Self::GuardedWrite { value } => (None, Some(value)),
            Self::CompareAndSet { from, to, .. } => (Some(from), Some(to)),
            _ => (None, None),
        }
    }

    /// How it wants to be answered, where it says so.
    pub fn way(self) -> Option<&'static str> {
        match self {
            Self::GetAs { way, .. } => WAYS.get(usize::from(way)).copied(),
            _ => None,
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
    pub fn name(self) -> &'static str {
        self.asks().name
    }

    /// How it is spoken of, if its protocol is here.
    pub(crate) fn asks(self) -> Asks {
        let (kind, _) = self.code();
        protocols::asks(kind).unwrap_or_default()
    }

    /// Whether it waits for what a key holds to change, rather than asking what it holds now.
    pub const fn is_watch(self) -> bool {
        matches!(self, Self::GetAs { way, .. } if way == WATCH || way == WATCH + 1)
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
            Self::Get { key } => (6, (key as u32) << 16),
            Self::Put { key, value } => (7, (key as u32) << 16 | value as u32),
            Self::CompareAndSet { key, from, to } => {
                (8, (key as u32) << 16 | (from as u32) << 8 | to as u32)
            }
            Self::Acquire => (9, 0),
            Self::Release => (10, 0),
            Self::GuardedWrite { value } => (11, value as u32),
            Self::GetAs { key, way } => (12, (key as u32) << 16 | way as u32),
        }
    }

    /// The inverse of [`Operation::code`].
    pub const fn from_code(kind: u8, argument: u32) -> Option<Self> {
        let [value, from, key, _] = argument.to_le_bytes();
        let is_key = (key as usize) < KEYS.len();
        let operation = match kind {
            0 => Self::Balance,
            1 => Self::Deposit { amount: argument },
            2 => Self::Withdraw { amount: argument },
            3 | 4 if (value as usize) >= ITEMS.len() => return None,
            3 => Self::Add { item: value },
            4 => Self::Remove { item: value },
            5 => Self::Read,
            6 if is_key => Self::Get { key },
            7 if is_key => Self::Put { key, value },
            8 if is_key => Self::CompareAndSet {
                key,
                from,
                to: value,
            },
            9 => Self::Acquire,
            10 => Self::Release,
            11 => Self::GuardedWrite { value },
            12 if is_key && (value as usize) < WAYS.len() => Self::GetAs { key, way: value },
            _ => return None,
        };
        // What it does not say must not be there.
        match operation.code() {
            (_, said) if said == argument => Some(operation),
            _ => None,
        }
    }
}

/// The keys of a store of values. Operations name a key by its place here: append only.
pub const KEYS: [&str; 4] = ["x", "y", "z", "w"];

/// Ways to be answered that a read may ask for. Operations name a way by its place here: append only.
pub const WAYS: [&str; 7] = [
    "read-index",
    "lease",
    "log",
    "stale",
    "watch",
    "watch-with-leader",
    "synced",
];

/// The first of [`WAYS`] that is a watch: it is answered when the key is next written, by the server that was asked, from
/// what that has applied. The one after it wants a server that knows a leader.
pub const WATCH: u8 = 4;

/// The one of [`WAYS`] that lets the server that is asked catch up with its leader first. Where reads are confirmed by a
/// majority, that is what it comes to.
pub const SYNCED: u8 = 6;

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
    /// It certainly did not happen; with [`UNSURE`], only nobody goes on trying. The number is the protocol's reason
    /// (`ProtocolSpec::refusals`).
    Refused(u8),
}

/// A refusal whose number has this bit tells no more than that the server no longer tries: what was asked may have
/// happened, or may yet.
pub const UNSURE: u8 = 0x80;

impl Answer {
    /// The protocol's reason, where it is a refusal.
    pub fn why(self, refusals: &'static [&'static str]) -> Option<&'static str> {
        match self {
            Self::Refused(reason) => refusals.get(usize::from(reason & !UNSURE)).copied(),
            _ => None,
        }
    }

    /// Whether it refuses, and what was asked certainly did not happen.
    pub const fn is_refusal(self) -> bool {
        matches!(self, Self::Refused(reason) if reason & UNSURE == 0)
    }

    /// Whether it refuses, and what was asked may have happened all the same.
    pub const fn is_unsure(self) -> bool {
        matches!(self, Self::Refused(reason) if reason & UNSURE != 0)
    }

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
    fn operations_on_values_come_back_from_their_codes() {
        for kind in 6..=13 {
            for argument in (0..1 << 18).chain([1 << 18, 3 << 17, u32::MAX]) {
                if let Some(operation) = Operation::from_code(kind, argument) {
                    assert_eq!(operation.code(), (kind, argument));
                    assert_eq!(operation.store(), Store::Values);
                }
            }
        }
        let swap = Operation::CompareAndSet {
            key: 3,
            from: 7,
            to: 255,
        };
        let (kind, argument) = swap.code();
        assert_eq!(Operation::from_code(kind, argument), Some(swap));
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
