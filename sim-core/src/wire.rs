//! The explicit fixed-width encoding that digests are taken over.
//!
//! Little-endian, no lengths hidden in types, nothing derived: what is hashed is what stands here.
//!
//! These functions are kept out of line: every message of every protocol is a row of calls to them, and a page has to
//! download them all.

use alloc::vec::Vec;

/// Appends fixed-width numbers to a buffer.
#[derive(Default, Clone, Debug)]
pub struct Encoder {
    bytes: Vec<u8>,
}

impl Encoder {
    /// What was written so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Forgets what was written, keeps the room.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// One byte.
    #[inline(never)]
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.bytes.push(value);
        self
    }

    /// Four bytes.
    #[inline(never)]
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// Eight bytes.
    #[inline(never)]
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.bytes.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// Eight bytes, signed.
    pub fn i64(&mut self, value: i64) -> &mut Self {
        self.u64(value.cast_unsigned())
    }

    /// Bytes as they are.
    #[inline(never)]
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(bytes);
        self
    }
}

/// Reads what [`Encoder`] wrote. Past the end every read gives 0, and [`Decoder::is_whole`] says that it did: so a
/// value is read without a question after each of its numbers.
#[derive(Debug)]
pub struct Decoder<'a> {
    rest: &'a [u8],
    is_whole: bool,
}

impl<'a> Decoder<'a> {
    /// Reads from the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            is_whole: true,
        }
    }

    /// Whether everything that was read was there.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// `value`, if everything that it was read from was there.
    pub fn whole<T>(&self, value: T) -> Option<T> {
        self.is_whole.then_some(value)
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        match self.rest.split_first_chunk::<N>() {
            Some((head, rest)) => {
                self.rest = rest;
                *head
            }
            None => {
                self.is_whole = false;
                [0; N]
            }
        }
    }

    /// One byte.
    #[inline(never)]
    pub fn u8(&mut self) -> u8 {
        self.take::<1>()[0]
    }

    /// Four bytes.
    #[inline(never)]
    pub fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    /// Eight bytes.
    #[inline(never)]
    pub fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }

    /// Eight bytes, signed.
    pub fn i64(&mut self) -> i64 {
        self.u64().cast_signed()
    }
}

/// A message or a note of a protocol: plain data with a written-down encoding.
pub trait Wire: Sized {
    /// Appends the value's bytes.
    fn encode(&self, to: &mut Encoder);
    /// Reads them back; `None` where they are not such a value.
    fn decode(from: &mut Decoder<'_>) -> Option<Self>;
}
