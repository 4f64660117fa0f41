//! Links whose check digits fit and whose content somebody made up: each is refused, or followed to its end, told in
//! words and judged, without a panic and soon.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sim_core::check::Verdict;
use sim_core::explore::sample;
use sim_core::run::Timeline;
use sim_core::share::{self, Link};
use sim_core::units::{EventId, Micros};
use sim_core::words::Words;
use std::time::{Duration, Instant};

struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        let mixed = (self.0 ^ (self.0 >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 32)
    }

    fn below(&mut self, span: usize) -> usize {
        (self.next() % span as u64) as usize
    }
}

/// Changes, inserts, removes or repeats a few bytes.
fn spoil(bytes: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..=dice.below(4) {
        let at = 1 + dice.below(bytes.len() - 1);
        match dice.below(6) {
            0 => bytes[at] = dice.next() as u8,
            1 => bytes[at] ^= 1 << dice.below(8),
            2 => bytes.insert(at, dice.next() as u8),
            3 if bytes.len() > 40 => {
                bytes.remove(at);
            }
            // The largest numbers that postcard writes, right where small ones stood.
            4 => drop(bytes.splice(at..=at, [0xff; 9].into_iter().chain([1]))),
            _ => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][dice.below(5)],
        }
    }
}

fn follow(link: Link) -> bool {
    let Ok(mut timeline) = Timeline::of(link.run) else {
        return false;
    };
    let end = timeline.reached();
    assert!(!Verdict::of(&mut timeline, end).line().is_empty());
    let middle = Micros(link.at.0.min(end.0 / 2));
    assert!(!Verdict::of(&mut timeline, middle).line().is_empty());
    let words = Words::new(timeline.trace(), timeline.names(), &timeline.run().scenario);
    let words = words.expect("a protocol that is known");
    for id in (0..timeline.trace().len()).take(5_000) {
        assert!(!words.sentence(EventId(id)).is_empty());
    }
    true
}

#[test]
fn made_up_links_are_refused_or_followed() {
    let mut dice = Dice(7);
    let (mut decoded, mut followed, mut slowest) = (0, 0, Duration::ZERO);
    let rounds = std::env::var("NETSPLIT_HOSTILE")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1_500u64);
    for round in 0..rounds {
        let run = sample::run("ledger", round % 40).expect("a run");
        let link = Link {
            run,
            at: Micros(1_000_000),
            digest: 0,
        };
        let text = share::encode(&link).expect("a link");
        let mut bytes = URL_SAFE_NO_PAD.decode(&text).expect("base64");
        bytes.truncate(bytes.len() - 4);
        spoil(&mut bytes, &mut dice);
        let Ok(link) = share::decode(&share::seal(&bytes)) else {
            continue;
        };
        decoded += 1;
        let kept = share::encode(&link).unwrap_or_default();
        let start = Instant::now();
        followed += u32::from(follow(link));
        if start.elapsed() > slowest {
            slowest = start.elapsed();
            assert!(slowest < Duration::from_secs(30), "{slowest:?} for {kept}");
        }
    }
    println!("{decoded} of {rounds} decoded, {followed} followed, the slowest in {slowest:?}");
    assert!(decoded > rounds / 20 && followed > 0);
}
