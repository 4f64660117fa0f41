//! The link codec: a run and a moment of it as a URL fragment.
//!
//! A fragment is base64url (no padding) of: one version byte, the payload in postcard's layout, four check bytes (the low
//! half of XXH64 over what stands before them). Each version has a decoder that stays for ever; the encoder writes
//! only the newest. Any string decodes to a run or to a [`ShareError`], within bounded time and memory.

mod codec;
mod v1;

use crate::run::{Run, Timeline};
use crate::scenario::ScenarioError;
use crate::units::Micros;
use crate::view::Part::{Number, Text};
use crate::view::{fill, quoted};
use alloc::string::String;
use alloc::vec::Vec;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core::fmt;
use xxhash_rust::xxh64::Xxh64;

/// The most characters of a fragment in an address.
pub const FRAGMENT_MAX: usize = 4_000;
/// The most characters of the same bytes in a run file.
pub const IN_FILE_MAX: usize = 65_536;

/// The version that is written.
const NEWEST: u8 = 1;
const CHECK_SEED: u64 = 0x6e65_7473_706c_6974;

/// A run, a moment of it, and what it came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// The run.
    pub run: Run,
    /// The moment to show.
    pub at: Micros,
    /// The upper 32 bits of the run's digest at its end, so that a change of the engine is noticed; 0: not known.
    pub digest: u32,
}

/// Why a fragment is not a run that can be shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ShareError {
    /// Nothing stands after the `#`.
    Empty,
    /// More characters than a link may have.
    TooLong {
        /// How many.
        characters: usize,
        /// How many it may have.
        max: usize,
    },
    /// A character that no link has.
    NotALink {
        /// Its place, counted from 0.
        at: usize,
    },
    /// The check digits do not fit: it was cut short or changed on the way.
    Damaged,
    /// Written by a newer Netsplit.
    Version {
        /// The link's version.
        found: u8,
    },
    /// The check digits fit and the content does not make sense.
    Content,
    /// No such scenario in the catalogue.
    UnknownScenario {
        /// The id that was asked for.
        id: String,
    },
    /// The scenario has changed since the link was made.
    ScenarioChanged {
        /// Which.
        id: String,
        /// The version that the link was made with.
        then: u16,
        /// The version of today.
        now: u16,
    },
    /// Its protocol has to be loaded first.
    Absent {
        /// Which.
        protocol: &'static str,
    },
    /// The scenario does not hold together.
    Scenario(ScenarioError),
    /// The run comes out differently than when the link was made.
    Drifted,
}

impl fmt::Display for ShareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nobody = String::new();
        let (id, a, b) = match self {
            Self::TooLong { characters, max } => (&nobody, *characters, *max),
            Self::NotALink { at } => (&nobody, at + 1, 0),
            Self::Version { found } => (&nobody, usize::from(*found), usize::from(NEWEST)),
            Self::UnknownScenario { id } => (id, 0, 0),
            Self::ScenarioChanged { id, then, now } => (id, usize::from(*then), usize::from(*now)),
            Self::Scenario(error) => {
                return write!(
                    f,
                    "the scenario in this link does not hold together: {error}"
                );
            }
            _ => (&nobody, 0, 0),
        };
        let id = quoted(id);
        let (a, b) = (Number(a as i64), Number(b as i64));
        let parts = [("id", Text(&id)), ("a", a), ("b", b)];
        f.write_str(&fill(self.words(), &parts))
    }
}

impl core::error::Error for ShareError {}

impl ShareError {
    const fn words(&self) -> &'static str {
        match self {
            Self::Empty => "this link is empty: expected letters and digits after the #",
            Self::TooLong { .. } => {
                "this run needs a link of {a} characters, and {b} is the most: save it as a file instead"
            }
            Self::NotALink { .. } => {
                "character {a} of this link is none that a link has: expected only letters, digits, - and _"
            }
            Self::Damaged => {
                "the check digits of this link do not fit: it was probably cut short when it was copied"
            }
            Self::Version { .. } => {
                "this link is of version {a}, and this page reads versions up to {b}: reload the page to get the newest"
            }
            Self::Content => "this link has the right check digits and no run inside",
            Self::UnknownScenario { .. } => {
                "this link asks for the scenario {id}, and there is none of that name"
            }
            Self::ScenarioChanged { .. } => {
                "the scenario {id} has changed since this link was made (version {a} then, {b} now), so the same moment cannot be shown"
            }
            Self::Absent { .. } => "what plays this link could not be loaded",
            Self::Scenario(_) => "",
            Self::Drifted => {
                "this run comes out differently than when the link was made, so the same moment cannot be shown"
            }
        }
    }
}

impl Link {
    /// A link to `at` in a run that was followed to its end.
    pub fn to(timeline: &Timeline, at: Micros) -> Self {
        let digest = if timeline.is_done() {
            short(timeline.digest())
        } else {
            0
        };
        Self {
            run: timeline.run().clone(),
            at,
            digest,
        }
    }

    /// Whether the run, followed to its end, is what it was when the link was made.
    pub fn verify(&self, timeline: &Timeline) -> Result<(), ShareError> {
        let same = self.digest == 0 || self.digest == short(timeline.digest());
        if same {
            Ok(())
        } else {
            Err(ShareError::Drifted)
        }
    }
}

const fn short(digest: u64) -> u32 {
    (digest >> 32) as u32
}

/// Writes a link as the fragment of an address (without `#`), of at most [`FRAGMENT_MAX`] characters.
pub fn encode(link: &Link) -> Result<String, ShareError> {
    encode_within(link, FRAGMENT_MAX)
}

/// Writes a link for a run file, of at most [`IN_FILE_MAX`] characters.
pub fn encode_for_file(link: &Link) -> Result<String, ShareError> {
    encode_within(link, IN_FILE_MAX)
}

fn encode_within(link: &Link, max: usize) -> Result<String, ShareError> {
    let mut bytes = alloc::vec![NEWEST];
    bytes.extend(v1::encode(link));
    bytes.extend_from_slice(&check(&bytes));
    let text = URL_SAFE_NO_PAD.encode(&bytes);
    if text.len() > max {
        return Err(ShareError::TooLong {
            characters: text.len(),
            max,
        });
    }
    Ok(text)
}

/// Reads a fragment, with or without its `#`, of at most [`FRAGMENT_MAX`] characters.
pub fn decode(fragment: &str) -> Result<Link, ShareError> {
    decode_within(fragment, FRAGMENT_MAX)
}

/// Reads the link line of a run file, of at most [`IN_FILE_MAX`] characters.
pub fn decode_from_file(fragment: &str) -> Result<Link, ShareError> {
    decode_within(fragment, IN_FILE_MAX)
}

/// Writes the link of a figure into its own page: what [`decode_in_page`] reads. Hexadecimal digits, because the figures of a
/// page are much alike, and brotli sees that in these.
pub fn encode_in_page(link: &Link) -> String {
    let half = |four: u8| char::from_digit(u32::from(four), 16);
    let bytes = v1::encode_in_page(link).into_iter();
    bytes
        .flat_map(|byte| [half(byte >> 4), half(byte & 15)])
        .flatten()
        .collect()
}

/// Reads what [`encode_in_page`] wrote. A page is of one build with whatever reads it, and its runs were followed when it
/// was made: there are no check digits, and the run is not [checked](Run::check) again. `None`: it is something else.
pub fn decode_in_page(digits: &str) -> Option<Link> {
    let digit = |pair: &[u8], place: usize| char::from(*pair.get(place)?).to_digit(16);
    let byte = |pair: &[u8]| Some((digit(pair, 0)? << 4 | digit(pair, 1)?) as u8);
    let bytes: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(byte).collect();
    v1::read_in_page(&bytes?)
}

fn decode_within(fragment: &str, max: usize) -> Result<Link, ShareError> {
    let text = fragment.trim();
    let text = text.strip_prefix('#').unwrap_or(text);
    if text.is_empty() {
        return Err(ShareError::Empty);
    }
    if text.len() > max {
        return Err(ShareError::TooLong {
            characters: text.chars().count(),
            max,
        });
    }
    let odd = |c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if let Some((at, _)) = text.chars().enumerate().find(|(_, c)| odd(*c)) {
        return Err(ShareError::NotALink { at });
    }
    let bytes: Vec<u8> = URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| ShareError::Damaged)?;
    let (body, digits) = bytes.split_last_chunk::<4>().ok_or(ShareError::Damaged)?;
    if check(body) != *digits {
        return Err(ShareError::Damaged);
    }
    match body.split_first() {
        Some((1, payload)) => v1::decode(payload),
        Some((found, _)) => Err(ShareError::Version { found: *found }),
        None => Err(ShareError::Damaged),
    }
}

fn check(body: &[u8]) -> [u8; 4] {
    // The streaming form, because the recorder has that on board already.
    let mut hash = Xxh64::new(CHECK_SEED);
    hash.update(body);
    (hash.digest() as u32).to_le_bytes()
}

/// A check that tests use to make well-formed links with ill-formed content.
#[doc(hidden)]
pub fn seal(body: &[u8]) -> String {
    let mut bytes = body.to_vec();
    bytes.extend_from_slice(&check(body));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What the fuzz target and its saved corpus do with any bytes: read them as a link behind right check digits, and
/// follow the run for a while.
#[doc(hidden)]
pub fn try_bytes(body: &[u8]) {
    if let Ok(link) = decode_from_file(&seal(body))
        && let Ok(mut timeline) = Timeline::start(link.run)
    {
        let _ = timeline.advance(500);
        let at = timeline.reached();
        let _ = crate::picture::Picture::of(&mut timeline, at);
    }
}
