//! Randomness drawn by key.
//!
//! There is no generator with a state that every draw would disturb. A draw is XXH64 (Collet's
//! 64-bit hash, `xxhash-rust`) of *what it is for*, keyed with the run's seed: (purpose, two
//! endpoints, a small tag, a counter). So an action changes only what it causes: the eleventh message from
//! North to South has the same latency in every branch of a run.

use crate::units::{Endpoint, Micros, Ratio};
use xxhash_rust::xxh64::xxh64;

/// What a draw is for. The numbers are part of every run's bytes: append only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Purpose {
    /// How long a message travels.
    Latency = 1,
    /// Whether it is lost.
    Loss = 2,
    /// Whether it arrives twice.
    Duplicate = 3,
    /// How long the second copy travels.
    DuplicateLatency = 4,
    /// A timer's length.
    Timer = 5,
    /// How long a disk takes.
    Disk = 6,
    /// When a workload's next operation comes.
    LoadGap = 7,
    /// Which operation it is.
    LoadMix = 8,
    /// How long a lost segment of a stream waits to be sent again.
    Retransmit = 9,
    /// Choices of the random-run generator.
    Sample = 10,
    /// How long news of a closed connection travels.
    Connection = 11,
}

/// The named event whose chance is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// What for.
    pub purpose: Purpose,
    /// Whose.
    pub from: Endpoint,
    /// Towards whom, or [`Endpoint::NONE`].
    pub to: Endpoint,
    /// Which of several (a timer's kind, a load's number).
    pub tag: u8,
    /// The how-manieth.
    pub counter: u64,
}

/// 64 uniform bits for `key` under `seed`.
pub fn bits(seed: u64, key: Key) -> u64 {
    let mut bytes = [0u8; 12];
    bytes[0] = key.purpose as u8;
    bytes[1] = key.from.0;
    bytes[2] = key.to.0;
    bytes[3] = key.tag;
    bytes[4..].copy_from_slice(&key.counter.to_le_bytes());
    xxh64(&bytes, seed)
}

/// A whole number in `0..span` (0 where `span` is 0), by multiplying instead of dividing: the top 32 bits
/// times the span, the upper half kept. The bias is below span / 2^32.
pub fn below(seed: u64, key: Key, span: u32) -> u32 {
    let top = bits(seed, key) >> 32;
    ((top * u64::from(span)) >> 32) as u32
}

/// A span between `min` and `max`, both included. Ranges wider than 2^32 µs are cut to that.
pub fn within(seed: u64, key: Key, min: Micros, max: Micros) -> Micros {
    let width = max.since(min).0.min(u64::from(u32::MAX) - 1) as u32;
    if width == 0 {
        return min;
    }
    min + Micros(u64::from(below(seed, key, width + 1)))
}

/// Whether this case hits.
pub fn hits(seed: u64, key: Key, ratio: Ratio) -> bool {
    !ratio.is_never() && below(seed, key, ratio.of) < ratio.hits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(counter: u64) -> Key {
        Key {
            purpose: Purpose::Latency,
            from: Endpoint(0),
            to: Endpoint(1),
            tag: 0,
            counter,
        }
    }

    #[test]
    fn draws_are_the_same_for_ever() {
        // As another implementation of XXH64 computes them. They stand in links that people sent: they may never
        // change.
        assert_eq!(bits(7, key(0)), 0x924b_9299_ea57_6f7c);
        assert_eq!(bits(7, key(1)), 0x4fdd_6bba_82e7_d5c8);
        assert_eq!(
            within(7, key(0), Micros(1_000), Micros(5_000)),
            Micros(3_286)
        );
    }

    #[test]
    fn ranges_are_kept_and_filled() {
        let mut seen = [0u32; 4];
        for n in 0..4_000 {
            let drawn = within(1, key(n), Micros(10), Micros(13)).0;
            seen[(drawn - 10) as usize] += 1;
        }
        assert!(
            seen.iter().all(|count| (900..1_100).contains(count)),
            "{seen:?}"
        );
    }

    #[test]
    fn exact_ratios() {
        let hit = (0..10_000)
            .filter(|n| hits(3, key(*n), Ratio { hits: 1, of: 4 }))
            .count();
        assert!((2_350..2_650).contains(&hit), "{hit}");
        assert!(!hits(3, key(0), Ratio { hits: 1, of: 0 }));
        assert!((0..100).all(|n| hits(3, key(n), Ratio { hits: 1, of: 1 })));
    }
}
