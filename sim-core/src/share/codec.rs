//! Numbers, texts and lists as postcard lays them out (<https://postcard.jamesmunns.com/wire-format>).
//!
//! A format is walked once, field by field, and the same walk writes and reads it: each step takes a field, appends it
//! to the bytes or fills it from them. So what is written and what is read cannot drift apart, and the page downloads
//! one walk instead of two.

use alloc::string::String;
use alloc::vec::Vec;

/// Bytes that are being written or read.
pub(super) struct Codec {
    bytes: Vec<u8>,
    /// How many bytes were read; `None` while writing.
    read: Option<usize>,
    /// Whether everything that was read was there and made sense. After the first fault every read gives nothing.
    is_sound: bool,
}

impl Codec {
    /// Writes.
    pub(super) fn write() -> Self {
        Self {
            bytes: Vec::new(),
            read: None,
            is_sound: true,
        }
    }

    /// Reads `bytes`.
    pub(super) fn read(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.to_vec(),
            read: Some(0),
            is_sound: true,
        }
    }

    pub(super) const fn is_reading(&self) -> bool {
        self.read.is_some()
    }

    /// What is being read makes no sense.
    pub(super) fn fail(&mut self) {
        self.is_sound = false;
    }

    /// Whether all bytes were read and every one of them made sense.
    pub(super) fn is_done(&self) -> bool {
        self.is_sound && self.read == Some(self.bytes.len())
    }

    /// What was written.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The next `count` bytes, if there are as many.
    fn next(&mut self, count: u64) -> &[u8] {
        let start = self.read.unwrap_or(0);
        let rest = self.bytes.len() - start;
        if !self.is_sound || count > rest as u64 {
            self.is_sound = false;
            return &[];
        }
        let end = start + count as usize;
        self.read = Some(end);
        &self.bytes[start..end]
    }

    fn next_byte(&mut self) -> u8 {
        self.next(1).first().copied().unwrap_or(0)
    }

    /// A whole number below 2^`bits`: seven bits a byte, lowest first, the eighth says that more follow.
    #[inline(never)]
    fn number(&mut self, value: u64, bits: u32) -> u64 {
        if !self.is_reading() {
            let mut rest = value;
            while rest > 127 {
                self.bytes.push(rest as u8 | 128);
                rest >>= 7;
            }
            self.bytes.push(rest as u8);
            return value;
        }
        let mut sum = 0;
        let mut place = 0;
        while place < bits {
            let byte = self.next_byte();
            let digit = u64::from(byte & 127);
            if digit >> (bits - place).min(7) != 0 {
                break;
            }
            sum |= digit << place;
            if byte < 128 {
                return sum;
            }
            place += 7;
        }
        self.fail();
        0
    }

    /// One byte as it is.
    pub(super) fn u8(&mut self, value: &mut u8) {
        if self.is_reading() {
            *value = self.next_byte();
        } else {
            self.bytes.push(*value);
        }
    }

    pub(super) fn bool(&mut self, value: &mut bool) {
        let mut byte = u8::from(*value);
        self.u8(&mut byte);
        *value = byte == 1;
        if byte > 1 {
            self.fail();
        }
    }

    pub(super) fn u16(&mut self, value: &mut u16) {
        *value = self.number(u64::from(*value), 16) as u16;
    }

    pub(super) fn u32(&mut self, value: &mut u32) {
        *value = self.number(u64::from(*value), 32) as u32;
    }

    pub(super) fn u64(&mut self, value: &mut u64) {
        *value = self.number(*value, 64);
    }

    /// Signed numbers go as 0, −1, 1, −2, 2 …
    fn signed(&mut self, value: i64, bits: u32) -> i64 {
        let folded = self.number((value << 1 ^ value >> 63).cast_unsigned(), bits);
        (folded >> 1).cast_signed() ^ -(folded & 1).cast_signed()
    }

    pub(super) fn i32(&mut self, value: &mut i32) {
        *value = self.signed(i64::from(*value), 32) as i32;
    }

    pub(super) fn i64(&mut self, value: &mut i64) {
        *value = self.signed(*value, 64);
    }

    /// Its length, then its UTF-8.
    #[inline(never)]
    pub(super) fn text(&mut self, value: &mut String) {
        let length = self.number(value.len() as u64, 64);
        if !self.is_reading() {
            self.bytes.extend_from_slice(value.as_bytes());
            return;
        }
        match core::str::from_utf8(self.next(length)) {
            Ok(text) => *value = String::from(text),
            Err(_) => self.fail(),
        }
    }

    /// Its length, then its items; it is empty before it is read. Memory grows with the items that are there, not with the length that is claimed.
    pub(super) fn list<T: Clone>(
        &mut self,
        list: &mut Vec<T>,
        blank: T,
        mut item: impl FnMut(&mut Self, &mut T),
    ) {
        let length = self.number(list.len() as u64, 64);
        let mut place = 0;
        while place < length && self.is_sound {
            if self.is_reading() {
                list.push(blank.clone());
            }
            item(self, &mut list[place as usize]);
            place += 1;
        }
    }
}
