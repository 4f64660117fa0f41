//! What a block says to its island: the JSON of the element's `data-options`, read by the browser's own reader.
//!
//! Reading is total: what is missing or of another kind reads as nothing, and the island shows what it can.

use wasm_bindgen::JsValue;
use web_sys::Element;
use web_sys::js_sys::{Array, JSON, Reflect};

/// The attribute.
const ATTRIBUTE: &str = "data-options";

/// A value of a block's options: usually an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Options(JsValue);

impl Options {
    /// The options of an island's element.
    pub fn of(place: &Element) -> Self {
        Self::parse(&place.get_attribute(ATTRIBUTE).unwrap_or_default())
    }

    /// Reads JSON.
    pub fn parse(json: &str) -> Self {
        Self(JSON::parse(json).unwrap_or(JsValue::UNDEFINED))
    }

    /// A part by its name.
    #[must_use]
    pub fn part(&self, name: &str) -> Self {
        Self(Reflect::get(&self.0, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED))
    }

    /// Whether anything is there.
    pub fn is_some(&self) -> bool {
        !self.0.is_undefined() && !self.0.is_null()
    }

    /// A text by its name; empty where there is none.
    pub fn text(&self, name: &str) -> String {
        self.part(name).as_text()
    }

    /// The value itself as a text.
    pub fn as_text(&self) -> String {
        self.0.as_string().unwrap_or_default()
    }

    /// A whole number by its name.
    pub fn number(&self, name: &str) -> Option<u64> {
        let number = self.part(name).0.as_f64()?;
        (number >= 0.0 && number.fract() == 0.0).then_some(number as u64)
    }

    /// Whether a flag is set.
    pub fn flag(&self, name: &str) -> bool {
        self.part(name).0.as_bool().unwrap_or(false)
    }

    /// The entries of a list by its name.
    pub fn list(&self, name: &str) -> Vec<Self> {
        let list = self.part(name).0;
        if !Array::is_array(&list) {
            return Vec::new();
        }
        Array::from(&list).iter().map(Self).collect()
    }
}
