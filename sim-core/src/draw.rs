//! Randomness drawn by key.
//!
//! There is no generator with a state that every draw would disturb. A draw is XXH64 (Collet's
//! 64-bit hash, `xxhash-rust`) of *what it is for*, keyed with the run's seed: (purpose, two
//! endpoints, a small tag, a counter). So an action changes only what it causes: the eleventh message from
//! North to South has the same latency in every branch of a run.

use crate::units::{Endpoint, Micros, Ratio};

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
    let [c0, c1, c2, c3, rest @ ..] = key.counter.to_le_bytes();
    let head = [
        key.purpose as u8,
        key.from.0,
        key.to.0,
        key.tag,
        c0,
        c1,
        c2,
        c3,
    ];
    xxh64_of_12(seed, u64::from_le_bytes(head), u32::from_le_bytes(rest))
}

/// XXH64 of exactly twelve bytes, the first eight and the last four: what [`xxh64`] computes, without its loops.
const fn xxh64_of_12(seed: u64, head: u64, rest: u32) -> u64 {
    const P1: u64 = 0x9e37_79b1_85eb_ca87;
    const P2: u64 = 0xc2b2_ae3d_27d4_eb4f;
    const P3: u64 = 0x1656_67b1_9e37_79f9;
    const P4: u64 = 0x85eb_ca77_c2b2_ae63;
    const P5: u64 = 0x27d4_eb2f_1656_67c5;
    let mut hash = seed.wrapping_add(P5).wrapping_add(12);
    hash ^= head.wrapping_mul(P2).rotate_left(31).wrapping_mul(P1);
    hash = hash.rotate_left(27).wrapping_mul(P1).wrapping_add(P4);
    hash ^= (rest as u64).wrapping_mul(P1);
    hash = hash.rotate_left(23).wrapping_mul(P2).wrapping_add(P3);
    hash = (hash ^ (hash >> 33)).wrapping_mul(P2);
    hash = (hash ^ (hash >> 29)).wrapping_mul(P3);
    hash ^ (hash >> 32)
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
    fn twelve_bytes_hash_as_the_crate_does() {
        let mut seed = 1u64;
        for _ in 0..10_000 {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            let (head, rest) = (seed.rotate_left(17), (seed >> 20) as u32);
            let mut bytes = head.to_le_bytes().to_vec();
            bytes.extend_from_slice(&rest.to_le_bytes());
            let expected = xxhash_rust::xxh64::xxh64(&bytes, seed);
            assert_eq!(xxh64_of_12(seed, head, rest), expected);
        }
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
