//! `window.netsplit`: for teachers who script, and for tests.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_wasm_bindgen::Serializer as ToJs;
use sim_core::check::Verdict;
use sim_core::run::{RunError, Timeline};
use sim_core::share::{self, ShareError};
use wasm_bindgen::prelude::*;

use crate::{shelf, solo};

/// What a run came to.
struct Outcome {
    /// Sixteen hexadecimal digits.
    digest: String,
    events: u32,
    /// In one line, at the run's end.
    verdict: String,
}

/// As a map: serde-wasm-bindgen keeps the names of a struct's fields in a cache, which three names are not worth.
impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(3))?;
        map.serialize_entry("digest", &self.digest)?;
        map.serialize_entry("events", &self.events)?;
        map.serialize_entry("verdict", &self.verdict)?;
        map.end()
    }
}

fn outcome(fragment: &str) -> Result<Outcome, String> {
    let fragment = fragment
        .rsplit_once('#')
        .map_or(fragment, |(_, after)| after);
    let link = match share::decode(fragment) {
        Err(ShareError::Absent { protocol }) if shelf::at_once(protocol) => share::decode(fragment),
        read => read,
    };
    let link = link.map_err(|why| match why {
        ShareError::Absent { .. } => {
            format!("{why} at once: if it is on its way, ask again in a moment")
        }
        why => why.to_string(),
    })?;
    let mut timeline = Timeline::of(link.run).map_err(|why: RunError| why.to_string())?;
    let end = timeline.reached();
    Ok(Outcome {
        digest: format!("{:016x}", timeline.digest()),
        events: timeline.trace().len(),
        verdict: Verdict::of(&mut timeline, end).line(),
    })
}

/// Follows the run of a link to its end: `{digest, events, verdict}`. Throws an `Error` with a sentence. What does so is
/// loaded when it is asked for, and the page stands still meanwhile.
#[wasm_bindgen]
pub fn replay(fragment: &str) -> Result<JsValue, JsError> {
    match solo::at_once() {
        Some(solo) => (solo.replay)(fragment),
        None => Err(JsError::new("what replays a run could not be loaded")),
    }
}

/// What it does.
pub fn replayed(fragment: &str) -> Result<JsValue, JsError> {
    let outcome = outcome(fragment).map_err(|why| JsError::new(&why))?;
    Ok(outcome.serialize(&ToJs::new().serialize_maps_as_objects(true))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::run::Run;
    use sim_core::share::Link;
    use sim_core::units::Micros;

    #[test]
    fn a_fragment_is_replayed_to_the_end_wherever_its_cursor_stands() {
        let scenario = sim_core::catalogue::find("bank-two-cut").expect("in the catalogue");
        let link = Link {
            run: Run::new(scenario, 7),
            at: Micros::ZERO,
            digest: 0,
        };
        let fragment = share::encode(&link).expect("it fits");
        let bare = outcome(&fragment).expect("it runs");
        let whole = outcome(&format!("https://example.org/x/#{fragment}")).expect("it runs");
        assert_eq!((bare.digest.len(), &bare.digest), (16, &whole.digest));
        assert!(bare.verdict.contains("answered"));
    }

    #[test]
    fn a_bad_fragment_is_refused_with_a_sentence() {
        assert!(outcome("no link").is_err_and(|why| why.contains("link")));
        assert!(outcome("").is_err());
    }
}
