//! What pages of their own need and no lesson does: the measuring of this browser, and all that reads and judges the
//! histories of other systems. It is a part of the module that lessons never load.
//!
//! With the feature `apart` the release's build splits it off, as it does with what a page loads [later](crate::later).

#[cfg(feature = "apart")]
use js_sys::Function;
use wasm_bindgen::{JsCast, JsError, JsValue};
#[cfg(feature = "apart")]
use wasm_split_helpers::{SplitLoaderError, wasm_split};

#[cfg(feature = "apart")]
use crate::apart;
use crate::islands::bench;
#[cfg(feature = "apart")]
use crate::widget::page;
use crate::{api, check, mount, ui};

/// The ways into it. Each takes what it is about, and whom it tells.
pub struct Solo {
    /// Mounts the measuring of this browser.
    pub bench: Way,
    /// Mounts what becomes of a history.
    pub check: Way,
    /// In a worker: judges a history.
    pub judge: Way,
    /// Replays a link.
    pub replay: fn(&str) -> Result<JsValue, JsError>,
}

/// A way into it.
pub type Way = fn(&JsValue, &JsValue);

static SOLO: Solo = Solo {
    bench: |place, _| mount::begin(place, |place| ui::mount::<bench::View>(place, ())),
    check: |place, _| mount::begin(place, check::mount),
    judge: |asked, told| check::judge(asked.unchecked_ref(), told.unchecked_ref()),
    replay: api::replayed,
};

/// The one way into what is apart.
#[cfg(feature = "apart")]
#[wasm_split(solo, fallible)]
fn way_in() -> Result<&'static Solo, SplitLoaderError> {
    Ok(&SOLO)
}

/// Goes a way once it is here. If it cannot be had, a place says so, and whoever is to be told hears nothing but that.
#[cfg(feature = "apart")]
pub fn go(which: fn(&Solo) -> Way, about: JsValue, told: JsValue) {
    wasm_bindgen_futures::spawn_local(async move {
        match way_in().await {
            Ok(solo) => which(solo)(&about, &told),
            Err(_) if told.is_undefined() => {
                drop(page::fail(
                    about.unchecked_ref(),
                    "This could not be loaded.",
                ));
            }
            Err(_) => drop(told.unchecked_ref::<Function>().call0(&JsValue::UNDEFINED)),
        }
    });
}

/// It, loaded before this returns. Nothing if it cannot be had.
#[cfg(feature = "apart")]
pub fn at_once() -> Option<&'static Solo> {
    apart::at_once(async { way_in().await.ok() })
}

/// It: it is here.
#[cfg(not(feature = "apart"))]
pub fn at_once() -> Option<&'static Solo> {
    Some(&SOLO)
}

/// Goes a way: it is here.
#[cfg(not(feature = "apart"))]
pub fn go(which: fn(&Solo) -> Way, about: JsValue, told: JsValue) {
    which(&SOLO)(&about, &told);
}
